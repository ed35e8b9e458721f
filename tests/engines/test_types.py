"""Each type of an engine is described alike by SQLGetTypeInfo, SQLColumns, SQLDescribeCol, SQLColAttribute and the IRD.

The expected values follow from the declared type by the rules of tests/spec/sizes.tsv and colattr.tsv.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from descriptors import CODE, CONCISE_TYPE, LENGTH, OCTET_LENGTH, PRECISION, SCALE, TYPE, Descriptor
from plain import SQL_NTS, SQL_SUCCESS, Driver, Session, catalog_rows, pointer
from registration import connection_string

pytestmark = pytest.mark.engine

STRING_LENGTH = 321
TYPE_NAME, LOCAL_TYPE_NAME, DISPLAY_SIZE, UNSIGNED, SEARCHABLE, CASE_SENSITIVE, PREFIX = 14, 29, 6, 8, 13, 12, 27


@dataclass(frozen=True)
class Wanted:
    """What ODBC says about a column of a type."""

    declared: str
    name: str
    sql_type: int
    size: int
    digits: int | None
    display: int
    octets: int
    searchable: int = 2

    @property
    def text(self) -> bool:
        return self.sql_type in (-8, -9)

    @property
    def verbose(self) -> tuple[int, int]:
        """SQL_DESC_TYPE and SQL_DESC_DATETIME_INTERVAL_CODE."""
        if 91 <= self.sql_type <= 93:
            return 9, self.sql_type - 90
        return (10, self.sql_type - 100) if self.sql_type > 100 else (self.sql_type, 0)


def text(declared: str, size: int, name: str = "", sql_type: int = -9) -> Wanted:
    return Wanted(declared, name or declared.partition("<")[0].upper(), sql_type, size, None, size, 2 * size, 3)


COMMON = [
    Wanted("boolean", "BOOLEAN", -7, 1, None, 1, 1),
    Wanted("tinyint", "TINYINT", -6, 3, 0, 4, 1),
    Wanted("smallint", "SMALLINT", 5, 5, 0, 6, 2),
    Wanted("int", "INT", 4, 10, 0, 11, 4),
    Wanted("bigint", "BIGINT", -5, 19, 0, 20, 8),
    Wanted("float", "FLOAT", 7, 7, None, 14, 4),
    Wanted("double", "DOUBLE", 8, 15, None, 24, 8),
    Wanted("decimal(12,3)", "DECIMAL", 3, 12, 3, 14, 14),
    Wanted("decimal(38,0)", "DECIMAL", 3, 38, 0, 40, 40),
    text("string", STRING_LENGTH),
    text("varchar(9)", 9, "VARCHAR"),
    text("char(4)", 4, "CHAR", -8),
    Wanted("binary", "BINARY", -3, 32767, None, 65534, 32767, 0),
    Wanted("date", "DATE", 91, 10, None, 10, 6),
]
NESTED = [text(t, STRING_LENGTH) for t in ("array<int>", "map<string,int>", "struct<a:int,b:string>")]
ENGINES = {
    "spark": [
        *COMMON,
        *NESTED,
        Wanted("timestamp", "TIMESTAMP", 93, 26, 6, 26, 16),
        Wanted("timestamp_ntz", "TIMESTAMP", 93, 26, 6, 26, 16),
        Wanted("interval year to month", "INTERVAL YEAR TO MONTH", 107, 12, None, 12, 28),
        Wanted("interval month", "INTERVAL YEAR TO MONTH", 107, 12, None, 12, 28),
        Wanted("interval day to second", "INTERVAL DAY TO SECOND", 110, 25, 6, 25, 28),
        Wanted("interval hour to minute", "INTERVAL DAY TO SECOND", 110, 25, 6, 25, 28),
    ],
    "hive": [
        *COMMON,
        *NESTED,
        Wanted("timestamp", "TIMESTAMP", 93, 29, 9, 29, 16),
        Wanted("timestamp with local time zone", "TIMESTAMP WITH LOCAL TIME ZONE", 93, 29, 9, 29, 16),
    ],
    "impala": [*COMMON, Wanted("timestamp", "TIMESTAMP", 93, 29, 9, 29, 16)],
}
CASES = [(engine, i, wanted) for engine, types in ENGINES.items() for i, wanted in enumerate(types, 1)]


@pytest.fixture(scope="module")
def sessions(driver_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, Session]]:
    """Connections to the engines, filled as tests ask for them."""
    opened: dict[str, Session] = {}
    yield opened
    for session in opened.values():
        session.driver.SQLFreeStmt(pointer(session.stmt), 0)
        run(session, "DROP DATABASE type_tests CASCADE")
        session.close()


@pytest.fixture
def session(engine: str, sessions: dict[str, Session], driver_path: Path, request: pytest.FixtureRequest) -> Session:
    """A connection whose table type_tests.types has one column for each type, c1, c2 and so on."""
    if engine not in sessions:
        server = request.getfixturevalue(f"{engine}_server")
        where = {"Backend": engine, "Host": server.host, "Port": server.port, "UID": "ann"}
        where |= {"AuthMech": "USER" if engine == "hive" else "NOSASL", "StringLength": STRING_LENGTH}
        opened = sessions[engine] = Session(Driver(driver_path), connection_string(**where))
        run(opened, "DROP DATABASE IF EXISTS type_tests CASCADE")
        run(opened, "CREATE DATABASE type_tests")
        columns = ", ".join(f"c{i} {wanted.declared}" for i, wanted in enumerate(ENGINES[engine], 1))
        run(opened, f"CREATE TABLE type_tests.types ({columns}) {'USING parquet' if engine == 'spark' else ''}")
    return sessions[engine]


def run(session: Session, sql: str) -> None:
    session.ok(sql.encode())
    assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS


def described(session: Session, column: int) -> tuple[str, int, int, int]:
    """SQLDescribeCol's name, type, size and digits."""
    name, length, sql_type = ctypes.create_string_buffer(50), ctypes.c_int16(), ctypes.c_int16()
    size, digits, nullable = ctypes.c_uint64(), ctypes.c_int16(), ctypes.c_int16()
    rc = session.driver.SQLDescribeCol(
        pointer(session.stmt), column, name, 50, *map(ctypes.byref, (length, sql_type, size, digits, nullable))
    )
    assert rc == SQL_SUCCESS, session.state()
    return name.value.decode(), sql_type.value, size.value, digits.value


def attribute(session: Session, column: int, field: int) -> int | str:
    """SQLColAttribute: a text where there is one."""
    out, length, number = ctypes.create_string_buffer(100), ctypes.c_int16(-1), ctypes.c_int64(-1)
    rc = session.driver.SQLColAttribute(
        pointer(session.stmt), column, field, out, 100, ctypes.byref(length), ctypes.byref(number)
    )
    assert rc == SQL_SUCCESS, session.state()
    return out.value.decode() if field in (TYPE_NAME, LOCAL_TYPE_NAME, PREFIX) else number.value


@pytest.mark.parametrize(("engine", "i", "wanted"), CASES, ids=lambda v: getattr(v, "declared", None))
def test_all_descriptions_agree(session: Session, engine: str, i: int, wanted: Wanted) -> None:
    shown = (wanted.sql_type, wanted.size, wanted.digits)
    # before the query runs, and after
    query = f"SELECT c{i} FROM type_tests.types".encode()
    statement = pointer(session.stmt)
    assert session.driver.SQLPrepare(statement, query, SQL_NTS) == SQL_SUCCESS
    before = described(session, 1)
    assert session.driver.SQLExecute(statement) == SQL_SUCCESS, session.state()
    assert described(session, 1) == before == (f"c{i}", *shown[:2], wanted.digits or 0)
    assert attribute(session, 1, TYPE_NAME) == attribute(session, 1, LOCAL_TYPE_NAME) == wanted.name
    assert attribute(session, 1, DISPLAY_SIZE) == wanted.display
    assert attribute(session, 1, OCTET_LENGTH) == wanted.octets
    assert attribute(session, 1, SEARCHABLE) == wanted.searchable
    assert attribute(session, 1, UNSIGNED) == int(wanted.sql_type not in (-6, 5, 4, -5, 7, 8, 3))
    assert attribute(session, 1, CASE_SENSITIVE) == int(wanted.text)
    assert (attribute(session, 1, CONCISE_TYPE), attribute(session, 1, TYPE)) == (wanted.sql_type, wanted.verbose[0])
    ird = Descriptor.of(session, "IRD")
    assert (ird.number(1, CONCISE_TYPE), ird.number(1, TYPE), ird.number(1, CODE)) == (wanted.sql_type, *wanted.verbose)
    for field in (LENGTH, PRECISION, SCALE, OCTET_LENGTH):
        assert ird.number(1, field) == attribute(session, 1, field), field
    if wanted.sql_type == 3:
        assert (ird.number(1, PRECISION), ird.number(1, SCALE)) == shown[1:]
    if wanted.sql_type in (93, 110):
        assert ird.number(1, PRECISION) == wanted.digits
    if wanted.text or wanted.sql_type == -3:
        assert ird.number(1, LENGTH) == wanted.size
    prefix = attribute(session, 1, PREFIX)
    assert session.driver.SQLFreeStmt(statement, 0) == SQL_SUCCESS
    # the catalog
    listed = catalog_rows(session, "SQLColumns", None, "type\\_tests", "types", f"c{i}")
    assert len(listed) == 1
    numbers = [None if listed[0][k] is None else int(listed[0][k]) for k in (4, 6, 8)]
    assert (numbers[0], numbers[1], numbers[2], listed[0][5]) == (*shown, wanted.name)
    assert int(listed[0][7]) == wanted.octets
    assert listed[0][15] == (str(wanted.octets) if wanted.text or wanted.sql_type == -3 else None)
    assert (int(listed[0][13]), int(listed[0][14] or 0)) == wanted.verbose
    assert listed[0][16] == str(i)
    # the type
    types = [row for row in catalog_rows(session, "SQLGetTypeInfo", wanted.sql_type) if row[0] == wanted.name]
    assert len(types) == 1
    assert int(types[0][1]) == wanted.sql_type
    assert (types[0][3] or "") == prefix
    assert int(types[0][2]) >= wanted.size or wanted.sql_type > 100
    assert (int(types[0][7]), int(types[0][8])) == (int(wanted.text), wanted.searchable)
