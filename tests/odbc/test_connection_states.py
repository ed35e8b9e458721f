"""Appendix B on the driver file itself, for environments, connections and descriptors.

A driver manager answers most of these cells ("DM"); the driver does the same, so that a program without one learns it too.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import tables
from plain import DBC, DESC, ENV, SQL_ERROR, SQL_INVALID_HANDLE, SQL_NTS, SQL_SUCCESS, STMT, Driver, pointer

NULL = pointer(None)
REF = ctypes.byref
NEED_DATA = 99
ODBC_VERSION, AUTOCOMMIT, ACCESS_MODE, PACKET_SIZE, ODBC_CURSORS = 200, 102, 101, 112, 110
VALUE, TEXT, SMALL, HANDLE = ctypes.c_int64(), ctypes.create_string_buffer(1000), ctypes.c_int16(), ctypes.c_void_p()


class Handles:
    """The handles that exist in a state; the others are values that are no handle."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.env = self.dbc = self.stmt = self.desc = 1

    def environment(self) -> None:
        self.env = self.driver.alloc(ENV, None)
        assert self.driver.SQLSetEnvAttr(pointer(self.env), ODBC_VERSION, pointer(380), 0) == SQL_SUCCESS

    def connection(self) -> None:
        self.environment()
        self.dbc = self.driver.alloc(DBC, self.env)

    def asked(self) -> None:
        self.connection()
        assert self.driver.SQLBrowseConnect(pointer(self.dbc), b"Driver=x", SQL_NTS, NULL, 0, NULL) == NEED_DATA

    def opened(self) -> None:
        self.connection()
        text = b"Driver=Argus;Backend=duckdb"
        assert self.driver.SQLDriverConnect(pointer(self.dbc), NULL, text, SQL_NTS, NULL, 0, NULL, 0) == SQL_SUCCESS

    def with_statement(self) -> None:
        self.opened()
        self.stmt = self.driver.alloc(STMT, self.dbc)

    def in_transaction(self) -> None:
        self.with_statement()
        assert self.driver.SQLSetConnectAttr(pointer(self.dbc), AUTOCOMMIT, NULL, 0) == SQL_SUCCESS
        assert self.driver.SQLExecDirect(pointer(self.stmt), b"CREATE TABLE t (a INTEGER)", SQL_NTS) == SQL_SUCCESS

    def close(self) -> None:
        self.driver.SQLEndTran(DBC, pointer(self.dbc), 1)
        self.driver.SQLDisconnect(pointer(self.dbc))
        self.driver.SQLFreeHandle(DBC, pointer(self.dbc))
        self.driver.SQLFreeHandle(ENV, pointer(self.env))


STATES: dict[str, Callable[[Handles], None]] = {
    "C0": lambda h: None,
    "C1": Handles.environment,
    "C2": Handles.connection,
    "C3": Handles.asked,
    "C4": Handles.opened,
    "C5": Handles.with_statement,
    "C6": Handles.in_transaction,
}


@dataclass(frozen=True)
class Call:
    """A function as it is called in each state, and the handle with its diagnostics."""

    function: str
    kind: int
    arguments: tuple[object, ...] = ()
    variant: str = ""
    first: tuple[object, ...] = ()
    words: str = ""
    """What conditions of the table say of this call; a condition that names another attribute does not hold."""

    def run(self, h: Handles) -> int:
        handle = {ENV: h.env, DBC: h.dbc, STMT: h.stmt, DESC: h.desc}[self.kind]
        return getattr(h.driver, self.function)(*self.first, pointer(handle), *self.arguments)

    def __repr__(self) -> str:
        return f"{self.function} {self.variant or self.words}".strip()


CALLS = [
    Call("SQLAllocHandle", ENV, (REF(HANDLE),), "HandleType=DBC", (DBC,)),
    Call("SQLAllocHandle", DBC, (REF(HANDLE),), "HandleType=STMT", (STMT,)),
    Call("SQLAllocHandle", DBC, (REF(HANDLE),), "HandleType=DESC", (DESC,)),
    Call("SQLConnect", DBC, (b"no_such_source", SQL_NTS, NULL, 0, NULL, 0)),
    Call("SQLDriverConnect", DBC, (NULL, b"Backend=duckdb", SQL_NTS, NULL, 0, NULL, 0)),
    Call("SQLBrowseConnect", DBC, (b"Backend=duckdb", SQL_NTS, NULL, 0, NULL)),
    Call("SQLDisconnect", DBC),
    Call("SQLEndTran", DBC, (1,), "HandleType=DBC", (DBC,)),
    Call("SQLEndTran", ENV, (1,), "HandleType=ENV", (ENV,)),
    Call("SQLFreeHandle", DBC, (), "HandleType=DBC", (DBC,)),
    Call("SQLFreeHandle", ENV, (), "HandleType=ENV", (ENV,)),
    Call("SQLFreeHandle", STMT, (), "HandleType=STMT", (STMT,)),
    Call("SQLFreeHandle", DESC, (), "HandleType=DESC", (DESC,)),
    Call("SQLGetConnectAttr", DBC, (ACCESS_MODE, REF(VALUE), 0, NULL), words="attribute in {ACCESS_MODE"),
    Call("SQLSetConnectAttr", DBC, (ACCESS_MODE, NULL, 0), words="attribute not in {"),
    Call("SQLSetConnectAttr", DBC, (PACKET_SIZE, pointer(4096), 0), words="attribute is PACKET_SIZE"),
    Call("SQLSetConnectAttr", DBC, (ODBC_CURSORS, pointer(2), 0), words="attribute is ODBC_CURSORS"),
    Call("SQLGetDiagRec", DBC, (1, TEXT, REF(VALUE), TEXT, 100, REF(SMALL)), "HandleType=DBC", (DBC,)),
    Call("SQLGetDiagField", DBC, (0, 2, REF(VALUE), 0, NULL), "HandleType=DBC", (DBC,)),
    Call("SQLGetDiagField", ENV, (0, 2, REF(VALUE), 0, NULL), "HandleType=ENV", (ENV,)),
    Call("SQLGetEnvAttr", ENV, (ODBC_VERSION, REF(VALUE), 0, NULL)),
    Call("SQLGetInfo", DBC, (17, TEXT, 100, REF(SMALL)), words="info type not SQL_ODBC_VER"),
    Call("SQLNativeSql", DBC, (b"SELECT 1", SQL_NTS, TEXT, 100, NULL)),
    Call("SQLCloseCursor", STMT),
    Call("SQLTables", STMT, (NULL, 0, NULL, 0, b"t", SQL_NTS, NULL, 0)),
    Call("SQLExecDirect", STMT, (b"SELECT 1", SQL_NTS)),
    Call("SQLPrepare", STMT, (b"SELECT 1", SQL_NTS)),
    Call("SQLExecute", STMT),
    Call("SQLMoreResults", STMT),
    Call("SQLGetDescField", DESC, (0, 1001, REF(VALUE), 0, NULL)),
    Call("SQLGetDescRec", DESC, (1, TEXT, 100, *[NULL] * 7)),
    Call("SQLSetDescField", DESC, (0, 20, pointer(1), 0)),
]
ASKED_FOR = {"SQLConnect": "IM002", "SQLCloseCursor": "24000", "SQLExecute": "HY010"}
"""What a function that runs finds wrong with what this call asks for."""
OTHERWISE = {
    # There is no explicit descriptor here: see test_descriptors.
    **{
        (f, state): SQL_INVALID_HANDLE
        for f in ("SQLGetDescField", "SQLGetDescRec", "SQLSetDescField")
        for state in STATES
    },
    **{("SQLFreeHandle HandleType=DESC", state): SQL_INVALID_HANDLE for state in STATES},
}


@pytest.fixture
def handles(driver_path: Path) -> Iterator[Handles]:
    made = Handles(Driver(driver_path))
    yield made
    made.close()


def results(call: Call, state: str) -> set[str]:
    """Results of the cells whose conditions hold for the call."""
    rows = tables.rows("state_transitions", machine="dbc", function=call.function, state=state, variant=call.variant)
    assert rows, (call, state)
    named = [row for row in rows if call.words and row["condition"].startswith(call.words)]
    return {row["result"] for row in named or rows}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_a_function_in_a_state(handles: Handles, call: Call, state: str) -> None:
    STATES[state](handles)
    rc = call.run(handles)
    if (repr(call), state) in OTHERWISE:
        assert rc == OTHERWISE[repr(call), state]
        return
    allowed = results(call, state)
    if rc == SQL_INVALID_HANDLE:
        assert "IH" in allowed, (call, state, allowed)
        return
    handle = {ENV: handles.env, DBC: handles.dbc, STMT: handles.stmt, DESC: handles.desc}[call.kind]
    refusals = {r for r in allowed if len(r) == 5}
    if rc == SQL_ERROR and not call.function.startswith("SQLGetDiag"):
        found = handles.driver.state(call.kind, handle)
        assert found in refusals or (allowed - refusals and found == ASKED_FOR.get(call.function)), (
            call,
            state,
            found,
            allowed,
        )
    else:
        assert allowed - refusals - {"IH"}, (call, state, rc, allowed)


# ---- descriptors: D0 none, D1i of a statement, D1e of its own ----


def test_descriptors(handles: Handles) -> None:
    handles.with_statement()
    driver = handles.driver
    assert driver.SQLGetStmtAttr(pointer(handles.stmt), 10010, REF(HANDLE), 0, NULL) == SQL_SUCCESS
    implicit, explicit = HANDLE.value, driver.alloc(DESC, handles.dbc)
    wanted = {
        row["state"]: row["result"]
        for row in tables.rows("state_transitions", machine="desc", function="SQLFreeHandle", variant="HandleType=DESC")
    }
    assert wanted == {"D0": "IH", "D1i": "HY017", "D1e": "D0"}
    assert driver.SQLFreeHandle(DESC, pointer(implicit)) == SQL_ERROR
    assert driver.state(DESC, implicit) == wanted["D1i"]
    for function, arguments in (
        ("SQLGetDescField", (0, 1001, REF(VALUE), 0, NULL)),
        ("SQLSetDescField", (0, 20, pointer(1), 0)),
        ("SQLSetDescRec", (1, 4, 0, 4, 0, 0, REF(VALUE), NULL, NULL)),
        ("SQLGetDescRec", (1, TEXT, 100, *[NULL] * 7)),
        ("SQLCopyDesc", (pointer(explicit),)),
    ):
        for one in (implicit, explicit):
            assert getattr(driver, function)(pointer(one), *arguments) == SQL_SUCCESS, (
                function,
                driver.state(DESC, one),
            )
    assert driver.SQLFreeHandle(DESC, pointer(explicit)) == SQL_SUCCESS
    for function in (
        "SQLFreeHandle",
        "SQLGetDescField",
        "SQLSetDescField",
        "SQLGetDescRec",
        "SQLSetDescRec",
        "SQLCopyDesc",
    ):
        first = (DESC,) if function == "SQLFreeHandle" else ()
        assert getattr(driver, function)(*first, pointer(explicit), *[pointer(None)] * 9) == SQL_INVALID_HANDLE, (
            function
        )


# ---- environments ----


def test_environments(handles: Handles) -> None:
    driver = handles.driver
    handles.env = driver.alloc(ENV, None)
    out = ctypes.c_void_p()
    assert driver.SQLAllocHandle(DBC, pointer(handles.env), REF(out)) == SQL_ERROR
    assert driver.state(ENV, handles.env) == "HY010", "the ODBC version is not declared (E1)"
    assert driver.SQLSetEnvAttr(pointer(handles.env), ODBC_VERSION, pointer(3), 0) == SQL_SUCCESS
    handles.dbc = driver.alloc(DBC, handles.env)
    assert driver.SQLFreeHandle(ENV, pointer(handles.env)) == SQL_ERROR
    assert driver.state(ENV, handles.env) == "HY010", "a connection is allocated (E2)"
    assert driver.SQLFreeHandle(DBC, pointer(handles.dbc)) == SQL_SUCCESS
    assert driver.SQLFreeHandle(ENV, pointer(handles.env)) == SQL_SUCCESS
    for function in ("SQLSetEnvAttr", "SQLGetEnvAttr"):
        assert getattr(driver, function)(pointer(handles.env), ODBC_VERSION, pointer(None), 0) == SQL_INVALID_HANDLE
