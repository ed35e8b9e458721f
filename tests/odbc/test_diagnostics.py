"""Diagnostic records on the driver file itself, against the specification's rules for SQLGetDiagRec."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from plain import (
    C_LONG,
    DBC,
    DESC,
    ENV,
    MEMORY,
    SQL_ERROR,
    SQL_NO_DATA,
    SQL_NTS,
    SQL_SUCCESS,
    SQL_SUCCESS_WITH_INFO,
    STMT,
    Driver,
    Session,
    pointer,
)

pytestmark = pytest.mark.engines("duckdb", "spark", "trino")

FIELDS = {row["field"]: row for row in tables.rows("diag_fields")}
NO_ROW, NO_COLUMN = -1, -1
SIZES = {"SQLINTEGER": 4, "SQLLEN": 8, "SQLRETURN": 2}

READ_BY_ISQL = 500
"""Bytes that isql (and units that iusql) gives SQLGetDiagRec for a message."""


@pytest.fixture(scope="module")
def session(driver_path: Path) -> Iterator[Session]:
    opened = Session(Driver(driver_path))
    yield opened
    opened.close()


def messages(session: Session, capacity: int = 20000) -> list[str]:
    """The texts of all records of the statement."""
    found, i = [], 1
    while True:
        text, state = ctypes.create_string_buffer(capacity), ctypes.create_string_buffer(6)
        native, length = ctypes.c_int32(), ctypes.c_int16()
        rc = session.driver.SQLGetDiagRec(
            STMT, pointer(session.stmt), i, state, ctypes.byref(native), text, capacity, ctypes.byref(length)
        )
        if rc == SQL_NO_DATA:
            return found
        assert rc == SQL_SUCCESS, (rc, i)
        assert length.value == len(text.value)
        found.append(text.value.decode("utf-8"))
        i += 1


def raised(session: Session, text: str) -> list[str]:
    """The records of an engine error with this text; DuckDB's error() raises it."""
    session.run(f"select error('{text}')".encode())
    return messages(session)


# ---- long messages ----


def bodies(records: list[str]) -> list[str]:
    assert all(r.startswith("[Argus") for r in records)
    return [r.split("] ", 1)[1] for r in records]


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("text", ["a short one", "x" * 440], ids=["short", "just fits"])
def test_a_message_that_fits_is_one_record(session: Session, text: str) -> None:
    assert bodies(raised(session, text)) == [f"Invalid Input Error: {text}"]


@pytest.mark.engines("duckdb")
def test_a_long_message_is_its_first_lines_and_the_rest(session: Session) -> None:
    heart = "The table is not there.\nLook at its name " + "and its schema " * 10
    plan = "\n".join(f"+- step {i} of a plan" for i in range(100))
    first, rest = records = raised(session, f"{heart.strip()}\n{plan}")
    assert len(first.encode()) < READ_BY_ISQL
    whole = "\n".join(bodies(records))
    assert whole == f"Invalid Input Error: {heart.strip()}\n{plan}", "no line is cut or lost"
    assert len(rest) > 1000


@pytest.mark.engines("duckdb")
def test_a_long_line_parts_between_words(session: Session) -> None:
    records = raised(session, "word " * 150 + "end")
    assert len(records) == 2
    assert " ".join(bodies(records)) == "Invalid Input Error: " + "word " * 150 + "end"


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("character", ["x", "ä", "漢", "😀"])
def test_a_message_without_words_parts_between_characters(session: Session, character: str) -> None:
    records = raised(session, character * 700)
    assert len(records) == 2
    assert len(records[0].encode()) < READ_BY_ISQL
    assert "".join(bodies(records)) == "Invalid Input Error: " + character * 700


# ---- fields ----


def field(session: Session, name: str, record: int = 0, kind: int = STMT, wide: bool = False) -> int | str:
    """A field's value; nothing but its own bytes may be written."""
    row = FIELDS[name]
    handle = {STMT: session.stmt, DBC: session.dbc, ENV: session.env}[kind]
    out, length = ctypes.create_string_buffer(b"\xaa" * 1024, 1024), ctypes.c_int16(-7)
    function = session.driver.SQLGetDiagFieldW if wide else session.driver.SQLGetDiagField
    rc = function(kind, pointer(handle), record, int(row["number"]), out, 1000, ctypes.byref(length))
    assert rc == SQL_SUCCESS, (name, rc)
    if row["c_type"] == "SQLCHAR*":
        assert out.raw[length.value : length.value + 2] == (b"\0\0" if wide else b"\0\xaa")
        return out.raw[: length.value].decode("utf-16-le" if wide else "utf-8")
    size = SIZES[row["c_type"]]
    assert out.raw[size : size + 8] == b"\xaa" * 8, f"{name} has more bytes than a {row['c_type']}"
    return int.from_bytes(out.raw[:size], "little", signed=True)


@pytest.mark.parametrize("name", FIELDS)
def test_header_fields_are_of_their_handles(session: Session, name: str) -> None:
    """ "... but Handle was not a statement handle" is SQL_ERROR; record fields without a record are SQL_NO_DATA."""
    row, out = FIELDS[name], ctypes.create_string_buffer(1024)
    session.ok(b"select 1")
    session.driver.SQLCloseCursor(pointer(session.stmt))
    ard = ctypes.c_void_p()
    assert session.driver.SQLGetStmtAttr(pointer(session.stmt), 10010, ctypes.byref(ard), 0, pointer(None)) == 0
    handles = {STMT: session.stmt, DBC: session.dbc, ENV: session.env, DESC: ard.value}
    for kind, handle in handles.items():
        rc = session.driver.SQLGetDiagField(kind, pointer(handle), 0, int(row["number"]), out, 1000, pointer(None))
        later = session.driver.SQLGetDiagField(kind, pointer(handle), 1, int(row["number"]), out, 1000, pointer(None))
        if row["part"] == "record":
            assert (rc, later) == (SQL_ERROR, SQL_NO_DATA)
        elif kind != STMT and row["handles"] == "STMT":
            assert (rc, later) == (SQL_ERROR, SQL_ERROR)
        elif name != "SQL_DIAG_ROW_COUNT":
            assert (rc, later) == (SQL_SUCCESS, SQL_SUCCESS), "RecNumber is ignored for header fields"


def test_what_is_no_field_and_no_buffer(session: Session) -> None:
    session.run(b"select nope")
    out = ctypes.create_string_buffer(100)
    get, stmt = session.driver.SQLGetDiagField, pointer(session.stmt)
    assert get(STMT, stmt, 1, 4711, out, 100, pointer(None)) == SQL_ERROR
    assert get(STMT, stmt, -1, 4, out, 100, pointer(None)) == SQL_ERROR
    assert get(STMT, stmt, 1, 4, out, -1, pointer(None)) == SQL_ERROR
    assert get(STMT, stmt, 0, 7, out, -1, pointer(None)) == SQL_ERROR
    assert get(STMT, stmt, 2, 4, out, 100, pointer(None)) == SQL_NO_DATA
    length = ctypes.c_int16()
    assert get(STMT, stmt, 1, 4, out, 3, ctypes.byref(length)) == SQL_SUCCESS_WITH_INFO
    assert (out.value, length.value) == (b"42", 5)
    assert get(STMT, stmt, 1, 4, pointer(None), 0, ctypes.byref(length)) in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO)
    assert length.value == 5
    assert field(session, "SQL_DIAG_NUMBER") == 1, "the diagnostic functions post nothing and change nothing"


@pytest.mark.engines("duckdb")
@pytest.mark.parametrize("wide", [False, True])
def test_every_field_of_a_record(session: Session, wide: bool) -> None:
    assert session.run(b"select * from no_such_table") == SQL_ERROR
    assert field(session, "SQL_DIAG_NUMBER") == 1
    assert field(session, "SQL_DIAG_RETURNCODE") == SQL_ERROR
    record = {name: field(session, name, 1, wide=wide) for name, row in FIELDS.items() if row["part"] == "record"}
    message = record.pop("SQL_DIAG_MESSAGE_TEXT")
    assert str(message).startswith("[Argus][DuckDB] Catalog Error")
    assert record == {
        "SQL_DIAG_SQLSTATE": "42S02",
        "SQL_DIAG_NATIVE": 0,
        "SQL_DIAG_CLASS_ORIGIN": "ISO 9075",
        "SQL_DIAG_SUBCLASS_ORIGIN": "ODBC 3.0",
        "SQL_DIAG_CONNECTION_NAME": info(session, 13),
        "SQL_DIAG_SERVER_NAME": info(session, 2),
        "SQL_DIAG_ROW_NUMBER": NO_ROW,
        "SQL_DIAG_COLUMN_NUMBER": NO_COLUMN,
    }


def info(session: Session, info_type: int) -> str:
    out, length = ctypes.create_string_buffer(1000), ctypes.c_int16()
    assert session.driver.SQLGetInfo(pointer(session.dbc), info_type, out, 1000, ctypes.byref(length)) == SQL_SUCCESS
    return out.value.decode()


def test_the_server_name_is_the_data_source(driver_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odbc.ini").write_text("[Žana]\nDriver=Argus\nBackend=duckdb\n")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    own = Session(Driver(driver_path), "DSN=Žana")
    own.run(b"select nope")
    assert field(own, "SQL_DIAG_SERVER_NAME", 1) == info(own, 2) == "Žana"
    own.close()


STATES = [row["sqlstate"] for row in tables.rows("sqlstate_names")]
OF_ODBC = {row["sqlstate_of_odbc"] for row in tables.rows("diag_origins")}


def test_origins_of_states_that_can_be_had(session: Session) -> None:
    """Each state that a few calls bring about, against the table."""
    driver, stmt = session.driver, pointer(session.stmt)
    calls = {
        "42S02": lambda: session.run(b"select * from no_such_table"),
        "42000": lambda: session.run(b"selec"),
        "22018": lambda: session.run(b"select cast('x' as int)"),
        "HY009": lambda: driver.SQLExecDirect(stmt, pointer(None), SQL_NTS),
        "HY090": lambda: driver.SQLExecDirect(stmt, b"x", -7),
        "HY010": lambda: driver.SQLExecute(stmt),
        "HY092": lambda: driver.SQLSetStmtAttr(stmt, 31999, pointer(0), 0),
        "24000": lambda: driver.SQLCloseCursor(stmt),
    }
    for state, call in calls.items():
        assert call() == SQL_ERROR
        assert field(session, "SQL_DIAG_SQLSTATE", 1) == state
        assert field(session, "SQL_DIAG_CLASS_ORIGIN", 1) == "ISO 9075"
        assert field(session, "SQL_DIAG_SUBCLASS_ORIGIN", 1) == ("ODBC 3.0" if state in OF_ODBC else "ISO 9075")
        assert state in STATES


# ---- prefix ----


def connect_error(driver: Driver, text: bytes) -> str:
    env = driver.alloc(ENV, None)
    assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(380), 0) == SQL_SUCCESS
    dbc = driver.alloc(DBC, env)
    rc = driver.SQLDriverConnect(pointer(dbc), pointer(None), text, SQL_NTS, pointer(None), 0, pointer(None), 0)
    assert rc == SQL_ERROR
    out, state, native = ctypes.create_string_buffer(1000), ctypes.create_string_buffer(6), ctypes.c_int32()
    driver.SQLGetDiagRec(DBC, pointer(dbc), 1, state, ctypes.byref(native), out, 1000, pointer(None))
    driver.SQLFreeHandle(DBC, pointer(dbc))
    driver.SQLFreeHandle(ENV, pointer(env))
    return out.value.decode()


@pytest.mark.engines("duckdb")
def test_the_prefix_names_the_engine_where_it_is_known(driver_path: Path, session: Session) -> None:
    driver = Driver(driver_path)
    assert connect_error(driver, b"Backend=nope").startswith("[Argus] ")
    assert connect_error(driver, b"Backend=duckdb;Database=/no/such/folder/x").startswith("[Argus][DuckDB] ")
    assert connect_error(driver, b"Backend=spark;Host=127.0.0.1;Port=1").startswith("[Argus][Spark SQL] ")
    assert session.driver.SQLExecute(pointer(session.stmt)) == SQL_ERROR
    assert messages(session)[0].startswith("[Argus][DuckDB] ")


# ---- sequence ----


def sequence(session: Session) -> list[tuple[int, str]]:
    count = int(field(session, "SQL_DIAG_NUMBER"))
    return [
        (int(field(session, "SQL_DIAG_ROW_NUMBER", i)), str(field(session, "SQL_DIAG_SQLSTATE", i)))
        for i in range(1, count + 1)
    ]


def test_records_of_a_block_are_in_the_order_of_its_rows(session: Session) -> None:
    """ "All errors and warnings of the first row affected are listed, and then all of the next row"; errors first."""
    driver, stmt = session.driver, pointer(session.stmt)
    numbers, texts = (ctypes.c_int32 * 4)(), (ctypes.c_char * 4 * 4)()
    lengths = (ctypes.c_int64 * 4)()
    session.ok(b"select * from (values ('abcdef', '1'), ('ab', 'x'), ('abcdef', 'y'), ('abcdef', '4')) t(a, b)")
    assert driver.SQLSetStmtAttr(stmt, 27, pointer(4), 0) == SQL_SUCCESS
    assert driver.SQLBindCol(stmt, 1, 1, texts, 4, lengths) == SQL_SUCCESS
    assert driver.SQLBindCol(stmt, 2, C_LONG, numbers, 4, pointer(None)) == SQL_SUCCESS
    try:
        assert driver.SQLFetch(stmt) == SQL_SUCCESS_WITH_INFO
        assert sequence(session) == [(1, "01004"), (2, "22018"), (3, "22018"), (3, "01004"), (4, "01004")]
        columns = [field(session, "SQL_DIAG_COLUMN_NUMBER", i) for i in range(1, 6)]
        assert columns == [1, 2, 2, 1, 1]
    finally:
        driver.SQLCloseCursor(stmt)
        driver.SQLFreeStmt(stmt, 2)
        driver.SQLSetStmtAttr(stmt, 27, pointer(1), 0)


@pytest.mark.engines("duckdb")
def test_a_parameter_is_named_by_its_set_and_number(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    values = ctypes.create_string_buffer(b"12\0\0no\0\0")
    assert driver.SQLSetStmtAttr(stmt, 22, pointer(2), 0) == SQL_SUCCESS
    assert driver.SQLBindParameter(stmt, 1, 1, 1, 4, 0, 0, values, 4, pointer(None)) == SQL_SUCCESS
    session.ok(b"create or replace table numbers(i int)")
    try:
        assert session.run(b"insert into numbers values (?)") in (SQL_SUCCESS_WITH_INFO, SQL_ERROR)
        assert sequence(session) == [(2, "22018")]
        assert field(session, "SQL_DIAG_COLUMN_NUMBER", 1) == 1
        assert driver.SQLSetStmtAttr(stmt, 22, pointer(1), 0) == SQL_SUCCESS
        values.value = b"no"
        assert session.run(b"insert into numbers values (?)") == SQL_ERROR
        assert sequence(session) == [(1, "22018")]
        assert field(session, "SQL_DIAG_COLUMN_NUMBER", 1) == 1
    finally:
        driver.SQLSetStmtAttr(stmt, 22, pointer(1), 0)
        driver.SQLFreeStmt(stmt, 3)


# ---- row counts ----


@pytest.mark.engines("duckdb")
def test_the_row_count_lasts_until_the_next_call(session: Session) -> None:
    """ "The data in this field is reset after every nondiagnostic function call"; SQLRowCount's lasts."""
    session.ok(b"create or replace temp table counted as select * from range(5)")
    session.ok(b"delete from counted where range < 3")
    assert field(session, "SQL_DIAG_ROW_COUNT") == 3
    assert field(session, "SQL_DIAG_ROW_COUNT") == 3
    count = ctypes.c_int64()
    assert session.driver.SQLRowCount(pointer(session.stmt), ctypes.byref(count)) == SQL_SUCCESS
    assert count.value == 3
    assert field(session, "SQL_DIAG_ROW_COUNT") == 0


STATES_WITHOUT_ROW_COUNT = {
    row["state"]
    for row in tables.rows("state_transitions", function="SQLGetDiagField", variant="HandleType=STMT")
    if "SQL_DIAG_ROW_COUNT always fails" in "".join(row.values())
}


@pytest.mark.engines("duckdb")
def test_the_row_count_by_state(session: Session) -> None:
    assert {"S1", "S2", "S3"} <= STATES_WITHOUT_ROW_COUNT
    assert not {"S4", "S5", "S6", "S7"} & STATES_WITHOUT_ROW_COUNT
    driver, out = session.driver, ctypes.c_int64()
    stmt = pointer(driver.alloc(STMT, session.dbc))

    def asked() -> int:
        return driver.SQLGetDiagField(STMT, stmt, 0, 3, ctypes.byref(out), 0, pointer(None))

    assert asked() == SQL_ERROR
    assert driver.SQLPrepare(stmt, b"create or replace temp table t2(a int)", SQL_NTS) == SQL_SUCCESS
    assert asked() == SQL_ERROR
    assert driver.SQLExecute(stmt) == SQL_SUCCESS
    assert asked() == SQL_SUCCESS
    assert driver.SQLPrepare(stmt, b"select 1", SQL_NTS) == SQL_SUCCESS
    assert asked() == SQL_ERROR
    assert driver.SQLExecute(stmt) == SQL_SUCCESS
    assert asked() == SQL_SUCCESS
    assert driver.SQLFetch(stmt) == SQL_SUCCESS
    assert asked() == SQL_SUCCESS
    assert driver.SQLFreeHandle(STMT, stmt) == SQL_SUCCESS


# ---- dynamic function ----

FUNCTIONS = {row["dynamic_function"]: int(row["code"]) for row in tables.rows("diag_functions")}
TEXTS = {
    "select 1": "SELECT CURSOR",
    "  -- a comment\n /* and 'another */ (SELECT 1)": "SELECT CURSOR",
    "with a as (select 1) select * from a": "SELECT CURSOR",
    "values (1)": "SELECT CURSOR",
    "create or replace temporary table f(a int)": "CREATE TABLE",
    "create index f_a on f(a)": "CREATE INDEX",
    "drop index f_a": "DROP INDEX",
    "create or replace temp view fv as select * from f": "CREATE VIEW",
    "drop view fv": "DROP VIEW",
    "insert into f values (1)": "INSERT",
    "with x as (select 2) insert into f select * from x": "",
    "update f set a = 3": "UPDATE WHERE",
    "delete from f where a = 3": "DELETE WHERE",
    "alter table f add column b int": "ALTER TABLE",
    "drop table f": "DROP TABLE",
    "create schema of_functions": "CREATE SCHEMA",
    "DROP SCHEMA of_functions": "DROP SCHEMA",
    "create macro of_two(a) as a * 2": "",
    "pragma version": "",
}
ONLY_KNOWN = {
    "create external table t(a int)": "CREATE TABLE",
    "create database d": "CREATE SCHEMA",
    "drop database d": "DROP SCHEMA",
    "{call p(1)}": "CALL",
    "{? = call p(1)}": "CALL",
    "grant select on t to u": "GRANT",
    "revoke select on t from u": "REVOKE",
    "create character set c": "CREATE CHARACTER SET",
    "drop character set c": "DROP CHARACTER SET",
    "delete from t where current of c": "DYNAMIC DELETE CURSOR",
    "update t set a = 'where' where current of c": "DYNAMIC UPDATE CURSOR",
    "update t set a = 'x where current of c'": "UPDATE WHERE",
    **{f"{name} x": name for name in FUNCTIONS if name.startswith(("CREATE ", "DROP ", "ALTER "))},
}


def function_of(session: Session) -> tuple[str, int]:
    return (
        str(field(session, "SQL_DIAG_DYNAMIC_FUNCTION")),
        int(field(session, "SQL_DIAG_DYNAMIC_FUNCTION_CODE")),
    )


@pytest.mark.engines("duckdb")
def test_the_dynamic_function_of_what_ran(session: Session) -> None:
    for sql, name in TEXTS.items():
        session.ok(sql.encode())
        assert function_of(session) == (name, FUNCTIONS.get(name, 0)), sql
        session.driver.SQLFreeStmt(pointer(session.stmt), 0)


@pytest.mark.parametrize(("sql", "name"), ONLY_KNOWN.items())
def test_the_dynamic_function_of_what_the_engine_refuses(session: Session, sql: str, name: str) -> None:
    """The header tells what was executed, whether or not it went well."""
    session.run(sql.encode())
    assert function_of(session) == (name, FUNCTIONS[name])
    session.driver.SQLFreeStmt(pointer(session.stmt), 0)


def test_no_statement_is_no_function(driver_path: Path) -> None:
    own = Session(Driver(driver_path), MEMORY)
    assert function_of(own) == ("", 0)
    own.close()
