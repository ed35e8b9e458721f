"""Attributes on the driver file itself: defaults, values and refusals, row by row from the specification's table."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from engine_facts import Facts
from plain import DBC, ENV, SQL_ERROR, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, STMT, Driver, Session, pointer

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

ROW_NUMBER, IMP_ROW_DESC, IMP_PARAM_DESC = 14, 10012, 10013
POINTERS = tuple(row for row in tables.rows("attributes", handle="stmt") if "*" in row["value_type"])
ENUMERATED = [
    row
    for row in tables.rows("attributes", handle="stmt")
    if tables.values(row, "allowed_values") and "*" not in row["value_type"] and "BIND_TYPE" not in row["name"]
]
DEFAULTS = {row["name"]: row for row in ENUMERATED}
# Where ODBC leaves the default to the driver, or the pages disagree.
DRIVER_DEFINED = {"SQL_ATTR_SIMULATE_CURSOR": 0, "SQL_ATTR_ENABLE_AUTO_IPD": 0}


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def get(session: Session, attribute: int) -> int:
    out = ctypes.c_uint64(0xAAAA_AAAA_AAAA_AAAA)
    rc = session.driver.SQLGetStmtAttr(pointer(session.stmt), attribute, ctypes.byref(out), 0, pointer(None))
    assert rc == SQL_SUCCESS, session.state()
    return out.value


def put(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetStmtAttr(pointer(session.stmt), attribute, pointer(value), 0)


def get_dbc(session: Session, attribute: int) -> int:
    out = ctypes.c_uint32(0xAAAA_AAAA)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), attribute, ctypes.byref(out), 0, pointer(None))
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    return out.value


def put_dbc(session: Session, attribute: int, value: int) -> int:
    return session.driver.SQLSetConnectAttr(pointer(session.dbc), attribute, pointer(value), 0)


# ---- statements ----


@pytest.mark.parametrize("row", ENUMERATED, ids=lambda row: row["name"])
def test_a_new_statement_has_the_defaults(session: Session, row: dict[str, str]) -> None:
    known = tables.values(row, "allowed_values")
    default = DRIVER_DEFINED.get(row["name"])
    if default is None:
        default = known[row["default"].split()[0]]
    assert get(session, int(row["number"])) == default


@pytest.mark.parametrize("row", ENUMERATED, ids=lambda row: row["name"])
def test_each_value_is_taken_or_replaced_or_refused_by_name(session: Session, row: dict[str, str]) -> None:
    number = int(row["number"])
    known = tables.values(row, "allowed_values")
    for value in known.values():
        before = get(session, number)
        rc = put(session, number, value)
        if rc == SQL_SUCCESS:
            assert get(session, number) == value
        elif rc == SQL_SUCCESS_WITH_INFO:
            assert session.state() == "01S02"
            assert row["degrades_01S02"] == "yes"
            assert get(session, number) in set(known.values()) - {value}
        else:
            assert rc == SQL_ERROR
            assert session.state() == "HYC00"
            assert get(session, number) == before


@pytest.mark.parametrize("row", ENUMERATED, ids=lambda row: row["name"])
def test_a_value_that_odbc_does_not_have_is_refused(session: Session, row: dict[str, str]) -> None:
    before = get(session, int(row["number"]))
    assert put(session, int(row["number"]), 77) == SQL_ERROR
    assert session.state() == "HY024"
    assert get(session, int(row["number"])) == before


@pytest.mark.parametrize("row", POINTERS, ids=lambda row: row["name"])
def test_pointers_are_kept(session: Session, row: dict[str, str]) -> None:
    number = int(row["number"])
    assert get(session, number) == 0
    place = ctypes.c_uint64()
    assert put(session, number, ctypes.addressof(place)) == SQL_SUCCESS
    assert get(session, number) == ctypes.addressof(place)
    assert put(session, number, 0) == SQL_SUCCESS


@pytest.mark.parametrize(
    "name",
    ["SQL_ATTR_CONCURRENCY", "SQL_ATTR_CURSOR_SCROLLABLE", "SQL_ATTR_CURSOR_SENSITIVITY", "SQL_ATTR_CURSOR_TYPE"],
)
def test_cursor_attributes_wait_until_the_cursor_is_closed(session: Session, name: str) -> None:
    row = DEFAULTS[name]
    value = tables.values(row, "allowed_values")[row["default"]]
    session.ok(b"SELECT 1")
    assert put(session, int(row["number"]), value) == SQL_ERROR
    assert session.state() == "24000"
    session.driver.SQLCloseCursor(pointer(session.stmt))
    assert put(session, int(row["number"]), value) == SQL_SUCCESS
    assert session.driver.SQLPrepare(pointer(session.stmt), b"SELECT 1", SQL_NTS) == SQL_SUCCESS
    assert put(session, int(row["number"]), value) == SQL_ERROR
    assert session.state() == "HY011"


def test_the_row_number_is_that_of_the_current_row(session: Session, facts: Facts) -> None:
    out = ctypes.c_uint64()
    arguments = pointer(session.stmt), ROW_NUMBER, ctypes.byref(out), 0, pointer(None)
    assert session.driver.SQLGetStmtAttr(*arguments) == SQL_ERROR
    assert session.state() == "24000"
    session.ok(f"SELECT * FROM {facts.numbers(3)}".encode())
    for expected in (1, 2, 3):
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        assert get(session, ROW_NUMBER) == expected
    assert put(session, ROW_NUMBER, 1) == SQL_ERROR
    assert session.state() == "HY092"


def test_implementation_descriptors_cannot_be_replaced(session: Session) -> None:
    for attribute in (IMP_ROW_DESC, IMP_PARAM_DESC):
        assert put(session, attribute, get(session, attribute)) == SQL_ERROR
        assert session.state() == "HY017"


def test_an_unknown_attribute(session: Session) -> None:
    assert put(session, 4711, 1) == SQL_ERROR
    assert session.state() == "HY092"
    assert put_dbc(session, 4711, 1) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HY092"


def test_sizes_of_zero_rows_are_refused(session: Session) -> None:
    for attribute in (27, 22):
        assert get(session, attribute) == 1
        assert put(session, attribute, 0) == SQL_ERROR
        assert session.state() == "HY024"
    assert put(session, 27, 1000) == SQL_SUCCESS
    assert get(session, 27) == 1000


def test_statements_take_over_what_odbc_2_programs_set_on_the_connection(session: Session) -> None:
    assert put_dbc(session, 0, 17) == SQL_SUCCESS  # SQL_QUERY_TIMEOUT
    assert put_dbc(session, 1, 5) == SQL_SUCCESS  # SQL_MAX_ROWS
    stmt = session.driver.alloc(STMT, session.dbc)
    for attribute, expected in ((0, 17), (1, 5)):
        out = ctypes.c_uint64()
        rc = session.driver.SQLGetStmtAttr(pointer(stmt), attribute, ctypes.byref(out), 0, pointer(None))
        assert rc == SQL_SUCCESS
        assert out.value == expected


# ---- connections ----


def test_connection_defaults(session: Session) -> None:
    for name, expected in (("AUTOCOMMIT", 1), ("ACCESS_MODE", 0), ("CONNECTION_DEAD", 0), ("METADATA_ID", 0)):
        row = tables.rows("attributes", handle="dbc", name=f"SQL_ATTR_{name}")[0]
        assert expected in tables.values(row, "allowed_values").values()
        assert get_dbc(session, int(row["number"])) == expected


@pytest.mark.parametrize("name", ["AUTOCOMMIT", "ACCESS_MODE", "METADATA_ID", "TXN_ISOLATION"])
def test_connection_values_that_odbc_does_not_have(session: Session, name: str) -> None:
    row = tables.rows("attributes", handle="dbc", name=f"SQL_ATTR_{name}")[0]
    assert put_dbc(session, int(row["number"]), 77) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HY024"


@pytest.mark.engines("duckdb")
def test_autocommit_off_keeps_changes_apart_until_it_is_on_again(session: Session) -> None:
    session.ok(b"CREATE TABLE t (a INTEGER)")
    assert put_dbc(session, 102, 0) == SQL_SUCCESS
    assert get_dbc(session, 102) == 0
    session.ok(b"INSERT INTO t VALUES (1)")
    assert session.driver.SQLEndTran(DBC, pointer(session.dbc), 1) == SQL_SUCCESS
    session.ok(b"INSERT INTO t VALUES (2)")
    assert put_dbc(session, 102, 1) == SQL_SUCCESS
    session.fetched(b"SELECT a FROM t")
    value = ctypes.c_int32()
    session.driver.SQLGetData(pointer(session.stmt), 1, 4, ctypes.byref(value), 4, pointer(None))
    assert value.value == 2
    assert session.driver.SQLFetch(pointer(session.stmt)) == 100


def test_what_must_be_set_before_connecting(session: Session) -> None:
    for attribute in (103, 112):
        assert put_dbc(session, attribute, 5) == SQL_ERROR
        assert session.driver.state(DBC, session.dbc) == "HY011"


def test_the_cursor_library_is_chosen_before_connecting(session: Session) -> None:
    assert put_dbc(session, 110, 2) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "08002"


def test_asynchronous_connections_are_off_and_stay_off(session: Session) -> None:
    assert get_dbc(session, 117) == 0
    assert put_dbc(session, 117, 0) == SQL_SUCCESS
    assert put_dbc(session, 117, 1) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HYC00"


@pytest.mark.engines("duckdb")
def test_the_current_catalog_in_bytes_and_wide_bytes(session: Session) -> None:
    text, length = ctypes.create_string_buffer(64), ctypes.c_int32()
    arguments = pointer(session.dbc), 109, text, 64, ctypes.byref(length)
    assert session.driver.SQLGetConnectAttr(*arguments) == SQL_SUCCESS
    assert text.value == b"memory"
    assert length.value == 6
    assert session.driver.SQLGetConnectAttrW(*arguments) == SQL_SUCCESS
    assert text.raw[: length.value].decode("utf-16-le") == "memory"
    assert length.value == 12
    short = ctypes.create_string_buffer(4)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), 109, short, 4, ctypes.byref(length))
    assert rc == SQL_SUCCESS_WITH_INFO
    assert session.driver.state(DBC, session.dbc) == "01004"
    assert short.value == b"mem"
    assert length.value == 6


# ---- environments ----


def test_environment_values_of_the_table(driver: Driver) -> None:
    env = driver.alloc(ENV, None)
    row = tables.rows("attributes", name="SQL_ATTR_ODBC_VERSION")[0]
    for value in tables.values(row, "allowed_values").values():
        assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(value), 0) == SQL_SUCCESS
        out = ctypes.c_int32()
        assert driver.SQLGetEnvAttr(pointer(env), 200, ctypes.byref(out), 0, pointer(None)) == SQL_SUCCESS
        assert out.value == value
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(4), 0) == SQL_ERROR
    assert driver.state(ENV, env) == "HY024"
    for attribute in (201, 202):
        assert driver.SQLSetEnvAttr(pointer(env), attribute, pointer(77), 0) == SQL_ERROR
        assert driver.state(ENV, env) == "HY024"
    assert driver.SQLSetEnvAttr(pointer(env), 10001, pointer(0), 0) == SQL_ERROR
    assert driver.state(ENV, env) == "HYC00"
    assert driver.SQLSetEnvAttr(pointer(env), 9999, pointer(0), 0) == SQL_ERROR
    assert driver.state(ENV, env) == "HY092"


def test_iodbc_learns_the_width_of_sqlwchar(driver: Driver) -> None:
    """Without iODBC in the process SQLWCHAR has two bytes: UTF-16, 1 in iODBC's numbering."""
    env = driver.alloc(ENV, None)
    out = ctypes.c_int32()
    assert driver.SQLGetEnvAttr(pointer(env), 1065, ctypes.byref(out), 0, pointer(None)) == SQL_SUCCESS
    assert out.value == 1
