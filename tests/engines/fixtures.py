"""One server of each engine for the whole session, started when the first test asks for it.

ARGUS_SPARK, ARGUS_HIVE, ARGUS_IMPALA and ARGUS_TRINO (host:port) name servers that run already, to save their start;
ARGUS_HIVE_HTTP and ARGUS_IMPALA_HTTP where the same ones speak HTTP.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from .hive import hive_server as start_hive
from .impala import impala_server as start_impala
from .process import Server
from .spark import spark_thrift_server
from .trino import trino_server as start_trino


def server(variable: str, start: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """The server that the environment names, else a new one."""
    host, _, port = os.environ.get(variable, "").partition(":")
    if port:
        yield Server(host, int(port), Path())
        return
    with start() as started:
        yield started


@pytest.fixture(scope="session")
def spark_server() -> Iterator[Server]:
    """Apache Spark's Thrift Server, without a login (AuthMech=NOSASL)."""
    yield from server("ARGUS_SPARK", lambda: spark_thrift_server("NOSASL"))


@pytest.fixture(scope="session")
def hive_server() -> Iterator[Server]:
    """Apache Hive 4.0.1 with SASL PLAIN, any password (AuthMech=USER or PLAIN)."""
    yield from server("ARGUS_HIVE", lambda: start_hive("NONE"))


@pytest.fixture(scope="session")
def impala_server() -> Iterator[Server]:
    """The server that speaks as Impala does, without a login."""
    yield from server("ARGUS_IMPALA", start_impala)


def over_http(
    request: pytest.FixtureRequest, engine: str, start: Callable[[], AbstractContextManager[Server]]
) -> Iterator[Server]:
    """Where the session's server of an engine speaks HTTP; a server of its own where the environment names the one only."""
    host, _, port = os.environ.get(f"ARGUS_{engine.upper()}_HTTP", "").partition(":")
    if port:
        yield Server(host, int(port), Path())
    elif os.environ.get(f"ARGUS_{engine.upper()}"):
        with start() as started:
            yield replace(started, port=started.http_port)
    else:
        running = request.getfixturevalue(f"{engine}_server")
        yield replace(running, port=running.http_port)


@pytest.fixture(scope="session")
def hive_http(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Apache Hive over HTTP; a name, and any password."""
    yield from over_http(request, "hive", lambda: start_hive("NONE"))


@pytest.fixture(scope="session")
def impala_http(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server that speaks as Impala does, over HTTP, without a login."""
    yield from over_http(request, "impala", start_impala)


@pytest.fixture(scope="session")
def trino_server() -> Iterator[Server]:
    """Trino 476 with the catalogs tpch and memory, over HTTP, without passwords."""
    yield from server("ARGUS_TRINO", start_trino)
