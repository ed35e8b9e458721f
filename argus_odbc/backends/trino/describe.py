"""SQLPrepare's descriptions: DESCRIBE OUTPUT and DESCRIBE INPUT of the statement as a prepared one, without running it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from argus_odbc.backends.base import Prepared
from argus_odbc.backends.trino import types
from argus_odbc.errors import DriverError
from argus_odbc.types import Column

if TYPE_CHECKING:
    from argus_odbc.backends.trino.session import Trino

DESCRIBABLE = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*"
    r"(SELECT|WITH|VALUES|TABLE|SHOW|DESCRIBE|DESC|EXPLAIN|INSERT|UPDATE|DELETE|MERGE)\b",
    re.I | re.S,
)
ROWLESS = ("INSERT", "UPDATE", "DELETE", "MERGE")
NAME = "argus_describe"
MISSING = ("42S02", "42S22", "3D000", "3F000")
"""Tables, columns, catalogs and schemas that are not there."""


def prepare(session: Trino, sql: str) -> Prepared:
    """Columns and parameters; what the server cannot describe is described by running it."""
    verb = DESCRIBABLE.match(sql)
    if verb is None:
        return Prepared()
    sql = sql.rstrip().removesuffix(";")
    with session.state.lock:
        session.state.prepared[NAME] = quote(sql)
        try:
            return _described(session, sql, verb[1].upper())
        except DriverError as e:
            # A marker has no type yet, so what fails with one may well run with values; a missing table is missing.
            if "?" not in sql or e.sqlstate in MISSING or e.sqlstate.startswith("08"):
                raise
            return Prepared()
        finally:
            session.state.prepared.pop(NAME, None)


def _described(session: Trino, sql: str, verb: str) -> Prepared:
    parameters: list[Column] | None = []
    if "?" in sql:
        parameters = [
            session.types.column("", types.parse(str(kind)), nullable=1)
            for _, kind in session.query(f"DESCRIBE INPUT {NAME}")
        ]
        if any(c.type_name == "unknown" for c in parameters):
            parameters = None
    if verb in ROWLESS:
        return Prepared((), parameters)
    zone = session.state.shown_zone()
    columns = []
    for name, catalog, schema, table, kind, _, aliased in session.query(f"DESCRIBE OUTPUT {NAME}"):
        more = {"catalog": catalog or "", "schema": schema or "", "table": table or "", "base_table": table or ""}
        if table and not aliased:
            more["base_column"] = name
        columns.append(session.types.column(name, types.parse(kind), zone=zone, **more))
    return Prepared(columns, parameters)
