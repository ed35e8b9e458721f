"""DuckDB: bound blocks against a bare drain of the Arrow stream, cells beside a busy Python, and memory."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from bench import first
from bench.common import RESULTS, Figure, harness, interleave, medians, ratio, require, text_sum

ROWS = 10_000_000
SELECT = "select i as a, i * 7 as b, 'text ' || (i % 1000) as c, cast(i as varchar) as d from range({rows}) t(i)"


def sums(rows: int) -> list[int]:
    """What the columns of SELECT sum up to; `rows` is a multiple of 1000."""
    total = rows * (rows - 1) // 2
    return [total, total * 7, rows * 5 + rows // 1000 * text_sum(range(1000)), text_sum(range(rows))]


def table(rows: int) -> Path:
    """A database file with the rows of SELECT in table `t`, made once, so that the engine only has to read them."""
    path = RESULTS / f"bench-{rows}.duckdb"
    if not path.exists():
        with duckdb.connect(path) as connection:
            connection.execute(f"create table t as {SELECT.format(rows=rows)}")
    return path


# ---- the drain: the C functions of the stream, called once a batch; nothing looks at a value ----


class _Array(ctypes.Structure):
    pass


_Release = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))
_Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64), ("buffers", ctypes.c_void_p),
    ("children", ctypes.c_void_p), ("dictionary", ctypes.c_void_p), ("release", _Release),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip


class _Stream(ctypes.Structure):
    _fields_ = [
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Array))),
        ("get_last_error", ctypes.c_void_p), ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
    ]  # fmt: skip


def drain(path: Path, sql: str, rows: int) -> float:
    """Seconds to run `sql` and take every batch of its Arrow C stream."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    with duckdb.connect(path, read_only=True) as connection:
        start = time.perf_counter()
        capsule = connection.sql(sql).__arrow_c_stream__()
        address = pointer(capsule, b"arrow_array_stream")
        stream, array, seen = _Stream.from_address(address), _Array(), 0
        while True:
            if stream.get_next(address, ctypes.byref(array)):
                raise RuntimeError("the stream ended with an error")
            if not array.release:
                break
            seen += array.length
            array.release(ctypes.byref(array))
        seconds = time.perf_counter() - start
        require("rows of the bare stream", seen, rows)
        del capsule
    return seconds


# ---- figures ----


def own_reader(path: Path, sql: str, rows: int) -> float:
    """Seconds of duckdb's own Python: its reader of Arrow batches, which copies no value."""
    with duckdb.connect(path, read_only=True) as connection:
        start = time.perf_counter()
        taken = sum(batch.num_rows for batch in connection.sql(sql).to_arrow_reader())
        seconds = time.perf_counter() - start
    require("rows of duckdb's own reader", taken, rows)
    return seconds


def block_against_drain(rows: int, runs: int) -> Iterator[Figure]:
    """Bound blocks of 1000 rows against the bare drain of the same stream, and against duckdb's own reader."""
    path, sql = table(rows), "select a, b, c, d from t"
    connection = f"Backend=duckdb;Database={path};ReadOnly=1;"

    def driver() -> float:
        got = harness(connection, sql, "iiss", "block:1000")
        require("rows and sums in blocks", (got["rows"], got["sums"]), (rows, sums(rows)))
        return got["seconds"]

    own_reader(path, sql, rows)  # loads pyarrow
    seconds = interleave(
        runs, drain=lambda: drain(path, sql, rows), driver=driver, own=lambda: own_reader(path, sql, rows)
    )
    middle = medians(seconds)
    label = f"DuckDB {rows:,} rows, blocks of 1000"
    details = {
        "seconds": seconds,
        "rows_per_second": rows / middle["driver"],
        "megabytes_per_second": sum(sums(rows)[2:]) / middle["driver"] / 1e6 + 16 * rows / middle["driver"] / 1e6,
    }
    yield ratio(
        f"{label}: speed against the bare Arrow stream", seconds["drain"], seconds["driver"], 0.5,
        panel="share", short="DuckDB / bare Arrow stream", details=details,
    )  # fmt: skip
    yield ratio(
        f"{label}: speed against duckdb's own reader of Arrow batches in Python", seconds["own"], seconds["driver"], 0.5,
        panel="share", short="DuckDB / its own Arrow reader",
    )  # fmt: skip


def cells_beside_python(rows: int, runs: int) -> Figure:
    """SQLFetch and SQLGetData per cell: the time beside a busy Python thread against the time alone."""
    path, sql = table(rows), "select a, b, c, d from t"
    connection = f"Backend=duckdb;Database={path};ReadOnly=1;"

    def run(mode: str) -> float:
        got = harness(connection, sql, "iiss", mode)
        require(f"rows and sums in cells, {mode}", (got["rows"], got["sums"]), (rows, sums(rows)))
        return got["seconds"]

    seconds = interleave(runs, alone=lambda: run("quiet"), busy=lambda: run("busy"))
    middle = medians(seconds)
    return ratio(
        f"DuckDB {rows:,} rows, cell by cell: time beside a busy Python thread against alone",
        seconds["busy"], seconds["alone"], 2.0, at_least=False,
        details={"seconds": seconds, "ns_per_call_alone": middle["alone"] / rows / 5 * 1e9},
    )  # fmt: skip


def memory(rows: int, runs: int) -> Figure:
    """Peak memory of the whole process for a hundred times the rows.

    The engine fills batches on its threads and the driver gives them back on another, so what malloc keeps for each
    thread differs from run to run.
    """
    peaks: dict[int, list[float]] = {rows // 100: [], rows: []}
    for _ in range(runs):
        for n, found in peaks.items():
            got = harness("Backend=duckdb;", SELECT.format(rows=n), "iiss", "block:1000")
            require(f"rows and sums of {n:,} rows", (got["rows"], got["sums"]), (n, sums(n)))
            found.append(got["peak_kb"] / 1024)
    return ratio(
        f"DuckDB, peak memory, {rows:,} rows against {rows // 100:,}", peaks[rows], peaks[rows // 100], 1.2, goal=1.05,
        at_least=False, row="memory", short="DuckDB, peak memory",
        details={"peak_mb": {f"{n}": found for n, found in peaks.items()}},
    )  # fmt: skip


def scrollable(rows: int) -> Figure:
    """Peak memory of the whole process with a static cursor that has read all rows, gone back, and read them again."""
    got = harness("Backend=duckdb;", SELECT.format(rows=rows), "iiss", "static:1000")
    require(f"rows and sums of a static cursor over {rows:,} rows", (got["rows"], got["sums"]), (rows, sums(rows)))
    return Figure(
        f"Static cursor over {rows:,} rows x 4 columns: peak memory in MB", got["peak_kb"] / 1024, 300, False,
        {"seconds": got["seconds"]},
    )  # fmt: skip


def first_row(runs: int) -> Iterator[Figure]:
    """A new database in memory and its first row, against duckdb's own Python."""
    yield from first.against(
        "DuckDB", runs, "Backend=duckdb;Database=:memory:;", 1.5, duckdb=lambda: duckdb.connect(":memory:")
    )
