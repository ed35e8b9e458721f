"""pandas through SQLAlchemy and pyodbc: reading on both engines, writing to DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine, Integer, Numeric, inspect, text

from clients.alchemy import engine_for
from clients.rows import ROWS, Row, expected
from clients.sources import Source
from registration import connection_string

TYPES = {"price": Numeric(12, 3), "n": Integer()}
"""What pandas cannot tell from a column of Python objects, or of floats that stand for NULLs."""


@pytest.fixture
def engine(source: Source) -> Iterator[Engine]:
    made = engine_for(source.connection_string)
    yield made
    made.dispose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pandas.duckdb"


@pytest.fixture
def file_engine(file: Path) -> Iterator[Engine]:
    """DuckDB in a file, so that every connection of the pool sees the same tables."""
    made = engine_for(connection_string(Backend="duckdb", Database=file))
    yield made
    made.dispose()


def frame(n: int) -> pd.DataFrame:
    """The first `n` rows of rows.py as pandas makes a frame of Python objects."""
    return pd.DataFrame([tuple(row) for row in expected(n)], columns=list(Row._fields))


def test_read_sql_reads_the_same_rows(source: Source, engine: Engine) -> None:
    read = pd.read_sql(source.query, engine, coerce_float=False)
    assert len(read) == ROWS
    assert_frame_equal(read, frame(ROWS))


def test_read_sql_in_chunks_with_parameters(source: Source, engine: Engine) -> None:
    query = text(f"select * from ({source.query.removesuffix(' order by 1')}) s where id < :below order by id")
    arguments = {"params": {"below": 2_500 * 1_000_003}, "chunksize": 1000, "coerce_float": False}
    chunks = list(pd.read_sql(query, engine, **arguments))
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 500]
    assert_frame_equal(pd.concat(chunks, ignore_index=True), frame(2_500))


@pytest.mark.parametrize("name", ["plain", 'odd name\'s 100%_\\ "ž"'])
def test_to_sql_writes_what_duckdb_itself_reads(file_engine: Engine, file: Path, name: str) -> None:
    wrote = frame(3_000)
    wrote.to_sql(name, file_engine, index=False, chunksize=1000, dtype=TYPES)
    with pytest.raises(ValueError, match="already exists"):
        wrote.to_sql(name, file_engine, index=False, dtype=TYPES)
    wrote.to_sql(name, file_engine, index=False, if_exists="append", dtype=TYPES)
    assert name in inspect(file_engine).get_table_names()
    quoted = name.replace('"', '""')
    read = pd.read_sql(f'select distinct * from "{quoted}" order by id', file_engine, coerce_float=False)
    assert_frame_equal(read, wrote)
    file_engine.dispose()
    with duckdb.connect(str(file)) as native:
        rows = native.execute(f'select * from "{quoted}" order by id').fetchall()
    assert rows == [tuple(row) for row in expected(3_000) for _ in range(2)]


def test_a_failed_write_leaves_nothing(file_engine: Engine) -> None:
    with file_engine.begin() as connection:
        connection.exec_driver_sql("create table strict (id bigint primary key)")
    with pytest.raises(Exception, match=r"(?i)duplicate key"):
        pd.DataFrame({"id": [1, 2, 2]}).to_sql("strict", file_engine, index=False, if_exists="append")
    assert pd.read_sql("select count(*) as n from strict", file_engine)["n"].tolist() == [0]
