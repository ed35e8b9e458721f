"""The Thrift structs of HiveServer2's control messages, and messages to bytes and back.

Field ids and types are those of Hive's TCLIService.thrift; fields that no server sends or this driver does not need
are left out, as Thrift readers skip what they do not know. Rows of results do not pass through here: HS2Rows hands
their bytes to the native decoder.
"""

from __future__ import annotations

import itertools
import re
import struct as bytes_of
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from thrift.protocol.TBase import TBase
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TApplicationException, TException, TMessageType, TType
from thrift.transport.TTransport import TMemoryBuffer

from argus_odbc.errors import DriverError
from argus_odbc.native import Reader

Kind = tuple[int, Any]
"""A Thrift type code with what Thrift wants to know besides."""

BOOL: Kind = (TType.BOOL, None)
I32: Kind = (TType.I32, None)
I64: Kind = (TType.I64, None)
DOUBLE: Kind = (TType.DOUBLE, None)
TEXT: Kind = (TType.STRING, "UTF8")
BYTES: Kind = (TType.STRING, "BINARY")


def list_of(kind: Kind) -> Kind:
    return TType.LIST, (*kind, False)


def map_of(key: Kind, value: Kind) -> Kind:
    return TType.MAP, (*key, *value, False)


class Struct(TBase):
    """A Thrift struct: a field that is None is absent."""

    __slots__ = ()
    thrift_spec: tuple = ()

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, values.pop(name, None))
        if values:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(values)}")


def struct(name: str, *fields: tuple[int, Kind, str]) -> Any:
    """A subclass of Struct with these (id, kind, name)."""
    spec: list[Any] = [None] * (fields[-1][0] + 1 if fields else 0)
    for number, (code, more), field in fields:
        spec[number] = (number, code, field, more, None)
    slots = tuple(field for _, _, field in fields)
    return type(name, (Struct,), {"__slots__": slots, "thrift_spec": tuple(spec), "__module__": __name__})


def of(cls: Any) -> Kind:
    """The kind of a field that is a struct."""
    return TType.STRUCT, [cls, cls.thrift_spec]


# TProtocolVersion: V6 brought columns, V11 is the newest that any server knows.
V6, V11 = 5, 10

# TStatusCode
SUCCESS, SUCCESS_WITH_INFO, STILL_EXECUTING, ERROR, INVALID_HANDLE = range(5)

# TOperationState
INITIALIZED, RUNNING, FINISHED, CANCELED, CLOSED, FAILED, UNKNOWN, PENDING, TIMEDOUT = range(9)

# TFetchOrientation, TGetInfoType
FETCH_NEXT = 0
CLI_DBMS_NAME, CLI_DBMS_VER = 17, 18

Status = struct(
    "TStatus",
    (1, I32, "statusCode"), (2, list_of(TEXT), "infoMessages"), (3, TEXT, "sqlState"), (4, I32, "errorCode"),
    (5, TEXT, "errorMessage"),
)  # fmt: skip
Identifier = struct("THandleIdentifier", (1, BYTES, "guid"), (2, BYTES, "secret"))
SessionHandle = struct("TSessionHandle", (1, of(Identifier), "sessionId"))
OperationHandle = struct(
    "TOperationHandle",
    (1, of(Identifier), "operationId"), (2, I32, "operationType"), (3, BOOL, "hasResultSet"),
    (4, DOUBLE, "modifiedRowCount"),
)  # fmt: skip

# ---- result descriptions ----
QualifierValue = struct("TTypeQualifierValue", (1, I32, "i32Value"), (2, TEXT, "stringValue"))
Qualifiers = struct("TTypeQualifiers", (1, map_of(TEXT, of(QualifierValue)), "qualifiers"))
PrimitiveEntry = struct("TPrimitiveTypeEntry", (1, I32, "type"), (2, of(Qualifiers), "typeQualifiers"))
TypeEntry = struct("TTypeEntry", (1, of(PrimitiveEntry), "primitiveEntry"))
TypeDesc = struct("TTypeDesc", (1, list_of(of(TypeEntry)), "types"))
ColumnDesc = struct(
    "TColumnDesc", (1, TEXT, "columnName"), (2, of(TypeDesc), "typeDesc"), (3, I32, "position"), (4, TEXT, "comment")
)
TableSchema = struct("TTableSchema", (1, list_of(of(ColumnDesc)), "columns"))

# ---- rows of catalog results and of tests; results of statements are decoded natively ----
_I16: Kind = (TType.I16, None)
_BYTE: Kind = (TType.BYTE, None)
COLUMN_TYPES = (
    ("boolVal", BOOL), ("byteVal", _BYTE), ("i16Val", _I16), ("i32Val", I32), ("i64Val", I64), ("doubleVal", DOUBLE),
    ("stringVal", TEXT), ("binaryVal", BYTES),
)  # fmt: skip
ColumnValues = {
    name: struct(f"T{name}Column", (1, list_of(kind), "values"), (2, BYTES, "nulls")) for name, kind in COLUMN_TYPES
}
Column = struct("TColumn", *((i, of(ColumnValues[name]), name) for i, (name, _) in enumerate(COLUMN_TYPES, 1)))
RowSet = struct(
    "TRowSet", (1, I64, "startRowOffset"), (2, list_of(of(struct("TRow"))), "rows"), (3, list_of(of(Column)), "columns")
)

# ---- calls ----
OpenSessionReq = struct(
    "TOpenSessionReq",
    (1, I32, "client_protocol"), (2, TEXT, "username"), (3, TEXT, "password"), (4, map_of(TEXT, TEXT), "configuration"),
)  # fmt: skip
OpenSessionResp = struct(
    "TOpenSessionResp",
    (1, of(Status), "status"), (2, I32, "serverProtocolVersion"), (3, of(SessionHandle), "sessionHandle"),
    (4, map_of(TEXT, TEXT), "configuration"),
)  # fmt: skip
SessionReq = struct("TSessionReq", (1, of(SessionHandle), "sessionHandle"))
StatusResp = struct("TStatusResp", (1, of(Status), "status"))
OperationReq = struct("TOperationReq", (1, of(OperationHandle), "operationHandle"))
OperationResp = struct("TOperationResp", (1, of(Status), "status"), (2, of(OperationHandle), "operationHandle"))
GetInfoReq = struct("TGetInfoReq", (1, of(SessionHandle), "sessionHandle"), (2, I32, "infoType"))
InfoValue = struct("TGetInfoValue", (1, TEXT, "stringValue"))
GetInfoResp = struct("TGetInfoResp", (1, of(Status), "status"), (2, of(InfoValue), "infoValue"))
ExecuteReq = struct(
    "TExecuteStatementReq",
    (1, of(SessionHandle), "sessionHandle"), (2, TEXT, "statement"), (3, map_of(TEXT, TEXT), "confOverlay"),
    (4, BOOL, "runAsync"), (5, I64, "queryTimeout"),
)  # fmt: skip
OperationStatusResp = struct(
    "TGetOperationStatusResp",
    (1, of(Status), "status"), (2, I32, "operationState"), (3, TEXT, "sqlState"), (4, I32, "errorCode"),
    (5, TEXT, "errorMessage"), (9, BOOL, "hasResultSet"), (11, I64, "numModifiedRows"),
)  # fmt: skip
MetadataResp = struct("TGetResultSetMetadataResp", (1, of(Status), "status"), (2, of(TableSchema), "schema"))
FetchReq = struct(
    "TFetchResultsReq",
    (1, of(OperationHandle), "operationHandle"), (2, I32, "orientation"), (3, I64, "maxRows"), (4, _I16, "fetchType"),
)  # fmt: skip
FetchResp = struct("TFetchResultsResp", (1, of(Status), "status"), (2, BOOL, "hasMoreRows"), (3, of(RowSet), "results"))
SchemasReq = struct(
    "TGetSchemasReq", (1, of(SessionHandle), "sessionHandle"), (2, TEXT, "catalogName"), (3, TEXT, "schemaName")
)
TablesReq = struct(
    "TGetTablesReq",
    (1, of(SessionHandle), "sessionHandle"), (2, TEXT, "catalogName"), (3, TEXT, "schemaName"), (4, TEXT, "tableName"),
    (5, list_of(TEXT), "tableTypes"),
)  # fmt: skip
ColumnsReq = struct(
    "TGetColumnsReq",
    (1, of(SessionHandle), "sessionHandle"), (2, TEXT, "catalogName"), (3, TEXT, "schemaName"), (4, TEXT, "tableName"),
    (5, TEXT, "columnName"),
)  # fmt: skip
PrimaryKeysReq = struct(
    "TGetPrimaryKeysReq",
    (1, of(SessionHandle), "sessionHandle"), (2, TEXT, "catalogName"), (3, TEXT, "schemaName"), (4, TEXT, "tableName"),
)  # fmt: skip
CrossReferenceReq = struct(
    "TGetCrossReferenceReq",
    (1, of(SessionHandle), "sessionHandle"), (2, TEXT, "parentCatalogName"), (3, TEXT, "parentSchemaName"),
    (4, TEXT, "parentTableName"), (5, TEXT, "foreignCatalogName"), (6, TEXT, "foreignSchemaName"),
    (7, TEXT, "foreignTableName"),
)  # fmt: skip

# Impala's own: closing tells how many rows a statement changed.
DmlResult = struct(
    "TDmlResult",
    (1, map_of(TEXT, I64), "rows_modified"), (2, I64, "num_row_errors"), (3, map_of(TEXT, I64), "rows_deleted"),
)  # fmt: skip
CloseImpalaResp = struct("TCloseImpalaOperationResp", (1, of(Status), "status"), (2, of(DmlResult), "dml_result"))
GetLogResp = struct("TGetLogResp", (1, of(Status), "status"), (2, TEXT, "log"))

CALLS: dict[str, tuple[Any, Any]] = {
    "OpenSession": (OpenSessionReq, OpenSessionResp),
    "CloseSession": (SessionReq, StatusResp),
    "GetInfo": (GetInfoReq, GetInfoResp),
    "ExecuteStatement": (ExecuteReq, OperationResp),
    "GetOperationStatus": (OperationReq, OperationStatusResp),
    "GetResultSetMetadata": (OperationReq, MetadataResp),
    "FetchResults": (FetchReq, FetchResp),
    "CancelOperation": (OperationReq, StatusResp),
    "CloseOperation": (OperationReq, StatusResp),
    "CloseImpalaOperation": (OperationReq, CloseImpalaResp),
    "GetLog": (OperationReq, GetLogResp),
    "GetSchemas": (SchemasReq, OperationResp),
    "GetTables": (TablesReq, OperationResp),
    "GetColumns": (ColumnsReq, OperationResp),
    "GetPrimaryKeys": (PrimaryKeysReq, OperationResp),
    "GetCrossReference": (CrossReferenceReq, OperationResp),
}
"""Call -> (request, answer). GetLog and CloseImpalaOperation are asked of Impala only."""

HEAD_BYTES = 65536

FEW = 0x3FFFFFFF
"""The core counts the requests that it sends by itself behind these (cbridge/handle/pages.pxi)."""

MAX_ROWS_AT = -15
"""Where a FetchResults has its maxRows: 8 bytes; behind them a field of 2 bytes, and the ends of two structs."""

_sequence = itertools.count(1)


class Exchange:
    """One call: the message to send, and the reading of its answer."""

    def __init__(self, call: str, request: Struct) -> None:
        self.call = call
        self.number = next(_sequence) & FEW
        out = TMemoryBuffer()
        protocol = TBinaryProtocol(out)
        protocol.writeMessageBegin(call, TMessageType.CALL, self.number)
        # HiveServer2 wraps each request in a struct of arguments with one field.
        protocol.writeStructBegin(call + "_args")
        protocol.writeFieldBegin("req", TType.STRUCT, 1)
        request.write(protocol)
        protocol.writeFieldEnd()
        protocol.writeFieldStop()
        protocol.writeStructEnd()
        protocol.writeMessageEnd()
        self.message: bytes = out.getvalue()

    @property
    def number_at(self) -> int:
        """Where the message has its number."""
        return 8 + len(self.call)

    def again(self, number: int = 0) -> Exchange:
        """The same call once more, under a number of its own: a hundredth of the time that encoding it anew takes."""
        other = Exchange.__new__(Exchange)
        other.call = self.call
        other.number = number or next(_sequence) & FEW
        at = self.number_at
        other.message = self.message[:at] + other.number.to_bytes(4, "big") + self.message[at + 4 :]
        return other

    def reader(self, answer: bytes | bytearray | memoryview) -> Reader:
        """A reader that stands at the answer's struct. Raises the exception that the server sent instead."""
        protocol = Reader(TMemoryBuffer(answer))
        name, kind, number = protocol.readMessageBegin()
        if kind == TMessageType.EXCEPTION:
            error = TApplicationException()
            error.read(protocol)
            raise error
        if (name, kind, number) != (self.call, TMessageType.REPLY, self.number):
            raise unreadable(self.call, f"it answers {name!r} number {number}, asked was number {self.number}")
        _, field_kind, field = protocol.readFieldBegin()
        if (field_kind, field) != (TType.STRUCT, 0):
            raise unreadable(self.call, "it holds no result")
        return protocol

    def read(self, answer: bytes | bytearray | memoryview) -> Any:
        """The answer's struct."""
        result = CALLS[self.call][1]()
        with reading(self.call):
            result.read(self.reader(answer))
        return result


@contextmanager
def reading(call: str) -> Iterator[None]:
    """Turns what goes wrong with the bytes of an answer into a DriverError; a TApplicationException passes."""
    try:
        yield
    except TApplicationException:
        raise
    except (TException, EOFError, ValueError, OverflowError, IndexError, TypeError, RecursionError) as e:
        raise unreadable(call, str(e)) from e


def unreadable(call: str, why: str) -> DriverError:
    return DriverError("08S01", 0, f"The server's answer to {call} cannot be read: {why or 'it ends too early'}")


@dataclass(frozen=True)
class FetchHead:
    """What stands before the values in a TFetchResultsResp, and where the struct begins in the message."""

    start: int
    status: Struct
    has_more: bool
    rows: int
    """Rows of the first column; 0 without columns."""
    columns: int
    """-1: the answer has no row set at all."""


USUAL_HEAD = re.compile(
    rb"\x80\x01\x00\x02\x00\x00\x00\x0cFetchResults(....)\x0c\x00\x00"  # number; the result
    rb"\x0c\x00\x01\x08\x00\x01\x00\x00\x00\x00\x00\x02\x00\x02([\x00\x01])\x0c\x00\x03"  # status SUCCESS; hasMoreRows; the rows
    rb"\x0a\x00\x01.{8}\x0f\x00\x02\x0c\x00\x00\x00\x00\x0f\x00\x03\x0c(....)"  # where it starts; no rows; number of columns
    rb"\x0c\x00.\x0f\x00\x01.(....)",  # the first column, its number of values
    re.DOTALL,
)
"""The start of nearly every answer to FetchResults: the fields that Hive, Spark and Impala write, in their order."""

USUAL_NUMBERS = bytes_of.Struct(">iii")

GOOD = Status(statusCode=SUCCESS)

STRUCT_START = 27
"""Where the TFetchResultsResp begins in such an answer."""


def read_fetch_head(exchange: Exchange, answer: bytes | bytearray | memoryview) -> FetchHead:
    """Read the answer to FetchResults up to the first value. Servers write the fields in the order of their ids."""
    usual = USUAL_HEAD.match(answer)
    if usual is not None:
        number, columns, rows = USUAL_NUMBERS.unpack(b"".join(usual.group(1, 3, 4)))
        if number == exchange.number and columns > 0 and rows >= 0:
            return FetchHead(STRUCT_START, GOOD, usual[2] == b"\x01", rows, columns)
    # Thrift copies what it reads from. A longer head, with a long error text, is read from the whole answer.
    if len(answer) > HEAD_BYTES:
        with suppress(EOFError):
            return _fetch_head(exchange, memoryview(answer)[:HEAD_BYTES])
    with reading(exchange.call):
        return _fetch_head(exchange, answer)


def _fetch_head(exchange: Exchange, answer: bytes | bytearray | memoryview) -> FetchHead:
    protocol = exchange.reader(answer)
    start = protocol.trans.cstringio_buf.tell()
    status, has_more = Status(statusCode=SUCCESS), False
    while True:
        _, kind, field = protocol.readFieldBegin()
        if kind == TType.STOP:
            return FetchHead(start, status, has_more, 0, -1)
        if field == 1 and kind == TType.STRUCT:
            status.read(protocol)
        elif field == 2 and kind == TType.BOOL:
            has_more = protocol.readBool()
        elif field == 3 and kind == TType.STRUCT:
            columns, rows = _read_size(protocol)
            return FetchHead(start, status, has_more, rows, columns)
        else:
            protocol.skip(kind)


def _read_size(protocol: Reader) -> tuple[int, int]:
    """(columns, rows of the first column) of a TRowSet."""
    while True:
        _, kind, field = protocol.readFieldBegin()
        if kind == TType.STOP:
            return -1, 0
        if field == 3 and kind == TType.LIST:
            break
        protocol.skip(kind)
    _, columns = protocol.readListBegin()
    if columns == 0:
        return 0, 0
    protocol.readFieldBegin()
    _, kind, field = protocol.readFieldBegin()
    if (kind, field) != (TType.LIST, 1):
        raise ValueError("its first column has no values")
    return columns, protocol.readListBegin()[1]
