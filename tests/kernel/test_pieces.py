"""SQLGetData in pieces: the pieces joined are the value, none splits a character, each length is what was left."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest

from arrow_columns import column
from oracle import SQL, C


def pieces(
    kernel: ModuleType, rows: Any, c_type: int, capacity: int, sql_type: int, wchar_size: int
) -> list[tuple[str, bytes, int]]:
    """Every piece up to SQL_NO_DATA as (SQLSTATE, bytes without terminator, length)."""
    nul = {C["CHAR"]: 1, C["WCHAR"]: wchar_size}.get(c_type, 0)
    position, found = 0, []
    for _ in range(10_000):
        state, out, length, position = kernel.cell(
            rows, 0, capacity, position, sql_type=sql_type, c_type=c_type, wchar_size=wchar_size
        )
        if state == "NODATA":
            return found
        whole = state == "00000"
        filled = length if whole else capacity - capacity % max(nul, 1) - nul
        if not whole and nul:
            # A piece may end before the buffer does when the next character does not fit: it ends at the terminator.
            unit = nul
            units = [out[i : i + unit] for i in range(0, len(out) - unit + 1, unit)]
            filled = unit * units.index(bytes(unit))
        found.append((state, out[:filled], length))
    raise AssertionError("the value never ended")


@pytest.mark.parametrize("capacity", [5, 6, 7, 8, 9, 16, 17, 64, 1024])
@pytest.mark.parametrize(
    ("c_name", "wchar_size", "coding"), [("CHAR", 2, "utf-8"), ("WCHAR", 2, "utf-16-le"), ("WCHAR", 4, "utf-32-le")]
)
def test_text(kernel: ModuleType, capacity: int, c_name: str, wchar_size: int, coding: str) -> None:
    if c_name == "WCHAR":
        # A surrogate pair and the terminator, or no piece could end.
        capacity = max(capacity, 3 * wchar_size)
    r = random.Random(capacity)
    for size in (0, 1, 5, 63, 300):
        text = "".join(r.choice("abcdefgh éß日本😀") for _ in range(size))
        found = pieces(kernel, column(kernel, "text", [text]), C[c_name], capacity, SQL["VARCHAR"], wchar_size)
        whole = text.encode(coding)
        assert b"".join(p for _, p, _ in found) == whole
        left = len(whole)
        for state, piece, length in found:
            piece.decode(coding)
            assert length == left
            left -= len(piece)
            assert state == ("01004" if left else "00000")


@pytest.mark.parametrize("capacity", [1, 2, 3, 7, 100])
def test_bytes(kernel: ModuleType, capacity: int) -> None:
    data = random.Random(3).randbytes(64)
    found = pieces(kernel, column(kernel, "binary", [data]), C["BINARY"], capacity, SQL["VARBINARY"], 2)
    assert b"".join(p for _, p, _ in found) == data
    assert [n for _, _, n in found] == list(range(64, 0, -capacity))


@pytest.mark.parametrize(("c_name", "capacity"), [("CHAR", 3), ("CHAR", 4), ("CHAR", 10), ("WCHAR", 6), ("WCHAR", 9)])
def test_bytes_as_hexadecimal(kernel: ModuleType, c_name: str, capacity: int) -> None:
    data = random.Random(4).randbytes(21)
    found = pieces(kernel, column(kernel, "binary", [data]), C[c_name], capacity, SQL["VARBINARY"], 2)
    text = b"".join(p for _, p, _ in found).decode("utf-16-le" if c_name == "WCHAR" else "ascii")
    assert bytes.fromhex(text) == data
    assert all(len(p) % (4 if c_name == "WCHAR" else 2) == 0 for _, p, _ in found)


def test_numbers_in_pieces(kernel: ModuleType) -> None:
    """The first piece holds all whole digits (22003 otherwise); the rest follows."""
    rows = column(kernel, "decimal128", ["1234.5678"], 4)
    assert kernel.cell(rows, 0, 4, sql_type=3, c_type=1)[0] == "22003"
    found = pieces(kernel, rows, C["CHAR"], 6, SQL["DECIMAL"], 2)
    assert [(p, n) for _, p, n in found] == [(b"1234.", 9), (b"5678", 4)]


def test_fixed_length_is_given_once(kernel: ModuleType) -> None:
    rows = column(kernel, "int32", [7])
    state, out, length, position = kernel.cell(rows, 0, 0, sql_type=4, c_type=4)
    assert (state, out, length) == ("00000", b"\7\0\0\0", 4)
    assert kernel.cell(rows, 0, 0, position, sql_type=4, c_type=4)[0] == "NODATA"


def test_empty_text_and_null_are_given_once(kernel: ModuleType) -> None:
    for value, length in (("", 0), (None, -1)):
        rows = column(kernel, "text", [value, "x"])
        first = kernel.cell(rows, 0, 8, sql_type=12, c_type=1)
        assert first[0] == "00000" and first[2] == length
        assert kernel.cell(rows, 0, 8, first[3], sql_type=12, c_type=1)[0] == "NODATA"


def test_terminator_alone_makes_no_progress(kernel: ModuleType) -> None:
    """A buffer for the terminator only: 01004 with the whole length, and the value is still there."""
    rows = column(kernel, "text", ["abc"])
    assert kernel.cell(rows, 0, 1, sql_type=12, c_type=1) == ("01004", b"\0", 3, 0)
    assert kernel.cell(rows, 0, 0, sql_type=12, c_type=1) == ("01004", b"", 3, 0)
    assert kernel.cell(rows, 0, 3, sql_type=12, c_type=-8) == ("01004", b"\0\0\xee", 6, 0)


@pytest.mark.parametrize("letters", ["abcdef", "aé日😀"])
def test_five_megabytes_as_wide_text(kernel: ModuleType, letters: str) -> None:
    """What follows a piece is counted once, not again for every piece; each length is what was left."""
    text = letters * (5_000_000 // len(letters.encode()))
    whole = text.encode("utf-16-le")
    got, left = [], len(whole)
    for state, out, length in kernel.all_pieces(column(kernel, "text", [text]), 0, 1024, sql_type=12, c_type=-8):
        assert length == left
        # One unit less where a surrogate pair did not fit before the terminator.
        end = 1020 if out[1020:1022] == b"\0\0" else 1022
        out = out[: end if state == "01004" else length]
        got.append(out)
        left -= len(out)
    assert b"".join(got) == whole
