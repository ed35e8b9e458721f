"""Diagnostic records on the driver file itself, against the specification's rules for SQLGetDiagRec."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import SQL_NO_DATA, SQL_SUCCESS, STMT, Driver, Session, pointer

READ_BY_ISQL = 500
"""Bytes that isql (and units that iusql) gives SQLGetDiagRec for a message."""


@pytest.fixture(scope="module")
def session(driver_path: Path) -> Iterator[Session]:
    opened = Session(Driver(driver_path))
    yield opened
    opened.close()


def messages(session: Session, capacity: int = 20000) -> list[str]:
    """The texts of all records of the statement."""
    found, i = [], 1
    while True:
        text, state = ctypes.create_string_buffer(capacity), ctypes.create_string_buffer(6)
        native, length = ctypes.c_int32(), ctypes.c_int16()
        rc = session.driver.SQLGetDiagRec(
            STMT, pointer(session.stmt), i, state, ctypes.byref(native), text, capacity, ctypes.byref(length)
        )
        if rc == SQL_NO_DATA:
            return found
        assert rc == SQL_SUCCESS, (rc, i)
        assert length.value == len(text.value)
        found.append(text.value.decode("utf-8"))
        i += 1


def raised(session: Session, text: str) -> list[str]:
    """The records of an engine error with this text; DuckDB's error() raises it."""
    session.run(f"select error('{text}')".encode())
    return messages(session)


# ---- long messages ----


def bodies(records: list[str]) -> list[str]:
    assert all(r.startswith("[Argus") for r in records)
    return [r.split("] ", 1)[1] for r in records]


@pytest.mark.parametrize("text", ["a short one", "x" * 440], ids=["short", "just fits"])
def test_a_message_that_fits_is_one_record(session: Session, text: str) -> None:
    assert bodies(raised(session, text)) == [f"Invalid Input Error: {text}"]


def test_a_long_message_is_its_first_lines_and_the_rest(session: Session) -> None:
    heart = "The table is not there.\nLook at its name " + "and its schema " * 10
    plan = "\n".join(f"+- step {i} of a plan" for i in range(100))
    first, rest = records = raised(session, f"{heart.strip()}\n{plan}")
    assert len(first.encode()) < READ_BY_ISQL
    whole = "\n".join(bodies(records))
    assert whole == f"Invalid Input Error: {heart.strip()}\n{plan}", "no line is cut or lost"
    assert len(rest) > 1000


def test_a_long_line_parts_between_words(session: Session) -> None:
    records = raised(session, "word " * 150 + "end")
    assert len(records) == 2
    assert " ".join(bodies(records)) == "Invalid Input Error: " + "word " * 150 + "end"


@pytest.mark.parametrize("character", ["x", "ä", "漢", "😀"])
def test_a_message_without_words_parts_between_characters(session: Session, character: str) -> None:
    records = raised(session, character * 700)
    assert len(records) == 2
    assert len(records[0].encode()) < READ_BY_ISQL
    assert "".join(bodies(records)) == "Invalid Input Error: " + character * 700
