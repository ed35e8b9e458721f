"""The `source` fixture: each client program is run against each engine."""

from __future__ import annotations

import pytest

from clients.sources import Source

SHORT = {"StringLength": 100}
"""Programs that make their buffers from the described size need not take thousands of bytes for each text."""


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.engine)])
def source(request: pytest.FixtureRequest) -> Source:
    """DuckDB in memory, then a real Spark Thrift Server."""
    if request.param == "duckdb":
        return Source("duckdb", {"Backend": "duckdb", "Database": ":memory:", **SHORT})
    server = request.getfixturevalue("spark_server")
    return Source(
        "spark", {"Backend": "spark", "Host": server.host, "Port": server.port, "AuthMech": "NOSASL", **SHORT}
    )
