"""The catalog functions on the driver file itself: arguments, patterns, identifiers, and names that need care."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import SQL_ERROR, SQL_SUCCESS, Driver, Session, pointer
from plain import catalog_rows as rows

NASTY = [
    'quo"te',
    "apo'strophe",
    "two  spaces",
    "per%cent",
    "under_score",
    "back\\slash",
    "emoji 😀",
    "日本",
    "a.b",
    "[x]",
]
METADATA_ID = 10014


@pytest.fixture(scope="module")
def session(driver_path: Path) -> Iterator[Session]:
    opened = Session(Driver(driver_path))
    opened.ok(b"ATTACH ':memory:' AS \"other db\"")
    opened.ok(b'CREATE SCHEMA "other db"."s c"')
    opened.ok(
        b'CREATE TABLE "other db"."s c".t (a INTEGER PRIMARY KEY, b VARCHAR); COMMENT ON TABLE "other db"."s c".t IS \'x\''
    )
    opened.ok(b"CREATE TABLE t (a INTEGER, b VARCHAR NOT NULL UNIQUE)")
    opened.ok(b"CREATE TABLE Mixed (Id INTEGER)")
    for name in NASTY:
        quoted = '"' + name.replace('"', '""') + '"'
        opened.ok(f"CREATE TABLE {quoted} ({quoted} INTEGER PRIMARY KEY)".encode())
        opened.ok(f"COMMENT ON TABLE {quoted} IS 'remark of {name.replace(chr(39), chr(39) * 2)}'".encode())
    yield opened
    opened.close()


def names(session: Session, *arguments: str | None, wide: bool = False) -> list[str]:
    return [row[2] for row in rows(session, "SQLTables", *arguments, wide=wide)]


def escaped(name: str) -> str:
    for sign in "\\%_":
        name = name.replace(sign, "\\" + sign)
    return name


@pytest.fixture
def identifiers(session: Session) -> Iterator[Session]:
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), METADATA_ID, pointer(1), 0) == SQL_SUCCESS
    yield session
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), METADATA_ID, pointer(0), 0) == SQL_SUCCESS


@pytest.mark.parametrize("wide", [False, True], ids=["A", "W"])
@pytest.mark.parametrize("name", NASTY)
def test_names_that_need_care(session: Session, name: str, wide: bool) -> None:
    found = rows(session, "SQLTables", "memory", "main", escaped(name), "TABLE", wide=wide)
    assert found == [("memory", "main", name, "TABLE", f"remark of {name}")]
    (column,) = rows(session, "SQLColumns", "memory", "main", escaped(name), escaped(name), wide=wide)
    assert (column[2], column[3], column[5]) == (name, name, "INTEGER")
    (key,) = rows(session, "SQLPrimaryKeys", None, None, name, wide=wide)
    assert key[2:5] == (name, name, "1")
    index = rows(session, "SQLStatistics", None, None, name, 0, 0, wide=wide)
    assert [row[8] for row in index if row[5]] == [name]


def test_a_wildcard_in_a_name_is_told_from_one_in_a_pattern(session: Session) -> None:
    session.ok(b"CREATE TABLE IF NOT EXISTS underXscore (a INTEGER)")
    assert names(session, "memory", "main", "under_score", None) == ["underXscore", "under_score"]
    assert names(session, "memory", "main", "under\\_score", None) == ["under_score"]
    assert rows(session, "SQLPrimaryKeys", None, None, "under_score")[0][2] == "under_score"
    # Programs escape what is no pattern too.
    assert rows(session, "SQLPrimaryKeys", None, None, "under\\_score")[0][2] == "under_score"
    assert names(session, "memory", "main", "back\\", None) == []


def test_null_is_any_and_the_empty_text_is_none(session: Session) -> None:
    everywhere = {(row[0], row[1]) for row in rows(session, "SQLTables", None, None, "t", "TABLE")}
    assert everywhere == {("memory", "main"), ("other db", "s c")}
    assert rows(session, "SQLTables", "", None, "t", "TABLE") == []
    assert rows(session, "SQLTables", None, "", "t", "TABLE") == []
    assert rows(session, "SQLTables", None, None, "", "TABLE") == []
    assert rows(session, "SQLColumns", None, None, "t", "") == []
    assert len(rows(session, "SQLColumns", None, None, "t", None)) == 4


def test_an_attached_database_is_a_catalog(session: Session) -> None:
    assert {row[0] for row in rows(session, "SQLTables", "%", "", "", "")} >= {"memory", "other db"}
    assert {row[1] for row in rows(session, "SQLTables", "", "%", "", "")} >= {"main", "s c"}
    kinds = [row[3] for row in rows(session, "SQLTables", "", "", "", "%")]
    assert kinds == sorted(kinds) and {"TABLE", "VIEW"} <= set(kinds)
    assert rows(session, "SQLTables", "other%", "s _", "t", None) == [("other db", "s c", "t", "TABLE", "x")]
    # The catalog of SQLColumns is an ordinary argument.
    assert [row[3] for row in rows(session, "SQLColumns", "other db", "s%", "t", "%")] == ["a", "b"]
    assert rows(session, "SQLColumns", "other%", "s%", "t", "%") == []


def test_every_catalog_of_a_table_is_among_the_catalogs(session: Session) -> None:
    session.ok(b"CREATE TEMP TABLE IF NOT EXISTS passing (a INTEGER)")
    found = {row[0] for row in rows(session, "SQLTables", None, None, None, None)}
    assert found <= {row[0] for row in rows(session, "SQLTables", "%", "", "", "")}
    assert ("temp", "main", "passing", "LOCAL TEMPORARY") in {
        row[:4] for row in rows(session, "SQLTables", None, None, "passing", None)
    }


def test_names_differ_by_more_than_their_case(session: Session) -> None:
    for given in ("Mixed", "MIXED", "mixed"):
        assert names(session, None, None, given, "TABLE") == ["Mixed"]
        assert [row[3] for row in rows(session, "SQLColumns", None, None, given, "ID")] == ["Id"]


def test_identifiers(identifiers: Session) -> None:
    assert names(identifiers, "memory", "main", "UNDER_SCORE  ", "TABLE") == ["under_score"]
    assert names(identifiers, '"memory"', "main", '"quo""te"', "TABLE") == ['quo"te']
    assert names(identifiers, "memory", "main", "%", "TABLE") == []
    assert rows(identifiers, "SQLPrimaryKeys", "memory", "main", '"per%cent"')[0][2] == "per%cent"
    driver, null = identifiers.driver, pointer(None)
    for given in (
        (null, 0, b"main", 4, b"t", 1),
        (b"memory", 6, null, 0, b"t", 1),
        (b"memory", 6, b"main", 4, null, 0),
    ):
        assert driver.SQLTables(pointer(identifiers.stmt), *given, null, 0) == SQL_ERROR
        assert identifiers.state() == "HY009"


def test_the_best_identifier_of_a_row_is_that_of_one_table(session: Session) -> None:
    """Two tables are called t: in the current catalog one with a unique column, elsewhere one with a primary key."""
    primary = rows(session, "SQLSpecialColumns", 1, "other db", "s c", "t", 0, 0)
    assert [(row[1], row[3], row[7]) for row in primary] == [("a", "INTEGER", "1")]
    unique = rows(session, "SQLSpecialColumns", 1, "memory", "main", "t", 2, 0)
    assert [(row[0], row[1], row[3]) for row in unique] == [("2", "b", "VARCHAR")]
    assert rows(session, "SQLSpecialColumns", 1, "memory", "main", "Mixed", 0, 1) == []
    assert rows(session, "SQLSpecialColumns", 2, "memory", "main", "t", 0, 1) == []


def test_a_nullable_unique_column_only_where_nulls_are_allowed(session: Session) -> None:
    session.ok(b"CREATE TABLE IF NOT EXISTS maybe (u INTEGER UNIQUE)")
    assert rows(session, "SQLSpecialColumns", 1, None, None, "maybe", 0, 0) == []
    assert [row[1] for row in rows(session, "SQLSpecialColumns", 1, None, None, "maybe", 0, 1)] == ["u"]


def test_procedures_are_called_as_they_are_listed(session: Session) -> None:
    session.ok(b"CREATE OR REPLACE MACRO upto(n INTEGER) AS TABLE SELECT range AS i FROM range(n)")
    assert rows(session, "SQLProcedures", None, "main", "up%") == [
        ("memory", "main", "upto", None, None, None, None, "1")
    ]
    columns = rows(session, "SQLProcedureColumns", None, None, "upto", "%")
    assert [(row[3], row[4], row[6], row[17]) for row in columns] == [
        ("n", "1", "INTEGER", "1"),
        ("i", "3", "BIGINT", "1"),
    ]
    session.fetched(b"{call upto(3)}")
    session.driver.SQLCloseCursor(pointer(session.stmt))


@pytest.mark.parametrize(
    ("function", "number", "there"),
    [
        ("SQLProcedures", 67, True),
        ("SQLProcedureColumns", 66, True),
        ("SQLTablePrivileges", 70, False),
        ("SQLColumnPrivileges", 56, False),
    ],
)
def test_what_the_engine_lacks_is_denied_and_refused(session: Session, function: str, number: int, there: bool) -> None:
    """DuckDB has no grants: an empty answer would say that nothing is permitted."""
    out = ctypes.c_uint16(7)
    assert session.driver.SQLGetFunctions(pointer(session.dbc), number, ctypes.byref(out)) == SQL_SUCCESS
    assert bool(out.value) is there
    bitmap = (ctypes.c_uint16 * 250)()
    assert session.driver.SQLGetFunctions(pointer(session.dbc), 999, bitmap) == SQL_SUCCESS
    assert bool(bitmap[number >> 4] >> (number & 15) & 1) is there
    if not there:
        arguments = [pointer(None), 0, pointer(None), 0, b"t", 1, pointer(None), 0]
        assert getattr(session.driver, function)(pointer(session.stmt), *arguments) == SQL_ERROR
        assert session.state() == "IM001"
