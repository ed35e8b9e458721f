"""A small Trino coordinator with scripted answers and faults, in threads of the test's process.

Its pages are written by Python's json module. Every request is kept, so that tests can look at headers and order.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

QUERY = "20260101_000000_00001_fakes"
BIGINT = {"name": "n", "type": "bigint", "typeSignature": {"rawType": "bigint", "arguments": []}}
VARCHAR = {
    "name": "v",
    "type": "varchar",
    "typeSignature": {"rawType": "varchar", "arguments": [{"kind": "LONG", "value": 2**31 - 1}]},
}


@dataclass
class Reply:
    """One HTTP answer."""

    body: Any = b""
    """Bytes, or what json.dumps takes."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    """Close the connection after this many bytes of the body; -1: before anything."""

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Seen:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Quiet(ThreadingHTTPServer):
    """Says nothing when the driver hangs up, which tests make it do."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class FakeTrino:
    """`pages` are the answers after the first, in order; the last has no nextUri. `faults` come before everything."""

    def __init__(self, pages: Sequence[Mapping[str, Any]] = ()) -> None:
        self.pages: list[Mapping[str, Any]] = list(pages)
        self.faults: dict[str, list[Reply]] = {}
        """Path prefix to answers that are given first, one after the other."""
        self.answer_headers: dict[str, str] = {}
        self.seen: list[Seen] = []
        self.host = "127.0.0.1"
        self.check: Callable[[Seen], Reply | None] = lambda seen: None
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                seen = Seen(self.command, self.path, dict(self.headers), self.rfile.read(length))
                fake.send(self, fake.reply(seen))

            do_GET = do_POST = do_DELETE = do_HEAD = _serve

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        scheme = "https" if isinstance(self._server.socket, ssl.SSLSocket) else "http"
        return f"{scheme}://{self.host}:{self.port}"

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS from here on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def __enter__(self) -> FakeTrino:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def requests(self, method: str, prefix: str = "/") -> list[Seen]:
        with self._lock:
            return [s for s in self.seen if s.method == method and s.path.startswith(prefix)]

    def reply(self, seen: Seen) -> Reply:
        """The answer to a request."""
        with self._lock:
            self.seen.append(seen)
            for prefix, replies in self.faults.items():
                if replies and f"{seen.method} {seen.path}".startswith(prefix):
                    return replies.pop(0)
        checked = self.check(seen)
        if checked is not None:
            return checked
        if seen.path == "/v1/info":
            return Reply({"nodeVersion": {"version": "999"}, "coordinator": True, "starting": False})
        if seen.method == "DELETE":
            return Reply(status=204)
        if seen.method == "HEAD":
            return Reply(b"")
        if seen.path == "/v1/query/argus":
            return Reply(b"gone", 410)
        if seen.method == "POST" and seen.path == "/v1/statement":
            return Reply({"id": QUERY, "nextUri": f"{self.url}/v1/statement/executing/{QUERY}/s/0", "stats": {}})
        if "/executing/" in seen.path:
            return self._page(int(seen.path.partition("?")[0].rsplit("/", 1)[1]))
        return Reply(b"not here", 404)

    def _page(self, number: int) -> Reply:
        page = {"id": QUERY, "stats": {"state": "RUNNING"}, **self.pages[number]}
        if number + 1 < len(self.pages):
            page.setdefault("nextUri", f"{self.url}/v1/statement/executing/{QUERY}/s/{number + 1}")
        return Reply(page, headers=self.answer_headers)

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        """Write an answer as its fault wants it."""
        time.sleep(reply.delay)
        content = reply.content()
        if reply.cut is not None and reply.cut < 0:
            handler.close_connection = True
            return
        try:
            handler.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **reply.headers}
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            if reply.status != 204:
                handler.wfile.write(content if reply.cut is None else content[: reply.cut])
        except (BrokenPipeError, ConnectionResetError):
            # The driver has hung up, as after a cancel.
            handler.close_connection = True
        if reply.cut is not None:
            handler.close_connection = True
