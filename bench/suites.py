"""What there is to measure. `python -m bench.suites NAME FILE [--quick]` runs one of them, prints its figures and writes
them to FILE after each; bench/__main__.py gives each a process of its own.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench.common import Figure


def duck_figures(quick: bool) -> Iterator[Figure]:
    """The DuckDB measurements."""
    from bench import duck

    share, runs = (10, 3) if quick else (1, 5)
    yield from duck.block_against_drain(duck.ROWS // share, runs)
    yield duck.cells_beside_python(2_000_000 // share, runs)
    yield duck.memory(100_000_000 // share, 3)
    yield duck.scrollable(5_000_000 // share)
    yield from duck.first_row(15)


def cell_figures(quick: bool) -> Iterator[Figure]:
    """What single cells, single rows and a second thread cost."""
    from bench import cells

    share, runs = (10, 3) if quick else (1, 5)
    yield cells.get_data(1_000_000 // share, runs)
    yield from cells.get_texts(1_000_000 // share, runs)
    yield cells.single_rows(10_000_000 // share, runs)
    yield cells.fetchall_share(1_000_000 // share, runs)
    yield from cells.two_connections(10_000_000 // share, runs)


def spark_figures(quick: bool) -> Iterator[Figure]:
    """The Spark measurements; they share one server."""
    from bench import spark

    return spark.figures(100_000 if quick else 1_000_000, 3 if quick else 5)


def trino_figures(quick: bool) -> Iterator[Figure]:
    """The Trino measurements; they share one server."""
    from bench import trino

    return trino.figures(150_000 if quick else 1_500_000, 3 if quick else 5)


def hs2_figures(quick: bool) -> Iterator[Figure]:
    """HiveServer2's protocol without an engine behind it."""
    from bench.replay import hs2

    with tempfile.TemporaryDirectory() as folder:
        yield from hs2.figures(quick, Path(folder))


def hs2_http_figures(quick: bool) -> Iterator[Figure]:
    """HiveServer2's protocol over HTTP, without an engine behind it."""
    from bench.replay import hs2_http

    with tempfile.TemporaryDirectory() as folder:
        yield from hs2_http.figures(quick, Path(folder))


def trino_replay_figures(quick: bool) -> Iterator[Figure]:
    """Trino's protocol without an engine behind it."""
    from bench.replay import trino_figures

    with tempfile.TemporaryDirectory() as folder:
        yield from trino_figures.figures(quick, Path(folder))


def catalog_figures(quick: bool) -> Iterator[Figure]:
    """The catalog functions."""
    from bench import catalog

    yield catalog.sql_tables(10_000 if quick else 100_000, 3 if quick else 5)


def array_figures(quick: bool) -> Iterator[Figure]:
    """The measurements of parameter arrays."""
    from bench import arrays

    yield arrays.arrays_against_rows(10_000 if quick else 100_000, 3 if quick else 5)


def postgres_figures(quick: bool) -> Iterator[Figure]:
    """The measurement beside psqlodbc."""
    from bench import postgres

    yield postgres.fetchall_against_psqlodbc(100_000 if quick else 1_000_000, 3 if quick else 5)


SUITES = {
    "hs2": hs2_figures,
    "hs2-http": hs2_http_figures,
    "trino-replay": trino_replay_figures,
    "cells": cell_figures,
    "postgres": postgres_figures,
    "duckdb": duck_figures,
    "arrays": array_figures,
    "catalog": catalog_figures,
    "spark": spark_figures,
    "trino": trino_figures,
}
"""What the table of goals.py is made of comes first, the engines last."""


def show(figure: Figure) -> None:
    """One line of the table, as soon as the figure is known, and its details below."""
    sign = ">=" if figure.at_least else "<="
    limit = f"{sign} {figure.limit:g}"
    goal = "" if figure.goal is None else f"{sign} {figure.goal:g}"
    noise = "" if figure.spread is None else "{:.2f}..{:.2f}".format(*figure.spread)
    mark = "BAD " if not figure.good else "goal" if figure.goal is not None and figure.at_goal else "ok  "
    print(f"{mark} {figure.value:9.2f}  {noise:<16} {limit:<8} {goal:<8} {figure.name}", flush=True)
    for name, value in figure.details.items():
        if isinstance(value, dict):
            parts = [
                f"{k} {'/'.join(f'{x:.2f}' for x in v) if isinstance(v, list) else f'{v:,.2f}'}"
                for k, v in value.items()
            ]
            print(f"{'':46} {name}: {', '.join(parts)}", flush=True)
        else:
            print(f"{'':46} {name}: {value:,.2f}", flush=True)


def main() -> None:
    name, file, *rest = sys.argv[1:]
    # Leaves through every `finally`, so that the servers end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"{name}: ended from outside"))
    found: list[Figure] = []
    for figure in SUITES[name]("--quick" in rest):
        found.append(figure)
        show(figure)
        Path(file).write_text(json.dumps([asdict(f) for f in found]), "utf-8")


if __name__ == "__main__":
    main()
