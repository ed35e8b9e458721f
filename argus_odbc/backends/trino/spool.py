"""Trino's spooling protocol: rows in segments, inline or in an object store, fetched side by side and handed out in order."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from argus_odbc import log
from argus_odbc.backends.trino.protocol import Page
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.errors import page_text
from argus_odbc.web.http import Address, Answer, Broken, Pool
from argus_odbc.web.spares import Spares

IN_FLIGHT = 64 << 20
"""Bytes of rows that may be on their way or wait to be handed out; one segment may always."""

FIRST_LOOK, LAST_LOOK = 0.002, 0.1
"""Seconds between two looks for answers that name further segments, while one is waited for."""

ACKNOWLEDGE_SECONDS = 0.5

ATTEMPTS = 4
LARGEST = 1 << 31
THREADS = 4

AHEAD = 2
"""Segments that are asked for at a time as long as they come fast enough; up to one for each thread when they do not."""


class Unreachable(DriverError):
    """The object store does not answer at all."""


class Damaged(DriverError):
    """A segment came, but is not what was announced."""


def encodings(choice: str) -> str:
    """X-Trino-Query-Data-Encoding for the keyword Spooling: what can be unpacked here, the best first."""
    if choice == "off":
        return ""
    found = [name for name in ("json+lz4", "json+zstd", "json") if name == "json" or _module(name) is not None]
    if choice in ("", "auto"):
        return ",".join(found)
    if choice not in found:
        package = {"json+zstd": "zstandard", "json+lz4": "cramjam"}[choice]
        raise DriverError("HY000", 0, f"Spooling={choice} needs the Python package {package}: pip install {package}")
    return choice


def _module(encoding: str) -> Any:
    try:
        if encoding == "json+zstd":
            import zstandard

            return zstandard
        import cramjam

        return cramjam.lz4
    except ImportError:
        return None


def unpacked(
    data: bytes | memoryview, encoding: str, size: int | None, spares: Spares | None = None
) -> bytes | memoryview:
    """A segment's rows as JSON. Without `size` (uncompressedSize) it is not packed, whatever the encoding is."""
    rows = data if size is None or encoding == "json" else _inflated(data, encoding, size, spares or Spares())
    if bytes(rows[:64]).lstrip()[:1] != b"[":
        raise Damaged("08S01", 0, "A segment of the spooled result does not hold rows")
    return rows


def _inflated(data: bytes | memoryview, encoding: str, size: int, spares: Spares) -> memoryview:
    if not 0 <= size < LARGEST:
        raise DriverError("08S01", 0, f"A segment of the spooled result says that it holds {size} bytes")
    module = _module(encoding)
    if module is None:
        raise DriverError("08S01", 0, f"The server spools in the encoding {encoding!r}, which was not asked for")
    rows = spares.take(size)
    try:
        if encoding == "json+zstd":
            if module.frame_content_size(data) > size:
                raise ValueError("its frame is larger than announced")
            reader = module.ZstdDecompressor().stream_reader(data)
            got = 0
            while n := reader.readinto(rows[got:]) if got < size else len(reader.read(1)):
                got += n
        else:
            got = module.decompress_block_into(data, rows, output_len=size)
    except Exception as e:
        raise Damaged("08S01", 0, f"A segment of the spooled result is damaged ({encoding}): {e}") from e
    if got != size:
        raise Damaged("08S01", 0, f"A segment of the spooled result has {got} bytes where {size} were announced")
    return rows


def reason(answer: Answer) -> str:
    """What an object store or whoever answers in its place says: the message of S3's XML, else the first line."""
    message = re.search(rb"<Message>([^<]{1,300})</Message>", bytes(answer.body[:20000]))
    return message[1].decode("utf-8", "replace") if message else page_text(answer)


class Store:
    """Where the segments of one session are fetched from."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._settings = settings
        self.spares = pool.spares
        self.proven = False
        """Whether a segment has come from there."""

    def get(self, uri: str, headers: Mapping[str, str], redirects: int = 3) -> Answer:
        """One GET without the login: the URI is what admits. Broken when there is no answer."""
        address = Address.of(uri)
        if address is None:
            raise DriverError("08S01", 0, "A segment of the spooled result has an address that is none")
        pool = self._pool.to(address)
        connection = pool.take()
        path = address.path_of(uri) or "/"
        # Packed once more by the server it would only take longer.
        wanted = {"Accept-Encoding": "identity", "User-Agent": "argus-odbc", **headers}
        connection.send("GET", path, wanted, None, self._settings.socket_timeout)
        answer = connection.receive(self.spares)
        pool.give(connection)
        if answer.status in (301, 302, 303, 307, 308) and redirects > 0 and answer.header("location"):
            return self.get(urljoin(uri, answer.header("location")), headers, redirects - 1)
        return answer


@dataclass(frozen=True)
class _Way:
    """How to get a segment."""

    uri: str
    acknowledge: str
    headers: Mapping[str, str]
    encoding: str
    size: int | None
    """Of its rows, where they are packed."""

    @classmethod
    def of(cls, segment: Mapping[str, Any], encoding: str, size: int | None) -> _Way:
        headers = {name: ",".join(map(str, values)) for name, values in (segment.get("headers") or {}).items()}
        return cls(str(segment["uri"]), str(segment["ackUri"]), headers, encoding, size)


@dataclass
class _Part:
    """One segment: its rows, or how to get them."""

    about: int
    """Its rows' size."""
    rows: bytes | memoryview | None = None
    way: _Way | None = None
    coming: Future[bytes | memoryview] | None = None


class Segments:
    """The segments of one result, in their order."""

    def __init__(self, store: Store, threads: int, stopped: threading.Event) -> None:
        self._store = store
        self._threads = threads
        self._ahead = min(AHEAD, threads)
        self._stopped = stopped
        self._queue: deque[_Part] = deque()
        self._bytes = 0
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
    def ready(self) -> bool:
        """Whether the next segment is there."""
        if not self._queue:
            return False
        first = self._queue[0]
        return first.rows is not None or (first.coming is not None and first.coming.done())

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
            for segment in listed:
                size = segment["metadata"].get("uncompressedSize")
                about = int(size if size is not None else segment["metadata"].get("segmentSize", 0))
                if segment["type"] == "inline":
                    held = base64.b64decode(segment["data"], validate=True)
                    self._queue.append(_Part(about, rows=unpacked(held, encoding, size)))
                elif segment["type"] == "spooled":
                    self._queue.append(_Part(about, way=_Way.of(segment, encoding, size)))
                else:
                    raise ValueError(f"a segment of type {segment['type']!r}")
                self._bytes += about
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise DriverError("08S01", 0, f"The server describes the spooled result in an unknown way: {e}") from e
        self._advance()

    def _advance(self) -> None:
        """Start to fetch what has room in memory; a page may name any number of segments."""
        held = 0
        for started, part in enumerate(self._queue):
            held += part.about
            if part.rows is None and part.coming is None:
                if started and (held > IN_FLIGHT or started >= self._ahead):
                    return
                self._start(part)

    def _start(self, part: _Part) -> None:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(self._threads, thread_name_prefix="argus-spool")
        part.coming = Future()
        self._running = [work for work in self._running if not work.done()]
        self._running.append(self._workers.submit(self._work, part))

    def _work(self, part: _Part) -> None:
        """One segment, in a thread of its own. Its rows are handed on before the server is told that they have come."""
        assert part.way is not None and part.coming is not None
        try:
            rows = self._fetch(part.way)
        except BaseException as e:
            part.coming.set_exception(e)
            return
        part.coming.set_result(rows)
        self._acknowledge(part.way)

    def next(self, meanwhile: Callable[[], None]) -> bytes | memoryview:
        """The rows of the next segment; waits for them, and calls `meanwhile` first, then now and then."""
        part = self._queue.popleft()
        self._bytes -= part.about
        # More at a time only where that many do not come while one is read: each takes memory.
        late = part.coming is not None and not part.coming.done()
        self._ahead = min(2 * self._ahead, self._threads) if late else max(self._ahead - 1, min(AHEAD, self._threads))
        self._advance()
        return self._rows(part, meanwhile)

    def _rows(self, part: _Part, meanwhile: Callable[[], None]) -> bytes | memoryview:
        if part.rows is not None:
            return part.rows
        if part.coming is None:
            self._start(part)
        assert part.coming is not None
        pause = FIRST_LOOK
        while True:
            meanwhile()
            try:
                return part.coming.result(timeout=pause)
            except NotYet:
                if self._stopped.is_set():
                    raise DriverError("HY008", 0, "The statement was cancelled") from None
            pause = min(2 * pause, LAST_LOOK)

    def _fetch(self, way: _Way) -> bytes | memoryview:
        try:
            return unpacked(self._attempt(way), way.encoding, way.size, self._store.spares)
        except Damaged as e:
            # Not acknowledged yet, so that it is still there: the damage may be of the way only.
            log.logger.warning("%s; asking again", e.message)
            return unpacked(self._attempt(way), way.encoding, way.size, self._store.spares)

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
                answer = self._store.get(way.uri, way.headers)
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
        self._queue.clear()
        if self._workers is not None:
            self._workers.shutdown(wait=False, cancel_futures=True)
            self._workers = None
