"""Registration with a driver manager: the section [Argus] of an odbcinst.ini, and where that file is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

SECTION = "Argus"
TEMPLATE = """\
[Argus]
Description = Argus: DuckDB, Spark, Hive and Impala
Driver = @DRIVER@
Threading = 0
FileUsage = 0
UsageCount = 1
"""
"""odbcinst.ini.template; kept here too, because a wheel has no file beside the package."""


def driver_path() -> Path:
    """The driver file, as an absolute path."""
    return Path(__file__).resolve().with_name("libargus_odbc.so")


def user_file() -> Path:
    """The user's own odbcinst.ini, which unixODBC reads before the system's."""
    return Path.home() / ".odbcinst.ini"


def system_file() -> Path:
    """The system's odbcinst.ini: ODBCSYSINI's folder, else where `odbcinst -j` says, else /etc."""
    folder = os.environ.get("ODBCSYSINI")
    if folder:
        return Path(folder) / os.environ.get("ODBCINSTINI", "odbcinst.ini")
    try:
        told = subprocess.run(["odbcinst", "-j"], capture_output=True, text=True, timeout=10, check=False).stdout
    except OSError:
        told = ""
    found = re.search(r"^DRIVERS\.+:\s*(\S+)", told, re.M)
    return Path(found[1]) if found else Path("/etc/odbcinst.ini")


def without_section(text: str) -> str:
    """`text` without [Argus] and without its line under [ODBC Drivers]; everything else stays as it is."""
    kept, section = [], ""
    for line in text.splitlines(keepends=True):
        header = re.match(r"\s*\[([^\]]*)\]", line)
        if header:
            section = header[1].strip().lower()
        entry = line.split("=", 1)[0].strip().lower()
        if section == SECTION.lower() or (section == "odbc drivers" and entry == SECTION.lower()):
            continue
        kept.append(line)
    return "".join(kept)


def register(path: Path, driver: Path | None = None) -> None:
    """Write [Argus] into the odbcinst.ini at `path`; what else stands there is kept."""
    driver = driver or driver_path()
    if not driver.exists():
        raise FileNotFoundError(f"{driver} is not there: the package was installed without its native files")
    text = without_section(path.read_text("utf-8")) if path.exists() else ""
    if text and not text.endswith("\n\n"):
        text = text.rstrip("\n") + "\n\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + TEMPLATE.replace("@DRIVER@", str(driver)), "utf-8")


def unregister(path: Path) -> bool:
    """Take [Argus] out of the file at `path`; False when it was not there."""
    if not path.exists():
        return False
    text = path.read_text("utf-8")
    kept = without_section(text)
    if kept == text:
        return False
    path.write_text(kept, "utf-8")
    return True
