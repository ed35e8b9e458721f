"""Argus: an ODBC driver for Hive, Impala, Spark, Trino and DuckDB."""

__version__ = "0.1.0"
