"""What only other connectors than tpch and memory show, and a coordinator that is killed: one server for all of it.

The last test kills the server and starts it again with fewer catalogs.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyodbc
import pytest

from argus_odbc.backends.trino import client, spool
from engines.trino_lake import Lake, lake_server
from plain import DBC, SQL_ERROR, SQL_SUCCESS, STMT, Driver, Session, catalog_rows, pointer
from registration import connection_string

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def lake() -> Iterator[Lake]:
    with lake_server() as running:
        yield running


def text(lake: Lake, **more: Any) -> str:
    where = {"Backend": "trino", "Host": "127.0.0.1", "Port": lake.port, "UID": "admin", "LoginTimeout": 60}
    return connection_string(**{**where, **more})


@pytest.fixture
def opened(lake: Lake) -> Iterator[Callable[..., pyodbc.Connection]]:
    pyodbc.pooling = False
    found: list[pyodbc.Connection] = []

    def open_connection(autocommit: bool = True, **more: Any) -> pyodbc.Connection:
        found.append(pyodbc.connect(text(lake, **more), autocommit=autocommit))
        return found[-1]

    yield open_connection
    for connection in found:
        connection.close()


@pytest.fixture
def plain(lake: Lake, driver_path: Path) -> Iterator[Callable[..., Session]]:
    found: list[Session] = []

    def open_session(**more: Any) -> Session:
        found.append(Session(Driver(driver_path), text(lake, **more)))
        return found[-1]

    yield open_session
    for session in found:
        session.close()


def refused(action: Callable[[], object]) -> tuple[str, str]:
    """SQLSTATE and message of what fails."""
    with pytest.raises(pyodbc.Error) as caught:
        action()
    return caught.value.args[0], caught.value.args[1]


# ---- iceberg ----


def test_changes_and_materialized_views(
    opened: Callable[..., pyodbc.Connection], plain: Callable[..., Session]
) -> None:
    connection = opened()
    for sql, count in (
        ("CREATE SCHEMA iceberg.lake", -1),
        ("CREATE TABLE iceberg.lake.t (id bigint NOT NULL, v varchar)", -1),
        ("INSERT INTO iceberg.lake.t VALUES (1, 'a'), (2, 'b'), (3, 'c')", 3),
        ("UPDATE iceberg.lake.t SET v = 'x' WHERE id > 1", 2),
        ("DELETE FROM iceberg.lake.t WHERE id = 3", 1),
        ("MERGE INTO iceberg.lake.t t USING (VALUES (2, 'm'), (9, 'n')) s(id, v) ON t.id = s.id"
         " WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.v)", 2),
        ("CREATE MATERIALIZED VIEW iceberg.lake.m COMMENT 'kept' AS SELECT count(*) n FROM iceberg.lake.t", -1),
        ("REFRESH MATERIALIZED VIEW iceberg.lake.m", 1),
        ("CREATE VIEW iceberg.lake.v AS SELECT 1 x", -1),
    ):  # fmt: skip
        cursor = connection.execute(sql)
        assert (cursor.rowcount, cursor.description) == (count, None), sql
    assert [tuple(r) for r in connection.execute("SELECT id, v FROM iceberg.lake.t ORDER BY 1")] == [
        (1, "a"), (2, "m"), (9, "n"),
    ]  # fmt: skip
    assert connection.execute("SELECT n FROM iceberg.lake.m").fetchval() == 3
    state, said = refused(lambda: connection.execute("INSERT INTO iceberg.lake.t VALUES (NULL, 'a')"))
    assert (state, "NOT NULL column: id" in said) == ("23000", True)
    session = plain()
    view, table = ("iceberg", "lake", "m", "MATERIALIZED VIEW", "kept"), ("iceberg", "lake", "t", "TABLE", None)
    assert catalog_rows(session, "SQLTables", "iceberg", "lake", "%", None) == [
        view, table, ("iceberg", "lake", "v", "VIEW", None),
    ]  # fmt: skip
    assert catalog_rows(session, "SQLTables", "iceberg", "lake", "%", "MATERIALIZED VIEW") == [view]
    # COLUMN_NAME, DATA_TYPE, NULLABLE
    found = catalog_rows(session, "SQLColumns", "iceberg", "lake", "t", "%")
    assert [(r[3], r[4], r[10]) for r in found] == [("id", "-5", "0"), ("v", "-9", "1")]


# ---- catalogs that do not answer, and those that a user may not see ----


def test_a_catalog_that_is_down_hides_no_other(plain: Callable[..., Session]) -> None:
    session = plain()
    found = catalog_rows(session, "SQLTables", None, "information_schema", "table_privileges", None)
    assert [row[0] for row in found] == ["hive", "iceberg", "memory", "system", "tpch"]
    schemas = {row[1] for row in catalog_rows(session, "SQLTables", "", "%", "", None)}
    assert {"information_schema", "sf1", "runtime"} <= schemas
    assert {row[0] for row in catalog_rows(session, "SQLTables", None, "sf1", "%", None)} == {"tpch"}
    assert [row[2:4] for row in catalog_rows(session, "SQLColumns", None, None, "region", "regionkey")][:1] == [
        ("region", "regionkey")
    ]
    one = [b"broken", 6, pointer(None), 0, pointer(None), 0, pointer(None), 0]
    assert session.driver.SQLTables(pointer(session.stmt), *one) == SQL_ERROR
    assert session.state() == "HY000", "one that is named says why"


def test_a_catalog_without_permission_hides_no_other(plain: Callable[..., Session]) -> None:
    carol = plain(UID="carol")
    shown = [row[0] for row in catalog_rows(carol, "SQLTables", "%", "", "", None)]
    assert ("iceberg" in shown, "memory" in shown, "tpch" in shown) == (False, True, True)
    found = catalog_rows(carol, "SQLTables", None, "information_schema", "tables", None)
    assert [row[0] for row in found if row[0] in ("hive", "iceberg", "memory")] == ["hive", "memory"]
    assert catalog_rows(carol, "SQLTables", "iceberg", "%", "%", None) == []
    assert carol.run(b"SELECT * FROM iceberg.information_schema.tables") == SQL_ERROR
    assert carol.state() == "42000"


# ---- hive ----


def test_grants_and_roles(opened: Callable[..., pyodbc.Connection], plain: Callable[..., Session]) -> None:
    connection = opened()
    for sql in (
        "SET ROLE admin IN hive", "CREATE SCHEMA hive.granted", "CREATE TABLE hive.granted.t (a bigint, b varchar)",
        "GRANT SELECT ON hive.granted.t TO USER bob WITH GRANT OPTION", "GRANT INSERT ON hive.granted.t TO ROLE public",
        "CREATE ROLE writers IN hive", "GRANT writers TO USER ann IN hive",
    ):  # fmt: skip
        connection.execute(sql)
    session = plain(Roles="hive=admin")
    table = ("hive", "granted", "t")
    # What the statements say, and the owner's four.
    found = catalog_rows(session, "SQLTablePrivileges", "hive", "granted", "t")
    assert sorted(row[4:] for row in found) == sorted([
        *(("admin", privilege, "YES") for privilege in ("DELETE", "INSERT", "SELECT", "UPDATE")),
        ("public", "INSERT", "NO"), ("bob", "SELECT", "YES"),
    ])  # fmt: skip
    assert {row[:3] for row in found} == {table}
    assert sorted(row[4:] for row in catalog_rows(session, "SQLTablePrivileges", None, "granted", "t")) == sorted(
        row[4:] for row in found
    ), "the catalog that is down hides none"
    columns = catalog_rows(session, "SQLColumnPrivileges", "hive", "granted", "t", "b")
    assert sorted(row[5:] for row in columns) == sorted(row[4:] for row in found)
    assert {row[3] for row in columns} == {"b"}
    roles = "SELECT * FROM hive.information_schema.enabled_roles"
    ann = opened(UID="ann")
    for statement, enabled in (("NONE", {"public"}), ("writers", {"public", "writers"})):
        ann.execute(f"SET ROLE {statement} IN hive")
        assert {r[0] for r in ann.execute(roles)} == enabled
    state, said = refused(lambda: ann.execute("SET ROLE admin IN hive"))
    assert (state, "Cannot set role admin" in said) == ("42000", True)
    assert {r[0] for r in ann.execute(roles)} == {"public", "writers"}, "the role is the one before"
    assert {r[0] for r in opened(Roles="hive=admin").execute(roles)} == {"public", "admin"}
    state, said = refused(lambda: opened(UID="ann", Roles="nosuch").execute("SELECT 1"))
    assert (state, "correct Roles" in said) == ("42000", True)


def test_transactions_that_write(opened: Callable[..., pyodbc.Connection]) -> None:
    setup = opened(Roles="hive=admin")
    setup.execute("CREATE SCHEMA hive.written")
    setup.execute("CREATE TABLE hive.written.t (a bigint)")
    connection = opened(autocommit=False, Roles="hive=admin")

    def rows() -> list[int]:
        return [r[0] for r in setup.execute("SELECT a FROM hive.written.t ORDER BY 1")]

    assert connection.execute("INSERT INTO hive.written.t VALUES (1)").rowcount == 1
    assert rows() == []
    connection.rollback()
    assert rows() == []
    connection.execute("INSERT INTO hive.written.t VALUES (2)")
    connection.commit()
    assert rows() == [2]
    connection.execute("INSERT INTO hive.written.t VALUES (3)")
    state, said = refused(lambda: connection.execute("CREATE TABLE memory.default.never AS SELECT 1 x"))
    assert (state, "Multi-catalog writes" in said) == ("25000", True)
    assert refused(connection.commit)[0] == "25S03"
    assert rows() == [2]
    # The server checks the role inside of the transaction, and so refuses the ROLLBACK of one that is aborted.
    assert refused(lambda: connection.execute("SELECT 1/0").fetchall())[0] == "22012"
    connection.rollback()
    assert connection.execute("SELECT 1").fetchval() == 1
    connection.rollback()
    connection.set_attr(108, 8)  # SQL_ATTR_TXN_ISOLATION, SQL_TXN_SERIALIZABLE
    state, said = refused(lambda: connection.execute("INSERT INTO hive.written.t VALUES (4)"))
    assert (state, "SQL_ATTR_TXN_ISOLATION" in said) == ("HYC00", True)
    connection.rollback()


# ---- segments that do not come straight out of the store ----

STORED = "spooling_inlining_enabled=false;spooling_initial_segment_size=1MB;spooling_max_segment_size=1MB"
"""With these every segment goes to the store."""


def check_segments(monkeypatch: pytest.MonkeyPatch, connection: pyodbc.Connection, ways: list[str]) -> None:
    """Rows of segments are those that the server counts, and they came by these ways."""
    asked: list[str] = []
    original = spool.Store.get
    monkeypatch.setattr(spool.Store, "get", lambda s, uri, *rest: asked.append(uri) or original(s, uri, *rest))
    rows = connection.execute("SELECT orderkey, partkey, comment FROM tpch.tiny.lineitem").fetchall()
    counts = connection.execute(
        "SELECT count(*), sum(orderkey), sum(partkey), sum(length(comment)) FROM tpch.tiny.lineitem"
    ).fetchone()
    assert (len(rows), sum(r[0] for r in rows), sum(r[1] for r in rows), sum(len(r[2]) for r in rows)) == tuple(counts)
    for way in ways:
        assert any(way in uri for uri in asked), (way, asked)


def test_segments_from_the_coordinator(
    opened: Callable[..., pyodbc.Connection], monkeypatch: pytest.MonkeyPatch, lake: Lake
) -> None:
    connection = opened(SessionProperties=STORED)
    check_segments(monkeypatch, connection, [f":{lake.port}/v1/spooled/download/", f":{lake.port}/v1/spooled/ack/"])


# ---- the end ----

DEAD, ALIVE = 1, 0
LINES = b"SELECT orderkey, partkey, comment FROM tpch.sf1.lineitem"


def dead(session: Session) -> int:
    """SQL_ATTR_CONNECTION_DEAD."""
    out = ctypes.c_uint32(77)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), 1209, ctypes.byref(out), 4, pointer(None))
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    return out.value


def end_of(session: Session) -> tuple[int, str, str]:
    """Rows until the result breaks off; the SQLSTATE and the message then."""
    rows = 1
    while (rc := session.driver.SQLFetch(pointer(session.stmt))) == SQL_SUCCESS:
        rows += 1
    assert rc == SQL_ERROR
    state, said, none = session.state(), ctypes.create_string_buffer(600), pointer(None)
    assert session.driver.SQLGetDiagRec(STMT, pointer(session.stmt), 1, none, none, said, 600, none) == SQL_SUCCESS
    assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
    return rows, state, said.value.decode()


def test_a_coordinator_that_is_killed(
    lake: Lake, opened: Callable[..., pyodbc.Connection], plain: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 1.0)
    ways = {"Spooling": "off"}, {"Spooling": "auto", "SessionProperties": STORED}
    reading = [plain(**way) for way in ways]
    waiting = plain(Spooling="off")
    idle = opened(SessionProperties=STORED)
    assert idle.execute("SELECT 1").fetchval() == 1
    for session in (*reading, waiting):
        session.fetched(LINES)
        assert dead(session) == ALIVE
    lake.kill()
    for session in reading:
        rows, state, said = end_of(session)
        assert (state, bool(re.search(r"query \d{8}_\d{6}_\d{5}_\w{5}", said))) == ("08S01", True), said
        assert 0 < rows < 6_001_215
        assert dead(session) == DEAD
    assert refused(lambda: opened(LoginTimeout=2))[0] == "08001"
    assert refused(lambda: idle.execute("SELECT 1"))[0] == "08S01"
    lake.start_bare()
    rows, state, said = end_of(waiting)
    assert (state, bool(re.search(r"query \d{8}_\d{6}_\d{5}_\w{5}", said))) == ("08S01", True), said
    for session in (*reading, waiting):
        assert dead(session) == ALIVE
        session.still_works()
    assert idle.execute("SELECT 2").fetchval() == 2
    # The server that came back encrypts its segments, and redirects to them.
    check_segments(monkeypatch, idle, [f":{lake.port}/v1/spooled/download/", "/spool/segments/"])
