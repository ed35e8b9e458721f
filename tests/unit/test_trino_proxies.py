"""Connections to Trino through proxies of every kind, each a small one of the test's own."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from argus_odbc.backends.trino import Trino
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.trino_secure import make_keys
from fakes.proxies import FakeProxy
from fakes.trino_pages import BIGINT, FakeTrino

ROWS = [{"columns": [BIGINT]}, {"columns": [BIGINT], "data": [[1], [2]]}, {}]


@pytest.fixture
def fake() -> Iterator[FakeTrino]:
    with FakeTrino(ROWS) as server:
        # Through a proxy the coordinator is known by this name.
        server.host = "localhost"
        yield server


@contextmanager
def connected(fake: FakeTrino, proxy: str, **more: Any) -> Iterator[Trino]:
    session = Trino.connect(
        Settings(host="localhost", port=fake.port, uid="ann", login_timeout=5, own={"proxy": proxy}, **more)
    )
    try:
        yield session
    finally:
        session.disconnect()


def refusal(fake: FakeTrino, proxy: str, **more: Any) -> DriverError:
    with pytest.raises(DriverError) as caught, connected(fake, proxy, **more):
        pass
    return caught.value


@pytest.mark.parametrize("login", ["", "ann:s3cret"])
@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_proxies(fake: FakeTrino, kind: str, login: str) -> None:
    with FakeProxy(kind, login) as way, connected(fake, way.url) as session:
        assert session.query("select n") == [(1,), (2,)]
        asked = list(way.seen)
    if kind == "http":
        # Requests without TLS are passed on, so that the proxy sees each.
        assert asked[:3] == ["GET /v1/info", "GET /v1/query/argus", "POST /v1/statement"]
        assert all("Proxy-Authorization" not in seen.headers for seen in fake.seen)
    else:
        assert set(asked) == {f"CONNECT localhost:{fake.port}"}, "the proxy resolves the name"


def test_socks4(fake: FakeTrino) -> None:
    with FakeProxy("socks4") as way, connected(fake, way.url) as session:
        assert session.query("select n") == [(1,), (2,)]
        assert set(way.seen) == {f"CONNECT localhost:{fake.port}"}


@pytest.mark.parametrize(("kind", "said"), [("http", "HTTP 407"), ("socks5", "the SOCKS proxy 127.0.0.1:")])
def test_a_proxy_that_refuses(fake: FakeTrino, kind: str, said: str) -> None:
    with FakeProxy(kind, "ann:s3cret") as way:
        error = refusal(fake, way.url.replace("s3cret", "wr0ng"))
    assert (error.sqlstate, said in error.message, "wr0ng" in error.message) == ("08001", True, False), error.message
    assert fake.seen == []


@pytest.mark.parametrize("kind", ["http", "socks5", "socks4"])
def test_a_proxy_that_is_not_there(fake: FakeTrino, kind: str) -> None:
    assert refusal(fake, f"{kind}://127.0.0.1:1").sqlstate == "08001"


def test_values_that_are_no_proxy(fake: FakeTrino, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("proxy", "ftp://proxy:1", "http://proxy:99999"):
        assert "takes http://host:port" in refusal(fake, text).message, text
    monkeypatch.setitem(sys.modules, "python_socks", None)  # type: ignore[arg-type]
    error = refusal(fake, "socks5://127.0.0.1:1080")
    assert (error.sqlstate, "pip install 'argus-odbc[socks]'" in error.message) == ("HY000", True)
    monkeypatch.setitem(sys.modules, "urllib3.util.ssltransport", None)  # type: ignore[arg-type]
    error = refusal(fake, "https://127.0.0.1:1080")
    assert (error.sqlstate, "pip install 'argus-odbc[tlsproxy]'" in error.message) == ("HY000", True)


# ---- a proxy that wants TLS itself ----


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates for localhost."""
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder)
    return folder


def speaking_tls(keys: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "server.pem")
    return context


@pytest.mark.parametrize("inner", [False, True], ids=["plain", "TLS inside of TLS"])
def test_a_proxy_in_tls(fake: FakeTrino, keys: Path, inner: bool) -> None:
    if inner:
        fake.wrap(speaking_tls(keys))
    trusted = {"ssl": inner, "ssl_ca_file": str(keys / "ca.pem")}
    with (
        FakeProxy("https", "ann:s3cret", speaking_tls(keys)) as way,
        connected(fake, way.url, **trusted) as session,
    ):
        # A megabyte does not come in one record of TLS.
        fake.pages = [{"columns": [BIGINT]}, {"columns": [BIGINT], "data": [[n] for n in range(150_000)]}, {}]
        assert session.query("select n") == [(n,) for n in range(150_000)]
        assert session.query("select n")[-1] == (149_999,), "over the connection that is open"
        asked = list(way.seen)
        refused = refusal(fake, way.url.replace("s3cret", "wr0ng"), **trusted)
    assert set(asked) == {f"CONNECT localhost:{fake.port}"} if inner else asked[0] == "GET /v1/info"
    assert all("Proxy-Authorization" not in seen.headers for seen in fake.seen)
    assert (refused.sqlstate, "407" in refused.message) == ("08001", True), refused.message


def test_a_proxy_whose_certificate_is_not_trusted(fake: FakeTrino, keys: Path) -> None:
    with FakeProxy("https", context=speaking_tls(keys)) as way:
        error = refusal(fake, way.url)
        assert (error.sqlstate, f"no TLS with the proxy localhost:{way.port}" in error.message) == ("08001", True)
        assert "SSLCAFile" in error.message
    with FakeProxy("http") as plain:
        error = refusal(fake, plain.url.replace("http:", "https:"), ssl_ca_file=str(keys / "ca.pem"))
    assert (error.sqlstate, "http:// is for a proxy without TLS" in error.message) == ("08001", True), error.message
