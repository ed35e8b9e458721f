"""A backend from a package of its own (tests/packages/pebble), installed by pip and used through the driver file."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import DBC, SQL_ERROR, SQL_NTS, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer
from registration import ROOT

PACKAGE = ROOT / "tests" / "packages" / "pebble"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package as pip installs it, entry point metadata included, in a folder of its own on the path."""
    folder = tmp_path_factory.mktemp("site")
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "pebble_odbc.py"):
        (copy / name).write_bytes((PACKAGE / name).read_bytes())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    # Not under the sanitizers, if they are loaded into this process.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    subprocess.run([*pip, "--target", str(folder), str(copy)], check=True, timeout=120, env=environment)
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))


@pytest.fixture
def pebble(driver_path: Path, installed: None) -> Iterator[Session]:
    opened = Session(Driver(driver_path), "Driver=Argus;Backend=Pebble;Most=1000")
    yield opened
    opened.close()


def info(session: Session, number: int) -> bytes:
    out, length = ctypes.create_string_buffer(200), ctypes.c_int16()
    rc = session.driver.SQLGetInfo(pointer(session.dbc), number, out, 200, ctypes.byref(length))
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    return out.raw[: length.value]


def numbers(session: Session) -> list[int]:
    found, value = [], ctypes.c_int64()
    while session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS:
        assert session.driver.SQLGetData(pointer(session.stmt), 1, -25, ctypes.byref(value), 8, pointer(None)) == 0
        found.append(value.value)
    session.driver.SQLCloseCursor(pointer(session.stmt))
    return found


def text(session: Session, column: int) -> str | None:
    out, length = ctypes.create_string_buffer(300), ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), column, 1, out, 300, ctypes.byref(length))
    assert rc == SQL_SUCCESS
    return None if length.value < 0 else out.value.decode()


def test_it_answers_queries(pebble: Session) -> None:
    pebble.ok(b"COUNT 5")
    assert numbers(pebble) == [0, 1, 2, 3, 4]
    pebble.ok(b"COUNT 0")
    assert numbers(pebble) == []


def test_its_errors_come_whole(pebble: Session) -> None:
    assert pebble.run(b"COUNT 1001") == SQL_ERROR
    state, native, message = ctypes.create_string_buffer(6), ctypes.c_int32(), ctypes.create_string_buffer(300)
    rc = pebble.driver.SQLGetDiagRec(
        3, pointer(pebble.stmt), 1, state, ctypes.byref(native), message, 300, pointer(None)
    )
    assert (rc, state.value, native.value) == (SQL_SUCCESS, b"42000", 7)
    assert message.value.endswith(b'Pebble knows only COUNT n, up to 1000, not "COUNT 1001"')


def test_information_follows_from_its_capabilities(pebble: Session) -> None:
    assert info(pebble, 17) == b"Pebble"
    assert info(pebble, 18) == b"01.00.0000"
    assert info(pebble, 29) == b"`"
    assert info(pebble, 10003) == b"N", "SQL_CATALOG_NAME"
    assert info(pebble, 46) == b"\0\0", "SQL_TXN_CAPABLE"
    assert info(pebble, 49) == (1 << 11).to_bytes(4, "little"), "SQL_NUMERIC_FUNCTIONS: MOD alone"
    assert info(pebble, 91) == bytes(4), "SQL_SCHEMA_USAGE"


def test_its_dialect_translates(pebble: Session) -> None:
    out = ctypes.create_string_buffer(100)
    sql = b"COUNT {fn MOD(7, 4)}"
    assert pebble.driver.SQLNativeSql(pointer(pebble.dbc), sql, SQL_NTS, out, 100, pointer(None)) == SQL_SUCCESS
    assert out.value == b"COUNT rest(7, 4)"


def test_its_catalog_has_the_form_of_odbc(pebble: Session) -> None:
    null = pointer(None)
    assert pebble.driver.SQLTables(pointer(pebble.stmt), null, 0, null, 0, b"num%", SQL_NTS, null, 0) == SQL_SUCCESS
    assert pebble.driver.SQLFetch(pointer(pebble.stmt)) == SQL_SUCCESS
    found = [text(pebble, i) for i in range(1, 6)]
    assert found == [None, None, "numbers", "TABLE", "all that Pebble can count"]
    pebble.driver.SQLCloseCursor(pointer(pebble.stmt))
    assert pebble.driver.SQLColumns(pointer(pebble.stmt), null, 0, null, 0, b"numbers", SQL_NTS, null, 0) == 0
    assert pebble.driver.SQLFetch(pointer(pebble.stmt)) == SQL_SUCCESS
    assert [text(pebble, i) for i in (4, 5, 6, 7, 17)] == ["n", "-5", "BIGINT", "19", "1"]
    pebble.driver.SQLCloseCursor(pointer(pebble.stmt))


def test_what_it_lacks_is_refused_by_name(pebble: Session) -> None:
    set_attribute = pebble.driver.SQLSetConnectAttr
    assert set_attribute(pointer(pebble.dbc), 102, pointer(0), 0) == SQL_SUCCESS, (
        "autocommit off is accepted everywhere"
    )
    assert pebble.driver.SQLEndTran(DBC, pointer(pebble.dbc), 0) == SQL_SUCCESS
    assert set_attribute(pointer(pebble.dbc), 108, pointer(8), 0) == SQL_ERROR
    assert pebble.driver.state(DBC, pebble.dbc) == "HYC00"


def test_an_unknown_keyword_is_told_with_its_own_among_the_known(driver_path: Path, installed: None) -> None:
    driver = Driver(driver_path)
    env = driver.alloc(1, None)
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(3), 0) == SQL_SUCCESS
    dbc = driver.alloc(DBC, env)
    wrong = b"Driver=Argus;Backend=pebble;Mots=5"
    connect = driver.SQLDriverConnect
    null = pointer(None)
    assert connect(pointer(dbc), null, wrong, SQL_NTS, null, 0, null, 0) == SQL_SUCCESS_WITH_INFO
    message = ctypes.create_string_buffer(300)
    driver.SQLGetDiagRec(DBC, pointer(dbc), 1, null, null, message, 300, null)
    assert b"Mots" in message.value and b"Most" in message.value
    driver.SQLDisconnect(pointer(dbc))
    driver.SQLFreeHandle(DBC, pointer(dbc))
    driver.SQLFreeHandle(1, pointer(env))


def test_the_documentation_shows_exactly_this_package() -> None:
    page = (ROOT / "docs" / "backends.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(toml|python)\n(.*?)```", page, re.DOTALL))
    assert blocks["python"] == (PACKAGE / "pebble_odbc.py").read_text(encoding="utf-8")
    assert blocks["toml"] == (PACKAGE / "pyproject.toml").read_text(encoding="utf-8")
