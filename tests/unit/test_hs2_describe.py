"""What is asked to describe a statement: nothing that could change data, and never what stands in quotes or comments."""

from __future__ import annotations

import pytest

from argus_odbc.backends.hive import Hive
from argus_odbc.backends.hs2 import describe

DIALECT = Hive.dialect


@pytest.mark.parametrize(
    ("sql", "query"),
    [
        ("SELECT 1", True),
        (" -- x\n/* INSERT */ select 'INSERT' from `delete`", True),
        ("(SELECT 1) UNION (SELECT 2)", True),
        ("FROM t SELECT a", True),
        ("FROM t INSERT OVERWRITE TABLE u SELECT a", False),
        ("WITH a AS (SELECT 1) INSERT INTO u SELECT * FROM a", False),
        ("WITH a AS (SELECT 1) DELETE FROM t", False),
        ("INSERT INTO t SELECT 1", False),
        ("CREATE TABLE t AS SELECT 1", False),
        ("-- SELECT\nDROP TABLE t", False),
        ("", False),
    ],
)
def test_only_what_changes_nothing_is_a_query(sql: str, query: bool) -> None:
    assert describe.is_query(sql, DIALECT) is query


def test_explain_analyze_runs_what_it_explains() -> None:
    assert describe.is_show("EXPLAIN SELECT 1", DIALECT)
    assert not describe.is_show("EXPLAIN ANALYZE SELECT 1", DIALECT)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT 1;", "SELECT 1"),
        ("SELECT 1 ; ;\n", "SELECT 1"),
        ("SELECT ';'", "SELECT ';'"),
        ("SELECT ';';", "SELECT ';'"),
        ("SELECT `a;` FROM t; -- it's ;", "SELECT `a;` FROM t  -- it's"),
        ("SELECT '\\';' /* ; */", "SELECT '\\';' /*   */"),
        ("SELECT 1; SELECT 2;", "SELECT 1; SELECT 2"),
    ],
)
def test_the_semicolons_at_the_end_go(sql: str, wanted: str) -> None:
    assert describe.unfinished(sql, DIALECT).rstrip() == wanted


def test_markers_become_values() -> None:
    asked = list(describe.questions("SELECT '?' FROM t WHERE a = ? LIMIT ?; -- why", DIALECT))
    assert asked == [
        "SELECT '?' FROM t WHERE a = NULL LIMIT NULL  -- why\nLIMIT 0",
        "SELECT * FROM (\nSELECT '?' FROM t WHERE a = NULL LIMIT NULL  -- why\n) described LIMIT 0",
        "SELECT '?' FROM t WHERE a = 1 LIMIT 1  -- why\nLIMIT 0",
        "SELECT * FROM (\nSELECT '?' FROM t WHERE a = 1 LIMIT 1  -- why\n) described LIMIT 0",
    ]
    assert list(describe.questions("SELECT 1", DIALECT)) == [
        "SELECT 1\nLIMIT 0",
        "SELECT * FROM (\nSELECT 1\n) described LIMIT 0",
    ]
