"""A SQLAlchemy dialect over pyodbc as users write one for an ODBC source that SQLAlchemy does not know.

SQLAlchemy's own `PyODBCConnector` connects and runs; what is added asks the driver's catalog functions, nothing else.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.connectors.pyodbc import PyODBCConnector
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultDialect


class OdbcDialect(PyODBCConnector, DefaultDialect):
    """Standard SQL over pyodbc; names and columns come from SQLTables and SQLColumns."""

    name = "argus"
    supports_statement_cache = True
    requires_name_normalize = False

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        """Schemas of SQLTables' enumeration."""
        cursor = connection.connection.cursor()
        return sorted({row.table_schem for row in cursor.tables(catalog="", schema="%", table="").fetchall()})

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """Tables of a schema, of all without one."""
        cursor = connection.connection.cursor()
        return [row.table_name for row in cursor.tables(schema=schema, tableType="TABLE").fetchall()]

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """Whether SQLTables lists it; `_` and `%` in its name are no patterns."""
        pyodbc_connection = connection.connection.dbapi_connection
        escape = pyodbc_connection.searchescape
        pattern = "".join(escape + c if c in ("_", "%", escape) else c for c in table_name)
        return pyodbc_connection.cursor().tables(schema=schema, table=pattern).fetchone() is not None


registry.register("argus.pyodbc", __name__, "OdbcDialect")


def engine_for(connection_string: str) -> Engine:
    """An engine that gives `connection_string` to pyodbc as it is, with arrays of parameters for executemany."""
    engine = create_engine(URL.create("argus+pyodbc", query={"odbc_connect": connection_string}))

    @event.listens_for(engine, "before_cursor_execute")
    def arrays(_connection: Any, cursor: Any, _sql: str, _parameters: Any, _context: Any, many: bool) -> None:
        cursor.fast_executemany = many

    return engine
