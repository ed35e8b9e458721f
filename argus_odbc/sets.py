"""Arrays of parameters: many sets for one statement, as few statements as give the same result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from argus_odbc import inserts, log
from argus_odbc.backends.base import Operation, Parameter
from argus_odbc.errors import DriverError

if TYPE_CHECKING:
    from argus_odbc.driver import Statement

MAX_ROWS, MAX_CHARACTERS = 1000, 400_000
"""The largest multi-row INSERT. Engines parse one that is much longer slower than two halves of it."""

_HOPELESS = ("08", "40", "42S", "57", "HY008", "HYT")
"""SQLSTATEs (their beginnings) after which no other set can do better: no connection, no table, no time left."""


class ParameterSets:
    """One execution of a statement with an array of parameters."""

    def __init__(self, statement: Statement, query_timeout: float, max_rows: int) -> None:
        self.stopped = False
        """The sets that are left cannot be executed."""
        self._statement = statement
        self._max_rows = max_rows
        self._deadline = time.monotonic() + query_timeout if query_timeout > 0 else None
        self._results: list[Operation] = []
        self._count = 0
        """Rows changed so far; -1 once the engine did not say."""
        self._insert = inserts.find(statement.pieces, statement.dialect) if statement.writes_literals else None
        self.chunk = MAX_ROWS if self._insert is not None else 1
        """How many sets `execute` wants at a time."""

    def execute(self, sets: Sequence[list[Parameter] | BaseException]) -> list[BaseException | None]:
        """Run the sets; an exception stands for one whose values could not be read. Answers what became of each.

        The answer is shorter than `sets` when it makes no sense to try the rest.
        """
        outcomes = [one if isinstance(one, BaseException) else None for one in sets]
        for group in self._groups(sets):
            parameters = [one for i in group if isinstance(one := sets[i], list)]
            if self._together(parameters):
                continue
            for i, one in zip(group, parameters, strict=True):
                outcomes[i] = self._one(one)
                if self.stopped:
                    return outcomes[: i + 1]
        return outcomes

    def operation(self) -> Operation:
        """The first result set, or the sum of the row counts; what follows comes from `Statement.next_result`."""
        if self._results:
            return self._statement.take_results(self._results)
        total = Operation()
        total.row_count = self._count
        return self._statement.take_results([total])

    def discard(self) -> None:
        """Close the results of sets that were run before the statement failed."""
        for result in self._results:
            result.close()
        self._results.clear()

    def _groups(self, sets: Sequence[list[Parameter] | BaseException]) -> Iterator[list[int]]:
        """Indices of sets that one statement is tried for."""
        group: list[int] = []
        length = 0
        for i, one in enumerate(sets):
            if isinstance(one, BaseException):
                continue
            if self._insert is None:
                yield [i]
                continue
            length += inserts.text_size(one)
            if group and length > MAX_CHARACTERS:
                yield group
                group, length = [], inserts.text_size(one)
            group.append(i)
        if group:
            yield group

    def _together(self, sets: list[list[Parameter]]) -> bool:
        """Insert all sets by one statement. False: it cannot be, or it failed and left nothing."""
        if self._insert is None or len(sets) < 2 or not inserts.same_types(sets):
            return False
        try:
            text = self._insert.statement(sets, self._statement.dialect)
            self._keep(self._statement.run_text(text, [], self._time_left(), self._max_rows))
        except DriverError as error:
            if error.sqlstate.startswith(_HOPELESS):
                # Not tried again: a server that is still at work would insert the rows twice.
                self.stopped = True
                raise
            log.logger.info("a multi-row INSERT failed with %s; its rows follow one by one", error.sqlstate)
            return False
        return True

    def _one(self, parameters: list[Parameter]) -> DriverError | None:
        try:
            self._keep(self._statement.run(parameters, self._time_left(), self._max_rows))
        except DriverError as error:
            self.stopped = error.sqlstate.startswith(_HOPELESS) or self._statement.connection.transaction_lost()
            return error
        return None

    def _keep(self, operation: Operation) -> None:
        """Add up row counts and keep result sets, of all statements of the text."""
        following: Operation | None = operation
        while following is not None:
            if following.columns:
                self._results.append(following)
            else:
                known = self._count >= 0 and following.row_count >= 0
                self._count = self._count + following.row_count if known else -1
                following.close()
            following = following.next_result()

    def _time_left(self) -> float:
        if self._deadline is None:
            return 0.0
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DriverError("HYT00", 0, "The query timeout has passed before all parameter sets were executed")
        return left
