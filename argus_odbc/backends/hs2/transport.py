"""One connection to a HiveServer2: TCP, TLS, the SASL PLAIN login, and whole messages there and back.

Errors say what the peer seems to speak and which keyword to change. Nothing here knows what a message means.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from argus_odbc.errors import DriverError
from argus_odbc.native import ALIEN, HALF, MORE, SURPLUS, MessageEnd, wire_line, wire_memory
from argus_odbc.settings import Settings
from argus_odbc.tls import tls_context
from argus_odbc.web.spares import Spares

# SASL negotiation of Thrift's SASL transport: a status byte, a length, a payload.
SASL_START, SASL_OK, SASL_BAD, SASL_ERROR, SASL_COMPLETE = range(1, 6)

MESSAGE_LIMIT = 0x7FFFFFFF
"""HiveServer2's own: message lengths are signed 32-bit numbers."""

NEGOTIATION_LIMIT = 1 << 20

FIRST_ROOM = 65536
"""Bytes to make room for where nothing says how long an answer is."""

LOGIN_HINT = {
    "NOSASL": "it may want a login (AuthMech=PLAIN, or USER without a password), TLS (SSL=1), or speak HTTP (Transport=http)",
    "PLAIN": "it may work without a login (AuthMech=NOSASL), want TLS (SSL=1), or speak HTTP (Transport=http)",
}


@dataclass(frozen=True)
class Login:
    """How to reach and enter a server."""

    host: str
    port: int
    mechanism: str
    """NOSASL or PLAIN."""
    user: str
    password: str
    settings: Settings

    outlived: ClassVar[bool] = False
    """Sessions live on when their connection is closed, and are known on any other."""

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    def open(self, timeout: float) -> Transport:
        """Connect and log in within `timeout` seconds (0 = no limit)."""
        return Transport(self, timeout)


class Transport:
    """A connection that carries Thrift messages. Its methods raise DriverError; after one of 08S01 it is closed."""

    def __init__(self, login: Login, timeout: float) -> None:
        """Connect and log in within `timeout` seconds (0 = no limit)."""
        self.login = login
        self._deadline = time.monotonic() + timeout if timeout else 0.0
        self._timeout = timeout
        self._answered = False
        self._pid = os.getpid()
        self._spares = Spares()
        self._expected = FIRST_ROOM
        self._head = memoryview(wire_memory(4))
        self.line: Any = None
        """The core's, where there is no TLS: it sends a message and receives its answer without the GIL in between."""
        self._socket = self._open_socket()
        try:
            if login.settings.ssl:
                self._socket = self._wrap_tls(self._socket)
            if login.mechanism == "PLAIN":
                self._sasl_plain()
        except BaseException:
            self.close()
            raise
        if not login.settings.ssl:
            self.line = wire_line(self._socket.fileno(), login.mechanism != "NOSASL")
        self.turn: Any = self.line if self.line is not None else threading.Lock()
        """Held by the one who calls, where others may."""

    # ---- opening ----

    def _left(self) -> float | None:
        """Seconds that are left to connect; None for no limit."""
        if not self._deadline:
            return None
        return max(self._deadline - time.monotonic(), 0.001)

    def _open_socket(self) -> socket.socket:
        where = self.login.where
        try:
            opened = socket.create_connection((self.login.host, self.login.port), timeout=self._left())
        except socket.gaierror as e:
            raise DriverError(
                "08001",
                e.errno or 0,
                f"The host name {self.login.host!r} cannot be resolved: {e.strerror}; correct Host",
            ) from e
        except TimeoutError as e:
            raise DriverError(
                "HYT00", 0, f"No connection to {where} within {self._timeout:g} seconds (LoginTimeout)"
            ) from e
        except (OSError, UnicodeError, OverflowError) as e:
            reason = getattr(e, "strerror", None) or str(e)
            todo = "correct Host and Port, or start the server"
            raise DriverError(
                "08001", getattr(e, "errno", 0) or 0, f"No connection to {where}: {reason}; {todo}"
            ) from e
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return opened

    def _wrap_tls(self, plain: socket.socket) -> ssl.SSLSocket:
        where = self.login.where
        context = tls_context(self.login.settings)
        plain.settimeout(self._left())
        try:
            return context.wrap_socket(plain, server_hostname=self.login.host)
        except ssl.SSLCertVerificationError as e:
            raise DriverError(
                "08001",
                e.verify_code,
                f"The certificate of {where} is not accepted: {e.verify_message}; name its authority with SSLCAFile,"
                " or lower SSLVerification to ca or none",
            ) from e
        except TimeoutError as e:
            raise DriverError(
                "HYT00",
                0,
                f"{where} did not answer the TLS greeting within {self._timeout:g} seconds; it may speak without TLS (SSL=0)",
            ) from e
        except (OSError, ssl.SSLError) as e:
            reason = getattr(e, "reason", None) or getattr(e, "strerror", None) or str(e)
            raise DriverError(
                "08001",
                0,
                f"No TLS with {where} ({reason}); it may speak without TLS (SSL=0), or want another version (SSLMinVersion)",
            ) from e

    def _sasl_plain(self) -> None:
        """Log in with a name and a password (RFC 4616)."""
        if "\0" in self.login.user + self.login.password:
            raise DriverError(
                "28000", 0, "A user name or password with a NUL character cannot be sent by AuthMech=PLAIN"
            )
        self._sasl_send(SASL_START, b"PLAIN")
        self._sasl_send(SASL_OK, f"\0{self.login.user}\0{self.login.password}".encode())
        while True:
            status, payload = self._sasl_receive()
            text = payload.decode("utf-8", "replace").strip()
            if status == SASL_COMPLETE:
                return
            if status in (SASL_BAD, SASL_ERROR):
                raise self._refused(text)
            if status != SASL_OK:
                raise self._lost(f"its SASL negotiation has the unknown status {status}", "08001")

    def _refused(self, text: str) -> DriverError:
        where = self.login.where
        if "mechanism" in text.lower():
            return DriverError(
                "28000",
                0,
                f"{where} takes no name and password ({text}); set AuthMech to what it takes, for instance KERBEROS",
            )
        return DriverError(
            "28000",
            0,
            f"{where} refused the login of user {self.login.user!r}: {text or 'without a reason'}; correct UID and PWD",
        )

    def _sasl_send(self, status: int, payload: bytes) -> None:
        self._send(struct.pack(">BI", status, len(payload)) + payload, "08001")

    def _sasl_receive(self) -> tuple[int, bytes]:
        self._socket.settimeout(self._left())
        head = self._receive(5, state="08001")
        status, length = struct.unpack(">BI", head)
        if not SASL_START <= status <= SASL_COMPLETE or length > NEGOTIATION_LIMIT:
            raise self._alien(head, "08001")
        self._answered = True
        return status, self._receive(length, state="08001")

    # ---- messages ----

    def call(self, message: bytes, timeout: float, again: bool = False) -> memoryview:
        """Send one message and receive one, within `timeout` seconds for each part of it (0 = no limit).

        `again`, whether the server may get it twice, changes nothing: what is lost here takes the session along. The
        memory behind the answer is used again for a later one, once no view of it is left."""
        self._timeout = timeout
        if self.line is not None:
            return self._exchanged(message if self.login.mechanism == "NOSASL" else framed(message), timeout or None)
        try:
            # Each setting is a system call.
            if self._socket.gettimeout() != (timeout or None):
                self._socket.settimeout(timeout or None)
        except OSError as e:
            raise self._lost(e.strerror or str(e)) from e
        if self.login.mechanism == "NOSASL":
            self._send(message)
            return self._bare_message()
        self._send(framed(message))
        return self._framed_message()

    def _exchanged(self, message: bytes, timeout: float | None) -> memoryview:
        """The same by the core's line."""
        try:
            answer = self.line.exchange(message, timeout)
        except TimeoutError as e:
            raise self._timed_out() from e
        except OSError as e:
            raise self._lost(e.strerror or str(e)) from e
        if isinstance(answer, memoryview):
            self._answered = True
            return answer
        if answer == ALIEN:
            raise self._alien(self.line.start)
        if answer == SURPLUS:
            raise self._lost(f"{self.line.surplus} bytes follow the end of its answer")
        raise self._lost("a call on it was interrupted" if answer == HALF else "it closed the connection")

    def _framed_message(self) -> memoryview:
        self._fill(self._head, 0, 4, 4)
        head = bytes(self._head)
        length = int.from_bytes(head, "big")
        # A length that reads as text, or as a Thrift message, is none.
        if length > MESSAGE_LIMIT or head == b"HTTP":
            raise self._alien(head)
        self._answered = True
        memory = self._spares.take(length)
        self._fill(memory, 0, length, length)
        return memory

    def _bare_message(self) -> memoryview:
        """A message without a length: received piece by piece, while its end is looked for."""
        end, memory, have, missing = MessageEnd(), self._spares.take(self._expected), 0, 1
        while True:
            if have == len(memory):
                larger = self._spares.take(2 * have)
                larger[:have] = memory
                memory = larger
            room = len(memory) - have
            have += self._fill(memory, have, min(missing, room), room)
            with memory[:have] as arrived:
                length = end.find(arrived)
            if length == ALIEN or length > MESSAGE_LIMIT:
                raise self._alien(bytes(memory[: min(have, 64)]))
            if length != MORE:
                break
            # Columns of numbers, and texts to be counted: it is not looked at again before these have come.
            missing = end.missing(have)
        if length != have:
            raise self._lost(f"{have - length} bytes follow the end of its answer")
        self._answered = True
        # Answers of one result are of about one size.
        self._expected = max(length + length // 8, FIRST_ROOM)
        return memory[:length]

    def drop_memory(self) -> None:
        """No large answers are to be expected."""
        self._spares.clear()
        if self.line is not None:
            self.line.forget()

    def limit_answers(self, seconds: float) -> None:
        """What each part of a page that the core asks for by itself may take; 0 = no limit."""
        if self.line is not None:
            self.line.limit(seconds or None)

    # ---- bytes ----

    def _send(self, data: bytes, state: str = "08S01") -> None:
        try:
            self._socket.sendall(data)
        except TimeoutError as e:
            raise self._timed_out() from e
        except OSError as e:
            raise self._lost(e.strerror or str(e), state) from e

    def _fill(self, memory: memoryview, at: int, least: int, room: int, state: str = "08S01") -> int:
        """Receive at least `least`, at most `room` bytes into memory[at:]; returns how many came."""
        came = 0
        while came < least:
            try:
                n = self._receive_into(memory, at + came, least - came, room - came)
            except TimeoutError as e:
                raise self._timed_out() from e
            except OSError as e:
                reason = getattr(e, "reason", None) or e.strerror or str(e)
                raise self._lost(reason, state) from e
            if n == 0:
                raise self._lost("it closed the connection", state)
            came += n
        return came

    def _receive_into(self, memory: memoryview, at: int, least: int, room: int) -> int:
        if hasattr(memory.obj, "receive") and not isinstance(self._socket, ssl.SSLSocket):
            return memory.obj.receive(self._socket.fileno(), at, least, at + room, self._socket.gettimeout())
        with memory[at : at + room] as view:
            return self._socket.recv_into(view)

    def _receive(self, length: int, state: str = "08S01") -> bytes:
        """Exactly `length` bytes."""
        data = bytearray(length)
        self._fill(memoryview(data), 0, length, length, state)
        return bytes(data)

    # ---- errors ----

    def _timed_out(self) -> DriverError:
        self.close()
        if not self._answered:
            hint = LOGIN_HINT[self.login.mechanism]
            return DriverError(
                "HYT00", 0, f"{self.login.where} did not answer within {self._timeout:g} seconds; {hint}"
            )
        return DriverError(
            "HYT01",
            0,
            f"{self.login.where} did not answer within {self._timeout:g} seconds (SocketTimeout); the connection is closed",
        )

    def _lost(self, reason: str, state: str = "08S01") -> DriverError:
        self.close()
        if self._answered:
            return DriverError(state, 0, f"The connection to {self.login.where} is lost: {reason}")
        hint = LOGIN_HINT[self.login.mechanism]
        return DriverError("08001", 0, f"{self.login.where} does not take this connection: {reason}; {hint}")

    def _alien(self, start: bytes, state: str = "08S01") -> DriverError:
        """The error for an answer that is not Thrift."""
        self.close()
        return DriverError(
            "08001" if not self._answered else state,
            0,
            f"{self.login.where} {describe_peer(start, self.login.mechanism)}",
        )

    # ---- the connection itself ----

    def is_alive(self) -> bool:
        """Whether the other side has kept the connection open; costs one system call."""
        try:
            self._socket.setblocking(False)
            # Below TLS on purpose: session tickets may be waiting, but an end is an end.
            return socket.socket.recv(self._socket, 1, socket.MSG_PEEK) != b""
        except (BlockingIOError, InterruptedError):
            return True
        except (OSError, ValueError):
            return False

    def abort(self) -> None:
        """End a call that another thread is in."""
        if os.getpid() != self._pid:
            # The connection is the parent's, and a shutdown would end it there.
            self._socket.close()
            return
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            self._socket.close()

    def close(self) -> None:
        """Idempotent."""
        if hasattr(self, "_socket"):
            if self.line is not None:
                self.line.detach()
            self._socket.close()


def framed(message: bytes) -> bytes:
    """With its length before it, as SASL wants it."""
    return struct.pack(">I", len(message)) + message


def describe_peer(start: bytes, mechanism: str) -> str:
    """What the first bytes of an answer say about who sent it, and what to set."""
    if mechanism == "NOSASL" and start[:2] == b"\x80\x01":
        return "sends a Thrift message that is damaged"
    if start.startswith((b"HTTP", b"<!DOC", b"<html")):
        return "answers with HTTP; set Transport=http, or the port of its binary transport"
    if start[:2] == b"\x15\x03" or start[:2] == b"\x16\x03":
        return "answers with TLS; set SSL=1"
    if start[:2] == b"\x80\x01":
        return "speaks Thrift without SASL; set AuthMech=NOSASL"
    if start[:1] in b"\x01\x02\x03\x04\x05" and len(start) >= 5 and start[1:3] == b"\0\0":
        return "asks for a SASL login; set AuthMech=PLAIN with UID and PWD, or AuthMech=USER"
    if start[:2] == b"\0\0":
        return "sends frames, as after a SASL login; set AuthMech=PLAIN, or AuthMech=USER"
    shown = start[:16].hex(" ")
    return f"is no HiveServer2: its answer starts with the bytes {shown}; check Host and Port"
