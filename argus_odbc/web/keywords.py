"""Keywords of the engines that are reached over HTTP, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from argus_odbc.errors import DriverError
from argus_odbc.settings import SERVERS, Keyword, Settings

KEYWORDS = (
    Keyword("HTTPHeaders", "Headers to send with every request: `{Name=value;...}`.", kind="secret", backends=SERVERS),
    Keyword(
        "Proxy", "`http://host:port`, `https://host:port` or `socks5://host:port` of the proxy to go through, with "
        "`user:password@` where it wants a login; SOCKS needs python-socks (extra `socks`), https urllib3 (extra `tlsproxy`).",
        kind="secret",
        aliases=("HTTPProxy", "SOCKSProxy"), backends=SERVERS,
    ),
    Keyword(
        "AccessTokenCommand", "Program, with its arguments, that prints an access token; asked again when the server says "
        "that a token has expired.", backends=SERVERS, instead_of="AccessToken",
    ),
    Keyword(
        "KrbPrincipal", "Kerberos principal of this side; left out: the ticket cache's or the keytab's first.",
        aliases=("KerberosPrincipal",), backends=SERVERS,
    ),
    Keyword("KrbKeytab", "Keytab to get tickets with, in place of `kinit`.", aliases=("KerberosKeytab", "KerberosKeytabPath"),
        backends=SERVERS),
    Keyword(
        "KrbCache", "Ticket cache, such as `FILE:/run/tickets`; left out: the environment's (KRB5CCNAME).",
        aliases=("KerberosCredentialCachePath", "KerberosCache"), backends=SERVERS,
    ),
    Keyword(
        "KrbCanonicalize", "Host part of the server's Kerberos principal: `0` Host as it is written, `1` the name that the DNS "
        "has for it, `auto` as krb5.conf says.", kind="choice",
        choices={"auto": (), "0": ("false", "no", "off"), "1": ("true", "yes", "on")},
        aliases=("KerberosUseCanonicalHostname", "UseCanonicalHostname"), backends=SERVERS,
    ),
)  # fmt: skip


def own(settings: Settings, name: str, default: Any = "") -> Any:
    """The value of one of KEYWORDS."""
    return settings.own.get(name.lower(), default)


def secret_pairs(settings: Settings, name: str) -> Mapping[str, str]:
    """A secret keyword as pairs; no message shows its value."""
    text = own(settings, name)
    found = {}
    for part in text.split(";" if ";" in text else ","):
        key, equals, value = part.partition("=")
        if not part.strip():
            continue
        if not equals or not key.strip():
            raise DriverError(
                "HY000", 0, f"The keyword {name} takes name=value pairs, separated by semicolons inside braces"
            )
        found[key.strip()] = value.strip()
    return found


def custom_headers(settings: Settings) -> Mapping[str, str]:
    """The keyword HTTPHeaders."""
    headers = secret_pairs(settings, "HTTPHeaders")
    for name in headers:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or name.lower() in (
            "host",
            "content-length",
            "authorization",
        ):
            raise DriverError("HY000", 0, f"HTTPHeaders cannot set the header {name!r}")
    return headers
