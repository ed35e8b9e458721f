"""The connections of one session: one for all calls in turn, or, over HTTP, one for each call that runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings

IDLE = 4
"""Connections that a session over HTTP keeps."""


class Transport(Protocol):
    """One connection that carries messages; its methods raise DriverError."""

    line: Any
    """The core's way to it, or None."""
    turn: Any
    """A lock: of the one that calls, where there is one connection for all."""

    def call(self, message: bytes, timeout: float, again: bool = False) -> memoryview: ...
    def drop_memory(self) -> None: ...
    def limit_answers(self, seconds: float) -> None: ...
    def is_alive(self) -> bool: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


class Way(Protocol):
    """How to reach and enter a server."""

    outlived: ClassVar[bool]
    """Sessions live on when their connection is closed, and are known on any other."""

    @property
    def settings(self) -> Settings: ...
    @property
    def where(self) -> str: ...
    @property
    def user(self) -> str: ...
    def open(self, timeout: float) -> Transport: ...


@dataclass(eq=False)
class Line:
    """A connection that a call is on."""

    transport: Transport
    operation: Any
    """The handle that the call asks about."""
    aborted: bool = False
    """It is not used again."""

    def abort(self) -> None:
        self.aborted = True
        self.transport.abort()


class Lines:
    """Connections that are in use, and those that are not."""

    def __init__(self, way: Way, first: Transport) -> None:
        self.way = way
        self._first = first
        self._turn = first.turn
        self._lock = threading.Lock()
        self._idle = [first]
        self._busy: list[Line] = []
        self._closed = False

    @contextmanager
    def take(self, request: Any, timeout: float) -> Iterator[Transport]:
        """A connection for one call."""
        if not self.way.outlived:
            with self._turn:
                yield self._first
            return
        with self._lock:
            transport = self._idle.pop() if self._idle else None
        line = Line(transport or self.way.open(timeout), getattr(request, "operationHandle", None))
        with self._lock:
            self._busy.append(line)
        try:
            yield line.transport
        except BaseException as e:
            # A signal's handler may raise anywhere: half an answer is left, which is nobody's.
            line.aborted = line.aborted or not isinstance(e, DriverError)
            raise
        finally:
            with self._lock:
                self._busy.remove(line)
                keep = len(self._idle) < IDLE and not self._closed and not line.aborted
                if keep:
                    self._idle.append(line.transport)
            if not keep:
                line.transport.close()

    def interrupt(self, operation: Any) -> None:
        """End the calls that ask about an operation. Over HTTP only, where nothing else is lost."""
        with self._lock:
            for line in self._busy:
                if line.operation is operation:
                    line.abort()

    def abort(self) -> None:
        """End every call."""
        if not self.way.outlived:
            self._first.abort()
            return
        with self._lock:
            for line in self._busy:
                line.abort()

    def is_alive(self) -> bool:
        """Whether the server has kept the connection, where the session hangs on it."""
        if self.way.outlived or not self._turn.acquire(blocking=False):
            # A call that runs will find out.
            return True
        try:
            return self._first.is_alive()
        finally:
            self._turn.release()

    @property
    def wire(self) -> Any:
        """The core's way to the one connection for all, or None."""
        return self._first.line

    def limit_answers(self, seconds: float) -> None:
        """Seconds that each part of an answer may take, of which Python is not told; 0 = no limit."""
        self._first.limit_answers(seconds)

    def drop_memory(self) -> None:
        """No large answers are to be expected."""
        for transport in tuple(self._idle):
            transport.drop_memory()

    def close(self) -> None:
        """Close what is not in use now, and the others when they are given back."""
        with self._lock:
            self._closed, idle = True, self._idle
            self._idle = []
        for transport in idle:
            transport.close()
