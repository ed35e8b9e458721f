"""Bound values reach Spark, Hive and Impala as they are, whatever quotes and escapes of the dialect they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyodbc
import pytest

from registration import connection_string

pytestmark = pytest.mark.engine

TRICKS = [
    "it's", "''", "'", "\\", "\\'", "\\\\'", "'; DROP TABLE t --", "' OR '1'='1", '"', '\\"', "`", "--", "/*", "*/", "\n",
    "\r\n", "\t", "\\n", "\\0", "\\Z", "\\%", "\\_", "%", "_", "\\u0041", "\\101", "${x}", "${hiveconf:a}", "$\\{x}", "?",
    "??", "{fn now()}", "{d '2024-01-01'}", "}", "", " ", "\U0001f600 \u00e9", ";", "r'x'",
]  # fmt: skip


@pytest.fixture(scope="module", params=["spark", "hive", "impala"])
def connection(request: pytest.FixtureRequest) -> Iterator[Any]:
    server = request.getfixturevalue(f"{request.param}_server")
    where = {"Backend": request.param, "Host": server.host, "Port": server.port, "UID": "ann"}
    mechanism = "USER" if request.param == "hive" else "NOSASL"
    opened = pyodbc.connect(connection_string(**where, AuthMech=mechanism), autocommit=True)
    yield opened
    opened.close()


def test_every_quoting_trick_stays_a_value(connection: Any) -> None:
    columns = ", ".join(f"? AS c{i}" for i in range(len(TRICKS)))
    assert list(connection.execute(f"SELECT {columns}", *TRICKS).fetchone()) == TRICKS


def test_every_type(connection: Any) -> None:
    values = (
        7, -(2**63), 2**63 - 1, 1.5, 1e300, -0.1, Decimal("-12345.678"), Decimal("99999999999999999999.999999999"), True,
        dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 34, 56, 789012), b"\x00\xff'\\", None,
    )  # fmt: skip
    columns = ", ".join(f"? AS c{i}" for i in range(len(values)))
    got = list(connection.execute(f"SELECT {columns}", *values).fetchone())
    assert got == list(values)


def test_a_value_in_a_condition(connection: Any) -> None:
    sql = "SELECT 1 AS one FROM (SELECT 'a' AS a) s WHERE a = ?"
    assert connection.execute(sql, "a").fetchval() == 1
    assert connection.execute(sql, "x' OR 'a'='a").fetchone() is None
