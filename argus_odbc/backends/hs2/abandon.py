"""A call on a thread of its own, whose caller can leave before its answer is there."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from argus_odbc import log


class Abandonable:
    """Runs `call`. What comes of it after the caller has left goes to `late`."""

    def __init__(self, call: Callable[[], Any], late: Callable[[Any], None]) -> None:
        self._call = call
        self._late = late
        self._outcome: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._over = self._left = False
        threading.Thread(target=self._run, daemon=True).start()

    def result(self) -> Any:
        """What `call` returns or raises, or the exception of `leave`."""
        value, error = self._outcome.get()
        if error is not None:
            raise error
        return value

    def leave(self, error: BaseException) -> None:
        """Make `result` raise `error` now, unless the call is over."""
        with self._lock:
            if self._over:
                return
            self._left = True
        self._outcome.put((None, error))

    def _run(self) -> None:
        value, error = None, None
        try:
            value = self._call()
        except BaseException as e:
            error = e
        with self._lock:
            self._over, left = True, self._left
        if not left:
            self._outcome.put((value, error))
        elif error is not None:
            log.logger.info("a call that nobody waited for any more failed: %s", error)
        else:
            self._late(value)
