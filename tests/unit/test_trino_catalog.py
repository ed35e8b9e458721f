"""Trino's catalog functions against scripted answers: catalogs that fail, materialized views, grants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from argus_odbc import catalog
from argus_odbc.backends.trino import Trino
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from fakes.trino_pages import VARCHAR, FakeTrino, Reply, Seen

DOWN = {"message": "Error listing tables for catalog broken: no route", "errorCode": 65536,
        "errorName": "GENERIC_INTERNAL_ERROR", "errorType": "INTERNAL_ERROR"}  # fmt: skip
DENIED = {"message": "Access Denied: Cannot select from table", "errorCode": 4, "errorName": "PERMISSION_DENIED",
          "errorType": "USER_ERROR"}  # fmt: skip

Script = Callable[[str], Sequence[Sequence[Any]] | dict[str, Any]]


class Cluster(FakeTrino):
    """Answers each statement with rows, or with an error."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script
        self.check = self._answer

    def _answer(self, seen: Seen) -> Reply | None:
        if seen.method == "POST":
            answer = self.script(seen.body.decode())
            columns = [{**VARCHAR, "name": f"c{i}"} for i in range(9)]
            self.pages = [{"error": answer}] if isinstance(answer, dict) else [{"columns": columns, "data": answer}]
        return None

    def statements(self) -> list[str]:
        return [seen.body.decode() for seen in self.requests("POST")]


@pytest.fixture
def connected() -> Iterator[Callable[[Script], tuple[Cluster, Trino]]]:
    opened: list[tuple[Cluster, Trino]] = []

    def connect(script: Script) -> tuple[Cluster, Trino]:
        cluster = Cluster(script)
        cluster.__enter__()
        opened.append(
            (cluster, Trino.connect(Settings(host="127.0.0.1", port=cluster.port, uid="ann", catalog="good")))
        )
        return opened[-1]

    yield connect
    for cluster, session in opened:
        session.disconnect()
        cluster.__exit__()


def rows(session: Trino, function: str, *names: str | None) -> list[tuple]:
    return catalog.answer(session, function, names, (), False, False)[1]


def half_broken(sql: str) -> Any:
    """Two good catalogs and one behind which nothing answers."""
    if "system.jdbc.catalogs" in sql:
        return [["good"], ["broken"], ["better"]]
    if "broken" in sql or ("'good'" not in sql and "'better'" not in sql):
        return DOWN
    name = "good" if "'good'" in sql else "better"
    if "system.jdbc.tables" in sql:
        return [[name, "s", "t", "TABLE"]]
    if "system.metadata" in sql:
        return [[name, "s", "t", f"of {name}"]]
    if "system.jdbc.schemas" in sql:
        return [[name, f"schema of {name}"]]
    if "system.jdbc.columns" in sql:
        return [[name, "s", "t", "c", "bigint", 1, None, 1]]
    raise AssertionError(sql)


def test_a_catalog_that_fails_hides_no_other(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    _, session = connected(half_broken)
    found = rows(session, "tables", None, "s", None, None)
    assert found == [("better", "s", "t", "TABLE", "of better"), ("good", "s", "t", "TABLE", "of good")]
    assert [r[0] for r in rows(session, "tables", None, None, None, None)] == ["better", "good"]
    assert rows(session, "tables", "", "%", "", None) == [
        (None, "schema of better", None, None, None), (None, "schema of good", None, None, None),
    ]  # fmt: skip
    assert [r[0] for r in rows(session, "columns", None, None, "t", None)] == ["better", "good"]
    with pytest.raises(DriverError) as caught:
        rows(session, "tables", "broken", None, None, None)
    assert "no route" in caught.value.message, "one that is named says why"


def test_all_catalogs_that_fail_are_an_error(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    _, session = connected(lambda sql: [["a"], ["b"]] if "system.jdbc.catalogs" in sql else DENIED)
    with pytest.raises(DriverError) as caught:
        rows(session, "tables", None, None, None, None)
    assert (caught.value.sqlstate, caught.value.native) == ("42000", 4)


def test_comments_that_fail_hide_no_table(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    _, session = connected(lambda sql: DENIED if "table_comments" in sql else [["good", "s", "t", "TABLE"]])
    assert rows(session, "tables", "good", None, None, None) == [("good", "s", "t", "TABLE", None)]


def test_materialized_views(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    def script(sql: str) -> Any:
        if "system.metadata" in sql:
            return [["good", "s", "m", None], ["good", "s", "m", "kept"], ["good", "s", "t", "a table"]]
        return [["good", "s", "m", "TABLE"], ["good", "s", "t", "TABLE"], ["good", "s", "v", "VIEW"]]

    cluster, session = connected(script)
    view, table = ("good", "s", "m", "MATERIALIZED VIEW", "kept"), ("good", "s", "t", "TABLE", "a table")
    assert rows(session, "tables", "good", None, None, None) == [view, table, ("good", "s", "v", "VIEW", None)]
    assert rows(session, "tables", "good", None, None, "MATERIALIZED VIEW") == [view]
    assert rows(session, "tables", "good", None, None, "'TABLE'") == [table]
    assert "table_type IN ('TABLE')" in cluster.statements()[-2]


def test_everything_is_listed_without_comments(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    cluster, session = connected(lambda sql: [["good", "s", "t", "TABLE"]])
    assert rows(session, "tables", "%", "%", "%", None) == [("good", "s", "t", "TABLE", None)]
    assert ["system.metadata" in sql for sql in cluster.statements()] == [False]


def grants(sql: str) -> Any:
    """Two catalogs with a grant each, one whose grants may not be read."""
    if "system.jdbc.catalogs" in sql:
        return [["good"], ["secret"], ['odd"one']]
    if "secret" in sql:
        return DENIED
    if "system.jdbc.columns" in sql:
        return [["good", "s", "t_1", "a", "bigint", 1, None, 1], ["good", "s", "t_1", "b", "bigint", 1, None, 2]]
    good = ["good", "s", "t_1", "root", "ann", "SELECT", "YES"] if '"good".' in sql else None
    odd = ['odd"one', "s", "t_1", None, "bob", "INSERT", "NO"] if '"odd""one".' in sql else None
    return [row for row in (good, odd) if row]


def test_privileges(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    cluster, session = connected(grants)
    good = ("good", "s", "t_1", "root", "ann", "SELECT", "YES")
    odd = ('odd"one', "s", "t_1", None, "bob", "INSERT", "NO")
    assert rows(session, "table_privileges", None, None, "t\\_1") == [good, odd]
    before = len(cluster.statements())
    assert rows(session, "table_privileges", "good", "s", "t\\_1") == [good]
    [one] = cluster.statements()[before:]
    assert one.count("information_schema.table_privileges") == 1
    assert "table_name = 't_1'" in one
    assert rows(session, "column_privileges", "good", "s", "t_1", "%") == [
        (*good[:3], "a", *good[3:]), (*good[:3], "b", *good[3:]),
    ]  # fmt: skip


def test_hundreds_of_catalogs_take_few_statements(connected: Callable[[Script], tuple[Cluster, Trino]]) -> None:
    cluster, session = connected(lambda sql: [[f"c{i}"] for i in range(300)] if "jdbc.catalogs" in sql else [])
    assert rows(session, "table_privileges", None, None, "%") == []
    assert len(cluster.statements()) == 1 + 6
    before = len(cluster.statements())
    assert rows(session, "tables", None, None, "%", None) == []
    assert len(cluster.statements()) - before <= 2
