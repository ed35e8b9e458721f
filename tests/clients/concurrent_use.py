"""Several threads on one connection through unixODBC, called as libodbc's functions; prints what happened.

concurrent_use.py CONNECTION_STRING LONG_QUERY TASK
    cancel   SQLCancel from another thread: SQLSTATE and the seconds that the statement went on after it
    async    the same statement asynchronously: polled, cancelled, polled; SQLSTATE and seconds
    threads  four threads with statements of their own: how many of their queries came out right
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from plain import C_SBIGINT, SQL_NTS, SQL_SUCCESS, STMT, Driver, Session, pointer

STILL_EXECUTING, ASYNC_ENABLE, CLOSE = 2, 4, 0
WARMS_UP = b"select 1"
"""A server that has just started plans its first query for seconds."""
THREADS, QUERIES = 4, 10


def report(session: Session, since: float) -> None:
    print(session.state(), f"{time.monotonic() - since:.3f}")


def cancel(session: Session, query: bytes) -> None:
    session.ok(WARMS_UP)
    assert session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE) == SQL_SUCCESS
    asked = [0.0]

    def ask() -> None:
        time.sleep(1)
        asked[0] = time.monotonic()
        session.driver.SQLCancel(pointer(session.stmt))

    asking = threading.Thread(target=ask)
    asking.start()
    session.run(query)
    report(session, asked[0])
    asking.join()


def asynchronous(session: Session, query: bytes) -> None:
    session.ok(WARMS_UP)
    assert session.driver.SQLFreeStmt(pointer(session.stmt), CLOSE) == SQL_SUCCESS
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), ASYNC_ENABLE, pointer(1), 0) == SQL_SUCCESS
    end = time.monotonic() + 1
    while time.monotonic() < end:
        assert session.run(query) == STILL_EXECUTING, session.state()
        time.sleep(0.05)
    asked = time.monotonic()
    session.driver.SQLCancel(pointer(session.stmt))  # at level 3 unixODBC answers SQL_ERROR whatever the driver said
    while session.run(query) == STILL_EXECUTING:
        time.sleep(0.01)
    report(session, asked)


def one_query(session: Session, stmt: int, number: int) -> bool:
    driver, value = session.driver, ctypes.c_int64()
    sql = f"select {number} + 1".encode()
    return (
        driver.SQLExecDirect(pointer(stmt), sql, SQL_NTS) == SQL_SUCCESS
        and driver.SQLFetch(pointer(stmt)) == SQL_SUCCESS
        and driver.SQLGetData(pointer(stmt), 1, C_SBIGINT, ctypes.byref(value), 8, pointer(None)) == SQL_SUCCESS
        and driver.SQLCloseCursor(pointer(stmt)) == SQL_SUCCESS
        and value.value == number + 1
    )


def threads(session: Session, query: bytes) -> None:
    right: list[bool] = []

    def work(first: int) -> None:
        stmt = session.driver.alloc(STMT, session.dbc)
        right.extend(one_query(session, stmt, first + i) for i in range(QUERIES))
        session.driver.SQLFreeHandle(STMT, pointer(stmt))

    running = [threading.Thread(target=work, args=(1000 * k,)) for k in range(THREADS)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(sum(right), "right")


def main(connection: str, query: str, task: str) -> None:
    session = Session(Driver(Path(ctypes.util.find_library("odbc") or "libodbc.so.2")), connection)
    {"cancel": cancel, "async": asynchronous, "threads": threads}[task](session, query.encode())
    session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
