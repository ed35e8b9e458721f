"""Rows inside a rowset, on the driver file itself: SQLGetData on any row and column, SQLSetPos, SQLExtendedFetch, bookmarks."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from descriptors import CONCISE_TYPE, Descriptor
from engine_facts import Facts
from plain import (
    C_BINARY,
    C_CHAR,
    C_LONG,
    C_SBIGINT,
    SQL_ERROR,
    SQL_NO_DATA,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    Driver,
    Session,
    pointer,
)

CURSOR_TYPE, USE_BOOKMARKS, ROW_NUMBER, ROW_ARRAY_SIZE, RETRIEVE_DATA = 6, 12, 14, 27, 11
ROWSET_SIZE, ROW_STATUS, ROWS_FETCHED, ROW_OPERATION, BIND_TYPE, GET_BOOKMARK = 9, 25, 26, 24, 5, 13
STATIC, C_BOOKMARK = 3, -27
POSITION, REFRESH, UPDATE, DELETE, ADD = 0, 1, 2, 3, 4
FETCH_BY_BOOKMARK = 7
NEXT, FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE, BOOKMARK = 1, 2, 3, 4, 5, 6, 8
ROW_SUCCESS, NOROW, ROW_ERROR, INFO = 0, 3, 5, 6

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


@pytest.fixture(params=[0, STATIC], ids=["forward", "static"])
def either(session: Session, request: pytest.FixtureRequest) -> Session:
    """A session whose cursor is of the one kind or of the other."""
    assert put(session, CURSOR_TYPE, request.param) == SQL_SUCCESS
    return session


def put(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetStmtAttr(pointer(session.stmt), attribute, pointer(value), 0)


def get(session: Session, attribute: int) -> int:
    out = ctypes.c_uint64()
    rc = session.driver.SQLGetStmtAttr(pointer(session.stmt), attribute, ctypes.byref(out), 0, pointer(None))
    assert rc == SQL_SUCCESS, session.state()
    return out.value


def number(session: Session, column: int) -> int:
    value = ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), column, C_SBIGINT, ctypes.byref(value), 8, pointer(None))
    assert rc == SQL_SUCCESS, session.state()
    return value.value


def text(session: Session, column: int, room: int = 60) -> tuple[int, bytes]:
    buffer = ctypes.create_string_buffer(room)
    rc = session.driver.SQLGetData(pointer(session.stmt), column, C_CHAR, buffer, room, pointer(None))
    return rc, buffer.value


def position(session: Session, row: int, operation: int = POSITION, lock: int = 0) -> int:
    return session.driver.SQLSetPos(pointer(session.stmt), row, operation, lock)


def bind(session: Session, column: int, c_type: int, array: ctypes.Array, size: int) -> None:
    rc = session.driver.SQLBindCol(pointer(session.stmt), column, c_type, array, size, pointer(None))
    assert rc == SQL_SUCCESS, session.state()


# ---- SQLGetData ----


def test_columns_are_read_in_any_order_and_again(either: Session) -> None:
    either.fetched(b"SELECT 'abcdefgh' AS a, 42 AS b, 'second' AS c")
    assert text(either, 3) == (SQL_SUCCESS, b"second")
    assert text(either, 1, 4) == (SQL_SUCCESS_WITH_INFO, b"abc")
    assert text(either, 1, 4) == (SQL_SUCCESS_WITH_INFO, b"def")
    assert number(either, 2) == 42
    assert text(either, 1) == (SQL_SUCCESS, b"abcdefgh")  # another column between: from its start
    assert text(either, 1)[0] == SQL_NO_DATA
    assert text(either, 3) == (SQL_SUCCESS, b"second")
    assert text(either, 2) == (SQL_SUCCESS, b"42")


def test_a_bound_column_can_be_read_too(either: Session) -> None:
    room = (ctypes.c_int64 * 1)()
    bind(either, 1, C_SBIGINT, room, 8)
    either.fetched(b"SELECT 7, 8")
    assert room[0] == 7
    assert (number(either, 2), number(either, 1)) == (8, 7)


def test_every_row_of_a_block_can_be_read(either: Session, facts: Facts) -> None:
    size, rows = 5000, 300_000  # 2,048 rows of DuckDB make a vector, so that rowsets lie across batches
    put(either, ROW_ARRAY_SIZE, size)
    values = (ctypes.c_int64 * size)()
    bind(either, 1, C_SBIGINT, values, 8)
    either.ok(
        f"SELECT i, i * 2, concat('row ', cast(i as {facts.text})) FROM {facts.numbers(rows)} ORDER BY i".encode()
    )
    stmt = pointer(either.stmt)
    for start in range(0, rows, size):
        assert either.driver.SQLFetch(stmt) == SQL_SUCCESS
        assert (values[0], values[size - 1]) == (start, start + size - 1)
        for row in (size, 1, 2047, 2048, 2049, 4097):
            assert position(either, row) == SQL_SUCCESS
            at = start + row - 1
            assert get(either, ROW_NUMBER) == at + 1
            assert text(either, 3) == (SQL_SUCCESS, b"row %d" % at)
            assert (number(either, 2), number(either, 1)) == (2 * at, at)
    assert either.driver.SQLFetch(stmt) == SQL_NO_DATA
    assert text(either, 1)[0] == SQL_ERROR
    assert either.state() == "24000"


def test_the_row_is_the_first_of_each_rowset(either: Session, facts: Facts) -> None:
    put(either, ROW_ARRAY_SIZE, 3)
    either.ok(f"SELECT i FROM {facts.numbers(7)} ORDER BY i".encode())
    stmt = pointer(either.stmt)
    assert either.driver.SQLFetch(stmt) == SQL_SUCCESS
    assert number(either, 1) == 0
    assert position(either, 3) == SQL_SUCCESS
    assert number(either, 1) == 2
    assert either.driver.SQLFetch(stmt) == SQL_SUCCESS
    assert number(either, 1) == 3


# ---- SQLSetPos ----


def test_positions_that_are_refused(either: Session, facts: Facts) -> None:
    assert position(either, 1) == SQL_ERROR
    assert either.state() == "HY010"
    either.ok(f"SELECT i FROM {facts.numbers(5)} ORDER BY i".encode())
    assert position(either, 1) == SQL_ERROR
    assert either.state() == "24000"
    put(either, ROW_ARRAY_SIZE, 4)
    stmt = pointer(either.stmt)
    assert either.driver.SQLFetch(stmt) == SQL_SUCCESS
    assert either.driver.SQLFetch(stmt) == SQL_SUCCESS  # one row of four
    for row, operation, lock, state in (
        (0, POSITION, 0, "HY109"),
        (2, POSITION, 0, "HY109"),
        (5, POSITION, 0, "HY107"),
        (1, 5, 0, "HY092"),
        (1, POSITION, 3, "HY092"),
        (1, POSITION, 1, "HYC00"),
        (1, REFRESH, 2, "HYC00"),
        (1, UPDATE, 0, "HYC00"),
        (1, DELETE, 0, "HYC00"),
        (1, ADD, 0, "HYC00"),
    ):
        assert position(either, row, operation, lock) == SQL_ERROR
        assert either.state() == state, (row, operation, lock)
    assert number(either, 1) == 4
    assert either.driver.SQLFetch(stmt) == SQL_NO_DATA
    assert position(either, 1) == SQL_ERROR
    assert either.state() == "24000"


def test_refresh_writes_rows_into_the_buffers_again(either: Session, facts: Facts) -> None:
    values, small = (ctypes.c_int64 * 4)(), (ctypes.c_int8 * 4)()
    statuses, operations = (ctypes.c_uint16 * 4)(), (ctypes.c_uint16 * 4)(0, 1, 0, 0)
    bind(either, 1, C_SBIGINT, values, 8)
    put(either, ROW_ARRAY_SIZE, 4)
    put(either, ROW_STATUS, ctypes.addressof(statuses))
    either.ok(f"SELECT i * 100 FROM {facts.numbers(4)} ORDER BY i".encode())
    assert either.driver.SQLFetch(pointer(either.stmt)) == SQL_SUCCESS
    assert list(values) == [0, 100, 200, 300]
    for i in range(4):
        values[i] = statuses[i] = 9
    assert position(either, 3, REFRESH) == SQL_SUCCESS
    assert (list(values), list(statuses)) == ([9, 9, 200, 9], [9, 9, 0, 9])
    assert number(either, 1) == 200
    put(either, ROW_OPERATION, ctypes.addressof(operations))
    assert position(either, 0, REFRESH) == SQL_SUCCESS
    assert (list(values), list(statuses)) == ([0, 9, 200, 300], [0, 9, 0, 0])
    put(either, ROW_OPERATION, 0)
    bind(either, 1, -26, small, 1)  # SQL_C_STINYINT: 200 and 300 do not fit
    assert position(either, 0, REFRESH) == SQL_SUCCESS_WITH_INFO
    assert list(statuses) == [ROW_SUCCESS, ROW_SUCCESS, ROW_ERROR, ROW_ERROR]
    assert list(small[:2]) == [0, 100]
    assert position(either, 3, REFRESH) == SQL_ERROR
    assert either.state() == "22003"


def test_rows_can_be_fetched_without_their_values(either: Session) -> None:
    values = (ctypes.c_int64 * 1)(55)
    bind(either, 1, C_SBIGINT, values, 8)
    assert put(either, RETRIEVE_DATA, 0) == SQL_SUCCESS
    either.fetched(b"SELECT 1 UNION ALL SELECT 2 ORDER BY 1")
    assert values[0] == 55
    assert put(either, RETRIEVE_DATA, 1) == SQL_SUCCESS
    assert either.driver.SQLFetch(pointer(either.stmt)) == SQL_SUCCESS
    assert values[0] == 2


# ---- SQLExtendedFetch ----


def extended(session: Session, orientation: int, offset: int, fetched: ctypes.c_uint64, statuses: ctypes.Array) -> int:
    return session.driver.SQLExtendedFetch(pointer(session.stmt), orientation, offset, ctypes.byref(fetched), statuses)


def test_extended_fetch_has_its_own_arrays_and_size(session: Session, facts: Facts) -> None:
    put(session, CURSOR_TYPE, STATIC)
    put(session, USE_BOOKMARKS, 1)
    values, statuses, own = (ctypes.c_int64 * 8)(), (ctypes.c_uint16 * 8)(), (ctypes.c_uint16 * 8)(*[77] * 8)
    fetched, own_fetched = ctypes.c_uint64(), ctypes.c_uint64(77)
    put(session, ROW_STATUS, ctypes.addressof(own))
    put(session, ROWS_FETCHED, ctypes.addressof(own_fetched))
    put(session, ROW_ARRAY_SIZE, 1)
    assert put(session, ROWSET_SIZE, 4) == SQL_SUCCESS
    bind(session, 1, C_SBIGINT, values, 8)
    session.ok(f"SELECT i + 1 FROM {facts.numbers(10)} ORDER BY i".encode())
    assert extended(session, 77, 0, fetched, statuses) == SQL_ERROR
    assert session.state() == "HY106"
    assert extended(session, NEXT, 0, fetched, statuses) == SQL_SUCCESS
    assert (list(values[:4]), list(statuses[:4]), fetched.value) == ([1, 2, 3, 4], [0] * 4, 4)
    assert extended(session, LAST, 0, fetched, statuses) == SQL_SUCCESS
    assert extended(session, NEXT, 0, fetched, statuses) == SQL_NO_DATA
    assert extended(session, ABSOLUTE, 9, fetched, statuses) == SQL_SUCCESS
    assert (list(values[:2]), list(statuses[:4]), fetched.value) == ([9, 10], [0, 0, NOROW, NOROW], 2)
    assert position(session, 2) == SQL_SUCCESS
    mark = get(session, GET_BOOKMARK)
    assert number(session, 1) == 10
    assert extended(session, FIRST, 0, fetched, statuses) == SQL_SUCCESS
    assert extended(session, BOOKMARK, mark, fetched, statuses) == SQL_SUCCESS
    assert (values[0], fetched.value) == (10, 1)
    assert extended(session, RELATIVE, -12, fetched, statuses) == SQL_NO_DATA
    assert extended(session, ABSOLUTE, 3, fetched, statuses) == SQL_SUCCESS
    assert extended(session, PRIOR, 0, fetched, statuses) == SQL_SUCCESS_WITH_INFO
    assert session.state() == "01S06"
    statuses[1] = values[1] = 9
    assert position(session, 2, REFRESH) == SQL_SUCCESS  # into the array that SQLExtendedFetch was given
    assert (values[1], statuses[1]) == (2, 0)
    assert (set(own), own_fetched.value) == ({77}, 77)
    for call in (session.driver.SQLFetch, lambda s: session.driver.SQLFetchScroll(s, NEXT, 0)):
        assert call(pointer(session.stmt)) == SQL_ERROR
        assert session.state() == "HY010"
    session.driver.SQLCloseCursor(pointer(session.stmt))
    session.fetched(b"SELECT 1")
    assert extended(session, NEXT, 0, fetched, statuses) == SQL_ERROR
    assert session.state() == "HY010"


# ---- SQLBulkOperations ----


def test_rows_are_fetched_by_their_bookmarks(session: Session, facts: Facts) -> None:
    put(session, CURSOR_TYPE, STATIC)
    put(session, USE_BOOKMARKS, 2)
    marks, values, statuses = (ctypes.c_uint64 * 4)(), (ctypes.c_int64 * 4)(), (ctypes.c_uint16 * 4)()
    bind(session, 0, C_BINARY, marks, 8)
    bind(session, 1, C_SBIGINT, values, 8)
    put(session, ROW_ARRAY_SIZE, 4)
    put(session, ROW_STATUS, ctypes.addressof(statuses))
    session.ok(f"SELECT i * 10 FROM {facts.numbers(9)} ORDER BY i".encode())
    stmt, bulk = pointer(session.stmt), session.driver.SQLBulkOperations
    assert Descriptor.of(session, "IRD").number(0, CONCISE_TYPE) == C_BINARY
    assert session.driver.SQLFetch(stmt) == SQL_SUCCESS
    first = list(marks)
    assert session.driver.SQLFetch(stmt) == SQL_SUCCESS
    marks[:] = [first[3], marks[1], first[0], 999]
    assert bulk(stmt, FETCH_BY_BOOKMARK) == SQL_SUCCESS_WITH_INFO
    assert session.state() == "HY111"
    assert list(statuses) == [0, 0, 0, ROW_ERROR]
    assert list(values[:3]) == [30, 50, 0]
    assert position(session, 1) == SQL_ERROR  # the position is undefined until the next fetch
    assert session.driver.SQLFetchScroll(stmt, FIRST, 0) == SQL_SUCCESS
    for operation, state in ((4, "HYC00"), (5, "HYC00"), (6, "HYC00"), (3, "HY092"), (8, "HY092")):
        assert bulk(stmt, operation) == SQL_ERROR
        assert session.state() == state


def test_fetch_by_bookmark_needs_bookmarks_and_a_scrollable_cursor(either: Session) -> None:
    values = (ctypes.c_int64 * 1)()
    bind(either, 1, C_LONG, values, 8)
    either.fetched(b"SELECT 1")
    forward = get(either, CURSOR_TYPE) == 0
    assert either.driver.SQLBulkOperations(pointer(either.stmt), FETCH_BY_BOOKMARK) == SQL_ERROR
    assert either.state() == ("HYC00" if forward else "HY092")
