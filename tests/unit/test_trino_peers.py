"""The Trino backend against servers that are broken, foreign or hostile: each gives one clear error, or none at all."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from argus_odbc import log
from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino import Trino
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.errors import retry_after
from argus_odbc.web.http import Answer
from fakes.trino_pages import BIGINT, QUERY, VARCHAR, FakeTrino, Reply, Seen

ROWS = [
    {"columns": [BIGINT]},
    {"columns": [BIGINT], "data": [[1], [2]]},
    {"columns": [BIGINT], "data": [[3]]},
    {"columns": [BIGINT]},
]
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in to the proxy</title></head><body>...</body></html>"


@pytest.fixture
def fake() -> Iterator[FakeTrino]:
    with FakeTrino(ROWS) as server:
        yield server
    while OPENED:
        OPENED.pop().disconnect()


OPENED: list[Trino] = []


def connected(fake: FakeTrino, **more: Any) -> Trino:
    """A session that is closed after the test."""
    session = Trino.connect(
        Settings(**{"host": "127.0.0.1", "port": fake.port, "uid": "ann", "login_timeout": 5, **more})
    )
    OPENED.append(session)
    return session


def ignore(cancel: Callable[[], None]) -> None:
    """A `started` callback for statements that nobody cancels."""


def failure(action: Callable[[], object]) -> DriverError:
    with pytest.raises(DriverError) as caught:
        action()
    return caught.value


def test_the_fake_itself_works(fake: FakeTrino) -> None:
    session = connected(fake)
    assert session.query("select n") == [(1,), (2,), (3,)]
    post = fake.requests("POST")[0]
    assert post.body == b"select n"
    assert post.headers["X-Trino-User"] == "ann"
    assert "PARAMETRIC_DATETIME" in post.headers["X-Trino-Client-Capabilities"]
    assert len(fake.requests("GET", "/v1/statement")) == 4, "no page is asked for twice"
    assert fake.requests("DELETE") == []


# ---- servers that are not Trino ----


@pytest.mark.parametrize(
    ("reply", "state", "said"),
    [
        (Reply(LOGIN_PAGE, headers={"Content-Type": "text/html"}), "08001", 'a page titled "Sign in to the proxy"'),
        (Reply({"hello": "world"}), "08001", "does not answer as Trino does"),
        (Reply([1, 2]), "08001", "does not answer as Trino does"),
        (Reply(b""), "08001", "does not answer as Trino does"),
        (Reply(LOGIN_PAGE, 503), "08001", "HTTP 503"),
        (
            Reply(b"", 302, {"Location": "https://login.example.org/?state=secret"}),
            "08001",
            "redirects to https://login.example.org/;",
        ),
        (Reply(b"who are you", 401, {"WWW-Authenticate": 'Basic realm="x"'}), "28000", "it takes: Basic"),
        (Reply(b"Error 403 Forbidden: Authentication over HTTP is not enabled", 403), "28000", "set SSL=1"),
        (Reply(b"x", cut=-1), "08001", "closed the connection"),
    ],
)
def test_connecting_to_something_else(fake: FakeTrino, reply: Reply, state: str, said: str) -> None:
    fake.faults["GET /v1/info"] = [reply]
    error = failure(lambda: connected(fake))
    assert error.sqlstate == state
    assert said in error.message
    assert "secret" not in error.message


def test_a_server_that_never_answers_a_connect(fake: FakeTrino) -> None:
    fake.faults["GET /v1/info"] = [Reply(delay=3)]
    started = time.monotonic()
    error = failure(lambda: connected(fake, login_timeout=1))
    assert (error.sqlstate, time.monotonic() - started < 2.7) == ("HYT00", True)


def test_the_next_coordinator_is_tried(fake: FakeTrino) -> None:
    session = connected(fake, host=f"127.0.0.1:1,127.0.0.1:{fake.port}", port=0)
    assert session.query("select n") == [(1,), (2,), (3,)]
    assert failure(lambda: connected(fake, host="127.0.0.1:1", port=0)).sqlstate == "08001"


# ---- answers that are damaged ----

GOOD = {"id": QUERY, "columns": [BIGINT], "data": [[1]]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps(GOOD)[:-4].encode(), "does not answer as Trino does"),
        (LOGIN_PAGE, 'a page titled "Sign in to the proxy"'),
        (b'{"columns": []}', "has no query id"),
        (b'{"id": 7}', "has no query id"),
        (json.dumps({**GOOD, "columns": {"a": 1}}).encode(), "no list of columns"),
        (json.dumps({**GOOD, "columns": [{"name": "x"}]}).encode(), "describes a column in an unknown way"),
        (json.dumps({"id": QUERY, "data": [[1]]}).encode(), "before it describes them"),
        (b"\xff\xfe\x00", "does not answer as Trino does"),
        (b'{"a":' * 100000, "does not answer as Trino does"),
    ],
)
def test_damaged_pages(fake: FakeTrino, body: bytes, said: str) -> None:
    session = connected(fake)
    fake.faults["GET /v1/statement"] = [Reply(body)]
    error = failure(lambda: session.query("select n"))
    assert error.sqlstate == "08S01"
    assert said in error.message


def test_a_column_that_changes_in_the_middle(fake: FakeTrino) -> None:
    fake.pages = [{"columns": [BIGINT], "data": [[1]]}, {"columns": [VARCHAR], "data": [["x"]]}, {"columns": [VARCHAR]}]
    session = connected(fake)
    error = failure(lambda: session.query("select n"))
    assert (error.sqlstate, "changed in the middle" in error.message, QUERY in error.message) == ("08S01", True, True)


def test_next_uri_on_another_host(fake: FakeTrino) -> None:
    fake.pages = [{"columns": [BIGINT], "nextUri": "http://evil.example.org/v1/statement/executing/x/y/1"}, {}]
    error = failure(lambda: connected(fake).query("select n"))
    assert error.sqlstate == "08S01"
    assert "http://evil.example.org" in error.message
    for uri in (
        f"https://127.0.0.1:{fake.port}/x",
        "http://[::1",
        "ftp://127.0.0.1/x",
        "/relative",
        "http://127.0.0.1:99999/",
    ):
        fake.pages = [{"columns": [BIGINT], "nextUri": uri}, {}]
        assert failure(lambda: connected(fake).query("select n")).sqlstate == "08S01", uri


def test_a_body_that_says_gzip_and_is_none(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["GET /v1/statement"] = [Reply(b"no gzip", headers={"Content-Encoding": "gzip"})]
    assert "damaged" in failure(lambda: session.query("select n")).message
    packed = gzip.compress(json.dumps({"id": QUERY, "columns": [BIGINT], "data": [[7]]}).encode())
    fake.faults["GET /v1/statement"] = [Reply(packed, headers={"Content-Encoding": "gzip"})]
    assert session.query("select n") == [(7,)]


# ---- lost answers and busy servers ----


@pytest.mark.parametrize(
    "fault", [Reply(b"x" * 100, cut=5), Reply(cut=-1), Reply(b"busy", 503), Reply(b"bad gateway", 502)]
)
def test_a_lost_answer_is_asked_for_again(fake: FakeTrino, fault: Reply) -> None:
    session = connected(fake)
    fake.faults["GET /v1/statement"] = [fault, fault]
    assert session.query("select n") == [(1,), (2,), (3,)]


def test_retry_after_is_kept(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["POST /v1/statement"] = [Reply(b"slow down", 429, {"Retry-After": "1"})]
    started = time.monotonic()
    assert session.query("select n") == [(1,), (2,), (3,)]
    assert 0.7 <= time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0), ({"retry-after": "7"}, 7), ({"retry-after": "soon"}, 0), ({"retry-after": "-1"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:27 GMT"}, 10),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "yesterday"}, 0),
    ],
)  # fmt: skip
def test_both_forms_of_retry_after(headers: dict[str, str], seconds: float) -> None:
    """The examples of RFC 9110, 5.6.7 and 10.2.3."""
    assert retry_after(Answer(503, {name: [value] for name, value in headers.items()}, b"")) == seconds


def test_a_statement_is_never_sent_twice(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["POST /v1/statement"] = [Reply(b"x" * 100, cut=5)]
    error = failure(lambda: session.query("insert into t values (1)"))
    assert error.sqlstate == "08S01"
    assert len(fake.requests("POST")) == 1


def test_a_coordinator_that_forgets_the_query(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["GET /v1/statement/executing/" + QUERY + "/s/1"] = [Reply(b"Error 404 Not Found: Query not found", 404)]
    error = failure(lambda: session.query("select n"))
    assert (error.sqlstate, QUERY in error.message, "does not know the query" in error.message) == ("08S01", True, True)


def test_a_role_that_is_refused(fake: FakeTrino) -> None:
    """As Trino 476 answers to X-Trino-Role: a Java exception in place of a failed query."""
    session = connected(fake, own={"roles": "nosuch"})
    trace = (
        b"io.trino.spi.security.AccessDeniedException: Access Denied: Cannot set role nosuch\n\tat io.trino.Some.java"
    )
    fake.faults["POST /v1/statement"] = [Reply(trace, 500)]
    error = failure(lambda: session.query("select n"))
    assert (error.sqlstate, error.native) == ("42000", 4)
    assert error.message == "Access Denied: Cannot set role nosuch; correct Roles"


@pytest.mark.parametrize(
    ("word", "code", "name", "state"),
    [
        ("rollback", 22, "TRANSACTION_ALREADY_ABORTED", ""), ("rollback", 20, "UNKNOWN_TRANSACTION", ""),
        ("rollback", 65536, "GENERIC_INTERNAL_ERROR", "HY000"), ("commit", 22, "TRANSACTION_ALREADY_ABORTED", "25S03"),
    ],
)  # fmt: skip
def test_a_transaction_that_is_gone(fake: FakeTrino, word: str, code: int, name: str, state: str) -> None:
    """After SET ROLE ... IN a catalog Trino 476 answers to ROLLBACK of an aborted transaction that it is aborted."""
    session = connected(fake)
    session.state.transaction = "5c4c191e-3c14-4318-b1a4-e43e0d0ed013"
    fake.pages = [{"error": {"message": "Current transaction is aborted", "errorCode": code, "errorName": name}}]
    if state:
        assert failure(getattr(session, word)).sqlstate == state
    else:
        getattr(session, word)()
    assert not session.in_transaction()


def test_stack_traces_are_in_the_log_alone(
    fake: FakeTrino, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = {"type": "java.io.IOException", "message": "no route", "stack": ["io.trino.Some.read(Some.java:7)"]}
    failure_info = {
        "type": "io.trino.X",
        "message": "boom",
        "stack": ["io.trino.Other.run(Other.java:9)"],
        "cause": cause,
    }
    error = {"message": "boom", "errorCode": 65536, "errorName": "GENERIC_INTERNAL_ERROR", "failureInfo": failure_info}
    fake.pages = [{"error": error}]
    session = connected(fake)
    monkeypatch.setattr(log.logger, "propagate", True)
    with caplog.at_level("DEBUG", "argus_odbc"):
        said = failure(lambda: session.query("select n")).message
    assert ".java" not in said
    # A set: what other tests have done to the loggers may bring a record twice.
    [logged] = {record.getMessage() for record in caplog.records if "failed on the server" in record.getMessage()}
    assert logged.splitlines()[-4:] == [
        f"query {QUERY} failed on the server: io.trino.X: boom", "    at io.trino.Other.run(Other.java:9)",
        "caused by java.io.IOException: no route", "    at io.trino.Some.read(Some.java:7)",
    ]  # fmt: skip


def test_redirects_never_take_the_login_along(fake: FakeTrino) -> None:
    with FakeTrino(ROWS) as other:
        session = connected(fake, pwd="secret", allow_plain_password=True)
        fake.faults["GET /v1/statement"] = [Reply(b"", 307, {"Location": f"{other.url}/v1/statement/x"})]
        error = failure(lambda: session.query("select n"))
        assert (error.sqlstate, "redirects to" in error.message) == ("08S01", True)
        assert other.seen == []


# ---- login ----


@pytest.mark.parametrize(
    "more", [{"pwd": "secret"}, {"access_token": "abc"}, {"own": {"accesstokencommand": "echo abc"}}]
)
def test_secrets_are_not_sent_over_http(fake: FakeTrino, more: dict[str, Any]) -> None:
    error = failure(lambda: connected(fake, **more))
    assert (error.sqlstate, "AllowPlainPassword=1" in error.message) == ("28000", True)
    assert fake.seen == []
    connected(fake, allow_plain_password=True, **more)
    assert all(seen.headers.get("Authorization") for seen in fake.seen)


def test_a_token_that_expires_in_the_middle(fake: FakeTrino, tmp_path: Any) -> None:
    token = tmp_path / "token"
    token.write_text("one")

    def check(seen: Seen) -> Reply | None:
        given = seen.headers.get("Authorization")
        if seen.path.endswith("/s/1") and given == "Bearer one":
            token.write_text("two")
            return Reply(b"JWT expired 5 milliseconds ago", 401, {"WWW-Authenticate": "Bearer"})
        return None

    fake.check = check
    own = {"accesstokencommand": f"cat {token}"}
    assert connected(fake, allow_plain_password=True, own=own).query("select n") == [(1,), (2,), (3,)]
    error = failure(lambda: connected(fake, allow_plain_password=True, access_token="one").query("select n"))
    assert (error.sqlstate, "JWT expired" in error.message) == ("28000", True)


def test_headers_cannot_be_smuggled(fake: FakeTrino) -> None:
    assert failure(lambda: connected(fake, catalog="a\r\nX-Trino-User: root")).sqlstate == "HY000"
    for headers in ("Host=x", "Authorization=x", "a b=c", "nothing"):
        assert failure(lambda h=headers: connected(fake, own={"httpheaders": h})).sqlstate == "HY000"  # type: ignore[misc]


# ---- the session's state ----


def test_headers_follow_the_answers(fake: FakeTrino) -> None:
    session = connected(fake, session_properties={"a": "1, 2", "b": "x"}, catalog="c1", schema="s1", own={
        "roles": "admin;hive=ALL", "clienttags": "x,y", "source": "test", "httpheaders": "X-Own=1"})  # fmt: skip
    session.query("select n")
    first = fake.requests("POST")[0].headers
    assert first["X-Trino-Session"] == "a=1%2C%202,b=x"
    assert first["X-Trino-Role"] == "system=ROLE%7Badmin%7D,hive=ALL"
    assert (first["X-Trino-Client-Tags"], first["X-Trino-Source"], first["X-Own"]) == ("x,y", "test", "1")
    assert (first["X-Trino-Catalog"], first["X-Trino-Schema"], first["X-Trino-Transaction-Id"]) == ("c1", "s1", "NONE")
    fake.answer_headers = {
        "X-Trino-Set-Catalog": "c2", "X-Trino-Set-Schema": "s%202", "X-Trino-Set-Session": "d=3%204",
        "X-Trino-Clear-Session": "b",
        "X-Trino-Added-Prepare": "p=SELECT%201", "X-Trino-Started-Transaction-Id": "t1", "X-Trino-Set-Role": "system=NONE",
    }  # fmt: skip
    session.query("anything")
    fake.answer_headers = {"X-Trino-Clear-Transaction-Id": "true", "X-Trino-Deallocated-Prepare": "p"}
    operation = session.execute("select n", (), ExecuteOptions(), ignore)
    while operation.fetch_results() is not None:
        pass
    second = fake.requests("POST")[2].headers
    assert (second["X-Trino-Catalog"], second["X-Trino-Schema"]) == ("c2", "s 2")
    assert second["X-Trino-Session"] == "a=1%2C%202,d=3%204"
    assert (second["X-Trino-Prepared-Statement"], second["X-Trino-Transaction-Id"]) == ("p=SELECT%201", "t1")
    assert second["X-Trino-Role"] == "system=NONE,hive=ALL"
    session.query("select n")
    third = fake.requests("POST")[3].headers
    assert ("X-Trino-Prepared-Statement" in third, third["X-Trino-Transaction-Id"]) == (False, "NONE")


def test_settings_that_only_headers_show(fake: FakeTrino) -> None:
    """Names and forms as Trino's client protocol documents them; test_trino_session.py has those that a server shows."""
    own = {
        "extracredentials": "a=1; b=x y,z", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracetoken": "t", "resourceestimates": {"CPU_TIME": "1h"}, "httpheaders": "X-One=1; X-Two=a=b",
    }  # fmt: skip
    connected(fake, own=own, delegation_uid="jörg", time_zone="Europe/Vienna").query("select n")
    sent = fake.requests("POST")[0].headers
    assert sent["X-Trino-Extra-Credential"] == "a=1,b=x%20y%2Cz"
    assert sent["traceparent"] == own["traceparent"]
    assert (sent["X-Trino-Trace-Token"], sent["X-Trino-Resource-Estimate"]) == ("t", "CPU_TIME=1h")
    assert (sent["X-One"], sent["X-Two"]) == ("1", "a=b")
    assert (sent["X-Trino-User"], sent["X-Trino-Original-User"]) == ("jörg", "ann")
    assert sent["X-Trino-Time-Zone"] == "Europe/Vienna"


# ---- cancel, timeout, close ----


def test_cancel_while_a_poll_hangs(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["GET /v1/statement"] = [Reply(b"", delay=4)]
    cancels: list[Callable[[], None]] = []
    timer = threading.Timer(0.3, lambda: cancels[0]())
    timer.start()
    started = time.monotonic()
    error = failure(lambda: session.execute("select n", (), ExecuteOptions(), cancels.append))
    timer.join()
    assert (error.sqlstate, time.monotonic() - started < 3) == ("HY008", True)
    assert [d.path for d in fake.requests("DELETE")] == [f"/v1/statement/executing/{QUERY}/s/0"]


def test_cancel_while_the_post_hangs(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["POST /v1/statement"] = [Reply(b"", delay=4)]
    cancels: list[Callable[[], None]] = []
    timer = threading.Timer(0.2, lambda: cancels[0]())
    timer.start()
    started = time.monotonic()
    error = failure(lambda: session.execute("select n", (), ExecuteOptions(), cancels.append))
    timer.join()
    assert (error.sqlstate, time.monotonic() - started < 3) == ("HY008", True)


def test_timeout_while_a_poll_hangs(fake: FakeTrino) -> None:
    session = connected(fake)
    fake.faults["GET /v1/statement"] = [Reply(b"", delay=4)]
    error = failure(lambda: session.execute("select n", (), ExecuteOptions(query_timeout=1), ignore))
    assert error.sqlstate == "HYT00"
    assert len(fake.requests("DELETE")) == 1


def test_a_socket_that_stays_silent(fake: FakeTrino) -> None:
    session = connected(fake, socket_timeout=1)
    fake.faults["GET /v1/statement"] = [Reply(b"", delay=4)]
    error = failure(lambda: session.query("select n"))
    assert (error.sqlstate, QUERY in error.message, "SocketTimeout" in error.message) == ("HYT01", True, True)


def test_closing_early_ends_the_query(fake: FakeTrino) -> None:
    operation = connected(fake).execute("select n", (), ExecuteOptions(), ignore)
    assert operation.fetch_results() is not None
    operation.close()
    operation.close()
    assert [d.path for d in fake.requests("DELETE")] == [f"/v1/statement/executing/{QUERY}/s/2"]


def test_connections_are_kept(fake: FakeTrino) -> None:
    session = connected(fake)
    for _ in range(3):
        assert session.query("select n") == [(1,), (2,), (3,)]
    assert len(session.pool._idle) == 1
    assert session.is_alive()
    session.disconnect()
    assert not session.is_alive()


# ---- warnings, spools ----


def test_warnings_are_handed_out_once(fake: FakeTrino) -> None:
    warning = {"warningCode": {"code": 7, "name": "SOME_WARNING"}, "message": "take care"}
    fake.pages = [
        {"columns": [BIGINT], "warnings": [warning]},
        {"columns": [BIGINT], "data": [[1]], "warnings": [warning]},
        {},
    ]
    operation = connected(fake).execute("select", (), ExecuteOptions(), ignore)
    assert operation.warnings == [("01000", 7, "take care")]
    operation.close()


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://127.0.0.1:1/x", "cannot be reached"),
        ("{url}/gone", "not there any more"),
        ("{url}/bad", "damaged"),
        ("x:", "none"),
    ],
)
def test_spools_that_fail(fake: FakeTrino, uri: str, said: str) -> None:
    metadata = {"segmentSize": 5, "uncompressedSize": 100, "rowsCount": 1, "rowOffset": 0}
    segment = {"type": "spooled", "uri": uri.format(url=fake.url), "ackUri": f"{fake.url}/ack", "metadata": metadata}
    data = {"encoding": "json+zstd", "segments": [segment]}
    fake.pages = [{"columns": [BIGINT]}, {"columns": [BIGINT], "data": data}, {"columns": [BIGINT]}]
    fake.faults["GET /bad"] = [Reply(b"12345"), Reply(b"12345")]
    session = connected(fake)
    error = failure(lambda: session.query("select n"))
    assert (error.sqlstate, said in error.message) == ("08S01", True), error.message
    assert all("Authorization" not in s.headers for s in fake.requests("GET", "/gone"))
    # A spool that cannot be reached is not asked for again.
    assert (session.encodings == "") == ("reached" in said)
