"""The driver file under test, connection strings to it, and a private ODBC configuration for both driver managers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def driver_file() -> Path:
    """The driver file under test: ARGUS_DRIVER, else the one that was built into the source tree."""
    return Path(os.environ.get("ARGUS_DRIVER") or ROOT / "argus_odbc" / "libargus_odbc.so").resolve()


def core_file() -> Path | None:
    """The core that stands beside the driver file."""
    return next(iter(sorted(driver_file().parent.glob("_core.*so"))), None)


def manager_version() -> str:
    """What `odbcinst --version` says, or that there is none."""
    try:
        done = subprocess.run(["odbcinst", "--version"], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "no unixODBC"
    return (done.stdout or done.stderr).strip()


def quoted(value: object) -> str:
    """A value of a connection string, in braces where it needs them."""
    text = str(value)
    if not text or any(c in text for c in "[]{}(),;?*=!@ "):
        return "{" + text.replace("}", "}}") + "}"
    return text


def connection_string(**keywords: object) -> str:
    """A connection string for the driver under test: `Driver=Argus;` and the keywords."""
    return "Driver=Argus;" + "".join(f"{key}={quoted(value)};" for key, value in keywords.items())


def write_configuration(folder: Path) -> None:
    """odbcinst.ini and odbc.ini in `folder`, readable by unixODBC and by iODBC."""
    folder.mkdir(parents=True, exist_ok=True)
    driver = driver_file()
    (folder / "odbcinst.ini").write_text(
        f"[ODBC Drivers]\nArgus=Installed\n\n[Argus]\nDescription=Argus\nDriver={driver}\nThreading=0\n"
    )
    (folder / "odbc.ini").write_text(
        "[ODBC Data Sources]\nArgusTest=Argus\n\n"
        f"[ArgusTest]\nDriver={driver}\nDescription=Embedded DuckDB in memory\nBackend=duckdb\nDatabase=:memory:\n"
    )


def use_configuration(folder: Path) -> None:
    """Make both driver managers of this process, and of its children, read `folder`."""
    os.environ["ODBCSYSINI"] = str(folder)
    os.environ["ODBCINSTINI"] = "odbcinst.ini"
    os.environ["ODBCINI"] = str(folder / "odbc.ini")
    os.environ["SYSODBCINI"] = str(folder / "odbc.ini")
    os.environ["SYSODBCINSTINI"] = str(folder / "odbcinst.ini")
