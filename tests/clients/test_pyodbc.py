"""pyodbc with its default, autocommit off: SQLFetch and SQLGetData for each cell."""

from __future__ import annotations

import pyodbc

from clients.rows import ROWS, expected
from clients.sources import Source


def test_pyodbc_fetches_the_same_rows(source: Source) -> None:
    connection = pyodbc.connect(source.connection_string)
    try:
        cursor = connection.cursor().execute(source.query)
        assert [column[0] for column in cursor.description] == [
            "id", "n", "price", "ratio", "label", "day", "moment", "flag",
        ]  # fmt: skip
        rows = cursor.fetchall()
        assert len(rows) == ROWS
        assert [tuple(row) for row in rows] == [tuple(row) for row in expected()]
        connection.rollback()
    finally:
        connection.close()


def test_pyodbc_starts_a_second_query_with_rows_left(source: Source) -> None:
    connection = pyodbc.connect(source.connection_string)
    try:
        cursor = connection.cursor()
        wanted = expected(3)
        for _ in range(3):
            assert [tuple(row) for row in cursor.execute(source.query).fetchmany(3)] == [tuple(row) for row in wanted]
    finally:
        connection.close()
