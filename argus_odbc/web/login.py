"""How a connection proves who it is: what its requests carry, and what may be done when the server refuses them."""

from __future__ import annotations

import base64
import getpass
import shlex
import subprocess
import threading
from typing import TYPE_CHECKING

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings

if TYPE_CHECKING:
    from argus_odbc.web.http import Address, Answer, Connection, Pool

COMMAND_SECONDS = 60


class Wait:
    """How a login that takes long is given up, as when its statement is cancelled."""

    def __init__(self, stopped: threading.Event | None = None) -> None:
        self.stopped = stopped or threading.Event()
        self._connection: Connection | None = None

    def on(self, connection: Connection | None) -> None:
        """What the login waits for an answer on now."""
        self._connection = connection
        if self.stopped.is_set():
            self.abort()

    def abort(self) -> None:
        """End that request."""
        connection = self._connection
        if connection is not None:
            connection.abort()


class Login:
    """A login whose Authorization never changes, or none."""

    repeats = True
    """What a request carries, the next one may carry too, until the server refuses it."""

    def __init__(self, user: str, mechanism: str, authorization: str = "") -> None:
        """`user`: empty where the token, ticket or certificate tells it. `mechanism`: as messages call it."""
        self.user = user
        self.mechanism = mechanism
        self._authorization = authorization

    def headers(self, address: Address) -> dict[str, str]:
        """What a request carries."""
        return {"Authorization": self._authorization} if self._authorization else {}

    def refresh(self, used: str, refused: Answer, pool: Pool, wait: Wait) -> bool:
        """After a 401 for the Authorization `used`: get another one. False when there is no way to."""
        return False


class CommandLogin(Login):
    """A token that a program prints; asked again when the server does not take it any more."""

    def __init__(self, user: str, command: str) -> None:
        super().__init__(user, "JWT", bearer(_run(command)))
        self._command = command
        self._lock = threading.Lock()

    def refresh(self, used: str, refused: Answer, pool: Pool, wait: Wait) -> bool:
        with self._lock:
            if self._authorization == used:
                self._authorization = bearer(_run(self._command))
            return self._authorization != used


def bearer(token: str) -> str:
    """The Authorization for a token; DriverError HY000 for what can be none."""
    token = token.strip()
    if not token or not token.isascii() or any(c.isspace() for c in token):
        raise DriverError("HY000", 0, "The access token is empty, or has spaces or letters that no token has")
    return f"Bearer {token}"


def basic(user: str, password: str, charset: str) -> str:
    """The Authorization for a name and a password (RFC 7617, which leaves the character set open)."""
    pair = f"{user}:{password}"
    try:
        data = pair.encode(charset)
    except UnicodeEncodeError:
        data = pair.encode()
    return "Basic " + base64.b64encode(data).decode()


def refuse_plain(settings: Settings, encrypted: bool, what: str) -> None:
    """DriverError 28000 for a secret on a way where it can be read, unless that is wanted."""
    if not encrypted and not settings.allow_plain_password:
        raise DriverError(
            "28000",
            0,
            f"{what} is not sent over HTTP, where everybody on the way can read it: set SSL=1 (and the server's HTTPS "
            "port), or AllowPlainPassword=1 if the way is safe",
        )


def own_name() -> str:
    """Who runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "argus"


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
