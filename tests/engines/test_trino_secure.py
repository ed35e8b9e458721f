"""Logins over TLS, and spooled results, at a real Trino."""

from __future__ import annotations

import json
import os
import ssl
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from argus_odbc import log
from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino import Trino
from argus_odbc.backends.trino.oauth2 import Memory
from argus_odbc.backends.trino.operation import TrinoOperation
from argus_odbc.client import Connection
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.trino_secure import USERS, SecureServer, secure_server
from fakes.proxies import FakeProxy
from fakes.trino_pages import FakeTrino
from fetched import execute
from registration import driver_file

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def server() -> Iterator[SecureServer]:
    with secure_server() as running:
        yield running


@pytest.fixture
def connected(server: SecureServer) -> Iterator[Callable[..., Trino]]:
    opened: list[Trino] = []

    def connect(**more: Any) -> Trino:
        keywords: dict[str, Any] = {
            "host": "localhost", "port": server.port, "ssl": True, "ssl_ca_file": str(server.keys / "ca.pem"), **more,
        }  # fmt: skip
        opened.append(Trino.connect(Settings(**keywords)))
        return opened[-1]

    yield connect
    for session in opened:
        session.disconnect()


def user(session: Trino) -> str:
    return str(session.query("SELECT current_user")[0][0])


def refusal(connect: Callable[..., Trino], **more: Any) -> DriverError:
    with pytest.raises(DriverError) as caught:
        connect(**more)
    return caught.value


# ---- logins ----


def test_password(connected: Callable[..., Trino]) -> None:
    assert user(connected(uid="alice", pwd=USERS["alice"])) == "alice"
    error = refusal(connected, uid="alice", pwd="wrong")
    assert (error.sqlstate, "Invalid credentials" in error.message, "'alice' by PLAIN" in error.message) == (
        "28000",
        True,
        True,
    )
    error = refusal(connected, uid="alice")
    assert error.sqlstate == "28000"
    assert "it takes: Basic, Bearer, Negotiate" in error.message


def test_password_of_a_connection_string(server: SecureServer) -> None:
    """A password with everything that a connection string has to guard, through the driver file."""
    guarded = USERS["alice"].replace("}", "}}")
    text = (
        f"Backend=trino;Host=localhost;Port={server.port};SSL=1;SSLCAFile={server.keys / 'ca.pem'};UID=alice;PWD={{{guarded}}}"
    )  # fmt: skip
    connection = Connection(text, driver_file())
    connection.execute("SELECT current_user")
    assert list(connection.rows(1)) == [["alice"]]
    connection.close()


def test_password_is_refused_over_http(server: SecureServer, connected: Callable[..., Trino]) -> None:
    error = refusal(connected, ssl=False, port=server.plain_port, uid="alice", pwd=USERS["alice"])
    assert "AllowPlainPassword=1" in error.message
    error = refusal(
        connected, ssl=False, port=server.plain_port, uid="alice", pwd=USERS["alice"], allow_plain_password=True
    )
    assert (error.sqlstate, "set SSL=1" in error.message) == ("28000", True)


def test_token(server: SecureServer, connected: Callable[..., Trino]) -> None:
    assert user(connected(access_token=server.token("carol"))) == "carol"
    assert user(connected(uid="carol", access_token=server.token("carol"))) == "carol"
    error = refusal(connected, access_token=server.token("carol", -3600))
    assert (error.sqlstate, "JWT expired" in error.message) == ("28000", True)
    assert server.token("carol")[-20:] not in refusal(connected, access_token=server.token("carol")[:-30]).message


def test_token_of_a_command(server: SecureServer, connected: Callable[..., Trino]) -> None:
    file = server.keys / "token"
    file.write_text(server.token("dave"))
    command = f"{sys.executable} -c 'print(open(\"{file}\").read())'"
    session = connected(own={"accesstokencommand": command})
    assert user(session) == "dave"
    assert refusal(connected, own={"accesstokencommand": "false"}).sqlstate == "28000"


def test_client_certificate(server: SecureServer, connected: Callable[..., Trino]) -> None:
    cert = {"ssl_client_cert": str(server.keys / "client.crt"), "ssl_client_key": str(server.keys / "client.key")}
    assert user(connected(**cert)) == "alice"


def test_impersonation(connected: Callable[..., Trino]) -> None:
    assert user(connected(uid="admin", pwd=USERS["admin"], delegation_uid="bob")) == "bob"
    session = connected(uid="alice", pwd=USERS["alice"], delegation_uid="bob")
    with pytest.raises(DriverError) as caught:
        user(session)
    assert (caught.value.sqlstate, "cannot impersonate" in caught.value.message) == ("42000", True)


def test_session_authorization(connected: Callable[..., Trino]) -> None:
    session = connected(uid="admin", pwd=USERS["admin"])
    session.query("SET SESSION AUTHORIZATION bob")
    assert user(session) == "bob"
    session.query("RESET SESSION AUTHORIZATION")
    assert user(session) == "admin"


def test_missing_permission_hides_nothing_else(connected: Callable[..., Trino]) -> None:
    session = connected(uid="alice", pwd=USERS["alice"])
    with pytest.raises(DriverError) as caught:
        session.query("SELECT * FROM tpch.tiny.customer")
    assert (caught.value.sqlstate, caught.value.native) == ("42000", 4)
    assert "nation" in {row[2] for row in session.get_tables("tpch", "tiny", None, None)}


# ---- Kerberos ----


@pytest.fixture
def kerberos(
    server: SecureServer, connected: Callable[..., Trino], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Trino]:
    """`connected` with tickets of the test's own realm; `cache` and so on are the keywords Krb*."""
    monkeypatch.setenv("KRB5_CONFIG", str(server.kdc.config))
    monkeypatch.delenv("KRB5CCNAME", raising=False)

    def connect(service: str = "trino", host: str = "localhost", realm: str = "", **own: str) -> Trino:
        own = {f"krb{name}": value for name, value in own.items()}
        return connected(
            host=host, auth_mech="KERBEROS", krb_service_name=service, krb_realm=realm,
            krb_host_fqdn="" if host == "localhost" else "localhost", ssl_verification="ca", own=own,
        )  # fmt: skip

    return connect


def test_kerberos_with_a_keytab(server: SecureServer, kerberos: Callable[..., Trino]) -> None:
    keytab = str(server.kdc.keytab("kerry"))
    session = kerberos(keytab=keytab)
    assert [user(session), user(session)] == ["kerry", "kerry"]
    assert session.query("SELECT count(*) FROM tpch.tiny.orders") == [(15000,)]
    assert user(kerberos(keytab=keytab, principal="kerry@ARGUS.TEST")) == "kerry"
    connection = Connection(
        f"Backend=trino;Host=localhost;Port={server.port};SSL=1;SSLCAFile={server.keys / 'ca.pem'};AuthMech=KERBEROS;"
        f"KrbServiceName=trino;KrbKeytab={keytab}", driver_file(),
    )  # fmt: skip
    connection.execute("SELECT current_user")
    assert list(connection.rows(1)) == [["kerry"]]
    connection.close()


def test_kerberos_with_a_cache(server: SecureServer, kerberos: Callable[..., Trino], tmp_path: Path) -> None:
    server.kdc.ticket("alice", tmp_path / "tickets")
    assert user(kerberos(cache=f"FILE:{tmp_path / 'tickets'}")) == "alice"
    os.environ["KRB5CCNAME"] = f"FILE:{tmp_path / 'tickets'}"
    try:
        assert user(kerberos()) == "alice"
    finally:
        del os.environ["KRB5CCNAME"]


@pytest.mark.parametrize("canonicalize", ["0", "1", "auto"])
def test_kerberos_names_of_the_server(server: SecureServer, kerberos: Callable[..., Trino], canonicalize: str) -> None:
    keytab = str(server.kdc.keytab("kerry"))
    assert user(kerberos(keytab=keytab, canonicalize=canonicalize)) == "kerry"
    assert user(kerberos(keytab=keytab, canonicalize=canonicalize, host="127.0.0.1")) == "kerry", "KrbHostFQDN"
    assert user(kerberos(keytab=keytab, canonicalize=canonicalize, realm="ARGUS.TEST")) == "kerry"


def test_kerberos_that_cannot_be(server: SecureServer, kerberos: Callable[..., Trino], tmp_path: Path) -> None:
    keytab = str(server.kdc.keytab("kerry"))
    for service, own, said in (
        ("trino", {}, "run kinit"),
        ("trino", {"cache": f"FILE:{tmp_path / 'none'}"}, "run kinit"),
        ("trino", {"keytab": str(tmp_path / "none")}, "cannot be read"),
        ("trino", {"keytab": keytab, "principal": "alice"}, "correct KrbKeytab"),
        ("HTTP", {"keytab": keytab}, "Server HTTP/localhost@ARGUS.TEST not found in Kerberos database; correct KrbServiceName"),
    ):  # fmt: skip
        error = refusal(kerberos, service=service, **own)
        assert (error.sqlstate, said in error.message) == ("28000", True), error.message


def test_kerberos_without_its_library(kerberos: Callable[..., Trino], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gssapi", None)
    error = refusal(kerberos)
    assert (error.sqlstate, "pip install 'argus-odbc[kerberos]'" in error.message) == ("HY000", True)


# ---- OAuth 2 ----


@pytest.fixture
def browser(server: SecureServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that a browser was opened at; it follows redirects and keeps cookies, as browsers do."""
    opened: list[str] = []
    visits: list[threading.Thread] = []
    tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(server.keys / "ca.pem")))

    def visit(url: str) -> None:
        with urllib.request.build_opener(tls, urllib.request.HTTPCookieProcessor()).open(url, timeout=20) as page:
            page.read()

    def open_browser(url: str) -> bool:
        opened.append(url)
        visits.append(threading.Thread(target=visit, args=(url,)))
        visits[-1].start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_browser)
    monkeypatch.setattr(Memory, "tokens", {})
    yield opened
    for thread in visits:
        thread.join()


def test_oauth_logs_in_once_for_a_process(
    server: SecureServer, connected: Callable[..., Trino], browser: list[str]
) -> None:
    server.openid.seconds = 3600
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(user(connected(auth_mech="OAUTH2")))) for _ in range(3)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["olga"] * 3
    assert len(browser) == 1
    assert browser[0].startswith(f"https://localhost:{server.port}/oauth2/token/initiate/")
    assert user(connected(auth_mech="OAUTH2", own={"tokencache": "none"})) == "olga"
    assert len(browser) == 2


def test_oauth_token_that_expires(server: SecureServer, connected: Callable[..., Trino], browser: list[str]) -> None:
    server.openid.seconds = 5
    session = connected(auth_mech="OAUTH2")
    assert user(session) == "olga"
    server.openid.seconds = 3600
    before = len(browser)
    time.sleep(5.5)
    assert user(session) == "olga"
    assert len(browser) == before + 1, "somebody has logged in once more"


def test_oauth_that_is_refused(server: SecureServer, connected: Callable[..., Trino], browser: list[str]) -> None:
    server.openid.refuse = True
    try:
        error = refusal(connected, auth_mech="OAUTH2")
    finally:
        server.openid.refuse = False
    assert (error.sqlstate, "The login at localhost" in error.message) == ("28000", True), error.message


def test_oauth_that_is_printed(
    server: SecureServer, connected: Callable[..., Trino], browser: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    error = refusal(connected, auth_mech="OAUTH2", own={"oauth2login": "print", "oauth2timeout": 1})
    assert (error.sqlstate, "within 1 seconds (OAuth2Timeout)" in error.message, browser) == ("HYT00", True, [])
    assert (
        f"log in to Trino at localhost:{server.port}: https://localhost:{server.port}/oauth2/" in capfd.readouterr().err
    )


# ---- TLS ----


def test_certificates(server: SecureServer, connected: Callable[..., Trino]) -> None:
    login = {"uid": "alice", "pwd": USERS["alice"]}
    error = refusal(connected, ssl_ca_file="", **login)
    assert (error.sqlstate, "SSLCAFile" in error.message) == ("08001", True)
    error = refusal(connected, host="127.0.0.1", **login)
    assert (error.sqlstate, "127.0.0.1" in error.message, "not valid for" in error.message) == ("08001", True, True)
    assert user(connected(host="127.0.0.1", ssl_verification="ca", **login)) == "alice"
    assert user(connected(host="127.0.0.1", ssl_verification="none", ssl_ca_file="", **login)) == "alice"
    assert user(connected(ssl_min_version="1.3", **login)) == "alice"
    error = refusal(connected, port=server.plain_port, **login)
    assert (error.sqlstate, "SSL=0" in error.message) == ("08001", True)


def test_the_store_of_the_system(
    server: SecureServer, connected: Callable[..., Trino], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What OpenSSL takes for that: SSL_CERT_FILE names it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.keys / "ca.pem"))
    assert user(connected(ssl_ca_file="", uid="alice", pwd=USERS["alice"])) == "alice"


def test_a_folder_of_certificates(server: SecureServer, connected: Callable[..., Trino], tmp_path: Path) -> None:
    login = {"uid": "alice", "pwd": USERS["alice"]}
    assert refusal(connected, ssl_ca_file=str(tmp_path), **login).sqlstate == "08001"
    (tmp_path / "ours.pem").write_bytes((server.keys / "ca.pem").read_bytes())
    assert user(connected(ssl_ca_file=str(tmp_path), **login)) == "alice"


def test_lowered_verification_is_logged(
    connected: Callable[..., Trino], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log.logger, "propagate", True)
    with caplog.at_level("WARNING", "argus_odbc"):
        for verification in ("full", "ca", "none"):
            connected(ssl_verification=verification, uid="alice", pwd=USERS["alice"])
    found = [record.message for record in caplog.records if "SSLVerification" in record.message]
    assert [text.split(":")[0] for text in found] == ["SSLVerification=ca", "SSLVerification=none"]
    assert "others can listen in" in found[1]


def test_a_server_that_has_old_versions_of_tls_only(server: SecureServer, connected: Callable[..., Trino]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(server.keys / "server.pem")
    with FakeTrino([]) as fake:
        fake.wrap(context)
        assert connected(port=fake.port, uid="ann", allow_plain_password=True).server_version().endswith(" 999")
        error = refusal(connected, port=fake.port, uid="ann", ssl_min_version="1.3")
    assert (error.sqlstate, "SSLMinVersion" in error.message) == ("08001", True), error.message


@pytest.mark.parametrize("kind", ["http", "socks5"])
def test_tls_through_a_proxy(server: SecureServer, connected: Callable[..., Trino], kind: str) -> None:
    with FakeProxy(kind, "ann:pw") as way:
        assert user(connected(uid="alice", pwd=USERS["alice"], own={"proxy": way.url})) == "alice"
        assert set(way.seen) == {f"CONNECT localhost:{server.port}"}


# ---- spooling ----

LINES = "SELECT orderkey, partkey, extendedprice, shipdate, comment FROM tpch.tiny.lineitem"
COUNTS = "SELECT count(*), sum(orderkey), sum(partkey), sum(length(comment)) FROM tpch.tiny.lineitem"

STORED = {
    "spooling_inlining_enabled": "false", "spooling_initial_segment_size": "1MB", "spooling_max_segment_size": "1MB",
}  # fmt: skip
"""With these every segment goes to the store; without them the server sends this result inline."""


def totals(operation: TrinoOperation) -> tuple[int, int, int, int]:
    """Count and sums of LINES, by Python's json module."""
    count = keys = parts = characters = 0
    while (part := operation.fetch_results()) is not None:
        rows = json.loads(bytes(part.payload[part.start : part.end]))
        count += len(rows)
        keys += sum(row[0] for row in rows)
        parts += sum(row[1] for row in rows)
        characters += sum(len(row[4]) for row in rows)
    operation.close()
    return count, keys, parts, characters


@pytest.mark.parametrize("spooling", ["auto", "json+zstd", "json+lz4", "json", "off"])
def test_spooled_rows_are_the_same(server: SecureServer, connected: Callable[..., Trino], spooling: str) -> None:
    stored = connected(uid="alice", pwd=USERS["alice"], own={"spooling": spooling}, session_properties=STORED)
    session = connected(uid="alice", pwd=USERS["alice"], own={"spooling": spooling})
    operation = execute(stored, LINES)
    fetched: list[int] = []
    original = operation._segments._attempt
    operation._segments._attempt = lambda *a: fetched.append(1) or original(*a)  # type: ignore[method-assign,func-returns-value]
    assert totals(operation) == session.query(COUNTS)[0]
    assert bool(fetched) == (spooling != "off"), "segments came out of the store"
    assert totals(execute(session, LINES)) == session.query(COUNTS)[0]
    assert session.query("SHOW CATALOGS")[0][0]
    assert session.query("SELECT 1 WHERE false") == []


def test_spooled_segments_are_acknowledged(server: SecureServer, connected: Callable[..., Trino]) -> None:
    session = connected(uid="alice", pwd=USERS["alice"], session_properties=STORED)
    totals(execute(session, LINES))
    assert b"<Key>" not in server.store.listed(), "nothing is left in the store"


def test_a_result_that_is_closed_early_leaves_the_session_usable(connected: Callable[..., Trino]) -> None:
    session = connected(uid="alice", pwd=USERS["alice"])
    operation = session.execute(LINES, (), ExecuteOptions(), lambda cancel: None)
    assert operation.fetch_results() is not None
    operation.close()
    assert session.query("SELECT 1") == [(1,)]


# ---- results that are read slowly: the server's query.client.timeout is 4 seconds ----


def test_a_result_that_is_not_read_for_long(connected: Callable[..., Trino]) -> None:
    lines = "SELECT orderkey, partkey, extendedprice, shipdate, comment FROM tpch.sf1.lineitem LIMIT 200000"
    login = {"uid": "alice", "pwd": USERS["alice"]}
    kept = execute(connected(own={"keepalive": 1, "spooling": "off"}, **login), lines)
    lost = execute(connected(own={"keepalive": 0, "spooling": "off"}, **login), lines)
    time.sleep(8)
    assert totals(kept)[0] == 200000
    with pytest.raises(DriverError) as caught:
        totals(lost)
    assert (caught.value.sqlstate, "query.client.timeout" in caught.value.message) == ("08S01", True), (
        caught.value.message
    )
    assert lost.query_id in caught.value.message
    lost.close()


def test_proxy_variables_do_not_matter(connected: Callable[..., Trino], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
    assert user(connected(uid="alice", pwd=USERS["alice"])) == "alice"
