"""turbodbc: blocks of bound columns, always prepared, arrays of parameters; autocommit off by default."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

import pytest

from clients.rows import ROWS, Row, expected
from clients.sources import Source

sys.path.append(str(Path(__file__).parents[2] / "build" / "turbodbc" / "site"))
turbodbc = pytest.importorskip("turbodbc", reason="turbodbc is not there: tools/turbodbc.sh builds it")


@pytest.fixture(params=["defaults", "wide"])
def connection(request: pytest.FixtureRequest, source: Source) -> object:
    """With turbodbc's defaults, and with SQL_C_WCHAR for texts into small blocks. Its `use_async_io` waits for a thread of
    its own with the GIL in hand, which no driver that needs Python can serve; docs/programs.md says so."""
    alone = source.engine == "trino"  # its memory connector does not write inside transactions
    options = {
        "defaults": turbodbc.make_options(autocommit=alone),
        "wide": turbodbc.make_options(autocommit=alone, prefer_unicode=True, read_buffer_size=turbodbc.Rows(777)),
    }[request.param]
    opened = turbodbc.connect(connection_string=source.connection_string, turbodbc_options=options)
    yield opened
    opened.close()


def test_turbodbc_fetches_the_same_rows(source: Source, connection: object) -> None:
    cursor = connection.cursor()
    # The program has no type for decimals of 12 digits but a float; it keeps 19 and more as texts.
    price = "cast(price as decimal(30,3))"
    query = source.query.removesuffix(" order by 1")
    cursor.execute(f"select id, n, {price} as price, ratio, label, day, moment, flag from ({query}) s order by 1")
    assert [column[0] for column in cursor.description] == list(Row._fields)
    rows = [tuple(row) for row in cursor.fetchall()]
    assert len(rows) == ROWS
    assert rows == [(*row[:2], str(row.price), *row[3:]) for row in expected()]


def test_turbodbc_writes_arrays(source: Source, connection: object) -> None:
    name = f"turbo_{uuid.uuid4().hex[:12]}"
    cursor = connection.cursor()
    moment = "timestamp(6)" if source.engine == "trino" else "timestamp"
    cursor.execute(
        f"create table {name} (id bigint, ratio double, label {source.text_type}, day date, moment {moment})"
    )
    rows = [
        (r.id, r.ratio, r.label, r.day, r.moment)
        for r in expected({"duckdb": 2500, "spark": 40, "trino": 40}[source.engine])
    ]
    cursor.executemany(f"insert into {name} values (?, ?, ?, ?, ?)", rows)
    connection.commit()
    cursor.execute(f"select * from {name} order by id")
    assert [tuple(row) for row in cursor.fetchall()] == rows
    cursor.execute(f"drop table {name}")
    connection.commit()
