"""SQLSetCursorName and SQLGetCursorName on the driver file itself."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import SQL_ERROR, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, STMT, Driver, Session, pointer


@pytest.fixture
def session(driver_path: Path) -> Iterator[Session]:
    opened = Session(Driver(driver_path))
    yield opened
    opened.close()


def name(session: Session, statement: int, capacity: int = 100) -> tuple[int, str, int]:
    text, length = ctypes.create_string_buffer(100), ctypes.c_int16()
    rc = session.driver.SQLGetCursorName(pointer(statement), text, capacity, ctypes.byref(length))
    return rc, text.value.decode(), length.value


def test_a_name_that_is_made(session: Session) -> None:
    """The driver generates a name that begins with SQL_CUR, and no two are equal."""
    other = session.driver.alloc(STMT, session.dbc)
    (rc, one, _), (_, two, _) = name(session, session.stmt), name(session, other)
    assert rc == SQL_SUCCESS
    assert one.startswith("SQL_CUR")
    assert two.startswith("SQL_CUR")
    assert one != two


def test_a_name_that_is_set(session: Session) -> None:
    statement = pointer(session.stmt)
    assert session.driver.SQLSetCursorName(statement, "žluť".encode(), SQL_NTS) == SQL_SUCCESS
    assert name(session, session.stmt) == (SQL_SUCCESS, "žluť", 6)
    assert name(session, session.stmt, 4) == (SQL_SUCCESS_WITH_INFO, "žl", 6)
    assert session.state() == "01004"
    wide = "Zwei".encode("utf-16-le")
    assert session.driver.SQLSetCursorNameW(statement, wide, 4) == SQL_SUCCESS
    assert name(session, session.stmt)[1] == "Zwei"


@pytest.mark.parametrize("text", [b"", b"SQL_CUR9", b"SQLCUR9", b"n" * 129])
def test_names_that_cannot_be(session: Session, text: bytes) -> None:
    assert session.driver.SQLSetCursorName(pointer(session.stmt), text, len(text)) == SQL_ERROR
    assert session.state() == "34000"


def test_a_name_is_one_statement_s(session: Session) -> None:
    other = session.driver.alloc(STMT, session.dbc)
    assert session.driver.SQLSetCursorName(pointer(other), b"mine", SQL_NTS) == SQL_SUCCESS
    assert session.driver.SQLSetCursorName(pointer(session.stmt), b"mine", SQL_NTS) == SQL_ERROR
    assert session.state() == "3C000"
