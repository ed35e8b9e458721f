"""The Impala backend against the server that answers as Impala does."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from argus_odbc.backends.impala import Impala
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.impala import impala_server as start_impala
from engines.process import Server
from fetched import all_rows, execute, query

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def impala(impala_server: Server) -> Iterator[Impala]:
    connected = Impala.connect(Settings(host=impala_server.host, port=impala_server.port, uid="ann"))
    connected.run("CREATE DATABASE IF NOT EXISTS backend_tests")
    yield connected
    connected.disconnect()


@pytest.mark.parametrize(
    ("expression", "sql_type", "size", "digits", "value"),
    [
        ("true", -7, 1, 0, True),
        ("cast(-128 as tinyint)", -6, 3, 0, -128),
        ("cast(32767 as smallint)", 5, 5, 0, 32767),
        ("70000", 4, 10, 0, 70000),
        ("cast(9223372036854775807 as bigint)", -5, 19, 0, 2**63 - 1),
        ("cast(0.5 as float)", 7, 7, 0, 0.5),
        ("cast(2.5 as double)", 8, 15, 0, 2.5),
        ("cast(-123.45 as decimal(10,4))", 3, 10, 4, Decimal("-123.4500")),
        ("'h\u00e9llo'", -9, 65535, 0, "h\u00e9llo"),
        ("cast('ab' as varchar(5))", -9, 5, 0, "ab"),
        ("cast('ab' as char(4))", -8, 4, 0, "ab  "),
        ("date '2024-02-29'", 91, 10, 0, dt.date(2024, 2, 29)),
        (
            "cast('2024-02-29 12:34:56.123456' as timestamp)", 93, 29, 9,
            (dt.datetime(2024, 2, 29, 12, 34, 56), 123456 * 10**6),
        ),
        ("cast(null as int)", 4, 10, 0, None),
        ("null", -9, 1, 0, None),
    ],
)  # fmt: skip
def test_value(impala: Impala, expression: str, sql_type: int, size: int, digits: int, value: object) -> None:
    operation = execute(impala, f"select {expression} as v, 1 as one")
    column = operation.columns[0]
    assert (column.name, column.sql_type, column.column_size, column.decimal_digits) == ("v", sql_type, size, digits)
    assert all_rows(operation) == [(value, 1)]
    operation.close()


def test_binary_and_partitioned_tables(impala: Impala) -> None:
    assert query(impala, "select * from functional.binary_tbl") == [(1, "ascii", b"binary1")]
    assert query(impala, "select count(*), sum(year) from functional.alltypes") == [(7300, 3650 * 4019)]


def test_definitions_have_a_summary_and_changes_a_count(impala: Impala) -> None:
    operation = execute(impala, "create table backend_tests.t (i int, s string, d decimal(12,3))")
    assert [c.name for c in operation.columns] == ["summary"]
    assert all_rows(operation) == [("Table has been created.",)]
    operation.close()
    for sql, changed in (
        ("insert into backend_tests.t values (1, 'a', 1.5), (2, null, null)", 2),
        ("update backend_tests.t set s = 'q' where i = 1", 1),
        ("delete from backend_tests.t where i = 2", 1),
        ("delete from backend_tests.t where i = 99", 0),
    ):
        operation = execute(impala, sql)
        assert (operation.columns, operation.row_count) == ((), changed), sql
        operation.close()
    assert query(impala, "select * from backend_tests.t") == [(1, "q", Decimal("1.500"))]


@pytest.mark.parametrize(
    ("sql", "state", "words"),
    [
        ("select * from no_such_table", "42S02", "no_such_table"),
        ("select nope from functional.alltypes", "42S22", "nope"),
        ("selec 1", "42000", "syntax error"),
        ("", "42000", "syntax error"),
        ("use no_such_schema", "3F000", "no_such_schema"),
        ("create database functional", "42S01", "functional"),
        ("drop table no_such_table", "42S02", "no_such_table"),
        ("select id from functional.alltypeserror", "HY000", "error converting column"),
    ],
)
def test_error(impala: Impala, sql: str, state: str, words: str) -> None:
    with pytest.raises(DriverError) as caught:
        all_rows(execute(impala, sql))
    assert caught.value.sqlstate == state
    assert words in caught.value.message.lower()
    assert not caught.value.message.startswith("Query ")


def test_warning_of_the_log(impala: Impala) -> None:
    operation = execute(impala, "select /* warn: careful */ 1")
    assert list(operation.warnings) == [("01000", 0, "careful")]
    assert all_rows(operation) == [(1,)]


def test_cancel(impala: Impala) -> None:
    timers: list[threading.Timer] = []

    def started(cancel: Callable[[], None]) -> None:
        timers.append(threading.Timer(0.3, cancel))
        timers[0].start()

    begin = time.monotonic()
    with pytest.raises(DriverError) as caught:
        all_rows(execute(impala, "select sleep(10000)", started))
    timers[0].join()
    assert caught.value.sqlstate == "HY008"
    assert time.monotonic() - begin < 5


def test_timeout(impala: Impala) -> None:
    with pytest.raises(DriverError) as caught:
        all_rows(execute(impala, "select sleep(10000)", query_timeout=1))
    assert caught.value.sqlstate == "HYT00"
    assert query(impala, "select 1") == [(1,)]


def test_short_and_empty_pages_are_not_the_end() -> None:
    with start_impala("--page-rows", "70", "--lazy-eos") as server:
        connected = Impala.connect(Settings(host=server.host, port=server.port))
        rows = query(connected, "select id from functional.alltypes order by id limit 700")
        assert rows == [(i,) for i in range(700)]
        connected.disconnect()


def test_ldap_login() -> None:
    with start_impala("--auth", "ldap", "--user", "ann:right") as server:
        connected = Impala.connect(Settings(host=server.host, port=server.port, uid="ann", pwd="right"))
        assert query(connected, "select user()") == [("ann",)]
        connected.disconnect()
        with pytest.raises(DriverError) as caught:
            Impala.connect(Settings(host=server.host, port=server.port, uid="ann", pwd="wrong"))
        assert caught.value.sqlstate == "28000"


def test_schema_is_looked_up(impala_server: Server) -> None:
    where = {"host": impala_server.host, "port": impala_server.port}
    connected = Impala.connect(Settings(**where, schema="functional"))
    assert connected.current_schema() == "functional"
    connected.disconnect()
    with pytest.raises(DriverError) as caught:
        Impala.connect(Settings(**where, schema="no_such_schema"))
    assert caught.value.sqlstate == "3F000"


def test_catalog(impala: Impala) -> None:
    assert {(None, "default"), (None, "functional")} <= set(impala.get_schemas(None))
    found = {row[1:4] for row in impala.get_tables(None, "FUNCTIONAL", "ALLTYPES%", None)}
    assert ("functional", "alltypes", "TABLE") in found
    assert ("functional", "alltypeserror", "VIEW") in found
    columns = [c for c in impala.get_columns(None, "functional", "alltypes", None) if c.table == "alltypes"]
    # Partition columns are last in `select *`, though Impala counts them first.
    assert [(c.ordinal, c.column.name) for c in columns][-3:] == [(11, "timestamp_col"), (12, "year"), (13, "month")]
    assert [(c.column.sql_type, c.column.column_size) for c in columns[:3]] == [(4, 10), (-7, 1), (-6, 3)]
    keys = impala.get_primary_keys(None, "functional", "child_table")
    assert [row[:5] for row in keys] == [(None, "functional", "child_table", "seq", 1)]


# ---- description before execution ----


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT i AS j, s FROM backend_tests.prepared WHERE i > ? ORDER BY j;", [("j", "INT"), ("s", "STRING")]),
        ("SELECT i FROM backend_tests.prepared LIMIT 1", [("i", "INT")]),
        ("WITH a AS (SELECT count(*) AS n FROM backend_tests.prepared) SELECT n FROM a", [("n", "BIGINT")]),
        ("WITH a AS (SELECT 1 AS i, 'x' AS s) INSERT INTO backend_tests.prepared SELECT i, s FROM a", []),
        ("INSERT INTO backend_tests.prepared VALUES (1, 'a')", []),
    ],
)
def test_prepare_describes_and_runs_nothing(impala: Impala, sql: str, columns: list[tuple[str, str]]) -> None:
    impala.run("CREATE TABLE IF NOT EXISTS backend_tests.prepared (i INT, s STRING)")
    assert [(c.name, c.type_name) for c in impala.prepare(sql).columns or ()] == columns
    assert query(impala, "SELECT i FROM backend_tests.prepared") == []


def test_prepare_knows_what_is_not_there(impala: Impala) -> None:
    with pytest.raises(DriverError) as caught:
        impala.prepare("SELECT * FROM no_such_table WHERE x = ?")
    assert caught.value.sqlstate == "42S02"


def test_a_semicolon_ends_the_statement(impala: Impala) -> None:
    assert query(impala, "SELECT ';' AS a -- ;\n;") == [(";",)]
