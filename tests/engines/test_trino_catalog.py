"""Trino's catalog functions against a real server: comments, functions, and what the server is made to look into."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyodbc
import pytest

from argus_odbc.backends.trino import Trino
from argus_odbc.settings import Settings
from engines.process import Server
from plain import Driver, Session, catalog_rows
from registration import connection_string

pytestmark = pytest.mark.engine


@pytest.fixture
def session(trino_server: Server) -> Iterator[Trino]:
    """A session whose queries the server's list can be asked for by their source."""
    where = {"host": trino_server.host, "port": trino_server.port, "uid": "ann", "catalog": "memory"}
    opened = Trino.connect(Settings(**where, own={"source": f"catalog-{uuid.uuid4().hex}"}))
    yield opened
    opened.disconnect()


@pytest.fixture
def things(session: Trino) -> Iterator[str]:
    """A schema with a table and its comment, a view, and two functions."""
    name = f"things{uuid.uuid4().hex[:8]}"
    made = [
        f"CREATE SCHEMA memory.{name}",
        f"CREATE TABLE memory.{name}.a_b (i integer) COMMENT 'it''s a table'",
        f"CREATE TABLE memory.{name}.axb (i integer)",
        f"CREATE VIEW memory.{name}.seen COMMENT 'a view' AS SELECT 1 AS x",
        f"CREATE FUNCTION memory.{name}.plus(x integer, y decimal(5,2)) RETURNS varchar(7) COMMENT 'adds' RETURN 'x'",
        f"CREATE FUNCTION memory.{name}.minus() RETURNS array(bigint) RETURN ARRAY[1]",
    ]
    for sql in made:
        session.query(sql)
    yield name
    for sql in (
        f"DROP FUNCTION memory.{name}.plus(integer, decimal(5,2))", f"DROP FUNCTION memory.{name}.minus()",
        f"DROP VIEW memory.{name}.seen", f"DROP TABLE memory.{name}.a_b", f"DROP TABLE memory.{name}.axb",
        f"DROP SCHEMA memory.{name}",
    ):  # fmt: skip
        session.query(sql)


@pytest.fixture
def plain(driver_path: Path, trino_server: Server) -> Iterator[Session]:
    where = {"Host": trino_server.host, "Port": trino_server.port, "UID": "ann", "Catalog": "memory"}
    opened = Session(Driver(driver_path), connection_string(Backend="trino", **where))
    yield opened
    opened.close()


def test_comments_are_remarks(plain: Session, things: str) -> None:
    assert catalog_rows(plain, "SQLTables", "memory", things, "%", None) == [
        ("memory", things, "a_b", "TABLE", "it's a table"),
        ("memory", things, "axb", "TABLE", None),
        ("memory", things, "seen", "VIEW", "a view"),
    ]
    assert catalog_rows(plain, "SQLTables", "mem%", things, "a\\_b", "TABLE,MATERIALIZED VIEW") == [
        ("memory", things, "a_b", "TABLE", "it's a table")
    ]
    assert catalog_rows(plain, "SQLTables", None, things, "%", "VIEW") == [("memory", things, "seen", "VIEW", "a view")]
    assert catalog_rows(plain, "SQLTables", "nope", None, None, None) == []


def test_enumerations(plain: Session, things: str) -> None:
    assert ("memory", None, None, None, None) in catalog_rows(plain, "SQLTables", "%", "", "", None)
    found = catalog_rows(plain, "SQLTables", "", "%", "", None)
    assert {(None, things, None, None, None), (None, "sf1", None, None, None)} <= set(found)
    kinds = [row[3] for row in catalog_rows(plain, "SQLTables", "", "", "", "%")]
    assert kinds == ["MATERIALIZED VIEW", "TABLE", "VIEW"]


def test_functions(plain: Session, things: str) -> None:
    plus, minus = ("memory", things, "plus"), ("memory", things, "minus")
    assert [(*r[:3], *r[6:]) for r in catalog_rows(plain, "SQLProcedures", "memory", things, None)] == [
        (*minus, None, "2"), (*plus, "adds", "2"),
    ]  # fmt: skip
    assert [r[2] for r in catalog_rows(plain, "SQLProcedures", None, "thing%", "PL_S")] == ["plus"]
    # COLUMN_TYPE (4 = 5 return value, 1 input), DATA_TYPE, TYPE_NAME, COLUMN_SIZE, ORDINAL_POSITION
    found = catalog_rows(plain, "SQLProcedureColumns", "memory", things, "%", None)
    assert [(r[2], r[4], r[5], r[6], r[7], r[17]) for r in found] == [
        ("minus", "5", "-9", "array(bigint)", "65535", "0"),
        ("plus", "1", "4", "integer", "10", "1"), ("plus", "1", "3", "decimal", "5", "2"),
        ("plus", "5", "-9", "varchar", "7", "0"),
    ]  # fmt: skip


def test_privileges_are_asked_for(plain: Session, things: str) -> None:
    """No connector here knows grants, so there are none; a catalog's own view is what answers."""
    assert catalog_rows(plain, "SQLTablePrivileges", "memory", things, "%") == []
    assert catalog_rows(plain, "SQLTablePrivileges", None, None, "a_b") == []
    assert catalog_rows(plain, "SQLColumnPrivileges", "memory", things, "a_b", "%") == []


CALLS: list[tuple[str, Callable[[Trino], Any]]] = [
    ("tables", lambda s: s.get_tables("memory", None, None, None)),
    ("tables by a pattern", lambda s: s.get_tables("mem%", "d%", "%", None)),
    ("columns", lambda s: s.get_columns("memory", None, "%", None)),
    ("schemas", lambda s: s.get_schemas("memory")),
    ("procedures", lambda s: s.get_procedures("memory", None, None)),
]


@pytest.mark.parametrize("call", [c[1] for c in CALLS], ids=[c[0] for c in CALLS])
def test_only_the_catalog_that_is_named_is_asked(session: Trino, call: Callable[[Trino], Any]) -> None:
    call(session)
    source = session.state.source
    sent = session.query(f"SELECT query FROM system.runtime.queries WHERE source = '{source}'")
    asked = [sql for (sql,) in sent if "system.jdbc." in sql or "system.metadata." in sql]
    assert asked
    scans = 0
    for sql in asked:
        [[plan]] = session.query(f"EXPLAIN (TYPE IO, FORMAT JSON) {sql}")
        for table in json.loads(plan)["inputTableColumnInfos"]:
            if table["table"]["schemaTable"]["table"] == "catalogs":
                continue
            scans += 1
            limits = {c["columnName"]: c["domain"]["ranges"] for c in table["constraint"]["columnConstraints"]}
            [found] = [limits[name] for name in ("table_cat", "table_catalog", "catalog_name") if name in limits]
            # What the server's planner hands to the scan: exactly one catalog.
            assert [(r["low"]["value"], r["high"]["value"]) for r in found] == [("memory", "memory")], sql
    assert scans


def test_the_driver_s_own_queries_leave_the_transaction_alone(
    connect: Callable[..., Any], trino_server: Server
) -> None:
    where = {"Host": trino_server.host, "Port": trino_server.port, "UID": "ann", "Catalog": "tpch", "Schema": "tiny"}
    connection = connect(Backend="trino", autocommit=False, **where)
    cursor = connection.cursor()
    assert cursor.execute("SELECT count(*) FROM nation").fetchone()[0] == 25
    assert [row.table_name for row in cursor.tables(catalog="tpch", schema="tiny", table="nation")] == ["nation"]
    with pytest.raises(pyodbc.Error) as caught:
        # pyodbc asks for the type of a None, so the mistake is met first where the statement is described.
        cursor.execute("SELECT nope FROM nation WHERE nationkey = ?", None)
    assert (caught.value.args[0], "'nope' cannot be resolved" in caught.value.args[1]) == ("42S22", True)
    connection.rollback()
