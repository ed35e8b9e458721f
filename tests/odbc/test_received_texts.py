"""Texts of HiveServer2, which the driver leaves where they were received: the same by every way that a program reads them."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from fakes.hs2 import FakeHS2, Result
from plain import SQL_ERROR, SQL_SUCCESS, Driver, Session, pointer
from registration import connection_string

CHAR, WCHAR, STRING = 1, -8, 7
NEXT, FIRST, LAST, PRIOR = 1, 2, 3, 4
NULL_DATA, STATIC, BLOCK, ROOM = -1, 3, 7, 120
TEXTS = [
    [
        None if i % 5 == 3 else ["", "x", "Zürich – Übung", "y" * 16, "z" * 33, "😀" * 9][i % 6] + str(i)[: i % 3]
        for i in rows
    ]
    for rows in (range(40), range(40, 45), range(45, 90))
]
ALL = [text for page in TEXTS for text in page]


def texts(session: Session, c_type: int, scroll: int) -> list[str | None]:
    """The texts of the next block, through SQLFetchScroll."""
    driver, stmt = session.driver, pointer(session.stmt)
    room = ROOM * (1 if c_type == CHAR else 2)
    data, lengths = ctypes.create_string_buffer(room * BLOCK), (ctypes.c_int64 * BLOCK)()
    fetched = ctypes.c_uint64()
    assert driver.SQLSetStmtAttr(stmt, 27, pointer(BLOCK), 0) == SQL_SUCCESS
    assert driver.SQLSetStmtAttr(stmt, 26, ctypes.byref(fetched), 0) == SQL_SUCCESS
    assert driver.SQLBindCol(stmt, 1, c_type, data, room, lengths) == SQL_SUCCESS
    rc = driver.SQLFetchScroll(stmt, scroll, 0)
    assert rc != SQL_ERROR, session.state()
    cells = [
        None
        if lengths[i] == NULL_DATA
        else data.raw[i * room :][: lengths[i]].decode("utf-8" if c_type == CHAR else "utf-16-le")
        for i in range(fetched.value if rc == SQL_SUCCESS else 0)
    ]
    assert driver.SQLBindCol(stmt, 1, c_type, pointer(None), 0, pointer(None)) == SQL_SUCCESS
    return cells


@pytest.mark.parametrize("sasl", [True, False])
@pytest.mark.parametrize("c_type", [CHAR, WCHAR])
@pytest.mark.parametrize("static", [False, True])
def test_texts_are_those_that_were_sent(driver_path: Path, sasl: bool, c_type: int, static: bool) -> None:
    result = Result(columns=[("t", STRING, "stringVal", {})], pages=[[page] for page in TEXTS])
    with FakeHS2({"texts": result}, sasl=sasl) as server:
        where = {"Backend": "hive", "Host": "127.0.0.1", "Port": server.port, "UID": "ann", "PWD": "x"}
        session = Session(Driver(driver_path), connection_string(**where, AuthMech="PLAIN" if sasl else "NOSASL"))
        if static:
            assert session.driver.SQLSetStmtAttr(pointer(session.stmt), 6, pointer(STATIC), 0) == SQL_SUCCESS
        session.ok(b"texts")
        if static:
            # Backwards first: the whole result is kept then, in memory of its own.
            assert texts(session, c_type, LAST) == ALL[-BLOCK:]
            assert texts(session, c_type, PRIOR) == ALL[-2 * BLOCK : -BLOCK]
            assert texts(session, c_type, FIRST) == ALL[:BLOCK]
        else:
            assert texts(session, c_type, NEXT) == ALL[:BLOCK]
        for begin in range(BLOCK, len(ALL), BLOCK):
            assert texts(session, c_type, NEXT) == ALL[begin : begin + BLOCK]
        assert texts(session, c_type, NEXT) == []
        session.close()
