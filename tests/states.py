"""The states of a statement (Appendix B): how a test gets into each, and how it finds out in which one a statement is."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

from plain import C_CHAR, SQL_ERROR, SQL_NTS, SQL_SUCCESS, STMT, Session, pointer

NEED_DATA, STILL_EXECUTING = 99, 2
NULL = pointer(None)
ASYNC_ENABLE, ROW_NUMBER = 4, 14
# Hours of work that a cancel ends at once.
LONG = b"select sum(a.range * b.range) from range(3000000) a, range(300000) b"
ASKS = ctypes.c_int64(-2)
"""SQL_DATA_AT_EXEC, at an address that stays."""


def allocated(_: Session) -> None:
    """S1."""


def prepared_without_result(session: Session) -> None:
    assert session.driver.SQLPrepare(pointer(session.stmt), b"INSERT INTO walked VALUES (1)", SQL_NTS) == SQL_SUCCESS


def prepared_with_result(session: Session) -> None:
    assert session.driver.SQLPrepare(pointer(session.stmt), b"SELECT 1", SQL_NTS) == SQL_SUCCESS


def executed_without_result(session: Session) -> None:
    session.ok(b"CREATE OR REPLACE TEMP TABLE s4 (a INTEGER)")


def opened(session: Session) -> None:
    session.ok(b"SELECT * FROM range(3)")


def fetched(session: Session) -> None:
    session.fetched(b"SELECT * FROM range(3)")


def fetched_extended(session: Session) -> None:
    opened(session)
    count, statuses = ctypes.c_uint64(), (ctypes.c_uint16 * 1)()
    rc = session.driver.SQLExtendedFetch(pointer(session.stmt), 1, 0, ctypes.byref(count), statuses)
    assert rc == SQL_SUCCESS


def needs_data(session: Session) -> None:
    rc = session.driver.SQLBindParameter(
        pointer(session.stmt), 1, 1, C_CHAR, 12, 10, 0, pointer(7), 0, ctypes.byref(ASKS)
    )
    assert rc == SQL_SUCCESS
    assert session.run(b"SELECT ?") == NEED_DATA


def must_put(session: Session) -> None:
    needs_data(session)
    token = ctypes.c_void_p()
    assert session.driver.SQLParamData(pointer(session.stmt), ctypes.byref(token)) == NEED_DATA
    assert token.value == 7


def can_put(session: Session) -> None:
    must_put(session)
    assert session.driver.SQLPutData(pointer(session.stmt), b"abc", 3) == SQL_SUCCESS


def executing(session: Session) -> None:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), ASYNC_ENABLE, pointer(1), 0) == SQL_SUCCESS
    assert session.run(LONG) == STILL_EXECUTING


def cancelled(session: Session) -> None:
    executing(session)
    assert session.driver.SQLCancel(pointer(session.stmt)) == SQL_SUCCESS


STATES: dict[str, Callable[[Session], None]] = {
    "S1": allocated,
    "S2": prepared_without_result,
    "S3": prepared_with_result,
    "S4": executed_without_result,
    "S5": opened,
    "S6": fetched,
    "S7": fetched_extended,
    "S8": needs_data,
    "S9": must_put,
    "S10": can_put,
    "S11": executing,
    "S12": cancelled,
}
WAITING = ("S8", "S9", "S10")


def leave(session: Session) -> None:
    """Free the statement, whatever it is in."""
    session.driver.SQLCancel(pointer(session.stmt))
    end = time.monotonic() + 10
    while session.driver.SQLFreeHandle(STMT, pointer(session.stmt)) == SQL_ERROR:
        assert time.monotonic() < end
        session.run(LONG)  # asks how the asynchronous call is
        time.sleep(0.002)


def now(session: Session) -> str:
    """The state of the statement, by what functions answer there; `S8` for S8 to S10. May move the cursor."""
    driver, statement = session.driver, pointer(session.stmt)
    number, small = ctypes.c_int64(), ctypes.c_int16()
    if driver.SQLNumParams(statement, ctypes.byref(small)) == SQL_ERROR:
        # SQLBindCol may not be called in S8 to S10.
        return "S8" if driver.SQLBindCol(statement, 1, C_CHAR, NULL, 0, NULL) == SQL_ERROR else "S1"
    executed = driver.SQLRowCount(statement, ctypes.byref(number)) == SQL_SUCCESS
    assert driver.SQLNumResultCols(statement, ctypes.byref(small)) == SQL_SUCCESS
    if not executed:
        return "S3" if small.value else "S2"
    if not small.value:
        return "S4"
    if driver.SQLGetStmtAttr(statement, ROW_NUMBER, ctypes.byref(number), 0, NULL) == SQL_ERROR:
        return "S5"
    return "S7" if driver.SQLFetch(statement) == SQL_ERROR else "S6"
