"""Appendix B on the driver file itself: what the fetch and cursor functions may answer in each state of a statement."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tables
from plain import C_SBIGINT, SQL_ERROR, SQL_NTS, SQL_SUCCESS, Driver, Session, pointer

NOTHING = pointer(None)


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def allocated(_: Session) -> None:
    """S1."""


def prepared_without_result(session: Session) -> None:
    session.ok(b"CREATE TABLE t (a INTEGER)")
    session.driver.SQLFreeStmt(pointer(session.stmt), 0)
    assert session.driver.SQLPrepare(pointer(session.stmt), b"INSERT INTO t VALUES (1)", SQL_NTS) == SQL_SUCCESS


def prepared_with_result(session: Session) -> None:
    assert session.driver.SQLPrepare(pointer(session.stmt), b"SELECT 1", SQL_NTS) == SQL_SUCCESS


def executed_without_result(session: Session) -> None:
    session.ok(b"CREATE TABLE t (a INTEGER)")


def opened(session: Session) -> None:
    session.ok(b"SELECT * FROM range(3)")


def fetched(session: Session) -> None:
    session.fetched(b"SELECT * FROM range(3)")


def fetched_extended(session: Session) -> None:
    opened(session)
    count, statuses = ctypes.c_uint64(), (ctypes.c_uint16 * 1)()
    rc = session.driver.SQLExtendedFetch(pointer(session.stmt), 1, 0, ctypes.byref(count), statuses)
    assert rc == SQL_SUCCESS


STATES: dict[str, Callable[[Session], None]] = {
    "S1": allocated,
    "S2": prepared_without_result,
    "S3": prepared_with_result,
    "S4": executed_without_result,
    "S5": opened,
    "S6": fetched,
    "S7": fetched_extended,
}

VALUE, COUNT, WORDS = ctypes.c_int64(), ctypes.c_uint64(), (ctypes.c_uint16 * 4)()
CALLS: dict[str, tuple[object, ...]] = {
    "SQLFetch": (),
    "SQLFetchScroll": (1, 0),
    "SQLExtendedFetch": (1, 0, ctypes.byref(COUNT), WORDS),
    "SQLGetData": (1, C_SBIGINT, ctypes.byref(VALUE), 8, NOTHING),
    "SQLSetPos": (1, 0, 0),
    "SQLBulkOperations": (4,),
    "SQLCloseCursor": (),
    "SQLRowCount": (ctypes.byref(VALUE),),
    "SQLExecute": (),
}
# ODBC 2's code, printed on the page for HY010.
NAMES = {"S1010": "HY010"}


def wanted(function: str, state: str) -> set[str]:
    """SQLSTATEs of the table's cells, "" for those that let the function run."""
    cells = tables.rows("state_transitions", machine="stmt", function=function, state=state)
    results = {cell["result"] for cell in cells if "result" in cell}
    assert results, (function, state)
    return {NAMES.get(r, r) if r[0].isdigit() or (r[:2] in ("HY", "S1") and len(r) == 5) else "" for r in results}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("function", CALLS)
def test_a_function_in_a_state(session: Session, function: str, state: str) -> None:
    STATES[state](session)
    rc = getattr(session.driver, function)(pointer(session.stmt), *CALLS[function])
    allowed = wanted(function, state)
    found = session.state() if rc == SQL_ERROR else ""
    if found == "HYC00":  # the function runs, and refuses the operation
        found = ""
    assert found in allowed, (function, state, found, allowed)
