"""Trino's types: rows of SQLGetTypeInfo, result columns out of type signatures, and what the native decoder makes of them.

A column's metadata comes from its `typeSignature` (io.trino.client.ClientTypeSignature), never from the text of its type;
the catalog has only texts, which `parse` turns into the same form. Sizes are of ODBC's Appendix D.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from argus_odbc import types as sql
from argus_odbc.errors import DriverError
from argus_odbc.types import Column, TypeRow, make_column

UNBOUNDED = 2**31 - 1
"""The length that the signature of a varchar without one has."""

VARBINARY_LENGTH = 65535
"""Column size that is reported for varbinary, which has no limit. Metadata only: no value is cut by it."""

FRACTION = 9
"""Digits of a second that ODBC's timestamp has; Trino's go to 12, which text shows."""

Spec = tuple[str, int, bool, bytes]
"""(column kind, scale, zoned, code of a nested type): an entry of `argus_odbc.batches.TrinoRows.specs`."""


@dataclass(frozen=True)
class Signature:
    """One type. `fields` has the names of a row's members, None where they have none."""

    name: str
    numbers: tuple[int, ...] = ()
    members: tuple[Signature, ...] = ()
    fields: tuple[str | None, ...] = field(default=(), compare=True)

    @classmethod
    def from_json(cls, raw: Mapping) -> Signature:
        """Out of a column's `typeSignature`."""
        numbers: list[int] = []
        members: list[Signature] = []
        names: list[str | None] = []
        for argument in raw.get("arguments") or ():
            kind, value = argument.get("kind"), argument.get("value")
            if kind == "LONG":
                numbers.append(int(value))
            elif kind == "TYPE":
                members.append(cls.from_json(value))
            elif kind == "NAMED_TYPE":
                named = value.get("fieldName")
                names.append(named.get("name") if named else None)
                members.append(cls.from_json(value["typeSignature"]))
        return cls(str(raw["rawType"]), tuple(numbers), tuple(members), tuple(names))

    def number(self, position: int, default: int) -> int:
        return self.numbers[position] if position < len(self.numbers) else default


# ---- types as texts: DESCRIBE, system.jdbc.columns ----

_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[(),]|[^\s(),"]+)')


def parse(text: str) -> Signature:
    """A type as Trino writes it: `decimal(10,2)`, `row(a bigint, "B q" array(char(3)))`, `timestamp(3) with time zone`."""
    tokens = _TOKEN.findall(text)
    found, at = _parse(tokens, 0)
    return found if at == len(tokens) else Signature(text)


def _parse(tokens: Sequence[str], at: int) -> tuple[Signature, int]:
    words: list[str] = []
    numbers: list[int] = []
    members: list[Signature] = []
    names: list[str | None] = []
    while at < len(tokens) and tokens[at] not in "(),":
        words.append(tokens[at])
        at += 1
    if at < len(tokens) and tokens[at] == "(":
        row = [w.lower() for w in words] == ["row"]
        at += 1
        while at < len(tokens) and tokens[at] != ")":
            if tokens[at] == ",":
                at += 1
            elif tokens[at].isdigit():
                numbers.append(int(tokens[at]))
                at += 1
            else:
                named = row and at + 1 < len(tokens) and tokens[at + 1] not in "(),"
                if row and named and not tokens[at].startswith('"'):
                    named = " ".join(w.lower() for w in tokens[at : at + 2]) not in _TWO_WORDS
                if row:
                    names.append(_unquote(tokens[at]) if named else None)
                member, at = _parse(tokens, at + 1 if named else at)
                members.append(member)
        at += 1
        while at < len(tokens) and tokens[at] not in "(),":
            words.append(tokens[at])
            at += 1
    return Signature(" ".join(words).lower(), tuple(numbers), tuple(members), tuple(names)), at


_TWO_WORDS = frozenset(("interval year", "interval day", "time with", "timestamp with", "double precision"))
"""First words of unnamed members that are no field's name and type."""


def _unquote(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def written(signature: Signature) -> str:
    """The type as Trino writes it in SQL."""
    name, zone = signature.name, ""
    if name.endswith(" with time zone"):
        name, zone = name.removesuffix(" with time zone"), " with time zone"
    if name in ("varchar",) and signature.number(0, UNBOUNDED) == UNBOUNDED:
        return name
    arguments = [str(n) for n in signature.numbers]
    for i, member in enumerate(signature.members):
        named = signature.fields[i] if i < len(signature.fields) else None
        quoted = '"' + named.replace('"', '""') + '" ' if named is not None else ""
        arguments.append(quoted + written(member))
    return name + (f"({', '.join(arguments)})" if arguments else "") + zone


# ---- rows of SQLGetTypeInfo ----


def _number(name: str, sql_type: int, size: int, scale: int | None = 0, **more: object) -> TypeRow:
    row = TypeRow(
        name, sql_type, size, unsigned=False, auto_unique=False, minimum_scale=scale, maximum_scale=scale,
        num_prec_radix=10, local_type_name=name,
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def _text(name: str, size: int, sql_type: int = sql.SQL_WVARCHAR, prefix: str = "'", **more: object) -> TypeRow:
    row = TypeRow(
        name, sql_type, size, prefix, "'", case_sensitive=True, searchable=3, local_type_name=name
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def _moment(name: str, sql_type: int, size: int, prefix: str, scale: int | None = None) -> TypeRow:
    return TypeRow(
        name, sql_type, size, prefix, "'", create_params="precision" if scale else None,
        minimum_scale=0 if scale else None, maximum_scale=scale, local_type_name=name,
    )  # fmt: skip


@functools.lru_cache(maxsize=16)
def type_rows(string_length: int) -> dict[str, TypeRow]:
    """Trino's name of each type that columns can have, to its row."""
    n = string_length
    rows = [
        TypeRow("boolean", sql.SQL_BIT, 1, local_type_name="boolean"),
        _number("tinyint", sql.SQL_TINYINT, 3),
        _number("smallint", sql.SQL_SMALLINT, 5),
        _number("integer", sql.SQL_INTEGER, 10),
        _number("bigint", sql.SQL_BIGINT, 19),
        _number("real", sql.SQL_REAL, 7, None),
        _number("double", sql.SQL_DOUBLE, 15, None),
        _number("decimal", sql.SQL_DECIMAL, 38, create_params="precision,scale", maximum_scale=38),
        _text("varchar", n, create_params="max length"),
        _text("char", 65536, sql.SQL_WCHAR, create_params="length"),
        TypeRow("varbinary", sql.SQL_VARBINARY, VARBINARY_LENGTH, "X'", "'", searchable=2, local_type_name="varbinary"),
        _moment("date", sql.SQL_TYPE_DATE, 10, "DATE '"),
        _moment("time", sql.SQL_TYPE_TIME, 9 + FRACTION, "TIME '", FRACTION),
        _moment("timestamp", sql.SQL_TYPE_TIMESTAMP, 20 + FRACTION, "TIMESTAMP '", FRACTION),
        _moment("timestamp with time zone", sql.SQL_TYPE_TIMESTAMP, 20 + FRACTION, "TIMESTAMP '", FRACTION),
        _text("time with time zone", 15 + 12, prefix="TIME '"),
        TypeRow(
            "interval year to month", sql.SQL_INTERVAL_YEAR_TO_MONTH, 12, "INTERVAL '", "' YEAR TO MONTH",
            interval_precision=9, local_type_name="interval year to month",
        ),
        TypeRow(
            "interval day to second", sql.SQL_INTERVAL_DAY_TO_SECOND, 22, "INTERVAL '", "' DAY TO SECOND",
            minimum_scale=3, maximum_scale=3, interval_precision=9, local_type_name="interval day to second",
        ),
        TypeRow("uuid", sql.SQL_GUID, 36, "UUID '", "'", local_type_name="uuid"),
        _text("ipaddress", 45, prefix="IPADDRESS '"),
        _text("json", n, prefix="JSON '"),
        _text("array", n),
        _text("map", n),
        _text("row", n),
        _text("unknown", 1),
    ]  # fmt: skip
    return {row.type_name: row for row in rows}


_SAME_NAME = {"int": "integer", "double precision": "double", "string": "varchar"}

_KINDS = {
    "boolean": "BOOL", "tinyint": "INT8", "smallint": "INT16", "integer": "INT32", "bigint": "INT64",
    "real": "FLOAT32", "double": "FLOAT64", "varbinary": "BINARY", "date": "DATE32", "uuid": "UUID",
    "interval year to month": "INTERVAL_MONTHS", "unknown": "NULL",
}  # fmt: skip

_NESTED = ("array", "map", "row")


@dataclass(frozen=True)
class TypeMap:
    """The types of one connection, which depend on its keywords."""

    string_length: int
    zoned_as_text: bool = False
    intervals_as_text: bool = False

    def row(self, name: str) -> TypeRow:
        """The row of a type; one that is not known is text."""
        name = _SAME_NAME.get(name, name)
        rows = type_rows(self.string_length)
        row = rows.get(name) or _text(name, self.string_length)
        if (self.zoned_as_text and name == "timestamp with time zone") or (
            self.intervals_as_text and name.startswith("interval ")
        ):
            return _text(name, 80, prefix=row.literal_prefix or "'")
        return row

    def info(self) -> list[TypeRow]:
        """The rows of SQLGetTypeInfo: what a column can be created with."""
        return [self.row(name) for name in type_rows(self.string_length) if name not in ("unknown", *_NESTED)]

    def column(self, name: str, signature: Signature, nullable: int = 2, zone: str = "", **more: str) -> Column:
        """The column that a signature describes; `zone` is the session's, in which timestamps with zone are shown."""
        row = self.row(signature.name)
        size: int | None = None
        digits: int | None = None
        if row.sql_type == sql.SQL_DECIMAL:
            size, digits = signature.number(0, 38), signature.number(1, 0)
        elif signature.name == "varchar":
            size = signature.number(0, UNBOUNDED)
            size = None if size == UNBOUNDED else size
        elif signature.name == "char":
            size = signature.number(0, 1)
        elif row.sql_type in (sql.SQL_TYPE_TIME, sql.SQL_TYPE_TIMESTAMP):
            digits = min(signature.number(0, 3), FRACTION)
            if signature.name == "timestamp with time zone":
                more["zone"] = zone or "UTC"
        elif signature.name in _NESTED:
            more["type_name"] = written(signature)
        return make_column(row, name, size, digits, nullable, **more)

    def spec(self, signature: Signature) -> Spec:
        """What the native decoder makes of the column."""
        name = _SAME_NAME.get(signature.name, signature.name)
        row = self.row(name)
        if name == "decimal":
            # Trino's decimals have at most 38 digits; whatever more a future one has is text.
            precise = signature.number(0, 38) <= 38
            return ("DECIMAL128", signature.number(1, 0), False, b"") if precise else ("TEXT", 0, False, b"")
        if row.sql_type == sql.SQL_TYPE_TIME:
            return ("TIME64", _unit(signature.number(0, 3)), False, b"")
        if row.sql_type == sql.SQL_TYPE_TIMESTAMP:
            zoned, precision = name.endswith("zone"), signature.number(0, 3)
            if precision <= 6:
                return ("TIMESTAMP", 3 if precision <= 3 and not zoned else 6, zoned, b"")
            return ("TIMESTAMP_WIDE", 12, zoned, b"")
        if row.sql_type == sql.SQL_INTERVAL_DAY_TO_SECOND:
            return ("INTERVAL_DURATION", 3, False, b"")
        if name in _NESTED:
            return ("TEXT", 0, False, nested_code(signature))
        kind = _KINDS.get(name, "TEXT")
        return ("TEXT" if row.sql_type == sql.SQL_WVARCHAR and kind != "NULL" else kind, 0, False, b"")


def _unit(precision: int) -> int:
    """The scale of the columns' times: 0, 3, 6, 9 or 12."""
    return (precision + 2) // 3 * 3


def nested_code(signature: Signature) -> bytes:
    """The code of a nested type for the native decoder (cbridge/kernel/trinonested.pxi)."""
    if signature.name == "array" and len(signature.members) == 1:
        return b"[" + nested_code(signature.members[0])
    if signature.name == "map" and len(signature.members) == 2:
        return b"{" + nested_code(signature.members[1])
    if signature.name == "row":
        names = signature.fields
        # An object cannot have two members of one name.
        named = bool(names) and None not in names and len(set(names)) == len(names)
        parts = [
            (json.dumps(names[i], ensure_ascii=False).encode() if named else b"") + nested_code(member)
            for i, member in enumerate(signature.members)
        ]
        return b"(" + b"".join(parts) + b")"
    return {"decimal": b"d", "varbinary": b"b", "json": b"j"}.get(signature.name, b"s")


def columns_of(raw: object, types: TypeMap, zone: str) -> tuple[list[Column], list[Spec]]:
    """Columns and specs out of an answer's `columns`."""
    if not isinstance(raw, list):
        raise DriverError("08S01", 0, "The server describes the result by something that is no list of columns")
    columns, specs = [], []
    for entry in raw:
        try:
            signature = Signature.from_json(entry["typeSignature"])
            name = str(entry["name"])
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise DriverError("08S01", 0, f"The server describes a column in an unknown way: {str(entry)[:200]}") from e
        columns.append(types.column(name, signature, zone=zone))
        specs.append(types.spec(signature))
    return columns, specs
