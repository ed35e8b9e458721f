"""Escape sequences run by an engine (DuckDB), and the shapes that the specification's grammar has."""

from __future__ import annotations

import datetime as dt
import uuid

import duckdb
import pytest

from argus_odbc import escape
from argus_odbc.backends.duckdb.dialect import DIALECT as DUCKDB
from argus_odbc.backends.hive import Hive
from argus_odbc.backends.impala import Impala
from argus_odbc.backends.spark import Spark
from argus_odbc.errors import DriverError

RUN = [
    ("{d '2024-02-29'}", dt.date(2024, 2, 29)),
    ("{t '12:34:56'}", dt.time(12, 34, 56)),
    ("{ts '2024-02-29 12:34:56.5'}", dt.datetime(2024, 2, 29, 12, 34, 56, 500000)),
    ("CAST({ts '2024-02-29 12:34:56.123456789'} AS VARCHAR)", "2024-02-29 12:34:56.123456789"),
    ("typeof({ts '9999-12-31 00:00:00.000000000'})", "TIMESTAMP"),
    ("{ TS '2024-02-29 12:34:56' }", dt.datetime(2024, 2, 29, 12, 34, 56)),
    ("{guid '12345678-1234-1234-1234-123456789ABC'}", uuid.UUID("12345678-1234-1234-1234-123456789abc")),
    ("{INTERVAL '3' DAY}", dt.timedelta(days=3)),
    ("{interval -'3' HOUR(2)}", dt.timedelta(hours=-3)),
    ("{interval '1 02:03' DAY TO MINUTE}", dt.timedelta(days=1, hours=2, minutes=3)),
    ("{interval '04:05:06.5' HOUR TO SECOND}", dt.timedelta(hours=4, minutes=5, seconds=6.5)),
    ("{fn UCASE('abc')}", "ABC"),
    ("{fn UCASE({fn LCASE('aBc}')})}", "ABC}"),
    ("{fn MOD(7 + 1, 2 + 1)}", 2),
    ("{fn CONCAT('a,b', '(c')}", "a,b(c"),
    ("{fn LOCATE('b', 'abc')}", 2),
    ("{fn INSERT('abcdef', 2, 3, 'XY')}", "aXYef"),
    ("{fn DAYOFWEEK({d '2024-02-25'})}", 1),
    ("{fn POSITION('b' IN 'abc')}", 2),
    ("{fn EXTRACT(YEAR FROM {d '2024-02-25'})}", 2024),
    ("{fn CONVERT('12', SQL_INTEGER)}", 12),
    ("{fn CAST('12' AS SQL_BIGINT)}", 12),
    ("{fn TIMESTAMPADD(SQL_TSI_QUARTER, -1, {d '2024-02-29'})}", dt.datetime(2023, 11, 29)),
    ("{fn TIMESTAMPADD(SQL_TSI_HOUR, 1 + 1, {ts '2024-02-29 23:00:00'})}", dt.datetime(2024, 3, 1, 1)),
    ("{fn TIMESTAMPDIFF(SQL_TSI_DAY, {ts '2024-02-28 12:00:00'}, {ts '2024-03-01 11:59:59'})}", 1),
    ("{fn TIMESTAMPDIFF(SQL_TSI_MONTH, {d '2024-03-01'}, {d '2024-01-01'})}", -2),
    ("'a_b' LIKE 'a\\_b' {escape '\\'}", True),
    ("'axb' LIKE 'a!_b' {escape '!'}", False),
    ("'{fn UCASE(1)}'", "{fn UCASE(1)}"),
    ("{'d': 1}", {"d": 1}),
    ("/* {fn */ 1 -- {ts", 1),
    ("(SELECT count(*) FROM {oj (SELECT 1 a) x LEFT OUTER JOIN (SELECT 2 b) y ON x.a = y.b})", 1),
]


@pytest.mark.parametrize(("sql", "expected"), RUN, ids=[sql for sql, _ in RUN])
def test_the_engine_gives_what_the_escape_means(sql: str, expected: object) -> None:
    with duckdb.connect() as connection:
        assert connection.execute("SELECT " + escape.translate(sql, DUCKDB)).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("{fn NOSUCH(1)}", "42000"),
        ("{fn UCASE(1, 2)}", "42000"),
        ("{fn UCASE('a')", "42000"),
        ("{d '2024-2-9'}", "22007"),
        ("{ts 'now'}", "22007"),
        ("{guid 'x'}", "22018"),
        ("{escape 'ab'}", "42000"),
        ("{?=call f(1)}", "HYC00"),
        ("{fn CONVERT(1, SQL_NOSUCH)}", "42000"),
    ],
)
def test_a_wrong_escape_is_refused_with_its_name(sql: str, state: str) -> None:
    with pytest.raises(DriverError) as caught:
        escape.translate(sql, DUCKDB)
    assert caught.value.sqlstate == state
    assert len(caught.value.message) > 20


def test_the_escape_character_of_an_engine_with_backslashes() -> None:
    sql = escape.translate("x LIKE 'a\\_' {escape '\\'} AND y = '\\'{d'", Spark.dialect)
    assert sql == "x LIKE 'a\\_' ESCAPE '\\\\' AND y = '\\'{d'"


def test_engines_without_an_escape_clause() -> None:
    for dialect in (Hive.dialect, Impala.dialect):
        assert escape.translate("x LIKE 'a\\_' {escape '\\'}", dialect) == "x LIKE 'a\\_' "
        with pytest.raises(DriverError) as caught:
            escape.translate("x LIKE 'a!_' {escape '!'}", dialect)
        assert caught.value.sqlstate == "HYC00"


@pytest.mark.parametrize(
    ("sql", "spark", "hive", "impala"),
    [
        ("'3' DAY", "INTERVAL '3' DAY", "INTERVAL '3' DAY", "INTERVAL 3 DAY"),
        ("-'3' HOUR(4)", "INTERVAL '-3' HOUR", "INTERVAL '-3' HOUR", "INTERVAL -3 HOUR"),
        ("'1-2' YEAR TO MONTH", "INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '1-2' YEAR TO MONTH", "INTERVAL 14 MONTH"),
        ("'4:05' HOUR TO MINUTE", "INTERVAL '4:05' HOUR TO MINUTE", "INTERVAL '245' MINUTE", "INTERVAL 245 MINUTE"),
        (
            "-'3 04:05:06.7' DAY TO SECOND", "INTERVAL '-3 04:05:06.7' DAY TO SECOND",
            "INTERVAL '-3 04:05:06.7' DAY TO SECOND", "INTERVAL -273906.7 SECOND",
        ),
    ],
)  # fmt: skip
def test_intervals_of_engines_with_fewer(sql: str, spark: str, hive: str, impala: str) -> None:
    for dialect, expected in ((Spark.dialect, spark), (Hive.dialect, hive), (Impala.dialect, impala)):
        assert escape.translate(f"{{interval {sql}}}", dialect) == expected


@pytest.mark.parametrize("sql", ["'4' HOUR TO MINUTE", "'1:2:3' MINUTE TO SECOND"])
def test_an_interval_without_all_its_fields(sql: str) -> None:
    with pytest.raises(DriverError) as caught:
        escape.translate(f"{{interval {sql}}}", Hive.dialect)
    assert caught.value.sqlstate == "22007"


def test_units_of_timestampadd() -> None:
    sql = escape.translate("{fn TIMESTAMPADD(SQL_TSI_DAY, 1, x)}", Spark.dialect)
    assert sql == "timestampadd(DAY, 1, x)"


def test_texts_have_no_length_in_spark() -> None:
    assert escape.translate("{fn CONVERT(x, SQL_VARCHAR)}", Spark.dialect) == "CAST(x AS string)"


def test_a_call() -> None:
    assert escape.translate("{call f(1, {d '2024-01-01'})}", DUCKDB) == "CALL f(1, DATE '2024-01-01')"
    assert escape.translate("{call f}", DUCKDB) == "CALL f()"
    for dialect in (Hive.dialect, Impala.dialect):
        with pytest.raises(DriverError) as caught:
            escape.translate("{call f(1)}", dialect)
        assert caught.value.sqlstate == "HYC00"
