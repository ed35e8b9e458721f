"""SQLGetInfo and SQLGetFunctions on the driver file itself, against the specification's tables."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from engine_facts import Facts
from plain import DBC, ENV, SQL_ERROR, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

INFO_TYPES = [row for row in tables.rows("info_types") if row["number"] and not row["value_kind"].startswith("alias")]
WIDTHS = {"SQLUSMALLINT": 2, "SQLUINTEGER": 4, "SQLULEN": 8}
FUNCTIONS = [row for row in tables.rows("functions") if row["function_id"] and row["function"] != "SQLAllocHandleStd"]


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture(scope="module")
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def ask(session: Session, info_type: int, capacity: int = 4096, wide: bool = False) -> tuple[int, bytes, int]:
    """Return code, the whole buffer (filled with 0xAA before) and the length."""
    out = ctypes.create_string_buffer(b"\xaa" * 4096, 4096)
    length = ctypes.c_int16(-7)
    function = session.driver.SQLGetInfoW if wide else session.driver.SQLGetInfo
    rc = function(pointer(session.dbc), info_type, out, capacity, ctypes.byref(length))
    return rc, out.raw, length.value


@pytest.mark.parametrize("row", INFO_TYPES, ids=lambda row: row["name"])
def test_every_information_type_has_its_width(session: Session, row: dict[str, str]) -> None:
    rc, out, length = ask(session, int(row["number"]))
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    if row["value_kind"].startswith("string"):
        text = out[:length]
        assert out[length] == 0
        assert b"\0" not in text
        text.decode("utf-8")
        rc, out, wide_length = ask(session, int(row["number"]), wide=True)
        assert rc == SQL_SUCCESS
        assert out[:wide_length].decode("utf-16-le") == text.decode()  # lengths of SQLGetInfoW are bytes
        assert out[wide_length : wide_length + 2] == b"\0\0"
        return
    width = WIDTHS[row["value_kind"].split()[0]]
    assert length == width
    assert out[width : width + 8] == b"\xaa" * 8, "more bytes were written than the number has"


def test_return_escape_clause_of_odbc_4_is_zero(session: Session) -> None:
    rc, out, length = ask(session, 180)
    assert (rc, out[:4], length) == (SQL_SUCCESS, b"\0\0\0\0", 4)


def test_an_unknown_type(session: Session) -> None:
    assert ask(session, 9999)[0] == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HY096"


@pytest.mark.engines("duckdb")
def test_a_short_buffer_cuts_and_tells_the_whole_length(session: Session) -> None:
    rc, out, length = ask(session, 17, 4)
    assert rc == SQL_SUCCESS_WITH_INFO
    assert session.driver.state(DBC, session.dbc) == "01004"
    assert (out[:5], length) == (b"Duc\0\xaa", 6)
    rc, out, length = ask(session, 17, 8, wide=True)
    assert rc == SQL_SUCCESS_WITH_INFO
    assert (out[:9], length) == ("Duc\0".encode("utf-16-le") + b"\xaa", 12)
    assert ask(session, 17, -1)[0] == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HY090"


def test_what_is_known_before_connecting(driver: Driver, session: Session) -> None:
    env = driver.alloc(ENV, None)
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(3), 0) == SQL_SUCCESS
    dbc = driver.alloc(DBC, env)
    text = ctypes.create_string_buffer(32)
    assert driver.SQLGetInfo(pointer(dbc), 77, text, 32, pointer(None)) == SQL_SUCCESS
    assert text.value == b"03.80"
    for info_type in (6, 7, 10):
        assert driver.SQLGetInfo(pointer(dbc), info_type, text, 32, pointer(None)) == SQL_SUCCESS
        rc, out, length = ask(session, info_type)
        assert (rc, out[:length]) == (SQL_SUCCESS, text.value)
    assert driver.SQLGetInfo(pointer(dbc), 17, text, 32, pointer(None)) == SQL_ERROR
    assert driver.state(DBC, dbc) == "08003"


# ---- functions ----


def supported(session: Session, number: int) -> bool:
    out = ctypes.c_uint16(7)
    rc = session.driver.SQLGetFunctions(pointer(session.dbc), number, ctypes.byref(out))
    assert rc == SQL_SUCCESS
    assert out.value in (0, 1)
    return bool(out.value)


def test_the_bitmap_says_what_the_single_questions_say(session: Session) -> None:
    bitmap = (ctypes.c_uint16 * 251)(*[0xAAAA] * 251)
    assert session.driver.SQLGetFunctions(pointer(session.dbc), 999, bitmap) == SQL_SUCCESS
    assert bitmap[250] == 0xAAAA, "SQL_API_ODBC3_ALL_FUNCTIONS has 250 words"
    words = (ctypes.c_uint16 * 101)(*[0xAAAA] * 101)
    assert session.driver.SQLGetFunctions(pointer(session.dbc), 0, words) == SQL_SUCCESS
    assert words[100] == 0xAAAA, "SQL_API_ALL_FUNCTIONS has 100 words"
    for row in FUNCTIONS:
        number = int(row["function_id"])
        bit = bool(bitmap[number >> 4] >> (number & 15) & 1)
        assert bit == supported(session, number), row["function"]
        if number < 100:
            assert bool(words[number]) == bit, row["function"]


def test_what_is_said_to_be_there_is_exported(session: Session, driver_path: Path) -> None:
    lines = subprocess.run(
        ["nm", "-D", "--defined-only", driver_path], capture_output=True, text=True, check=True
    ).stdout
    exported = {line.split()[-1] for line in lines.splitlines()}
    # Two functions of one number: the deprecated one is the manager's to map.
    for row in FUNCTIONS:
        if supported(session, int(row["function_id"])) and row["conformance"] != "Deprecated":
            assert row["function"] in exported
            if row["has_wide"] == "yes":
                assert row["function"] + "W" in exported


def test_core_functions_are_there(session: Session) -> None:
    core = [row for row in FUNCTIONS if row["conformance"] == "Core" and row["implemented_by"] != "DM only"]
    missing = {row["function"] for row in core if not supported(session, int(row["function_id"]))}
    # A manager maps it to SQLBindParameter.
    assert missing <= {"SQLBindParam"}


@pytest.mark.parametrize("name", ["SQLBulkOperations", "SQLDescribeParam", "SQLSetPos"])
def test_what_is_said_to_be_missing_answers_so(session: Session, name: str) -> None:
    rc = getattr(session.driver, name)(pointer(session.stmt), *[pointer(None)] * 6)
    assert (rc == SQL_ERROR and session.state() == "IM001") is not supported(session, number_of(name))


def number_of(name: str) -> int:
    return next(int(row["function_id"]) for row in FUNCTIONS if row["function"] == name)


def test_no_function_of_odbc(session: Session) -> None:
    out = ctypes.c_uint16()
    assert session.driver.SQLGetFunctions(pointer(session.dbc), 60000, ctypes.byref(out)) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HY095"


# ---- claims that the driver keeps ----


@pytest.mark.parametrize(("info_type", "how"), [(23, 0), (24, 1)], ids=["commit", "rollback"])
def test_a_cursor_lives_on_after_a_transaction_as_is_said(
    driver: Driver, facts: Facts, info_type: int, how: int
) -> None:
    """SQL_CB_PRESERVE: a driver manager keeps its own account of open cursors by this answer."""
    own = Session(driver)
    try:
        rc, out, _ = ask(own, info_type)
        assert (rc, out[:2]) == (SQL_SUCCESS, b"\x02\x00")
        assert driver.SQLSetConnectAttr(pointer(own.dbc), 102, pointer(0), 0) == SQL_SUCCESS
        own.fetched(f"SELECT * FROM {facts.numbers(10000)}".encode())
        assert driver.SQLEndTran(DBC, pointer(own.dbc), how) == SQL_SUCCESS
        rows = 1
        while driver.SQLFetch(pointer(own.stmt)) == SQL_SUCCESS:
            rows += 1
        assert rows == 10000
    finally:
        own.close()


@pytest.mark.engines("duckdb")
def test_nulls_sort_as_is_said(session: Session) -> None:
    """SQL_NC_END: last, whichever way is sorted."""
    rc, out, _ = ask(session, 85)
    assert (rc, out[:2]) == (SQL_SUCCESS, b"\x04\x00")
    for order in (b"ASC", b"DESC"):
        session.fetched(b"SELECT a FROM (VALUES (1), (NULL), (2)) t(a) ORDER BY a " + order)
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        value, indicator = ctypes.c_int32(), ctypes.c_int64()
        rc = session.driver.SQLGetData(pointer(session.stmt), 1, 4, ctypes.byref(value), 4, ctypes.byref(indicator))
        assert (rc, indicator.value) == (SQL_SUCCESS, -1)
        session.driver.SQLCloseCursor(pointer(session.stmt))
