"""Trino's spooling protocol: where segments of rows are fetched from, and how they are unpacked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.errors import page_text
from argus_odbc.web.http import Address, Answer, Pool
from argus_odbc.web.spares import Spares

LARGEST = 1 << 31
THREADS = 4

HEAD = 1 << 12
"""Bytes that the head of an answer may take."""


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

    def get(self, uri: str, headers: Mapping[str, str], size: int = 0, redirects: int = 3) -> Answer:
        """One GET without the login: the URI is what admits. Broken when there is no answer. `size`: of what is there."""
        address = Address.of(uri)
        if address is None:
            raise DriverError("08S01", 0, "A segment of the spooled result has an address that is none")
        pool = self._pool.to(address)
        connection = pool.take()
        path = address.path_of(uri) or "/"
        # Packed once more by the server it would only take longer.
        wanted = {"Accept-Encoding": "identity", "User-Agent": "argus-odbc", **headers}
        connection.send("GET", path, wanted, None, self._settings.socket_timeout)
        answer = connection.receive(self.spares, expected=size + HEAD)
        pool.give(connection)
        if answer.status in (301, 302, 303, 307, 308) and redirects > 0 and answer.header("location"):
            return self.get(urljoin(uri, answer.header("location")), headers, size, redirects - 1)
        return answer
