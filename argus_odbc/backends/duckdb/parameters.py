"""Parameter values as DuckDB's client takes them."""

from __future__ import annotations

import re
from typing import Any

from argus_odbc.backends.base import Parameter
from argus_odbc.literals import INTERVAL
from argus_odbc.types import INTERVAL_TYPES, SQL_INTERVAL_YEAR

# SQL type of the parameter -> DuckDB type of a value that comes as text because Python's own types are too coarse.
_TEXT_VALUES = {92: "TIME_NS", 93: "TIMESTAMP_NS", 10: "TIME_NS", 11: "TIMESTAMP_NS"}

_INTERVAL_FIELDS = (
    ("year",), ("month",), ("day",), ("hour",), ("minute",), ("second",), ("year", "month"), ("day", "hour"),
    ("day", "hour", "minute"), ("day", "hour", "minute", "second"), ("hour", "minute"), ("hour", "minute", "second"),
    ("minute", "second"),
)  # fmt: skip
"""Fields of the interval types in the order of their codes, from SQL_INTERVAL_YEAR on."""


def parameter_value(module: Any, parameter: Parameter) -> Any:
    """A value for `execute`; `module` is the duckdb package."""
    value = parameter.value
    if not isinstance(value, str):
        return value
    if parameter.sql_type in INTERVAL_TYPES:
        return module.Value(interval_text(value, parameter.sql_type), "INTERVAL")
    if parameter.sql_type in _TEXT_VALUES:
        return module.Value(value, _TEXT_VALUES[parameter.sql_type])
    return value


def interval_text(value: str, sql_type: int) -> str:
    """ODBC's interval text (`-5 12:30`, `INTERVAL '3' DAY`) with a unit for each number: DuckDB takes bare ones as seconds."""
    found = INTERVAL.fullmatch(value.strip())
    if found is None:
        return value
    inner = found.group(2).strip()
    sign = "-" if ((found.group(1) or "") == "-") != inner.startswith("-") else ""
    numbers = re.split("[-: ]+", inner.lstrip("+-"))
    fields = _INTERVAL_FIELDS[sql_type - SQL_INTERVAL_YEAR]
    return " ".join(f"{sign}{number} {field}" for number, field in zip(numbers, fields, strict=False))
