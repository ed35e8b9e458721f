"""Writes properties.h, the fields of a data source for unixODBC's dialogues: python properties.py > properties.h.

The loader answers without Python, so it has the keywords of argus_odbc/settings.py as a table of its own.
tests/unit/test_properties.py compares the two.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from argus_odbc.settings import BUILT_IN, KEYWORDS, Keyword

FILES = ("LogFile", "SSLCAFile", "SSLClientCert", "SSLClientKey")


def prompt(attribute: str, keyword: Keyword) -> tuple[str, list[str]]:
    """The kind of a field, and what it offers."""
    if keyword.kind == "secret":
        return "TEXTEDIT_PASSWORD", []
    if attribute == "backend":
        return "COMBOBOX", ["", *BUILT_IN]
    if keyword.kind == "choice":
        return "LISTBOX", ["", *(choice for choice in keyword.choices if choice)]
    if keyword.kind == "flag":
        return "LISTBOX", ["", "1", "0"]
    return ("FILENAME" if keyword.name in FILES else "TEXTEDIT"), []


def literal(text: str) -> str:
    """A C string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def header() -> str:
    """The whole text of properties.h."""
    lines = [
        "/* Written by properties.py. */",
        "/* clang-format off */",
        "static const struct property properties[] = {",
    ]
    for attribute, keyword in KEYWORDS.items():
        kind, offered = prompt(attribute, keyword)
        choices = "{" + ", ".join([*map(literal, offered), "NULL"]) + "}"
        name, help_text = literal(keyword.name), literal(keyword.help)
        lines.append(f"    {{{name}, ODBCINST_PROMPTTYPE_{kind}, {choices},\n     {help_text}}},")
    return "\n".join([*lines, "};"]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(header())
