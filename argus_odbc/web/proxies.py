"""Proxies on the way to a coordinator: HTTP ones, which tunnel TLS and pass plain requests on, and SOCKS ones.

An HTTP proxy may want TLS itself (https://); what it tunnels is then TLS inside of TLS.
"""

from __future__ import annotations

import base64
import dataclasses
import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from argus_odbc import tls
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings


@dataclass(frozen=True)
class Proxy:
    """A proxy to go through."""

    scheme: str
    """http, socks4 or socks5; http for https too, with a context."""
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """How to speak TLS with the proxy itself; None: not at all."""

    def headers(self) -> Mapping[str, str]:
        """What an HTTP proxy wants to see of a login."""
        if not self.user:
            return {}
        pair = f"{self.user}:{self.password}".encode()
        return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}


def proxy(text: str, settings: Settings) -> Proxy | None:
    """The value of the keyword Proxy. TLS with the proxy is as the SSL* keywords say, without the client's certificate."""
    if not text:
        return None
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port
    except ValueError:
        port = None
    scheme = {"socks5h": "socks5", "socks4a": "socks4"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https", "socks4", "socks5") or not parts.hostname or not port:
        raise DriverError(
            "HY000",
            0,
            "The keyword Proxy takes http://host:port, https://host:port, socks5://host:port or socks4://host:port",
        )
    context = None
    if scheme == "https":
        _transport()
        scheme, context = "http", tls.tls_context(dataclasses.replace(settings, ssl_client_cert=""))
    found = Proxy(scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), context)
    if scheme != "http":
        through_socks(found)
    return found


def through_socks(proxy: Proxy) -> Callable[..., socket.socket]:
    """Opens connections like socket.create_connection, through a SOCKS proxy that also resolves the name."""
    try:
        from python_socks import ProxyError, ProxyType
        from python_socks.sync import Proxy as Socks
    except ImportError as e:
        raise DriverError(
            "HY000", 0, "A SOCKS proxy needs the Python package python-socks: pip install 'argus-odbc[socks]'"
        ) from e
    kind = ProxyType.SOCKS4 if proxy.scheme == "socks4" else ProxyType.SOCKS5

    def connect(where: tuple[str, int], timeout: float | None = None, source: object = None) -> socket.socket:
        way = Socks(kind, proxy.host, proxy.port, proxy.user or None, proxy.password or None, rdns=True)
        try:
            return way.connect(where[0], where[1], timeout)
        except ProxyError as e:
            raise ConnectionError(f"the SOCKS proxy {proxy.host}:{proxy.port} refuses: {e}") from e

    return connect


def through_tls(proxy: Proxy) -> Callable[..., socket.socket]:
    """Opens connections like socket.create_connection, in TLS with the proxy."""

    def connect(where: tuple[str, int], timeout: float | None = None, source: object = None) -> socket.socket:
        assert proxy.context is not None
        opened = socket.create_connection(where, timeout)
        try:
            return proxy.context.wrap_socket(opened, server_hostname=proxy.host)
        except ssl.SSLError as e:
            opened.close()
            why = e.verify_message if isinstance(e, ssl.SSLCertVerificationError) else e.reason or e
            raise ConnectionError(
                f"no TLS with the proxy {proxy.host}:{proxy.port} ({why}); SSLCAFile may name its authority, and "
                "http:// is for a proxy without TLS"
            ) from e

    return connect


class Tunnel(http.client.HTTPSConnection):
    """TLS with a coordinator, inside of the TLS with a proxy."""

    def __init__(self, *args: Any, context: ssl.SSLContext, **more: Any) -> None:
        super().__init__(*args, context=context, **more)
        self._inner = context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        # ssl's own sockets write to the file below, past the outer TLS.
        self.sock = _transport()(self.sock, self._inner, server_hostname=self._tunnel_host)  # type: ignore[attr-defined]


def _transport() -> type:
    try:
        from urllib3.util.ssltransport import SSLTransport
    except ImportError as e:
        raise DriverError(
            "HY000",
            0,
            "A proxy with TLS (https://) needs the Python package urllib3: pip install 'argus-odbc[tlsproxy]'",
        ) from e
    return SSLTransport
