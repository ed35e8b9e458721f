"""Catalog calls of HiveServer2 as rows in ODBC's shapes. The driver filters and sorts them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from argus_odbc.backends.base import CatalogColumn
from argus_odbc.backends.hs2 import tcli
from argus_odbc.backends.hs2 import types as hs2types

if TYPE_CHECKING:
    from argus_odbc.backends.hs2.backend import HS2Backend

CATALOG_ROWS = 10_000

# Columns of the answer to GetColumns (JDBC's getColumns), by position: one engine misspells a name.
SCHEMA, TABLE, NAME, TYPE_NAME, SIZE, DIGITS, NULLABLE, REMARKS, DEFAULT = 1, 2, 3, 5, 6, 8, 10, 11, 12


def wider(pattern: str | None, lower: bool) -> str | None:
    """A pattern that matches at least what the ODBC pattern matches, on every server.

    Servers differ in how they escape, some read regular expressions, one takes the second of two wildcards
    literally. So an escaped wildcard becomes a wildcard, other signs become `_`, and a run of wildcards `%`.
    """
    if pattern is None:
        return None
    text = re.sub(r"\\(.)", r"\1", pattern)
    text = re.sub(r"[^\w%]", "_", text)
    text = re.sub(r"[_%]{2,}", "%", text)
    return text.lower() if lower else text


def column_values(column: Any) -> list[Any]:
    """The values of a TColumn, None where its NULL bits say so."""
    for name, _ in tcli.COLUMN_TYPES:
        held = getattr(column, name)
        if held is not None:
            nulls = held.nulls or b""
            return [
                None if i >> 3 < len(nulls) and nulls[i >> 3] >> (i & 7) & 1 else value
                for i, value in enumerate(held.values or ())
            ]
    return []


class Catalog:
    """The catalog calls of one session."""

    def __init__(self, backend: HS2Backend) -> None:
        self._backend = backend
        self._session = backend.session

    def _rows(self, call: str, **names: Any) -> list[tuple]:
        """All rows of a catalog call."""
        request = tcli.CALLS[call][0](sessionHandle=self._session.handle, **names)
        handle = self._session.call(call, request).operationHandle
        rows: list[tuple] = []
        try:
            while True:
                answer = self._session.call(
                    "FetchResults",
                    tcli.FetchReq(
                        operationHandle=handle, orientation=tcli.FETCH_NEXT, maxRows=CATALOG_ROWS, fetchType=0
                    ),
                )
                columns = answer.results.columns if answer.results is not None else None
                page = list(zip(*map(column_values, columns or ()), strict=True))
                rows += page
                if not page and not answer.hasMoreRows:
                    return rows
        finally:
            self._backend.close_operation(handle)

    def _pattern(self, pattern: str | None) -> str | None:
        return wider(pattern, self._backend.lower_case_names)

    def schemas(self) -> list[tuple[str | None, str]]:
        return [(None, row[0]) for row in self._rows("GetSchemas")]

    def tables(
        self, schema: str | None, table: str | None, types: Sequence[str] | None
    ) -> list[tuple[str | None, str | None, str, str, str | None]]:
        if schema == "" or table == "":
            # Every table has a schema and a name; servers take the empty pattern for any or for none.
            return []
        names: dict[str, Any] = {"schemaName": self._pattern(schema), "tableName": self._pattern(table)}
        if types and self._backend.filters_table_types:
            names["tableTypes"] = [t.upper() for t in types]
        rows = self._rows("GetTables", **names)
        return [(None, row[1], row[2], self._backend.table_type(row[3]), row[4] or None) for row in rows]

    def columns(self, schema: str | None, table: str | None) -> list[CatalogColumn]:
        if schema == "" or table == "":
            return []
        # No column pattern: servers disagree on the case of column names in patterns.
        rows = self._rows("GetColumns", schemaName=self._pattern(schema), tableName=self._pattern(table))
        found: list[CatalogColumn] = []
        # One engine counts partition columns first and lists them last: the order of the rows is that of SELECT *.
        ordinals: dict[tuple[str, str], int] = {}
        for row in rows:
            key = row[SCHEMA], row[TABLE]
            ordinals[key] = ordinals.get(key, 0) + 1
            found.append(self._column(row, ordinals[key]))
        return found

    def _column(self, row: tuple, ordinal: int) -> CatalogColumn:
        types = self._backend.types
        type_id, size, scale = types.named(row[TYPE_NAME] or "")
        if not size and type_id in (hs2types.DECIMAL, hs2types.VARCHAR, hs2types.CHAR):
            size, scale = row[SIZE] or 0, (row[DIGITS] or 0) if type_id == hs2types.DECIMAL else 0
        more: dict[str, Any] = {"nullable": 0 if row[NULLABLE] == 0 else 1, "table": row[TABLE], "schema": row[SCHEMA]}
        column = types.described(type_id, row[NAME], size, scale, **more)
        return CatalogColumn(None, row[SCHEMA], row[TABLE], column, ordinal, row[REMARKS] or None, row[DEFAULT])

    def primary_keys(self, schema: str | None, table: str) -> list[tuple]:
        rows = self._rows("GetPrimaryKeys", schemaName=schema or self._backend.current_schema(), tableName=table)
        return [(None, *row[1:6]) for row in rows]

    def foreign_keys(self, names: dict[str, str | None]) -> list[tuple]:
        schema = self._backend.current_schema()
        asked: dict[str, str | None] = {}
        for side, word in (("pk", "parent"), ("fk", "foreign")):
            if names.get(f"{side}_table"):
                asked[f"{word}TableName"] = names[f"{side}_table"]
                asked[f"{word}SchemaName"] = names.get(f"{side}_schema") or schema
        rows = self._rows("GetCrossReference", **asked)
        return [(None, *row[1:4], None, *row[5:14]) for row in rows]
