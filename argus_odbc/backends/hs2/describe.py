"""What can be known of a statement before it runs: whether it has a result, and which columns.

A query is described by itself with a LIMIT 0, which these engines answer without reading a row. Spark's DESCRIBE QUERY
would show a varchar(9) as a string, and Hive's PREPARE leaves something behind. Markers become NULL, or 1 where an engine
wants a number (LIMIT ?).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from argus_odbc import markers
from argus_odbc.backends.base import Dialect

QUERY = re.compile(r"\s*(?:SELECT|WITH|VALUES|TABLE|FROM|\()", re.IGNORECASE)
SHOWS = re.compile(r"\s*(?:SHOW|DESC|DESCRIBE|EXPLAIN)\b(?!\s+ANALYZE\b)", re.IGNORECASE)
"""Statements that read nothing but the catalog, so that running them is describing them."""

WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|MERGE|UPSERT|CREATE|OVERWRITE)\b", re.IGNORECASE)
"""Behind WITH and FROM these may begin a change of data, which must not run with a LIMIT 0 behind it."""

ABSENT = frozenset({"42S02", "42S22", "3D000", "3F000", "28000", "08S01", "HYT00", "HYT01"})
"""Errors that are the statement's own, however it is asked for its columns."""


def bare(sql: str, dialect: Dialect) -> str:
    """The text with blanks in place of comments and `x` in place of what is quoted, of the same length."""
    out, at = [], 0
    for start, end in markers.protected(sql, dialect):
        out += [sql[at:start], (" " if sql[start] in "-/" else "x") * (end - start)]
        at = end
    return "".join((*out, sql[at:]))


def unfinished(sql: str, dialect: Dialect) -> str:
    """The text without the semicolons that end it: one server takes none, and nothing may follow them."""
    if ";" not in sql:
        return sql
    plain = bare(sql, dialect)
    tail = len(plain.rstrip("; \t\r\n"))
    return sql[:tail] + sql[tail:].replace(";", " ")


def is_query(sql: str, dialect: Dialect) -> bool:
    """Whether the text is a query, which changes nothing."""
    plain = bare(sql, dialect)
    return QUERY.match(plain) is not None and WRITES.search(plain) is None


def is_show(sql: str, dialect: Dialect) -> bool:
    return SHOWS.match(bare(sql, dialect)) is not None


def questions(sql: str, dialect: Dialect) -> Iterator[str]:
    """Statements to try, one after the other, whose columns are those of the query."""
    pieces = markers.split(unfinished(sql, dialect), dialect)
    for value in ("NULL", "1")[: len(pieces)]:
        query = value.join(pieces)
        yield f"{query}\nLIMIT 0"
        # where the query ends in a LIMIT of its own
        yield f"SELECT * FROM (\n{query}\n) described LIMIT 0"
