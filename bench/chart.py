"""One SVG of a run: the driver's share of each limit, and how many times as fast as each peer it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

from bench.common import Figure

WIDTH, LABEL, ROW, HEAD = 920, 390, 20, 46
PLOT = WIDTH - LABEL - 70
INK, GRID, BAR, NOISE = "#24292f", "#d0d7de", "#2f6fab", "#0b2f52"
MOST_TIMES = 1000.0


def _text(x: float, y: float, text: str, size: int = 12, anchor: str = "start", weight: str = "normal") -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" {style}>{escape(text)}</text>'


def _line(x: float, top: float, bottom: float, dashed: bool) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}" stroke="{GRID}"{dash}/>'


def _panel(
    title: str, figures: Sequence[Figure], top: float, place: Callable[[float], float], ticks: dict[float, str]
) -> tuple[list[str], float]:
    """One group of bars below each other; `place` maps a value to 0..1. Returns the elements and where they end."""
    first = top + HEAD
    bottom = first + ROW * len(figures)
    out = [_text(12, top + 20, title, 14, weight="bold")]
    for value, label in ticks.items():
        x = LABEL + PLOT * place(value)
        out += [_line(x, first - 4, bottom, False), _text(x, first - 8, label, 10, "middle")]
    for i, figure in enumerate(figures):
        y = first + ROW * i
        end = LABEL + PLOT * place(figure.value)
        out.append(_text(LABEL - 8, y + 14, figure.short or figure.name, 12, "end"))
        out.append(f'<rect x="{LABEL}" y="{y + 4}" width="{max(end - LABEL, 1):.1f}" height="{ROW - 8}" fill="{BAR}"/>')
        right = end
        if figure.spread is not None:
            low, right = (LABEL + PLOT * place(v) for v in figure.spread)
            middle = y + ROW / 2
            out.append(f'<path d="M{low:.1f} {middle}H{right:.1f}" stroke="{NOISE}" stroke-width="3"/>')
        marks = [(figure.limit, "#cf222e"), *([] if figure.goal is None else [(figure.goal, "#1a7f37")])]
        shown = f"{figure.value:.0%}" if figure.panel == "share" else f"{figure.value:.3g} x"
        for value, colour in marks:
            at = LABEL + PLOT * place(value)
            right = max(right, at)
            out.append(f'<path d="M{at:.1f} {y + 2}v{ROW - 4}" stroke="{colour}" stroke-width="2"/>')
        out.append(_text(max(end, right) + 6, y + 14, shown, 11))
    return out, bottom


def draw(figures: Sequence[Figure], when: str) -> str:
    """The chart of those figures that name a panel."""
    shares = [f for f in figures if f.panel == "share"]
    times = [f for f in figures if f.panel == "times"]
    parts: list[str] = []
    end = 0.0
    if shares:
        part, end = _panel(
            "Rows a second, as a share of what the limit beside it delivers", shares, end, lambda v: min(max(v, 0), 1),
            {v / 4: f"{v * 25}%" for v in range(5)},
        )  # fmt: skip
        parts += part
        end += 14
    if times:
        part, end = _panel(
            "Times as fast as other clients on the same server", times, end,
            lambda v: min(max(math.log(max(v, 1)) / math.log(MOST_TIMES), 0), 1),
            {v: f"{v:g} x" for v in (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)},
        )  # fmt: skip
        parts += part
    foot = f"Medians; dark: smallest and largest round; red: the bar to reach, green: the goal. {when}."
    parts.append(_text(12, end + 24, foot, 11))
    height = end + 36
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" font-family="sans-serif">'
    ground = f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])
