"""Which login UID, PWD, AccessToken and AuthMech ask for, and what is refused before anything is sent."""

from __future__ import annotations

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.kerberos import KerberosLogin
from argus_odbc.web.keywords import own
from argus_odbc.web.login import CommandLogin, Login, basic, bearer, refuse_plain


def proof(settings: Settings, encrypted: bool, charset: str) -> Login | None:
    """A login by password, token or ticket; None where a name or a certificate is all there is, or another way is asked for.

    `charset` is how the server reads a password's letters. DriverError HY000 or 28000 for what cannot be.
    """
    command = own(settings, "AccessTokenCommand")
    mechanism = settings.auth_mech
    if mechanism == "AUTO":
        mechanism = "JWT" if settings.access_token or command else "PLAIN" if settings.pwd else "USER"
    if mechanism == "KERBEROS":
        # A ticket is for this server alone and for one use, so that HTTP leaks none.
        return KerberosLogin(settings)
    if mechanism == "JWT":
        if not settings.access_token and not command:
            raise DriverError("HY000", 0, "AuthMech=JWT needs an AccessToken or an AccessTokenCommand")
        refuse_plain(settings, encrypted, "An access token")
        if settings.access_token:
            return Login(settings.uid, mechanism, bearer(settings.access_token))
        return CommandLogin(settings.uid, command)
    if mechanism == "PLAIN":
        if not settings.uid:
            raise DriverError("28000", 0, "A password needs a user: set UID")
        if ":" in settings.uid:
            raise DriverError("28000", 0, "A user name with a colon cannot log in with a password (RFC 7617)")
        refuse_plain(settings, encrypted, "A password")
        return Login(settings.uid, mechanism, basic(settings.uid, settings.pwd, charset))
    return None
