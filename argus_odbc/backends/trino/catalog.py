"""Catalog functions out of system.jdbc and system.metadata: a catalog that is named is the only one that is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from argus_odbc import literals
from argus_odbc.backends.base import CatalogColumn
from argus_odbc.backends.trino import types
from argus_odbc.backends.trino.dialect import DIALECT
from argus_odbc.backends.trino.operation import TrinoOperation

if TYPE_CHECKING:
    from argus_odbc.backends.trino.session import Trino

TableRow = tuple[str | None, str | None, str, str, str | None]


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


def catalogs(session: Trino) -> list[str]:
    return [row[0] for row in session.query("SELECT table_cat FROM system.jdbc.catalogs")]


def schemas(session: Trino, catalog: str | None) -> list[tuple[str | None, str]]:
    where = _where(condition("table_catalog", catalog))
    found = session.query(f"SELECT table_catalog, table_schem FROM system.jdbc.schemas{where}")
    return [(row[0], row[1]) for row in found]


def tables(
    session: Trino, catalog: str | None, schema: str | None, table: str | None, kinds: Sequence[str] | None
) -> list[TableRow]:
    where = _where(condition("table_cat", catalog), condition("table_schem", schema), condition("table_name", table))
    sql = f"SELECT table_cat, table_schem, table_name, table_type FROM system.jdbc.tables{where}"
    return [(row[0], row[1], row[2], row[3], None) for row in session.query(sql)]


def columns(
    session: Trino, catalog: str | None, schema: str | None, table: str | None, column: str | None
) -> list[CatalogColumn]:
    where = _where(
        condition("table_cat", catalog), condition("table_schem", schema), condition("table_name", table),
        condition("column_name", column),
    )  # fmt: skip
    sql = (
        "SELECT table_cat, table_schem, table_name, column_name, type_name, nullable, remarks, ordinal_position"
        f" FROM system.jdbc.columns{where}"
    )
    zone = session.state.shown_zone()
    return [
        CatalogColumn(
            row[0],
            row[1],
            row[2],
            session.types.column(row[3], types.parse(row[4]), nullable=row[5] if row[5] in (0, 1) else 2, zone=zone),
            int(row[7]),
            row[6],
        )
        for row in session.query(sql)
    ]
