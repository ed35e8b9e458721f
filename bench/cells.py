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


TEXTS = 16


def get_texts(rows: int, runs: int) -> Iterator[Figure]:
    """SQLGetData of an ASCII text of 6 to 8 characters into SQL_C_CHAR and into SQL_C_WCHAR."""
    sql = (
        "select "
        + ", ".join(f"'text ' || ((i + {k}) % 1000) as c{k}" for k in range(TEXTS))
        + f" from range({rows}) t(i)"
    )
    for what, letter, encoding in (("SQL_C_CHAR", "s", "ascii"), ("SQL_C_WCHAR", "w", "utf-16-le")):
        texts = [f"text {i}".encode(encoding) for i in range(1000)]
        length = sum(map(len, texts)) * (rows // 1000)
        weight = sum(b * at for text in texts for at, b in enumerate(text, 1)) * (rows // 1000)
        each = []
        for _ in range(runs):
            got = harness("Backend=duckdb;", sql, letter * TEXTS, "cells")
            wanted = (rows, [length] * TEXTS, [weight] * TEXTS)
            require(f"rows, lengths and characters as {what}", (got["rows"], got["sums"], got["bytes"]), wanted)
            each.append(got["call_ns"])
        yield Figure(
            f"SQLGetData of an ASCII text of 6 to 8 characters as {what}, ns in the driver", statistics.median(each),
            NANOSECONDS, False, {}, None, (min(each), max(each)),
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


TWO, TWO_GOAL = 1.6, 1.9
BESIDE, BESIDE_GOAL = 1.8, 1.9
"""Beside Python: what is asked of two connections on two processors, and the goal of two that are alone."""


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
    others: dict[str, list[float]] = {}

    def run(mode: str, times: int) -> float:
        got = harness(connection, sql, "iiss", mode)
        require(f"rows and sums, {mode}", (got["rows"], got["sums"]), (rows * times, sums(rows)))
        worked.setdefault(mode, []).append(got["cpu_seconds"] / times)
        busy.setdefault(mode, []).append(got["cpu_seconds"] / got["seconds"])
        others.setdefault(mode, []).append(got["other_seconds"] / got["seconds"])
        return got["seconds"]

    ways = {"blocks of 1000": ("block:1000", ":1000"), "cell by cell": ("quiet", "")}
    modes = {}
    for free, block in ways.values():
        modes |= {free: 1, f"alone{block}": 1, f"pair{block}": 2, f"trio{block}": 2, f"load{block}": 2}
    seconds = interleave(runs, **{mode: (lambda mode=mode, n=n: run(mode, n)) for mode, n in modes.items()})
    label = f"DuckDB {rows:,} rows, two connections of a processor each"
    for what, (free, block) in ways.items():
        one, two, python, counting = (f"{mode}{block}" for mode in ("alone", "pair", "trio", "load"))
        twice = [2 * s for s in seconds[one]]
        details: dict[str, Any] = {
            "seconds": {k: seconds[k] for k in (free, one, two, python, counting)},
            "processors of one that has both": statistics.median(busy[free]),
            "two against one that has both processors": statistics.median(
                2 * a / b for a, b in zip(seconds[free], seconds[two], strict=True)
            ),
            "processor time of each of two, against one alone": medians(worked)[two] / medians(worked)[one],
            "two beside Python against one alone": statistics.median(
                a / b for a, b in zip(twice, seconds[python], strict=True)
            ),
            "processors that Python took": statistics.median(others[python]),
            "processors that counting took": statistics.median(others[counting]),
        }
        yield ratio(
            f"{label} against one, {what}", twice, seconds[two], TWO, goal=TWO_GOAL, details=details, row="two",
            short=f"two connections, {what}",
        )  # fmt: skip
        # Beside a third thread there is less than two processors for the two; what that thread takes does not count here.
        yield ratio(
            f"{label} against one, {what}, beside a third thread that runs Python: rows for each second of processor time",
            [2 * s for s in worked[one]], worked[python], BESIDE, goal=BESIDE_GOAL,
        )  # fmt: skip
        # Where they wait for the interpreter, Python takes more of the processors than the scheduler would give it.
        yield ratio(
            f"{label}, {what}, beside a third thread: rate when that runs Python against the rate when it counts in C",
            seconds[counting], seconds[python], BESIDE / 2, goal=BESIDE_GOAL / 2,
        )  # fmt: skip
