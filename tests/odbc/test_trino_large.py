"""Large answers of Trino through the driver file and its native decoder: one cell of 100 MB, 10,000 columns."""

from __future__ import annotations

import hashlib

from argus_odbc.client import Connection
from fakes.trino_pages import BIGINT, VARCHAR, FakeTrino
from registration import driver_file


def first_row(fake: FakeTrino, columns: int) -> list[str | None]:
    connection = Connection(f"Backend=trino;Host=127.0.0.1;Port={fake.port};UID=ann", driver_file())
    connection.execute("SELECT x")
    [row] = list(connection.rows(columns))
    connection.close()
    return row


def test_a_cell_of_100_megabytes() -> None:
    text = 'ä€𝄞x"\\' * 9_000_000
    assert len(text.encode()) > 100_000_000
    with FakeTrino([{"columns": [VARCHAR]}, {"columns": [VARCHAR], "data": [[text]]}, {}]) as fake:
        [found] = first_row(fake, 1)
    assert found is not None
    assert hashlib.sha256(found.encode()).digest() == hashlib.sha256(text.encode()).digest()


def test_ten_thousand_columns() -> None:
    columns = [{**BIGINT, "name": f"c{i}"} for i in range(10000)]
    with FakeTrino([{"columns": columns}, {"columns": columns, "data": [list(range(10000))]}, {}]) as fake:
        assert first_row(fake, 10000) == [str(i) for i in range(10000)]
