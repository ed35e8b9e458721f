"""iodbctest and iodbctestw: the same driver file under iODBC, whose SQLWCHAR has 4 bytes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from clients.rows import ROWS, expected, parse_cells, text_row
from clients.sources import Source


@pytest.mark.parametrize("program", ["iodbctest", "iodbctestw"])
def test_iodbctest_fetches_the_same_rows(program: str, source: Source, tmp_path: Path, driver_path: Path) -> None:
    env = os.environ | source.data_source(tmp_path, driver_path) | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [program, "DSN=Clients"],
        input=source.query + "\nquit\n",
        env=env,
        capture_output=True,
        timeout=180,
        check=False,
    )
    text = done.stdout.decode("utf-8", "surrogateescape")
    assert f"returned {ROWS} rows" in text, text[-2000:]
    body = text.split("-+-", 1)[1].split("result set 1 returned")[0].splitlines()[1:]
    rows = [re.split(r"\|", line) for line in body if line.count("|") == 7]
    assert len(rows) == ROWS
    got = [parse_cells(["" if c.strip() == "NULL" else c for c in row], {"1": True, "0": False}) for row in rows]
    assert got == [text_row(row) for row in expected()]
