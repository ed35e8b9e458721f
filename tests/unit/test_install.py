"""`argus-odbc install`, judged by unixODBC's own odbcinst program and by what was in the file before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from argus_odbc.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
OTHER = "# kept\n[Other]\nDriver = /opt/other.so\n; and this\n[Third]\nDriver=/x.so\n"


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def drivers(folder: Path) -> list[str]:
    """The drivers that unixODBC sees in the folder."""
    env = os.environ | {"ODBCSYSINI": str(folder), "ODBCINSTINI": "odbcinst.ini", "HOME": str(folder)}
    out = subprocess.run(["odbcinst", "-q", "-d"], env=env, capture_output=True, text=True, check=False).stdout
    return sorted(line.strip("[]") for line in out.split())


def test_install_adds_the_driver_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "odbcinst.ini").write_text(OTHER)
    invoke("install", "--dir", str(tmp_path))
    assert drivers(tmp_path) == ["Argus", "Other", "Third"]
    invoke("install", "--dir", str(tmp_path))
    assert drivers(tmp_path) == ["Argus", "Other", "Third"]
    assert (tmp_path / "odbcinst.ini").read_text().startswith(OTHER)


def test_uninstall_restores_the_file(tmp_path: Path) -> None:
    (tmp_path / "odbcinst.ini").write_text(OTHER)
    invoke("install", "--dir", str(tmp_path))
    invoke("uninstall", "--dir", str(tmp_path))
    assert (tmp_path / "odbcinst.ini").read_text() == OTHER
    assert "nothing was changed" in invoke("uninstall", "--dir", str(tmp_path))


def test_the_entry_is_the_template_for_this_driver_file(tmp_path: Path) -> None:
    invoke("install", "--dir", str(tmp_path))
    template = (ROOT / "odbcinst.ini.template").read_text()
    written = (tmp_path / "odbcinst.ini").read_text()
    lines = template.splitlines(keepends=True)
    assert written == "".join(lines[lines.index("[Argus]\n") :]).replace("@DRIVER@", invoke("where").strip())


def test_a_wheel_has_the_template(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)],
        cwd=ROOT, check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    assert (tmp_path / "argus_odbc" / "odbcinst.ini.template").read_text() == (
        ROOT / "odbcinst.ini.template"
    ).read_text()


def test_where_prints_an_existing_file_only() -> None:
    lines = invoke("where").splitlines()
    assert len(lines) == 1
    assert Path(lines[0]).is_absolute()
    assert Path(lines[0]).read_bytes()[:4] == b"\x7fELF"
