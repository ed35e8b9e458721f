"""The cookies of one server (RFC 6265), which stand for a login that it has seen.

The standard library's jar is not used: it keeps back cookies that are marked Secure where the way is plain HTTP, and
HiveServer2 and Impala mark theirs so on every way. All requests go to one address, so that domains and paths decide nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

LIMIT = 50
"""Cookies to keep (RFC 6265, 6.1)."""


class Cookies:
    """Names and values; may be used from several threads."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._lock = threading.Lock()

    def heard(self, headers: Iterable[str]) -> None:
        """Take the values of Set-Cookie."""
        for text in headers:
            pair, _, attributes = text.partition(";")
            name, equals, value = (part.strip() for part in pair.partition("="))
            if not equals or not name or re.search(r"[\x00-\x20\x7f]", name + value):
                continue
            ends = re.search(r"(?i)(?:^|;)\s*max-age\s*=\s*(-?[0-9]+)", attributes)
            with self._lock:
                if (ends and int(ends[1]) <= 0) or not value:
                    self._values.pop(name, None)
                elif name in self._values or len(self._values) < LIMIT:
                    self._values[name] = value

    def header(self) -> str:
        """The value of Cookie; "" for none."""
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._values.items())

    def has(self, names: Iterable[str]) -> bool:
        """Whether one of `names` is there."""
        with self._lock:
            return any(name in self._values for name in names)

    def forget(self) -> None:
        """Drop them all."""
        with self._lock:
            self._values.clear()
