"""`Compression=auto` against a real server: on the local link, and over one that lets only so many bytes a second through."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from argus_odbc.backends.trino import Trino
from argus_odbc.settings import Settings
from engines.process import Server
from fetched import execute

pytestmark = pytest.mark.engine

ROWS = "SELECT * FROM tpch.sf1.orders LIMIT {}"
PIECE = 1 << 15


class SlowLink:
    """Passes bytes on to a server, those that come back at `rate` a second."""

    def __init__(self, server: Server, rate: float) -> None:
        self.rate = rate
        self.taken = 0
        self._to = (server.host, server.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._to)
                self._open += [client, server]
                threading.Thread(target=self._pass, args=(client, server, 0.0), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, self.rate), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, rate: float) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                if rate:
                    self.taken += len(piece)
                    time.sleep(len(piece) / rate)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._listener.close()
        for one in self._open:
            one.close()


@pytest.fixture
def slow(trino_server: Server) -> Iterator[SlowLink]:
    link = SlowLink(trino_server, 4e6)
    yield link
    link.close()


def fetch(port: int, rows: int, **more: Any) -> tuple[Trino, int]:
    """The session that fetched so many orders, and the bytes of JSON that they were."""
    session = Trino.connect(Settings(host="127.0.0.1", port=port, uid="ann", **more))
    operation = execute(session, ROWS.format(rows))
    size = 0
    while (part := operation.fetch_results()) is not None:
        size += part.end - part.start
    operation.close()
    session.disconnect()
    return session, size


def test_a_slow_link_gets_packed_answers(slow: SlowLink) -> None:
    session, size = fetch(slow.port, 100_000, compression="auto")
    assert session.client.packing.gzip
    assert slow.taken < 0.65 * size, "most pages came packed"
    slow.taken = 0
    _, plain = fetch(slow.port, 20_000, compression="identity")
    assert slow.taken > plain


def test_a_fast_link_gets_them_plain(trino_server: Server) -> None:
    session, _ = fetch(trino_server.port, 100_000, compression="auto")
    assert not session.client.packing.gzip
