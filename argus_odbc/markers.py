"""Where SQL text is text: quoted sections and comments, and the parameter markers outside of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from argus_odbc.backends.base import Dialect

_DOLLAR_TAG = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_LINE = re.compile(r"[^\r\n]*[\r\n]?")
_LINES = re.compile(r"(?:\\\n|[^\r\n])*[\r\n]?")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def protected(sql: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    """(start, end) of each quoted section and comment, in order; one that is not closed reaches to the end."""
    openers = _openers(dialect)
    at = 0
    while (found := openers.search(sql, at)) is not None:
        start = found.start()
        end = section_end(sql, start, dialect)
        if end > start:
            yield start, end
            at = end
        else:
            at = start + 1


def _openers(dialect: Dialect) -> re.Pattern[str]:
    quotes = re.escape(dialect.quotes + dialect.identifier_quote.strip())
    return re.compile(f"[{quotes}]|--|/\\*" + (r"|\$" if dialect.dollar_quotes else ""))


def section_end(sql: str, at: int, dialect: Dialect) -> int:
    """End of the quoted section or comment that starts at `at`; `at` itself when none starts there."""
    c = sql[at]
    if c == "-":
        return _line_end(sql, at, dialect.comments_go_on) if sql.startswith("--", at) else at
    if c == "/":
        return _comment_end(sql, at, dialect.nested_comments) if sql.startswith("/*", at) else at
    if c == "$" and dialect.dollar_quotes:
        tag = _DOLLAR_TAG.match(sql, at)
        if tag is None or (at > 0 and (sql[at - 1].isalnum() or sql[at - 1] in "_$")):
            return at
        return _after(sql, tag.group(), tag.end())
    if c in dialect.quotes or (c == dialect.identifier_quote.strip() and c):
        return _quote_end(sql, at, _backslash_escapes(sql, at, dialect))
    return at


def _after(sql: str, text: str, at: int) -> int:
    found = sql.find(text, at)
    return len(sql) if found < 0 else found + len(text)


def _line_end(sql: str, at: int, goes_on: bool) -> int:
    """A comment ends with its line, or with the next one where a backslash before the line feed lets it go on."""
    end = (_LINES if goes_on else _LINE).match(sql, at)
    assert end is not None
    return end.end()


def _comment_end(sql: str, at: int, nested: bool) -> int:
    if not nested:
        return _after(sql, "*/", at + 2)
    depth = 1
    at += 2
    while depth and (edge := _COMMENT_EDGE.search(sql, at)) is not None:
        depth += 1 if edge.group() == "/*" else -1
        at = edge.end()
    return len(sql) if depth else at


def _backslash_escapes(sql: str, at: int, dialect: Dialect) -> bool:
    """Whether a backslash escapes in the quoted section at `at`, its prefix letter considered."""
    quote = sql[at]
    prefix = sql[at - 1].lower() if at and (at < 2 or not (sql[at - 2].isalnum() or sql[at - 2] in "_$")) else ""
    if dialect.backslash_escapes:
        return quote in "'\"" and prefix != "r"
    # PostgreSQL's family, which has dollar quotes, also has E'...'.
    return quote == "'" and dialect.dollar_quotes and prefix == "e"


def _quote_end(sql: str, at: int, backslash: bool) -> int:
    """A doubled quote ends one section and starts the next, which is the same for what is inside."""
    quote = sql[at]
    if not backslash:
        return _after(sql, quote, at + 1)
    closing = re.compile(rf"(?:[^\\{quote}]|\\.)*{quote}", re.DOTALL).match(sql, at + 1)
    return len(sql) if closing is None else closing.end()


def split(sql: str, dialect: Dialect) -> list[str]:
    """The text between the parameter markers; one piece more than there are markers. `??` is a question mark."""
    pieces: list[str] = []
    piece: list[str] = []
    at = 0
    for start, end in [*protected(sql, dialect), (len(sql), len(sql))]:
        _split_open(sql[at:start], pieces, piece)
        piece.append(sql[start:end])
        at = end
    pieces.append("".join(piece))
    return pieces


def _split_open(text: str, pieces: list[str], piece: list[str]) -> None:
    """Split text without quotes; `piece` holds what follows the last marker so far."""
    for part in re.split(r"(\?\?|\?)", text):
        if part == "?":
            pieces.append("".join(piece))
            piece.clear()
        else:
            piece.append("?" if part == "??" else part)


def count(sql: str, dialect: Dialect) -> int:
    """How many parameter markers the text has (SQLNumParams)."""
    return len(split(sql, dialect)) - 1
