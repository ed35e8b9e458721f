"""Which INSERTs are plain, and what becomes of many rows of one."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from argus_odbc import inserts, markers
from argus_odbc.backends.base import Dialect, Parameter

ANSI = Dialect()
HIVE = Dialect(identifier_quote="`", quotes="'\"`", backslash_escapes=True, string_escape="\\'")


def found(sql: str, dialect: Dialect = ANSI) -> tuple[str, str] | None:
    insert = inserts.find(markers.split(sql, dialect), dialect)
    return None if insert is None else (insert.table, insert.columns)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("insert into t values (?)", ("t", "")),
        ("INSERT INTO a.b.c (x, y)\nVALUES (?,?) ;", ("a.b.c", "x, y")),
        ('insert into "a""b" . "values (?" ("c)") values ( ? )', ('"a""b" . "values (?"', '"c)"')),
        ("insert into größe (ä) values(?)", ("größe", "ä")),
        ("insert into t values (?, 1)", None),
        ("insert into t values (?, upper(?))", None),
        ("insert into t values (?), (?)", None),
        ("insert into t values (?) returning x", None),
        ("insert into t values (?) on conflict do nothing", None),
        ("insert into t /* c */ values (?)", None),
        ("insert into t values (?); drop table t", None),
        ("insert into t select ?", None),
        ("insert or replace into t values (?)", None),
        ("insert overwrite table t values (?)", None),
        ("insert into t partition (p=1) values (?)", None),
        ("with x as (select 1) insert into t values (?)", None),
        ("update t set a = ?", None),
        ("insert into t values (1)", None),
    ],
)
def test_plain_inserts(sql: str, expected: tuple[str, str] | None) -> None:
    assert found(sql) == expected


def test_dialect_with_backticks() -> None:
    assert found("insert into table `d``b`.`t` (`a`, b) values (?, ?)", HIVE) == ("`d``b`.`t`", "`a`, b")
    assert found('insert into "t" values (?)', HIVE) is None


def test_rows_become_one_statement_of_literals() -> None:
    sets = [[Parameter(1, 4), Parameter("it's ('), (?", 12)], [Parameter(None, 4), Parameter("\\", 12)]]
    insert = inserts.find(markers.split("insert into t(a, b) values (?, ?)", ANSI), ANSI)
    assert insert is not None
    assert insert.statement(sets, ANSI) == "insert into t(a, b) values (1, 'it''s (''), (?'), (NULL, '\\')"
    assert insert.statement(sets, HIVE).endswith("(1, 'it\\'s (\\'), (?'), (NULL, '\\\\')")


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ([1, None, 2], True),
        ([None, None], True),
        ([Decimal("1.25"), Decimal("100000")], True),
        # Together they need 40 digits, which would round one of them.
        ([Decimal("1e-20"), Decimal("1e19")], False),
        ([Decimal("NaN"), Decimal(1)], False),
        ([datetime.date(2024, 1, 1), "0000-01-01"], False),
    ],
)
def test_only_rows_of_one_type_go_together(values: list[object], same: bool) -> None:
    assert inserts.same_types([[Parameter(value, 3)] for value in values]) is same


def test_intervals_go_one_by_one() -> None:
    assert not inserts.same_types([[Parameter("3", 103)], [Parameter("4", 103)]])
