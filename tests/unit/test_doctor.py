"""`argus-odbc doctor`: each thing that can stand in the way is broken once, and must be found and come with advice."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from argus_odbc import doctor
from argus_odbc.__main__ import main
from argus_odbc.doctor import FAIL, NOTE, OK, Finding, examine
from argus_odbc.errors import CAUSES, advice
from argus_odbc.install import InstallError, driver_file
from fakes.hs2 import ONE, FakeHS2, Result

MEMORY = "Backend=duckdb;Database=:memory:"
OPENING = {"SELECT current_database()": Result([("d", 7, "stringVal", {})], [[["default"]]])}
SELECT_1 = {"SELECT 1": ONE, **OPENING}


def findings(conn: str | None) -> list[Finding]:
    found = list(examine(conn))
    for finding in found:
        assert bool(finding.todo) == (finding.status == FAIL) or finding.status == NOTE, finding
        assert not finding.todo or finding.todo.endswith("."), finding
    return found


def failed(found: list[Finding]) -> list[str]:
    return [f.check for f in found if f.status == FAIL]


def only_failure(conn: str) -> Finding:
    """The one failure behind the checks of this machine."""
    found = findings(conn)
    (failure,) = [f for f in found if f.status == FAIL]
    assert failure is found[-1], "what comes after a failure would fail for the same reason"
    return failure


# ---- the machine ----


def test_all_is_well_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(MEMORY)
    assert failed(found) == []
    checks = {f.check for f in found if f.status == OK}
    assert checks >= {
        "driver file", "libraries", "Python", "libpython", "driver manager", "registration", "packages", "login", "query"
    }  # fmt: skip
    result = CliRunner().invoke(main, ["doctor", MEMORY])
    assert result.exit_code == 0, result.output
    assert "Nothing failed." in result.output
    assert str(driver_file()) in result.output


def test_nobody_has_registered_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ODBCSYSINI", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("ODBCINSTINI", "SYSODBCINSTINI"):
        monkeypatch.setenv(name, str(tmp_path / "odbcinst.ini"))
    found = findings(None)
    assert set(failed(found)) == {"registration"}
    assert all("argus-odbc install" in f.todo for f in found if f.status == FAIL)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "-> Run `argus-odbc install" in result.output


@pytest.mark.parametrize(
    ("registered", "status", "words"),
    [
        ("/no/such/libargus_odbc.so", FAIL, "/no/such/libargus_odbc.so, which does not exist"),
        (sys.executable, NOTE, "another copy"),
    ],
)
def test_the_registration_is_of_another_file(
    monkeypatch: pytest.MonkeyPatch, registered: str, status: str, words: str
) -> None:
    monkeypatch.setattr(doctor, "_registered", lambda: {"unixODBC": registered, "iODBC": None})
    found = [f for f in findings(None) if f.check == "registration"]
    assert [f.status for f in found] == [status]
    assert words in found[0].text


def test_no_driver_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_registered", lambda: {"unixODBC": None, "iODBC": None})
    (failure,) = [f for f in findings(None) if f.status == FAIL]
    assert failure.check == "driver manager"
    assert "apt install unixodbc" in failure.todo


def test_the_driver_was_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise InstallError("/x/libargus_odbc.so does not exist")

    monkeypatch.setattr(doctor, "driver_file", missing)
    assert "driver file" in failed(findings(None))


def test_a_library_of_the_driver_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is linked against a library which is then taken away."""
    for name, link in (("libgone.so", []), ("libargus_odbc.so", ["-L", str(tmp_path), "-Wl,--no-as-needed", "-lgone"])):
        (tmp_path / "a.c").write_text("int f(void) { return 0; }\n")
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-o", tmp_path / name, tmp_path / "a.c", *link], check=True, timeout=60
        )
    (tmp_path / "libgone.so").unlink()
    (tmp_path / "_core.abi3.so").symlink_to(next(driver_file().parent.glob("_core*.so")))
    monkeypatch.setattr(doctor, "driver_file", lambda: tmp_path / "libargus_odbc.so")
    found = [f for f in findings(None) if f.check == "libraries" and f.status == FAIL]
    assert len(found) == 1
    assert "libgone.so" in found[0].text
    assert "libgone.so" in found[0].todo


def test_a_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    found = findings(None)
    assert [f.status for f in found if "duckdb" in f.text and f.check == "packages"] == [NOTE]
    failure = only_failure(MEMORY)
    assert failure.check == "packages"
    assert "pip install 'argus-odbc[duckdb]'" in failure.todo


# ---- data sources ----


@pytest.mark.parametrize(
    ("lines", "failing", "words"),
    [
        ("Driver=Argus\nBackend=duckdb\n", [], ""),
        (f"Driver={driver_file()}\nBackend=duckdb\n", [], ""),
        ("Driver=PostgreSQL\nBackend=duckdb\n", ["data source"], "PostgreSQL"),
        ("Backend=duckdb\n", ["data source"], "no driver"),
        ("Driver=Argus\nBackend=duckdb\nPort=ten\n", ["settings"], "Port"),
        ("Driver=Argus\nBackend=dukdb\n", ["settings"], "dukdb"),
    ],
)
def test_data_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, failing: list[str], words: str
) -> None:
    (tmp_path / "odbc.ini").write_text(f"[Own]\n{lines}")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    found = findings("DSN=Own")
    assert failed(found) == failing
    assert all(words in f.text for f in found if f.status == FAIL)


def test_an_unknown_data_source_and_keyword() -> None:
    failure = only_failure("NoSuchSource")
    assert (failure.check, "NoSuchSource" in failure.text) == ("settings", True)
    assert any(f.status == NOTE and "Databse" in f.text for f in findings(MEMORY + ";Databse=x"))
    result = CliRunner().invoke(main, ["doctor", "--dsn", "NoSuchSource"])
    assert result.exit_code == 1
    assert CliRunner().invoke(main, ["doctor", "--dsn", "A", "B"]).exit_code == 2


# ---- servers ----


def test_every_step_to_a_server() -> None:
    with FakeHS2(SELECT_1) as server:
        found = findings(f"Backend=hive;Host=localhost;Port={server.port};UID=ann;PWD=hush")
    assert failed(found) == []
    assert [f.check for f in found[-4:]] == ["name", "port", "login", "query"]
    assert not any("hush" in f.text + f.todo for f in found)


def test_an_unknown_host() -> None:
    failure = only_failure("Backend=hive;Host=no-such-host.invalid")
    assert failure.check == "name"
    assert "no-such-host.invalid" in failure.todo


def test_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        failure = only_failure(f"Backend=spark;Host=127.0.0.1;Port={free.getsockname()[1]}")
    assert (failure.check, "nothing listens" in failure.text) == ("port", True)


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("Backend=hive", 10000),
        ("Backend=spark;SSL=1", 10000),
        ("Backend=impala", 21050),
        ("Backend=trino", 8080),
        ("Backend=trino;SSL=1", 8443),
        ("Backend=trino;SSL=1;Port=443", 443),
    ],
)
def test_the_usual_port_of_an_engine(monkeypatch: pytest.MonkeyPatch, text: str, port: int) -> None:
    def refuse(address: tuple[str, int], timeout: float) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(doctor.socket, "create_connection", refuse)
    assert only_failure(f"{text};Host=localhost").text == f"nothing listens on localhost:{port}"


def test_a_server_without_tls() -> None:
    with FakeHS2(SELECT_1, faults=["ssh"]) as server:
        failure = only_failure(f"Backend=hive;Host=127.0.0.1;Port={server.port};SSL=1;LoginTimeout=2")
    assert (failure.check, "SSL=0" in failure.todo) == ("TLS", True)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost that signs itself, and its key, in one file."""
    key, cert, both = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    both.write_text(key.read_text() + cert.read_text())
    return both


def test_tls_with_and_without_its_authority(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with FakeHS2(SELECT_1, tls=context) as server:
        conn = f"Backend=hive;Host=localhost;Port={server.port};UID=ann;PWD=x;SSL=1;LoginTimeout=5"
        failure = only_failure(conn)
        assert (failure.check, "SSLCAFile" in failure.todo) == ("TLS", True)
        found = findings(f"{conn};SSLCAFile={certificate}")
        assert failed(found) == []
        assert any(f.check == "TLS" and f.text.startswith("TLSv1.") for f in found)
        assert only_failure(f"{conn};SSLCAFile=/no/such/file").check == "TLS"


def test_a_wrong_password() -> None:
    with FakeHS2(SELECT_1, password="right") as server:
        failure = only_failure(f"Backend=hive;Host=localhost;Port={server.port};UID=ann;PWD=wrong-one")
    assert failure.check == "login"
    assert "28000" in failure.text
    assert "UID and PWD" in failure.todo
    assert "wrong-one" not in failure.text


def test_the_first_query_fails() -> None:
    with FakeHS2(OPENING) as server:
        failure = only_failure(f"Backend=hive;Host=localhost;Port={server.port};UID=ann;PWD=x")
    assert failure.check == "query"


# ---- causes ----


def test_every_cause_says_what_to_do() -> None:
    for state, _, text in CAUSES:
        assert len(state) == 5
        assert text.endswith(".")
        assert text[0].isupper()
    assert advice("28000", "refused").startswith("Correct UID")
    assert "SSLCAFile" in advice("08001", "The certificate of h:1 is not accepted")
    assert advice("XX000", "?")
