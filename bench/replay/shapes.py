"""The four results that are replayed, as columns of known values, and what their cells sum up to."""

from __future__ import annotations

import copy
import datetime
import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bench.common import require

DAY_ZERO = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Column:
    """A column of one page: its type and its values (None is NULL)."""

    name: str
    type: str
    """int, bigint, double, decimal(15,2), date, timestamp, string or long string."""
    values: Sequence[Any]

    @property
    def letter(self) -> str:
        """How harness.c binds it."""
        letters = {"int": "l", "bigint": "i", "double": "d", "date": "D", "timestamp": "T", "long string": "S"}
        return letters.get(self.type, "s")

    def sum(self) -> float:
        """What harness.c sums up: numbers, bytes of text, days and seconds since 1970."""
        present = [v for v in self.values if v is not None]
        if self.type == "date":
            return sum((v - DAY_ZERO).days for v in present)
        if self.type == "timestamp":
            return sum(int(v.replace(tzinfo=datetime.UTC).timestamp()) for v in present)
        if self.type in ("int", "bigint", "double"):
            return sum(present)
        return sum(len(str(v).encode()) for v in present)

    def bytes(self) -> int:
        """Each byte of its texts times the byte's place in its text, from 1; 0 where it is not bound as text."""
        if self.letter not in "sS":
            return 0
        return sum(sum(map(operator.mul, str(v).encode(), itertools.count(1))) for v in self.values if v is not None)


Shape = Sequence[Column]


def orders(rows: int) -> Shape:
    """Six columns with two decimals and a date."""
    ids = range(rows)
    first = datetime.date(1992, 1, 1)
    return [
        Column("orderkey", "bigint", [i * 7 + 1 for i in ids]),
        Column("custkey", "bigint", [i * 31 % 150_000 for i in ids]),
        Column("status", "string", ["OFP"[i % 3] for i in ids]),
        Column("totalprice", "decimal(15,2)", [Decimal(85_771 + i * 977 % 50_000_000).scaleb(-2) for i in ids]),
        Column("discount", "decimal(15,2)", [Decimal(i % 11).scaleb(-2) for i in ids]),
        Column("orderdate", "date", [first + datetime.timedelta(i * 17 % 2400) for i in ids]),
    ]


def ints(rows: int) -> Shape:
    """Twenty 32-bit integers."""
    return [Column(f"i{k}", "int", [(i * 1_103_515_245 + k) % 2**31 for i in range(rows)]) for k in range(20)]


def doubles(rows: int) -> Shape:
    """Twenty doubles, exact in binary, so that their sum is."""
    return [Column(f"d{k}", "double", [(i % 65_536) / 16 + k for i in range(rows)]) for k in range(20)]


def mixed(rows: int) -> Shape:
    """Ten columns of all kinds, with NULLs and with short and long strings."""
    ids = range(rows)
    epoch = datetime.datetime(2000, 1, 1)
    return [
        Column("a", "bigint", [None if i % 7 == 0 else i << 20 for i in ids]),
        Column("b", "int", [i % 1000 for i in ids]),
        Column("c", "double", [None if i % 11 == 0 else i / 8 for i in ids]),
        Column("d", "decimal(15,2)", [None if i % 13 == 0 else Decimal(i * 101).scaleb(-2) for i in ids]),
        Column("e", "date", [None if i % 17 == 0 else DAY_ZERO + datetime.timedelta(i % 20_000) for i in ids]),
        Column("f", "timestamp", [epoch + datetime.timedelta(seconds=i * 61) for i in ids]),
        Column("g", "string", ["" if i % 5 == 0 else f"short {i % 100}" for i in ids]),
        Column("h", "string", [None if i % 3 else f"Übung {i % 50} – Zürich" for i in ids]),
        Column("i", "long string", [f"{i:08d} " + "lorem ipsum dolor sit amet " * (i % 12) for i in ids]),
        Column("j", "long string", [None if i % 19 == 0 else "x" * (i % 300) for i in ids]),
    ]


SHAPES = {"orders": orders, "ints": ints, "doubles": doubles, "mixed": mixed}


class Known:
    """What a result of `pages` times one page has to come to."""

    def __init__(self, shape: Shape, pages: int) -> None:
        self.letters = "".join(c.letter for c in shape)
        self.rows = len(shape[0].values) * pages
        self._sums, self._bytes, self._pages = [c.sum() for c in shape], [c.bytes() for c in shape], pages

    def prove(self, what: str, got: dict[str, Any]) -> None:
        """Refuse an answer of harness.c or Jdbc.java that is not the one that was sent."""
        sums = [s * self._pages for s in self._sums]
        require(f"rows and sums of {what}", (got["rows"], [round(s, 3) for s in got["sums"]]), (self.rows, sums))
        if "bytes" in got:
            require(f"bytes of the texts of {what}", got["bytes"], [b * self._pages for b in self._bytes])

    def part(self, pages: int) -> Known:
        """The same of another number of pages."""
        other = copy.copy(self)
        other.rows, other._pages = self.rows // self._pages * pages, pages
        return other
