"""arrow-odbc (Rust): blocks of bound columns, its own mapping from ODBC types to Arrow types."""

from __future__ import annotations

from arrow_odbc import read_arrow_batches_from_odbc

from clients.rows import ROWS, Row, expected
from clients.sources import Source


def test_arrow_odbc_fetches_the_same_rows(source: Source) -> None:
    reader = read_arrow_batches_from_odbc(
        query=source.query, connection_string=source.connection_string, batch_size=1000, max_text_size=100
    )
    assert reader is not None
    columns: dict[str, list] = {name: [] for name in Row._fields}
    for batch in reader:
        for name in columns:
            columns[name] += batch.column(name).to_pylist()
    assert len(columns["id"]) == ROWS
    wanted = expected()
    for position, name in enumerate(Row._fields):
        assert columns[name] == [row[position] for row in wanted], name
