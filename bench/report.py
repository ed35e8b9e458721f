"""The last run where readers look for it: bench/README.md's tables, the one of README.md, and docs/bench.svg.

`python -m bench --publish` writes them; `python -m bench.report FILE...` does so from the JSON of earlier runs, of which a
later one replaces the suites of an earlier one.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import chart, goals
from bench.common import ROOT, Figure

README, DRAWING = ROOT / "bench" / "README.md", ROOT / "docs" / "bench.svg"
FRONT = ROOT / "README.md"
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


def missing(run: Run) -> list[str]:
    """A sentence for each suite that is not in the run as a whole."""
    from bench.suites import SUITES

    out = [f"**`{name}` failed**: {why}. Its figures before that count." for name, why in run.failed().items()]
    absent = [f"`{name}`" for name in SUITES if name not in run.suites]
    return [*out, *([f"**Not measured in this run**: {', '.join(absent)}."] if absent else [])]


def between_marks(path: Path, text: str) -> None:
    """Replace what stands between the two marks of a document."""
    before, rest = path.read_text("utf-8").split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", "utf-8")


def publish(run: Run, when_measured: str) -> None:
    """Write all three."""
    rows = goals.markdown(run.figures)
    gaps = "".join(f"{line}\n\n" for line in missing(run))
    between_marks(README, f"{gaps}{rows}\n\n{table(run.figures, when_measured)}")
    between_marks(FRONT, f"{gaps}{rows}\n\nMeasured: {when_measured}.")
    DRAWING.write_text(chart.draw(run.figures, when_measured), "utf-8")


@dataclass(frozen=True)
class Run:
    """What was measured."""

    figures: list[Figure]
    suites: dict[str, str]
    """Each suite that was run, and why it failed; empty: it did not."""

    def failed(self) -> dict[str, str]:
        """The suites that failed, and why."""
        return {name: why for name, why in self.suites.items() if why}

    def joined(self, later: Run) -> Run:
        """Both; a figure of the later run replaces one of the same name."""
        figures = {f.name: f for f in [*self.figures, *later.figures]}
        return Run(list(figures.values()), self.suites | later.suites)

    def text(self) -> str:
        """As JSON."""
        figures = [asdict(f) | {"good": f.good, "at_goal": f.at_goal} for f in self.figures]
        return json.dumps({"suites": self.suites, "figures": figures}, indent=2)


def figures_of(text: str) -> list[Figure]:
    """Figures out of a JSON array."""
    return [_figure(row) for row in json.loads(text)]


def _figure(row: dict[str, Any]) -> Figure:
    names = {f.name for f in dataclasses.fields(Figure)}
    values = {name: value for name, value in row.items() if name in names}
    spread = values.get("spread")
    return Figure(**values | {"spread": tuple(spread) if spread else None})


def read(path: Path) -> Run:
    """An earlier run."""
    data = json.loads(path.read_text("utf-8"))
    return Run([_figure(row) for row in data["figures"]], data["suites"])


def main() -> None:
    files = [Path(name) for name in sys.argv[1:]]
    if not files:
        sys.exit("usage: python -m bench.report FILE.json...")
    run = Run([], {})
    for path in files:
        run = run.joined(read(path))
    newest = max(path.stat().st_mtime for path in files)
    publish(run, when(datetime.datetime.fromtimestamp(newest, datetime.UTC)))
    print(goals.text(run.figures))


if __name__ == "__main__":
    main()
