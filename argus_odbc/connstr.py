"""Connection strings and data sources: text to `Settings`.

The rules are those of SQLDriverConnect: `;` separates, `{...}` guards a value, `}}` inside is one brace, keywords have no
case, of a repeated keyword the first counts, the string wins over the data source, and of DSN, FILEDSN and DRIVER the
first decides.
"""

from __future__ import annotations

import difflib
import os
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from argus_odbc.errors import DriverError
from argus_odbc.settings import (
    BUILT_IN,
    DATABASE_MEANS,
    KEYWORDS,
    NO_EFFECT,
    SESSION_PREFIX,
    TRANSLATED,
    Keyword,
    Settings,
    attribute_names,
    refused,
)

Pairs = list[tuple[str, str]]
Warning_ = tuple[str, int, str]

SPECIAL = frozenset("[]{}(),;?*=!@")
"""Characters that ODBC wants in braces."""

LOOSE = "A part of the connection string after {} has no = and was ignored; a value with ; needs {{braces}}"

_quiet = {name.lower() for name in NO_EFFECT} | {"driver", "dsn", "filedsn", "savefile"}
_translated = {name.lower(): (name, target, values) for name, (target, values) in TRANSLATED.items()}


def resolve(
    text: str,
    *,
    dsn: str | None = None,
    uid: str | None = None,
    pwd: str | None = None,
    own_keywords: Callable[[str], Sequence[Keyword]] | None = None,
) -> tuple[Settings, str, list[Warning_]]:
    """Settings, completed connection string and warnings for a connection string, or for SQLConnect's three arguments.

    `own_keywords` tells what a backend declares itself, by its name. Raises DriverError for a value that cannot be.
    """
    warnings: list[Warning_] = []
    given = parse_connection_string(text, warnings)
    arguments = [(k, v) for k, v in (("DSN", dsn), ("UID", uid), ("PWD", pwd)) if v]
    given = first_of_each(arguments + given)
    name, stored = _stored_pairs(given)
    pairs = [(k, v, "the connection string") for k, v in given]
    pairs += [(k, v, f'the data source "{name}"') for k, v in stored]
    settings = _settings(pairs, name, own_keywords, warnings)
    return settings, format_connection_string(given), warnings


def parse_connection_string(text: str, warnings: list[Warning_] | None = None) -> Pairs:
    """(keyword, value) pairs in order, repeated keywords included; values without their braces.

    A part without `=` is left out with a warning that does not show it: it may be the rest of a password.
    """
    pairs: Pairs = []
    at, end = 0, len(text.rstrip("\0"))
    while at < end:
        if text[at] == ";" or text[at].isspace():
            at += 1
            continue
        stop = _find(text, "=;", at, end)
        name = text[at:stop].strip()
        if stop == end or text[stop] == ";":
            if warnings is not None:
                after = f"the value of {pairs[-1][0]}" if pairs else "its beginning"
                warnings.append(("01S00", 0, LOOSE.format(after)))
            at = stop
            continue
        value, at = _value(text, name, stop + 1, end)
        pairs.append((name, value))
    return pairs


def _find(text: str, characters: str, at: int, end: int) -> int:
    """Where the first of `characters` stands from `at` on; `end` if nowhere."""
    found = [i for i in (text.find(c, at, end) for c in characters) if i >= 0]
    return min(found, default=end)


def _value(text: str, name: str, at: int, end: int) -> tuple[str, int]:
    """The value that starts at `at`, and where its separator stands."""
    while at < end and text[at].isspace():
        at += 1
    if at == end or text[at] != "{":
        stop = _find(text, ";", at, end)
        return text[at:stop].rstrip(), stop
    pieces, start = [], at + 1
    while True:
        close = text.find("}", start, end)
        if close < 0:
            raise DriverError(
                "HY000", 0, f"The value of {name} starts with {{ but has no closing }}; a }} inside is doubled"
            )
        pieces.append(text[start:close])
        if text[close + 1 : close + 2] != "}" or close + 1 >= end:
            break
        pieces.append("}")
        start = close + 2
    stop = _find(text, ";", close + 1, end)
    if text[close + 1 : stop].strip():
        raise DriverError(
            "HY000",
            0,
            f"The value of {name} goes on after its closing }}; write }} inside a value as }}}}, end it with ;",
        )
    return "".join(pieces), stop


def first_of_each(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Without the later ones of repeated keywords; other spellings of a keyword repeat it too."""
    spellings = attribute_names()
    seen: set[str] = set()
    kept: Pairs = []
    for name, value in pairs:
        lowered = name.lower()
        mark = spellings.get(lowered, lowered)
        if mark not in seen:
            seen.add(mark)
            kept.append((name, value))
    return kept


def format_connection_string(pairs: Iterable[tuple[str, str]]) -> str:
    """A connection string with these pairs, values in braces where they need them."""
    return "".join(f"{name}={quote_value(value)};" for name, value in pairs)


def quote_value(value: str) -> str:
    """A value as it stands in a connection string."""
    if value != value.strip() or SPECIAL & set(value):
        return "{" + value.replace("}", "}}") + "}"
    return value


def attribute(key: str) -> str:
    """The attribute of `Settings` that a keyword sets, else the keyword in lower case."""
    return attribute_names().get(key.lower(), key.lower())


def given_values(text: str) -> dict[str, str]:
    """What a connection string and its data source give, by `attribute`; values left empty are left out."""
    given = first_of_each(parse_connection_string(text))
    _, stored = _stored_pairs(given)
    values: dict[str, str] = {}
    for key, value in given + stored:
        if value != "":
            values.setdefault(attribute(key), value)
    return values


# ---- data sources ----


def data_source_files() -> list[Path]:
    """The odbc.ini files in the order in which they are asked; they need not exist."""
    env = os.environ
    places = [env.get("ODBCINI"), "~/.odbc.ini"]
    if env.get("ODBCSYSINI"):
        places.append(os.path.join(env["ODBCSYSINI"], "odbc.ini"))
    places += [env.get("SYSODBCINI"), "/etc/odbc.ini", "/usr/local/etc/odbc.ini", "/opt/homebrew/etc/odbc.ini"]
    return list(dict.fromkeys(Path(p).expanduser() for p in places if p))


def read_ini(path: Path) -> dict[str, Pairs]:
    """Sections of an ini file by their names as written. A line starting with ; or # is a comment; values are raw text."""
    sections: dict[str, Pairs] = {}
    current: Pairs = []
    text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped[0] in ";#":
            continue
        if stripped[0] == "[" and "]" in stripped:
            current = sections.setdefault(stripped[1 : stripped.index("]")].strip(), [])
            continue
        name, equals, value = stripped.partition("=")
        if equals:
            current.append((name.strip(), value.strip()))
    return sections


def find_data_source(name: str) -> Pairs:
    """The pairs of a data source. DriverError IM002 that names the files when there is none, nor a [Default]."""
    files = [p for p in data_source_files() if p.is_file()]
    found = [(path, _readable_sections(path)) for path in files]
    for wanted in (name.lower(), "default"):
        for _, sections in found:
            for section, pairs in sections.items():
                if section.lower() == wanted:
                    return first_of_each(pairs)
    places = ", ".join(str(p) for p in files) or "none of " + ", ".join(str(p) for p in data_source_files())
    names = sorted({s for _, sections in found for s in sections if s.lower() not in ("odbc data sources", "odbc")})
    meant = difflib.get_close_matches(name, names, 1)
    hint = f'; did you mean "{meant[0]}"?' if meant else ""
    raise DriverError("IM002", 0, f'There is no data source "{name}" in the odbc.ini files ({places}){hint}')


def _readable_sections(path: Path) -> dict[str, Pairs]:
    try:
        return read_ini(path)
    except OSError:
        # Another user's file in the list must not keep the next one from being asked; the error lists what was asked.
        return {}


def _stored_pairs(given: Pairs) -> tuple[str, Pairs]:
    """Name and pairs of the data source that the string names, by DSN or FILEDSN; of DRIVER, DSN and FILEDSN the first
    decides."""
    for key, value in given:
        which = key.lower()
        if which == "driver":
            return "", []
        if which == "dsn" and value:
            return value, find_data_source(value)
        if which == "filedsn" and value:
            return value, _file_data_source(Path(value).expanduser())
    return "", []


def _file_data_source(path: Path) -> Pairs:
    try:
        sections = read_ini(path)
    except OSError as e:
        raise DriverError("HY000", 0, f'The file data source "{path}" cannot be read: {e.strerror}') from e
    for name, pairs in sections.items():
        if name.lower() == "odbc":
            return first_of_each(pairs)
    raise DriverError("HY000", 0, f'The file data source "{path}" has no section [ODBC]')


# ---- pairs to settings ----


def _settings(
    pairs: Sequence[tuple[str, str, str]],
    name: str,
    own_keywords: Callable[[str], Sequence[Keyword]] | None,
    warnings: list[Warning_],
) -> Settings:
    """`pairs` are (keyword, text, where it stands), the ones that win first."""
    spellings = attribute_names()
    values: dict[str, Any] = {"dsn": name}
    properties: dict[str, str] = {}
    unread: list[tuple[str, str, str]] = []
    used: dict[str, str] = {}
    for key, text, where in pairs:
        lowered = key.lower()
        attribute = spellings.get(lowered)
        if attribute is None and lowered in _translated:
            attribute, text = _translate(lowered, text)
        if attribute is not None:
            # A value left empty is one not given, as in a form with empty fields.
            if attribute not in values and text != "":
                values[attribute] = KEYWORDS[attribute].read(text)
                used[attribute] = key
        elif lowered.startswith(SESSION_PREFIX.lower()) and len(key) > len(SESSION_PREFIX):
            properties.setdefault(key[len(SESSION_PREFIX) :], text)
        elif lowered not in _quiet:
            unread.append((key, text, where))
    if properties:
        values["session_properties"] = {**values.get("session_properties", {}), **properties}
    backend = _choose_backend(values)
    declared = {k.name.lower(): k for k in own_keywords(backend)} if own_keywords else {}
    values["own"] = _own_values(declared, unread, warnings)
    warnings += _without_effect(backend, used)
    _place_database(backend, values)
    return Settings(**values)


def _translate(lowered: str, text: str) -> tuple[str | None, str]:
    """Attribute and value that another driver's switch stands for; the attribute is None when it is our default."""
    name, target, values = _translated[lowered]
    flag = Keyword(name, "", "flag")
    value = values["1" if flag.read(text or "0") else "0"]
    return attribute_names()[target.lower()], value


def _choose_backend(values: dict[str, Any]) -> str:
    backend = values.get("backend", "").strip().lower()
    if not backend:
        if values.get("host"):
            raise DriverError(
                "08001",
                0,
                f'Host is "{values["host"]}", but the keyword Backend is missing: add Backend=spark, '
                "Backend=hive, Backend=impala or the name of another engine, so that the driver knows how to talk to it",
            )
        backend = "duckdb"
    values["backend"] = backend
    return backend


def _own_values(
    declared: Mapping[str, Keyword], unread: Iterable[tuple[str, str, str]], warnings: list[Warning_]
) -> dict[str, Any]:
    """Values of the keywords that the backend declares; what is nobody's becomes a warning."""
    own: dict[str, Any] = {}
    spelled = {s.lower(): k for k in declared.values() for s in (k.name, *k.aliases)}
    names = {**{s.lower(): s for k in KEYWORDS.values() for s in (k.name, *k.aliases)}, **{s: s for s in spelled}}
    for key, text, where in unread:
        keyword = spelled.get(key.lower())
        if keyword is not None:
            own.setdefault(keyword.name.lower(), keyword.read(text))
            continue
        meant = difflib.get_close_matches(key.lower(), names, 1, 0.7)
        hint = f'; did you mean "{_official(names[meant[0]], spelled)}"?' if meant else ""
        warnings.append(("01S00", 0, f'The keyword "{_printable(key)}" in {where} is unknown and was ignored{hint}'))
    return own


def _official(spelling: str, spelled: Mapping[str, Keyword]) -> str:
    """The keyword's own name for one of its spellings."""
    attribute = attribute_names().get(spelling.lower())
    return KEYWORDS[attribute].name if attribute else spelled[spelling.lower()].name


def _printable(key: str) -> str:
    """A keyword for a message: a password with an unguarded semicolon can end up as one, so it is cut short."""
    clean = "".join(c for c in key if c in string.printable and c not in "\t\n\r\x0b\x0c")
    return clean if len(clean) <= 40 else clean[:37] + "..."


def _without_effect(backend: str, used: Mapping[str, str]) -> list[Warning_]:
    """Warnings for keywords that only other built-in backends read."""
    if backend not in BUILT_IN:
        return []
    return [
        ("01S00", 0, f"The keyword {key} has no effect with Backend={backend}: it is for {', '.join(row.backends)}")
        for attribute, key in used.items()
        if (row := KEYWORDS[attribute]).backends and backend not in row.backends
    ]


def _place_database(backend: str, values: dict[str, Any]) -> None:
    """Put Database where the engine has its like; two different values for the one thing are refused."""
    means = DATABASE_MEANS.get(backend)
    database = values.get("database")
    if not means or not database:
        return
    other = values.setdefault(means, database)
    if other != database:
        raise refused(
            KEYWORDS["database"], database, f'the same as {KEYWORDS[means].name} ("{other}"), or leave one out'
        )
