"""DuckDB's catalog as rows in ODBC's shapes. Asked through duckdb_*() functions, which know every attached database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from argus_odbc.backends.base import CatalogColumn, ProcedureColumn
from argus_odbc.backends.duckdb.types import TypeTable
from argus_odbc.types import Column

Query = Callable[..., list[tuple[Any, ...]]]

TABLE_TYPES = ("TABLE", "VIEW", "LOCAL TEMPORARY", "SYSTEM TABLE", "SYSTEM VIEW")

SQL_NO_ACTION = 3
SQL_NOT_DEFERRABLE = 7
SQL_INDEX_OTHER = 3
SQL_TABLE_STAT = 0
SQL_PT_PROCEDURE, SQL_PT_FUNCTION = 1, 2
SQL_PARAM_INPUT, SQL_RESULT_COL = 1, 3

# Tables and views under one set of names; "system" and "temp" are DuckDB's own databases.
_OBJECTS = """
    SELECT database_name, schema_name, table_name AS name,
           CASE WHEN temporary THEN 'LOCAL TEMPORARY' WHEN internal THEN 'SYSTEM TABLE' ELSE 'TABLE' END AS kind,
           comment FROM duckdb_tables()
    UNION ALL
    SELECT database_name, schema_name, view_name,
           CASE WHEN internal THEN 'SYSTEM VIEW' WHEN temporary THEN 'LOCAL TEMPORARY' ELSE 'VIEW' END,
           comment FROM duckdb_views()
"""


class _Where:
    """Conditions and their values, as they are put together."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.values: list[Any] = []

    def like(self, column: str, pattern: str | None) -> _Where:
        """`pattern` is an ODBC search pattern; None and % do not restrict. Names differ by more than their case."""
        if pattern is not None and pattern != "%":
            self._parts.append(f"{column} ILIKE ? ESCAPE '\\'")
            # A backslash that escapes nothing is refused by the engine, and means itself.
            lone = (len(pattern) - len(pattern.rstrip("\\"))) % 2
            self.values.append(pattern + "\\" * lone)
        return self

    def equal(self, column: str, value: str | None) -> _Where:
        if value is not None:
            self._parts.append(f"lower({column}) = lower(?)")
            self.values.append(value)
        return self

    def __str__(self) -> str:
        return " WHERE " + " AND ".join(self._parts) if self._parts else ""


def catalogs(query: Query) -> list[str]:
    return [row[0] for row in query("SELECT database_name FROM duckdb_databases()")]


def schemas(query: Query, catalog: str | None) -> list[tuple[str | None, str]]:
    where = _Where().like("database_name", catalog)
    rows = query(f"SELECT DISTINCT database_name, schema_name FROM duckdb_schemas(){where}", where.values)
    return [(row[0], row[1]) for row in rows]


def tables(
    query: Query, catalog: str | None, schema: str | None, table: str | None, kinds: Sequence[str] | None
) -> list[tuple[str | None, str | None, str, str, str | None]]:
    where = _Where().like("database_name", catalog).like("schema_name", schema).like("name", table)
    rows = query(f"SELECT * FROM ({_OBJECTS}) AS objects{where}", where.values)
    return [(r[0], r[1], r[2], r[3], r[4]) for r in rows if kinds is None or r[3] in kinds]


def columns(
    query: Query, types: TypeTable, catalog: str | None, schema: str | None, table: str | None, column: str | None
) -> list[CatalogColumn]:
    where = (
        _Where()
        .like("database_name", catalog)
        .like("schema_name", schema)
        .like("table_name", table)
        .like("column_name", column)
    )
    rows = query(
        "SELECT database_name, schema_name, table_name, column_name, data_type, is_nullable, column_index, comment, "
        f"column_default FROM duckdb_columns(){where}",
        where.values,
    )
    return [
        CatalogColumn(
            catalog=r[0],
            schema=r[1],
            table=r[2],
            column=types.column(r[3], r[4], nullable=1 if r[5] else 0),
            ordinal=r[6],
            remarks=r[7],
            default=r[8],
        )
        for r in rows
    ]


def primary_keys(query: Query, catalog: str | None, schema: str | None, table: str) -> list[tuple]:
    where = (
        _Where()
        .equal("constraint_type", "PRIMARY KEY")
        .equal("database_name", catalog)
        .equal("schema_name", schema)
        .equal("table_name", table)
    )
    rows = query(
        "SELECT database_name, schema_name, table_name, constraint_column_names, constraint_name "
        f"FROM duckdb_constraints(){where}",
        where.values,
    )
    return [(r[0], r[1], r[2], name, seq, r[4]) for r in rows for seq, name in enumerate(r[3], 1)]


def foreign_keys(
    query: Query,
    pk_catalog: str | None = None,
    pk_schema: str | None = None,
    pk_table: str | None = None,
    fk_catalog: str | None = None,
    fk_schema: str | None = None,
    fk_table: str | None = None,
) -> list[tuple]:
    """A foreign key references a table of its own schema (DuckDB allows no other), by the names it states."""
    where = (
        _Where()
        .equal("f.constraint_type", "FOREIGN KEY")
        .equal("f.database_name", fk_catalog)
        .equal("f.schema_name", fk_schema)
        .equal("f.table_name", fk_table)
        .equal("f.database_name", pk_catalog)
        .equal("f.schema_name", pk_schema)
        .equal("f.referenced_table", pk_table)
    )
    rows = query(
        "SELECT f.database_name, f.schema_name, f.referenced_table, f.referenced_column_names, f.table_name, "
        "f.constraint_column_names, f.constraint_name, "
        # The referenced key is the one with the same columns, whatever their order.
        "(SELECT any_value(p.constraint_name) FROM duckdb_constraints() p WHERE p.database_name = f.database_name "
        "AND p.schema_name = f.schema_name AND p.table_name = f.referenced_table "
        "AND p.constraint_type IN ('PRIMARY KEY', 'UNIQUE') "
        "AND list_sort(p.constraint_column_names) = list_sort(f.referenced_column_names)) "
        f"FROM duckdb_constraints() f{where}",
        where.values,
    )
    out = []
    for database, schema, parent, parent_columns, child, child_columns, name, key in rows:
        for seq, (pk, fk) in enumerate(zip(parent_columns, child_columns, strict=True), 1):
            place = (database, schema)
            rules = (seq, SQL_NO_ACTION, SQL_NO_ACTION, name, key, SQL_NOT_DEFERRABLE)
            out.append((*place, parent, pk, *place, child, fk, *rules))
    return out


def statistics(query: Query, catalog: str | None, schema: str | None, table: str, unique: bool) -> list[tuple]:
    """The table's estimated rows, its keys' indexes (which DuckDB does not list as such) and its other indexes."""
    where = _Where().equal("database_name", catalog).equal("schema_name", schema).equal("table_name", table)
    out: list[tuple] = []
    rows = query(
        f"SELECT database_name, schema_name, table_name, estimated_size FROM duckdb_tables(){where}", where.values
    )
    for r in rows:
        out.append((*r[:3], None, None, None, SQL_TABLE_STAT, None, None, None, r[3], None, None))
    keys = query(
        "SELECT database_name, schema_name, table_name, constraint_name, constraint_column_names, constraint_type "
        f"FROM duckdb_constraints(){where}",
        where.values,
    )
    for r in keys:
        if r[5] in ("PRIMARY KEY", "UNIQUE"):
            out += _index_rows(r[:3], 0, r[3], r[4])
    indexes = query(
        f"SELECT database_name, schema_name, table_name, index_name, expressions, is_unique FROM duckdb_indexes(){where}",
        where.values,
    )
    for r in indexes:
        if r[5] or not unique:
            out += _index_rows(r[:3], 0 if r[5] else 1, r[3], _expressions(r[4]))
    return out


def procedures(
    query: Query, catalog: str | None, schema: str | None, name: str | None
) -> list[tuple[str | None, str | None, str, str | None, int]]:
    """The macros: one over a table is called by CALL and answers rows, a scalar one is a function."""
    return [
        (r[0], r[1], r[2], r[3], SQL_PT_PROCEDURE if r[4] == "table_macro" else SQL_PT_FUNCTION)
        for r in _macros(query, catalog, schema, name)
    ]


def procedure_columns(
    query: Query,
    describe: Callable[[str], Sequence[Column]],
    types: TypeTable,
    names: Sequence[str | None],
) -> list[ProcedureColumn]:
    """Parameters of the macros, and the columns of one over a table as its query describes them for NULLs."""
    out = []
    for database, schema, name, _, kind, parameters, parameter_types in _macros(query, *names):
        place = (database, schema, name)
        for i, (parameter, type_text) in enumerate(zip(parameters, parameter_types, strict=True), 1):
            open_type = Column(parameter, 0, type_name="ANY", nullable=1)
            column = types.column(parameter, type_text, nullable=1) if type_text else open_type
            out.append(ProcedureColumn(*place, column, SQL_PARAM_INPUT, i))
        if kind == "table_macro":
            nulls = ", ".join(["NULL"] * len(parameters))
            quoted = ".".join('"' + part.replace('"', '""') + '"' for part in place)
            columns_ = describe(f"SELECT * FROM {quoted}({nulls})")
            out += [ProcedureColumn(*place, column, SQL_RESULT_COL, i) for i, column in enumerate(columns_, 1)]
    return out


def _macros(query: Query, catalog: str | None, schema: str | None, name: str | None) -> list[tuple[Any, ...]]:
    where = _Where().like("database_name", catalog).like("schema_name", schema).like("function_name", name)
    return query(
        "SELECT database_name, schema_name, function_name, comment, function_type, parameters, parameter_types FROM "
        "(FROM duckdb_functions() WHERE NOT internal AND function_type IN ('macro', 'table_macro')) AS macros"
        f"{where}",
        where.values,
    )


def _index_rows(place: tuple[Any, ...], non_unique: int, name: str, columns_: Sequence[str]) -> list[tuple]:
    return [
        (*place, non_unique, None, name, SQL_INDEX_OTHER, seq, column, "A", None, None, None)
        for seq, column in enumerate(columns_, 1)
    ]


def _expressions(text: str) -> list[str]:
    """The parts of `[a, '(lower(b))', "c d"]`, as duckdb_indexes() writes an index's columns."""
    parts: list[str] = []
    current, quote = "", ""
    depth = 0
    for c in text.strip()[1:-1]:
        if quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(current)
            current = ""
            continue
        current += c
    parts.append(current)
    return [_plain(p.strip()) for p in parts if p.strip()]


def _plain(part: str) -> str:
    """One index column without the quotes around it: a list's text has single ones, an identifier double ones."""
    for q in ("'", '"'):
        if len(part) > 1 and part[0] == q and part[-1] == q:
            part = part[1:-1].replace(q + q, q)
    return part
