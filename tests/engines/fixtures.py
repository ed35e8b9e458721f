"""One server of each engine for the whole session, started when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .hive import hive_server as start_hive
from .impala import impala_server as start_impala
from .process import Server
from .spark import spark_thrift_server


@pytest.fixture(scope="session")
def spark_server() -> Iterator[Server]:
    """Apache Spark's Thrift Server, without a login (AuthMech=NOSASL)."""
    with spark_thrift_server("NOSASL") as server:
        yield server


@pytest.fixture(scope="session")
def hive_server() -> Iterator[Server]:
    """Apache Hive 4.0.1 with SASL PLAIN, any password (AuthMech=USER or PLAIN)."""
    with start_hive("NONE") as server:
        yield server


@pytest.fixture(scope="session")
def impala_server() -> Iterator[Server]:
    """The server that speaks as Impala does, without a login."""
    with start_impala() as server:
        yield server
