"""ODBC's escape sequences in braces, translated to the engine's SQL; text in quotes and comments stays as it is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from argus_odbc import literals, markers
from argus_odbc.backends.base import Dialect
from argus_odbc.errors import DriverError
from argus_odbc.types import SQL_TYPE_DATE, SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP

# Only these open an escape, so that an engine's own braces ({'a': 1}) pass.
_OPEN = re.compile(
    r"\{\s*(?:(?P<d>d|t|ts|guid)\s*(?=')|(?P<interval>interval)\b\s*(?=[-+']|\s)|(?P<fn>fn)\s+(?=[\w{\"`])"
    r"|(?P<oj>oj)\s+|(?P<escape>escape)\s*(?=')|(?P<call>call)\s+|(?P<result>\?)\s*=\s*call\s+)",
    re.IGNORECASE,
)
# Matched before quotes are looked at, because `'\'` is not closed for an engine with backslash escapes.
_LIKE_ESCAPE = re.compile(r"\{\s*escape\s*'(''|[^'])'\s*\}", re.IGNORECASE)
_DATETIME = {"d": SQL_TYPE_DATE, "t": SQL_TYPE_TIME, "ts": SQL_TYPE_TIMESTAMP}
_FUNCTION = re.compile(r"\s*(\w+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_HAS_FUNCTION = re.compile(r"\{\s*fn\s", re.IGNORECASE)
_MARKER = re.compile(r"\{\s*\?|\?\?|\?")
_PLACEHOLDER = re.compile(r"\{(\d|\*)\}")
_SIMPLE = re.compile(r"[\w.?]+|[\ue000-\uf8ff]\d+[\ue000-\uf8ff]|'[^'\\]*'")

_NO_ARGUMENTS = frozenset({"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "RAND"})
"""Functions whose argument is a precision or a seed, which an engine may leave out."""

CAST_TYPES = {
    "SQL_BIGINT": "BIGINT",
    "SQL_BINARY": "BINARY",
    "SQL_BIT": "BOOLEAN",
    "SQL_CHAR": "VARCHAR",
    "SQL_DATE": "DATE",
    "SQL_DECIMAL": "DECIMAL(38,10)",
    "SQL_DOUBLE": "DOUBLE",
    "SQL_FLOAT": "DOUBLE",
    "SQL_GUID": "UUID",
    "SQL_INTEGER": "INTEGER",
    "SQL_LONGVARBINARY": "BINARY",
    "SQL_LONGVARCHAR": "VARCHAR",
    "SQL_NUMERIC": "DECIMAL(38,10)",
    "SQL_REAL": "REAL",
    "SQL_SMALLINT": "SMALLINT",
    "SQL_TIME": "TIME",
    "SQL_TIMESTAMP": "TIMESTAMP",
    "SQL_TINYINT": "TINYINT",
    "SQL_TYPE_DATE": "DATE",
    "SQL_TYPE_TIME": "TIME",
    "SQL_TYPE_TIMESTAMP": "TIMESTAMP",
    "SQL_VARBINARY": "BINARY",
    "SQL_VARCHAR": "VARCHAR",
    "SQL_WCHAR": "VARCHAR",
    "SQL_WLONGVARCHAR": "VARCHAR",
    "SQL_WVARCHAR": "VARCHAR",
}
"""Type keywords of {fn CONVERT} as standard SQL; a dialect's `functions` may hold an engine's own word for one."""


def translate(sql: str, dialect: Dialect) -> str:
    """`sql` with every escape sequence replaced. Raises DriverError 42000, 22007, 22018, HYC00."""
    if "{" not in sql:
        return sql
    out: list[str] = []
    at = 0
    while at < len(sql):
        if sql[at] == "{":
            if (like := _LIKE_ESCAPE.match(sql, at)) is not None:
                out.append(_like_escape(like.group(1).replace("''", "'"), dialect))
                at = like.end()
                continue
            if (opened := _OPEN.match(sql, at)) is not None:
                end = _closing_brace(sql, opened.end(), dialect)
                kind = next(k for k, v in opened.groupdict().items() if v)
                out.append(_replace(kind, opened.group(kind).lower(), sql[opened.end() : end], dialect))
                at = end + 1
                continue
        end = max(markers.section_end(sql, at, dialect), at + 1)
        out.append(sql[at:end])
        at = end
    return "".join(out)


def translate_numbered(sql: str, dialect: Dialect) -> tuple[str, list[int] | None, int]:
    """`translate`, the marker of `sql` (from 0) behind each marker of the result, and how many `sql` has.

    Templates move their arguments, repeat them and leave them out. None: the markers stand as they stood.
    """
    if _HAS_FUNCTION.search(sql) is None or "?" not in sql:
        translated = translate(sql, dialect)
        return translated, None, markers.count(translated, dialect)
    edge = next(c for c in map(chr, range(0xE000, 0xF900)) if c not in sql)  # for private use, by Unicode
    numbers = itertools.count()
    parts: list[str] = []
    at = 0
    for start, end in [*markers.protected(sql, dialect), (len(sql), len(sql))]:
        parts.append(_MARKER.sub(lambda m: m[0] if len(m[0]) > 1 else f"{edge}{next(numbers)}{edge}", sql[at:start]))
        parts.append(sql[start:end])
        at = end
    order: list[int] = []

    def marker(number: re.Match[str]) -> str:
        order.append(int(number[1]))
        return "?"

    translated = re.sub(f"{edge}(\\d+){edge}", marker, translate("".join(parts), dialect))
    wanted = next(numbers)
    return translated, None if order == list(range(wanted)) else order, wanted


def _closing_brace(sql: str, at: int, dialect: Dialect) -> int:
    """Position of the brace that closes the escape whose inside starts at `at`."""
    start = at
    depth = 1
    while at < len(sql):
        if sql[at] == "{":
            if (like := _LIKE_ESCAPE.match(sql, at)) is not None:
                at = like.end()
                continue
            depth += 1
        elif sql[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at = max(markers.section_end(sql, at, dialect), at + 1)
    raise DriverError("42000", 0, f"The ODBC escape sequence before {sql[start : start + 30]!r} has no closing brace")


def _replace(kind: str, word: str, inside: str, dialect: Dialect) -> str:
    if kind == "d":
        value = _unquote(inside, word)
        if word == "guid":
            return literals.guid_literal(value, dialect)
        return literals.datetime_literal(value, _DATETIME[word], dialect)
    if kind == "interval":
        return literals.interval_literal("INTERVAL " + inside.strip(), dialect)
    if kind == "fn":
        return _function(translate(inside, dialect), dialect)
    if kind == "oj":
        return translate(inside, dialect).strip()
    if kind == "call":
        if not dialect.call_statement:
            raise DriverError("HYC00", 0, f"{{call {inside.strip()[:40]}}}: this engine has no procedures")
        call = translate(inside, dialect).strip()
        return "CALL " + (call if call.endswith(")") else call + "()")
    if kind == "result":
        raise DriverError("HYC00", 0, "{?=call ...}: procedures of this engine return no value; use {call ...}")
    raise DriverError("42000", 0, f"{{escape {inside.strip()[:20]}}}: the escape clause takes one character in quotes")


def _like_escape(character: str, dialect: Dialect) -> str:
    if dialect.like_escape_clause:
        return "ESCAPE " + literals.text(character, dialect)
    if character == dialect.like_escape:
        return ""
    raise DriverError(
        "HYC00", 0, f"{{escape '{character}'}}: LIKE of this engine has the escape character {dialect.like_escape} only"
    )


def _unquote(inside: str, word: str) -> str:
    text = inside.strip()
    if len(text) < 2 or text[0] != "'" or text[-1] != "'" or "'" in text[1:-1]:
        raise DriverError("42000", 0, f"{{{word} {text[:30]}}}: one literal in single quotes belongs here")
    return text[1:-1]


# ---- scalar functions ----
def _function(inside: str, dialect: Dialect) -> str:
    """`NAME(arguments)` in the engine's SQL; the arguments are translated already."""
    found = _FUNCTION.fullmatch(inside)
    if found is None:
        raise DriverError("42000", 0, f"{{fn {inside.strip()[:40]}}}: a function's name and its arguments belong here")
    name = found.group(1).upper()
    raw = (found.group(2) or "").strip()
    arguments = split_arguments(raw, dialect)
    if name == "CONVERT" and name not in dialect.functions:
        return _convert(arguments, dialect)
    if name == "CAST" and name not in dialect.functions:
        return f"CAST({_type_words(raw, dialect)})"
    template = dialect.functions.get(name)
    if name in ("TIMESTAMPADD", "TIMESTAMPDIFF") and arguments:
        unit = _unit(name, arguments[0], dialect)
        template = dialect.functions.get(f"{name} {unit}", template)
        arguments[0] = dialect.functions.get("SQL_TSI_" + unit, unit)
    if template is None:
        known = ", ".join(sorted({n.split()[0] for n in dialect.functions if not n.startswith("SQL_")}))
        raise DriverError(
            "42000", 0, f"{{fn {name}}}: this engine has no such function in ODBC's form; it has: {known}"
        )
    if name == "POSITION" and len(arguments) == 1 and "{1}" in template:
        arguments = _split_at_word(arguments[0], "IN", dialect)
    return _expand(name, template, raw if "{*}" in template else "", arguments)


def _expand(name: str, template: str, raw: str, arguments: Sequence[str]) -> str:
    places = _PLACEHOLDER.findall(template)
    wanted = 1 + max((int(p) for p in places if p != "*"), default=-1)
    if ("*" not in places and len(arguments) > wanted and name not in _NO_ARGUMENTS) or len(arguments) < wanted:
        raise DriverError(
            "42000", 0, f"{{fn {name}}}: {len(arguments)} arguments are given; with this engine it takes {wanted}"
        )

    def argument(place: re.Match[str]) -> str:
        if place.group(1) == "*":
            return raw
        text = arguments[int(place.group(1))]
        # A template may put the argument beside an operator.
        return text if _SIMPLE.fullmatch(text) else f"({text})"

    return _PLACEHOLDER.sub(argument, template)


def _convert(arguments: Sequence[str], dialect: Dialect) -> str:
    if len(arguments) != 2:
        raise DriverError("42000", 0, "{fn CONVERT}: a value and a type, such as SQL_INTEGER, belong here")
    word = arguments[1].upper()
    target = dialect.functions.get(word) or CAST_TYPES.get(word)
    if target is None:
        raise DriverError(
            "42000", 0, f"{{fn CONVERT}}: the type {arguments[1][:40]} is not one that can be converted to"
        )
    return f"CAST({arguments[0]} AS {target})"


def _type_words(raw: str, dialect: Dialect) -> str:
    """Type keywords such as SQL_INTEGER after the AS of a CAST as the engine's types."""
    parts = _split_at_word(raw, "AS", dialect)
    if len(parts) != 2:
        return raw
    word = parts[1].upper()
    return f"{parts[0]} AS {dialect.functions.get(word) or CAST_TYPES.get(word) or parts[1]}"


def _unit(name: str, word: str, dialect: Dialect) -> str:
    """DAY of SQL_TSI_DAY, where the engine has the interval."""
    known = "SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR".split()
    unit = word.upper().removeprefix("SQL_TSI_")
    if unit not in known and not {"SQL_TSI_" + unit, f"{name} {unit}"} & dialect.functions.keys():
        raise DriverError("42000", 0, f"{{fn {name}}}: the interval {word[:30]} is not one that this engine has")
    return unit


def split_arguments(text: str, dialect: Dialect) -> list[str]:
    """Arguments between commas that stand outside of parentheses, brackets, braces and quotes."""
    if not text.strip():
        return []
    cuts = [at for at in _top_level(text, dialect) if text[at] == ","]
    edges = [-1, *cuts, len(text)]
    return [text[a + 1 : b].strip() for a, b in itertools.pairwise(edges)]


def _split_at_word(text: str, word: str, dialect: Dialect) -> list[str]:
    """The two sides of the last top-level `word`; the whole text alone when there is none."""
    open_places = set(_top_level(text, dialect))
    for found in reversed(list(re.finditer(rf"\b{word}\b", text, re.IGNORECASE))):
        if found.start() in open_places:
            return [text[: found.start()].strip(), text[found.end() :].strip()]
    return [text.strip()]


def _top_level(text: str, dialect: Dialect) -> list[int]:
    """Positions outside of quotes, comments and every kind of bracket."""
    places: list[int] = []
    at = depth = 0
    while at < len(text):
        end = markers.section_end(text, at, dialect)
        if end > at:
            at = end
            continue
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
        elif depth == 0:
            places.append(at)
        at += 1
    return places
