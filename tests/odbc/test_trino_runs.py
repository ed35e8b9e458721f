"""Runs of Trino's usual pages, which the reader's thread reads without Python, and everything that ends one in the middle.

The pages are written as Trino 476 writes them: the members in its order, no spaces.
"""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fakes.trino_pages import BIGINT, QUERY, VARCHAR, FakeTrino, Reply
from plain import SQL_ERROR, SQL_NO_DATA, SQL_SUCCESS, Driver, Session, pointer
from registration import connection_string

PAGES, ODD = 14, 7
"""Pages with rows, and the one at which something else happens."""
PLACE = f"/v1/statement/executing/{QUERY}/s/"
COLUMNS = [BIGINT, VARCHAR]


def page_rows(number: int, count: int) -> list[list[Any]]:
    return [[number * 1_000_000 + i, f"row {i} of {number} \u20ac"] for i in range(count)]


class Pages(FakeTrino):
    """`changes`: members of single pages, None for one that is left out. `chunk`: bytes of each chunk; 0: no chunks."""

    def __init__(self, count: int = 700) -> None:
        super().__init__([{}] * (PAGES + 2))
        self.counts = [0] + [count] * PAGES + [0]
        self.changes: dict[int, dict[str, Any]] = {}
        self.replies: dict[int, Callable[[bytes], Reply]] = {}
        self.chunk = 0

    def text(self, number: int) -> bytes:
        page: dict[str, Any] = {"id": QUERY, "infoUri": f"{self.url}/ui/query.html?{QUERY}"}
        if number <= PAGES:
            page["partialCancelUri"] = f"{self.url}/v1/statement/executing/partialCancel/{QUERY}/0/s/{number}"
            page["nextUri"] = f"{self.url}{PLACE}{number + 1}"
        page["columns"] = COLUMNS
        if self.counts[number]:
            page["data"] = page_rows(number, self.counts[number])
        page |= {"stats": {"state": "RUNNING", "rootStage": {"stageId": "0"}}, "warnings": []}
        page = {k: v for k, v in (page | self.changes.get(number, {})).items() if v is not None}
        return json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode()

    def _page(self, number: int) -> Reply:
        text = self.text(number)
        return self.replies[number](text) if number in self.replies else Reply(text)

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        content = reply.content()
        if not self.chunk or reply.cut is not None or reply.status != 200 or handler.command != "GET":
            super().send(handler, reply)
            return
        handler.send_response(200)
        for name, value in {"Transfer-Encoding": "chunked", **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        for at in range(0, len(content), self.chunk):
            piece = content[at : at + self.chunk]
            handler.wfile.write(b"%X;x=y\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\nX-Sum: 1\r\n\r\n")

    def expected(self) -> list[list[Any]]:
        return [row for number, count in enumerate(self.counts) for row in page_rows(number, count)]

    def paths(self) -> list[str]:
        """Where pages were asked for."""
        return [seen.path for seen in self.requests("GET", PLACE)]


@pytest.fixture
def fake() -> Iterator[Pages]:
    with Pages() as server:
        yield server


def opened(fake: FakeTrino, driver_path: Path, **more: str) -> Session:
    where = {"Backend": "trino", "Host": "127.0.0.1", "Port": fake.port, "UID": "ann", "Spooling": "off", **more}
    return Session(Driver(driver_path), connection_string(**where))


class Failed(Exception):
    """The first diagnostic record of an SQLFetch."""


def fetched(session: Session, most: int = 1 << 30, block: int = 500) -> list[list[Any]]:
    """Rows to the end, to the error, or at least `most` of them."""
    driver, stmt = session.driver, pointer(session.stmt)
    numbers, lengths = (ctypes.c_int64 * block)(), (ctypes.c_int64 * block)()
    texts, count = ctypes.create_string_buffer(64 * block), ctypes.c_uint64()
    driver.SQLSetStmtAttr(stmt, 27, pointer(block), 0)
    driver.SQLSetStmtAttr(stmt, 26, ctypes.byref(count), 0)
    driver.SQLBindCol(stmt, 1, -25, numbers, 8, lengths)
    driver.SQLBindCol(stmt, 2, 1, texts, 64, lengths)
    found: list[list[Any]] = []
    rc = SQL_SUCCESS
    while len(found) < most and (rc := driver.SQLFetch(stmt)) == SQL_SUCCESS:
        raw = texts.raw
        found += [[numbers[i], raw[64 * i : 64 * i + 64].partition(b"\0")[0].decode()] for i in range(count.value)]
    if rc == SQL_ERROR:
        state, text, none = ctypes.create_string_buffer(6), ctypes.create_string_buffer(900), pointer(None)
        driver.SQLGetDiagRec(3, stmt, 1, state, none, text, 900, none)
        raise Failed(f"{state.value.decode()} {text.value.decode()}")
    assert rc in (SQL_SUCCESS, SQL_NO_DATA)
    return found


def all_rows(fake: Pages, driver_path: Path, **more: str) -> list[list[Any]]:
    session = opened(fake, driver_path, **more)
    session.ok(b"select n, v")
    rows = fetched(session)
    session.close()
    return rows


def failure(fake: Pages, driver_path: Path, **more: str) -> str:
    session = opened(fake, driver_path, **more)
    session.ok(b"select n, v")
    with pytest.raises(Failed) as caught:
        fetched(session)
    session.close()
    return str(caught.value)


# ---- pages ----


@pytest.mark.parametrize("chunk", [0, 1, 7, 4096, 1 << 20])
def test_pages(fake: Pages, driver_path: Path, chunk: int) -> None:
    fake.chunk = chunk
    fake.counts = [0] + ([40] * PAGES if chunk == 1 else [700] * PAGES) + [0]
    assert all_rows(fake, driver_path) == fake.expected()
    assert fake.paths() == [f"{PLACE}{i}" for i in range(PAGES + 2)]


@pytest.mark.parametrize("chunk", [0, 30_000])
def test_pages_of_all_sizes(fake: Pages, driver_path: Path, chunk: int) -> None:
    fake.chunk = chunk
    fake.counts = [0, 1, 700, 90_000, 1, 1, 60_000, 3, 120_000, 700, 0, 0, 5000, 1, 20, 0]
    assert all_rows(fake, driver_path) == fake.expected()


def test_every_request_is_like_the_others(fake: Pages, driver_path: Path) -> None:
    all_rows(fake, driver_path, TargetResultSize="3MB", Source="here")
    seen = fake.requests("GET", PLACE)
    assert [s.path for s in seen] == [f"{PLACE}{i}?targetResultSize=3MB" for i in range(PAGES + 2)]
    assert all(s.headers == seen[0].headers for s in seen)
    assert seen[0].headers["X-Trino-Source"] == "here" and seen[0].headers["Host"] == f"127.0.0.1:{fake.port}"


CHANGES: dict[str, dict[str, Any]] = {
    "a warning": {"warnings": [{"warningCode": {"code": 1, "name": "W"}, "message": "careful"}]},
    "a member that is new": {"novel": {"data": [1]}},
    "no rows": {"data": []},
    "no member for rows": {"data": None},
    "no columns": {"columns": None},
    "stats that look like an end": {"stats": {"state": 'x],"stats":{"y":1},"warnings":[]}'}},
    "no warnings": {"warnings": None},
    "large stats": {"stats": {"state": "RUNNING", "more": [{"x": "y" * 100}] * 2000}},
    "large head": {"infoUri": "x" * 100_000},
    "an updateType that is empty": {"updateType": ""},
}


@pytest.mark.parametrize(("change", "chunk"), [(change, 5000 * (i % 2)) for i, change in enumerate(CHANGES)])
def test_a_page_that_is_not_usual(fake: Pages, driver_path: Path, change: str, chunk: int) -> None:
    fake.chunk = chunk
    fake.changes[ODD] = CHANGES[change]
    if change in ("no rows", "no member for rows"):
        fake.counts[ODD] = 0
    assert all_rows(fake, driver_path) == fake.expected()
    assert fake.paths() == [f"{PLACE}{i}" for i in range(PAGES + 2)]


def test_texts_that_look_like_the_ends_of_the_rows(fake: Pages, driver_path: Path) -> None:
    texts = ['],"stats":{', '"data":[', '{"id":"x","data":[[1,"a"]]}', "\\", '"', "]]"]
    rows = [[i, text] for i, text in enumerate(texts)]
    for number in range(3, PAGES):
        fake.changes[number] = {"data": rows}
    found = all_rows(fake, driver_path)
    assert [row for row in found if row[0] < 1000] == rows * (PAGES - 3)


@pytest.mark.parametrize("kind", ["an address with escapes", "a packed page", "the last one on a connection"])
def test_answers_that_python_reads(fake: Pages, driver_path: Path, kind: str) -> None:
    def escaped(text: bytes) -> Reply:
        return Reply(text.replace(b'"nextUri":"http://', b'"nextUri":"http:\\/\\/'))

    def packed(text: bytes) -> Reply:
        return Reply(gzip.compress(text), headers={"Content-Encoding": "gzip"})

    def closing(text: bytes) -> Reply:
        return Reply(text, headers={"Connection": "close"})

    fake.replies[ODD] = {
        "an address with escapes": escaped, "a packed page": packed, "the last one on a connection": closing,
    }[kind]  # fmt: skip
    assert all_rows(fake, driver_path) == fake.expected()
    assert fake.paths() == [f"{PLACE}{i}" for i in range(PAGES + 2)]


def test_headers_that_change_the_session(fake: Pages, driver_path: Path) -> None:
    fake.replies[ODD] = lambda text: Reply(text, headers={"X-Trino-Set-Schema": "other"})
    session = opened(fake, driver_path, Catalog="c", Schema="one")
    session.ok(b"select n, v")
    assert fetched(session) == fake.expected()
    session.driver.SQLFreeStmt(pointer(session.stmt), 0)
    session.ok(b"select n, v")
    posts = fake.requests("POST", "/v1/statement")
    assert [s.headers["X-Trino-Schema"] for s in posts] == ["one", "other"]
    session.close()


# ---- bad times ----


@pytest.mark.parametrize(
    "fault", [Reply(b"busy", 503), Reply(cut=-1), Reply(b"x" * 5000, cut=10), Reply(b"later", 429)], ids=range(4)
)  # fmt: skip
def test_answers_that_are_asked_for_again(fake: Pages, driver_path: Path, fault: Reply) -> None:
    fake.faults[f"GET {PLACE}{ODD}"] = [fault]
    assert all_rows(fake, driver_path) == fake.expected()
    paths = fake.paths()
    assert paths.count(f"{PLACE}{ODD}") == 2 and len(paths) == PAGES + 3


@pytest.mark.parametrize("have", [0, 1, 100, 3000, -1])
def test_a_page_that_is_cut_off(fake: Pages, driver_path: Path, have: int) -> None:
    """At any of its bytes: it is asked for again, and none of its rows comes twice."""
    text = fake.text(ODD)
    fake.faults[f"GET {PLACE}{ODD}"] = [Reply(text, cut=have if have >= 0 else len(text) - 1)]
    assert all_rows(fake, driver_path) == fake.expected()


def test_an_error_in_the_middle(fake: Pages, driver_path: Path) -> None:
    error = {"message": "Division by zero", "errorCode": 8, "errorName": "DIVISION_BY_ZERO", "errorType": "USER_ERROR"}
    fake.changes[ODD] = {"data": None, "nextUri": None, "error": error}
    assert failure(fake, driver_path).startswith("22012 [Argus][Trino] Division by zero (DIVISION_BY_ZERO, query")


def test_an_error_behind_rows(fake: Pages, driver_path: Path) -> None:
    error = {"message": "Too large", "errorCode": 131079, "errorName": "EXCEEDED_LOCAL_MEMORY_LIMIT", "errorType": "X"}
    fake.changes[ODD] = {"error": error}
    assert "Too large" in failure(fake, driver_path)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"columns": [BIGINT, {**VARCHAR, "name": "w"}]}, "have changed in the middle"),
        ({"nextUri": f"http://127.0.0.2:1{PLACE}8"}, "which is another server"),
        ({"data": [[1, "x"], [2]]}, "cannot be read"),
    ],
)
def test_pages_that_are_wrong(fake: Pages, driver_path: Path, change: dict[str, Any], text: str) -> None:
    fake.changes[ODD] = change
    found = failure(fake, driver_path)
    assert found.startswith("08S01") and text in found


def test_a_server_that_stops_in_the_middle(fake: Pages, driver_path: Path) -> None:
    fake.replies[ODD] = lambda text: Reply(text, delay=30)
    start = time.monotonic()
    assert failure(fake, driver_path, SocketTimeout="1").startswith("HYT01")
    assert 0.9 < time.monotonic() - start < 3


def test_a_query_timeout(fake: Pages, driver_path: Path) -> None:
    fake.replies[ODD] = lambda text: Reply(text, delay=5)
    session = opened(fake, driver_path)
    session.driver.SQLSetStmtAttr(pointer(session.stmt), 0, pointer(1), 0)
    start = time.monotonic()
    session.ok(b"select n, v")
    with pytest.raises(Failed, match="HYT00"):
        fetched(session)
    assert 0.9 < time.monotonic() - start < 3
    assert [s.path for s in fake.requests("DELETE")] == [f"{PLACE}{ODD}"]
    session.close()


def test_a_cancel(fake: Pages, driver_path: Path) -> None:
    """The query is ended where it is now, while the reader's thread waits for the next page there."""
    fake.replies[ODD] = lambda text: Reply(text, delay=5)
    session = opened(fake, driver_path)
    session.ok(b"select n, v")
    timer = threading.Timer(0.7, lambda: session.driver.SQLCancel(pointer(session.stmt)))
    timer.start()
    start = time.monotonic()
    with pytest.raises(Failed, match="HY008"):
        fetched(session)
    timer.join()
    assert time.monotonic() - start < 2.5
    assert [s.path for s in fake.requests("DELETE")] == [f"{PLACE}{ODD}"]
    session.close()


def test_a_result_that_is_closed_early(fake: Pages, driver_path: Path) -> None:
    fake.counts = [0] + [30_000] * PAGES + [0]
    session = opened(fake, driver_path)
    for _ in range(2):
        session.ok(b"select n, v")
        assert fetched(session, most=40_000)[:30_000] == page_rows(1, 30_000)
        assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
    session.close()
    asked = {s.path for s in fake.requests("GET", PLACE)}
    ended = [s.path for s in fake.requests("DELETE")]
    assert len(ended) == 2 and asked.issuperset(ended)


def test_a_login_that_is_renewed_in_the_middle(fake: Pages, driver_path: Path, tmp_path: Path) -> None:
    counter = tmp_path / "tokens"
    command = tmp_path / "token"
    command.write_text(f"#!/bin/sh\necho x >> {counter}\necho token$(wc -l < {counter})\n")
    command.chmod(0o755)
    fake.faults[f"GET {PLACE}{ODD}"] = [Reply(b"expired", 401)]
    more = {"AuthMech": "JWT", "AccessTokenCommand": str(command), "AllowPlainPassword": "1"}
    assert all_rows(fake, driver_path, **more) == fake.expected()
    used = [s.headers["Authorization"] for s in fake.requests("GET", PLACE)]
    assert used == ["Bearer token1"] * (ODD + 1) + ["Bearer token2"] * (PAGES + 2 - ODD)


# ---- without Python ----


def serve(listening: socket.socket, answers: dict[bytes, bytes]) -> None:
    """Answer requests of one connection after the other, in a process without Python's other threads."""
    while True:
        there, _ = listening.accept()
        have = b""
        while True:
            while b"\r\n\r\n" not in have and (more := there.recv(65536)):
                have += more
            if not have:
                break
            head, _, have = have.partition(b"\r\n\r\n")
            if head.startswith(b"POST"):
                have = b""
            there.sendall(answers[head.split(b" ")[1]])


def test_no_page_waits_for_python(driver_path: Path) -> None:
    """Beside a thread that gives the GIL up only twice a second, a result of many pages takes no longer for each of them."""
    pages = Pages(300)
    answers = {}
    with pages:
        for path in ["/v1/info", "/v1/query/argus", "/v1/statement", *(f"{PLACE}{i}" for i in range(PAGES + 2))]:
            seen = type("Seen", (), {"method": "POST" if path.endswith("statement") else "GET", "path": path})
            reply = pages.reply(seen)  # type: ignore[arg-type]
            lines = f"HTTP/1.1 {reply.status} X\r\nContent-Length: {len(reply.content())}\r\n\r\n".encode()
            answers[path.encode()] = lines + reply.content()
        port = pages.port
    with socket.create_server(("127.0.0.1", port)) as listening:
        child = os.fork()
        if child == 0:
            try:
                serve(listening, answers)
            finally:
                os._exit(0)
    before, stop = sys.getswitchinterval(), threading.Event()
    try:
        session = opened(pages, driver_path)
        session.ok(b"select n, v")

        def count() -> None:
            while not stop.is_set():
                sum(range(1000))

        busy = threading.Thread(target=count)
        sys.setswitchinterval(0.5)
        busy.start()
        start = time.monotonic()
        # One call, in which the driver has let go of the GIL: what follows it needs the GIL as well.
        rows = fetched(session, most=1, block=300 * PAGES)
        seconds = time.monotonic() - start
        stop.set()
        busy.join()
        sys.setswitchinterval(before)
        rows += fetched(session, block=300 * PAGES)
        session.close()
    finally:
        stop.set()
        sys.setswitchinterval(before)
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert rows == pages.expected()
    # Twice for each of the pages were 14 seconds.
    assert seconds < 6, seconds
