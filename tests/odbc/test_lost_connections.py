"""A server that goes away, on the driver file: SQL_ATTR_CONNECTION_DEAD, the statement's error, and what still works."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

import pytest

from fakes.hs2 import FakeHS2
from fakes.trino_pages import BIGINT, QUERY, FakeTrino, Reply
from plain import DBC, ENV, SQL_ERROR, SQL_NTS, SQL_SUCCESS, STMT, Driver, Session, pointer
from registration import connection_string

DEAD, ALIVE = 1, 0
CONNECTION_DEAD = 1209


def to(server: FakeHS2, mechanism: str) -> str:
    where = {"Backend": "hive", "Host": "127.0.0.1", "Port": server.port, "UID": "ann", "PWD": "x"}
    return connection_string(**where, AuthMech=mechanism, LoginTimeout=5)


def dead(session: Session) -> int:
    out = ctypes.c_uint32(77)
    rc = session.driver.SQLGetConnectAttr(pointer(session.dbc), CONNECTION_DEAD, ctypes.byref(out), 4, pointer(None))
    assert rc == SQL_SUCCESS, session.driver.state(DBC, session.dbc)
    return out.value


@pytest.mark.parametrize(("sasl", "mechanism"), [(True, "PLAIN"), (False, "NOSASL")])
def test_a_server_that_goes_away(driver_path: Path, sasl: bool, mechanism: str) -> None:
    with FakeHS2(sasl=sasl) as server:
        session = Session(Driver(driver_path), to(server, mechanism))
        session.fetched(b"select 1")
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        assert dead(session) == ALIVE
        server.drop()
        end = time.monotonic() + 5
        while dead(session) == ALIVE and time.monotonic() < end:
            time.sleep(0.01)
        assert dead(session) == DEAD
        for _ in range(2):
            assert (session.run(b"select 1"), session.state()) == (SQL_ERROR, "08S01")
        assert session.driver.SQLFreeHandle(STMT, pointer(session.stmt)) == SQL_SUCCESS
        assert session.driver.SQLDisconnect(pointer(session.dbc)) == SQL_SUCCESS
        assert session.driver.SQLFreeHandle(DBC, pointer(session.dbc)) == SQL_SUCCESS
        assert session.driver.SQLFreeHandle(ENV, pointer(session.env)) == SQL_SUCCESS


@pytest.mark.parametrize("call", ["ExecuteStatement", "FetchResults"])
@pytest.mark.parametrize("fault", ["close before", "half"])
def test_a_server_that_stops_in_the_middle(driver_path: Path, fault: str, call: str) -> None:
    with FakeHS2() as server:
        session = Session(Driver(driver_path), to(server, "PLAIN"))
        server.faults.add(f"{fault} {call}")
        rc = session.run(b"select 1")
        if rc == SQL_SUCCESS:
            rc = session.driver.SQLFetch(pointer(session.stmt))
        assert (rc, session.state()) == (SQL_ERROR, "08S01")
        assert dead(session) == DEAD
        session.close()


PAGES = [
    {"columns": [BIGINT]}, {"columns": [BIGINT], "data": [[1], [2]]}, {"columns": [BIGINT], "data": [[3]]},
    {"columns": [BIGINT]},
]  # fmt: skip


def test_a_coordinator_of_trino_that_is_restarted(driver_path: Path) -> None:
    """Rows that came are handed out; then the query's end is 08S01 with its id, and the connection is no dead one."""
    with FakeTrino(PAGES) as server:
        text = connection_string(Backend="trino", Host="127.0.0.1", Port=server.port, UID="ann", LoginTimeout=5)
        session = Session(Driver(driver_path), text)
        server.faults["GET /v1/statement/executing/" + QUERY + "/s/2"] = [Reply(b"Error 404 Not Found", 404)]
        session.fetched(b"select n")
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_ERROR
        out = ctypes.create_string_buffer(600)
        none = pointer(None)
        assert session.driver.SQLGetDiagRec(STMT, pointer(session.stmt), 1, none, none, out, 600, none) == SQL_SUCCESS
        assert (session.state(), QUERY.encode() in out.value) == ("08S01", True), out.value
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        assert dead(session) == ALIVE
        session.fetched(b"select n")
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        server.faults["GET /v1/info"] = [Reply(cut=-1), Reply(b"", 503)]
        assert [dead(session), dead(session), dead(session)] == [DEAD, DEAD, ALIVE]
        session.close()


@pytest.mark.parametrize(
    ("sasl", "fault", "mechanism", "state", "words"),
    [
        (True, "http", "PLAIN", "08001", b"Transport=http"),
        (True, "tls alert", "PLAIN", "08001", b"SSL=1"),
        (True, "", "NOSASL", "08001", b"AuthMech=PLAIN"),
        (False, "close at once", "PLAIN", "08001", b"AuthMech=NOSASL"),
    ],
)
def test_a_peer_of_another_protocol(
    driver_path: Path, sasl: bool, fault: str, mechanism: str, state: str, words: bytes
) -> None:
    driver = Driver(driver_path)
    with FakeHS2(sasl=sasl, faults=[fault] if fault else []) as server:
        env = driver.alloc(ENV, None)
        assert driver.SQLSetEnvAttr(pointer(env), 200, pointer(380), 0) == SQL_SUCCESS
        dbc, none = driver.alloc(DBC, env), pointer(None)
        text = to(server, mechanism).encode()
        assert driver.SQLDriverConnect(pointer(dbc), none, text, SQL_NTS, none, 0, none, 0) == SQL_ERROR
        out, found = ctypes.create_string_buffer(600), ctypes.create_string_buffer(6)
        assert driver.SQLGetDiagRec(DBC, pointer(dbc), 1, found, none, out, 600, none) == SQL_SUCCESS
        assert found.value.decode() == state
        assert words in out.value
        assert driver.SQLFreeHandle(DBC, pointer(dbc)) == SQL_SUCCESS
        assert driver.SQLFreeHandle(ENV, pointer(env)) == SQL_SUCCESS
