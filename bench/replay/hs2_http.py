"""HiveServer2 over HTTP, replayed from memory: the driver against a bare client that receives the same answers."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

from bench.common import HALF_A_PAGE, Figure, harness, interleave, medians, ratio
from bench.replay.hs2 import PAGE_ROWS, PAGES, SHARE, SHARE_GOAL, server, write_answers
from bench.replay.shapes import SHAPES, Known
from bench.spark import Drain

END = b"\r\n0\r\n\r\n"
"""What a body in chunks ends with."""


class HttpDrain(Drain):
    """A connection that posts requests and, for rows, looks for nothing but the end of the answer."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)

    def send(self, message: bytes) -> None:
        """One request."""
        head = f"POST /cliservice HTTP/1.1\r\nHost: x\r\nContent-Length: {len(message)}\r\n\r\n"
        self.socket.sendall(head.encode() + message)

    def receive(self) -> memoryview:
        """The answer's body."""
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        return memoryview(response.read())

    def skip(self) -> int:
        """The length of an answer with its head, received as a whole, of which nothing but the end is looked at."""
        start = came = HALF_A_PAGE
        while bytes(self.buffer[max(came - len(END), start) : came]) != END:
            if came == len(self.buffer):
                self.buffer += bytes(came)
            with memoryview(self.buffer)[came:] as room:
                n = self.socket.recv_into(room)
            if not n:
                raise ConnectionError("the server closed the connection")
            came += n
        return came - start


def figures_of(name: str, folder: Path, share: int, runs: int) -> Iterator[Figure]:
    """One shape."""
    page_rows, pages = PAGE_ROWS[name] // share, PAGES[name]
    rows = page_rows * pages
    shape = SHAPES[name](page_rows)
    whole = Known(shape, pages)
    page_bytes = write_answers(folder / name, shape, pages)
    with server(folder / name) as port:

        def driver() -> float:
            connection = f"Backend=hive;Host=127.0.0.1;Port={port};Transport=http;UID=x;"
            got = harness(connection, "select 1", whole.letters, "warm:1000")
            whole.prove("the driver", got)
            return got["seconds"]

        seconds = interleave(
            2 * runs, drain=lambda: sum(HttpDrain("127.0.0.1", port).run("select 1", rows, page_rows)), driver=driver
        )
    middle = medians(seconds)
    details = {
        "seconds": seconds,
        "rows_per_second": rows / middle["driver"],
        "megabytes_per_second": page_bytes * pages / middle["driver"] / 1e6,
    }
    yield ratio(
        f"HiveServer2 over HTTP replayed, {name}, {rows:,} rows x {len(shape)} columns: rate against a bare socket",
        seconds["drain"], seconds["driver"], SHARE, goal=SHARE_GOAL, panel="share", row="hs2",
        short=f"HiveServer2 over HTTP {name} / bare socket", details=details,
    )  # fmt: skip


def figures(quick: bool, folder: Path) -> Iterator[Figure]:
    """All shapes."""
    for name in SHAPES:
        yield from figures_of(name, folder, 10 if quick else 1, 3 if quick else 5)
