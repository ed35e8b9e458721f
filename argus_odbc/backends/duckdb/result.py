"""A statement that runs on a DuckDB connection, and its rows.

Shares the connection, its locks and what is known of its transaction with the session (session.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from argus_odbc.backends.base import Operation
from argus_odbc.backends.duckdb import types
from argus_odbc.backends.duckdb.errors import StreamError, driver_error
from argus_odbc.errors import DriverError
from argus_odbc.native import arrow_stream

if TYPE_CHECKING:
    from argus_odbc.backends.duckdb.session import DuckDB

_READS = ("SELECT", "EXPLAIN", "PREPARE", "VARIABLE_SET", "SET", "PRAGMA")
"""Kinds of statements that leave nothing to commit."""


class Result(Operation):
    """One statement of a text, and its rows.

    The core reads the rows by itself, without the GIL. Whoever needs the connection, or wants to know what became of the
    result, asks the stream.
    """

    one_stream = True

    def __init__(self, session: DuckDB, deadline: float | None) -> None:
        self._session = session
        self._deadline = deadline
        self._timer: threading.Timer | None = None
        self._stream: Any = None
        self._taken = False
        """The core has the stream."""
        self._cancelled = self._timed_out = False
        self._broke_off = False
        """An interrupt ended the reading in a transaction that had written nothing."""
        self.following: Result | None = None

    def run(self, statement: Any, values: list[Any], argus_parameter_rows: Any = None) -> None:
        """Run it. Rows are described and the first are read, so that most errors come now.

        `argus_parameter_rows` is a table of the statement: DuckDB finds it among the variables of its caller.
        """
        self._watch()
        try:
            self._run(statement, values, argus_parameter_rows)
        finally:
            if self._session._open is not self:
                self._unwatch()

    def _run(self, statement: Any, values: list[Any], argus_parameter_rows: Any) -> None:
        with self._session._on_connection(self) as connection:
            self._check()
            if statement.type.name == "TRANSACTION":
                self._session._transaction_statement(connection, statement.query)
                return
            self._session._written |= statement.type.name not in _READS
            expected = {e.name for e in statement.expected_result_type}
            returning = "QUERY_RESULT" in expected and "returning" in statement.query.lower()
            if "QUERY_RESULT" not in expected or ("CHANGED_ROWS" in expected and not returning):
                rows = connection.execute(statement, values).fetchall()
                self.row_count = _count(rows) if "CHANGED_ROWS" in expected else -1
                return
            relation = connection.sql(statement, params=values) if values else connection.sql(statement)
            if relation is None:
                return
            self._describe(relation)

    def _describe(self, relation: Any) -> None:
        names, kinds = relation.columns, relation.types
        select_list = types.projection(kinds)
        if names == ["Success"] and [k.id for k in kinds] == ["boolean"] and not relation.fetchall():
            return
        zone = self._session.time_zone() if any("TIME ZONE" in str(k) or "TZ" in str(k) for k in kinds) else ""
        self.columns = self._session._columns(names, kinds, zone)
        uuids = frozenset(i for i, k in enumerate(kinds) if k.id == "uuid")
        self._stream = arrow_stream(relation if select_list is None else relation.project(select_list), uuids)
        self._session._open = self
        self._stream.read()
        if self._stream.ended:
            text = self._stream.failure
            self._let_go()
            if text is not None:
                raise StreamError(text)

    def _let_go(self) -> None:
        """The connection is free, with or without the rest of the rows."""
        self._unwatch()
        if self._stream is not None:
            self._stream.close()
        if self._session._open is self:
            self._session._open = None
            if (text := self._stream.failure) is not None:
                self._session._failed = self._session._failed or self.failure(StreamError(text)).message

    def keep_rest(self, asker: Result | None) -> None:
        """Have all that is left in memory; an error is kept for the fetch that comes to it.

        `asker` is the statement that waits for the connection: a cancel or timeout of it ends the reading too.
        """
        with self._session._state:
            self._session._running = asker
        try:
            self._stream.keep_rest()
        finally:
            with self._session._state:
                self._session._running = None
        self._let_go()

    def while_idle(self, call: Callable[[], Any]) -> Any:
        """What `call` answers, which uses the connection while nothing is read from it."""
        return self._stream.while_idle(call)

    def while_reading(self, call: Callable[[], None]) -> bool:
        """Call `call` if the core is reading rows from the engine just now; tells whether."""
        stream = self._stream
        return stream is not None and bool(stream.while_reading(call))

    @property
    def is_reading(self) -> bool:
        """Whether the engine works for this result just now."""
        stream = self._stream
        return self._session._running is self or (stream is not None and bool(stream.reading))

    def fetch_results(self) -> Any | None:
        if self._taken:
            return None
        self._taken = True
        return self._stream

    def stream_error(self, text: str) -> DriverError:
        """The error for what ended the stream, which the core has come to."""
        if self._session._open is self:
            with self._session._lock:
                self._let_go()
        return self.failure(StreamError(text))

    def _check(self) -> None:
        if self._cancelled:
            raise DriverError("HY008", 0, "The statement was cancelled")
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._timed_out = True
            raise self.failure(StreamError("INTERRUPT Error: Interrupted!"))

    def _watch(self) -> None:
        """Interrupt what runs when the query timeout has passed."""
        if self._deadline is not None:
            self._timer = threading.Timer(max(self._deadline - time.monotonic(), 0), self._time_out)
            self._timer.daemon = True
            self._timer.start()

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        self._timed_out = True
        self._stop()

    def _stop(self) -> None:
        if (stream := self._stream) is not None:
            stream.stop()
        self._session._interrupt(self)

    def failure(self, error: Exception) -> DriverError:
        """The DriverError of an exception: an interrupt has a reason."""
        found = driver_error(error)
        if found.sqlstate == "HY008" and self._timed_out:
            return DriverError("HYT00", 0, "The query timeout has passed; DuckDB has ended the statement")
        if found.sqlstate == "HY008":
            return DriverError("HY008", 0, "The statement was cancelled")
        return found

    def cancel(self) -> None:
        self._cancelled = True
        self._stop()

    def stop_fetch(self) -> None:
        if self._stream is not None:
            self._stream.stop()
        self._broke_off = self._session._stop_reading(self) or self._broke_off

    def close(self) -> None:
        self.stop_fetch()
        with self._session._lock:
            self._let_go()
            self._stream = None
            if self._broke_off:
                self._broke_off = False
                self._session._begin_anew()

    def next_result(self) -> Operation | None:
        return self.following


def _count(rows: Sequence[tuple[Any, ...]]) -> int:
    """Rows changed; a statement that changes none, such as CREATE TABLE, answers no row."""
    return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else -1
