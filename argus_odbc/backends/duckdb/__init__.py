"""DuckDB, embedded in the process: `Backend=duckdb`, and the backend of a connection that names no host."""

from argus_odbc.backends.duckdb.session import DuckDB

__all__ = ["DuckDB"]
