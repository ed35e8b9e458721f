"""RODBC from Debian's R: a program of ODBC 3 that binds blocks of rows as text, and saves frames with parameters."""

from __future__ import annotations

import datetime
import os
import subprocess
from decimal import Decimal
from pathlib import Path

from clients.rows import ROWS, expected
from clients.sources import Source
from engine_facts import FACTS

SCRIPT = Path(__file__).with_name("rodbc.R")


def sections(output: str) -> dict[str, list[str]]:
    """Lines by the `== name` above them."""
    found: dict[str, list[str]] = {}
    for line in output.splitlines():
        if line.startswith("== "):
            found[line[3:]] = []
        else:
            found[[*found][-1]].append(line)
    return found


def test_a_session_of_rodbc(source: Source, tmp_path: Path, driver_path: Path) -> None:
    env = os.environ | source.data_source(tmp_path, driver_path) | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    columns = f"id int, ratio double, label {source.text_type}"
    command = ["Rscript", "--vanilla", str(SCRIPT), source.query, columns, str(tmp_path / "rows.tsv"), source.quote]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    got = sections(done.stdout)
    name = FACTS[source.engine].product
    assert got["info"] == [name, "03.80", "libargus_odbc.so"]
    assert got["classes"] == ["character", "integer", "character", "numeric", *["character"] * 4]

    lines = (tmp_path / "rows.tsv").read_text("utf-8").splitlines()
    assert len(lines) == ROWS
    assert [parsed(line.split("\t")) for line in lines] == [tuple(row) for row in expected()]

    chosen = [row for row in expected() if row.n == 1]
    assert got["converted"] == [
        "Date", "POSIXct", *(f"{row.day}" for row in chosen), *(f"{row.moment:%Y-%m-%d %H:%M:%S}" for row in chosen)
    ]  # fmt: skip
    assert got["error"][0].startswith("42S02 ")
    assert "no_such_table_here" in got["error"][0]
    assert sorted(line.strip() for line in got["saved"]) == ["NA", "it's", "ž😀"]
    assert got["tables"] == ["r_saved TABLE"]
    assert [column.upper() for column in got["columns"]] == [
        "ID INT 1" if source.engine == "spark" else "ID INTEGER 1",
        "RATIO DOUBLE 1",
        f"LABEL {source.text_type.upper()} 1",
    ]
    assert (got["types"], got["left"]) == (["TRUE"], ["0"])


def parsed(cells: list[str]) -> tuple[object, ...]:
    """A line of the file as the values it stands for."""
    id_, n, price, ratio, label, day, moment, flag = (None if cell == "\\N" else cell for cell in cells)
    return (
        int(id_), n and int(n), Decimal(price), float(ratio), label,
        datetime.date.fromisoformat(day), datetime.datetime.fromisoformat(moment), flag == "1",
    )  # fmt: skip
