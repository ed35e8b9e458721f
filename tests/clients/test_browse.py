"""SQLBrowseConnect through both driver managers, in the program browse.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("browse.py")
ENGINE = "Backend:Engine={duckdb,hive,impala,spark,trino};"
PLACE = "*Database:Database=?;*Catalog:Catalog=?;*Schema:Schema=?;*ReadOnly:Read only={0,1};"


@pytest.fixture(params=["libodbc.so.2", "libiodbc.so.2"])
def manager(request: pytest.FixtureRequest) -> str:
    return request.param


def run(manager: str, folder: Path, driver: Path, *requests: str) -> list[str]:
    """The lines that the program prints."""
    (folder / "odbcinst.ini").write_text(f"[ODBC Drivers]\nArgus=Installed\n\n[Argus]\nDriver={driver}\n")
    (folder / "odbc.ini").write_text(f"[ODBC Data Sources]\nBare=Argus\n\n[Bare]\nDriver={driver}\n")
    env = os.environ | {"ODBCSYSINI": str(folder), "ODBCINSTINI": "odbcinst.ini", "ODBCINI": str(folder / "odbc.ini")}
    command = [sys.executable, str(SCRIPT), manager, *requests]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done
    return done.stdout.splitlines()


def test_level_by_level(manager: str, tmp_path: Path, driver_path: Path) -> None:
    file = tmp_path / "found.duckdb"
    lines = run(manager, tmp_path, driver_path, "DSN=Bare", "Backend=duckdb", f"Database={file}")
    whole = f"DSN=Bare;Backend=duckdb;Database={file};"
    assert lines == [f"99 {ENGINE}", f"99 {PLACE}", f"0 {whole}", "42", "disconnect 0", "free 0 0"]
    assert file.exists()


def test_a_complete_string_at_once(manager: str, tmp_path: Path, driver_path: Path) -> None:
    text = "DSN=Bare;Backend=duckdb;"
    assert run(manager, tmp_path, driver_path, text) == [f"0 {text}", "42", "disconnect 0", "free 0 0"]


def test_giving_up_in_the_middle(manager: str, tmp_path: Path, driver_path: Path) -> None:
    assert run(manager, tmp_path, driver_path, "DSN=Bare") == [f"99 {ENGINE}", "disconnect 0", "free 0 0"]


def test_an_error_in_the_middle(manager: str, tmp_path: Path, driver_path: Path) -> None:
    lines = run(manager, tmp_path, driver_path, "DSN=Bare", "Backend=nothing")
    assert lines[:3] == [f"99 {ENGINE}", "-1 ", "state HY000"]
    assert lines[-1] == "free 0 0"
