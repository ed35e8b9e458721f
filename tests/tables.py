"""Reads the specification's tables of tests/spec."""

from __future__ import annotations

import csv
from pathlib import Path

SPEC = Path(__file__).parent / "spec"


def rows(table: str, /, **wanted: str) -> list[dict[str, str]]:
    """Rows of a table, only those whose columns have the values asked for."""
    with (SPEC / f"{table}.tsv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in found if all(row[column] == value for column, value in wanted.items())]


def values(row: dict[str, str], column: str) -> dict[str, int]:
    """A field of the form `NAME=1; OTHER=0x2` as name -> number."""
    pairs = (part.split("=") for part in row[column].split(";") if "=" in part)
    return {name.strip(): int(number, 0) for name, number in pairs}
