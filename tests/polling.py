"""Asynchronous statements on the driver file: started, polled, cancelled."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine_facts import Facts
from plain import C_SBIGINT, SQL_ERROR, SQL_SUCCESS, STMT, Driver, Session, pointer

STILL_EXECUTING = 2
ASYNC_ENABLE = 4
NULL = pointer(None)


@contextmanager
def asynchronous(driver_path: Path) -> Iterator[Session]:
    """A session whose statement runs asynchronously. What a failed test has left running is ended with it."""
    opened = Session(Driver(driver_path))
    assert opened.driver.SQLSetStmtAttr(pointer(opened.stmt), ASYNC_ENABLE, pointer(1), 0) == SQL_SUCCESS
    yield opened
    opened.driver.SQLCancel(pointer(opened.stmt))
    end = time.monotonic() + 10
    while opened.driver.SQLFreeHandle(STMT, pointer(opened.stmt)) == SQL_ERROR and time.monotonic() < end:
        opened.run(b"select 1")
        opened.driver.SQLFetch(pointer(opened.stmt))
        time.sleep(0.01)
    opened.close()


def poll(call: Callable[[], int], seconds: float = 60) -> tuple[int, int]:
    """Repeat a call until it is done: its code, and how often it said that it still runs."""
    end, times = time.monotonic() + seconds, 0
    while (rc := call()) == STILL_EXECUTING:
        times += 1
        assert time.monotonic() < end, "still executing"
        time.sleep(0.002)
    return rc, times


def number(session: Session, column: int = 1) -> int:
    value = ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), column, C_SBIGINT, ctypes.byref(value), 8, NULL)
    assert rc == SQL_SUCCESS, session.state()
    return value.value


def start_long(session: Session, facts: Facts) -> Callable[[], int]:
    """A statement that runs for long; the call that polls it."""

    def again() -> int:
        return session.run(facts.slow.encode())

    assert again() == STILL_EXECUTING
    assert session.state() == ""
    return again


def cancel(session: Session, again: Callable[[], int]) -> None:
    assert session.driver.SQLCancel(pointer(session.stmt)) == SQL_SUCCESS
    started = time.monotonic()
    assert poll(again)[0] == SQL_ERROR
    assert session.state() == "HY008"
    assert time.monotonic() - started < 3  # below one on a machine that is idle
