"""HiveServer2 over HTTP: one POST for each Thrift message, on connections that are kept.

The session is the server's own and known on every connection, so a connection that an idle server or a gateway has closed
is opened anew without a word. What may be sent again after a lost or refused answer is said by the caller.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from argus_odbc import log, tls
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.auth import proof
from argus_odbc.web.cookies import Cookies
from argus_odbc.web.errors import (
    BUSY,
    REDIRECTS,
    lost,
    page_text,
    redirected,
    retry_after,
    unreachable,
    ways_to_log_in,
)  # fmt: skip
from argus_odbc.web.http import Address, Answer, Broken, Pool
from argus_odbc.web.keywords import custom_headers, own
from argus_odbc.web.login import Login, Wait, basic
from argus_odbc.web.proxies import proxy

PATIENCE = 30.0
"""Seconds for which a request is repeated that a busy server or gateway has put off."""

FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0

DUMMY_PASSWORD = "x"
"""Servers without a password check still refuse a login without one."""

OWN_COOKIES = ("hive.server2.auth", "impala.auth", "hadoop.auth")
"""Cookies that stand for a login: with one of them, no ticket is needed."""

COOKIE_REFUSED = "IllegalArgumentException: Invalid"
"""What Hive's and Spark's CookieSigner throws for a signature that is not its own, before the call is read."""

SAID_BY = ("x-thriftserver-error-message", "x-databricks-error-or-redirect-message")
"""Headers in which servers explain an HTTP status."""

NOT_HTTP = "it may be the port of its binary transport (set Transport=binary, or the port of HTTP), or want TLS (SSL=1)"


@dataclass
class Site:
    """How to reach and enter a server over HTTP; what the connections of one session share."""

    address: Address
    path: str
    login: Login
    settings: Settings
    fixed: Mapping[str, str]
    """Headers of every request."""
    pool: Pool
    """Where connections come from."""
    cookies: Cookies
    answered: bool = False
    """A server of the right kind has answered, so that what fails later is no wrong address."""
    outlived: ClassVar[bool] = True
    """Sessions live on when their connection is closed, and are known on any other."""

    @classmethod
    def of(cls, settings: Settings, host: str, port: int, path: str, nameless: bool) -> Site:
        """What the settings ask for. `nameless`: the server wants no Authorization where there is nothing to prove."""
        address = Address("https" if settings.ssl else "http", host, port)
        context = tls.tls_context(settings) if settings.ssl else None
        fixed = {
            "Content-Type": "application/x-thrift",
            # Without the second, Jetty keeps to itself what went wrong.
            "Accept": "application/x-thrift, */*;q=0.1",
            "Accept-Encoding": "identity",
            "User-Agent": "argus-odbc",
            # What Hive's filter against forged requests looks for.
            "X-XSRF-HEADER": "true",
            **custom_headers(settings),
        }
        pool = Pool(address, settings, context, proxy(own(settings, "Proxy"), settings))
        found = login(settings, nameless)
        return cls(address, full_path(settings.http_path or path), found, settings, fixed, pool, Cookies())

    @property
    def where(self) -> str:
        return self.address.where

    @property
    def user(self) -> str:
        return self.login.user

    def open(self, timeout: float) -> HttpTransport:
        """A connection, which the first message opens."""
        return HttpTransport(self)

    def headers(self) -> dict[str, str]:
        """Headers of the next request."""
        cookie = self.cookies.header()
        proven = self.login.mechanism == "KERBEROS" and self.cookies.has(OWN_COOKIES)
        return {
            **self.fixed,
            **({} if proven else self.login.headers(self.address)),
            **({"Cookie": cookie} if cookie else {}),
        }

    def renew(self, sent: Mapping[str, str], refused: Answer) -> bool:
        """After a 401: whether the same request may be sent once more, by another cookie or login."""
        if "Cookie" in sent:
            # Expired, or of another server behind the same name.
            self.cookies.forget()
            return True
        return self.login.refresh(sent.get("Authorization", ""), refused, self.pool, Wait())


def login(settings: Settings, nameless: bool) -> Login:
    """What UID, PWD, AccessToken and AuthMech ask for. DriverError HY000, HYC00 or 28000 for what cannot be."""
    if settings.auth_mech == "OAUTH2":
        raise DriverError("HYC00", 0, "AuthMech=OAUTH2 is Trino's; use AuthMech=JWT with an AccessToken")
    found = proof(settings, settings.ssl, "utf-8")
    if found is not None:
        return found
    if settings.ssl_client_cert and not settings.uid:
        return Login("", "certificate")
    if settings.auth_mech == "NOSASL" or (nameless and settings.auth_mech == "AUTO"):
        return Login(settings.uid, "NOSASL")
    user = settings.uid or "anonymous"
    return Login(user, "USER", basic(user, DUMMY_PASSWORD, "utf-8"))


def full_path(text: str) -> str:
    """The keyword HTTPPath as it stands in a request: with or without the slash before it, with a query where there is one."""
    if not re.fullmatch(r"[!-~]+", text) or "://" in text or "#" in text:
        raise DriverError(
            "HY000",
            0,
            f'The keyword HTTPPath cannot be "{text}": give the path alone, such as cliservice or gateway/default/hive',
        )
    return "/" + text.lstrip("/")


class HttpTransport:
    """One connection that carries Thrift messages. Its methods raise DriverError."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._connection = site.pool.take()
        self._aborted = threading.Event()
        self.line: Any = None
        """The core speaks no HTTP."""
        self.turn: Any = threading.Lock()

    # ---- messages ----

    def call(self, message: bytes, timeout: float, again: bool = False) -> memoryview:
        """Post one message and receive its answer, within `timeout` seconds for each part of it (0 = no limit).

        `again`: the server may get the message twice. The memory behind the answer is used again for a later one, once
        no view of it is left.
        """
        limit = time.monotonic() + PATIENCE
        wait, renewed = FIRST_WAIT, 0
        while True:
            headers = self._site.headers()
            try:
                answer = self._post(message, headers, timeout)
            except Broken as e:
                if self._aborted.is_set():
                    raise self._stopped() from e
                if again and e.sent and not e.timed_out and self._site.answered:
                    # Once: a kept connection that was closed while the request travelled.
                    again = False
                    continue
                raise self._broken(e, timeout) from e
            self._site.cookies.heard(answer.headers.get("set-cookie", ()))
            if answer.status == 200:
                self._check(answer)
                self._site.answered = True
                return memoryview(answer.body)
            if self._unknown_login(answer) and renewed < 2 and self._site.renew(headers, answer):
                renewed += 1
                continue
            if answer.status not in BUSY or not again or time.monotonic() > limit:
                raise self._refused(answer)
            pause = min(retry_after(answer) or wait * (0.75 + random.random() / 2), limit - time.monotonic())
            log.logger.info("%s is busy (HTTP %d)", self._site.where, answer.status)
            if self._aborted.wait(max(pause, 0)):
                raise self._stopped()
            wait = min(2 * wait, LONGEST_WAIT)

    @staticmethod
    def _unknown_login(answer: Answer) -> bool:
        """Whether the request was turned away at the door. Spark says so of another server's cookie by HTTP 500."""
        return answer.status == 401 or (answer.status == 500 and COOKIE_REFUSED in page_text(answer))

    def _post(self, message: bytes, headers: Mapping[str, str], timeout: float) -> Answer:
        if not self._connection.usable():
            self._connection.close()
        self._connection.send("POST", self._site.path, headers, message, timeout)
        if self._aborted.is_set():
            # abort() found no socket, since this request opened it.
            self._connection.close()
            raise Broken("it was given up", sent=True)
        return self._connection.receive(self._site.pool.spares)

    def drop_memory(self) -> None:
        """No large answers are to be expected."""
        self._site.pool.spares.clear()

    def limit_answers(self, seconds: float) -> None:
        """Each call says how long it waits."""

    # ---- errors ----

    @staticmethod
    def _stopped() -> DriverError:
        return DriverError("HY008", 0, "The statement was cancelled")

    def _broken(self, e: Broken, timeout: float) -> DriverError:
        where = self._site.where
        if self._site.answered:
            return lost(e, where, timeout)
        if not e.sent:
            return unreachable(e, where, self._site.settings.login_timeout)
        if e.timed_out:
            return DriverError("HYT00", 0, f"{where} did not answer within {timeout:g} seconds; {NOT_HTTP}")
        return DriverError("08001", 0, f"{where} does not take this connection: {e.reason}; {NOT_HTTP}")

    def _check(self, answer: Answer) -> None:
        """DriverError for an answer that is no Thrift message: a page of a proxy or of a login."""
        if answer.body[:2] == b"\x80\x01":
            return
        shown = page_text(answer)
        kind = answer.header("content-type") or "no type"
        raise DriverError(
            self._state(),
            200,
            f"{self._site.where} answers {self._site.path} with no Thrift message but with {shown or 'nothing'} ({kind}); "
            "correct Host, Port and HTTPPath, or ask what stands between here and the server",
        )

    def _state(self) -> str:
        return "08S01" if self._site.answered else "08001"

    def _refused(self, answer: Answer) -> DriverError:
        """The error for an HTTP status that is not 200."""
        site, status = self._site, answer.status
        text = next((answer.header(name) for name in SAID_BY if answer.header(name)), "") or page_text(answer)
        said = f": {text}" if text else ""
        if status == 401:
            by = f"of user {site.user!r} by {site.login.mechanism}"
            todo = "correct UID and PWD, or AuthMech"
            if site.login.mechanism == "NOSASL":
                by, todo = "without a name", "set AuthMech=USER with UID, or AuthMech=PLAIN with UID and PWD"
            hint = f"{ways_to_log_in(answer)}; {todo}"
            return DriverError("28000", 401, f"{site.where} refused the login {by}{said}{hint}")
        if status == 403:
            return DriverError("28000", 403, f"{site.where} refuses user {site.user!r} at {site.path}{said}")
        if status in REDIRECTS:
            return redirected(answer, site.where, self._state())
        if status in (404, 405, 410):
            return DriverError(
                self._state(),
                status,
                f"{site.where} has no HiveServer2 at {site.path} (HTTP {status}){said}; correct HTTPPath",
            )
        if status == 413:
            return DriverError("HY000", 413, f"The statement is longer than {site.where} takes (HTTP 413){said}")
        if status in BUSY:
            return DriverError(
                self._state(),
                status,
                f"{site.where} is busy, or what stands behind it is not there (HTTP {status}){said}",
            )
        return DriverError(self._state(), status, f"{site.where} answers {site.path} with HTTP {status}{said}")

    # ---- the connection itself ----

    def is_alive(self) -> bool:
        """A connection that was closed is opened anew when it is needed."""
        return True

    def abort(self) -> None:
        """End a call that another thread is in; no other may follow."""
        self._aborted.set()
        self._connection.abort()

    def close(self) -> None:
        """Idempotent."""
        self._connection.close()
