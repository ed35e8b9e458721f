"""Pages of HiveServer2 that the reader's thread asks for without Python: rows, ends, errors, cancels, and who is asked."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from argus_odbc.backends.hs2.client import Session as ServerSession
from fakes.hs2 import FakeHS2, Result
from plain import C_LONG, DBC, SQL_ERROR, SQL_NO_DATA, SQL_SUCCESS, STMT, Driver, Session, pointer
from registration import connection_string

ROWS = 50
PAGES = 8
VALUES = [(i * 805_306_457) % 2**32 - 2**31 for i in range(ROWS * PAGES)]
INT = [("n", 3, "i32Val", {})]
BAD = 5
"""The page at which something happens, when the reader's thread has long been asking for pages by itself."""
DEAD, CONNECTION_TIMEOUT = 1209, 113


def paged(values: list[int], **more: object) -> Result:
    return Result(INT, [[values[at : at + ROWS]] for at in range(0, len(values), ROWS)], **more)  # type: ignore[arg-type]


RESULTS = {
    "all": paged(VALUES),
    "back": paged(VALUES[::-1]),
    "told": paged(VALUES, has_more=[True] * (PAGES - 1) + [False]),
}


@pytest.fixture(params=["PLAIN", "NOSASL"])
def server(request: pytest.FixtureRequest) -> Iterator[FakeHS2]:
    with FakeHS2(RESULTS, sasl=request.param == "PLAIN") as running:
        yield running


@pytest.fixture
def by_python(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """maxRows of each FetchResults that Python sends."""
    asked: list[int] = []
    fetch = ServerSession.fetch

    def noted(self: ServerSession, operation: object, rows: int) -> object:
        asked.append(rows)
        return fetch(self, operation, rows)

    monkeypatch.setattr(ServerSession, "fetch", noted)
    return asked


def opened(server: FakeHS2, driver_path: Path, **more: str | int) -> Session:
    mechanism = "PLAIN" if server.sasl else "NOSASL"
    where = {"Backend": "hive", "Host": "127.0.0.1", "Port": server.port, "UID": "ann", "PWD": "x", **more}
    return Session(Driver(driver_path), connection_string(**where, AuthMech=mechanism, LoginTimeout=5))


def fetch(session: Session, stmt: int, out: list[int], most: int = 10**6) -> int:
    """Up to so many rows into `out`; what the last SQLFetch answered."""
    value, rc = ctypes.c_int32(), SQL_SUCCESS
    while len(out) < most:
        rc = session.driver.SQLFetch(pointer(stmt))
        if rc != SQL_SUCCESS:
            return rc
        got = session.driver.SQLGetData(pointer(stmt), 1, C_LONG, ctypes.byref(value), 4, pointer(None))
        assert got == SQL_SUCCESS
        out.append(value.value)
    return rc


def text(session: Session) -> bytes:
    """The first diagnostic record's."""
    out, none = ctypes.create_string_buffer(900), pointer(None)
    assert session.driver.SQLGetDiagRec(STMT, pointer(session.stmt), 1, none, none, out, 900, none) == SQL_SUCCESS
    return out.value


def dead(session: Session) -> int:
    out = ctypes.c_uint32(77)
    none = pointer(None)
    assert session.driver.SQLGetConnectAttr(pointer(session.dbc), DEAD, ctypes.byref(out), 4, none) == SQL_SUCCESS
    return out.value


def still_works(session: Session) -> None:
    """Another result of the same connection, whole."""
    rows: list[int] = []
    assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
    session.ok(b"back")
    assert fetch(session, session.stmt, rows) == SQL_NO_DATA
    assert rows == VALUES[::-1]


def test_rows_of_all_pages(server: FakeHS2, driver_path: Path, by_python: list[int]) -> None:
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert fetch(session, session.stmt, rows) == SQL_NO_DATA
    assert rows == VALUES
    # Only the first page is Python's. A row of 4 bytes and its share of the head: more than fetch_size would fit.
    assert by_python == [1000]
    assert server.asked == [1000] + [100_000] * PAGES
    still_works(session)
    session.close()


def test_a_server_that_tells_the_end_is_not_asked_again(driver_path: Path, by_python: list[int]) -> None:
    rows: list[int] = []
    with FakeHS2(RESULTS, sasl=False) as server:
        session = opened(server, driver_path, Backend="impala")
        server.asked.clear()
        by_python.clear()
        session.ok(b"told")
        assert fetch(session, session.stmt, rows) == SQL_NO_DATA
        assert rows == VALUES
        assert (len(server.asked), len(by_python)) == (PAGES, 1)
        session.close()


def test_wide_rows_make_pages_smaller(driver_path: Path) -> None:
    big = [("s", 7, "stringVal", {})]
    pages = [[["x"] * 3], [["y" * 100_000] * 100], [["z" * 50_000] * 10], [["end"]]]
    with FakeHS2({"big": Result(big, pages)}) as server:
        session = opened(server, driver_path)
        session.ok(b"big")
        count = 0
        while session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS:
            count += 1
        assert count == 114
        # 8 MiB hold 83 rows of 100 kB, and 167 of 50 kB.
        assert server.asked == [1000, 100_000, 83, 167, 100_000]
        session.close()


@pytest.mark.parametrize(
    ("fault", "state", "words", "is_dead"),
    [
        ("error", "22012", b"Page 5 cannot be made", False),
        ("half", "08S01", b"is lost: it closed the connection", True),
        ("close before", "08S01", b"is lost: it closed the connection", True),
        ("wrong number", "08S01", b"cannot be read", True),
    ],
)
def test_what_goes_wrong_on_a_later_page(
    server: FakeHS2, driver_path: Path, by_python: list[int], fault: str, state: str, words: bytes, is_dead: bool
) -> None:
    """The rows before it are delivered; then the statement fails, and where an answer's end is unsure the session too."""
    server.faults.add(f"{fault} FetchResults {BAD}")
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert (fetch(session, session.stmt, rows), session.state()) == (SQL_ERROR, state)
    assert rows == VALUES[: BAD * ROWS]
    assert words in text(session), text(session)
    assert by_python[:1] == [1000]
    assert dead(session) == is_dead
    server.faults.clear()
    if not is_dead:
        still_works(session)
    else:
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        assert (session.run(b"back"), session.state()) == (SQL_ERROR, "08S01")
    session.close()


def test_a_later_page_whose_texts_lie_about_their_lengths(driver_path: Path) -> None:
    """With a frame around it, it ends where it should; the values do not."""
    words = Result([("s", 7, "stringVal", {})], [[["word"] * ROWS]] * PAGES)
    with FakeHS2({"words": words}, faults=[f"damage FetchResults {BAD}"]) as server:
        session = opened(server, driver_path)
        session.ok(b"words")
        count = 0
        while (rc := session.driver.SQLFetch(pointer(session.stmt))) == SQL_SUCCESS:
            count += 1
        assert (rc, session.state(), count) == (SQL_ERROR, "08S01", BAD * ROWS)
        assert b"The server's answer cannot be read: " in text(session)
        session.close()


def test_a_page_that_is_still_made_is_asked_for_again(server: FakeHS2, driver_path: Path, by_python: list[int]) -> None:
    server.faults.add(f"working FetchResults {BAD}")
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert fetch(session, session.stmt, rows) == SQL_NO_DATA
    assert rows == VALUES
    assert len(by_python) == 2
    session.close()


def test_answers_in_pieces(server: FakeHS2, driver_path: Path) -> None:
    server.faults.add("in pieces FetchResults")
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert fetch(session, session.stmt, rows) == SQL_NO_DATA
    assert rows == VALUES
    session.close()


def test_cancel_while_a_later_page_is_on_its_way(server: FakeHS2, driver_path: Path) -> None:
    server.faults.add(f"slow FetchResults {BAD}")
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert fetch(session, session.stmt, rows, BAD * ROWS) == SQL_SUCCESS
    timer = threading.Timer(0.2, session.driver.SQLCancel, (pointer(session.stmt),))
    timer.start()
    rc = fetch(session, session.stmt, rows)
    timer.join()
    # The page that was on its way came; nothing after it did.
    assert (rc, session.state()) == (SQL_ERROR, "HY008")
    assert rows == VALUES[: len(rows)]
    assert len(rows) <= (BAD + 1) * ROWS
    server.faults.clear()
    assert dead(session) == 0
    still_works(session)
    session.close()


@pytest.mark.parametrize("server", ["NOSASL"], indirect=True)
def test_query_timeout_while_a_later_page_is_on_its_way(server: FakeHS2, driver_path: Path) -> None:
    server.faults.add(f"late FetchResults {BAD}")
    rows: list[int] = []
    session = opened(server, driver_path)
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), 0, pointer(1), 0) == SQL_SUCCESS
    session.ok(b"all")
    assert (fetch(session, session.stmt, rows), session.state()) == (SQL_ERROR, "HYT00")
    session.close()


@pytest.mark.parametrize("server", ["NOSASL"], indirect=True)
def test_connection_timeout_that_is_set_while_a_result_is_open(server: FakeHS2, driver_path: Path) -> None:
    """The server is silent for 3 seconds on a page that the application has not asked for yet."""
    server.faults.add(f"late FetchResults {BAD}")
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert fetch(session, session.stmt, rows, 1) == SQL_SUCCESS
    begun = time.monotonic()
    driver, dbc = session.driver, pointer(session.dbc)
    assert driver.SQLSetConnectAttr(dbc, CONNECTION_TIMEOUT, pointer(1), 0) == SQL_SUCCESS, driver.state(
        DBC, session.dbc
    )
    assert (fetch(session, session.stmt, rows), session.state()) == (SQL_ERROR, "HYT01")
    assert time.monotonic() - begun < 2.5
    assert rows == VALUES[: BAD * ROWS]
    session.close()


def test_results_of_one_connection_take_turns(server: FakeHS2, driver_path: Path) -> None:
    """Three results are fetched at once by three threads, while a fourth starts statements: each gets its own pages."""
    session = opened(server, driver_path)
    kinds = [b"all", b"back", b"all"]
    statements = [session.stmt] + [session.driver.alloc(STMT, session.dbc) for _ in range(3)]
    found: list[list[int]] = [[], [], []]
    for _ in range(5):
        for rows in found:
            rows.clear()
        for stmt, sql in zip(statements, kinds, strict=False):
            assert session.driver.SQLExecDirect(pointer(stmt), sql, len(sql)) == SQL_SUCCESS
        threads = [
            threading.Thread(target=fetch, args=(session, stmt, rows))
            for stmt, rows in zip(statements, found, strict=False)
        ]
        for thread in threads:
            thread.start()
        one: list[int] = []
        other = statements[3]
        assert session.driver.SQLExecDirect(pointer(other), b"select 1", 8) == SQL_SUCCESS
        assert fetch(session, other, one) == SQL_NO_DATA
        for thread in threads:
            thread.join(20)
        for stmt in statements:
            assert session.driver.SQLFreeStmt(pointer(stmt), 0) == SQL_SUCCESS
        assert one == [1]
        assert [len(rows) for rows in found] == [len(VALUES)] * 3
        assert found == [VALUES, VALUES[::-1], VALUES]
    session.close()


def opened_with_a_page_on_its_way(server: FakeHS2, driver_path: Path) -> tuple[Session, list[int]]:
    """A session whose result has been fetched up to a page that the server is slow to send, and the rows so far."""
    server.faults.add(f"slow FetchResults {BAD}")
    rows: list[int] = []
    session = opened(server, driver_path)
    session.ok(b"all")
    assert fetch(session, session.stmt, rows, (BAD - 1) * ROWS) == SQL_SUCCESS
    end = time.monotonic() + 5
    while len(server.asked) <= BAD and time.monotonic() < end:
        time.sleep(0.01)
    return session, rows


def test_a_result_is_closed_while_a_page_is_on_its_way(server: FakeHS2, driver_path: Path) -> None:
    session, rows = opened_with_a_page_on_its_way(server, driver_path)
    still_works(session)
    assert rows == VALUES[: (BAD - 1) * ROWS]
    session.close()


def child(session: Session) -> bool:
    """What a forked child does with its parent's statement and connection; whether each answer is as it should be."""
    driver, stmt = session.driver, pointer(session.stmt)
    closed = driver.SQLFreeStmt(stmt, 0)
    answers = [session.run(b"back"), session.state(), session.run(b"back"), session.state()]
    driver.SQLFreeHandle(STMT, stmt)
    return [closed, *answers, driver.SQLDisconnect(pointer(session.dbc))] == [
        SQL_SUCCESS, SQL_ERROR, "08S01", SQL_ERROR, "08S01", SQL_SUCCESS
    ]  # fmt: skip


def test_a_child_that_was_forked_while_a_page_is_on_its_way(server: FakeHS2, driver_path: Path) -> None:
    """It can use the connection for nothing, does not wait for a thread that it does not have, and its parent reads on."""
    session, rows = opened_with_a_page_on_its_way(server, driver_path)
    pid = os.fork()
    if not pid:
        signal.alarm(10)
        try:
            os._exit(7 if child(session) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert fetch(session, session.stmt, rows) == SQL_NO_DATA
    assert rows == VALUES
    assert {"CloseOperation", "CloseSession"}.isdisjoint(server.calls)
    still_works(session)
    session.close()
    assert server.calls[-1] == "CloseSession"


def test_maximum_rows_are_counted_page_by_page(server: FakeHS2, driver_path: Path, by_python: list[int]) -> None:
    rows: list[int] = []
    session = opened(server, driver_path)
    assert session.driver.SQLSetStmtAttr(pointer(session.stmt), 1, pointer(120), 0) == SQL_SUCCESS
    session.ok(b"all")
    assert fetch(session, session.stmt, rows) == SQL_NO_DATA
    assert rows[:120] == VALUES[:120]
    assert by_python == server.asked == [120, 70, 20]
    session.close()
