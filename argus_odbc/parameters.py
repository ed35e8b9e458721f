"""What SQLDescribeParam answers: from the engine where it tells, else from the columns that markers stand beside."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from argus_odbc import inserts, markers
from argus_odbc.backends.base import Dialect
from argus_odbc.types import BINARY_TYPES, CHARACTER_TYPES, SQL_BIGINT, SQL_WVARCHAR, WIDE_TYPES, Column

UNKNOWN = Column("", SQL_WVARCHAR)
"""A marker of which nothing is known: text without a limit, which engines read as what they need."""

_COUNT = Column("", SQL_BIGINT, 19, num_prec_radix=10, type_name="BIGINT")
_COMPARES = r"(?:=|<>|!=|<=|>=|<|>|(?:NOT\s+)?I?LIKE|(?:NOT\s+)?BETWEEN|(?:NOT\s+)?IN\s*\()\s*$"
_LIMIT = re.compile(r"\b(?:LIMIT|OFFSET)\s+$", re.IGNORECASE)
_GOES_ON = re.compile(r"\s*(?:,|AND)\s*", re.IGNORECASE)

Describe = Callable[[str], Sequence[Column] | None]
"""Result columns of a query, without running it."""


def described(pieces: Sequence[str], dialect: Dialect, describe: Describe, string_length: int) -> list[Column]:
    """One column for each marker between `pieces`; `string_length` is what the driver says for unlimited text."""
    found = _of_insert(pieces, dialect, describe) or _of_one_table(pieces, dialect, describe)
    return [as_parameter(column, string_length) for column in found]


def without_markers(pieces: Sequence[str]) -> str:
    """The statement as an engine that knows no markers can describe it: NULL in their places, a number after LIMIT."""
    values = ["1" if _LIMIT.search(piece) else "NULL" for piece in pieces[:-1]]
    return "".join(piece + value for piece, value in zip(pieces, [*values, ""], strict=True))


def as_parameter(column: Column, string_length: int) -> Column:
    """A size of 0 where the type has no limit: programs allocate what is said here, and cut at it."""
    unlimited = column.sql_type in BINARY_TYPES or (
        column.sql_type in CHARACTER_TYPES | WIDE_TYPES and column.column_size == string_length
    )
    return dataclasses.replace(column, column_size=0) if unlimited else column


def _of_insert(pieces: Sequence[str], dialect: Dialect, describe: Describe) -> list[Column] | None:
    insert = inserts.find(pieces, dialect)
    if insert is None:
        return None
    columns = describe(f"SELECT {insert.columns or '*'} FROM {insert.table}")
    return list(columns) if columns is not None and len(columns) == len(pieces) - 1 else None


def _of_one_table(pieces: Sequence[str], dialect: Dialect, describe: Describe) -> list[Column]:
    """Markers that are compared with or assigned to a column of the statement's only table; UNKNOWN for others."""
    found = [UNKNOWN] * (len(pieces) - 1)
    name = inserts.name_pattern(dialect)
    beside = re.compile(rf"(?P<name>{name})\s*{_COMPARES}", re.IGNORECASE)
    names: list[str | None] = []
    for i, piece in enumerate(pieces[:-1]):
        match = beside.search(piece)
        if match is not None:
            names.append(match["name"])
        elif names and _GOES_ON.fullmatch(piece):
            names.append(names[-1])
        else:
            names.append(None)
            if _LIMIT.search(piece):
                found[i] = _COUNT
    table = _only_table("?".join(pieces), dialect) if any(names) else None
    columns = describe(f"SELECT * FROM {table}") if table is not None else None
    by_name = {column.name.casefold(): column for column in columns or ()}
    quote = dialect.identifier_quote.strip()
    for i, written in enumerate(names):
        if written is not None:
            plain = written[1:-1].replace(quote * 2, quote) if quote and written.startswith(quote) else written
            found[i] = by_name.get(plain.casefold(), found[i])
    return found


def _only_table(sql: str, dialect: Dialect) -> str | None:
    """The table of a SELECT, UPDATE or DELETE that names one; None when there are more, or none."""
    name = inserts.name_pattern(dialect)
    quote = dialect.identifier_quote.strip()
    bare, named = [], []
    at = 0
    for start, end in [*markers.protected(sql, dialect), (len(sql), len(sql))]:
        # A string or a comment cannot be a table; a quoted name can be one, but no word of the grammar.
        is_name = bool(quote) and sql.startswith(quote, start)
        bare += [sql[at:start], " "]
        named += [sql[at:start], sql[start:end] if is_name else " "]
        at = end
    words = re.findall(
        r"\b(?:FROM|JOIN|UPDATE|WITH|UNION|INTERSECT|EXCEPT|MERGE|USING)\b", "".join(bare), re.IGNORECASE
    )
    table = rf"\b(?:FROM|UPDATE)\s+({name}(?:\s*\.\s*{name}){{0,2}})(?!\s*[,(])"
    tables = re.findall(table, "".join(named), re.IGNORECASE)
    return tables[0] if len(words) == 1 and len(tables) == 1 else None
