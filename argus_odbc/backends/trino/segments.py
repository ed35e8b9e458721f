"""The segments of one spooled result: fetched side by side, unpacked late, handed out in order."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from argus_odbc import log
from argus_odbc.backends.trino.protocol import Page
from argus_odbc.backends.trino.spool import LARGEST, Damaged, Store, Unreachable, reason, unpacked
from argus_odbc.errors import DriverError
from argus_odbc.web.http import Answer, Broken

IN_FLIGHT = 64 << 20
"""Bytes of rows that may be on their way or wait to be handed out; one segment may always."""

FIRST_LOOK, LAST_LOOK = 0.0005, 0.1
"""Seconds between two looks for answers that name further segments, while one is waited for."""

ACKNOWLEDGE_SECONDS = 0.5

SLOW = 0.05
"""Seconds that a segment that is not packed is waited for before more of them are fetched at a time."""

ATTEMPTS = 4

AHEAD = 2
"""Segments that are asked for at a time as long as they come fast enough; up to one for each thread when they do not."""

TEXTS = 2
"""Segments whose rows are in memory unpacked: one is read, one is made. Others wait packed."""

MOST_TEXTS = 3
"""The same where the one that is made was late."""


@dataclass(frozen=True)
class _Way:
    """How to get a segment."""

    uri: str
    acknowledge: str
    headers: Mapping[str, str]
    encoding: str
    size: int | None
    """Of its rows, where they are packed."""
    stored: int
    """Its bytes in the store; 0: not known."""

    @classmethod
    def of(cls, segment: Mapping[str, Any], encoding: str, size: int | None) -> _Way:
        headers = {name: ",".join(map(str, values)) for name, values in (segment.get("headers") or {}).items()}
        stored = int(segment["metadata"].get("segmentSize") or 0)
        return cls(
            str(segment["uri"]), str(segment["ackUri"]), headers, encoding, size, stored if 0 < stored < LARGEST else 0
        )


@dataclass(eq=False)
class _Part:
    """One segment: its rows, or how to get them. The lock guards what changes."""

    about: int
    """Its rows' size."""
    rows: bytes | memoryview | None = None
    """Of an inline segment."""
    way: _Way | None = None
    body: bytes | memoryview | None = None
    """What has come from the store and waits to be unpacked."""
    come: bool = False
    """That it has come."""
    coming: Future[bytes | memoryview] = field(default_factory=Future)
    busy: bool = False
    """A worker has it, or has had it to the end."""
    wanted: bool = False
    """It is waited for."""

    @property
    def packed(self) -> bool:
        """What comes takes less memory than its rows."""
        return self.way is not None and self.way.size is not None and self.way.encoding != "json"

    @property
    def ended(self) -> bool:
        """Its rows are there, or an error."""
        return self.coming.done()

    @classmethod
    def of(cls, segment: Mapping[str, Any], encoding: str) -> _Part:
        size = segment["metadata"].get("uncompressedSize")
        about = int(size if size is not None else segment["metadata"].get("segmentSize", 0))
        if segment["type"] == "inline":
            return cls(about, rows=unpacked(base64.b64decode(segment["data"], validate=True), encoding, size))
        if segment["type"] == "spooled":
            return cls(about, way=_Way.of(segment, encoding, size))
        raise ValueError(f"a segment of type {segment['type']!r}")


class Segments:
    """The segments of one result, in their order. The lock is for the workers, the reader, and who drops rows."""

    def __init__(self, store: Store, threads: int, stopped: threading.Event) -> None:
        self._store = store
        self._threads = threads
        self._ahead = min(AHEAD, threads)
        self._texts = TEXTS
        self._stopped = stopped
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._queue: deque[_Part] = deque()
        self._bytes = 0
        self._out = 0
        """Segments whose rows have been handed out and are still needed."""
        self._begun = False
        self._workers: ThreadPoolExecutor | None = None
        self._running: list[Future[None]] = []

    @property
    def waiting(self) -> bool:
        return bool(self._queue)

    @property
    def room(self) -> bool:
        """Whether more segments may be asked for."""
        return len(self._queue) <= self._ahead and self._bytes < IN_FLIGHT

    @property
    def spooled(self) -> bool:
        """Whether one of the segments comes from the store."""
        return any(part.rows is None for part in self._queue)

    def wait_for_first(self, meanwhile: Callable[[], None]) -> None:
        """Until the first of those is there; what it fails with. `meanwhile` is called now and then."""
        for part in list(self._queue):
            if part.rows is None:
                self._rows(part, meanwhile)
                return

    def add(self, page: Page) -> None:
        """Begin with the segments that a page names."""
        try:
            data = json.loads(bytes(page.body[page.data_start : page.data_end]))
            encoding, listed = str(data["encoding"]), list(data["segments"])
            parts = [_Part.of(segment, encoding) for segment in listed]
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise DriverError("08S01", 0, f"The server describes the spooled result in an unknown way: {e}") from e
        with self._lock:
            self._queue.extend(parts)
            self._bytes += sum(part.about for part in parts)
            self._advance()

    def _advance(self) -> None:
        """Start to fetch and to unpack what there is room for; a page may name any number of segments."""
        held = 0
        for place, part in enumerate(self._queue):
            held += part.about
            if part.rows is not None or part.busy or part.ended:
                continue
            if part.body is None:
                if place and (held > IN_FLIGHT or place >= self._ahead):
                    return
                if part.packed or self._may_unpack(part, place):
                    self._start(part)
            elif self._may_unpack(part, place):
                self._start(part)

    def _may_unpack(self, part: _Part, place: int) -> bool:
        return part.wanted or self._out + place < self._texts

    def _start(self, part: _Part) -> None:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(self._threads, thread_name_prefix="argus-spool")
        part.busy = True
        self._running = [work for work in self._running if not work.done()]
        self._running.append(self._workers.submit(self._work, part))

    def _work(self, part: _Part) -> None:
        """A step of one segment, in a thread of its own: fetch it, and unpack it unless that is too early.

        Its rows are handed on before the server is told that they have come.
        """
        assert part.way is not None
        try:
            if part.body is None:
                body = self._attempt(part.way)
                with self._lock:
                    part.body, part.come = body, True
                    place = self._queue.index(part) if part in self._queue else 0
                    if part.packed and not self._may_unpack(part, place):
                        part.busy = False
                        return
            rows = self._unpack(part)
        except BaseException as e:
            part.coming.set_exception(e)
            return
        part.coming.set_result(rows)
        self._acknowledge(part.way)

    def _unpack(self, part: _Part) -> bytes | memoryview:
        assert part.way is not None and part.body is not None
        body, part.body = part.body, None
        try:
            return unpacked(body, part.way.encoding, part.way.size, self._store.spares)
        except Damaged as e:
            # Not acknowledged yet, so that it is still there: the damage may be of the way only.
            log.logger.warning("%s; asking again", e.message)
            return unpacked(self._attempt(part.way), part.way.encoding, part.way.size, self._store.spares)

    def next(self, meanwhile: Callable[[], None]) -> bytes | memoryview:
        """The rows of the next segment; waits for them, and calls `meanwhile` first, then now and then."""
        with self._lock:
            part = self._queue.popleft()
            self._bytes -= part.about
            # More at a time only where that many do not come while one is read: each takes memory.
            late = self._begun and part.rows is None and not part.ended
            self._ahead = (
                min(2 * self._ahead, self._threads) if late else max(self._ahead - 1, min(AHEAD, self._threads))
            )
            if late and (part.come or not part.packed):
                self._texts = min(self._texts + 1, MOST_TEXTS)
            self._begun = True
            self._out += 1
            self._want(part)
            self._advance()
        asked = time.monotonic()
        rows = self._rows(part, meanwhile)
        if not part.packed and time.monotonic() - asked > SLOW:
            # It is the store that takes the time.
            self._texts = min(self._texts + 1, max(self._threads, MOST_TEXTS))
        return rows

    def dropped(self) -> None:
        """The rows of a segment that was handed out are not needed any more."""
        with self._lock:
            self._out -= 1
            self._advance()

    def _want(self, part: _Part) -> None:
        """Whatever there is room for, this one is waited for."""
        with self._lock:
            part.wanted = True
            if part.rows is None and not part.busy and not part.ended:
                self._start(part)

    def _rows(self, part: _Part, meanwhile: Callable[[], None]) -> bytes | memoryview:
        if part.rows is not None:
            return part.rows
        self._want(part)
        pause = FIRST_LOOK
        while True:
            meanwhile()
            try:
                return part.coming.result(timeout=pause)
            except NotYet:
                if self._stopped.is_set():
                    raise DriverError("HY008", 0, "The statement was cancelled") from None
            pause = min(2 * pause, LAST_LOOK)

    def _acknowledge(self, way: _Way) -> None:
        try:
            answer = self._store.get(way.acknowledge, way.headers)
        except (Broken, DriverError) as e:
            # The server drops it by itself after a while.
            log.logger.warning("a segment could not be acknowledged: %s", e)
        else:
            if answer.status != 200:
                log.logger.warning("acknowledging a segment was answered with HTTP %d", answer.status)

    def _attempt(self, way: _Way) -> bytes | memoryview:
        """The segment's bytes; asked for again when an answer is lost or the store is busy."""
        host = urlsplit(way.uri).netloc
        for attempt in range(1, ATTEMPTS + 1):
            if self._stopped.is_set():
                raise DriverError("HY008", 0, "The statement was cancelled")
            try:
                answer = self._store.get(way.uri, way.headers, way.stored)
            except Broken as e:
                if attempt == ATTEMPTS or (e.timed_out and not e.sent):
                    kind = DriverError if e.sent and self._store.proven else Unreachable
                    raise kind("08S01", 0, f"The spool at {host} cannot be reached from here: {e.reason}") from e
                log.logger.info("the spool at %s: %s; asking again", host, e.reason)
            else:
                if answer.status == 200:
                    return answer.body
                busy = answer.status >= 500 or answer.status == 429
                if attempt == ATTEMPTS or not busy:
                    raise self._refusal(answer, host, busy)
            time.sleep(0.1 * 2**attempt)
        raise AssertionError

    def _refusal(self, answer: Answer, host: str, busy: bool) -> DriverError:
        """The error for an HTTP status. Before anything has come, a proxy or a gateway in between is as good as no way there."""
        gone = ": the segment is not there any more" if answer.status in (404, 410) else ""
        said = reason(answer)
        text = f"The spool at {host} answers with HTTP {answer.status}{gone}{f' ({said})' if said else ''}"
        unreachable = (busy or answer.status in (401, 403, 407)) and not self._store.proven
        return (Unreachable if unreachable else DriverError)("08S01", answer.status, text)

    def finish(self) -> None:
        """All rows have been taken: let the last acknowledgements arrive, since the process may end next."""
        wait(self._running, timeout=ACKNOWLEDGE_SECONDS)
        self.close()

    def close(self) -> None:
        """Give up what is not there yet. Idempotent."""
        if os.getpid() != self._pid:
            # The workers are the parent's, and one of them may have had the lock when it forked.
            self._queue.clear()
            return
        with self._lock:
            self._queue.clear()
        if self._workers is not None:
            self._workers.shutdown(wait=False, cancel_futures=True)
            self._workers = None
