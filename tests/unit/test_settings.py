"""The table of keywords: names people know from other drivers, values, addresses."""

from __future__ import annotations

import pytest

from argus_odbc.connstr import resolve
from argus_odbc.errors import DriverError
from argus_odbc.settings import KEYWORDS, NO_EFFECT, TRANSLATED, Settings, attribute_names

# AuthMech as the documentation of other drivers for these engines numbers it, and the names that people use for it.
AUTH_MECHS = {
    "NOSASL": ("0", "NOSASL", "nosasl"),
    "KERBEROS": ("1", "KERBEROS", "GSSAPI", "Kerberos"),
    "USER": ("2", "NONE", "USERNAME"),
    "PLAIN": ("3", "PLAIN", "LDAP", "BASIC"),
    "JWT": ("11", "JWT", "TOKEN"),
    "AUTO": ("AUTO", ""),
}


@pytest.mark.parametrize(("spelling", "meaning"), [(s, m) for m, names in AUTH_MECHS.items() for s in names])
def test_auth_mech_by_name_and_number(spelling: str, meaning: str) -> None:
    assert resolve(f"Backend=hive;Host=h;AuthMech={spelling}")[0].auth_mech == meaning


@pytest.mark.parametrize(
    ("alias", "value", "attribute", "expected"),
    [
        ("Server", "h", "host", "h"),
        ("Port", "7", "port", 7),
        ("User", "ann", "uid", "ann"),
        ("Username", "ann", "uid", "ann"),
        ("Password", "x", "pwd", "x"),
        ("SSL", "1", "ssl", True),
        ("UseSSL", "no", "ssl", False),
        ("TrustedCerts", "/c.pem", "ssl_ca_file", "/c.pem"),
        ("RowsFetchedPerBlock", "10", "fetch_size", 10),
        ("DefaultStringColumnLength", "255", "string_length", 255),
        ("Auth_AccessToken", "t", "access_token", "t"),
        ("ConnectTimeout", "3", "login_timeout", 3),
        ("Schema", "s", "schema", "s"),
    ],
)
def test_names_of_other_drivers(alias: str, value: str, attribute: str, expected: object) -> None:
    text = f"Backend=hive;{alias}={value}" + ("" if attribute == "host" else ";Host=h")
    settings, _, warnings = resolve(text)
    assert getattr(settings, attribute) == expected
    assert warnings == []


def test_no_spelling_means_two_things() -> None:
    spelled = [s.lower() for k in KEYWORDS.values() for s in (k.name, *k.aliases)]
    others = [n.lower() for n in (*NO_EFFECT, *TRANSLATED)]
    assert len(spelled) == len(set(spelled)) == len(attribute_names())
    assert len(others) == len(set(others))
    assert not set(spelled) & set(others)


def test_every_keyword_has_a_help_and_a_sane_default() -> None:
    for attribute, keyword in KEYWORDS.items():
        assert keyword.help.endswith("."), keyword.name
        default = getattr(Settings(), attribute)
        if keyword.kind == "integer":
            assert keyword.low <= default <= keyword.high, keyword.name
        if keyword.kind == "choice":
            assert default in keyword.choices, keyword.name


@pytest.mark.parametrize("text", ["1", "true", "YES", "On", "y", "T"])
def test_flags_that_are_on(text: str) -> None:
    assert KEYWORDS["ssl"].read(text) is True


@pytest.mark.parametrize("text", ["0", "false", "NO", "off", "n", "F"])
def test_flags_that_are_off(text: str) -> None:
    assert KEYWORDS["ssl"].read(text) is False


def test_a_secret_that_cannot_be_is_not_shown() -> None:
    from argus_odbc.settings import refused

    assert "hush" not in refused(KEYWORDS["pwd"], "hush", "another").message


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("a", 0, [("a", 10000)]),
        ("a", 7, [("a", 7)]),
        ("a:8", 7, [("a", 8)]),
        ("a:8, b", 7, [("a", 8), ("b", 7)]),
        ("::1", 0, [("::1", 10000)]),
        ("[::1]:9", 0, [("::1", 9)]),
        ("[fe80::1]", 0, [("fe80::1", 10000)]),
        ("", 0, []),
    ],
)
def test_addresses(host: str, port: int, expected: list[tuple[str, int]]) -> None:
    assert Settings(host=host, port=port).addresses(10000) == expected


@pytest.mark.parametrize("host", ["a:99999", "a:b"])
def test_addresses_that_cannot_be(host: str) -> None:
    with pytest.raises(DriverError, match="Host"):
        Settings(host=host).addresses(1)
