"""UTF-8 and SQLWCHAR text against Python's codecs."""

from __future__ import annotations

import random
from types import ModuleType

import pytest

ALPHABET = "ab0 é߀日本\uffff\U00010000😀\U0010ffff"
CODINGS = [(2, "utf-16-le"), (4, "utf-32-le")]


@pytest.mark.parametrize(("size", "coding"), CODINGS)
def test_round_trip(kernel: ModuleType, size: int, coding: str) -> None:
    r = random.Random(11)
    for n in (0, 1, 7, 8, 31, 32, 33, 100):
        for letters in ("ab0 ", ALPHABET):
            text = "".join(r.choice(letters) for _ in range(n))
            utf8, wide = text.encode(), text.encode(coding)
            assert kernel.to_wide(utf8, size, len(wide) // size) == (len(wide) // size, wide, len(utf8))
            assert kernel.from_wide(wide, size, len(utf8)) == (len(utf8), utf8)
            assert kernel.wide_units(utf8, size) == len(wide) // size
            assert kernel.wide_length(wide + bytes(size), size) == len(wide) // size


@pytest.mark.parametrize(("size", "coding"), CODINGS)
def test_room_for_less(kernel: ModuleType, size: int, coding: str) -> None:
    """Only whole characters are written; the bytes needed are those of all."""
    text = "aé日😀b"
    utf8, wide = text.encode(), text.encode(coding)
    for room in range(len(wide) // size):
        units, out, used = kernel.to_wide(utf8, size, room)
        assert out.decode(coding) == utf8[:used].decode()
        assert units <= room < units + 2
    for room in range(len(utf8)):
        need, out = kernel.from_wide(wide, size, room)
        assert need == len(utf8)
        assert text.startswith(out.rstrip(b"\0").decode())


def test_invalid_wide_text_is_refused(kernel: ModuleType) -> None:
    for units in ([0xD800], [0xD800, 0x41], [0xDC00], [0x41, 0xDBFF], [0xDC00, 0xD800]):
        wide = b"".join(u.to_bytes(2, "little") for u in units)
        assert kernel.from_wide(wide, 2, 10)[0] == -1
    for unit in (0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF):
        assert kernel.from_wide(unit.to_bytes(4, "little"), 4, 10)[0] == -1


def test_invalid_utf8_becomes_replacement(kernel: ModuleType) -> None:
    """Each byte that starts no valid character is one U+FFFD, so that lengths and conversion agree."""
    for bad, count in ((b"\xff", 1), (b"\x80", 1), (b"\xc0\x80", 2), (b"\xed\xa0\x80", 3), (b"\xf4\x90\x80\x80", 4),
                       (b"\xe2\x82", 2), (b"\xf0\x9f\x98", 3)):  # fmt: skip
        units, out, used = kernel.to_wide(b"a" + bad + b"b", 2, 20)
        assert out.decode("utf-16-le") == "a" + "\ufffd" * count + "b"
        assert used == len(bad) + 2
        assert kernel.wide_units(b"a" + bad + b"b", 2) == units


def test_floor_is_a_character_border(kernel: ModuleType) -> None:
    text = "aé日😀b"
    borders = [len(text[:i].encode()) for i in range(len(text) + 1)]
    for cut in range(len(text.encode()) + 1):
        assert kernel.floor_at(text.encode(), cut) == max(b for b in borders if b <= cut)
