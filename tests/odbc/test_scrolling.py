"""Scrollable cursors on the driver file itself, against the tables of the SQLFetchScroll page written out in Python."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine_facts import FACTS, Facts
from plain import (
    C_BINARY,
    C_CHAR,
    C_SBIGINT,
    MEMORY,
    SQL_ERROR,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_NULL_DATA,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    Driver,
    Session,
    current,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

NEXT, FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE, BOOKMARK = 1, 2, 3, 4, 5, 6, 8
CURSOR_TYPE, SCROLLABLE, SENSITIVITY, CONCURRENCY = 6, -1, -2, 7
ROW_ARRAY_SIZE, ROW_STATUS_PTR, ROWS_FETCHED_PTR, ROW_NUMBER = 27, 25, 26, 14
USE_BOOKMARKS, FETCH_BOOKMARK_PTR, MAX_ROWS, ROWSET_SIZE, RETRIEVE_DATA = 12, 16, 1, 9, 11
FORWARD_ONLY, KEYSET, DYNAMIC, STATIC = 0, 1, 2, 3
POSITION, REFRESH, UPDATE, DELETE, ADD = range(5)
ROW_SUCCESS, NOROW = 0, 3
BEFORE, AFTER = "before start", "after end"


class OnEngine(Session):
    """A session that knows its engine's words."""

    def __init__(self, driver: Driver, facts: Facts, connection_string: str) -> None:
        super().__init__(driver, connection_string)
        self.facts = facts

    def rows(self, last: int) -> bytes:
        """The query of `expected(1, last, last)`."""
        label = f"case when (i + 1) % 7 = 0 then null else concat('row ', cast(i + 1 as {self.facts.text})) end"
        return f"select i + 1 as id, {label} as label from {self.facts.numbers(last)} order by i".encode()


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


# CursorMemory=0 leaves no batch in memory but those of the current rowset.
@pytest.fixture(params=["", "CursorMemory=0;"], ids=["memory", "file"])
def session(driver: Driver, facts: Facts, request: pytest.FixtureRequest) -> Iterator[OnEngine]:
    opened = OnEngine(driver, facts, current() + request.param)
    yield opened
    opened.close()


def put(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetStmtAttr(pointer(session.stmt), attribute, pointer(value), 0)


def get(session: Session, attribute: int) -> int:
    out = ctypes.c_uint64(0)
    assert session.driver.SQLGetStmtAttr(pointer(session.stmt), attribute, ctypes.byref(out), 0, pointer(None)) == 0
    return out.value


@dataclass
class Model:
    """Where a cursor stands, by the tables of the SQLFetchScroll page."""

    last: int
    start: int | str = BEFORE
    size: int = 0

    def move(self, orientation: int, offset: int, size: int) -> tuple[int | str, bool]:
        """(first row of the new rowset, 01S06)."""
        start, cut = self.where(orientation, offset, size)
        if isinstance(start, int) and start > self.last:
            start, cut = AFTER, False
        self.start, self.size = start, size
        return start, cut

    def where(self, orientation: int, offset: int, size: int) -> tuple[int | str, bool]:
        here = self.start
        if orientation == NEXT:
            if here == BEFORE:
                return 1, False
            return (AFTER if here == AFTER else int(here) + self.size), False
        if orientation == PRIOR:
            if here in (BEFORE, 1):
                return BEFORE, False
            if here == AFTER:
                return (1, True) if self.last < size else (self.last - size + 1, False)
            return (1, True) if int(here) <= size else (int(here) - size, False)
        if orientation == FIRST:
            return 1, False
        if orientation == LAST:
            return max(self.last - size + 1, 1), False
        inwards = (here == BEFORE and offset > 0) or (here == AFTER and offset < 0)
        if orientation == RELATIVE and not inwards:
            if here in (BEFORE, AFTER):
                return here, False
            if int(here) + offset >= 1:
                return int(here) + offset, False
            return (BEFORE, False) if here == 1 or -offset > size else (1, True)
        if offset >= 0:
            return (offset or BEFORE), False
        if -offset <= self.last:
            return self.last + offset + 1, False
        return (BEFORE, False) if -offset > size else (1, True)


class Rowset:
    """Two bound columns with room for 40 rows, row statuses and the count."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.ids, self.labels = (ctypes.c_int64 * 40)(), ctypes.create_string_buffer(40 * 16)
        self.id_lengths, self.label_lengths = (ctypes.c_int64 * 40)(), (ctypes.c_int64 * 40)()
        self.statuses, self.fetched = (ctypes.c_uint16 * 40)(), ctypes.c_uint64(99)
        stmt = pointer(session.stmt)
        session.driver.SQLBindCol(stmt, 1, C_SBIGINT, self.ids, 8, self.id_lengths)
        session.driver.SQLBindCol(stmt, 2, C_CHAR, self.labels, 16, self.label_lengths)
        session.driver.SQLSetStmtAttr(stmt, ROW_STATUS_PTR, self.statuses, 0)
        session.driver.SQLSetStmtAttr(stmt, ROWS_FETCHED_PTR, ctypes.byref(self.fetched), 0)

    def rows(self) -> list[tuple[int, str | None]]:
        found = []
        for i in range(self.fetched.value):
            text = self.labels.raw[16 * i : 16 * i + 16].split(b"\0")[0].decode()
            found.append((self.ids[i], None if self.label_lengths[i] == SQL_NULL_DATA else text))
        return found


def expected(first: int, size: int, last: int) -> list[tuple[int, str | None]]:
    return [(i, None if i % 7 == 0 else f"row {i}") for i in range(first, min(first + size, last + 1))]


@pytest.mark.parametrize("last", [0, 1, 2, 9, 10, 11, 5000])
def test_every_move_ends_where_the_tables_say(session: OnEngine, last: int) -> None:
    dice = random.Random(last)
    assert put(session, CURSOR_TYPE, STATIC) == SQL_SUCCESS
    rowset = Rowset(session)
    for _ in range(6):
        session.ok(session.rows(last))
        model = Model(last)
        for _ in range(60):
            size = dice.choice([1, 2, 3, 10, 40])
            assert put(session, ROW_ARRAY_SIZE, size) == SQL_SUCCESS
            orientation = dice.choice([NEXT, NEXT, FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE])
            offset = dice.choice([0, 1, -1, 2, -2, 3, -5, 10, -10, 11, -11, 41, -41, last, -last, last + 1, -last - 1])
            offset += dice.randrange(-2000, 2000) if dice.random() < 0.2 else 0
            if orientation in (NEXT, FIRST, LAST, PRIOR):
                offset = 0
            start, cut = model.move(orientation, offset, size)
            rc = session.driver.SQLFetchScroll(pointer(session.stmt), orientation, offset)
            where = f"{orientation=} {offset=} {size=} {last=}"
            if isinstance(start, str):
                assert rc == SQL_NO_DATA, where
                assert rowset.fetched.value == 0, where
                continue
            assert rc == (SQL_SUCCESS_WITH_INFO if cut else SQL_SUCCESS), f"{where} {session.state()}"
            assert session.state() == ("01S06" if cut else ""), where
            assert rowset.rows() == expected(start, size, last), where
            n = rowset.fetched.value
            assert list(rowset.statuses[:size]) == [ROW_SUCCESS] * n + [NOROW] * (size - n)
            assert get(session, ROW_NUMBER) == start
        assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS


def test_max_rows_ends_the_result(session: OnEngine) -> None:
    put(session, CURSOR_TYPE, STATIC)
    put(session, MAX_ROWS, 25)
    put(session, ROW_ARRAY_SIZE, 10)
    rowset = Rowset(session)
    session.ok(session.rows(5000))
    assert session.driver.SQLFetchScroll(pointer(session.stmt), LAST, 0) == SQL_SUCCESS
    assert rowset.rows() == expected(16, 10, 25)
    assert session.driver.SQLFetchScroll(pointer(session.stmt), ABSOLUTE, 21) == SQL_SUCCESS
    assert rowset.rows() == expected(21, 10, 25)
    assert session.driver.SQLFetchScroll(pointer(session.stmt), NEXT, 0) == SQL_NO_DATA


@pytest.mark.engines("duckdb")
def test_all_types_survive_the_way_through_the_file(session: Session) -> None:
    """Every kind of column, read forwards, and once more backwards, as text."""
    sql = (
        b"select i % 2 = 0 as b, i::tinyint as i1, i::smallint as i2, i::integer as i4, i::bigint as i8, i::utinyint as u1,"
        b" (i / 4)::float as f, i / 8 as d, (i * 1.25)::decimal(9, 2) as n, (i::hugeint * 10000000000000000000)::decimal(38, 3)"
        b" as w, 'text \xc3\xbc ' || i as t, ('blob' || i)::blob as x, date '2020-01-01' + i::integer as dt,"
        b" time '01:02:03' + to_seconds(i) as tm, timestamp '2020-01-01 00:00:00.000001' + to_hours(i) as ts,"
        b" uuid '00000000-0000-0000-0000-000000000000' as u, to_months(i::integer) as iv, null as z, [i, null] as l"
        b" from range(120) t(i) order by i"
    )
    put(session, CURSOR_TYPE, STATIC)
    seen = []
    for order in (NEXT, PRIOR):
        session.ok(sql)
        columns = ctypes.c_int16()
        session.driver.SQLNumResultCols(pointer(session.stmt), ctypes.byref(columns))
        if order == PRIOR:
            assert session.driver.SQLFetchScroll(pointer(session.stmt), ABSOLUTE, 121) == SQL_NO_DATA
        rows = []
        while session.driver.SQLFetchScroll(pointer(session.stmt), order, 0) == SQL_SUCCESS:
            rows.append([text_of(session, c) for c in range(1, columns.value + 1)])
        seen.append(rows)
        session.driver.SQLCloseCursor(pointer(session.stmt))
    forward, backward = seen
    assert len(forward) == 120
    assert forward == backward[::-1]
    # DuckDB's own texts of the last row.
    assert forward[119][:9] == ["0", "119", "119", "119", "119", "119", "29.75", "14.875", "148.75"]
    assert forward[119][9:13] == ["1190000000000000000000.000", "text ü 119", b"blob119".hex().upper(), "2020-04-29"]
    assert forward[119][17] is None


def text_of(session: Session, column: int) -> str | None:
    buffer, length = ctypes.create_string_buffer(200), ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), column, C_CHAR, buffer, 200, ctypes.byref(length))
    assert rc == SQL_SUCCESS, (column, session.state())
    return None if length.value == SQL_NULL_DATA else buffer.value.decode()


# ---- attributes ----


def test_the_cursor_attributes_follow_each_other(session: Session) -> None:
    def three() -> tuple[int, int, int]:
        return get(session, CURSOR_TYPE), get(session, SCROLLABLE), get(session, SENSITIVITY)

    assert three() == (FORWARD_ONLY, 0, 0)
    assert put(session, CURSOR_TYPE, STATIC) == SQL_SUCCESS
    assert three() == (STATIC, 1, 1)
    assert put(session, CURSOR_TYPE, FORWARD_ONLY) == SQL_SUCCESS
    assert three() == (FORWARD_ONLY, 0, 0)
    assert put(session, SCROLLABLE, 1) == SQL_SUCCESS
    assert three() == (STATIC, 1, 1)
    assert put(session, SCROLLABLE, 0) == SQL_SUCCESS
    assert three() == (FORWARD_ONLY, 0, 0)
    assert put(session, SENSITIVITY, 1) == SQL_SUCCESS
    assert three() == (STATIC, 1, 1)
    assert put(session, SENSITIVITY, 2) == SQL_ERROR
    assert session.state() == "HYC00"


@pytest.mark.parametrize("kind", [KEYSET, DYNAMIC])
def test_keyset_and_dynamic_cursors_are_static_ones(session: Session, kind: int) -> None:
    assert put(session, CURSOR_TYPE, kind) == SQL_SUCCESS_WITH_INFO
    assert session.state() == "01S02"
    assert get(session, CURSOR_TYPE) == STATIC


def test_a_forward_only_cursor_says_what_it_needs(session: OnEngine) -> None:
    session.fetched(session.rows(3))
    for orientation in (FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE, BOOKMARK, 7, 0, 99):
        assert session.driver.SQLFetchScroll(pointer(session.stmt), orientation, 1) == SQL_ERROR
        assert session.state() == "HY106"


def test_the_data_can_stay_away(session: OnEngine) -> None:
    put(session, CURSOR_TYPE, STATIC)
    put(session, RETRIEVE_DATA, 0)
    rowset = Rowset(session)
    rowset.ids[0] = -5
    session.ok(session.rows(3))
    assert session.driver.SQLFetchScroll(pointer(session.stmt), LAST, 0) == SQL_SUCCESS
    assert rowset.ids[0] == -5
    assert get(session, ROW_NUMBER) == 3


# ---- SQLGetData in a block, SQLSetPos ----


@pytest.mark.parametrize("kind", [FORWARD_ONLY, STATIC])
def test_get_data_on_any_row_of_a_block(session: OnEngine, kind: int) -> None:
    put(session, CURSOR_TYPE, kind)
    put(session, ROW_ARRAY_SIZE, 3000)  # more than one batch of the engine
    session.ok(session.rows(5000))
    stmt = pointer(session.stmt)
    assert session.driver.SQLFetch(stmt) == SQL_SUCCESS
    assert text_of(session, 1) == "1"
    for row in (3000, 1, 2048, 2049, 2999):
        assert session.driver.SQLSetPos(stmt, row, POSITION, 0) == SQL_SUCCESS
        assert text_of(session, 2) == (None if row % 7 == 0 else f"row {row}")
        assert text_of(session, 1) == str(row)
        assert get(session, ROW_NUMBER) == row
    assert session.driver.SQLFetch(stmt) == SQL_SUCCESS
    assert session.driver.SQLSetPos(stmt, 2000, POSITION, 0) == SQL_SUCCESS
    assert text_of(session, 1) == "5000"
    assert session.driver.SQLSetPos(stmt, 2001, POSITION, 0) == SQL_ERROR  # no such row was fetched
    assert session.state() == "HY109"
    assert session.driver.SQLSetPos(stmt, 3001, POSITION, 0) == SQL_ERROR
    assert session.state() == "HY107"


@pytest.mark.parametrize("kind", [FORWARD_ONLY, STATIC])
def test_refresh_converts_anew(session: OnEngine, kind: int) -> None:
    put(session, CURSOR_TYPE, kind)
    put(session, ROW_ARRAY_SIZE, 10)
    rowset = Rowset(session)
    session.ok(session.rows(100))
    stmt = pointer(session.stmt)
    assert session.driver.SQLFetch(stmt) == SQL_SUCCESS
    for i in range(10):
        rowset.ids[i] = -1
    assert session.driver.SQLSetPos(stmt, 4, REFRESH, 0) == SQL_SUCCESS
    assert list(rowset.ids[:10]) == [-1, -1, -1, 4, -1, -1, -1, -1, -1, -1]
    assert session.driver.SQLSetPos(stmt, 0, REFRESH, 0) == SQL_SUCCESS
    assert rowset.rows() == expected(1, 10, 100)


@pytest.mark.parametrize(
    ("operation", "lock", "state"),
    [
        (UPDATE, 0, "HYC00"),
        (DELETE, 0, "HYC00"),
        (ADD, 0, "HYC00"),
        (5, 0, "HY092"),
        (POSITION, 3, "HY092"),
        (POSITION, 1, "HYC00"),
    ],
)
def test_what_set_pos_refuses(session: OnEngine, operation: int, lock: int, state: str) -> None:
    session.fetched(session.rows(3))
    assert session.driver.SQLSetPos(pointer(session.stmt), 1, operation, lock) == SQL_ERROR
    assert session.state() == state


def test_set_pos_needs_a_rowset(session: OnEngine) -> None:
    stmt = pointer(session.stmt)
    assert session.driver.SQLSetPos(stmt, 1, POSITION, 0) == SQL_ERROR
    assert session.state() == "HY010"
    session.ok(session.rows(3))
    assert session.driver.SQLSetPos(stmt, 1, POSITION, 0) == SQL_ERROR
    assert session.state() == "24000"


# ---- bookmarks ----


@pytest.mark.parametrize(("use", "c_type"), [(1, -27), (2, C_BINARY)], ids=["fixed", "variable"])
def test_bookmarks_lead_back(session: OnEngine, use: int, c_type: int) -> None:
    put(session, CURSOR_TYPE, STATIC)
    assert put(session, USE_BOOKMARKS, use) == SQL_SUCCESS
    put(session, ROW_ARRAY_SIZE, 5)
    marks, lengths = (ctypes.c_int64 * 5)(), (ctypes.c_int64 * 5)()
    stmt = pointer(session.stmt)
    assert session.driver.SQLBindCol(stmt, 0, c_type, marks, 8, lengths) == SQL_SUCCESS
    rowset = Rowset(session)
    session.ok(session.rows(5000))
    assert session.driver.SQLFetchScroll(stmt, ABSOLUTE, 4000) == SQL_SUCCESS
    assert list(lengths) == [8] * 5
    kept = ctypes.c_int64(marks[2])
    got, length = ctypes.c_int64(), ctypes.c_int64()
    session.driver.SQLSetPos(stmt, 3, POSITION, 0)
    assert session.driver.SQLGetData(stmt, 0, c_type, ctypes.byref(got), 8, ctypes.byref(length)) == SQL_SUCCESS
    assert got.value == kept.value
    assert session.driver.SQLFetchScroll(stmt, FIRST, 0) == SQL_SUCCESS
    assert session.driver.SQLSetStmtAttr(stmt, FETCH_BOOKMARK_PTR, ctypes.byref(kept), 0) == SQL_SUCCESS
    for offset, first in ((0, 4002), (-2, 4000), (7, 4009)):
        assert session.driver.SQLFetchScroll(stmt, BOOKMARK, offset) == SQL_SUCCESS
        assert rowset.rows() == expected(first, 5, 5000)
    assert session.driver.SQLFetchScroll(stmt, BOOKMARK, 999) == SQL_NO_DATA
    kept.value = 1 << 40
    assert session.driver.SQLFetchScroll(stmt, BOOKMARK, 0) == SQL_ERROR
    assert session.state() == "HY111"


def test_bookmarks_are_off_unless_asked_for(session: OnEngine) -> None:
    stmt = pointer(session.stmt)
    put(session, CURSOR_TYPE, STATIC)
    out = ctypes.c_int64()
    assert session.driver.SQLBindCol(stmt, 0, C_BINARY, ctypes.byref(out), 8, pointer(None)) == SQL_SUCCESS
    session.ok(session.rows(3))
    assert session.driver.SQLFetch(stmt) == SQL_ERROR
    assert session.state() == "07009"
    assert session.driver.SQLBindCol(stmt, 0, C_BINARY, pointer(None), 0, pointer(None)) == SQL_SUCCESS
    assert session.driver.SQLFetch(stmt) == SQL_SUCCESS
    assert session.driver.SQLGetData(stmt, 0, C_BINARY, ctypes.byref(out), 8, pointer(None)) == SQL_ERROR
    assert session.state() == "07009"
    assert session.driver.SQLFetchScroll(stmt, BOOKMARK, 0) == SQL_ERROR
    assert session.state() == "HY106"


# ---- SQLExtendedFetch ----


def test_extended_fetch_has_its_own_size_count_and_statuses(session: OnEngine) -> None:
    put(session, CURSOR_TYPE, STATIC)
    put(session, ROWSET_SIZE, 4)
    stmt = pointer(session.stmt)
    ids, lengths, statuses, rows = (
        (ctypes.c_int64 * 4)(),
        (ctypes.c_int64 * 4)(),
        (ctypes.c_uint16 * 4)(),
        ctypes.c_uint64(),
    )
    session.driver.SQLBindCol(stmt, 1, C_SBIGINT, ids, 8, lengths)
    session.ok(session.rows(10))
    assert session.driver.SQLExtendedFetch(stmt, ABSOLUTE, 8, ctypes.byref(rows), statuses) == SQL_SUCCESS
    assert (rows.value, list(ids)[:3], list(statuses)) == (3, [8, 9, 10], [0, 0, 0, NOROW])
    assert session.driver.SQLExtendedFetch(stmt, PRIOR, 0, ctypes.byref(rows), statuses) == SQL_SUCCESS
    assert list(ids) == [4, 5, 6, 7]
    assert session.driver.SQLFetch(stmt) == SQL_ERROR
    assert session.state() == "HY010"
    assert session.driver.SQLFreeStmt(stmt, 0) == SQL_SUCCESS
    session.fetched(session.rows(10))
    assert session.driver.SQLExtendedFetch(stmt, NEXT, 0, ctypes.byref(rows), statuses) == SQL_ERROR
    assert session.state() == "HY010"


# ---- when something breaks ----


@pytest.mark.engines("duckdb")
def test_an_error_in_the_middle_of_the_result(session: Session) -> None:
    """Rows before the error can be read; what needs the end says why it cannot be had."""
    put(session, CURSOR_TYPE, STATIC)
    put(session, ROW_ARRAY_SIZE, 5)
    rowset = Rowset(session)
    session.ok(
        b"select i, case when i = 900000 then error('stop here') else 'row ' || i end from range(1, 1000000) t(i)"
    )
    stmt = pointer(session.stmt)
    assert session.driver.SQLFetchScroll(stmt, FIRST, 0) == SQL_SUCCESS
    assert rowset.rows()[0] == (1, "row 1")
    assert session.driver.SQLFetchScroll(stmt, LAST, 0) == SQL_ERROR
    assert session.driver.SQLFetchScroll(stmt, ABSOLUTE, 2) == SQL_SUCCESS
    assert rowset.rows()[0] == (2, "row 2")
    assert session.driver.SQLFetchScroll(stmt, ABSOLUTE, -1) == SQL_ERROR


@pytest.mark.engines("duckdb")
def test_a_folder_that_takes_no_file(driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "not there"))
    session = OnEngine(driver, FACTS["duckdb"], MEMORY + "CursorMemory=0;")
    put(session, CURSOR_TYPE, STATIC)
    session.ok(session.rows(100_000))
    assert session.driver.SQLFetchScroll(pointer(session.stmt), LAST, 0) == SQL_ERROR
    assert session.state() == "HY000"
    text = ctypes.create_string_buffer(1000)
    session.driver.SQLGetDiagRec(3, pointer(session.stmt), 1, pointer(None), pointer(None), text, 1000, pointer(None))
    assert b"not there failed: No such file or directory" in text.value
    assert b"TMPDIR" in text.value
    session.close()


def test_two_cursors_of_one_connection(session: OnEngine) -> None:
    other = session.driver.alloc(3, session.dbc)
    for stmt, n in ((session.stmt, 4000), (other, 3000)):
        session.driver.SQLSetStmtAttr(pointer(stmt), CURSOR_TYPE, pointer(STATIC), 0)
        assert session.driver.SQLExecDirect(pointer(stmt), session.rows(n), SQL_NTS) == SQL_SUCCESS
    value = ctypes.c_int64()
    for row in (2500, 7, 2999, 1):
        for stmt in (session.stmt, other):
            assert session.driver.SQLFetchScroll(pointer(stmt), ABSOLUTE, row) == SQL_SUCCESS
            session.driver.SQLGetData(pointer(stmt), 1, C_SBIGINT, ctypes.byref(value), 8, pointer(None))
            assert value.value == row
