"""Literals read back by an engine: DuckDB for standard SQL, and a reader of Spark's documented string escapes."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
import re
import uuid
from decimal import Decimal

import duckdb
import pytest

from argus_odbc import literals, markers, types
from argus_odbc.backends import load_backend
from argus_odbc.backends.base import Parameter
from argus_odbc.backends.duckdb.dialect import DIALECT as DUCKDB
from argus_odbc.backends.spark import Spark
from argus_odbc.errors import DriverError

HOSTILE = [
    "", "a", "it's", "''", "'; DROP TABLE t; --", "\\", "\\'", "\\\\'", "a\nb\t", "?", "${x}", "\\%_", '"', "`",
    "/* */ --", "日本 🦆", "\\u0041", "\\101", "$\\{x}",
]  # fmt: skip
VALUES = [
    True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, -(10**37), 0.1, -1.5, 1e308, 5e-324, -0.0, math.inf, -math.inf,
    Decimal("0.10"), Decimal("-123456789012345678901234567890.12345678"), Decimal("1E+5"), Decimal("0E-10"),
    b"", b"\x00\xff'", dt.date(2024, 2, 29), dt.time(23, 59, 59, 1), dt.datetime(1999, 12, 31, 1, 2, 3, 456789),
    uuid.UUID("12345678-1234-1234-1234-123456789abc"),
]  # fmt: skip


def read(sql: str) -> object:
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT {sql}").fetchall()
    return rows[0][0]


@pytest.mark.parametrize("value", VALUES + HOSTILE, ids=repr)
def test_duckdb_reads_the_same_value(value: object) -> None:
    found = read(literals.literal(Parameter(value), DUCKDB))
    assert found == value
    if isinstance(value, float):
        assert isinstance(found, float)
        assert math.copysign(1, found) == math.copysign(1, value)


def test_nan_and_null() -> None:
    assert math.isnan(read(literals.literal(Parameter(math.nan), DUCKDB)))  # type: ignore[arg-type]
    assert read(literals.literal(Parameter(None), DUCKDB)) is None


def spark_string(literal: str) -> str:
    """A string literal as Spark documents it: one literal, with C-like escapes."""
    assert re.fullmatch(r"'(?:[^'\\]|\\.)*'", literal, re.DOTALL), literal
    assert "${" not in literal, "a variable would be put in"
    names = {"b": "\b", "n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a", "%": "\\%", "_": "\\_"}

    def unescape(found: re.Match[str]) -> str:
        code = found.group(1)
        return chr(int(code[1:], 16) if code[0] == "u" else int(code, 8)) if len(code) > 1 else names.get(code, code)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|[01][0-7]{2}|.)", unescape, literal[1:-1], flags=re.DOTALL)


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_text_for_engines_with_backslashes(value: str) -> None:
    assert spark_string(literals.literal(Parameter(value), Spark.dialect)) == value


QUOTING = [
    "'", "''", '"', "`", "\\", "\\'", "\\\\", "--", "/*", "*/", "$$", "${", "}", "?", ";", "\n", "\r", "\t", "\x1a", "%",
    "_", "x", "0", "u0027", "\N{RIGHT SINGLE QUOTATION MARK}", "\N{FULLWIDTH APOSTROPHE}", "ä", "🦆", "E'", "U&'", "r'",
    "X'",
]  # fmt: skip
DIALECTS = {name: load_backend(name).dialect for name in ("duckdb", "spark", "hive", "impala", "trino")}


def hostile_texts(seed: int, n: int) -> list[str]:
    letters = random.Random(seed)
    return ["".join(letters.choice(QUOTING) for _ in range(letters.randint(1, 8))) for _ in range(n)]


def test_random_texts_stay_one_value_in_duckdb() -> None:
    with duckdb.connect() as connection:
        for text in hostile_texts(1, 400):
            literal, name = literals.literal(Parameter(text), DUCKDB), DUCKDB.quote(text)
            found = connection.execute(f"SELECT {literal} AS {name}")
            assert found.description[0][0] == text
            assert found.fetchall() == [(text,)]


def test_random_texts_stay_one_value_with_backslashes() -> None:
    for text in hostile_texts(2, 2000):
        assert spark_string(literals.literal(Parameter(text), Spark.dialect)) == text


@pytest.mark.parametrize("name", DIALECTS)
def test_a_text_or_name_is_one_quoted_section_of_each_dialect(name: str) -> None:
    dialect = DIALECTS[name]
    for text in hostile_texts(3, 2000) + HOSTILE[1:]:
        for written in (literals.literal(Parameter(text), dialect), dialect.quote(text)):
            sections = list(markers.protected(written, dialect))
            # A doubled quote ends one section and starts the next; nothing may stand between them.
            assert sections[0][0] == 0, (text, written)
            assert sections[-1][1] == len(written), (text, written)
            assert all(a[1] == b[0] for a, b in itertools.pairwise(sections)), (text, written)
            assert list(markers.protected(written + " ? ", dialect)) == sections, (text, written)


@pytest.mark.parametrize(
    ("value", "sql_type", "expected"),
    [
        ("12.50", types.SQL_DECIMAL, Decimal("12.50")),
        ("2024-02-29", types.SQL_TYPE_DATE, dt.date(2024, 2, 29)),
        ("12:34:56.5", types.SQL_TYPE_TIME, dt.time(12, 34, 56, 500000)),
        ("2024-02-29 12:34:56.123456", types.SQL_TYPE_TIMESTAMP, dt.datetime(2024, 2, 29, 12, 34, 56, 123456)),
        ("3", types.SQL_INTERVAL_DAY, dt.timedelta(days=3)),
        ("INTERVAL -'3' DAY", types.SQL_INTERVAL_DAY, dt.timedelta(days=-3)),
        ("1", types.SQL_BIT, True),
    ],
)
def test_text_of_a_declared_type(value: str, sql_type: int, expected: object) -> None:
    assert read(literals.literal(Parameter(value, sql_type), DUCKDB)) == expected


@pytest.mark.parametrize(
    ("value", "sql_type", "state"),
    [
        ("12; DROP", types.SQL_DECIMAL, "22018"),
        ("2024-02-29'", types.SQL_TYPE_DATE, "22007"),
        ("now", types.SQL_TYPE_TIMESTAMP, "22007"),
        ("1' DAY --", types.SQL_INTERVAL_DAY, "22007"),
        ("x", types.SQL_GUID, "22018"),
        (Decimal("1E+40"), 0, "22003"),
        (object(), 0, "07006"),
    ],
)
def test_what_is_no_value_is_refused(value: object, sql_type: int, state: str) -> None:
    with pytest.raises(DriverError) as caught:
        literals.literal(Parameter(value, sql_type), DUCKDB)
    assert caught.value.sqlstate == state


def test_a_negative_number_after_a_minus_is_no_comment() -> None:
    sql = literals.fill(["5-", ""], [Parameter(-3)], DUCKDB)
    assert read(sql) == 8
