"""Bound parameters: SQLSTATEs of the functions' pages without a driver manager, and values through pyodbc on DuckDB."""

from __future__ import annotations

import ctypes
import datetime
import decimal
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from descriptors import CONCISE_TYPE, DATA_PTR, PARAMETER_TYPE, Descriptor, bind_big, prepare
from engine_facts import Facts
from plain import (
    C_BINARY,
    C_CHAR,
    C_LONG,
    C_SBIGINT,
    C_WCHAR,
    SQL_ERROR,
    SQL_NTS,
    SQL_NULL_DATA,
    SQL_SUCCESS,
    Driver,
    Session,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "hive", "impala")

NEED_DATA, DATA_AT_EXEC, LEN_DATA_AT_EXEC = 99, -2, -100
VARCHAR, INTEGER, BIGINT, DECIMAL, DATE = 12, 4, -5, 3, 91
NULL = pointer(None)


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def bind(session: Session, *arguments: object) -> tuple[int, str]:
    rc = session.driver.SQLBindParameter(pointer(session.stmt), *arguments)
    return rc, session.state()


def test_arguments_that_are_refused(session: Session) -> None:
    value = ctypes.c_int32(5)
    at = ctypes.byref(value)
    assert bind(session, 0, 1, C_LONG, INTEGER, 0, 0, at, 0, NULL) == (SQL_ERROR, "07009")
    assert bind(session, 1, 77, C_LONG, INTEGER, 0, 0, at, 0, NULL) == (SQL_ERROR, "HY105")
    # SQL_PARAM_INPUT_OUTPUT, _OUTPUT, and their streamed forms.
    for direction in (2, 4, 8, 16):
        assert bind(session, 1, direction, C_LONG, INTEGER, 0, 0, at, 0, NULL) == (SQL_ERROR, "HYC00")
    assert bind(session, 1, 1, 555, INTEGER, 0, 0, at, 0, NULL) == (SQL_ERROR, "HY003")
    assert bind(session, 1, 1, C_LONG, 555, 0, 0, at, 0, NULL) == (SQL_ERROR, "HY004")
    assert bind(session, 1, 1, C_LONG, INTEGER, 0, 0, NULL, 0, NULL) == (SQL_ERROR, "HY009")
    assert bind(session, 1, 1, C_CHAR, VARCHAR, 5, 0, at, -9, NULL) == (SQL_ERROR, "HY090")
    assert bind(session, 1, 1, C_LONG, DECIMAL, 5, 6, at, 0, NULL) == (SQL_ERROR, "HY104")
    # Appendix D has no way from an integer to a date.
    assert bind(session, 1, 1, C_LONG, DATE, 10, 0, at, 0, NULL) == (SQL_ERROR, "07006")


def test_markers_without_a_binding(session: Session) -> None:
    first = ctypes.c_int64(1)
    assert (session.run(b"select ?, ?"), session.state()) == (SQL_ERROR, "07002")
    bind_big(session, 1, first)
    assert (session.run(b"select ?, ?"), session.state()) == (SQL_ERROR, "07002")
    # A record in the application's descriptor alone does not say of which SQL type the parameter is.
    apd = Descriptor.of(session, "APD")
    assert apd.set(2, CONCISE_TYPE, C_SBIGINT) == SQL_SUCCESS
    assert apd.set(2, DATA_PTR, ctypes.addressof(first)) == SQL_SUCCESS
    assert (session.run(b"select ?, ?"), session.state()) == (SQL_ERROR, "07002")
    assert Descriptor.of(session, "IPD").set(2, CONCISE_TYPE, BIGINT) == SQL_SUCCESS
    session.fetched(b"select ? + ?")


@pytest.mark.parametrize(
    ("text", "sql_type", "size", "digits", "state"),
    [
        (b"12x", INTEGER, 10, 0, "22018"),
        (b"99999999999", INTEGER, 10, 0, "22003"),
        (b"1.5", INTEGER, 10, 0, "22001"),
        (b"12345.6", DECIMAL, 4, 1, "22003"),
        (b"2024-13-01", DATE, 10, 0, "22007"),
        (b"no date", DATE, 10, 0, "22018"),
        (b"too long", VARCHAR, 3, 0, "22001"),
    ],
)
def test_values_that_do_not_fit(
    session: Session, text: bytes, sql_type: int, size: int, digits: int, state: str
) -> None:
    buffer = ctypes.create_string_buffer(text)
    assert bind(session, 1, 1, C_CHAR, sql_type, size, digits, buffer, 0, NULL) == (SQL_SUCCESS, "")
    assert (session.run(b"select ?"), session.state()) == (SQL_ERROR, state)
    session.still_works()


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize(
    ("sql_type", "text", "expected"),
    [
        (101, b"5", b"5 years"), (102, b"-14", b"-1 year -2 months"), (103, b"3", b"3 days"), (104, b"-30", b"-30:00:00"),
        (105, b"90", b"01:30:00"), (106, b"59.5", b"00:00:59.5"), (107, b"-3-5", b"-3 years -5 months"),
        (108, b"10 12", b"10 days 12:00:00"), (109, b"1 02:03", b"1 day 02:03:00"),
        (110, b"-5 23:59:59.999999", b"-5 days -23:59:59.999999"), (111, b"10:30", b"10:30:00"),
        (112, b"01:02:03.25", b"01:02:03.25"), (113, b"10:30", b"00:10:30"),
    ],
)  # fmt: skip
def test_intervals_keep_their_units(session: Session, sql_type: int, text: bytes, expected: bytes) -> None:
    buffer = ctypes.create_string_buffer(text)
    assert bind(session, 1, 1, C_CHAR, sql_type, 9, 6, buffer, 0, NULL) == (SQL_SUCCESS, "")
    session.fetched(b"select ?::varchar")
    assert text_of(session) == expected


def text_of(session: Session) -> bytes:
    out, length = ctypes.create_string_buffer(200), ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), 1, C_CHAR, out, 200, ctypes.byref(length))
    assert rc == SQL_SUCCESS, session.state()
    return out.raw[: length.value]


def test_lengths_indicators_and_offsets(session: Session) -> None:
    # Rows of 24 bytes: sixteen of text and the length; the offset moves to the second one at execution.
    rows = ctypes.create_string_buffer(
        struct.pack("16sq16sq16sq", b"first", SQL_NTS, b"second!", 6, b"", SQL_NULL_DATA), 72
    )
    start = ctypes.addressof(rows)
    offset = ctypes.c_int64(0)
    rc = session.driver.SQLSetStmtAttr(pointer(session.stmt), 17, ctypes.byref(offset), 0)
    assert rc == SQL_SUCCESS, session.state()
    assert bind(session, 1, 1, C_CHAR, VARCHAR, 16, 0, pointer(start), 16, pointer(start + 16)) == (SQL_SUCCESS, "")
    for at, expected in ((0, b"first"), (24, b"second"), (48, b"it was null")):
        offset.value = at
        session.fetched(b"select coalesce(?, 'it was null')")
        assert text_of(session) == expected
        assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS


@pytest.mark.parametrize("indicator", [DATA_AT_EXEC, LEN_DATA_AT_EXEC - 7])
def test_data_at_execution_in_wide_pieces(session: Session, indicator: int) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    ind, token = ctypes.c_int64(indicator), ctypes.c_void_p()
    assert bind(session, 1, 1, C_WCHAR, -9, 0, 0, pointer(4711), 0, ctypes.byref(ind)) == (SQL_SUCCESS, "")
    prepare(session, b"select ? || '!'")
    assert driver.SQLExecute(stmt) == NEED_DATA
    assert (driver.SQLPutData(stmt, b"", 0), session.state()) == (SQL_ERROR, "HY010")
    assert (driver.SQLExecute(stmt), session.state()) == (SQL_ERROR, "HY010")
    assert driver.SQLParamData(stmt, ctypes.byref(token)) == NEED_DATA
    assert token.value == 4711
    assert (driver.SQLParamData(stmt, ctypes.byref(token)), session.state()) == (SQL_ERROR, "HY010")
    data = "größer als 😀 ein Stück".encode("utf-16-le")
    for at in range(0, len(data), 6):
        piece = data[at : at + 6]
        assert driver.SQLPutData(stmt, piece, len(piece)) == SQL_SUCCESS, session.state()
    assert (driver.SQLPutData(stmt, NULL, SQL_NULL_DATA), session.state()) == (SQL_ERROR, "HY020")
    assert driver.SQLParamData(stmt, ctypes.byref(token)) == SQL_SUCCESS, session.state()
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert text_of(session).decode() == "größer als 😀 ein Stück!"


def test_output_parameters_of_a_descriptor(session: Session) -> None:
    value = ctypes.c_int64(1)
    bind_big(session, 1, value)
    ipd = Descriptor.of(session, "IPD")
    assert (ipd.set(1, PARAMETER_TYPE, 4), ipd.state()) == (SQL_ERROR, "HYC00")
    session.fetched(b"select ?")


def test_pieces_of_what_has_no_pieces(session: Session, facts: Facts) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    ind, token = ctypes.c_int64(DATA_AT_EXEC), ctypes.c_void_p()
    for number, c_type, sql_type in ((1, C_SBIGINT, BIGINT), (2, C_CHAR, VARCHAR)):
        assert bind(session, number, 1, c_type, sql_type, 0, 0, pointer(number), 0, ctypes.byref(ind))[0] == SQL_SUCCESS
    text = f"cast(? as {facts.text})"
    assert session.run(f"select coalesce({text} || {text}, 'it was null')".encode()) == NEED_DATA
    number = struct.pack("<q", 41)
    assert driver.SQLParamData(stmt, ctypes.byref(token)) == NEED_DATA
    assert (driver.SQLPutData(stmt, NULL, 0), session.state()) == (SQL_ERROR, "HY009")
    # Bound anew in the middle of the dialogue; the length is not looked at for a fixed C type.
    assert bind(session, 1, 1, C_LONG, INTEGER, 0, 0, pointer(1), 0, ctypes.byref(ind)) == (SQL_ERROR, "HY010")
    assert driver.SQLPutData(stmt, number, -77) == SQL_SUCCESS
    assert (driver.SQLPutData(stmt, number, 8), session.state()) == (SQL_ERROR, "HY019")
    assert driver.SQLParamData(stmt, ctypes.byref(token)) == NEED_DATA
    assert (driver.SQLPutData(stmt, b"abc", -77), session.state()) == (SQL_ERROR, "HY090")
    assert (driver.SQLPutData(stmt, NULL, 5), session.state()) == (SQL_ERROR, "HY009")
    # SQL_DEFAULT_PARAM
    assert (driver.SQLPutData(stmt, NULL, -5), session.state()) == (SQL_ERROR, "07S01")
    assert driver.SQLPutData(stmt, NULL, SQL_NULL_DATA) == SQL_SUCCESS
    assert (driver.SQLPutData(stmt, b"abc", 3), session.state()) == (SQL_ERROR, "HY020")
    assert driver.SQLParamData(stmt, ctypes.byref(token)) == SQL_SUCCESS, session.state()
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert text_of(session) == b"it was null"


def test_dialogue_that_is_cancelled_or_loses_its_binding(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    ind, token = ctypes.c_int64(DATA_AT_EXEC), ctypes.c_void_p()
    bound, unused = (Descriptor(session, driver.alloc(4, session.dbc)) for _ in range(2))
    assert driver.SQLSetStmtAttr(stmt, 10011, pointer(bound.handle), 0) == SQL_SUCCESS

    def start() -> None:
        assert bind(session, 1, 1, C_BINARY, -3, 0, 0, pointer(1), 0, ctypes.byref(ind)) == (SQL_SUCCESS, "")
        prepare(session, b"select ?")
        assert driver.SQLExecute(stmt) == NEED_DATA
        assert driver.SQLParamData(stmt, ctypes.byref(token)) == NEED_DATA

    start()
    assert driver.SQLPutData(stmt, b"abc", 3) == SQL_SUCCESS
    assert driver.SQLCancel(stmt) == SQL_SUCCESS
    assert (driver.SQLParamData(stmt, ctypes.byref(token)), session.state()) == (SQL_ERROR, "HY010")
    start()
    assert driver.SQLCopyDesc(pointer(unused.handle), pointer(bound.handle)) == SQL_ERROR
    assert bound.state() == "HY010"
    # The descriptor with the binding is freed in the middle of the dialogue; the statement's own never had one.
    assert driver.SQLFreeHandle(4, pointer(bound.handle)) == SQL_SUCCESS
    assert (driver.SQLPutData(stmt, b"abc", 3), session.state()) == (SQL_ERROR, "07002")
    assert (driver.SQLPutData(stmt, b"abc", 3), session.state()) == (SQL_ERROR, "HY010"), "the error ended the dialogue"
    session.still_works()


VALUES = [
    None,
    True,
    0,
    -1,
    2**31,
    -(2**63),
    1.5,
    1e300,
    "",
    "größe 😀",
    "it's",
    b"",
    b"\x00\xff\x80",
    decimal.Decimal("12345678901234567890.12345"),
    decimal.Decimal("-0.001"),
    datetime.date(2024, 2, 29),
    datetime.date(1, 1, 1),
    datetime.datetime(2024, 2, 29, 23, 59, 59, 123456),
    datetime.time(23, 59, 59),
    uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"),
]


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_come_back_equal(cursor, value: object) -> None:
    kinds = {
        bool: "boolean",
        int: "bigint",
        float: "double",
        str: "varchar",
        bytes: "blob",
        decimal.Decimal: "decimal(38, 5)",
        datetime.date: "date",
        datetime.datetime: "timestamp",
        datetime.time: "time",
        uuid.UUID: "uuid",
        type(None): "integer",
    }
    got = cursor.execute(f"select cast(? as {kinds[type(value)]})", value).fetchone()[0]
    if isinstance(value, uuid.UUID):
        assert str(got).lower() == str(value)
    else:
        assert got == value
        assert isinstance(got, type(value))


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("value", ["ä" * 2_500_000, b"\x00\x01\xff" * 1_700_000], ids=["text", "bytes"])
def test_five_megabytes(cursor, value: str | bytes) -> None:
    kind = "varchar" if isinstance(value, str) else "blob"
    cursor.execute(f"create table t (v {kind})")
    cursor.execute("insert into t values (?)", value)
    assert cursor.execute("select v from t").fetchone()[0] == value


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize(
    "text", ["'; drop table t; --", "\\'; drop table t; --", "?", "{fn now()}", "a\nb", "$1", "%s"]
)
def test_text_is_never_code(cursor, text: str) -> None:
    cursor.execute("create table t (v varchar)")
    cursor.execute("insert into t values (?)", text)
    assert [row.v for row in cursor.execute("select v from t where v = ?", text)] == [text]


@pytest.mark.engines("duckdb")
def test_many_rows(cursor) -> None:
    rows = [(i, f"row {i}", None if i % 3 else i / 4) for i in range(50)]
    cursor.execute("create table t (i bigint, s varchar, d double)")
    cursor.executemany("insert into t values (?, ?, ?)", rows)
    assert [tuple(row) for row in cursor.execute("select * from t order by i")] == rows
