"""HTTP to one server: connections that are kept open, one request at a time each, answers as whole bodies.

`send` and `receive` are two steps, so that the server works on the next page while the last one is decoded.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from argus_odbc import native, tls
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.chunks import Chunks, receive_chunks
from argus_odbc.web.proxies import Proxy, Tunnel, through_socks, through_tls
from argus_odbc.web.request import Writer
from argus_odbc.web.response import Received, Response
from argus_odbc.web.spares import Spares

try:
    # Takes half the time of zlib.
    from isal import isal_zlib as gzip
except ImportError:
    import zlib as gzip  # type: ignore[no-redef]

GZIP_MOST = 1032
"""Bytes that a byte of a deflate stream can stand for at most."""
GZIP_HEADER = 16 + 15
"""`wbits` of gzip with the largest window."""

BEGINNING = 1 << 11
"""Bytes that `Answer.beginning` has, and looks at where the body is packed."""

LARGE = 1 << 16
"""Bytes of a body from which on it gets memory that is used again."""

START = 2048
"""Where answers begin in their memory: half a page on. A system that keeps them from the beginning of its pages on took
three times as long to copy them to the beginning of others (two addresses that are alike in their last 12 bits)."""

LARGE_GZIP = 1 << 15
"""Bytes of a gzip body from which on it is worth another thread."""

IDLE_CONNECTIONS = 8
"""Connections that are kept for the next statement; more are closed."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. Header names are in lower case; a header that comes several times has several values."""

    status: int
    headers: Mapping[str, list[str]]
    body: bytes | memoryview
    """A view where it is large, and memory for it was given to `receive`."""
    packed: bool = False
    """The body came as gzip; `body` is its content."""
    reading: float = 0.0
    """Seconds to read the body."""
    waited: float = 0.0
    """Seconds from the wish to read until the content is there."""
    zipped: bool = False
    """`body` is gzip yet."""

    def unzipped(self) -> Answer:
        """With the content as body."""
        started = time.monotonic()
        body = unzipped(self.body)
        return replace(self, body=body, zipped=False, waited=self.waited + time.monotonic() - started)

    def beginning(self) -> bytes:
        """The first 2 KB of the content; fewer where they are damaged."""
        try:
            if not self.zipped:
                return bytes(self.body[:BEGINNING])
            # Not all of the body: what is not unpacked would be copied.
            return gzip.decompressobj(GZIP_HEADER).decompress(self.body[:BEGINNING], BEGINNING)
        except gzip.error:
            return b""

    def header(self, name: str) -> str:
        """The first value, or nothing."""
        return self.headers.get(name, [""])[0]


@dataclass(frozen=True)
class Begun:
    """What somebody else has received of the answer that comes next."""

    memory: Any
    start: int
    have: int
    head: int
    joined: int
    """Bytes of its body, the chunks of which are together already; -1: nothing has been done with it."""
    error: int
    """errno's."""
    seconds: float
    """From its head on."""


class Broken(Exception):
    """A request without an answer; `sent`: the server may have it. The text is the reason."""

    def __init__(self, reason: str, sent: bool, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.sent, self.timed_out = reason, sent, timed_out


@dataclass(frozen=True)
class Address:
    """Where a coordinator is."""

    scheme: str
    host: str
    port: int

    @property
    def where(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.where}"

    @classmethod
    def of(cls, uri: str) -> Address | None:
        """The server of a URI; None when it has none that speaks HTTP."""
        try:
            parts = urlsplit(uri)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return None
        return cls(parts.scheme, parts.hostname, port) if parts.hostname and parts.scheme in ("http", "https") else None

    def path_of(self, uri: str) -> str | None:
        """Path and query of a URI that is on this server; None when it is on another, or none at all."""
        if uri.startswith(self.url + "/") and "#" not in uri:
            return uri[len(self.url) :]
        other = Address.of(uri)
        if other is None or (other.scheme, other.host, other.port) != (self.scheme, self.host.lower(), self.port):
            return None
        parts = urlsplit(uri)
        return parts.path + (f"?{parts.query}" if parts.query else "")


class Connection:
    """One TCP or TLS connection, opened by the first request."""

    def __init__(
        self, address: Address, settings: Settings, context: ssl.SSLContext | None, proxy: Proxy | None
    ) -> None:
        opener: type[http.client.HTTPConnection] = http.client.HTTPConnection
        more: dict[str, object] = {}
        if context is not None:
            in_tls = proxy is not None and proxy.context is not None
            opener, more = Tunnel if in_tls else http.client.HTTPSConnection, {"context": context}
        self._expected = LARGE
        self._native = native.sockets()
        # A plain request is passed on by its full address: many proxies tunnel to the ports of TLS only.
        self._prefix, self._more = "", {}
        by_http = proxy is not None and proxy.scheme == "http"
        host, port = (proxy.host, proxy.port) if proxy is not None and by_http else (address.host, address.port)
        self._http = opener(host, port, timeout=settings.login_timeout or None, blocksize=65536, **more)  # type: ignore[arg-type]
        self._writer = Writer(self._http)
        self._method = ""
        self._begun: Begun | None = None
        if proxy is not None and not by_http:
            self._http._create_connection = through_socks(proxy)  # type: ignore[attr-defined]
        elif proxy is not None and proxy.context is not None:
            self._http._create_connection = through_tls(proxy)  # type: ignore[attr-defined]
        if proxy is None or not by_http:
            return
        if context is not None:
            self._http.set_tunnel(address.host, address.port, dict(proxy.headers()))
        else:
            self._prefix, self._more = address.url, {"Host": address.where, **proxy.headers()}

    def usable(self) -> bool:
        """False when the server has closed the connection while it was idle."""
        sock = _lowest(self._http.sock)
        if sock is None:
            return True
        if self._native is not None:
            found = self._native.look(sock.fileno())
            return found == 0 or (found > 0 and isinstance(sock, ssl.SSLSocket))
        try:
            sock.setblocking(False)
            # Below TLS on purpose: session tickets may be waiting, but an end is an end.
            return socket.socket.recv(sock, 1, socket.MSG_PEEK) != b"" and isinstance(sock, ssl.SSLSocket)
        except (BlockingIOError, InterruptedError):
            return True
        except (OSError, ValueError):
            return False

    def readable(self, seconds: float = 0) -> bool:
        """Whether something has come, or comes within so many seconds: an answer, or an end."""
        sock = self._http.sock
        if sock is None:
            return False
        try:
            if isinstance(sock, ssl.SSLSocket) and sock.pending():
                return True
            if self._native is not None and seconds == 0:
                return self._native.look(sock.fileno()) != 0
            waiting = select.poll()
            waiting.register(sock, select.POLLIN)
            return bool(waiting.poll(seconds * 1000))
        except (OSError, ValueError):
            return True

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, timeout: float) -> None:
        """Write one request; Broken when that does not work. `timeout`: seconds until each part of the answer."""
        try:
            if self._http.sock is None:
                self._http.connect()
            assert self._http.sock is not None
            if self._http.sock.gettimeout() != (timeout or None):
                self._http.sock.settimeout(timeout or None)
        except (OSError, http.client.HTTPException) as e:
            # A proxy's refusal of the tunnel lies unread in a frame of http.client, and holds the socket open.
            traceback.clear_frames(e.__traceback__)
            raise Broken(_reason(e), sent=False, timed_out=isinstance(e, TimeoutError)) from e
        try:
            headers = {**headers, **self._more} if self._more else headers
            self._method = method
            self._write(self._writer.message(method, self._prefix + path, headers, body))
        except (OSError, http.client.HTTPException) as e:
            self.close()
            raise Broken(_reason(e), sent=True) from e

    def _write(self, message: bytes) -> None:
        """Send a request; a small one without letting go of the GIL, as long as the socket takes it."""
        sock = self._http.sock
        assert sock is not None
        sent = 0
        if self._native is not None and type(sock) is socket.socket and len(message) <= LARGE:
            sent = self._native.send_now(sock.fileno(), message)
        if sent < len(message):
            sock.sendall(memoryview(message)[sent:])

    def receive(self, spares: Spares | None = None, zipped: bool = False, expected: int = 0) -> Answer:
        """The answer to what was sent; Broken when there is none.

        `spares`: where a large body may go. `zipped`: a large body with status 200 that comes as gzip may stay so.
        `expected`: bytes that it will have at most, where that is known.
        """
        started = time.monotonic()
        try:
            response, body, reading = self._answer(spares, expected)
            if response.will_close:
                self.close()
        except (OSError, http.client.HTTPException) as e:
            self.close()
            raise Broken(_reason(e), sent=True, timed_out=isinstance(e, TimeoutError)) from e
        headers = response.fields
        packed = headers.get("content-encoding", [""])[0].lower() == "gzip"
        later = packed and zipped and response.status == 200 and len(body) >= LARGE_GZIP
        if packed and not later:
            body = unzipped(body)
        return Answer(response.status, headers, body, packed, reading, time.monotonic() - started, later)

    def _answer(self, spares: Spares | None, expected: int) -> tuple[Response, bytes | memoryview, float]:
        """Head, body, and the seconds that the body took."""
        sock = self._http.sock
        if sock is None:
            raise http.client.NotConnected
        source: Any = sock
        if spares is not None and self._native is not None and type(sock) is socket.socket and self._method != "HEAD":
            came = self._at_once(sock, spares, self._native, max(expected, LARGE) if expected else self._expected)
            if not isinstance(came, bytes):
                return came
            source = Received(came, sock)
        response = Response(source, method=self._method)
        try:
            response.begin()
            begun = time.monotonic()
            body = self._large(response, spares) if spares is not None else None
            if body is None:
                body = response.read()
        finally:
            # As long as it has a reader, the socket is not closed.
            response.close()
        return response, body, time.monotonic() - begun

    def _at_once(
        self, sock: socket.socket, spares: Spares, native_: native.Sockets, expected: int
    ) -> tuple[Response, bytes | memoryview, float] | bytes:
        """An answer of the usual form, received in one go without the GIL; of another form: its beginning."""
        begun, self._begun = self._begun, None
        if begun is not None and begun.error:
            raise OSError(begun.error, os.strerror(begun.error))
        if begun is None or begun.memory is None:
            room, have, reading = spares.take(expected + START)[START:], 0, 0.0
        else:
            room, have, reading = memoryview(begun.memory)[START:], begun.have, begun.seconds
            if begun.joined >= 0:
                return self._response(room, begun.head), room[begun.head : begun.head + begun.joined], reading
        while True:
            state, have, head, end, seconds = native_.receive_answer(
                room.obj, sock.fileno(), START, have, len(room), sock.gettimeout()
            )
            reading += seconds
            if state != native.NO_ROOM:
                break
            # By what it says that it has, or by what has come.
            larger = spares.take((end or 2 * len(room)) + START)[START:]
            larger[:have] = room[:have]
            room = larger
        if state != native.WHOLE:
            return bytes(room[:have])
        response = self._response(room, head)
        self._expected = max(end + end // 8, LARGE)
        body = room[head:end]
        if response.chunked:
            chunks = Chunks(body)
            chunks.walk(len(body))
            body = body[: chunks.end]
        # More than the answer is no answer to what was asked.
        response.will_close = response.will_close or have > end
        return response, body if len(body) >= LARGE else bytes(body), reading

    def _response(self, room: memoryview, head: int) -> Response:
        """Read a head of so many bytes."""
        response = Response(Received(bytes(room[:head])), method=self._method)  # type: ignore[arg-type]
        response.begin()
        return response

    def repeated(self, method: str) -> tuple[int, float | None, bytes] | None:
        """A plain socket, its timeout, and what stands behind the path of a request that is like the last one; else None."""
        sock, lines = self._http.sock, self._writer.lines(method)
        if self._native is None or type(sock) is not socket.socket or self._prefix or not lines:
            return None
        return sock.fileno(), sock.gettimeout(), lines

    def go_on(self, begun: Begun) -> None:
        """Somebody else has sent the last request of `repeated`, and received this much of its answer."""
        self._begun = begun

    def _large(self, response: http.client.HTTPResponse, spares: Spares) -> memoryview | None:
        """A large body of known length, received without the GIL where there is no TLS, or one in chunks; else None."""
        size, stream, sock = response.length, response.fp, self._http.sock
        if response.status != 200 or self._method == "HEAD":
            return None
        if response.chunked:
            body, came = receive_chunks(stream, sock, spares, self._expected)
            # Answers of one result are of about one size.
            self._expected = max(came + came // 8, LARGE)
            return body
        if size is None or size < LARGE:
            return None
        body = spares.take(size)
        # What has come with the headers.
        came = stream.readinto(body[: len(stream.peek(1))])
        while came < size:
            if type(sock) is socket.socket and hasattr(body.obj, "receive"):
                n = body.obj.receive(sock.fileno(), came, size - came, size, sock.gettimeout())
                # Nothing is the end, or a signal, which Python deals with.
                n = n or sock.recv_into(body[came:])
            else:
                n = stream.readinto(body[came:])
            if not n:
                raise http.client.IncompleteRead(bytes(body[:came]), size - came)
            came += n
        return body

    def abort(self) -> None:
        """End a request that another thread is in."""
        sock = _lowest(self._http.sock)
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                sock.close()

    def close(self) -> None:
        """Idempotent."""
        self._http.close()


class Pool:
    """The connections of one session."""

    def __init__(
        self, address: Address, settings: Settings, context: ssl.SSLContext | None, proxy: Proxy | None = None
    ) -> None:
        self.address = address
        self._settings = settings
        self._context = context
        self._proxy = proxy
        self.spares = Spares()
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._others: dict[Address, Pool] = {}
        self._closed = False

    def to(self, address: Address) -> Pool:
        """Connections to another server, with the same TLS and proxy."""
        if address == self.address:
            return self
        with self._lock:
            if address not in self._others:
                context = self._context
                if context is None and address.scheme == "https":
                    context = tls.tls_context(self._settings)
                context = context if address.scheme == "https" else None
                self._others[address] = Pool(address, self._settings, context, self._proxy)
            return self._others[address]

    def take(self) -> Connection:
        """An open connection that nobody uses, or a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                found = self._idle.pop()
            if found.usable():
                return found
            found.close()
        return Connection(self.address, self._settings, self._context, self._proxy)

    def give(self, connection: Connection) -> None:
        """Back for others; its last answer must have been read."""
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed, idle, others = True, self._idle, list(self._others.values())
            self._idle = []
        for connection in idle:
            connection.close()
        for pool in others:
            pool.close()


def _lowest(sock: Any) -> socket.socket | None:
    """The socket itself; TLS inside of TLS is around one."""
    return getattr(sock, "socket", sock)


def unzipped(body: bytes | memoryview) -> bytes:
    """The content of a gzip body."""
    try:
        # The last four bytes say how long the content is; with room for it, it is not copied as it grows.
        size = int.from_bytes(body[-4:], "little")
        return gzip.decompress(body, GZIP_HEADER, min(size, GZIP_MOST * len(body)) + 64)
    except gzip.error as e:
        raise DriverError("08S01", 0, f"The server's answer says gzip and is damaged: {e}") from e


def _reason(e: Exception) -> str:
    if isinstance(e, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not accepted ({e.verify_message}); name its authority with SSLCAFile, or lower "
            "SSLVerification to ca or none"
        )
    if isinstance(e, ssl.SSLError):
        return f"no TLS with it ({e.reason or e}); it may speak without TLS (SSL=0), or want another version (SSLMinVersion)"
    if isinstance(e, TimeoutError):
        return "no answer in time"
    if isinstance(e, socket.gaierror):
        return f"the host name cannot be resolved: {e.strerror}"
    if isinstance(e, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    if isinstance(e, http.client.IncompleteRead):
        return f"the connection ended after {len(e.partial)} bytes of the answer"
    if isinstance(e, http.client.BadStatusLine):
        return "it does not answer with HTTP; with TLS there, set SSL=1"
    return (e.strerror if isinstance(e, OSError) else None) or str(e) or type(e).__name__
