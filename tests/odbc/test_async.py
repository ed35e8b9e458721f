"""Asynchronous execution on the driver file itself: polling, cancelling, and what every other function answers then."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from engine_facts import Facts
from plain import (
    C_SBIGINT,
    DBC,
    DESC,
    SQL_ERROR,
    SQL_INVALID_HANDLE,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_SUCCESS,
    STMT,
    Driver,
    Session,
    pointer,
)
from polling import ASYNC_ENABLE, NULL, STILL_EXECUTING, asynchronous, cancel, number, poll, start_long
from registration import ROOT

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

QUERY_TIMEOUT, ROW_ARRAY_SIZE = 0, 27
# Executed at once; some rows come, and the next one is long in coming.
SLOW_ROWS = b"select range from range(1000000000000) t where range < 300000 or range % 999999999999 = 777777777777"


@pytest.fixture
def session(driver_path: Path) -> Iterator[Session]:
    with asynchronous(driver_path) as opened:
        yield opened


def test_statement_is_polled_to_its_result(session: Session, facts: Facts) -> None:
    rc, times = poll(lambda: session.run(f"select count(*) from {facts.numbers(3_000_000)} where i % 7 = 3".encode()))
    assert (rc, session.state()) == (SQL_SUCCESS, "")
    assert times > 0
    assert poll(lambda: session.driver.SQLFetch(pointer(session.stmt)))[0] == SQL_SUCCESS
    assert number(session) == 428571  # 3, 10, … 2999993: (2999993 - 3) / 7 + 1
    assert poll(lambda: session.driver.SQLFetch(pointer(session.stmt)))[0] == SQL_NO_DATA


def test_text_may_be_gone_while_it_is_executed(session: Session) -> None:
    text = ctypes.create_string_buffer(b"select 12345")
    rc = session.driver.SQLExecDirect(pointer(session.stmt), text, SQL_NTS)
    ctypes.memset(text, ord("#"), len(text) - 1)
    if rc == STILL_EXECUTING:
        rc, _ = poll(lambda: session.driver.SQLExecDirect(pointer(session.stmt), text, SQL_NTS))
    assert rc == SQL_SUCCESS, session.state()
    assert poll(lambda: session.driver.SQLFetch(pointer(session.stmt)))[0] == SQL_SUCCESS
    assert number(session) == 12345


def test_prepare_describe_execute(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    assert poll(lambda: driver.SQLPrepare(stmt, b"select 1 as a, 'x' as b", SQL_NTS))[0] == SQL_SUCCESS
    columns, name, length = ctypes.c_int16(), ctypes.create_string_buffer(10), ctypes.c_int16()
    rest = [ctypes.byref(ctypes.c_int64()) for _ in range(4)]
    rc, _ = poll(lambda: driver.SQLDescribeCol(stmt, 2, name, 10, ctypes.byref(length), *rest))
    assert (rc, name.value, length.value) == (SQL_SUCCESS, b"b", 1)
    assert poll(lambda: driver.SQLNumResultCols(stmt, ctypes.byref(columns)))[0] == SQL_SUCCESS
    assert columns.value == 2
    assert poll(lambda: driver.SQLExecute(stmt))[0] == SQL_SUCCESS
    assert poll(lambda: driver.SQLFetch(stmt))[0] == SQL_SUCCESS
    assert number(session) == 1


def test_an_error_comes_with_the_last_poll(session: Session) -> None:
    assert poll(lambda: session.run(b"select * from no_such_table"))[0] == SQL_ERROR
    assert session.state() == "42S02"
    assert poll(lambda: session.driver.SQLPrepare(pointer(session.stmt), NULL, 0))[0] == SQL_ERROR
    assert session.state() == "HY009"


@pytest.mark.engines("duckdb")
def test_catalog_functions_and_more_results(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    assert poll(lambda: session.run(b"create table here_it_is (a int)"))[0] == SQL_SUCCESS
    names = (NULL, 0, NULL, 0, b"here%", SQL_NTS)
    rc, times = poll(lambda: driver.SQLTables(stmt, *names, NULL, 0))
    assert (rc, times > 0) == (SQL_SUCCESS, True)
    assert poll(lambda: driver.SQLFetch(stmt))[0] == SQL_SUCCESS
    table = ctypes.create_string_buffer(30)
    assert driver.SQLGetData(stmt, 3, 1, table, 30, NULL) == SQL_SUCCESS
    assert table.value == b"here_it_is"
    assert poll(lambda: driver.SQLMoreResults(stmt))[0] == SQL_NO_DATA
    assert poll(lambda: driver.SQLGetTypeInfo(stmt, -5))[0] == SQL_SUCCESS
    assert driver.SQLCloseCursor(stmt) == SQL_SUCCESS


def test_rows_that_are_there_come_at_once(session: Session, facts: Facts) -> None:
    assert poll(lambda: session.run(f"select i from {facts.numbers(1000)} order by i".encode()))[0] == SQL_SUCCESS
    fetch = [poll(lambda: session.driver.SQLFetch(pointer(session.stmt))) for _ in range(1000)]
    assert [rc for rc, _ in fetch] == [SQL_SUCCESS] * 1000
    assert [times for _, times in fetch[1:]] == [0] * 999
    assert number(session) == 999


def test_parameters_at_execution(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    at_execution, token = ctypes.c_int64(-2), ctypes.c_void_p()
    bound = driver.SQLBindParameter(stmt, 1, 1, C_SBIGINT, -5, 0, 0, pointer(77), 0, ctypes.byref(at_execution))
    assert bound == SQL_SUCCESS
    assert poll(lambda: session.run(b"select ? + 1"))[0] == 99
    assert poll(lambda: driver.SQLParamData(stmt, ctypes.byref(token)))[0] == 99
    assert token.value == 77
    assert driver.SQLPutData(stmt, ctypes.byref(ctypes.c_int64(41)), 8) == SQL_SUCCESS
    assert poll(lambda: driver.SQLParamData(stmt, ctypes.byref(token)))[0] == SQL_SUCCESS
    assert poll(lambda: driver.SQLFetch(stmt))[0] == SQL_SUCCESS
    assert number(session) == 42


# ---- cancelling ----


def test_cancel_ends_the_statement(session: Session, facts: Facts) -> None:
    again = start_long(session, facts)
    time.sleep(0.2)
    cancel(session, again)
    session_still_works(session)


def test_cancel_right_after_the_start_is_not_lost(session: Session, facts: Facts) -> None:
    for _ in range(20):
        cancel(session, start_long(session, facts))


def test_cancel_handle_of_the_statement(session: Session, facts: Facts) -> None:
    again = start_long(session, facts)
    assert session.driver.SQLCancelHandle(STMT, pointer(session.stmt)) == SQL_SUCCESS
    assert (poll(again)[0], session.state()) == (SQL_ERROR, "HY008")


def test_cancel_handle_of_the_connection(session: Session, facts: Facts) -> None:
    driver = session.driver
    assert driver.SQLCancelHandle(DBC, pointer(session.dbc)) == SQL_SUCCESS
    again = start_long(session, facts)
    assert driver.SQLCancelHandle(DBC, pointer(session.dbc)) == SQL_ERROR
    assert driver.state(DBC, session.dbc) == "HY010"
    cancel(session, again)


@pytest.mark.engines("duckdb")
def test_cancel_of_a_fetch(session: Session) -> None:
    assert poll(lambda: session.run(SLOW_ROWS))[0] == SQL_SUCCESS
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), ROW_ARRAY_SIZE, pointer(50000), 0) == SQL_SUCCESS
    waiting = 0
    while waiting < 100:
        rc = session.driver.SQLFetch(pointer(session.stmt))
        assert rc in (SQL_SUCCESS, STILL_EXECUTING), session.state()
        waiting = waiting + 1 if rc == STILL_EXECUTING else 0
        time.sleep(0.005)
    assert session.driver.SQLCancel(pointer(session.stmt)) == SQL_SUCCESS
    rc, started = SQL_SUCCESS, time.monotonic()
    while rc == SQL_SUCCESS:  # a block of the rows that had come before
        rc, _ = poll(lambda: session.driver.SQLFetch(pointer(session.stmt)))
    assert (rc, session.state()) == (SQL_ERROR, "HY008")
    assert time.monotonic() - started < 3  # below one on a machine that is idle


def session_still_works(session: Session) -> None:
    """The same statement, and another one, answer."""
    assert poll(lambda: session.run(b"select 5"))[0] == SQL_SUCCESS
    assert poll(lambda: session.driver.SQLFetch(pointer(session.stmt)))[0] == SQL_SUCCESS
    assert number(session) == 5
    session.still_works()


# ---- everything else while it runs ----


def refusals() -> Iterator[str]:
    """Functions of statements that the state table answers HY010 in state S11 ("still executing")."""
    for row in tables.rows("state_transitions", machine="stmt", state="S11", result="HY010"):
        if row["function"] in ARGUMENTS:
            yield row["function"]


TEXT, OUT = (b"x", SQL_NTS), ctypes.create_string_buffer(64)
ARGUMENTS: dict[str, tuple[object, ...]] = {
    "SQLBindCol": (1, C_SBIGINT, OUT, 8, NULL),
    "SQLBindParameter": (1, 1, C_SBIGINT, -5, 0, 0, OUT, 8, NULL),
    "SQLBulkOperations": (4,),
    "SQLCloseCursor": (),
    "SQLColAttribute": (1, 2, OUT, 8, NULL, NULL),
    "SQLColumnPrivileges": TEXT * 4,
    "SQLColumns": TEXT * 4,
    "SQLDescribeCol": (1, OUT, 8, *[NULL] * 5),
    "SQLDescribeParam": (1, OUT, NULL, NULL, NULL),
    "SQLExecute": (),
    "SQLFetch": (),
    "SQLFetchScroll": (1, 0),
    "SQLForeignKeys": TEXT * 6,
    "SQLFreeStmt": (0,),
    "SQLGetCursorName": (OUT, 60, NULL),
    "SQLGetData": (1, C_SBIGINT, OUT, 8, NULL),
    "SQLGetStmtAttr": (QUERY_TIMEOUT, OUT, 8, NULL),
    "SQLGetTypeInfo": (0,),
    "SQLMoreResults": (),
    "SQLNumParams": (OUT,),
    "SQLNumResultCols": (OUT,),
    "SQLParamData": (OUT,),
    "SQLPrepare": TEXT,
    "SQLPrimaryKeys": TEXT * 3,
    "SQLProcedureColumns": TEXT * 4,
    "SQLProcedures": TEXT * 3,
    "SQLPutData": (OUT, 8),
    "SQLRowCount": (OUT,),
    "SQLSetCursorName": TEXT,
    "SQLSetPos": (1, 0, 0),
    "SQLSetStmtAttr": (QUERY_TIMEOUT, pointer(1), 0),
    "SQLSpecialColumns": (1, *TEXT * 3, 0, 0),
    "SQLStatistics": (*TEXT * 3, 0, 0),
    "SQLTablePrivileges": TEXT * 3,
    "SQLTables": TEXT * 4,
}


def test_every_other_function_is_out_of_sequence(session: Session, facts: Facts) -> None:
    again = start_long(session, facts)
    answers = {}
    for function in sorted(set(refusals())):
        rc = getattr(session.driver, function)(pointer(session.stmt), *ARGUMENTS[function])
        answers[function] = (rc, session.state())
    assert answers == dict.fromkeys(answers, (SQL_ERROR, "HY010"))
    assert set(answers) >= {"SQLFetch", "SQLExecute", "SQLTables", "SQLFreeStmt", "SQLBindCol", "SQLSetStmtAttr"}
    assert again() == STILL_EXECUTING
    assert session.state() == ""
    cancel(session, again)


def test_the_connection_waits_for_its_statements(session: Session, facts: Facts) -> None:
    driver = session.driver
    again = start_long(session, facts)
    assert driver.SQLFreeHandle(STMT, pointer(session.stmt)) == SQL_ERROR
    assert session.state() == "HY010"
    for call in (
        lambda: driver.SQLDisconnect(pointer(session.dbc)),
        lambda: driver.SQLEndTran(DBC, pointer(session.dbc), 0),
        lambda: driver.SQLSetConnectAttr(pointer(session.dbc), ASYNC_ENABLE, pointer(0), 0),
    ):
        assert call() == SQL_ERROR
        assert driver.state(DBC, session.dbc) == "HY010"
    cancel(session, again)


def test_descriptors_of_a_busy_statement_are_out_of_sequence(session: Session, facts: Facts) -> None:
    driver, found = session.driver, ctypes.c_void_p()
    descriptors = []
    for attribute in (10010, 10011, 10012, 10013):
        assert driver.SQLGetStmtAttr(pointer(session.stmt), attribute, ctypes.byref(found), 0, NULL) == SQL_SUCCESS
        descriptors.append(found.value)
    again = start_long(session, facts)
    for descriptor in descriptors:
        assert driver.SQLGetDescField(pointer(descriptor), 0, 1001, OUT, 8, NULL) == SQL_ERROR
        assert driver.state(DESC, descriptor) == "HY010"
    cancel(session, again)
    assert driver.SQLGetDescField(pointer(descriptors[0]), 0, 1001, OUT, 8, NULL) == SQL_SUCCESS


def test_the_connection_and_other_connections_go_on(session: Session, facts: Facts, driver_path: Path) -> None:
    again = start_long(session, facts)
    other = Session(Driver(driver_path))
    other.still_works()
    other.close()
    stmt = session.driver.alloc(STMT, session.dbc)
    assert session.driver.SQLFreeHandle(STMT, pointer(stmt)) == SQL_SUCCESS
    assert session.driver.SQLGetInfo(pointer(session.dbc), 17, OUT, 60, NULL) == SQL_SUCCESS
    assert OUT.value == facts.product.encode()
    cancel(session, again)


# ---- what the attributes and information types say ----


def test_connection_attribute_is_for_all_statements(driver_path: Path) -> None:
    session = Session(Driver(driver_path))
    driver, value = session.driver, ctypes.c_uint64(9)
    assert driver.SQLSetConnectAttr(pointer(session.dbc), ASYNC_ENABLE, pointer(1), 0) == SQL_SUCCESS
    new = driver.alloc(STMT, session.dbc)
    for stmt in (session.stmt, new):
        assert driver.SQLGetStmtAttr(pointer(stmt), ASYNC_ENABLE, ctypes.byref(value), 0, NULL) == SQL_SUCCESS
        assert value.value == 1
    assert driver.SQLGetConnectAttr(pointer(session.dbc), ASYNC_ENABLE, ctypes.byref(value), 0, NULL) == SQL_SUCCESS
    assert value.value == 1
    assert driver.SQLFreeHandle(STMT, pointer(new)) == SQL_SUCCESS
    session.close()


@pytest.mark.engines("duckdb")
def test_duckdb_runs_one_statement_of_a_connection_at_a_time(session: Session, facts: Facts) -> None:
    out = ctypes.c_uint32(99)
    assert session.driver.SQLGetInfo(pointer(session.dbc), 10022, ctypes.byref(out), 4, NULL) == SQL_SUCCESS
    assert out.value == 1
    again, stmt = start_long(session, facts), pointer(session.driver.alloc(STMT, session.dbc))
    assert session.driver.SQLSetStmtAttr(stmt, ASYNC_ENABLE, pointer(1), 0) == SQL_SUCCESS
    time.sleep(0.3)  # until the first one has begun
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        assert session.driver.SQLExecDirect(stmt, b"select 1", SQL_NTS) == STILL_EXECUTING
        time.sleep(0.02)
    cancel(session, again)
    assert poll(lambda: session.driver.SQLExecDirect(stmt, b"select 1", SQL_NTS))[0] == SQL_SUCCESS


@pytest.mark.parametrize(("info", "value"), [(10021, "SQL_AM_STATEMENT"), (10023, "SQL_ASYNC_DBC_NOT_CAPABLE")])
def test_information_types_tell_the_mode(session: Session, info: int, value: str) -> None:
    (row,) = tables.rows("info_types", number=str(info))
    out = ctypes.c_uint32(99)
    assert session.driver.SQLGetInfo(pointer(session.dbc), info, ctypes.byref(out), 4, NULL) == SQL_SUCCESS
    assert out.value == tables.values(row, "bits_or_values")[value]


def test_connection_functions_do_not_run_asynchronously(session: Session) -> None:
    assert session.driver.SQLSetConnectAttr(pointer(session.dbc), 117, pointer(0), 0) == SQL_SUCCESS
    assert session.driver.SQLSetConnectAttr(pointer(session.dbc), 117, pointer(1), 0) == SQL_ERROR
    assert session.driver.state(DBC, session.dbc) == "HYC00"


def test_a_freed_handle_is_not_polled(session: Session) -> None:
    stmt = session.driver.alloc(STMT, session.dbc)
    assert session.driver.SQLFreeHandle(STMT, pointer(stmt)) == SQL_SUCCESS
    assert session.driver.SQLFetch(pointer(stmt)) == SQL_INVALID_HANDLE


def test_every_function_of_a_statement_asks_whether_one_runs() -> None:
    """`begin` looks for a running function; a plain `enter` would wait for it, and lose its diagnostics."""
    for path in sorted((ROOT / "cbridge" / "api").glob("*.pxi")):
        text = path.read_text("utf-8")
        for function in text.split("\ncdef ")[1:]:
            if "SQLCancel(" not in function.split(":")[0]:
                assert "enter(&s.h, MAGIC_STMT)" not in function or "bint begin(" in function, (
                    path.name,
                    function[:100],
                )
