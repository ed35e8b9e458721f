"""The scripted HiveServer2 over HTTP: what servers, gateways and captive portals answer, by the standard library's parser."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

from fakes.hs2 import FakeHS2, Result


@dataclass(frozen=True)
class Canned:
    """What comes in place of a call's answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    """Seconds before it comes."""
    hang: bool = False
    """Nothing comes until the fake ends."""
    cut: bool = False
    """The connection ends in the middle of the true answer."""
    close: bool = False
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    call: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    connection: int


class FakeHS2Http(FakeHS2):
    """`canned`: a call's name to what its first answers are; every later one is as the script of FakeHS2 says."""

    def __init__(
        self,
        results: dict[str, Result] | None = None,
        *,
        canned: Mapping[str, Sequence[Canned]] | None = None,
        path: str = "/cliservice",
        authorization: str = "",
        cookie: str = "",
        chunk: int = 0,
        idle: bool = True,
        **more: Any,
    ) -> None:
        """`authorization`: the only one that is taken, or the `cookie` that was set for it. `chunk`: bytes of a chunk; 0 =
        with a length. `idle`: connections are kept; else each ends after its answer."""
        self.canned = {call: list(answers) for call, answers in (canned or {}).items()}
        self.path, self.authorization, self.cookie, self.chunk, self.idle = path, authorization, cookie, chunk, idle
        self.requests: list[Request] = []
        self.over = threading.Event()
        super().__init__(results, sasl=False, **more)

    def __exit__(self, *given: object) -> None:
        self.over.set()
        super().__exit__(*given)

    def of(self, call: str) -> list[Request]:
        """The requests of one call."""
        return [request for request in self.requests if request.call == call]

    def _serve(self, connection: socket.socket) -> None:
        number = self.connections
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            if self._greet(connection):
                handler(self, number)(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]
        except (OSError, EOFError):
            self.ended += 1
        finally:
            connection.close()


def handler(fake: FakeHS2Http, number: int) -> type[BaseHTTPRequestHandler]:
    """The class that answers the requests of one connection."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            return

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reader = TBinaryProtocol(TMemoryBuffer(body))
            call, _, _ = TBinaryProtocol(TMemoryBuffer(body)).readMessageBegin()
            headers = {name.lower(): value for name, value in self.headers.items()}
            fake.requests.append(Request(call, self.path, headers, number))
            planned = fake.canned.get(call)
            canned = planned.pop(0) if planned else None
            if canned is not None:
                if canned.hang:
                    fake.over.wait(30)
                    raise EOFError
                if canned.close:
                    raise EOFError
                fake.over.wait(canned.wait)
                if not canned.cut and not (canned.wait and canned.status == 200):
                    self.answer(canned.status, canned.body, canned.headers)
                    return
            if self.path.split("?")[0] != fake.path:
                self.answer(
                    405, b"<html><head><title>Error 405 HTTP method POST is not supported</title></head></html>"
                )
                return
            if fake.authorization and not self.let_in(headers):
                self.answer(401, b"Authentication Error: no", {"WWW-Authenticate": "Basic"})
                return
            _, message, _ = fake.respond(reader)
            extra = {"Set-Cookie": f"{fake.cookie};Version=0;Max-Age=86400; Secure; HttpOnly"} if fake.cookie else {}
            extra["Content-Type"] = "application/x-thrift"
            if not fake.idle:
                extra["Connection"] = "close"
            self.answer(200, message, extra, cut=canned is not None and canned.cut)

        def let_in(self, headers: Mapping[str, str]) -> bool:
            if "cookie" in headers and fake.cookie:
                return fake.cookie in headers["cookie"].split("; ")
            return headers.get("authorization") == fake.authorization

        def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, cut: bool = False) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if fake.chunk and status == 200:
                self.send_header("Transfer-Encoding", "chunked")
                parts = [body[i : i + fake.chunk] for i in range(0, len(body), fake.chunk)]
                body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
            else:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if cut:
                self.wfile.write(body[: len(body) // 2])
                raise EOFError
            self.wfile.write(body)

    return Handler


def basic(user: str, password: str) -> str:
    """The Authorization of a name and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
