"""Names as arguments of the catalog functions: search patterns, ordinary arguments, identifiers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from argus_odbc.backends.base import Capabilities
from argus_odbc.errors import DriverError

SENSITIVE = 3
"""SQL_IC_SENSITIVE: two names that differ in case are two things."""

KINDS = {
    "tables": "PPPL",
    "columns": "OPPP",
    "primary_keys": "OOO",
    "foreign_keys": "OOOOOO",
    "statistics": "OOO",
    "special_columns": "OOO",
    "procedures": "OPP",
    "procedure_columns": "OPPP",
    "table_privileges": "OPP",
    "column_privileges": "OOOP",
    "type_info": "",
}
"""Function -> kind of each name: P a search pattern, O ordinary, L a list of values (the reference's Arguments tables)."""

Test = Callable[[str | None], bool]


def sensitive(capabilities: Capabilities) -> bool:
    """Whether the engine tells two names apart by their case alone."""
    return SENSITIVE in (capabilities.identifier_case, capabilities.quoted_identifier_case)


def identifiers(function: str, names: Sequence[str | None], capabilities: Capabilities, quote: str) -> list[str | None]:
    """The arguments under SQL_ATTR_METADATA_ID: identifiers, written as the kinds that each function takes."""
    out: list[str | None] = []
    catalogs = (0, 3) if function == "foreign_keys" else (0,)
    for i, (kind, name) in enumerate(zip(KINDS[function], names, strict=True)):
        if kind == "L" or (i in catalogs and name is None and not capabilities.catalogs):
            out.append(name)
            continue
        if name is None:
            raise DriverError("HY009", 0, "With SQL_ATTR_METADATA_ID on, a name argument may not be a null pointer")
        plain = _identifier(name, capabilities, quote)
        out.append(escaped(plain) if kind == "P" else plain)
    return out


def _identifier(name: str, capabilities: Capabilities, quote: str) -> str:
    """A quoted name without its quotes, another one without blanks at its end and in the case that the engine stores."""
    name = name.rstrip(" ")
    if len(name) >= 2 and name.startswith(quote) and name.endswith(quote):
        return name[1:-1].replace(quote * 2, quote)
    return {1: name.upper(), 2: name.lower()}.get(capabilities.identifier_case, name)


def escaped(name: str) -> str:
    """The search pattern that matches this name alone."""
    return re.sub(r"([\\%_])", r"\\\1", name)


def unescaped(name: str) -> str:
    """A name without the escapes that some programs put into arguments which are no patterns."""
    return re.sub(r"\\([\\%_])", r"\1", name)


def matcher(pattern: str | None, case: bool = False) -> Test:
    """A test for a search pattern: % any run, _ one character, \\ escapes; None and % match all, "" only the unnamed.

    case: whether upper and lower case differ.
    """
    if pattern is None or pattern == "%":
        return lambda name: True
    if pattern == "":
        return lambda name: not name
    parts, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        if c == "\\" and i + 1 < len(pattern):
            i += 1
            parts.append(re.escape(pattern[i]))
        else:
            parts.append(".*" if c == "%" else "." if c == "_" else re.escape(c))
        i += 1
    expression = re.compile("".join(parts), re.DOTALL | (0 if case else re.IGNORECASE))
    return lambda name: name is not None and expression.fullmatch(name) is not None


def equal(wanted: str | None, case: bool = False) -> Test:
    """A test for an ordinary argument: None any, "" only the unnamed."""
    return matcher(None if wanted is None else escaped(wanted), case)
