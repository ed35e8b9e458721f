"""The bench's own arithmetic and what it draws: a figure that is wrong here is wrong in every table."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import asdict
from pathlib import Path

import pytest

from bench import chart, report
from bench.common import Figure, ratio

SVG = "{http://www.w3.org/2000/svg}"


def test_a_ratio_is_the_median_of_the_rounds_with_the_outermost_as_noise() -> None:
    figure = ratio("speed", [10.0, 30.0, 8.0], [5.0, 10.0, 8.0], 2, goal=2.5)
    assert (figure.value, figure.spread) == (2.0, (1.0, 3.0))
    assert (figure.good, figure.at_goal) == (True, False)


@pytest.mark.parametrize(
    ("value", "at_least", "good", "at_goal"),
    [
        (0.6, True, True, False), (0.59, True, False, False), (0.8, True, True, True),
        (20.0, False, False, False), (0.6, False, True, True), (0.5, False, True, True),
    ],
)  # fmt: skip
def test_bar_and_goal_are_reached_from_the_right_side(value: float, at_least: bool, good: bool, at_goal: bool) -> None:
    figure = Figure("x", value, 0.6, at_least, goal=0.8)
    assert (figure.good, figure.at_goal) == (good, at_goal)


def test_the_chart_has_a_bar_for_each_figure_that_names_a_panel() -> None:
    figures = [
        Figure("a & b", 0.5, 0.25, True, panel="share", spread=(0.4, 0.6)),
        Figure("c", 100.0, 10, True, panel="times"),
        Figure("not drawn", 1.0, 1, True),
    ]
    drawn = ET.fromstring(chart.draw(figures, "today"))
    bars = [r for r in drawn.iter(f"{SVG}rect") if r.get("fill") == chart.BAR]
    assert len(bars) == 2
    assert [float(r.get("width", 0)) for r in bars] == [
        pytest.approx(chart.PLOT * 0.5, abs=0.1),  # half of the limit
        pytest.approx(chart.PLOT * 2 / 3, abs=0.1),  # 10^2 of 10^3, logarithmically
    ]
    texts = [t.text for t in drawn.iter(f"{SVG}text")]
    assert {"a & b", "c", "50%", "100 x"} <= set(texts)
    assert "not drawn" not in texts


def test_a_line_of_the_table_says_what_was_reached() -> None:
    figure = Figure("rate", 0.5, 0.25, True, {"rows_per_second": 7_654_321.0}, 0.6, (0.41, 0.62))
    assert report.row(figure) == "| rate | 0.5 | 0.41 to 0.62 | ≥ 0.25 | ≥ 0.6 | bar | 7.65 |  |"
    assert "**no**" in report.row(Figure("slow", 30.0, 20, False))


def test_the_table_has_its_place_in_the_readme() -> None:
    text = report.README.read_text("utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1
    assert text.index(report.BEGIN) < text.index(report.END)


def test_an_earlier_run_is_read_as_it_was(tmp_path: Path) -> None:
    figures = [
        Figure("a", 0.5, 0.25, True, {"seconds": {"x": [1.0]}}, 0.6, (0.4, 0.6), "share", "s"),
        Figure("b", 3.0, 9, False),
    ]
    file = tmp_path / "run.json"
    file.write_text(json.dumps([asdict(f) | {"good": f.good, "at_goal": f.at_goal} for f in figures]))
    assert report.read(file) == figures
