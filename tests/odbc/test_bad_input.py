"""Bad input on the driver file itself, without a driver manager that would catch it first.

Every call must answer with a code, and a crash ends the whole run: this file is also run under AddressSanitizer.
Expected SQLSTATEs are those of the functions' pages in the ODBC reference.
"""

from __future__ import annotations

import ctypes
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_facts import Facts
from plain import (
    C_BINARY,
    C_CHAR,
    C_LONG,
    C_WCHAR,
    DBC,
    DESC,
    ENV,
    MEMORY,
    SQL_ERROR,
    SQL_INVALID_HANDLE,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    STMT,
    Driver,
    Session,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

# Functions whose first argument is not a handle that the driver gave out, or that answer about a dead handle.
NO_HANDLE = {"SQLAllocHandle", "SQLAllocHandleStd", "SQLAllocEnv", "SQLFreeHandle", "SQLEndTran", "SQLCancelHandle"}
NO_HANDLE |= {"SQLGetDiagRec", "SQLGetDiagRecW", "SQLGetDiagField", "SQLGetDiagFieldW", "SQLDataSources", "SQLDrivers"}
NO_HANDLE |= {"SQLDataSourcesW", "SQLDriversW", "SQLError", "SQLErrorW", "SQLTransact", "SQLCopyDesc"}


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def exported(path: Path) -> list[str]:
    """Names of the functions in the driver file."""
    lines = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True).stdout
    return sorted(line.split()[-1] for line in lines.splitlines() if line.split()[-1].startswith("SQL"))


# ---- handles ----


def bad_handles(session: Session) -> dict[str, int]:
    """Values that are no handle, or not one any more."""
    driver = session.driver
    freed_stmt = driver.alloc(STMT, session.dbc)
    assert driver.SQLFreeHandle(STMT, pointer(freed_stmt)) == SQL_SUCCESS
    freed_dbc = driver.alloc(DBC, session.env)
    assert driver.SQLFreeHandle(DBC, pointer(freed_dbc)) == SQL_SUCCESS
    session.heap = ctypes.create_string_buffer(b"\xa5" * 4096, 4096)  # type: ignore[attr-defined]
    return {
        "null": 0,
        "freed statement": freed_stmt,
        "freed connection": freed_dbc,
        "small": 1,
        "odd": session.stmt + 1,
        "inside a handle": session.stmt + 16,
        "just before": session.stmt - 8,
        "not mapped": 0x0000_5EAD_BEEF_0000,
        "not canonical": 0xDEAD_BEEF_DEAD_BEEF - (1 << 64),
        "minus one": -1,
        "memory of the application": ctypes.addressof(session.heap),  # type: ignore[attr-defined]
    }


def test_a_bad_handle_is_an_invalid_handle_in_every_function(session: Session, driver_path: Path) -> None:
    names = [name for name in exported(driver_path) if name not in NO_HANDLE]
    assert len(names) > 80
    for what, value in bad_handles(session).items():
        for name in names:
            rc = getattr(session.driver, name)(pointer(value), *[pointer(None)] * 13)
            assert rc == SQL_INVALID_HANDLE, (name, what, rc)
    session.still_works()


def test_a_bad_handle_is_refused_where_the_type_is_an_argument(session: Session) -> None:
    driver = session.driver
    for what, value in bad_handles(session).items():
        for kind in (ENV, DBC, STMT, DESC):
            assert driver.SQLFreeHandle(kind, pointer(value)) == SQL_INVALID_HANDLE, (what, kind)
            assert driver.SQLEndTran(kind, pointer(value), 0) == SQL_INVALID_HANDLE or kind in (STMT, DESC), (
                what,
                kind,
            )
            rc = driver.SQLGetDiagRec(kind, pointer(value), 1, *[pointer(None)] * 2, pointer(None), 0, pointer(None))
            assert rc == SQL_INVALID_HANDLE, (what, kind)
        out = ctypes.c_void_p(1)
        for kind in (DBC, STMT, DESC):
            assert driver.SQLAllocHandle(kind, pointer(value), ctypes.byref(out)) == SQL_INVALID_HANDLE, (what, kind)
        assert driver.SQLCopyDesc(pointer(value), pointer(value)) == SQL_INVALID_HANDLE
    session.still_works()


def test_a_handle_of_another_type_is_invalid(session: Session, driver_path: Path) -> None:
    driver = session.driver
    statements = ["SQLFetch", "SQLExecute", "SQLCloseCursor", "SQLMoreResults", "SQLCancel"]
    for name in statements:
        for handle in (session.env, session.dbc):
            assert getattr(driver, name)(pointer(handle)) == SQL_INVALID_HANDLE, name
    for handle in (session.env, session.stmt):
        assert driver.SQLDisconnect(pointer(handle)) == SQL_INVALID_HANDLE
    for handle, kinds in (
        (session.env, (DBC, STMT, DESC)),
        (session.dbc, (ENV, STMT, DESC)),
        (session.stmt, (ENV, DBC, DESC)),
    ):
        for kind in kinds:
            assert driver.SQLFreeHandle(kind, pointer(handle)) == SQL_INVALID_HANDLE, kind
    session.still_works()


def test_a_freed_statement_stays_invalid_when_its_place_is_used_again(session: Session) -> None:
    driver = session.driver
    for _ in range(300):
        handle = driver.alloc(STMT, session.dbc)
        assert driver.SQLFreeHandle(STMT, pointer(handle)) == SQL_SUCCESS
        assert driver.SQLFetch(pointer(handle)) == SQL_INVALID_HANDLE
        assert driver.SQLFreeHandle(STMT, pointer(handle)) == SQL_INVALID_HANDLE
    session.still_works()


def test_disconnect_frees_the_statements(driver: Driver, facts: Facts) -> None:
    session = Session(driver)
    session.fetched(f"select * from {facts.numbers(1_000_000)}".encode())
    assert driver.SQLDisconnect(pointer(session.dbc)) == SQL_SUCCESS
    assert driver.SQLFetch(pointer(session.stmt)) == SQL_INVALID_HANDLE
    assert driver.SQLFreeHandle(DBC, pointer(session.dbc)) == SQL_SUCCESS
    assert driver.SQLFreeHandle(ENV, pointer(session.env)) == SQL_SUCCESS
    assert driver.SQLFreeHandle(ENV, pointer(session.env)) == SQL_INVALID_HANDLE


# ---- calls out of order ----


def test_handles_are_freed_in_order(session: Session) -> None:
    driver = session.driver
    assert driver.SQLFreeHandle(ENV, pointer(session.env)) == SQL_ERROR
    assert driver.state(ENV, session.env) == "HY010"
    assert driver.SQLFreeHandle(DBC, pointer(session.dbc)) == SQL_ERROR
    assert driver.state(DBC, session.dbc) == "HY010"


def test_a_connection_needs_the_odbc_version_first(driver: Driver) -> None:
    env = driver.alloc(ENV, None)
    out = ctypes.c_void_p()
    assert driver.SQLAllocHandle(DBC, pointer(env), ctypes.byref(out)) == SQL_ERROR
    assert driver.state(ENV, env) == "HY010"
    assert driver.SQLFreeHandle(ENV, pointer(env)) == SQL_SUCCESS


def test_a_statement_needs_a_connection(session: Session) -> None:
    driver = session.driver
    dbc = driver.alloc(DBC, session.env)
    out = ctypes.c_void_p()
    assert driver.SQLAllocHandle(STMT, pointer(dbc), ctypes.byref(out)) == SQL_ERROR
    assert driver.state(DBC, dbc) == "08003"
    assert driver.SQLDisconnect(pointer(dbc)) == SQL_ERROR
    assert driver.state(DBC, dbc) == "08003"
    assert driver.SQLFreeHandle(DBC, pointer(dbc)) == SQL_SUCCESS


def test_a_second_connect_is_refused(session: Session) -> None:
    rc = session.driver.SQLDriverConnect(
        pointer(session.dbc), pointer(None), MEMORY.encode(), SQL_NTS, pointer(None), 0, pointer(None), 0
    )
    assert rc == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "08002"
    session.still_works()


@pytest.mark.parametrize(
    ("name", "arguments", "state"),
    [
        ("SQLFetch", (), "HY010"),
        ("SQLFetchScroll", (1, 0), "HY010"),
        ("SQLGetData", (1, C_LONG, None, 0, None), "HY010"),
        ("SQLExecute", (), "HY010"),
        ("SQLNumResultCols", (None,), "HY010"),
        ("SQLDescribeCol", (1, None, 0, None, None, None, None, None), "HY010"),
        ("SQLColAttribute", (1, 1011, None, 0, None, None), "HY010"),
        ("SQLRowCount", (None,), "HY010"),
        ("SQLCloseCursor", (), "24000"),
        ("SQLParamData", (None,), "HY010"),
        ("SQLPutData", (None, 0), "HY010"),
    ],
)
def test_a_fresh_statement_has_nothing_to_give(session: Session, name: str, arguments: tuple, state: str) -> None:
    passed = [pointer(a) if a is None else a for a in arguments]
    assert getattr(session.driver, name)(pointer(session.stmt), *passed) == SQL_ERROR
    assert session.state() == state
    session.still_works()


@pytest.mark.parametrize("name", ["SQLExecDirect", "SQLPrepare"])
def test_an_open_cursor_refuses_a_new_statement(session: Session, name: str) -> None:
    session.fetched(b"select 1")
    assert getattr(session.driver, name)(pointer(session.stmt), b"select 2", SQL_NTS) == SQL_ERROR
    assert session.state() == "24000"
    assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_SUCCESS
    session.fetched(b"select 3")


def test_get_data_before_fetch_and_after_the_end(session: Session) -> None:
    value = ctypes.c_int32()
    session.ok(b"select 1")
    assert (
        session.driver.SQLGetData(pointer(session.stmt), 1, C_LONG, ctypes.byref(value), 4, pointer(None)) == SQL_ERROR
    )
    assert session.state() == "24000"
    assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
    assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
    assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
    assert (
        session.driver.SQLGetData(pointer(session.stmt), 1, C_LONG, ctypes.byref(value), 4, pointer(None)) == SQL_ERROR
    )
    assert session.state() == "24000"


@pytest.mark.engines("duckdb")
def test_a_statement_without_rows_has_no_cursor(session: Session) -> None:
    session.ok(b"create table t (a int)")
    assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_ERROR
    assert session.state() == "24000"
    assert session.driver.SQLCloseCursor(pointer(session.stmt)) == SQL_ERROR
    assert session.state() == "24000"


@pytest.mark.parametrize("column", [0, 3, 65535])
def test_a_column_that_is_not_there(session: Session, column: int) -> None:
    value, n = ctypes.c_int32(), ctypes.c_int16()
    session.fetched(b"select 1, 2")
    none = pointer(None)
    stmt = pointer(session.stmt)
    assert session.driver.SQLGetData(stmt, column, C_LONG, ctypes.byref(value), 4, none) == SQL_ERROR
    assert session.state() == "07009"
    assert session.driver.SQLDescribeCol(stmt, column, none, 0, ctypes.byref(n), none, none, none, none) == SQL_ERROR
    assert session.state() == "07009"
    if column:
        assert session.driver.SQLColAttribute(stmt, column, 1011, none, 0, none, none) == SQL_ERROR
        assert session.state() == "07009"


# ---- arguments ----


def test_types_that_do_not_exist(session: Session) -> None:
    value = ctypes.c_int64()
    session.fetched(b"select 1")
    for c_type in (0, 77, -999, 32767):
        rc = session.driver.SQLGetData(pointer(session.stmt), 1, c_type, ctypes.byref(value), 8, pointer(None))
        assert (rc, session.state()) == (SQL_ERROR, "HY003"), c_type
        rc = session.driver.SQLBindCol(pointer(session.stmt), 1, c_type, ctypes.byref(value), 8, pointer(None))
        assert (rc, session.state()) == (SQL_ERROR, "HY003"), c_type


def test_negative_buffer_lengths(session: Session) -> None:
    value = ctypes.create_string_buffer(64)
    session.fetched(b"select 'abc'")
    for length in (-1, -8, -(1 << 63)):
        rc = session.driver.SQLGetData(pointer(session.stmt), 1, C_CHAR, value, length, pointer(None))
        assert (rc, session.state()) == (SQL_ERROR, "HY090"), length
        rc = session.driver.SQLBindCol(pointer(session.stmt), 1, C_CHAR, value, length, pointer(None))
        assert (rc, session.state()) == (SQL_ERROR, "HY090"), length


@pytest.mark.parametrize("length", [-4, -2, -1000, -(1 << 31)])
def test_negative_text_lengths(session: Session, length: int) -> None:
    none = pointer(None)
    stmt = pointer(session.stmt)
    for name, arguments in {
        "SQLExecDirect": (b"select 1", length),
        "SQLPrepare": (b"select 1", length),
        "SQLExecDirectW": ("select 1\0".encode("utf-16-le"), length),
        "SQLPrepareW": ("select 1\0".encode("utf-16-le"), length),
        "SQLTables": (b"a", length, none, 0, none, 0, none, 0),
        "SQLColumns": (none, 0, b"a", length, none, 0, none, 0),
    }.items():
        wanted = ctypes.c_int16(length).value if name in ("SQLTables", "SQLColumns") else length
        if wanted in (SQL_NTS, 0) or wanted > 0:
            continue  # cut to 16 bits it is a good length
        assert getattr(session.driver, name)(stmt, *arguments) == SQL_ERROR, name
        assert session.state() == "HY090", name
    session.still_works()


def test_null_text(session: Session) -> None:
    for name in ("SQLExecDirect", "SQLExecDirectW", "SQLPrepare", "SQLPrepareW"):
        assert getattr(session.driver, name)(pointer(session.stmt), pointer(None), SQL_NTS) == SQL_ERROR, name
        assert session.state() == "HY009", name
    session.still_works()


def test_null_target(session: Session) -> None:
    session.fetched(b"select 'abc'")
    length = ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), 1, C_CHAR, pointer(None), 10, ctypes.byref(length))
    assert (rc, session.state()) == (SQL_ERROR, "HY009")


@pytest.mark.parametrize(("c_type", "unit"), [(C_CHAR, 1), (C_WCHAR, 2), (C_BINARY, 1)])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 9, 11, 13])
def test_small_and_odd_buffers_are_never_overrun(session: Session, c_type: int, unit: int, size: int) -> None:
    text = "aé漢😀z" * 5
    session.fetched(f"select '{text}'".encode())
    wanted = text.encode("utf-16-le" if unit == 2 else "utf-8")
    room = ctypes.create_string_buffer(b"\xa5" * 64, 64)
    length = ctypes.c_int64(-77)
    rc = session.driver.SQLGetData(pointer(session.stmt), 1, c_type, room, size, ctypes.byref(length))
    assert rc == SQL_SUCCESS_WITH_INFO
    assert session.state() == "01004"
    assert length.value == len(wanted)
    used = size if c_type == C_BINARY else max(size // unit * unit - unit, 0)
    got = room.raw[:used]
    if c_type != C_BINARY:
        got = (
            got.split(b"\0" * unit, 1)[0]
            if unit == 1
            else got[: next((i for i in range(0, used, 2) if got[i : i + 2] == b"\0\0"), used)]
        )
        got.decode("utf-16-le" if unit == 2 else "utf-8")  # a piece never ends inside a character
    assert wanted.startswith(got)
    assert room.raw[size:] == b"\xa5" * (64 - size), "written past the end of the buffer"
    session.still_works()


def test_invalid_utf16_is_answered_and_nothing_breaks(session: Session) -> None:
    lone_high, lone_low = b"\x3d\xd8", b"\x00\xde"
    for bad in (lone_high, lone_low, lone_low + lone_high, lone_high * 3):
        sql = "select '".encode("utf-16-le") + bad + "'".encode("utf-16-le")
        rc = session.driver.SQLExecDirectW(pointer(session.stmt), sql + b"\0\0", len(sql) // 2)
        if rc == SQL_ERROR:
            assert session.state() in ("22018", "22021", "HY000", "42000"), session.state()
        else:
            assert rc in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO)
            session.driver.SQLCloseCursor(pointer(session.stmt))
        session.still_works()


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\x80\x80"])
def test_invalid_utf8_is_answered_and_nothing_breaks(session: Session, bad: bytes) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    text = ctypes.create_string_buffer(200)
    for call in (
        lambda: session.run(b"select '" + bad + b"'"),
        lambda: driver.SQLPrepare(stmt, b"select '" + bad + b"'", SQL_NTS),
        lambda: driver.SQLTables(stmt, *[pointer(None), 0] * 2, bad, len(bad), pointer(None), 0),
    ):
        assert call() == SQL_ERROR
        assert session.state() == "HY000"
        driver.SQLGetDiagRec(3, stmt, 1, *[pointer(None)] * 2, text, 200, pointer(None))
        assert b"not valid UTF-8" in text.value
    session.still_works()


def test_text_with_a_nul_inside(session: Session) -> None:
    sql = b"select 'a\0b'"
    rc = session.driver.SQLExecDirect(pointer(session.stmt), sql, len(sql))
    assert rc == SQL_ERROR or session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
    session.still_works()


def test_a_connect_string_of_a_megabyte(session: Session) -> None:
    driver = session.driver
    dbc = driver.alloc(DBC, session.env)
    text = b"Driver=Argus;Host={" + b"x" * 30_000 + b"}"
    rc = driver.SQLDriverConnect(pointer(dbc), pointer(None), text, SQL_NTS, pointer(None), 0, pointer(None), 0)
    assert rc == SQL_ERROR
    assert driver.state(DBC, dbc) in ("08001", "HY000", "HY024", "01S00")
    assert driver.SQLFreeHandle(DBC, pointer(dbc)) == SQL_SUCCESS


# ---- a second thread ----


def test_a_second_thread_cancels(session: Session, facts: Facts) -> None:
    codes: list[int] = []
    worker = threading.Thread(target=lambda: codes.append(session.run(facts.slow.encode())))
    worker.start()
    time.sleep(0.3)
    deadline = time.monotonic() + 20
    while worker.is_alive() and time.monotonic() < deadline:
        assert session.driver.SQLCancel(pointer(session.stmt)) == SQL_SUCCESS
        worker.join(0.2)
    assert not worker.is_alive(), "the statement did not end within 20 s of its cancel"
    # The engine may have given its columns before the cancel arrived; then the fetch ends.
    if codes == [SQL_SUCCESS]:
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_ERROR
    else:
        assert codes == [SQL_ERROR]
    assert session.state() == "HY008"
    session.still_works()


def test_a_cancel_with_nothing_running_changes_nothing(session: Session) -> None:
    assert session.driver.SQLCancel(pointer(session.stmt)) == SQL_SUCCESS
    session.fetched(b"select 1")
    session.still_works()


def test_a_second_thread_frees_what_the_first_is_using(session: Session, facts: Facts) -> None:
    driver = session.driver
    sql = f"select i, concat('text ', cast(i as {facts.text})) from {facts.numbers(300_000)}".encode()
    for _ in range(5):
        stmt = driver.alloc(STMT, session.dbc)
        driver.SQLExecDirect(pointer(stmt), sql, SQL_NTS)
        codes: set[int] = set()

        def fetch(stmt: int = stmt, codes: set[int] = codes) -> None:
            value = ctypes.create_string_buffer(64)
            length = ctypes.c_int64()
            while True:
                rc = driver.SQLFetch(pointer(stmt))
                codes.add(rc)
                if rc not in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO):
                    return
                codes.add(driver.SQLGetData(pointer(stmt), 2, C_CHAR, value, 64, ctypes.byref(length)))

        worker = threading.Thread(target=fetch)
        worker.start()
        time.sleep(0.02)
        freed = driver.SQLFreeHandle(STMT, pointer(stmt))
        worker.join(30)
        assert not worker.is_alive()
        assert freed == SQL_SUCCESS
        assert codes <= {SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA, SQL_ERROR, SQL_INVALID_HANDLE}
        assert SQL_INVALID_HANDLE in codes
    session.still_works()


def test_two_threads_on_one_statement_take_turns(session: Session, facts: Facts) -> None:
    session.ok(f"select i from {facts.numbers(200_000)}".encode())
    counts = [0, 0]

    def fetch(which: int) -> None:
        while session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS:
            counts[which] += 1

    workers = [threading.Thread(target=fetch, args=(i,)) for i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(counts) == 200_000
    session.still_works()
