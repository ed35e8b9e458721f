"""SQLBrowseConnect, and SQLDriverConnect that may ask: what the driver asks for, level by level (the reference's pages)."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.hs2 import FakeHS2, Result
from plain import DBC, ENV, SQL_ERROR, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, STMT, Driver, pointer

SQL_NEED_DATA = 99
NOPROMPT, COMPLETE, PROMPT, COMPLETE_REQUIRED = range(4)
ENGINES = "duckdb,hive,impala,spark,trino"
ENTRY = re.compile(r"(\*?)([A-Za-z]+):([^=:;]+)=(\?|\{[^{}]*\});")
"""An attribute of the browse result string: optional, keyword, user-friendly name, values."""


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
    assert driver.SQLFreeHandle(DBC, pointer(handle)) == SQL_SUCCESS
    assert driver.SQLFreeHandle(ENV, pointer(env)) == SQL_SUCCESS


@pytest.fixture(params=["A", "W"])
def wide(request: pytest.FixtureRequest) -> bool:
    return request.param == "W"


def browse(driver: Driver, dbc: int, text: str, wide: bool = False, capacity: int = 1000) -> tuple[int, str]:
    """Return code and the result string; its length is what was told, in characters or bytes."""
    coding, unit = ("utf-16-le", 2) if wide else ("utf-8", 1)
    out, length = ctypes.create_string_buffer(b"\xaa" * 4000, 4000), ctypes.c_int16(0)
    function = driver.SQLBrowseConnectW if wide else driver.SQLBrowseConnect
    given = text.encode(coding)
    rc = function(pointer(dbc), given, len(given) // unit, out, capacity, ctypes.byref(length))
    return rc, out.raw[: min(length.value, capacity - 1) * unit].decode(coding) if length.value else ""


def entries(told: str) -> dict[str, tuple[bool, str]]:
    """Keyword to whether it may be left out and its values, of a result string in the page's syntax."""
    assert "".join(m.group(0) for m in ENTRY.finditer(told)) == told
    return {m[2]: (m[1] == "*", m[4]) for m in ENTRY.finditer(told)}


def works(driver: Driver, dbc: int) -> bool:
    statement = driver.alloc(STMT, dbc)
    return driver.SQLExecDirect(pointer(statement), b"SELECT 1", SQL_NTS) == SQL_SUCCESS


def test_a_string_that_says_all_connects_at_once(driver: Driver, dbc: int, wide: bool) -> None:
    assert browse(driver, dbc, "Driver=Argus;Backend=duckdb;", wide) == (SQL_SUCCESS, "Driver=Argus;Backend=duckdb;")
    assert works(driver, dbc)
    assert browse(driver, dbc, "Driver=Argus;Backend=duckdb;", wide)[0] == SQL_ERROR
    assert driver.state(DBC, dbc) == "08002"


def test_engine_then_file(driver: Driver, dbc: int, wide: bool, tmp_path: Path) -> None:
    rc, told = browse(driver, dbc, "Driver=Argus", wide)
    assert (rc, told) == (SQL_NEED_DATA, f"Backend:Engine={{{ENGINES}}};")
    rc, told = browse(driver, dbc, "Backend=duckdb", wide)
    assert rc == SQL_NEED_DATA
    assert entries(told) == {
        "Database": (True, "?"),
        "Catalog": (True, "?"),
        "Schema": (True, "?"),
        "ReadOnly": (True, "{0,1}"),
    }
    file = tmp_path / "žana.duckdb"
    rc, told = browse(driver, dbc, f"Database={file}", wide)
    assert (rc, told) == (SQL_SUCCESS, f"Driver=Argus;Backend=duckdb;Database={file};")
    assert works(driver, dbc)
    assert file.exists()


def test_all_that_is_optional_may_be_left_out(driver: Driver, dbc: int) -> None:
    assert browse(driver, dbc, "Driver=Argus")[0] == SQL_NEED_DATA
    assert browse(driver, dbc, "Backend=duckdb")[0] == SQL_NEED_DATA
    assert browse(driver, dbc, "") == (SQL_SUCCESS, "Driver=Argus;Backend=duckdb;")


def test_a_server_login_and_the_schemas_that_it_has(driver: Driver, dbc: int) -> None:
    names = Result([("TABLE_SCHEM", 7, "stringVal", {})], [[["default", "sales", "a,b"]]])
    opening = {
        "SELECT current_database()": Result([("d", 7, "stringVal", {})], [[["default"]]]),
        "GetSchemas": names,
    }
    with FakeHS2(opening) as server:
        rc, told = browse(driver, dbc, "Driver=Argus;Backend=hive")
        assert rc == SQL_NEED_DATA
        asked = entries(told)
        assert asked["Host"] == (False, "?")
        assert asked["Port"] == asked["UID"] == asked["PWD"] == (True, "?")
        assert asked["AuthMech"][0]
        assert asked["AuthMech"][1].startswith("{AUTO,NOSASL,USER,PLAIN,KERBEROS,JWT")
        rc, told = browse(driver, dbc, f"Host=127.0.0.1;Port={server.port};AuthMech=PLAIN")
        assert rc == SQL_NEED_DATA
        asked = entries(told)
        assert asked["UID"] == asked["PWD"] == (False, "?"), "a name and a password are what PLAIN is made of"
        assert not {"Host", "Port", "AuthMech"} & set(asked)
        rc, told = browse(driver, dbc, "UID=ann;PWD={s;t}")
        assert rc == SQL_NEED_DATA, driver.state(DBC, dbc)
        assert entries(told) == {"Schema": (True, "{default,sales}")}
        rc, told = browse(driver, dbc, "Schema=sales")
        assert rc == SQL_SUCCESS
        assert told == (
            f"Driver=Argus;Backend=hive;Host=127.0.0.1;Port={server.port};AuthMech=PLAIN;UID=ann;PWD={{s;t}};Schema=sales;"
        )


def test_what_does_not_belong_here_is_01s00_and_asked_again(driver: Driver, dbc: int) -> None:
    assert browse(driver, dbc, "Driver=Argus;Nonsense=1")[0] == SQL_NEED_DATA
    rc, told = browse(driver, dbc, "Backend=duckdb;HTTPPath=x")
    assert (rc, driver.state(DBC, dbc)) == (SQL_NEED_DATA, "01S00")
    assert "Database" in entries(told)
    rc, told = browse(driver, dbc, "Backend=hive")
    assert (rc, driver.state(DBC, dbc)) == (SQL_NEED_DATA, "01S00")
    assert "Database" in entries(told)
    assert browse(driver, dbc, "ReadOnly=0") == (SQL_SUCCESS, "Driver=Argus;Backend=duckdb;ReadOnly=0;")


def test_a_short_buffer_is_01004_and_the_dialogue_goes_on(driver: Driver, dbc: int, wide: bool) -> None:
    rc, told = browse(driver, dbc, "Driver=Argus", wide, capacity=9)
    assert (rc, told, driver.state(DBC, dbc)) == (SQL_NEED_DATA, "Backend:", "01004")
    assert browse(driver, dbc, "Backend=duckdb;", wide, capacity=9)[0] == SQL_NEED_DATA
    assert browse(driver, dbc, "", wide, capacity=9) == (SQL_SUCCESS_WITH_INFO, "Driver=A")
    assert works(driver, dbc)


def test_an_error_ends_the_dialogue(driver: Driver, dbc: int) -> None:
    assert browse(driver, dbc, "Driver=Argus")[0] == SQL_NEED_DATA
    assert browse(driver, dbc, "Backend=dukdb")[0] == SQL_ERROR
    assert driver.state(DBC, dbc) == "HY000"
    assert browse(driver, dbc, "Driver=Argus") == (SQL_NEED_DATA, f"Backend:Engine={{{ENGINES}}};")


def test_while_it_asks_there_is_no_connection(driver: Driver, dbc: int) -> None:
    assert browse(driver, dbc, "Driver=Argus")[0] == SQL_NEED_DATA
    text = b"Backend=duckdb"
    assert driver.SQLDriverConnect(pointer(dbc), pointer(None), text, SQL_NTS, pointer(None), 0, pointer(None), 0) == -1
    assert driver.state(DBC, dbc) == "08002"
    assert driver.SQLConnect(pointer(dbc), b"x", SQL_NTS, pointer(None), 0, pointer(None), 0) == SQL_ERROR
    assert driver.state(DBC, dbc) == "08002"
    statement = ctypes.c_void_p()
    assert driver.SQLAllocHandle(STMT, pointer(dbc), ctypes.byref(statement)) == SQL_ERROR
    assert driver.state(DBC, dbc) == "08003"
    assert driver.SQLFreeHandle(DBC, pointer(dbc)) == SQL_ERROR
    assert driver.state(DBC, dbc) == "HY010"
    assert driver.SQLDisconnect(pointer(dbc)) == SQL_SUCCESS
    assert driver.SQLDisconnect(pointer(dbc)) == SQL_ERROR
    assert driver.state(DBC, dbc) == "08003"
    assert browse(driver, dbc, "Driver=Argus;Backend=duckdb")[0] == SQL_SUCCESS


def test_lengths_that_cannot_be(driver: Driver, dbc: int) -> None:
    length = ctypes.c_int16()
    assert (
        driver.SQLBrowseConnect(pointer(dbc), b"Driver=Argus", -5, pointer(None), 0, ctypes.byref(length)) == SQL_ERROR
    )
    assert driver.state(DBC, dbc) == "HY090"
    assert (
        driver.SQLBrowseConnect(pointer(dbc), b"Driver=Argus", 12, pointer(None), -1, ctypes.byref(length)) == SQL_ERROR
    )
    assert driver.state(DBC, dbc) == "HY090"


# ---- SQLDriverConnect ----


def connect(driver: Driver, dbc: int, text: str, completion: int) -> tuple[int, str]:
    out, length = ctypes.create_string_buffer(1000), ctypes.c_int16()
    rc = driver.SQLDriverConnect(
        pointer(dbc), pointer(1), text.encode(), SQL_NTS, out, 1000, ctypes.byref(length), completion
    )
    return rc, out.value.decode()


def message(driver: Driver, dbc: int) -> str:
    text, length = ctypes.create_string_buffer(1000), ctypes.c_int16()
    rc = driver.SQLGetDiagRec(DBC, pointer(dbc), 1, pointer(None), pointer(None), text, 1000, ctypes.byref(length))
    assert rc == SQL_SUCCESS
    return text.value.decode()


@pytest.mark.parametrize("completion", [NOPROMPT, COMPLETE, COMPLETE_REQUIRED])
def test_a_complete_string_connects_without_a_question(driver: Driver, dbc: int, completion: int) -> None:
    text = "Driver=Argus;Backend=duckdb;"
    assert connect(driver, dbc, text, completion) == (SQL_SUCCESS, text)


@pytest.mark.parametrize("completion", [COMPLETE, COMPLETE_REQUIRED])
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Backend=trino", ["Host"]),
        ("Backend=hive;AuthMech=LDAP", ["Host", "UID", "PWD"]),
        ("Backend=spark;Host=h;AuthMech=JWT", ["AccessToken"]),
        ("Host=h", ["Backend"]),
    ],
)
def test_what_is_lacking_is_named(driver: Driver, dbc: int, text: str, names: list[str], completion: int) -> None:
    rc, out = connect(driver, dbc, text, completion)
    assert (rc, out, driver.state(DBC, dbc)) == (SQL_ERROR, "", "IM008")
    assert ", ".join(names) + ", and" in message(driver, dbc)


def test_a_dialog_cannot_be_shown(driver: Driver, dbc: int) -> None:
    assert connect(driver, dbc, "Backend=duckdb", PROMPT)[0] == SQL_ERROR
    assert driver.state(DBC, dbc) == "IM008"
    assert connect(driver, dbc, "Backend=duckdb", 9)[0] == SQL_ERROR
    assert driver.state(DBC, dbc) == "HY110"
