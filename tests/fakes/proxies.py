"""Small proxies: HTTP, also in TLS, with CONNECT and absolute addresses (RFC 9110), SOCKS 4a and 5 (RFC 1928, 1929)."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import struct
import threading
from urllib.parse import urlsplit


class FakeProxy:
    """`kind`: http, https, socks4 or socks5. `login`: user:password that it wants. `context`: how https speaks TLS."""

    def __init__(self, kind: str, login: str = "", context: ssl.SSLContext | None = None) -> None:
        self.seen: list[str] = []
        """What it was asked to connect to, as `CONNECT host:port`, or the line of a request."""
        self._kind, self._login, self._context = kind, login, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        login = f"{self._login}@" if self._login else ""
        host = "localhost" if self._context else "127.0.0.1"
        return f"{self._kind}://{login}{host}:{self.port}"

    def __enter__(self) -> FakeProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A listener that is only closed goes on waiting in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for sock in self._open:
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            if self._context is not None:
                client = self._context.wrap_socket(client, server_side=True)
                self._open.append(client)
            {"http": self._http, "https": self._http, "socks4": self._socks4, "socks5": self._socks5}[self._kind](
                client
            )
        except (OSError, EOFError, ValueError):
            client.close()

    def _to(self, host: str, port: int) -> socket.socket:
        server = socket.create_connection((host, port), 10)
        self._open.append(server)
        return server

    def _http(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += _some(client)
            if head[0] == 0x16:
                # A record of TLS, which nobody here speaks.
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                raise EOFError
        lines, _, rest = head.partition(b"\r\n\r\n")
        request, *fields = lines.decode("latin-1").split("\r\n")
        method, target, version = request.split(" ")
        headers = {name.strip().lower(): value.strip() for name, value in (f.split(":", 1) for f in fields)}
        wanted = "Basic " + base64.b64encode(self._login.encode()).decode()
        if self._login and headers.get("proxy-authorization") != wanted:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            self.seen.append(f"CONNECT {target}")
            server = self._to(host, int(port))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            parts = urlsplit(target)
            assert parts.scheme == "http", "a proxy is given the whole address"
            self.seen.append(f"{method} {parts.path}")
            server = self._to(parts.hostname or "", parts.port or 80)
            # One request for a connection is enough here.
            kept = [f for f in fields if not f.lower().startswith(("proxy-", "connection"))]
            path = target.partition(parts.netloc)[2]
            asked = [f"{method} {path} {version}", "Connection: close", *kept, "", ""]
            server.sendall("\r\n".join(asked).encode("latin-1") + rest)
            length = int(headers.get("content-length", 0)) - len(rest)
            server.sendall(_exactly(client, length))
            status, _, answer = _whole(server).partition(b"\r\n")
            client.sendall(status + b"\r\nConnection: close\r\n" + answer)
            client.close()
            return
        _join(client, server)

    def _socks4(self, client: socket.socket) -> None:
        version, command, port = struct.unpack(">BBH", _exactly(client, 4))
        address = _exactly(client, 4)
        _until_zero(client)
        host = _until_zero(client).decode() if address[:3] == b"\0\0\0" and address[3] else socket.inet_ntoa(address)
        assert (version, command) == (4, 1)
        self.seen.append(f"CONNECT {host}:{port}")
        server = self._to(host, port)
        client.sendall(b"\x00\x5a" + b"\0" * 6)
        _join(client, server)

    def _socks5(self, client: socket.socket) -> None:
        _, count = _exactly(client, 2)
        methods = _exactly(client, count)
        wanted = 2 if self._login else 0
        client.sendall(bytes((5, wanted if wanted in methods else 255)))
        if wanted not in methods:
            client.close()
            return
        if wanted == 2:
            _, length = _exactly(client, 2)
            user = _exactly(client, length).decode()
            password = _exactly(client, _exactly(client, 1)[0]).decode()
            good = f"{user}:{password}" == self._login
            client.sendall(bytes((1, 0 if good else 1)))
            if not good:
                client.close()
                return
        _, _, _, kind = _exactly(client, 4)
        host = _exactly(client, _exactly(client, 1)[0]).decode() if kind == 3 else socket.inet_ntoa(_exactly(client, 4))
        (port,) = struct.unpack(">H", _exactly(client, 2))
        self.seen.append(f"CONNECT {host}:{port}")
        server = self._to(host, port)
        client.sendall(b"\x05\x00\x00\x01" + b"\0" * 6)
        _join(client, server)


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise EOFError
    return data


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _whole(sock: socket.socket) -> bytes:
    data = b""
    while part := sock.recv(65536):
        data += part
    return data


def _until_zero(sock: socket.socket) -> bytes:
    data = b""
    while (byte := _exactly(sock, 1)) != b"\0":
        data += byte
    return data


def _join(one: socket.socket, other: socket.socket) -> None:
    """Hand on what either says, until one of them ends."""
    while True:
        # What TLS has unpacked already is no news to select.
        unpacked = [sock for sock in (one, other) if isinstance(sock, ssl.SSLSocket) and sock.pending()]
        for sock in unpacked or select.select([one, other], [], [], 30)[0]:
            data = sock.recv(65536)
            if not data:
                one.close()
                other.close()
                return
            (other if sock is one else one).sendall(data)
