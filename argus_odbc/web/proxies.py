"""Proxies on the way to a coordinator: HTTP ones, which tunnel TLS and pass plain requests on, and SOCKS ones."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from argus_odbc.errors import DriverError


@dataclass(frozen=True)
class Proxy:
    """A proxy to go through."""

    scheme: str
    """http, socks4 or socks5."""
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    def headers(self) -> Mapping[str, str]:
        """What an HTTP proxy wants to see of a login."""
        if not self.user:
            return {}
        pair = f"{self.user}:{self.password}".encode()
        return {"Proxy-Authorization": "Basic " + base64.b64encode(pair).decode()}


def proxy(text: str) -> Proxy | None:
    """The value of the keyword Proxy."""
    if not text:
        return None
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port
    except ValueError:
        port = None
    scheme = {"socks5h": "socks5", "socks4a": "socks4"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "socks4", "socks5") or not parts.hostname or not port:
        raise DriverError(
            "HY000", 0, "The keyword Proxy takes http://host:port, socks5://host:port or socks4://host:port"
        )
    found = Proxy(scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))
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
