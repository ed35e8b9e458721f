"""The first row of a small query, from nothing: connect, SELECT 1, one row, disconnect; beside each engine's Python client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.common import DRIVER, Figure, interleave, medians, ratio, require

Ask = Callable[[], tuple[Any, Callable[[], None]]]
"""Connects and asks; the value of the row, and what closes the connection."""


def driver(connection: str) -> Ask:
    """Through the driver file."""
    from argus_odbc.client import Connection

    def ask() -> tuple[Any, Callable[[], None]]:
        opened = Connection(f"Driver=Argus;{connection}", DRIVER)
        opened.execute("SELECT 1")
        return int(next(opened.rows(1))[0]), opened.close

    return ask


def python(connect: Callable[[], Any]) -> Ask:
    """Through a package of DB-API's kind."""

    def ask() -> tuple[Any, Callable[[], None]]:
        opened = connect()
        cursor = opened.cursor()
        cursor.execute("SELECT 1")
        return cursor.fetchone()[0], opened.close

    return ask


def against(engine: str, runs: int, ours: str, limit: float, **others: Callable[[], Any]) -> Iterator[Figure]:
    """Milliseconds to the first row against each of `others`, which connect with a package each."""
    asks = {"driver": driver(ours)} | {name: python(connect) for name, connect in others.items()}

    def timed(name: str) -> float:
        start = time.perf_counter()
        value, close = asks[name]()
        seconds = time.perf_counter() - start
        close()
        require(f"SELECT 1 of {name} on {engine}", value, 1)
        return seconds

    for name in asks:
        timed(name)  # the first connection of a process loads the client
    seconds = interleave(runs, **{name: (lambda name=name: timed(name)) for name in asks})
    milliseconds = {name: 1000 * value for name, value in medians(seconds).items()}
    for i, name in enumerate(others):
        yield ratio(
            f"{engine}, connect and first row of SELECT 1: time against {name}", seconds["driver"], seconds[name], limit,
            at_least=False, details={} if i else {"milliseconds": milliseconds},
        )  # fmt: skip
