"""Statements: described before they run, run again, several at once, and the attributes that limit their results."""

from __future__ import annotations

import ctypes
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from descriptors import bind_big, prepare
from engine_facts import Facts
from plain import (
    C_CHAR,
    C_SBIGINT,
    C_WCHAR,
    SQL_ERROR,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_NULL_DATA,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    STMT,
    Driver,
    Session,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "hive", "impala")

CLOSE, UNBIND, RESET_PARAMS = 0, 2, 3
MAX_ROWS, NOSCAN, MAX_LENGTH = 1, 2, 3
NULL = pointer(None)


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def columns(session: Session) -> int:
    out = ctypes.c_int16(-99)
    assert session.driver.SQLNumResultCols(pointer(session.stmt), ctypes.byref(out)) == SQL_SUCCESS, session.state()
    return out.value


def described(session: Session, number: int) -> tuple[str, int, int, int]:
    """Name, SQL type, size and digits."""
    name, length = ctypes.create_string_buffer(100), ctypes.c_int16()
    sql_type, digits, nullable, size = ctypes.c_int16(), ctypes.c_int16(), ctypes.c_int16(), ctypes.c_size_t()
    rc = session.driver.SQLDescribeCol(
        pointer(session.stmt), number, name, 100, *map(ctypes.byref, (length, sql_type, size, digits, nullable))
    )
    assert rc == SQL_SUCCESS, session.state()
    return name.value.decode(), sql_type.value, size.value, digits.value


def big(session: Session, stmt: int, column: int = 1) -> int:
    out = ctypes.c_int64(-99)
    rc = session.driver.SQLGetData(pointer(stmt), column, C_SBIGINT, ctypes.byref(out), 8, NULL)
    assert rc == SQL_SUCCESS, session.driver.state(STMT, stmt)
    return out.value


def rows(session: Session) -> list[int]:
    """The first column of all rows that are left."""
    found = []
    while session.driver.SQLFetch(pointer(session.stmt)) in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO):
        found.append(big(session, session.stmt))
    return found


@pytest.mark.engines("duckdb")
def test_prepare_describes_and_does_not_run(session: Session) -> None:
    session.ok(b"create sequence s")
    session.ok(b"create table t (a decimal(9,3), b varchar)")
    prepare(session, b"select nextval('s') as n, cast(? as decimal(7,2)) as \"d d\", 'x' as x")
    assert columns(session) == 3
    assert [described(session, i)[:2] for i in (1, 2, 3)] == [("n", -5), ("d d", 3), ("x", -9)]
    assert described(session, 2)[2:] == (7, 2)
    value = ctypes.c_int64(12)
    bind_big(session, 1, value)
    for expected in (1, 2):
        assert session.driver.SQLExecute(pointer(session.stmt)) == SQL_SUCCESS, session.state()
        assert [described(session, i)[:2] for i in (1, 2, 3)] == [("n", -5), ("d d", 3), ("x", -9)]
        assert rows(session) == [expected]
        assert session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE) == SQL_SUCCESS
    prepare(session, b"select nextval('s'), interval '1' day")
    assert (columns(session), described(session, 1)[1]) == (2, -5)
    assert session.driver.SQLExecute(pointer(session.stmt)) == SQL_SUCCESS
    assert rows(session) == [3]
    session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE)
    prepare(session, b"insert into t values (1, 'b')")
    assert columns(session) == 0
    session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE)
    session.ok(b"select count(*) from t")
    assert rows(session) == [0]


def test_what_cannot_be_described_says_why(session: Session) -> None:
    name = f"nowhere_{uuid.uuid4().hex[:8]}".encode()
    prepare(session, b"select * from " + name)
    out = ctypes.c_int16()
    assert session.driver.SQLNumResultCols(pointer(session.stmt), ctypes.byref(out)) == SQL_ERROR
    assert session.state() == "42S02"
    assert session.driver.SQLExecute(pointer(session.stmt)) == SQL_ERROR
    assert session.state() == "42S02"
    session.ok(b"create table " + name + b" (a bigint)")
    session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE)  # Impala answers with a row
    assert session.driver.SQLExecDirect(pointer(session.stmt), b"select * from " + name, SQL_NTS) == SQL_SUCCESS
    assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
    session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE)
    session.ok(b"drop table " + name)


def test_close_keeps_what_was_prepared(session: Session, facts: Facts) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    value = ctypes.c_int64(3)
    prepare(session, f"select i from {facts.numbers(10)} where i < ? order by i".encode())
    bind_big(session, 1, value)
    assert driver.SQLExecute(stmt) == SQL_SUCCESS
    assert (driver.SQLExecute(stmt), session.state()) == (SQL_ERROR, "24000")
    assert (driver.SQLPrepare(stmt, b"select 1", SQL_NTS), session.state()) == (SQL_ERROR, "24000")
    assert rows(session) == [0, 1, 2]
    assert driver.SQLFreeStmt(stmt, CLOSE) == SQL_SUCCESS
    assert driver.SQLFreeStmt(stmt, CLOSE) == SQL_SUCCESS
    assert (driver.SQLCloseCursor(stmt), session.state()) == (SQL_ERROR, "24000")
    value.value = 5
    assert driver.SQLExecute(stmt) == SQL_SUCCESS
    assert rows(session) == [0, 1, 2, 3, 4]
    assert driver.SQLCloseCursor(stmt) == SQL_SUCCESS
    assert driver.SQLFreeStmt(stmt, RESET_PARAMS) == SQL_SUCCESS
    assert (driver.SQLExecute(stmt), session.state()) == (SQL_ERROR, "07002")
    # SQLExecDirect prepares nothing that SQLExecute could run again.
    session.ok(b"select 1")
    assert driver.SQLFreeStmt(stmt, CLOSE) == SQL_SUCCESS
    assert (driver.SQLExecute(stmt), session.state()) == (SQL_ERROR, "HY010")


@pytest.mark.engines("duckdb")
def test_several_open_statements_of_one_connection(session: Session) -> None:
    driver = session.driver
    session.ok(b"create temp table seen as select 7 as a")
    handles = [driver.alloc(STMT, session.dbc) for _ in range(5)]
    for n, handle in enumerate(handles):
        sql = f"select i * {n} from range(200000) r(i) order by i".encode()
        assert driver.SQLExecDirect(pointer(handle), sql, SQL_NTS) == SQL_SUCCESS
    for i in range(4000):
        for n, handle in enumerate(handles):
            assert driver.SQLFetch(pointer(handle)) == SQL_SUCCESS
            assert big(session, handle) == i * n
    # Another statement runs between their rows, and sees what belongs to the connection.
    session.fetched(b"select a from seen")
    assert big(session, session.stmt) == 7
    assert driver.SQLFreeHandle(STMT, pointer(handles[0])) == SQL_SUCCESS
    last = handles[-1]
    for _ in range(200000 - 4000):
        assert driver.SQLFetch(pointer(last)) == SQL_SUCCESS
    assert big(session, last) == 199999 * 4
    assert driver.SQLFetch(pointer(last)) == SQL_NO_DATA


@pytest.mark.parametrize(("limit", "expected"), [(0, 10), (1, 1), (3, 3), (10, 10), (1000, 10)])
def test_max_rows(session: Session, facts: Facts, limit: int, expected: int) -> None:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), MAX_ROWS, pointer(limit), 0) == SQL_SUCCESS
    session.ok(f"select i from {facts.numbers(10)} order by i".encode())
    assert rows(session) == list(range(expected))


@pytest.mark.parametrize(("c_type", "codec"), [(C_CHAR, "utf-8"), (C_WCHAR, "utf-16-le")])
def test_texts_of_many_rows_one_cell_at_a_time(session: Session, facts: Facts, c_type: int, codec: str) -> None:
    label = f"case when i = 3 then '' when i = 5 then null else concat('row ', cast(i as {facts.text})) end"
    session.ok(f"select i, {label} as label from {facts.numbers(12)} order by i".encode())
    found: list[str | None] = []
    while session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS:
        out, n = ctypes.create_string_buffer(100), ctypes.c_int64()
        rc = session.driver.SQLGetData(pointer(session.stmt), 2, c_type, out, 100, ctypes.byref(n))
        assert rc == SQL_SUCCESS, session.state()
        found.append(None if n.value == SQL_NULL_DATA else out.raw[: n.value].decode(codec))
    assert found == ["" if i == 3 else None if i == 5 else f"row {i}" for i in range(12)]


def test_max_length_cuts_without_a_warning(session: Session) -> None:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), MAX_LENGTH, pointer(4), 0) == SQL_SUCCESS
    session.fetched("select 'abcdefgh', 'äöü', 'abc', 123456789".encode())
    for column, expected in ((1, "abcd"), (2, "äö"), (3, "abc"), (4, "123456789")):
        out, n = ctypes.create_string_buffer(100), ctypes.c_int64()
        rc = session.driver.SQLGetData(pointer(session.stmt), column, C_CHAR, out, 100, ctypes.byref(n))
        assert (rc, out.value.decode(), n.value) == (SQL_SUCCESS, expected, len(expected.encode()))


@pytest.mark.engines("duckdb")
def test_noscan_leaves_escapes_to_the_engine(session: Session) -> None:
    session.fetched(b"select {fn length('abc')}")
    assert big(session, session.stmt) == 3
    assert session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE) == SQL_SUCCESS
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), NOSCAN, pointer(1), 0) == SQL_SUCCESS
    assert session.run(b"select {fn length('abc')}") == SQL_ERROR
    assert session.state() == "42000"
    # Braces are the engine's own then.
    session.fetched(b"select ({'fn': 5}).fn")
    assert big(session, session.stmt) == 5


@pytest.mark.engines("duckdb")
def test_statements_of_one_text_follow_each_other(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    session.ok(b"create table t (a bigint); insert into t values (1), (2); select a from t order by a; select 9 as b")
    count, seen = ctypes.c_int64(), []
    while True:
        n = columns(session)
        assert driver.SQLRowCount(stmt, ctypes.byref(count)) == SQL_SUCCESS
        seen.append(rows(session) if n else count.value)
        if driver.SQLMoreResults(stmt) == SQL_NO_DATA:
            break
    assert seen[1:] == [2, [1, 2], [9]]
