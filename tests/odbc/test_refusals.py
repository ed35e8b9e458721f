"""What an engine cannot do and what a statement got wrong: one SQLSTATE for one cause, whatever the engine's own words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import SQL_ERROR, Driver, Session, pointer

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "hive")

TABLE = f"refused_{uuid.uuid4().hex[:8]}"
ALL = ("duckdb", "spark", "trino", "hive")


@pytest.fixture(scope="module")
def session(driver_path: Path) -> Iterator[Session]:
    """A connection with a table of one integer, of the engine's usual kind."""
    opened = Session(Driver(driver_path))
    opened.ok(f"create table {TABLE} (a int)".encode())
    yield opened
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    opened.ok(f"drop table {TABLE}".encode())
    opened.close()


# Statement -> the engines that refuse it, and the SQLSTATE. Trino's type check does not tell a missing column apart.
REFUSED = {
    f"update {TABLE} set a = 1": (("spark", "trino", "hive"), "HYC00"),
    f"delete from {TABLE} where a = 1": (("spark", "trino", "hive"), "HYC00"),
    f"create table {TABLE} (a int)": (ALL, "42S01"),
    f"select b from {TABLE}": (ALL, "42S22"),
    f"select * from {TABLE}_not": (ALL, "42S02"),
    f"insert into {TABLE} values (1, 2)": (("duckdb", "spark", "hive"), "21S01"),
    f"select * from {TABLE} where (": (ALL, "42000"),
    "select 1 frm x y": (ALL, "42000"),
    "select no_such_function(1)": (ALL, "42000"),
    "{? = call p()}": (("spark", "trino", "hive"), "HYC00"),
    "select cast('x' as int)": (("duckdb", "spark", "trino"), "22018"),
    "select cast(9999999999 as int)": (("duckdb", "spark", "trino"), "22003"),
    f"insert into {TABLE} values ('x')": (("duckdb", "spark"), "22018"),
    "select {d '2024-02-30'}": (("spark", "trino", "hive"), "22007"),
    "select 1 / 0": (("spark", "trino"), "22012"),
}


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql.replace(TABLE, "t"))
def test_the_state_names_the_cause(session: Session, engine: str, sql: str) -> None:
    engines, state = REFUSED[sql]
    rc = session.run(sql.encode())
    if engine not in engines:
        session.driver.SQLFreeStmt(pointer(session.stmt), 0)
        return
    # What depends on a value may fail with the first row only.
    assert rc == SQL_ERROR or session.driver.SQLFetch(pointer(session.stmt)) == SQL_ERROR
    assert session.state() == state
    session.driver.SQLFreeStmt(pointer(session.stmt), 0)
    session.still_works()
