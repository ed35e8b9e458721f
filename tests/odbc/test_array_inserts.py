"""Arrays of INSERT parameters that DuckDB takes all at once: every type, the same values as one row at a time."""

from __future__ import annotations

import ctypes
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import C_CHAR, SQL_NO_DATA, SQL_NULL_DATA, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer

PARAMSET_SIZE, STATUS_PTR = 22, 20
NULL = pointer(None)


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


def numeric(digits: int, scale: int) -> bytes:
    return struct.pack("<BbB", 38, scale, digits >= 0) + abs(digits).to_bytes(16, "little")


# Column type; C type, SQL type, size, digits; bytes of a set's element; the value as DuckDB writes it.
COLUMNS = [
    ("integer", 4, 4, 10, 0, lambda i: struct.pack("<i", -i), lambda i: str(-i)),
    ("bigint", -25, -5, 19, 0, lambda i: struct.pack("<q", 2**62 + i), lambda i: str(2**62 + i)),
    ("tinyint", -26, -6, 3, 0, lambda i: struct.pack("<b", i - 10), lambda i: str(i - 10)),
    ("double", 8, 8, 15, 0, lambda i: struct.pack("<d", i / 8), lambda i: repr(i / 8)),
    ("decimal(12,3)", 2, 3, 12, 3, lambda i: numeric(-1234 - i, 2), lambda i: f"-{(1234 + i) / 100:.3f}"),
    ("varchar", 1, 12, 100, 0, lambda i: f"é {i}".encode().ljust(16, b"\0"), lambda i: f"é {i}"),
    ("varchar", -8, -9, 100, 0, lambda i: f"😀{i}".encode("utf-16-le").ljust(16, b"\0"), lambda i: f"😀{i}"),
    ("blob", -2, -3, 4, 0, lambda i: bytes([0, 65 + i]), lambda i: f"\\x00{chr(65 + i)}"),
    ("boolean", -7, -7, 1, 0, lambda i: bytes([i % 2]), lambda i: ("false", "true")[i % 2]),
    ("date", 91, 91, 10, 0, lambda i: struct.pack("<hHH", 1960 + i, 2, 28), lambda i: f"{1960 + i}-02-28"),
    ("time", 92, 92, 8, 0, lambda i: struct.pack("<3H", 23, i, 59), lambda i: f"23:{i:02}:59"),
    ("timestamp", 93, 93, 26, 6, lambda i: struct.pack("<h5HI", 1, 1, 1 + i, 1, 2, 3, 456000),
     lambda i: f"0001-01-{1 + i:02} 01:02:03.000456"),
    ("uuid", -11, -11, 36, 0, lambda i: uuid.UUID(int=i << 100).bytes_le, lambda i: str(uuid.UUID(int=i << 100))),
    ("integer", 1, 12, 100, 0, lambda i: b"%d" % i + b"\0" * (4 - len(str(i))), lambda i: str(i)),
]  # fmt: skip


@pytest.mark.parametrize("size", [5, 20], ids=["one by one", "all at once"])
def test_every_type_comes_as_it_was_bound(session: Session, size: int) -> None:
    columns = ", ".join(f"c{n} {column[0]}" for n, column in enumerate(COLUMNS))
    # The transaction's number tells whether the rows came by one statement.
    session.ok(f"create table t ({columns}, tx ubigint default txid_current())".encode())
    stmt, kept = pointer(session.stmt), []
    assert session.driver.SQLSetStmtAttr(stmt, PARAMSET_SIZE, pointer(size), 0) == SQL_SUCCESS
    for n, (_, c_type, sql_type, precision, digits, data, _) in enumerate(COLUMNS):
        elements = [data(i) for i in range(size)]
        width = max(map(len, elements))
        buffer = ctypes.create_string_buffer(b"".join(e.ljust(width, b"\0") for e in elements), width * size)
        # Every third value of a column is NULL; lengths of text are to be counted.
        is_text = c_type in (1, -8)
        lengths = (ctypes.c_int64 * size)(
            *[SQL_NULL_DATA if (i + n) % 3 == 0 else -3 if is_text else len(elements[i]) for i in range(size)]
        )
        kept += [buffer, lengths]
        rc = session.driver.SQLBindParameter(
            stmt, n + 1, 1, c_type, sql_type, precision, digits, buffer, width, lengths
        )
        assert rc == SQL_SUCCESS, session.state()
    names = ", ".join(f"c{n}" for n in range(len(COLUMNS)))
    markers = ", ".join("?" * len(COLUMNS))
    assert session.run(f"insert into t ({names}) values ({markers})".encode()) == SQL_SUCCESS, session.state()
    texts = ", ".join(f"coalesce(c{n}::varchar, 'NULL')" for n in range(len(COLUMNS)))
    got = rows_of(session, f"select concat_ws('|', {texts}) from t order by rowid")
    expected = [
        "|".join("NULL" if (i + n) % 3 == 0 else column[6](i) for n, column in enumerate(COLUMNS)) for i in range(size)
    ]
    assert got == expected
    assert rows_of(session, "select count(distinct tx) from t") == ["5" if size == 5 else "1"]


def rows_of(session: Session, sql: str) -> list[str]:
    """The first column of a query's rows, without parameters and arrays."""
    stmt = pointer(session.driver.alloc(3, session.dbc))
    assert session.driver.SQLExecDirect(stmt, sql.encode(), -3) == SQL_SUCCESS
    out, n, rows = ctypes.create_string_buffer(2000), ctypes.c_int64(), []
    while session.driver.SQLFetch(stmt) != SQL_NO_DATA:
        assert session.driver.SQLGetData(stmt, 1, C_CHAR, out, 2000, ctypes.byref(n)) == SQL_SUCCESS
        rows.append(out.value.decode())
    assert session.driver.SQLFreeHandle(3, stmt) == SQL_SUCCESS
    return rows


def texts_bound(session: Session, texts: list[bytes], sql_type: int, size: int, digits: int = 0) -> list[object]:
    """Bind texts as an array for parameter 1; what has to stay alive comes back."""
    stmt, width = pointer(session.stmt), max(map(len, texts)) + 1
    buffer = ctypes.create_string_buffer(b"".join(t.ljust(width, b"\0") for t in texts), width * len(texts))
    status = (ctypes.c_uint16 * len(texts))()
    assert session.driver.SQLSetStmtAttr(stmt, PARAMSET_SIZE, pointer(len(texts)), 0) == SQL_SUCCESS
    assert session.driver.SQLSetStmtAttr(stmt, STATUS_PTR, status, 0) == SQL_SUCCESS
    rc = session.driver.SQLBindParameter(stmt, 1, 1, C_CHAR, sql_type, size, digits, buffer, width, NULL)
    assert rc == SQL_SUCCESS, session.state()
    return [buffer, status]


def test_bad_values_stay_out_and_the_rest_goes_at_once(session: Session) -> None:
    session.ok(b"create table t (d decimal(6,2), tx ubigint default txid_current())")
    texts = [b"%d.25" % i for i in range(12)]
    texts[3], texts[7] = b"nonsense", b"123456.78"
    _, status = texts_bound(session, texts, 3, 6, 2)
    assert session.run(b"insert into t (d) values (?)") == SQL_SUCCESS_WITH_INFO
    assert [i for i, one in enumerate(status) if one == 5] == [3, 7]
    assert rows_of(session, "select d from t order by d") == [f"{i}.25" for i in range(12) if i not in (3, 7)]
    assert rows_of(session, "select count(distinct tx) from t") == ["1"]


@pytest.mark.parametrize(
    ("column", "sql_type", "size", "digits", "text"),
    [
        # Digits of a decimal in text, a timestamp finer than the engine's usual one, a year beyond datetime's.
        ("varchar", 3, 10, 4, b"1.5"),
        ("timestamp_ns", 93, 29, 9, b"2024-01-01 00:00:00.123456789"),
        ("time_ns", 92, 18, 9, b"12:00:00.123456789"),
        ("interval", 103, 5, 0, b"3"),
        ("ubigint", -5, 20, 0, b"18446744073709551615"),
    ],
)
def test_what_a_column_would_change_goes_one_by_one(
    session: Session, column: str, sql_type: int, size: int, digits: int, text: bytes
) -> None:
    session.ok(f"create table t (v {column}, tx ubigint default txid_current())".encode())
    kept = texts_bound(session, [text] * 10, sql_type, size, digits)
    assert session.run(b"insert into t (v) values (?)") == SQL_SUCCESS, session.state()
    expected = {"interval": "3 days"}.get(column, text.decode())
    assert rows_of(session, "select distinct v::varchar from t") == [expected]
    assert rows_of(session, "select count(distinct tx) from t") == ["10"]
    assert len(kept) == 2


@pytest.mark.parametrize(
    "sql",
    [
        b"insert into t (v) values (upper(?))",
        b"insert into t (v) values (?) on conflict do nothing",
        b"insert or ignore into t (v) values (?)",
        b"insert into t (v) values (?) -- all",
        b"insert into t (v) select ?",
    ],
)
def test_other_statements_go_one_by_one(session: Session, sql: bytes) -> None:
    session.ok(b"create table t (v varchar primary key, tx ubigint default txid_current())")
    kept = texts_bound(session, [b"A%d" % i for i in range(10)], 12, 10)
    assert session.run(sql) == SQL_SUCCESS, session.state()
    assert rows_of(session, "select count(distinct tx) from t") == ["10"]
    assert sorted(rows_of(session, "select v from t")) == [f"A{i}" for i in range(10)]
    assert len(kept) == 2


def test_quoted_names_and_catalogs(session: Session) -> None:
    session.ok(b'create schema "my ""odd"" schema"')
    session.ok(b'create table "my ""odd"" schema"."a, (b" ("v) values" varchar, tx ubigint default txid_current())')
    kept = texts_bound(session, [b"it's"] * 9, 12, 10)
    table = 'memory . "my ""odd"" schema"."a, (b"'
    assert session.run(f'INSERT INTO {table} ("v) values") VALUES ( ? ) ;'.encode()) == SQL_SUCCESS, session.state()
    assert rows_of(
        session, f'select count(*) || "v) values" || count(distinct tx) from {table} group by "v) values"'
    ) == ["9it's1"]
    assert len(kept) == 2
