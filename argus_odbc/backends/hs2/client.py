"""A session of HiveServer2: opening with the newest protocol both sides know, calls, and a second way to the server.

A call blocks its connection, so whatever has to reach the server meanwhile (cancel, timeout) takes a connection of
its own; operation handles are known on every connection of the same user. Over HTTP the session itself is known on every
connection, so that each call takes one that is free.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thrift.Thrift import TApplicationException

from argus_odbc import log
from argus_odbc.backends.hs2 import tcli
from argus_odbc.backends.hs2.errors import ErrorMap
from argus_odbc.backends.hs2.lines import Lines, Transport, Way
from argus_odbc.backends.hs2.transport import framed
from argus_odbc.errors import DriverError
from argus_odbc.native import page_reader
from argus_odbc.settings import Settings

CANCEL_TIMEOUT = 15.0
"""Seconds for the connection that carries a cancel. A server may wait for its tasks to end before it answers."""

PROTOCOLS = (tcli.V11, 9, 7, tcli.V6)
"""Protocol versions to offer, newest first; a server that does not know one says so and closes."""

REPEATABLE = frozenset(
    (
        "OpenSession", "CloseSession", "GetInfo", "GetOperationStatus", "GetResultSetMetadata", "CancelOperation",
        "CloseOperation", "GetLog", "GetSchemas", "GetTables", "GetColumns", "GetPrimaryKeys", "GetCrossReference",
    )
)  # fmt: skip
"""Calls that the server may get twice: a second one changes nothing, or leaves a handle that ends with the session. A
statement would run twice, and a page of rows would be lost."""

MISSING_FIELD, UNKNOWN_METHOD = 7, 1
"""TApplicationException types: a required field is absent (to servers also an enum value that they lack)."""


@dataclass(frozen=True)
class Fetched:
    """One answer to FetchResults."""

    exchange: tcli.Exchange
    head: tcli.FetchHead
    payload: memoryview
    """The TFetchResultsResp struct."""


class Session:
    """One open session and its connections. Calls may come from any thread."""

    def __init__(self, way: Way, errors: ErrorMap, configuration: Mapping[str, str], open_user: str) -> None:
        self.way = way
        self.errors = errors
        self._dead: str = ""
        self._pid = os.getpid()
        self._asked: tuple[Any, Any, tcli.Exchange] | None = None
        """The last FetchResults: its operation, request and message."""
        self._timeout = float(way.settings.socket_timeout)
        transport, answer = self._open(configuration, open_user)
        self._lines = Lines(way, transport)
        self._lines.limit_answers(self._timeout)
        self.handle = answer.sessionHandle
        self.protocol: int = answer.serverProtocolVersion
        self.configuration: Mapping[str, str] = answer.configuration or {}

    # ---- opening ----

    def _open(self, configuration: Mapping[str, str], user: str) -> tuple[Transport, Any]:
        limit = float(self.way.settings.login_timeout)
        refusal: TApplicationException | None = None
        for version in PROTOCOLS:
            transport = self.way.open(limit)
            request = tcli.OpenSessionReq(client_protocol=version, configuration=dict(configuration))
            if user:
                request.username = user
            exchange = tcli.Exchange("OpenSession", request)
            try:
                answer = exchange.read(transport.call(exchange.message, limit, again=True))
                return transport, self._opened(answer)
            except TApplicationException as e:
                transport.close()
                if e.type != MISSING_FIELD:
                    raise self._unknown(e, "OpenSession") from e
                refusal = e
            except BaseException:
                transport.close()
                raise
        raise DriverError(
            "08001", 0, f"{self.way.where} knows none of the protocol versions V6 to V11: {refusal}"
        ) from refusal

    def _opened(self, answer: Any) -> Any:
        status = answer.status
        if status is None:
            raise DriverError("08001", 0, f"The answer of {self.way.where} to OpenSession has no status")
        if status.statusCode not in (tcli.SUCCESS, tcli.SUCCESS_WITH_INFO):
            e = self.errors.error(status, "OpenSession")
            # What fails here is the connection, whatever the server calls it.
            state = e.sqlstate if e.sqlstate[:2] in ("28", "3D", "3F") else "08004"
            raise DriverError(state, e.native, f"{self.way.where} opens no session: {e.message}")
        if answer.sessionHandle is None or answer.sessionHandle.sessionId is None:
            raise DriverError("08001", 0, f"{self.way.where} opened a session without a handle")
        if (answer.serverProtocolVersion or 0) < tcli.V6:
            raise DriverError(
                "08001",
                0,
                f"{self.way.where} speaks HiveServer2 protocol V{(answer.serverProtocolVersion or 0) + 1};"
                " this driver needs V6 or newer (Hive 0.13, Spark 1.2, Impala 2.0)",
            )
        return answer

    # ---- calls ----

    def limit_answers(self, seconds: float) -> None:
        """Seconds that each further answer may take; 0 = no limit."""
        self._timeout = float(seconds)
        self._lines.limit_answers(self._timeout)

    def call(self, name: str, request: Any) -> Any:
        """One RPC; returns the answer, whose status is good. Raises DriverError."""
        answer = self.ask(name, request)
        self.check(answer.status, name)
        return answer

    def ask(self, name: str, request: Any) -> Any:
        """One RPC; returns the answer whatever its status says."""
        exchange = tcli.Exchange(name, request)
        with self._lines.take(request, self._timeout) as transport:
            data = self._exchange(transport, exchange, self._timeout)
            return self._read(name, lambda: exchange.read(data))

    def fetch(self, operation: Any, rows: int) -> Fetched:
        """FetchResults; the row set is left as bytes. The status may be STILL_EXECUTING."""
        asked = self._asked
        if asked is not None and asked[0] is operation and asked[1].maxRows == rows:
            request, exchange = asked[1], asked[2].again()
        else:
            request = tcli.FetchReq(operationHandle=operation, orientation=tcli.FETCH_NEXT, maxRows=rows, fetchType=0)
            exchange = tcli.Exchange("FetchResults", request)
        self._asked = (operation, request, exchange)
        with self._lines.take(request, self._timeout) as transport:
            return self._fetched(exchange, self._exchange(transport, exchange, self._timeout))

    def fetched(self, first: tcli.Exchange, number: int, data: memoryview) -> Fetched:
        """A page that the core has asked for by itself, by the same request as the `first` but under this number."""
        return self._fetched(first.again(number), data)

    def _fetched(self, exchange: tcli.Exchange, data: memoryview) -> Fetched:
        head = self._read("FetchResults", lambda: tcli.read_fetch_head(exchange, data))
        if head.status.statusCode != tcli.STILL_EXECUTING:
            self.check(head.status, "FetchResults")
        return Fetched(exchange, head, data[head.start :])

    def further(
        self,
        first: tcli.Exchange,
        rows: int,
        kinds: Sequence[tuple[str, int]],
        page_bytes: int,
        most: int,
        tells_end: bool,
    ) -> Any:
        """The core's PageReader for the pages behind the first, of `rows` rows at first and `most` at most; None where
        Python has to ask for each. `tells_end`: a page without hasMoreRows is the last."""
        if self._lines.wire is None:
            return None
        at = len(first.message) + tcli.MAX_ROWS_AT
        message = first.message[:at] + rows.to_bytes(8, "big") + first.message[at + 8 :]
        sent = framed(message) if self._lines.wire.framed else message
        head = len(sent) - len(message)
        number_at, rows_at = head + first.number_at, head + at
        return page_reader(self._lines.wire, sent, number_at, rows_at, kinds, page_bytes, most, tells_end)

    def check(self, status: Any, name: str) -> None:
        if status is None:
            raise DriverError("08S01", 0, f"The server's answer to {name} has no status")
        if status.statusCode not in (tcli.SUCCESS, tcli.SUCCESS_WITH_INFO):
            error = self.errors.error(status, name)
            if error.sqlstate == "08S01":
                self._dead = error.message
            raise error

    def _exchange(self, transport: Transport, exchange: tcli.Exchange, timeout: float) -> memoryview:
        if self._dead:
            raise DriverError("08S01", 0, f"The connection to {self.way.where} is closed: {self._dead}")
        try:
            return transport.call(exchange.message, timeout, again=exchange.call in REPEATABLE)
        except BaseException as e:
            if not self.way.outlived:
                # A signal's handler may raise anything, and half an answer is left.
                self._dead = e.message if isinstance(e, DriverError) else "a call on it was interrupted"
                self._lines.abort()
            raise

    def _read(self, name: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except TApplicationException as e:
            # Servers close the connection after a request that they could not read.
            if e.type != UNKNOWN_METHOD and not self.way.outlived:
                self._dead = str(e)
            raise self._unknown(e, name) from e
        except DriverError as e:
            # Where one answer ends is no longer sure, so nothing that follows can be trusted; HTTP tells it.
            if not self.way.outlived:
                self._dead = e.message
                self._lines.abort()
            raise

    def _unknown(self, e: TApplicationException, name: str) -> DriverError:
        if e.type == UNKNOWN_METHOD:
            return DriverError("HYC00", e.type, f"{self.way.where} does not know the call {name}")
        return DriverError("08S01", e.type, f"{self.way.where} could not take the call {name}: {e}")

    # ---- the session's life ----

    def second_call(self, name: str, request: Any) -> None:
        """One RPC over another connection than a running call's; for what cannot wait its turn."""
        exchange = tcli.Exchange(name, request)
        try:
            if self.way.outlived:
                with self._lines.take(None, CANCEL_TIMEOUT) as transport:
                    answer = exchange.read(self._exchange(transport, exchange, CANCEL_TIMEOUT))
            else:
                transport = self.way.open(CANCEL_TIMEOUT)
                try:
                    answer = exchange.read(transport.call(exchange.message, CANCEL_TIMEOUT))
                finally:
                    transport.close()
        except TApplicationException as e:
            raise self._unknown(e, name) from e
        self.check(answer.status, name)

    def interrupt(self, operation: Any) -> None:
        """End the calls that are asking about an operation; the session lives on. Over HTTP only."""
        self._lines.interrupt(operation)

    def close_later(self, operation: Any) -> None:
        """CloseOperation, without waiting for the server."""

        def close() -> None:
            try:
                self.second_call("CloseOperation", tcli.OperationReq(operationHandle=operation))
            except DriverError as e:
                log.logger.info("a cancelled statement could not be closed: %s", e.message)

        threading.Thread(target=close, daemon=True).start()

    def drop_memory(self) -> None:
        """No large answers are to be expected."""
        self._lines.drop_memory()

    @property
    def forked(self) -> bool:
        """Whether this process is a child of the one that opened the session: what it closes the parent may still use."""
        return os.getpid() != self._pid

    def is_alive(self) -> bool:
        return not self._dead and self._lines.is_alive()

    def abort(self, why: str) -> None:
        """Give the session up, also while a call runs."""
        self._dead = self._dead or why
        self._lines.abort()

    def close(self) -> None:
        """End the session; silent when the server is gone already."""
        if not self._dead and not self.forked:
            self._timeout = min(self._timeout or CANCEL_TIMEOUT, CANCEL_TIMEOUT)
            try:
                self.ask("CloseSession", tcli.SessionReq(sessionHandle=self.handle))
            except DriverError as e:
                self._dead = e.message
        self._dead = self._dead or "it was disconnected"
        self._lines.close()


def open_settings(settings: Settings, own: Mapping[str, str], prefix: str) -> dict[str, str]:
    """OpenSession's configuration: the database, who to act for, and the session's properties behind `prefix`."""
    configuration = dict(own)
    if settings.schema:
        configuration["use:database"] = settings.schema
    for name, value in settings.session_properties.items():
        configuration[name if ":" in name else prefix + name] = value
    return configuration
