"""A small OpenID provider: its authorization endpoint lets everybody in at once as `user`; tokens are JWTs (RFC 7519)."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fakes.trino_pages import Quiet

CLIENT, SECRET = "trino-client", "trino-secret"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(key: Path, claims: Mapping[str, Any], **header: str) -> str:
    """A token signed by openssl with RS256."""
    parts = [{"alg": "RS256", "typ": "JWT", **header}, claims]
    text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(key)], input=text.encode(), capture_output=True, check=True
    )
    return f"{text}.{base64url(done.stdout)}"


class OpenId:
    """`key` is a PEM file of an RSA key."""

    def __init__(self, key: Path, user: str = "olga") -> None:
        self.user = user
        self.seconds = 3600
        """How long the next access tokens are good for."""
        self.refuse = False
        self.logins = 0
        self.renewals = 0
        self._key = key
        self._codes: dict[str, str] = {}
        modulus = subprocess.run(
            ["openssl", "rsa", "-in", str(key), "-noout", "-modulus"], capture_output=True, text=True, check=True
        ).stdout.strip()
        n = bytes.fromhex(modulus.partition("=")[2])
        self.keys = {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": base64url(n), "e": "AQAB"}]}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Nothing on standard error."""

            def _answer(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/keys":
                    self._answer(200, provider.keys)
                elif parts.path == "/authorize":
                    self._answer(302, {}, {"Location": provider.authorize(_single(parts.query))})
                else:
                    self._answer(404, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                found = provider.tokens(_single(body))
                self._answer(400 if "error" in found else 200, found)

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> OpenId:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Where the browser goes on to (OpenID Connect Core, 3.1.2)."""
        if self.refuse:
            answer = {"error": "access_denied", "error_description": "nobody may", "state": asked["state"]}
            return f"{asked['redirect_uri']}?{urlencode(answer)}"
        self.logins += 1
        code = secrets.token_hex(8)
        self._codes[code] = asked.get("nonce", "")
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def tokens(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint: a code or a refresh token for new ones."""
        now = int(time.time())
        claims = {"iss": self.url, "sub": self.user, "aud": CLIENT, "iat": now, "exp": now + self.seconds}
        identity = dict(claims)
        if asked.get("grant_type") == "refresh_token":
            self.renewals += 1
        elif asked.get("code") in self._codes:
            nonce = self._codes.pop(asked["code"])
            identity |= {"nonce": nonce} if nonce else {}
        else:
            return {"error": "invalid_grant"}
        return {
            "access_token": jwt(self._key, {**claims, "jti": secrets.token_hex(4)}, kid="1"), "token_type": "Bearer",
            "id_token": jwt(self._key, identity, kid="1"), "expires_in": self.seconds,
            "refresh_token": secrets.token_hex(16),
        }  # fmt: skip


def _single(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
