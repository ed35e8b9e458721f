"""Connecting to what is not the server that was meant: the error says what answered, and which keyword to change."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from argus_odbc.backends.hive import Hive
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from fakes.hs2 import FakeHS2
from fetched import all_rows, execute, query


def connect(port: int, mechanism: str, **more: Any) -> Hive:
    return Hive.connect(
        Settings(host="127.0.0.1", port=port, auth_mech=mechanism, uid="ann", pwd="x", login_timeout=1, **more)
    )


def refusal(port: int, mechanism: str, **more: Any) -> DriverError:
    with pytest.raises(DriverError) as caught:
        connect(port, mechanism, **more)
    return caught.value


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        e = refusal(free.getsockname()[1], "PLAIN")
    assert e.sqlstate == "08001"
    assert "refused" in e.message


def test_unknown_host() -> None:
    with pytest.raises(DriverError) as caught:
        Hive.connect(Settings(host="no-such-host.invalid", login_timeout=5))
    assert caught.value.sqlstate == "08001"
    assert "no-such-host.invalid" in caught.value.message


@pytest.mark.parametrize(
    ("fault", "sasl", "mechanism", "state", "words"),
    [
        ("http", True, "PLAIN", "08001", "Transport=http"),
        ("http", False, "NOSASL", "08001", "Transport=http"),
        ("tls alert", True, "PLAIN", "08001", "SSL=1"),
        ("tls alert", False, "NOSASL", "08001", "SSL=1"),
        ("ssh", True, "PLAIN", "08001", "no HiveServer2"),
        ("ssh", False, "NOSASL", "08001", "no HiveServer2"),
        ("close at once", True, "PLAIN", "08001", "AuthMech=NOSASL"),
        ("close at once", False, "NOSASL", "08001", "AuthMech=PLAIN"),
        ("silent", True, "PLAIN", "HYT00", "AuthMech=NOSASL"),
        ("other mechanism", True, "PLAIN", "28000", "AuthMech"),
    ],
)
def test_foreign_peer(fault: str, sasl: bool, mechanism: str, state: str, words: str) -> None:
    with FakeHS2(sasl=sasl, faults=[fault]) as server:
        e = refusal(server.port, mechanism)
    assert e.sqlstate == state
    assert words in e.message
    assert "127.0.0.1" in e.message


def test_login_where_none_is_taken() -> None:
    with FakeHS2(sasl=False) as server:
        e = refusal(server.port, "PLAIN")
    assert e.sqlstate in ("08001", "HYT00")
    assert "AuthMech=NOSASL" in e.message


def test_no_login_where_one_is_wanted() -> None:
    with FakeHS2(sasl=True) as server:
        e = refusal(server.port, "NOSASL")
    assert e.sqlstate == "08001"
    assert "AuthMech=PLAIN" in e.message


def test_tls_to_a_plain_server() -> None:
    with FakeHS2() as server:
        e = refusal(server.port, "PLAIN", ssl=True)
    assert e.sqlstate in ("08001", "HYT00")
    assert "SSL=0" in e.message


# ---- TLS ----


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate of `localhost` in one PEM file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem",
        ],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def tls_settings(port: int, host: str = "localhost", **more: Any) -> Settings:
    return Settings(host=host, port=port, auth_mech="PLAIN", uid="ann", pwd="x", ssl=True, login_timeout=5, **more)


def test_tls_with_a_trusted_certificate(tls: ssl.SSLContext, certificate: Path) -> None:
    with FakeHS2(tls=tls) as server:
        connected = Hive.connect(tls_settings(server.port, ssl_ca_file=str(certificate)))
        assert query(connected, "select 1") == [(1,)]
        assert connected.is_alive()
        server.drop()
        connected.disconnect()


def test_tls_refuses_an_unknown_certificate(tls: ssl.SSLContext) -> None:
    with FakeHS2(tls=tls) as server:
        with pytest.raises(DriverError) as caught:
            Hive.connect(tls_settings(server.port))
        assert caught.value.sqlstate == "08001"
        assert "SSLCAFile" in caught.value.message
        Hive.connect(tls_settings(server.port, ssl_verification="none")).disconnect()


def test_tls_checks_the_name_unless_told_not_to(tls: ssl.SSLContext, certificate: Path) -> None:
    with FakeHS2(tls=tls) as server:
        with pytest.raises(DriverError) as caught:
            Hive.connect(tls_settings(server.port, "127.0.0.1", ssl_ca_file=str(certificate)))
        assert "SSLVerification" in caught.value.message
        trusting = tls_settings(server.port, "127.0.0.1", ssl_ca_file=str(certificate), ssl_verification="ca")
        Hive.connect(trusting).disconnect()


def test_plain_to_a_tls_server(tls: ssl.SSLContext) -> None:
    with FakeHS2(tls=tls) as server:
        e = refusal(server.port, "PLAIN")
    assert e.sqlstate == "08001"
    assert "SSL=1" in e.message


def test_certificate_file_that_is_none(tmp_path: Path) -> None:
    with FakeHS2() as server:
        with pytest.raises(DriverError) as caught:
            Hive.connect(tls_settings(server.port, ssl_ca_file=str(tmp_path / "absent.pem")))
    assert "absent.pem" in caught.value.message


# ---- broken in the middle ----


@pytest.mark.parametrize("sasl", [True, False], ids=["sasl", "nosasl"])
@pytest.mark.parametrize("call", ["ExecuteStatement", "GetOperationStatus", "GetResultSetMetadata"])
@pytest.mark.parametrize("fault", ["close before", "half"])
def test_execute_breaks(fault: str, call: str, sasl: bool) -> None:
    with FakeHS2(sasl=sasl, faults=[f"{fault} {call}"]) as server:
        connected = connect(server.port, "PLAIN" if sasl else "NOSASL")
        with pytest.raises(DriverError) as caught:
            execute(connected, "select 1")
        assert caught.value.sqlstate == "08S01"
        assert not connected.is_alive()
        connected.disconnect()


FETCH_FAULTS = ["close before", "half", "damage", "wrong number"]


@pytest.mark.parametrize(
    ("fault", "sasl"),
    # Without SASL messages have no lengths.
    [*((fault, sasl) for fault in FETCH_FAULTS for sasl in (True, False)), ("long length", True)],
)
def test_fetch_breaks(fault: str, sasl: bool) -> None:
    name = fault if fault == "wrong number" else f"{fault} FetchResults"
    with FakeHS2(sasl=sasl, faults=[name]) as server:
        connected = connect(server.port, "PLAIN" if sasl else "NOSASL", socket_timeout=2)
        operation = execute(connected, "select 1")
        with pytest.raises(DriverError) as caught:
            all_rows(operation)
        assert caught.value.sqlstate in ("08S01", "HYT01")
        operation.close()
        connected.disconnect()


def test_an_answer_that_takes_too_long() -> None:
    with FakeHS2(faults=["late FetchResults"]) as server:
        connected = connect(server.port, "PLAIN", socket_timeout=1)
        operation = execute(connected, "select 1")
        with pytest.raises(DriverError) as caught:
            operation.fetch_results()
        assert caught.value.sqlstate == "HYT01"
        assert "SocketTimeout" in caught.value.message
        connected.disconnect()
