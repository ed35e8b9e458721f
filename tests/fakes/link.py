"""A link to a server that counts what passes, and that can be made slow."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

PIECE = 1 << 15
REQUEST = b" HTTP/1.1\r\n"
"""How the first line of each request ends; a client sends a small request in one piece."""


class Link:
    """Passes bytes on to a server; those that come back at `rate` a second, 0 as fast as they come."""

    def __init__(self, host: str, port: int, rate: float = 0) -> None:
        self.taken = 0
        """Bytes of the answers."""
        self.requests = 0
        self._rate = rate
        self._to = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for one in self._open:
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._to)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [client, server]
                threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                if not answers:
                    self.requests += piece.count(REQUEST)
                else:
                    self.taken += len(piece)
                    if self._rate:
                        time.sleep(len(piece) / self._rate)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
