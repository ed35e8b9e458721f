"""Appendix B on the driver file itself: what each function may answer in each state of a statement, and where it leads.

The cells that a driver manager answers ("DM") hold for the driver too, with the exceptions in BY_THE_MANAGER.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import states
import tables
from plain import (
    C_CHAR,
    C_SBIGINT,
    DBC,
    DESC,
    ENV,
    SQL_ERROR,
    SQL_INVALID_HANDLE,
    SQL_NTS,
    STMT,
    Driver,
    Session,
    pointer,
)

NULL = pointer(None)
NEED_DATA, STILL_EXECUTING, NO_DATA = states.NEED_DATA, states.STILL_EXECUTING, 100
MAX_ROWS, CONCURRENCY, ROW_NUMBER, CURRENT_CATALOG, ACCESS_MODE = 1, 7, 14, 109, 101
APD, IRD, IPD = 10011, 10012, 10013
VALUE, COUNT, SMALL, WORDS = ctypes.c_int64(), ctypes.c_uint64(), ctypes.c_int16(), (ctypes.c_uint16 * 4)()
TEXT, HANDLE = ctypes.create_string_buffer(1000), ctypes.c_void_p()
REF = ctypes.byref
# ODBC 2's code, printed on the page for HY010.
NAMES = {"S1010": "HY010"}


@dataclass(frozen=True)
class Call:
    """A function as it is called in each state."""

    function: str
    run: Callable[[Session], int]
    variant: str = ""
    holds: Callable[[str], bool] = lambda condition: True
    """Whether a condition of the table is the case for this call."""
    kind: int | None = STMT
    """The handle with the diagnostics."""
    frees: bool = False
    """The statement may be gone afterwards."""
    name: str = ""

    def __repr__(self) -> str:
        return self.function + (f" {self.name or self.variant}" if self.name or self.variant else "")


def plain(function: str, *arguments: object, **row: object) -> Call:
    """A call with the statement and fixed arguments."""
    return Call(function, lambda s: getattr(s.driver, function)(pointer(s.stmt), *arguments), **row)  # type: ignore[arg-type]


def on(kind: int, function: str, *arguments: object, **row: object) -> Call:
    """A call with the connection or the environment."""
    handle = "dbc" if kind == DBC else "env"
    return Call(
        function, lambda s: getattr(s.driver, function)(pointer(getattr(s, handle)), *arguments), kind=kind, **row
    )  # type: ignore[arg-type]


def descriptor(session: Session, which: int) -> ctypes.c_void_p:
    """A descriptor of the statement, as it was asked for when that was allocated."""
    return pointer(DESCRIPTORS[session.stmt][which])


DESCRIPTORS: dict[int, dict[int, int]] = {}


def on_descriptor(function: str, which: int, *arguments: object, **row: object) -> Call:
    return Call(function, lambda s: getattr(s.driver, function)(descriptor(s, which), *arguments), kind=DESC, **row)  # type: ignore[arg-type]


def copied(which: int) -> Callable[[Session], int]:
    return lambda s: s.driver.SQLCopyDesc(descriptor(s, which), pointer(DESCRIPTORS[0][0]))


def without(*words: str) -> Callable[[str], bool]:
    return lambda condition: not any(w in condition for w in words)


def APPLICATION(condition: str) -> bool:
    return condition != "descriptor is IRD"


def OF_A_RESULT(condition: str) -> bool:
    return "IRD" in condition or "async" in condition or not condition


NAME = (b"walked", SQL_NTS)
ANY = (NULL, 0)
SETTABLE = "ARD, APD, IPD, or IRD with ARRAY_STATUS_PTR/ROWS_PROCESSED_PTR (SQLSetDescField only)"
UNBINDS = "Option in {SQL_UNBIND,SQL_RESET_PARAMS}; SQL_DROP acts as SQLFreeHandle(STMT)"
OTHERS = "HandleType in {ENV,DBC,DESC}"

CALLS = [
    *(
        Call("SQLAllocHandle", lambda s, k=kind: s.driver.SQLAllocHandle(k, pointer(s.dbc), REF(HANDLE)),
             f"HandleType={n}", kind=DBC)
        for kind, n in ((STMT, "STMT"), (DESC, "DESC"))
    ),
    Call("SQLAllocHandle", lambda s: s.driver.SQLAllocHandle(DBC, pointer(s.env), REF(HANDLE)), "HandleType=DBC", kind=ENV),
    Call("SQLAllocHandle", lambda s: s.driver.SQLAllocHandle(ENV, NULL, REF(HANDLE)), "HandleType=ENV", kind=ENV),
    plain("SQLBindCol", 1, C_CHAR, TEXT, 100, NULL),
    plain("SQLBindParameter", 1, 1, C_CHAR, 12, 10, 0, TEXT, 100, NULL),
    on(DBC, "SQLBrowseConnect", b"", 0, TEXT, 100, REF(SMALL)),
    plain("SQLBulkOperations", 4),
    plain("SQLCancel"),
    plain("SQLCloseCursor"),
    plain("SQLColAttribute", 0, 1001, NULL, 0, NULL, REF(VALUE), holds=without("not SQL_DESC_COUNT"), name="SQL_DESC_COUNT"),
    plain("SQLColAttribute", 1, 1011, TEXT, 100, REF(SMALL), NULL, name="SQL_DESC_NAME",
          holds=without("field is SQL_DESC_COUNT")),
    plain("SQLColumnPrivileges", *ANY, *ANY, *NAME, *ANY),
    plain("SQLColumns", *ANY, *ANY, *NAME, *ANY),
    on(DBC, "SQLConnect", b"x", SQL_NTS, NULL, 0, NULL, 0),
    Call("SQLCopyDesc", copied(APD), "source is ARD, APD or IPD", kind=DESC),
    Call("SQLCopyDesc", copied(IRD), "source is IRD", kind=DESC),
    plain("SQLDescribeCol", 1, TEXT, 100, REF(SMALL), NULL, NULL, NULL, NULL),
    plain("SQLDescribeParam", 1, REF(SMALL), NULL, NULL, NULL),
    on(DBC, "SQLDisconnect", frees=True),
    on(DBC, "SQLDriverConnect", NULL, b"Backend=duckdb", SQL_NTS, NULL, 0, NULL, 0),
    Call("SQLEndTran", lambda s: s.driver.SQLEndTran(DBC, pointer(s.dbc), 0), kind=DBC),
    plain("SQLExecDirect", b"SELECT 1", SQL_NTS, name="a query"),
    plain("SQLExecDirect", b"CREATE OR REPLACE TEMP TABLE s4b (a INTEGER)", SQL_NTS, name="no query"),
    plain("SQLExecDirect", b"SELEC", SQL_NTS, name="an error"),
    plain("SQLExecute", holds=without("statement prepared")),
    plain("SQLExtendedFetch", 1, 0, REF(COUNT), WORDS),
    plain("SQLFetch"),
    plain("SQLFetchScroll", 1, 0),
    plain("SQLForeignKeys", *ANY, *ANY, *NAME, *ANY, *ANY, *ANY),
    Call("SQLFreeHandle", lambda s: s.driver.SQLFreeHandle(DBC, pointer(s.dbc)), "HandleType in {ENV,DBC}", kind=DBC, name="DBC"),
    Call("SQLFreeHandle", lambda s: s.driver.SQLFreeHandle(ENV, pointer(s.env)), "HandleType in {ENV,DBC}", kind=ENV, name="ENV"),
    Call(
        "SQLFreeHandle", lambda s: s.driver.SQLFreeHandle(DESC, pointer(s.driver.alloc(DESC, s.dbc))),
        "HandleType=DESC (explicit descriptor)", kind=DBC,
    ),
    Call("SQLFreeHandle", lambda s: s.driver.SQLFreeHandle(STMT, pointer(s.stmt)), "HandleType=STMT", frees=True),
    plain("SQLFreeStmt", 2, variant=UNBINDS, name="SQL_UNBIND"),
    plain("SQLFreeStmt", 3, variant=UNBINDS, name="SQL_RESET_PARAMS"),
    plain("SQLFreeStmt", 0, variant="Option=SQL_CLOSE"),
    on(DBC, "SQLGetConnectAttr", ACCESS_MODE, REF(VALUE), 0, NULL),
    plain("SQLGetCursorName", TEXT, 100, REF(SMALL)),
    plain("SQLGetData", 1, C_SBIGINT, REF(VALUE), 8, NULL),
    on_descriptor("SQLGetDescField", APD, 0, 20, REF(VALUE), 0, NULL, holds=APPLICATION, name="APD"),
    on_descriptor("SQLGetDescField", IPD, 0, 1001, REF(VALUE), 0, NULL, holds=APPLICATION, name="IPD"),
    on_descriptor("SQLGetDescField", IRD, 0, 1001, REF(VALUE), 0, NULL, holds=OF_A_RESULT, name="IRD"),
    on_descriptor("SQLGetDescRec", APD, 1, TEXT, 100, *[NULL] * 7, holds=APPLICATION, name="APD"),
    on_descriptor("SQLGetDescRec", IRD, 1, TEXT, 100, *[NULL] * 7, holds=OF_A_RESULT, name="IRD"),
    *(
        Call(f, lambda s, f=f, k=kind, h=h, a=a: getattr(s.driver, f)(k, pointer(getattr(s, h)), 1, *a), v, kind=None)
        for f, a in (
            ("SQLGetDiagRec", (TEXT, REF(VALUE), TEXT, 100, REF(SMALL))),
            ("SQLGetDiagField", (4, TEXT, 100, REF(SMALL))),
        )
        for kind, h, v in ((STMT, "stmt", "HandleType=STMT"), (DBC, "dbc", OTHERS), (ENV, "env", OTHERS))
    ),
    on(ENV, "SQLGetEnvAttr", 200, REF(VALUE), 0, NULL),
    on(DBC, "SQLGetFunctions", 11, REF(VALUE)),
    on(DBC, "SQLGetInfo", 17, TEXT, 100, REF(SMALL)),
    plain("SQLGetStmtAttr", MAX_ROWS, REF(VALUE), 0, NULL, holds=lambda c: not c or "not ROW_NUMBER" in c, name="MAX_ROWS"),
    plain("SQLGetStmtAttr", ROW_NUMBER, REF(VALUE), 0, NULL, holds=without("not ROW_NUMBER]"), name="ROW_NUMBER"),
    plain("SQLGetTypeInfo", 0),
    plain("SQLMoreResults"),
    on(DBC, "SQLNativeSql", b"SELECT 1", SQL_NTS, TEXT, 100, NULL),
    plain("SQLNumParams", REF(SMALL)),
    plain("SQLNumResultCols", REF(SMALL)),
    plain("SQLParamData", REF(HANDLE)),
    plain("SQLPrepare", b"SELECT 1", SQL_NTS, name="a query"),
    plain("SQLPrepare", b"INSERT INTO walked VALUES (1)", SQL_NTS, name="no query"),
    plain("SQLPrimaryKeys", *ANY, *ANY, *NAME),
    plain("SQLProcedureColumns", *ANY, *ANY, *ANY, *ANY),
    plain("SQLProcedures", *ANY, *ANY, *ANY),
    plain("SQLPutData", b"abc", 3),
    plain("SQLRowCount", REF(VALUE)),
    on(DBC, "SQLSetConnectAttr", ACCESS_MODE, NULL, 0, holds=without("attribute is CURRENT_CATALOG"),
       variant="connection attribute (statement attribute: see SQLSetStmtAttr)", name="ACCESS_MODE"),
    on(DBC, "SQLSetConnectAttr", CURRENT_CATALOG, b"memory", SQL_NTS, holds=without("attribute not CURRENT_CATALOG"),
       variant="connection attribute (statement attribute: see SQLSetStmtAttr)", name="CURRENT_CATALOG"),
    plain("SQLSetCursorName", b"mine", SQL_NTS),
    on_descriptor("SQLSetDescField", APD, 0, 20, pointer(1), 0, variant=SETTABLE, name="APD"),
    on_descriptor("SQLSetDescField", IRD, 0, 21, NULL, 0, variant=SETTABLE, name="IRD"),
    on_descriptor("SQLSetDescRec", APD, 1, 4, 0, 4, 0, 0, NULL, NULL, NULL, variant=SETTABLE, name="APD"),
    on(ENV, "SQLSetEnvAttr", 200, pointer(3), 0),
    plain("SQLSetPos", 1, 0, 0),
    plain("SQLSetStmtAttr", MAX_ROWS, pointer(0), 0, holds=without("attribute in {"), name="MAX_ROWS"),
    plain("SQLSetStmtAttr", CONCURRENCY, pointer(1), 0, name="CONCURRENCY",
          holds=lambda c: c.startswith("statement not prepared") or not c.startswith(("statement prepared", "attribute not in"))),
    plain("SQLSpecialColumns", 1, *ANY, *ANY, *NAME, 0, 1),
    plain("SQLStatistics", *ANY, *ANY, *NAME, 1, 0),
    plain("SQLTablePrivileges", *ANY, *ANY, *ANY),
    plain("SQLTables", *ANY, *ANY, *NAME, *ANY),
]  # fmt: skip

OTHERWISE = {
    # SQLGetDescField, SQLGetDescRec and SQLCopyDesc have HY007 for a descriptor of a result that is not there, on their own
    # pages; there the count of an executed statement without a result is 0, and SQLGetDescRec answers SQL_NO_DATA.
    ("SQLGetDescField IRD", "S1"): {"HY007"},
    ("SQLGetDescRec IRD", "S1"): {"HY007"},
    ("SQLCopyDesc source is IRD", "S1"): {"HY007"},
    ("SQLGetDescField IRD", "S4"): {""},
    ("SQLGetDescRec IRD", "S4"): {""},
    ("SQLCopyDesc source is IRD", "S2"): {""},
    ("SQLCopyDesc source is IRD", "S4"): {""},
    # "The function was called prior to SQLPrepare or SQLExecDirect" is all that the page has for HY010; the statement here
    # was executed and has no parameter 1.
    # The page of SQLSetEnvAttr has HY010 for a connection that is allocated, and no HY011.
    **{("SQLSetEnvAttr", state): {"HY010"} for state in states.STATES},
    **{("SQLDescribeParam", state): {"07009"} for state in ("S4", "S5", "S6", "S7")},
}
"""Where the driver does as a function's own page says, and not as the table: what it answers, "" for no error."""

WITHOUT_PRIVILEGES = {"SQLColumnPrivileges", "SQLTablePrivileges"}
"""DuckDB has none, and SQLGetFunctions denies them."""

NOT_HERE = ("STILL_EXECUTING", "more results pending", "same function resumed")
"""Conditions that never are the case: no statement here has a second result, nothing is asked again, the rest answers at once."""


@pytest.fixture(scope="module")
def shared(driver_path: Path) -> Iterator[Session]:
    """The connection; each test has a statement of its own."""
    opened = Session(Driver(driver_path))
    opened.ok(b"CREATE TABLE walked (a INTEGER)")
    DESCRIPTORS[0] = {0: opened.driver.alloc(DESC, opened.dbc)}
    yield opened
    opened.close()


@pytest.fixture
def session(shared: Session, request: pytest.FixtureRequest) -> Iterator[Session]:
    call = request.getfixturevalue("call")
    if call.function == "SQLDisconnect":
        opened = Session(shared.driver)
        opened.ok(b"CREATE TABLE walked (a INTEGER)")
        opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
        yield opened
        opened.close()
        return
    kept, shared.stmt = shared.stmt, shared.driver.alloc(STMT, shared.dbc)
    DESCRIPTORS[shared.stmt] = {}
    for which in (APD, IRD, IPD):
        assert shared.driver.SQLGetStmtAttr(pointer(shared.stmt), which, REF(HANDLE), 0, NULL) == 0
        DESCRIPTORS[shared.stmt][which] = HANDLE.value or 0
    yield shared
    states.leave(shared)
    shared.stmt = kept


def cells(call: Call, state: str) -> list[str]:
    """Results of the table's cells whose conditions can be the case."""
    rows = tables.rows("state_transitions", machine="stmt", function=call.function, state=state, variant=call.variant)
    assert rows, (call, state)
    return [
        NAMES.get(row["result"], row["result"])
        for row in rows
        if without(*NOT_HERE)(row["condition"]) and call.holds(row["condition"])
    ]


def refusal(result: str) -> bool:
    return len(result) == 5 and (result[0].isdigit() or result[:2] == "HY")


def reported(session: Session, call: Call) -> str:
    """SQLSTATE of a call that failed."""
    if call.kind == DESC:
        own = [DESCRIPTORS[session.stmt][which] for which in (APD, IRD, IPD)]
        return next(filter(None, (session.driver.state(DESC, one) for one in (*own, DESCRIPTORS[0][0]))), "")
    handles = {STMT: session.stmt, DBC: session.dbc, ENV: session.env}
    return session.driver.state(call.kind, handles[call.kind])


@pytest.mark.parametrize("state", states.STATES)
@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_function_in_a_state(session: Session, call: Call, state: str) -> None:
    states.STATES[state](session)
    allowed = cells(call, state)
    rc = call.run(session)
    if call.function == "SQLExecDirect" and state in ("S11", "S12"):
        # The function that runs already, whatever its arguments: NS, the table does not say what it leads to.
        assert rc == STILL_EXECUTING or (state == "S12" and session.state() == "HY008")
        return
    if (str(call), state) in OTHERWISE:
        assert (reported(session, call) if rc == SQL_ERROR else "") in OTHERWISE[str(call), state]
        return
    if rc == SQL_INVALID_HANDLE:
        assert "IH" in allowed, (call, state, allowed)
        return
    if rc == SQL_ERROR and call.kind is not None:
        found = reported(session, call)
        runs = [r for r in allowed if not refusal(r)]
        # The function runs, and fails for what it was asked to do.
        asked = runs and found in ("HYC00", "42000", "07009", "IM001" if call.function in WITHOUT_PRIVILEGES else "")
        assert found in allowed or asked, (call, state, found, allowed)
        leads = {state} if found in allowed or state == "S1" else {state if r == "unchanged" else r for r in runs}
    else:
        leads = {state if r == "unchanged" else r for r in allowed if not refusal(r) and r != "NS"}
        assert leads or "NS" in allowed, (call, state, rc, allowed)
    if state in ("S11", "S12") or call.frees or call.function == "SQLDisconnect":
        return
    if call.function == "SQLPrepare" and leads >= {state}:
        leads |= {"S2", "S3"}  # as the new text is; the table leaves S2 and S3 to themselves
    if state in states.WAITING or rc == NEED_DATA:
        leads = {"S8" if one in states.WAITING else one for one in leads}
    assert states.now(session) in leads, (call, state, rc, allowed)
