"""Trino through the driver file against a real server: values, descriptions, changes, errors, cancel, catalog.

Values are those that the statements themselves spell out, as Trino's own documentation writes its literals.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pyodbc
import pytest

from argus_odbc.backends.base import ExecuteOptions, Parameter
from argus_odbc.backends.trino import Trino
from argus_odbc.client import Connection
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.process import Server
from fetched import execute, ignore
from registration import driver_file

pytestmark = pytest.mark.engine


def text_of(server: Server, **more: object) -> str:
    keywords = {"Backend": "trino", "Host": server.host, "Port": server.port, "UID": "ann", "Catalog": "tpch",
                "Schema": "tiny", "TimeZone": "Europe/Vienna", **more}  # fmt: skip
    return "".join(f"{key}={{{value}}};" for key, value in keywords.items())


@pytest.fixture(scope="module")
def plain(trino_server: Server) -> Iterator[Connection]:
    """The driver file without a driver manager; values come as SQL_C_CHAR."""
    connection = Connection(text_of(trino_server), driver_file())
    yield connection
    connection.close()


@pytest.fixture
def trino(connect: Callable[..., Any], trino_server: Server) -> Any:
    where = {"Host": trino_server.host, "Port": trino_server.port, "UID": "ann", "Catalog": "tpch", "Schema": "tiny"}
    return connect(Backend="trino", autocommit=True, TimeZone="Europe/Vienna", **where)


@pytest.fixture
def session(trino_server: Server) -> Iterator[Trino]:
    opened = Trino.connect(Settings(host=trino_server.host, port=trino_server.port, uid="ann"))
    yield opened
    opened.disconnect()


def one(plain: Connection, expression: str) -> tuple[int, str | None]:
    """SQL type and text of one value."""
    plain.execute(f"SELECT {expression} AS v")
    try:
        [column] = plain.columns()
        [[value]] = list(plain.rows(1))
    finally:
        assert not plain.next_result()
    return column.sql_type, value


VALUES = [
    ("true", -7, "1"),
    ("tinyint '-128'", -6, "-128"),
    ("smallint '32767'", 5, "32767"),
    ("2147483647", 4, "2147483647"),
    ("bigint '-9223372036854775808'", -5, "-9223372036854775808"),
    ("real '0.1'", 7, "0.1"),
    ("1e7", 8, "10000000"),
    ("double '4.9E-324'", 8, "5e-324"),
    ("nan()", 8, "NaN"),
    ("-infinity()", 8, "-Infinity"),
    ("decimal '12345678901234567890123456789012345678'", 3, "12345678901234567890123456789012345678"),
    ("decimal '-0.00000000000000000000000000000000000001'", 3, "-0.00000000000000000000000000000000000001"),
    ("cast('ab' AS char(5))", -8, "ab   "),
    ("cast('äö😀' AS varchar(7))", -9, "äö😀"),
    ("'q\"\\' || chr(9) || chr(8232)", -9, 'q"\\\t\u2028'),
    ("X'00FF10'", -3, "00FF10"),
    ("X''", -3, ""),
    ("json '{\"b\":1.5,\"a\":[1,null]}'", -9, '{"a":[1,null],"b":1.5}'),
    ("date '9999-12-31'", 91, "9999-12-31"),
    ("date '-0001-01-01'", 91, "-0001-01-01"),
    ("time '23:59:59'", 92, "23:59:59"),
    ("time '01:02:03.123456789'", 92, "01:02:03.123456789"),
    ("time '01:02:03.5 +05:30'", -9, "01:02:03.5+05:30"),
    ("timestamp '2024-02-29 23:59:59'", 93, "2024-02-29 23:59:59"),
    ("timestamp '2024-02-29 23:59:59.999999'", 93, "2024-02-29 23:59:59.999999"),
    ("timestamp '1582-10-04 01:02:03.123456789'", 93, "1582-10-04 01:02:03.123456789"),
    ("timestamp '2024-07-01 01:02:03.1 America/New_York'", 93, "2024-07-01 07:02:03.1"),
    ("timestamp '2024-01-01 00:00:00.000000001 +05:30'", 93, "2023-12-31 19:30:00.000000001"),
    ("interval '-3' year", 107, "-3-00"),
    ("interval '2 03:04:05.678' day to second", 110, "2 03:04:05.678"),
    ("uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", -11, "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
    ("ipaddress '2001:db8::1'", -9, "2001:db8::1"),
    ("array[1, null, 3]", -9, "[1,null,3]"),
    ("map(array['a', 'b'], array[decimal '1.50', null])", -9, '{"a":1.50,"b":null}'),
    ("cast(row(1, X'FF', json '[1]', array['x']) as row(a integer, \"B q\" varbinary, j json, x array(varchar)))", -9,
     '{"a":1,"B q":"FF","j":[1],"x":["x"]}'),
    ("row(1, 'x')", -9, '[1,"x"]'),
    ("array[timestamp '2024-01-01 00:00:00', null]", -9, '["2024-01-01 00:00:00",null]'),
    ("null", -9, None),
    ("cast(null as decimal(5,2))", 3, None),
    ("approx_set(1)", -9, None),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "sql_type", "text"), VALUES, ids=[v[0][:40] for v in VALUES])
def test_value(plain: Connection, expression: str, sql_type: int, text: str | None) -> None:
    found_type, found = one(plain, expression)
    assert found_type == sql_type
    if expression.startswith("approx_set"):
        assert found is not None
        assert len(found) > 3
    else:
        assert found == text


def test_values_through_pyodbc(trino: Any) -> None:
    row = trino.execute(
        "SELECT true, 1, bigint '7', real '0.5', 2.5e0, decimal '123.4500', 'h\u00e9llo \U0001f600', date '2024-02-29',"
        " timestamp '2024-02-29 12:34:56.789012', time '12:34:56', X'00FF', cast(null as integer)"
    ).fetchone()
    assert tuple(row) == (
        True, 1, 7, 0.5, 2.5, Decimal("123.4500"), "h\u00e9llo \U0001f600", dt.date(2024, 2, 29),
        dt.datetime(2024, 2, 29, 12, 34, 56, 789012), dt.time(12, 34, 56), b"\x00\xff", None,
    )  # fmt: skip


def test_description(trino: Any) -> None:
    cursor = trino.execute(
        "SELECT decimal '1.25' d, cast('x' as varchar(9)) v, 'x' || 'y' u, cast('x' as char(3)) c, 1 i,"
        " timestamp '2024-01-01 00:00:00.123' t, timestamp '2024-01-01 00:00:00.1234567 UTC' z"
    )
    assert [(d[0], d[3], d[5]) for d in cursor.description] == [
        ("d", 3, 2), ("v", 9, 0), ("u", 65535, 0), ("c", 3, 0), ("i", 10, 0), ("t", 23, 3), ("z", 27, 7),
    ]  # fmt: skip


def test_many_rows(trino: Any) -> None:
    cursor = trino.execute("SELECT orderkey, orderdate, totalprice, comment FROM orders ORDER BY orderkey")
    rows = cursor.fetchall()
    assert len(rows) == 15000
    totals = trino.execute(
        "SELECT sum(orderkey), sum(length(comment)), min(orderdate), max(totalprice) FROM orders"
    ).fetchone()
    assert (sum(r[0] for r in rows), sum(len(r[3]) for r in rows)) == (totals[0], totals[1])
    assert (min(r[1] for r in rows), max(r[2] for r in rows)) == (totals[2], totals[3])
    assert trino.execute("SELECT 1 WHERE false").fetchall() == []


def test_statements_side_by_side(trino: Any) -> None:
    first, second = trino.cursor(), trino.cursor()
    first.execute("SELECT orderkey FROM orders ORDER BY 1")
    second.execute("SELECT name FROM nation ORDER BY 1")
    assert first.fetchone()[0] == 1
    assert second.fetchone()[0] == "ALGERIA"
    assert first.fetchmany(2)[1][0] == 3
    first.close()
    assert len(second.fetchall()) == 24


def test_changes_and_their_counts(trino: Any) -> None:
    cursor = trino.cursor()
    for sql, count in (
        ("CREATE TABLE memory.default.changes AS SELECT * FROM nation", 25),
        ("INSERT INTO memory.default.changes SELECT * FROM nation WHERE nationkey < 3", 3),
        ("INSERT INTO memory.default.changes SELECT * FROM nation WHERE nationkey < 0", 0),
        ("COMMENT ON TABLE memory.default.changes IS 'a table''s comment'", -1),
        ("DROP TABLE memory.default.changes", -1),
    ):
        cursor.execute(sql)
        assert cursor.description is None, sql
        assert cursor.rowcount == count, sql


def test_parameters(trino: Any) -> None:
    values = (7, "it's \\ \U0001f600 ?", Decimal("1.50"), 2.5, dt.date(2024, 2, 29), True, b"\x00\xff", -(2**63))
    row = trino.execute("SELECT ?, ?, ?, ?, ?, ?, ?, ?", *values).fetchone()
    assert tuple(row) == values
    stamp = dt.datetime(2024, 2, 29, 12, 34, 56, 789012)
    row = trino.execute(
        "SELECT typeof(?), ?, name FROM nation WHERE nationkey = ?;", Decimal("1.5"), stamp, 3
    ).fetchone()
    assert tuple(row) == ("decimal(2,1)", stamp, "CANADA")
    assert trino.execute("SELECT count(*) FROM nation WHERE name = ?", None).fetchone()[0] == 0


@pytest.mark.parametrize(
    ("sql", "state", "native", "said"),
    [
        ("SELECT * FROM nope", "42S02", 46, "line 1:15: Table 'tpch.tiny.nope' does not exist"),
        ("SELECT nope FROM nation", "42S22", 47, "Column 'nope' cannot be resolved"),
        ("SELECT * FROM tpch.nope.t", "3F000", 45, "Schema 'nope' does not exist"),
        ("SELECT * FROM nope.a.t", "3D000", 44, "Catalog 'nope' not found"),
        ("SELEC", "42000", 1, "mismatched input"),
        ("SELECT 1/0", "22012", 8, "Division by zero"),
        ("SELECT cast('x' AS integer)", "22018", 9, "Cannot cast 'x' to INT"),
        ("SELECT 2147483647 + 1", "22003", 19, "integer addition overflow"),
        ("SELECT 1 + 'a'", "42000", 58, "Cannot apply operator"),
        ("SELECT nofunction(1)", "42000", 6, "nofunction"),
        ("SELECT fail('boom')", "HY000", 0, "boom"),
        ("DELETE FROM nation WHERE nationkey = 1", "HYC00", 13, "does not support"),
        ("SET SESSION nope = 1", "42000", 14, "nope"),
    ],
)
def test_errors(trino: Any, sql: str, state: str, native: int, said: str) -> None:
    with pytest.raises(pyodbc.Error) as caught:
        trino.execute(sql).fetchall()
    assert caught.value.args[0] == state
    assert said in caught.value.args[1]
    assert f"({native})" in caught.value.args[1]
    assert "query 20" in caught.value.args[1], "the query's id"


SLOW = "SELECT count(*) FROM tpch.sf100.lineitem l CROSS JOIN tpch.sf1.nation n WHERE l.comment LIKE '%x%y%z%'"


def states(session: Trino, query_id: str) -> list[tuple]:
    return session.query(f"SELECT state, error_code FROM system.runtime.queries WHERE query_id = '{query_id}'")


def test_cancel_ends_the_query_within_a_second(session: Trino) -> None:
    cancels: list[Callable[[], None]] = []
    after: list[float] = []

    def cancel_soon() -> None:
        time.sleep(1.5)
        after.append(time.monotonic())
        cancels[0]()

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    with pytest.raises(DriverError) as caught:
        execute(session, SLOW, cancels.append)
    took = time.monotonic() - after[0]
    thread.join()
    assert caught.value.sqlstate == "HY008"
    assert took < 3  # below one on a machine that is idle
    query_id = caught.value.message.split("query ")[1].rstrip(")")
    assert states(session, query_id) == [("FAILED", "USER_CANCELED")]


def test_timeout_ends_the_query(session: Trino) -> None:
    with pytest.raises(DriverError) as caught:
        session.execute(SLOW, (), ExecuteOptions(query_timeout=1), ignore)
    assert caught.value.sqlstate == "HYT00"
    assert "1 seconds" in caught.value.message
    query_id = caught.value.message.split("query ")[1].rstrip(")")
    assert states(session, query_id) == [("FAILED", "USER_CANCELED")]


def test_close_ends_the_query(session: Trino) -> None:
    operation = execute(session, "SELECT * FROM tpch.sf100.lineitem")
    assert operation.fetch_results() is not None
    operation.close()
    assert states(session, operation.query_id) == [("FAILED", "USER_CANCELED")]
    assert session.query("SELECT 1") == [(1,)], "its connection is not used by others"


def test_catalog(trino: Any) -> None:
    trino.execute(
        "CREATE TABLE memory.default.described (i integer, v varchar(9) COMMENT 'text', d decimal(12,3), a array(row(x bigint)))"
    )
    trino.execute("CREATE VIEW memory.default.seen AS SELECT 1 AS x")
    cursor = trino.cursor()
    assert {"memory", "tpch", "system"} <= {r[0] for r in cursor.tables(catalog="%", schema="", table="")}
    tables = [tuple(r)[:4] for r in cursor.tables(catalog="memory", schema="DEFAULT", table="%ee%")]
    assert tables == [("memory", "default", "seen", "VIEW")]
    found = [tuple(r)[1:4] for r in cursor.tables(catalog="memory", table="descri%", tableType="TABLE")]
    assert found == [("default", "described", "TABLE")]
    columns = [
        (c.column_name, c.type_name, c.column_size, c.decimal_digits, c.ordinal_position, c.remarks)
        for c in cursor.columns(catalog="memory", schema="default", table="described")
    ]
    assert columns == [
        ("i", "integer", 10, 0, 1, None),
        ("v", "varchar", 9, None, 2, "text"),
        ("d", "decimal", 12, 3, 3, None),
        ("a", "array(row(\"x\" bigint))", 65535, None, 4, None),
    ]  # fmt: skip
    assert (
        cursor.columns(catalog="memory", schema="def_ult", table="described", column="_").fetchall()[0].column_name
        == "i"
    )
    trino.execute("DROP VIEW memory.default.seen")
    trino.execute("DROP TABLE memory.default.described")


def test_info(trino: Any) -> None:
    assert trino.getinfo(pyodbc.SQL_DBMS_NAME) == "Trino"
    assert trino.getinfo(pyodbc.SQL_DBMS_VER) == "00.00.0476 476"
    assert trino.getinfo(pyodbc.SQL_USER_NAME) == "ann"


# ---- prepared statements ----


def test_prepared_statements_are_described(session: Trino) -> None:
    found = session.prepare(
        "SELECT name, nationkey + ? AS k, cast(? AS varchar(7)) v FROM tpch.tiny.nation WHERE name LIKE ?"
    )
    assert found.columns is not None
    assert [(c.name, c.sql_type, c.column_size, c.table, c.base_column) for c in found.columns] == [
        ("name", -9, 25, "nation", "name"), ("k", -5, 19, "", ""), ("v", -9, 7, "", ""),
    ]  # fmt: skip
    found = session.prepare("SELECT nationkey FROM tpch.tiny.nation WHERE nationkey = ? AND name = ?")
    assert found.parameters is not None
    assert [c.sql_type for c in found.parameters] == [-5, -9]
    assert session.prepare("INSERT INTO memory.default.t SELECT 1").columns == ()
    with pytest.raises(DriverError) as missing:
        session.prepare("SELECT nope FROM tpch.tiny.nation WHERE name = ?")
    assert missing.value.sqlstate == "42S22"
    assert session.prepare("SELECT ? || ?").columns is None, "ambiguous until there are values"
    assert session.prepare("SHOW TABLES LIKE ?").columns is None, "no marker may stand there"
    assert session.state.prepared == {}


def test_parameters_are_sent_once(session: Trino) -> None:
    rows = [("a'b", 1), ("\u00e4\U0001f600", None)]
    session.query("CREATE TABLE memory.default.params (s varchar, i bigint)")
    for text, number in rows:
        operation = session.execute(
            "INSERT INTO memory.default.params VALUES (?, ?)",
            (Parameter(text), Parameter(number)),
            ExecuteOptions(),
            ignore,
        )
        assert operation.row_count == 1
    assert sorted(session.query("SELECT s, i FROM memory.default.params")) == sorted(rows)
    session.query("DROP TABLE memory.default.params")


# ---- the session's state ----


def test_state_follows_statements(session: Trino) -> None:
    session.query("USE tpch.tiny")
    assert session.query("SELECT current_catalog, current_schema") == [("tpch", "tiny")]
    session.query("USE sf1")
    assert (session.current_catalog(), session.current_schema()) == ("tpch", "sf1")
    session.set_current_catalog("memory")
    assert session.query("SELECT current_catalog") == [("memory",)]
    with pytest.raises(DriverError) as caught:
        session.set_current_catalog("nope")
    assert caught.value.sqlstate == "3D000"
    session.query("SET SESSION query_max_run_time = '17m'")
    assert session.query("SHOW SESSION LIKE 'query\\_max\\_run\\_time' ESCAPE '\\'")[0][1] == "17m"
    session.query("RESET SESSION query_max_run_time")
    assert session.query("SHOW SESSION LIKE 'query\\_max\\_run\\_time' ESCAPE '\\'")[0][1] != "17m"
    session.query("SET TIME ZONE 'Asia/Tokyo'")
    assert session.query("SELECT current_timezone()") == [("Asia/Tokyo",)]
    operation = execute(session, "SELECT timestamp '2024-01-01 00:00:00 UTC'")
    assert operation.columns[0].zone == "Asia/Tokyo"
    operation.close()
    session.query("PREPARE p1 FROM SELECT ? + 1")
    assert session.query("EXECUTE p1 USING 5") == [(6,)]
    session.query("DEALLOCATE PREPARE p1")
    with pytest.raises(DriverError):
        session.query("EXECUTE p1 USING 5")


def test_keywords_reach_the_server(trino_server: Server) -> None:
    own = {"source": "argus test", "clienttags": "a,b", "clientinfo": "info", "locale": "fr-FR"}
    where = {"host": trino_server.host, "port": trino_server.port, "uid": "ann"}
    session = Trino.connect(
        Settings(**where, own=own, session_properties={"query_max_run_time": "19m"}, time_zone="Asia/Tokyo")
    )
    assert session.query("SELECT source FROM system.runtime.queries WHERE state = 'RUNNING'") == [("argus test",)]
    assert session.query("SELECT current_timezone(), date_format(date '2024-02-01', '%M')") == [
        ("Asia/Tokyo", "f\u00e9vrier")
    ]
    assert session.query("SHOW SESSION LIKE 'query\\_max\\_run\\_time' ESCAPE '\\'")[0][1] == "19m"
    session.disconnect()
    texts = Trino.connect(Settings(**where, own={"zonedtimestamps": "text", "intervals": "text"}))
    operation = execute(texts, "SELECT timestamp '2024-01-01 00:00:00 Asia/Tokyo' z, interval '-3' year i")
    assert [c.sql_type for c in operation.columns] == [-9, -9]
    part = operation.fetch_results()
    assert part is not None
    assert bytes(part.payload[part.start : part.end]) == b'[["2024-01-01 00:00:00 Asia/Tokyo","-3-0"]]'
    operation.close()
    texts.disconnect()


# ---- transactions ----


def test_transactions(connect: Callable[..., Any], trino_server: Server) -> None:
    where = {"Host": trino_server.host, "Port": trino_server.port, "UID": "ann", "Catalog": "tpch", "Schema": "tiny"}
    connection = connect(Backend="trino", autocommit=False, **where)
    assert connection.execute("SELECT count(*) FROM nation").fetchone()[0] == 25
    connection.commit()
    with pytest.raises(pyodbc.Error) as caught:
        connection.execute("CREATE TABLE memory.default.never AS SELECT 1 x")
    assert caught.value.args[0] == "25000"
    assert "autocommit" in caught.value.args[1]
    with pytest.raises(pyodbc.Error) as caught:
        connection.execute("SELECT 1").fetchall()
    assert caught.value.args[0] == "25S03"
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone()[0] == 1
    with pytest.raises(pyodbc.Error):
        connection.execute("SELECT 1/0").fetchall()
    with pytest.raises(pyodbc.Error) as caught:
        connection.commit()
    assert caught.value.args[0] == "25S03"
    assert connection.execute("SELECT 2").fetchone()[0] == 2, "a failed COMMIT leaves no dead transaction behind"
    connection.rollback()
    connection.autocommit = True
    assert connection.execute("SELECT 3").fetchone()[0] == 3


def test_isolation_levels(session: Trino) -> None:
    for level in (1, 2, 4, 8):
        session.set_isolation(level)
        session.begin()
        assert session.state.transaction
        operation = execute(session, "SELECT count(*) FROM tpch.tiny.nation")
        part = operation.fetch_results()
        assert part is not None
        assert bytes(part.payload[part.start : part.end]) == b"[[25]]"
        operation.close()
        session.commit()
        assert session.state.transaction == ""
