"""Whether answers are asked for packed: what `Compression=auto` finds out on the link that there is.

gzip takes a Trino server to about 18 MB of JSON a second, to a quarter of them, so it costs time on a fast link and saves
it on a slow one. A single slow answer tells nothing: the machine may have been busy.
"""

from __future__ import annotations

from dataclasses import dataclass

from argus_odbc import log

SLOW_LINK = 10e6
"""Bytes a second of unpacked bodies below which packed ones are tried."""

LARGE = 1 << 18
"""Bytes of a body from which on it tells something."""

ANSWERS, SECONDS = 4, 1.0
"""What is enough to judge: so many large answers, or so long a wait for fewer."""

FIRST_PAUSE = 32
"""Large answers until packed ones are tried again after they were no gain; twice as many each time."""


@dataclass
class _Sum:
    """Large answers of one kind."""

    count: int = 0
    size: int = 0
    reading: float = 0.0
    waited: float = 0.0

    def add(self, size: int, reading: float, waited: float) -> None:
        self.count += 1
        self.size += size
        self.reading += reading
        self.waited += waited

    @property
    def enough(self) -> bool:
        return self.count >= ANSWERS or self.reading >= SECONDS


class Packing:
    """The choice of one session."""

    def __init__(self, compression: str) -> None:
        self.gzip = compression == "gzip"
        self._auto = compression == "auto"
        self._plain, self._packed = _Sum(), _Sum()
        self._decided = False
        self._rest, self._pause = 0, FIRST_PAUSE

    @property
    def slow(self) -> int:
        """Bytes a second of a link below which answers are to be told of; 0: none are."""
        return int(SLOW_LINK) if self._auto and not self._decided else 0

    def heard(self, packed: bool, size: int, reading: float, waited: float) -> None:
        """One answer: `size` of its content unpacked, seconds to read its body, seconds that were waited for all of it."""
        if not self._auto or self._decided or size < LARGE or packed != self.gzip:
            return
        if self._rest > 0:
            self._rest -= 1
            return
        of_kind = self._packed if packed else self._plain
        of_kind.add(size, reading, waited)
        if not of_kind.enough:
            return
        if not packed:
            if of_kind.size / max(of_kind.reading, 1e-9) < SLOW_LINK:
                log.logger.info("the link brings %.1f MB/s: trying gzip", of_kind.size / of_kind.reading / 1e6)
                self.gzip = True
            else:
                self._plain = _Sum()
            return
        if of_kind.waited / of_kind.size < self._plain.waited / self._plain.size:
            self._decided = True
            return
        log.logger.info("gzip takes longer: going on without it")
        self.gzip = False
        self._plain, self._packed = _Sum(), _Sum()
        self._rest, self._pause = self._pause, 2 * self._pause
