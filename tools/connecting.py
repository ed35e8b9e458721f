"""Writes the keyword table of docs/connecting.md from argus_odbc/settings.py, the one place that knows the keywords."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from argus_odbc.settings import KEYWORDS  # noqa: E402

HEAD = """# Connecting

A connection string is a list of `Keyword=value;`. Keywords are case-insensitive; a value with a semicolon, braces or
spaces at its ends stands in braces, `}` doubled inside. The first of two equal keywords counts. `DSN=name` takes what is
missing from that section of odbc.ini; the string wins. A keyword that nothing knows is reported with SQLSTATE 01S00 and
the nearest known one; a value that cannot be is refused with the keyword's name. The completed string that
SQLDriverConnect returns holds a password only where the application gave it.

    Driver=Argus;Database=/data/sales.duckdb
    Driver=Argus;Backend=spark;Host=spark.example.org;Port=10000;UID=ann;PWD={se;cret}

| keyword | also written | backends | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The whole document."""
    rows = [
        f"| `{k.name}` | {', '.join(f'`{a}`' for a in k.aliases)} | {', '.join(k.backends) or 'all'} | {k.help} |"
        for k in KEYWORDS.values()
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "connecting.md").write_text(page(), encoding="utf-8")
