"""What markers are taken for by the text around them, and that engines are asked once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from argus_odbc import driver, markers, parameters
from argus_odbc.backends.base import Backend, Capabilities, Dialect, Prepared
from argus_odbc.types import Column

ANSI = Dialect()
TABLES = {
    "SELECT * FROM t": [Column("a", 4, 10), Column("B c", 12, 30), Column("s", -9, 255), Column("x", -3, 65535)],
    "SELECT a, s FROM t": [Column("a", 4, 10), Column("s", -9, 255)],
}


def described(sql: str) -> list[tuple[int, int]]:
    columns = parameters.described(markers.split(sql, ANSI), ANSI, TABLES.__getitem__, 255)
    return [(column.sql_type, column.column_size) for column in columns]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("insert into t values (?, ?, ?, ?)", [(4, 10), (12, 30), (-9, 0), (-3, 0)]),
        ("insert into t (a, s) values (?, ?)", [(4, 10), (-9, 0)]),
        ("insert into t values (?, ?)", [(-9, 0), (-9, 0)]),
        ('select * from t where "B c" = ? and A <> ? offset ?', [(12, 30), (4, 10), (-5, 19)]),
        ("select * from t where a not in (?, ?, ?) or x = ?", [(4, 10)] * 3 + [(-3, 0)]),
        ("select 'from u', \"join\" from t where a > ?", [(4, 10)]),
        ("select * from (select 1) where a = ?", [(-9, 0)]),
        ("select * from t, u where a = ?", [(-9, 0)]),
        ("select * from f(?)", [(-9, 0)]),
        ("with t as (select 1) select * from t where a = ?", [(-9, 0)]),
    ],
)
def test_types_by_place(sql: str, expected: list[tuple[int, int]]) -> None:
    assert described(sql) == expected


def test_text_without_markers() -> None:
    pieces = markers.split("select ?, '?' from t where a = ? limit ? offset ?", ANSI)
    assert parameters.without_markers(pieces) == "select NULL, '?' from t where a = NULL limit 1 offset 1"


@pytest.mark.parametrize(
    ("told", "size"),
    [(Column("", -9, 255), 0), (Column("", -9, 40), 40), (Column("", -3, 1000), 0), (Column("", 3, 12), 12)],
)
def test_what_the_engine_tells_has_no_size_without_a_limit(told: Column, size: int) -> None:
    class Telling(Backend):
        capabilities = Capabilities(dbms_name="Telling", describe_parameters=True, server_parameters=True)

        def prepare(self, sql: str) -> Prepared:
            return Prepared([], [told])

    settings: Any = SimpleNamespace(string_length=255)
    statement = driver.Statement(driver.Connection(Telling(), settings, "", []))
    statement.prepare("select * from t where f(a, ?)", False)
    assert [(column.sql_type, column.column_size) for column in statement.describe_parameters()] == [
        (told.sql_type, size)
    ]


class Asked(Backend):
    """An engine that counts what it is asked."""

    name = "asked"
    capabilities = Capabilities(dbms_name="Asked", prepare_describes=True)

    def __init__(self) -> None:
        self.questions: list[str] = []

    def prepare(self, sql: str) -> Prepared:
        self.questions.append(sql)
        return Prepared([Column("a", 4, 10)])


def test_a_prepared_statement_is_described_once() -> None:
    backend = Asked()
    settings: Any = SimpleNamespace(string_length=255)
    statement = driver.Statement(driver.Connection(backend, settings, "", []))
    assert statement.prepare("select a from t where a = ?", False) == 1
    assert backend.questions == []
    for _ in range(3):
        assert [column.name for column in statement.describe() or ()] == ["a"]
        assert [column.sql_type for column in statement.describe_parameters()] == [4]
    assert backend.questions == ["select a from t where a = NULL", "SELECT * FROM t"]
    statement.prepare("select b from t", False)
    statement.describe()
    assert backend.questions[2:] == ["select b from t"]
