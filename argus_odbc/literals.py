"""Parameter values as SQL literals, for engines that take none: exact, and never more than one literal."""

from __future__ import annotations

import datetime as dt
import math
import re
import uuid
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from argus_odbc.backends.base import INTERVAL_FIELDS, INTERVAL_SPANS, Dialect, Parameter
from argus_odbc.errors import DriverError
from argus_odbc.types import (
    DATETIME_TYPES,
    INTERVAL_TYPES,
    NUMERIC_TYPES,
    SQL_BIT,
    SQL_GUID,
    SQL_INTERVAL_YEAR,
    SQL_TYPE_DATE,
    SQL_TYPE_TIME,
)

MAX_DECIMAL_DIGITS = 38

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?", re.ASCII)
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?", re.ASCII)
INTERVAL = re.compile(
    r"(?:INTERVAL\s*([+-]?)\s*)?'?([+-]?[\d\s:.-]+)'?\s*"
    r"((?:YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)(?:\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\))?"
    r"(?:\s+TO\s+(?:MONTH|HOUR|MINUTE|SECOND)(?:\s*\(\s*\d+\s*\))?)?)?",
    re.ASCII | re.IGNORECASE,
)
_QUALIFIERS = (*INTERVAL_FIELDS, *INTERVAL_SPANS)
"""Qualifiers in the order of their type codes, from SQL_INTERVAL_YEAR on."""
_PER_FIELD = {"MONTH": 12, "HOUR": 24, "MINUTE": 60, "SECOND": 60}
"""Field -> how many of it the field before has."""


def fill(pieces: Sequence[str], parameters: Sequence[Parameter], dialect: Dialect) -> str:
    """The statement whose markers stand between `pieces`, with a literal for each."""
    parts = [pieces[0]]
    for parameter, piece in zip(parameters, pieces[1:], strict=True):
        parts.append(literal(parameter, dialect))
        parts.append(piece)
    return "".join(parts)


def literal(parameter: Parameter, dialect: Dialect) -> str:
    """One value as a literal of the dialect. Raises DriverError 22003, 22007, 22018, 07006."""
    value = parameter.value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return dialect.true_literal if value else dialect.false_literal
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, str):
        return _typed_text(value, parameter.sql_type, dialect)
    if isinstance(value, bytes | bytearray | memoryview):
        return dialect.binary_literal.format(bytes(value).hex().upper())
    if isinstance(value, dt.datetime):
        return dialect.timestamp_literal.format(value.replace(tzinfo=None).isoformat(" "))
    if isinstance(value, dt.date):
        return dialect.date_literal.format(value.isoformat())
    if isinstance(value, dt.time):
        return dialect.time_literal.format(value.replace(tzinfo=None).isoformat())
    if isinstance(value, uuid.UUID):
        return dialect.guid_literal.format(value)
    raise DriverError("07006", 0, f"A parameter of type {type(value).__name__} has no literal in this engine's SQL")


def _integer(value: int) -> str:
    if not -(2**63) < value < 2**63:
        return _decimal(Decimal(value)) if value != -(2**63) else f"CAST('{value}' AS BIGINT)"
    # In parentheses, because two minus signs in a row would start a comment.
    return str(value) if value >= 0 else f"({value})"


def _double(value: float) -> str:
    if math.isnan(value):
        text = "NaN"
    elif math.isinf(value):
        text = "Infinity" if value > 0 else "-Infinity"
    else:
        text = repr(value)
    # Quoted, because engines read a bare 1.5 as a decimal; repr has as many digits as bring the same double back.
    return f"CAST('{text}' AS DOUBLE)"


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        return _double(float(value))
    # Digits and exponent, not arithmetic: the context of `decimal` would round.
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale, 1) if any(digits) else max(scale, 1)
    if precision > MAX_DECIMAL_DIGITS:
        raise DriverError(
            "22003",
            0,
            f"A decimal parameter has {precision} digits; {MAX_DECIMAL_DIGITS} is the most: bind a double or text",
        )
    return f"CAST('{value:f}' AS DECIMAL({precision},{scale}))"


def text(value: str, dialect: Dialect) -> str:
    """A string literal."""
    if not dialect.backslash_escapes:
        return "'" + value.replace("'", dialect.string_escape) + "'"
    # `${name}` is replaced by a variable even inside a literal there; an escaped brace reads as a brace.
    escaped = value.replace("\\", "\\\\").replace("'", dialect.string_escape).replace("${", "$\\{")
    return "'" + escaped + "'"


def _typed_text(value: str, sql_type: int, dialect: Dialect) -> str:
    """Text that stands for a value of the declared SQL type."""
    trimmed = value.strip()
    if sql_type in NUMERIC_TYPES:
        return _decimal(_number(trimmed))
    if sql_type in DATETIME_TYPES:
        return datetime_literal(trimmed, sql_type, dialect)
    if sql_type in INTERVAL_TYPES:
        return interval_literal(trimmed, dialect, _QUALIFIERS[sql_type - SQL_INTERVAL_YEAR])
    if sql_type == SQL_BIT:
        return dialect.true_literal if _number(trimmed) else dialect.false_literal
    if sql_type == SQL_GUID:
        return guid_literal(trimmed, dialect)
    return text(value, dialect)


def _number(trimmed: str) -> Decimal:
    try:
        return Decimal(trimmed)
    except InvalidOperation:
        raise DriverError("22018", 0, f"{trimmed[:40]!r} is bound as a number and is none") from None


def datetime_literal(value: str, sql_type: int, dialect: Dialect) -> str:
    """`value` in ODBC's form as a date, time or timestamp literal; 22007 when it has another form."""
    if sql_type == SQL_TYPE_DATE:
        if DATE.fullmatch(value):
            return dialect.date_literal.format(value)
        form, name = "YYYY-MM-DD", "date"
    elif sql_type == SQL_TYPE_TIME:
        if TIME.fullmatch(value):
            return dialect.time_literal.format(value)
        form, name = "HH:MM:SS", "time"
    else:
        if DATE.fullmatch(value):
            value += " 00:00:00"
        if TIMESTAMP.fullmatch(value):
            whole = value.replace("T", " ") + (":00" if len(value) == 16 else "")
            beyond = whole.partition(".")[2][6:].strip("0")
            return ((beyond and dialect.nanosecond_literal) or dialect.timestamp_literal).format(whole)
        form, name = "YYYY-MM-DD HH:MM:SS[.fraction]", "timestamp"
    raise DriverError("22007", 0, f"{value[:40]!r} is no {name}: write it as {form}")


def interval_literal(value: str, dialect: Dialect, qualifier: str = "") -> str:
    """An interval in ODBC's form, whole (`INTERVAL '3' DAY`) or only its value, as an SQL literal; else 22007."""
    found = INTERVAL.fullmatch(value)
    if found is None or not (found.group(3) or qualifier):
        raise DriverError("22007", 0, f"{value[:60]!r} is no interval: write it as INTERVAL '3' DAY")
    outer, inner = found.group(1) or "", found.group(2).strip()
    negative = (outer == "-") != inner.startswith("-")
    fields = re.sub(r"\s*\([^)]*\)", "", found.group(3) or qualifier).upper()
    fields, inner = " ".join(fields.split()), inner.lstrip("+-")
    if fields not in dialect.intervals:
        inner, fields = _last_field(inner, fields)
    return dialect.interval_literal.format(("-" if negative else "") + inner, fields)


def _last_field(value: str, qualifier: str) -> tuple[str, str]:
    """`1 02:03` DAY TO MINUTE as 1563 MINUTE, for engines that have only intervals of one field."""
    first, _, last = qualifier.partition(" TO ")
    if not last:
        raise DriverError("HYC00", 0, f"This engine has no intervals of {qualifier}")
    fields = INTERVAL_FIELDS[INTERVAL_FIELDS.index(first) + 1 : INTERVAL_FIELDS.index(last) + 1]
    parts = re.split(r"[\s:-]", value)
    if len(parts) != len(fields) + 1 or not all(parts):
        raise DriverError("22007", 0, f"{value[:40]!r} is no interval {qualifier}: it has {len(fields) + 1} fields")
    whole, dot, fraction = parts[-1].partition(".")
    total = int(parts[0])
    for part, field in zip([*parts[1:-1], whole], fields, strict=True):
        total = total * _PER_FIELD[field] + int(part)
    return f"{total}{dot}{fraction}", last


def guid_literal(value: str, dialect: Dialect) -> str:
    try:
        return dialect.guid_literal.format(uuid.UUID(value))
    except ValueError:
        raise DriverError("22018", 0, f"{value[:50]!r} is no GUID: write 8-4-4-4-12 hexadecimal digits") from None
