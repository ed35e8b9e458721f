"""DuckDB's types as ODBC's: the rows of SQLGetTypeInfo, result columns, and the projection that keeps values exact."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from argus_odbc import types as t
from argus_odbc.types import Column, TypeRow, make_column

BLOB_LENGTH = 65535
"""Column size that is reported for BLOB, which has no limit of its own. Metadata only: no value is cut by it."""

INTERVAL_LENGTH = 80
"""The longest text of an INTERVAL: three 32-bit fields with their words, and the time of day."""

# DuckDB's name -> SQL type, column size, fractional digits, signed/unsigned (None: no number), literal prefix.
_SCALARS: dict[str, tuple[int, int, int, bool | None, str | None]] = {
    "BOOLEAN": (t.SQL_BIT, 1, 0, None, None),
    "TINYINT": (t.SQL_TINYINT, 3, 0, False, None),
    "UTINYINT": (t.SQL_TINYINT, 3, 0, True, None),
    "SMALLINT": (t.SQL_SMALLINT, 5, 0, False, None),
    "USMALLINT": (t.SQL_SMALLINT, 5, 0, True, None),
    "INTEGER": (t.SQL_INTEGER, 10, 0, False, None),
    # Not an unsigned SQL_INTEGER: widely used programs read that as a signed one, whatever SQL_DESC_UNSIGNED says.
    "UINTEGER": (t.SQL_BIGINT, 20, 0, True, None),
    "BIGINT": (t.SQL_BIGINT, 19, 0, False, None),
    "UBIGINT": (t.SQL_BIGINT, 20, 0, True, None),
    "HUGEINT": (t.SQL_DECIMAL, 38, 0, False, None),
    "FLOAT": (t.SQL_REAL, 7, 0, False, None),
    "DOUBLE": (t.SQL_DOUBLE, 15, 0, False, None),
    "DECIMAL": (t.SQL_DECIMAL, 38, 38, False, None),
    "BLOB": (t.SQL_VARBINARY, BLOB_LENGTH, 0, None, "'"),
    "UUID": (t.SQL_GUID, 36, 0, None, "'"),
    "DATE": (t.SQL_TYPE_DATE, 10, 0, None, "DATE '"),
    "TIME": (t.SQL_TYPE_TIME, 15, 6, None, "TIME '"),
    "TIME_NS": (t.SQL_TYPE_TIME, 18, 9, None, "TIME_NS '"),
    "TIMESTAMP": (t.SQL_TYPE_TIMESTAMP, 26, 6, None, "TIMESTAMP '"),
    "TIMESTAMP WITH TIME ZONE": (t.SQL_TYPE_TIMESTAMP, 26, 6, None, "TIMESTAMPTZ '"),
    "TIMESTAMP_S": (t.SQL_TYPE_TIMESTAMP, 19, 0, None, "TIMESTAMP_S '"),
    "TIMESTAMP_MS": (t.SQL_TYPE_TIMESTAMP, 23, 3, None, "TIMESTAMP_MS '"),
    "TIMESTAMP_NS": (t.SQL_TYPE_TIMESTAMP, 29, 9, None, "TIMESTAMP_NS '"),
    "TIMESTAMPTZ_NS": (t.SQL_TYPE_TIMESTAMP, 29, 9, None, "TIMESTAMPTZ_NS '"),
}

# Text types with a length of their own; None: the connection's StringLength. UHUGEINT and BIGNUM are text because no
# ODBC number holds 39 digits and more; JSON stands for every nested type.
_TEXTS: dict[str, int | None] = {
    "VARCHAR": None,
    "UHUGEINT": 39,
    "BIGNUM": None,
    "BIT": None,
    "ENUM": None,
    "GEOMETRY": None,
    "INTERVAL": INTERVAL_LENGTH,
    "JSON": None,
    "TIME WITH TIME ZONE": 24,
    "VARIANT": None,
    '"NULL"': 1,
    "TYPE": None,
}
_NOT_CREATABLE = ('"NULL"', "TYPE")

# What the Arrow form of a leaf inside of a nested value carries exactly; all else is cast to text by the engine.
_EXACT_IN_NESTED = frozenset(
    "boolean tinyint utinyint smallint usmallint integer uinteger bigint ubigint hugeint float double decimal varchar "
    "uuid blob enum".split()
)
_NUMBERS = frozenset(
    "tinyint utinyint smallint usmallint integer uinteger bigint ubigint hugeint uhugeint float double decimal".split()
)
_NESTED = frozenset(("list", "array", "struct", "tuple", "map", "union"))
_TO_TEXT = frozenset(("uhugeint", "bignum", "bit", "interval", "time with time zone", "geometry", "type"))


@functools.lru_cache(maxsize=16)
def type_rows(string_length: int) -> tuple[TypeRow, ...]:
    """Every type that a column can be created with. The order within one SQL type is that of closeness to it."""
    rows = [_text_row(name, string_length) for name in _TEXTS if name not in _NOT_CREATABLE]
    for name, (sql_type, size, digits, unsigned, prefix) in _SCALARS.items():
        rows.append(
            TypeRow(
                type_name=name,
                sql_type=sql_type,
                column_size=size,
                literal_prefix=prefix,
                literal_suffix="'" if prefix else None,
                create_params="precision,scale" if name == "DECIMAL" else None,
                unsigned=unsigned,
                auto_unique=None if unsigned is None else False,
                minimum_scale=_minimum_scale(name, sql_type, digits),
                maximum_scale=_maximum_scale(sql_type, digits),
                num_prec_radix=None if unsigned is None else 10,
                searchable=2,
            )
        )
    # DECIMAL before HUGEINT, TIMESTAMP before its relatives: programs take the first row of a type.
    first = {"BIGINT": 0, "DECIMAL": 0, "TIMESTAMP": 0, "VARCHAR": 0}
    return tuple(sorted(rows, key=lambda r: (r.sql_type, first.get(r.type_name, 1))))


def _text_row(name: str, string_length: int) -> TypeRow:
    size = _TEXTS[name]
    return TypeRow(
        type_name=name,
        sql_type=t.SQL_WVARCHAR,
        column_size=string_length if size is None else size,
        literal_prefix="'",
        literal_suffix="'",
        case_sensitive=True,
        searchable=3,
    )


def _minimum_scale(name: str, sql_type: int, digits: int) -> int | None:
    return 0 if name == "DECIMAL" else _maximum_scale(sql_type, digits)


def _maximum_scale(sql_type: int, digits: int) -> int | None:
    has_scale = sql_type in t.EXACT_TYPES or sql_type in (t.SQL_TYPE_TIME, t.SQL_TYPE_TIMESTAMP)
    return digits if has_scale else None


@dataclass(frozen=True)
class TypeTable:
    """The types of one connection: they depend on its StringLength."""

    string_length: int

    def column(self, name: str, type_text: str, nullable: int = 2, zone: str = "", **more: str) -> Column:
        """The column that a type, as DuckDB writes it (`DECIMAL(10,2)`, `INTEGER[]`, `STRUCT(a INTEGER)`), becomes."""
        base, precision, scale = _split(type_text)
        if base in _SCALARS:
            row = next(r for r in type_rows(self.string_length) if r.type_name == base)
            if base == "DECIMAL":
                return make_column(row, name, precision, scale, nullable, **more)
            if row.sql_type == t.SQL_TYPE_TIMESTAMP and base in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"):
                more["zone"] = zone
            return make_column(row, name, nullable=nullable, **more)
        row = _text_row(base if base in _TEXTS else "JSON", self.string_length)
        size = 255 if base == "ENUM" else None
        return make_column(row, name, size, 0, nullable, **{**more, "type_name": _text_name(base, type_text)})


def _text_name(base: str, type_text: str) -> str:
    """TYPE_NAME of a text column. Programs look it up among the rows of SQLGetTypeInfo, so ENUM has no members."""
    return base if base in _TEXTS else "JSON" if base == "JSON" else type_text


def _split(type_text: str) -> tuple[str, int, int]:
    """(name, precision, scale) of a type text; a nested type keeps its whole text as name."""
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", type_text.replace(" ", ""))
    if decimal:
        return "DECIMAL", int(decimal[1]), int(decimal[2])
    if type_text.startswith("ENUM(") and type_text.endswith(")"):
        return "ENUM", 0, 0
    if re.fullmatch(r"GEOMETRY\([^()]*\)", type_text):
        return "GEOMETRY", 0, 0
    return type_text, 0, 0


def same_by_stream(sql_type: int, kind: Any) -> bool:
    """Whether a value that comes in a column of the parameter's type becomes the same as one that comes by itself.

    Not a decimal in a text column, where all digits of the column's scale would be written, nor a GUID in a BLOB.
    """
    if sql_type in (t.SQL_DECIMAL, t.SQL_NUMERIC):
        return kind.id in _NUMBERS
    return kind.id in ("uuid", "varchar") if sql_type == t.SQL_GUID else True


def projection(kinds: Sequence[Any]) -> str | None:
    """The select list that turns types without an exact Arrow form into text; None when every column has one.

    `kinds` are DuckDB's own type objects. The engine casts, because it knows its own text forms.
    """
    casts = [_cast(kind) for kind in kinds]
    if not any(casts):
        return None
    return ", ".join(cast.replace("?", f"#{i}") if cast else f"#{i}" for i, cast in enumerate(casts, 1))


def _cast(kind: Any) -> str:
    """How a column is cast, `?` standing for it; empty when it stays."""
    if kind.id in _TO_TEXT:
        return "CAST(? AS VARCHAR)"
    if kind.id == "variant":
        return "CAST(CAST(? AS JSON) AS VARCHAR)"
    if kind.id in _NESTED and not _exact(kind):
        return f"CAST(? AS {_as_text_leaves(kind)})"
    return ""


def _members(kind: Any) -> list[tuple[str, Any]]:
    """Names and types of what a nested type holds; a union's own tag is left out."""
    members = [(name, child) for name, child in kind.children if not isinstance(child, int)]
    return members[1:] if kind.id == "union" else members


def _exact(kind: Any) -> bool:
    if kind.id in _NESTED:
        return all(_exact(child) for _, child in _members(kind))
    return kind.id in _EXACT_IN_NESTED


def _as_text_leaves(kind: Any) -> str:
    """The type with VARCHAR in place of every leaf that Arrow would not carry exactly."""
    if kind.id not in _NESTED:
        return str(kind) if kind.id in _EXACT_IN_NESTED else "VARCHAR"
    inner = [(name, _as_text_leaves(child)) for name, child in _members(kind)]
    if kind.id == "list":
        return f"{inner[0][1]}[]"
    if kind.id == "array":
        return f"{inner[0][1]}[{dict(kind.children)['size']}]"
    if kind.id == "map":
        return f"MAP({inner[0][1]}, {inner[1][1]})"
    if kind.id == "tuple":
        return f"TUPLE({', '.join(text for _, text in inner)})"
    fields = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}" {text}' for name, text in inner)
    return f"{kind.id.upper()}({fields})"
