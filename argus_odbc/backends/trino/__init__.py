"""Backend=trino: Trino over its REST protocol."""

from argus_odbc.backends.trino.session import Trino

__all__ = ["Trino"]
