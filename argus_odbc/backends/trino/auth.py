"""How a connection proves who it is: the Authorization header of its requests, and what is refused before any is sent."""

from __future__ import annotations

import base64
import getpass
from dataclasses import dataclass

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings


@dataclass(frozen=True)
class Login:
    """Who logs in, and how."""

    user: str
    mechanism: str
    """USER, PLAIN or JWT."""
    authorization: str = ""

    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization} if self.authorization else {}


def login(settings: Settings, encrypted: bool) -> Login:
    """What UID, PWD, AccessToken and AuthMech ask for. DriverError HY000 or HYC00 for what cannot be."""
    mechanism = settings.auth_mech
    if mechanism == "AUTO":
        mechanism = "JWT" if settings.access_token else "PLAIN" if settings.pwd else "USER"
    if mechanism == "NOSASL":
        mechanism = "USER"
    if mechanism == "KERBEROS":
        raise DriverError(
            "HYC00", 0, "AuthMech=KERBEROS is not built yet for Trino; AuthMech may be USER, PLAIN or JWT"
        )
    if mechanism == "JWT":
        if not settings.access_token:
            raise DriverError("HY000", 0, "AuthMech=JWT needs an AccessToken")
        _refuse_plain(settings, encrypted, "An access token")
        token = settings.access_token.strip()
        if not token.isascii() or any(c.isspace() for c in token):
            raise DriverError("HY000", 0, "The AccessToken has spaces or letters that no token has")
        return Login(settings.uid or _own_name(), mechanism, f"Bearer {token}")
    if mechanism == "PLAIN":
        if not settings.uid:
            raise DriverError("28000", 0, "A password needs a user: set UID")
        if ":" in settings.uid:
            raise DriverError("28000", 0, "A user name with a colon cannot log in with a password (RFC 7617)")
        _refuse_plain(settings, encrypted, "A password")
        pair = f"{settings.uid}:{settings.pwd}".encode()
        return Login(settings.uid, mechanism, "Basic " + base64.b64encode(pair).decode())
    return Login(settings.uid or _own_name(), "USER")


def _refuse_plain(settings: Settings, encrypted: bool, what: str) -> None:
    if not encrypted and not settings.allow_plain_password:
        raise DriverError(
            "28000",
            0,
            f"{what} is not sent over HTTP, where everybody on the way can read it: set SSL=1 (and the server's HTTPS "
            "port), or AllowPlainPassword=1 if the way is safe",
        )


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "argus"
