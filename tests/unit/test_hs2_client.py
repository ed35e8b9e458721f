"""The HiveServer2 client against the scripted server: sessions, statements, errors, cancel, timeout, broken peers."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from argus_odbc.backends.hive import Hive
from argus_odbc.backends.hs2 import tcli
from argus_odbc.backends.hs2.backend import HS2Backend
from argus_odbc.backends.spark import Spark
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from fakes.hs2 import FakeHS2, Result
from fakes.hs2_http import FakeHS2Http
from fetched import all_rows, execute, query


def fake_server(transport: str, results: dict[str, Result] | None = None, **more: Any) -> FakeHS2:
    if transport == "http":
        return FakeHS2Http(results, **more)
    return FakeHS2(results, sasl=transport == "sasl", **more)


def settings(server: FakeHS2, **more: Any) -> Settings:
    mechanism = "PLAIN" if server.sasl else "NOSASL"
    if isinstance(server, FakeHS2Http):
        more = {"transport": "http", **more}
    given = {"auth_mech": mechanism, "uid": "ann", "pwd": "secret", "login_timeout": 5, **more}
    return Settings(host="127.0.0.1", port=server.port, **given)


def soon(condition: Any) -> bool:
    """Whether something holds within two seconds: over HTTP, nobody waits for the end of a cancelled statement."""
    limit = time.monotonic() + 2
    while not condition() and time.monotonic() < limit:
        time.sleep(0.01)
    return bool(condition())


def error_of(call: Any, *arguments: Any, **more: Any) -> DriverError:
    with pytest.raises(DriverError) as caught:
        call(*arguments, **more)
    return caught.value


@pytest.fixture(params=["sasl", "nosasl", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def server(transport: str) -> Iterator[FakeHS2]:
    results = {
        "two pages": Result([("n", 3, "i32Val", {})], [[[1, None, 3]], [[4]]]),
        "slow": Result([("n", 3, "i32Val", {})], [[[1]]], busy=30),
        "soon": Result([("n", 3, "i32Val", {})], [[[1]]], busy=0.4),
        "insert": Result(changed=7),
        "fails": Result([("n", 3, "i32Val", {})], error=("22012", 0, "Division by zero\n\tat a.b.C(D.java:1)")),
        "no table": Result(refused=("42S02", 10001, "Table not found 't'")),
    }
    with fake_server(transport, results) as fake:
        yield fake


@pytest.fixture
def backend(server: FakeHS2) -> Iterator[HS2Backend]:
    connected = Hive.connect(settings(server))
    yield connected
    connected.disconnect()


# ---- sessions ----


def test_session_opens_with_the_newest_protocol(server: FakeHS2, backend: HS2Backend) -> None:
    assert server.opened[0].client_protocol == 10
    assert server.opened[0].username == "ann"
    assert backend.session.protocol == 10
    assert backend.server_version() == "04.03.0000 4.3.0-fake"


@pytest.mark.parametrize(("newest", "offered"), [(9, [10, 9]), (7, [10, 9, 7]), (5, [10, 9, 7, 5])])
def test_older_servers_are_offered_older_protocols(newest: int, offered: list[int]) -> None:
    with FakeHS2(versions=newest) as old:
        connected = Hive.connect(settings(old))
        assert [o.client_protocol for o in old.opened] == offered
        assert old.connections == len(offered)
        assert query(connected, "select 1") == [(1,)]
        connected.disconnect()


def test_a_server_without_columns_is_refused() -> None:
    with FakeHS2(versions=4) as ancient:
        e = error_of(Hive.connect, settings(ancient))
        assert e.sqlstate == "08001"
        assert "V6" in e.message


def test_session_takes_database_properties_and_delegate() -> None:
    with FakeHS2() as server:
        Spark.connect(
            settings(
                server, schema="sales", session_properties={"a.b": "1", "set:hivevar:v": "2"}, delegation_uid="bob"
            )
        ).disconnect()
        assert server.opened[0].configuration == {
            "use:database": "sales", "set:hiveconf:a.b": "1", "set:hivevar:v": "2", "hive.server2.proxy.user": "bob",
        }  # fmt: skip
        assert server.calls == ["OpenSession", "CloseSession"]


def test_refused_session_says_why() -> None:
    with FakeHS2(faults=["no session"]) as server:
        e = error_of(Hive.connect, settings(server))
        assert e.sqlstate == "08004"
        assert "no such database" in e.message


def test_wrong_password_is_28000() -> None:
    with FakeHS2(password="right") as server:
        e = error_of(Hive.connect, settings(server, pwd="wrong"))
        assert e.sqlstate == "28000"
        assert "'ann'" in e.message
        assert "wrong" not in e.message
        Hive.connect(settings(server, pwd="right")).disconnect()


def test_without_a_password_a_dummy_is_sent() -> None:
    with FakeHS2() as server:
        Hive.connect(Settings(host="127.0.0.1", port=server.port, auth_mech="USER")).disconnect()
        assert server.user == "anonymous"


def test_connection_dead_is_noticed(server: FakeHS2, backend: HS2Backend) -> None:
    assert backend.is_alive()
    server.drop()
    time.sleep(0.05)
    if isinstance(server, FakeHS2Http):
        # The session is the server's, which another connection reaches.
        assert backend.is_alive()
        assert query(backend, "select 1") == [(1,)]
        return
    assert not backend.is_alive()
    assert error_of(execute, backend, "select 1").sqlstate == "08S01"
    assert error_of(execute, backend, "select 1").sqlstate == "08S01"


# ---- statements ----


def test_pages_until_an_empty_one(server: FakeHS2, backend: HS2Backend) -> None:
    operation = execute(backend, "two pages")
    assert [(c.name, c.sql_type) for c in operation.columns] == [("n", 4)]
    assert operation.row_count == -1
    assert all_rows(operation) == [(1,), (None,), (3,), (4,)]
    assert operation.fetch_results() is None
    operation.close()
    operation.close()
    assert server.calls.count("FetchResults") == 3
    assert server.calls.count("CloseOperation") == 1
    assert server.statements[0].confOverlay == {}
    assert server.statements[0].runAsync is True


def test_has_more_is_believed_with_an_empty_page(transport: str) -> None:
    result = Result([("n", 3, "i32Val", {})], [[[1]], [[]], [[2]]], has_more=[True, True, False])
    with fake_server(transport, {"q": result}) as server:
        connected = Hive.connect(settings(server))
        assert query(connected, "q") == [(1,), (2,)]
        connected.disconnect()


def test_row_count_of_a_change(backend: HS2Backend) -> None:
    operation = execute(backend, "insert")
    assert operation.columns == ()
    assert operation.row_count == 7
    assert operation.fetch_results() is None


def test_max_rows_are_asked_for(server: FakeHS2, backend: HS2Backend) -> None:
    operation = execute(backend, "two pages", max_rows=2)
    assert operation.fetch_results() is not None
    assert operation.fetch_results() is None
    assert server.calls.count("FetchResults") == 1


def test_spark_statement_without_rows_has_no_columns() -> None:
    with FakeHS2({"ddl": Result([("Result", 7, "stringVal", {})])}, faults=["no columns"]) as server:
        connected = Spark.connect(settings(server))
        operation = execute(connected, "ddl")
        assert operation.columns == ()
        assert operation.row_count == -1
        connected.disconnect()


def test_errors_when_started_and_when_run(backend: HS2Backend) -> None:
    refused = error_of(execute, backend, "no table")
    assert (refused.sqlstate, refused.native) == ("42S02", 10001)
    failed = error_of(execute, backend, "fails")
    assert (failed.sqlstate, failed.message) == ("22012", "Division by zero")
    assert error_of(execute, backend, "nonsense").sqlstate == "42000"
    assert query(backend, "select 1") == [(1,)]


def test_waits_for_a_running_statement(server: FakeHS2, backend: HS2Backend) -> None:
    assert query(backend, "soon") == [(1,)]
    assert 2 <= server.calls.count("GetOperationStatus") <= 40


def test_cancel_from_another_thread(server: FakeHS2, backend: HS2Backend) -> None:
    timers: list[threading.Timer] = []

    def started(cancel: Any) -> None:
        timers.append(threading.Timer(0.2, cancel))
        timers[0].start()

    begin = time.monotonic()
    e = error_of(execute, backend, "slow", started)
    assert e.sqlstate == "HY008"
    assert time.monotonic() - begin < 3
    timers[0].join()
    assert server.connections == 2
    assert server.operations[bytes(16)].cancelled
    assert soon(lambda: server.operations[bytes(16)].closed)
    assert query(backend, "select 1") == [(1,)]


def test_cancel_between_pages(backend: HS2Backend) -> None:
    operation = execute(backend, "two pages")
    assert operation.fetch_results() is not None
    operation.cancel()
    assert error_of(operation.fetch_results).sqlstate == "HY008"


def test_timeout_ends_the_servers_work(server: FakeHS2, backend: HS2Backend) -> None:
    begin = time.monotonic()
    e = error_of(execute, backend, "slow", query_timeout=0.3)
    assert e.sqlstate == "HYT00"
    assert "0.3 seconds" in e.message
    assert time.monotonic() - begin < 3
    # Closing a running operation ends it as cancelling does.
    assert soon(lambda: server.operations[bytes(16)].cancelled or server.operations[bytes(16)].closed)
    assert server.statements[0].queryTimeout == 1
    assert query(backend, "select 1") == [(1,)]


def test_timeout_covers_the_fetch(backend: HS2Backend) -> None:
    operation = execute(backend, "two pages", query_timeout=0.2)
    assert operation.fetch_results() is not None
    time.sleep(0.5)
    assert error_of(operation.fetch_results).sqlstate == "HYT00"


def test_a_finished_statement_does_not_time_out(backend: HS2Backend) -> None:
    operation = execute(backend, "two pages", query_timeout=0.3)
    assert len(all_rows(operation)) == 4
    time.sleep(0.5)
    assert operation.fetch_results() is None
    operation.close()


def test_an_answer_in_pieces(transport: str) -> None:
    with fake_server(transport, faults=["in pieces FetchResults"]) as server:
        connected = Hive.connect(settings(server))
        assert query(connected, "select 1") == [(1,)]
        connected.disconnect()


@pytest.mark.parametrize("transport", ["sasl", "nosasl"])
def test_a_signal_does_not_end_a_fetch(transport: str) -> None:
    """PEP 475: a system call that a signal has interrupted goes on."""
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
    try:
        with fake_server(transport, faults=["slow FetchResults"]) as server:
            connected = Hive.connect(settings(server, socket_timeout=5))
            signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
            assert query(connected, "select 1") == [(1,)]
            assert len(heard) >= 3
            signal.setitimer(signal.ITIMER_REAL, 0)
            connected.disconnect()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_large_rows_make_pages_smaller(transport: str) -> None:
    big = "x" * 100_000
    result = Result([("s", tcli.TType.STRING, "stringVal", {})], [[[big] * 200], [["end"]]])
    with fake_server(transport, {"big": result}) as server:
        connected = Hive.connect(settings(server))
        rows = query(connected, "big")
        assert len(rows) == 201
        assert rows[199] == (big,)
        # 100 kB a row: 8 MiB hold 83 of them. The rows after that are short again.
        assert server.asked == [1000, 83, 100_000]
        connected.disconnect()
