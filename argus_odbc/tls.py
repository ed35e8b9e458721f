"""TLS as the SSL* keywords ask for it, for every engine that is reached over the network."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from argus_odbc import log
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings


def tls_context(settings: Settings) -> ssl.SSLContext:
    """What the SSL* keywords ask for."""
    context = ssl.create_default_context()
    lowest = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
    context.minimum_version = lowest[settings.ssl_min_version]
    if settings.ssl_verification != "full":
        context.check_hostname = False
        log.logger.warning(
            "SSLVerification=%s: %s", settings.ssl_verification,
            "any certificate of a trusted authority is taken, whatever host it is for" if settings.ssl_verification == "ca"
            else "any certificate is taken, so that others can listen in",
        )  # fmt: skip
    if settings.ssl_verification == "none":
        context.verify_mode = ssl.CERT_NONE
    if settings.ssl_ca_file:
        try:
            _trust(context, settings.ssl_ca_file)
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


def _trust(context: ssl.SSLContext, name: str) -> None:
    """A file of certificates, or a folder of such files: hashed as OpenSSL wants it, or just *.pem and *.crt."""
    if not os.path.isdir(name):
        context.load_verify_locations(cafile=name)
        return
    context.load_verify_locations(capath=name)
    for file in sorted(Path(name).iterdir()):
        if file.suffix in (".pem", ".crt") and file.is_file():
            context.load_verify_locations(cafile=file)
