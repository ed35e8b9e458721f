"""Kerberos: a token of SPNEGO (RFC 4559) for each request, from a ticket cache or a keytab, through the library gssapi."""

from __future__ import annotations

import base64
import os
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web.keywords import own
from argus_odbc.web.login import Login

if TYPE_CHECKING:
    from argus_odbc.web.http import Address

SPNEGO = "1.3.6.1.5.5.2"

CREDENTIAL_SECONDS = 60
"""How long a credential is used before cache or keytab are looked at again: `kinit` may have renewed the ticket."""


class KerberosLogin(Login):
    """The settings Krb* as a login."""

    repeats = False

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.uid, "KERBEROS")
        self._gssapi = _library()
        self._settings = settings
        self._service = settings.krb_service_name or "HTTP"
        self._lock = threading.Lock()
        self._credential: Any = None
        self._until = 0.0
        self._names: dict[str, Any] = {}
        self._keytab_cache = f"MEMORY:argus-{uuid.uuid4().hex}"
        keytab = own(settings, "KrbKeytab")
        if keytab and not os.access(keytab.removeprefix("FILE:"), os.R_OK):
            raise DriverError("28000", 0, f"KrbKeytab {keytab!r} cannot be read")

    def headers(self, address: Address) -> dict[str, str]:
        """A token of its own for each request, since the server takes none twice."""
        gssapi = self._gssapi
        target = f"{self._service}/{address.host}"
        try:
            with self._lock:
                name = self._name(address.host)
                target = str(name)
                context = gssapi.SecurityContext(
                    name=name, creds=self._own_credential(), usage="initiate", mech=gssapi.OID.from_int_seq(SPNEGO)
                )
                token = context.step()
        except gssapi.exceptions.GSSError as e:
            raise self._refusal(e, target) from e
        return {"Authorization": "Negotiate " + base64.b64encode(token or b"").decode()}

    def _name(self, host: str) -> Any:
        """The server's principal, by the rules of KrbCanonicalize."""
        if host not in self._names:
            self._names[host] = self._make_name(host)
        return self._names[host]

    def _make_name(self, host: str) -> Any:
        kind = self._gssapi.NameType
        rule = own(self._settings, "KrbCanonicalize") or "auto"
        given = self._settings.krb_host_fqdn
        realm = self._settings.krb_realm
        if given and given != "_HOST":
            host = given
        elif rule == "1":
            host = canonical(host)
        elif rule == "auto" and not realm:
            return self._gssapi.Name(f"{self._service}@{host}", kind.hostbased_service)
        # Without a realm krb5.conf's [domain_realm] and the KDC's referrals decide.
        return self._gssapi.Name(f"{self._service}/{host}@{realm}", kind.kerberos_principal)

    def _own_credential(self) -> Any:
        """Whose ticket: of the keytab, of the cache, or of the environment's usual cache."""
        if self._credential is not None and time.monotonic() < self._until:
            return self._credential
        store: dict[str, str] = {}
        keytab, cache = own(self._settings, "KrbKeytab"), own(self._settings, "KrbCache")
        if keytab:
            store = {"client_keytab": keytab, "ccache": cache or self._keytab_cache}
        elif cache:
            store = {"ccache": cache}
        principal = own(self._settings, "KrbPrincipal")
        name = self._gssapi.Name(principal, self._gssapi.NameType.kerberos_principal) if principal else None
        self._credential = self._gssapi.Credentials(usage="initiate", name=name, store=store or None)
        self._until = time.monotonic() + CREDENTIAL_SECONDS
        return self._credential

    def _refusal(self, e: Any, target: str) -> DriverError:
        """What Kerberos says, and what to do about it."""
        self._credential = None
        said = e.get_all_statuses(e.min_code, False) if e.min_code else e.get_all_statuses(e.maj_code, True)
        text = "; ".join(part for part in said if part) or type(e).__name__
        if own(self._settings, "KrbKeytab"):
            hint = "correct KrbKeytab, KrbPrincipal and the realm's entry in krb5.conf (KRB5_CONFIG)"
        else:
            hint = "run kinit, or set KrbKeytab (with KrbPrincipal) or KrbCache"
        if "not found in Kerberos database" in text:
            hint = "correct KrbServiceName, KrbHostFQDN, KrbRealm or KrbCanonicalize"
        return DriverError("28000", e.min_code or e.maj_code, f"No Kerberos ticket for {target}: {text}; {hint}")


def canonical(host: str) -> str:
    """The name that the DNS has for a host; the host itself where it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    except OSError:
        return host
    return (found[0][3] or host).lower() if found else host


def _library() -> Any:
    try:
        import gssapi
        import gssapi.exceptions
    except ImportError as e:
        raise DriverError(
            "HY000", 0, "AuthMech=KERBEROS needs the Python package gssapi: pip install 'argus-odbc[kerberos]' (it builds "
            f"against libkrb5-dev on Debian, krb5-devel on Fedora); the import says: {e}",
        ) from e  # fmt: skip
    return gssapi
