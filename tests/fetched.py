"""Rows of a HiveServer2 backend as Python values: the native decoder's cells, converted by the standard library alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any

import build
from argus_odbc.backends.base import Backend, ExecuteOptions, Operation

EPOCH = dt.datetime(1970, 1, 1)


def ignore(cancel: Callable[[], None]) -> None:
    """A `started` callback for statements that nobody cancels."""


def execute(backend: Backend, sql: str, started: Callable = ignore, **options: Any) -> Operation:
    return backend.execute(sql, (), ExecuteOptions(**options), started)


def all_rows(operation: Operation) -> list[tuple]:
    """Every row that is left, as tuples."""
    kernel = build.load()
    rows: list[tuple] = []
    while (part := operation.fetch_results()) is not None:
        decoded = kernel.hs2(bytes(part.payload), [(name.lower(), scale) for name, scale in part.kinds])
        assert not isinstance(decoded, str), decoded
        columns = [
            [value_of(cell, *kind) for cell in column] for column, kind in zip(decoded[2], part.kinds, strict=True)
        ]
        rows += list(zip(*columns, strict=True))
    return rows


def query(backend: Backend, sql: str) -> list[tuple]:
    """Execute, fetch everything, close."""
    operation = execute(backend, sql)
    try:
        return all_rows(operation)
    finally:
        operation.close()


def value_of(cell: tuple[str, Any] | None, kind: str, scale: int) -> Any:
    """One cell as what its column means."""
    if cell is None:
        return None
    value = cell[1]
    if cell[0] == "kept":
        # A decimal that stays the text that it came as.
        return Decimal(value.decode())
    if kind == "DECIMAL128":
        return Decimal(value).scaleb(-scale, Context(prec=60))
    if kind == "DATE32":
        return (EPOCH + dt.timedelta(days=value)).date()
    if kind == "TIMESTAMP":
        return EPOCH + dt.timedelta(microseconds=value * 10 ** (6 - scale))
    if kind == "TIMESTAMP_WIDE":
        seconds, picoseconds = value
        return EPOCH + dt.timedelta(seconds=seconds), picoseconds
    return value.decode() if kind == "TEXT" else value
