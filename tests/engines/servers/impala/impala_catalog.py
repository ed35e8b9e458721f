"""Catalog calls of the Impala test server, in Impala's shapes, spellings and gaps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hs2_wire import ERROR, OK, OPERATION_TYPES, Column, S, Struct, Type, from_duck
from impala_dialect import HS2Error, jdbc_pattern
from impala_sessions import Query

if TYPE_CHECKING:
    from impala_server import Connection

TYPE_INFO = [
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INT",
    "BIGINT",
    "FLOAT",
    "DOUBLE",
    "TIMESTAMP",
    "DATE",
    "STRING",
    "VARCHAR",
    "BINARY",
    "UUID",
    "DECIMAL",
    "CHAR",
    "ARRAY",
    "MAP",
    "STRUCT",
]


def columns(spec: str) -> list[Column]:
    """Columns from "NAME NAME:int NAME:smallint ..."; STRING where no type is given."""
    return [(n, Type(t.upper() or "STRING")) for n, _, t in (w.partition(":") for w in spec.split())]


def no_catalog(name: str | None) -> bool:
    return name in (None, "", "%")


class CatalogCalls:
    """The part of ImpalaServer that answers GetTables and its like."""

    def metadata(self, method: str, req: Any, spec: str, rows: Callable[[], list[tuple]]) -> Struct:
        try:
            session = self.session(req.sessionHandle)
            name = re.sub(r"(?<!^)([A-Z])", r"_\1", method).upper()
            query = Query(session, name, "CATALOG", columns(spec), {})
            result = rows()
        except HS2Error as e:  # these answers carry a (blank) handle next to the error
            return S["OperationResp"](
                status=S["TStatus"](statusCode=ERROR, sqlState=e.state, errorMessage=str(e)),
                operationHandle=S["TOperationHandle"](
                    operationId=S["THandleIdentifier"](guid=b"", secret=b""),
                    operationType=OPERATION_TYPES[method],
                    hasResultSet=False,
                ),
            )
        self.start(query, lambda q: result)
        handle = self.handle(query, method)
        handle.hasResultSet = True
        return S["OperationResp"](status=OK(), operationHandle=handle)

    def GetTypeInfo(self, req: Any, conn: Connection) -> Struct:
        def rows() -> list[tuple]:
            out = []
            for name in TYPE_INFO:
                t = Type(name, 9, 0) if name == "DECIMAL" else Type(name)
                text = name in ("STRING", "VARCHAR", "CHAR", "BINARY")
                out.append(
                    (
                        name,
                        Type.JDBC.get(name, 12),
                        t.precision,
                        None,
                        None,
                        None,
                        1,
                        text,
                        None,
                        not t.precision,
                        False,
                        False,
                        None,
                        None,
                        None,
                        None,
                        None,
                        t.radix,
                    )
                )
            return out

        return self.metadata(
            "GetTypeInfo",
            req,
            "TYPE_NAME DATA_TYPE:int PRECISION:int LITERAL_PREFIX LITERAL_SUFFIX "
            "CREATE_PARAMS NULLABLE:int CASE_SENSITIVE:boolean SEARCHABLE:smallint UNSIGNED_ATTRIBUTE:boolean "
            "FIXED_PREC_SCALE:boolean AUTO_INCREMENT:boolean LOCAL_TYPE_NAME MINIMUM_SCALE:smallint "
            "MAXIMUM_SCALE:smallint SQL_DATA_TYPE:int SQL_DATETIME_SUB:int NUM_PREC_RADIX:int",
            rows,
        )

    def GetCatalogs(self, req: Any, conn: Connection) -> Struct:
        return self.metadata("GetCatalogs", req, "TABLE_CAT", lambda: [])

    def GetTableTypes(self, req: Any, conn: Connection) -> Struct:
        return self.metadata("GetTableTypes", req, "TABLE_TYPE", lambda: [("TABLE",), ("VIEW",)])

    def GetSchemas(self, req: Any, conn: Connection) -> Struct:
        def rows() -> list[tuple]:
            match = jdbc_pattern(req.schemaName)
            return [(d, "") for d in self.databases() if match(d)] if no_catalog(req.catalogName) else []

        return self.metadata("GetSchemas", req, "TABLE_SCHEM TABLE_CATALOG", rows)

    def GetTables(self, req: Any, conn: Connection) -> Struct:
        def rows() -> list[tuple]:
            types = [t.upper() for t in req.tableTypes or []]
            if not no_catalog(req.catalogName) or (types and not {"TABLE", "VIEW"} & set(types)):
                return []
            schema, table = jdbc_pattern(req.schemaName), jdbc_pattern(req.tableName)
            return [
                ("", d, t, *(("TABLE", "") if (d, t) in self.unloaded else (k, c)))
                for d, t, k, c in self.tables()
                if schema(d) and table(t) and (not types or k in types)
            ]

        return self.metadata("GetTables", req, "TABLE_CAT TABLE_SCHEM TABLE_NAME TABLE_TYPE REMARKS", rows)

    def GetColumns(self, req: Any, conn: Connection) -> Struct:
        def rows() -> list[tuple]:
            if not no_catalog(req.catalogName):
                return []
            schema, table, column = map(jdbc_pattern, (req.schemaName, req.tableName, req.columnName))
            out = []
            for d, t, n, raw, pos, comment in (
                self.duck.cursor()
                .execute(
                    "SELECT schema_name, table_name, lower(column_name), data_type, column_index, comment FROM "
                    "duckdb_columns() WHERE NOT internal ORDER BY 1, 2, 5"
                )
                .fetchall()
            ):
                if schema(d) and table(t) and column(n):
                    ty = self.sized.get((d, t), {}).get(n) or from_duck(raw)
                    if parts := self.partitions.get((d, t)):  # partition columns are counted first, but listed last
                        pos = parts.index(n) + 1 if n in parts else pos + len(parts)
                    digits = ty.b if ty.name == "DECIMAL" else Type.DIGITS.get(ty.name)
                    out.append(
                        (
                            None,
                            d,
                            t,
                            n,
                            Type.JDBC.get(ty.base, 12),
                            ty.name,
                            ty.size,
                            None,
                            digits,
                            ty.radix,
                            1,
                            comment,
                            None,
                            None,
                            None,
                            None,
                            pos,
                            "YES",
                            None,
                            None,
                            None,
                            None,
                            "NO",
                        )
                    )
            return out

        return self.metadata(
            "GetColumns",
            req,
            "TABLE_CAT TABLE_MD TABLE_NAME COLUMN_NAME DATA_TYPE:int TYPE_NAME "
            "COLUMN_SIZE:int BUFFER_LENGTH:int DECIMAL_DIGITS:int NUM_PREC_RADIX:int NULLABLE:int REMARKS "
            "COLUMN_DEF SQL_DATA_TYPE:int SQL_DATETIME_SUB:int CHAR_OCTET_LENGTH:int ORDINAL_POSITION:int "
            "IS_NULLABLE SCOPE_CATALOG SCOPE_SCHEMA SCOPE_TABLE SOURCE_DATA_TYPE:smallint IS_AUTO_INCREMENT",
            rows,
        )

    def GetPrimaryKeys(self, req: Any, conn: Connection) -> Struct:
        def rows() -> list[tuple]:
            schema, table = jdbc_pattern(req.schemaName), jdbc_pattern(req.tableName)
            found = (
                self.duck.cursor()
                .execute(
                    "SELECT schema_name, table_name, constraint_column_names, constraint_name FROM "
                    "duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
                )
                .fetchall()
            )
            return (
                [
                    ("", d, t, c, i + 1, name or "pk")
                    for d, t, cols, name in found
                    if schema(d) and table(t)
                    for i, c in enumerate(cols)
                ]
                if no_catalog(req.catalogName)
                else []
            )

        return self.metadata(
            "GetPrimaryKeys", req, "TABLE_CAT TABLE_SCHEM TABLE_NAME COLUMN_NAME KEQ_SEQ:int PK_NAME", rows
        )

    def GetCrossReference(self, req: Any, conn: Connection) -> Struct:
        def rows() -> list[tuple]:
            schema, table = jdbc_pattern(req.foreignSchemaName), jdbc_pattern(req.foreignTableName)
            found = (
                self.duck.cursor()
                .execute(
                    "SELECT schema_name, table_name, constraint_column_names, referenced_table, referenced_column_names, "
                    "constraint_name FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'"
                )
                .fetchall()
            )
            wanted = req.parentTableName if req.parentSchemaName else None
            return [
                ("", d, parent, pc, "", d, t, fc, i + 1, 0, 0, name or "fk", "pk", None)
                for d, t, cols, parent, pcols, name in found
                if schema(d) and table(t) and wanted in (None, parent)
                for i, (fc, pc) in enumerate(zip(cols, pcols, strict=True))
            ]

        return self.metadata(
            "GetCrossReference",
            req,
            "PKTABLE_CAT PKTABLE_SCHEM PKTABLE_NAME PKCOLUMN_NAME FKTABLE_CAT "
            "FKTABLE_SCHEM FKTABLE_NAME FKCOLUMN_NAME KEQ_SEQ:int UPDATE_RULE:int DELETE_RULE:int FK_NAME "
            "PK_NAME DEFERRABILITY:int",
            rows,
        )
