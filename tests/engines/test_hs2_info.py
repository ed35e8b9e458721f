"""Claims of SQLGetInfo that the engine itself can prove or refute, on Spark, Hive and Impala."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyodbc
import pytest

from registration import connection_string

pytestmark = pytest.mark.engine

NAMES = {"spark": "Spark SQL", "hive": "Hive", "impala": "Impala"}

STRICT = ("spark", "hive")
"""Engines that are the real ones: what stands in for Impala sorts and concatenates NULL in its own way."""


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def connection(engine: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    server = request.getfixturevalue(f"{engine}_server")
    where = {"Backend": engine, "Host": server.host, "Port": server.port, "UID": "ann"}
    opened = pyodbc.connect(connection_string(**where, AuthMech="USER" if engine == "hive" else "NOSASL"))
    yield opened
    opened.close()


def rows(connection: Any, sql: str) -> list[tuple]:
    return [tuple(row) for row in connection.execute(sql).fetchall()]


def test_names(connection: Any, engine: str) -> None:
    assert connection.getinfo(pyodbc.SQL_DBMS_NAME) == NAMES[engine]
    version = connection.getinfo(pyodbc.SQL_DBMS_VER)
    assert version[2] == version[5] == "."
    assert version[:2].isdigit()
    assert connection.getinfo(pyodbc.SQL_USER_NAME) == "ann"
    assert connection.getinfo(pyodbc.SQL_DATABASE_NAME) == "default"


def test_identifiers(connection: Any) -> None:
    quote = connection.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)
    cursor = connection.execute(f"SELECT 1 AS {quote}select from{quote}, 2 AS UpperAndLower")
    names = [column[0] for column in cursor.description]
    cursor.fetchall()
    assert names[0] == "select from"
    # SQL_IC_LOWER: tables are kept in lower case, whatever was written, in quotes too.
    assert connection.getinfo(pyodbc.SQL_IDENTIFIER_CASE) == connection.getinfo(pyodbc.SQL_QUOTED_IDENTIFIER_CASE) == 2
    cursor.execute("DROP TABLE IF EXISTS info_case")
    cursor.execute(f"CREATE TABLE {quote}Info_Case{quote} (a INT)")
    assert [row.table_name for row in cursor.tables(table="info\\_case")] == ["info_case"]
    cursor.execute("DROP TABLE INFO_CASE")


@pytest.mark.parametrize("engine", STRICT, indirect=True)
def test_nulls_sort_as_is_said(connection: Any) -> None:
    """SQL_NC_HIGH 0: NULL is the highest value; SQL_NC_LOW 1: the lowest."""
    collation = connection.getinfo(pyodbc.SQL_NULL_COLLATION)
    source = "(SELECT 1 AS a UNION ALL SELECT NULL AS a UNION ALL SELECT 2 AS a) s"
    up = [row[0] for row in rows(connection, f"SELECT a FROM {source} ORDER BY a")]
    down = [row[0] for row in rows(connection, f"SELECT a FROM {source} ORDER BY a DESC")]
    assert (up, down) == {0: ([1, 2, None], [None, 2, 1]), 1: ([None, 1, 2], [2, 1, None])}[collation]


def test_expressions(connection: Any) -> None:
    source = "(SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2 AS a, 'y' AS b) s"
    assert connection.getinfo(pyodbc.SQL_EXPRESSIONS_IN_ORDERBY)
    assert rows(connection, f"SELECT a FROM {source} ORDER BY -a") == [(2,), (1,)]
    assert not connection.getinfo(pyodbc.SQL_ORDER_BY_COLUMNS_IN_SELECT)
    assert rows(connection, f"SELECT b FROM {source} ORDER BY a DESC") == [("y",), ("x",)]
    assert connection.getinfo(pyodbc.SQL_COLUMN_ALIAS)
    assert connection.getinfo(pyodbc.SQL_CORRELATION_NAME) == 2


@pytest.mark.parametrize("engine", STRICT, indirect=True)
def test_concatenation_with_null(connection: Any) -> None:
    assert connection.getinfo(pyodbc.SQL_CONCAT_NULL_BEHAVIOR) == 0
    assert rows(connection, "SELECT concat('a', NULL)") == [(None,)]


def test_joins(connection: Any) -> None:
    left, right = "(SELECT 1 AS a UNION ALL SELECT 2 AS a) l", "(SELECT 2 AS b UNION ALL SELECT 3 AS b) r"
    expected = {"LEFT": {(1, None), (2, 2)}, "RIGHT": {(2, 2), (None, 3)}, "FULL": {(1, None), (2, 2), (None, 3)}}
    # SQL_OJ_LEFT 1, RIGHT 2, FULL 4
    assert connection.getinfo(pyodbc.SQL_OJ_CAPABILITIES) & 7 == 7
    for kind, wanted in expected.items():
        sql = f"SELECT l.a, r.b FROM {{oj {left} {kind} OUTER JOIN {right} ON l.a = r.b}}"
        assert set(rows(connection, sql)) == wanted


def test_subqueries_and_sets(connection: Any) -> None:
    source = "(SELECT 1 AS a UNION ALL SELECT 2 AS a)"
    # SQL_SQ_EXISTS 2, IN 4; SQL_U_UNION 1, UNION_ALL 2
    assert connection.getinfo(pyodbc.SQL_SUBQUERIES) & 6 == 6
    assert rows(connection, f"SELECT a FROM {source} s WHERE a IN (SELECT a + 1 FROM {source} t)") == [(2,)]
    assert rows(connection, f"SELECT a FROM {source} s WHERE EXISTS (SELECT 1 FROM {source} t WHERE t.a > s.a)") == [
        (1,)
    ]
    assert connection.getinfo(pyodbc.SQL_UNION) == 3
    assert sorted(rows(connection, "SELECT 1 AS a UNION SELECT 1 AS a UNION ALL SELECT 2 AS a")) == [(1,), (2,)]


def test_aggregates(connection: Any) -> None:
    # SQL_AF_AVG 1, COUNT 2, MAX 4, MIN 8, SUM 0x10, DISTINCT 0x20, ALL 0x40
    assert connection.getinfo(pyodbc.SQL_AGGREGATE_FUNCTIONS) == 0x7F
    source = "(SELECT 1 AS a UNION ALL SELECT 1 AS a UNION ALL SELECT 4 AS a) s"
    sql = f"SELECT avg(a), count(a), max(a), min(a), sum(a), count(DISTINCT a), sum(ALL a) FROM {source}"
    assert rows(connection, sql) == [(2, 3, 4, 1, 6, 2, 6)]


def test_predicates_and_cases(connection: Any) -> None:
    sql = (
        "SELECT CASE WHEN 1 BETWEEN 0 AND 2 THEN 'b' ELSE 'n' END, coalesce(NULL, 'c'), nullif(1, 1), CAST('7' AS INT),"
        " CASE WHEN NULL IS NULL THEN 1 ELSE 0 END, CASE WHEN 'abc' LIKE 'a%' THEN 1 ELSE 0 END"
    )
    assert rows(connection, sql) == [("b", "c", None, 7, 1, 1)]


def test_no_transactions(connection: Any) -> None:
    """pyodbc has switched autocommit off at the connect; what ran stays, and neither end is an error."""
    assert connection.getinfo(pyodbc.SQL_TXN_CAPABLE) == 0
    assert connection.getinfo(pyodbc.SQL_DEFAULT_TXN_ISOLATION) == 0
    assert not connection.autocommit
    connection.execute("DROP TABLE IF EXISTS info_txn")
    connection.execute("CREATE TABLE info_txn (a INT)")
    connection.execute("INSERT INTO info_txn VALUES (5)")
    connection.commit()
    connection.rollback()
    assert rows(connection, "SELECT a FROM info_txn") == [(5,)]
    connection.execute("DROP TABLE info_txn")
    with pytest.raises(pyodbc.Error) as caught:
        connection.set_attr(pyodbc.SQL_ATTR_TXN_ISOLATION, pyodbc.SQL_TXN_SERIALIZABLE)
    assert caught.value.args[0] == "HYC00"
