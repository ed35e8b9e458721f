"""Bodies in chunks (RFC 9112, 7.1), received in large parts and moved together where they are.

`http.client` reads chunk by chunk through a small buffer, which took as long as all else that a large answer needs.
"""

from __future__ import annotations

import socket
from http.client import IncompleteRead
from typing import Any

from argus_odbc.web.spares import Spares

LONGEST_LINE = 4096
"""Bytes that the line before a chunk, or the lines behind the last, may have."""


def receive_chunks(stream: Any, sock: Any, spares: Spares, expected: int) -> tuple[memoryview, int]:
    """The body, and the bytes that it came in. `stream` holds what came with the head; `expected`: how much may come."""
    room = spares.take(expected)
    have = stream.readinto(room[: len(stream.peek(1))])
    body = Chunks(room)
    while (missing := body.walk(have)) > 0:
        if have == len(room):
            # By what has come, not by what the line before a chunk says.
            room = spares.take(2 * have)
            room[:have] = body.room
            body.room = room
        if type(sock) is socket.socket and hasattr(room.obj, "receive"):
            n = room.obj.receive(sock.fileno(), have, min(missing, len(room) - have), len(room), sock.gettimeout())
            # Nothing is the end, or a signal, which Python deals with.
            n = n or sock.recv_into(room[have:])
        else:
            n = stream.readinto1(room[have:])
        if not n:
            raise IncompleteRead(bytes(room[: body.end]))
        have += n
    return room[: body.end], have


class Chunks:
    """The walk over a body, of which more and more arrives in `room`."""

    def __init__(self, room: memoryview) -> None:
        self.room = room
        self.end = 0
        """What is before it is the content of whole chunks."""
        self._at = 0
        """Where the next chunk's line begins."""

    def walk(self, have: int) -> int:
        """Go on as far as `have` bytes go. Bytes that are missing at least; 0: all is there. IncompleteRead for no chunk."""
        while True:
            line = bytes(self.room[self._at : min(have, self._at + LONGEST_LINE)])
            text, found, _ = line.partition(b"\r\n")
            if not found:
                self._check(len(line) < LONGEST_LINE)
                # The shortest end is "0", and two ends of lines.
                return max(1, 5 - len(line))
            digits = text.partition(b";")[0].strip()
            self._check(digits.isalnum() and len(digits) <= 15)
            try:
                size = int(digits, 16)
            except ValueError:
                size = -1
            self._check(size >= 0)
            start = self._at + len(text) + 2
            if size == 0:
                return self._last(line[len(text) :], self._at + len(text), have)
            if have < start + size + 2:
                return start + size + 2 - have
            self._check(bytes(self.room[start + size : start + size + 2]) == b"\r\n")
            self.room[self.end : self.end + size] = self.room[start : start + size]
            self.end += size
            self._at = start + size + 2

    def _last(self, rest: bytes, at: int, have: int) -> int:
        """The empty chunk has come: what is missing of the lines behind it."""
        stop = rest.find(b"\r\n\r\n")
        if stop < 0:
            self._check(len(rest) < LONGEST_LINE // 2)
            return max(1, 4 - len(rest))
        # More than the answer is no answer to what was asked.
        self._check(at + stop + 4 == have)
        return 0

    def _check(self, good: bool) -> None:
        if not good:
            raise IncompleteRead(bytes(self.room[: self.end]))
