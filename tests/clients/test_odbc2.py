"""A program of ODBC 2 through both driver managers, which pass on to the driver what it calls: the program odbc2.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clients.sources import Source

SCRIPT = Path(__file__).with_name("odbc2.py")
# The date type of ODBC 2 is 9.
PRINTED = ["error 0 S0002 100", "column day 9", "rows [5, 6]"]


@pytest.mark.parametrize("manager", ["libodbc.so.2", "libiodbc.so.2"])
def test_an_old_program(manager: str, tmp_path: Path, driver_path: Path) -> None:
    source = Source("duckdb", {"Backend": "duckdb", "Database": ":memory:"})
    env = os.environ | source.data_source(tmp_path, driver_path)
    command = [sys.executable, str(SCRIPT), manager]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done
    assert done.stdout.splitlines() == PRINTED
