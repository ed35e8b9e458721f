"""The static cursor on the driver file itself: every line of the positioning tables, attributes, spilling, bookmarks."""

from __future__ import annotations

import ctypes
import os
import random
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from engine_facts import FACTS, Facts
from plain import (
    C_BINARY,
    C_CHAR,
    C_LONG,
    C_SBIGINT,
    MEMORY,
    SQL_ERROR,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    STMT,
    Driver,
    Session,
    current,
    pointer,
)

NEXT, FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE, BOOKMARK = 1, 2, 3, 4, 5, 6, 8
CONCURRENCY, CURSOR_TYPE, SCROLLABLE, SENSITIVITY, USE_BOOKMARKS = 7, 6, -1, -2, 12
BOOKMARK_PTR, ROW_NUMBER, ROW_ARRAY_SIZE, ROW_STATUS, ROWS_FETCHED, MAX_ROWS = 16, 14, 27, 25, 26, 1
FORWARD_ONLY, KEYSET, DYNAMIC, STATIC = 0, 1, 2, 3
ROW_SUCCESS, NOROW = 0, 3
BEFORE, AFTER = 0, -1
TABLE = tables.rows("fetch_scroll")

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


class OnEngine(Session):
    """A session that knows its engine's words."""

    def __init__(self, driver: Driver, facts: Facts = FACTS["duckdb"], connection_string: str = "") -> None:
        super().__init__(driver, connection_string)
        self.facts = facts


# CursorMemory=0 leaves no batch in memory but those of the current rowset.
@pytest.fixture(params=["", "CursorMemory=0;"], ids=["memory", "file"])
def session(driver: Driver, facts: Facts, request: pytest.FixtureRequest) -> Iterator[OnEngine]:
    opened = OnEngine(driver, facts, current() + request.param)
    yield opened
    opened.close()


def put(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetStmtAttr(pointer(session.stmt), attribute, pointer(value), 0)


def get(session: Session, attribute: int) -> int:
    out = ctypes.c_uint64(0xAAAA_AAAA_AAAA_AAAA)
    rc = session.driver.SQLGetStmtAttr(pointer(session.stmt), attribute, ctypes.byref(out), 0, pointer(None))
    assert rc == SQL_SUCCESS, session.state()
    return out.value


def scroll(session: Session, orientation: int, offset: int = 0) -> int:
    return session.driver.SQLFetchScroll(pointer(session.stmt), orientation, offset)


class Rowset:
    """A static cursor over the numbers 1 .. last, its first column bound in blocks."""

    def __init__(self, session: OnEngine, last: int, size: int, *, room: int = 100) -> None:
        self.session = session
        self.values, self.lengths = (ctypes.c_int64 * room)(), (ctypes.c_int64 * room)()
        self.statuses, self.fetched = (ctypes.c_uint16 * room)(), ctypes.c_uint64(77)
        assert put(session, CURSOR_TYPE, STATIC) == SQL_SUCCESS
        put(session, ROW_STATUS, ctypes.addressof(self.statuses))
        put(session, ROWS_FETCHED, ctypes.addressof(self.fetched))
        rc = session.driver.SQLBindCol(pointer(session.stmt), 1, C_SBIGINT, self.values, 8, self.lengths)
        assert rc == SQL_SUCCESS
        self.resize(size)
        session.ok(f"SELECT i + 1 FROM {session.facts.numbers(last)} ORDER BY i".encode())

    def resize(self, size: int) -> None:
        self.size = size
        assert put(self.session, ROW_ARRAY_SIZE, size) == SQL_SUCCESS

    def rows(self) -> list[int]:
        """The values that the last fetch delivered, after a look at the statuses behind them."""
        n = self.fetched.value
        assert list(self.statuses[: self.size]) == [ROW_SUCCESS] * n + [NOROW] * (self.size - n)
        return list(self.values[:n])


# ---- positions ----


def expected(orientation: int, offset: int, where: dict[str, int]) -> tuple[int, str]:
    """The new first row and the SQLSTATE after the specification's table."""
    start = where["start"]
    names = {**where, "offset": offset, "before": start == BEFORE, "after": start == AFTER}
    names |= {"start": max(start, 0), "BEFORE": BEFORE, "AFTER": AFTER, "ABSOLUTE": "ABSOLUTE"}
    lines = [r for r in TABLE if int(r["number"]) == orientation and eval(r["condition"], {}, names)]
    assert len({r["new_start"] for r in lines}) == 1, (orientation, offset, where, lines)
    new = eval(lines[0]["new_start"], {}, names)
    if new == "ABSOLUTE":
        return expected(ABSOLUTE, offset, where)
    return (new, lines[0]["sqlstate"]) if where["last"] else (min(new, BEFORE), "")


@pytest.mark.parametrize("last", [0, 1, 2, 5, 7, 20, 5000])
def test_every_line_of_the_positioning_tables(session: OnEngine, last: int) -> None:
    chance = random.Random(last)
    rowset = Rowset(session, last, 3)
    where = {"start": BEFORE, "last": last, "size": 3, "old_size": 3, "bookmark": 1}
    for _ in range(1500):
        if chance.random() < 0.2:
            where["size"] = chance.randint(1, 8)
            rowset.resize(where["size"])
        orientation = chance.choice([NEXT, FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE, RELATIVE])
        offset = chance.randint(-last - 9, last + 9)
        start, state = expected(orientation, offset, where)
        rc = scroll(session, orientation, offset)
        seen = (orientation, offset, where)
        where["old_size"] = where["size"]
        if last == 0:
            assert rc == SQL_NO_DATA, seen
            continue
        where["start"] = start
        if start <= 0:
            assert rc == SQL_NO_DATA, seen
            assert rowset.rows() == []
            continue
        assert rc == (SQL_SUCCESS_WITH_INFO if state else SQL_SUCCESS), (seen, session.state())
        assert session.state() == state, seen
        assert rowset.rows() == list(range(start, min(last, start + where["size"] - 1) + 1)), seen
        assert get(session, ROW_NUMBER) == start


def test_offsets_at_the_ends_of_their_type(session: OnEngine) -> None:
    rowset = Rowset(session, 5, 2)
    assert scroll(session, ABSOLUTE, 4) == SQL_SUCCESS
    for orientation, offset in (
        (RELATIVE, 2**63 - 1),
        (RELATIVE, -(2**63)),
        (ABSOLUTE, 2**63 - 1),
        (ABSOLUTE, -(2**63)),
    ):
        assert scroll(session, orientation, offset) == SQL_NO_DATA
        assert scroll(session, ABSOLUTE, 4) == SQL_SUCCESS
        assert rowset.rows() == [4, 5]


def test_orientations_that_are_refused(session: OnEngine) -> None:
    session.ok(b"SELECT 1")
    for orientation in (FIRST, LAST, PRIOR, ABSOLUTE, RELATIVE, BOOKMARK):
        assert scroll(session, orientation, 1) == SQL_ERROR
        assert session.state() == "HY106"
    assert scroll(session, NEXT) == SQL_SUCCESS
    session.driver.SQLCloseCursor(pointer(session.stmt))
    kept = Rowset(session, 3, 1)
    for orientation in (0, 7, 9, BOOKMARK):  # bookmarks are off
        assert scroll(session, orientation) == SQL_ERROR
        assert session.state() == "HY106"
    assert put(session, 8, 2) == SQL_SUCCESS  # SQL_ATTR_KEYSET_SIZE
    assert put(session, ROW_ARRAY_SIZE, 3) == SQL_SUCCESS
    assert scroll(session, NEXT) == SQL_ERROR
    assert session.state() == "HY107"
    assert kept.fetched.value == 77  # nothing was written


def test_a_refused_fetch_leaves_the_cursor_where_it_is(session: OnEngine) -> None:
    rowset = Rowset(session, 9, 2)
    assert scroll(session, ABSOLUTE, 4) == SQL_SUCCESS
    assert scroll(session, 99) == SQL_ERROR
    assert get(session, ROW_NUMBER) == 4
    assert rowset.rows() == [4, 5]
    assert scroll(session, NEXT) == SQL_SUCCESS
    assert rowset.rows() == [6, 7]


def test_max_rows_ends_the_result(session: OnEngine) -> None:
    put(session, MAX_ROWS, 7)
    rowset = Rowset(session, 100_000, 3)
    assert scroll(session, LAST) == SQL_SUCCESS
    assert rowset.rows() == [5, 6, 7]
    assert scroll(session, ABSOLUTE, 7) == SQL_SUCCESS
    assert rowset.rows() == [7]
    assert scroll(session, NEXT) == SQL_NO_DATA


# ---- attributes ----


def kind(session: Session) -> tuple[int, int, int, int]:
    return tuple(get(session, a) for a in (CURSOR_TYPE, SCROLLABLE, SENSITIVITY, CONCURRENCY))  # type: ignore[return-value]


FORWARD_KIND, STATIC_KIND = (FORWARD_ONLY, 0, 0, 1), (STATIC, 1, 1, 1)


@pytest.mark.parametrize(
    ("attribute", "value", "rc", "state", "becomes"),
    [
        (CURSOR_TYPE, STATIC, SQL_SUCCESS, "", STATIC_KIND),
        (CURSOR_TYPE, KEYSET, SQL_SUCCESS_WITH_INFO, "01S02", STATIC_KIND),
        (CURSOR_TYPE, DYNAMIC, SQL_SUCCESS_WITH_INFO, "01S02", STATIC_KIND),
        (SCROLLABLE, 1, SQL_SUCCESS, "", STATIC_KIND),
        (SENSITIVITY, 1, SQL_SUCCESS, "", STATIC_KIND),
        (SENSITIVITY, 2, SQL_ERROR, "HYC00", FORWARD_KIND),
        (CONCURRENCY, 2, SQL_SUCCESS_WITH_INFO, "01S02", FORWARD_KIND),
        (CONCURRENCY, 1, SQL_SUCCESS, "", FORWARD_KIND),
    ],
)
def test_the_cursor_attributes_change_together(
    session: Session, attribute: int, value: int, rc: int, state: str, becomes: tuple[int, int, int, int]
) -> None:
    assert kind(session) == FORWARD_KIND
    assert put(session, attribute, value) == rc
    assert session.state() == state
    assert kind(session) == becomes
    for back in (CURSOR_TYPE, SCROLLABLE):
        assert put(session, CURSOR_TYPE, STATIC) == SQL_SUCCESS
        assert put(session, back, 0) == SQL_SUCCESS
        assert kind(session) == FORWARD_KIND


# ---- rows on disk ----

MIXED = (
    "SELECT i AS a, CASE WHEN i % 7 = 0 THEN NULL ELSE 'text ' || i END AS b, i % 3 = 0 AS c, i / 8 AS d, "
    "CAST(i AS DECIMAL(30, 4)) AS e, DATE '2000-01-01' + CAST(i % 5000 AS INTEGER) AS f, "
    "CASE WHEN i % 5 = 0 THEN NULL ELSE CAST(i % 128 AS TINYINT) END AS g, "
    "TIMESTAMPTZ '2024-03-31 00:30:00+00' + to_minutes(i % 100) AS h, NULL AS n, uuid() AS u, "
    "CAST(i || '' AS BLOB) AS v, to_days(CAST(i AS INTEGER)) AS w, repeat('x', i % 50) AS x, "
    "CAST(i % 200 AS UTINYINT) AS y, CAST(i % 9 AS SMALLINT) AS z, CAST(i / 4 AS FLOAT) AS aa, "
    "CAST(i * 1.25 AS DECIMAL(9, 2)) AS bb, TIME '01:02:03' + to_seconds(i % 3600) AS cc, [i, NULL] AS dd "
    "FROM range({rows}) t(i)"
)


def row_of_text(session: Session, columns: int) -> list[bytes | None]:
    """The current row through SQLGetData, last column first."""
    out = []
    text, length = ctypes.create_string_buffer(300), ctypes.c_int64()
    for column in range(columns, 0, -1):
        rc = session.driver.SQLGetData(pointer(session.stmt), column, C_CHAR, text, 300, ctypes.byref(length))
        assert rc == SQL_SUCCESS, (column, session.state())
        out.append(None if length.value < 0 else text.value)
    return out[::-1]


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("megabytes", [0, 1, 64])
def test_rows_are_the_same_from_memory_and_from_the_file(driver: Driver, megabytes: int) -> None:
    rows, columns = 60_000, 19
    session = Session(driver, MEMORY + f"CursorMemory={megabytes};TimeZone=Europe/Vienna;")
    session.ok(f"CREATE TABLE t AS {MIXED.format(rows=rows)}".encode())
    chance = random.Random(megabytes)
    wanted = sorted({0, 1, rows - 1, 16383, 16384, 16385, *(chance.randrange(rows) for _ in range(60))})
    first: dict[int, list[bytes | None]] = {}
    session.ok(b"SELECT * FROM t")  # forward-only: no copy, no file
    for i in range(rows):
        assert driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        if i in wanted:
            first[i] = row_of_text(session, columns)
    driver.SQLCloseCursor(pointer(session.stmt))
    assert put(session, CURSOR_TYPE, STATIC) == SQL_SUCCESS
    session.ok(b"SELECT * FROM t")
    assert scroll(session, LAST) == SQL_SUCCESS
    for i in [*wanted, *reversed(wanted), *chance.sample(wanted, len(wanted))]:
        assert scroll(session, ABSOLUTE, i + 1) == SQL_SUCCESS
        assert row_of_text(session, columns) == first[i], i
    session.close()


def open_files(folder: Path) -> list[str]:
    """What this process has open below a folder."""
    entries = [Path("/proc/self/fd") / fd for fd in os.listdir("/proc/self/fd")]
    links = [os.readlink(entry) for entry in entries if entry.is_symlink()]
    return [link for link in links if link.startswith(str(folder))]


@pytest.mark.engines("duckdb")
def test_the_file_has_no_name_and_goes_with_the_cursor(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    session = OnEngine(driver, connection_string=MEMORY + "CursorMemory=1;")
    rowset = Rowset(session, 500_000, 10)
    assert scroll(session, LAST) == SQL_SUCCESS
    assert rowset.rows() == list(range(499_991, 500_001))
    assert list(tmp_path.iterdir()) == []
    links = open_files(tmp_path)
    assert len(links) == 1
    assert links[0].endswith("(deleted)")
    driver.SQLCloseCursor(pointer(session.stmt))
    assert open_files(tmp_path) == []
    session.close()


FULL = """
    import ctypes, resource, signal, sys
    sys.path.insert(0, sys.argv[1])
    from plain import *
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # as it is in a C program: the signal would end it
    session = Session(Driver(sys.argv[2]), MEMORY + "CursorMemory=1;")
    stmt = pointer(session.stmt)
    driver = session.driver
    assert driver.SQLSetStmtAttr(stmt, 6, pointer(3), 0) == SQL_SUCCESS
    session.ok(b"SELECT i FROM range(1000000) t(i)")
    value, message = ctypes.c_int64(), ctypes.create_string_buffer(900)
    driver.SQLBindCol(stmt, 1, C_SBIGINT, ctypes.byref(value), 8, pointer(None))
    assert driver.SQLFetchScroll(stmt, 5, 10) == SQL_SUCCESS and value.value == 9
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    assert driver.SQLFetchScroll(stmt, 3, 0) == SQL_ERROR
    driver.SQLGetDiagRec(STMT, stmt, 1, pointer(None), pointer(None), message, 900, pointer(None))
    print(session.state(), message.value.decode())
    assert driver.SQLFetchScroll(stmt, 5, 11) == SQL_SUCCESS and value.value == 10  # the cursor goes on
    assert driver.SQLFetchScroll(stmt, 3, 0) == SQL_ERROR
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert driver.SQLFetchScroll(stmt, 3, 0) == SQL_ERROR and session.state() == "HY000"  # never taken for the end
    row = 0
    while (rc := driver.SQLFetchScroll(stmt, 1 if row else 2, 0)) == SQL_SUCCESS:
        assert value.value == row
        row += 1
    assert rc == SQL_ERROR and session.state() == "HY000" and row > 30_000
    session.close()
"""


@pytest.mark.engines("duckdb")
def test_a_full_disk_is_told_and_is_not_the_end_of_the_result(driver_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(Path(__file__).parent.parent), str(driver_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("HY000 [Argus]"), done.stdout
    for part in ("CursorMemory", "temporary file", "File too large", "TMPDIR"):
        assert part in done.stdout


@pytest.mark.engines("duckdb")
def test_a_folder_that_is_not_there_is_named(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/no/such/folder")
    session = OnEngine(driver, connection_string=MEMORY + "CursorMemory=0;")
    kept = Rowset(session, 100_000, 1)
    assert scroll(session, LAST) == SQL_ERROR
    message = ctypes.create_string_buffer(900)
    driver.SQLGetDiagRec(STMT, pointer(session.stmt), 1, pointer(None), pointer(None), message, 900, pointer(None))
    assert b"/no/such/folder" in message.value
    assert kept.fetched.value == 0
    assert session.state() == "HY000"
    session.close()


@pytest.mark.engines("duckdb")
def test_an_error_in_the_middle_of_the_result(session: OnEngine) -> None:
    """Rows before the error can be read; what needs the end says why it cannot be had."""
    rowset = Rowset(session, 1, 5)
    session.driver.SQLCloseCursor(pointer(session.stmt))
    session.ok(b"SET threads = 1")  # a second thread may come to the error before the first row is asked for
    session.ok(
        b"SELECT i, CASE WHEN i = 900000 THEN error('stop here') ELSE 'row ' || i END FROM range(1, 1000000) t(i)"
    )
    assert scroll(session, FIRST) == SQL_SUCCESS
    assert rowset.rows() == [1, 2, 3, 4, 5]
    assert scroll(session, LAST) == SQL_ERROR
    assert scroll(session, ABSOLUTE, 2) == SQL_SUCCESS
    assert rowset.rows() == [2, 3, 4, 5, 6]
    assert scroll(session, ABSOLUTE, -1) == SQL_ERROR


def test_two_cursors_of_one_connection(session: OnEngine) -> None:
    driver, other = session.driver, session.driver.alloc(STMT, session.dbc)
    for stmt, n in ((session.stmt, 4000), (other, 3000)):
        driver.SQLSetStmtAttr(pointer(stmt), CURSOR_TYPE, pointer(STATIC), 0)
        sql = f"SELECT i + 1 FROM {session.facts.numbers(n)} ORDER BY i".encode()
        assert driver.SQLExecDirect(pointer(stmt), sql, SQL_NTS) == SQL_SUCCESS
    value = ctypes.c_int64()
    for row in (2500, 7, 2999, 1):
        for stmt in (session.stmt, other):
            assert driver.SQLFetchScroll(pointer(stmt), ABSOLUTE, row) == SQL_SUCCESS
            driver.SQLGetData(pointer(stmt), 1, C_SBIGINT, ctypes.byref(value), 8, pointer(None))
            assert value.value == row


# ---- bookmarks ----


@pytest.mark.parametrize(("use", "c_type"), [(1, -27), (2, C_BINARY)])
def test_bookmarks_bring_rows_back(session: OnEngine, use: int, c_type: int) -> None:
    assert put(session, USE_BOOKMARKS, use) == SQL_SUCCESS
    rowset = Rowset(session, 20, 4)
    marks, lengths = (ctypes.c_uint64 * 100)(), (ctypes.c_int64 * 100)()
    rc = session.driver.SQLBindCol(pointer(session.stmt), 0, c_type, marks, 8, lengths)
    assert rc == SQL_SUCCESS
    assert scroll(session, ABSOLUTE, 7) == SQL_SUCCESS
    assert rowset.rows() == [7, 8, 9, 10]
    assert list(lengths[:4]) == [8] * 4
    kept = ctypes.c_uint64(marks[2])
    assert put(session, BOOKMARK_PTR, ctypes.addressof(kept)) == SQL_SUCCESS
    for offset, start in ((0, 9), (5, 14), (-8, 1), (11, 20)):
        assert scroll(session, FIRST) == SQL_SUCCESS
        assert scroll(session, BOOKMARK, offset) == SQL_SUCCESS
        assert rowset.rows() == list(range(start, min(20, start + 3) + 1))
        mark = ctypes.c_uint64()
        arguments = pointer(session.stmt), 0, c_type, ctypes.byref(mark), 8, pointer(None)
        assert session.driver.SQLGetData(*arguments) == SQL_SUCCESS
        assert mark.value == marks[0]
    for offset in (-9, 12):
        assert scroll(session, BOOKMARK, offset) == SQL_NO_DATA
    for bad in (0, 21, 2**63):
        kept.value = bad
        assert scroll(session, BOOKMARK) == SQL_ERROR
        assert session.state() == "HY111"
    put(session, BOOKMARK_PTR, 0)
    assert scroll(session, BOOKMARK) == SQL_ERROR
    assert session.state() == "HY111"


def test_column_0_has_the_type_of_the_bookmarks_or_none(session: Session) -> None:
    room, length = ctypes.create_string_buffer(16), ctypes.c_int64()
    stmt, driver = pointer(session.stmt), session.driver
    session.fetched(b"SELECT 1")
    assert driver.SQLGetData(stmt, 0, C_BINARY, room, 16, ctypes.byref(length)) == SQL_ERROR
    assert session.state() == "07009"
    assert driver.SQLBindCol(stmt, 0, C_LONG, room, 16, ctypes.byref(length)) == SQL_ERROR
    assert session.state() == "07006"
    assert driver.SQLBindCol(stmt, 0, C_BINARY, room, 16, ctypes.byref(length)) == SQL_SUCCESS
    assert driver.SQLFetch(stmt) == SQL_ERROR
    assert session.state() == "07009"
    driver.SQLCloseCursor(stmt)
    assert put(session, USE_BOOKMARKS, 1) == SQL_SUCCESS
    session.ok(b"SELECT 1")
    assert driver.SQLFetch(stmt) == SQL_ERROR
    assert session.state() == "07006"
    assert driver.SQLBindCol(stmt, 0, C_BINARY, pointer(None), 0, pointer(None)) == SQL_SUCCESS
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert driver.SQLGetData(stmt, 0, C_BINARY, room, 16, ctypes.byref(length)) == SQL_ERROR
    assert session.state() == "HY003"
    sql_type = ctypes.c_int16()
    nothing = [pointer(None)] * 3
    arguments = stmt, 0, pointer(None), 0, pointer(None), ctypes.byref(sql_type), *nothing
    assert driver.SQLDescribeCol(*arguments) == SQL_SUCCESS
    assert sql_type.value == -5  # SQL_C_BOOKMARK has 64 bits here
    driver.SQLCloseCursor(stmt)
    assert put(session, USE_BOOKMARKS, 2) == SQL_SUCCESS
    session.ok(b"SELECT 1")
    assert driver.SQLDescribeCol(*arguments) == SQL_SUCCESS
    assert sql_type.value == -2
    assert driver.SQLBindCol(stmt, 0, C_BINARY, room, 4, pointer(None)) == SQL_SUCCESS
    assert driver.SQLFetch(stmt) == SQL_ERROR
    assert session.state() == "22001"


# ---- beside other threads ----


@pytest.mark.engines("duckdb")
def test_a_long_scroll_can_be_cancelled(session: Session) -> None:
    put(session, CURSOR_TYPE, STATIC)
    session.ok(b"SELECT i FROM range(4000000000) t(i)")
    assert scroll(session, ABSOLUTE, 5) == SQL_SUCCESS
    cancel = threading.Timer(0.4, session.driver.SQLCancel, [pointer(session.stmt)])
    cancel.start()
    assert scroll(session, LAST) == SQL_ERROR
    assert session.state() == "HY008"
    cancel.join()
    assert scroll(session, ABSOLUTE, 5) == SQL_SUCCESS  # what is stored can still be read
    session.still_works()
    assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS
    assert session.driver.SQLPrepare(pointer(session.stmt), b"SELECT 1", SQL_NTS) == SQL_SUCCESS
