"""Values of parameters as literals that have the type which was declared for them.

`1` is an integer to Trino and `CAST('0.1' AS DOUBLE)` a double: an application that declares a bigint or a real gets one, so
that `2147483647 + ?` does not overflow and a real compares equal. Text goes further than ODBC's structures: twelve digits
of a second, years beyond four digits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from argus_odbc import literals
from argus_odbc import types as sql
from argus_odbc.backends.base import Parameter
from argus_odbc.backends.trino.dialect import DIALECT

INTEGERS = {
    sql.SQL_TINYINT: ("TINYINT", 7), sql.SQL_SMALLINT: ("SMALLINT", 15), sql.SQL_INTEGER: ("INTEGER", 31),
    sql.SQL_BIGINT: ("BIGINT", 63),
}  # fmt: skip
"""SQL type to Trino's word and the bits beside the sign. An unsigned value that is beyond them becomes the next type."""

_DAY = r"[+-]?\d{4,7}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?"
TEXTS = {
    sql.SQL_TYPE_DATE: (re.compile(_DAY, re.ASCII), DIALECT.date_literal),
    sql.SQL_TYPE_TIME: (re.compile(_CLOCK, re.ASCII), DIALECT.time_literal),
    sql.SQL_TYPE_TIMESTAMP: (re.compile(rf"{_DAY} {_CLOCK}", re.ASCII), DIALECT.timestamp_literal),
}


def literal(parameter: Parameter) -> str:
    """One value; what is not said here is as in every dialect."""
    value, kind = parameter.value, parameter.sql_type
    if isinstance(value, int) and not isinstance(value, bool) and kind in INTEGERS:
        word, bits = INTEGERS[kind]
        if -(1 << bits) <= value < 1 << bits:
            return f"{word} '{value}'"
    if isinstance(value, float) and kind == sql.SQL_REAL:
        return f"REAL '{_number(value)}'"
    if isinstance(value, str) and kind in TEXTS:
        form, written = TEXTS[kind]
        if form.fullmatch(value.strip()):
            return written.format(value.strip())
    return literals.literal(parameter, DIALECT)


def _number(value: float) -> str:
    return repr(value).replace("inf", "Infinity").replace("nan", "NaN")


def with_values(text: str, parameters: Sequence[Parameter]) -> str:
    """The statement that runs `text` with values for its markers; a final semicolon is dropped."""
    text = text.rstrip().removesuffix(";")
    if not parameters:
        return text
    values = ", ".join(literal(p) for p in parameters)
    return f"EXECUTE IMMEDIATE {literals.text(text, DIALECT)} USING {values}"
