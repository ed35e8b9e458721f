"""One statement on a HiveServer2: started, watched until it is done, fetched, cancelled, closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from argus_odbc import log
from argus_odbc.backends.base import ExecuteOptions, Operation
from argus_odbc.backends.hs2 import tcli
from argus_odbc.backends.hs2 import types as hs2types
from argus_odbc.backends.hs2.abandon import Abandonable
from argus_odbc.batches import HS2Rows
from argus_odbc.errors import DriverError
from argus_odbc.types import Column

if TYPE_CHECKING:
    from argus_odbc.backends.hs2.backend import HS2Backend

FIRST_WAIT, LONGEST_WAIT = 0.002, 0.2
"""Seconds between two questions for the state, when the server does not itself wait before it answers."""

PAGE_BYTES = 8 << 20
FIRST_ROWS, MOST_ROWS = 1000, 100_000
"""Rows to ask for at first, before it is known how long they are, and at most."""

PATIENCE = 0.5
"""Seconds that a cancelled statement's running call may still take, where the session outlives its connection."""

GRACE = 10.0
"""Seconds that a statement which has no handle yet may overrun its timeout before the connection is given up."""


class HS2Operation(Operation):
    """A statement of one session."""

    def __init__(self, backend: HS2Backend, options: ExecuteOptions) -> None:
        self.columns: Sequence[Column] = ()
        self.row_count = -1
        self.warnings: Sequence[tuple[str, int, str]] = ()
        self._backend = backend
        self._session = backend.session
        self._handle: Any = None
        self._closed = False
        self._cancelled = threading.Event()
        self._expired = False
        self._end = False
        self._ready: HS2Rows | None = None
        self._kinds: list[tuple[str, int]] = []
        self._further: Any = None
        """The core's PageReader, which asks for the pages behind the first by itself."""
        self._first: Any = None
        """The request of the page before those."""
        self._rows_left = options.max_rows or -1
        self._page = min(FIRST_ROWS, backend.fetch_size, options.max_rows or MOST_ROWS)
        self._state_lock = threading.Lock()
        self._planned: Abandonable | None = None
        self._timer: threading.Timer | None = None
        self._limit = options.query_timeout
        if options.query_timeout > 0:
            self._start_timer(options.query_timeout, self._expire)

    # ---- running ----

    def run(self, sql: str) -> None:
        """Start the statement and wait until it is done or has rows."""
        try:
            self._start(sql)
            self._describe(self._wait())
        except BaseException as e:
            self.close()
            if isinstance(e, DriverError):
                raise self._outcome(e) from e
            raise

    def _start(self, sql: str) -> None:
        request = tcli.ExecuteReq(
            sessionHandle=self._session.handle,
            statement=sql,
            # One engine needs the map to be there, even when it is empty.
            confOverlay=self._backend.statement_options(self._limit),
            runAsync=True,
        )
        if self._limit > 0 and self._backend.server_timeout:
            # A second more than here, so that this side's own timeout comes first and gives its reason.
            request.queryTimeout = int(self._limit) + 1
        handle = self._execute(request)
        if handle is None or handle.operationId is None:
            raise DriverError("08S01", 0, "The server started the statement without giving it a handle")
        with self._state_lock:
            self._handle = handle
        if self._cancelled.is_set():
            raise DriverError("HY008", 0, "The statement was cancelled")

    def _execute(self, request: Any) -> Any:
        """ExecuteStatement, which takes as long as the server plans the statement."""
        if not self._session.way.outlived:
            return self._session.call("ExecuteStatement", request).operationHandle
        # There is nothing yet that a cancel could name, but another connection that the answer can come to.
        with self._state_lock:
            if self._cancelled.is_set():
                raise DriverError("HY008", 0, "The statement was cancelled")
            self._planned = Abandonable(
                lambda: self._session.call("ExecuteStatement", request).operationHandle, self._session.close_later
            )
        return self._planned.result()

    def _wait(self) -> Any:
        """Ask for the state until the statement is done; returns the last answer."""
        pause = FIRST_WAIT
        while True:
            asked = time.monotonic()
            answer = self._session.call("GetOperationStatus", tcli.OperationReq(operationHandle=self._handle))
            state = answer.operationState
            if state == tcli.FINISHED:
                return answer
            if state == tcli.FAILED:
                raise self._session.errors.error(answer, "The statement")
            if state in (tcli.CANCELED, tcli.CLOSED):
                raise DriverError("HY008", 0, "The statement was cancelled on the server")
            if state == tcli.TIMEDOUT:
                raise DriverError("HYT00", 0, f"The server ended the statement at its timeout{self._seconds()}")
            if state not in (tcli.INITIALIZED, tcli.RUNNING, tcli.PENDING):
                raise DriverError("HY000", 0, f"The server gives the statement's state as {state}, which is unknown")
            # Servers that wait before they answer need no pause here.
            if time.monotonic() - asked < pause:
                self._cancelled.wait(pause)
                pause = min(pause * 1.5, LONGEST_WAIT)
            if self._cancelled.is_set() and self._expired:
                raise DriverError("HYT00", 0, "")

    def _describe(self, status: Any) -> None:
        """Columns, or row count, of the finished statement."""
        has_result = self._handle.hasResultSet
        if status.hasResultSet is not None:
            has_result = status.hasResultSet
        if has_result:
            self.read_columns()
            self._look_for_rows()
        if not self.columns:
            self._end = True
            self.row_count = self._backend.rows_changed(self, status)
            self._stop_timer()
        self.warnings = self._backend.statement_warnings(self)

    def read_columns(self) -> None:
        """GetResultSetMetadata."""
        answer = self._session.call("GetResultSetMetadata", tcli.OperationReq(operationHandle=self._handle))
        described = answer.schema.columns if answer.schema is not None else None
        columns = []
        for desc in described or ():
            columns.append(self._column(desc))
        self.columns = tuple(columns)

    def _column(self, desc: Any) -> Column:
        entries = desc.typeDesc.types if desc.typeDesc is not None else None
        entry = entries[0].primitiveEntry if entries else None
        types = self._backend.types
        # Nested types have entries of other kinds, which no server sends; their values are text.
        type_id = entry.type if entry is not None and entry.type is not None else hs2types.STRING
        given = hs2types.qualifiers(entry)
        scale = given.get("scale", 0)
        size = given.get("precision", given.get("characterMaximumLength", 0))
        self._kinds.append(types.kind(type_id, scale))
        return types.described(type_id, desc.columnName or "", size, scale)

    def _look_for_rows(self) -> None:
        """Some servers describe every statement as a result; only its first page tells that there is none."""
        names = [(c.name, kind) for c, kind in zip(self.columns, self._kinds, strict=True)]
        if names not in self._backend.placeholder_results:
            return
        fetched = self._session.fetch(self._handle, self._page)
        if fetched.head.columns > 0:
            self._take(fetched)
        elif fetched.head.rows == 0:
            self.columns, self._kinds, self._end = (), [], True

    # ---- rows ----

    def fetch_results(self) -> HS2Rows | None:
        if self._ready is not None:
            ready, self._ready = self._ready, None
            return ready
        try:
            while not self._end and not self._closed:
                if self._cancelled.is_set():
                    raise DriverError("HY008", 0, "")
                left = self._further.left() if self._further is not None else None
                if left is not None:
                    self._take(self._session.fetched(self._first, *left))
                elif self._further is not None and self._further.over:
                    self._end = True
                else:
                    self._take(self._session.fetch(self._handle, self._page))
                if self._ready is not None:
                    ready, self._ready = self._ready, None
                    return ready
        except DriverError as e:
            raise self._outcome(e) from e
        self._stop_timer()
        return None

    def _take(self, fetched: Any) -> None:
        """Keep the page's rows for the next fetch_results, and see whether it is the last."""
        head = fetched.head
        if head.rows == 0:
            # Where servers do not tell, an empty page is the end.
            self._end = head.status.statusCode != tcli.STILL_EXECUTING and not head.has_more
            return
        if self._backend.has_more_rows_is_true and not head.has_more:
            self._end = True
        if self._rows_left > 0:
            self._rows_left -= min(head.rows, self._rows_left)
            self._end = self._end or self._rows_left == 0
        each = max(len(fetched.payload) // head.rows, 1)
        self._page = max(1, min(PAGE_BYTES // each, self._backend.fetch_size))
        if self._rows_left > 0:
            self._page = min(self._page, self._rows_left)
        self._ready = HS2Rows(fetched.payload, self._kinds, self._let_go_on(fetched.exchange))

    def _let_go_on(self, exchange: tcli.Exchange) -> Any:
        """The core's PageReader for the pages that follow this FetchResults; None where they are asked for one by one."""
        if self._further is None and not self._end and self._rows_left < 0:
            tells_end, most = self._backend.has_more_rows_is_true, self._backend.fetch_size
            self._further = self._session.further(exchange, self._page, self._kinds, PAGE_BYTES, most, tells_end)
            self._first = exchange
            if self._cancelled.is_set():
                self._halt()
        return self._further

    def _halt(self) -> None:
        """From now on each page is asked for here, where a cancel is seen."""
        if self._further is not None:
            self._further.halt()

    # ---- ending ----

    def cancel(self) -> None:
        self._cancelled.set()
        self._halt()
        with self._state_lock:
            handle = None if self._closed else self._handle
            planned = self._planned
        if handle is not None:
            if self._session.way.outlived:
                interrupt = threading.Timer(PATIENCE, self._session.interrupt, (handle,))
                interrupt.daemon = True
                interrupt.start()
            self._session.second_call("CancelOperation", tcli.OperationReq(operationHandle=handle))
        elif planned is not None:
            planned.leave(DriverError("HY008", 0, "The statement was cancelled"))

    def close(self) -> None:
        with self._state_lock:
            if self._closed:
                return
            self._closed = True
            handle = self._handle
        self._stop_timer()
        self._halt()
        if handle is None or self._session.forked:
            return
        if self._cancelled.is_set() and self._session.way.outlived:
            # The server may be what hangs.
            self._session.close_later(handle)
        else:
            self._backend.close_operation(handle)

    def close_for_result(self, name: str) -> Any:
        """Close with a call whose answer tells something; returns it."""
        with self._state_lock:
            self._closed = True
        return self._session.ask(name, tcli.OperationReq(operationHandle=self._handle))

    @property
    def handle(self) -> Any:
        return self._handle

    # ---- timeout ----

    def _start_timer(self, seconds: float, action: Any) -> None:
        self._timer = threading.Timer(seconds, action)
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        """The timeout has passed: end the server's work, or the connection when the server does not listen."""
        self._expired = True
        self._cancelled.set()
        if self._handle is None and not self._session.way.outlived:
            # It is still being planned; there is nothing yet that a cancel could name.
            self._start_timer(GRACE, self._give_up)
            return
        try:
            self.cancel()
        except DriverError as e:
            if self._session.way.outlived:
                log.logger.info("a statement could not be cancelled at its timeout: %s", e.message)
            else:
                self._give_up()

    def _give_up(self) -> None:
        if not self._closed:
            self._session.abort(f"a statement did not end at its timeout{self._seconds()}")

    def _seconds(self) -> str:
        return f" of {self._limit:g} seconds" if self._limit else ""

    def _outcome(self, error: DriverError) -> DriverError:
        """What to report for an error: the timeout or cancel that led to it, else the error itself."""
        if self._expired:
            text = f"The statement did not end within its timeout{self._seconds()} and was cancelled"
            return DriverError("HYT00", error.native, text)
        if self._cancelled.is_set():
            return DriverError("HY008", error.native, "The statement was cancelled")
        return error
