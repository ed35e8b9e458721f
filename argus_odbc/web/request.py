"""Requests as http.client writes them: its checks and its lines, kept as long as nothing but the path changes."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[!-~]+").fullmatch
"""A path in which http.client finds nothing to refuse."""


class Writer:
    """The requests of one connection."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._http = connection
        self._kept: tuple[str, Mapping[str, str]] | None = None
        self._lines = b""

    def lines(self, method: str) -> bytes:
        """The last request behind its path, where it was of that method and had no body; else nothing."""
        return self._lines if self._kept is not None and self._kept[0] == method else b""

    def message(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        """The bytes of a request. HTTPException for a path, ValueError for a header that HTTP does not know."""
        if body is None and self._kept == (method, headers) and _PLAIN(path):
            return b"%b %b%b" % (method.encode(), path.encode(), self._lines)
        text = self._written(method, path, headers, body)
        if body is None:
            start = len(f"{method} {path}")
            self._kept, self._lines = (method, headers), text[start:]
        return text

    def _written(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        parts: list[bytes] = []
        sock, self._http.sock = self._http.sock, None
        self._http.send = parts.append  # type: ignore[method-assign]
        try:
            self._http.request(method, path, body=body, headers=dict(headers))
        finally:
            del self._http.send
            # Without a socket that only makes it ready for another request.
            self._http.close()
            self._http.sock = sock
        return b"".join(parts)
