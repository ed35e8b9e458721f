"""One statement on a Trino coordinator: posted, polled, its pages handed to the native decoder, cancelled, closed."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argus_odbc import log, native
from argus_odbc.backends.base import ExecuteOptions, Operation
from argus_odbc.backends.trino import spool
from argus_odbc.backends.trino.client import http_error
from argus_odbc.backends.trino.errors import query_error
from argus_odbc.backends.trino.protocol import Page, next_uri_of, read_page
from argus_odbc.backends.trino.segments import Segments
from argus_odbc.backends.trino.types import Spec, columns_of
from argus_odbc.batches import TrinoRows
from argus_odbc.errors import DriverError
from argus_odbc.types import Column
from argus_odbc.web.http import Answer, Begun

if TYPE_CHECKING:
    from argus_odbc.backends.trino.session import Trino

DRAIN_SECONDS = 2.0
"""How long the rest of a result is read away before its query is ended."""

HOLD_SECONDS = 1.0
"""How long the first rows wait for the spool to prove reachable, so that the statement can do without it."""

ABORT_SECONDS = 0.6
"""How long a cancel waits for the server to take it, before it lets the waiting call go."""

LOOK = 0.001
"""Seconds between two looks for another answer while one is unpacked."""

POST_GRACE = 0.7
"""Seconds that a cancel waits for the answer that tells the query's address, before it gives the connection up."""


@dataclass(frozen=True)
class _Coming:
    """An answer that has come, or why it has not."""

    received: Answer | None = None
    work: Future[Answer] | None = None
    """Unpacks it."""
    next_uri: str = ""
    """What has been asked for already."""
    error: DriverError | None = None

    def answer(self) -> Answer:
        if self.error is not None:
            raise self.error
        assert self.received is not None
        return self.received if self.work is None else self.work.result()


class TrinoOperation(Operation):
    """A statement of one session."""

    def __init__(self, session: Trino, options: ExecuteOptions, alone: bool = False) -> None:
        """`alone`: outside of the session's transaction."""
        self.columns: Sequence[Column] = ()
        self.row_count = -1
        self.warnings: list[tuple[str, int, str]] = []
        self.query_id = ""
        self.update_type = ""
        self._session = session
        self._alone = alone
        self._client = session.client
        self._limit = options.query_timeout
        self._stopped = threading.Event()
        self._posted = threading.Event()
        self._expired = False
        self._closed = False
        self._ended = False
        self._pending = False
        self._at = ""
        self._pages = native.usual_pages()
        self._native = False
        self._sql = ""
        self._handed_out = self._anew = False
        self._hold_until = 0.0
        self._heard = time.monotonic()
        self._page: Page | None = None
        self._coming: deque[_Coming] = deque()
        self._raw_columns: object = None
        self._specs: list[Spec] = []
        self._zones: dict[bytes, tuple[bytes, bytes]] = {}
        self._call = self._client.new_call(self._stopped)
        self._segments = Segments(session.store, session.spool_threads, self._stopped)
        self._timer: threading.Timer | None = None
        if self._limit > 0:
            self._timer = threading.Timer(self._limit, self._expire)
            self._timer.daemon = True
            self._timer.start()

    # ---- running ----

    @property
    def next_path(self) -> str:
        """Where the next answer is; empty when there is none to come."""
        return "" if self._ended or self._stopped.is_set() else self._next

    @property
    def heard(self) -> float:
        return max(self._heard, self._pages.heard) if self._native else self._heard

    @property
    def _next(self) -> str:
        """The same, also when it is to be asked for no more."""
        return self._pages.path.decode() if self._native else self._at

    def run(self, sql: str) -> None:
        """Post the statement and wait until its first rows are there, or its end."""
        self._sql = sql
        try:
            self._post()
        except BaseException as e:
            self._posted.set()
            self.close()
            if isinstance(e, DriverError):
                raise self._outcome(e) from e
            raise
        if self._done:
            self._finish()
        else:
            self._session.heartbeat.add(self)

    def _post(self) -> None:
        extra = {"X-Trino-Query-Data-Encoding": self._session.encodings} if self._session.encodings else {}
        if self._alone:
            extra["X-Trino-Transaction-Id"] = "NONE"
        self._call.start("POST", "/v1/statement", self._sql.encode("utf-8", "replace"), extra)
        page = self._receive()
        self._posted.set()
        while True:
            self._take(page)
            if self._ended or (page.has_data and not self.update_type):
                break
            page = self._receive()
        if page.has_data and not self.update_type:
            self._page = page
        self._hold_until = time.monotonic() + HOLD_SECONDS

    def _receive(self) -> Page:
        """The next answer; the one after it is asked for as soon as its address is known."""
        coming = self._coming.popleft() if self._coming else self._hear()
        while coming.work is not None and not coming.work.done():
            if not self._pending or self._coming:
                break
            if self._call.readable(LOOK):
                self._coming.append(self._hear_ahead())
        answer = coming.answer()
        if coming.work is not None:
            self._client.heard(answer)
        page = read_page(answer, self._client.where)
        self.query_id = page.query_id
        # Never empty in between: a cancel must find the query's address at any time.
        if not page.next_uri:
            self._at = ""
            self._ended = True
        elif coming.next_uri and coming.next_uri != page.next_uri:
            raise DriverError(
                "08S01", 0, f"{self._client.where} names two addresses at which query {page.query_id} continues"
            )
        elif not coming.next_uri:
            self._ask(page.next_uri, page.query_id, page.error is None)
        if page.error is not None:
            raise query_error(page.error, page.query_id)
        if self._stopped.is_set():
            raise DriverError("HY008", 0, "The statement was cancelled")
        return page

    def _hear(self) -> _Coming:
        """The answer to the request that is on its way, where it is a large gzip body not unpacked yet."""
        if self._native:
            self._go_on()
        answer = self._call.finish()
        self._pending = False
        self._heard = time.monotonic()
        if answer.status != 200:
            raise self._http_error(answer)
        self._session.state.follow(answer)
        if not answer.zipped:
            return _Coming(answer)
        # The server works on what follows while this is unpacked.
        next_uri = next_uri_of(answer.beginning())
        coming = _Coming(answer, work=self._client.unzip(answer), next_uri=next_uri)
        if next_uri:
            self._ask(next_uri, self.query_id, True)
        return coming

    def _hear_ahead(self) -> _Coming:
        """The same; an error waits until those before it have been looked at."""
        try:
            return self._hear()
        except DriverError as e:
            return _Coming(error=e)

    def _ask(self, uri: str, query_id: str, wanted: bool) -> None:
        """Where the query continues; `wanted`: ask there."""
        path = self._session.pool.address.path_of(uri)
        if path is None:
            other = "/".join(uri.split("/")[:3])
            raise DriverError(
                "08S01",
                0,
                f"{self._client.where} continues query {query_id} at {other}, which is "
                "another server: name that one as Host, or let the server know its outer address "
                "(http-server.process-forwarded)",
            )
        self._at = path
        if wanted and not self._stopped.is_set():
            self._call.start("GET", self._sized(path))
            self._pending = True

    def _sized(self, path: str) -> str:
        size = self._session.page_size
        return f"{path}{'&' if '?' in path else '?'}{size}" if size else path

    def _http_error(self, answer: Answer) -> DriverError:
        error = http_error(answer, self._client.where, self._client.login)
        if self.query_id:
            return DriverError(error.sqlstate, error.native, f"{error.message} (query {self.query_id})")
        return error

    def _take(self, page: Page) -> None:
        """Columns, counts and warnings of an answer."""
        self.update_type = page.update_type or self.update_type
        if page.update_count is not None:
            self.row_count = page.update_count
        for warning in page.warnings:
            code = warning.get("warningCode") or {}
            entry = (
                "01000",
                int(code.get("code") or 0),
                str(warning.get("message") or code.get("name") or "a warning"),
            )
            if entry not in self.warnings:
                self.warnings.append(entry)
        if page.columns is None or self.update_type:
            return
        if self._raw_columns is None:
            zone = self._session.state.shown_zone()
            self.columns, self._specs = columns_of(page.columns, self._session.types, zone)
            self._raw_columns = page.columns
        elif page.columns != self._raw_columns:
            raise DriverError(
                "08S01", 0, f"The columns of query {self.query_id} have changed in the middle of its result"
            )

    # ---- rows ----

    def fetch_results(self) -> TrinoRows | None:
        try:
            return self._fetch()
        except DriverError as e:
            self.close()
            raise self._outcome(e) from e

    def _fetch(self) -> TrinoRows | None:
        while True:
            page, self._page = self._page, None
            if page is not None:
                if self._raw_columns is None:
                    raise DriverError(
                        "08S01", 0, f"The server sends rows of query {self.query_id} before it describes them"
                    )
                if not page.spooled:
                    return self._part(page.body, page.data_start, page.data_end, pages=self._run_of_pages(page))
                self._segments.add(page)
            done = self._ended or self._closed
            if not self._proven(done):
                continue
            if self._segments.waiting:
                rows = self._segment()
                return self._part(rows, 0, len(rows), self._segments.dropped)
            if done:
                self._finish()
                return None
            page = self._receive()
            self._take(page)
            if page.has_data:
                self._page = page

    def _proven(self, done: bool) -> bool:
        """Hold the first rows of a session back until its spool has given a segment, for a moment and within its bound.

        False: another answer has been read instead. Once rows are handed out, the statement cannot begin anew.
        """
        if not self._segments.waiting or self._session.store.proven:
            return True
        if self._segments.spooled:
            try:
                self._segments.wait_for_first(self._refill)
            except spool.Unreachable as e:
                if self._handed_out or self._anew or self.update_type or self._session.state.transaction:
                    return True
                self._begin_anew(e)
                return False
            self._session.store.proven = True
            return True
        if done or not self._segments.room or time.monotonic() > self._hold_until:
            return True
        page = self._receive()
        self._take(page)
        if page.has_data:
            self._page = page
        return False

    def _begin_anew(self, reason: spool.Unreachable) -> None:
        """Run the query once more, without the spool; nothing of the first run has been seen."""
        log.logger.warning("query %s runs once more without the spool: %s", self.query_id, reason.message)
        self.warnings.append(
            ("01000", 0, f"{reason.message}; the query ran once more without the spool (Spooling=off)")
        )
        self._session.encodings = ""
        self._anew = True
        if self._next:
            self._client.delete(self._next)
        self._segments.close()
        self._call.release(whole=not self._pending)
        self._ended = self._pending = False
        self._at = ""
        self._page = None
        self._coming.clear()
        self._call = self._client.new_call(self._stopped)
        self._post()

    def _refill(self) -> None:
        """Begin with the segments of answers that have come meanwhile, as long as there is room for them."""
        while self._pending and self._page is None and self._segments.room and self._call.readable():
            page = self._receive()
            self._take(page)
            if page.spooled:
                self._segments.add(page)
            elif page.has_data:
                self._page = page

    def _segment(self) -> bytes | memoryview:
        try:
            return self._segments.next(self._refill)
        except spool.Unreachable as e:
            self._session.encodings = ""
            again = "the statements that follow on this connection do without it; Spooling=off does so from the start"
            raise DriverError(e.sqlstate, e.native, f"{e.message}; {again}") from e

    def _part(
        self,
        payload: bytes | memoryview,
        start: int,
        end: int,
        dropped: Callable[[], None] | None = None,
        pages: object = None,
    ) -> TrinoRows:
        self._handed_out = True
        return TrinoRows(payload, start, end, self._specs, self._zones, dropped, pages)

    # ---- pages that the reader's thread reads by itself ----

    def _run_of_pages(self, page: Page) -> object:
        """The core's run of the pages behind this one, as long as they bring rows and nothing else that is new."""
        if not self._pending or self._coming or self._pages is None or self._stopped.is_set():
            return None
        packing, columns = self._client.packing, page.columns_text
        repeated = self._call.repeated()
        # Zones are looked up in Python.
        if repeated is None or packing.gzip or not columns or any(spec[2] for spec in self._specs):
            return None
        socket, timeout, lines = repeated
        self._pages.begin(
            self._at.encode(), socket, timeout, packing.slow, self._session.pool.address.url.encode(),
            f'"{self.query_id}"'.encode(), columns, lines, self._session.page_size.encode(),
        )  # fmt: skip
        self._native = self._pages.on
        return self._pages if self._native else None

    def _go_on(self) -> None:
        """Something else has come: read on from there."""
        self._at = self._pages.path.decode()
        memory, start, have, head, joined, error, unsent, seconds = self._pages.end()
        self._heard = max(self._heard, self._pages.heard)
        self._native = False
        self._call.go_on(self._sized(self._at), Begun(memory, start, have, head, joined, error, seconds), not unsent)

    # ---- the end ----

    @property
    def _in_transaction(self) -> bool:
        return bool(self._session.state.transaction) and not self._alone

    @property
    def _done(self) -> bool:
        """Everything has come and been handed out."""
        return self._ended and self._page is None and not self._segments.waiting

    def cancel(self) -> None:
        """End the query now; the call that runs raises HY008."""
        if not self._done:
            self._stopped.set()
            self._end_query()

    def stop_fetch(self) -> None:
        # Ending a query aborts the transaction; the page that is waited for comes by itself.
        if not self._in_transaction:
            self.cancel()

    def _expire(self) -> None:
        """The statement's time has passed."""
        if not self._closed and not self._done:
            self._expired = True
            self._stopped.set()
            self._end_query()

    def _end_query(self) -> None:
        """DELETE, and let go of the request that waits for an answer."""
        self._posted.wait(POST_GRACE)
        path = self._next
        call = self._call
        if path:
            letting_go = threading.Timer(ABORT_SECONDS, call.abort)
            letting_go.daemon = True
            letting_go.start()
            self._client.delete(path)
            letting_go.cancel()
        call.abort()

    def _outcome(self, error: DriverError) -> DriverError:
        """What the application is told: a timeout and a cancel look like other errors from below."""
        named = f" (query {self.query_id})" if self.query_id else ""
        if self._expired:
            return DriverError(
                "HYT00", 0, f"The statement took longer than its timeout of {self._limit:g} seconds{named}"
            )
        if self._stopped.is_set():
            return DriverError("HY008", 0, f"The statement was cancelled{named}")
        if error.sqlstate in ("08S01", "HYT01") and self.query_id not in error.message:
            return DriverError(error.sqlstate, error.native, error.message + named)
        return error

    def _finish(self) -> None:
        """All answers have been read."""
        self._stop_timer()
        self._session.heartbeat.remove(self)
        self._segments.finish()
        self._call.release(whole=not self._pending)
        self._session.pool.spares.clear()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _read_on(self) -> bool:
        """In a transaction: read the rest away, if that is soon done, because ending a query aborts the transaction."""
        if not self._in_transaction or not self._pending:
            return False
        limit = time.monotonic() + DRAIN_SECONDS
        try:
            while not self._ended and time.monotonic() < limit:
                self._receive()
        except DriverError as e:
            log.logger.info("query %s failed after its result was closed: %s", self.query_id, e.message)
            return True
        return self._ended

    def close(self) -> None:
        """Idempotent; a query that is not at its end is ended on the server."""
        if self._closed:
            return
        self._closed = True
        self._stop_timer()
        self._session.heartbeat.remove(self)
        self._segments.close()
        if not self._ended and self._next and not self._stopped.is_set() and not self._read_on():
            log.logger.debug("query %s is closed before its end", self.query_id)
            self._client.delete(self._next)
        self._call.release(whole=self._ended and not self._pending)
        self._session.pool.spares.clear()
        self._page = None
        self._coming.clear()
