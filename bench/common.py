"""What every measurement shares: the C harness, medians of interleaved runs, and the table of results."""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "bench" / "results"
DRIVER = ROOT / "argus_odbc" / "libargus_odbc.so"

HALF_A_PAGE = 2048
"""Where the bare clients receive answers in their memory. The system keeps them from the beginning of its pages on, and copies
three times as long to an address that is alike in its last 12 bits. The driver does the same."""


class WrongAnswer(Exception):
    """The values that were fetched are not the values that the query makes: no figure counts."""


@dataclass(frozen=True)
class Figure:
    """One line of the report: what was measured, and what it has to be."""

    name: str
    value: float
    limit: float
    at_least: bool
    details: dict[str, Any] = field(default_factory=dict)
    goal: float | None = None
    """What it is to become, where that is more than the limit."""
    spread: tuple[float, float] | None = None
    """The noise: smallest and largest value of a single round."""
    panel: str = ""
    """Where the chart shows it: "share" of a limit, "times" a peer's speed; empty: nowhere."""
    short: str = ""
    """What the chart calls it."""
    row: str = ""
    """The row of goals.py that it counts for; empty: none."""

    @property
    def good(self) -> bool:
        """The figure is on the right side of its limit."""
        return self._reaches(self.limit)

    @property
    def at_goal(self) -> bool:
        """The figure is on the right side of its goal; of its limit where there is no goal."""
        return self._reaches(self.limit if self.goal is None else self.goal)

    def _reaches(self, bar: float) -> bool:
        return self.value >= bar if self.at_least else self.value <= bar


def build_harness() -> Path:
    """Compile harness.c when it has changed."""
    source, program = ROOT / "bench" / "harness.c", RESULTS / "harness"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        flags = ["-O3", "-march=native", "-fopenmp-simd", "-Wall", "-Wextra"]
        subprocess.run(["gcc", *flags, "-o", program, source, "-ldl", "-lpthread"], check=True)
    return program


def harness(connection: str, sql: str, columns: str, mode: str) -> dict[str, Any]:
    """One fetch of a whole result in a process of its own; see harness.c."""
    done = subprocess.run(
        [build_harness(), DRIVER, connection, sql, columns, mode],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"harness {mode} on {connection!r}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def build_nothing() -> Path:
    """Compile nothing.c, the driver that does nothing, when it has changed."""
    source, library = ROOT / "bench" / "nothing.c", RESULTS / "nothing.so"
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-o", library, source], check=True)
    return library


def require(what: str, got: Any, wanted: Any) -> None:
    """Refuse a run whose answer is wrong."""
    if got != wanted:
        raise WrongAnswer(f"{what}: got {got!r}, the query makes {wanted!r}")


def interleave(runs: int, **measures: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of each measure, `runs` times, one after the other, so that a slow moment of the machine meets all."""
    seconds: dict[str, list[float]] = {name: [] for name in measures}
    gc.collect()
    gc.freeze()  # a client in Python has only its own objects to look through
    for _ in range(runs):
        for name, measure in measures.items():
            seconds[name].append(measure())
    gc.unfreeze()
    return seconds


def medians(seconds: dict[str, list[float]]) -> dict[str, float]:
    """Median of each list."""
    return {name: statistics.median(values) for name, values in seconds.items()}


def ratio(
    name: str,
    over: list[float],
    under: list[float],
    limit: float,
    *,
    goal: float | None = None,
    at_least: bool = True,
    panel: str = "",
    short: str = "",
    row: str = "",
    details: dict[str, Any] | None = None,
) -> Figure:
    """over / under of each round: their median, with the smallest and the largest beside it as the noise."""
    each = [a / b for a, b in zip(over, under, strict=True)]
    spread = (min(each), max(each))
    return Figure(name, statistics.median(each), limit, at_least, details or {}, goal, spread, panel, short, row)


def text_sum(numbers: range) -> int:
    """Bytes that the decimal texts of `numbers` (0 to stop - 1) have together."""
    total, low, digits = 0, 0, 1
    while low < numbers.stop:
        high = min(10**digits, numbers.stop)
        total += (high - low) * digits
        low, digits = high, digits + 1
    return total
