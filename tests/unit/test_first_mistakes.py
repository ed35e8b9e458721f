"""The first mistakes of a new user: what each message tells to do, on every engine with a server."""

from __future__ import annotations

import socket

import pytest

from argus_odbc.backends import load_backend
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings

SERVERS = ["spark", "hive", "impala", "trino"]


def refusal(backend: str, host: str, port: int) -> DriverError:
    settings = Settings(backend=backend, host=host, port=port, uid="ann", login_timeout=5)
    with pytest.raises(DriverError) as caught:
        load_backend(backend).connect(settings)
    return caught.value


@pytest.mark.parametrize("backend", SERVERS)
def test_a_port_where_nobody_listens(backend: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refusal(backend, "127.0.0.1", port)
    assert error.sqlstate == "08001"
    assert f"127.0.0.1:{port}" in error.message
    assert "correct Host and Port, or start the server" in error.message


@pytest.mark.parametrize("backend", SERVERS)
def test_a_host_that_does_not_exist(backend: str) -> None:
    error = refusal(backend, "no-such-host.invalid", 1)  # RFC 6761: the name never resolves
    assert error.sqlstate == "08001"
    assert "no-such-host.invalid" in error.message
    assert "correct Host" in error.message
