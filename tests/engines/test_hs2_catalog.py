"""The catalog functions of Spark, Hive and Impala on the driver file: patterns, identifiers, comments, keys, refusals."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import SQL_ERROR, SQL_SUCCESS, Driver, Session, catalog_rows, pointer
from registration import connection_string

pytestmark = pytest.mark.engine

METADATA_ID = 10014
TABLES = {
    "cat_one": "(i INT COMMENT 'the number', s_x STRING, sax STRING) COMMENT 'first \u2603 of all'",
    "catxone": "(v VARCHAR(9))",
    "cat_onetwo": "(d BIGINT COMMENT 'it costs')",
}


@pytest.fixture(scope="module", params=["spark", "hive", "impala"])
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def session(engine: str, driver_path: Path, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A connection whose databases cat_db and catxdb have the tables above, and cat_db a view beside them."""
    server = request.getfixturevalue(f"{engine}_server")
    where = {"Backend": engine, "Host": server.host, "Port": server.port, "UID": "ann"}
    opened = Session(Driver(driver_path), connection_string(**where, AuthMech="USER" if engine == "hive" else "NOSASL"))
    for database in ("cat_db", "catxdb"):
        run(opened, f"DROP DATABASE IF EXISTS {database} CASCADE")
        run(opened, f"CREATE DATABASE {database}")
        for name, columns in TABLES.items():
            run(opened, f"CREATE TABLE {database}.{name} {columns}")
    run(opened, "CREATE VIEW cat_db.cat_view AS SELECT i AS one FROM cat_db.cat_one")
    yield opened
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    for database in ("cat_db", "catxdb"):
        run(opened, f"DROP DATABASE {database} CASCADE")
    opened.close()


def run(session: Session, sql: str) -> None:
    session.ok(sql.encode())
    assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS


def found(session: Session, schema: str | None, table: str | None, types: str | None = None) -> list[str]:
    """What SQLTables finds, as schema.table."""
    return [f"{row[1]}.{row[2]}" for row in catalog_rows(session, "SQLTables", None, schema, table, types)]


ALL = ["cat_db.cat_one", "cat_db.cat_onetwo", "cat_db.catxone"]
BOTH = [*ALL, "catxdb.cat_one", "catxdb.cat_onetwo", "catxdb.catxone"]


@pytest.mark.parametrize(
    ("schema", "table", "types", "expected"),
    [
        ("cat_db", "cat%", "TABLE", BOTH),  # `_` is a wildcard
        ("cat\\_db", "cat%", "TABLE", ALL),
        ("cat\\_db", "cat\\_one", None, ["cat_db.cat_one"]),
        ("cat\\_db", "cat_one", None, ["cat_db.cat_one", "cat_db.catxone"]),
        ("cat\\_db", "cat_one%", "TABLE,VIEW", ALL),
        ("cat\\_db", None, "'VIEW'", ["cat_db.cat_view"]),
        ("cat\\_db", "%", "VIEW", ["cat_db.cat_view"]),
        ("cat\\_db", "%", "SYSTEM TABLE", []),
        ("cat\\_db", "nothing%", None, []),
        ("cat\\_db", "", None, []),
        ("no such database", "%", None, []),
        (None, "cat\\_onetwo", None, ["cat_db.cat_onetwo", "catxdb.cat_onetwo"]),
        ("ca%db", "%onetwo", None, ["cat_db.cat_onetwo", "catxdb.cat_onetwo"]),
    ],
)
def test_patterns(session: Session, schema: str | None, table: str | None, types: str | None, expected: list) -> None:
    assert found(session, schema, table, types) == expected


def test_rows_come_in_the_order_of_odbc(session: Session) -> None:
    rows = catalog_rows(session, "SQLTables", None, "cat\\_db", None, None)
    assert [(row[3], row[2]) for row in rows] == [
        ("TABLE", "cat_one"), ("TABLE", "cat_onetwo"), ("TABLE", "catxone"), ("VIEW", "cat_view"),
    ]  # fmt: skip
    assert {row[0] for row in rows} == {None}


def test_comments_are_remarks(session: Session) -> None:
    rows = catalog_rows(session, "SQLTables", None, "cat\\_db", "cat\\_one%", None)
    assert [row[4] for row in rows] == ["first \u2603 of all", None]
    columns = catalog_rows(session, "SQLColumns", None, "cat\\_db", "cat\\_one%", None)
    assert [(row[2], row[3], row[11]) for row in columns] == [
        ("cat_one", "i", "the number"), ("cat_one", "s_x", None), ("cat_one", "sax", None),
        ("cat_onetwo", "d", "it costs"),
    ]  # fmt: skip


def test_columns_by_pattern(session: Session) -> None:
    def columns(pattern: str | None) -> list[str | None]:
        return [row[3] for row in catalog_rows(session, "SQLColumns", None, "cat\\_db", "cat\\_one", pattern)]

    assert columns("s_x") == ["s_x", "sax"]
    assert columns("s\\_x") == ["s_x"]
    assert columns("%x") == ["s_x", "sax"]
    assert columns(None) == ["i", "s_x", "sax"]
    assert columns("") == []


def test_names_as_identifiers(session: Session) -> None:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), METADATA_ID, pointer(1), 0) == SQL_SUCCESS
    try:
        assert found(session, "cat_db", "cat_one") == ["cat_db.cat_one"]
        assert found(session, "CAT_DB", "Cat_One  ") == ["cat_db.cat_one"]
        assert found(session, "cat_db", "`cat_one`") == ["cat_db.cat_one"]
        assert found(session, "cat_db", "cat%") == []
        rows = catalog_rows(session, "SQLColumns", "", "cat_db", "CAT_ONE", "S_X")
        assert [row[3] for row in rows] == ["s_x"]
        statement, name = pointer(session.stmt), b"cat_one"
        rc = session.driver.SQLTables(statement, pointer(None), 0, pointer(None), 0, name, len(name), pointer(None), 0)
        assert (rc, session.state()) == (SQL_ERROR, "HY009")
    finally:
        session.driver.SQLSetStmtAttr(pointer(session.stmt), METADATA_ID, pointer(0), 0)


def test_enumerations(session: Session) -> None:
    assert catalog_rows(session, "SQLTables", "%", "", "", "") == []
    schemas = catalog_rows(session, "SQLTables", "", "%", "", "")
    assert {"cat_db", "catxdb", "default"} <= {row[1] for row in schemas}
    assert {row[:1] + row[2:] for row in schemas} == {(None, None, None, None)}
    types = catalog_rows(session, "SQLTables", "", "", "", "%")
    assert [row[3] for row in types][:1] == ["TABLE"]
    assert "VIEW" in [row[3] for row in types]


def test_keys_and_statistics_of_tables_without_them(session: Session) -> None:
    assert catalog_rows(session, "SQLPrimaryKeys", None, "cat_db", "cat_one") == []
    assert catalog_rows(session, "SQLForeignKeys", None, "cat_db", "cat_one", None, None, None) == []
    assert catalog_rows(session, "SQLStatistics", None, "cat_db", "cat_one", 0, 0) == []
    assert catalog_rows(session, "SQLSpecialColumns", 1, None, "cat_db", "cat_one", 0, 1) == []
    assert catalog_rows(session, "SQLSpecialColumns", 2, None, "cat_db", "cat_one", 0, 1) == []


NUMBERS = {"SQLProcedures": 67, "SQLProcedureColumns": 66, "SQLTablePrivileges": 70, "SQLColumnPrivileges": 56}


@pytest.mark.parametrize("function", NUMBERS)
def test_what_is_not_there_is_said_and_refused(session: Session, function: str) -> None:
    supported = ctypes.c_uint16(7)
    rc = session.driver.SQLGetFunctions(pointer(session.dbc), NUMBERS[function], ctypes.byref(supported))
    assert (rc, supported.value) == (SQL_SUCCESS, 0)
    names = [pointer(None), 0] * (3 if function in ("SQLProcedures", "SQLTablePrivileges") else 4)
    assert getattr(session.driver, function)(pointer(session.stmt), *names) == SQL_ERROR
    assert session.state() == "IM001"
