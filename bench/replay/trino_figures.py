"""Trino replayed: the driver, a bare client, the trino package and trino-jdbc on the same bytes, all encodings in turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import jdbc
from bench.common import Figure, harness, interleave, medians, ratio
from bench.replay.shapes import SHAPES, Known
from bench.replay.trino import PAGE_ROWS, PAGES, SEGMENT_PAGES, drain, package, rows_json, server

ENCODINGS = ("json", "gzip", "spooled json", "spooled json+lz4", "spooled json+zstd")
ITSELF = "spooled json+lz4"
"""What the driver takes by itself where a server spools: the first that it names in X-Trino-Query-Data-Encoding."""
ROWS = {
    "json": "trino-json",
    "gzip": "trino-json",
    "spooled json+lz4": "trino-spooled",
    "spooled json+zstd": "trino-spooled",
}
"""The rows of goals.py that the shares count for."""
SHARES = {False: (0.25, 0.5), True: (0.4, 0.7)}
"""Of the drain's rate, direct and spooled: what has to be reached, and the goal."""
JDBC = {"json": "disableCompression=true", "spooled json+lz4": "encoding=json%2Blz4"}
"""Encodings in which trino-jdbc is a peer, and how it is told."""
PEER_SHARE = 8
"""The peers get an eighth of the pages: they would take minutes."""
WARM_UP = 6
"""Fetches of trino-jdbc before the measured ones: the Java machine compiles it meanwhile."""


@dataclass(frozen=True)
class Case:
    """One shape in one encoding, with the ports that answer it: the whole, and the peers' part."""

    encoding: str
    port: int
    few_port: int
    size: int
    """Bytes of the rows of a page or a segment."""
    pages: int
    few: int
    whole: Known
    part: Known
    """What the driver has to get, and what trino-jdbc has to."""

    def drain(self, again: bool = False) -> float:
        """Seconds of the bare client; again: one that unpacks into memory that it uses again."""
        return drain(self.port, self.encoding, self.size, again)

    @property
    def is_packed(self) -> bool:
        """Segments come packed."""
        return "+" in self.encoding

    def driver(self, itself: bool = False) -> float:
        """Seconds of the driver, told the encoding or left to itself."""
        text = f"Backend=trino;Host=127.0.0.1;Port={self.port};UID=bench;"
        if not itself:
            text += f"Spooling={self.encoding.removeprefix('spooled ') if 'spooled' in self.encoding else 'off'};"
            text += "Compression=gzip;" if self.encoding == "gzip" else ""
        got = harness(text, "select 1", self.whole.letters, "warm:1000")
        self.whole.prove("the driver", got)
        return got["seconds"]

    def package(self) -> float:
        """Seconds of the trino package, for as many rows as the driver gets."""
        return package(self.few_port, self.encoding, self.part.rows) * self.pages / self.few

    def java(self, fetch: Callable[[], dict[str, Any]]) -> float:
        """Seconds of trino-jdbc, for as many rows as the driver gets."""
        got = fetch()
        self.part.prove("trino-jdbc", got)
        return got["seconds"] * self.pages / self.few


def cases_of(servers: ExitStack, name: str, folder: Path, share: int) -> Iterator[Case]:
    """Two servers for each encoding of a shape."""
    for spooled in (False, True):
        block = SEGMENT_PAGES if spooled else 1
        page_rows, pages = PAGE_ROWS[name] * block, max(PAGES[name] // share // block, 2)
        shape, few = SHAPES[name](page_rows), max(pages // PEER_SHARE, 1)
        data, known = rows_json(shape), Known(shape, pages)
        for encoding in (e for e in ENCODINGS if ("spooled" in e) == spooled):
            ports = [
                servers.enter_context(server(folder / f"{encoding} {n}", shape, data, n, encoding))
                for n in (pages, few)
            ]
            yield Case(encoding, ports[0], ports[1], len(data), pages, few, known, known.part(few))


def figures_of(name: str, folder: Path, share: int, runs: int) -> Iterator[Figure]:
    """One shape in all encodings."""
    with ExitStack() as servers:
        cases = {c.encoding: c for c in cases_of(servers, name, folder, share)}
        itself = cases[ITSELF]
        peers: dict[str, Callable[[], float]] = {"itself": lambda: itself.driver(itself=True)}
        both: dict[str, Callable[[], float]] = {}
        for encoding, c in cases.items():
            both[f"drain, {encoding}"] = c.drain
            if c.is_packed:
                both[f"again, {encoding}"] = lambda c=c: c.drain(again=True)
            both[f"driver, {encoding}"] = peers[f"driver, {encoding}"] = c.driver
            peers[f"package, {encoding}"] = c.package
        for encoding, option in JDBC.items():
            c = cases[encoding]
            url = f"jdbc:trino://127.0.0.1:{c.few_port}/?{option}"
            fetch = servers.enter_context(jdbc.program(jdbc.TRINO, url, "select 1", c.whole.letters))
            for _ in range(WARM_UP):
                c.java(fetch)
            peers[f"jdbc, {encoding}"] = lambda c=c, fetch=fetch: c.java(fetch)
        shares = interleave(2 * runs, **both)
        seconds = interleave(runs, **peers)
    for c in cases.values():
        yield from of_encoding(name, c, shares, seconds)
    yield from at_their_fastest(name, cases, seconds)


def of_encoding(
    name: str, c: Case, shares: dict[str, list[float]], seconds: dict[str, list[float]]
) -> Iterator[Figure]:
    """The driver in one encoding against all others in the same."""
    drained, driven = (shares[f"{what}, {c.encoding}"] for what in ("drain", "driver"))
    driver = seconds[f"driver, {c.encoding}"]
    label = f"Trino replayed, {c.encoding}, {name}, {c.whole.rows:,} rows x {len(c.whole.letters)} columns"
    middle = statistics.median(driven)
    details = {
        "seconds": {"drain": drained, "driver": driven},
        "rows_per_second": c.whole.rows / middle,
        "megabytes_per_second": c.size * c.pages / middle / 1e6,
    }
    what = "a bare client" if c.encoding.endswith("json") else "a bare client that unpacks"
    limit, goal = SHARES["spooled" in c.encoding]
    yield ratio(
        f"{label}: rate against {what}", drained, driven, limit, goal=goal,
        panel="share", short=f"Trino {c.encoding}, {name}", row=ROWS.get(c.encoding, ""), details=details,
    )  # fmt: skip
    if c.is_packed:
        yield ratio(
            f"{label}: rate against a bare client that unpacks into memory that it uses again", shares[f"again, {c.encoding}"],
            driven, limit, goal=goal,
        )  # fmt: skip
    yield ratio(
        f"{label}: speed against the trino package in the same encoding", seconds[f"package, {c.encoding}"], driver, 10.0,
        goal=30.0, panel="times", short=f"trino package, {c.encoding}, {name}",
    )  # fmt: skip
    if c.encoding in JDBC:
        yield ratio(
            f"{label}: speed against trino-jdbc", seconds[f"jdbc, {c.encoding}"], driver, 1.5, goal=4.0,
            panel="times", short=f"trino-jdbc, {c.encoding}, {name}", row="jdbc",
        )  # fmt: skip


def at_their_fastest(name: str, cases: dict[str, Case], seconds: dict[str, list[float]]) -> Iterator[Figure]:
    """The package in the encoding that it is fastest with, per row, against the driver in its own one, and as it comes."""
    middle = medians(seconds)

    def rates(who: str) -> dict[str, float]:
        return {encoding: c.whole.rows / middle[f"{who}, {encoding}"] for encoding, c in cases.items()}

    def each(what: str, encoding: str) -> list[float]:
        return [s / cases[encoding].whole.rows for s in seconds[what]]

    theirs, ours = rates("package"), rates("driver")
    best, own = max(theirs, key=lambda e: theirs[e]), max(ours, key=lambda e: ours[e])
    package, itself = each(f"package, {best}", best), each("itself", ITSELF)
    yield ratio(
        f"Trino replayed, {name}: speed against the trino package, each in its fastest encoding", package,
        each(f"driver, {own}", own), 10.0, goal=30.0, panel="times",
        short=f"trino package ({best}), driver ({own}), {name}", row="packages",
        details={"the package's rows per second": theirs, "the driver's": ours},
    )  # fmt: skip
    yield ratio(
        f"Trino replayed, {name}: speed as the driver comes, against the trino package in its fastest encoding", package,
        itself, 10.0, goal=30.0, panel="times", short=f"trino package at its fastest ({best}), {name}",
        details={"driver_rows_per_second": 1 / statistics.median(itself)},
    )  # fmt: skip


def figures(quick: bool, folder: Path) -> Iterator[Figure]:
    """All shapes."""
    for name in SHAPES:
        yield from figures_of(name, folder, 4 if quick else 1, 3 if quick else 5)
