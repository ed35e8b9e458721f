"""Several threads of an application on the driver file itself: on handles of their own, and on one and the same handle.

`make tsan` runs these under ThreadSanitizer, which sees two accesses without an order between them where no value is
wrong yet.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plain import (
    C_SBIGINT,
    DBC,
    DESC,
    ENV,
    SQL_ERROR,
    SQL_INVALID_HANDLE,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_SUCCESS,
    STMT,
    Driver,
    Session,
    pointer,
)

NULL = pointer(None)
NEED_DATA, DATA_AT_EXEC, UNKNOWN_INFO = 99, -2, 29999
ROW_ARRAY_SIZE, ROWS_FETCHED_PTR, ROWS = 27, 26, 1000


@pytest.fixture
def session(driver_path: Path) -> Iterator[Session]:
    opened = Session(Driver(driver_path))
    yield opened
    opened.close()


def together(*works: Callable[[], None]) -> None:
    """Run each on a thread of its own, from the same moment on; the first failure of any is raised here."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread does not come back"
    if failures:
        raise failures[0]


def total(driver: Driver, stmt: int, sql: str) -> int:
    """The sum of the one column of a query, fetched in blocks."""
    values, fetched, length = (ctypes.c_int64 * ROWS)(), ctypes.c_uint64(), (ctypes.c_int64 * ROWS)()
    assert driver.SQLSetStmtAttr(pointer(stmt), ROW_ARRAY_SIZE, pointer(ROWS), 0) == SQL_SUCCESS
    assert driver.SQLSetStmtAttr(pointer(stmt), ROWS_FETCHED_PTR, ctypes.byref(fetched), 0) == SQL_SUCCESS
    assert driver.SQLBindCol(pointer(stmt), 1, C_SBIGINT, values, 8, length) == SQL_SUCCESS
    assert driver.SQLExecDirect(pointer(stmt), sql.encode(), SQL_NTS) == SQL_SUCCESS, driver.state(STMT, stmt)
    found = 0
    while (rc := driver.SQLFetch(pointer(stmt))) == SQL_SUCCESS:
        found += sum(values[: fetched.value])
    assert rc == SQL_NO_DATA, driver.state(STMT, stmt)
    assert driver.SQLCloseCursor(pointer(stmt)) == SQL_SUCCESS
    return found


def test_handles_are_made_and_freed_by_many_threads(driver_path: Path) -> None:
    driver = Driver(driver_path)

    def work() -> None:
        for _ in range(200):
            env = driver.alloc(ENV, None)
            assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(380), 0) == SQL_SUCCESS
            dbc = driver.alloc(DBC, env)
            assert driver.SQLFreeHandle(DBC, pointer(dbc)) == SQL_SUCCESS
            assert driver.SQLFreeHandle(DBC, pointer(dbc)) == SQL_INVALID_HANDLE
            assert driver.SQLFreeHandle(ENV, pointer(env)) == SQL_SUCCESS

    together(work, work, work, work)


def test_two_connections_read_at_the_same_time(driver_path: Path) -> None:
    def work() -> None:
        for _ in range(3):
            opened = Session(Driver(driver_path))
            assert total(opened.driver, opened.stmt, "select range from range(300000)") == 299999 * 300000 // 2
            opened.close()

    together(work, work)


def test_two_statements_of_one_connection_read_at_the_same_time(session: Session) -> None:
    def work() -> None:
        stmt = session.driver.alloc(STMT, session.dbc)
        for _ in range(3):
            assert total(session.driver, stmt, "select range from range(300000)") == 299999 * 300000 // 2
        assert session.driver.SQLFreeHandle(STMT, pointer(stmt)) == SQL_SUCCESS

    together(work, work)


def test_results_are_closed_while_they_are_read_ahead(session: Session) -> None:
    def work() -> None:
        stmt = session.driver.alloc(STMT, session.dbc)
        for _ in range(15):
            assert session.driver.SQLExecDirect(pointer(stmt), b"select range from range(10000000)", -3) == SQL_SUCCESS
            for _ in range(3000):
                assert session.driver.SQLFetch(pointer(stmt)) == SQL_SUCCESS
            assert session.driver.SQLCloseCursor(pointer(stmt)) == SQL_SUCCESS
        assert session.driver.SQLFreeHandle(STMT, pointer(stmt)) == SQL_SUCCESS

    together(work, work)
    session.still_works()


def test_diagnostics_are_read_while_another_thread_uses_the_connection(session: Session) -> None:
    """A call of either thread drops the records that the other one reads."""
    driver, done = session.driver, threading.Event()

    def ask() -> None:
        found = set()
        for _ in range(1000):
            assert driver.SQLGetInfo(pointer(session.dbc), UNKNOWN_INFO, NULL, 0, NULL) == SQL_ERROR
            found.add(driver.state(DBC, session.dbc))
        done.set()
        assert found <= {"", "HY096"}

    def make() -> None:
        while not done.is_set():
            stmt = driver.alloc(STMT, session.dbc)
            assert driver.SQLFreeHandle(STMT, pointer(stmt)) == SQL_SUCCESS
            desc = driver.alloc(DESC, session.dbc)
            assert driver.SQLFreeHandle(DESC, pointer(desc)) == SQL_SUCCESS

    together(ask, make)
    assert driver.SQLGetInfo(pointer(session.dbc), UNKNOWN_INFO, NULL, 0, NULL) == SQL_ERROR
    assert driver.state(DBC, session.dbc) == "HY096"


def test_cancel_comes_at_any_moment_of_the_parameters(session: Session) -> None:
    """SQLCancel of another thread meets the dialogue of data at execution, the execution, or nothing."""
    driver, stmt, done = session.driver, pointer(session.stmt), threading.Event()
    at_execution, token, value = ctypes.c_int64(DATA_AT_EXEC), ctypes.c_void_p(), ctypes.c_int64(41)
    bound = driver.SQLBindParameter(stmt, 1, 1, C_SBIGINT, -5, 0, 0, pointer(77), 0, ctypes.byref(at_execution))
    assert bound == SQL_SUCCESS
    outcomes: set[tuple[int, str]] = set()

    def execute() -> tuple[int, str]:
        rc = session.run(b"select ? + 1")
        if rc == NEED_DATA:
            rc = driver.SQLParamData(stmt, ctypes.byref(token))
        if rc == NEED_DATA:
            rc = driver.SQLPutData(stmt, ctypes.byref(value), 8)
        if rc == SQL_SUCCESS:
            rc = driver.SQLParamData(stmt, ctypes.byref(token))
        if rc == SQL_SUCCESS:
            rc = driver.SQLFetch(stmt)
        if rc == SQL_SUCCESS:
            out = ctypes.c_int64()
            rc = driver.SQLGetData(stmt, 1, C_SBIGINT, ctypes.byref(out), 8, NULL)
            assert rc != SQL_SUCCESS or out.value == 42
        return rc, session.state() if rc != SQL_SUCCESS else ""

    def ask() -> None:
        for _ in range(200):
            outcomes.add(execute())
            driver.SQLFreeStmt(stmt, 0)
        done.set()

    def cancel() -> None:
        while not done.is_set():
            assert driver.SQLCancel(stmt) == SQL_SUCCESS

    together(ask, cancel)
    # Cancelled where it ran, or ended the dialogue, after which SQLParamData and SQLPutData are out of sequence.
    assert outcomes <= {(SQL_SUCCESS, ""), (SQL_ERROR, "HY008"), (SQL_ERROR, "HY010")}
    assert execute() == (SQL_SUCCESS, "")
