"""Trino's own login through a browser (OAuth 2 external authentication), one for a process, its token kept or renewed.

A 401 names an address for the browser (x_redirect_server) and one where the token will be (x_token_server); without the
first the server renews the token by itself.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from argus_odbc import log
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.http import Address, Answer, Broken, Pool
from argus_odbc.web.keywords import own
from argus_odbc.web.login import Login, Wait, bearer

SECONDS = 120
"""How long somebody may take to log in, unless OAuth2Timeout says otherwise."""

KEYRING = "argus-odbc"
"""The keyring's name for what this driver keeps there."""

POLL_SECONDS = 30
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0


class OAuth2Login(Login):
    """The login of a person, or of whoever the provider takes the browser for."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.uid, "OAUTH2")
        self._settings = settings
        self._seconds = own(settings, "OAuth2Timeout", SECONDS)
        self._cache = cache(own(settings, "TokenCache") or "memory")
        self._token = ""

    def _place(self, address: Address) -> str:
        return f"{self.user}@{address.url}"

    def headers(self, address: Address) -> dict[str, str]:
        self._token = self._token or self._cache.get(self._place(address))
        return {"Authorization": bearer(self._token)} if self._token else {}

    def refresh(self, used: str, refused: Answer, pool: Pool, wait: Wait) -> bool:
        """Log in, or wait for the connection that does so already."""
        asked = challenge(refused)
        if "token" not in asked:
            return False
        place = self._place(pool.address)
        limit = time.monotonic() + self._seconds
        with _waiting(place, limit, self._seconds, wait.stopped):
            known = self._cache.get(place) or self._token
            if known and bearer(known) != used:
                self._token = known
                return True
            self._cache.forget(place)
            self._token = ""
            if "redirect" in asked:
                self._show(asked["redirect"], pool.address)
            else:
                log.logger.info("%s renews the access token", pool.address.where)
            self._token = self._wait_for_token(asked["token"], pool, limit, wait)
            self._cache.keep(place, self._token)
        return True

    def _show(self, url: str, address: Address) -> None:
        """Open the browser, or print the address where none can be opened or printing is asked for."""
        if urlsplit(url).scheme not in ("http", "https") or not url.isprintable():
            raise DriverError("28000", 0, f"{address.where} sends the browser to an address that is not of the web")
        host = urlsplit(url).hostname
        if own(self._settings, "OAuth2Login") != "print":
            log.logger.info("logging in to %s: opening a browser at %s", address.where, host)
            try:
                if webbrowser.open(url):
                    return
            except webbrowser.Error as e:
                log.logger.warning("no browser can be opened: %s", e)
        log.logger.info("logging in to %s: the address at %s is printed", address.where, host)
        if sys.stderr is None:
            raise DriverError(
                "28000", 0, "There is no browser to log in with, and no standard error to print the address to"
            )
        print(f"Open this address to log in to Trino at {address.where}: {url}", file=sys.stderr, flush=True)

    def _wait_for_token(self, uri: str, pool: Pool, limit: float, waiting: Wait) -> str:
        """Ask the token server until it has the token, says no, or the time is over."""
        where = pool.address.where
        wait, stopped = FIRST_WAIT, waiting.stopped
        while time.monotonic() < limit and not stopped.is_set():
            target, path = self._target(uri, pool)
            try:
                answer = one_request(
                    "GET", target, path, min(POLL_SECONDS, max(1.0, limit - time.monotonic())), waiting
                )
            except Broken as e:
                log.logger.info("the token server at %s: %s; asking again", target.address.where, e.reason)
                stopped.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            if answer.status == 429 or answer.status >= 500:
                stopped.wait(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            found = _content(answer, target.address)
            if isinstance(found.get("error"), str):
                raise DriverError("28000", 0, f"The login at {where} has failed: {found['error'][:300]}")
            if isinstance(found.get("token"), str):
                token = found["token"]
                bearer(token)
                self._done_with(target, path)
                return token
            if not isinstance(found.get("nextUri"), str):
                raise DriverError(
                    "28000", 0, f"The token server at {target.address.where} answers neither with a token nor an error"
                )
            if found["nextUri"] == uri:
                # The server waits by itself; one that does not is not asked in a circle.
                stopped.wait(FIRST_WAIT)
            uri = found["nextUri"]
        if stopped.is_set():
            raise DriverError("HY008", 0, f"The login at {where} was given up because the statement was cancelled")
        raise DriverError(
            "HYT00", 0, f"Nobody has logged in at {where} within {self._seconds:g} seconds (OAuth2Timeout)"
        )

    def _target(self, uri: str, pool: Pool) -> tuple[Pool, str]:
        """The connections to the token server, and the path there."""
        address = Address.of(uri)
        if address is None:
            raise DriverError("28000", 0, f"{pool.address.where} names a token server whose address is none")
        if address.scheme == "http" and not self._settings.allow_plain_password:
            raise DriverError(
                "28000", 0, f"{pool.address.where} names a token server without TLS ({address.where}): let the server know its "
                "outer address (http-server.process-forwarded), or set AllowPlainPassword=1 if the way is safe",
            )  # fmt: skip
        return pool.to(address), address.path_of(uri) or "/"

    @staticmethod
    def _done_with(target: Pool, path: str) -> None:
        """Tell the token server that it may forget the token."""
        try:
            one_request("DELETE", target, path, 5, Wait())
        except Broken as e:
            log.logger.info("the token server was not told that the token has come: %s", e.reason)


def challenge(answer: Answer) -> dict[str, str]:
    """`redirect` and `token` out of the lines WWW-Authenticate."""
    found: dict[str, str] = {}
    for line in answer.headers.get("www-authenticate", []):
        for name, value in re.findall(r'x_(redirect|token)_server="([^"]*)"', line):
            found.setdefault(name, value)
    return found


def one_request(method: str, pool: Pool, path: str, timeout: float, wait: Wait) -> Answer:
    """One request without any login."""
    connection = pool.take()
    try:
        connection.send(method, path, {"Accept": "application/json", "User-Agent": "argus-odbc"}, None, timeout)
        wait.on(connection)
        answer = connection.receive()
    finally:
        wait.on(None)
    pool.give(connection)
    return answer


def _content(answer: Answer, address: Address) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if answer.status != 200 or not isinstance(found, dict):
        raise DriverError(
            "28000",
            answer.status,
            f"The token server at {address.where} answers with HTTP {answer.status} and no token",
        )
    return found


# ---- one login at a time ----

_guard = threading.Lock()
_locks: dict[str, threading.Lock] = {}


class _waiting:
    """Holds the lock of one place, or gives up when time is over or the statement is cancelled."""

    def __init__(self, place: str, limit: float, seconds: float, stopped: threading.Event) -> None:
        with _guard:
            self._lock = _locks.setdefault(place, threading.Lock())
        self._limit, self._seconds, self._stopped = limit, seconds, stopped

    def __enter__(self) -> None:
        while not self._lock.acquire(timeout=0.2):
            if self._stopped.is_set():
                raise DriverError("HY008", 0, "The statement was cancelled while it waited for a login")
            if time.monotonic() > self._limit:
                raise DriverError(
                    "HYT00",
                    0,
                    f"Another connection's login has not ended within {self._seconds:g} seconds (OAuth2Timeout)",
                )

    def __exit__(self, *_: object) -> None:
        self._lock.release()


# ---- where tokens are kept ----


class Memory:
    """Tokens of this process."""

    tokens: ClassVar[dict[str, str]] = {}

    def get(self, place: str) -> str:
        return self.tokens.get(place, "")

    def keep(self, place: str, token: str) -> None:
        self.tokens[place] = token

    def forget(self, place: str) -> None:
        self.tokens.pop(place, None)


class Keyring:
    """Tokens that outlive the process, in the keyring of the desktop or of the system."""

    def __init__(self) -> None:
        try:
            import keyring
            import keyring.errors
        except ImportError as e:
            raise DriverError(
                "HY000", 0, "TokenCache=keyring needs the Python package keyring: pip install 'argus-odbc[keyring]'"
            ) from e
        self._keyring: Any = keyring

    def _ask(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except self._keyring.errors.PasswordDeleteError:
            return None
        except self._keyring.errors.KeyringError as e:
            raise DriverError("HY000", 0, f"The keyring cannot be used ({e}); set TokenCache=memory") from e

    def get(self, place: str) -> str:
        return self._ask(lambda: self._keyring.get_password(KEYRING, place)) or ""

    def keep(self, place: str, token: str) -> None:
        self._ask(lambda: self._keyring.set_password(KEYRING, place, token))

    def forget(self, place: str) -> None:
        self._ask(lambda: self._keyring.delete_password(KEYRING, place))


class Nowhere:
    """Each connection logs in for itself, and holds its token."""

    def get(self, _: str) -> str:
        return ""

    def keep(self, _: str, token: str) -> None:
        """The connection holds it."""

    def forget(self, _: str) -> None:
        """The connection drops it."""


def cache(name: str) -> Memory | Keyring | Nowhere:
    """What TokenCache names."""
    return {"memory": Memory, "keyring": Keyring, "none": Nowhere}[name]()
