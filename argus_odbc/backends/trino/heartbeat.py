"""Keeps results alive that the application reads slowly: a server ends a query that nobody has asked about for long."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from argus_odbc import log

if TYPE_CHECKING:
    from argus_odbc.backends.trino.client import Client

SECONDS = 60
"""How often an open result is asked after; Trino's query.client.timeout is 5 minutes by default."""


class Result(Protocol):
    """What is kept alive."""

    query_id: str
    heard: float
    """When the server was last heard of, by time.monotonic."""

    @property
    def next_path(self) -> str:
        """Where the next answer is; empty at the end."""


class Heartbeat:
    """One thread for the open results of a session, as long as there are any now and then."""

    def __init__(self, client: Client, seconds: float) -> None:
        """`seconds` 0: nothing is kept alive."""
        self._client = client
        self._seconds = seconds
        self._results: set[Result] = set()
        self._changed = threading.Condition()
        self._running = self._closed = False

    def add(self, result: Result) -> None:
        if self._seconds <= 0:
            return
        with self._changed:
            if self._closed:
                return
            self._results.add(result)
            if not self._running:
                self._running = True
                threading.Thread(target=self._beat, name="argus-heartbeat", daemon=True).start()

    def remove(self, result: Result) -> None:
        with self._changed:
            self._results.discard(result)

    def close(self) -> None:
        """The session ends."""
        with self._changed:
            self._closed = True
            self._results.clear()
            self._changed.notify_all()

    def _beat(self) -> None:
        while True:
            with self._changed:
                if not self._closed:
                    self._changed.wait(self._seconds)
                # A round without results ends it, not the end of each: short queries should not cost a thread each.
                if not self._results:
                    self._running = False
                    return
                idle = [r for r in self._results if time.monotonic() - r.heard >= self._seconds / 2]
            for result in idle:
                path = result.next_path
                if path:
                    log.logger.debug("keeping query %s alive", result.query_id)
                    self._client.touch(path)
