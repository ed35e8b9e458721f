"""Parts of a result that are not Arrow objects: bytes for a native decoder, or rows made on this side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from argus_odbc.types import Column


@dataclass(frozen=True)
class HS2Rows:
    """The bytes of a TFetchResultsResp (TBinaryProtocol struct, without message header) with columnar rows.

    `kinds` has one entry per column: (column kind name, scale), for instance ("DECIMAL128", 2), ("DATE32", 0),
    ("TIMESTAMP", 6), ("TEXT", 0), ("INT32", 0): the target of the decoder for what the wire sends as text.
    """

    payload: bytes | bytearray | memoryview
    kinds: Sequence[tuple[str, int]]
    further: Any = None
    """The core's PageReader for the pages behind this one, where the reader's thread may ask for them by itself."""


@dataclass(frozen=True)
class TrinoRows:
    """A JSON array of rows as Trino sends it: bytes start .. end-1 of `payload`.

    `specs` has one entry per column: (column kind name, scale, zoned, code). zoned: timestamps with the zone's name
    behind them, which become UTC. code: the form of a nested type (cbridge/kernel/trinonested.pxi), else empty.
    `zones` keeps what has been looked up between the parts of one result. `dropped` is called when the bytes are not needed
    any more, unless the result is being closed. `pages`: the core's UsualPages, where the pages that follow may be read by it.
    """

    payload: bytes | bytearray | memoryview
    start: int
    end: int
    specs: Sequence[tuple[str, int, bool, bytes]]
    zones: dict[bytes, tuple[bytes, bytes]]
    dropped: Callable[[], None] | None = None
    pages: object = None


@dataclass(frozen=True)
class Rows:
    """Rows made on this side: catalog results, type info. The core turns them into one batch.

    Values are None, int or str; an int column is one whose `Column.sql_type` is an integer type.
    """

    columns: Sequence[Column]
    rows: Sequence[tuple[int | str | None, ...]]
