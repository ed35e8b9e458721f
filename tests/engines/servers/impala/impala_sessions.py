"""Sessions and queries of the Impala test server."""

from __future__ import annotations

import collections
import os
import re
import struct
import threading
import time
from typing import TYPE_CHECKING

import duckdb
from hs2_wire import ERROR_STATE, FINISHED, INITIALIZED, Column
from impala_dialect import OPTIONS

if TYPE_CHECKING:
    from impala_server import Connection, ImpalaServer

MAX_FETCH, MAX_CACHE = 102400, 100000


def print_id(guid: bytes) -> str:
    """An id as Impala prints it: two 64-bit little-endian halves in hexadecimal."""
    return "{:016x}:{:016x}".format(*struct.unpack("<QQ", guid))


class Session:
    def __init__(self, server: ImpalaServer, user: str, protocol: int, conn: Connection) -> None:
        self.guid, self.secret = os.urandom(16), os.urandom(16)
        self.user, self.delegate, self.protocol = user, "", protocol
        self.database, self.options = "default", dict[str, str]()
        self.last_used, self.expired = time.time(), False
        self.queries: set[bytes] = set()
        self.origin = conn.origin
        self.duck = server.duck.cursor()

    @property
    def effective_user(self) -> str:
        return self.delegate or self.user

    def option(self, name: str, overlay: dict[str, str] | None = None) -> str:
        return (overlay or {}).get(name, self.options.get(name, OPTIONS[name][0]))

    def all_options(self) -> dict[str, str]:
        return {name: self.options.get(name, default) for name, (default, _) in OPTIONS.items()}


class Query:
    """One operation.  A thread of its own produces rows into ``buffer``; fetches take them from there."""

    def __init__(self, session: Session, stmt: str, kind: str, columns: list[Column], overlay: dict[str, str]) -> None:
        self.guid, self.session, self.stmt, self.kind = os.urandom(16), session, stmt, kind
        self.columns, self.overlay = columns, overlay
        self.state, self.error = INITIALIZED, None  # type: int, str | None
        self.cond = threading.Condition()
        self.buffer: collections.deque[tuple] = collections.deque()
        self.produced, self.eos, self.fetched = False, False, 0
        self.cache: list[tuple] | None = None
        self.cache_limit = 0
        self.replay: collections.deque[tuple] = collections.deque()
        self.dml_rows: int | None = None
        self.cancelled = threading.Event()
        self.started = self.last_active = time.time()
        self.active, self.closed = 0, False
        self.duck = session.duck.cursor()
        self.warnings = "".join(w + "\n" for w in re.findall(r"/\*\s*warn:\s*(.*?)\s*\*/", stmt))
        self.from_cache = 0

    @property
    def id(self) -> str:
        return print_id(self.guid)

    def option(self, name: str) -> str:
        return self.session.option(name, self.overlay)

    def set_state(self, state: int, error: str | None = None) -> None:
        with self.cond:
            if self.state != ERROR_STATE:
                self.state, self.error = state, error
            self.cond.notify_all()

    def pause(self, ms: float) -> None:
        if self.cancelled.wait(ms / 1000) if ms else self.cancelled.is_set():
            raise duckdb.InterruptException("Cancelled")

    def put(self, row: tuple) -> None:
        with self.cond:
            while len(self.buffer) >= MAX_FETCH and not self.cancelled.is_set():
                self.cond.wait(0.2)
            if self.cancelled.is_set():
                raise duckdb.InterruptException("Cancelled")
            self.buffer.append(row)
            if self.state != FINISHED:
                self.set_state(FINISHED)
            self.cond.notify_all()

    def cancel(self, cause: str = "Cancelled") -> None:
        self.cancelled.set()
        if self.state != FINISHED:
            self.set_state(ERROR_STATE, cause)
        self.duck.interrupt()
        with self.cond:
            self.cond.notify_all()
