"""Connections on the driver file itself: reset for a pool, timeouts, the current catalog, read-only access."""

from __future__ import annotations

import ctypes
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.hs2 import FakeHS2, Result
from plain import DBC, ENV, SQL_ERROR, SQL_NTS, SQL_SUCCESS, STMT, Driver, Session, pointer

ACCESS_MODE, AUTOCOMMIT, LOGIN_TIMEOUT, CATALOG, CONNECTION_TIMEOUT, RESET = 101, 102, 103, 109, 113, 116
METADATA_ID, ASYNC_ENABLE = 10014, 4
NULL = pointer(None)
OPENING = {"SELECT current_database()": Result([("d", 7, "stringVal", {})], [[["default"]]])}


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver, tmp_path: Path) -> Iterator[Session]:
    """A database file, so that what is committed is there for the next session."""
    opened = Session(driver, f"Backend=duckdb;Database={tmp_path / 'reset.duckdb'}")
    yield opened
    opened.close()


def put(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetConnectAttr(pointer(session.dbc), attribute, pointer(value), 0)


def get(session: Session, attribute: int) -> int:
    out = ctypes.c_uint32(0xAAAA_AAAA)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), attribute, ctypes.byref(out), 0, NULL)
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    return out.value


def catalog(session: Session) -> bytes:
    text = ctypes.create_string_buffer(100)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), CATALOG, text, 100, NULL)
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    return text.value


def unconnected(driver: Driver) -> int:
    env = driver.alloc(ENV, None)
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(380), 0) == SQL_SUCCESS
    return driver.alloc(DBC, env)


def connect(driver: Driver, dbc: int, text: str) -> int:
    return driver.SQLDriverConnect(pointer(dbc), NULL, text.encode(), SQL_NTS, NULL, 0, NULL, 0)


# ---- SQL_ATTR_RESET_CONNECTION ----


def test_reset_leaves_nothing_of_the_session(session: Session) -> None:
    session.ok(b"create table kept (a integer)")
    session.ok(b"create temp table gone (a integer)")
    session.ok(b"create schema other")
    session.ok(b"use other")
    session.ok(b"set default_null_order = 'nulls_first'")
    assert put(session, RESET, 1) == SQL_SUCCESS
    assert session.run(b"select * from gone") == SQL_ERROR
    assert session.state() == "42S02"
    session.ok(b"select * from kept")
    assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS
    text = ctypes.create_string_buffer(40)
    session.fetched(b"select current_schema() || current_setting('default_null_order')")
    assert session.driver.SQLGetData(pointer(session.stmt), 1, 1, text, 40, NULL) == SQL_SUCCESS
    assert text.value.lower() == b"mainnulls_last"


def test_reset_rolls_back(session: Session) -> None:
    session.ok(b"create table t (a integer)")
    assert put(session, AUTOCOMMIT, 0) == SQL_SUCCESS
    session.ok(b"insert into t values (1)")
    assert put(session, RESET, 1) == SQL_SUCCESS
    assert get(session, AUTOCOMMIT) == 1
    session.fetched(b"select count(*) from t")
    count = ctypes.c_int64(9)
    assert session.driver.SQLGetData(pointer(session.stmt), 1, -25, ctypes.byref(count), 8, NULL) == SQL_SUCCESS
    assert count.value == 0


def test_reset_of_attributes_and_statements(session: Session) -> None:
    driver = session.driver
    for attribute in (METADATA_ID, ASYNC_ENABLE):
        assert put(session, attribute, 1) == SQL_SUCCESS
    assert put(session, CONNECTION_TIMEOUT, 7) == SQL_SUCCESS
    assert driver.SQLSetStmtAttr(pointer(session.stmt), ASYNC_ENABLE, pointer(0), 0) == SQL_SUCCESS
    assert driver.SQLPrepare(pointer(session.stmt), b"select 1", SQL_NTS) == SQL_SUCCESS
    open_one = driver.alloc(STMT, session.dbc)
    assert driver.SQLSetStmtAttr(pointer(open_one), ASYNC_ENABLE, pointer(0), 0) == SQL_SUCCESS
    assert driver.SQLExecDirect(pointer(open_one), b"select range from range(1000000)", SQL_NTS) == SQL_SUCCESS
    assert put(session, RESET, 1) == SQL_SUCCESS
    assert [get(session, a) for a in (METADATA_ID, CONNECTION_TIMEOUT, AUTOCOMMIT)] == [0, 0, 1]
    assert driver.SQLExecute(pointer(session.stmt)) == SQL_ERROR
    assert session.state() == "HY010"
    assert driver.SQLFetch(pointer(open_one)) == SQL_ERROR
    assert driver.state(STMT, open_one) == "HY010"
    session.still_works()


def test_reset_returns_to_what_was_set_before_connect(driver: Driver, tmp_path: Path) -> None:
    dbc = unconnected(driver)
    assert driver.SQLSetConnectAttr(pointer(dbc), AUTOCOMMIT, pointer(0), 0) == SQL_SUCCESS
    assert connect(driver, dbc, f"Backend=duckdb;Database={tmp_path / 'a.duckdb'}") == SQL_SUCCESS
    assert driver.SQLSetConnectAttr(pointer(dbc), AUTOCOMMIT, pointer(1), 0) == SQL_SUCCESS
    assert driver.SQLSetConnectAttr(pointer(dbc), RESET, pointer(1), 0) == SQL_SUCCESS
    out = ctypes.c_uint32(9)
    assert driver.SQLGetConnectAttr(pointer(dbc), AUTOCOMMIT, ctypes.byref(out), 0, NULL) == SQL_SUCCESS
    assert out.value == 0
    assert driver.SQLDisconnect(pointer(dbc)) == SQL_SUCCESS


def test_reset_refusals(driver: Driver, session: Session) -> None:
    assert put(session, RESET, 0) == SQL_ERROR
    assert driver.state(DBC, session.dbc) == "HY024"
    closed = unconnected(driver)
    assert driver.SQLSetConnectAttr(pointer(closed), RESET, pointer(1), 0) == SQL_ERROR
    assert driver.state(DBC, closed) == "08003"


# ---- timeouts ----


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken: list[socket.socket] = []
        thread = threading.Thread(target=lambda: taken.append(listening.accept()[0]), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)
        for one in taken:
            one.close()


@pytest.mark.parametrize("backend", ["spark", "hive", "impala", "trino"])
def test_login_timeout(driver: Driver, backend: str) -> None:
    dbc = unconnected(driver)
    assert driver.SQLSetConnectAttr(pointer(dbc), LOGIN_TIMEOUT, pointer(1), 0) == SQL_SUCCESS
    with silent_server() as port:
        started = time.monotonic()
        assert connect(driver, dbc, f"Backend={backend};Host=127.0.0.1;Port={port};AuthMech=NOSASL") == SQL_ERROR
        assert time.monotonic() - started < 4
    assert driver.state(DBC, dbc) == "HYT00"


@pytest.mark.parametrize("before", [True, False])
def test_connection_timeout_is_for_each_answer(driver: Driver, before: bool) -> None:
    with FakeHS2(OPENING, sasl=False) as server:
        dbc = unconnected(driver)
        if before:
            assert driver.SQLSetConnectAttr(pointer(dbc), CONNECTION_TIMEOUT, pointer(1), 0) == SQL_SUCCESS
        where = f"Backend=spark;Host=127.0.0.1;Port={server.port};AuthMech=NOSASL"
        assert connect(driver, dbc, where) == SQL_SUCCESS, driver.state(DBC, dbc)
        if not before:
            assert driver.SQLSetConnectAttr(pointer(dbc), CONNECTION_TIMEOUT, pointer(1), 0) == SQL_SUCCESS
        stmt = driver.alloc(STMT, dbc)
        server.faults.add("late ExecuteStatement")
        started = time.monotonic()
        assert driver.SQLExecDirect(pointer(stmt), b"select 1", SQL_NTS) == SQL_ERROR
        assert time.monotonic() - started < 4
        assert driver.state(STMT, stmt) == "HYT01"
        driver.SQLDisconnect(pointer(dbc))


def test_login_timeout_is_for_the_next_connect(session: Session) -> None:
    assert put(session, LOGIN_TIMEOUT, 5) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HY011"


# ---- the current catalog ----


def test_current_catalog_is_changed(session: Session) -> None:
    session.ok(b"attach ':memory:' as other")
    assert catalog(session) == b"reset"
    arguments = pointer(session.dbc), CATALOG
    assert session.driver.SQLSetConnectAttrW(*arguments, "other".encode("utf-16-le"), 10) == SQL_SUCCESS
    assert catalog(session) == b"other"
    session.fetched(b"select 1")
    assert session.driver.SQLSetConnectAttr(*arguments, b"reset", SQL_NTS) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "24000"
    assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS
    assert session.driver.SQLSetConnectAttr(*arguments, b"reset", 5) == SQL_SUCCESS
    assert catalog(session) == b"reset"


def test_unknown_catalog(session: Session) -> None:
    assert session.driver.SQLSetConnectAttr(pointer(session.dbc), CATALOG, b"nowhere", SQL_NTS) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "3D000"
    assert catalog(session) == b"reset"


# ---- read only ----


def read_only(driver: Driver, database: object) -> Session:
    """A session that SQL_ATTR_ACCESS_MODE made read-only before it was opened."""
    opened = Session.__new__(Session)
    opened.driver, opened.dbc = driver, unconnected(driver)
    assert driver.SQLSetConnectAttr(pointer(opened.dbc), ACCESS_MODE, pointer(1), 0) == SQL_SUCCESS
    assert connect(driver, opened.dbc, f"Backend=duckdb;Database={database}") == SQL_SUCCESS
    opened.stmt = driver.alloc(STMT, opened.dbc)
    return opened


def said_read_only(session: Session) -> bytes:
    text = ctypes.create_string_buffer(10)
    assert session.driver.SQLGetInfo(pointer(session.dbc), 25, text, 10, NULL) == SQL_SUCCESS
    return text.value


def test_access_mode_protects_the_file(driver: Driver, tmp_path: Path) -> None:
    path = tmp_path / "shared.duckdb"
    first = Session(driver, f"Backend=duckdb;Database={path}")
    first.ok(b"create table t as select 42 as a")
    assert said_read_only(first) == b"N"
    first.close()
    reader = read_only(driver, path)
    reader.ok(b"select a from t")
    assert said_read_only(reader) == b"Y"
    assert driver.SQLCloseCursor(pointer(reader.stmt)) == SQL_SUCCESS
    assert reader.run(b"insert into t values (1)") == SQL_ERROR
    assert reader.state() == "42000"  # "Syntax error or access violation"
    assert driver.SQLDisconnect(pointer(reader.dbc)) == SQL_SUCCESS


def test_access_mode_is_no_obstacle_in_memory(driver: Driver) -> None:
    """ "the connection is not required to support SQL statements that cause updates": pyodbc's readonly=True sets it."""
    opened = read_only(driver, ":memory:")
    opened.ok(b"select 1")
    assert said_read_only(opened) == b"N"
    assert driver.SQLDisconnect(pointer(opened.dbc)) == SQL_SUCCESS
