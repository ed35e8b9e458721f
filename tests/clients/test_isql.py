"""isql (ANSI calls) and iusql (wide calls): unixODBC's own programs, delimited output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clients.rows import ROWS, expected, parse_cells, text_row
from clients.sources import Source

SEPARATOR = "|"


def run(program: str, source: Source, folder: Path, driver: Path, *options: str, statement: str) -> bytes:
    """What `program` prints for one statement."""
    env = os.environ | source.data_source(folder, driver) | {"LC_ALL": "C.UTF-8"}
    command = [program, "Clients", "-b", *options]
    done = subprocess.run(
        command, input=statement.encode() + b"\n", env=env, capture_output=True, timeout=180, check=False
    )
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout + done.stderr


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_isql_fetches_the_same_rows(program: str, source: Source, tmp_path: Path, driver_path: Path) -> None:
    output = run(program, source, tmp_path, driver_path, f"-d{SEPARATOR}", statement=source.query)
    lines = [line for line in output.decode().split("\n") if line]
    assert len(lines) == ROWS, lines[:3]
    got = [parse_cells(line.split(SEPARATOR), {"1": True, "0": False}) for line in lines]
    assert got == [text_row(row) for row in expected()]


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_isql_shows_the_engine_error(program: str, source: Source, tmp_path: Path, driver_path: Path) -> None:
    output = run(program, source, tmp_path, driver_path, "-v", statement="select * from no_such_table_here").decode()
    if program == "isql":
        assert (
            "[S0002]" in output
        )  # what the driver manager makes of 42S02 for a program of ODBC 2; iusql shows no state
    assert "no_such_table_here" in output


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_isql_shows_the_heart_of_a_long_error(program: str, source: Source, tmp_path: Path, driver_path: Path) -> None:
    """iusql shows nothing of a record that is longer than its 499 characters, and stops there."""
    function = {"duckdb": "error", "spark": "raise_error", "trino": "fail"}[source.engine]
    statement = f"select {function}('no such apple{' and no such pear' * 60}')"
    output = run(program, source, tmp_path, driver_path, "-v", statement=statement).decode()
    assert "no such apple" in output
