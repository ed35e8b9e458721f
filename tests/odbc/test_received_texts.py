"""Texts of HiveServer2, which the driver leaves where they were received: the same by every way that a program reads them."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from fakes.hs2 import FakeHS2, Result
from plain import SQL_ERROR, SQL_NO_DATA, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer
from registration import connection_string

CHAR, WCHAR, STRING, DECIMAL = 1, -8, 7, 15
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


PRICES = [
    # The second page has texts that are not what the driver shows, the third a number that no 64 bits hold.
    [None if i % 4 == 1 else f"{sign}{i * 977 % 5000}.{i % 100:02d}" for i in range(1, 60) for sign in ("", "-")],
    ["1.5", "007.25", "-0.00", None, "2E+2", "3.00"],
    ["12345678901234567890123.45", "0.01", None],
]
SHOWN = [*PRICES[0], "1.50", "7.25", "0.00", None, "200.00", "3.00", *PRICES[2]]


@pytest.mark.parametrize("c_type", [CHAR, WCHAR])
@pytest.mark.parametrize("static", [False, True])
def test_decimals_are_shown_with_their_scale(driver_path: Path, c_type: int, static: bool) -> None:
    columns = [("d", DECIMAL, "stringVal", {"precision": 25, "scale": 2})]
    with FakeHS2({"prices": Result(columns=columns, pages=[[page] for page in PRICES])}) as server:
        where = {"Backend": "hive", "Host": "127.0.0.1", "Port": server.port, "UID": "ann", "PWD": "x"}
        session = Session(Driver(driver_path), connection_string(**where, AuthMech="PLAIN"))
        if static:
            assert session.driver.SQLSetStmtAttr(pointer(session.stmt), 6, pointer(STATIC), 0) == SQL_SUCCESS
        session.ok(b"prices")
        if static:
            assert texts(session, c_type, LAST) == SHOWN[-BLOCK:]
            assert texts(session, c_type, FIRST) == SHOWN[:BLOCK]
        else:
            assert texts(session, c_type, NEXT) == SHOWN[:BLOCK]
        for begin in range(BLOCK, len(SHOWN), BLOCK):
            assert texts(session, c_type, NEXT) == SHOWN[begin : begin + BLOCK]
        assert texts(session, c_type, NEXT) == []
        session.close()


def test_a_decimal_that_stayed_text_is_a_number_too(driver_path: Path) -> None:
    columns = [("d", DECIMAL, "stringVal", {"precision": 25, "scale": 2})]
    with FakeHS2({"prices": Result(columns=columns, pages=[[["-1234.50", "99999.99"]]])}) as server:
        where = {"Backend": "hive", "Host": "127.0.0.1", "Port": server.port, "UID": "ann", "PWD": "x"}
        session = Session(Driver(driver_path), connection_string(**where, AuthMech="PLAIN"))
        driver, stmt = session.driver, pointer(session.stmt)
        session.ok(b"prices")
        real, whole, left = ctypes.c_double(), ctypes.c_int64(), ctypes.c_int64()
        text = ctypes.create_string_buffer(7)
        assert driver.SQLFetch(stmt) == SQL_SUCCESS
        assert driver.SQLGetData(stmt, 1, 8, ctypes.byref(real), 8, ctypes.byref(left)) == SQL_SUCCESS
        assert real.value == -1234.5
        assert driver.SQLGetData(stmt, 1, -25, ctypes.byref(whole), 8, ctypes.byref(left)) == SQL_SUCCESS_WITH_INFO
        assert (whole.value, session.state()) == (-1234, "01S07")
        assert driver.SQLFetch(stmt) == SQL_SUCCESS
        # Only digits behind the point may be cut off a number.
        assert driver.SQLGetData(stmt, 1, CHAR, text, 7, ctypes.byref(left)) == SQL_SUCCESS_WITH_INFO
        assert (text.value, left.value, session.state()) == (b"99999.", 8, "01004")
        assert driver.SQLFetch(stmt) == SQL_NO_DATA
        session.close()
