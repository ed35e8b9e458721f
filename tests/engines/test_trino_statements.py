"""Statements on a real Trino: the types that parameters arrive with, arrays of them, and what session statements change."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pyodbc
import pytest

from argus_odbc.backends.base import ExecuteOptions, Parameter
from argus_odbc.backends.trino import Trino
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.process import Server
from fetched import execute, ignore

pytestmark = pytest.mark.engine


@pytest.fixture
def session(trino_server: Server) -> Iterator[Trino]:
    opened = Trino.connect(
        Settings(host=trino_server.host, port=trino_server.port, uid="ann", catalog="memory", schema="default")
    )
    yield opened
    opened.disconnect()


def asked(session: Trino, sql: str, *values: Parameter) -> str:
    """The server's own text of the first row."""
    operation = session.execute(sql, values, ExecuteOptions(), ignore)
    part = operation.fetch_results()
    assert part is not None
    text = bytes(part.payload[part.start : part.end]).decode()
    operation.close()
    return text


@pytest.mark.parametrize(
    "sql",
    [
        "SHOW CATALOGS",
        "DESCRIBE tpch.tiny.nation",
        "EXPLAIN SELECT 1",
        "SHOW STATS FOR tpch.tiny.nation",
        "TABLE tpch.tiny.nation",
    ],
)
def test_what_only_shows_is_described_too(session: Trino, sql: str) -> None:
    described = session.prepare(sql).columns
    operation = session.execute(sql, (), ExecuteOptions(), ignore)
    operation.fetch_results()
    assert described
    assert [(c.name, c.sql_type) for c in described] == [(c.name, c.sql_type) for c in operation.columns]
    operation.close()


# SQL type, value, what the server's typeof() says, and the value as the server writes it (CAST AS VARCHAR).
TYPED = [
    (-6, -128, "tinyint", "-128"), (5, 32767, "smallint", "32767"), (4, -(2**31), "integer", "-2147483648"),
    (-5, 5, "bigint", "5"), (-5, -(2**63), "bigint", "-9223372036854775808"), (-6, 255, "integer", "255"),
    (-5, 2**64 - 1, "decimal(20,0)", "18446744073709551615"), (7, 0.10000000149011612, "real", "1.0E-1"),
    (7, math.inf, "real", "Infinity"), (8, 0.1, "double", "1.0E-1"), (8, math.nan, "double", "NaN"),
    (8, -5e-324, "double", "-4.9E-324"), (3, Decimal("-1.50"), "decimal(3,2)", "-1.50"),
    (3, Decimal("9" * 38), "decimal(38,0)", "9" * 38), (2, Decimal("1E+3"), "decimal(4,0)", "1000"),
    (-7, True, "boolean", "true"), (-9, "it's \\ ü😀", "varchar(9)", "it's \\ ü😀"), (-3, b"\x00\xff", "varbinary", None),
    (91, "12345-01-01", "date", "12345-01-01"), (91, "-0044-03-15", "date", "-0044-03-15"),
    (92, "23:59:59.999999999999", "time(12)", "23:59:59.999999999999"), (92, "01:02", "time(0)", "01:02:00"),
    (93, "2024-02-29 01:02:03.123456789012", "timestamp(12)", "2024-02-29 01:02:03.123456789012"),
    (93, "2024-02-29", "timestamp(0)", "2024-02-29 00:00:00"),
    (103, "3", "interval day to second", "3 00:00:00.000"), (107, "-3-02", "interval year to month", "-3-2"),
    (-11, "12151FD2-7586-11e9-8f9e-2a86e4085a59", "uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
]  # fmt: skip


@pytest.mark.parametrize(("sql_type", "value", "kind", "text"), TYPED, ids=[f"{t[0]} {t[1]!r:.30}" for t in TYPED])
def test_values_have_their_type(session: Trino, sql_type: int, value: Any, kind: str, text: str | None) -> None:
    parameter = Parameter(value, sql_type)
    assert asked(session, "SELECT typeof(?)", parameter) == f'[["{kind}"]]'
    shown = "CAST(? AS varchar)" if text is not None else "to_hex(?)"
    wanted = text if text is not None else value.hex().upper()
    assert asked(session, f"SELECT {shown} = '{wanted.replace(chr(39), chr(39) * 2)}'", parameter) == "[[true]]"


def test_a_bigint_does_not_overflow_as_an_integer(session: Trino) -> None:
    assert asked(session, "SELECT 2147483647 + ?", Parameter(1, -5)) == "[[2147483648]]"
    assert asked(session, "SELECT real '0.1' = ?", Parameter(0.10000000149011612, 7)) == "[[true]]"


def test_hostile_texts_stay_values(session: Trino) -> None:
    for kind, text in (
        (91, "2024-01-01' OR '1'='1"),
        (92, "01:02:03'--"),
        (93, "2024-01-01 00:00:00'); DROP TABLE t; --"),
    ):
        with pytest.raises(DriverError) as caught:
            session.execute("SELECT ?", (Parameter(text, kind),), ExecuteOptions(), ignore)
        assert caught.value.sqlstate == "22007"


# ---- arrays ----


def test_an_array_whose_sets_fail_in_part(connect: Callable[..., Any], trino_server: Server) -> None:
    where = {
        "Host": trino_server.host,
        "Port": trino_server.port,
        "UID": "ann",
        "Catalog": "memory",
        "Schema": "default",
    }
    connection = connect(Backend="trino", autocommit=True, **where)
    name = f"sets_{uuid.uuid4().hex[:8]}"
    cursor = connection.cursor()
    cursor.execute(f"CREATE TABLE {name} (a integer, b integer)")
    try:
        cursor.fast_executemany = True
        cursor.executemany(f"INSERT INTO {name} SELECT 0 + ?, 10 / ?", [(1, 2), (2, 0), (3, 5)])
        assert [message[0] for message in cursor.messages] == ["[22012] (8)"]
        assert [tuple(r) for r in cursor.execute(f"SELECT a, b FROM {name} ORDER BY a")] == [(1, 5), (3, 2)]
    finally:
        connection.execute(f"DROP TABLE {name}")


# ---- the session's state ----


def test_paths_and_roles(session: Trino) -> None:
    execute(session, "SET PATH memory.default, system.builtin").close()
    assert session.query("SELECT current_path") == [("memory.default, system.builtin",)]
    for statement, role in (("SET ROLE ALL", "ALL"), ("SET ROLE NONE", "NONE")):
        execute(session, statement).close()
        assert session.state.roles == {"system": role}
        assert session.query("SELECT 1") == [(1,)]


def test_time_zones(session: Trino) -> None:
    own = session.query("SELECT current_timezone()")
    execute(session, "SET TIME ZONE 'America/New_York'").close()
    assert session.query("SELECT current_timezone()") == [("America/New_York",)]
    execute(session, "SET TIME ZONE LOCAL").close()
    assert session.query("SELECT current_timezone()") == own


def test_another_user_may_be_refused(session: Trino) -> None:
    with pytest.raises(DriverError) as caught:
        execute(session, "SET SESSION AUTHORIZATION bob")
    assert (caught.value.sqlstate, "cannot impersonate user bob" in caught.value.message) == ("42000", True)
    assert session.query("SELECT current_user") == [("ann",)]


# ---- transactions ----


def test_a_read_only_transaction_refuses_to_write(trino_server: Server) -> None:
    where = {
        "host": trino_server.host,
        "port": trino_server.port,
        "uid": "ann",
        "catalog": "memory",
        "schema": "default",
    }
    session = Trino.connect(Settings(**where, read_only=True))
    session.begin()
    with pytest.raises(DriverError) as caught:
        execute(session, "CREATE TABLE never (a integer)")
    assert (caught.value.sqlstate, caught.value.native) == ("25000", 23)
    session.rollback()
    assert not session.in_transaction()
    session.disconnect()


def test_the_application_s_own_transaction_statements(connect: Callable[..., Any], trino_server: Server) -> None:
    where = {"Host": trino_server.host, "Port": trino_server.port, "UID": "ann", "Catalog": "tpch", "Schema": "tiny"}
    connection = connect(Backend="trino", autocommit=True, **where)
    connection.execute("START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY")
    assert connection.execute("SELECT count(*) FROM region").fetchone()[0] == 5
    with pytest.raises(pyodbc.Error) as caught:
        connection.execute("CREATE TABLE memory.default.never AS SELECT 1 x")
    assert caught.value.args[0] == "25000"
    connection.execute("ROLLBACK")
    with pytest.raises(pyodbc.Error) as caught:
        connection.execute("COMMIT")
    assert (caught.value.args[0], "(21)" in caught.value.args[1]) == ("25000", True)
    assert connection.execute("SELECT 1").fetchone()[0] == 1
