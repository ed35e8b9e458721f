"""How often the driver asks the server: what a connection, a small query and their ends cost, counted by the servers.

The protocols set the least: HiveServer2 wants a session, a statement, its state, its columns, its rows and its end;
Trino a statement and its pages. One call more is latency for every user, so a change here has to be meant.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from fakes.hs2 import ONE, FakeHS2
from fakes.trino_pages import FakeTrino
from plain import DBC, ENV, SQL_NO_DATA, SQL_SUCCESS, STMT, Driver, Session, pointer
from registration import connection_string

DATABASE_NAME, DBMS_NAME, DBMS_VER = 16, 17, 18
STARTED = ["ExecuteStatement", "GetOperationStatus", "GetResultSetMetadata"]


def to(backend: str, port: int) -> str:
    return connection_string(Backend=backend, Host="127.0.0.1", Port=port, UID="ann", LoginTimeout=5)


def info(session: Session, number: int) -> str:
    out = ctypes.create_string_buffer(100)
    assert session.driver.SQLGetInfo(pointer(session.dbc), number, out, 100, pointer(None)) == SQL_SUCCESS
    return out.value.decode()


def disconnect(session: Session) -> None:
    assert session.driver.SQLFreeHandle(STMT, pointer(session.stmt)) == SQL_SUCCESS
    assert session.driver.SQLDisconnect(pointer(session.dbc)) == SQL_SUCCESS
    assert session.driver.SQLFreeHandle(DBC, pointer(session.dbc)) == SQL_SUCCESS
    assert session.driver.SQLFreeHandle(ENV, pointer(session.env)) == SQL_SUCCESS


# Impala keeps a statement's warnings in its log, and its hasMoreRows is true; where that is always false, only an empty
# answer is the end.
@pytest.mark.parametrize(
    ("backend", "first", "after"),
    [
        ("hive", ["FetchResults"], ["FetchResults", "CloseOperation"]),
        ("spark", ["FetchResults"], ["FetchResults", "CloseOperation"]),
        ("impala", ["GetLog", "FetchResults"], ["CloseOperation"]),
    ],
)
def test_hiveserver2_is_asked_once_for_each_thing(
    driver_path: Path, backend: str, first: list[str], after: list[str]
) -> None:
    with FakeHS2(sasl=backend != "impala") as server:
        session = Session(Driver(driver_path), to(backend, server.port))
        assert server.calls == ["OpenSession"]
        session.fetched(b"select 1")
        shown = 1 + len(STARTED + first)
        assert server.calls[1:shown] == STARTED + first
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        assert server.calls[shown:] == after
        disconnect(session)
        assert server.calls[shown:] == [*after, "CloseSession"]
        assert server.connections == 1


def test_hiveserver2_is_asked_for_what_the_application_wants_to_know(driver_path: Path) -> None:
    with FakeHS2({"SELECT current_database()": ONE}) as server:
        session = Session(Driver(driver_path), to("hive", server.port))
        assert info(session, DBMS_NAME) == "Hive"
        assert server.calls == ["OpenSession"]
        assert [info(session, DBMS_VER) for _ in range(2)] == ["04.03.0000 4.3.0-fake"] * 2
        assert server.calls == ["OpenSession", "GetInfo"], "the version stays, so it is asked for once"
        assert info(session, DATABASE_NAME) == "1"
        assert server.calls[2:] == [*STARTED, "FetchResults", "CloseOperation"]
        disconnect(session)


def test_the_database_is_the_one_that_is_current_now(driver_path: Path) -> None:
    """SQLGetInfo page: SQL_DATABASE_NAME is the name of the current database in use."""
    session = Session(Driver(driver_path))
    assert info(session, DATABASE_NAME) == "memory"
    session.ok(b"attach ':memory:' as other")
    session.ok(b"use other")
    assert info(session, DATABASE_NAME) == "other"
    session.close()


def test_a_server_that_is_gone_is_an_error_of_sqlgetinfo(driver_path: Path) -> None:
    with FakeHS2() as server:
        session = Session(Driver(driver_path), to("hive", server.port))
        server.drop()
        out = ctypes.create_string_buffer(100)
        assert session.driver.SQLGetInfo(pointer(session.dbc), DBMS_VER, out, 100, pointer(None)) == -1
        assert session.driver.state(DBC, session.dbc) == "08S01"
        disconnect(session)


def test_trino_is_asked_once_for_each_page(driver_path: Path) -> None:
    columns = [{"name": "n", "type": "bigint", "typeSignature": {"rawType": "bigint", "arguments": []}}]
    with FakeTrino([{"columns": columns, "data": [[1]]}]) as server:
        session = Session(Driver(driver_path), to("trino", server.port))
        asked = [(s.method, s.path) for s in server.seen]
        # The first tells whether a coordinator is there, and needs no login; the second whether the login is taken.
        assert asked == [("GET", "/v1/info"), ("GET", "/v1/query/argus")]
        session.fetched(b"select 1")
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        disconnect(session)
        assert [s.method for s in server.seen] == ["GET", "GET", "POST", "GET"]
