"""What the driver says about a column: SQLGetTypeInfo, SQLColumns, SQLDescribeCol, SQLColAttribute and the IRD agree."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from descriptors import Descriptor
from plain import SQL_NTS, SQL_NULL_DATA, SQL_SUCCESS, Driver, Session, pointer

# Engine -> types as they are written in CREATE TABLE; what has no parameters is asked for by its name.
DECLARED = {
    "duckdb": [
        "BOOLEAN", "TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT", "UBIGINT", "HUGEINT",
        "UHUGEINT", "BIGNUM", "FLOAT", "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,38)", "DECIMAL(18,0)", "VARCHAR", "BLOB",
        "BIT", "UUID", "DATE", "TIME", "TIME_NS", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS",
        "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "INTERVAL", "JSON", "ENUM('a', 'b')", "INTEGER[]",
        "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)",
    ],
    "spark": [
        "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,0)", "STRING",
        "BINARY", "DATE", "TIMESTAMP", "ARRAY<INT>", "MAP<STRING,INT>", "STRUCT<a:INT>",
    ],
}  # fmt: skip
NESTED = ("[]", "STRUCT", "MAP", "ARRAY")

FIELDS = {row["field"].removeprefix("SQL_DESC_"): row for row in tables.rows("colattr")}
NUMBERS = [
    name for name, row in FIELDS.items() if row["returns"] == "numeric" and name not in ("COUNT", "CONCISE_TYPE")
]
TEXTS = [name for name, row in FIELDS.items() if row["returns"] == "string"]
SQL_DESC_DATETIME_INTERVAL_CODE = 1007
COLUMN_LENGTH, COLUMN_PRECISION, COLUMN_SCALE = 3, 4, 5
CODES = {row["name"]: int(row["number"]) for row in tables.rows("type_codes", side="SQL", kind="concise")}
EXACT = ("SQL_TINYINT", "SQL_SMALLINT", "SQL_INTEGER", "SQL_BIGINT", "SQL_DECIMAL", "SQL_NUMERIC")
BITS = {"SQL_REAL": 24, "SQL_FLOAT": 53, "SQL_DOUBLE": 53}


@pytest.fixture(scope="module")
def session(driver_path: Path) -> Iterator[Session]:
    opened = Session(Driver(driver_path))
    yield opened
    opened.run(b"DROP TABLE IF EXISTS described")
    opened.close()


def rows(session: Session) -> list[dict[str, str | None]]:
    """The rows of an open result by the columns' names."""
    statement, driver = pointer(session.stmt), session.driver
    count, name = ctypes.c_int16(), ctypes.create_string_buffer(200)
    assert driver.SQLNumResultCols(statement, ctypes.byref(count)) == SQL_SUCCESS
    names = []
    for i in range(1, count.value + 1):
        rest = [pointer(None)] * 5
        assert driver.SQLDescribeCol(statement, i, name, 200, *rest) == SQL_SUCCESS
        names.append(name.value.decode())
    out, text, length = [], ctypes.create_string_buffer(2000), ctypes.c_int64()
    while driver.SQLFetch(statement) == SQL_SUCCESS:
        row: dict[str, str | None] = {}
        for i, column in enumerate(names, 1):
            assert driver.SQLGetData(statement, i, 1, text, 2000, ctypes.byref(length)) == SQL_SUCCESS
            row[column] = None if length.value == SQL_NULL_DATA else text.value.decode()
        out.append(row)
    driver.SQLCloseCursor(statement)
    return out


@pytest.fixture(scope="module")
def type_info(session: Session) -> dict[str, dict[str, str | None]]:
    assert session.driver.SQLGetTypeInfo(pointer(session.stmt), 0) == SQL_SUCCESS
    return {str(row["TYPE_NAME"]): row for row in rows(session)}


class Described:
    """SQLDescribeCol, SQLColAttribute and the IRD of the first column of a statement."""

    def __init__(self, session: Session) -> None:
        driver, statement = session.driver, pointer(session.stmt)
        kind, digits, nullable = ctypes.c_int16(), ctypes.c_int16(), ctypes.c_int16()
        size, name = ctypes.c_uint64(), ctypes.create_string_buffer(100)
        places = [ctypes.byref(x) for x in (kind, size, digits, nullable)]
        assert driver.SQLDescribeCol(statement, 1, name, 100, pointer(None), *places) == SQL_SUCCESS, session.state()
        self.name, self.kind, self.size = name.value.decode(), kind.value, size.value
        self.digits, self.nullable = digits.value, nullable.value
        self.attributes = {field: self._number(session, int(FIELDS[field]["number"])) for field in NUMBERS}
        self.attributes |= {field: self._text(session, int(FIELDS[field]["number"])) for field in TEXTS}
        self.attributes |= {"CONCISE_TYPE": self._number(session, 2)}
        self.old = [self._number(session, field) for field in (COLUMN_LENGTH, COLUMN_PRECISION, COLUMN_SCALE)]
        ird = Descriptor.of(session, "IRD")
        self.ird = {field: ird.number(1, int(FIELDS[field]["number"])) for field in [*NUMBERS, "CONCISE_TYPE"]}
        self.ird |= {field: ird.text(1, int(FIELDS[field]["number"])) for field in TEXTS}
        self.code = ird.number(1, SQL_DESC_DATETIME_INTERVAL_CODE)

    @staticmethod
    def _number(session: Session, field: int) -> int:
        out = ctypes.c_int64(-9999)
        null = pointer(None)
        rc = session.driver.SQLColAttribute(pointer(session.stmt), 1, field, null, 0, null, ctypes.byref(out))
        assert rc == SQL_SUCCESS, session.state()
        return out.value

    @staticmethod
    def _text(session: Session, field: int) -> str:
        text, length = ctypes.create_string_buffer(500), ctypes.c_int16()
        null = pointer(None)
        rc = session.driver.SQLColAttribute(pointer(session.stmt), 1, field, text, 500, ctypes.byref(length), null)
        assert rc == SQL_SUCCESS, session.state()
        assert length.value == len(text.value)
        return text.value.decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Described) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def number(text: str | None) -> int:
    return int(text or 0)


def spec_name(code: int) -> str:
    return next(name for name, value in CODES.items() if value == code)


def test_all_say_the_same(session: Session, engine: str, type_info: dict[str, dict[str, str | None]]) -> None:
    for declared in DECLARED[engine]:
        compare(session, engine, type_info, declared)


def compare(session: Session, engine: str, type_info: dict[str, dict[str, str | None]], declared: str) -> None:
    session.ok(b"DROP TABLE IF EXISTS described")
    session.ok(f"CREATE TABLE described (c {declared})".encode())
    driver, null = session.driver, pointer(None)
    assert (
        driver.SQLColumns(pointer(session.stmt), null, 0, null, 0, b"described", SQL_NTS, b"c", SQL_NTS) == SQL_SUCCESS
    )
    (column,) = rows(session)
    query = b"SELECT c FROM described"
    assert driver.SQLPrepare(pointer(session.stmt), query, SQL_NTS) == SQL_SUCCESS, session.state()
    prepared = Described(session)
    assert driver.SQLExecute(pointer(session.stmt)) == SQL_SUCCESS, session.state()
    found = Described(session)
    driver.SQLCloseCursor(pointer(session.stmt))
    assert found == prepared

    # SQLColAttribute and the IRD are one.
    assert found.attributes == found.ird
    ird = found.ird
    assert (found.name, found.kind) == (ird["NAME"], ird["CONCISE_TYPE"])

    # SQLColumns.
    assert number(column["DATA_TYPE"]) == found.kind
    assert number(column["SQL_DATA_TYPE"]) == ird["TYPE"]
    assert number(column["SQL_DATETIME_SUB"]) == found.code
    assert column["TYPE_NAME"] == ird["TYPE_NAME"]
    assert number(column["COLUMN_SIZE"]) == found.size
    assert number(column["DECIMAL_DIGITS"]) == found.digits
    assert number(column["BUFFER_LENGTH"]) == ird["OCTET_LENGTH"]
    assert found.old == [ird["OCTET_LENGTH"], found.size, found.digits]
    assert found.nullable == ird["NULLABLE"]
    assert found.nullable in (2, number(column["NULLABLE"]))

    # SQLGetTypeInfo: the type's row, which has the largest sizes.
    nested = any(sign in declared for sign in NESTED)
    row = type_info["JSON" if nested and engine == "duckdb" else str(column["TYPE_NAME"]).split("<")[0].upper()]
    assert (row["DATA_TYPE"], row["SQL_DATA_TYPE"], row["SQL_DATETIME_SUB"]) == tuple(
        column[name] for name in ("DATA_TYPE", "SQL_DATA_TYPE", "SQL_DATETIME_SUB")
    )
    assert found.size == number(row["COLUMN_SIZE"]) or row["CREATE_PARAMS"] or declared.startswith("ENUM")
    assert found.size <= number(row["COLUMN_SIZE"])
    assert row["NUM_PREC_RADIX"] == column["NUM_PREC_RADIX"]
    for field, name in (
        ("CASE_SENSITIVE", "CASE_SENSITIVE"), ("SEARCHABLE", "SEARCHABLE"), ("FIXED_PREC_SCALE", "FIXED_PREC_SCALE"),
        ("AUTO_UNIQUE_VALUE", "AUTO_UNIQUE_VALUE"),
    ):  # fmt: skip
        assert ird[field] == number(row[name]), field
    for field in ("LITERAL_PREFIX", "LITERAL_SUFFIX"):
        assert ird[field] == (row[field] or ""), field
    assert ird["LOCAL_TYPE_NAME"] == (row["LOCAL_TYPE_NAME"] or "") or nested
    # No number counts as unsigned.
    assert ird["UNSIGNED"] == (1 if row["UNSIGNED_ATTRIBUTE"] is None else number(row["UNSIGNED_ATTRIBUTE"]))
    assert (row["UNSIGNED_ATTRIBUTE"] is None) == (row["NUM_PREC_RADIX"] is None)


def test_sizes_are_those_of_the_specification(session: Session, engine: str) -> None:
    for declared in DECLARED[engine]:
        check_sizes(session, declared)


def check_sizes(session: Session, declared: str) -> None:
    session.ok(f"SELECT CAST(NULL AS {declared}) AS c".encode())
    found = Described(session)
    session.driver.SQLCloseCursor(pointer(session.stmt))
    name = spec_name(found.kind)
    seconds = f"{name}(s{'>' if found.digits else '='}0)"
    (rule,) = [row for row in tables.rows("sizes") if row["sql_type"] in (name, seconds)]
    s, n = found.digits, found.size
    unsigned = found.ird["UNSIGNED"] == 1

    def told(column: str, names: dict[str, int]) -> int | None:
        """The number that a field of the table gives; None where it is prose."""
        text = rule[column].split(" (")[0].split(";")[0]
        if "/" in text and "signed" in text:
            text = text.split("/")[1 if unsigned else 0]
        text = text.replace("signed", "").replace("un", "").replace("2n", "2*n").strip()
        try:
            return int(eval(text, {"__builtins__": {}}, names))
        except (SyntaxError, NameError):
            return None

    expected = told("column_size", {"n": n, "p": n, "s": s})
    assert expected is None or expected == n
    expected = told("display_size", {"n": n, "p": n, "s": s})
    assert expected is None or expected == found.ird["DISPLAY_SIZE"]
    expected = told("transfer_octet_length", {"n": n, "p": n, "s": s})
    assert expected is None or expected == found.ird["OCTET_LENGTH"]
    assert found.ird["NUM_PREC_RADIX"] == int(rule["num_prec_radix"])
    if name in BITS:
        assert found.ird["PRECISION"] == BITS[name]
    elif rule["column_size_desc_field"] == "PRECISION":
        assert found.ird["PRECISION"] == n
    else:
        assert found.ird["LENGTH"] == n
    if rule["decimal_digits_desc_field"]:
        assert found.ird[rule["decimal_digits_desc_field"]] == s
    assert (name in EXACT or name in BITS) == (found.ird["NUM_PREC_RADIX"] != 0)
