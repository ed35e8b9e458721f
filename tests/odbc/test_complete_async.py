"""SQLCompleteAsync on the driver file: polling without the arguments of the call that runs.

Return codes as on the page of SQLCompleteAsync (ODBC 3.8): SQL_SUCCESS with the function's code behind the pointer,
SQL_NO_DATA where nothing runs, SQL_ERROR for a null pointer or a handle without asynchronous execution.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_facts import Facts
from plain import (
    DBC,
    ENV,
    SQL_ERROR,
    SQL_INVALID_HANDLE,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_SUCCESS,
    STMT,
    Session,
    pointer,
)
from polling import ASYNC_ENABLE, NULL, STILL_EXECUTING, asynchronous, cancel, number, poll, start_long

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")


@pytest.fixture
def session(driver_path: Path) -> Iterator[Session]:
    with asynchronous(driver_path) as opened:
        yield opened


def finish(session: Session, rc: int) -> int:
    """The code of the function that answered `rc`, waited for through SQLCompleteAsync where it still runs."""
    if rc != STILL_EXECUTING:
        return rc
    outcome = ctypes.c_int16(99)

    def again() -> int:
        assert session.driver.SQLCompleteAsync(STMT, pointer(session.stmt), ctypes.byref(outcome)) == SQL_SUCCESS
        return outcome.value

    return poll(again)[0]


def test_statement_and_rows(session: Session, facts: Facts) -> None:
    rc = session.run(f"select count(*) from {facts.numbers(3_000_000)} where i % 7 = 3".encode())
    assert rc == STILL_EXECUTING
    assert finish(session, rc) == SQL_SUCCESS
    assert finish(session, session.driver.SQLFetch(pointer(session.stmt))) == SQL_SUCCESS
    assert number(session) == 428571  # 3, 10, … 2999993: (2999993 - 3) / 7 + 1
    assert finish(session, session.driver.SQLFetch(pointer(session.stmt))) == SQL_NO_DATA


def test_descriptions_go_into_the_buffers_of_the_first_call(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    for ask in range(3):
        assert finish(session, driver.SQLPrepare(stmt, b"select 1 as a, 'x' as bc", SQL_NTS)) == SQL_SUCCESS
        if ask == 0:
            columns = ctypes.c_int16()
            assert finish(session, driver.SQLNumResultCols(stmt, ctypes.byref(columns))) == SQL_SUCCESS
            assert columns.value == 2
        name, length = ctypes.create_string_buffer(10), ctypes.c_int16()
        if ask == 1:
            kind, digits, nullable, size = ctypes.c_int16(99), ctypes.c_int16(), ctypes.c_int16(), ctypes.c_uint64()
            outs = [ctypes.byref(x) for x in (length, kind, size, digits, nullable)]
            assert finish(session, driver.SQLDescribeCol(stmt, 2, name, 10, *outs)) == SQL_SUCCESS
            assert (name.value, length.value) == (b"bc", 2)
            assert kind.value in (1, 12, -1, -8, -9, -10)  # one of the character types
        if ask == 2:
            got = driver.SQLColAttribute(stmt, 2, 1011, name, 10, ctypes.byref(length), NULL)  # SQL_DESC_NAME
            assert finish(session, got) == SQL_SUCCESS
            assert (name.value, length.value) == (b"bc", 2)


def test_the_functions_error_and_its_record(session: Session) -> None:
    assert finish(session, session.run(b"select * from no_such_table")) == SQL_ERROR
    assert session.state() == "42S02"


def test_a_cancelled_statement(session: Session, facts: Facts) -> None:
    start_long(session, facts)
    cancel(session, lambda: finish(session, STILL_EXECUTING))


def test_nothing_runs(session: Session) -> None:
    driver, outcome = session.driver, ctypes.c_int16(99)
    assert driver.SQLCompleteAsync(STMT, pointer(session.stmt), ctypes.byref(outcome)) == SQL_NO_DATA
    assert driver.SQLCompleteAsync(STMT, pointer(session.stmt), NULL) == SQL_ERROR
    assert driver.SQLSetStmtAttr(pointer(session.stmt), ASYNC_ENABLE, pointer(0), 0) == SQL_SUCCESS
    assert driver.SQLCompleteAsync(STMT, pointer(session.stmt), ctypes.byref(outcome)) == SQL_ERROR
    assert driver.SQLCompleteAsync(DBC, pointer(session.dbc), ctypes.byref(outcome)) == SQL_ERROR
    assert outcome.value == 99


@pytest.mark.engines("duckdb")
def test_handles_that_are_none(session: Session) -> None:
    driver, outcome = session.driver, ctypes.c_int16(99)
    wrong = [(STMT, session.dbc), (DBC, session.stmt), (ENV, session.env), (STMT, None), (99, session.stmt)]
    for kind, handle in wrong:
        assert driver.SQLCompleteAsync(kind, pointer(handle), ctypes.byref(outcome)) == SQL_INVALID_HANDLE
    assert outcome.value == 99


@pytest.mark.engines("duckdb")
def test_it_is_listed(session: Session) -> None:
    there = ctypes.c_uint16(99)
    assert session.driver.SQLGetFunctions(pointer(session.dbc), 1551, ctypes.byref(there)) == SQL_SUCCESS
    assert there.value == 1
