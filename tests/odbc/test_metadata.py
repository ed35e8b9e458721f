"""What the driver says about a column: SQLGetTypeInfo, SQLColumns, SQLDescribeCol, SQLColAttribute and the IRD agree."""

from __future__ import annotations

import ctypes
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import tables
from descriptors import LEADING_PRECISION, Descriptor
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
        "BINARY", "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "VARCHAR(20)", "CHAR(5)", "ARRAY<INT>", "MAP<STRING,INT>",
        "STRUCT<a:INT>",
    ],
    "trino": [
        "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,38)",
        "DECIMAL(18)", "VARCHAR", "VARCHAR(20)", "CHAR(5)", "VARBINARY", "JSON", "UUID", "IPADDRESS", "DATE", "TIME(0)",
        "TIME(6)", "TIME(12)", "TIME(3) WITH TIME ZONE", "TIMESTAMP(0)", "TIMESTAMP(3)", "TIMESTAMP(9)", "TIMESTAMP(12)",
        "TIMESTAMP(6) WITH TIME ZONE", "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND", "ARRAY(INTEGER)",
        "MAP(VARCHAR, INTEGER)", "ROW(a INTEGER)",
    ],
    "hive": [
        "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,38)",
        "DECIMAL", "STRING", "VARCHAR(20)", "CHAR(5)", "BINARY", "DATE", "TIMESTAMP", "TIMESTAMP WITH LOCAL TIME ZONE",
        "ARRAY<INT>", "MAP<STRING,INT>", "STRUCT<a:INT>", "UNIONTYPE<INT,STRING>",
    ],
    "impala": [
        "BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(9,2)", "DECIMAL(38,38)", "STRING",
        "VARCHAR(20)", "CHAR(5)", "DATE", "TIMESTAMP",
    ],
}  # fmt: skip
pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "hive", "impala")

NESTED = ("[]", "STRUCT", "MAP", "ARRAY", "ROW", "UNIONTYPE")
NESTED_AS = {"duckdb": "JSON", "trino": "VARCHAR"}
TABLE = f"described_{uuid.uuid4().hex[:8]}"

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
def session(driver_path: Path, engine: str) -> Iterator[Session]:
    """A table with a column for each type of the engine."""
    opened = Session(Driver(driver_path))
    columns = ", ".join(f"c{n} {declared}" for n, declared in enumerate(DECLARED[engine], 1))
    opened.ok(f"CREATE TABLE {TABLE} ({columns})".encode())
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    yield opened
    opened.driver.SQLFreeStmt(pointer(opened.stmt), 0)
    opened.ok(f"DROP TABLE {TABLE}".encode())
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
    """SQLDescribeCol, SQLColAttribute and the IRD of one column of a statement."""

    def __init__(self, session: Session, column: int) -> None:
        driver, statement = session.driver, pointer(session.stmt)
        kind, digits, nullable = ctypes.c_int16(), ctypes.c_int16(), ctypes.c_int16()
        size, name = ctypes.c_uint64(), ctypes.create_string_buffer(100)
        places = [ctypes.byref(x) for x in (kind, size, digits, nullable)]
        assert driver.SQLDescribeCol(statement, column, name, 100, pointer(None), *places) == SQL_SUCCESS, (
            session.state()
        )
        self.name, self.kind, self.size = name.value.decode(), kind.value, size.value
        self.digits, self.nullable = digits.value, nullable.value
        self.attributes = {field: self._number(session, column, int(FIELDS[field]["number"])) for field in NUMBERS}
        self.attributes |= {field: self._text(session, column, int(FIELDS[field]["number"])) for field in TEXTS}
        self.attributes |= {"CONCISE_TYPE": self._number(session, column, 2)}
        self.old = [self._number(session, column, field) for field in (COLUMN_LENGTH, COLUMN_PRECISION, COLUMN_SCALE)]
        ird = Descriptor.of(session, "IRD")
        self.ird = {field: ird.number(column, int(FIELDS[field]["number"])) for field in [*NUMBERS, "CONCISE_TYPE"]}
        self.ird |= {field: ird.text(column, int(FIELDS[field]["number"])) for field in TEXTS}
        self.leading = ird.number(column, LEADING_PRECISION)
        self.code = ird.number(column, SQL_DESC_DATETIME_INTERVAL_CODE)

    @staticmethod
    def _number(session: Session, column: int, field: int) -> int:
        out = ctypes.c_int64(-9999)
        null = pointer(None)
        rc = session.driver.SQLColAttribute(pointer(session.stmt), column, field, null, 0, null, ctypes.byref(out))
        assert rc == SQL_SUCCESS, session.state()
        return out.value

    @staticmethod
    def _text(session: Session, column: int, field: int) -> str:
        text, length = ctypes.create_string_buffer(500), ctypes.c_int16()
        null = pointer(None)
        rc = session.driver.SQLColAttribute(pointer(session.stmt), column, field, text, 500, ctypes.byref(length), null)
        assert rc == SQL_SUCCESS, session.state()
        assert length.value == len(text.value)
        return text.value.decode()


def number(text: str | None) -> int:
    return int(text or 0)


def spec_name(code: int) -> str:
    return next(name for name, value in CODES.items() if value == code)


def described(session: Session, engine: str) -> list[Described]:
    """All columns of the table as SQLPrepare tells them; they are the same after SQLExecute."""
    statement, numbers = pointer(session.stmt), range(1, len(DECLARED[engine]) + 1)
    assert session.driver.SQLPrepare(statement, f"SELECT * FROM {TABLE}".encode(), SQL_NTS) == SQL_SUCCESS
    prepared = [Described(session, n) for n in numbers]
    assert session.driver.SQLExecute(statement) == SQL_SUCCESS, session.state()
    executed = [Described(session, n) for n in numbers]
    session.driver.SQLCloseCursor(statement)
    for declared, before, after in zip(DECLARED[engine], prepared, executed, strict=True):
        assert vars(before) == vars(after), declared
    return prepared


def test_all_say_the_same(session: Session, engine: str, type_info: dict[str, dict[str, str | None]]) -> None:
    null, name = pointer(None), TABLE.replace("_", "\\_").encode()
    rc = session.driver.SQLColumns(pointer(session.stmt), null, 0, null, 0, name, SQL_NTS, b"%", SQL_NTS)
    assert rc == SQL_SUCCESS, session.state()
    columns = rows(session)
    assert [column["COLUMN_NAME"] for column in columns] == [f"c{n}" for n in range(1, len(DECLARED[engine]) + 1)]
    for declared, column, found in zip(DECLARED[engine], columns, described(session, engine), strict=True):
        compare(column, found, type_info, declared, engine)


def compare(
    column: dict[str, str | None],
    found: Described,
    type_info: dict[str, dict[str, str | None]],
    declared: str,
    engine: str,
) -> None:
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
    known = {str(name).upper(): told for name, told in type_info.items()}
    name = re.sub(r"[(<].*[)>]", "", str(column["TYPE_NAME"])).upper()
    # What a nested value comes as, where the engine's list has no row for it.
    row = known[NESTED_AS[engine]] if nested and name not in known else known[name]
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
    for found in described(session, engine):
        check_sizes(found)


def check_sizes(found: Described) -> None:
    name = spec_name(found.kind)
    seconds = f"{name}(s{'>' if found.digits else '='}0)"
    (rule,) = [row for row in tables.rows("sizes") if row["sql_type"] in (name, seconds)]
    s, n = found.digits, found.size
    names = {"n": n, "p": found.leading if "INTERVAL" in name else n, "s": s}
    unsigned = found.ird["UNSIGNED"] == 1

    def told(column: str) -> int | None:
        """The number that a field of the table gives; None where it is prose."""
        # The page counts an interval as text; OCTET_LENGTH is that of the structure.
        structure = re.search(r"sizeof\(\w+\)=(\d+)", rule[column])
        text = structure[1] if structure else rule[column].split(" (")[0].split(";")[0]
        if "/" in text and "signed" in text:
            text = text.split("/")[1 if unsigned else 0]
        text = text.replace("signed", "").replace("un", "").replace("2n", "2*n").strip()
        try:
            return int(eval(text, {"__builtins__": {}}, names))
        except (SyntaxError, NameError):
            return None

    expected = told("column_size")
    assert expected is None or expected == n
    expected = told("display_size")
    assert expected is None or expected == found.ird["DISPLAY_SIZE"]
    expected = told("transfer_octet_length")
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
