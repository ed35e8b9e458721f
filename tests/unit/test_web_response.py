"""The head of an HTTP answer: what http.client's own reader makes of the same bytes, and the few cases where we differ."""

from __future__ import annotations

import http.client
import io
from typing import Any

import pytest

from argus_odbc.web.response import MOST_FIELDS, Response

HEADS = [
    (b"HTTP/1.1 200 OK", [b"Content-Length: 4", b"Content-Type: application/json; charset=utf-8"]),
    (b"HTTP/1.1 200 OK", [b"content-length:4", b"CONNECTION: Close"]),
    (b"HTTP/1.1 200", [b"Content-Length:\t 4 \t"]),
    (b"HTTP/1.1 200 OK", [b"Transfer-Encoding: Chunked", b"Content-Length: 3"]),
    (b"HTTP/1.1 200 OK", []),
    (b"HTTP/1.1 200 OK", [b"Content-Length: -1"]),
    (b"HTTP/1.1 200 OK", [b"Content-Length: many"]),
    (b"HTTP/1.1 204 No Content", [b"Set-Cookie: a=1; Path=/", b"set-cookie: b=2"]),
    (b"HTTP/1.1 304 Not Modified", [b"Content-Length: 9"]),
    (b"HTTP/1.0 200 OK", [b"Content-Length: 4"]),
    (b"HTTP/1.0 200 OK", [b"Content-Length: 4", b"Connection: keep-alive"]),
    (b"HTTP/1.0 200 OK", [b"Content-Length: 4", b"Keep-Alive: timeout=5"]),
    (b"HTTP/1.0 200 OK", [b"Content-Length: 4", b"Proxy-Connection: keep-alive"]),
    (b"HTTP/1.1 503 Service Unavailable", [b"Retry-After: 2", b"Content-Length: 4"]),
    (b"HTTP/1.1 200 OK", [b"X-Trino-Set-Path: caf\xe9", b"X-Empty:", b"Content-Length: 4"]),
    (b"HTTP/1.1 200 OK", [b"X-A: 1:2:3", b"Content-Length: 4"]),
]


class Wire:
    """A socket of which only the reader is used."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(io.BytesIO(self.data))  # type: ignore[arg-type]


def begun(kind: type[Any], data: bytes, method: str = "GET") -> Any:
    response = kind(Wire(data), method=method)
    response.begin()
    return response


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize(("status", "lines"), HEADS)
def test_heads(status: bytes, lines: list[bytes], end: bytes, method: str) -> None:
    body = b"4\r\nrows\r\n0\r\n\r\n" if b"Transfer" in b"".join(lines) else b"rows"
    data = end.join([status, *lines, b"", b""]) + body
    ours, theirs = begun(Response, data, method), begun(http.client.HTTPResponse, data, method)
    for name in ("status", "reason", "version", "length", "chunked", "will_close"):
        assert getattr(ours, name) == getattr(theirs, name), name
    expected: dict[str, list[str]] = {}
    for name, value in theirs.getheaders():
        expected.setdefault(name.lower(), []).append(value.strip())
    assert ours.fields == expected
    assert ours.read() == theirs.read()


def test_interim_answers_are_passed_over() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    response = begun(Response, interim + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
    assert (response.status, response.fields, response.read()) == (200, {"content-length": ["2"]}, b"[]")


def test_folded_lines() -> None:
    """RFC 9112, 5.2: each fold is one or more spaces."""
    response = begun(Response, b"HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\n\tc\r\nContent-Length: 0\r\n\r\n")
    assert response.fields["x-long"] == ["a b c"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", http.client.RemoteDisconnected),
        (b"SSH-2.0-OpenSSH_9\r\n", http.client.BadStatusLine),
        (b"HTTP/2 200 OK\r\n\r\n", http.client.UnknownProtocol),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", http.client.BadStatusLine),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, http.client.LineTooLong),
        (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * (MOST_FIELDS + 1) + b"\r\n", http.client.HTTPException),
    ],
)
def test_what_is_no_answer(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        begun(Response, data)
