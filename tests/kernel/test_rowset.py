"""put_rows gives for every row what put_cell gives, in column-wise and row-wise layouts."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

import pytest

from arrow_columns import column
from oracle import SQL, C
from test_cells import FLAT

LENGTHS = {"CHAR": (4, 22, 33, 64), "WCHAR": (6, 44, 66, 130), "BINARY": (3, 33, 64)}


def compare(kernel: ModuleType, rows: Any, first: int, n: int, stride: int, ind_stride: int, capacity: int, separate: bool,
            **o: int) -> None:  # fmt: skip
    """One block against n single cells."""
    raised, states, data, lengths, nulls = kernel.block(
        rows, first, n, capacity, stride, ind_stride, True, separate, **o
    )
    bad = 0
    for i in range(n):
        state, out, length, _ = kernel.cell(rows, first + i, capacity, **o)
        bad += state != "00000"
        assert states[i] == state, (i, o)
        if length is None:
            continue
        if length == -1:
            assert (nulls if separate else lengths)[i] == -1
            continue
        assert lengths[i] == length and (not separate or nulls[i] == 0), (i, o)
        got = data[i * stride :][: len(out)]
        known = [k for k, byte in enumerate(out) if byte != 0xEE]
        assert [got[k] for k in known] == [out[k] for k in known], (i, o)
    assert raised == bad


@pytest.mark.parametrize(("kind", "scale", "sql_name", "values"), FLAT, ids=[f"{k}-{s}" for k, _, s, _ in FLAT])
def test_equal_to_single_cells(kernel: ModuleType, kind: str, scale: int, sql_name: str, values: list[Any]) -> None:
    r = random.Random(5)
    for nulls in (False, True):
        sample = [r.choice(values) for _ in range(40)]
        if nulls:
            sample = [None if r.random() < 0.3 else v for v in sample]
        rows = column(kernel, kind, sample, scale, skip=5)
        for c_name, c_type in C.items():
            for capacity in LENGTHS.get(c_name, (kernel.type_size(c_type),)):
                o = {"sql_type": SQL[sql_name], "c_type": c_type, "leading": 3, "precision": 6}
                compare(kernel, rows, 0, 40, capacity, 8, capacity, False, **o)
                compare(kernel, rows, 3, 20, capacity + 13, capacity + 13, capacity, True, **o)
                if c_name == "WCHAR":
                    compare(kernel, rows, 0, 40, 2 * capacity, 8, 2 * capacity, False, **o, wchar_size=4)


def test_null_without_indicator_in_a_block(kernel: ModuleType) -> None:
    for kind, value, sql_type, c_type in (
        ("int32", 1, 4, 4),
        ("text", "a", 12, 1),
        ("text", "a", 12, -8),
        ("date32", None, 91, 91),
    ):
        rows = column(kernel, kind, [value, None, value])
        raised, states, *_ = kernel.block(rows, 0, 3, 16, 16, 8, False, False, sql_type=sql_type, c_type=c_type)
        assert states[1] == "22002"
        assert raised == states.count("22002")


def test_refused_pairs_refuse_every_row(kernel: ModuleType) -> None:
    rows = column(kernel, "int32", [1, 2])
    assert kernel.block(rows, 0, 2, 16, 16, 8, sql_type=4, c_type=91)[:2] == (2, ["07006"] * 2)
    assert kernel.block(rows, 0, 2, 16, 16, 8, sql_type=4, c_type=1234)[:2] == (2, ["HY003"] * 2)


def test_nothing_is_written_beyond_a_value(kernel: ModuleType) -> None:
    """The wide copies of short text stay inside of the row's own buffer."""
    texts = ["abcdefgh" * 4, "x", "yz" * 9]
    rows = column(kernel, "text", texts)
    for c_type, unit in ((1, 1), (-8, 2)):
        capacity = 33 * unit
        data = kernel.block(rows, 0, 3, capacity, capacity + 7, 8, sql_type=12, c_type=c_type)[2]
        for i in range(3):
            assert set(data[i * (capacity + 7) + capacity : (i + 1) * (capacity + 7)]) == {0xEE}
