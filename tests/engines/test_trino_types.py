"""Every type of Trino at its edges, read from a real server, and the table of docs/types.md that says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.process import Server
from engines.trino_types import KINDS, PAGE, Edge, Kind, read, replaced, table
from plain import Driver, Session
from registration import connection_string

pytestmark = pytest.mark.engine

CASES = [(kind, edge) for kind in KINDS for edge in kind.edges]


@pytest.fixture(scope="module")
def session(driver_path: Path, trino_server: Server) -> Iterator[Session]:
    where = {"Host": trino_server.host, "Port": trino_server.port, "UID": "ann", "TimeZone": "Europe/Vienna"}
    opened = Session(Driver(driver_path), connection_string(Backend="trino", **where))
    yield opened
    opened.close()


@pytest.mark.parametrize(("kind", "edge"), CASES, ids=[f"{k.name}: {e.sql[:40]}" for k, e in CASES])
def test_edge(session: Session, kind: Kind, edge: Edge) -> None:
    name, _, _, text, state = read(session, edge)
    assert (name, text, state) == (kind.sql_type, edge.text, edge.state)


@pytest.mark.parametrize(
    ("sql", "size", "digits"),
    [
        ("cast(1 AS decimal(12,3))", 12, 3), ("cast('x' AS char(7))", 7, 0), ("cast('x' AS varchar(9))", 9, 0),
        ("date '2024-01-01'", 10, 0), ("time '01:02:03'", 8, 0), ("time '01:02:03.123'", 12, 3),
        ("timestamp '2024-01-01 00:00:00'", 19, 0), ("timestamp '2024-01-01 00:00:00.1'", 21, 1),
        ("timestamp '2024-01-01 00:00:00.123456'", 26, 6), ("timestamp '2024-01-01 00:00:00.123456789012'", 29, 9),
        ("timestamp '2024-01-01 00:00:00.123 UTC'", 23, 3), ("bigint '1'", 19, 0), ("true", 1, 0),
        ("uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'", 36, 0),
    ],
)  # fmt: skip
def test_sizes(session: Session, sql: str, size: int, digits: int) -> None:
    """By Appendix D's tables of column sizes and decimal digits."""
    assert read(session, Edge(sql, None))[1:3] == (size, digits)


def test_the_page_shows_what_is_read(session: Session) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert replaced(page, table(session)) == page, "run tools/trinotypes.py"
