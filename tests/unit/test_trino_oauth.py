"""Logins through a browser at a coordinator that is a fake: what a token server may answer, and where tokens are kept."""

from __future__ import annotations

import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino import Trino
from argus_odbc.backends.trino.oauth2 import Memory
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from fakes.trino_pages import BIGINT, FakeTrino, Reply, Seen

PAGES = [{"columns": [BIGINT]}, {"columns": [BIGINT], "data": [[1]]}, {"columns": [BIGINT], "data": [[2]]}, {}]


class Coordinator(FakeTrino):
    """Takes `good` tokens; its token server gives `good`'s newest."""

    def __init__(self) -> None:
        super().__init__(PAGES)
        self.good = ["token-1"]
        self.redirect = True
        self.tokens: list[Reply] = []
        """Answers of the token server before it gives the token."""
        self.check = self._look

    def challenge(self) -> Reply:
        first = f'x_redirect_server="{self.url}/oauth2/initiate/1?state=secret", ' * self.redirect
        return Reply(
            b"Unauthorized", 401, {"WWW-Authenticate": f'Bearer {first}x_token_server="{self.url}/oauth2/token/1"'}
        )

    def _look(self, seen: Seen) -> Reply | None:
        if seen.path.startswith("/oauth2/token/"):
            assert "Authorization" not in seen.headers
            if seen.method == "DELETE":
                return Reply(status=204)
            return self.tokens.pop(0) if self.tokens else Reply({"token": self.good[-1]})
        if seen.path != "/v1/info" and seen.headers.get("Authorization") not in [f"Bearer {t}" for t in self.good]:
            return self.challenge()
        return None


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Coordinator]:
    monkeypatch.setattr(Memory, "tokens", {})
    with Coordinator() as server:
        yield server
    while OPENED:
        OPENED.pop().disconnect()


@pytest.fixture(autouse=True)
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that the browser was opened at."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: opened.append(url) or True)  # type: ignore[func-returns-value]
    return opened


OPENED: list[Trino] = []


def connected(fake: Coordinator, plain: bool = True, **own: Any) -> Trino:
    settings = Settings(
        host="127.0.0.1", port=fake.port, uid="ann", auth_mech="OAUTH2", allow_plain_password=plain, login_timeout=5,
        own={"oauth2timeout": 5, **own},
    )  # fmt: skip
    OPENED.append(Trino.connect(settings))
    return OPENED[-1]


def failure(action: Callable[[], object]) -> DriverError:
    with pytest.raises(DriverError) as caught:
        action()
    return caught.value


def test_a_login(fake: Coordinator, browser: list[str]) -> None:
    # As a server does that is asked too early, is restarted behind its proxy, or is lost for a moment.
    fake.tokens = [
        Reply({"nextUri": f"{fake.url}/oauth2/token/2"}), Reply({"nextUri": f"{fake.url}/oauth2/token/2"}),
        Reply(b"<html>", 502), Reply(cut=-1), Reply(b"", 429),
    ]  # fmt: skip
    assert connected(fake).query("select") == [(1,), (2,)]
    assert browser == [f"{fake.url}/oauth2/initiate/1?state=secret"]
    paths = [seen.path for seen in fake.requests("GET", "/oauth2/token")]
    assert paths == ["/oauth2/token/1", *["/oauth2/token/2"] * 5]
    assert [seen.path for seen in fake.requests("DELETE", "/oauth2")] == ["/oauth2/token/2"], (
        "the token may be forgotten"
    )
    connected(fake)
    assert len(browser) == 1, "one login for the process"


def test_a_token_is_renewed_in_the_middle_of_a_result(fake: Coordinator, browser: list[str]) -> None:
    session = connected(fake)
    operation = session.execute("select", (), ExecuteOptions(), lambda cancel: None)
    fake.redirect = False
    fake.good = ["token-2"]
    fake.faults["GET /v1/statement"] = [fake.challenge()]
    rows = 0
    while (part := operation.fetch_results()) is not None:
        rows += len(bytes(part.payload[part.start : part.end]).split(b"], ["))
    operation.close()
    assert (rows, len(browser)) == (2, 1)
    assert session.query("select") == [(1,), (2,)]
    assert fake.requests("POST")[-1].headers["Authorization"] == "Bearer token-2"


def test_connections_wait_for_one_login(fake: Coordinator, browser: list[str]) -> None:
    fake.tokens = [Reply({"nextUri": f"{fake.url}/oauth2/token/2"}, delay=0.7)]
    threads = [threading.Thread(target=connected, args=(fake,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(browser), len(OPENED)) == (1, 4)


@pytest.mark.parametrize(
    ("reply", "state", "said"),
    [
        (Reply({"error": "Trino said no"}), "28000", "Trino said no"),
        (Reply({"what": 1}), "28000", "neither with a token nor an error"),
        (Reply(b"<html>"), "28000", "answers with HTTP 200 and no token"),
        (Reply(b"", 404), "28000", "answers with HTTP 404 and no token"),
        (Reply({"token": "a\r\nb"}), "HY000", "that no token has"),
        (Reply({"nextUri": "http://[::1"}), "28000", "whose address is none"),
    ],
)
def test_token_servers_that_fail(fake: Coordinator, reply: Reply, state: str, said: str) -> None:
    fake.tokens = [reply]
    error = failure(lambda: connected(fake))
    assert (error.sqlstate, said in error.message) == (state, True), error.message


def test_nobody_logs_in(fake: Coordinator) -> None:
    fake.tokens = [Reply({"nextUri": f"{fake.url}/oauth2/token/1"})] * 100
    started = time.monotonic()
    error = failure(lambda: connected(fake, oauth2timeout=1))
    assert (error.sqlstate, "OAuth2Timeout" in error.message) == ("HYT00", True)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("delay", [0, 4])
def test_a_cancel_ends_the_wait(fake: Coordinator, delay: float) -> None:
    """Also while the token server itself keeps the request waiting."""
    session = connected(fake)
    fake.good = ["token-2"]
    fake.tokens = [Reply({"nextUri": f"{fake.url}/oauth2/token/1"}, delay=delay)] * 100
    cancels: list[Callable[[], None]] = []
    timer = threading.Timer(0.3, lambda: cancels[0]())
    timer.start()
    started = time.monotonic()
    error = failure(lambda: session.execute("select", (), ExecuteOptions(), cancels.append))
    timer.join()
    assert (error.sqlstate, time.monotonic() - started < 1.8) == ("HY008", True), error.message


def test_without_tls(fake: Coordinator, browser: list[str]) -> None:
    error = failure(lambda: connected(fake, plain=False))
    assert (error.sqlstate, "set SSL=1" in error.message, fake.seen) == ("28000", True, [])
    fake.redirect = False
    fake.faults["GET /v1/query"] = [
        Reply(b"", 401, {"WWW-Authenticate": 'Bearer x_redirect_server="file:///etc/passwd", x_token_server="x"'})
    ]
    assert "not of the web" in failure(lambda: connected(fake)).message
    assert browser == []


def test_a_server_without_oauth(fake: Coordinator, browser: list[str]) -> None:
    fake.faults["GET /v1/query"] = [Reply(b"Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="Trino"'})]
    error = failure(lambda: connected(fake))
    assert (error.sqlstate, "it takes: Basic" in error.message, browser) == ("28000", True, [])


def test_printing(
    fake: Coordinator, browser: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(fake, oauth2login="print")
    assert (f"{fake.url}/oauth2/initiate/1?state=secret" in capsys.readouterr().err, browser) == (True, [])
    monkeypatch.setattr(webbrowser, "open", lambda url: False)
    monkeypatch.setattr(Memory, "tokens", {})
    connected(fake)
    assert f"{fake.url}/oauth2/initiate/1" in capsys.readouterr().err, "no browser can be opened"
    monkeypatch.setattr(Memory, "tokens", {})
    monkeypatch.setattr(sys, "stderr", None)
    assert "no browser" in failure(lambda: connected(fake)).message


def test_the_keyring(fake: Coordinator, browser: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the library keyring and a backend of the test's own, since a test machine has no desktop."""
    keyring = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend
    from keyring.backends.fail import Keyring as Missing
    from keyring.errors import PasswordDeleteError

    class Held(KeyringBackend):
        priority = 1
        kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            if (service, username) not in self.kept:
                raise PasswordDeleteError("not there")
            del self.kept[service, username]

    before = keyring.get_keyring()
    try:
        keyring.set_keyring(Held())
        connected(fake, tokencache="keyring")
        assert Held.kept == {("argus-odbc", f"ann@http://127.0.0.1:{fake.port}"): "token-1"}
        connected(fake, tokencache="keyring")
        assert (len(browser), Memory.tokens) == (1, {})
        fake.good = ["token-2"]
        connected(fake, tokencache="keyring")
        assert (len(browser), list(Held.kept.values())) == (2, ["token-2"])
        keyring.set_keyring(Missing())
        error = failure(lambda: connected(fake, tokencache="keyring"))
        assert (error.sqlstate, "set TokenCache=memory" in error.message) == ("HY000", True)
    finally:
        keyring.set_keyring(before)
    monkeypatch.setitem(sys.modules, "keyring", None)  # type: ignore[arg-type]
    error = failure(lambda: connected(fake, tokencache="keyring"))
    assert (error.sqlstate, "pip install 'argus-odbc[keyring]'" in error.message) == ("HY000", True)
