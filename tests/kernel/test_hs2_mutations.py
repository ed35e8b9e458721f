"""The HiveServer2 decoder against damaged answers: cut at every byte, every byte changed, random damage.

A good answer is written here by hand after Thrift's binary protocol. A damaged one may decode (a changed digit is
still a digit) but must never read outside its bytes, which the sanitizer run of this file proves, and what it
gives must have the shape of a batch.
"""

from __future__ import annotations

import random
import struct

import build

kernel = build.load()

KINDS = [
    ("bool", 0), ("int8", 0), ("int16", 0), ("int32", 0), ("int64", 0), ("float64", 0), ("text", 0), ("binary", 0),
    ("decimal128", 3), ("date32", 0), ("timestamp", 6), ("interval_months", 0), ("interval_duration", 9),
]  # fmt: skip
ROWS = 11
NULLS = b"\x02\x04"  # rows 1 and 10


def listed(type_: int, items: list[bytes]) -> bytes:
    return struct.pack(">BI", type_, len(items)) + b"".join(items)


def text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def field(type_: int, number: int, value: bytes) -> bytes:
    return struct.pack(">BH", type_, number) + value


def column(number: int, type_: int, items: list[bytes]) -> bytes:
    """A TColumn: the union's one field, a struct of values and nulls."""
    inner = field(15, 1, listed(type_, items)) + field(11, 2, text(NULLS)) + b"\0"
    return field(12, number, inner) + b"\0"


def answer() -> bytes:
    """TFetchResultsResp with a column of every wire type and of every kind that arrives as text."""
    rows = range(ROWS)
    columns = [
        column(1, 2, [bytes([i % 2]) for i in rows]),
        column(2, 3, [struct.pack(">b", i - 5) for i in rows]),
        column(3, 6, [struct.pack(">h", i * 1000) for i in rows]),
        column(4, 8, [struct.pack(">i", i * 100_000) for i in rows]),
        column(5, 10, [struct.pack(">q", i * 10**15) for i in rows]),
        column(6, 4, [struct.pack(">d", i / 8) for i in rows]),
        column(7, 11, [text("ä漢😀".encode() * i) for i in rows]),
        column(8, 11, [text(bytes(range(i))) for i in rows]),
        column(7, 11, [text(b"-%d.125" % i) for i in rows]),
        column(7, 11, [text(b"2024-02-%02d" % (i + 1)) for i in rows]),
        column(7, 11, [text(b"2024-02-29 12:34:56.%06d" % i) for i in rows]),
        column(7, 11, [text(b"%d-2" % i) for i in rows]),
        column(7, 11, [text(b"%d 04:05:06.789000000" % i) for i in rows]),
    ]
    rowset = field(10, 1, bytes(8)) + field(15, 2, listed(12, [])) + field(15, 3, listed(12, columns)) + b"\0"
    status = field(12, 1, field(8, 1, bytes(4)) + b"\0")
    return status + field(2, 2, b"\0") + field(12, 3, rowset) + b"\0"


def shape_is_good(result: object) -> None:
    """An error's sentence, or columns that all have the rows that the batch says."""
    if isinstance(result, str):
        assert len(result) > 20, result
        return
    rows, _more, columns = result  # type: ignore[misc]
    assert len(columns) == len(KINDS)
    assert all(len(column) == rows for column in columns)


def test_the_answer_itself_is_good() -> None:
    rows, more, columns = kernel.hs2(answer(), KINDS)
    assert (rows, more) == (ROWS, False)
    assert [c[1] for c in columns] == [None] * len(KINDS)
    assert [c[10] for c in columns] == [None] * len(KINDS)
    assert columns[3][2] == ("int", 200_000)
    assert columns[5][3] == ("float", 0.375)
    assert columns[6][2] == ("bytes", "ä漢😀ä漢😀".encode())
    assert columns[8][2] == ("kept", b"-2.125")
    assert columns[10][2] == ("int", 1_709_210_096_000_002)
    assert columns[11][2] == ("int", 26)


def test_every_cut_is_an_error() -> None:
    good = answer()
    for end in range(len(good)):
        assert isinstance(kernel.hs2(good[:end], KINDS), str), end


def test_every_byte_changed() -> None:
    good = bytearray(answer())
    for at in range(len(good)):
        kept = good[at]
        for value in (0, 1, 0x7F, 0x80, 0xFF, kept ^ 0x01):
            good[at] = value
            shape_is_good(kernel.hs2(bytes(good), KINDS))
        good[at] = kept


def test_random_damage() -> None:
    dice, good = random.Random(7), answer()
    for _ in range(4000):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            kind, at = dice.randrange(4), dice.randrange(len(bad))
            if kind == 0:
                bad[at : at + 4] = struct.pack(
                    ">i", dice.choice([-1, 0, 1, 2**31 - 1, -(2**31), 65536, dice.randrange(2000)])
                )
            elif kind == 1:
                del bad[at : at + dice.randint(1, 40)]
            elif kind == 2:
                bad[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 40)))
            else:
                piece = dice.randrange(len(bad))
                bad[at:at] = bad[piece : piece + dice.randint(1, 100)]
        shape_is_good(kernel.hs2(bytes(bad), KINDS))


def test_the_scanner_never_runs_past_the_bytes() -> None:
    message = (
        struct.pack(">I", 0x80010002) + text(b"FetchResults") + struct.pack(">I", 1) + field(12, 0, answer()) + b"\0"
    )
    assert kernel.hs2_scan(bytearray(), message) == len(message)
    for end in range(len(message)):
        assert kernel.hs2_scan(bytearray(), message[:end]) == -1, end
    dice = random.Random(8)
    for _ in range(3000):
        bad = bytearray(message)
        for _ in range(dice.randint(1, 3)):
            bad[dice.randrange(len(bad))] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
        assert kernel.hs2_scan(bytearray(), bytes(bad)) in {-1, -2, *range(len(bad) + 1)}
