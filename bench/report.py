"""The last run where readers look for it: bench/README.md's table and docs/bench.svg (`python -m bench --publish`)."""

from __future__ import annotations

from collections.abc import Sequence

from bench import chart
from bench.common import ROOT, Figure

README, DRAWING = ROOT / "bench" / "README.md", ROOT / "docs" / "bench.svg"
BEGIN, END = "<!-- begin: python -m bench --publish -->", "<!-- end -->"


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


def table(figures: Sequence[Figure], when: str) -> str:
    """The part of README.md between the two marks."""
    head = [
        f"Last measured: {when}.",
        "",
        "| figure | median | rounds | bar | goal | reached | million rows/s | MB/s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *map(row, figures)])


def publish(figures: Sequence[Figure], when: str) -> None:
    """Write both."""
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    README.write_text(f"{before}{BEGIN}\n{table(figures, when)}\n{END}{after}", "utf-8")
    DRAWING.write_text(chart.draw(figures, when), "utf-8")
