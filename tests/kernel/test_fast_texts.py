"""The loops for usual values against Python's own decimal and datetime, value for value."""

from __future__ import annotations

import datetime as dt
import random
import struct
from decimal import Context, Decimal

import pytest

import build

kernel = build.load()


@pytest.mark.parametrize("scale", [0, 1, 2, 8, 14, 15, 16])
def test_decimals_as_characters(scale: int) -> None:
    dice = random.Random(scale)
    edges = [0, 1, 9, 10, 99_999_999, 10**8, 10**15, 10**16 - 1, 10**16, 10**18, 2**63, 10**38 - 1]
    values = [
        sign * v for v in edges + [dice.randrange(10 ** dice.randint(1, 18)) for _ in range(400)] for sign in (1, -1)
    ]
    column = b"".join(v.to_bytes(16, "little", signed=True) for v in values)
    rows = kernel.Rows("decimal128", column, scale=scale)
    raised, _, data, lengths, _ = kernel.block(rows, 0, len(values), 48, 48, 8, sql_type=3, c_type=1)
    assert raised == 0
    for i, v in enumerate(values):
        wanted = f"{Decimal(v).scaleb(-scale, Context(prec=60)):f}" if v else f"{Decimal(0):.{scale}f}"
        assert bytes(data[48 * i : 48 * i + lengths[i] + 1]) == wanted.encode() + b"\0", v


def test_every_day_of_ten_thousand_years_as_a_struct() -> None:
    first = dt.date(1, 1, 1).toordinal() - dt.date(1970, 1, 1).toordinal()
    days = range(first, dt.date(9999, 12, 31).toordinal() - dt.date(1970, 1, 1).toordinal() + 1)
    for begin in range(0, len(days), 100_000):
        part = days[begin : begin + 100_000]
        rows = kernel.Rows("date32", struct.pack(f"<{len(part)}i", *part))
        raised, _, data, _, _ = kernel.block(rows, 0, len(part), 6, 6, 8, sql_type=91, c_type=91)
        assert raised == 0
        got = struct.iter_unpack("<hHH", bytes(data[: 6 * len(part)]))
        for number, fields in zip(part, got, strict=True):
            date = dt.date.fromordinal(number + 719_163)
            assert fields == (date.year, date.month, date.day), number


@pytest.mark.parametrize(("days", "date"), [(-12_687_794, (-32768, 1, 1)), (11_248_737, (32767, 12, 31))])
def test_the_outermost_years_of_a_struct(days: int, date: tuple[int, int, int]) -> None:
    rows = kernel.Rows("date32", struct.pack("<i", days))
    raised, _, data, _, _ = kernel.block(rows, 0, 1, 6, 6, 8, sql_type=91, c_type=91)
    assert (raised, struct.unpack("<hHH", bytes(data[:6]))) == (0, date)
