"""The catalog functions over any backend: the three enumerations of SQLTables, filters, order and shape.

A backend answers with plain tuples (argus_odbc.backends.base); what ODBC asks of the rows is done here, once. An engine
without procedures or privileges has none of their functions either: IM001 tells a program to do without, where an empty
result would say that nothing may be done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from argus_odbc import names as naming
from argus_odbc.backends.base import Backend, Capabilities, CatalogColumn, ProcedureColumn
from argus_odbc.errors import DriverError
from argus_odbc.names import equal, matcher
from argus_odbc.shapes import SHAPES
from argus_odbc.types import SECOND_INTERVALS, SQL_INTEGER, SQL_SMALLINT, SQL_WVARCHAR, Column, verbose_type

NAME_LENGTH = 128
LONG_LENGTH = 1000
LONG_TEXTS = ("REMARKS", "COLUMN_DEF", "FILTER_CONDITION")
KIND = {"V": SQL_WVARCHAR, "S": SQL_SMALLINT, "I": SQL_INTEGER}
TEXT_TYPES = (1, 12, -1, -8, -9, -10)
BINARY_TYPES = (-2, -3, -4)
ODBC2_DATETIME = {91: 9, 92: 10, 93: 11}
LARGEST_INTEGER = 2**31 - 1
SQL_UNKNOWN_TYPE = 0

OPTIONAL: dict[str, tuple[str, str, int]] = {
    "procedures": ("procedures", "SQLProcedures", 67),
    "procedure_columns": ("procedures", "SQLProcedureColumns", 66),
    "table_privileges": ("privileges", "SQLTablePrivileges", 70),
    "column_privileges": ("privileges", "SQLColumnPrivileges", 56),
}
"""Functions that an engine may lack: the capability, the name, and the number for SQLGetFunctions (SQL_API_*)."""

Row = tuple[Any, ...]
Names = Sequence[str | None]


def lacking(capabilities: Capabilities) -> list[int]:
    """Numbers of the functions that this engine has nothing for."""
    return [number for needed, _, number in OPTIONAL.values() if not getattr(capabilities, needed)]


def answer(
    backend: Backend, function: str, names: Names, numbers: Sequence[int], metadata_id: bool, odbc2: bool
) -> tuple[list[Column], list[Row]]:
    """Columns and rows of a catalog function; `names` and `numbers` in the order of its arguments."""
    if function in OPTIONAL and not getattr(backend.capabilities, OPTIONAL[function][0]):
        needed, name, _ = OPTIONAL[function]
        raise DriverError("IM001", 0, f"{name} is not there: {backend.capabilities.dbms_name} has no {needed}")
    build = _FUNCTIONS[function]
    if metadata_id:
        names = naming.identifiers(function, names, backend.capabilities, backend.dialect.identifier_quote)
    elif odbc2 and function == "tables" and names[0] and names[0] != "%":
        names = [naming.escaped(names[0]), *names[1:]]  # the qualifier was no pattern in ODBC 2
    rows = build(backend, names, numbers)
    if not rows and not metadata_id:
        plain = [
            naming.unescaped(name) if name and kind == "O" else name
            for kind, name in zip(naming.KINDS[function], names, strict=True)
        ]
        rows = build(backend, plain, numbers) if plain != list(names) else rows
    if odbc2:
        rows = [_odbc2_types(function, row) for row in rows]
    return _columns(function, odbc2, backend.capabilities.max_identifier_length), rows


def _columns(function: str, odbc2: bool, name_length: int) -> list[Column]:
    out = []
    for name3, name2, kind, nullable in SHAPES[function]:
        text = kind == "V"
        length = LONG_LENGTH if name3 in LONG_TEXTS else max(NAME_LENGTH, name_length)
        size = length if text else (5 if kind == "S" else 10)
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
                unsigned=text,
                case_sensitive=text,
                searchable=3 if text else 2,
            )
        )
    return out


def _odbc2_types(function: str, row: Row) -> Row:
    """DATA_TYPE in the ODBC 2 codes of dates and times."""
    at = {"columns": 4, "procedure_columns": 5, "type_info": 1, "special_columns": 2}.get(function)
    if at is None or row[at] not in ODBC2_DATETIME:
        return row
    return (*row[:at], ODBC2_DATETIME[row[at]], *row[at + 1 :])


def _key(*values: Any) -> tuple[tuple[bool, Any], ...]:
    """A sort key in which NULL comes first."""
    return tuple((value is not None, value if value is not None else "") for value in values)


def _of(backend: Backend, rows: Sequence[Row], *names: str | None) -> list[Row]:
    """The rows whose first columns are these names: a backend may answer more."""
    case = naming.sensitive(backend.capabilities)
    tests = [(i, equal(name, case)) for i, name in enumerate(names) if name is not None]
    return [row for row in rows if all(test(row[i]) for i, test in tests)]


# ---- the functions ----
def _tables(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    catalog, schema, table, types = names
    if catalog == "%" and schema == "" and table == "":
        return [(name, None, None, None, None) for name in sorted(backend.get_catalogs())]
    if schema == "%" and catalog == "" and table == "":
        return [(None, name, None, None, None) for name in sorted({s for _, s in backend.get_schemas(None)})]
    if types == "%" and not catalog and not schema and not table:
        return [(None, None, None, name, None) for name in sorted(set(backend.get_table_types()))]
    wanted = _table_types(types)
    case = naming.sensitive(backend.capabilities)
    tests = [(i, matcher(name, case)) for i, name in enumerate((catalog, schema, table)) if name not in (None, "%")]
    rows = backend.get_tables(catalog, schema, table, wanted)
    for i, test in tests:
        rows = [row for row in rows if test(row[i])]
    if wanted is not None:
        rows = [row for row in rows if row[3].upper() in wanted]
    # By a catalog's, a schema's and a table's name; NULL first, which "" stands for here.
    return sorted(rows, key=lambda r: (r[3], r[0] or "", r[1] or "", r[2]))


def _table_types(types: str | None) -> list[str] | None:
    """`'TABLE','VIEW'` or `TABLE, VIEW` as a list; None for every type."""
    listed = [part.strip().strip("'").upper() for part in (types or "").split(",")]
    listed = [part for part in listed if part and part != "%"]
    return listed or None


def _table_columns(
    backend: Backend, catalog: str | None, schema: str | None, table: str | None, column: str | None
) -> list[CatalogColumn]:
    """The columns; catalog is an ordinary argument, the others are patterns."""
    case = naming.sensitive(backend.capabilities)
    is_catalog, is_schema = equal(catalog, case), matcher(schema, case)
    is_table, is_column = matcher(table, case), matcher(column, case)
    asked = None if catalog is None else naming.escaped(catalog)
    rows = [
        c
        for c in backend.get_columns(asked, schema, table, column)
        if is_table(c.table) and is_column(c.column.name) and is_schema(c.schema) and is_catalog(c.catalog)
    ]
    return sorted(rows, key=lambda c: _key(c.catalog, c.schema, c.table, c.ordinal))


def _type_cells(t: Column) -> Row:
    """DATA_TYPE to NULLABLE, which SQLColumns and SQLProcedureColumns share; sizes are NULL for an unknown type."""
    digits = t.decimal_digits if t.sql_type in (2, 3, 92, 93) or t.num_prec_radix == 10 else None
    if t.sql_type in SECOND_INTERVALS:
        digits = t.decimal_digits
    known = t.sql_type != SQL_UNKNOWN_TYPE
    return (
        t.sql_type,
        t.type_name,
        t.column_size if known else None,
        t.octet_length if known else None,
        digits,
        # The size counts decimal digits, also where the descriptors count the bits of an approximate number.
        10 if t.num_prec_radix else None,
        t.nullable,
    )


def _more_cells(t: Column, ordinal: int) -> Row:
    """SQL_DATA_TYPE to IS_NULLABLE, at the end of both."""
    verbose, sub = verbose_type(t.sql_type)
    octets = t.octet_length if t.sql_type in TEXT_TYPES + BINARY_TYPES else None
    return verbose, sub, octets, ordinal, {0: "NO", 1: "YES"}.get(t.nullable, "")


def _columns_of(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    return [
        (c.catalog, c.schema, c.table, c.column.name, *_type_cells(c.column), c.remarks, c.default,
         *_more_cells(c.column, c.ordinal))
        for c in _table_columns(backend, *names)
    ]  # fmt: skip


def _required(table: str | None) -> str:
    if table is None:
        raise DriverError("HY009", 0, "The table name may not be a null pointer here")
    return table


def _primary_keys(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    rows = backend.get_primary_keys(names[0], names[1], _required(names[2]))
    return sorted(_of(backend, rows, *names), key=lambda r: _key(r[0], r[1], r[2], r[4]))


def _foreign_keys(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    pk_catalog, pk_schema, pk_table, fk_catalog, fk_schema, fk_table = names
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
    rows = _of(backend, rows, pk_catalog, pk_schema, pk_table, None, fk_catalog, fk_schema, fk_table)
    first = 4 if pk_table is not None and fk_table is None else 0
    return sorted(rows, key=lambda r: _key(r[first], r[first + 1], r[first + 2], r[8]))


def _statistics(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    unique, reserved = numbers[0], numbers[1]
    if unique not in (0, 1):
        raise DriverError("HY100", 0, f"SQLStatistics has no uniqueness option {unique}")
    if reserved not in (0, 1):
        raise DriverError("HY101", 0, f"SQLStatistics has no accuracy option {reserved}")
    rows = backend.get_statistics(names[0], names[1], _required(names[2]), unique == 0)
    rows = [(*r[:10], *(_small(number) for number in r[10:12]), r[12]) for r in _of(backend, rows, *names)]
    return sorted(rows, key=lambda r: _key(r[3], r[6], r[4], r[5], r[7]))


def _small(number: int | None) -> int | None:
    """A count for a column of type INTEGER; NULL, which is "not known", where it does not fit."""
    return None if number is None or number > LARGEST_INTEGER else number


def _special_columns(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    """SQL_BEST_ROWID: the primary key, else a unique one; either identifies a row for the whole session.

    SQL_ROWVER: none of these engines has such a column.
    """
    kind, scope, nullable = numbers
    if kind not in (1, 2):
        raise DriverError("HY097", 0, f"SQLSpecialColumns has no column type {kind}")
    if scope not in (0, 1, 2):
        raise DriverError("HY098", 0, f"SQLSpecialColumns has no scope {scope}")
    if nullable not in (0, 1):
        raise DriverError("HY099", 0, f"SQLSpecialColumns has no nullable option {nullable}")
    _required(names[2])
    if kind == 2:
        return []
    keys = [(r[:3], r[4], r[3]) for r in _primary_keys(backend, names, ())]
    keys = _of_one_table(backend, keys) or _unique_key(backend, names, nullable == 1)
    if not keys:
        return []
    place, wanted = keys[0][0], [column for _, _, column in keys]
    asked = [None if name is None else naming.escaped(name) for name in place[1:]]
    described = {c.column.name: c.column for c in _table_columns(backend, place[0], *asked, None)}
    out = []
    for name in wanted:
        t = described[name]
        digits = t.decimal_digits if t.sql_type in (2, 3, 92, 93) else None
        out.append((2, t.name, t.sql_type, t.type_name, t.column_size, t.octet_length, digits, 1))
    return out


Key = tuple[Row, int, str]
"""One column of a key: its table's three names, its position, its name."""


def _of_one_table(backend: Backend, keys: list[Key]) -> list[Key]:
    """The keys of one table, where several have the name: the one in the current catalog, since no row says which."""
    current = backend.current_catalog() if len({place for place, _, _ in keys}) > 1 else ""
    places = sorted({place for place, _, _ in keys}, key=lambda place: (place[0] != current, _key(*place)))
    return sorted((k for k in keys if k[0] == places[0]), key=lambda k: k[1]) if places else []


def _unique_key(backend: Backend, names: Names, nullable: bool) -> list[Key]:
    """The columns of the smallest unique index, without one over expressions; NULLs in it only where allowed."""
    indexes: dict[tuple[Any, ...], list[Key]] = {}
    for row in _statistics(backend, names, (0, 0)):
        if row[3] == 0 and row[12] is None:
            indexes.setdefault((*row[:3], row[5]), []).append((row[:3], row[7], row[8]))
    usable = []
    for place in {key[:3] for key in indexes}:
        asked = [None if name is None else naming.escaped(name) for name in place[1:]]
        kinds = {c.column.name: c.column.nullable for c in _table_columns(backend, place[0], *asked, None)}
        usable += [
            key
            for at, key in indexes.items()
            if at[:3] == place and all(c in kinds and (nullable or kinds[c] == 0) for _, _, c in key)
        ]
    smallest = min((len(key) for key in usable), default=0)
    chosen = [key for key in usable if len(key) == smallest]
    one = _of_one_table(backend, [key[0] for key in chosen])
    return next((key for key in chosen if one and key[0][0] == one[0][0]), [])


# ---- what only some engines have ----
def _procedures(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    catalog, schema, name = names
    case = naming.sensitive(backend.capabilities)
    tests = equal(catalog, case), matcher(schema, case), matcher(name, case)
    rows = {
        (r[0], r[1], r[2], None, None, None, r[3], r[4])
        for r in backend.get_procedures(None if catalog is None else naming.escaped(catalog), schema, name)
        if all(test(value) for test, value in zip(tests, r[:3], strict=True))
    }
    return sorted(rows, key=lambda r: _key(*r[:3], r[7]))


def _procedure_columns(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    catalog, schema, name, column = names
    case = naming.sensitive(backend.capabilities)
    is_catalog, is_schema = equal(catalog, case), matcher(schema, case)
    is_name, is_column = matcher(name, case), matcher(column, case)

    def row(c: ProcedureColumn) -> Row:
        place = c.catalog, c.schema, c.procedure, c.column.name, c.kind
        return (*place, *_type_cells(c.column), c.remarks, c.default, *_more_cells(c.column, c.ordinal))

    asked = None if catalog is None else naming.escaped(catalog)
    found = [
        row(c)
        for c in backend.get_procedure_columns(asked, schema, name, column)
        if is_name(c.procedure) and is_column(c.column.name) and is_schema(c.schema) and is_catalog(c.catalog)
    ]
    return sorted(found, key=lambda r: _key(*r[:3], r[4], r[17]))


def _table_privileges(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    catalog, schema, table = names
    case = naming.sensitive(backend.capabilities)
    tests = equal(catalog, case), matcher(schema, case), matcher(table, case)
    rows = [
        r
        for r in backend.get_table_privileges(None if catalog is None else naming.escaped(catalog), schema, table)
        if all(test(value) for test, value in zip(tests, r[:3], strict=True))
    ]
    return sorted(rows, key=lambda r: _key(r[0], r[1], r[2], r[5], r[4]))


def _column_privileges(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
    is_column = matcher(names[3], naming.sensitive(backend.capabilities))
    rows = backend.get_column_privileges(names[0], names[1], _required(names[2]), names[3])
    rows = [r for r in _of(backend, rows, *names[:3]) if is_column(r[3])]
    return sorted(rows, key=lambda r: _key(r[0], r[1], r[2], r[3], r[6]))


def _type_info(backend: Backend, names: Names, numbers: Sequence[int]) -> list[Row]:
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


KNOWN_TYPES = {0, *range(1, 10), 10, 11, 12, 91, 92, 93, *range(101, 114), *range(-11, 0)}

_FUNCTIONS: dict[str, Callable[[Backend, Sequence[str | None], Sequence[int]], list[Row]]] = {
    "tables": _tables,
    "columns": _columns_of,
    "primary_keys": _primary_keys,
    "foreign_keys": _foreign_keys,
    "statistics": _statistics,
    "special_columns": _special_columns,
    "type_info": _type_info,
    "procedures": _procedures,
    "procedure_columns": _procedure_columns,
    "table_privileges": _table_privileges,
    "column_privileges": _column_privileges,
}
