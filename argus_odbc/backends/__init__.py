"""The registry: backend names to classes. A backend's module is imported when a connection first names it."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points

from argus_odbc.backends.base import Backend
from argus_odbc.errors import DriverError

ENTRY_POINTS = "argus_odbc.backends"
"""Entry point group in which other packages announce theirs: `name = "module:Class"`."""

BUILT_IN = {
    "duckdb": "argus_odbc.backends.duckdb:DuckDB",
    "hive": "argus_odbc.backends.hive:Hive",
    "impala": "argus_odbc.backends.impala:Impala",
    "spark": "argus_odbc.backends.spark:Spark",
    "trino": "argus_odbc.backends.trino:Trino",
}
"""Name to `module:Class`. A built-in name cannot be taken over by a package."""

_loaded: dict[str, type[Backend]] = {}


def known_backends() -> list[str]:
    """Every name that `load_backend` takes, built in or announced by an installed package, sorted."""
    return sorted({*BUILT_IN, *(point.name.lower() for point in entry_points(group=ENTRY_POINTS))})


def load_backend(name: str) -> type[Backend]:
    """The class of a backend; names are case-insensitive. DriverError when it is unknown or cannot be imported."""
    key = name.strip().lower()
    if key not in _loaded:
        _loaded[key] = _import(key, _find(key))
    return _loaded[key]


def _find(key: str) -> str:
    """The `module:Class` behind a name."""
    if key in BUILT_IN:
        return BUILT_IN[key]
    for point in entry_points(group=ENTRY_POINTS):
        if point.name.lower() == key:
            return point.value
    raise DriverError("HY000", 0, f'There is no backend "{key}"; Backend can be one of: {", ".join(known_backends())}')


def _import(key: str, target: str) -> type[Backend]:
    module_name, _, attribute = target.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except ImportError as e:
        raise DriverError("HY000", 0, f'The backend "{key}" cannot be imported from {module_name}: {e}') from e
    except AttributeError as e:
        raise DriverError("HY000", 0, f'The backend "{key}": {module_name} has no class "{attribute}"') from e
    if not (isinstance(found, type) and issubclass(found, Backend)):
        raise DriverError(
            "HY000", 0, f'The backend "{key}": {target} is no subclass of argus_odbc.backends.base.Backend'
        )
    return found
