"""Spark and Impala through the driver manager with pyodbc: values, changes, errors, timeout, catalog."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyodbc
import pytest

from engines.process import Server

pytestmark = pytest.mark.engine


@pytest.fixture
def spark(connect: Callable[..., Any], spark_server: Server) -> Any:
    where = {"Host": spark_server.host, "Port": spark_server.port, "AuthMech": "NOSASL", "UID": "ann"}
    return connect(Backend="spark", autocommit=True, **where)


@pytest.fixture
def impala(connect: Callable[..., Any], impala_server: Server) -> Any:
    return connect(Backend="impala", autocommit=True, Host=impala_server.host, Port=impala_server.port)


def test_spark_values(spark: Any) -> None:
    row = spark.execute(
        "SELECT true, -128Y, 32767S, -2147483648, 9223372036854775807L, CAST(0.5 AS FLOAT), -2.5D, 123.4500BD,"
        " 'h\u00e9llo \U0001f600',"
        " DATE'2024-02-29', TIMESTAMP'2024-02-29 12:34:56.789012', X'00FF', array(1, null), CAST(NULL AS INT)"
    ).fetchone()
    assert tuple(row) == (
        True, -128, 32767, -(2**31), 2**63 - 1, 0.5, -2.5, Decimal("123.4500"), "h\u00e9llo \U0001f600",
        dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 34, 56, 789012), b"\x00\xff", "[1,null]", None,
    )  # fmt: skip


def test_spark_parameters_become_literals(spark: Any) -> None:
    awkward = "it's a \\ back\\'slash \U0001f600"
    values = (7, awkward, Decimal("1.50"), dt.date(2024, 2, 29), None)
    assert tuple(spark.execute("SELECT ?, ?, ?, ?, ?", *values).fetchone()) == values


def test_spark_many_rows(spark: Any) -> None:
    rows = spark.execute("SELECT id, string(id) FROM range(50000) ORDER BY id").fetchall()
    assert [tuple(r) for r in rows] == [(i, str(i)) for i in range(50000)]


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("SELECT * FROM nope", "42S02"),
        ("SELECT nope FROM range(1)", "42S22"),
        ("SELEC", "42000"),
        ("SELECT 1/0", "22012"),
    ],
)
def test_spark_errors(spark: Any, sql: str, state: str) -> None:
    with pytest.raises(pyodbc.Error) as caught:
        spark.execute(sql).fetchall()
    assert caught.value.args[0] == state
    assert spark.execute("SELECT 1").fetchval() == 1


def test_spark_timeout(spark: Any) -> None:
    spark.timeout = 1
    with pytest.raises(pyodbc.Error) as caught:
        spark.execute("SELECT count(*) FROM range(30000000000) WHERE id % 7 = 8").fetchall()
    assert caught.value.args[0] == "HYT00"


def test_impala_changes_and_catalog(impala: Any) -> None:
    cursor = impala.cursor()
    cursor.execute("create database if not exists driver_tests").fetchall()
    cursor.execute("create table driver_tests.t (i int, s string, d decimal(12,3))").fetchall()
    assert cursor.execute("insert into driver_tests.t values (1, 'a', 1.5), (2, null, null)").rowcount == 2
    assert [tuple(r) for r in cursor.execute("select * from driver_tests.t order by i")] == [
        (1, "a", Decimal("1.500")),
        (2, None, None),
    ]
    assert [(r.table_schem, r.table_name) for r in cursor.tables(schema="driver_tests")] == [("driver_tests", "t")]
    assert [(r.column_name, r.type_name, r.column_size) for r in cursor.columns(schema="driver_tests", table="t")] == [
        ("i", "INT", 10),
        ("s", "STRING", 65535),
        ("d", "DECIMAL", 12),
    ]


def test_an_exception_of_the_application_survives_freed_handles(impala: Any) -> None:
    """A cursor with unread rows goes while Python raises; what it raises must arrive."""

    def fails() -> None:
        cursor = impala.cursor()
        cursor.execute("select id from functional.alltypes")
        cursor.fetchone()
        raise KeyError("of the application")

    with pytest.raises(KeyError, match="of the application"):
        fails()
