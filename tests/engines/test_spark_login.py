"""TLS with a SASL PLAIN login at a real Spark Thrift Server."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from argus_odbc.backends.spark import Spark
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.process import Server
from engines.spark import spark_thrift_server
from fetched import query

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cert.pem of `localhost`; beside it store.p12 with the key, password `changeit`."""
    folder = tmp_path_factory.mktemp("certificate")
    for command in (
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        ["pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-out", "store.p12", "-passout", "pass:changeit"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


@pytest.fixture(scope="module")
def server(certificate: Path) -> Iterator[Server]:
    store = {"keystore__path": str(certificate.with_name("store.p12")), "keystore__password": "changeit"}
    with spark_thrift_server("NONE", use__SSL="true", **store) as running:
        yield running


def test_tls_and_plain(server: Server, certificate: Path) -> None:
    where = {"host": "localhost", "port": server.port, "uid": "ann", "pwd": "secret", "login_timeout": 10}
    connected = Spark.connect(Settings(**where, ssl=True, ssl_ca_file=str(certificate)))
    assert query(connected, "SELECT current_user()") == [("ann",)]
    # More than one TLS record, and more than one page.
    assert query(connected, "SELECT count(*), max(length(s)) FROM (SELECT repeat('x', 100000) AS s)") == [(1, 100000)]
    assert len(query(connected, "SELECT repeat('y', 3000) FROM range(2500)")) == 2500
    assert connected.is_alive()
    connected.disconnect()


def test_without_tls_the_message_names_the_switch(server: Server) -> None:
    for mechanism in ("PLAIN", "NOSASL"):
        with pytest.raises(DriverError) as caught:
            Spark.connect(
                Settings(host="localhost", port=server.port, auth_mech=mechanism, uid="a", pwd="b", login_timeout=5)
            )
        assert caught.value.sqlstate in ("08001", "HYT00")
        assert "SSL=1" in caught.value.message


def test_an_unknown_authority_is_refused(server: Server) -> None:
    with pytest.raises(DriverError) as caught:
        Spark.connect(Settings(host="localhost", port=server.port, ssl=True, uid="a", login_timeout=10))
    assert caught.value.sqlstate == "08001"
    assert "SSLCAFile" in caught.value.message
