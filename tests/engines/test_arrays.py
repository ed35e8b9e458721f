"""Parameters on servers: arrays as statements of many rows, values of all types, hostile texts, described types."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyodbc
import pytest

from registration import connection_string

pytestmark = pytest.mark.engine

# Engine -> (its fixture, connection keywords, column types in the order of ROW).
ENGINES = {
    "spark": ("spark_server", {"AuthMech": "NOSASL"}, "int, double, string, date, timestamp, decimal(12,3), binary"),
    "impala": ("impala_server", {"AuthMech": "NOSASL"}, "int, double, string, date, timestamp, decimal(12,3), binary"),
    "trino": (
        "trino_server",
        {"Catalog": "memory", "Schema": "default"},
        "integer, double, varchar, date, timestamp(6), decimal(12,3), varbinary",
    ),
}
HOSTILE = ["it's", "'; DROP TABLE t; --", "\\", "\\'", "${x}", "?", '"`', "/* */ --", "a\nb\t", "größe 🦆", "", "%_"]
DAY, MOMENT = dt.date(2024, 2, 28), dt.datetime(2024, 2, 28, 23, 59, 58, 123456)


def row(i: int) -> tuple[Any, ...]:
    """A row of every kind of value; every seventh has NULLs."""
    if i % 7 == 6:
        return (i, None, None, None, None, None, None)
    return (
        i,
        i / 8 - 3,
        HOSTILE[i % len(HOSTILE)],
        DAY + dt.timedelta(days=i),
        MOMENT + dt.timedelta(hours=i),
        Decimal(i * 1001 - 5000) / 1000,
        bytes([i % 256, 0, 255]),
    )


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    """The engine's name, and a connection with an empty table of the types."""
    fixture, keywords, kinds = ENGINES[request.param]
    server = request.getfixturevalue(fixture)
    text = connection_string(Backend=request.param, Host=server.host, Port=server.port, UID="ann", **keywords)
    connection = pyodbc.connect(text, autocommit=True)
    columns = ", ".join(f"{name} {kind}" for name, kind in zip("abcdefg", split_types(kinds), strict=True))
    connection.execute("DROP TABLE IF EXISTS array_rows")
    connection.execute(f"CREATE TABLE array_rows ({columns})")
    yield request.param, connection
    connection.execute("DROP TABLE array_rows")
    connection.close()


def split_types(kinds: str) -> list[str]:
    """The types of a list; those with arguments have commas of their own, without blanks."""
    return kinds.split(", ")


def test_many_rows_go_as_few_statements(engine: tuple[str, Any]) -> None:
    name, connection = engine
    rows = [row(i) for i in range(120)]
    cursor = connection.cursor()
    started = time.monotonic()
    cursor.execute("INSERT INTO array_rows VALUES (?, ?, ?, ?, ?, ?, ?)", (1000, *row(1)[1:]))
    one = time.monotonic() - started
    cursor.fast_executemany = True
    started = time.monotonic()
    cursor.executemany("INSERT INTO array_rows (a, b, c, d, e, f, g) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    all_rows = time.monotonic() - started
    found = cursor.execute("SELECT * FROM array_rows WHERE a < 1000 ORDER BY a").fetchall()
    assert [tuple(one) for one in found] == rows
    # 120 statements of a row each would take about 120 times as long as one.
    assert all_rows < 40 * one, (name, one, all_rows)


def test_types_of_markers(engine: tuple[str, Any]) -> None:
    name, connection = engine
    cursor = connection.cursor()
    # pyodbc asks SQLDescribeParam for the type of each None; a wrong one would not be taken.
    cursor.execute("INSERT INTO array_rows VALUES (?, ?, ?, ?, ?, ?, ?)", 5000, None, None, None, None, None, None)
    found = cursor.execute("SELECT * FROM array_rows WHERE a = ?", 5000).fetchall()
    assert [tuple(one) for one in found] == [(5000, None, None, None, None, None, None)], name


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_a_value(engine: tuple[str, Any], text: str) -> None:
    _, connection = engine
    found = connection.execute("SELECT ? AS x, length(?) AS n", text, text).fetchone()
    assert tuple(found) == (text, len(text))
