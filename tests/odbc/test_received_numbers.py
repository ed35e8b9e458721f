"""Numbers of HiveServer2, which the driver leaves in the byte order of the wire: the same by every way that they are read."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path
from typing import Any

import pytest

from fakes.hs2 import FakeHS2, Result
from plain import SQL_ERROR, SQL_NO_DATA, SQL_NULL_DATA, SQL_SUCCESS, Driver, Session, pointer
from registration import connection_string

ROW_BIND_TYPE, CURSOR_TYPE, ARRAY_SIZE, FETCHED = 5, 6, 27, 26
STATIC, FIRST, LAST, PRIOR, POSITION = 3, 2, 3, 4, 0
COLUMNS = [
    ("t", 7, "stringVal", {}),  # of another length on each page, so that the numbers stand at every address
    ("s", 2, "i16Val", {}),
    ("i", 3, "i32Val", {}),
    ("b", 4, "i64Val", {}),
    ("r", 5, "doubleVal", {}),
    ("d", 6, "doubleVal", {}),
]
# The column, its SQL_C type of the same width and sign, and that as a format of the struct module.
OWN = [(2, -15, "h"), (3, -16, "i"), (4, -25, "q"), (5, 7, "f"), (6, 8, "d")]
SMALL, INT, BIG = 2**15, 2**31, 2**63


def page(number: int, rows: int, nulls: bool) -> list[list[Any]]:
    here = range(number, number + rows)
    columns = [
        ["x" * number] + [""] * (rows - 1),
        [(i * 6_151) % (2 * SMALL) - SMALL for i in here],
        [(i * 805_306_457) % (2 * INT) - INT for i in here],
        [(i * 7_046_029_254_386_353_131) % (2 * BIG) - BIG for i in here],
        [i / 4 - 3 for i in here],
        [float(i) ** 9 / -7 for i in here],
    ]
    if nulls:
        for k, column in enumerate(columns[1:], 2):
            column[::k] = [None] * len(column[::k])
    return columns


# Pages of every remainder by 8, with and without NULLs, and one of more than 4096 bytes a column.
PAGES = [page(n, 9 + n % 3, n % 2 == 1) for n in range(8)] + [page(8, 1100, False)]
ROWS = [row for columns in PAGES for row in zip(*columns, strict=True)]


@pytest.fixture
def server():
    with FakeHS2({"numbers": Result(columns=COLUMNS, pages=PAGES)}) as running:
        yield running


def opened(driver_path: Path, server: FakeHS2, static: bool = False) -> Session:
    where = {"Backend": "hive", "Host": "127.0.0.1", "Port": server.port, "UID": "ann", "PWD": "x"}
    session = Session(Driver(driver_path), connection_string(**where, AuthMech="PLAIN"))
    if static:
        set_to(session, CURSOR_TYPE, STATIC)
    session.ok(b"numbers")
    return session


def set_to(session: Session, attribute: int, value: int) -> None:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), attribute, pointer(value), 0) == SQL_SUCCESS


def block(session: Session, rows: int, step: int = 0, shift: int = 0, scroll: int = 1) -> list[tuple]:
    """The next rows by arrays `shift` bytes behind an aligned address; `step`: bytes of a row, for binding by rows."""
    driver, stmt = session.driver, pointer(session.stmt)
    fetched = ctypes.c_uint64()
    set_to(session, ARRAY_SIZE, rows)
    set_to(session, ROW_BIND_TYPE, step)
    assert driver.SQLSetStmtAttr(stmt, FETCHED, ctypes.byref(fetched), 0) == SQL_SUCCESS
    room, places = ctypes.create_string_buffer(b"\x55" * (40 * rows * len(OWN) + 64)), []
    base = (ctypes.addressof(room) + 15) // 16 * 16 + shift
    for k, (number, c_type, form) in enumerate(OWN):
        width = struct.calcsize(form)
        data, ind = (16 * k, 16 * k + 8) if step else (32 * rows * k, 32 * rows * k + 16 * rows)
        places.append((form, base + data, step or width, base + ind, step or 8))
        assert driver.SQLBindCol(stmt, number, c_type, pointer(base + data), width, pointer(base + ind)) == SQL_SUCCESS
    rc = driver.SQLFetchScroll(stmt, scroll, 0)
    assert rc != SQL_ERROR, session.state()
    got = []
    for i in range(fetched.value if rc == SQL_SUCCESS else 0):
        row = []
        for form, data, width, ind, gap in places:
            length = ctypes.c_int64.from_buffer_copy(ctypes.string_at(ind + i * gap, 8)).value
            cell = ctypes.string_at(data + i * width, struct.calcsize(form))
            assert length in (struct.calcsize(form), SQL_NULL_DATA)
            if length == SQL_NULL_DATA:
                assert cell == b"\x55" * len(cell), "a NULL leaves the buffer as it is"
            row.append(None if length == SQL_NULL_DATA else struct.unpack("=" + form, cell)[0])
        got.append(tuple(row))
    assert driver.SQLFreeStmt(stmt, 2) == SQL_SUCCESS
    set_to(session, ROW_BIND_TYPE, 0)
    set_to(session, FETCHED, 0)
    return got


def cells(session: Session, types: list[tuple[int, int, str]] = OWN) -> tuple:
    """The current row by SQLGetData."""
    row = []
    for number, c_type, form in types:
        cell, length = ctypes.create_string_buffer(40), ctypes.c_int64()
        assert (
            session.driver.SQLGetData(pointer(session.stmt), number, c_type, cell, 40, ctypes.byref(length))
            == SQL_SUCCESS
        )
        null = length.value == SQL_NULL_DATA
        row.append(None if null else cell.value.decode() if form == "s" else struct.unpack_from("=" + form, cell)[0])
    return tuple(row)


def test_numbers_come_by_bound_arrays(driver_path: Path, server: FakeHS2) -> None:
    for rows, step, shift in ((7, 0, 0), (2000, 0, 0), (50, 0, 3), (7, 96, 0), (50, 83, 1)):
        session = opened(driver_path, server)
        got: list[tuple] = []
        while more := block(session, rows, step, shift):
            got += more
        assert got == [row[1:] for row in ROWS]
        session.close()


def test_numbers_come_one_by_one(driver_path: Path, server: FakeHS2) -> None:
    session = opened(driver_path, server)
    got = []
    while session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS:
        got.append(cells(session))
    assert got == [row[1:] for row in ROWS]
    session.close()


def test_one_batch_is_read_by_several_ways(driver_path: Path, server: FakeHS2) -> None:
    """A block, cells of its rows, single rows, and blocks again, all of the same page."""
    session = opened(driver_path, server)
    driver, stmt = session.driver, pointer(session.stmt)
    skipped = len(ROWS) - 1100
    got = [row for _ in range(skipped) for row in block(session, 1)]
    assert block(session, 5) == [row[1:] for row in ROWS[skipped : skipped + 5]]
    assert driver.SQLSetPos(stmt, 3, POSITION, 0) == SQL_SUCCESS
    assert cells(session) == ROWS[skipped + 2][1:]
    assert block(session, 5) == [row[1:] for row in ROWS[skipped + 5 : skipped + 10]]
    set_to(session, ARRAY_SIZE, 1)
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert cells(session) == ROWS[skipped + 10][1:]
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert cells(session) == ROWS[skipped + 11][1:]
    got += [row for _ in range(11) for row in block(session, 100)]
    assert got == [row[1:] for row in [*ROWS[:skipped], *ROWS[skipped + 12 :]]]
    assert driver.SQLFetch(stmt) == SQL_NO_DATA
    session.close()


def test_single_rows_follow_blocks_of_the_same_batch(driver_path: Path, server: FakeHS2) -> None:
    session = opened(driver_path, server)
    driver, stmt = session.driver, pointer(session.stmt)
    whole, length = ctypes.c_int64(), ctypes.c_int64()
    assert block(session, 2) == [row[1:] for row in ROWS[:2]]
    set_to(session, ARRAY_SIZE, 1)
    assert driver.SQLBindCol(stmt, 4, -25, ctypes.byref(whole), 8, ctypes.byref(length)) == SQL_SUCCESS
    for row in ROWS[2:9]:
        assert driver.SQLFetch(stmt) == SQL_SUCCESS
        assert whole.value == row[3]
    session.close()


def test_numbers_are_converted_as_any_other(driver_path: Path, server: FakeHS2) -> None:
    """To text and to wider C types, before and after the same page was read as it came."""
    session = opened(driver_path, server)
    driver, stmt = session.driver, pointer(session.stmt)
    text, lengths = ctypes.create_string_buffer(40 * 4), (ctypes.c_int64 * 4)()
    real = (ctypes.c_double * 4)()
    assert block(session, 4) == [row[1:] for row in ROWS[:4]]
    assert driver.SQLBindCol(stmt, 2, 1, text, 40, lengths) == SQL_SUCCESS
    assert driver.SQLBindCol(stmt, 3, 8, real, 8, lengths) == SQL_SUCCESS
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert [text.raw[40 * i :].split(b"\0")[0] for i in range(4)] == [str(row[1]).encode() for row in ROWS[4:8]]
    assert list(real) == [row[2] for row in ROWS[4:8]]
    assert driver.SQLFreeStmt(stmt, 2) == SQL_SUCCESS
    assert block(session, 1) == [row[1:] for row in ROWS[8:9]]
    session.close()


def test_a_scrollable_cursor_keeps_them(driver_path: Path, server: FakeHS2) -> None:
    session = opened(driver_path, server, static=True)
    assert block(session, 100, scroll=LAST) == [row[1:] for row in ROWS[-100:]]
    assert block(session, 100, scroll=PRIOR) == [row[1:] for row in ROWS[-200:-100]]
    assert block(session, 100, scroll=FIRST) == [row[1:] for row in ROWS[:100]]
    session.close()
