"""The native core's helpers that backends use, most with a slow equivalent where the core is not built.

Besides `argus_odbc.driver` the only module that imports `argus_odbc._core`, and that not before it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TException, TType
from thrift.transport.TTransport import TMemoryBuffer

MORE = -1
"""The message goes on."""
ALIEN = -2
"""The bytes are no Thrift message."""

CLOSED, SURPLUS, HALF = -1, -3, -4
"""Why `WireLine.exchange` has no answer, besides ALIEN: the other side has closed, bytes follow the answer, an earlier caller
has left in the middle."""


WHOLE, NO_ROOM = 0, 1
"""States of Sockets.receive_answer; another one: the answer is cut off, or not of the usual form."""


class Reader(TBinaryProtocol):
    """Reads text as what it is on the wire, bytes that should be UTF-8: what is not becomes U+FFFD."""

    def readString(self) -> str:
        return self.readBinary().decode("utf-8", "replace")


class MessageEnd:
    """Finds the end of one Thrift message of which more and more arrives."""

    def __init__(self) -> None:
        self._state = bytearray()
        self._scan, self._missing = _native_scan()

    def find(self, data: bytes | bytearray | memoryview) -> int:
        """The message's length, MORE or ALIEN; `data` is all of the message that has arrived."""
        if self._scan is not None:
            return self._scan(self._state, data)
        return _slow_end(bytes(data))

    def missing(self, have: int) -> int:
        """After MORE: how many bytes are still to come at least, when `have` have arrived."""
        return self._missing(self._state, have) if self._missing is not None else 1


def wire_memory(size: int) -> Any:
    """Memory to receive an answer into. The core's (cbridge/bridge_memory.pxi) receives without the GIL and is shared
    with the batches that are decoded from it."""
    try:
        from argus_odbc._core import WireMemory
    except ImportError:
        return bytearray(size)
    return WireMemory(size)


@dataclass(frozen=True)
class Sockets:
    """What the core does with plain sockets (cbridge/bridge_web.pxi)."""

    receive_answer: Callable[[Any, int, int, int, int, float | None], tuple[int, int, int, int, float]]
    send_now: Callable[[int, bytes], int]
    look: Callable[[int], int]


def sockets() -> Sockets | None:
    """None where the core is not built: then Python's own sockets do it."""
    try:
        from argus_odbc._core import look, receive_answer, send_now
    except ImportError:
        return None
    return Sockets(receive_answer, send_now, look)


def arrow_stream(source: object, uuid_columns: Collection[int] = ()) -> Any:
    """The Arrow stream of `source` (`__arrow_c_stream__`) as one that the core drains without the GIL, and whose rest can be
    kept when the connection that it comes out of is needed: ArrowStream (cbridge/bridge_stream.pxi).

    `uuid_columns`: the columns (from 0) whose text is to be read as UUID.
    """
    from argus_odbc._core import ArrowStream

    return ArrowStream(source, uuid_columns)


def wire_line(descriptor: int, framed: bool) -> Any:
    """The core's WireLine (cbridge/bridge_line.pxi): whole messages there and back without the GIL; None without it."""
    try:
        from argus_odbc._core import WireLine
    except ImportError:
        return None
    return WireLine(descriptor, framed)


def page_reader(*given: Any) -> Any:
    """The core's PageReader (cbridge/bridge_line.pxi), which asks for pages of rows without Python."""
    from argus_odbc._core import PageReader

    return PageReader(*given)


def usual_pages() -> Any:
    """A new run of pages (cbridge/bridge_pages.pxi); None where the core is not built."""
    try:
        from argus_odbc._core import UsualPages
    except ImportError:
        return None
    return UsualPages()


def _native_scan() -> tuple[Callable[[bytearray, object], int] | None, Callable[[bytearray, int], int] | None]:
    try:
        from argus_odbc._core import hs2_missing, hs2_scan
    except ImportError:
        return None, None
    return hs2_scan, hs2_missing


def _slow_end(data: bytes) -> int:
    if data[:2] != b"\x80\x01"[: len(data)]:
        return ALIEN
    transport = TMemoryBuffer(data)
    protocol = Reader(transport)
    try:
        protocol.readMessageBegin()
        protocol.skip(TType.STRUCT)
    except EOFError:
        return MORE
    except (TException, ValueError, RecursionError):
        return ALIEN
    return transport.cstringio_buf.tell()


def json_members(data: bytes) -> list[tuple[str, int, int]]:
    """(name, start, end) of each member of a JSON object, without reading the values; ValueError when it is none."""
    try:
        from argus_odbc._core import json_spans
    except ImportError:
        return _slow_members(data)
    return json_spans(data)


def _slow_members(data: bytes) -> list[tuple[str, int, int]]:
    text = data.decode("latin-1")  # positions stay those of the bytes
    decoder, at, found = json.JSONDecoder(), _space(text, 0), []
    if text[at : at + 1] != "{":
        raise ValueError("this is no JSON object")
    at = _space(text, at + 1)
    while text[at : at + 1] != "}":
        if found:
            if text[at : at + 1] != ",":
                raise ValueError("the JSON object is damaged")
            at = _space(text, at + 1)
        name, at = decoder.raw_decode(text, at)
        at = _space(text, at)
        if not isinstance(name, str) or text[at : at + 1] != ":":
            raise ValueError("a member of the JSON object has no value")
        start = _space(text, at + 1)
        _, end = decoder.raw_decode(text, start)
        found.append((name, start, end))
        at = _space(text, end)
    return found


def _space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at
