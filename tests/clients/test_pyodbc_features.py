"""What pyodbc adds of its own: arrays of parameters, output converters, information, catalog calls, transactions."""

from __future__ import annotations

import datetime
import decimal
import struct
import uuid
from collections.abc import Iterator

import pyodbc
import pytest

from clients.rows import Row, expected
from clients.sources import Source
from engine_facts import FACTS

COLUMNS = "id bigint, n int, price decimal(12,3), ratio double, label {text}, day date, moment {moment}, flag boolean"


@pytest.fixture
def connection(source: Source) -> Iterator[pyodbc.Connection]:
    """pyodbc's default: autocommit off."""
    opened = pyodbc.connect(source.connection_string)
    yield opened
    opened.close()


@pytest.fixture
def table(source: Source, connection: pyodbc.Connection) -> Iterator[str]:
    """An empty table with the columns of rows.py, dropped after the test."""
    name = f"client_{uuid.uuid4().hex[:12]}"
    # Trino's memory connector writes with autocommit only; its plain timestamp has milliseconds.
    connection.autocommit = source.engine == "trino"
    moment = "timestamp(6)" if source.engine == "trino" else "timestamp"
    connection.execute(f"create table {name} ({COLUMNS.format(text=source.text_type, moment=moment)})")
    connection.commit()
    yield name
    connection.rollback()
    connection.execute(f"drop table {name}")
    connection.commit()


def fetched(connection: pyodbc.Connection, table: str) -> list[tuple]:
    return [tuple(row) for row in connection.execute(f"select * from {table} order by id").fetchall()]


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "row by row"])
def test_executemany(source: Source, connection: pyodbc.Connection, table: str, fast: bool) -> None:
    rows = [
        tuple(row)
        for row in expected({"duckdb": (5_000, 200), "spark": (100, 3), "trino": (300, 5)}[source.engine][not fast])
    ]
    cursor = connection.cursor()
    cursor.fast_executemany = fast
    cursor.executemany(f"insert into {table} values ({', '.join('?' * len(Row._fields))})", rows)
    connection.commit()
    assert fetched(connection, table) == rows


def test_fast_executemany_takes_texts_that_grow(connection: pyodbc.Connection, table: str) -> None:
    rows = [(i, "x" * length + "é😀'\\") for i, length in enumerate((0, 1, 10, 1000, 5000))]
    cursor = connection.cursor()
    cursor.fast_executemany = True
    cursor.executemany(f"insert into {table} (id, label) values (?, ?)", rows)
    assert [tuple(r) for r in connection.execute(f"select id, label from {table} order by id").fetchall()] == rows


def test_parameters_of_every_python_type(source: Source, connection: pyodbc.Connection) -> None:
    values = [
        -(2**31), 2**63 - 1, True, -2.5e-300, decimal.Decimal("-12345678901234567890.0123456789"), "é漢😀 it's \\ ?",
        datetime.date(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999), b"\x00\xff'", None,
    ]  # fmt: skip
    assert tuple(connection.execute(f"select {', '.join('?' * len(values))}", values).fetchone()) == tuple(values)


def test_output_converters_get_the_bytes_of_the_value(source: Source, connection: pyodbc.Connection) -> None:
    # pyodbc reads as SQL_C_BINARY where there is a converter; a NULL does not reach it.
    got: list[bytes] = []

    def keep(value: bytes) -> bytes:
        got.append(value)
        return value

    for sql_type in (pyodbc.SQL_INTEGER, pyodbc.SQL_WVARCHAR, pyodbc.SQL_DOUBLE, pyodbc.SQL_VARBINARY):
        connection.add_output_converter(sql_type, keep)
    connection.execute(
        f"select cast(-2 as int), cast('é😀' as {source.text_type}), cast(1.5 as double), {source.binary('00ff')},"
        " cast(null as int)"
    ).fetchone()
    assert got == [struct.pack("=i", -2), "é😀".encode(), struct.pack("=d", 1.5), b"\x00\xff"]
    connection.clear_output_converters()
    assert connection.execute("select cast(-2 as int)").fetchval() == -2


def test_getinfo(source: Source, connection: pyodbc.Connection) -> None:
    info = connection.getinfo
    quote = source.quote
    assert info(pyodbc.SQL_DBMS_NAME) == FACTS[source.engine].product
    assert info(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR) == quote
    assert info(pyodbc.SQL_DRIVER_ODBC_VER) == "03.80"
    assert info(pyodbc.SQL_SEARCH_PATTERN_ESCAPE) == connection.searchescape == "\\"
    assert info(pyodbc.SQL_PROCEDURES) is (source.engine != "spark")
    assert info(pyodbc.SQL_TXN_CAPABLE) == {"duckdb": 2, "spark": 0, "trino": 1}[source.engine]
    assert info(pyodbc.SQL_MAX_COLUMN_NAME_LEN) > 0
    assert connection.execute(f"select {quote}a b{quote} from (select 1 as {quote}a b{quote}) t").fetchval() == 1


def test_catalog_calls(source: Source, connection: pyodbc.Connection, table: str) -> None:
    cursor = connection.cursor()
    [found] = cursor.tables(table=table).fetchall()
    assert (found.table_name, found.table_type) == (table, "TABLE")
    columns = cursor.columns(table=table).fetchall()
    assert [c.column_name for c in columns] == list(Row._fields)
    assert [c.ordinal_position for c in columns] == [*range(1, 9)]
    assert [c.data_type for c in columns] == [
        pyodbc.SQL_BIGINT, pyodbc.SQL_INTEGER, pyodbc.SQL_DECIMAL, pyodbc.SQL_DOUBLE, pyodbc.SQL_WVARCHAR,
        pyodbc.SQL_TYPE_DATE, pyodbc.SQL_TYPE_TIMESTAMP, pyodbc.SQL_BIT,
    ]  # fmt: skip
    price = columns[2]
    assert (price.column_size, price.decimal_digits, price.num_prec_radix) == (12, 3, 10)
    assert [c.column_name for c in cursor.columns(table=table, column="%r%").fetchall()] == ["price", "ratio"]
    assert cursor.tables(table="no_such_table_here").fetchall() == []
    assert cursor.statistics(table).fetchall() == [] or source.engine == "duckdb"
    types = {row.data_type for row in cursor.getTypeInfo().fetchall()}
    assert {c.data_type for c in columns} <= types
    bigint = cursor.getTypeInfo(pyodbc.SQL_BIGINT).fetchone()
    assert (bigint.type_name.upper(), bigint.column_size) == ("BIGINT", 19)


def test_what_was_not_committed_is_gone(source: Source, connection: pyodbc.Connection, table: str) -> None:
    assert connection.autocommit is (source.engine == "trino")
    connection.execute(f"insert into {table} (id) values (1)")
    connection.commit()
    connection.execute(f"insert into {table} (id) values (2)")
    connection.rollback()
    # Spark has no transactions, Trino's table takes no part in one: what was executed stays.
    kept = [1] if source.engine == "duckdb" else [1, 2]
    assert [row.id for row in connection.execute(f"select id from {table} order by id").fetchall()] == kept


def test_errors_have_their_class_and_leave_the_connection_usable(connection: pyodbc.Connection) -> None:
    with pytest.raises(pyodbc.ProgrammingError, match="no_such_table_here") as caught:
        connection.execute("select * from no_such_table_here")
    assert caught.value.args[0] == "42S02"
    connection.rollback()
    assert connection.execute("select 1").fetchval() == 1


def test_a_cursor_in_several_ways(source: Source, connection: pyodbc.Connection) -> None:
    cursor = connection.cursor().execute(source.query)
    wanted = [tuple(row) for row in expected(60)]
    assert tuple(cursor.fetchone()) == wanted[0]
    cursor.skip(9)
    assert [tuple(row) for row in cursor.fetchmany(20)] == wanted[10:30]
    assert [tuple(row) for row, _ in zip(cursor, range(30), strict=False)] == wanted[30:60]
    cursor.cancel()
    cursor.close()
    connection.rollback()  # a query that is cancelled has ended Trino's transaction
    row = connection.execute(source.query).fetchone()
    assert (row.id, row.label, row[1], row.cursor_description[2][0]) == (0, None, None, "price")


def test_description_tells_sizes(source: Source, connection: pyodbc.Connection) -> None:
    cursor = connection.execute(source.query)
    described = {name: (kind, size, scale) for name, kind, _, size, _, scale, _ in cursor.description}
    assert described["price"] == (decimal.Decimal, 12, 3)
    assert described["id"] == (int, 19, 0)
    assert described["label"] == (str, 100, 0)
    assert described["day"][:2] == (datetime.date, 10)
    assert described["flag"] == (bool, 1, 0)


def test_read_only_and_timeout_are_accepted(source: Source) -> None:
    opened = pyodbc.connect(source.connection_string, timeout=20, readonly=True)
    opened.timeout = 60
    assert opened.execute("select 1").fetchval() == 1
    opened.close()
