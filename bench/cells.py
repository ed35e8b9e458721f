"""Callers that take one cell or one row at a time: nanoseconds in the driver, and pyodbc beside a driver that does nothing.

The nanoseconds are those between the application's call and its return, read from the clock around the SQLGetData calls of
one row of 32 numbers, or around 1024 calls of SQLFetch; the median of these laps, from which nothing is subtracted, neither
the clock nor the application's loop.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from bench.common import DRIVER, Figure, build_nothing, harness, interleave, medians, ratio, require
from bench.duck import table
from bench.postgres import COLUMNS, check

NUMBERS = 32
NANOSECONDS, NANOSECONDS_GOAL = 20.0, 8.0


def get_data(rows: int, runs: int) -> Figure:
    """SQLGetData of a bigint into SQL_C_SBIGINT, after an SQLFetch of one row."""
    columns = ", ".join(f"i + {k} as c{k}" for k in range(NUMBERS))
    wanted = [rows * (rows - 1) // 2 + k * rows for k in range(NUMBERS)]
    each = []
    for _ in range(runs):
        got = harness("Backend=duckdb;", f"select {columns} from range({rows}) t(i)", "i" * NUMBERS, "cells")
        require("rows and sums by SQLGetData", (got["rows"], got["sums"]), (rows, wanted))
        each.append(got["call_ns"])
    return Figure(
        "SQLGetData of a number, ns in the driver", statistics.median(each), NANOSECONDS, False, {},
        NANOSECONDS_GOAL, (min(each), max(each)), row="get-data",
    )  # fmt: skip


def single_rows(rows: int, runs: int) -> Figure:
    """SQLFetch of one row into one bound bigint; the engine's share of the time and the summing are in it."""
    each = []
    for _ in range(runs):
        got = harness("Backend=duckdb;", f"select i from range({rows}) t(i)", "i", "block:1")
        require("rows and sum by single rows", (got["rows"], got["sums"]), (rows, [rows * (rows - 1) // 2]))
        each.append(got["call_ns"])
    return Figure(
        "SQLFetch of one row into one bound number, ns in driver, engine and loop", statistics.median(each), NANOSECONDS,
        False, {}, NANOSECONDS_GOAL, (min(each), max(each)),
    )  # fmt: skip


def fetchall_share(n: int, runs: int) -> Figure:
    """pyodbc's `fetchall` of six columns, as a share of what it reaches with the driver that does nothing."""
    import pyodbc

    pyodbc.pooling = False
    argus = pyodbc.connect(f"Driver={DRIVER};Backend=duckdb;Database=:memory:", autocommit=True)
    nothing = pyodbc.connect(f"Driver={build_nothing()};Rows=1", autocommit=True)
    try:
        argus.execute(f"create table t as select {COLUMNS.format(i='i')} from range({n}) r(i) order by i")

        def fetch(what: str, connection: pyodbc.Connection, sql: str) -> float:
            begin = time.perf_counter()
            rows = connection.execute(sql).fetchall()
            seconds = time.perf_counter() - begin
            require(f"rows of {what}", len(rows), n)
            if what == "argus":
                check(what, rows, n)
            return seconds

        fetch("nothing", nothing, str(n))  # Python's memory grows in the first fetch of a process
        seconds = interleave(
            runs,
            argus=lambda: fetch("argus", argus, "select * from t"),
            nothing=lambda: fetch("nothing", nothing, str(n)),
        )
    finally:
        argus.close()
        nothing.close()
    return ratio(
        f"pyodbc fetchall of {n:,} rows of 6 columns: share of the rate with a driver that does nothing",
        seconds["nothing"], seconds["argus"], 0.6, goal=0.8, panel="share", short="pyodbc fetchall / no-op driver", row="nothing",
        details={"seconds": seconds, "rows a second": {k: n / v for k, v in medians(seconds).items()}},
    )  # fmt: skip


def two_connections(rows: int, runs: int) -> Iterator[Figure]:
    """Two connections on two threads against one: twice the rows in how much of the time; also beside busy Python.

    Each connection has a processor of its own and the engine one thread for each. With both processors to itself, one
    connection keeps its reader busy on the second: `processors of one` is how many it uses then, and 2 divided by that
    the most that two could reach, which says nothing about whether connections hold each other up.
    """
    from bench.duck import sums

    path, sql = table(rows), "select a, b, c, d from t"
    connection = f"Backend=duckdb;Database={path};ReadOnly=1;SessionProperties=threads=1;"
    busy: dict[str, list[float]] = {}
    worked: dict[str, list[float]] = {}

    def run(mode: str, times: int) -> float:
        got = harness(connection, sql, "iiss", mode)
        require(f"rows and sums, {mode}", (got["rows"], got["sums"]), (rows * times, sums(rows)))
        worked.setdefault(mode, []).append(got["cpu_seconds"] / times)
        busy.setdefault(mode, []).append(got["cpu_seconds"] / got["seconds"])
        return got["seconds"]

    modes = {"block:1000": 1, "alone:1000": 1, "pair:1000": 2, "quiet": 1, "alone": 1, "pair": 2, "trio": 2}
    seconds = interleave(runs, **{mode: (lambda mode=mode, n=n: run(mode, n)) for mode, n in modes.items()})
    label = f"DuckDB {rows:,} rows, two connections of a processor each against one"
    for free, one, two, what in (
        ("block:1000", "alone:1000", "pair:1000", "blocks of 1000"),
        ("quiet", "alone", "pair", "cell by cell"),
        ("quiet", "alone", "trio", "cell by cell, while a third thread runs Python without a pause"),
    ):
        three = two == "trio"
        details: dict[str, Any] = {
            "seconds": {k: seconds[k] for k in (free, one, two)},
            "processors of one": statistics.median(busy[free]),
            "two against one that has both processors": statistics.median(
                2 * a / b for a, b in zip(seconds[free], seconds[two], strict=True)
            ),
        }
        if not three:  # there the third thread's time is in it
            middle = medians(worked)
            details["processor time of each of two, against one alone"] = middle[two] / middle[one]
        yield ratio(
            f"{label}, {what}", [2 * s for s in seconds[one]], seconds[two], 1.2 if three else 1.6,
            goal=1.3 if three else 1.9, details=details,
        )  # fmt: skip
