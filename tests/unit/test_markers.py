"""Parameter markers, and what only looks like one. The quoting rules are those of the engines' own documentation."""

from __future__ import annotations

import random

import duckdb
import pytest

from argus_odbc import markers
from argus_odbc.backends.base import Dialect
from argus_odbc.backends.duckdb.dialect import DIALECT as DUCKDB
from argus_odbc.backends.spark import Spark

PLAIN = Dialect()

CASES = [
    ("SELECT 1", 0),
    ("?", 1),
    ("SELECT ?, '?', ? ", 2),
    ("SELECT 'it''s ?' || ?", 1),
    ('SELECT "a?b", ?', 1),
    ("SELECT ? -- is it ?\n + ?", 2),
    ("SELECT ? /* ? \n ? */ + ?", 2),
    ("SELECT '-- ' || ? || '/*' || ?", 2),
    ("SELECT ? -- to the end ?", 1),
    ("SELECT 'open ?", 0),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
@pytest.mark.parametrize("dialect", [PLAIN, DUCKDB, Spark.dialect], ids=["plain", "duckdb", "spark"])
def test_markers_outside_of_quotes_and_comments(sql: str, expected: int, dialect: Dialect) -> None:
    assert markers.count(sql, dialect) == expected


DUCKDB_CASES = [
    "SELECT ?::INTEGER, $$ ? $$, $a$ ? $$ $a$",
    "SELECT ?::INTEGER, E'it\\'s ?'",
    "SELECT 'a\\', ?::INTEGER",
    "SELECT ?::INTEGER /* ? */ -- ?\n + ?::INTEGER",
    "SELECT ?::INTEGER -- ?\r + ?::INTEGER",
    "SELECT ?::INTEGER /* /* ? */ ? */ + ?::INTEGER",
    "SELECT ?::INTEGER AS a$b, 'x$b$ ?', ?::INTEGER",
    "SELECT ?::INTEGER, x'00', U&'\\0041?', \"a\"\"?\", ?::INTEGER",
    "SELECT ?::INTEGER, $é$ ' ? $é$, $_1$ ? $_1$",
]
ALPHABET = [
    "?", "'", "''", '"', "$$", "$a$", " ", "\n", "\r", "--", "/*", "*/", "E'", "\\'", "\\", "a", ",", "x'", "/", "-", "$",
    "_", "é", "+ ", "::int",
]  # fmt: skip


def test_random_texts_are_counted_as_duckdb_counts_them() -> None:
    letters, compared = random.Random(11), 0
    while compared < 300:
        sql = "SELECT ? " + "".join(letters.choice(ALPHABET) for _ in range(letters.randint(1, 9)))
        try:
            statements = duckdb.extract_statements(sql)
        except duckdb.Error:
            continue
        compared += 1
        assert markers.count(sql, DUCKDB) == len(statements[0].named_parameters), sql


@pytest.mark.parametrize("sql", DUCKDB_CASES)
def test_duckdb_counts_the_same(sql: str) -> None:
    statement = duckdb.extract_statements(sql)[0]
    assert markers.count(sql, DUCKDB) == len(statement.named_parameters)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 'a\\'?', ?", 1),
        ("SELECT 'a\\\\', ?", 1),
        ("SELECT `a?`, ?", 1),
        ('SELECT "a\\"?", ?', 1),
        ("SELECT r'a\\', ?", 1),
        # As Spark 4's own parser counts them.
        ("SELECT ':a' /* a /* b */ , ? */, ?", 1),
        ("SELECT ? -- x \\\n , ?\n , ?", 2),
        ("SELECT ? -- x \\\r\n , ?\n , ?", 3),
        ("SELECT ? -- x \\ \n , ?", 2),
        ("SELECT ? -- x\r , ?", 2),
        ("SELECT 'a' '?', \"b\"\"?\", ?", 1),
    ],
)
def test_backslashes_and_backticks(sql: str, expected: int) -> None:
    assert markers.count(sql, Spark.dialect) == expected


def test_pieces_join_to_the_text() -> None:
    sql = "SELECT ? AS a, '?' , ? FROM t -- ?"
    assert markers.split(sql, PLAIN) == ["SELECT ", " AS a, '?' , ", " FROM t -- ?"]


def test_a_doubled_question_mark_is_one_in_the_text() -> None:
    assert markers.split("SELECT a ?? 'b', ?", PLAIN) == ["SELECT a ? 'b', ", ""]
