"""SQLDriverConnect and SQLConnect on the driver file: the completed string in its units, warnings, refusals."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import DBC, ENV, SQL_ERROR, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, pointer

TEXT = "Driver=Argus;Backend=duckdb;UID=žana 😀;PWD={s;t};"


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def dbc(driver: Driver) -> Iterator[int]:
    env = driver.alloc(ENV, None)
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(380), 0) == SQL_SUCCESS
    handle = driver.alloc(DBC, env)
    yield handle
    driver.SQLDisconnect(pointer(handle))
    driver.SQLFreeHandle(DBC, pointer(handle))
    driver.SQLFreeHandle(ENV, pointer(env))


def connect(driver: Driver, dbc: int, text: str, capacity: int, wide: bool = False) -> tuple[int, bytes, int]:
    """Return code, the output buffer (filled with 0xAA before) and the length that was told."""
    out, length = ctypes.create_string_buffer(b"\xaa" * 1000, 1000), ctypes.c_int16(-7)
    given = text.encode("utf-16-le" if wide else "utf-8")
    function = driver.SQLDriverConnectW if wide else driver.SQLDriverConnect
    rc = function(
        pointer(dbc), pointer(None), given, len(given) // (2 if wide else 1), out, capacity, ctypes.byref(length), 0
    )
    return rc, out.raw, length.value


def test_the_ansi_form_counts_bytes(driver: Driver, dbc: int) -> None:
    whole = TEXT.encode()
    rc, out, length = connect(driver, dbc, TEXT, 500)
    assert (rc, length) == (SQL_SUCCESS, len(whole))
    assert out[: len(whole) + 2] == whole + b"\0\xaa"


def test_the_wide_form_counts_characters(driver: Driver, dbc: int) -> None:
    """Characters are units of SQLWCHAR: the emoji is two."""
    whole = TEXT.encode("utf-16-le")
    rc, out, length = connect(driver, dbc, TEXT, 200, wide=True)
    assert (rc, length) == (SQL_SUCCESS, len(whole) // 2)
    assert out[: len(whole) + 3] == whole + b"\0\0\xaa"


@pytest.mark.parametrize("wide", [False, True])
def test_a_short_buffer_is_a_warning_and_the_connection_stands(driver: Driver, dbc: int, wide: bool) -> None:
    rc, out, length = connect(driver, dbc, TEXT, 20, wide)
    assert rc == SQL_SUCCESS_WITH_INFO
    assert driver.state(DBC, dbc) == "01004"
    unit = 2 if wide else 1
    whole = TEXT.encode("utf-16-le" if wide else "utf-8")
    assert length == len(whole) // unit
    assert out[: 19 * unit] == whole[: 19 * unit]
    assert out[19 * unit : 20 * unit + 1] == b"\0" * unit + b"\xaa"
    assert driver.alloc(3, dbc)


def test_without_a_buffer_the_length_alone_is_told(driver: Driver, dbc: int) -> None:
    length = ctypes.c_int16(-7)
    given = TEXT.encode()
    rc = driver.SQLDriverConnect(pointer(dbc), pointer(None), given, SQL_NTS, pointer(None), 0, ctypes.byref(length), 0)
    assert (rc, length.value) == (SQL_SUCCESS, len(given))


def test_a_password_of_the_data_source_is_not_given_back(
    driver: Driver, dbc: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odbc.ini").write_text("[Own]\nDriver=Argus\nBackend=duckdb\nPWD=hush\n")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    rc, out, length = connect(driver, dbc, "DSN=Own;", 500)
    assert (rc, out[:length]) == (SQL_SUCCESS, b"DSN=Own;")


def test_an_unknown_keyword_is_01s00(driver: Driver, dbc: int) -> None:
    rc, out, length = connect(driver, dbc, "Backend=duckdb;Databse=x", 500)
    assert rc == SQL_SUCCESS_WITH_INFO
    assert driver.state(DBC, dbc) == "01S00"
    assert b"Databse=x" in out[:length]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Backend=duckdb;StringLength=many", "HY000"),
        ("Backend=dukdb", "HY000"),
        ("Host=h", "08001"),
        ("DSN=NoSuchSource", "IM002"),
        ("PWD={open", "HY000"),
    ],
)
def test_what_cannot_be_is_refused(driver: Driver, dbc: int, text: str, state: str) -> None:
    rc, out, length = connect(driver, dbc, text, 500)
    assert rc == SQL_ERROR
    assert driver.state(DBC, dbc) == state
    assert (out[:1], length) == (b"\xaa", -7), "nothing is written for a connection that is not there"


def test_the_name_of_the_data_source(driver: Driver, dbc: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odbc.ini").write_text("[Own]\nDriver=Argus\nBackend=duckdb\n")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    assert driver.SQLConnect(pointer(dbc), b"Own", SQL_NTS, pointer(None), 0, pointer(None), 0) == SQL_SUCCESS
    text, length = ctypes.create_string_buffer(100), ctypes.c_int16()
    assert driver.SQLGetInfo(pointer(dbc), 2, text, 100, ctypes.byref(length)) == SQL_SUCCESS
    assert text.value == b"Own"
