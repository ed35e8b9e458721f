"""Whole answers over a plain socket: what http.client makes of the same bytes, however they are cut on their way."""

from __future__ import annotations

import http.client
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from argus_odbc.settings import Settings
from argus_odbc.web.http import Address, Answer, Broken, Connection, Pool
from argus_odbc.web.request import Writer
from argus_odbc.web.spares import Spares

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-LENGTH: \t7 \r\n\r\n[[1,2]]"
CHUNKS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
    b"3;a=b\r\n[[1\r\n4\r\n,2]]\r\n0\r\nX-Sum: 5\r\n\r\n"
)
ANSWERS = {
    "length": LENGTH,
    "chunks": CHUNKS,
    "both": CHUNKS.replace(b"X-A: 1", b"Content-Length: 2"),
    "line feeds": LENGTH.replace(b"\r\n", b"\n"),
    "interim": b"HTTP/1.1 100 Continue\r\nLink: </x>\r\n\r\n" + LENGTH,
    "nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\nX-B: 1\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    "folded": LENGTH.replace(b"text/plain", b"text\r\n /plain"),
    "an error": LENGTH.replace(b"200 OK", b"503 Service Unavailable"),
    "closing": LENGTH.replace(b"Content-Type", b"Connection: close\r\nContent-Type"),
    "old": LENGTH.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "to the end": b"HTTP/1.1 200 OK\r\nX-B: 1\r\n\r\n[[1,2]]",
}


@contextmanager
def sent(parts: list[bytes], pause: float = 0.0) -> Iterator[int]:
    """The port of a server that answers one request with `parts`, and ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            there, _ = listening.accept()
            with there:
                there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request = b""
                while b"\r\n\r\n" not in request:
                    request += there.recv(65536)
                for part in parts:
                    there.sendall(part)
                    time.sleep(pause)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def ours(port: int, method: str = "GET", timeout: float = 5) -> tuple[Answer, bool]:
    """The answer, and whether the connection was kept."""
    connection = Connection(Address("http", "127.0.0.1", port), Settings(), None, None)
    connection.send(method, "/rows?a=1", {"X-C": "d"}, None, timeout)
    try:
        answer = connection.receive(Spares())
        return answer, connection._http.sock is not None
    finally:
        connection.close()


def theirs(port: int, method: str = "GET") -> tuple[int, dict[str, list[str]], bytes, bool]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, "/rows?a=1", headers={"X-C": "d"})
    answer = connection.getresponse()
    headers: dict[str, list[str]] = {}
    for name, value in answer.getheaders():
        headers.setdefault(name.lower(), []).append(" ".join(value.split()))
    found = answer.status, headers, answer.read(), not answer.will_close
    connection.close()
    return found


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", ANSWERS)
def test_every_cut(form: str, method: str) -> None:
    data = ANSWERS[form]
    if method == "HEAD":
        data = data[: len(data) - 7] if data.endswith(b"[[1,2]]") else data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    with sent([data]) as port:
        wanted = theirs(port, method)
    for cut in range(1, len(data) + 1, 1 if method == "GET" else 9):
        with sent([data[:cut], data[cut:]], 0.0005) as port:
            answer, kept = ours(port, method)
        assert (answer.status, dict(answer.headers), bytes(answer.body), kept) == wanted, cut


@pytest.mark.parametrize("form", ["length", "chunks"])
def test_an_answer_that_is_cut_off(form: str) -> None:
    """No beginning of an answer is one (RFC 9112, 8); http.client takes the end of the connection for that of a head."""
    data = ANSWERS[form]
    for cut in range(len(data)):
        with sent([data[:cut]]) as port, pytest.raises(Broken) as caught:
            ours(port)
        assert caught.value.sent and not caught.value.timed_out, cut


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, CHUNKS.replace(b"4\r\n", b"5\r\n"), CHUNKS.replace(b"4\r\n", b"zz\r\n"),
        b"\0" * 40,
    ],
)  # fmt: skip
def test_what_is_no_answer(data: bytes) -> None:
    with sent([data]) as port, pytest.raises(Broken):
        ours(port)


def coded(content: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content
    pieces, at = [], 0
    while at < len(content):
        n = chance.choice([1, 100, 8000, 32768, 300_000])
        pieces.append(b"%X\r\n%b\r\n" % (len(content[at : at + n]), content[at : at + n]))
        at += n
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(pieces) + b"0\r\n\r\n"


def test_one_connection_with_answers_of_all_sizes() -> None:
    """Small after large, large after small, each kept while the next ones come: none overwrites another."""
    chance = random.Random(11)
    contents = [chance.randbytes(chance.choice([0, 1, 65535, 65536, 70_000, 1 << 20, 3_000_000])) for _ in range(40)]
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            there, _ = listening.accept()
            with there:
                for content in contents:
                    request = b""
                    while not request.endswith(b"\r\n\r\n"):
                        request += there.recv(65536)
                    there.sendall(coded(content, chance))

        thread = threading.Thread(target=serve)
        thread.start()
        connection = Connection(Address("http", "127.0.0.1", listening.getsockname()[1]), Settings(), None, None)
        spares, kept = Spares(), []
        for _ in contents:
            connection.send("GET", "/", {}, None, 10)
            kept.append(connection.receive(spares).body)
        connection.close()
        thread.join(10)
    assert [len(body) for body in kept] == [len(content) for content in contents]
    assert all(bytes(body) == content for body, content in zip(kept, contents, strict=True))


def test_more_than_the_answer_ends_the_connection() -> None:
    for data in (LENGTH, CHUNKS):
        with sent([data + b"HTTP/1.1 200 OK\r\n"]) as port:
            answer, kept = ours(port)
        assert (answer.body, kept) == (b"[[1,2]]", False)


def given_up(port: int, timeout: float) -> float:
    """Seconds until a request is given up because nothing comes."""
    start = time.monotonic()
    with pytest.raises(Broken) as caught:
        ours(port, timeout=timeout)
    assert caught.value.timed_out
    return time.monotonic() - start


@pytest.mark.parametrize("have", [0, 20, len(LENGTH) - 3])
def test_a_server_that_stops_in_the_middle(have: int) -> None:
    with sent([LENGTH[:have]], pause=0.6) as port:
        assert 0.25 < given_up(port, 0.3) < 0.55


def test_signals_do_not_end_it() -> None:
    """PEP 475: with a handler that raises nothing, the wait goes on; and the timeout is that of the whole wait."""
    seen = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with sent([LENGTH[:30], LENGTH[30:50], LENGTH[50:]], pause=0.2) as port:
            answer, _ = ours(port, timeout=0.5)
        assert answer.body == b"[[1,2]]" and len(seen) >= 3
        with sent([LENGTH[:30]], pause=0.6) as port:
            assert 0.25 < given_up(port, 0.3) < 0.55
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_another_thread_ends_the_wait() -> None:
    with sent([LENGTH[:30]], pause=0.8) as port:
        connection = Connection(Address("http", "127.0.0.1", port), Settings(), None, None)
        connection.send("GET", "/", {}, None, 10)
        timer = threading.Timer(0.2, connection.abort)
        timer.start()
        start = time.monotonic()
        with pytest.raises(Broken) as caught:
            connection.receive(Spares())
        assert time.monotonic() - start < 0.7 and not caught.value.timed_out


# ---- requests ----


def requested(method: str, path: str, headers: dict[str, str], body: bytes | None) -> bytes:
    """What http.client sends."""
    got: list[bytes] = []
    plain = http.client.HTTPConnection("example.org", 8080)
    plain.send = got.append  # type: ignore[method-assign]
    plain.request(method, path, body=body, headers=headers)
    return b"".join(got)


def test_requests_are_those_of_http_client() -> None:
    writer = Writer(http.client.HTTPConnection("example.org", 8080))
    headers = {"X-Trino-User": "ann", "Accept-Encoding": "identity"}
    cases: list[tuple[str, str, dict[str, str], bytes | None]] = [
        ("POST", "/v1/statement", headers, b"select 1"), ("GET", "/v1/a?b=1", headers, None),
        ("GET", "/v1/a?b=2", headers, None), ("GET", "/v1/a?b=2", {**headers, "X-Trino-User": "caf\xe9"}, None),
        ("DELETE", "/v1/a?b=2", headers, None), ("GET", "", headers, None), ("POST", "/x", headers, None),
        ("GET", "/%7b?x=" + "y" * 3000, headers, None), ("POST", "/v1/statement", headers, b"select 2"),
        ("GET", "http://other:99/v1", {**headers, "Host": "other:99"}, None),
    ]  # fmt: skip
    for case in cases * 2:
        assert writer.message(*case) == requested(*case)


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/\x7f", "/\0"])
def test_paths_that_would_be_two_lines(path: str) -> None:
    writer = Writer(http.client.HTTPConnection("example.org", 8080))
    writer.message("GET", "/a", {"X": "y"}, None)
    with pytest.raises(http.client.InvalidURL):
        writer.message("GET", path, {"X": "y"}, None)
    assert writer.message("GET", "/b", {"X": "y"}, None) == requested("GET", "/b", {"X": "y"}, None)


def test_a_header_of_two_lines() -> None:
    with pytest.raises(ValueError, match="Invalid header value"):
        Writer(http.client.HTTPConnection("example.org", 8080)).message("GET", "/a", {"X": "y\r\nZ: 1"}, None)


def test_a_large_request() -> None:
    """More than the socket takes at once: the rest waits for the server."""
    body = random.Random(3).randbytes(8 << 20)
    got = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            there, _ = listening.accept()
            with there:
                time.sleep(0.2)
                while b"\r\n\r\n" not in got or len(got) - got.index(b"\r\n\r\n") - 4 < len(body):
                    got.extend(there.recv(1 << 20))
                there.sendall(LENGTH)

        thread = threading.Thread(target=serve)
        thread.start()
        connection = Connection(Address("http", "127.0.0.1", listening.getsockname()[1]), Settings(), None, None)
        connection.send("POST", "/", {}, body, 10)
        assert connection.receive(Spares()).body == b"[[1,2]]"
        connection.close()
        thread.join(10)
    assert got.endswith(body)


def test_idle_connections_that_the_server_has_closed_are_not_used_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        pool = Pool(Address("http", "127.0.0.1", listening.getsockname()[1]), Settings(), None)
        connection = pool.take()
        connection._http.connect()
        there, _ = listening.accept()
        assert connection.usable() and not connection.readable()
        there.sendall(b"unasked")
        deadline = time.monotonic() + 5
        while not connection.readable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert connection.readable() and not connection.usable()
        there.close()
        connection.close()
        connection._http.connect()
        there, _ = listening.accept()
        pool.give(connection)
        there.close()
        deadline = time.monotonic() + 5
        while not connection.readable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert pool.take() is not connection
        pool.close()
