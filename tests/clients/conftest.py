"""The `source` fixture: each client program is run against each engine."""

from __future__ import annotations

import pytest

from clients.sources import Source

SHORT = {"StringLength": 100}
"""Programs that make their buffers from the described size need not take thousands of bytes for each text."""

LOGIN: dict[str, dict[str, object]] = {
    "spark": {"AuthMech": "NOSASL"},
    "trino": {"UID": "ann", "Catalog": "memory", "Schema": "default", "TimeZone": "UTC"},
}
"""How each server is entered."""


@pytest.fixture(params=["duckdb", *(pytest.param(name, marks=pytest.mark.engine) for name in LOGIN)])
def source(request: pytest.FixtureRequest) -> Source:
    """DuckDB in memory, then real servers: Spark's Thrift Server and Trino."""
    if request.param == "duckdb":
        return Source("duckdb", {"Backend": "duckdb", "Database": ":memory:", **SHORT})
    server = request.getfixturevalue(f"{request.param}_server")
    where = {"Backend": request.param, "Host": server.host, "Port": server.port, **LOGIN[request.param]}
    return Source(request.param, where | SHORT)
