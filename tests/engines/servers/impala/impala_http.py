"""The HTTP port of the server that answers as Impala does (be/src/transport/THttpServer.cpp): any path, one message a POST.

A failed login is 401 with `Connection: close`; one that succeeds sets the cookie `impala.auth`, which then stands for it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import secrets
import threading
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

KEY = secrets.token_bytes(32)


def signed(user: str) -> str:
    """The cookie's value: a signature over who has logged in."""
    text = f"u={user}&t=0&r={secrets.randbits(31)}&a=basic"
    return base64.b64encode(hmac.digest(KEY, text.encode(), hashlib.sha256)).decode() + "&" + text


def user_of(cookie: str) -> str | None:
    """Who the cookie is for, when its signature is ours."""
    morsel = SimpleCookie(cookie).get("impala.auth")
    signature, _, text = (morsel.value if morsel else "").partition("&")
    good = base64.b64encode(hmac.digest(KEY, text.encode(), hashlib.sha256)).decode()
    return parse_qs(text)["u"][0] if hmac.compare_digest(signature, good) else None


def serve(impala: Any, host: str, port: int, connection: Any, check: Any) -> None:
    """Listen in a thread of its own. `connection(user, do_as, origin)`; `check(user, password)` where one logs in."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            return

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            user, cookie = "", ""
            if impala.args.auth != "nosasl":
                found = user_of(self.headers.get("Cookie", ""))
                if found is None:
                    found = self.basic()
                    cookie = signed(found) if found is not None else ""
                if found is None:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", "Basic")
                    self.send_header("Connection", "close")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                user = found
            do_as = parse_qs(urlsplit(self.path).query).get("doAs", [""])[0]
            answer = TMemoryBuffer()
            said = connection(user, do_as, self.headers.get("X-Forwarded-For", ""))
            impala.process(TBinaryProtocol(TMemoryBuffer(body)), TBinaryProtocol(answer), said)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-thrift")
            if cookie:
                self.send_header("Set-Cookie", f"impala.auth={cookie};HttpOnly;Max-Age=86400;Secure")
            self.send_header("Content-Length", str(len(answer.getvalue())))
            self.end_headers()
            self.wfile.write(answer.getvalue())

        def basic(self) -> str | None:
            kind, _, text = self.headers.get("Authorization", "").partition(" ")
            user, _, password = base64.b64decode(text).decode().partition(":")
            return user if kind == "Basic" and user and check(user, password) else None

    server = http.server.ThreadingHTTPServer((host, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
