"""The Thrift structs of HiveServer2 with Impala's additions, result sets, and the SASL transport.

The structs are built at import from a table of field ids, so no generated code is needed.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import io
import json
import re
import struct
from collections.abc import Callable
from typing import Any

from thrift.Thrift import TType
from thrift.transport import TTransport

MAX_PROTOCOL = 5  # HIVE_CLI_SERVICE_PROTOCOL_V6
SUCCESS, STILL_EXECUTING, ERROR = 0, 2, 3  # TStatusCode
INITIALIZED, RUNNING, FINISHED, ERROR_STATE, PENDING = 0, 1, 2, 5, 7  # TOperationState


# ------------------------------------------------------------------------------------- wire schema
# One struct per line: "Name: id type field, ...".  Later lines may use earlier structs.
SCHEMA = """
TStatus: 1 i32 statusCode, 2 list<string> infoMessages, 3 string sqlState, 4 i32 errorCode, 5 string errorMessage
THandleIdentifier: 1 binary guid, 2 binary secret
TSessionHandle: 1 THandleIdentifier sessionId
TOperationHandle: 1 THandleIdentifier operationId, 2 i32 operationType, 3 bool hasResultSet, 4 double modifiedRowCount
TTypeQualifierValue: 1 i32 i32Value, 2 string stringValue
TTypeQualifiers: 1 map<string,TTypeQualifierValue> qualifiers
TPrimitiveTypeEntry: 1 i32 type, 2 TTypeQualifiers typeQualifiers
TTypeEntry: 1 TPrimitiveTypeEntry primitiveEntry
TTypeDesc: 1 list<TTypeEntry> types
TColumnDesc: 1 string columnName, 2 TTypeDesc typeDesc, 3 i32 position, 4 string comment
TTableSchema: 1 list<TColumnDesc> columns
TBoolValue: 1 bool value
TByteValue: 1 byte value
TI16Value: 1 i16 value
TI32Value: 1 i32 value
TI64Value: 1 i64 value
TDoubleValue: 1 double value
TStringValue: 1 string value
TColumnValue: 1 TBoolValue boolVal, 2 TByteValue byteVal, 3 TI16Value i16Val, 4 TI32Value i32Val, 5 TI64Value i64Val,
    6 TDoubleValue doubleVal, 7 TStringValue stringVal
TRow: 1 list<TColumnValue> colVals
TBoolColumn: 1 list<bool> values, 2 binary nulls
TByteColumn: 1 list<byte> values, 2 binary nulls
TI16Column: 1 list<i16> values, 2 binary nulls
TI32Column: 1 list<i32> values, 2 binary nulls
TI64Column: 1 list<i64> values, 2 binary nulls
TDoubleColumn: 1 list<double> values, 2 binary nulls
TStringColumn: 1 list<string> values, 2 binary nulls
TBinaryColumn: 1 list<binary> values, 2 binary nulls
TColumn: 1 TBoolColumn boolVal, 2 TByteColumn byteVal, 3 TI16Column i16Val, 4 TI32Column i32Val, 5 TI64Column i64Val,
    6 TDoubleColumn doubleVal, 7 TStringColumn stringVal, 8 TBinaryColumn binaryVal
TRowSet: 1 i64 startRowOffset, 2 list<TRow> rows, 3 list<TColumn> columns
TGetInfoValue: 1 string stringValue, 2 i16 smallIntValue, 3 i32 integerBitmask, 4 i32 integerFlag, 5 i32 binaryValue,
    6 i64 lenValue
TOpenSessionReq: 1 i32 client_protocol, 2 string username, 3 string password, 4 map<string,string> configuration
TOpenSessionResp: 1 TStatus status, 2 i32 serverProtocolVersion, 3 TSessionHandle sessionHandle,
    4 map<string,string> configuration
SessionReq: 1 TSessionHandle sessionHandle
OperationReq: 1 TOperationHandle operationHandle
StatusResp: 1 TStatus status
OperationResp: 1 TStatus status, 2 TOperationHandle operationHandle
TGetInfoReq: 1 TSessionHandle sessionHandle, 2 i32 infoType
TGetInfoResp: 1 TStatus status, 2 TGetInfoValue infoValue
TExecuteStatementReq: 1 TSessionHandle sessionHandle, 2 string statement, 3 map<string,string> confOverlay,
    4 bool runAsync, 5 i64 queryTimeout
TGetSchemasReq: 1 TSessionHandle sessionHandle, 2 string catalogName, 3 string schemaName
TGetTablesReq: 1 TSessionHandle sessionHandle, 2 string catalogName, 3 string schemaName, 4 string tableName,
    5 list<string> tableTypes
TGetColumnsReq: 1 TSessionHandle sessionHandle, 2 string catalogName, 3 string schemaName, 4 string tableName,
    5 string columnName
TGetPrimaryKeysReq: 1 TSessionHandle sessionHandle, 2 string catalogName, 3 string schemaName, 4 string tableName
TGetCrossReferenceReq: 1 TSessionHandle sessionHandle, 2 string parentCatalogName, 3 string parentSchemaName,
    4 string parentTableName, 5 string foreignCatalogName, 6 string foreignSchemaName, 7 string foreignTableName
TGetOperationStatusResp: 1 TStatus status, 2 i32 operationState, 3 string sqlState, 4 i32 errorCode,
    5 string errorMessage, 6 string taskStatus, 7 i64 operationStarted, 8 i64 operationCompleted, 9 bool hasResultSet
TGetResultSetMetadataResp: 1 TStatus status, 2 TTableSchema schema
TFetchResultsReq: 1 TOperationHandle operationHandle, 2 i32 orientation, 3 i64 maxRows, 4 i16 fetchType
TFetchResultsResp: 1 TStatus status, 2 bool hasMoreRows, 3 TRowSet results
TGetLogResp: 1 TStatus status, 2 string log
TGetQueryIdResp: 1 string queryId
TDmlResult: 1 map<string,i64> rows_modified, 2 i64 num_row_errors, 3 map<string,i64> rows_deleted
TCloseImpalaOperationResp: 1 TStatus status, 2 TDmlResult dml_result
TPingImpalaHS2ServiceResp: 1 TStatus status, 2 string version, 3 string webserver_address, 4 i64 timestamp
NoReq:
"""
SCALARS = {
    "bool": (TType.BOOL, None),
    "byte": (TType.BYTE, None),
    "i16": (TType.I16, None),
    "i32": (TType.I32, None),
    "i64": (TType.I64, None),
    "double": (TType.DOUBLE, None),
    "string": (TType.STRING, "UTF8"),
    "binary": (TType.STRING, "BINARY"),
}


class Struct:
    """A Thrift struct described by ``thrift_spec``; unset fields are ``None`` and are not written."""

    thrift_spec: tuple = ()

    def __init__(self, **fields: Any) -> None:
        for spec in self.thrift_spec:
            if spec:
                setattr(self, spec[2], fields.pop(spec[2], None))
        if fields:
            raise TypeError(f"{type(self).__name__} has no field {sorted(fields)}")

    def read(self, prot: Any) -> Struct:
        if prot._fast_decode is not None:
            prot._fast_decode(self, prot, [type(self), self.thrift_spec])
        else:
            prot.readStruct(self, self.thrift_spec)
        return self

    def write(self, prot: Any) -> None:
        if prot._fast_encode is not None:
            prot.trans.write(prot._fast_encode(self, [type(self), self.thrift_spec]))
        else:
            prot.writeStruct(self, self.thrift_spec)


def _build(schema: str) -> dict[str, type[Struct]]:
    structs: dict[str, type[Struct]] = {}

    def typ(name: str) -> tuple[int, Any]:
        if name.startswith("list<"):
            return TType.LIST, (*typ(name[5:-1]), False)
        if name.startswith("map<"):
            key, value = name[4:-1].split(",")
            return TType.MAP, (*typ(key), *typ(value), False)
        return SCALARS.get(name) or (TType.STRUCT, [structs[name], structs[name].thrift_spec])

    # A line that is indented goes on with the one before.
    for line in re.sub(r"\n +", " ", schema).strip().splitlines():
        name, _, body = line.partition(":")
        spec: list[Any] = [None]
        for fid, ftype, fname in re.findall(r"(\d+) (\S+) (\w+)(?:, |$)", body.strip()):
            spec += [None] * (int(fid) + 1 - len(spec))
            spec[int(fid)] = (int(fid), typ(ftype)[0], fname, typ(ftype)[1], None)
        structs[name] = type(name, (Struct,), {"thrift_spec": tuple(spec)})
    return structs


S = _build(SCHEMA)
OPERATION_TYPES = {
    "ExecuteStatement": 0,
    "GetTypeInfo": 1,
    "GetCatalogs": 2,
    "GetSchemas": 3,
    "GetTables": 4,
    "GetTableTypes": 5,
    "GetColumns": 6,
    "GetPrimaryKeys": 0,
    "GetCrossReference": 0,
}
METHODS = {  # method: (request, response, fields that an error response must carry as well)
    "OpenSession": ("TOpenSessionReq", "TOpenSessionResp", {"serverProtocolVersion": 9}),
    "CloseSession": ("SessionReq", "StatusResp", {}),
    "GetInfo": ("TGetInfoReq", "TGetInfoResp", {"infoValue": S["TGetInfoValue"](stringValue="")}),
    "ExecuteStatement": ("TExecuteStatementReq", "OperationResp", {}),
    "GetOperationStatus": ("OperationReq", "TGetOperationStatusResp", {"operationState": ERROR_STATE}),
    "CancelOperation": ("OperationReq", "StatusResp", {}),
    "CloseOperation": ("OperationReq", "StatusResp", {}),
    "CloseImpalaOperation": ("OperationReq", "TCloseImpalaOperationResp", {}),
    "GetResultSetMetadata": ("OperationReq", "TGetResultSetMetadataResp", {}),
    "FetchResults": ("TFetchResultsReq", "TFetchResultsResp", {}),
    "GetLog": ("OperationReq", "TGetLogResp", {"log": ""}),
    "GetQueryId": ("OperationReq", "TGetQueryIdResp", {}),
    "PingImpalaHS2Service": ("SessionReq", "TPingImpalaHS2ServiceResp", {}),
    **{
        m: (f"T{m}Req" if f"T{m}Req" in S else "SessionReq", "OperationResp", {})
        for m in OPERATION_TYPES
        if m != "ExecuteStatement"
    },
}
UNIMPLEMENTED = [
    "GetDelegationToken",
    "CancelDelegationToken",
    "RenewDelegationToken",
    "SetClientInfo",
    "UploadData",
    "DownloadData",
]
METHODS |= {m: ("NoReq", "StatusResp", {}) for m in UNIMPLEMENTED}
CALLS: dict[str, tuple[type[Struct], type[Struct]]] = {}  # method: (arguments, result)
for _m, (_req, _resp, _) in METHODS.items():
    _args = type(
        f"{_m}_args", (Struct,), {"thrift_spec": (None, (1, TType.STRUCT, "req", [S[_req], S[_req].thrift_spec], None))}
    )
    _result = type(
        f"{_m}_result",
        (Struct,),
        {"thrift_spec": ((0, TType.STRUCT, "success", [S[_resp], S[_resp].thrift_spec], None),)},
    )
    CALLS[_m] = (_args, _result)


def OK() -> Struct:
    return S["TStatus"](statusCode=SUCCESS)


# ------------------------------------------------------------------------------------------- types
class Type(collections.namedtuple("Type", "name a b", defaults=(None, None))):
    """An Impala type: ``a``, ``b`` are precision and scale, or ``a`` is the length."""

    HS2 = {
        "BOOLEAN": 0,
        "TINYINT": 1,
        "SMALLINT": 2,
        "INT": 3,
        "BIGINT": 4,
        "FLOAT": 5,
        "DOUBLE": 6,
        "STRING": 7,
        "TIMESTAMP": 8,
        "BINARY": 9,
        "DECIMAL": 15,
        "NULL_TYPE": 16,
        "DATE": 17,
        "VARCHAR": 18,
        "CHAR": 19,
    }
    FIELD = {
        "BOOLEAN": "bool",
        "TINYINT": "byte",
        "SMALLINT": "i16",
        "INT": "i32",
        "BIGINT": "i64",
        "FLOAT": "double",
        "DOUBLE": "double",
        "BINARY": "binary",
    }
    JDBC = {
        "BOOLEAN": 16,
        "TINYINT": -6,
        "SMALLINT": 5,
        "INT": 4,
        "BIGINT": -5,
        "FLOAT": 6,
        "DOUBLE": 8,
        "TIMESTAMP": 93,
        "DATE": 91,
        "CHAR": 1,
        "BINARY": -2,
        "DECIMAL": 3,
        "ARRAY": 2003,
        "MAP": 2003,
        "STRUCT": 2002,
    }
    PRECISION = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19, "FLOAT": 7, "DOUBLE": 15}
    SIZE = {**PRECISION, "UUID": 36, "STRING": 2147483647, "BINARY": 2147483647, "TIMESTAMP": 29, "DATE": 10}
    DIGITS = {
        "BOOLEAN": 0,
        "TINYINT": 0,
        "SMALLINT": 0,
        "INT": 0,
        "BIGINT": 0,
        "DATE": 0,
        "FLOAT": 7,
        "DOUBLE": 15,
        "TIMESTAMP": 9,
    }

    @property
    def base(self) -> str:
        return self.name.partition("<")[0]

    @property
    def field(self) -> str:
        return self.FIELD.get(self.name, "string")

    @property
    def precision(self) -> int | None:
        return self.a if self.name == "DECIMAL" else self.PRECISION.get(self.name)

    @property
    def size(self) -> int | None:
        return self.a if self.name in ("DECIMAL", "CHAR", "VARCHAR") else self.SIZE.get(self.name)

    @property
    def radix(self) -> int | None:
        return 10 if self.precision else None

    def sql(self) -> str:
        return {
            "DECIMAL": f"decimal({self.a},{self.b})",
            "CHAR": f"char({self.a})",
            "VARCHAR": f"varchar({self.a})",
        }.get(self.name, self.name.lower())

    def entry(self) -> Struct:
        names = {
            "DECIMAL": ("precision", "scale"),
            "CHAR": ("characterMaximumLength",),
            "VARCHAR": ("characterMaximumLength",),
        }.get(self.name, ())
        quals = {n: S["TTypeQualifierValue"](i32Value=v) for n, v in zip(names, (self.a, self.b), strict=False)}
        prim = S["TPrimitiveTypeEntry"](
            type=self.HS2.get(self.name, 7), typeQualifiers=S["TTypeQualifiers"](qualifiers=quals) if quals else None
        )
        return S["TTypeDesc"](types=[S["TTypeEntry"](primitiveEntry=prim)])


DUCK_TYPES = {
    "INTEGER": "INT",
    "HUGEINT": "BIGINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INT",
    "UINTEGER": "BIGINT",
    "UBIGINT": "BIGINT",
    "VARCHAR": "STRING",
    "BLOB": "BINARY",
    "TIMESTAMP_NS": "TIMESTAMP",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP",
    '"NULL"': "NULL_TYPE",
    "NULL": "NULL_TYPE",
    "UUID": "STRING",
    "TIME": "STRING",
    "INTERVAL": "STRING",
}


def from_duck(text: str) -> Type:
    if m := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", text):
        return Type("DECIMAL", int(m[1]), int(m[2]))
    if text.endswith("[]"):
        return Type(f"ARRAY<{from_duck(text[:-2]).sql().upper()}>")
    if m := re.match(r"(STRUCT|MAP)\(", text):
        return Type(f"{m[1]}<{text[len(m[0]) : -1].upper()}>")
    return Type(DUCK_TYPES.get(text, text))


STRING, BIGINT = Type("STRING"), Type("BIGINT")
Column = tuple[str, Type]


def wire_value(value: Any, t: Type) -> Any:
    """The non-null ``value`` as Impala puts it on the wire for a column of type ``t``."""
    if t.field == "binary":
        return bytes(value)
    if t.field != "string":
        return value
    if t.base in ("ARRAY", "MAP", "STRUCT"):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    if isinstance(value, dt.datetime):
        text = value.strftime("%H:%M:%S") if value.year < 1 else f"{value.replace(tzinfo=None, microsecond=0)}"
        return f"{text}.{value.microsecond:06d}000" if value.microsecond else text
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if t.name == "CHAR":
        return str(value)[: t.a].ljust(t.a)
    return str(value)[: t.a] if t.name == "VARCHAR" else str(value)


def null_bitmap(column: list[Any]) -> bytes:
    """One bit per row, lowest bit first, and always a whole byte for each 8 rows begun."""
    bits = bytearray((len(column) + 7) // 8)
    for i, value in enumerate(column):
        if value is None:
            bits[i >> 3] |= 1 << (i & 7)
    return bytes(bits)


EMPTY = {"bool": False, "byte": 0, "i16": 0, "i32": 0, "i64": 0, "double": 0.0, "string": "", "binary": b""}


def row_set(columns: list[Column], rows: list[tuple], offset: int, protocol: int) -> Struct:
    typed = [
        [None if v is None else wire_value(v, t) for v in (r[i] for r in rows)] for i, (_, t) in enumerate(columns)
    ]
    if protocol >= MAX_PROTOCOL:
        out = []
        for (_, t), column in zip(columns, typed, strict=True):
            kind = S["T" + t.field[:1].upper() + t.field[1:] + "Column"]
            blank = EMPTY[t.field]
            out.append(
                S["TColumn"](
                    **{
                        t.field + "Val": kind(
                            values=[blank if v is None else v for v in column], nulls=null_bitmap(column)
                        )
                    }
                )
            )
        return S["TRowSet"](startRowOffset=offset, rows=[], columns=out)
    fields = ["string" if t.field == "binary" else t.field for _, t in columns]
    out = (
        [
            S["TRow"](
                colVals=[
                    S["TColumnValue"](
                        **{
                            f + "Val": S["T" + f[:1].upper() + f[1:] + "Value"](
                                value=v.decode("latin-1") if isinstance(v, bytes) else v
                            )
                        }
                    )
                    for f, v in zip(fields, row, strict=True)
                ]
            )
            for row in zip(*typed, strict=True)
        ]
        if columns
        else []
    )
    return S["TRowSet"](startRowOffset=offset, rows=out)


# ---------------------------------------------------------------------------------- SASL transport
class SaslTransport(TTransport.TTransportBase, TTransport.CReadableTransport):
    """The server side of Thrift's SASL framing, mechanism PLAIN."""

    START, OK, BAD, ERROR, COMPLETE = 1, 2, 3, 4, 5

    def __init__(self, sock: Any, check: Callable[[str, str], bool]) -> None:
        self.sock, self.check, self.user = sock, check, ""
        self._in, self._out = io.BytesIO(b""), io.BytesIO()

    def _receive(self) -> tuple[int, bytes]:
        status, size = struct.unpack(">BI", self.sock.readAll(5))
        return status, self.sock.readAll(size)

    def _send(self, status: int, payload: bytes = b"") -> None:
        self.sock.write(struct.pack(">BI", status, len(payload)) + payload)
        self.sock.flush()

    def open(self) -> None:
        status, mechanism = self._receive()
        if status != self.START or mechanism != b"PLAIN":
            self._send(self.BAD, b"Unsupported mechanism type " + mechanism)
            raise TTransport.TTransportException(message="SASL mechanism refused")
        _, initial = self._receive()
        parts = initial.decode().split("\0")
        if len(parts) != 3 or not self.check(parts[1], parts[2]):
            self._send(self.BAD, b"authentication failure: Password verification failed")
            raise TTransport.TTransportException(message="SASL authentication failed")
        self.user = parts[1]
        self._send(self.COMPLETE)

    def isOpen(self) -> bool:
        return True

    def close(self) -> None:
        self.sock.close()

    def read(self, size: int) -> bytes:
        data = self._in.read(size)
        if not data:
            self._in = io.BytesIO(self.sock.readAll(struct.unpack(">I", self.sock.readAll(4))[0]))
            data = self._in.read(size)
        return data

    def write(self, data: bytes) -> None:
        self._out.write(data)

    def flush(self) -> None:
        data = self._out.getvalue()
        self._out = io.BytesIO()
        self.sock.write(struct.pack(">I", len(data)) + data)
        self.sock.flush()

    @property
    def cstringio_buf(self) -> Any:
        return self._in

    def cstringio_refill(self, prefix: bytes, reqlen: int) -> Any:
        while len(prefix) < reqlen:
            prefix += self.read(reqlen)
        self._in = io.BytesIO(prefix + self._in.read())
        return self._in
