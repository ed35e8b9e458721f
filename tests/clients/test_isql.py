"""isql (ANSI calls) and iusql (wide calls): unixODBC's own programs, delimited output."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clients.rows import ROWS, expected, parse_cells, text_row
from clients.sources import Source

SEPARATOR = "|"


def run(program: str, source: Source, folder: Path, driver: Path, statement: str) -> list[str]:
    """Lines that `program` prints for one statement."""
    env = os.environ | source.data_source(folder, driver) | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [program, "Clients", "-b", f"-d{SEPARATOR}"], input=statement + "\n", env=env,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.decode("utf-8", "surrogateescape").splitlines()


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_isql_fetches_the_same_rows(program: str, source: Source, tmp_path: Path, driver_path: Path) -> None:
    lines = [line for line in run(program, source, tmp_path, driver_path, source.query) if line]
    assert len(lines) == ROWS
    got = [parse_cells(line.split(SEPARATOR), {"1": True, "0": False}) for line in lines]
    wanted = [text_row(row) for row in expected()]
    assert got == wanted


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_isql_shows_the_engine_error(program: str, source: Source, tmp_path: Path, driver_path: Path) -> None:
    env = os.environ | source.data_source(tmp_path, driver_path)
    done = subprocess.run(
        [program, "Clients", "-b", "-v"], input="select * from no_such_table_here\n", env=env,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "[42S02]" in done.stdout + done.stderr
    assert "no_such_table_here" in done.stdout + done.stderr
