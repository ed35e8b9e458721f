"""A real Trino server: the driver against a bare HTTP client that drains the same pages, and the trino package."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bench.common import Figure, harness, interleave, medians, require

QUERY = (
    "SELECT orderkey, custkey, orderstatus, totalprice, orderdate, orderpriority, clerk, comment"
    " FROM tpch.sf1.orders LIMIT {rows}"
)
COLUMNS = "iissDssS"
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
    """All Trino figures, over one server."""
    from tests.engines.trino import trino_server

    sql = QUERY.format(rows=rows)
    with trino_server() as server:
        host, port = server.host, server.port
        text = f"Backend=trino;Host={host};Port={port};UID=bench;"

        def driver() -> float:
            got = harness(text, sql, COLUMNS, "block:1000")
            require("rows", got["rows"], rows)
            return got["seconds"]

        drain(host, port, sql)  # the server's own code is slow until the JVM has compiled it
        driver()
        seconds = interleave(
            runs, drain=lambda: drain(host, port, sql), driver=driver, package=lambda: package(host, port, sql, rows)
        )
    middle = medians(seconds)
    label = f"Trino {rows:,} rows x 8 columns"
    yield Figure(
        f"{label}: rate against a bare HTTP client", middle["drain"] / middle["driver"], 0.9, True,
        {"seconds": seconds, "rows_per_second": rows / middle["driver"]},
    )  # fmt: skip
    yield Figure(
        f"{label}: speed against the trino package's fetchall", middle["package"] / middle["driver"], 5.0, True
    )
