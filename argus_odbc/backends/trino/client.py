"""Requests of the statement protocol: where the server is, retries with back-off, and HTTP errors as DriverErrors."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from argus_odbc import log
from argus_odbc.backends.trino.packing import Packing
from argus_odbc.backends.trino.protocol import SessionState, not_trino
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.errors import (
    BUSY,
    REDIRECTS,
    lost,
    page_text,
    redirected,
    retry_after,
    unreachable,
    ways_to_log_in,
)
from argus_odbc.web.http import Answer, Begun, Broken, Connection, Pool
from argus_odbc.web.login import Login, Wait

PATIENCE = 30.0
"""Seconds for which a request is repeated: a lost answer, a server that is busy."""

PERMISSION_DENIED = 4
"""Trino's code for it (StandardErrorCode)."""

FIRST_WAIT, LONGEST_WAIT = 0.05, 5.0


class Client:
    """The requests of one session."""

    def __init__(self, pool: Pool, login: Login, settings: Settings, state: SessionState) -> None:
        self.pool = pool
        self.login = login
        self.settings = settings
        self.state = state
        self.packing = Packing(settings.compression)
        self._unpackers: ThreadPoolExecutor | None = None

    @property
    def where(self) -> str:
        return self.pool.address.where

    def headers(self) -> dict[str, str]:
        """Headers of every request to the coordinator."""
        encoding = "gzip" if self.packing.gzip else "identity"
        return {
            **self.state.headers(),
            **self.login.headers(self.pool.address),
            "Accept-Encoding": encoding,
            "User-Agent": "argus-odbc",
        }

    def heard(self, answer: Answer) -> None:
        """Look at how long a body took."""
        self.packing.heard(answer.packed, len(answer.body), answer.reading, answer.waited)

    def unzip(self, answer: Answer) -> Future[Answer]:
        """Unpack a large answer in another thread. One: a second took more memory, and gained nothing on two processors."""
        if self._unpackers is None:
            self._unpackers = ThreadPoolExecutor(1, thread_name_prefix="argus-gzip")
        return self._unpackers.submit(answer.unzipped)

    def close(self) -> None:
        """Idempotent."""
        if self._unpackers is not None:
            self._unpackers.shutdown(wait=False, cancel_futures=True)
            self._unpackers = None

    def new_call(self, stopped: threading.Event | None = None) -> Call:
        return Call(self, stopped or threading.Event())

    # ---- small requests of the driver's own ----

    def get(self, path: str, timeout: float) -> Answer:
        """One GET without a retry but for another login; DriverError 08001 or HYT00 when there is no answer."""
        headers = self.headers()
        answer = self._get(path, headers, timeout)
        used = headers.get("Authorization", "")
        if answer.status == 401 and self.login.refresh(used, answer, self.pool, Wait()):
            answer = self._get(path, self.headers(), timeout)
        return answer

    def _get(self, path: str, headers: Mapping[str, str], timeout: float) -> Answer:
        connection = self.pool.take()
        try:
            connection.send("GET", path, headers, None, timeout)
            answer = connection.receive()
        except Broken as e:
            raise unreachable(e, self.where, timeout) from e
        self.pool.give(connection)
        return answer

    def check(self, timeout: float) -> str:
        """Who is there, and does it let us in? Returns the server's version."""
        answer = self.get("/v1/info", timeout)
        if answer.status != 200:
            raise http_error(answer, self.where, self.login, "08001")
        try:
            version = str(json.loads(answer.body)["nodeVersion"]["version"])
        except (ValueError, KeyError, TypeError) as e:
            found = not_trino(answer, self.where, "it has no /v1/info")
            raise DriverError("08001", 0, found.message) from e
        # A query that does not exist: 410 or 404 for those who may ask.
        answer = self.get("/v1/query/argus", timeout)
        if answer.status in (401, 403):
            raise http_error(answer, self.where, self.login, "08001")
        return version

    def touch(self, path: str) -> None:
        """Tell the server that a result is still wanted. HEAD: a heartbeat for Trino, for older ones the same page again."""
        connection = self.pool.take()
        try:
            connection.send("HEAD", path, self.headers(), None, 10)
            answer = connection.receive()
        except (Broken, DriverError) as e:
            # Whoever reads on will hear the reason.
            log.logger.info("a query could not be kept alive: %s", e)
            return
        self.pool.give(connection)
        if answer.status != 200:
            log.logger.info("keeping a query alive was answered with HTTP %d", answer.status)

    def delete(self, path: str) -> None:
        """End a query; silent when the server is gone or has ended it already."""
        connection = self.pool.take()
        try:
            connection.send("DELETE", path, self.headers(), None, 5)
            answer = connection.receive()
        except Broken as e:
            log.logger.warning("a query could not be ended: %s", e.reason)
            return
        self.pool.give(connection)
        if answer.status not in (200, 204, 404, 410):
            log.logger.warning("ending a query was answered with HTTP %d", answer.status)


class Call:
    """One request after another over one connection, each repeated while that is safe and useful."""

    def __init__(self, client: Client, stopped: threading.Event) -> None:
        self._client = client
        self._stopped = stopped
        self._wait = Wait(stopped)
        self._connection: Connection | None = None
        self._pending: Callable[[], None] | None = None
        self._failed: Broken | None = None
        self._authorization = ""
        self._safe = False

    def start(self, method: str, path: str, body: bytes | None = None, extra: Mapping[str, str] | None = None) -> None:
        """Send a request; `finish` has its answer. GET is repeated when its answer is lost, POST is not."""
        self._request(method, path, body, extra)
        self._again()

    def _request(self, method: str, path: str, body: bytes | None, extra: Mapping[str, str] | None) -> None:
        """What `_again` sends."""
        timeout = self._client.settings.socket_timeout
        self._safe = method == "GET"

        def send() -> None:
            headers = {**self._client.headers(), **(extra or {})}
            self._authorization = headers.get("Authorization", "")
            if self._connection is None:
                self._connection = self._client.pool.take()
            self._connection.send(method, path, headers, body, timeout)

        self._pending = send

    def repeated(self) -> tuple[int, float | None, bytes] | None:
        """For a thread that sends the next requests and reads their answers without Python: see Connection.repeated."""
        if self._failed is not None or self._connection is None or not self._client.login.repeats:
            return None
        return self._connection.repeated("GET")

    def go_on(self, path: str, begun: Begun, sent: bool) -> None:
        """That thread has asked for `path`, and received this much of the answer. `sent`: it could."""
        self._request("GET", path, None, None)
        if sent and self._connection is not None:
            self._connection.go_on(begun)
        else:
            self._drop()
            self._failed = Broken("the connection takes no request any more", sent=True)

    def finish(self) -> Answer:
        """The answer to `start`, status 200 or not; DriverError 08S01 or HYT01 when there is none. A large one may be zipped."""
        assert self._pending is not None
        limit = time.monotonic() + PATIENCE
        wait = FIRST_WAIT
        refreshed = False
        while True:
            try:
                if self._failed is not None:
                    failed, self._failed = self._failed, None
                    raise failed
                assert self._connection is not None
                answer = self._connection.receive(self._client.pool.spares, zipped=True)
                if answer.status == 401 and not refreshed and self._refresh(answer):
                    refreshed = True
                    self._again()
                    continue
                if answer.status not in BUSY or time.monotonic() > limit:
                    if not answer.zipped:
                        self._client.heard(answer)
                    return answer
                log.logger.info("%s is busy (HTTP %d)", self._client.where, answer.status)
                pause = min(retry_after(answer), limit - time.monotonic()) or wait
            except Broken as e:
                self._drop()
                if self._stopped.is_set():
                    raise DriverError("HY008", 0, "The statement was cancelled") from e
                if (e.sent and not self._safe) or e.timed_out or time.monotonic() > limit:
                    raise lost(e, self._client.where, self._client.settings.socket_timeout) from e
                log.logger.info("%s: %s; asking again", self._client.where, e.reason)
                pause = wait
            if self._stopped.wait(pause * (0.75 + random.random() / 2)):
                raise DriverError("HY008", 0, "The statement was cancelled")
            wait = min(2 * wait, LONGEST_WAIT)
            self._again()

    def readable(self, seconds: float = 0) -> bool:
        """Whether `finish` would find the beginning of an answer, or of its loss, after a wait of no more than `seconds`."""
        return self._failed is not None or (self._connection is not None and self._connection.readable(seconds))

    def _refresh(self, refused: Answer) -> bool:
        """Get another token, on other connections: a login may take minutes."""
        log.logger.info("%s wants another login", self._client.where)
        self.release(whole=True)
        return self._client.login.refresh(self._authorization, refused, self._client.pool, self._wait)

    def _again(self) -> None:
        """Send the same request once more; `finish` deals with it where that fails."""
        assert self._pending is not None
        self._failed = None
        try:
            self._pending()
        except Broken as e:
            self._drop()
            self._failed = e

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def abort(self) -> None:
        """End the request that another thread is in."""
        connection = self._connection
        if connection is not None:
            connection.abort()
        self._wait.abort()

    def release(self, whole: bool) -> None:
        """Give the connection back; `whole`: no answer is outstanding on it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if whole:
            self._client.pool.give(connection)
        else:
            connection.close()


def http_error(answer: Answer, where: str, login: Login, state: str = "08S01") -> DriverError:
    """The DriverError for an HTTP status that is not 200."""
    text = page_text(answer)
    said = f": {text}" if text else ""
    if answer.status == 401:
        hint = ways_to_log_in(answer) + "; correct UID and PWD, or AuthMech"
        if "Password not allowed" in text:
            hint = "; it takes passwords over HTTPS only: set SSL=1 and the HTTPS port"
        return DriverError(
            "28000", 401, f"{where} refused the login of user {login.user!r} by {login.mechanism}{said}{hint}"
        )
    if answer.status == 403:
        hint = "; set SSL=1 and the server's HTTPS port" if "Authentication over HTTP" in text else ""
        return DriverError("28000", 403, f"{where} refuses user {login.user!r}{said}{hint}")
    if answer.status in REDIRECTS:
        return redirected(answer, where, "08001" if state == "08001" else "08S01")
    if answer.status in (404, 410):
        return DriverError(
            state, answer.status, f"{where} does not know the query any more (HTTP {answer.status}){said}"
        )
    if answer.status == 400:
        return DriverError("HY000", 400, f"{where} refuses the request{said or ' without a reason'}")
    denied = re.match(r"(?:\w+\.)*AccessDeniedException: (.+)", text)
    if denied is not None:
        # What headers ask for is checked before there is a query that could fail: a role, above all.
        hint = "; correct Roles" if "set role" in denied[1] else ""
        return DriverError("42000", PERMISSION_DENIED, f"{denied[1]}{hint}")
    return DriverError(state, answer.status, f"{where} answers with HTTP {answer.status}{said}")
