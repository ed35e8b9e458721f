"""A signal whose handler raises, as Ctrl-C does, while an answer of HiveServer2 is on its way: what the other half of that
answer must never be is the answer to the next request."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from argus_odbc.backends.hive import Hive
from argus_odbc.backends.hs2.backend import HS2Backend
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from fakes.hs2 import FakeHS2, Result
from fakes.hs2_http import Canned, FakeHS2Http
from fetched import query

INT = [("n", 3, "i32Val", {})]
RESULTS = {"seven": Result(INT, [[[7, 7, 7, 7]]]), "eight": Result(INT, [[[8]]])}


class Stop(BaseException):
    """What the handler raises; not an Exception, as KeyboardInterrupt is none."""


@contextmanager
def stopped(after: float) -> Iterator[None]:
    """A block that is left by Stop so many seconds later."""

    def stop(number: int, frame: object) -> None:
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        with pytest.raises(Stop):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def connected(server: FakeHS2, mechanism: str, **more: str) -> HS2Backend:
    where = {"host": "127.0.0.1", "port": server.port, "uid": "ann", "pwd": "x", "login_timeout": 5, **more}
    return Hive.connect(Settings(auth_mech=mechanism, socket_timeout=5, **where))


@pytest.mark.parametrize("call", ["ExecuteStatement", "FetchResults"])
@pytest.mark.parametrize(("sasl", "mechanism"), [(True, "PLAIN"), (False, "NOSASL")])
def test_the_rest_of_an_answer_is_never_another_answer(sasl: bool, mechanism: str, call: str) -> None:
    with FakeHS2(RESULTS, sasl=sasl) as server:
        backend = connected(server, mechanism)
        assert query(backend, "seven") == [(7,)] * 4
        server.faults.add(f"first half {call}")
        with stopped(0.2):
            query(backend, "seven")
        server.faults.clear()
        for _ in range(2):
            with pytest.raises(DriverError) as caught:
                query(backend, "eight")
            assert caught.value.sqlstate == "08S01"
            assert "interrupted" in caught.value.message
        assert not backend.is_alive()
        backend.disconnect()


def test_a_session_over_http_outlives_the_call() -> None:
    with FakeHS2Http(RESULTS, canned={"FetchResults": [Canned(wait=0.5)]}) as server:
        backend = connected(server, "USER", transport="http", pwd="")
        with stopped(0.2):
            query(backend, "seven")
        assert query(backend, "eight") == [(8,)]
        backend.disconnect()
