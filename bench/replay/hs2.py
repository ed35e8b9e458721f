"""HiveServer2 replayed from memory: the driver, a bare socket, impyla, PyHive and hive-jdbc against the same bytes."""

from __future__ import annotations

import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from bench import jdbc
from bench.common import RESULTS, ROOT, Figure, harness, interleave, medians, ratio, require
from bench.replay.shapes import SHAPES, Column, Known, Shape
from bench.spark import Drain

PAGE_ROWS = {"orders": 50_000, "ints": 50_000, "doubles": 25_000, "mixed": 20_000}
"""Rows of one answer: some 4 megabytes."""
PAGES = {"orders": 80, "ints": 40, "doubles": 40, "mixed": 50}
"""Answers of one result, all the same one."""

# type: (TTypeId, field of the TColumn union, Thrift's type code of its elements)
WIRE = {
    "int": (3, 4, 8),
    "bigint": (4, 5, 10),
    "double": (6, 6, 4),
    "string": (7, 7, 11),
    "long string": (7, 7, 11),
    "timestamp": (8, 7, 11),
    "decimal(15,2)": (15, 7, 11),
    "date": (17, 7, 11),
}


# ---- bytes that a server would send ----


def encode_values(column: Column) -> bytes:
    """The elements of a list<T>; NULL has the type's empty value."""
    code = WIRE[column.type][2]
    if code == 11:
        texts = [b"" if v is None else str(v).encode() for v in column.values]
        return b"".join(struct.pack(">I", len(t)) + t for t in texts)
    form = {8: "i", 10: "q", 4: "d"}[code]
    return struct.pack(f">{len(column.values)}{form}", *(v or 0 for v in column.values))


def encode_nulls(column: Column) -> bytes:
    """One bit for each row, set for NULL, the first row lowest; left out behind the last NULL."""
    bits = bytearray((len(column.values) + 7) // 8)
    for i, v in enumerate(column.values):
        if v is None:
            bits[i // 8] |= 1 << i % 8
    return bytes(bits).rstrip(b"\0")


def encode_page(shape: Shape) -> bytes:
    """A TFetchResultsResp."""
    out = [
        b"\x0c\0\1\x08\0\1\0\0\0\0\0",  # status: SUCCESS
        b"\x02\0\2\0",  # hasMoreRows: false, as most servers always say
        b"\x0c\0\3\x0a\0\1" + bytes(8) + b"\x0f\0\2\x0c" + bytes(4),  # results: offset 0, no rows, columns:
        b"\x0f\0\3\x0c" + struct.pack(">I", len(shape)),
    ]
    for column in shape:
        _, field, code = WIRE[column.type]
        nulls = encode_nulls(column)
        out += [
            b"\x0c" + struct.pack(">H", field) + b"\x0f\0\1" + struct.pack(">BI", code, len(column.values)),
            encode_values(column),
            b"\x0b\0\2" + struct.pack(">I", len(nulls)) + nulls + b"\0\0",
        ]
    return b"".join([*out, b"\0\0"])


def encode(answer: Any) -> bytes:
    """A struct of PyHive's generated Thrift code."""
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol
    from thrift.transport.TTransport import TMemoryBuffer

    out = TMemoryBuffer()
    answer.write(TBinaryProtocol(out))
    return out.getvalue()


def control_answers(shape: Shape) -> dict[str, bytes]:
    """What the calls around the rows are answered."""
    from TCLIService import ttypes as t

    ok = t.TStatus(t.TStatusCode.SUCCESS_STATUS)
    identifier = t.THandleIdentifier(b"s" * 16, b"t" * 16)
    operation = t.TOperationHandle(identifier, t.TOperationType.EXECUTE_STATEMENT, True)
    described = []
    for i, column in enumerate(shape, 1):
        qualifiers = None
        if column.type.startswith("decimal"):
            values = {"precision": t.TTypeQualifierValue(i32Value=15), "scale": t.TTypeQualifierValue(i32Value=2)}
            qualifiers = t.TTypeQualifiers(values)
        entry = t.TTypeEntry(t.TPrimitiveTypeEntry(WIRE[column.type][0], qualifiers))
        described.append(t.TColumnDesc(column.name, t.TTypeDesc([entry]), i, ""))
    return {
        "OpenSession": encode(t.TOpenSessionResp(ok, 5, t.TSessionHandle(identifier), {})),
        "GetInfo": encode(t.TGetInfoResp(ok, t.TGetInfoValue(stringValue="4.0.1"))),
        "ExecuteStatement": encode(t.TExecuteStatementResp(ok, operation)),
        # hive-jdbc asks for the state before each row until it hears that there is a result.
        "GetOperationStatus": encode(
            t.TGetOperationStatusResp(ok, t.TOperationState.FINISHED_STATE, hasResultSet=True)
        ),
        "GetResultSetMetadata": encode(t.TGetResultSetMetadataResp(ok, t.TTableSchema(described))),
        "GetLog": encode(t.TGetLogResp(ok, "")),
        "CloseImpalaOperation": encode(t.TCloseOperationResp(ok)),
        "CloseOperation": encode(t.TCloseOperationResp(ok)),
        "CancelOperation": encode(t.TCancelOperationResp(ok)),
        "CloseSession": encode(t.TCloseSessionResp(ok)),
    }


def write_answers(path: Path, shape: Shape, pages: int) -> int:
    """The file that server.c reads; returns the length of a page."""
    page, end = encode_page(shape), encode_page([Column(c.name, c.type, []) for c in shape])
    records = [(name, 1, body) for name, body in control_answers(shape).items()]
    with path.open("wb") as out:
        for name, repeats, answer in [*records, ("FetchResults", pages, page), ("FetchResults", 1, end)]:
            body = b"\x0c\0\0" + answer + b"\0"  # the field `success` of the call's result
            out.write(bytes([len(name)]) + name.encode() + struct.pack(">IQ", repeats, len(body)) + body)
    return len(page)


# ---- the server ----


def build_server() -> Path:
    """Compile server.c when it has changed."""
    source, program = ROOT / "bench" / "replay" / "server.c", RESULTS / "replay_server"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", program, source, "-lpthread"], check=True)
    return program


@contextmanager
def server(answers: Path) -> Iterator[int]:
    """The running server's port."""
    with subprocess.Popen([build_server(), answers], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(10)


# ---- the peers: values as they give them, without a sum, which is to their favour ----


def impyla(port: int, pages: int, page_rows: int) -> float:
    """Seconds of impyla's fetchcolumnar, its fastest way to a whole result."""
    from impala.dbapi import connect

    with closing(connect(host="127.0.0.1", port=port, auth_mechanism="PLAIN", user="x", password="x")) as connection:
        cursor = connection.cursor()
        start = time.perf_counter()
        cursor.execute("select 1")
        rows = sum(len(batch) for batch in cursor.fetchcolumnar())
        seconds = time.perf_counter() - start
        require("rows of impyla", rows, pages * page_rows)
    return seconds


def impyla_batches(port: int, pages: int, page_rows: int) -> float:
    """Seconds of impyla's fetchcbatch, each batch dropped as soon as it is there, so that its memory is used again."""
    from impala.dbapi import connect

    with closing(connect(host="127.0.0.1", port=port, auth_mechanism="PLAIN", user="x", password="x")) as connection:
        cursor = connection.cursor()
        start = time.perf_counter()
        cursor.execute("select 1")
        rows = 0
        while rows < pages * page_rows:
            rows += len(cursor.fetchcbatch())
        seconds = time.perf_counter() - start
        require("rows of impyla's batches", rows, pages * page_rows)
    return seconds


def pyhive(port: int, pages: int, page_rows: int) -> float:
    """Seconds of PyHive's fetchmany."""
    from pyhive import hive

    cursor = hive.connect(host="127.0.0.1", port=port, username="x", auth="NONE").cursor()
    start = time.perf_counter()
    cursor.execute("select 1")
    rows = 0
    while part := cursor.fetchmany(page_rows):
        rows += len(part)
    seconds = time.perf_counter() - start
    require("rows of PyHive", rows, pages * page_rows)
    return seconds


# ---- figures ----

SHARE, SHARE_GOAL = 0.25, 0.5
PEERS = {
    "impyla": ("impyla's fetchcolumnar", 10.0, 30.0, "packages"),
    "batches": ("impyla's fetchcbatch, batches dropped", 5.0, 15.0, ""),
    "pyhive": ("PyHive's fetchmany", 10.0, 30.0, "packages"),
    "jdbc": ("hive-jdbc", 1.5, 4.0, "jdbc"),
}
"""What it is, its bar and goal, and the row of goals.py."""
PEER_SHARE = 8
"""The peers get an eighth of the pages: they would take minutes."""
WARM_UP = 3
"""Fetches of hive-jdbc before the measured ones: the Java machine compiles it meanwhile."""


def figures_of(name: str, folder: Path, share: int, runs: int) -> Iterator[Figure]:
    """One shape."""
    page_rows, pages = PAGE_ROWS[name] // share, PAGES[name]
    rows = page_rows * pages
    shape = SHAPES[name](page_rows)
    whole = Known(shape, pages)
    page_bytes = write_answers(folder / name, shape, pages)
    few = max(pages // PEER_SHARE, 1)
    part = whole.part(few)
    write_answers(folder / f"{name}-few", shape, few)
    with (
        server(folder / name) as port,
        server(folder / f"{name}-few") as few_port,
        jdbc.program(jdbc.HIVE, f"jdbc:hive2://127.0.0.1:{few_port}/;password=x", "select 1", whole.letters) as java,
    ):

        def driver(mechanism: str) -> float:
            connection = f"Backend=hive;Host=127.0.0.1;Port={port};AuthMech={mechanism};UID=x;PWD=x;"
            got = harness(connection, "select 1", whole.letters, "warm:1000")
            whole.prove("the driver", got)
            return got["seconds"]

        def hive_jdbc() -> float:
            got = java()
            part.prove("hive-jdbc", got)
            return got["seconds"] * pages / few

        def peer(run: Callable[[int, int, int], float]) -> Callable[[], float]:
            return lambda: run(few_port, few, page_rows) * pages / few

        for _ in range(WARM_UP):
            java()
        shares = interleave(
            2 * runs,
            drain=lambda: sum(Drain("127.0.0.1", port).run("select 1", pages * page_rows, page_rows)),
            driver=lambda: driver("PLAIN"),
            bare=lambda: driver("NOSASL"),
        )
        seconds = interleave(
            runs,
            driver=lambda: driver("PLAIN"),
            impyla=peer(impyla),
            batches=peer(impyla_batches),
            pyhive=peer(pyhive),
            jdbc=hive_jdbc,
        )
    middle = medians(shares)
    label = f"HiveServer2 replayed, {name}, {rows:,} rows x {len(shape)} columns"
    details = {
        "seconds": shares | {f"{name}, peers' rounds": values for name, values in seconds.items()},
        "rows_per_second": rows / middle["driver"],
        "megabytes_per_second": page_bytes * pages / middle["driver"] / 1e6,
    }
    share_of: dict[str, Any] = {"limit": SHARE, "goal": SHARE_GOAL, "panel": "share", "row": "hs2"}
    yield ratio(
        f"{label}: rate against a bare socket", shares["drain"], shares["driver"],
        short=f"HiveServer2 {name} / bare socket", details=details, **share_of,
    )  # fmt: skip
    # No frame tells how long an answer is; the drain is that of the framed one.
    yield ratio(
        f"{label}, without SASL: rate against a bare socket", shares["drain"], shares["bare"],
        short=f"HiveServer2 without SASL, {name} / bare socket", **share_of,
    )  # fmt: skip
    for other, (what, bar, goal, row) in PEERS.items():
        yield ratio(
            f"{label}: speed against {what}", seconds[other], seconds["driver"], bar, goal=goal,
            panel="times", short=f"HiveServer2 {name} / {what}", row=row,
        )  # fmt: skip


def long_result(rows: int, folder: Path, runs: int) -> Iterator[Figure]:
    """Peak memory of the whole process for a hundred times the rows, each result in a process of its own; and whether the
    last rows of the long one come as fast as its first."""
    page_rows = 100_000
    shape = [Column("n", "bigint", range(page_rows))]
    peaks: dict[int, list[float]] = {rows // 100: [], rows: []}
    rates: dict[int, list[float]] = {rows // 100: [], rows: []}
    late: list[float] = []
    with ExitStack() as servers:
        ports = {}
        for n in peaks:
            write_answers(folder / f"memory-{n}", shape, n // page_rows)
            ports[n] = servers.enter_context(server(folder / f"memory-{n}"))
        for _ in range(runs):
            for n, port in ports.items():
                connection = f"Backend=hive;Host=127.0.0.1;Port={port};AuthMech=PLAIN;UID=x;PWD=x;"
                got = harness(connection, "select 1", "i", "block:1000")
                require("rows and sums", (got["rows"], got["sums"]), (n, [shape[0].sum() * (n // page_rows)]))
                peaks[n].append(got["peak_kb"] / 1024)
                rates[n].append(n / got["seconds"] / 1e6)
            late.append(got["late_to_early"])
    yield ratio(
        f"HiveServer2 replayed, peak memory, {rows:,} rows against {rows // 100:,}", peaks[rows], peaks[rows // 100], 1.2,
        goal=1.05, at_least=False, row="memory", short="HiveServer2, peak memory",
        details={
            "peak_mb": {f"{n}": found for n, found in peaks.items()},
            "million_rows_per_second": {f"{n}": found for n, found in rates.items()},
        },
    )  # fmt: skip
    if all(late):  # not with so few rows that they are one lap
        yield ratio(
            f"HiveServer2 replayed, {rows:,} rows: time of the last tenth against the first", late, [1.0] * runs, 1.2,
            at_least=False,
        )  # fmt: skip


def figures(quick: bool, folder: Path) -> Iterator[Figure]:
    """All shapes."""
    yield from long_result(10_000_000 if quick else 100_000_000, folder, 3 if quick else 5)
    for name in SHAPES:
        yield from figures_of(name, folder, 10 if quick else 1, 3 if quick else 5)
