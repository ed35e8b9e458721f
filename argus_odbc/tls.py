"""TLS as the SSL* keywords ask for it, for every engine that is reached over the network."""

from __future__ import annotations

import os
import ssl

from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings


def tls_context(settings: Settings) -> ssl.SSLContext:
    """What the SSL* keywords ask for."""
    context = ssl.create_default_context()
    lowest = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    context.minimum_version = lowest[settings.ssl_min_version]
    if settings.ssl_verification != "full":
        context.check_hostname = False
    if settings.ssl_verification == "none":
        context.verify_mode = ssl.CERT_NONE
    if settings.ssl_ca_file:
        folder = os.path.isdir(settings.ssl_ca_file)
        try:
            context.load_verify_locations(**{"capath" if folder else "cafile": settings.ssl_ca_file})
        except OSError as e:
            raise DriverError(
                "08001", 0, f"SSLCAFile {settings.ssl_ca_file!r} cannot be read as certificates: {e}"
            ) from e
    if settings.ssl_client_cert:
        try:
            context.load_cert_chain(
                settings.ssl_client_cert, settings.ssl_client_key or None, settings.ssl_client_key_password or None
            )
        except OSError as e:
            raise DriverError("08001", 0, f"SSLClientCert {settings.ssl_client_cert!r} cannot be used: {e}") from e
    return context
