"""The Hive backend against a real HiveServer2 of Hive 4.0.1. Values are those that the statements themselves spell out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from argus_odbc.backends.hive import Hive
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.process import Server
from fetched import EPOCH, all_rows, execute, query

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def hive(hive_server: Server) -> Iterator[Hive]:
    connected = Hive.connect(Settings(host=hive_server.host, port=hive_server.port, uid="ann"))
    connected.run("CREATE DATABASE IF NOT EXISTS backend_tests")
    yield connected
    connected.run("DROP DATABASE backend_tests CASCADE")
    connected.disconnect()


def moment(text: str, picoseconds: int) -> tuple[dt.datetime, int]:
    """A timestamp as fetched.value_of gives Hive's: whole seconds, and picoseconds."""
    return dt.datetime.fromisoformat(text), picoseconds


@pytest.mark.parametrize(
    ("expression", "sql_type", "size", "digits", "value"),
    [
        ("true", -7, 1, 0, True),
        ("-127Y", -6, 3, 0, -127),
        ("32767S", 5, 5, 0, 32767),
        ("2147483647", 4, 10, 0, 2**31 - 1),
        ("9223372036854775807L", -5, 19, 0, 2**63 - 1),
        ("CAST(0.5 AS FLOAT)", 7, 7, 0, 0.5),
        ("2.5D", 8, 15, 0, 2.5),
        ("CAST(123.45 AS DECIMAL(10,4))", 3, 10, 4, Decimal("123.4500")),
        ("'h\u00e9llo \U0001f600'", -9, 65535, 0, "h\u00e9llo \U0001f600"),
        ("CAST('ab' AS VARCHAR(5))", -9, 5, 0, "ab"),
        ("CAST('ab' AS CHAR(4))", -8, 4, 0, "ab  "),
        ("unhex('00FF7F')", -3, 32767, 0, b"\x00\xff\x7f"),
        ("DATE '2024-02-29'", 91, 10, 0, dt.date(2024, 2, 29)),
        (
            "TIMESTAMP '2024-02-29 12:34:56.123456789'", 93, 29, 9,
            moment("2024-02-29 12:34:56", 123456789000),
        ),
        ("TIMESTAMP '1969-12-31 23:59:59.5'", 93, 29, 9, moment("1969-12-31 23:59:59", 500000000000)),
        ("array(1, 2)", -9, 65535, 0, "[1,2]"),
        ("map('k', 1)", -9, 65535, 0, '{"k":1}'),
        ("named_struct('j', 1)", -9, 65535, 0, '{"j":1}'),
        ("create_union(0, 7, 'x')", -9, 65535, 0, "{0:7}"),
        ("INTERVAL '1-2' YEAR TO MONTH", 107, 12, 0, 14),
        ("INTERVAL '-3 04:05:06.789' DAY TO SECOND", 110, 28, 9, -(3 * 86400 + 4 * 3600 + 306) * 10**9 - 789 * 10**6),
        ("CAST(NULL AS INT)", 4, 10, 0, None),
    ],
)  # fmt: skip
def test_value(hive: Hive, expression: str, sql_type: int, size: int, digits: int, value: object) -> None:
    operation = execute(hive, f"SELECT {expression} AS v, 1 AS one")
    column = operation.columns[0]
    assert (column.name, column.sql_type, column.column_size, column.decimal_digits) == ("v", sql_type, size, digits)
    assert all_rows(operation) == [(value, 1)]
    operation.close()


def test_local_time_zone_is_shown_in_the_sessions_zone(hive: Hive) -> None:
    rows = query(hive, "SELECT CAST('2024-02-29 12:34:56' AS TIMESTAMP WITH LOCAL TIME ZONE)")
    assert rows == [((EPOCH.replace(2024, 2, 29, 12, 34, 56), 0),)]


def test_row_counts_of_changes(hive: Hive) -> None:
    hive.run(
        "CREATE TABLE backend_tests.t (i INT, s STRING, d DECIMAL(12,3)) STORED AS ORC"
        " TBLPROPERTIES ('transactional'='true')"
    )
    for sql, changed in (
        ("INSERT INTO backend_tests.t VALUES (1, 'a', 1.5), (2, NULL, NULL), (3, 'c', 3)", 3),
        ("UPDATE backend_tests.t SET s = 'q' WHERE i < 3", 2),
        ("DELETE FROM backend_tests.t WHERE i = 3", 1),
        ("DELETE FROM backend_tests.t WHERE i = 99", 0),
    ):
        operation = execute(hive, sql)
        assert (operation.columns, operation.row_count) == ((), changed), sql
        operation.close()
    operation = execute(hive, "SELECT * FROM backend_tests.t")
    assert [c.name for c in operation.columns] == ["i", "s", "d"]
    assert sorted(all_rows(operation)) == [(1, "q", Decimal("1.500")), (2, "q", None)]


def test_many_rows(hive: Hive) -> None:
    rows = query(hive, "SELECT pos, concat('r', pos) FROM (SELECT posexplode(split(space(2999), ' '))) x")
    assert rows == [(i, f"r{i}") for i in range(3000)]


@pytest.mark.parametrize(
    ("sql", "state", "native", "words"),
    [
        ("SELECT * FROM no_such_table", "42S02", 10001, "no_such_table"),
        ("SELECT nope FROM (SELECT 1 AS i) x", "42S22", 10004, "nope"),
        ("SELEC 1", "42000", 40000, "selec"),
        ("", "42000", 40000, "eof"),
        ("USE no_such_schema", "3F000", 10072, "no_such_schema"),
        ("CREATE DATABASE backend_tests", "42S01", 10242, "already exists"),
        ("SELECT no_such_function(1)", "42000", 10011, "no_such_function"),
        ("SELECT assert_true(false)", "HY000", 1, "assert"),
    ],
)
def test_error(hive: Hive, sql: str, state: str, native: int, words: str) -> None:
    with pytest.raises(DriverError) as caught:
        all_rows(execute(hive, sql))
    e = caught.value
    assert (e.sqlstate, e.native) == (state, native)
    assert words in e.message.lower()
    assert not e.message.startswith("Error while")


def test_timeout(hive: Hive) -> None:
    # Its local mode goes on in the background, so the work is kept short.
    slow = "SELECT count(reflect('java.lang.Thread', 'sleep', CAST(400 + i * 0 AS BIGINT))) FROM"
    with pytest.raises(DriverError) as caught:
        execute(hive, f"{slow} (SELECT explode(split('1,2,3,4,5,6,7,8,9,10', ',')) AS i) x", query_timeout=1)
    assert caught.value.sqlstate == "HYT00"
    assert hive.is_alive()


def test_login(hive: Hive, hive_server: Server) -> None:
    assert hive.server_version() == "04.00.0001 4.0.1"
    with pytest.raises(DriverError) as caught:
        Hive.connect(Settings(host=hive_server.host, port=hive_server.port, auth_mech="NOSASL", login_timeout=5))
    assert caught.value.sqlstate == "08001"
    assert "AuthMech=PLAIN" in caught.value.message
    with pytest.raises(DriverError) as caught:
        Hive.connect(Settings(host=hive_server.host, port=hive_server.port, schema="no_such_schema"))
    assert caught.value.sqlstate == "3F000"


def test_catalog(hive: Hive) -> None:
    hive.run(
        "CREATE TABLE backend_tests.keyed (i INT COMMENT 'number', v VARCHAR(9), d DECIMAL(12,3), a ARRAY<INT>,"
        " PRIMARY KEY (i) DISABLE NOVALIDATE)"
    )
    hive.run("CREATE VIEW backend_tests.seen AS SELECT 1 AS x")
    assert {(None, "default"), (None, "backend_tests")} <= set(hive.get_schemas(None))
    found = {row[1:4] for row in hive.get_tables(None, "BACKEND\\_TESTS", "%e%", None)}
    assert {("backend_tests", "keyed", "TABLE"), ("backend_tests", "seen", "VIEW")} <= found
    columns = hive.get_columns(None, "backend_tests", "keyed", None)
    assert [
        (c.ordinal, c.column.name, c.column.type_name, c.column.column_size, c.column.decimal_digits, c.remarks)
        for c in columns
    ] == [
        (1, "i", "INT", 10, 0, "number"),
        (2, "v", "VARCHAR", 9, 0, None),
        (3, "d", "DECIMAL", 12, 3, None),
        (4, "a", "ARRAY", 65535, 0, None),
    ]
    keys = hive.get_primary_keys(None, "backend_tests", "keyed")
    assert [row[:5] for row in keys] == [(None, "backend_tests", "keyed", "i", 1)]


# ---- description before execution ----


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT i + 1 AS j, s FROM backend_tests.prepared WHERE i > ? ORDER BY j;", [("j", "INT"), ("s", "STRING")]),
        ("SELECT i FROM backend_tests.prepared LIMIT 1", [("i", "INT")]),
        ("WITH a AS (SELECT count(*) AS n FROM backend_tests.prepared) SELECT n FROM a", [("n", "BIGINT")]),
        ("WITH a AS (SELECT 1 AS i, 'x' AS s) INSERT INTO backend_tests.prepared SELECT i, s FROM a", []),
        ("INSERT INTO backend_tests.prepared VALUES (1, 'a')", []),
    ],
)
def test_prepare_describes_and_runs_nothing(hive: Hive, sql: str, columns: list[tuple[str, str]]) -> None:
    hive.run("CREATE TABLE IF NOT EXISTS backend_tests.prepared (i INT, s STRING)")
    assert [(c.name, c.type_name) for c in hive.prepare(sql).columns or ()] == columns
    assert query(hive, "SELECT i FROM backend_tests.prepared") == []


def test_prepare_knows_what_is_not_there(hive: Hive) -> None:
    with pytest.raises(DriverError) as caught:
        hive.prepare("SELECT * FROM no_such_table WHERE x = ?")
    assert caught.value.sqlstate == "42S02"


def test_a_semicolon_ends_the_statement(hive: Hive) -> None:
    assert query(hive, "SELECT ';' AS a -- ;\n;") == [(";",)]
