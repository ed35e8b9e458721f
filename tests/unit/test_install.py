"""`argus-odbc install`, judged by unixODBC's own odbcinst program and by what was in the file before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from click.testing import CliRunner

from argus_odbc.__main__ import main

OTHER = "# kept\n[Other]\nDriver = /opt/other.so\n; and this\n[Third]\nDriver=/x.so\n"


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def drivers(folder: Path) -> list[str]:
    """The drivers that unixODBC sees in the folder."""
    env = os.environ | {"ODBCSYSINI": str(folder), "ODBCINSTINI": "odbcinst.ini"}
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


def test_where_prints_an_existing_file_only() -> None:
    lines = invoke("where").splitlines()
    assert len(lines) == 1
    assert Path(lines[0]).is_absolute()
    assert Path(lines[0]).read_bytes()[:4] == b"\x7fELF"
