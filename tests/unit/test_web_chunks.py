"""Bodies in chunks: what http.client reads from the same bytes, however they are cut on their way, and what is no body."""

from __future__ import annotations

import http.client
import random
import socket
import threading
from collections.abc import Iterable

import pytest

from argus_odbc.web.chunks import receive_chunks
from argus_odbc.web.spares import Spares

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def begun(parts: Iterable[bytes]) -> tuple[http.client.HTTPResponse, socket.socket]:
    """A response whose head is read, and the socket that the rest comes on, sent in `parts`."""
    here, there = socket.socketpair()
    here.settimeout(5)

    def send() -> None:
        with there:
            for part in parts:
                try:
                    there.sendall(part)
                except OSError:
                    return

    threading.Thread(target=send, daemon=True).start()
    response = http.client.HTTPResponse(here)
    response.begin()
    return response, here


def received(parts: Iterable[bytes], expected: int = 1 << 16) -> bytes:
    response, sock = begun(parts)
    try:
        body, _ = receive_chunks(response.fp, sock, Spares(), expected)
        return bytes(body)
    finally:
        response.close()
        sock.close()


def read(parts: Iterable[bytes]) -> bytes:
    """The same by the standard library."""
    response, sock = begun(parts)
    try:
        return response.read()
    finally:
        response.close()
        sock.close()


def coded(pieces: Iterable[bytes], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces]
    return HEAD + b"".join(chunks) + b"0" + extension + b"\r\n" + trailer + b"\r\n"


@pytest.mark.parametrize("extension", [b"", b";name=value"])
@pytest.mark.parametrize("trailer", [b"", b"X-Sum: 5\r\nX-More: 6\r\n"])
def test_every_cut(extension: bytes, trailer: bytes) -> None:
    text = coded([b"one", b"\r\n0\r\n\r\n", b"x" * 300], extension, trailer)
    wanted = b"one\r\n0\r\n\r\n" + b"x" * 300
    assert read([text]) == wanted
    for cut in range(len(HEAD), len(text) + 1):
        assert received([text[:cut], text[cut:]]) == wanted, cut


def test_bodies_of_all_sizes() -> None:
    chance = random.Random(5)
    for _ in range(60):
        largest = chance.choice([1, 50, 5000, 100_000])
        text = coded(chance.randbytes(chance.randint(1, largest)) for _ in range(chance.randint(0, 20)))
        parts, at = [], 0
        while at < len(text):
            length = chance.randint(1, chance.choice([3, 10_000, 100_000]) if len(text) < 5000 else 100_000)
            parts.append(text[at : at + length])
            at += length
        assert received(parts, chance.choice([1 << 16, 1 << 20])) == read(parts)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"5\r\nab", b"5\r\nabcde", b"3\r\nabc\r\n", b"3\r\nabc\r\n0\r\n", b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n\r\n",
        b"\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"ffffffffffffff\r\nabc", b"f" * 99 + b"\r\nabc", b"1" * 9000,
        b"0\r\n\r\nmore", b"0\r\n" + b"X: y\r\n" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_body(body: bytes) -> None:
    with pytest.raises(http.client.IncompleteRead):
        received([HEAD + body])
