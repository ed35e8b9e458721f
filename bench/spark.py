"""A real Spark Thrift Server: the driver against a bare socket that drains the same answers, impyla and PyHive."""

from __future__ import annotations

import getpass
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench import first, jdbc
from bench.common import HALF_A_PAGE, Figure, harness, interleave, medians, ratio, require

QUERY = (
    "select id as a, cast(id % 1000 as int) as b, cast(id as double) / 8 as c, concat('text ', id % 1000) as d, "
    "date_add(date '2000-01-01', cast(id % 5000 as int)) as e, timestamp_seconds(946684800 + id) as f from range({rows})"
)
COLUMNS = "iidsDT"
FETCH_ROWS = 100_000
"""Rows that one FetchResults call of the driver and of the drain asks for."""
PEER_ROWS = 10_000
"""Rows that one fetchmany of the Python clients asks for: what they are fastest with."""
PEERS_RESULT = 125_000
"""Rows that the peers get, and the driver beside them: they would take minutes. hive-jdbc asks Spark for the statement's
state before each row, since Spark does not tell that there is a result."""


def sums(rows: int) -> list[float]:
    """What the columns of QUERY sum up to: numbers, bytes of text, days and seconds since 1970."""
    ids = range(rows)
    return [
        sum(ids),
        sum(i % 1000 for i in ids),
        sum(ids) / 8,
        sum(5 + len(str(i % 1000)) for i in ids),
        sum(10957 + i % 5000 for i in ids),
        sum(946684800 + i for i in ids),
    ]


# ---- the bare socket: SASL frames tell the length of each answer, so nothing needs to be decoded ----


class Drain:
    """A connection that sends HiveServer2 requests and, for rows, looks at nothing but the length of the answer."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)
        user = getpass.getuser().encode()
        self._sasl(1, b"PLAIN")
        self._sasl(2, b"\0" + user + b"\0x")
        status, length = struct.unpack(">BI", self._exactly(5))
        self._exactly(length)
        require("status of the SASL login", status, 5)

    def _sasl(self, status: int, payload: bytes) -> None:
        self.socket.sendall(struct.pack(">BI", status, len(payload)) + payload)

    def _exactly(self, size: int) -> memoryview:
        """The next `size` bytes, valid until the next call."""
        if HALF_A_PAGE + size > len(self.buffer):
            self.buffer = bytearray(HALF_A_PAGE + size)
        view = memoryview(self.buffer)[HALF_A_PAGE : HALF_A_PAGE + size]
        got = 0
        while got < size:
            n = self.socket.recv_into(view[got:])
            if not n:
                raise ConnectionError("the server closed the connection")
            got += n
        return view

    def send(self, message: bytes) -> None:
        """One frame."""
        self.socket.sendall(struct.pack(">I", len(message)) + message)

    def receive(self) -> memoryview:
        """The answer's frame, read as a whole."""
        return self._exactly(struct.unpack(">I", self._exactly(4))[0])

    def skip(self) -> int:
        """The length of an answer, which is thrown away."""
        return len(self.receive())

    def call(self, name: str, request: Any) -> Any:
        """A control call, encoded and decoded by PyHive's generated Thrift code."""
        from TCLIService import TCLIService
        from thrift.protocol.TBinaryProtocol import TBinaryProtocol
        from thrift.transport.TTransport import TMemoryBuffer

        out = TMemoryBuffer()
        getattr(TCLIService.Client(TBinaryProtocol(out)), f"send_{name}")(request)
        self.send(out.getvalue())
        answer = TBinaryProtocol(TMemoryBuffer(bytes(self.receive())))
        return getattr(TCLIService.Client(answer), f"recv_{name}")()

    def run(self, sql: str, rows: int, page_rows: int = FETCH_ROWS) -> tuple[float, float]:
        """Seconds to execute `sql` and to take all its answers, of `page_rows` rows each."""
        from TCLIService import TCLIService, ttypes
        from thrift.protocol.TBinaryProtocol import TBinaryProtocol
        from thrift.transport.TTransport import TMemoryBuffer

        session = self.call("OpenSession", ttypes.TOpenSessionReq(client_protocol=9, configuration={})).sessionHandle
        start = time.perf_counter()
        operation = self.call(
            "ExecuteStatement", ttypes.TExecuteStatementReq(session, sql, confOverlay={}, runAsync=True)
        ).operationHandle
        while True:
            status = self.call("GetOperationStatus", ttypes.TGetOperationStatusReq(operation))
            if status.operationState == ttypes.TOperationState.FINISHED_STATE:
                break
            if status.operationState not in (0, 1, 7):
                raise RuntimeError(f"the statement ended in state {status.operationState}: {status.errorMessage}")
        executed = time.perf_counter()
        out = TMemoryBuffer()
        TCLIService.Client(TBinaryProtocol(out)).send_FetchResults(ttypes.TFetchResultsReq(operation, 0, page_rows))
        request, answers = out.getvalue(), -(-rows // page_rows)
        taken = 0
        for _ in range(answers):
            self.send(request)
            taken += self.skip()
        self.send(request)  # every client asks once more: an answer without rows is the end
        require("bytes of the last answer, below 1000", self.skip() < 1000, True)
        require(f"bytes of {rows} rows, at least 30 for each", taken >= rows * 30, True)
        done = time.perf_counter()
        self.call("CloseOperation", ttypes.TCloseOperationReq(operation))
        self.call("CloseSession", ttypes.TCloseSessionReq(session))
        self.socket.close()
        return executed - start, done - executed


# ---- the peers ----


def peer(connect: Callable[[], Any], sql: str, rows: int, wanted: list[float]) -> float:
    """Seconds that a DB-API client takes for the whole query."""
    connection = connect()
    cursor = connection.cursor()
    cursor.arraysize = PEER_ROWS
    start = time.perf_counter()
    cursor.execute(sql)
    fetched: list[tuple] = []
    while part := cursor.fetchmany(PEER_ROWS):
        fetched += part
    seconds = time.perf_counter() - start
    got = [
        sum(r[0] for r in fetched),
        sum(r[1] for r in fetched),
        sum(r[2] for r in fetched),
        sum(len(r[3]) for r in fetched),
    ]
    require("rows and sums of a peer", (len(fetched), got), (rows, wanted[:4]))
    connection.close()
    return seconds


def impyla(host: str, port: int) -> Any:
    """An impyla connection."""
    from impala.dbapi import connect

    return connect(host=host, port=port, auth_mechanism="PLAIN", user=getpass.getuser(), password="x")


def pyhive(host: str, port: int) -> Any:
    """A PyHive connection."""
    from pyhive import hive

    return hive.connect(host=host, port=port, username=getpass.getuser(), auth="NONE")


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """A Spark Thrift Server with SASL PLAIN, the one that the tests start."""
    from tests.engines.spark import spark_thrift_server

    with spark_thrift_server(auth="NONE") as running:
        yield running.host, running.port


def figures(rows: int, runs: int) -> Iterator[Figure]:
    """All Spark figures, over one server."""
    few = min(rows, PEERS_RESULT)
    sql, few_sql, wanted, few_wanted = QUERY.format(rows=rows), QUERY.format(rows=few), sums(rows), sums(few)
    with (
        server() as (host, port),
        jdbc.program(jdbc.HIVE, f"jdbc:hive2://{host}:{port}/;password=x", few_sql, COLUMNS, getpass.getuser()) as java,
    ):
        connection = f"Backend=spark;Host={host};Port={port};AuthMech=PLAIN;UID={getpass.getuser()};PWD=x;"
        fetch_only: dict[str, list[float]] = {"drain": [], "driver": []}

        def drain() -> float:
            execute, fetch = Drain(host, port).run(sql, rows)
            fetch_only["drain"].append(fetch)
            return execute + fetch

        def driver() -> float:
            got = harness(connection, sql, COLUMNS, "block:1000")
            require("rows and sums", (got["rows"], got["sums"]), (rows, wanted))
            fetch_only["driver"].append(got["seconds"] - got["execute_seconds"])
            return got["seconds"]

        def driver_few() -> float:
            got = harness(connection, few_sql, COLUMNS, "block:1000")
            require("rows and sums of the peers' result", (got["rows"], got["sums"]), (few, few_wanted))
            return got["seconds"]

        def hive_jdbc() -> float:
            got = java()
            require("rows and sums of hive-jdbc", (got["rows"], got["sums"]), (few, few_wanted))
            return got["seconds"]

        drain(), driver(), hive_jdbc()  # the server's own code is slow until the JVM has compiled it
        fetch_only = {"drain": [], "driver": []}
        seconds = interleave(
            runs,
            drain=drain,
            driver=driver,
            driver_few=driver_few,
            impyla=lambda: peer(lambda: impyla(host, port), few_sql, few, few_wanted),
            pyhive=lambda: peer(lambda: pyhive(host, port), few_sql, few, few_wanted),
            jdbc=hive_jdbc,
        )
        peers = {"impyla": lambda: impyla(host, port), "pyhive": lambda: pyhive(host, port)}
        yield from first.against("Spark", 15, connection, 1.2, **peers)
    label = f"Spark {rows:,} rows x 6 columns"
    yield ratio(
        f"{label}: rate of fetching against a bare socket", fetch_only["drain"], fetch_only["driver"], 0.8,
        panel="share", short="Spark / bare socket",
        details={"seconds": fetch_only, "rows_per_second": rows / medians(fetch_only)["driver"]},
    )  # fmt: skip
    yield ratio(
        f"{label}: rate of the whole query against a bare socket", seconds["drain"], seconds["driver"], 0.8,
        details={"seconds": seconds},
    )  # fmt: skip
    for name in ("impyla", "pyhive", "jdbc"):
        yield ratio(
            f"Spark {few:,} rows x 6 columns: speed against {name}", seconds[name], seconds["driver_few"], 1.0,
            panel="times", short=f"Spark / {name}",
        )  # fmt: skip
