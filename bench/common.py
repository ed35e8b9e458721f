"""What every measurement shares: the C harness, medians of interleaved runs, and the table of results."""

from __future__ import annotations

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


class WrongAnswer(Exception):
    """The values that were fetched are not the values that the query makes: no figure counts."""


@dataclass(frozen=True)
class Figure:
    """One line of the report: a ratio, and what it has to be."""

    name: str
    value: float
    limit: float
    at_least: bool
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """The figure is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def build_harness() -> Path:
    """Compile harness.c when it has changed."""
    source, program = ROOT / "bench" / "harness.c", RESULTS / "harness"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(
            ["gcc", "-O3", "-march=native", "-Wall", "-Wextra", "-o", program, source, "-ldl", "-lpthread"], check=True
        )
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


def require(what: str, got: Any, wanted: Any) -> None:
    """Refuse a run whose answer is wrong."""
    if got != wanted:
        raise WrongAnswer(f"{what}: got {got!r}, the query makes {wanted!r}")


def interleave(runs: int, **measures: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of each measure, `runs` times, one after the other, so that a slow moment of the machine meets all."""
    seconds: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(runs):
        for name, measure in measures.items():
            seconds[name].append(measure())
    return seconds


def medians(seconds: dict[str, list[float]]) -> dict[str, float]:
    """Median of each list."""
    return {name: statistics.median(values) for name, values in seconds.items()}


def text_sum(numbers: range) -> int:
    """Bytes that the decimal texts of `numbers` (0 to stop - 1) have together."""
    total, low, digits = 0, 0, 1
    while low < numbers.stop:
        high = min(10**digits, numbers.stop)
        total += (high - low) * digits
        low, digits = high, digits + 1
    return total
