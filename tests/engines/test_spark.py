"""The Spark backend against a real Spark Thrift Server. Values are those that the statements themselves spell out."""

from __future__ import annotations

import datetime as dt
import math
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from argus_odbc.backends.spark import Spark
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.process import Server
from fetched import all_rows, execute, query

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def spark(spark_server: Server) -> Iterator[Spark]:
    connected = Spark.connect(Settings(host=spark_server.host, port=spark_server.port, auth_mech="NOSASL", uid="ann"))
    connected.run("CREATE DATABASE IF NOT EXISTS backend_tests")
    yield connected
    connected.run("DROP DATABASE backend_tests CASCADE")
    connected.disconnect()


def failure(spark: Spark, sql: str) -> DriverError:
    with pytest.raises(DriverError) as caught:
        all_rows(execute(spark, sql))
    return caught.value


# ---- values ----


@pytest.mark.parametrize(
    ("expression", "sql_type", "size", "digits", "value"),
    [
        ("true", -7, 1, 0, True),
        ("-128Y", -6, 3, 0, -128),
        ("32767S", 5, 5, 0, 32767),
        ("-2147483648", 4, 10, 0, -(2**31)),
        ("9223372036854775807L", -5, 19, 0, 2**63 - 1),
        ("CAST(0.5 AS FLOAT)", 7, 7, 0, 0.5),
        ("-2.5D", 8, 15, 0, -2.5),
        ("123.4500BD", 3, 7, 4, Decimal("123.4500")),
        ("CAST(0 AS DECIMAL(38,18))", 3, 38, 18, Decimal("0E-18")),
        ("CAST('-99999999999999999999999999999999999999' AS DECIMAL(38,0))", 3, 38, 0, Decimal(1 - 10**38)),
        ("'h\u00e9llo \U0001f600'", -9, 65535, 0, "h\u00e9llo \U0001f600"),
        ("''", -9, 65535, 0, ""),
        ("concat('a', chr(0), 'b')", -9, 65535, 0, "a\0b"),
        ("X'00FF7F'", -3, 32767, 0, b"\x00\xff\x7f"),
        ("DATE'2024-02-29'", 91, 10, 0, dt.date(2024, 2, 29)),
        ("DATE'0001-01-01'", 91, 10, 0, dt.date(1, 1, 1)),
        ("DATE'9999-12-31'", 91, 10, 0, dt.date(9999, 12, 31)),
        ("TIMESTAMP'2024-02-29 12:34:56.789012'", 93, 26, 6, dt.datetime(2024, 2, 29, 12, 34, 56, 789012)),
        ("TIMESTAMP_NTZ'1969-12-31 23:59:59.5'", 93, 26, 6, dt.datetime(1969, 12, 31, 23, 59, 59, 500000)),
        ("array(1, 2, null)", -9, 65535, 0, "[1,2,null]"),
        ("map('k', 1)", -9, 65535, 0, '{"k":1}'),
        ("named_struct('j', 1)", -9, 65535, 0, '{"j":1}'),
        ("INTERVAL '-1-2' YEAR TO MONTH", 107, 12, 0, -14),
        ("INTERVAL '-3 04:05:06.789' DAY TO SECOND", 110, 25, 6, -(3 * 86400 + 4 * 3600 + 306) * 10**6 - 789000),
        ("CAST(NULL AS INT)", 4, 10, 0, None),
        ("NULL", -9, 1, 0, None),
    ],
)
def test_value(spark: Spark, expression: str, sql_type: int, size: int, digits: int, value: object) -> None:
    operation = execute(spark, f"SELECT {expression} AS v, 1 AS one")
    column = operation.columns[0]
    assert (column.name, column.sql_type, column.column_size, column.decimal_digits) == ("v", sql_type, size, digits)
    assert all_rows(operation) == [(value, 1)]
    operation.close()


def test_special_doubles(spark: Spark) -> None:
    rows = query(spark, "SELECT DOUBLE('NaN'), DOUBLE('Infinity'), FLOAT('-Infinity')")
    assert math.isnan(rows[0][0])
    assert rows[0][1:] == (math.inf, -math.inf)


def test_nulls_in_every_place(spark: Spark) -> None:
    rows = query(spark, "SELECT IF(id % 3 = 0, NULL, id), IF(id % 2 = 0, NULL, string(id)) FROM range(20) ORDER BY id")
    assert rows == [(None if i % 3 == 0 else i, None if i % 2 == 0 else str(i)) for i in range(20)]


def test_many_rows_in_order(spark: Spark) -> None:
    rows = query(spark, "SELECT id, id * 2 AS d, string(id) AS s FROM range(30000) ORDER BY id")
    assert rows == [(i, 2 * i, str(i)) for i in range(30000)]


def test_no_rows_keep_their_columns(spark: Spark) -> None:
    operation = execute(spark, "SELECT 1 AS a, 'x' AS b WHERE false")
    assert [c.name for c in operation.columns] == ["a", "b"]
    assert all_rows(operation) == []


def test_a_column_that_is_called_like_the_placeholder(spark: Spark) -> None:
    assert query(spark, "SELECT 'x' AS Result") == [("x",)]
    operation = execute(spark, "SELECT 'x' AS Result WHERE false")
    assert [c.name for c in operation.columns] == ["Result"]
    assert all_rows(operation) == []


# ---- statements ----


def test_table_from_start_to_end(spark: Spark) -> None:
    for sql in (
        "CREATE TABLE backend_tests.t (i INT, v VARCHAR(20), c CHAR(4), d DECIMAL(12,3)) USING parquet",
        "INSERT INTO backend_tests.t VALUES (1, 'a', 'ab', 1.5), (2, NULL, NULL, NULL)",
    ):
        operation = execute(spark, sql)
        assert operation.columns == ()
        assert operation.row_count == -1
        operation.close()
    operation = execute(spark, "SELECT * FROM backend_tests.t ORDER BY i")
    described = [(c.name, c.sql_type, c.column_size) for c in operation.columns]
    assert described == [("i", 4, 10), ("v", -9, 20), ("c", -8, 4), ("d", 3, 12)]
    assert all_rows(operation) == [(1, "a", "ab  ", Decimal("1.500")), (2, None, None, None)]
    spark.run("DROP TABLE backend_tests.t")
    assert failure(spark, "SELECT * FROM backend_tests.t").sqlstate == "42S02"


@pytest.mark.parametrize(
    ("sql", "state", "words"),
    [
        ("SELECT * FROM no_such_table", "42S02", "no_such_table"),
        ("SELECT nope FROM range(1)", "42S22", "nope"),
        ("SELEC 1", "42000", "SELEC"),
        ("", "42000", "empty"),
        ("SELECT 1/0", "22012", "zero"),
        ("SELECT CAST('x' AS INT)", "22018", "'x'"),
        ("SELECT CAST(999 AS TINYINT)", "22003", "999"),
        ("CREATE DATABASE default", "42S01", "default"),
        ("USE no_such_schema", "3F000", "no_such_schema"),
        ("SELECT no_such_function(1)", "42000", "no_such_function"),
        ("SELECT raise_error('boom')", "HY000", "boom"),
    ],
)
def test_error(spark: Spark, sql: str, state: str, words: str) -> None:
    e = failure(spark, sql)
    assert e.sqlstate == state
    assert words.lower() in e.message.lower()
    assert "org.apache" not in e.message
    assert query(spark, "SELECT 1") == [(1,)]


# ---- cancel, timeout ----

ENDLESS = "SELECT count(*) FROM range(30000000000) WHERE id % 7 = 8"


def stopped_within(spark: Spark, seconds: float) -> bool:
    """Whether the server's executor is free again: a small job, which needs one of its two cores, comes through."""
    begin = time.monotonic()
    query(spark, "SELECT sum(id) FROM range(0, 1000, 1, 4)")
    return time.monotonic() - begin < seconds


def test_cancel_stops_the_work(spark: Spark) -> None:
    timers: list[threading.Timer] = []

    def started(cancel: Callable[[], None]) -> None:
        timers.append(threading.Timer(0.7, cancel))
        timers[0].start()

    begin = time.monotonic()
    with pytest.raises(DriverError) as caught:
        execute(spark, ENDLESS, started)
    timers[0].join()
    assert caught.value.sqlstate == "HY008"
    assert time.monotonic() - begin < 5
    assert stopped_within(spark, 5)


def test_timeout_stops_the_work(spark: Spark) -> None:
    begin = time.monotonic()
    with pytest.raises(DriverError) as caught:
        execute(spark, ENDLESS, query_timeout=1)
    assert caught.value.sqlstate == "HYT00"
    assert 0.9 < time.monotonic() - begin < 5
    assert stopped_within(spark, 5)


# ---- description before execution ----


def test_prepare_describes_what_execute_does(spark: Spark) -> None:
    sql = """SELECT true AS a, 1Y AS b, 2L AS c, CAST(0.5 AS FLOAT) AS d, 1.50BD AS e, 'x' AS f, DATE'2024-01-01' AS g,
        current_timestamp() AS h, X'00' AS i, array(1) AS j, INTERVAL '1' DAY AS k, INTERVAL '1' YEAR AS l, NULL AS m"""
    prepared = spark.prepare(sql).columns
    assert prepared is not None
    assert list(prepared) == list(execute(spark, sql).columns)
    assert spark.prepare("CREATE TABLE x (i INT)").columns is None


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT ? AS a, id FROM range(?) WHERE id > ? -- ?", ["a", "id"]),
        ("-- first\n/* ; */ (SELECT 1 AS b) ; ;", ["b"]),
        ("SELECT id FROM range(9) ORDER BY id LIMIT ?", ["id"]),
        ("SHOW DATABASES;", ["namespace"]),
        ("DESCRIBE FUNCTION abs", ["function_desc"]),
        ("VALUES (1, 'a')", ["col1", "col2"]),
    ],
)
def test_prepare_describes(spark: Spark, sql: str, names: list[str]) -> None:
    assert [c.name for c in spark.prepare(sql).columns or ()] == names


def test_prepare_knows_what_is_not_there(spark: Spark) -> None:
    for sql, state in (("SELECT * FROM no_such_table WHERE x = ?", "42S02"), ("SELECT nope FROM range(1)", "42S22")):
        with pytest.raises(DriverError) as caught:
            spark.prepare(sql)
        assert caught.value.sqlstate == state


def test_a_semicolon_ends_the_statement(spark: Spark) -> None:
    assert query(spark, "SELECT ';' AS a -- ;\n;") == [(";",)]


# ---- session ----


def test_session_starts_in_the_schema(spark: Spark, spark_server: Server) -> None:
    where = Settings(host=spark_server.host, port=spark_server.port, auth_mech="NOSASL", uid="bob")
    there = Spark.connect(Settings(**{**vars(where), "schema": "backend_tests", "time_zone": "Asia/Tokyo"}))
    assert there.current_schema() == "backend_tests"
    assert query(there, "SELECT current_timezone(), current_user()") == [("Asia/Tokyo", "bob")]
    there.disconnect()
    with pytest.raises(DriverError) as caught:
        Spark.connect(Settings(**{**vars(where), "schema": "no_such_schema"}))
    assert caught.value.sqlstate == "3F000"


def test_two_statements_at_once(spark: Spark) -> None:
    first = execute(spark, "SELECT id FROM range(3000) ORDER BY id")
    second = execute(spark, "SELECT id + 1 FROM range(3000) ORDER BY id")
    assert all_rows(second) == [(i + 1,) for i in range(3000)]
    assert all_rows(first) == [(i,) for i in range(3000)]


def test_version_and_login_without_sasl_needed(spark: Spark, spark_server: Server) -> None:
    assert spark.server_version().startswith("04.")
    with pytest.raises(DriverError) as caught:
        Spark.connect(
            Settings(
                host=spark_server.host, port=spark_server.port, auth_mech="PLAIN", uid="a", pwd="b", login_timeout=5
            )
        )
    assert "AuthMech=NOSASL" in caught.value.message


# ---- catalog ----


@pytest.fixture(scope="module")
def tables(spark: Spark) -> Iterator[None]:
    spark.run(
        "CREATE TABLE backend_tests.cat_one (i INT COMMENT 'number', d DECIMAL(12,3), a ARRAY<INT>) USING parquet"
    )
    spark.run("CREATE TABLE backend_tests.catxone (v VARCHAR(9), ts TIMESTAMP, b BINARY) USING parquet")
    spark.run("CREATE VIEW backend_tests.cat_view AS SELECT 1 AS x")
    yield
    spark.run("DROP VIEW backend_tests.cat_view")
    spark.run("DROP TABLE backend_tests.catxone")
    spark.run("DROP TABLE backend_tests.cat_one")


def test_schemas(spark: Spark) -> None:
    assert {(None, "default"), (None, "backend_tests")} <= set(spark.get_schemas(None))


@pytest.mark.usefixtures("tables")
def test_tables(spark: Spark) -> None:
    found = spark.get_tables(None, "backend_tests", "cat%", None)
    assert sorted((row[1], row[2], row[3]) for row in found) == [
        ("backend_tests", "cat_one", "TABLE"),
        ("backend_tests", "cat_view", "VIEW"),
        ("backend_tests", "catxone", "TABLE"),
    ]
    # Servers do not know the escape; more than was asked for is allowed, less is not.
    assert "cat_one" in {row[2] for row in spark.get_tables(None, "backend\\_tests", "cat\\_one", None)}
    assert {row[3] for row in spark.get_tables(None, "backend_tests", None, ["VIEW"])} == {"VIEW"}
    assert spark.get_tables(None, "", "%", None) == []


@pytest.mark.usefixtures("tables")
def test_columns(spark: Spark) -> None:
    found = spark.get_columns(None, "backend_tests", "cat%one", None)
    assert [
        (
            c.table,
            c.ordinal,
            c.column.name,
            c.column.type_name,
            c.column.column_size,
            c.column.decimal_digits,
            c.remarks,
        )
        for c in found
    ] == [
        ("cat_one", 1, "i", "INT", 10, 0, "number"),
        ("cat_one", 2, "d", "DECIMAL", 12, 3, None),
        ("cat_one", 3, "a", "ARRAY", 65535, 0, None),
        ("catxone", 1, "v", "VARCHAR", 9, 0, None),
        ("catxone", 2, "ts", "TIMESTAMP", 26, 6, None),
        ("catxone", 3, "b", "BINARY", 32767, 0, None),
    ]


@pytest.mark.usefixtures("tables")
def test_described_columns_agree_with_the_catalog(spark: Spark) -> None:
    """SQLColumns and SQLDescribeCol must not contradict each other."""
    for table in ("cat_one", "catxone"):
        # `_` is a wildcard of the catalog, so both tables come.
        listed = [c.column for c in spark.get_columns(None, "backend_tests", table, None) if c.table == table]
        described = execute(spark, f"SELECT * FROM backend_tests.{table}").columns
        assert [(c.name, c.sql_type, c.column_size, c.decimal_digits) for c in listed] == [
            (c.name, c.sql_type, c.column_size, c.decimal_digits) for c in described
        ]
