"""Registering the driver: the [Argus] section of an odbcinst.ini, other sections kept as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

SECTION = "Argus"

ENTRY = """[{name}]
Description = Argus: Hive, Impala, Spark and DuckDB
Driver      = {driver}
Setup       = {driver}
# 0: SQLCancel may come from another thread while a statement runs.
Threading   = 0
DontDLClose = 1
UsageCount  = 1
"""


class InstallError(Exception):
    """What stands in the way of a registration, as a sentence that says what to do."""


def driver_file() -> Path:
    """The absolute path of the driver's shared library; InstallError when it was not built."""
    path = Path(__file__).resolve().parent / "libargus_odbc.so"
    if not path.exists():
        raise InstallError(f"{path} does not exist: install argus-odbc with pip, or run `make build` in its clone")
    return path


def odbcinst_ini(scope: str, folder: str | None = None) -> Path:
    """The file to change: `user` ~/.odbcinst.ini, `system` /etc/odbcinst.ini, `dir` <folder>/odbcinst.ini."""
    if scope == "dir":
        return Path(folder or ".").resolve() / "odbcinst.ini"
    if scope == "user":
        return Path.home() / ".odbcinst.ini"
    return Path(os.environ.get("ODBCSYSINI", "/etc")) / "odbcinst.ini"


def without_section(text: str, name: str = SECTION) -> str:
    """An ini text without the section `name`; all else stays byte for byte."""
    return re.sub(rf"(?ims)^\[{re.escape(name)}\][^\n]*\n?.*?(?=^\[|\Z)", "", text)


def install(path: Path) -> None:
    """Write the [Argus] section, in place of an older one."""
    entry = ENTRY.format(name=SECTION, driver=driver_file())
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    rest = without_section(old)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    _write(path, rest + entry)


def uninstall(path: Path) -> bool:
    """Take the section out; False when it was not there."""
    if not path.exists():
        return False
    old = path.read_text(encoding="utf-8")
    new = without_section(old)
    if new == old:
        return False
    _write(path, new)
    return True


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InstallError(
            f"{path} cannot be written ({error.strerror}): use --user or --dir, or ask for the rights"
        ) from error
