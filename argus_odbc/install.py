"""Registering the driver: the [Argus] section of an odbcinst.ini, other sections kept as they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

SECTION = "Argus"

TEMPLATE = "odbcinst.ini.template"


class InstallError(Exception):
    """What stands in the way of a registration, as a sentence that says what to do."""


def driver_file() -> Path:
    """The absolute path of the driver's shared library; InstallError when it was not built."""
    path = Path(__file__).resolve().parent / "libargus_odbc.so"
    if not path.exists():
        raise InstallError(f"{path} does not exist: install argus-odbc with pip, or run `make build` in its clone")
    return path


def entry() -> str:
    """The section as the template has it, for this installation's driver file."""
    package = Path(__file__).resolve().parent
    # A wheel has the template beside the modules, a source tree beside the package.
    found = next((p for p in (package / TEMPLATE, package.parent / TEMPLATE) if p.exists()), None)
    if found is None:
        raise InstallError(f"{package / TEMPLATE} does not exist: install argus-odbc again")
    text = found.read_text(encoding="utf-8").replace("@DRIVER@", str(driver_file()))
    return text[text.index(f"\n[{SECTION}]\n") + 1 :]


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
    section = entry()
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    rest = without_section(old)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    _write(path, rest + section)


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
