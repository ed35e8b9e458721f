"""Descriptors: every field of the specification's table on each kind, and the rules that tie fields together."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from descriptors import (
    ALLOC_TYPE,
    ARRAY_SIZE,
    CODE,
    CONCISE_TYPE,
    COUNT,
    DATA_PTR,
    HANDLES,
    LEADING_PRECISION,
    LENGTH,
    NAME,
    NUM_PREC_RADIX,
    OCTET_LENGTH,
    PARAMETER_TYPE,
    PRECISION,
    SCALE,
    TYPE,
    UNNAMED,
    Descriptor,
    bind_big,
    table,
)
from engine_facts import Facts
from plain import (
    C_CHAR,
    C_LONG,
    C_SBIGINT,
    DESC,
    SQL_ERROR,
    SQL_INVALID_HANDLE,
    SQL_NO_DATA,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    Driver,
    Session,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

FIELDS = table("desc_fields")
WIDTHS = {"SQLSMALLINT": 2, "SQLINTEGER": 4, "SQLLEN": 8, "SQLULEN": 8, "SQLPOINTER": 8}
# A value that each writable field takes; pointers and lengths take any.
VALID = {TYPE: C_LONG, CONCISE_TYPE: C_LONG, CODE: 1, NUM_PREC_RADIX: 10, UNNAMED: 1, PARAMETER_TYPE: 1, COUNT: 1}
DATE, TIME, TIMESTAMP = 91, 92, 93


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


@pytest.fixture
def one_of_each(session: Session) -> dict[str, Descriptor]:
    """The four descriptors, each with one record in use: a bound parameter and a bound column of an open result."""
    value = ctypes.c_int64(1)
    bind_big(session, 1, value)
    stmt = pointer(session.stmt)
    assert session.driver.SQLBindCol(stmt, 1, C_SBIGINT, ctypes.byref(value), 0, pointer(None)) == SQL_SUCCESS
    session.ok(b"select ? + 0 as total")
    session.kept = value  # type: ignore[attr-defined]
    return {kind: Descriptor.of(session, kind) for kind in HANDLES}


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row["field"])
@pytest.mark.parametrize("kind", list(HANDLES))
def test_field_can_be_read_where_the_table_says(
    one_of_each: dict[str, Descriptor], row: dict[str, str], kind: str
) -> None:
    descriptor = one_of_each[kind]
    rc, raw, total = descriptor.get(1, int(row["number"]))
    if row[kind] == "unused":
        assert (rc, descriptor.state()) == (SQL_ERROR, "HY091")
        return
    assert rc == SQL_SUCCESS, descriptor.state()
    if row["type"] == "SQLCHAR*":
        assert raw[total] == 0
    else:
        assert total == WIDTHS.get(row["type"], 8)
        assert raw[total : total + 1] == b"\xa5"


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row["field"])
@pytest.mark.parametrize("kind", list(HANDLES))
def test_field_can_be_written_where_the_table_says(
    one_of_each: dict[str, Descriptor], row: dict[str, str], kind: str
) -> None:
    descriptor, field = one_of_each[kind], int(row["number"])
    buffer = ctypes.create_string_buffer(b"name", 64)
    value = VALID.get(field, ctypes.addressof(buffer) if row["type"].endswith(("*", "POINTER")) else 6)
    rc = descriptor.set(1, field, value, 4)
    if row[kind] == "RW" or (kind == "IPD" and field == DATA_PTR):
        assert rc == SQL_SUCCESS, descriptor.state()
    elif kind == "IRD" and field != NAME:
        assert (rc, descriptor.state()) == (SQL_ERROR, "HY016")
    else:
        assert (rc, descriptor.state()) == (SQL_ERROR, "HY091")


@pytest.mark.parametrize("kind", ["ARD", "APD", "IPD"])
def test_defaults_of_the_table(session: Session, kind: str) -> None:
    descriptor = Descriptor.of(session, kind)
    words = {"null": 0, "SQL_BIND_BY_COLUMN": 0, "SQL_C_DEFAULT": 99, "SQL_PARAM_INPUT": 1}
    assert descriptor.number(0, ALLOC_TYPE) == 1  # SQL_DESC_ALLOC_AUTO
    headers = [row for row in FIELDS if row["level"] == "header" and row[f"default_{kind}"]]
    for row in headers:
        default = row[f"default_{kind}"]
        if default in words or default.isdigit():
            assert descriptor.number(0, int(row["number"])) == words.get(
                default, int(default) if default.isdigit() else 0
            )
    assert descriptor.get(1, TYPE)[0] == SQL_NO_DATA
    assert descriptor.set(0, COUNT, 2) == SQL_SUCCESS
    for row in FIELDS:
        if row["level"] == "record" and row[f"default_{kind}"] in words:
            assert descriptor.number(2, int(row["number"])) == words[row[f"default_{kind}"]], row["field"]


def test_unknown_fields_and_records(session: Session) -> None:
    ard = Descriptor.of(session, "ARD")
    assert (ard.get(1, 5555)[0], ard.state()) == (SQL_ERROR, "HY091")
    assert (ard.set(1, 5555, 1), ard.state()) == (SQL_ERROR, "HY091")
    assert (ard.get(-1, TYPE)[0], ard.state()) == (SQL_ERROR, "07009")
    assert (ard.set(-1, TYPE, 1), ard.state()) == (SQL_ERROR, "07009")
    for kind in ("IPD", "APD"):
        other = Descriptor.of(session, kind)
        assert (other.set(0, TYPE, 1), other.state()) == (SQL_ERROR, "07009")
    assert (ard.set(0, ARRAY_SIZE, 0), ard.state()) == (SQL_ERROR, "HY092")
    assert (ard.set(0, COUNT, 0xFFFF), ard.state()) == (SQL_ERROR, "07009")


def test_ird_before_anything_was_prepared(session: Session) -> None:
    ird = Descriptor.of(session, "IRD")
    assert (ird.get(0, COUNT)[0], ird.state()) == (SQL_ERROR, "HY007")
    assert (ird.get(1, NAME)[0], ird.state()) == (SQL_ERROR, "HY007")
    assert ird.number(0, ALLOC_TYPE) == 1


@pytest.mark.engines("duckdb")
def test_ird_describes_the_result(session: Session) -> None:
    session.ok("select 7 as \"größe\", 1.25::decimal(9,2) as d, 'x' as t".encode())
    ird = Descriptor.of(session, "IRD")
    assert ird.number(0, COUNT) == 3
    assert ird.text(1, NAME) == "größe"
    assert ird.number(1, UNNAMED) == 0
    assert (ird.number(1, TYPE), ird.number(1, CONCISE_TYPE)) == (4, 4)
    assert (ird.number(2, PRECISION), ird.number(2, SCALE)) == (9, 2)
    assert ird.get(4, NAME)[0] == SQL_NO_DATA
    out, total = (ctypes.c_uint16 * 10)(), ctypes.c_int32()
    rc = ird.driver.SQLGetDescFieldW(pointer(ird.handle), 1, NAME, out, 8, ctypes.byref(total))
    assert (rc, ird.state()) == (SQL_SUCCESS_WITH_INFO, "01004")
    # Lengths are bytes here: ten for five characters, and room for three and the terminator.
    assert total.value == 10
    assert bytes(out)[:8] == "grö\0".encode("utf-16-le")


@pytest.mark.parametrize(
    ("concise", "verbose", "code"),
    [(DATE, 9, 1), (TIME, 9, 2), (TIMESTAMP, 9, 3), *((100 + i, 10, i) for i in range(1, 14)), (C_LONG, C_LONG, 0)],
)
def test_types_follow_each_other(session: Session, concise: int, verbose: int, code: int) -> None:
    ard = Descriptor.of(session, "ARD")
    assert ard.set(1, CONCISE_TYPE, concise) == SQL_SUCCESS
    assert (ard.number(1, TYPE), ard.number(1, CODE)) == (verbose, code)
    assert ard.set(2, TYPE, verbose) == SQL_SUCCESS
    assert ard.set(2, CODE, code) == SQL_SUCCESS
    assert ard.number(2, CONCISE_TYPE) == concise
    assert ard.number(0, COUNT) == 2


@pytest.mark.parametrize("concise", [DATE, TIME, TIMESTAMP, *range(101, 114)])
def test_verbose_type_refuses_concise_codes(session: Session, concise: int) -> None:
    ard = Descriptor.of(session, "ARD")
    assert (ard.set(1, TYPE, concise), ard.state()) == (SQL_ERROR, "HY021")


def test_types_set_their_attributes(session: Session) -> None:
    ard = Descriptor.of(session, "ARD")
    ard.set(1, TYPE, C_CHAR)
    assert (ard.number(1, LENGTH), ard.number(1, PRECISION)) == (1, 0)
    ard.set(1, CONCISE_TYPE, TIMESTAMP)
    assert ard.number(1, PRECISION) == 6
    ard.set(1, CONCISE_TYPE, DATE)
    assert ard.number(1, PRECISION) == 0
    ard.set(1, CONCISE_TYPE, 110)  # day to second
    assert (ard.number(1, LEADING_PRECISION), ard.number(1, PRECISION)) == (2, 6)
    ard.set(1, TYPE, 2)  # SQL_C_NUMERIC
    assert ard.number(1, SCALE) == 0


def set_in_order(descriptor: Descriptor, fields: list[tuple[int, int]], buffer: ctypes.Array) -> tuple[int, str]:
    for field, value in fields:
        assert descriptor.set(1, field, value) == SQL_SUCCESS, descriptor.state()
    return descriptor.set(1, DATA_PTR, ctypes.addressof(buffer)), descriptor.state()


@pytest.mark.parametrize(
    "fields",
    [
        [(TYPE, 9)],  # a datetime without its sub-code
        [(TYPE, 2), (PRECISION, 0)],
        [(TYPE, 2), (PRECISION, 39)],
        [(TYPE, 2), (PRECISION, 5), (SCALE, 6)],
        [(CONCISE_TYPE, TIMESTAMP), (PRECISION, 13)],
        [(CONCISE_TYPE, 103), (LEADING_PRECISION, 0)],
        [(CONCISE_TYPE, 103), (LEADING_PRECISION, 10)],
    ],
)
def test_inconsistent_records_are_refused_at_the_data_pointer(session: Session, fields: list[tuple[int, int]]) -> None:
    buffer = ctypes.create_string_buffer(64)
    assert set_in_order(Descriptor.of(session, "ARD"), fields, buffer) == (SQL_ERROR, "HY021")


def test_ipd_data_pointer_only_checks(session: Session) -> None:
    ipd = Descriptor.of(session, "IPD")
    buffer = ctypes.create_string_buffer(64)
    assert set_in_order(ipd, [(TYPE, 3), (PRECISION, 10), (SCALE, 2)], buffer) == (SQL_SUCCESS, "")
    assert set_in_order(ipd, [(SCALE, 11)], buffer) == (SQL_ERROR, "HY021")


def test_other_fields_unbind_and_count_follows(session: Session) -> None:
    ard = Descriptor.of(session, "ARD")
    value = ctypes.c_int64()
    for column in (1, 3):
        assert (
            session.driver.SQLBindCol(pointer(session.stmt), column, C_SBIGINT, ctypes.byref(value), 0, pointer(None))
            == SQL_SUCCESS
        )
    assert ard.number(0, COUNT) == 3
    assert ard.set(3, DATA_PTR, 0) == SQL_SUCCESS
    assert ard.number(0, COUNT) == 1
    assert ard.number(1, DATA_PTR) == ctypes.addressof(value)
    assert ard.set(1, OCTET_LENGTH, 8) == SQL_SUCCESS
    assert ard.number(1, DATA_PTR) == 0
    assert ard.set(0, COUNT, 5) == SQL_SUCCESS
    assert ard.number(5, TYPE) == 99
    assert ard.set(0, COUNT, 0) == SQL_SUCCESS
    assert ard.get(1, TYPE)[0] == SQL_NO_DATA


def test_parameter_names(session: Session) -> None:
    ipd = Descriptor.of(session, "IPD")
    name = ctypes.create_string_buffer("größe".encode())
    assert ipd.set(1, NAME, ctypes.addressof(name), -3) == SQL_SUCCESS
    assert (ipd.text(1, NAME), ipd.number(1, UNNAMED)) == ("größe", 0)
    assert (ipd.set(1, UNNAMED, 0), ipd.state()) == (SQL_ERROR, "HY092")
    assert ipd.set(1, UNNAMED, 1) == SQL_SUCCESS
    assert (ipd.text(1, NAME), ipd.number(1, UNNAMED)) == ("", 1)
    assert (ipd.set(1, PARAMETER_TYPE, 77), ipd.state()) == (SQL_ERROR, "HY105")


def test_records_at_once(session: Session) -> None:
    ard = Descriptor.of(session, "ARD")
    value, length = ctypes.c_int64(), ctypes.c_int64()
    rc = session.driver.SQLSetDescRec(
        pointer(ard.handle), 1, C_SBIGINT, 0, 8, 0, 0, ctypes.byref(value), ctypes.byref(length), ctypes.byref(length)
    )
    assert rc == SQL_SUCCESS, ard.state()
    session.fetched(b"select 1234567890123 as n")
    assert (value.value, length.value) == (1234567890123, 8)
    ird = Descriptor.of(session, "IRD")
    name, total = ctypes.create_string_buffer(20), ctypes.c_int16()
    small = [ctypes.c_int16(-5) for _ in range(5)]
    octets = ctypes.c_int64()
    rc = session.driver.SQLGetDescRec(
        pointer(ird.handle), 1, name, 20, ctypes.byref(total), ctypes.byref(small[0]), ctypes.byref(small[1]),
        ctypes.byref(octets), ctypes.byref(small[2]), ctypes.byref(small[3]), ctypes.byref(small[4]),
    )  # fmt: skip
    assert rc == SQL_SUCCESS, ird.state()
    assert (name.value, total.value, small[0].value, octets.value) == (b"n", 1, -5, 8)
    rc = session.driver.SQLSetDescRec(
        pointer(ird.handle), 1, 4, 0, 4, 0, 0, pointer(None), pointer(None), pointer(None)
    )
    assert (rc, ird.state()) == (SQL_ERROR, "HY016")


def test_explicit_descriptor_serves_two_statements(session: Session) -> None:
    handle = session.driver.alloc(DESC, session.dbc)
    explicit = Descriptor(session, handle)
    assert explicit.number(0, ALLOC_TYPE) == 2  # SQL_DESC_ALLOC_USER
    value = ctypes.c_int64()
    assert set_in_order(explicit, [(CONCISE_TYPE, C_SBIGINT)], value) == (SQL_SUCCESS, "")  # type: ignore[arg-type]
    own = Descriptor.of(session, "ARD").handle
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), HANDLES["ARD"], pointer(handle), -4) == SQL_SUCCESS
    assert Descriptor.of(session, "ARD").handle == handle
    session.fetched(b"select cast(42 as bigint)")
    assert value.value == 42
    # Freeing it gives the statement its own descriptor back, on which nothing is bound.
    assert session.driver.SQLFreeHandle(DESC, pointer(handle)) == SQL_SUCCESS
    assert Descriptor.of(session, "ARD").handle == own
    assert explicit.get(0, COUNT)[0] == SQL_INVALID_HANDLE


def test_copy(session: Session, facts: Facts) -> None:
    ard, apd, ird = (Descriptor.of(session, kind) for kind in ("ARD", "APD", "IRD"))
    value = ctypes.c_int64()
    assert set_in_order(ard, [(CONCISE_TYPE, C_SBIGINT)], value) == (SQL_SUCCESS, "")  # type: ignore[arg-type]
    assert ard.set(0, ARRAY_SIZE, 7) == SQL_SUCCESS

    def copy(source: Descriptor, target: Descriptor) -> tuple[int, str]:
        return session.driver.SQLCopyDesc(pointer(source.handle), pointer(target.handle)), target.state()

    assert copy(ard, apd) == (SQL_SUCCESS, "")
    assert apd.number(1, DATA_PTR) == ctypes.addressof(value)
    assert (apd.number(0, ARRAY_SIZE), apd.number(0, COUNT), apd.number(0, ALLOC_TYPE)) == (7, 1, 1)
    assert copy(ard, ird) == (SQL_ERROR, "HY016")
    assert copy(ird, ard) == (SQL_ERROR, "HY007")
    assert copy(ard, ard) == (SQL_SUCCESS, "")
    ard.set(0, ARRAY_SIZE, 1)
    session.ok(b"select 1 as a, 'x' as b")
    explicit = Descriptor(session, session.driver.alloc(DESC, session.dbc))
    assert copy(ird, explicit) == (SQL_SUCCESS, "")
    assert (explicit.number(0, COUNT), explicit.number(1, CONCISE_TYPE)) == (2, facts.integer_literal)
    assert session.driver.SQLCopyDesc(pointer(1), pointer(ard.handle)) == SQL_INVALID_HANDLE
