"""Columns in Arrow layout made from the oracle's Python values."""

from __future__ import annotations

import datetime
import struct
import uuid
from collections.abc import Sequence
from fractions import Fraction
from types import ModuleType
from typing import Any

from oracle import Interval, Moment, Single

NUMBERS = {
    "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
    "float32": "f", "float64": "d",
}  # fmt: skip
EPOCH = datetime.date(1970, 1, 1)
FILLER = {"uuid": bytes(16), "decimal128": bytes(16), "timestamp_wide": bytes(16), "interval_mdn": bytes(16)}
WIDTH = {"date32": "i", "time64": "q", "timestamp": "q", "interval_months": "i", "interval_duration": "q"}


def moment_seconds(m: Moment) -> Fraction:
    """Seconds since 1970-01-01T00:00:00."""
    assert m.date is not None and m.clock is not None
    return Fraction((m.date - EPOCH).days * 86400) + m.clock


def element(kind: str, value: Any, scale: int) -> bytes:
    """The bytes of one value that is not None, in a buffer of fixed-width elements."""
    if kind in NUMBERS:
        return struct.pack(f"<{NUMBERS[kind]}", value.value if isinstance(value, Single) else value)
    if kind == "decimal128":
        return int(Fraction(value) * 10**scale).to_bytes(16, "little", signed=True)
    if kind == "uuid":
        assert isinstance(value, uuid.UUID)
        return value.bytes
    if kind == "date32":
        return struct.pack("<i", (value.date - EPOCH).days)
    if kind == "time64":
        return struct.pack("<q", int(value.clock * 10**scale))
    if kind == "timestamp":
        return struct.pack("<q", int(moment_seconds(value) * 10**scale // 1))
    if kind == "timestamp_wide":
        whole = moment_seconds(value) // 1
        return struct.pack("<qq", whole, int((moment_seconds(value) - whole) * 10**12))
    if kind == "interval_months":
        return struct.pack("<i", value.months)
    if kind == "interval_duration":
        return struct.pack("<q", int(value.seconds * 10**scale))
    assert kind == "interval_mdn" and isinstance(value, Interval)
    seconds = value.seconds or Fraction(0)
    days = int(seconds / 86400)
    return struct.pack("<iiq", value.months or 0, days, int((seconds - days * 86400) * 10**9))


def bitmap(bits: Sequence[bool]) -> bytes:
    out = bytearray((len(bits) + 7) // 8)
    for i, bit in enumerate(bits):
        out[i // 8] |= bit << (i % 8)
    return bytes(out)


def column(kernel: ModuleType, kind: str, values: Sequence[Any], scale: int = 0, skip: int = 0) -> Any:
    """A kernel column; `skip` rows stand before row 0 in the buffers (Arrow's offset)."""
    rows = [None] * skip + list(values)
    validity = bitmap([v is not None for v in rows]) if None in rows else None
    data = None
    if kind == "null":
        return kernel.Rows(kind, b"", offset=skip)
    if kind == "bool":
        buffer = bitmap([bool(v) for v in rows])
    elif kind.removeprefix("large_") in ("text", "binary", "decimal_text"):
        if kind == "decimal_text":
            rows = [None if v is None else f"{v:.{scale}f}" for v in rows]
        parts = [v.encode("utf-8", "surrogateescape") if isinstance(v, str) else v or b"" for v in rows]
        ends = [0]
        for part in parts:
            ends.append(ends[-1] + len(part))
        buffer = struct.pack(f"<{len(ends)}{'q' if kind.startswith('large') else 'i'}", *ends)
        data = b"".join(parts)
    else:
        filler = FILLER.get(kind) or bytes(struct.calcsize(NUMBERS.get(kind) or WIDTH[kind]))
        buffer = b"".join(filler if v is None else element(kind, v, scale) for v in rows)
    return kernel.Rows(kind, buffer, data, validity, scale, skip)
