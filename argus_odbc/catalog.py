"""The catalog functions over any backend: search patterns, the three enumerations of SQLTables, order and shape.

A backend answers with plain tuples (argus_odbc.backends.base); what ODBC asks of the rows is done here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from argus_odbc.backends.base import Backend, CatalogColumn
from argus_odbc.errors import DriverError
from argus_odbc.shapes import SHAPES
from argus_odbc.types import SQL_INTEGER, SQL_SMALLINT, SQL_WVARCHAR, Column, verbose_type

NAME_LENGTH = 128
KIND = {"V": SQL_WVARCHAR, "S": SQL_SMALLINT, "I": SQL_INTEGER}
TEXT_TYPES = (1, 12, -1, -8, -9, -10)
BINARY_TYPES = (-2, -3, -4)
ODBC2_DATETIME = {91: 9, 92: 10, 93: 11}

Row = tuple[Any, ...]


def answer(
    backend: Backend, function: str, names: Sequence[str | None], numbers: Sequence[int], metadata_id: bool, odbc2: bool
) -> tuple[list[Column], list[Row]]:
    """Columns and rows of a catalog function; `names` and `numbers` in the order of its arguments."""
    build = _FUNCTIONS[function]
    if metadata_id and function != "type_info":
        names = [
            name if _exempt(backend, function, i, name) else _identifier(backend, name) for i, name in enumerate(names)
        ]
    rows = build(backend, names, numbers)
    if odbc2:
        rows = [_odbc2_types(function, row) for row in rows]
    return _columns(function, odbc2), rows


def _columns(function: str, odbc2: bool) -> list[Column]:
    out = []
    for name3, name2, kind, nullable in SHAPES[function]:
        text = kind == "V"
        size = NAME_LENGTH if text else (5 if kind == "S" else 10)
        out.append(
            Column(
                name2 if odbc2 else name3,
                KIND[kind],
                column_size=size,
                nullable=int(nullable),
                type_name={"V": "VARCHAR", "S": "SMALLINT", "I": "INTEGER"}[kind],
                display_size=size if text else size + 1,
                octet_length=2 * size if text else (2 if kind == "S" else 4),
                num_prec_radix=0 if text else 10,
                case_sensitive=text,
                searchable=3 if text else 2,
            )
        )
    return out


def _odbc2_types(function: str, row: Row) -> Row:
    """DATA_TYPE in the ODBC 2 codes of dates and times."""
    at = {"columns": 4, "type_info": 1, "special_columns": 2}.get(function)
    if at is None or row[at] not in ODBC2_DATETIME:
        return row
    return (*row[:at], ODBC2_DATETIME[row[at]], *row[at + 1 :])


# ---- names and patterns ----
def _exempt(backend: Backend, function: str, position: int, name: str | None) -> bool:
    """SQLTables' list of types is no identifier; a catalog may be missing where the engine has none."""
    return (function == "tables" and position == 3) or (
        position == 0 and name is None and not backend.capabilities.catalogs
    )


def _identifier(backend: Backend, name: str | None) -> str | None:
    """An argument under SQL_ATTR_METADATA_ID: an identifier, so its pattern characters are escaped; NULL is HY009."""
    if name is None:
        raise DriverError("HY009", 0, "With SQL_ATTR_METADATA_ID on, a name argument may not be a null pointer")
    quote = backend.dialect.identifier_quote
    name = name.rstrip()
    if len(name) >= 2 and name.startswith(quote) and name.endswith(quote):
        name = name[1:-1].replace(quote * 2, quote)
    elif backend.capabilities.identifier_case == 1:
        name = name.upper()
    elif backend.capabilities.identifier_case == 2:
        name = name.lower()
    return re.sub(r"([\\%_])", r"\\\1", name)


def matcher(pattern: str | None) -> Callable[[str | None], bool]:
    """A test for an ODBC search pattern: % any run, _ one character, \\ escapes; None matches all, "" only the unnamed."""
    if pattern is None or pattern == "%":
        return lambda name: True
    if pattern == "":
        return lambda name: not name
    parts, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern):
            i += 1
            parts.append(re.escape(pattern[i]))
        else:
            parts.append(".*" if c == "%" else "." if c == "_" else re.escape(c))
        i += 1
    expression = re.compile("".join(parts), re.DOTALL | re.IGNORECASE)
    return lambda name: name is not None and expression.fullmatch(name) is not None


def _plain(argument: str | None) -> str | None:
    """An ordinary argument that came escaped by SQL_ATTR_METADATA_ID, or as clients escape all they send."""
    return None if argument is None else re.sub(r"\\([\\%_])", r"\1", argument)


def _key(*values: Any) -> tuple[tuple[bool, Any], ...]:
    """A sort key in which NULL comes first."""
    return tuple((value is not None, value if value is not None else "") for value in values)


# ---- the functions ----
def _tables(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    catalog, schema, table, types = names
    if catalog == "%" and schema == "" and table == "":
        return [(name, None, None, None, None) for name in sorted(backend.get_catalogs())]
    if schema == "%" and catalog == "" and table == "":
        return [(None, name, None, None, None) for name in sorted({s for _, s in backend.get_schemas(None)})]
    if types == "%" and not catalog and not schema and not table:
        return [(None, None, None, name, None) for name in sorted(set(backend.get_table_types()))]
    wanted = _table_types(types)
    is_catalog, is_schema, is_table = matcher(catalog), matcher(schema or None), matcher(table or None)
    if catalog == "":
        is_catalog = matcher(None)  # clients send "" for "any"; no engine here has tables without a catalog
    rows = [
        row
        for row in backend.get_tables(catalog or None, schema or None, table or None, wanted)
        if is_catalog(row[0])
        and is_schema(row[1])
        and is_table(row[2])
        and (wanted is None or row[3].upper() in wanted)
    ]
    return sorted(rows, key=lambda r: _key(r[3], r[0], r[1], r[2]))


def _table_types(types: str | None) -> list[str] | None:
    """`'TABLE','VIEW'` or `TABLE, VIEW` as a list; None for every type."""
    listed = [part.strip().strip("'").upper() for part in (types or "").split(",")]
    listed = [part for part in listed if part and part != "%"]
    return listed or None


def _table_columns(
    backend: Backend, catalog: str | None, schema: str | None, table: str | None, column: str | None
) -> list[CatalogColumn]:
    is_catalog, is_schema = matcher(catalog or None), matcher(schema or None)
    is_table, is_column = matcher(table or None), matcher(column or None)
    rows = [
        c
        for c in backend.get_columns(catalog or None, schema or None, table or None, column or None)
        if is_catalog(c.catalog) and is_schema(c.schema) and is_table(c.table) and is_column(c.column.name)
    ]
    return sorted(rows, key=lambda c: _key(c.catalog, c.schema, c.table, c.ordinal))


def _column_row(c: CatalogColumn) -> Row:
    t = c.column
    verbose, sub = verbose_type(t.sql_type)
    exact = t.sql_type in (2, 3)
    datetime = sub is not None
    digits = t.decimal_digits if exact or datetime else (0 if t.num_prec_radix == 10 else None)
    if t.sql_type in (6, 7, 8) or t.sql_type == 91:
        digits = None
    return (
        c.catalog,
        c.schema,
        c.table,
        t.name,
        t.sql_type,
        t.type_name,
        t.column_size,
        t.octet_length,
        digits,
        t.num_prec_radix or None,
        t.nullable,
        c.remarks,
        c.default,
        verbose,
        sub,
        t.octet_length if t.sql_type in TEXT_TYPES + BINARY_TYPES else None,
        c.ordinal,
        {0: "NO", 1: "YES"}.get(t.nullable, ""),
    )


def _columns_of(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    return [_column_row(c) for c in _table_columns(backend, *names)]


def _required(table: str | None, what: str = "table") -> str:
    if table is None:
        raise DriverError("HY009", 0, f"The {what} name may not be a null pointer here")
    return _plain(table) or ""


def _primary_keys(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    rows = backend.get_primary_keys(_plain(names[0]), _plain(names[1]), _required(names[2]))
    return sorted(rows, key=lambda r: _key(r[0], r[1], r[2], r[4]))


def _foreign_keys(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    pk_catalog, pk_schema, pk_table, fk_catalog, fk_schema, fk_table = (_plain(name) for name in names)
    if pk_table is None and fk_table is None:
        raise DriverError("HY009", 0, "SQLForeignKeys needs the primary key's table or the foreign key's table")
    rows = backend.get_foreign_keys(
        pk_catalog=pk_catalog,
        pk_schema=pk_schema,
        pk_table=pk_table,
        fk_catalog=fk_catalog,
        fk_schema=fk_schema,
        fk_table=fk_table,
    )
    first = 4 if pk_table is not None and fk_table is None else 0
    return sorted(rows, key=lambda r: _key(r[first], r[first + 1], r[first + 2], r[8]))


def _statistics(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    unique, reserved = numbers[0], numbers[1]
    if unique not in (0, 1):
        raise DriverError("HY100", 0, f"SQLStatistics has no uniqueness option {unique}")
    if reserved not in (0, 1):
        raise DriverError("HY101", 0, f"SQLStatistics has no accuracy option {reserved}")
    rows = backend.get_statistics(_plain(names[0]), _plain(names[1]), _required(names[2]), unique == 0)
    return sorted(rows, key=lambda r: _key(r[3], r[6], r[4], r[5], r[7]))


def _special_columns(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    """SQL_BEST_ROWID: the primary key, which identifies a row for the session; SQL_ROWVER: none of these engines."""
    kind, scope, nullable = numbers
    if kind not in (1, 2):
        raise DriverError("HY097", 0, f"SQLSpecialColumns has no column type {kind}")
    if scope not in (0, 1, 2):
        raise DriverError("HY098", 0, f"SQLSpecialColumns has no scope {scope}")
    if nullable not in (0, 1):
        raise DriverError("HY099", 0, f"SQLSpecialColumns has no nullable option {nullable}")
    table = _required(names[2])
    if kind == 2:
        return []
    keys = backend.get_primary_keys(_plain(names[0]), _plain(names[1]), table)
    if not keys:
        return []
    described = {c.column.name: c.column for c in _table_columns(backend, names[0], names[1], names[2], None)}
    out = []
    for key in sorted(keys, key=lambda r: r[4]):
        t = described[key[3]]
        digits = t.decimal_digits if t.sql_type in (2, 3, 92, 93) else None
        out.append((2, t.name, t.sql_type, t.type_name, t.column_size, t.octet_length, digits, 1))
    return out


def _type_info(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    """SQLGetTypeInfo: all types ordered by DATA_TYPE, or those of one type; the engine's own order decides closeness."""
    wanted = {9: 91, 10: 92, 11: 93}.get(numbers[0], numbers[0])
    if wanted not in KNOWN_TYPES:
        raise DriverError("HY004", 0, f"{wanted} is not an SQL type of ODBC")
    out = []
    for t in backend.get_type_info():
        if wanted not in (0, t.sql_type):
            continue
        verbose, sub = verbose_type(t.sql_type)
        out.append(
            (
                t.type_name,
                t.sql_type,
                t.column_size,
                t.literal_prefix,
                t.literal_suffix,
                t.create_params,
                t.nullable,
                int(t.case_sensitive),
                t.searchable,
                None if t.unsigned is None else int(t.unsigned),
                int(t.fixed_prec_scale),
                None if t.auto_unique is None else int(t.auto_unique),
                t.local_type_name,
                t.minimum_scale,
                t.maximum_scale,
                verbose,
                sub,
                t.num_prec_radix,
                t.interval_precision,
            )
        )
    return sorted(out, key=lambda row: row[1])


def _nothing(backend: Backend, names: Sequence[str | None], numbers: Sequence[int]) -> list[Row]:
    """What the contract has no operation for: an empty result of the right shape."""
    return []


KNOWN_TYPES = {0, *range(1, 10), 10, 11, 12, 91, 92, 93, *range(101, 114), *range(-11, 0)}

_FUNCTIONS: dict[str, Callable[[Backend, Sequence[str | None], Sequence[int]], list[Row]]] = {
    "tables": _tables,
    "columns": _columns_of,
    "primary_keys": _primary_keys,
    "foreign_keys": _foreign_keys,
    "statistics": _statistics,
    "special_columns": _special_columns,
    "type_info": _type_info,
    "procedures": _nothing,
    "procedure_columns": _nothing,
    "table_privileges": _nothing,
    "column_privileges": _nothing,
}
