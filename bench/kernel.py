"""`python -m bench.kernel`: cells per second of the conversion loops and nanoseconds of single cells, at -O3; then the
decoder of Trino's JSON on the pages that are replayed, and on each of their columns.

Not a figure of the issue, but the place to look when one of them falls: 1,000 rows stay in the cache, so this is the
cost of the conversions alone; of the decoder the shortest of some runs, which no other program has disturbed.
"""

from __future__ import annotations

import os
import random
import struct
import sys
from typing import Any

from bench.common import ROOT
from bench.replay.shapes import SHAPES
from bench.replay.trino import PAGE_ROWS, rows_json

ROWS = 1000


def texts(kernel: Any, low: int, high: int, letters: str) -> Any:
    """A text column with values of low to high characters."""
    r = random.Random(1)
    parts = ["".join(r.choices(letters, k=r.randrange(low, high))).encode() for _ in range(ROWS)]
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + len(part))
    return kernel.Rows("text", struct.pack(f"<{ROWS + 1}i", *ends), b"".join(parts))


def pairs(kernel: Any) -> list[tuple[str, Any, int, int, int]]:
    """Name, column, SQL type, C type, buffer bytes of a row."""
    r = random.Random(2)
    integers = kernel.Rows("int64", struct.pack(f"<{ROWS}q", *(r.getrandbits(30) for _ in range(ROWS))))
    reals = kernel.Rows("float64", struct.pack(f"<{ROWS}d", *(r.random() for _ in range(ROWS))))
    days = kernel.Rows("date32", struct.pack(f"<{ROWS}i", *(r.randrange(20_000) for _ in range(ROWS))))
    stamps = kernel.Rows("timestamp", struct.pack(f"<{ROWS}q", *(r.getrandbits(50) for _ in range(ROWS))), scale=6)
    decimals = kernel.Rows(
        "decimal128", b"".join(r.getrandbits(50).to_bytes(16, "little") for _ in range(ROWS)), scale=2
    )
    short, accents = texts(kernel, 4, 20, "abcdefgh"), texts(kernel, 4, 20, "aé日")
    return [
        ("bigint to SBIGINT", integers, -5, -25, 8), ("bigint to SLONG", integers, -5, -16, 4),
        ("bigint to CHAR", integers, -5, 1, 24), ("double to DOUBLE", reals, 8, 8, 8), ("double to CHAR", reals, 8, 1, 32),
        ("short text to CHAR", short, 12, 1, 64), ("short text to WCHAR", short, 12, -8, 128),
        ("text with accents to WCHAR", accents, 12, -8, 128), ("date to DATE", days, 91, 91, 6),
        ("timestamp to TIMESTAMP", stamps, 93, 93, 16), ("timestamp to CHAR", stamps, 93, 1, 32),
        ("decimal to CHAR", decimals, 3, 1, 48), ("decimal to NUMERIC", decimals, 3, 2, 19),
        ("decimal to DOUBLE", decimals, 3, 8, 8),
    ]  # fmt: skip


SPECS = {
    "int": ("int32", 0), "bigint": ("int64", 0), "double": ("float64", 0), "string": ("text", 0), "long string": ("text", 0),
    "timestamp": ("timestamp", 0), "decimal(15,2)": ("decimal128", 2), "date": ("date32", 0),
}  # fmt: skip


def trino(kernel: Any) -> None:
    """Nanoseconds of a cell and megabytes per second: whole shapes, then each kind of their columns eight times."""
    pages = [(name, shape(PAGE_ROWS[name])) for name, shape in SHAPES.items()]
    for name, shape in list(pages):
        kinds = {c.type: c for c in shape}
        pages += [(f"{name}: {kind} {c.name}", [c] * 8) for kind, c in kinds.items()]
    print(f"\n{'JSON of Trino':30}{'ns of a cell':>18}{'MB/s':>18}")
    for name, shape in pages:
        data = rows_json(shape)
        ns = kernel.trino_rate(data, [(*SPECS[c.type], False, b"") for c in shape], 30)
        print(f"{name:30}{ns / len(shape) / len(shape[0].values):18.2f}{len(data) / ns * 1000:18.0f}")


def main() -> None:
    os.environ.setdefault("ARGUS_KERNEL_FLAGS", "-O3")
    sys.path.insert(0, str(ROOT / "tests" / "kernel"))
    import build

    kernel = build.load()
    print(f"{'pair':30}{'block, M cells/s':>18}{'single cell, ns':>18}")
    for name, rows, sql_type, c_type, size in pairs(kernel):
        o = {"sql_type": sql_type, "c_type": c_type, "scale": 2}
        block = kernel.rate(rows, ROWS, size, size, 2000, **o)
        cell = kernel.cell_rate(rows, ROWS, size, 200, **o)
        print(f"{name:30}{block / 1e6:18.0f}{1e9 / cell:18.1f}")
    trino(kernel)


if __name__ == "__main__":
    main()
