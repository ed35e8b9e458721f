"""DuckDB through pyodbc and the driver manager: every type against DuckDB's own Python client, and the connection's ways."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from decimal import Decimal

import pytest

duckdb = pytest.importorskip("duckdb")
pyodbc = pytest.importorskip("pyodbc")

SAME = [
    "NULL::INTEGER",
    "true",
    "(-128)::TINYINT",
    "255::UTINYINT",
    "(-32768)::SMALLINT",
    "65535::USMALLINT",
    "(-2147483648)::INTEGER",
    "4294967295::UINTEGER",
    "(-9223372036854775808)::BIGINT",
    "18446744073709551615::UBIGINT",
    "1.5::FLOAT",
    "2.2250738585072014e-308::DOUBLE",
    "'infinity'::DOUBLE",
    "12.34::DECIMAL(4, 2)",
    "(-1234567.89)::DECIMAL(9, 2)",
    "12345678901234567.8::DECIMAL(18, 1)",
    "0.12345678901234567890123456789012345678::DECIMAL(38, 38)",
    "''",
    "'é€😀' || chr(9)",
    "repeat('xyz', 5000)",
    "'\\x00\\xFF'::BLOB",
    "DATE '0001-01-01'",
    "DATE '9999-12-31'",
    "TIME '23:59:59.123456'",
    "TIMESTAMP '1969-12-31 23:59:59.999999'",
    "TIMESTAMP_S '2020-02-29 10:11:12'",
    "TIMESTAMP_MS '2020-02-29 10:11:12.345'",
    "'b'::ENUM ('a', 'b')",
    "'{\"a\": [1, null]}'::JSON",
    "'10110'::BIT",
]


@pytest.fixture
def duck(connect):
    return connect(Backend="duckdb")


@pytest.mark.parametrize("value", SAME)
def test_values_are_those_of_the_native_client(duck, value):
    expected = duckdb.sql(f"SELECT {value}").fetchall()[0][0]
    assert duck.execute(f"SELECT {value}").fetchval() == expected


@pytest.mark.parametrize(
    "value",
    [
        "340282366920938463463374607431768211455::UHUGEINT",
        "123456789012345678901234567890123456789012::BIGNUM",
        "'545a7659-9436-4e98-a5c8-faf6499a1d9f'::UUID",
        "'10:00:00+02:30'::TIMETZ",
        "INTERVAL '-1 year 2 months -3 days 04:05:06.789'",
        "'POINT (1 2)'::GEOMETRY",
    ],
)
def test_text_is_that_of_the_engine(duck, value):
    expected = duckdb.sql(f"SELECT CAST({value} AS VARCHAR)").fetchall()[0][0]
    assert duck.execute(f"SELECT {value}").fetchval() == expected


@pytest.mark.parametrize(
    "value", ["170141183460469231731687303715884105727", "-170141183460469231731687303715884105728", "0"]
)
def test_hugeint_of_39_digits(duck, value):
    assert duck.execute(f"SELECT ({value})::HUGEINT").fetchval() == Decimal(value)


@pytest.mark.parametrize(
    "value",
    [
        "[1, 2, NULL]",
        "[['a'], [], NULL]",
        "[1.5, NULL]::DOUBLE[2]",
        "{'a': 1, 'b c': {'d': [true, false]}}",
        "{'quote\"': 'new' || chr(10) || 'line'}",
        "map {'k': 1, 'l': NULL}",
        "[map {'k': {'x': 1}}]",
    ],
)
def test_nested_values_are_json(duck, value):
    text = duck.execute(f"SELECT {value}").fetchval()
    expected = duckdb.sql(f"SELECT {value}").fetchall()[0][0]
    assert json.loads(text) == json.loads(json.dumps(expected))


def test_nine_digits_of_a_second(duck):
    row = duck.execute(
        "SELECT CAST(TIMESTAMP_NS '2020-01-01 00:00:00.123456789' AS TIMESTAMP_NS) AS t, TIME_NS '01:02:03.000000001'"
    )
    assert [column[4:6] for column in row.description] == [(29, 9), (18, 9)]


def test_zoned_timestamps_are_local_time_of_the_session(connect):
    vienna = connect(Backend="duckdb", TimeZone="Europe/Vienna")
    for text in (
        "2020-03-29 00:59:59+00",
        "2020-03-29 01:00:00+00",
        "2020-10-25 00:59:59+00",
        "1890-01-01 00:00:00+00",
    ):
        shown, cast = vienna.execute(f"SELECT TIMESTAMPTZ '{text}', CAST(TIMESTAMPTZ '{text}' AS TIMESTAMP)").fetchone()
        assert shown == cast


def test_infinity_is_refused(duck):
    for value in ("DATE 'infinity'", "TIMESTAMP '-infinity'", "TIMESTAMP_NS 'infinity'"):
        with pytest.raises(pyodbc.Error, match="22008"):
            duck.execute(f"SELECT {value}").fetchval()
    assert duck.execute("SELECT CAST(DATE 'infinity' AS VARCHAR)").fetchval() == "infinity"


def test_parameters(duck):
    values = [
        1, -(2**62), True, 1.5, Decimal("-12.345"), "é€😀", b"\x00\xff" * 10, None,
        dt.date(2020, 2, 29), dt.time(1, 2, 3), dt.datetime(2020, 2, 29, 1, 2, 3, 456000),
    ]  # fmt: skip
    for value in values:
        assert duck.execute("SELECT ?", value).fetchval() == value


def test_row_counts_and_transactions(duck):
    duck.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR)")
    assert duck.execute("INSERT INTO t SELECT range, 'x' FROM range(10)").rowcount == 10
    duck.commit()
    assert duck.execute("UPDATE t SET b = 'y' WHERE a < 3").rowcount == 3
    duck.rollback()
    assert duck.execute("SELECT count(*) FROM t WHERE b = 'y'").fetchval() == 0
    assert duck.execute("DELETE FROM t WHERE a > 7").rowcount == 2
    with pytest.raises(pyodbc.IntegrityError, match="23000"):
        duck.execute("INSERT INTO t VALUES (1, 'twice')")
    duck.rollback()
    assert duck.execute("SELECT count(*) FROM t").fetchval() == 10


def test_two_cursors_at_once(duck):
    outer, inner = duck.cursor(), duck.cursor()
    outer.execute("SELECT range FROM range(300000)")
    seen = 0
    for (number,) in outer:
        assert number == seen
        if seen % 100000 == 0:
            assert inner.execute("SELECT ? + 1", number).fetchval() == number + 1
        seen += 1
    assert seen == 300000


def test_several_statements(duck):
    cursor = duck.execute(
        "CREATE TEMP TABLE t AS SELECT range AS a FROM range(3); UPDATE t SET a = a + 1; SELECT a FROM t ORDER BY a"
    )
    while cursor.description is None:
        assert cursor.nextset()
    assert [row[0] for row in cursor] == [1, 2, 3]


def test_cancel_ends_a_running_statement(duck):
    cursor = duck.cursor()
    timer = threading.Timer(0.5, cursor.cancel)
    timer.start()
    begun = time.monotonic()
    with pytest.raises(pyodbc.Error, match="HY008"):
        cursor.execute("SELECT count(*) FROM range(100000000000) a, range(1000) b")
    assert time.monotonic() - begun < 5
    timer.join()
    duck.rollback()
    assert cursor.execute("SELECT 1").fetchval() == 1


def test_a_file_and_read_only(connect, tmp_path):
    path = str(tmp_path / "sp ace;=.db")
    with duckdb.connect(path) as writer:
        writer.execute("CREATE TABLE t AS SELECT 5 AS a")
    reader = connect(Backend="duckdb", Database=path, ReadOnly=1)
    assert reader.execute("SELECT a FROM t").fetchval() == 5
    with pytest.raises(pyodbc.Error, match="42000"):
        reader.execute("DROP TABLE t")


def test_catalog(duck):
    duck.execute("CREATE TABLE parent (a INTEGER PRIMARY KEY); COMMENT ON TABLE parent IS 'remark'")
    duck.execute("CREATE TABLE child (a INTEGER REFERENCES parent (a), d DECIMAL(10, 2) NOT NULL DEFAULT 1.5)")
    cursor = duck.cursor()
    found = cursor.tables(table="parent").fetchall()
    assert [tuple(row) for row in found] == [("memory", "main", "parent", "TABLE", "remark")]
    columns = cursor.columns(table="child").fetchall()
    assert [(c.column_name, c.type_name, c.column_size, c.decimal_digits, c.nullable) for c in columns] == [
        ("a", "INTEGER", 10, 0, 1),
        ("d", "DECIMAL", 10, 2, 0),
    ]
    assert [k.column_name for k in cursor.primaryKeys("parent")] == ["a"]
    assert [(k[2], k[3], k[6], k[7]) for k in cursor.foreignKeys(table="parent")] == [("parent", "a", "child", "a")]
    assert [s.column_name for s in cursor.statistics("parent") if s.index_name] == ["a"]
