"""The bench's own arithmetic and what it draws: a figure that is wrong here is wrong in every table."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import chart, goals, report
from bench.common import ROOT, Figure, WrongAnswer, ratio
from bench.replay.shapes import Column, Known

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


@pytest.mark.parametrize("document", [report.README, report.FRONT])
def test_the_tables_have_their_place(document: Path) -> None:
    text = document.read_text("utf-8")
    assert text.count(report.BEGIN) == text.count(report.END) == 1
    assert text.index(report.BEGIN) < text.index(report.END)


def test_an_earlier_run_is_read_as_it_was(tmp_path: Path) -> None:
    figures = [
        Figure("a", 0.5, 0.25, True, {"seconds": {"x": [1.0]}}, 0.6, (0.4, 0.6), "share", "s", "hs2"),
        Figure("b", 3.0, 9, False),
    ]
    run = report.Run(figures, {"hs2": "", "spark": "ended with 1"})
    file = tmp_path / "run.json"
    file.write_text(run.text())
    assert report.read(file) == run


def test_a_later_run_replaces_figures_and_what_failed() -> None:
    first = report.Run([Figure("a", 1.0, 1, True), Figure("b", 1.0, 1, True)], {"hs2": "ended with 1", "cells": ""})
    both = first.joined(report.Run([Figure("a", 2.0, 1, True)], {"hs2": ""}))
    assert [(f.name, f.value) for f in both.figures] == [("a", 2.0), ("b", 1.0)]
    assert both.failed() == {}
    assert [line for line in report.missing(both) if "`spark`" in line and "Not measured" in line]


def test_a_suite_that_failed_is_named_with_its_reason() -> None:
    assert "`spark` failed" in report.missing(report.Run([], {"spark": "ended with 1"}))[0]


def reached(key: str, *values: float) -> str:
    """What its row reaches with those figures and as many good ones as it needs besides."""
    row = goals.BY_KEY[key]
    best = 1e6 if row.at_least else 0.0
    values += (best,) * (row.figures - len(values))
    return row.reached([Figure(str(v), v, 0, True, row=key) for v in values])


def test_a_row_is_as_good_as_its_worst_figure() -> None:
    assert reached("hs2", 0.9, 0.5) == "goal"
    assert reached("hs2", 0.9, 0.49) == "bar"
    assert reached("hs2", 0.9, 0.24) == "no"
    assert reached("memory", 1.0, 1.05) == "goal"
    assert reached("memory", 1.0, 1.2) == "bar"
    assert reached("memory", 1.0, 1.21) == "no"


def test_a_row_without_all_of_its_figures_reaches_nothing() -> None:
    row = goals.BY_KEY["memory"]
    assert row.reached([]) == "not measured"
    assert row.reached([Figure("a", 1.0, 0, False, row="memory")]) == "incomplete"
    assert row.reached([Figure("a", 1.3, 0, False, row="memory")]) == "no"


def test_the_table_of_the_rows_names_the_worst() -> None:
    figures = [
        *(Figure(f"fast {i}", 0.6, 0.25, True, row="hs2") for i in range(11)),
        Figure("slow", 0.3, 0.25, True, row="hs2", short="the slow one"),
        Figure("cells", 25.0, 20, False, row="get-data"),
        Figure("memory", 1.0, 1.2, False, row="memory"),
    ]
    shown = goals.markdown(figures)
    assert "| ≥ 25% | ≥ 50% | 30% | the slow one | 12 of 12 | bar |" in shown
    assert "| ≤ 20 ns | ≤ 8 ns | 25 ns | cells | 1 of 1 | **no** |" in shown
    assert "| 1 x | memory | 1 of 2 | incomplete |" in shown
    assert "1 of 10 rows reach the first bar, 0 of them the goal" in shown


def test_a_suite_that_fails_is_told_and_its_servers_are_ended(tmp_path: Path) -> None:
    program = tmp_path / "fails.py"
    program.write_text(
        "import subprocess, sys\nsubprocess.Popen(['sleep', '100'], start_new_session=True)\nsys.exit(3)"
    )
    script = tmp_path / "reaps.py"
    script.write_text(
        "import ctypes, subprocess, sys\n"
        "from bench import __main__ as bench\n"
        "ctypes.CDLL(None).prctl(bench.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)\n"
        f"assert subprocess.run([sys.executable, {str(program)!r}]).returncode == 3\n"
        "print(bench.end_leftovers(), bench.children())"
    )
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("['sleep'] []\n", "")


def test_a_replayed_result_with_another_letter_is_refused() -> None:
    known = Known([Column("a", "int", [1, None, 5]), Column("b", "string", ["ab", None, "c"])], 2)
    right = {"rows": 6, "sums": [12, 6], "bytes": [0, 2 * (97 + 2 * 98 + 99)]}
    known.prove("the driver", right)
    known.part(1).prove("the driver", {"rows": 3, "sums": [6, 3], "bytes": [0, 97 + 2 * 98 + 99]})
    for wrong in ({"rows": 5}, {"sums": [12, 7]}, {"bytes": [0, 2 * (98 + 2 * 97 + 99)]}):
        with pytest.raises(WrongAnswer):
            known.prove("the driver", right | wrong)
