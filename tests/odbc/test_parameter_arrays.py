"""Arrays of parameters, as "Using Arrays of Parameters" in the specification describes them, without a driver manager."""

from __future__ import annotations

import ctypes
import struct
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_facts import Facts
from plain import (
    C_CHAR,
    C_LONG,
    SQL_ERROR,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_NULL_DATA,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    STMT,
    Driver,
    Session,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

NEED_DATA, DATA_AT_EXEC, DEFAULT_PARAM = 99, -2, -5
OFFSET_PTR, BIND_TYPE, OPERATION_PTR, STATUS_PTR, PROCESSED_PTR, PARAMSET_SIZE = 17, 18, 19, 20, 21, 22
OK, UNAVAILABLE, FAILED, UNUSED = 0, 1, 5, 7
PROCEED, IGNORE = 0, 1
NO_ROW_NUMBER = -1
VARCHAR, INTEGER = 12, 4
NULL = pointer(None)
TABLE = f"sets_{uuid.uuid4().hex[:8]}"
INSERT = f"insert into {TABLE} values (?, ?)".encode()


class Array:
    """A statement with a table, an array of two parameters, and all that the specification lets the driver report."""

    def __init__(self, session: Session, size: int) -> None:
        self.session, self.driver, self.stmt = session, session.driver, pointer(session.stmt)
        self.status = (ctypes.c_uint16 * size)(*[77] * size)
        self.processed = ctypes.c_size_t(99)
        self.attribute(PARAMSET_SIZE, size)
        self.attribute(STATUS_PTR, ctypes.addressof(self.status))
        self.attribute(PROCESSED_PTR, ctypes.addressof(self.processed))

    def attribute(self, number: int, value: int) -> None:
        rc = self.driver.SQLSetStmtAttr(self.stmt, number, pointer(value), 0)
        assert rc == SQL_SUCCESS, self.session.state()

    def bind(self, number: int, c_type: int, sql_type: int, at: object, width: int, lengths: object) -> None:
        rc = self.driver.SQLBindParameter(self.stmt, number, 1, c_type, sql_type, width, 0, at, width, lengths)
        assert rc == SQL_SUCCESS, self.session.state()

    def by_column(self, numbers: list[int], texts: list[bytes | None], width: int = 8) -> None:
        """Column-wise: parameter 1 an integer, parameter 2 a text of at most `width` bytes."""
        n = len(numbers)
        self.numbers = (ctypes.c_int32 * n)(*numbers)
        self.texts = ctypes.create_string_buffer(b"".join((t or b"").ljust(width, b"#") for t in texts), n * width)
        self.lengths = (ctypes.c_int64 * n)(*[SQL_NULL_DATA if t is None else len(t) for t in texts])
        self.bind(1, C_LONG, INTEGER, self.numbers, 0, NULL)
        self.bind(2, C_CHAR, VARCHAR, self.texts, width, self.lengths)

    def records(self) -> list[tuple[str, int]]:
        """SQLSTATE and row number of every diagnostic record."""
        found = []
        state, native, text = ctypes.create_string_buffer(6), ctypes.c_int32(), ctypes.create_string_buffer(1000)
        row, length = ctypes.c_int64(), ctypes.c_int16()
        for i in range(1, 100):
            rc = self.driver.SQLGetDiagRec(
                STMT, self.stmt, i, state, ctypes.byref(native), text, 1000, ctypes.byref(length)
            )
            if rc == SQL_NO_DATA:
                break
            # SQL_DIAG_ROW_NUMBER
            assert self.driver.SQLGetDiagField(STMT, self.stmt, i, -1248, ctypes.byref(row), 8, NULL) == SQL_SUCCESS
            found.append((state.value.decode(), row.value))
        return found

    def rows_changed(self) -> int:
        out = ctypes.c_int64(-99)
        assert self.driver.SQLRowCount(self.stmt, ctypes.byref(out)) == SQL_SUCCESS
        return out.value

    def table(self) -> list[tuple[int | None, bytes | None]]:
        """All rows of t, read through a statement of its own."""
        other = pointer(self.driver.alloc(STMT, self.session.dbc))
        assert (
            self.driver.SQLExecDirect(other, f"select i, s from {TABLE} order by i, s".encode(), SQL_NTS) == SQL_SUCCESS
        )
        rows: list[tuple[int | None, bytes | None]] = []
        while self.driver.SQLFetch(other) == SQL_SUCCESS:
            cells = []
            for column in (1, 2):
                out, n = ctypes.create_string_buffer(100), ctypes.c_int64()
                assert self.driver.SQLGetData(other, column, C_CHAR, out, 100, ctypes.byref(n)) == SQL_SUCCESS
                cells.append(None if n.value == SQL_NULL_DATA else out.raw[: n.value])
            rows.append((None if cells[0] is None else int(cells[0]), cells[1]))
        assert self.driver.SQLFreeHandle(STMT, other) == SQL_SUCCESS
        return rows


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture(scope="module")
def table(driver: Driver, engine: str, facts: Facts) -> Iterator[str]:
    """How a connection begins: DuckDB's has a database of its own, the others empty the table that they share."""
    if engine == "duckdb":
        yield f"create table {TABLE} (i integer primary key, s varchar)"
        return
    owner = Session(driver)
    owner.ok(f"create table {TABLE} (i int, s {facts.text})".encode())
    yield f"truncate table {TABLE}"
    owner.driver.SQLFreeStmt(pointer(owner.stmt), 0)
    owner.ok(f"drop table {TABLE}".encode())
    owner.close()


@pytest.fixture
def session(driver: Driver, table: str) -> Iterator[Session]:
    opened = Session(driver)
    opened.ok(table.encode())
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    yield opened
    opened.close()


def test_column_wise_with_nulls_and_counted_lengths(session: Session, facts: Facts) -> None:
    array = Array(session, 4)
    array.by_column([1, 2, 3, 4], [b"one", None, b"", b"12345678"])
    assert session.run(INSERT) == SQL_SUCCESS, session.state()
    assert array.table() == [(1, b"one"), (2, None), (3, b""), (4, b"12345678")]
    assert (list(array.status), array.processed.value, array.rows_changed()) == ([OK] * 4, 4, facts.rows(4))


def test_row_wise_with_an_offset(session: Session) -> None:
    # struct { int32 i; char s[8]; int64 length; } with four bytes of padding before the length.
    rows = [(7, b"seven", 5), (8, b"eight", SQL_NTS), (9, b"", SQL_NULL_DATA)]
    data = ctypes.create_string_buffer(40 + 24 * len(rows))
    for i, (number, text, length) in enumerate(rows):
        struct.pack_into("<i8s4xq", data, 40 + 24 * i, number, text, length)
    start, offset = ctypes.addressof(data), ctypes.c_int64(40)
    array = Array(session, 3)
    array.attribute(BIND_TYPE, 24)
    array.attribute(OFFSET_PTR, ctypes.addressof(offset))
    array.bind(1, C_LONG, INTEGER, pointer(start), 0, NULL)
    array.bind(2, C_CHAR, VARCHAR, pointer(start + 4), 8, pointer(start + 16))
    assert session.run(INSERT) == SQL_SUCCESS, session.state()
    assert array.table() == [(7, b"seven"), (8, b"eight"), (9, None)]
    assert (list(array.status), array.processed.value) == ([OK] * 3, 3)


def test_operation_array_leaves_sets_out(session: Session, facts: Facts) -> None:
    array = Array(session, 3)
    operations = (ctypes.c_uint16 * 3)(PROCEED, IGNORE, PROCEED)
    array.attribute(OPERATION_PTR, ctypes.addressof(operations))
    array.by_column([1, 1, 2], [b"a", b"b", b"c"])
    assert session.run(INSERT) == SQL_SUCCESS, session.state()
    assert array.table() == [(1, b"a"), (2, b"c")]
    assert (list(array.status), array.processed.value, array.rows_changed()) == ([OK, UNUSED, OK], 3, facts.rows(2))
    operations[0] = operations[2] = IGNORE
    assert session.run(INSERT) == SQL_SUCCESS, session.state()
    assert (list(array.status), array.rows_changed()) == ([UNUSED] * 3, 0)


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("size", [4, 30])
def test_one_failing_set_does_not_lose_the_others(session: Session, size: int) -> None:
    array = Array(session, size)
    numbers = list(range(size))
    numbers[2] = 1
    array.by_column(numbers, [b"x"] * size)
    assert session.run(INSERT) == SQL_SUCCESS_WITH_INFO
    assert array.records() == [("23000", 3)]
    assert [i for i, _ in array.table()] == [i for i in range(size) if i != 2]
    assert list(array.status) == [OK, OK, FAILED] + [OK] * (size - 3)
    assert (array.processed.value, array.rows_changed()) == (size, size - 1)


@pytest.mark.engines("duckdb", "spark", "trino")
def test_a_set_that_the_engine_refuses_fails_alone(session: Session, facts: Facts) -> None:
    array = Array(session, 3)
    array.by_column([1, 2, 3], [b"10", b"ten", b"30"])
    sql = f"insert into {TABLE} select ?, cast(cast(? as int) as {facts.text})"
    assert session.run(sql.encode()) == SQL_SUCCESS_WITH_INFO
    assert set(array.records()) == {("22018", 2)}
    assert array.table() == [(1, b"10"), (3, b"30")]
    assert (list(array.status), array.processed.value) == ([OK, FAILED, OK], 3)
    assert array.rows_changed() == facts.rows(2)


def test_values_that_cannot_be_read_fail_alone(session: Session) -> None:
    array = Array(session, 3)
    array.by_column([1, 2, 3], [b"good", b"12345678", b"fine"])
    array.bind(2, C_CHAR, VARCHAR, array.texts, 8, array.lengths)
    # A declared size of five characters, for the second set's eight.
    rc = array.driver.SQLBindParameter(array.stmt, 2, 1, C_CHAR, VARCHAR, 5, 0, array.texts, 8, array.lengths)
    assert rc == SQL_SUCCESS
    assert session.run(INSERT) == SQL_SUCCESS_WITH_INFO
    assert array.records() == [("22001", 2)]
    assert array.table() == [(1, b"good"), (3, b"fine")]
    assert list(array.status) == [OK, FAILED, OK]


@pytest.mark.engines("duckdb")
def test_all_sets_failing_is_an_error(session: Session) -> None:
    session.ok(f"insert into {TABLE} values (1, 'there')".encode())
    array = Array(session, 2)
    array.by_column([1, 1], [b"a", b"b"])
    assert session.run(INSERT) == SQL_ERROR
    assert array.records() == [("23000", 1), ("23000", 2)]
    assert (list(array.status), array.processed.value) == ([FAILED, FAILED], 2)
    session.still_works()


def test_default_parameters_are_for_procedures(session: Session) -> None:
    array = Array(session, 2)
    array.by_column([1, 2], [b"a", b"b"])
    array.lengths[1] = DEFAULT_PARAM
    assert session.run(INSERT) == SQL_SUCCESS_WITH_INFO
    assert array.records() == [("07S01", 2)]
    assert array.table() == [(1, b"a")]


def test_a_missing_table_is_said_once(session: Session) -> None:
    array = Array(session, 3)
    array.by_column([1, 2, 3], [b"a", b"b", b"c"])
    assert session.run(b"insert into nowhere values (?, ?)") == SQL_ERROR
    # Where all rows go by one statement it is no row's error, and no row was inserted.
    (found,) = set(array.records())
    assert found in (("42S02", 1), ("42S02", NO_ROW_NUMBER))
    expected = ([FAILED, UNUSED, UNUSED], 1) if found[1] == 1 else ([UNUSED] * 3, 0)
    assert (list(array.status), array.processed.value) == expected


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("size", [3, 30])
def test_failure_in_a_transaction_says_that_all_is_lost(session: Session, size: int) -> None:
    assert session.driver.SQLSetConnectAttr(pointer(session.dbc), 102, pointer(0), 0) == SQL_SUCCESS
    session.ok(f"insert into {TABLE} values (1, 'there')".encode())
    array = Array(session, size)
    array.by_column([*range(5, size + 4), 1], [b"x"] * size)
    # DuckDB ends the transaction at the first error: no set of it will ever be there.
    assert session.run(INSERT) == SQL_ERROR
    assert "23000" in {state for state, _ in array.records()}
    assert OK not in list(array.status)[-1:]
    assert session.driver.SQLEndTran(2, pointer(session.dbc), 1) == SQL_SUCCESS
    assert array.table() == []
    assert session.driver.SQLEndTran(2, pointer(session.dbc), 0) == SQL_SUCCESS


@pytest.mark.engines("duckdb")
def test_updates_add_up_and_deletes_of_nothing_are_no_data(session: Session) -> None:
    session.ok(f"insert into {TABLE} select i, 'x' from range(10) r(i)".encode())
    array = Array(session, 2)
    array.by_column([3, 6], [b"x", b"x"])
    assert session.run(f"update {TABLE} set s = 'y' where i < ? and s = ?".encode()) == SQL_SUCCESS, session.state()
    assert array.rows_changed() == 6
    array.by_column([100, 200], [b"x", b"x"])
    assert session.run(f"delete from {TABLE} where i = ? and s = ?".encode()) == SQL_NO_DATA
    assert list(array.status) == [OK, OK]


def test_each_set_of_a_query_has_its_result(session: Session) -> None:
    array = Array(session, 3)
    array.by_column([10, 20, 30], [b"a", b"b", b"c"])
    session.fetched(b"select ? + 1, ?")
    out, n = ctypes.create_string_buffer(100), ctypes.c_int64()
    seen = []
    while True:
        assert array.driver.SQLGetData(array.stmt, 1, C_CHAR, out, 100, ctypes.byref(n)) == SQL_SUCCESS
        seen.append(out.value)
        assert array.driver.SQLFetch(array.stmt) == SQL_NO_DATA
        if array.driver.SQLMoreResults(array.stmt) == SQL_NO_DATA:
            break
        assert array.driver.SQLFetch(array.stmt) == SQL_SUCCESS
    assert seen == [b"11", b"21", b"31"]


def test_data_at_execution_of_some_sets(session: Session) -> None:
    array = Array(session, 3)
    array.by_column([1, 2, 3], [b"a", b"b", b"c"], 16)
    array.lengths[0] = array.lengths[2] = DATA_AT_EXEC
    start, token = ctypes.addressof(array.texts), ctypes.c_void_p()
    driver, stmt = array.driver, array.stmt
    assert session.run(INSERT) == NEED_DATA
    named = []
    while driver.SQLParamData(stmt, ctypes.byref(token)) == NEED_DATA:
        named.append(((token.value or 0) - start, array.processed.value))
        for piece in (b"at ", b"execution %d" % len(named)):
            assert driver.SQLPutData(stmt, piece, len(piece)) == SQL_SUCCESS, session.state()
    # The address of each set's element, and the number of the set.
    assert named == [(0, 1), (32, 3)]
    assert array.table() == [(1, b"at execution 1"), (2, b"b"), (3, b"at execution 2")]
    assert list(array.status) == [OK] * 3


@pytest.mark.engines("duckdb")
def test_one_set_reports_its_status_too(session: Session) -> None:
    array = Array(session, 1)
    array.by_column([1], [b"a"])
    assert session.run(INSERT) == SQL_SUCCESS
    assert (list(array.status), array.processed.value) == ([OK], 1)
    assert session.run(INSERT) == SQL_ERROR
    assert list(array.status) == [FAILED]


def test_number_of_sets_is_checked(session: Session) -> None:
    stmt = pointer(session.stmt)
    assert session.driver.SQLSetStmtAttr(stmt, PARAMSET_SIZE, pointer(0), 0) == SQL_ERROR
    assert session.state() == "HY024"
    # SQL_PARAM_ARRAY_ROW_COUNTS: SQL_PARC_NO_BATCH; SQL_PARAM_ARRAY_SELECTS: SQL_PAS_BATCH
    for info, expected in ((153, 2), (154, 1)):
        out = ctypes.c_uint32()
        assert session.driver.SQLGetInfo(pointer(session.dbc), info, ctypes.byref(out), 4, NULL) == SQL_SUCCESS
        assert out.value == expected


SLOW = f"insert into {TABLE} select min(r) + ?, ? from range(3000000000) x(r) where r % 7 = 3".encode()


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("state", ["HY008", "HYT00"])
def test_a_long_array_can_be_ended(session: Session, state: str) -> None:
    array = Array(session, 6)
    array.by_column([1, 2, 3, 4, 5, 6], [b"x"] * 6)
    if state == "HYT00":
        array.attribute(0, 1)
    ender = threading.Timer(0.7, lambda: array.driver.SQLCancel(array.stmt))
    if state == "HY008":
        ender.start()
    started = time.monotonic()
    assert session.run(SLOW) == SQL_ERROR
    assert time.monotonic() - started < 5
    ender.cancel()
    # What was executed before stays; the set that was ended has the reason, the rest was not begun.
    (found, row), *more = array.records()
    assert (found, more) == (state, [])
    assert list(array.status) == [OK] * (row - 1) + [FAILED] + [UNUSED] * (6 - row)
    assert (array.processed.value, len(array.table())) == (row, row - 1)
    session.still_works()
