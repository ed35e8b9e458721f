"""The project's table of figures: ten rows, each with the bar and the goal that all of its figures have to reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.common import Figure


@dataclass(frozen=True)
class Row:
    """One row. A figure counts for it by naming its key."""

    key: str
    title: str
    figures: int
    """How many figures count for it."""
    bar: float
    goal: float
    at_least: bool = True
    form: str = "{:.3g} x"

    def counted(self, figures: Sequence[Figure]) -> list[Figure]:
        """The figures that count."""
        return [f for f in figures if f.row == self.key]

    def worst(self, figures: Sequence[Figure]) -> Figure | None:
        """The figure that decides."""
        found = self.counted(figures)
        if not found:
            return None
        return (min if self.at_least else max)(found, key=lambda f: f.value)

    def reached(self, figures: Sequence[Figure]) -> str:
        """goal, bar or no; "incomplete" where some figures are missing and the others reach the bar."""
        worst = self.worst(figures)
        if worst is None:
            return "not measured"
        if not self._reaches(worst.value, self.bar):
            return "no"
        if len(self.counted(figures)) < self.figures:
            return "incomplete"
        return "goal" if self._reaches(worst.value, self.goal) else "bar"

    def shown(self, value: float) -> str:
        """A value of this row with its unit."""
        return self.form.format(value).replace(".0%", "%")

    def limit(self, value: float) -> str:
        """A bar with its side."""
        return f"{'≥' if self.at_least else '≤'} {self.shown(value)}"

    def _reaches(self, value: float, bar: float) -> bool:
        return value >= bar if self.at_least else value <= bar


SHARE = "{:.1%}"
ROWS = (
    Row("hs2", "HiveServer2, share of the drain's rows/s", 12, 0.25, 0.5, form=SHARE),
    Row("trino-json", "Trino JSON, plain and gzip, share of the drain's rows/s", 8, 0.25, 0.5, form=SHARE),
    Row("trino-spooled", "Trino spooled json+zstd / json+lz4, share of a drain that unpacks", 8, 0.4, 0.7, form=SHARE),
    Row(
        "packages",
        "against impyla's fetchcolumnar, PyHive and the trino package, each with its fastest option",
        12,
        10,
        30,
    ),
    Row("jdbc", "against the engine's own JDBC driver", 12, 1.5, 4),
    Row("get-data", "SQLGetData of a number, in the driver", 1, 20, 8, at_least=False, form="{:.3g} ns"),
    Row("psqlodbc", "pyodbc fetchall, 6 columns, against psqlodbc", 1, 2, 2.5),
    Row("nothing", "pyodbc fetchall, share of the rate with a driver that does nothing", 1, 0.6, 0.8, form=SHARE),
    Row("memory", "peak memory, 100 million rows against 1 million", 2, 1.2, 1.05, at_least=False),
    Row("two", "two connections against one", 2, 1.6, 1.9),
)
BY_KEY = {row.key: row for row in ROWS}


def lines(figures: Sequence[Figure]) -> list[list[str]]:
    """The cells of each row: title, bar, goal, worst figure, its name, how many count, what is reached."""
    out = []
    for row in ROWS:
        worst = row.worst(figures)
        value, name = ("", "") if worst is None else (row.shown(worst.value), worst.short or worst.name)
        out.append(
            [
                row.title, row.limit(row.bar), row.limit(row.goal), value, name, f"{len(row.counted(figures))} of {row.figures}",
                row.reached(figures),
            ]
        )  # fmt: skip
    return out


def summary(figures: Sequence[Figure]) -> str:
    """How many rows reach what."""
    reached = [row.reached(figures) for row in ROWS]
    at_bar, at_goal = sum(r in ("bar", "goal") for r in reached), reached.count("goal")
    return f"{at_bar} of {len(ROWS)} rows reach the first bar, {at_goal} of them the goal"


def text(figures: Sequence[Figure]) -> str:
    """The table for a terminal."""
    cells = [["", "bar", "goal", "worst", "which", "figures", "reached"], *lines(figures)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    shown = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([*shown, "", summary(figures)])


def markdown(figures: Sequence[Figure]) -> str:
    """The table for a README."""
    head = ["| | bar | goal | worst figure | which | figures | reached |", "|---|---|---|---|---|---|---|"]
    marked = [[*line[:-1], "**no**" if line[-1] == "no" else line[-1]] for line in lines(figures)]
    return "\n".join([*head, *(f"| {' | '.join(line)} |" for line in marked), "", f"{summary(figures)}."])
