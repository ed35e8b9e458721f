"""Connection strings by the rules of SQLDriverConnect, and data sources, the string winning."""

from __future__ import annotations

from pathlib import Path

import pytest

from argus_odbc import connstr
from argus_odbc.connstr import format_connection_string, parse_connection_string, resolve
from argus_odbc.errors import DriverError
from argus_odbc.settings import KEYWORDS, NO_EFFECT, Keyword

# ---- syntax: the grammar of SQLDriverConnect ("connection-string ::= attribute[;] | attribute; connection-string") ----


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        (";;", []),
        ("A=1", [("A", "1")]),
        ("A=1;", [("A", "1")]),
        (" A = 1 ; B= 2 ", [("A", "1"), ("B", "2")]),
        ("A=;B=2", [("A", ""), ("B", "2")]),
        ("A={x;y}", [("A", "x;y")]),
        ("A={x}}y};B=2", [("A", "x}y"), ("B", "2")]),
        ("A={}", [("A", "")]),
        ("A={}}}", [("A", "}")]),
        ("A={{}", [("A", "{")]),
        ("A={ keeps its blanks };B=1", [("A", " keeps its blanks "), ("B", "1")]),
        ("A=x=y", [("A", "x=y")]),
        ("A=a{b}c", [("A", "a{b}c")]),
        ("A={a} ;B=1", [("A", "a"), ("B", "1")]),
        ("A=1\0", [("A", "1")]),
        ("Ä=ö😀", [("Ä", "ö😀")]),
    ],
)
def test_syntax(text: str, pairs: list[tuple[str, str]]) -> None:
    assert parse_connection_string(text) == pairs


@pytest.mark.parametrize(
    ("text", "named"), [("PWD={hush", "PWD"), ("PWD={hu}sh};A=1", "PWD"), ("A=1;Token={x}y", "Token")]
)
def test_braces_that_do_not_match_are_refused_without_the_value(text: str, named: str) -> None:
    with pytest.raises(DriverError) as caught:
        parse_connection_string(text)
    assert caught.value.sqlstate == "HY000"
    assert named in caught.value.message
    assert "hu" not in caught.value.message


@pytest.mark.parametrize("value", ["", "a", " a", "a;b", "}", "{", "{a}", "a}}b", "[](),;?*=!@", "ä😀", "a=b", "x\ty"])
def test_what_is_written_is_read_back(value: str) -> None:
    assert parse_connection_string(format_connection_string([("A", value), ("B", "1")])) == [("A", value), ("B", "1")]


def test_a_loose_part_is_warned_about_and_not_shown() -> None:
    _, _, warnings = resolve("Backend=duckdb;PWD=one;two")
    (warning,) = warnings
    assert warning[0] == "01S00"
    assert "PWD" in warning[2]
    assert "two" not in warning[2]


# ---- which value counts ----


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Host=a;Host=b", "a"),
        ("Server=a;Host=b", "a"),
        ("HOST=a", "a"),
        ("sErVeR=a", "a"),
        ("Host=;Server=b", ""),
    ],
)
def test_the_first_of_repeated_keywords_counts(text: str, host: str) -> None:
    settings, _, _ = resolve("Backend=spark;" + text)
    assert settings.host == host


@pytest.fixture
def ini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes the user's and the system's odbc.ini."""
    monkeypatch.setenv("ODBCINI", str(tmp_path / "user.ini"))
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SYSODBCINI", raising=False)

    def write(user: str, system: str = "") -> None:
        (tmp_path / "user.ini").write_text(user)
        (tmp_path / "odbc.ini").write_text(system)

    return write


OWN = """
; a comment
[ODBC Data Sources]
Own = Argus

[Own]
Driver = Argus
# another
Backend = spark
SERVER = from.ini
Port = 1
uid = ann
Password = a;b {c} # is all of it
"""


def test_values_of_the_data_source_with_the_string_winning(ini) -> None:
    ini(OWN)
    settings, completed, warnings = resolve("DSN=own;Port=2;User=bob")
    assert (settings.backend, settings.host, settings.port, settings.uid) == ("spark", "from.ini", 2, "bob")
    assert settings.pwd == "a;b {c} # is all of it"
    assert settings.dsn == "own"
    assert warnings == []
    assert completed == "DSN=own;Port=2;User=bob;"


def test_arguments_of_sqlconnect_win_over_the_data_source(ini) -> None:
    ini(OWN)
    settings, _, _ = resolve("", dsn="Own", uid="eve", pwd="x")
    assert (settings.host, settings.uid, settings.pwd) == ("from.ini", "eve", "x")
    settings, _, _ = resolve("", dsn="Own", uid="", pwd="")
    assert settings.uid == "ann"


def test_the_users_file_is_asked_before_the_systems(ini) -> None:
    ini("[Own]\nBackend=spark\nHost=user\n", "[Own]\nHost=system\n[Theirs]\nBackend=spark\nHost=system\n")
    assert resolve("DSN=Own")[0].host == "user"
    assert resolve("DSN=Theirs")[0].host == "system"


def test_the_default_section_serves_an_unknown_name(ini) -> None:
    ini("[Default]\nBackend=spark\nHost=fallback\n")
    assert resolve("DSN=Nobody")[0].host == "fallback"


def test_an_unknown_data_source_is_named_with_the_nearest(ini) -> None:
    ini("[Sales]\nBackend=duckdb\n")
    with pytest.raises(DriverError) as caught:
        resolve("DSN=Salse")
    assert caught.value.sqlstate == "IM002"
    assert "Salse" in caught.value.message
    assert '"Sales"' in caught.value.message


def test_of_driver_and_dsn_the_first_decides(ini) -> None:
    ini(OWN)
    assert resolve("Driver=Argus;DSN=Own;Backend=duckdb")[0].host == ""
    assert resolve("DSN=Own;Driver=Argus")[0].host == "from.ini"


def test_a_file_data_source(tmp_path: Path) -> None:
    file = tmp_path / "a.dsn"
    file.write_text("[ODBC]\nDriver=Argus\nBackend=spark\nHost=in.file\n")
    assert resolve(f"FILEDSN={file};Port=3")[0].host == "in.file"
    with pytest.raises(DriverError, match="cannot be read"):
        resolve(f"FILEDSN={tmp_path / 'none.dsn'}")


# ---- what is given back ----


def test_the_completed_string_has_a_password_only_where_the_application_gave_it(ini) -> None:
    ini(OWN)
    assert "a;b" not in resolve("DSN=Own")[1]
    _, completed, _ = resolve("DSN=Own;PWD={x;y}")
    assert completed == "DSN=Own;PWD={x;y};"
    assert "secret" not in resolve("", dsn="Own", pwd="")[1]


# ---- warnings and refusals ----


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("Hst=a", "Host"), ("Pasword=x", "PWD"), ("Autmech=PLAIN", "AuthMech"), ("Usr=a", "UID"), ("zzzzqqq=1", None)],
)
def test_an_unknown_keyword_is_warned_about_with_the_nearest(text: str, nearest: str | None) -> None:
    _, _, warnings = resolve("Backend=duckdb;" + text)
    (warning,) = warnings
    assert warning[0] == "01S00"
    assert f'"{text.split("=")[0]}"' in warning[2]
    assert ("did you mean" in warning[2]) == (nearest is not None)
    if nearest:
        assert f'"{nearest}"' in warning[2]


@pytest.mark.parametrize("name", NO_EFFECT)
def test_keywords_of_others_that_are_always_so_here_pass(name: str) -> None:
    assert resolve(f"Backend=duckdb;{name}=1")[2] == []


def test_a_keyword_of_another_engine_is_warned_about() -> None:
    _, _, warnings = resolve("Backend=duckdb;KrbRealm=X")
    assert [w[0] for w in warnings] == ["01S00"]
    assert "KrbRealm" in warnings[0][2]
    assert "hive" in warnings[0][2]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Port=ten", "Port"),
        ("PortNumber=70000", "Port"),
        ("Port=-1", "Port"),
        ("SSL=perhaps", "SSL"),
        ("AuthMech=99", "AuthMech"),
        ("StringLength=0", "StringLength"),
        ("LogLevel=LOUD", "LogLevel"),
        ("SessionProperties={a}", "SessionProperties"),
        ("AllowSelfSignedServerCert=maybe", "AllowSelfSignedServerCert"),
    ],
)
def test_a_bad_value_is_refused_with_the_keyword(text: str, named: str) -> None:
    with pytest.raises(DriverError) as caught:
        resolve("Backend=spark;Host=h;" + text)
    assert caught.value.sqlstate == "HY000"
    assert named in caught.value.message
    value = text.split("=", 1)[1].strip("{}")
    assert value in caught.value.message


def test_a_host_needs_a_backend() -> None:
    with pytest.raises(DriverError, match="Backend"):
        resolve("Host=h")
    assert resolve("")[0].backend == "duckdb"


@pytest.mark.parametrize(
    ("text", "verification"),
    [
        ("AllowSelfSignedServerCert=1", "none"),
        ("AllowSelfSignedServerCert=0", "full"),
        ("AllowHostNameCNMismatch=1", "ca"),
        ("CAIssuedCertNamesMismatch=1", "ca"),
        ("SSLVerification=ca;AllowSelfSignedServerCert=1", "ca"),
    ],
)
def test_switches_of_other_drivers(text: str, verification: str) -> None:
    settings, _, warnings = resolve("Backend=spark;Host=h;SSL=1;" + text)
    assert settings.ssl_verification == verification
    assert warnings == []


def test_session_properties_from_both_spellings() -> None:
    settings, _, _ = resolve("Backend=spark;Host=h;SessionProperties={a=1;b=x,y};SSP_spark.sql.ansi.enabled=true")
    assert dict(settings.session_properties) == {"a": "1", "b": "x,y", "spark.sql.ansi.enabled": "true"}


@pytest.mark.parametrize(("backend", "attribute"), [("spark", "schema"), ("hive", "schema"), ("trino", "catalog")])
def test_database_is_what_the_engine_has_of_it(backend: str, attribute: str) -> None:
    settings, _, _ = resolve(f"Backend={backend};Host=h;Database=d")
    assert getattr(settings, attribute) == "d"
    with pytest.raises(DriverError, match="Database"):
        resolve(f"Backend={backend};Host=h;Database=d;{attribute}=e")


def test_keywords_of_a_backends_own() -> None:
    own = (Keyword("Pebbles", "How many.", kind="integer", aliases=("Stones",)),)
    settings, _, warnings = resolve("Backend=duckdb;stones=3;Peb=1", own_keywords=lambda _: own)
    assert settings.own == {"pebbles": 3}
    assert [w[0] for w in warnings] == ["01S00"]


def test_repr_has_no_secret() -> None:
    text = "Backend=spark;Host=h;" + ";".join(f"{k.name}=hush" for k in KEYWORDS.values() if k.secret)
    assert "hush" not in repr(resolve(text)[0])


def test_an_ini_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.ini").write_bytes("\ufeff[Žaba]\nHost = ž\n".encode())
    assert connstr.read_ini(tmp_path / "a.ini") == {"Žaba": [("Host", "ž")]}
