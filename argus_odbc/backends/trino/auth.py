"""The login of a connection to Trino."""

from __future__ import annotations

from argus_odbc.backends.trino.oauth2 import OAuth2Login
from argus_odbc.settings import Settings
from argus_odbc.web.auth import proof
from argus_odbc.web.login import Login, own_name, refuse_plain


def login(settings: Settings, encrypted: bool) -> Login:
    """What UID, PWD, AccessToken and AuthMech ask for. DriverError HY000 or 28000 for what cannot be."""
    if settings.auth_mech == "OAUTH2":
        refuse_plain(settings, encrypted, "An access token")
        return OAuth2Login(settings)
    found = proof(settings, encrypted, "latin-1")
    if found is not None:
        return found
    if settings.ssl_client_cert:
        return Login(settings.uid, "certificate")
    return Login(settings.uid or own_name(), "USER")
