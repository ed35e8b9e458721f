"""Arrays of parameters: many sets for one statement, as few statements as give the same result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from argus_odbc import inserts, log
from argus_odbc.backends.base import Operation, Parameter
from argus_odbc.errors import DriverError

if TYPE_CHECKING:
    from argus_odbc.driver import Statement

MAX_ROWS, MAX_CHARACTERS = 1000, 400_000
"""The largest multi-row INSERT. Engines parse one that is much longer slower than two halves of it."""

_HOPELESS = ("08", "40", "42S", "57", "HY008", "HYT")
"""SQLSTATEs (their beginnings) after which no other set can do better: no connection, no table, no time left."""


class RowStream:
    """The rows of an array of parameters, for the Arrow PyCapsule interface; may be read more than once."""

    def __init__(self, opener: Callable[[Any], Any], columns: Any) -> None:
        self._opener = opener
        self._columns = columns

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._opener(self._columns)


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
        backend = statement.connection.backend
        insert = inserts.find(statement.pieces, statement.dialect)
        streams = backend.capabilities.inserts_streams
        self._stream_insert = insert if streams else None
        self._insert = insert if backend.capabilities.multi_row_inserts and not streams else None
        self.chunk = MAX_ROWS if self._insert is not None else 1
        """How many sets `execute` wants at a time."""

    @property
    def takes_columns(self) -> bool:
        """Whether `insert` is worth a try."""
        return self._stream_insert is not None

    def insert(
        self, opener: Callable[[Any], Any], columns: Any, sql_types: Sequence[int]
    ) -> tuple[bool, DriverError | None]:
        """Insert all rows of the Arrow streams that `opener(columns)` gives. (False, None): they go one by one.

        (True, error): none of them is there, and none of them can be inserted any more.
        """
        assert self._stream_insert is not None
        table, names = self._stream_insert.table, self._stream_insert.columns
        backend = self._statement.connection.backend
        try:
            operation = self._statement.run_with(
                lambda options, started: backend.insert_stream(
                    table, names, RowStream(opener, columns), sql_types, options, started
                ),
                f"INSERT INTO {table} from an array of parameters",
                self._time_left(),
                self._max_rows,
            )
        except DriverError as error:
            if error.sqlstate.startswith(_HOPELESS) or self._statement.connection.transaction_lost():
                self.stopped = True
                return True, error
            log.logger.info("rows inserted all at once failed with %s; they follow one by one", error.sqlstate)
            return False, None
        if operation is None:
            return False, None
        self._keep(operation)
        return True, None

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
            if error.sqlstate.startswith(_HOPELESS) or self._statement.connection.transaction_lost():
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
