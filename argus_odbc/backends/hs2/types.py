"""Types of HiveServer2's results: rows of SQLGetTypeInfo, described columns, and what the native decoder makes of them.

Type ids and qualifiers are those of TCLIService.thrift (TTypeId); ODBC sizes are of Appendix D.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from argus_odbc import types as sql
from argus_odbc.types import Column, TypeRow, make_column

# TTypeId
(BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, STRING, TIMESTAMP, BINARY, ARRAY, MAP, STRUCT, UNION,
 USER_DEFINED, DECIMAL, NULL, DATE, VARCHAR, CHAR, YEAR_MONTH, DAY_TIME, TIMESTAMP_LOCAL) = range(23)  # fmt: skip

STRING_LENGTH = 65535
"""Column size of unbounded text when the connection says nothing else."""

LONGEST_BINARY = 32767


@dataclass(frozen=True)
class Engine:
    """What the type mapping has to know of an engine."""

    fraction: int
    """Digits of a second that timestamps have: 6 or 9."""
    interval_fraction: int = 9
    string_length: int = STRING_LENGTH
    binary_literal: tuple[str | None, str | None] = ("X'", "'")
    """What stands before and behind the value in a literal, where there is one."""
    timestamp_literal: tuple[str, str] = ("TIMESTAMP '", "'")


def _number(name: str, sql_type: int, size: int, scale: int | None = 0, **more: object) -> TypeRow:
    row = TypeRow(
        name, sql_type, size, unsigned=False, auto_unique=False, minimum_scale=scale, maximum_scale=scale,
        num_prec_radix=10, local_type_name=name,
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def _text(name: str, sql_type: int, size: int, create_params: str | None = None) -> TypeRow:
    return TypeRow(
        name, sql_type, size, "'", "'", create_params, case_sensitive=True, searchable=3, local_type_name=name
    )


def _time(name: str, sql_type: int, size: int, prefix: str, scale: int | None = None) -> TypeRow:
    return TypeRow(
        name, sql_type, size, prefix, "'", minimum_scale=scale and 0, maximum_scale=scale, local_type_name=name
    )


def type_rows(engine: Engine) -> dict[int, TypeRow]:
    """TTypeId to the row that describes the type, for every type that results can have."""
    f, n = engine.fraction, engine.string_length
    rows = {
        BOOLEAN: TypeRow("BOOLEAN", sql.SQL_BIT, 1, local_type_name="BOOLEAN"),
        TINYINT: _number("TINYINT", sql.SQL_TINYINT, 3),
        SMALLINT: _number("SMALLINT", sql.SQL_SMALLINT, 5),
        INT: _number("INT", sql.SQL_INTEGER, 10),
        BIGINT: _number("BIGINT", sql.SQL_BIGINT, 19),
        FLOAT: _number("FLOAT", sql.SQL_REAL, 7, None),
        DOUBLE: _number("DOUBLE", sql.SQL_DOUBLE, 15, None),
        DECIMAL: _number("DECIMAL", sql.SQL_DECIMAL, 38, create_params="precision,scale", maximum_scale=38),
        STRING: _text("STRING", sql.SQL_WVARCHAR, n),
        VARCHAR: _text("VARCHAR", sql.SQL_WVARCHAR, 65535, "max length"),
        CHAR: _text("CHAR", sql.SQL_WCHAR, 255, "length"),
        BINARY: TypeRow(
            "BINARY", sql.SQL_VARBINARY, LONGEST_BINARY, *engine.binary_literal, searchable=0, local_type_name="BINARY"
        ),
        DATE: _time("DATE", sql.SQL_TYPE_DATE, 10, "DATE '"),
        TIMESTAMP: replace(
            _time("TIMESTAMP", sql.SQL_TYPE_TIMESTAMP, 20 + f, engine.timestamp_literal[0], f),
            literal_suffix=engine.timestamp_literal[1],
        ),
        YEAR_MONTH: TypeRow(
            "INTERVAL YEAR TO MONTH", sql.SQL_INTERVAL_YEAR_TO_MONTH, 12, "INTERVAL '", "' YEAR TO MONTH",
            searchable=2, interval_precision=9, local_type_name="INTERVAL YEAR TO MONTH",
        ),
        DAY_TIME: TypeRow(
            "INTERVAL DAY TO SECOND", sql.SQL_INTERVAL_DAY_TO_SECOND, 19 + engine.interval_fraction, "INTERVAL '",
            "' DAY TO SECOND", searchable=2, minimum_scale=0, maximum_scale=engine.interval_fraction,
            interval_precision=9, local_type_name="INTERVAL DAY TO SECOND",
        ),
        ARRAY: _text("ARRAY", sql.SQL_WVARCHAR, n),
        MAP: _text("MAP", sql.SQL_WVARCHAR, n),
        STRUCT: _text("STRUCT", sql.SQL_WVARCHAR, n),
        UNION: _text("UNIONTYPE", sql.SQL_WVARCHAR, n),
        NULL: _text("VOID", sql.SQL_WVARCHAR, 1),
    }  # fmt: skip
    rows[TIMESTAMP_LOCAL] = replace(
        rows[TIMESTAMP], type_name="TIMESTAMP WITH LOCAL TIME ZONE", local_type_name="TIMESTAMP WITH LOCAL TIME ZONE"
    )
    return rows


_KINDS = {
    BOOLEAN: "BOOL", TINYINT: "INT8", SMALLINT: "INT16", INT: "INT32", BIGINT: "INT64", FLOAT: "FLOAT32",
    DOUBLE: "FLOAT64", BINARY: "BINARY", DATE: "DATE32", YEAR_MONTH: "INTERVAL_MONTHS", NULL: "NULL",
}  # fmt: skip


class TypeMap:
    """The types of one connection's results."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.rows = type_rows(engine)
        self._by_name = {row.type_name: number for number, row in self.rows.items()}
        self._by_name.update({"INTEGER": INT, "REAL": FLOAT, "NUMERIC": DECIMAL, "DOUBLE PRECISION": DOUBLE})
        self._by_name.update({"TIMESTAMP_NTZ": TIMESTAMP, "TIMESTAMP_LTZ": TIMESTAMP, "TIMESTAMPTZ": TIMESTAMP_LOCAL})
        self._by_name.update({"INTERVAL_YEAR_MONTH": YEAR_MONTH, "INTERVAL_DAY_TIME": DAY_TIME, "NULL": NULL})

    def described(self, type_id: int, name: str, size: int = 0, scale: int = 0, **more: object) -> Column:
        """A column of a result or of a table; size and scale are the type's qualifiers, 0 where it has none."""
        row = self.rows.get(type_id, self.rows[STRING])
        digits: int | None = None
        if type_id == DECIMAL:
            size, digits = size or 38, scale
        elif type_id in (VARCHAR, CHAR):
            size = size or self.engine.string_length
        else:
            size = 0
        return make_column(row, name, size or None, digits, **more)  # type: ignore[arg-type]

    def kind(self, type_id: int, scale: int) -> tuple[str, int]:
        """What the native decoder makes of a column: the kind's name and its scale."""
        if type_id == DECIMAL:
            return "DECIMAL128", scale
        if type_id in (TIMESTAMP, TIMESTAMP_LOCAL):
            # Nanoseconds in 64 bits end in 2262.
            return ("TIMESTAMP", 6) if self.engine.fraction <= 6 else ("TIMESTAMP_WIDE", 9)
        if type_id == DAY_TIME:
            return "INTERVAL_DURATION", self.engine.interval_fraction
        return _KINDS.get(type_id, "TEXT"), 0

    def named(self, text: str) -> tuple[int, int, int]:
        """(type id, size, scale) of a type as the catalog writes it: `decimal(12,3)`, `varchar(20)`, `array<int>`."""
        match = re.match(r"\s*([A-Za-z_ ]+?)\s*(?:\(\s*([0-9]+)\s*(?:,\s*([0-9]+)\s*)?\)|<|$)", text)
        if not match:
            return STRING, 0, 0
        word = match[1].upper()
        number = self._by_name.get(word)
        if number is None:
            # `INTERVAL DAY TO MINUTE` and the like are sent as the widest of their family.
            number = STRING if not word.startswith("INTERVAL") else YEAR_MONTH if _year_month(word) else DAY_TIME
        return number, int(match[2] or 0), int(match[3] or 0)

    def info(self, left_out: Sequence[int] = ()) -> list[TypeRow]:
        """The rows of SQLGetTypeInfo."""
        return [row for number, row in self.rows.items() if number not in left_out]


def _year_month(word: str) -> bool:
    return "YEAR" in word or "MONTH" in word


def qualifiers(entry: object) -> Mapping[str, int]:
    """precision, scale and characterMaximumLength of a TPrimitiveTypeEntry, as far as they were sent."""
    held = getattr(entry, "typeQualifiers", None)
    pairs = getattr(held, "qualifiers", None) or {}
    return {name: value.i32Value for name, value in pairs.items() if value.i32Value is not None}
