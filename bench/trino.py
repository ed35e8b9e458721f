"""A real Trino server: the driver against a bare HTTP client that drains the same pages, the trino package and Trino's JDBC
driver; the spool against direct answers; the first row of SELECT 1.

ARGUS_TRINO (host:port) names a server that runs already, for all but the spool.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import statistics
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import first, jdbc
from bench.common import DRIVER, RESULTS, Figure, harness, interleave, medians, ratio, require

QUERY = (
    "SELECT orderkey, custkey, orderstatus, totalprice, orderdate, orderpriority, clerk, comment"
    " FROM tpch.sf1.orders LIMIT {rows}"
)
COLUMNS = "iisdDssS"
ALL_ORDERS = 1_500_000
HEAP = "3g"
"""With 1 GB the server comes to collect garbage for most of the time after a dozen results of this size."""

NEXT = re.compile(rb'"nextUri":"([^"]+)"')


def drain(host: str, port: int, sql: str) -> float:
    """Seconds to take all answers of a query over one connection, without a look at their rows."""
    connection = http.client.HTTPConnection(host, port, timeout=300)
    headers = {
        "X-Trino-User": "bench",
        "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        "Accept-Encoding": "identity",
    }
    start = time.perf_counter()
    connection.request("POST", "/v1/statement", sql.encode(), headers)
    taken = 0
    while True:
        body = connection.getresponse().read()
        taken += len(body)
        # The address stands before the rows.
        found = NEXT.search(body, 0, 2000)
        if found is None:
            break
        connection.request("GET", urlsplit(found[1].decode()).path, headers=headers)
    seconds = time.perf_counter() - start
    connection.close()
    require("the drain took more than a megabyte", taken > 1 << 20, True)
    return seconds


def package(host: str, port: int, sql: str, rows: int) -> float:
    """Seconds of the trino package's fetchall."""
    from trino.dbapi import connect

    cursor = connect(host=host, port=port, user="bench").cursor()
    start = time.perf_counter()
    cursor.execute(sql)
    fetched = cursor.fetchall()
    seconds = time.perf_counter() - start
    require("rows of the trino package", len(fetched), rows)
    return seconds


def figures(rows: int, runs: int) -> Iterator[Figure]:
    """All Trino figures."""
    from tests.engines.process import Server
    from tests.engines.trino import trino_server

    host, _, number = os.environ.get("ARGUS_TRINO", "").partition(":")
    running = contextlib.nullcontext(Server(host, int(number), Path())) if number else trino_server(heap=HEAP)
    with running as server:
        yield from against_peers(server.host, server.port, rows, runs)
        yield from first_row(server.host, server.port)
        yield from connect_and_first_row(server.host, server.port)
    # A tenth of the rows would show the server's way into its spool: half the time of the first 20 MB, for every client.
    yield from spooled(LINES_OF_SF1 if rows == ALL_ORDERS else ALL_ORDERS, min(runs, 3))


def against_peers(host: str, port: int, rows: int, runs: int) -> Iterator[Figure]:
    """One result, fetched by the driver and by four others in turn."""
    sql = QUERY.format(rows=rows)
    text = f"Backend=trino;Host={host};Port={port};UID=bench;"
    answers: dict[str, list[Any]] = {}

    def taken(name: str, got: dict[str, Any]) -> float:
        require(f"rows of {name}", got["rows"], rows)
        # With fewer rows the server is free to choose others each time.
        if rows == ALL_ORDERS:
            answers[name] = [round(x) if isinstance(x, float) else x for x in got["sums"]]
        return float(got["seconds"])

    url = f"jdbc:trino://{host}:{port}/tpch/sf1"
    with (
        jdbc.program(jdbc.TRINO, url, sql, COLUMNS) as packed,
        jdbc.program(jdbc.TRINO, f"{url}?disableCompression=true", sql, COLUMNS) as plain,
    ):
        measures = {
            "drain": lambda: drain(host, port, sql),
            "driver": lambda: taken("the driver", harness(text, sql, COLUMNS, "block:1000")),
            "package": lambda: package(host, port, sql, rows),
            "jdbc": lambda: taken("JDBC", packed()),
            "jdbc_plain": lambda: taken("JDBC without compression", plain()),
        }
        for name, measure in measures.items():
            if name != "package":
                measure()  # the code of server and JDBC driver is slow until Java has compiled it
        seconds = interleave(runs, **measures)
    for name, sums in answers.items():
        require(f"sums of {name}", sums, answers["JDBC"])
    label = f"Trino {rows:,} rows x 8 columns"
    yield ratio(
        f"{label}: rate against a bare HTTP client", seconds["drain"], seconds["driver"], 0.9,
        panel="share", short="Trino / bare HTTP client",
        details={"seconds": seconds, "rows_per_second": rows / medians(seconds)["driver"]},
    )  # fmt: skip
    for name, what, bar in (
        ("package", "the trino package's fetchall", 5.0),
        ("jdbc", "Trino's JDBC driver as it comes", 2.5),
        ("jdbc_plain", "Trino's JDBC driver with compression off", 1.0),
    ):
        yield ratio(
            f"{label}: speed against {what}", seconds[name], seconds["driver"], bar,
            panel="times", short=f"Trino / {name.replace('_', ', ')}",
        )  # fmt: skip


def first_row(host: str, port: int, runs: int = 60) -> Iterator[Figure]:
    """SELECT 1 on an open connection, against the trino package."""
    from trino.dbapi import connect

    from argus_odbc.client import Connection
    from tests.fakes.link import Link

    def ask(ours: Connection, theirs: Any, link: Link | None) -> tuple[float, float, int, int]:
        before = link.requests if link else 0
        start = time.perf_counter()
        ours.execute("SELECT 1")
        rows = ours.rows(1)
        require("SELECT 1", next(rows), ["1"])
        mine = time.perf_counter() - start
        require("rows of SELECT 1", list(rows), [])
        ours.next_result()
        between = link.requests if link else 0
        start = time.perf_counter()
        cursor = theirs.cursor()
        cursor.execute("SELECT 1")
        require("SELECT 1 of the trino package", cursor.fetchone(), [1])
        its = time.perf_counter() - start
        cursor.fetchall()
        return mine, its, between - before, (link.requests if link else 0) - between

    figures: list[tuple[float, float, int, int]] = []
    for counted in (True, False):
        with Link(host, port) as link:
            where = ("127.0.0.1", link.port) if counted else (host, port)
            ours = Connection(f"Driver=Argus;Backend=trino;Host={where[0]};Port={where[1]};UID=bench;", DRIVER)
            theirs = connect(host=where[0], port=where[1], user="bench")
            found = [ask(ours, theirs, link if counted else None) for _ in range(runs)][runs // 6 :]
            ours.close()
            theirs.close()
        mine, its, requests, its_requests = (statistics.median(column) for column in zip(*found, strict=True))
        figures.append((mine, its, int(requests), int(its_requests)))
    (_, _, requests, its_requests), (mine, its, _, _) = figures
    # As soon as one of them asks, the server has an answer or waits; how many there are is its choice.
    yield Figure("Trino SELECT 1: HTTP requests, against the trino package", requests / its_requests, 1.0, False)
    yield Figure(
        "Trino SELECT 1: time to the first row, against the trino package", mine / its, 1.1, False,
        {"milliseconds": {"driver": 1000 * mine, "package": 1000 * its}},
    )  # fmt: skip


def connect_and_first_row(host: str, port: int) -> Iterator[Figure]:
    """The same with the connecting."""
    from trino.dbapi import connect

    text = f"Backend=trino;Host={host};Port={port};UID=bench;"
    yield from first.against("Trino", 15, text, 1.5, package=lambda: connect(host=host, port=port, user="bench"))


@contextmanager
def spooling_server() -> Iterator[Any]:
    """A Trino of its own with a spool, and the object store for that."""
    from tests.engines.spool import object_store
    from tests.engines.trino import trino_server

    with object_store(RESULTS / "s3") as store, trino_server(store.config(), store.files(), heap=HEAP) as server:
        yield server


LINES = (
    "SELECT orderkey, partkey, suppkey, quantity, extendedprice, discount, tax, returnflag, shipdate, commitdate,"
    " shipinstruct, shipmode, comment FROM tpch.sf1.lineitem"
)
LINES_OF_SF1 = 6_001_215
"""All rows of that table, as the TPC-H specification gives them for scale factor 1."""
LINE_COLUMNS = "iiidddd" + "sDDssS"


def drain_spool(host: str, port: int, sql: str) -> float:
    """Seconds to take all segments of a query, four at a time, without a look at their rows."""
    connection = http.client.HTTPConnection(host, port, timeout=300)
    headers = {
        "X-Trino-User": "bench",
        "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        "X-Trino-Query-Data-Encoding": "json+lz4,json",
    }

    def take(segment: dict[str, Any]) -> int:
        with urllib.request.urlopen(segment["uri"], timeout=300) as answer:
            size = len(answer.read())
        urllib.request.urlopen(segment["ackUri"], timeout=300).close()
        return size

    start = time.perf_counter()
    connection.request("POST", "/v1/statement", sql.encode(), headers)
    with ThreadPoolExecutor(4) as workers:
        taken = []
        while True:
            page = json.loads(connection.getresponse().read())
            data = page.get("data")
            segments = data["segments"] if isinstance(data, dict) else []
            taken += [workers.submit(take, segment) for segment in segments if segment["type"] == "spooled"]
            if "nextUri" not in page:
                break
            connection.request("GET", urlsplit(page["nextUri"]).path, headers=headers)
        size = sum(segment.result() for segment in taken)
    seconds = time.perf_counter() - start
    connection.close()
    require("the spool held more than a megabyte", size > 1 << 20, True)
    return seconds


def spooled(rows: int, runs: int) -> Iterator[Figure]:
    """The driver, with rows out of the spool and in the answers."""
    with spooling_server() as server:
        text = f"Backend=trino;Host={server.host};Port={server.port};UID=bench;"

        # The whole table without a LIMIT. With one, of a quarter of the rows, spooled was 0.90 of direct; which of the two
        # made the difference was not measured.
        sql = LINES if rows == LINES_OF_SF1 else f"{LINES} LIMIT {rows}"

        def fetch(spooling: str) -> dict[str, Any]:
            got = harness(f"{text}Spooling={spooling};", sql, LINE_COLUMNS, "block:1000")
            require("rows of lineitem", got["rows"], rows)
            return got

        peak = fetch("auto")["peak_kb"] / 1024
        fetch("off")
        seconds = interleave(
            runs,
            direct=lambda: fetch("off")["seconds"],
            spooled=lambda: fetch("auto")["seconds"],
            drain=lambda: drain_spool(server.host, server.port, sql),
        )
    yield ratio(
        f"Trino {rows:,} rows out of the spool: rate against a bare client that takes the same segments",
        seconds["drain"], seconds["spooled"], 0.9,
    )  # fmt: skip
    yield ratio(
        f"Trino {rows:,} rows x 13 columns: spooled against direct", seconds["direct"], seconds["spooled"], 1.0,
        details={"seconds": seconds},
    )  # fmt: skip
    # What may be on its way (argus_odbc.backends.trino.spool.IN_FLIGHT), twice: packed and unpacked, and the program itself.
    yield Figure(f"Trino {rows:,} rows out of the spool: megabytes of memory", peak, 256, False)
