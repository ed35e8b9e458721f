"""SQLDescribeParam and automatic population of the IPD."""

from __future__ import annotations

import ctypes
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from descriptors import CONCISE_TYPE, COUNT, PARAMETER_TYPE, PRECISION, SCALE, Descriptor, prepare
from plain import C_SBIGINT, SQL_ERROR, SQL_NTS, SQL_SUCCESS, Driver, Session, pointer

NULL = pointer(None)
AUTO_IPD, ENABLE_AUTO_IPD = 10001, 15
NO_NULLS, NULLABLE, NULLABLE_UNKNOWN = 0, 1, 2
BIGINT, DECIMAL, TIMESTAMP, WVARCHAR, VARBINARY, INTEGER, DATE = -5, 3, 93, -9, -3, 4, 91
TABLE = b'create table t (a integer, d decimal(12,2), s varchar, ts timestamp, b blob, "odd ""name" date)'
KINDS = [
    (INTEGER, 10, 0),
    (DECIMAL, 12, 2),
    (WVARCHAR, 0, 0),
    (TIMESTAMP, 26, 6),
    (VARBINARY, 0, 0),
    (DATE, 10, 0),
]
UNKNOWN = (WVARCHAR, 0, 0)
SHARED = f"marked_{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    opened.ok(TABLE)
    yield opened
    opened.close()


def described(session: Session, number: int) -> tuple[int, int, int]:
    """SQL type, parameter size and decimal digits."""
    sql_type, size = ctypes.c_int16(-99), ctypes.c_size_t(99)
    digits, nullable = ctypes.c_int16(-99), ctypes.c_int16(-99)
    rc = session.driver.SQLDescribeParam(
        pointer(session.stmt), number, *map(ctypes.byref, (sql_type, size, digits, nullable))
    )
    assert rc == SQL_SUCCESS, session.state()
    assert nullable.value in (NO_NULLS, NULLABLE, NULLABLE_UNKNOWN)
    return sql_type.value, size.value, digits.value


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (b"insert into t values (?, ?, ?, ?, ?, ?)", KINDS),
        (b'insert into t ("odd ""name", a) values (?, ?)', [KINDS[5], KINDS[0]]),
        (b"select * from t where a = ? and d between ? and ? limit ?", [KINDS[0], KINDS[1], KINDS[1], (BIGINT, 19, 0)]),
        (b"update t set d = ?, ts = ? where a in (?, ?)", [KINDS[1], KINDS[3], KINDS[0], KINDS[0]]),
        (b'delete from t where "odd ""name" >= ? or t.s like ?', [KINDS[5], KINDS[2]]),
        (b"select * from t where s = 'from x' and /* join */ a <> ?", [KINDS[0]]),
        # DuckDB's arguments have another order, and RAND has none.
        (b"select {fn locate(?, s)}, {fn rand(?)} from t where a = ?", [UNKNOWN, UNKNOWN, KINDS[0]]),
        (b"select {fn insert(s, 1, 2, ?)}, {fn right(?, 3)} from t where d > ?", [UNKNOWN, UNKNOWN, KINDS[1]]),
        # What stands beside no column, or beside one of several tables.
        (b"select ?, ? + 1 from t where abs(a) = ?", [UNKNOWN] * 3),
        (b"select * from t join t u using (a) where d = ?", [UNKNOWN]),
        (b"select 1 where ? = 2", [UNKNOWN]),
    ],
)
def test_types_come_from_the_columns(session: Session, sql: bytes, expected: list[tuple[int, int, int]]) -> None:
    prepare(session, sql)
    assert [described(session, i + 1) for i in range(len(expected))] == expected


def test_states(session: Session) -> None:
    driver, stmt = session.driver, pointer(session.driver.alloc(3, session.dbc))
    arguments = (NULL, NULL, NULL, NULL)
    assert driver.SQLDescribeParam(stmt, 1, *arguments) == SQL_ERROR
    assert driver.state(3, stmt.value) == "HY010"
    assert driver.SQLPrepare(stmt, b"insert into t (a) values (?)", SQL_NTS) == SQL_SUCCESS
    for number in (0, 2, 40000):
        assert driver.SQLDescribeParam(stmt, number, *arguments) == SQL_ERROR
        assert driver.state(3, stmt.value) == "07009"
    assert driver.SQLDescribeParam(stmt, 1, *arguments) == SQL_SUCCESS
    assert driver.SQLPrepare(stmt, b"insert into nowhere values (?)", SQL_NTS) == SQL_SUCCESS
    assert driver.SQLDescribeParam(stmt, 1, *arguments) == SQL_ERROR
    assert driver.state(3, stmt.value) == "42S02"
    session.still_works()


def test_what_is_said_about_it(session: Session) -> None:
    text, total, exists = ctypes.create_string_buffer(9), ctypes.c_int16(), ctypes.c_uint16()
    dbc = pointer(session.dbc)
    assert session.driver.SQLGetInfo(dbc, 10002, text, 9, ctypes.byref(total)) == SQL_SUCCESS
    assert text.value == b"Y"
    # SQL_API_SQLDESCRIBEPARAM
    assert session.driver.SQLGetFunctions(dbc, 58, ctypes.byref(exists)) == SQL_SUCCESS
    assert exists.value == 1
    number = ctypes.c_uint32()
    assert session.driver.SQLGetConnectAttr(dbc, AUTO_IPD, ctypes.byref(number), 4, NULL) == SQL_SUCCESS
    assert number.value == 1


def test_automatic_ipd(session: Session) -> None:
    stmt = pointer(session.stmt)
    ipd = Descriptor.of(session, "IPD")
    prepare(session, b"insert into t (a, d) values (?, ?)")
    assert ipd.number(0, COUNT) == 0
    assert session.driver.SQLSetStmtAttr(stmt, ENABLE_AUTO_IPD, pointer(1), 0) == SQL_SUCCESS
    prepare(session, b"insert into t (a, d) values (?, ?)")
    assert ipd.number(0, COUNT) == 2
    assert [ipd.number(i, CONCISE_TYPE) for i in (1, 2)] == [INTEGER, DECIMAL]
    assert (ipd.number(2, PRECISION), ipd.number(2, SCALE), ipd.number(2, PARAMETER_TYPE)) == (12, 2, 1)
    # The application says where the values are, in its own descriptor alone.
    values = (ctypes.c_int64 * 2)(5, 7)
    apd = Descriptor.of(session, "APD")
    for i in (1, 2):
        assert apd.set(i, CONCISE_TYPE, C_SBIGINT) == SQL_SUCCESS
        assert apd.set(i, 1010, ctypes.addressof(values) + 8 * (i - 1)) == SQL_SUCCESS
    assert session.driver.SQLExecute(stmt) == SQL_SUCCESS, session.state()
    assert session.driver.SQLSetStmtAttr(stmt, ENABLE_AUTO_IPD, pointer(2), 0) == SQL_ERROR
    assert session.state() == "HY024"


# What each engine calls the types, in the order of ENGINE_KINDS.
COLUMNS = {
    "duckdb": ("integer", "decimal(12,2)", "varchar", "timestamp", "blob", "date"),
    "spark": ("int", "decimal(12,2)", "string", "timestamp", "binary", "date"),
    "trino": ("integer", "decimal(12,2)", "varchar", "timestamp(6)", "varbinary", "date"),
    "hive": ("int", "decimal(12,2)", "string", "timestamp", "binary", "date"),
    "impala": ("int", "decimal(12,2)", "string", "timestamp", "binary", "date"),
}
ENGINE_KINDS = [INTEGER, DECIMAL, WVARCHAR, TIMESTAMP, VARBINARY, DATE]


@pytest.fixture(scope="module")
def shared(driver: Driver, engine: str) -> Iterator[Session]:
    """A connection with a table of the types."""
    opened = Session(driver)
    columns = ", ".join(f"{name} {kind}" for name, kind in zip("abcdef", COLUMNS[engine], strict=True))
    opened.ok(f"create table {SHARED} ({columns})".encode())
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    yield opened
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    opened.ok(f"drop table {SHARED}".encode())
    opened.close()


@pytest.mark.engines("duckdb", "spark", "trino", "hive", "impala")
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (f"insert into {SHARED} values (?, ?, ?, ?, ?, ?)", ENGINE_KINDS),
        (f"insert into {SHARED} (f, a) values (?, ?)", [DATE, INTEGER]),
        (f"select a from {SHARED} where f >= ? and b between ? and ?", [DATE, DECIMAL, DECIMAL]),
        (f"select a from {SHARED} where c = 'from x' and /* join ? */ a in (?, ?) -- ?", [INTEGER, INTEGER]),
    ],
)
def test_types_come_from_the_columns_of_every_engine(shared: Session, sql: str, expected: list[int]) -> None:
    prepare(shared, sql.encode())
    found = [described(shared, i + 1) for i in range(len(expected))]
    assert [kind for kind, _, _ in found] == expected
    assert all((size, digits) == (12, 2) for kind, size, digits in found if kind == DECIMAL)
    assert shared.driver.SQLDescribeParam(pointer(shared.stmt), len(expected) + 1, *[NULL] * 4) == SQL_ERROR
    assert shared.state() == "07009"
    shared.still_works()


def test_long_text_through_fast_executemany(cursor) -> None:
    cursor.execute("create table t (i integer, s varchar, b blob)")
    cursor.fast_executemany = True
    rows = [(i, "long ä" * (i * 100), bytes([i]) * (i * 300)) for i in range(20)] + [(None, None, None)]
    cursor.executemany("insert into t values (?, ?, ?)", rows)
    assert [tuple(row) for row in cursor.execute("select * from t order by i nulls last")] == rows
