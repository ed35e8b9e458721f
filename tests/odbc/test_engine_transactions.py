"""Autocommit off on every engine: what has transactions keeps them, what has none says so and takes the calls all the same."""

from __future__ import annotations

import ctypes
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from engine_facts import Facts
from plain import DBC, SQL_ERROR, SQL_NTS, SQL_SUCCESS, STMT, Driver, Session, pointer

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "hive", "impala")

COMMIT, ROLLBACK = 0, 1
AUTOCOMMIT, ISOLATION = 102, 108
SERIALIZABLE = 8


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def put(session: Session, attribute: int, value: int) -> tuple[int, str]:
    rc = session.driver.SQLSetConnectAttr(pointer(session.dbc), attribute, pointer(value), 0)
    return rc, session.driver.state(DBC, session.dbc)


def told(session: Session, name: str) -> int:
    (row,) = tables.rows("info_types", name=name)
    out = ctypes.c_uint32(0)
    rc = session.driver.SQLGetInfo(pointer(session.dbc), int(row["number"]), ctypes.byref(out), 4, pointer(None))
    assert rc == SQL_SUCCESS
    return out.value


def end(session: Session, how: int) -> tuple[int, str]:
    rc = session.driver.SQLEndTran(DBC, pointer(session.dbc), how)
    return rc, session.driver.state(DBC, session.dbc)


def test_what_is_said_about_transactions(session: Session, facts: Facts) -> None:
    assert (told(session, "SQL_TXN_CAPABLE") != 0) is facts.transactions
    assert (told(session, "SQL_TXN_ISOLATION_OPTION") != 0) is facts.transactions
    assert (told(session, "SQL_DEFAULT_TXN_ISOLATION") != 0) is facts.transactions


def test_autocommit_off_is_taken(session: Session, facts: Facts) -> None:
    assert put(session, AUTOCOMMIT, 0) == (SQL_SUCCESS, "")
    session.fetched(b"select 1")
    session.driver.SQLCloseCursor(pointer(session.stmt))
    if facts.transactions:
        assert session.driver.SQLDisconnect(pointer(session.dbc)) == SQL_ERROR
        assert session.driver.state(DBC, session.dbc) == "25000"
        assert put(session, ISOLATION, SERIALIZABLE) == (SQL_ERROR, "HY011")
    assert end(session, COMMIT) == (SQL_SUCCESS, "")
    assert end(session, ROLLBACK) == (SQL_SUCCESS, ""), "none is open"
    session.still_works()
    assert end(session, ROLLBACK) == (SQL_SUCCESS, "")
    assert put(session, AUTOCOMMIT, 1) == (SQL_SUCCESS, "")


def test_a_level_is_set_where_there_are_levels(session: Session) -> None:
    there = told(session, "SQL_TXN_ISOLATION_OPTION")
    for level in (1, 2, 4, 8):
        rc, state = put(session, ISOLATION, level)
        if level & there:
            assert (rc, state) == (SQL_SUCCESS, "")
        elif level < there:
            assert (rc, state) == (1, "01S02"), "a stronger one"
        else:
            assert (rc, state) == (SQL_ERROR, "HYC00")


@pytest.mark.engines("duckdb", "trino")
def test_an_error_in_a_transaction_is_named_when_it_ends(session: Session, facts: Facts) -> None:
    assert put(session, AUTOCOMMIT, 0) == (SQL_SUCCESS, "")
    session.fetched(b"select 1")
    session.driver.SQLCloseCursor(pointer(session.stmt))
    failing = f"select cast(concat('x', cast(i as {facts.text})) as int) from {facts.numbers(3)}"
    rc = session.run(failing.encode())
    assert rc == SQL_ERROR or session.driver.SQLFetch(pointer(session.stmt)) == SQL_ERROR
    assert session.state() == "22018"
    session.driver.SQLFreeStmt(pointer(session.stmt), 0)
    assert (session.run(b"select 1"), session.state()) == (SQL_ERROR, "25S03")
    assert end(session, COMMIT) == (SQL_ERROR, "25S03")
    session.still_works()
    assert end(session, ROLLBACK) == (SQL_SUCCESS, "")


@pytest.mark.engines("spark", "hive", "impala")
def test_what_has_no_transactions_keeps_what_was_written(session: Session) -> None:
    name = f"kept_{uuid.uuid4().hex[:8]}"
    assert put(session, AUTOCOMMIT, 0) == (SQL_SUCCESS, "")
    session.ok(f"create table {name} (a int)".encode())
    session.driver.SQLFreeStmt(pointer(session.stmt), 0)
    assert end(session, ROLLBACK)[0] == SQL_SUCCESS
    stmt = pointer(session.driver.alloc(STMT, session.dbc))
    assert session.driver.SQLExecDirect(stmt, f"select * from {name}".encode(), SQL_NTS) == SQL_SUCCESS
    session.driver.SQLFreeHandle(STMT, stmt)
    session.ok(f"drop table {name}".encode())


@pytest.mark.engines("trino")
def test_a_connector_that_cannot_write_in_a_transaction_says_so(session: Session) -> None:
    name = f"unwritten_{uuid.uuid4().hex[:8]}"
    assert put(session, AUTOCOMMIT, 0) == (SQL_SUCCESS, "")
    assert session.run(f"create table {name} (a int)".encode()) == SQL_ERROR
    assert session.state() == "25000"
    assert end(session, ROLLBACK) == (SQL_SUCCESS, "")
    assert session.run(f"select * from {name}".encode()) == SQL_ERROR
    assert session.state() == "42S02"
    assert end(session, ROLLBACK) == (SQL_SUCCESS, "")
