"""A small HiveServer2 with scripted answers and faults by name, in threads of the test's process.

It encodes with Thrift's own writer and knows nothing of the driver's decoder. Faults are what broken or foreign
servers do: closing in the middle, half messages, another protocol, lying lengths, errors of every call.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TApplicationException, TException, TMessageType, TType
from thrift.transport.TTransport import TMemoryBuffer

from argus_odbc.backends.hs2 import tcli

GUID, SECRET = bytes(range(16)), bytes(range(16, 32))

HTTP_REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
TLS_ALERT = bytes.fromhex("15 03 01 00 02 02 0a")


@dataclass
class Result:
    """What one statement answers: its columns as (name, TTypeId, TColumn field, qualifiers), and pages of values."""

    columns: Sequence[tuple[str, int, str, dict[str, int]]] = ()
    pages: Sequence[Sequence[Sequence[Any]]] = ()
    """Each page is a list of columns, each a list of values (None = NULL)."""
    changed: int | None = None
    error: tuple[str | None, int, str] | None = None
    """(sqlState, errorCode, text) with which the statement fails once it runs."""
    refused: tuple[str | None, int, str] | None = None
    """The same, but ExecuteStatement itself fails."""
    busy: float = 0.0
    """Seconds that it stays RUNNING."""
    has_more: Sequence[bool] = ()
    """hasMoreRows of each page; left out: false."""


@dataclass
class Running:
    """One operation."""

    result: Result
    started: float = field(default_factory=time.monotonic)
    page: int = 0
    cancelled: bool = False
    closed: bool = False


class FakeHS2:
    """`with FakeHS2(...) as server:` listens on `server.port`."""

    def __init__(
        self,
        results: dict[str, Result] | None = None,
        *,
        sasl: bool = True,
        password: str | None = None,
        versions: int = tcli.V11,
        faults: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`versions`: the newest protocol it knows; `password`: the only one that PLAIN takes; `faults`: see `_fault`."""
        self.results = {"select 1": ONE, **(results or {})}
        self.sasl, self.password, self.versions = sasl, password, versions
        self.faults = set(faults)
        self.tls = tls
        self.calls: list[str] = []
        self.statements: list[Any] = []
        self.opened: list[Any] = []
        self.asked: list[int] = []
        """maxRows of each FetchResults."""
        self.here = 0
        """The page that FetchResults was asked for last."""
        self.operations: dict[bytes, Running] = {}
        self.connections = self.ended = 0
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    def __enter__(self) -> FakeHS2:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.drop()
        for thread in self._threads:
            thread.join(5)

    def drop(self) -> None:
        """Close every connection, as a server that dies."""
        for opened in self._open:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    # ---- connections ----

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            if self._greet(connection):
                while True:
                    self._answer(connection)
        except (OSError, EOFError, TException):
            self.ended += 1  # The other side is gone, or speaks something else, or a fault has closed the connection.
        finally:
            connection.close()

    def _greet(self, connection: socket.socket) -> bool:
        """The login; False when a fault has answered instead."""
        for name, answer in (("http", HTTP_REFUSAL), ("tls alert", TLS_ALERT), ("ssh", b"SSH-2.0-OpenSSH_9.2\r\n")):
            if name in self.faults:
                connection.recv(5)
                connection.sendall(answer)
                time.sleep(0.05)
                return False
        if "silent" in self.faults:
            time.sleep(3)
            return False
        if "close at once" in self.faults:
            return False
        return self._login(connection) if self.sasl else True

    def _login(self, connection: socket.socket) -> bool:
        status, mechanism = self._sasl(connection)
        if status != 1:
            return False
        if mechanism != b"PLAIN" or "other mechanism" in self.faults:
            connection.sendall(self._frame(3, b"Unsupported mechanism type PLAIN"))
            return False
        _, answer = self._sasl(connection)
        _, self.user, given = answer.decode().split("\0")
        if not self.user or not given or (self.password is not None and given != self.password):
            connection.sendall(self._frame(3, b"Error validating the login"))
            return False
        connection.sendall(self._frame(5, b""))
        return True

    @staticmethod
    def _frame(status: int, payload: bytes) -> bytes:
        return struct.pack(">BI", status, len(payload)) + payload

    def _sasl(self, connection: socket.socket) -> tuple[int, bytes]:
        status, length = struct.unpack(">BI", exactly(connection, 5))
        return status, exactly(connection, length if status <= 5 else 0)

    # ---- messages ----

    def _answer(self, connection: socket.socket) -> None:
        if self.sasl:
            reader = TBinaryProtocol(TMemoryBuffer(exactly(connection, struct.unpack(">I", exactly(connection, 4))[0])))
        else:
            reader = TBinaryProtocol(SocketReader(connection))
        name, message, broken = self.respond(reader)
        self._send(connection, message, name)
        if broken:
            raise EOFError

    def respond(self, reader: TBinaryProtocol) -> tuple[str, bytes, bool]:
        """The call, the message that answers it, and whether the server then closes the connection."""
        name, _, number = reader.readMessageBegin()
        self.calls.append(name)
        request = self._request(reader, name)
        out = TMemoryBuffer()
        writer = TBinaryProtocol(out)
        try:
            answer = getattr(self, "_" + name)(request)
        except TApplicationException as e:
            writer.writeMessageBegin(name, TMessageType.EXCEPTION, number)
            e.write(writer)
            return name, out.getvalue(), e.type == TApplicationException.PROTOCOL_ERROR
        if {"wrong number", f"wrong number FetchResults {self.here}"} & self.faults and name == "FetchResults":
            number += 1
        writer.writeMessageBegin(name, TMessageType.REPLY, number)
        writer.writeFieldBegin("success", TType.STRUCT, 0)
        answer.write(writer)
        writer.writeFieldStop()
        return name, out.getvalue(), False

    def _request(self, reader: TBinaryProtocol, name: str) -> Any:
        reader.readFieldBegin()
        request = tcli.CALLS[name][0]()
        request.read(reader)
        reader.readFieldBegin()
        return request

    def _send(self, connection: socket.socket, message: bytes, name: str) -> None:
        # "half FetchResults 2" is for the third page alone.
        ends = (f" {name}", f" {name} {self.here}") if name == "FetchResults" else (f" {name}",)
        fault = next((f for f in self.faults if f.endswith(ends)), "")
        if fault.startswith("close before"):
            raise EOFError
        frame = struct.pack(">I", len(message)) + message if self.sasl else message
        if fault.startswith("half"):
            connection.sendall(frame[: len(frame) // 2])
            raise EOFError
        if fault.startswith("first half"):
            connection.sendall(frame[: len(frame) // 2])
            time.sleep(0.4)
            connection.sendall(frame[len(frame) // 2 :])
            return
        if fault.startswith("damage"):
            frame = frame[: len(frame) // 2] + b"\xff" * 24 + frame[len(frame) // 2 + 24 :]
        if fault.startswith("long length"):
            frame = b"\xff\xff\xff\xf0" + message
        if fault.startswith("in pieces"):
            for i in range(len(frame)):
                connection.sendall(frame[i : i + 1])
            return
        if fault.startswith("late"):
            time.sleep(3)
        if fault.startswith("slow"):
            time.sleep(0.6)
        connection.sendall(frame)

    # ---- calls ----

    def _status(self, error: tuple[str | None, int, str] | None = None) -> Any:
        if error is None:
            return tcli.Status(statusCode=tcli.SUCCESS)
        return tcli.Status(statusCode=tcli.ERROR, sqlState=error[0], errorCode=error[1], errorMessage=error[2])

    def _OpenSession(self, request: Any) -> Any:
        self.opened.append(request)
        if request.client_protocol > self.versions:
            raise TApplicationException(
                TApplicationException.PROTOCOL_ERROR, "Required field 'client_protocol' is unset! Struct:..."
            )
        if "no session" in self.faults:
            return tcli.OpenSessionResp(status=self._status((None, 0, "Failed to open new session: no such database")))
        return tcli.OpenSessionResp(
            status=self._status(),
            serverProtocolVersion=request.client_protocol,
            sessionHandle=tcli.SessionHandle(sessionId=tcli.Identifier(guid=GUID, secret=SECRET)),
            configuration={},
        )

    def _CloseSession(self, request: Any) -> Any:
        return tcli.StatusResp(status=self._status())

    def _GetInfo(self, request: Any) -> Any:
        return tcli.GetInfoResp(status=self._status(), infoValue=tcli.InfoValue(stringValue="4.3.0-fake"))

    def _ExecuteStatement(self, request: Any) -> Any:
        self.statements.append(request)
        result = self.results.get(request.statement)
        if result is None:
            result = Result(refused=("42601", 0, f"Syntax error at or near '{request.statement}'"))
        if result.refused is not None:
            return tcli.OperationResp(status=self._status(result.refused))
        return self._begun(result)

    def _GetSchemas(self, request: Any) -> Any:
        return self._begun(self.results["GetSchemas"])

    def _begun(self, result: Result) -> Any:
        with self._lock:
            guid = len(self.operations).to_bytes(16, "big")
            self.operations[guid] = Running(result)
        return tcli.OperationResp(
            status=self._status(),
            operationHandle=tcli.OperationHandle(
                operationId=tcli.Identifier(guid=guid, secret=SECRET),
                operationType=0,
                hasResultSet=bool(result.columns),
            ),
        )

    def _operation(self, request: Any) -> Running:
        return self.operations[request.operationHandle.operationId.guid]

    def _GetOperationStatus(self, request: Any) -> Any:
        running = self._operation(request)
        answer = tcli.OperationStatusResp(status=self._status(), operationState=tcli.FINISHED)
        if running.cancelled:
            answer.operationState = tcli.CANCELED
        elif time.monotonic() - running.started < running.result.busy:
            answer.operationState = tcli.RUNNING
        elif running.result.error is not None:
            answer.operationState = tcli.FAILED
            answer.sqlState, answer.errorCode, answer.errorMessage = running.result.error
        else:
            answer.numModifiedRows = running.result.changed
        return answer

    def _GetResultSetMetadata(self, request: Any) -> Any:
        columns = []
        for i, (name, type_id, _, given) in enumerate(self._operation(request).result.columns):
            values = {key: tcli.QualifierValue(i32Value=value) for key, value in given.items()}
            entry = tcli.PrimitiveEntry(type=type_id, typeQualifiers=tcli.Qualifiers(qualifiers=values))
            desc = tcli.TypeDesc(types=[tcli.TypeEntry(primitiveEntry=entry)])
            columns.append(tcli.ColumnDesc(columnName=name, typeDesc=desc, position=i))
        return tcli.MetadataResp(status=self._status(), schema=tcli.TableSchema(columns=columns))

    def _FetchResults(self, request: Any) -> Any:
        self.asked.append(request.maxRows)
        running = self._operation(request)
        if running.cancelled:
            return tcli.FetchResp(status=self._status((None, 0, "Expected state FINISHED, but found CANCELED")))
        result = running.result
        self.here = here = running.page
        running.page += 1
        if f"error FetchResults {here}" in self.faults:
            return tcli.FetchResp(status=self._status(("22012", 7, f"Page {here} cannot be made")))
        if f"working FetchResults {here}" in self.faults:
            self.faults.discard(f"working FetchResults {here}")
            running.page -= 1
            return tcli.FetchResp(status=tcli.Status(statusCode=tcli.STILL_EXECUTING), hasMoreRows=True)
        page = result.pages[here] if here < len(result.pages) else [[] for _ in result.columns]
        columns = [
            tcli.Column(**{wire: tcli.ColumnValues[wire](values=filled(values, wire), nulls=null_bits(values))})
            for (_, _, wire, _), values in zip(result.columns, page, strict=True)
        ]
        if "no columns" in self.faults:
            columns = []
        rows = tcli.RowSet(startRowOffset=0, rows=[], columns=columns)
        more = result.has_more[here] if here < len(result.has_more) else False
        return tcli.FetchResp(status=self._status(), hasMoreRows=more, results=rows)

    def _CancelOperation(self, request: Any) -> Any:
        self._operation(request).cancelled = True
        return tcli.StatusResp(status=self._status())

    def _GetLog(self, request: Any) -> Any:
        return tcli.GetLogResp(status=self._status(), log="")

    def _CloseOperation(self, request: Any) -> Any:
        self._operation(request).closed = True
        return tcli.StatusResp(status=self._status())


ONE = Result([("1", 3, "i32Val", {})], [[[1]]])

EMPTY = {"stringVal": "", "binaryVal": b"", "boolVal": False, "doubleVal": 0.0}


def filled(values: Sequence[Any], wire: str) -> list[Any]:
    """A NULL's slot holds a default on the wire."""
    return [EMPTY.get(wire, 0) if v is None else v for v in values]


def null_bits(values: Sequence[Any]) -> bytes:
    """One bit for each row, cut after the last that is set, as Spark does."""
    bits = bytearray((len(values) + 7) // 8)
    for i, value in enumerate(values):
        if value is None:
            bits[i >> 3] |= 1 << (i & 7)
    return bytes(bits).rstrip(b"\0")


def exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = connection.recv(length - len(data))
        if not part:
            raise EOFError
        data += part
    return data


class SocketReader:
    """What TBinaryProtocol reads from, straight out of a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def readAll(self, length: int) -> bytes:
        return exactly(self._connection, length)
