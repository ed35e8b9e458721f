"""The last run where readers look for it: bench/README.md's table and docs/bench.svg.

`python -m bench --publish` writes them; `python -m bench.report FILE...` does so from the JSON of earlier runs, of which a
later one replaces the figures of an earlier one.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import chart
from bench.common import ROOT, Figure

README, DRAWING = ROOT / "bench" / "README.md", ROOT / "docs" / "bench.svg"
BEGIN, END = "<!-- begin: python -m bench --publish -->", "<!-- end -->"


def processor() -> str:
    """The processor's name, as the kernel tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "an unnamed processor"


def when(at: datetime.datetime) -> str:
    """The day and the machine."""
    return f"{at:%Y-%m-%d}, {processor()}, {os.cpu_count()} processors"


def number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def row(figure: Figure) -> str:
    """One line of the table."""
    sign = "≥" if figure.at_least else "≤"
    noise = "" if figure.spread is None else " to ".join(map(number, figure.spread))
    goal = "" if figure.goal is None else f"{sign} {figure.goal:g}"
    reached = "goal" if figure.goal is not None and figure.at_goal else "bar" if figure.good else "**no**"
    rate = figure.details.get("rows_per_second")
    million = "" if rate is None else f"{rate / 1e6:.2f}"
    bytes_ = figure.details.get("megabytes_per_second")
    megabytes = "" if bytes_ is None else f"{bytes_:,.0f}"
    cells = [
        figure.name, number(figure.value), noise, f"{sign} {figure.limit:g}", goal, reached, million, megabytes,
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def table(figures: Sequence[Figure], when_measured: str) -> str:
    """The part of README.md between the two marks."""
    head = [
        f"Last measured: {when_measured}.",
        "",
        "| figure | median | rounds | bar | goal | reached | million rows/s | MB/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(row, figures)])


def publish(figures: Sequence[Figure], when_measured: str) -> None:
    """Write both."""
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    README.write_text(f"{before}{BEGIN}\n{table(figures, when_measured)}\n{END}{after}", "utf-8")
    DRAWING.write_text(chart.draw(figures, when_measured), "utf-8")


def read(path: Path) -> list[Figure]:
    """The figures of an earlier run."""
    names = {f.name for f in dataclasses.fields(Figure)}
    found = []
    for row in json.loads(path.read_text()):
        values = {name: value for name, value in row.items() if name in names}
        spread = values.get("spread")
        found.append(Figure(**values | {"spread": tuple(spread) if spread else None}))
    return found


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]]
    if not files:
        sys.exit("usage: python -m bench.report FILE.json...")
    figures = {figure.name: figure for path in files for figure in read(path)}
    newest = max(path.stat().st_mtime for path in files)
    publish(list(figures.values()), when(datetime.datetime.fromtimestamp(newest, datetime.UTC)))


if __name__ == "__main__":
    main()
