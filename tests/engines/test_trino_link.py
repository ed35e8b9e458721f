"""`Compression=auto` against a real server: on the local link, and over one that lets only so many bytes a second through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from argus_odbc.backends.trino import Trino
from argus_odbc.settings import Settings
from engines.process import Server
from fakes.link import Link
from fetched import execute

pytestmark = pytest.mark.engine

ROWS = "SELECT * FROM tpch.sf1.orders LIMIT {}"


@pytest.fixture
def slow(trino_server: Server) -> Iterator[Link]:
    with Link(trino_server.host, trino_server.port, 4e6) as link:
        yield link


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


def test_a_slow_link_gets_packed_answers(slow: Link) -> None:
    session, size = fetch(slow.port, 100_000, compression="auto")
    assert session.client.packing.gzip
    assert slow.taken < 0.65 * size, "most pages came packed"
    slow.taken = 0
    _, plain = fetch(slow.port, 20_000, compression="identity")
    assert slow.taken > plain


def test_a_fast_link_gets_them_plain(trino_server: Server) -> None:
    session, _ = fetch(trino_server.port, 100_000, compression="auto")
    assert not session.client.packing.gzip
