"""The functions of ODBC 2, as a program of that age calls them on the driver file itself: one that knows no others."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from plain import C_CHAR, SQL_ERROR, SQL_NO_DATA, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, pointer

NULL = pointer(None)
NOSCAN, MAX_LENGTH, STATIC = 2, 3, 3
QUERY_TIMEOUT, MAX_ROWS, CURSOR_TYPE, CONCURRENCY, KEYSET_SIZE, ROWSET_SIZE = 0, 1, 6, 7, 8, 9
ACCESS_MODE, AUTOCOMMIT, CURRENT_QUALIFIER = 101, 102, 109


class Old:
    """Handles made by SQLAllocEnv, SQLAllocConnect and SQLAllocStmt."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.env, self.dbc, self.stmt = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        assert driver.SQLAllocEnv(ctypes.byref(self.env)) == SQL_SUCCESS
        assert driver.SQLAllocConnect(self.env, ctypes.byref(self.dbc)) == SQL_SUCCESS
        text = b"Driver=Argus;Backend=duckdb;"
        assert driver.SQLDriverConnect(self.dbc, NULL, text, SQL_NTS, NULL, 0, NULL, 0) == SQL_SUCCESS
        assert driver.SQLAllocStmt(self.dbc, ctypes.byref(self.stmt)) == SQL_SUCCESS

    def run(self, sql: bytes) -> int:
        return self.driver.SQLExecDirect(self.stmt, sql, SQL_NTS)

    def error(self, env: object = NULL, dbc: object = NULL, stmt: object = NULL) -> tuple[int, str, str]:
        """Return code, SQLSTATE and message of one SQLError."""
        state, text = ctypes.create_string_buffer(6), ctypes.create_string_buffer(1000)
        native, length = ctypes.c_int32(), ctypes.c_int16()
        rc = self.driver.SQLError(env, dbc, stmt, state, ctypes.byref(native), text, 1000, ctypes.byref(length))
        return rc, state.value.decode(), text.value.decode()

    def value(self, column: int = 1) -> str | None:
        text, length = ctypes.create_string_buffer(200), ctypes.c_int64()
        assert self.driver.SQLGetData(self.stmt, column, C_CHAR, text, 200, ctypes.byref(length)) == SQL_SUCCESS
        return None if length.value == -1 else text.value.decode()

    def all(self, sql: bytes) -> list[str | None]:
        assert self.run(sql) == SQL_SUCCESS, self.error(stmt=self.stmt)
        found = []
        while self.driver.SQLFetch(self.stmt) == SQL_SUCCESS:
            found.append(self.value())
        assert self.driver.SQLFreeStmt(self.stmt, 0) == SQL_SUCCESS
        return found

    def close(self) -> None:
        self.driver.SQLFreeStmt(self.stmt, 1)
        self.driver.SQLTransact(self.env, self.dbc, 1)
        assert self.driver.SQLDisconnect(self.dbc) == SQL_SUCCESS
        assert self.driver.SQLFreeConnect(self.dbc) == SQL_SUCCESS
        assert self.driver.SQLFreeEnv(self.env) == SQL_SUCCESS


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def old(driver: Driver) -> Iterator[Old]:
    opened = Old(driver)
    yield opened
    opened.close()


def test_every_function_of_odbc_2_is_there(old: Old) -> None:
    there = ctypes.c_uint16()
    for row in tables.rows("functions"):
        if row["odbc_version"] in ("1.0", "2.0") and row["function_id"] and not row["implemented_by"].startswith("DM"):
            assert hasattr(old.driver.library, row["function"]), row
            rc = old.driver.SQLGetFunctions(old.dbc, int(row["function_id"]), ctypes.byref(there))
            assert rc == SQL_SUCCESS
            privileges = row["function"] in ("SQLTablePrivileges", "SQLColumnPrivileges")
            assert there.value == (0 if privileges else 1), row["function"]


def test_sqlerror_gives_each_record_once_and_in_the_old_spelling(old: Old) -> None:
    assert old.run(b"SELECT * FROM no_such_table") == SQL_ERROR
    rc, state, message = old.error(stmt=old.stmt)
    assert (rc, state) == (SQL_SUCCESS, "S0002")
    assert "no_such_table" in message
    assert old.error(stmt=old.stmt)[:2] == (SQL_NO_DATA, "00000")
    assert old.run(b"SELECT * FROM no_such_table") == SQL_ERROR
    assert old.error(old.env, old.dbc, old.stmt)[:2] == (SQL_SUCCESS, "S0002"), "the innermost handle counts"
    assert old.error(old.env)[0] == SQL_NO_DATA
    assert old.driver.SQLSetConnectOption(old.dbc, AUTOCOMMIT, 7) == SQL_ERROR
    assert old.error(dbc=old.dbc)[:2] == (SQL_SUCCESS, "S1009")
    assert old.error()[0] == -2


def test_the_wide_sqlerror(old: Old) -> None:
    assert old.run(b"SELEC") == SQL_ERROR
    state, text = ctypes.create_string_buffer(12), ctypes.create_string_buffer(2000)
    native, length = ctypes.c_int32(), ctypes.c_int16()
    rc = old.driver.SQLErrorW(NULL, NULL, old.stmt, state, ctypes.byref(native), text, 1000, ctypes.byref(length))
    assert rc == SQL_SUCCESS
    assert state.raw == "37000\0".encode("utf-16-le")
    assert text.raw[: length.value * 2].decode("utf-16-le").startswith("[Argus][DuckDB] ")


def test_options(old: Old) -> None:
    number = ctypes.c_uint64()
    assert old.driver.SQLSetStmtOption(old.stmt, MAX_ROWS, 2) == SQL_SUCCESS
    assert old.driver.SQLGetStmtOption(old.stmt, MAX_ROWS, ctypes.byref(number)) == SQL_SUCCESS
    assert number.value == 2
    assert old.all(b"SELECT * FROM range(5)") == ["0", "1"]
    small = ctypes.c_uint32()
    assert old.driver.SQLGetConnectOption(old.dbc, AUTOCOMMIT, ctypes.byref(small)) == SQL_SUCCESS
    assert small.value == 1
    text = ctypes.create_string_buffer(b"\xaa" * 600, 600)
    assert old.driver.SQLGetConnectOption(old.dbc, CURRENT_QUALIFIER, text) == SQL_SUCCESS
    assert text.value == b"memory"
    assert old.driver.SQLGetConnectOptionW(old.dbc, CURRENT_QUALIFIER, text) == SQL_SUCCESS
    assert text.raw[:14] == "memory\0".encode("utf-16-le")
    assert old.run(b"ATTACH ':memory:' AS second") == SQL_SUCCESS
    assert old.driver.SQLSetConnectOption(old.dbc, CURRENT_QUALIFIER, ctypes.c_char_p(b"second")) == SQL_SUCCESS
    assert old.all(b"SELECT current_catalog()") == ["second"]
    wide = ctypes.create_string_buffer("memory\0".encode("utf-16-le"))
    assert old.driver.SQLSetConnectOptionW(old.dbc, CURRENT_QUALIFIER, wide) == SQL_SUCCESS
    assert old.all(b"SELECT current_catalog()") == ["memory"]


def test_statement_options_of_the_connection(old: Old) -> None:
    """They are for the statements that are there and for those to come."""

    def options(stmt: ctypes.c_void_p) -> list[int]:
        found = []
        for option in (QUERY_TIMEOUT, MAX_ROWS, NOSCAN, MAX_LENGTH, CURSOR_TYPE, CONCURRENCY, ROWSET_SIZE):
            number = ctypes.c_uint64(77)
            assert old.driver.SQLGetStmtOption(stmt, option, ctypes.byref(number)) == SQL_SUCCESS
            found.append(number.value)
        return found

    def put(option: int, value: int) -> tuple[int, str]:
        rc = old.driver.SQLSetConnectOption(old.dbc, option, value)
        return rc, old.error(dbc=old.dbc)[1] if rc != SQL_SUCCESS else ""

    for option, value in (
        (QUERY_TIMEOUT, 9),
        (MAX_ROWS, 2),
        (NOSCAN, 1),
        (MAX_LENGTH, 5),
        (CURSOR_TYPE, STATIC),
        (ROWSET_SIZE, 7),
    ):
        assert put(option, value) == (SQL_SUCCESS, ""), option
    assert put(CONCURRENCY, 2) == (SQL_SUCCESS_WITH_INFO, "01S02")
    for option, value, state in (
        (CURSOR_TYPE, 9, "S1009"),
        (ROWSET_SIZE, 0, "S1009"),
        (NOSCAN, 2, "S1009"),
        (13, 1, "S1092"),
    ):
        assert put(option, value) == (SQL_ERROR, state)
    later = ctypes.c_void_p()
    assert old.driver.SQLAllocStmt(old.dbc, ctypes.byref(later)) == SQL_SUCCESS
    for stmt in (old.stmt, later):
        assert options(stmt) == [9, 2, 1, 5, STATIC, 1, 7]
    assert old.error(stmt=old.stmt)[0] == SQL_NO_DATA
    assert old.all(b"SELECT 'long text ' || i FROM range(5) t(i)") == ["long ", "long "]
    assert old.run(b"SELECT 1") == SQL_SUCCESS
    assert put(CURSOR_TYPE, 0) == (SQL_ERROR, "24000")
    assert put(MAX_ROWS, 0) == (SQL_SUCCESS, "")


def test_sqltransact(old: Old) -> None:
    assert old.run(b"CREATE TABLE t (a INTEGER)") == SQL_SUCCESS
    assert old.driver.SQLSetConnectOption(old.dbc, AUTOCOMMIT, 0) == SQL_SUCCESS
    assert old.run(b"INSERT INTO t VALUES (1)") == SQL_SUCCESS
    assert old.driver.SQLTransact(NULL, old.dbc, 1) == SQL_SUCCESS
    assert old.run(b"INSERT INTO t VALUES (2)") == SQL_SUCCESS
    assert old.driver.SQLTransact(old.env, NULL, 0) == SQL_SUCCESS
    assert old.driver.SQLTransact(NULL, old.dbc, 1) == SQL_SUCCESS
    assert old.all(b"SELECT a FROM t") == ["2"]
    assert old.driver.SQLTransact(NULL, NULL, 0) == -2


@pytest.mark.parametrize("function", ["SQLSetParam", "SQLBindParam"])
def test_parameters(old: Old, function: str) -> None:
    text, length = ctypes.create_string_buffer("žena".encode()), ctypes.c_int64(SQL_NTS)
    rc = getattr(old.driver, function)(old.stmt, 1, C_CHAR, 12, 10, 0, text, ctypes.byref(length))
    assert rc == SQL_SUCCESS
    assert old.all(b"SELECT ? || '!'") == ["žena!"]


def test_sqlparamoptions_sets_the_array(old: Old) -> None:
    assert old.run(b"CREATE TABLE t (a BIGINT)") == SQL_SUCCESS
    values, lengths, done = (ctypes.c_int64 * 3)(7, 8, 9), (ctypes.c_int64 * 3)(8, 8, 8), ctypes.c_uint64()
    assert old.driver.SQLSetParam(old.stmt, 1, -25, -5, 0, 0, values, lengths) == SQL_SUCCESS
    assert old.driver.SQLParamOptions(old.stmt, 3, ctypes.byref(done)) == SQL_SUCCESS
    assert old.run(b"INSERT INTO t VALUES (?)") == SQL_SUCCESS
    assert done.value == 3
    assert old.driver.SQLParamOptions(old.stmt, 1, NULL) == SQL_SUCCESS
    assert old.driver.SQLFreeStmt(old.stmt, 3) == SQL_SUCCESS
    assert old.all(b"SELECT a FROM t ORDER BY a") == ["7", "8", "9"]


@pytest.mark.parametrize(
    ("keyset", "rc", "cursor"),
    [(0, SQL_SUCCESS, 0), (-3, SQL_SUCCESS, 3), (-1, SQL_SUCCESS_WITH_INFO, 3), (-2, SQL_SUCCESS_WITH_INFO, 3),
     (50, SQL_SUCCESS_WITH_INFO, 3)],
)  # fmt: skip
def test_sqlsetscrolloptions(old: Old, keyset: int, rc: int, cursor: int) -> None:
    """Appendix G: SQL_SCROLL_FORWARD_ONLY, STATIC, KEYSET_DRIVEN, DYNAMIC, or the size of a keyset."""
    assert old.driver.SQLSetScrollOptions(old.stmt, 1, keyset, 20) == rc
    if rc == SQL_SUCCESS_WITH_INFO:
        assert old.error(stmt=old.stmt)[1] == "01S02"
    number = ctypes.c_uint64()
    for option, wanted in ((CURSOR_TYPE, cursor), (CONCURRENCY, 1), (ROWSET_SIZE, 20), (KEYSET_SIZE, max(keyset, 0))):
        assert old.driver.SQLGetStmtOption(old.stmt, option, ctypes.byref(number)) == SQL_SUCCESS
        assert number.value == wanted, option
    assert old.run(b"SELECT * FROM range(30)") == SQL_SUCCESS
    count, statuses = ctypes.c_uint64(), (ctypes.c_uint16 * 20)()
    assert old.driver.SQLExtendedFetch(old.stmt, 1, 0, ctypes.byref(count), statuses) == SQL_SUCCESS
    assert count.value == 20


@pytest.mark.parametrize(
    ("concurrency", "keyset", "rowset", "state"), [(9, 0, 1, "S1009"), (1, 5, 20, "S1107"), (1, 0, 0, "S1107")]
)
def test_scroll_options_that_cannot_be(old: Old, concurrency: int, keyset: int, rowset: int, state: str) -> None:
    assert old.driver.SQLSetScrollOptions(old.stmt, concurrency, keyset, rowset) == SQL_ERROR
    assert old.error(stmt=old.stmt)[1] == state


# SQL_COLUMN_* of ODBC 2 (sqlext.h) for a DECIMAL(9,2), as the page on SQLColAttributes of ODBC 2 defines them.
ATTRIBUTES = {0: 2, 2: 3, 4: 9, 5: 2, 6: 11, 7: 2, 8: 0, 9: 0, 11: 0, 12: 0, 13: 2}
TEXTS = {1: b"p", 14: b"DECIMAL", 15: b"", 16: b"", 17: b"", 18: b"p"}


@pytest.mark.parametrize("function", ["SQLColAttributes", "SQLColAttribute"])
def test_column_attributes(old: Old, function: str) -> None:
    assert old.run(b"SELECT 1.5::DECIMAL(9,2) AS p, 'x' AS q") == SQL_SUCCESS
    attribute, number, length = getattr(old.driver, function), ctypes.c_int64(-77), ctypes.c_int16()
    for field, wanted in ATTRIBUTES.items():
        assert attribute(old.stmt, 1, field, NULL, 0, NULL, ctypes.byref(number)) == SQL_SUCCESS, field
        assert number.value == wanted, field
    for field, wanted in TEXTS.items():
        text = ctypes.create_string_buffer(100)
        assert attribute(old.stmt, 1, field, text, 100, ctypes.byref(length), NULL) == SQL_SUCCESS, field
        assert (text.value, length.value) == (wanted, len(wanted)), field
    assert attribute(old.stmt, 1, 19, NULL, 0, NULL, ctypes.byref(number)) == SQL_ERROR
    assert old.error(stmt=old.stmt)[1] == "S1091"
