"""How arrays of parameters become statements, on an engine that writes down what it is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from argus_odbc import driver, sets
from argus_odbc.backends.base import Backend, Capabilities, ExecuteOptions, Operation, Parameter
from argus_odbc.errors import DriverError
from argus_odbc.types import Column

INSERT = "INSERT INTO t (a, b) VALUES (?, ?)"


class Counted(Operation):
    def __init__(self, count: int, columns: Sequence[Column] = ()) -> None:
        self.row_count = count
        self.columns = columns
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Recorder(Backend):
    """Takes literals; refuses each text that `refuses` matches, with its SQLSTATE."""

    name = "recorder"
    capabilities = Capabilities(dbms_name="Recorder")

    def __init__(self, refuses: dict[str, str] | None = None, count: int | None = None) -> None:
        self.texts: list[str] = []
        self.made: list[Counted] = []
        self.refuses = refuses or {}
        self.count = count

    def execute(self, sql: str, parameters: Sequence[Parameter], options: ExecuteOptions, started: Any) -> Operation:
        assert not parameters
        self.texts.append(sql)
        for pattern, state in self.refuses.items():
            if re.search(pattern, sql):
                raise DriverError(state, 7, f"refused for {pattern}")
        columns = (Column("x", 4, 10),) if sql.startswith("SELECT") else ()
        self.made.append(Counted(sql.count("(") - 1 if self.count is None else self.count, columns))
        return self.made[-1]


def run(backend: Backend, sql: str, rows: Sequence[Any], timeout: int = 0) -> tuple[sets.ParameterSets, list[Any]]:
    """The execution, and SQLSTATEs of what became of the rows; an exception is a row that could not be read."""
    settings: Any = SimpleNamespace(string_length=255)
    statement = driver.Statement(driver.Connection(backend, settings, "", []))
    statement.prepare(sql, False)
    execution = statement.sets(timeout, 0)
    prepared = [one if isinstance(one, Exception) else [Parameter(value) for value in one] for one in rows]
    outcomes: list[Any] = []
    for at in range(0, len(prepared), execution.chunk):
        if not execution.stopped:
            outcomes += execution.execute(prepared[at : at + execution.chunk])
    return execution, [one if one is None else getattr(one, "sqlstate", "other") for one in outcomes]


def test_rows_go_together() -> None:
    backend = Recorder()
    execution, outcomes = run(backend, INSERT, [(1, "x"), (2, None), (3, "it's")])
    assert backend.texts == ["INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL), (3, 'it''s')"]
    assert outcomes == [None] * 3
    assert execution.operation().row_count == 3


def test_statements_have_a_limit_of_rows_and_of_characters() -> None:
    backend = Recorder()
    run(backend, INSERT, [(i, "x") for i in range(sets.MAX_ROWS + 5)])
    assert [text.count("), (") + 1 for text in backend.texts] == [sets.MAX_ROWS, 5]
    backend = Recorder()
    _, outcomes = run(backend, INSERT, [(i, "x" * (sets.MAX_CHARACTERS // 5)) for i in range(6)])
    assert [text.count("), (") + 1 for text in backend.texts] == [2, 2, 2]
    assert outcomes == [None] * 6


def test_a_row_that_fails_is_found() -> None:
    backend = Recorder({r"\(2,": "22003"})
    execution, outcomes = run(backend, INSERT, [(1, "x"), (2, "y"), (3, "z")])
    assert backend.texts[1:] == [f"INSERT INTO t (a, b) VALUES ({i}, '{c}')" for i, c in ((1, "x"), (2, "y"), (3, "z"))]
    assert outcomes == [None, "22003", None]
    assert execution.operation().row_count == 2


def test_a_row_that_cannot_be_read_or_written_leaves_the_others() -> None:
    backend = Recorder()
    _, outcomes = run(backend, INSERT, [(1, "x"), DriverError("22018", 0, "no number"), (2, "y"), ValueError("?")])
    assert backend.texts == ["INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y')"]
    assert outcomes == [None, "22018", None, "other"]
    backend = Recorder()
    _, outcomes = run(backend, INSERT, [(1, "x"), (2, object()), (3, "z")])
    assert outcomes == [None, "07006", None]


@pytest.mark.parametrize("state", ["08S01", "HYT00", "HY008", "42S02"])
def test_what_would_insert_twice_or_in_vain_is_not_tried_again(state: str) -> None:
    backend = Recorder({"INSERT": state})
    with pytest.raises(DriverError) as caught:
        run(backend, INSERT, [(1, "x"), (2, "y")])
    assert caught.value.sqlstate == state
    assert len(backend.texts) == 1


def test_other_statements_stop_where_no_other_set_can_do_better() -> None:
    backend = Recorder({r"a = 2": "08S01"})
    execution, outcomes = run(backend, "DELETE FROM t WHERE a = ?", [(1,), (2,), (3,)])
    assert (outcomes, execution.stopped, len(backend.texts)) == ([None, "08S01"], True, 2)
    backend = Recorder({r"a = 2": "23000"})
    execution, outcomes = run(backend, "DELETE FROM t WHERE a = ?", [(1,), (2,), (3,)])
    assert (outcomes, execution.stopped) == ([None, "23000", None], False)


def test_counts_are_unknown_when_one_is() -> None:
    execution, _ = run(Recorder(count=-1), INSERT, [(1, "x")])
    assert execution.operation().row_count == -1


def test_results_of_queries_follow_each_other_and_are_closed() -> None:
    backend = Recorder()
    execution, _ = run(backend, "SELECT ? FROM t", [(1,), (2,), (3,)])
    first = execution.operation()
    statement = execution._statement
    assert [first, statement.next_result(), statement.next_result()] == backend.made
    assert statement.next_result() is None
    execution, _ = run(backend, "SELECT ? FROM t", [(1,), (2,)])
    execution.discard()
    assert all(one.closed for one in backend.made[3:])


def test_one_timeout_for_all_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(sets.time, "monotonic", lambda: float(next(clock)))
    execution, outcomes = run(Recorder(), "DELETE FROM t WHERE a = ?", [(i,) for i in range(9)], timeout=10)
    assert execution.stopped
    assert outcomes[-1] == "HYT00"
    assert outcomes[:-1] == [None] * (len(outcomes) - 1)
    assert 1 < len(outcomes) < 9
