"""HiveServer2 over HTTP at real servers of Hive and of Spark (in TLS), and at the one that speaks as Impala does."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from argus_odbc.backends.base import Backend
from argus_odbc.backends.hive import Hive
from argus_odbc.backends.impala import Impala
from argus_odbc.backends.spark import Spark
from argus_odbc.client import Connection
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.impala import impala_server as start_impala
from engines.process import Server
from engines.spark import spark_thrift_server
from fetched import execute, query

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@dataclass(frozen=True)
class Place:
    """Where an engine speaks HTTP, and two queries in its dialect."""

    backend: type[Backend]
    settings: dict[str, Any]
    many: str
    """100 000 rows: a number n from 0, and the text `text n`, NULL for each n that 7 divides."""
    endless: str
    """A query that takes seconds."""

    def connect(self, **more: Any) -> Backend:
        return self.backend.connect(Settings(**{**self.settings, **more}))

    def refusal(self, **more: Any) -> DriverError:
        with pytest.raises(DriverError) as caught:
            self.connect(**more)
        return caught.value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cert.pem of `localhost`; beside it store.p12 with the key, password `changeit`."""
    folder = tmp_path_factory.mktemp("certificate")
    for command in (
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        ["pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "store.p12", "-passout", "pass:changeit"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


@pytest.fixture(scope="module")
def spark_https(certificate: Path) -> Iterator[Server]:
    store = {"keystore__path": str(certificate.with_name("store.p12")), "keystore__password": "changeit"}
    with spark_thrift_server("NONE", transport__mode="http", use__SSL="true", **store) as running:
        yield running


def settings(server: Server, **more: Any) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "transport": "http", "uid": "ann", "login_timeout": 10, **more}


@pytest.fixture(scope="module", params=["hive", "spark", "impala"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "hive":
        return Place(
            Hive, settings(request.getfixturevalue("hive_http")),
            "SELECT n, if(n % 7 = 0, NULL, concat('text ', n)) FROM (SELECT posexplode(split(space(99999), ' ')) AS (n, s)) x",
            "SELECT count(reflect('java.lang.Thread', 'sleep', CAST(400 + i * 0 AS BIGINT))) FROM"
            " (SELECT explode(split('1,2,3,4,5,6,7,8,9,10', ',')) AS i) x",
        )  # fmt: skip
    if request.param == "spark":
        server, trusted = request.getfixturevalue("spark_https"), str(request.getfixturevalue("certificate"))
        return Place(
            Spark, settings(server, host="localhost", pwd="secret", ssl=True, ssl_ca_file=trusted),
            "SELECT cast(id AS int), if(id % 7 = 0, NULL, concat('text ', id)) FROM range(0, 100000, 1, 1)",
            # Spark goes on with what was cancelled before its job began, so the work is short.
            "SELECT java_method('java.lang.Thread', 'sleep', 6000L) FROM range(0, 1, 1, 1)",
        )  # fmt: skip
    return Place(
        Impala, settings(request.getfixturevalue("impala_http"), uid=""),
        "SELECT a.id + 1000 * b.id, if((a.id + 1000 * b.id) % 7 = 0, NULL, concat('text ', cast(a.id + 1000 * b.id AS string)))"
        " FROM functional.alltypes a, functional.alltypes b WHERE a.id < 1000 AND b.id < 100 ORDER BY 1",
        "select sleep(10000)",
    )  # fmt: skip


@pytest.fixture(scope="module")
def session(place: Place) -> Iterator[Backend]:
    connected = place.connect()
    yield connected
    connected.disconnect()


def expected(n: int) -> tuple[int, str | None]:
    return n, None if n % 7 == 0 else f"text {n}"


def test_values_and_catalog(session: Backend) -> None:
    assert query(session, "SELECT 1, CAST('1.50' AS DECIMAL(5,2)), 'ä€😀', CAST(NULL AS STRING)")[0][2] == "ä€😀"
    assert (None, "default") in [(None, name) for _, name in session.get_schemas(None)]
    with pytest.raises(DriverError) as caught:
        query(session, "SELECT * FROM no_such_table_anywhere")
    assert caught.value.sqlstate == "42S02"
    assert query(session, "SELECT 1") == [(1,)]


def test_many_rows(place: Place, session: Backend) -> None:
    rows = query(session, place.many)
    assert len(rows) == 100_000
    assert rows == [expected(n) for n in range(100_000)]


def test_cancel_within_a_second(place: Place, session: Backend) -> None:
    query(session, "SELECT 1")
    cancelled: list[float] = []
    timers: list[threading.Timer] = []

    def started(cancel: Callable[[], None]) -> None:
        def now() -> None:
            cancelled.append(time.monotonic())
            cancel()

        timers.append(threading.Timer(0.7, now))
        timers[0].start()

    with pytest.raises(DriverError) as caught:
        execute(session, place.endless, started).fetch_results()
    took = time.monotonic() - cancelled[0]
    timers[0].join()
    assert caught.value.sqlstate == "HY008"
    assert took < 1
    assert session.is_alive()
    assert query(session, "SELECT 1") == [(1,)]


def test_the_session_outlives_its_connections(session: Backend) -> None:
    query(session, "SELECT 1")
    for transport in session.session._lines._idle:
        transport._connection.abort()
    assert query(session, "SELECT 1") == [(1,)]


def test_the_function_that_tells_the_user(place: Place, session: Backend) -> None:
    assert query(session, f"SELECT {place.backend.user_function}") == [(place.settings["uid"] or "anonymous",)]


def test_wrong_path(place: Place) -> None:
    if place.backend is Impala:
        connected = place.connect(http_path="any/path")
        assert query(connected, "SELECT 1") == [(1,)], "Impala looks at no path"
        connected.disconnect()
        return
    error = place.refusal(http_path="gateway/default/hive")
    assert (error.sqlstate, error.native) == ("08001", 405)
    assert "HTTPPath" in error.message


def test_the_login_is_a_cookie_after_the_first_call(place: Place, session: Backend) -> None:
    query(session, "SELECT 1")
    cookies = session.session.way.cookies
    if place.backend is Impala:
        assert not cookies.has(["impala.auth"]), "there is no login to remember"
        return
    assert cookies.has(["hive.server2.auth"])
    # What the server cannot know: the login is shown again.
    cookies.heard(["hive.server2.auth=cu=ann&rn=1&s=bm90IHRoYXQ="])
    assert query(session, "SELECT 1") == [(1,)]
    assert "rn=1&" not in cookies.header()


def test_the_other_transport_is_named(hive_server: Server, hive_http: Server, impala_http: Server) -> None:
    where = {"host": hive_server.host, "uid": "ann", "login_timeout": 3}
    for more in ({}, {"auth_mech": "NOSASL"}):
        with pytest.raises(DriverError, match="Transport=http") as caught:
            Hive.connect(Settings(**{**where, "port": hive_http.port, **more}))
        assert caught.value.sqlstate == "08001"
        with pytest.raises(DriverError, match="Transport=http"):
            Impala.connect(Settings(**{**where, "port": impala_http.port, "login_timeout": 1, **more}))
    with pytest.raises(DriverError, match="Transport=binary") as caught:
        Hive.connect(Settings(**{**where, "port": hive_server.port}, transport="http"))
    assert caught.value.sqlstate == "08001"


def test_tls_that_is_not_asked_for_or_not_there(spark_https: Server, hive_http: Server) -> None:
    given = {"uid": "ann", "transport": "http", "login_timeout": 5}
    with pytest.raises(DriverError, match="SSL=1"):
        Spark.connect(Settings(host="localhost", port=spark_https.port, **given))
    with pytest.raises(DriverError, match="SSLCAFile"):
        Spark.connect(Settings(host="localhost", port=spark_https.port, ssl=True, **given))
    with pytest.raises(DriverError, match="SSL=0"):
        Hive.connect(Settings(host=hive_http.host, port=hive_http.port, ssl=True, **given))


def test_impala_ldap_login_and_cookie() -> None:
    with start_impala("--auth", "ldap", "--user", "ann:right") as server:
        given = {"host": server.host, "port": server.http_port, "transport": "http", "allow_plain_password": True}
        connected = Impala.connect(Settings(**given, uid="ann", pwd="right"))
        assert query(connected, "select user()") == [("ann",)]
        assert connected.session.way.cookies.has(["impala.auth"])
        connected.disconnect()
        for wrong in ({"uid": "ann", "pwd": "wrong"}, {}):
            with pytest.raises(DriverError) as caught:
                Impala.connect(Settings(**given, **wrong))
            assert (caught.value.sqlstate, caught.value.native) == ("28000", 401)


def test_through_the_driver(place: Place) -> None:
    """Columns decoded where they were received, handed to an application by SQLFetch."""
    given = place.settings
    words = f"Backend={place.backend.name};Host={given['host']};Port={given['port']};TransportMode=http;HTTPPath=cliservice;"
    words += f"UID={given['uid']};" if given["uid"] else ""
    if "ssl" in given:
        words += f"PWD=secret;SSL=1;SSLCAFile={given['ssl_ca_file']};ThriftTransport=2;"
    connection = Connection(words)
    connection.execute(place.many)
    count = total = texts = 0
    for n, text in connection.rows(2):
        count, total, texts = count + 1, total + int(n), texts + len(text or "")
    connection.close()
    numbers = range(100_000)
    assert (count, total) == (100_000, sum(numbers))
    assert texts == sum(len(expected(n)[1] or "") for n in numbers)
