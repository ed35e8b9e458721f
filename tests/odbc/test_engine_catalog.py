"""The catalog functions of every engine on the driver file: the specification's columns, patterns, NULL and identifiers."""

from __future__ import annotations

import ctypes
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from engine_facts import Facts
from plain import SQL_ERROR, SQL_NTS, SQL_NULL_DATA, SQL_SUCCESS, Driver, Session, catalog_rows, pointer

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "hive", "impala")

METADATA_ID = 10014
MARK = uuid.uuid4().hex[:8]
UNDERSCORE, ANOTHER = f"cat_{MARK}", f"catx{MARK}"
NULL = pointer(None)
TYPES = {"Varchar": {-9, 12}, "Smallint": {5}, "Integer": {4}, "Char(1)": {-8, 1, -9, 12}}
FUNCTIONS = {row["function"]: int(row["function_id"]) for row in tables.rows("functions") if row["function_id"]}
T = (UNDERSCORE.encode(), SQL_NTS)
NONE = (NULL, 0)
ARGUMENTS: dict[str, tuple[object, ...]] = {
    "SQLTables": (*NONE, *NONE, *T, *NONE),
    "SQLColumns": (*NONE, *NONE, *T, *NONE),
    "SQLPrimaryKeys": (*NONE, *NONE, *T),
    "SQLForeignKeys": (*NONE, *NONE, *T, *NONE, *NONE, *NONE),
    "SQLStatistics": (*NONE, *NONE, *T, 1, 0),
    "SQLSpecialColumns": (1, *NONE, *NONE, *T, 0, 1),
    "SQLProcedures": (*NONE, *NONE, *T),
    "SQLProcedureColumns": (*NONE, *NONE, *T, *NONE),
    "SQLTablePrivileges": (*NONE, *NONE, *T),
    "SQLColumnPrivileges": (*NONE, *NONE, *T, *NONE),
    "SQLGetTypeInfo": (0,),
}


@pytest.fixture(scope="module")
def session(driver_path: Path, facts: Facts) -> Iterator[Session]:
    """A connection to tables whose names differ by a sign that patterns have."""
    opened = Session(Driver(driver_path))
    for name in (UNDERSCORE, ANOTHER):
        opened.ok(f"create table {name} (a_1 int, ax1 {facts.text})".encode())
        opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    yield opened
    for name in (UNDERSCORE, ANOTHER):
        opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
        opened.ok(f"drop table {name}".encode())
    opened.close()


@pytest.fixture
def identifiers(session: Session) -> Iterator[Session]:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), METADATA_ID, pointer(1), 0) == SQL_SUCCESS
    yield session
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), METADATA_ID, pointer(0), 0) == SQL_SUCCESS


def found(session: Session, table: str | None) -> list[str]:
    """The tables of these tests that SQLTables finds."""
    return [row[2] for row in catalog_rows(session, "SQLTables", None, None, table, "TABLE") if MARK in row[2]]


def where(session: Session) -> tuple[str | None, str | None]:
    """Catalog and schema of the tables."""
    (row,) = catalog_rows(session, "SQLTables", None, None, UNDERSCORE.replace("_", "\\_"), None)
    return row[0], row[1]


@pytest.mark.parametrize("function", ARGUMENTS)
def test_columns_are_those_of_the_specification(session: Session, function: str) -> None:
    driver, stmt = session.driver, pointer(session.stmt)
    there = ctypes.c_uint16(7)
    assert driver.SQLGetFunctions(pointer(session.dbc), FUNCTIONS[function], ctypes.byref(there)) == SQL_SUCCESS
    rc = getattr(driver, function)(stmt, *ARGUMENTS[function])
    if not there.value:
        assert (rc, session.state()) == (SQL_ERROR, "IM001")
        return
    assert rc == SQL_SUCCESS, session.state()
    wanted = tables.rows("catalog_columns", function=function)
    count, name = ctypes.c_int16(), ctypes.create_string_buffer(100)
    assert driver.SQLNumResultCols(stmt, ctypes.byref(count)) == SQL_SUCCESS
    assert count.value == len(wanted)
    for number, row in enumerate(wanted, 1):
        kind, nullable = ctypes.c_int16(), ctypes.c_int16()
        rc = driver.SQLDescribeCol(
            stmt, number, name, 100, NULL, ctypes.byref(kind), NULL, NULL, ctypes.byref(nullable)
        )
        assert rc == SQL_SUCCESS
        assert name.value.decode() == row["column"]
        assert kind.value in TYPES.get(row["type"], {kind.value}), row["column"]
        assert nullable.value == 0 or row["nullable"] != "no", row["column"]
    length = ctypes.c_int64()
    while driver.SQLFetch(stmt) == SQL_SUCCESS:
        for number, row in enumerate(wanted, 1):
            assert driver.SQLGetData(stmt, number, 1, name, 100, ctypes.byref(length)) in (0, 1)
            assert length.value != SQL_NULL_DATA or row["nullable"] != "no", row["column"]
    assert driver.SQLCloseCursor(stmt) == SQL_SUCCESS


def test_patterns_and_their_escape(session: Session) -> None:
    assert found(session, f"cat_{MARK}") == [UNDERSCORE, ANOTHER]
    assert found(session, f"cat\\_{MARK}") == [UNDERSCORE]
    assert found(session, f"%{MARK}") == [UNDERSCORE, ANOTHER]
    assert found(session, f"c%x{MARK[:3]}%") == [ANOTHER]
    assert found(session, MARK) == []
    escaped = UNDERSCORE.replace("_", "\\_")
    for pattern, names in (("a_1", ["a_1", "ax1"]), ("a\\_1", ["a_1"]), (None, ["a_1", "ax1"]), ("a%", ["a_1", "ax1"])):
        assert [row[3] for row in catalog_rows(session, "SQLColumns", None, None, escaped, pattern)] == names


def test_null_is_any_and_the_empty_text_is_none(session: Session) -> None:
    assert found(session, None) == [UNDERSCORE, ANOTHER]
    assert found(session, "") == []
    catalog, schema = where(session)
    assert schema
    escaped = UNDERSCORE.replace("_", "\\_")
    for given, count in ((schema, 1), (None, 1), ("", 0), ("no_such_schema", 0)):
        assert len(catalog_rows(session, "SQLTables", None, given, escaped, None)) == count, given
    if catalog is not None:
        for given, count in ((catalog, 1), ("", 0)):
            assert len(catalog_rows(session, "SQLTables", given, schema, escaped, None)) == count, given
    assert catalog_rows(session, "SQLTables", None, None, escaped, "VIEW") == []
    assert len(catalog_rows(session, "SQLTables", None, None, escaped, "'VIEW', 'TABLE'")) == 1


def test_enumerations(session: Session) -> None:
    catalog, schema = where(session)
    catalogs = catalog_rows(session, "SQLTables", "%", "", "", None)
    assert (catalog in {row[0] for row in catalogs}) is (catalog is not None)
    assert all(row[1:] == (None,) * 4 for row in catalogs)
    schemas = catalog_rows(session, "SQLTables", "", "%", "", None)
    assert schema in {row[1] for row in schemas}
    assert all(row[2:] == (None,) * 3 for row in schemas)
    kinds = catalog_rows(session, "SQLTables", "", "", "", "%")
    assert {"TABLE", "VIEW"} <= {row[3] for row in kinds}
    assert all(row[:3] == (None,) * 3 for row in kinds)


def test_identifiers(identifiers: Session) -> None:
    driver, stmt = identifiers.driver, pointer(identifiers.stmt)
    (row,) = names(identifiers, UNDERSCORE)
    catalog, schema = row[0], row[1]
    assert schema
    for given, count in ((UNDERSCORE.upper(), 1), (f"{UNDERSCORE}  ", 1), (f"%{MARK}", 0), (f"cat\\_{MARK}", 0)):
        assert len(names(identifiers, given)) == count, given
    for missing in ((*NONE, *T), (schema.encode(), SQL_NTS, *NONE)):
        where = (catalog.encode(), SQL_NTS) if catalog is not None else NONE
        assert driver.SQLTables(stmt, *where, *missing, *NONE) == SQL_ERROR
        assert identifiers.state() == "HY009"


def names(session: Session, table: str) -> list[tuple]:
    """The tables of a name as an identifier; catalog and schema come from the connection's own."""
    put = session.driver.SQLSetStmtAttr
    put(pointer(session.stmt), METADATA_ID, pointer(0), 0)
    catalog, schema = where(session)
    put(pointer(session.stmt), METADATA_ID, pointer(1), 0)
    return catalog_rows(session, "SQLTables", catalog, schema, table, None)
