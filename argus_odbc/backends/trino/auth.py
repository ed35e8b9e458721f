"""How a connection proves who it is: the Authorization header of its requests, and what is refused before any is sent."""

from __future__ import annotations

import base64
import getpass
import shlex
import subprocess
import threading

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings

COMMAND_SECONDS = 60


class Login:
    """Who logs in, and how."""

    def __init__(self, user: str, mechanism: str, authorization: str = "", command: str = "") -> None:
        """`user`: empty where the token or certificate tells it. `mechanism`: as messages call it. `command` prints a token."""
        self.user = user
        self.mechanism = mechanism
        self._authorization = authorization
        self._command = command
        self._lock = threading.Lock()
        if command:
            self._authorization = _bearer(_run(command))

    def headers(self) -> dict[str, str]:
        return {"Authorization": self._authorization} if self._authorization else {}

    def refresh(self, used: str) -> bool:
        """After a 401 for the Authorization `used`: get another one. False when there is no way to."""
        if not self._command:
            return False
        with self._lock:
            if self._authorization == used:
                self._authorization = _bearer(_run(self._command))
            return self._authorization != used


def login(settings: Settings, encrypted: bool, command: str = "") -> Login:
    """What UID, PWD, AccessToken, its command and AuthMech ask for. DriverError HY000 or HYC00 for what cannot be."""
    mechanism = settings.auth_mech
    if mechanism == "AUTO":
        mechanism = "JWT" if settings.access_token or command else "PLAIN" if settings.pwd else "USER"
    if mechanism == "NOSASL":
        mechanism = "USER"
    if mechanism == "KERBEROS":
        raise DriverError(
            "HYC00", 0, "AuthMech=KERBEROS is not built yet for Trino; AuthMech may be USER, PLAIN or JWT"
        )
    if mechanism == "JWT":
        if not settings.access_token and not command:
            raise DriverError("HY000", 0, "AuthMech=JWT needs an AccessToken or an AccessTokenCommand")
        _refuse_plain(settings, encrypted, "An access token")
        if settings.access_token:
            return Login(settings.uid, mechanism, _bearer(settings.access_token))
        return Login(settings.uid, mechanism, command=command)
    if mechanism == "PLAIN":
        if not settings.uid:
            raise DriverError("28000", 0, "A password needs a user: set UID")
        if ":" in settings.uid:
            raise DriverError("28000", 0, "A user name with a colon cannot log in with a password (RFC 7617)")
        _refuse_plain(settings, encrypted, "A password")
        return Login(settings.uid, mechanism, _basic(settings.uid, settings.pwd))
    if settings.ssl_client_cert:
        return Login(settings.uid, "certificate")
    return Login(settings.uid or _own_name(), "USER")


def _basic(user: str, password: str) -> str:
    pair = f"{user}:{password}"
    try:
        # What Trino reads; RFC 7617 leaves it open.
        data = pair.encode("latin-1")
    except UnicodeEncodeError:
        data = pair.encode()
    return "Basic " + base64.b64encode(data).decode()


def _bearer(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or any(c.isspace() for c in token):
        raise DriverError("HY000", 0, "The access token is empty, or has spaces or letters that no token has")
    return f"Bearer {token}"


def _run(command: str) -> str:
    """What AccessTokenCommand prints. Neither output is shown: both may hold a token."""
    try:
        words = shlex.split(command)
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=COMMAND_SECONDS
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired) as e:
        raise DriverError("28000", 0, f"AccessTokenCommand cannot be run: {type(e).__name__}") from e
    if done.returncode != 0:
        raise DriverError("28000", done.returncode, f"AccessTokenCommand ended with exit code {done.returncode}")
    return done.stdout


def _refuse_plain(settings: Settings, encrypted: bool, what: str) -> None:
    if not encrypted and not settings.allow_plain_password:
        raise DriverError(
            "28000",
            0,
            f"{what} is not sent over HTTP, where everybody on the way can read it: set SSL=1 (and the server's HTTPS "
            "port), or AllowPlainPassword=1 if the way is safe",
        )


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "argus"
