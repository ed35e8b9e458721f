"""Arrays of parameters: pyodbc's executemany into DuckDB, with fast_executemany against one row at a time."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal
from typing import Any

from bench.common import DRIVER, Figure, interleave, medians, require

TABLE = "create or replace table t (a bigint, b double, c varchar, d date, e timestamp, f decimal(12, 2))"
INSERT = "insert into t values (?, ?, ?, ?, ?, ?)"
CHECK = "select count(*), sum(a), sum(b), sum(length(c)), max(d), max(e), sum(f) from t"
DAY, MOMENT = datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 12, 30)


def rows(n: int) -> list[tuple[Any, ...]]:
    """n rows of six types."""
    return [
        (
            i,
            i / 8,
            f"text {i % 1000}",
            DAY + datetime.timedelta(days=i % 3000),
            MOMENT + datetime.timedelta(microseconds=i),
            Decimal(i) / 4,
        )
        for i in range(n)
    ]


def executemany(data: list[tuple[Any, ...]], fast: bool) -> float:
    """Seconds to insert the rows and commit."""
    import pyodbc

    connection = pyodbc.connect(f"Driver={DRIVER};Backend=duckdb;Database=:memory:", autocommit=False)
    cursor = connection.cursor()
    cursor.execute(TABLE)
    cursor.fast_executemany = fast
    start = time.perf_counter()
    cursor.executemany(INSERT, data)
    connection.commit()
    seconds = time.perf_counter() - start
    n = len(data)
    total = n * (n - 1) // 2
    require(
        "the inserted rows",
        tuple(cursor.execute(CHECK).fetchone()),
        (
            n,
            total,
            total / 8,
            sum(len(row[2]) for row in data),
            max(row[3] for row in data),
            data[-1][4],
            Decimal(total) / 4,
        ),
    )
    connection.close()
    return seconds


def arrays_against_rows(n: int, runs: int) -> Figure:
    """Rate of n rows with fast_executemany, as a multiple of the rate one row at a time (of a twentieth of the rows)."""
    many, few = rows(n), rows(n // 20)
    seconds = interleave(
        runs, fast_executemany=lambda: executemany(many, True), row_by_row=lambda: executemany(few, False)
    )
    middle = medians(seconds)
    fast, slow = len(many) / middle["fast_executemany"], len(few) / middle["row_by_row"]
    return Figure(
        f"DuckDB: pyodbc executemany of {n:,} rows x 6, fast_executemany / row by row",
        fast / slow,
        10,
        True,
        {"rows per second": {"fast_executemany": fast, "row_by_row": slow}, "seconds": seconds},
    )
