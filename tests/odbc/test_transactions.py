"""Transactions on the driver file itself: what is committed, what is lost, and what each call says about it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plain import DBC, ENV, SQL_ERROR, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer

COMMIT, ROLLBACK = 0, 1
AUTOCOMMIT, ISOLATION = 102, 108
READ_UNCOMMITTED, READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE = 1, 2, 4, 8

Open = Callable[..., Session]


@pytest.fixture
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def connect(driver: Driver, tmp_path: Path) -> Iterator[Open]:
    """Connections to one database file that has table t (id, v) with (1, 1) and (2, 1); autocommit off if not asked on."""
    opened: list[Session] = []

    def one(autocommit: bool = False) -> Session:
        session = Session(driver, f"Driver=Argus;Backend=duckdb;Database={tmp_path / 'x.db'};")
        if not opened:
            session.ok(b"CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 1), (2, 1)")
            while driver.SQLMoreResults(pointer(session.stmt)) == SQL_SUCCESS:
                pass
        set_attribute(session, AUTOCOMMIT, int(autocommit))
        opened.append(session)
        return session

    yield one
    for session in opened:
        session.close()


def set_attribute(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetConnectAttr(pointer(session.dbc), attribute, pointer(value), 0)


def attribute(session: Session, number: int) -> int:
    out = ctypes.c_uint32(77)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), number, ctypes.byref(out), 0, pointer(None))
    assert rc == SQL_SUCCESS
    return out.value


def end(session: Session, how: int) -> int:
    return session.driver.SQLEndTran(DBC, pointer(session.dbc), how)


def state(session: Session) -> str:
    return session.driver.state(DBC, session.dbc)


def number(session: Session, sql: bytes) -> int:
    session.fetched(sql)
    value = ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), 1, -25, ctypes.byref(value), 8, pointer(None))
    assert rc == SQL_SUCCESS
    assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS
    return value.value


def rows(session: Session) -> int:
    return number(session, b"SELECT count(*) FROM t")


def test_commit_and_rollback(connect: Open) -> None:
    writer, reader = connect(), connect(autocommit=True)
    writer.ok(b"INSERT INTO t VALUES (3, 1)")
    assert (rows(writer), rows(reader)) == (3, 2)
    assert end(writer, ROLLBACK) == SQL_SUCCESS
    assert rows(writer) == 2
    writer.ok(b"INSERT INTO t VALUES (3, 1)")
    assert end(writer, COMMIT) == SQL_SUCCESS
    assert rows(reader) == 3
    assert end(writer, COMMIT) == SQL_SUCCESS, "none is open"
    assert end(reader, ROLLBACK) == SQL_SUCCESS, "none is open"
    assert end(writer, 7) == SQL_ERROR and state(writer) == "HY012"


def test_the_end_of_an_environment_is_that_of_its_connections(driver: Driver, connect: Open) -> None:
    session = connect()
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert driver.SQLEndTran(ENV, pointer(session.env), ROLLBACK) == SQL_SUCCESS
    assert rows(session) == 2
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert driver.SQLEndTran(ENV, pointer(session.env), COMMIT) == SQL_SUCCESS
    assert end(session, ROLLBACK) == SQL_SUCCESS
    assert rows(session) == 3


def test_the_end_of_an_environment_says_when_one_failed(driver: Driver, connect: Open) -> None:
    session = connect()
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert session.run(b"INSERT INTO t VALUES (3, 1)") == SQL_ERROR
    assert driver.SQLEndTran(ENV, pointer(session.env), COMMIT) == SQL_ERROR
    assert driver.state(ENV, session.env) == "25S01"
    assert state(session) == "25S03"


def test_switching_autocommit_on_commits(connect: Open) -> None:
    session, reader = connect(), connect(autocommit=True)
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert set_attribute(session, AUTOCOMMIT, 1) == SQL_SUCCESS
    assert rows(reader) == 3


@pytest.mark.parametrize("broken", [b"INSERT INTO t VALUES (1, 5)", b"SELECT 'x'::INTEGER FROM t"])
def test_a_commit_after_an_error_does_not_lose_rows_without_a_word(connect: Open, broken: bytes) -> None:
    """DuckDB's COMMIT of an aborted transaction succeeds, and keeps nothing."""
    session = connect()
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert session.run(broken) == SQL_ERROR
    assert session.run(b"SELECT 1") == SQL_ERROR
    assert session.state() == "25S03"
    assert end(session, COMMIT) == SQL_ERROR
    assert state(session) == "25S03"
    assert rows(session) == 2, "the next transaction is a new one"
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert end(session, COMMIT) == SQL_SUCCESS


def test_the_same_with_a_commit_in_sql(connect: Open) -> None:
    session = connect(autocommit=True)
    session.ok(b"BEGIN")
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert session.run(b"INSERT INTO t VALUES (3, 1)") == SQL_ERROR
    assert session.state() == "23000"
    assert session.run(b"/* all of it */ COMMIT") == SQL_ERROR
    assert session.state() == "25S03"
    assert rows(session) == 2


@pytest.mark.parametrize("broken", [b"SELCT 1", b"SELECT nothing FROM t"])
def test_an_error_before_the_engine_runs_anything_aborts_nothing(connect: Open, broken: bytes) -> None:
    session = connect()
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert session.run(broken) == SQL_ERROR
    assert end(session, COMMIT) == SQL_SUCCESS
    assert rows(session) == 3


def test_a_conflict_with_another_transaction(connect: Open) -> None:
    one, two = connect(), connect()
    assert (rows(one), rows(two)) == (2, 2)
    one.ok(b"UPDATE t SET v = 5 WHERE id = 1")
    assert two.run(b"UPDATE t SET v = 6 WHERE id = 1") == SQL_ERROR
    assert two.state() == "40001"
    assert end(one, COMMIT) == SQL_SUCCESS
    assert end(two, ROLLBACK) == SQL_SUCCESS
    assert number(two, b"SELECT v FROM t WHERE id = 1") == 5


def test_a_key_that_another_transaction_took(connect: Open) -> None:
    one, two = connect(), connect()
    one.ok(b"INSERT INTO t VALUES (9, 1)")
    two.ok(b"INSERT INTO t VALUES (9, 2)")
    assert end(one, COMMIT) == SQL_SUCCESS
    assert end(two, COMMIT) == SQL_ERROR
    assert state(two) == "40002"
    assert end(two, COMMIT) == SQL_SUCCESS, "it was rolled back"
    assert number(two, b"SELECT v FROM t WHERE id = 9") == 1


def test_disconnecting_in_a_transaction(driver: Driver, connect: Open) -> None:
    session = connect()
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert driver.SQLDisconnect(pointer(session.dbc)) == SQL_ERROR
    assert state(session) == "25000"
    assert rows(session) == 3, "the transaction is still there"
    assert end(session, COMMIT) == SQL_SUCCESS
    assert driver.SQLDisconnect(pointer(session.dbc)) == SQL_SUCCESS


def test_transactions_of_the_applications_own_sql(connect: Open) -> None:
    session, reader = connect(autocommit=True), connect(autocommit=True)
    session.ok(b"BEGIN TRANSACTION")
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert session.driver.SQLDisconnect(pointer(session.dbc)) == SQL_ERROR and state(session) == "25000"
    session.ok(b"ROLLBACK")
    assert rows(session) == 2
    # With autocommit off a COMMIT in SQL ends the transaction, and what follows is in a new one.
    assert set_attribute(session, AUTOCOMMIT, 0) == SQL_SUCCESS
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    session.ok(b"COMMIT")
    session.ok(b"INSERT INTO t VALUES (4, 1)")
    assert rows(reader) == 3
    assert end(session, ROLLBACK) == SQL_SUCCESS
    assert rows(reader) == 3
    session.ok(b"BEGIN")
    session.ok(b"INSERT INTO t VALUES (4, 1)")
    assert end(session, COMMIT) == SQL_SUCCESS
    assert rows(reader) == 4


# ---- isolation ----


def test_the_level_is_the_one_that_the_engine_has(connect: Open) -> None:
    session = connect()
    out, length = ctypes.c_uint32(), ctypes.c_int16()
    for info_type in (26, 72):  # SQL_DEFAULT_TXN_ISOLATION, SQL_TXN_ISOLATION_OPTION
        session.driver.SQLGetInfo(pointer(session.dbc), info_type, ctypes.byref(out), 4, ctypes.byref(length))
        assert out.value == REPEATABLE_READ
    assert attribute(session, ISOLATION) == REPEATABLE_READ
    for weaker in (READ_UNCOMMITTED, READ_COMMITTED):
        assert set_attribute(session, ISOLATION, weaker) == SQL_SUCCESS_WITH_INFO
        assert state(session) == "01S02"
        assert attribute(session, ISOLATION) == REPEATABLE_READ
    assert set_attribute(session, ISOLATION, REPEATABLE_READ) == SQL_SUCCESS
    assert set_attribute(session, ISOLATION, SERIALIZABLE) == SQL_ERROR
    assert state(session) == "HYC00"
    assert set_attribute(session, ISOLATION, 3) == SQL_ERROR
    assert state(session) == "HY024"
    session.ok(b"INSERT INTO t VALUES (3, 1)")
    assert set_attribute(session, ISOLATION, REPEATABLE_READ) == SQL_ERROR
    assert state(session) == "HY011"


def test_a_level_that_is_set_before_connecting(driver: Driver) -> None:
    env = driver.alloc(ENV, None)
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(3), 0) == SQL_SUCCESS
    for level, expected, said in ((1, SQL_SUCCESS_WITH_INFO, "01S02"), (4, SQL_SUCCESS, ""), (8, SQL_ERROR, "HYC00")):
        dbc = driver.alloc(DBC, env)
        assert driver.SQLSetConnectAttr(pointer(dbc), ISOLATION, pointer(level), 0) == SQL_SUCCESS
        null = pointer(None)
        rc = driver.SQLDriverConnect(
            pointer(dbc), null, b"Driver=Argus;Backend=duckdb;Database=:memory:", SQL_NTS, null, 0, null, 0
        )
        assert rc == expected
        assert driver.state(DBC, dbc) == said
        if rc != SQL_ERROR:
            out = ctypes.c_uint32()
            assert driver.SQLGetConnectAttr(pointer(dbc), ISOLATION, ctypes.byref(out), 0, null) == SQL_SUCCESS
            assert out.value == REPEATABLE_READ
            assert driver.SQLDisconnect(pointer(dbc)) == SQL_SUCCESS
        driver.SQLFreeHandle(DBC, pointer(dbc))
    driver.SQLFreeHandle(ENV, pointer(env))


def test_repeatable_read_is_what_it_gives(connect: Open) -> None:
    """No dirty, no changed and no phantom row is seen; but two that write what the other has read both commit."""
    one, two = connect(), connect()
    assert number(one, b"SELECT sum(v) FROM t") == 2
    two.ok(b"UPDATE t SET v = 100; INSERT INTO t VALUES (3, 1000)")
    while two.driver.SQLMoreResults(pointer(two.stmt)) == SQL_SUCCESS:
        pass
    assert number(one, b"SELECT sum(v) FROM t") == 2
    assert end(two, COMMIT) == SQL_SUCCESS
    assert number(one, b"SELECT sum(v) FROM t") == 2
    assert end(one, COMMIT) == SQL_SUCCESS
    assert (number(one, b"SELECT sum(v) FROM t"), number(two, b"SELECT sum(v) FROM t")) == (1200, 1200)
    one.ok(b"UPDATE t SET v = 0 WHERE id = 1")
    two.ok(b"UPDATE t SET v = 0 WHERE id = 2")
    assert (end(one, COMMIT), end(two, COMMIT)) == (SQL_SUCCESS, SQL_SUCCESS)
    assert number(one, b"SELECT sum(v) FROM t") == 1000


def test_closing_a_result_early_leaves_the_transaction_whole(connect: Open) -> None:
    """Often enough that some reader is in the engine when its result is closed, looking for rows after the first."""
    session = connect()
    for i in range(10, 410):
        session.ok(f"INSERT INTO t VALUES ({i}, 1)".encode())
        assert rows(session) == i - 7
    assert end(session, COMMIT) == SQL_SUCCESS, state(session)
    assert rows(session) == 402
