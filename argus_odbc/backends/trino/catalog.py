"""Catalog functions out of system.jdbc, system.metadata and information_schema.

A catalog that is named is the only one that is asked: behind each there is another system, some of them slow, some of them
down. Where one of several cannot answer, the others are asked one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from argus_odbc import literals, log
from argus_odbc.backends.base import CatalogColumn, ProcedureColumn
from argus_odbc.backends.trino import types
from argus_odbc.backends.trino.dialect import DIALECT
from argus_odbc.backends.trino.operation import TrinoOperation
from argus_odbc.errors import DriverError
from argus_odbc.types import Column

if TYPE_CHECKING:
    from argus_odbc.backends.trino.session import Trino

TableRow = tuple[str | None, str | None, str, str, str | None]
Names = list[str] | None
"""Catalogs; None for all."""
T = TypeVar("T")

TABLE_TYPES = ["TABLE", "VIEW", "MATERIALIZED VIEW"]
FUNCTION, RETURN_VALUE, INPUT = 2, 5, 1
"""SQL_PT_FUNCTION, SQL_RETURN_VALUE, SQL_PARAM_INPUT."""

AT_A_TIME = 50
"""Catalogs whose grants one statement asks for."""


def rows(operation: TrinoOperation, sql: str) -> list[tuple]:
    """Run a statement and read all of its rows here."""
    operation.run(sql)
    found: list[tuple] = []
    try:
        while (part := operation.fetch_results()) is not None:
            found.extend(tuple(row) for row in json.loads(part.payload[part.start : part.end]))
    finally:
        operation.close()
    return found


def condition(column: str, pattern: str | None) -> str:
    """A search pattern as a condition; names are kept in lower case, so that patterns are matched in lower case."""
    if pattern is None or pattern == "%":
        return ""
    lowered = pattern.lower()
    if not any(c in lowered for c in "%_\\"):
        return f"{column} = {literals.text(lowered, DIALECT)}"
    if _plain(lowered) is not None:
        return f"{column} = {literals.text(_plain(lowered) or '', DIALECT)}"
    return f"{column} LIKE {literals.text(lowered, DIALECT)} ESCAPE '\\'"


def _plain(pattern: str) -> str | None:
    """The name that a pattern without wildcards stands for; None when it has some."""
    out, at = [], 0
    while at < len(pattern):
        c = pattern[at]
        if c == "\\" and at + 1 < len(pattern):
            at += 1
            c = pattern[at]
        elif c in "%_":
            return None
        out.append(c)
        at += 1
    return "".join(out)


def _where(*conditions: str) -> str:
    found = [c for c in conditions if c]
    return " WHERE " + " AND ".join(found) if found else ""


# ---- which catalogs ----


def catalogs(session: Trino, pattern: str | None = None) -> list[str]:
    where = _where(condition("table_cat", pattern))
    return [row[0] for row in session.query(f"SELECT table_cat FROM system.jdbc.catalogs{where}")]


def scope(session: Trino, pattern: str | None) -> Names:
    """The catalogs that a pattern is about. LIKE would have the server look into every one."""
    if pattern is None or pattern == "%":
        return None
    plain = _plain(pattern.lower())
    return [plain] if plain is not None else catalogs(session, pattern)


def _within(column: str, names: Names) -> str:
    if names is None:
        return ""
    listed = ", ".join(literals.text(name, DIALECT) for name in names)
    return f"{column} = {listed}" if len(names) == 1 else f"{column} IN ({listed})"


def _ends(error: DriverError) -> bool:
    """No other question would be answered either."""
    return error.sqlstate.startswith(("08", "28")) or error.sqlstate in ("HY008", "HYT00", "HYT01")


def each(session: Trino, names: Names, ask: Callable[[Names], list[T]]) -> list[T]:
    """The answers of all catalogs; where one of them fails, those of the others."""
    if names is not None and not names:
        return []
    try:
        return ask(names)
    except DriverError as error:
        if _ends(error) or (names is not None and len(names) == 1):
            raise
        found: list[T] = []
        failed = 0
        listed = catalogs(session) if names is None else names
        for name in listed:
            try:
                found += ask([name])
            except DriverError as e:
                if _ends(e):
                    raise
                failed += 1
                log.logger.warning("the catalog %s is left out: %s", name, e.message)
        if failed == len(listed):
            raise
        return found


# ---- schemas, tables, columns ----


def schemas(session: Trino, catalog: str | None, schema: str | None = None) -> list[tuple[str | None, str]]:
    def ask(names: Names) -> list[tuple[str | None, str]]:
        where = _where(_within("table_catalog", names), condition("table_schem", schema))
        found = session.query(f"SELECT table_catalog, table_schem FROM system.jdbc.schemas{where}")
        return [(row[0], row[1]) for row in found]

    return each(session, scope(session, catalog), ask)


def tables(
    session: Trino, catalog: str | None, schema: str | None, table: str | None, kinds: Sequence[str] | None
) -> list[TableRow]:
    """The tables, with comments and materialized views where less than everything is asked for.

    Connectors may have to open every table to know its comment, so a list of all tables of all catalogs goes without.
    """
    wanted = {"TABLE" if kind == "MATERIALIZED VIEW" else kind for kind in kinds or ()}
    kind = f"table_type IN ({', '.join(literals.text(k, DIALECT) for k in sorted(wanted))})" if wanted else ""
    named = scope(session, catalog)
    narrow = named is not None or any(name is not None and _plain(name) is not None for name in (schema, table))

    def ask(names: Names) -> list[TableRow]:
        where = _where(
            _within("table_cat", names), condition("table_schem", schema), condition("table_name", table), kind
        )
        sql = f"SELECT table_cat, table_schem, table_name, table_type FROM system.jdbc.tables{where}"
        if not narrow:
            return [(row[0], row[1], row[2], row[3], None) for row in session.query(sql)]
        return _told(session.query(sql), _about(session, names, schema, table))

    return each(session, named, ask)


About = dict[tuple[str, str, str], str]


def _about(session: Trino, names: Names, schema: str | None, table: str | None) -> tuple[set[tuple], About]:
    """Materialized views, and comments; none where the catalog cannot tell them."""
    place = _within("catalog_name", names), condition("schema_name", schema)
    views = _where(*place, condition("name", table))
    comments = _where(*place, condition("table_name", table), "comment IS NOT NULL")
    sql = (
        f"SELECT catalog_name, schema_name, name, NULL FROM system.metadata.materialized_views{views} UNION ALL "
        f"SELECT catalog_name, schema_name, table_name, comment FROM system.metadata.table_comments{comments}"
    )
    try:
        found = session.query(sql)
    except DriverError as e:
        if _ends(e):
            raise
        log.logger.warning("the comments of tables are left out: %s", e.message)
        return set(), {}
    views_found = {tuple(row[:3]) for row in found if row[3] is None}
    return views_found, {(row[0], row[1], row[2]): row[3] for row in found if row[3] is not None}


def _told(found: list[tuple], about: tuple[set[tuple], About]) -> list[TableRow]:
    views, comments = about
    return [
        (row[0], row[1], row[2], "MATERIALIZED VIEW" if row[:3] in views else row[3], comments.get(row[:3]))
        for row in found
    ]


def columns(
    session: Trino, catalog: str | None, schema: str | None, table: str | None, column: str | None
) -> list[CatalogColumn]:
    zone = session.state.shown_zone()

    def ask(names: Names) -> list[CatalogColumn]:
        where = _where(
            _within("table_cat", names), condition("table_schem", schema), condition("table_name", table),
            condition("column_name", column),
        )  # fmt: skip
        sql = (
            "SELECT table_cat, table_schem, table_name, column_name, type_name, nullable, remarks, ordinal_position"
            f" FROM system.jdbc.columns{where}"
        )
        return [
            CatalogColumn(
                row[0],
                row[1],
                row[2],
                session.types.column(
                    row[3], types.parse(row[4]), nullable=row[5] if row[5] in (0, 1) else 2, zone=zone
                ),
                int(row[7]),
                row[6],
            )
            for row in session.query(sql)
        ]

    return each(session, scope(session, catalog), ask)


# ---- routines ----


def _routines(session: Trino, catalog: str | None, schema: str | None, name: str | None) -> list[tuple]:
    """(catalog, schema, name, return type, argument types, description) of the functions that catalogs hold.

    Without a catalog's name the current one is meant: the server tells the functions of one schema at a time.
    """
    if catalog is None or catalog == "%":
        if not session.state.catalog:
            return []
        catalog = _escaped(session.state.catalog)
    like = f" LIKE {literals.text(name.lower(), DIALECT)} ESCAPE '\\'" if name and name != "%" else ""
    found: list[tuple] = []
    for place in schemas(session, catalog, schema):
        if place[1] == "information_schema":
            continue
        quoted = ".".join(DIALECT.quote(part or "") for part in place)
        rows_ = session.query(f"SHOW FUNCTIONS FROM {quoted}{like}")
        found += [(*place, row[0], row[1], row[2], row[5]) for row in rows_]
    return found


def procedures(
    session: Trino, catalog: str | None, schema: str | None, name: str | None
) -> list[tuple[str | None, str | None, str, str | None, int]]:
    found = _routines(session, catalog, schema, name)
    return [(r[0], r[1], r[2], r[5] or None, FUNCTION) for r in found]


def procedure_columns(
    session: Trino, catalog: str | None, schema: str | None, name: str | None
) -> list[ProcedureColumn]:
    """The value and the arguments of each function; the server tells no names of arguments."""
    out = []
    for *place, returned, arguments, _ in _routines(session, catalog, schema, name):
        kinds = [types.parse(str(returned)), *types.parse(f"f({arguments})").members]
        for i, signature in enumerate(kinds):
            known = signature.name in types.type_rows(session.settings.string_length)
            column = (
                session.types.column("", signature, nullable=1)
                if known
                else Column("", 0, type_name=types.written(signature), nullable=1)
            )
            out.append(ProcedureColumn(place[0], place[1], place[2], column, INPUT if i else RETURN_VALUE, i))
    return out


# ---- grants ----


def table_privileges(
    session: Trino, catalog: str | None, schema: str | None, table: str | None
) -> list[tuple[str, str, str, str | None, str, str, str | None]]:
    where = _where(condition("table_schema", schema), condition("table_name", table))

    def ask(names: Names) -> list[tuple]:
        return session.query(
            " UNION ALL ".join(
                "SELECT table_catalog, table_schema, table_name, grantor, grantee, privilege_type, is_grantable "
                f"FROM {DIALECT.quote(name)}.information_schema.table_privileges{where}"
                for name in names or ()
            )
        )

    names = scope(session, catalog)
    listed = catalogs(session) if names is None else names
    found: list[tuple] = []
    for i in range(0, len(listed), AT_A_TIME):
        found += each(session, listed[i : i + AT_A_TIME], ask)
    return found


def column_privileges(session: Trino, catalog: str | None, schema: str | None, table: str) -> list[tuple]:
    """Grants are on whole tables: each of its columns has them."""
    names = [_escaped(name) for name in (catalog, schema, table)]
    grants = table_privileges(session, *names)
    if not grants:
        return []
    found = columns(session, *names, None)
    return [
        (*grant[:3], c.column.name, *grant[3:])
        for grant in grants
        for c in found
        if (c.catalog, c.schema, c.table) == grant[:3]
    ]


def _escaped(name: str | None) -> str | None:
    """A name as a pattern that matches it alone."""
    if name is None:
        return None
    return name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
