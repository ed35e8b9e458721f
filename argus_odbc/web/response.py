"""http.client's answer, with its head read line by line.

`http.client` has it read by the parser of e-mails, which took a fifth of all Python that an answer needs.
"""

from __future__ import annotations

import http.client
import io
import socket
from typing import Any

LONGEST_LINE, MOST_FIELDS = 65536, 100
"""Bytes, and lines, of a head: the limits of http.client."""


class Received:
    """A socket for `Response`, of which some bytes have been received already; without the socket itself: all of them."""

    def __init__(self, data: bytes, sock: socket.socket | None = None) -> None:
        self._data, self._sock = data, sock

    def makefile(self, mode: str) -> io.BufferedIOBase:
        if self._sock is None:
            return io.BytesIO(self._data)
        return io.BufferedReader(_Continued(self._data, self._sock), 65536)


class _Continued(io.RawIOBase):
    """Bytes, and what comes behind them."""

    def __init__(self, data: bytes, sock: socket.socket) -> None:
        self._data, self._sock = memoryview(data), sock

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        n = min(len(room), len(self._data))
        if n == 0:
            return self._sock.recv_into(room)
        room[:n] = self._data[:n]
        self._data = self._data[n:]
        return n


class Response(http.client.HTTPResponse):
    """For `HTTPConnection.response_class`."""

    fields: dict[str, list[str]]
    """Names in lower case; a field that comes several times has several values."""

    def begin(self) -> None:
        """Read the head, and find out how long the body is (RFC 9112, 6.3)."""
        if hasattr(self, "fields"):
            return
        while True:
            version, status, self.reason = self._read_status()  # type: ignore[attr-defined]
            self.fields = self._read_fields()
            # An interim answer; the connection was not asked to become anything else (101).
            if not 100 <= status < 200 or status == 101:
                break
        self.reason = self.reason.strip()
        self.code = self.status = status
        if not version.startswith("HTTP/1."):
            raise http.client.UnknownProtocol(version)
        self.version = 10 if version == "HTTP/1.0" else 11
        self.chunked = self._field("transfer-encoding") == "chunked"
        self.chunk_left = None
        length = self._field("content-length")
        self.length = int(length) if length.isdecimal() and not self.chunked else None
        if status in (101, 204, 304) or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        connection = self._field("connection")
        if self.version == 11:
            self.will_close = "close" in connection
        else:
            kept = "keep-alive" in connection or "keep-alive" in self._field("proxy-connection")
            self.will_close = not (kept or "keep-alive" in self.fields)
        if not self.chunked and self.length is None:
            self.will_close = True

    def _field(self, name: str) -> str:
        """The first value in lower case, or nothing."""
        return self.fields.get(name, [""])[0].lower()

    def _read_fields(self) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = {}
        last: list[str] = []
        for _ in range(MOST_FIELDS + 1):
            line = self.fp.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:
                raise http.client.LineTooLong("header line")
            if not line.endswith(b"\n"):
                # http.client takes the end of the connection for the end of the head.
                raise http.client.IncompleteRead(line)
            text = line.decode("latin-1").rstrip("\r\n")
            if not text:
                return fields
            if text[0] in " \t" and last:
                # A folded line of old.
                last[-1] += " " + text.strip()
                continue
            name, colon, value = text.partition(":")
            if not colon:
                raise http.client.BadStatusLine(text[:80])
            last = fields.setdefault(name.strip().lower(), [])
            last.append(value.strip())
        raise http.client.HTTPException(f"the answer has more than {MOST_FIELDS} header lines")
