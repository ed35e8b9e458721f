"""HiveServer2 over HTTP against the scripted server: requests, logins, cookies, gateways, and calls that hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from argus_odbc.backends.base import Backend
from argus_odbc.backends.hive import Hive
from argus_odbc.backends.impala import Impala
from argus_odbc.backends.spark import Spark
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from fakes.hs2 import FakeHS2, Result
from fakes.hs2_http import Canned, FakeHS2Http, basic
from fakes.proxies import FakeProxy
from fetched import execute, query

RESULTS = {
    "two pages": Result([("n", 3, "i32Val", {})], [[[1, None, 3]], [[4]]]),
    "slow": Result([("n", 3, "i32Val", {})], [[[1]]], busy=30),
}


OPENED: list[Backend] = []


def connect(port: int, cls: type[Backend] = Hive, **more: Any) -> Backend:
    given = {"host": "127.0.0.1", "port": port, "transport": "http", "uid": "ann", "login_timeout": 5, **more}
    OPENED.append(cls.connect(Settings(**given)))
    return OPENED[-1]


@pytest.fixture(autouse=True)
def disconnected() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().disconnect()


def refusal(port: int, **more: Any) -> DriverError:
    with pytest.raises(DriverError) as caught:
        connect(port, **more)
    return caught.value


def failure(call: Any, *arguments: Any) -> DriverError:
    with pytest.raises(DriverError) as caught:
        call(*arguments)
    return caught.value


@pytest.fixture
def fake() -> Iterator[FakeHS2Http]:
    with FakeHS2Http(RESULTS) as server:
        yield server


# ---- requests ----


def test_one_request_for_each_call_on_one_connection(fake: FakeHS2Http) -> None:
    session = connect(fake.port)
    assert query(session, "two pages") == [(1,), (None,), (3,), (4,)]
    session.disconnect()
    assert [r.call for r in fake.requests] == fake.calls
    assert {r.connection for r in fake.requests} == {1}
    first = fake.requests[0]
    assert (first.path, first.headers["content-type"]) == ("/cliservice", "application/x-thrift")
    assert first.headers["authorization"] == basic("ann", "x"), "Hive wants a login where it checks none"
    assert first.headers["user-agent"].startswith("argus-odbc")
    # HIVE-13853: with hive.server2.xsrf.filter.enabled a request without it is refused.
    assert first.headers["x-xsrf-header"] == "true"
    assert fake.opened[0].username == "ann"


@pytest.mark.parametrize("chunk", [1, 7, 4096, 65536, 100_000])
def test_answers_in_chunks(chunk: int) -> None:
    text = "ä" * 150_000
    with FakeHS2Http({"long": Result([("s", 7, "stringVal", {})], [[[text]], [["b", None]]])}, chunk=chunk) as server:
        assert query(connect(server.port), "long") == [(text,), ("b",), (None,)]


@pytest.mark.parametrize(
    ("given", "path"), [("sql/1", "/sql/1"), ("/gateway/default/hive?doAs=bob", "/gateway/default/hive")]
)
def test_paths_of_gateways(given: str, path: str) -> None:
    with FakeHS2Http(path=path) as server:
        assert query(connect(server.port, http_path=given), "select 1") == [(1,)]
        assert server.requests[0].path == "/" + given.lstrip("/")


@pytest.mark.parametrize("given", ["https://host/path", "with space", "a\nb", "a#b"])
def test_a_path_that_is_none(fake: FakeHS2Http, given: str) -> None:
    error = refusal(fake.port, http_path=given)
    assert (error.sqlstate, "HTTPPath" in error.message) == ("HY000", True)


def test_own_headers_and_proxies(fake: FakeHS2Http) -> None:
    with FakeProxy("http", "ann:s3cret") as way:
        session = connect(fake.port, own={"httpheaders": "X-Tenant=blue;X-Trace=a,b", "proxy": way.url})
        assert query(session, "select 1") == [(1,)]
        assert way.seen[0] == "POST /cliservice"
    assert fake.requests[0].headers["x-tenant"] == "blue"
    assert fake.requests[0].headers["x-trace"] == "a,b"
    assert all("proxy-authorization" not in r.headers for r in fake.requests)


def test_a_connection_that_ends_with_each_answer() -> None:
    with FakeHS2Http(RESULTS, idle=False) as server:
        assert query(connect(server.port), "two pages") == [(1,), (None,), (3,), (4,)]
        assert [r.connection for r in server.requests] == list(range(1, len(server.requests) + 1))


def test_a_connection_that_the_server_closes_while_it_is_idle(fake: FakeHS2Http) -> None:
    session = connect(fake.port)
    operation = execute(session, "two pages")
    for pages in (1, 2):
        fake.drop()
        time.sleep(0.05)
        assert operation.fetch_results() is not None
        assert fake.connections == pages + 1
    assert session.is_alive()


def test_ports_and_paths_that_are_left_out() -> None:
    settings = Settings(host="h", transport="http")
    assert [c.usual_port(settings) for c in (Hive, Spark, Impala)] == [10001, 10001, 28000]
    assert [c.usual_port(Settings(host="h")) for c in (Hive, Spark, Impala)] == [10000, 10000, 21050]


# ---- logins ----


@pytest.mark.parametrize(
    "more", [{"pwd": "secret"}, {"access_token": "a.b.c"}, {"auth_mech": "JWT", "access_token": "t"}]
)
def test_secrets_are_not_sent_over_plain_http(fake: FakeHS2Http, more: dict[str, str]) -> None:
    error = refusal(fake.port, **more)
    assert error.sqlstate == "28000"
    assert "AllowPlainPassword" in error.message
    assert fake.requests == []


def test_password_in_utf_8() -> None:
    with FakeHS2Http(authorization=basic("ann", "pässwörd")) as server:
        session = connect(server.port, pwd="pässwörd", allow_plain_password=True)
        assert query(session, "select 1") == [(1,)]
        error = refusal(server.port, pwd="wrong", allow_plain_password=True)
    assert (error.sqlstate, error.native) == ("28000", 401)
    assert "'ann'" in error.message
    assert "Basic" in error.message, "what the server takes"
    assert "wrong" not in error.message


def test_a_token() -> None:
    with FakeHS2Http(authorization="Bearer a.b.c") as server:
        assert query(connect(server.port, access_token="a.b.c", allow_plain_password=True), "select 1") == [(1,)]


def test_the_server_tells_whom_a_token_is_for() -> None:
    who = Result([("u", 7, "stringVal", {})], [[["carol"]]])
    for backend, function in ((Hive, "logged_in_user()"), (Spark, "current_user()"), (Impala, "effective_user()")):
        with FakeHS2Http({f"SELECT {function}": who}, authorization="Bearer t") as server:
            given = {"access_token": "t", "allow_plain_password": True}
            assert connect(server.port, backend, uid="", **given).current_user() == "carol"
            assert connect(server.port, backend, uid="ann", **given).current_user() == "ann"


def test_a_token_of_a_command_is_renewed(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("one")
    with FakeHS2Http(authorization="Bearer one") as server:
        session = connect(server.port, allow_plain_password=True, own={"accesstokencommand": f"cat {token}"})
        token.write_text("two")
        server.authorization = "Bearer two"
        assert query(session, "select 1") == [(1,)]
        statement = server.of("ExecuteStatement")
        assert [r.headers["authorization"] for r in statement] == ["Bearer one", "Bearer two"]


def test_impala_needs_no_name_and_hive_asks_for_one() -> None:
    with FakeHS2Http() as server:
        session = connect(server.port, Impala, uid="")
        assert query(session, "select 1") == [(1,)]
        assert "authorization" not in server.requests[0].headers
    with FakeHS2Http(authorization=basic("anonymous", "x")) as server:
        error = refusal(server.port, auth_mech="NOSASL")
        assert error.sqlstate == "28000"
        assert "AuthMech=USER" in error.message


def test_what_only_others_have(fake: FakeHS2Http) -> None:
    assert refusal(fake.port, auth_mech="OAUTH2").sqlstate == "HYC00"
    error = refusal(fake.port, transport="binary", own={"proxy": "http://p:1"})
    assert (error.sqlstate, "Proxy" in error.message, "Transport=http" in error.message) == ("HY000", True, True)
    error = refusal(fake.port, transport="binary", http_path="cliservice")
    assert (error.sqlstate, "HTTPPath" in error.message, "Transport=http" in error.message) == ("HY000", True, True)


# ---- cookies ----


def test_a_cookie_stands_for_the_login_until_it_is_refused() -> None:
    with FakeHS2Http(authorization=basic("ann", "x"), cookie="hive.server2.auth=cu=ann&rn=1&s=a+b/c==") as server:
        session = connect(server.port)
        query(session, "select 1")
        assert "cookie" not in server.requests[0].headers
        # Marked Secure, and sent back over plain HTTP all the same, as the server means it.
        assert server.requests[-1].headers["cookie"] == "hive.server2.auth=cu=ann&rn=1&s=a+b/c=="
        # Expired: the login is shown again, and no call is lost.
        server.cookie = "hive.server2.auth=cu=ann&rn=2&s=d"
        calls = len(server.calls)
        assert query(session, "select 1") == [(1,)]
        assert len(server.calls) > calls
        again = server.of("ExecuteStatement")[1:]
        assert ["cookie" in r.headers for r in again] == [True, False]
        assert server.requests[-1].headers["cookie"] == "hive.server2.auth=cu=ann&rn=2&s=d"


def test_a_cookie_that_is_taken_back() -> None:
    gone = Canned(401, b"", {"Set-Cookie": "impala.auth=; Max-Age=0"})
    with FakeHS2Http(RESULTS, canned={"ExecuteStatement": [gone]}, cookie="impala.auth=x") as server:
        session = connect(server.port)
        server.cookie = ""
        assert query(session, "select 1") == [(1,)]
        assert "cookie" not in server.requests[-1].headers


def test_another_servers_cookie_at_spark() -> None:
    # As Spark 4.3.0 answers it: its Jetty shows what the servlet threw.
    page = b"<html><head><title>Error 500 java.lang.IllegalArgumentException: Invalid sign</title></head></html>"
    with FakeHS2Http(RESULTS, canned={"ExecuteStatement": [Canned(500, page)]}, cookie="hive.server2.auth=x") as server:
        assert query(connect(server.port), "select 1") == [(1,)]
        assert ["cookie" in r.headers for r in server.of("ExecuteStatement")] == [True, False]


# ---- who else may answer ----

PAGE = b"<!DOCTYPE html><html><head><title>Sign in to the guest network</title></head></html>"


@pytest.mark.parametrize(
    ("canned", "state", "words"),
    [
        (Canned(404, b"Not Found"), "08001", ["HTTPPath", "/cliservice", "404"]),
        (Canned(403, b"access to the cluster is denied"), "28000", ["access to the cluster is denied"]),
        (Canned(302, b"", {"Location": "https://login.example.org/sso?token=secret"}), "08001", ["login.example.org/sso"]),
        (Canned(200, PAGE, {"Content-Type": "text/html"}), "08001", ["Sign in to the guest network", "text/html"]),
        (Canned(200, b""), "08001", ["nothing"]),
        (Canned(502, b"<html><title>Bad Gateway</title></html>"), "08001", ["Bad Gateway"]),
        (Canned(400, b"", {"X-Thriftserver-Error-Message": "Workspace is gone"}), "08001", ["Workspace is gone"]),
    ],
)  # fmt: skip
def test_others_who_answer(canned: Canned, state: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("argus_odbc.backends.hs2.http.PATIENCE", 0.1)
    with FakeHS2Http(canned={"OpenSession": [canned] * 10}) as server:
        error = refusal(server.port)
    assert error.sqlstate == state, error.message
    assert [word for word in words if word not in error.message] == [], error.message
    assert "token=secret" not in error.message


def test_the_binary_port_says_so() -> None:
    for sasl in (True, False):
        with FakeHS2(sasl=sasl) as server:
            error = refusal(server.port, login_timeout=1)
        assert error.sqlstate in ("08001", "HYT00")
        assert "Transport=binary" in error.message, error.message
    with FakeHS2(faults=["tls alert"]) as server:
        error = refusal(server.port)
    assert (error.sqlstate, "SSL=1" in error.message) == ("08001", True)


def test_the_http_port_says_so(fake: FakeHS2Http) -> None:
    for mechanism in ("PLAIN", "NOSASL"):
        error = refusal(fake.port, transport="binary", auth_mech=mechanism, login_timeout=1)
        assert error.sqlstate in ("08001", "HYT00")
        assert "Transport=http" in error.message, error.message


# ---- a server that is busy, answers that are lost ----


def test_busy_servers_are_asked_again_where_that_is_safe() -> None:
    busy = Canned(503, b"warming up", {"Retry-After": "1"})
    canned = {"OpenSession": [busy], "GetOperationStatus": [Canned(503)], "GetResultSetMetadata": [Canned(429)]}
    with FakeHS2Http(RESULTS, canned=canned) as server:
        begin = time.monotonic()
        session = connect(server.port)
        assert 0.9 < time.monotonic() - begin < 3, "as long as the server asks for"
        assert query(session, "two pages") == [(1,), (None,), (3,), (4,)]


@pytest.mark.parametrize("call", ["ExecuteStatement", "FetchResults"])
@pytest.mark.parametrize("canned", [Canned(503, b"", {"Retry-After": "1"}), Canned(close=True), Canned(cut=True)])
def test_what_must_not_come_twice_is_sent_once(call: str, canned: Canned) -> None:
    with FakeHS2Http(RESULTS, canned={call: [canned]}) as server:
        session = connect(server.port)
        error = failure(query, session, "two pages")
        assert error.sqlstate == "08S01", error.message
        assert len(server.of(call)) == 1
        assert session.is_alive()
        assert query(session, "select 1") == [(1,)]


def test_a_lost_answer_is_asked_for_once_more() -> None:
    canned = {"GetOperationStatus": [Canned(close=True)], "GetResultSetMetadata": [Canned(cut=True)]}
    with FakeHS2Http(RESULTS, canned=canned) as server:
        assert query(connect(server.port), "select 1") == [(1,)]


def test_a_server_that_is_gone() -> None:
    with FakeHS2Http(RESULTS) as server:
        session = connect(server.port)
    error = failure(query, session, "select 1")
    assert (error.sqlstate, "refused" in error.message) == ("08S01", True), error.message
    session.disconnect()


# ---- cancel and timeout, also where the server answers nothing ----


@pytest.mark.parametrize("call", ["ExecuteStatement", "GetOperationStatus", "GetResultSetMetadata"])
def test_cancel_lets_a_call_go_that_hangs(call: str) -> None:
    with FakeHS2Http(RESULTS, canned={call: [Canned(hang=True)]}) as server:
        session = connect(server.port)
        timers: list[threading.Timer] = []

        def started(cancel: Any) -> None:
            timers.append(threading.Timer(0.2, cancel))
            timers[0].start()

        begin = time.monotonic()
        assert failure(execute, session, "two pages", started).sqlstate == "HY008"
        assert time.monotonic() - begin < 1.2, "a second, and the wait before the cancel"
        timers[0].join()
        assert query(session, "select 1") == [(1,)]


def test_cancel_lets_a_fetch_go_that_hangs() -> None:
    with FakeHS2Http(RESULTS, canned={"FetchResults": [Canned(hang=True)]}) as server:
        session = connect(server.port)
        operation = execute(session, "two pages")
        timer = threading.Timer(0.2, operation.cancel)
        timer.start()
        begin = time.monotonic()
        assert failure(operation.fetch_results).sqlstate == "HY008"
        assert time.monotonic() - begin < 1.2
        timer.join()
        operation.close()
        assert query(session, "select 1") == [(1,)]


def test_a_statement_that_is_planned_after_its_cancel_is_closed() -> None:
    with FakeHS2Http(RESULTS, canned={"ExecuteStatement": [Canned(wait=0.6)]}) as server:
        session = connect(server.port)

        def started(cancel: Any) -> None:
            threading.Timer(0.1, cancel).start()

        begin = time.monotonic()
        assert failure(execute, session, "slow", started).sqlstate == "HY008"
        assert time.monotonic() - begin < 0.5
        limit = time.monotonic() + 3
        while not (server.operations and server.operations[bytes(16)].closed) and time.monotonic() < limit:
            time.sleep(0.02)
        assert server.operations[bytes(16)].closed
        assert query(session, "select 1") == [(1,)]


def test_timeouts_of_answers(fake: FakeHS2Http) -> None:
    fake.canned["GetOperationStatus"] = [Canned(hang=True)]
    session = connect(fake.port, socket_timeout=1)
    error = failure(query, session, "select 1")
    assert (error.sqlstate, "SocketTimeout" in error.message) == ("HYT01", True)
    assert query(session, "select 1") == [(1,)]


def test_the_query_timeout_covers_planning(fake: FakeHS2Http) -> None:
    fake.canned["ExecuteStatement"] = [Canned(hang=True)]
    session = connect(fake.port)
    begin = time.monotonic()
    with pytest.raises(DriverError) as caught:
        execute(session, "select 1", query_timeout=0.3)
    assert caught.value.sqlstate == "HYT00"
    assert time.monotonic() - begin < 1.3
    assert query(session, "select 1") == [(1,)]


def test_statements_run_beside_each_other(fake: FakeHS2Http) -> None:
    fake.canned["ExecuteStatement"] = [Canned(wait=1.0)]
    session = connect(fake.port)
    slow = threading.Thread(target=query, args=(session, "select 1"))
    slow.start()
    time.sleep(0.1)
    begin = time.monotonic()
    assert query(session, "select 1") == [(1,)]
    assert time.monotonic() - begin < 0.7
    slow.join()
