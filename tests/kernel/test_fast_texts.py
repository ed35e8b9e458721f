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


FIELDS = "<hHHHHHI"


def fields(seconds: int, nanos: int) -> tuple[int, ...]:
    at = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    return (at.year, at.month, at.day, at.hour, at.minute, at.second, nanos)


@pytest.mark.parametrize("scale", [0, 3, 6, 9, "wide"])
@pytest.mark.parametrize("zone", [None, 19_800, -12_600])
def test_timestamps_as_structs(scale: int | str, zone: int | None) -> None:
    """Every day of ten thousand years, or of those that 64 bits of nanoseconds hold, at any time of it; every ninth is NULL."""
    dice = random.Random(str(scale))
    first, last = (-106_000, 106_000) if scale == 9 else (-719_161, 2_932_895)
    days = list(range(first, last + 1, 1 if scale == 9 else 7))
    seconds = [day * 86_400 + dice.choice([0, 1, 59, 60, 3599, 3600, 86_399, dice.randrange(86_400)]) for day in days]
    digits = 9 if scale == "wide" else int(scale)
    nanos = [dice.choice([0, 10**digits - 1, dice.randrange(10**digits)]) * 10 ** (9 - digits) for _ in days]
    if scale == "wide":
        column = b"".join(struct.pack("<qq", s, 1000 * n) for s, n in zip(seconds, nanos, strict=True))
    else:
        units = [s * 10**digits + n // 10 ** (9 - digits) for s, n in zip(seconds, nanos, strict=True)]
        column = struct.pack(f"<{len(units)}q", *units)
    bits = bytearray(b"\xff" * (len(days) // 8 + 1))
    for i in range(0, len(days), 9):
        bits[i >> 3] &= ~(1 << (i & 7))
    table = None if zone is None else (struct.pack("<q", -(2**63)), struct.pack("<i", zone))
    kind = "timestamp_wide" if scale == "wide" else "timestamp"
    rows = kernel.Rows(kind, column, validity=bytes(bits), scale=0 if scale == "wide" else scale, zone=table)
    raised, _, data, lengths, _ = kernel.block(rows, 0, len(days), 16, 16, 8, sql_type=93, c_type=93)
    assert raised == 0
    for i, got in enumerate(struct.iter_unpack(FIELDS, bytes(data[: 16 * len(days)]))):
        if i % 9:
            assert (got, lengths[i]) == (fields(seconds[i] + (zone or 0), nanos[i]), 16), days[i]
        else:
            assert lengths[i] == -1


# Days since 1970 by the calendar's own rule, which goes on beyond the years that datetime has: 146097 days in 400 years.
OUTERMOST = [
    (-62_135_596_801, (0, 12, 31, 23, 59, 59, 0)),
    (-62_135_596_800, (1, 1, 1, 0, 0, 0, 0)),
    (253_402_300_799, (9999, 12, 31, 23, 59, 59, 0)),
    (253_402_300_800, (10_000, 1, 1, 0, 0, 0, 0)),
    (-719_528 * 86_400 - 146_097 * 86_400, (-400, 1, 1, 0, 0, 0, 0)),
]


@pytest.mark.parametrize("wide", [False, True])
def test_years_that_few_have_stand_among_others(wide: bool) -> None:
    """Each of them makes the whole piece of rows go another way, to the same effect."""
    usual = [(s, fields(s, 0)) for s in range(-(10**9), 10**9, 31_000_001)]
    for far in OUTERMOST:
        given = [*usual, far, *usual]
        if wide:
            column = b"".join(struct.pack("<qq", s, 0) for s, _ in given)
            rows = kernel.Rows("timestamp_wide", column)
        else:
            rows = kernel.Rows("timestamp", struct.pack(f"<{len(given)}q", *(s for s, _ in given)), scale=0)
        raised, _, data, _, _ = kernel.block(rows, 0, len(given), 16, 16, 8, sql_type=93, c_type=93)
        assert raised == 0
        assert list(struct.iter_unpack(FIELDS, bytes(data[: 16 * len(given)]))) == [want for _, want in given]


def test_a_picosecond_among_timestamps_is_the_only_one_that_is_cut() -> None:
    column = b"".join(struct.pack("<qq", s, 1 if s == 50 else 0) for s in range(100))
    rows = kernel.Rows("timestamp_wide", column)
    raised, statuses, data, _, _ = kernel.block(rows, 0, 100, 16, 16, 8, sql_type=93, c_type=93)
    assert raised == 1
    assert [i for i, status in enumerate(statuses) if status == "01S07"] == [50]
    assert list(struct.iter_unpack(FIELDS, bytes(data[:1600]))) == [fields(s, 0) for s in range(100)]
