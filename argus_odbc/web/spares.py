"""Memory for large bodies: received into without the GIL, and used again when nothing refers to it any more.

Fresh memory costs as much time as the bytes that come into it, since the system has to zero each of its pages.
"""

from __future__ import annotations

import threading
from typing import Any

from argus_odbc.native import wire_memory

KEPT = 12
"""Pieces of memory that are kept: what waits to be decoded, is decoded, is on its way."""

WASTE = 4
"""Times of what is wanted that a piece may have: a small answer leaves the large pieces to the large ones."""

SMALL = 1 << 16
"""Bytes of what is wanted below which a piece may have any size of its order."""

LARGEST = 32 << 20
"""Bytes of the largest one that is kept."""


class Spares:
    """The memory of one session."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[Any] = []

    def take(self, size: int) -> memoryview:
        """`size` bytes that belong to the caller as long as there is a view of them."""
        with self._lock:
            fitting = [m for m in self._kept if size <= len(m) <= WASTE * max(size, SMALL) and m.free]
            if fitting:
                # The processor's cache may still have it.
                return memoryview(max(fitting, key=lambda memory: memory.given_back))[:size]
            # Answers of one result are of about one size; the next may be a bit larger.
            memory = wire_memory(size + size // 8)
            if size <= LARGEST and hasattr(memory, "free"):
                self._kept = [m for m in self._kept if not m.free or len(self._kept) < KEPT]
                if len(self._kept) < KEPT:
                    self._kept.append(memory)
            return memoryview(memory)[:size]

    def clear(self) -> None:
        """Keep nothing. What is in use stays until it is not."""
        with self._lock:
            self._kept = []
