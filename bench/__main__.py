"""`python -m bench [duckdb|arrays|catalog|spark|hs2|trino|postgres] [--quick]`: measures, prints, writes bench/results/*.json."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.common import DRIVER, RESULTS, Figure


def duck_figures(quick: bool) -> Iterator[Figure]:
    """The DuckDB measurements."""
    from bench import duck

    share, runs = (10, 3) if quick else (1, 5)
    yield duck.block_against_drain(duck.ROWS // share, runs)
    yield duck.cells_beside_python(2_000_000 // share, runs)
    yield duck.memory(20_000_000 // share)
    yield duck.scrollable(5_000_000 // share)


def spark_figures(quick: bool) -> Iterator[Figure]:
    """The Spark measurements; they share one server."""
    from bench import spark

    return spark.figures(100_000 if quick else 1_000_000, 3)


def trino_figures(quick: bool) -> Iterator[Figure]:
    """The Trino measurements; they share one server."""
    from bench import trino

    return trino.figures(150_000 if quick else 1_500_000, 3)


def hs2_figures(quick: bool) -> Iterator[Figure]:
    """HiveServer2's protocol without an engine behind it."""
    from bench.replay import hs2

    with tempfile.TemporaryDirectory() as folder:
        yield from hs2.figures(quick, Path(folder))


def catalog_figures(quick: bool) -> Iterator[Figure]:
    """The catalog functions."""
    from bench import catalog

    yield catalog.sql_tables(10_000 if quick else 100_000, 3)


def array_figures(quick: bool) -> Iterator[Figure]:
    """The measurements of parameter arrays."""
    from bench import arrays

    yield arrays.arrays_against_rows(10_000 if quick else 100_000, 3)


def postgres_figures(quick: bool) -> Iterator[Figure]:
    """The measurement beside psqlodbc."""
    from bench import postgres

    yield postgres.fetchall_against_psqlodbc(100_000 if quick else 1_000_000, 3)


SUITES = {
    "duckdb": duck_figures,
    "arrays": array_figures,
    "catalog": catalog_figures,
    "spark": spark_figures,
    "hs2": hs2_figures,
    "trino": trino_figures,
    "postgres": postgres_figures,
}


def show(figure: Figure) -> None:
    """One line of the table, as soon as the figure is known."""
    limit = f"{'>=' if figure.at_least else '<='} {figure.limit:g}"
    print(f"{'ok  ' if figure.good else 'BAD '} {figure.value:7.2f}  {limit:<7}  {figure.name}", flush=True)
    for name, value in figure.details.items():
        if isinstance(value, dict):
            parts = [
                f"{k} {'/'.join(f'{x:.2f}' for x in v) if isinstance(v, list) else f'{v:,.2f}'}"
                for k, v in value.items()
            ]
            print(f"                         {name}: {', '.join(parts)}")
        else:
            print(f"                         {name}: {value:,.2f}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("suite", nargs="*", choices=[*SUITES, []], default=[])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows; figures to look at, not to quote")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    print(f"driver {DRIVER}, {os.cpu_count()} processors\n")
    figures: list[Figure] = []
    for name in options.suite or SUITES:
        for figure in SUITES[name](options.quick):
            figures.append(figure)
            show(figure)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
    report = RESULTS / f"{stamp}.json"
    rows = [{"name": f.name, "value": f.value, "limit": f.limit, "good": f.good, **f.details} for f in figures]
    report.write_text(json.dumps(rows, indent=2))
    print(f"\n{sum(f.good for f in figures)} of {len(figures)} figures are as they should be; written to {report}")
    return 0 if all(f.good for f in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
