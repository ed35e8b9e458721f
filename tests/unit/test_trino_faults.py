"""The Trino backend in bad times: slow readers, cancels while everything hangs, restarts, clocks that jump, odd spools."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import isal.isal_zlib
import pytest
import zstandard

from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino import Trino, client, segments, spool
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web import http
from argus_odbc.web.spares import Spares
from fakes.trino_pages import BIGINT, QUERY, FakeTrino, Reply, Seen

ROWS = [
    {"columns": [BIGINT]}, {"columns": [BIGINT], "data": [[1], [2]]}, {"columns": [BIGINT], "data": [[3]]},
    {"columns": [BIGINT]},
]  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeTrino]:
    with FakeTrino(ROWS) as server:
        yield server
    while OPENED:
        OPENED.pop().disconnect()


OPENED: list[Trino] = []


def connected(fake: FakeTrino, own: dict[str, Any] | None = None, **more: Any) -> Trino:
    OPENED.append(
        Trino.connect(Settings(host="127.0.0.1", port=fake.port, uid="ann", login_timeout=5, own=own or {}, **more))
    )
    return OPENED[-1]


def failure(action: Callable[[], object]) -> DriverError:
    with pytest.raises(DriverError) as caught:
        action()
    return caught.value


def started(session: Trino, sql: str = "select n") -> Any:
    return session.execute(sql, (), ExecuteOptions(), lambda cancel: None)


def rows(operation: Any) -> list[list[Any]]:
    """All that is left of a result, by Python's json module."""
    found = []
    while (part := operation.fetch_results()) is not None:
        found += json.loads(bytes(part.payload[part.start : part.end]))
    operation.close()
    return found


def until(reached: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for what threads do."""
    limit = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < limit
        time.sleep(0.01)


# ---- slow readers ----


def test_a_result_that_is_not_read_is_kept_alive(fake: FakeTrino) -> None:
    operation = started(connected(fake, {"keepalive": 1}))
    time.sleep(2.3)
    beats = fake.requests("HEAD")
    assert 1 <= len(beats) <= 3
    assert {seen.path for seen in beats} == {f"/v1/statement/executing/{QUERY}/s/2"}, "the page that is asked for next"
    assert all(seen.headers["X-Trino-User"] == "ann" for seen in beats)
    assert rows(operation) == [[1], [2], [3]]
    time.sleep(1.2)
    assert len(fake.requests("HEAD")) == len(beats), "nothing is kept alive after the end"


def test_keeping_alive_ends_with_the_result_and_can_be_off(fake: FakeTrino) -> None:
    for seconds in (1, 0):
        operation = started(connected(fake, {"keepalive": seconds}))
        if seconds:
            operation.close()
        time.sleep(1.3)
        assert fake.requests("HEAD") == []
        operation.close()
    while OPENED:
        OPENED.pop().disconnect()
    deadline = time.monotonic() + 0.5
    while any(t.name == "argus-heartbeat" for t in threading.enumerate()):
        assert time.monotonic() < deadline, "no thread is left behind"
        time.sleep(0.05)


# ---- cancel ----


def test_a_cancel_while_poll_and_delete_hang(fake: FakeTrino) -> None:
    """The call that waits is let go within a second, whatever the server does."""
    session = connected(fake)
    fake.faults = {"GET /v1/statement": [Reply(b"", delay=4)], "DELETE": [Reply(b"", 204, delay=3)]}
    cancels: list[Callable[[], None]] = []
    cancelled: list[float] = []

    def cancel() -> None:
        cancelled.append(time.monotonic())
        cancels[0]()

    timer = threading.Timer(0.3, cancel)
    timer.start()
    error = failure(lambda: session.execute("select n", (), ExecuteOptions(), cancels.append))
    assert (error.sqlstate, time.monotonic() - cancelled[0] < 1) == ("HY008", True)
    assert [seen.path for seen in fake.requests("DELETE")] == [f"/v1/statement/executing/{QUERY}/s/0"]
    timer.join()


# ---- coordinators that go and come ----


def test_a_coordinator_that_is_restarted(fake: FakeTrino, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new process does not know the query; while none is there, the request is repeated."""
    operation = started(connected(fake))
    fake.faults["GET /v1/statement"] = [Reply(cut=-1)] * 3 + [Reply(b"Error 404 Not Found: Query not found", 404)]
    error = failure(lambda: rows(operation))
    assert (error.sqlstate, QUERY in error.message, "does not know the query" in error.message) == ("08S01", True, True)


def test_a_coordinator_that_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.5)
    with FakeTrino([{"columns": [BIGINT], "data": [[1]]}, {"data": [[2]]}, {"data": [[3]]}, {}]) as fake:
        session = connected(fake)
        operation = started(session)
        fake.faults["GET "] = [Reply(cut=-1)] * 100
        error = failure(lambda: rows(operation))
        assert not session.is_alive()
    assert (error.sqlstate, QUERY in error.message) == ("08S01", True)
    assert not session.is_alive(), "SQL_ATTR_CONNECTION_DEAD"
    assert failure(lambda: session.query("select n")).sqlstate == "08S01"
    OPENED.pop().disconnect()


def test_a_server_that_is_busy_for_long(fake: FakeTrino, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.5)
    session = connected(fake)
    fake.faults["POST"] = [Reply(b"busy", 503)] * 100
    begun = time.monotonic()
    error = failure(lambda: session.query("select n"))
    assert (error.sqlstate, error.native, time.monotonic() - begun < 3) == ("08S01", 503, True)
    assert 3 <= len(fake.requests("POST")) <= 12, "pauses grow"


# ---- clocks and sizes ----


def test_a_clock_that_jumps(fake: FakeTrino, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither forwards nor backwards does it end a statement, or make it wait."""
    session = connected(fake, {"keepalive": 1})
    real, jumps = time.time, iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: real() + 86400 * (-1) ** next(jumps))
    fake.faults["POST"] = [Reply(b"busy", 503)]
    begun = time.monotonic()
    operation = session.execute("select n", (), ExecuteOptions(query_timeout=5), lambda cancel: None)
    assert rows(operation) == [[1], [2], [3]]
    assert time.monotonic() - begun < 2


def test_the_size_of_pages(fake: FakeTrino) -> None:
    assert rows(started(connected(fake, {"targetresultsize": "16MB"}))) == [[1], [2], [3]]
    assert {seen.path.partition("?")[2] for seen in fake.requests("GET", "/v1/statement")} == {"targetResultSize=16MB"}
    assert failure(lambda: connected(fake, {"targetresultsize": "big"})).sqlstate == "HY000"


def test_what_has_the_wrong_content_type(fake: FakeTrino) -> None:
    """Only the content counts: proxies are known to relabel it."""
    page = {"id": QUERY, "columns": [BIGINT], "data": [[7]]}
    fake.faults["GET /v1/statement"] = [Reply(page, headers={"Content-Type": "text/html"})]
    assert rows(started(connected(fake))) == [[7]]


# ---- spools ----


def spooled(fake: FakeTrino, path: str, packed: bytes, size: int) -> dict[str, Any]:
    segment = {
        "type": "spooled", "uri": path if "://" in path else f"{fake.url}{path}", "ackUri": f"{fake.url}/ack",
        "metadata": {"segmentSize": len(packed), "uncompressedSize": size, "rowsCount": 2, "rowOffset": 0},
    }  # fmt: skip
    return {"columns": [BIGINT], "data": {"encoding": "json+zstd", "segments": [segment]}}


INLINE = {
    "columns": [BIGINT],
    "data": {
        "encoding": "json+zstd",
        "segments": [{"type": "inline", "data": "W1s5XV0=", "metadata": {"segmentSize": 5}}],
    },
}
"""[[9]], not packed."""


@pytest.mark.parametrize("first", [[], [INLINE]])
def test_a_spool_out_of_reach_is_done_without(fake: FakeTrino, first: list[dict[str, Any]]) -> None:
    direct = list(ROWS)
    through = [{"columns": [BIGINT]}, *first, spooled(fake, "http://127.0.0.1:1/x", b"", 10), {}]

    def choose(seen: Seen) -> None:
        if seen.method == "POST":
            fake.pages = through if "X-Trino-Query-Data-Encoding" in seen.headers else direct

    fake.check = choose
    session = connected(fake)
    operation = started(session)
    assert rows(operation) == [[1], [2], [3]]
    assert [w[0] for w in operation.warnings] == ["01000"]
    assert "The spool at 127.0.0.1:1 cannot be reached from here" in operation.warnings[0][2]
    assert len(fake.requests("POST")) == 2
    assert session.query("select n") == [(1,), (2,), (3,)]
    assert len(fake.requests("POST")) == 3, "what follows goes without the spool at once"


XML = b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, XML, "HTTP 403 (Request has expired)"),
        (500, b"No active worker nodes available\n\tat io.trino", "HTTP 500 (No"),
    ],
)
def test_a_spool_that_answers_with_errors(
    fake: FakeTrino, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, said: str
) -> None:
    """Before its first segment it is done without, since somebody in between may have answered; later it is an error."""
    monkeypatch.setattr(segments, "ATTEMPTS", 2)
    packed = zstandard.ZstdCompressor().compress(b"[[5], [6]]")
    direct = list(ROWS)
    through = [{"columns": [BIGINT]}, spooled(fake, "/segment", packed, 10), {}]

    def choose(seen: Seen) -> None:
        if seen.method == "POST":
            fake.pages = through if "X-Trino-Query-Data-Encoding" in seen.headers else direct

    fake.check = choose
    fake.faults = {"GET /segment": [Reply(body, status)] * 2}
    operation = started(connected(fake))
    assert rows(operation) == [[1], [2], [3]]
    assert said in operation.warnings[0][2]
    session = connected(fake)
    fake.faults = {"GET /segment": [Reply(packed)], "GET /ack": [Reply(b"")]}
    assert rows(started(session)) == [[5], [6]]
    fake.faults = {"GET /segment": [Reply(body, status)] * 2}
    with pytest.raises(DriverError) as caught:
        rows(started(session))
    assert (caught.value.sqlstate, said in caught.value.message) == ("08S01", True), caught.value.message


def test_a_segment_that_is_damaged_on_the_way(fake: FakeTrino) -> None:
    plain = b"[[5], [6]]"
    packed = zstandard.ZstdCompressor().compress(plain)
    fake.pages = [{"columns": [BIGINT]}, INLINE, spooled(fake, "/segment", packed, len(plain)), {}]
    fake.faults = {
        "GET /segment": [Reply(packed[:-3]), Reply(b"", 503), Reply(packed)], "GET /ack": [Reply(b"")],
    }  # fmt: skip
    assert rows(started(connected(fake))) == [[9], [5], [6]]
    assert [s.path for s in fake.seen if s.path in ("/segment", "/ack")] == ["/segment"] * 3 + ["/ack"]


def test_a_segment_that_is_elsewhere_and_encrypted(fake: FakeTrino) -> None:
    """A server that redirects to its store and encrypts there: its headers go along and to the acknowledgement, no login."""
    page = spooled(fake, "/v1/spooled/download/1", b"[[5]]", 5)
    page["data"]["segments"][0]["headers"] = {"x-customer-key": ["k"]}
    page["data"]["encoding"] = "json"
    fake.pages = [{"columns": [BIGINT]}, page, {}]
    with FakeTrino() as store:
        store.faults["GET /bucket"] = [Reply(b"[[5]]")]
        fake.faults["GET /v1/spooled"] = [Reply(b"", 303, {"Location": f"{store.url}/bucket/1?signature=s"})]
        fake.faults["GET /ack"] = [Reply(b"")]
        assert rows(started(connected(fake, pwd="secret", allow_plain_password=True))) == [[5]]
        asked = store.requests("GET") + fake.requests("GET", "/ack") + fake.requests("GET", "/v1/spooled")
    assert [seen.path for seen in asked] == ["/bucket/1?signature=s", "/ack", "/v1/spooled/download/1"]
    assert all(seen.headers["x-customer-key"] == "k" and "Authorization" not in seen.headers for seen in asked)


def test_a_segment_that_is_no_json(fake: FakeTrino) -> None:
    plain = b'{"no": "rows"}'
    packed = zstandard.ZstdCompressor().compress(plain)
    fake.pages = [{"columns": [BIGINT]}, spooled(fake, "/segment", packed, len(plain)), {}]
    fake.faults = {"GET /segment": [Reply(packed)], "GET /ack": [Reply(b"")]}
    session = connected(fake)
    error = failure(lambda: session.query("select n"))
    assert error.sqlstate == "08S01"


def test_a_page_may_name_more_segments_than_memory_holds(fake: FakeTrino) -> None:
    """100 segments of 16 MB at once: no more are on their way than IN_FLIGHT allows, until the first are taken."""
    plain = b"[[1]]".ljust(16 << 20)
    packed = zstandard.ZstdCompressor().compress(plain)
    page = spooled(fake, "/segment", packed, len(plain))
    page["data"]["segments"] *= 100
    fake.pages = [{"columns": [BIGINT]}, page, {}]

    def store(seen: Seen) -> Reply | None:
        return Reply({"/segment": packed, "/ack": b""}[seen.path]) if seen.path in ("/segment", "/ack") else None

    fake.check = store
    operation = started(connected(fake))
    assert operation.fetch_results() is not None
    time.sleep(0.5)
    assert len(fake.requests("GET", "/segment")) <= 5, "64 MB, and the one that was taken"
    assert operation.fetch_results() is not None
    operation.close()


def test_segments_wait_packed(fake: FakeTrino, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of two segments are in memory, however slowly they are read; one more is made when one is given back."""
    plain = [b"[[%d]]" % n for n in range(6)]
    packed = [zstandard.ZstdCompressor().compress(text) for text in plain]
    page = spooled(fake, "/segment/0", packed[0], len(plain[0]))
    for n in range(1, 6):
        page["data"]["segments"] += spooled(fake, f"/segment/{n}", packed[n], len(plain[n]))["data"]["segments"]
    fake.pages = [{"columns": [BIGINT]}, page, {}]

    def store(seen: Seen) -> Reply | None:
        kind, _, number = seen.path[1:].partition("/")
        return Reply({"segment": packed[int(number or 0)], "ack": b""}[kind]) if kind in ("segment", "ack") else None

    fake.check = store
    made: list[bytes] = []
    monkeypatch.setattr(segments, "unpacked", lambda *a: made.append(bytes(found := spool.unpacked(*a))) or found)
    operation = started(connected(fake))
    parts = [operation.fetch_results()]
    until(lambda: len(made) == 2 and len(fake.requests("GET", "/segment")) == 3)
    time.sleep(0.2)
    assert sorted(made) == plain[:2]
    assert len(fake.requests("GET", "/segment")) == 3, "the third waits as it came"
    parts[0].dropped()
    until(lambda: len(made) == 3)
    while (part := operation.fetch_results()) is not None:
        parts.append(part)
    operation.close()
    assert [bytes(part.payload) for part in parts] == plain
    assert sorted(made) == plain, "each once"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parent_s_workers(fake: FakeTrino) -> None:
    operation = started(connected(fake))
    held = operation._segments
    with held._lock:
        child = os.fork()
        if child == 0:
            # Another thread of the parent has the lock: in the child nobody gives it back.
            closing = threading.Thread(target=held.close, daemon=True)
            closing.start()
            closing.join(5)
            os._exit(1 if closing.is_alive() else 0)
    assert os.waitpid(child, 0)[1] == 0
    operation.close()


# ---- large bodies ----

LARGE_ROWS = [[n] for n in range(200_000)]


def test_a_large_page_that_is_cut(fake: FakeTrino) -> None:
    """Asked for again; what came of the first answer is nobody's."""
    page = {"id": QUERY, "stats": {}, "columns": [BIGINT], "data": LARGE_ROWS}
    fake.pages = [{"columns": [BIGINT]}, page, {"columns": [BIGINT], "data": LARGE_ROWS}, {}]
    fake.faults["GET /v1/statement/executing/" + QUERY + "/s/1"] = [Reply(page, cut=900_000), Reply(page, cut=70_000)]
    operation = started(connected(fake))
    assert rows(operation) == LARGE_ROWS * 2
    asked = [seen.path.rsplit("/", 1)[1] for seen in fake.requests("GET", "/v1/statement")]
    assert asked == ["0", "1", "1", "1", "2", "3"]


def test_memory_is_used_again_when_nothing_refers_to_it() -> None:
    spares = Spares()
    first = spares.take(100_000)
    address = spares.take(1)
    assert len(first) == 100_000
    first[:3] = b"abc"
    kept = first[1:3]
    del first
    assert bytes(spares.take(100_000)[:3]) != b"abc", "a view of the first memory is left"
    del kept
    assert bytes(spares.take(100_000)[:3]) == b"abc"
    assert len(spares.take(60_000)) == 60_000
    spares.clear()
    assert len(address) == 1


# ---- packed ----

ROWS_TEXT = b"[[1],[1],[1],[1],[1]]"


def test_lz4_of_the_format_s_description() -> None:
    # Token: 5 literals, a match of 4 + 7 bytes that begins 4 back; then 5 literals, which end the block.
    block = b"\x57[[1],\x04\x00" + b"\x50" + ROWS_TEXT[16:]
    assert bytes(spool.unpacked(block, "json+lz4", len(ROWS_TEXT))) == ROWS_TEXT


@pytest.mark.parametrize("encoding", ["json+lz4", "json+zstd"])
def test_a_segment_of_another_size_than_announced(encoding: str) -> None:
    if encoding == "json+lz4":
        packed = bytes([0xF0, len(ROWS_TEXT) - 15]) + ROWS_TEXT
    else:
        packed = zstandard.ZstdCompressor(write_content_size=False).compress(ROWS_TEXT)
    assert bytes(spool.unpacked(memoryview(packed), encoding, len(ROWS_TEXT))) == ROWS_TEXT
    for size in (len(ROWS_TEXT) - 1, len(ROWS_TEXT) + 1, 0):
        error = failure(lambda size=size: spool.unpacked(packed, encoding, size))
        assert (error.sqlstate, type(error)) == ("08S01", spool.Damaged)
    for damaged in (packed[:-2], b"\xff" * 20, b""):
        assert type(failure(lambda data=damaged: spool.unpacked(data, encoding, len(ROWS_TEXT)))) is spool.Damaged


@pytest.mark.parametrize("library", [isal.isal_zlib, zlib])
def test_gzip_bodies(monkeypatch: pytest.MonkeyPatch, library: Any) -> None:
    monkeypatch.setattr(http, "gzip", library)
    text = b"0123456789" * 100_000
    packed = gzip.compress(text)
    assert http.unzipped(packed) == http.unzipped(memoryview(packed)) == text
    # The announced size is only a hint: of several members the last one's, and wrong where the body is damaged.
    assert http.unzipped(gzip.compress(b"")) == b""
    for damaged in (packed[:-9] + b"\xff\xff\xff\xff", b"\x1f\x8b" + b"\xff" * 30, b""):
        assert failure(lambda data=damaged: http.unzipped(data)).sqlstate == "08S01"
