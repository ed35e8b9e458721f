"""Writes the keyword table of docs/connecting.md from the tables of keywords: settings.py, and what a backend has of its own."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from argus_odbc.backends.trino.options import KEYWORDS as TRINO  # noqa: E402
from argus_odbc.settings import KEYWORDS  # noqa: E402

HEAD = """# Connecting

A connection string is a list of `Keyword=value;`. Keywords are case-insensitive; a value with a semicolon, braces or
spaces at its ends stands in braces, `}` doubled inside. The first of two equal keywords counts. `DSN=name` takes what is
missing from that section of odbc.ini; the string wins. A keyword that nothing knows is reported with SQLSTATE 01S00 and
the nearest known one; a value that cannot be is refused with the keyword's name. The completed string that
SQLDriverConnect returns holds a password only where the application gave it.

    Driver=Argus;Database=/data/sales.duckdb
    Driver=Argus;Backend=spark;Host=spark.example.org;Port=10000;UID=ann;PWD={se;cret}

`argus-odbc doctor CONN` checks everything that such a string needs, up to a first query, and says for each failure what
to do; `argus-odbc query CONN SQL` runs one. CONN is a connection string or the name of a data source.

## Programs that ask

The driver has no window. SQLDriverConnect with SQL_DRIVER_COMPLETE or COMPLETE_REQUIRED connects when the string says all
that is needed, else IM008 names what it lacks; SQL_DRIVER_PROMPT is IM008 always. SQLBrowseConnect asks step by step: for
the engine, then for the server and the login (`*` stands before what may be left out), then for a place to start in, with
the catalogs or schemas that the server has. A request that says all at once connects at once; a keyword that does not
belong to a step is 01S00, and the step is asked again.

## Data sources

A section of `~/.odbc.ini` (or of the file that `ODBCINI` names, or of `/etc/odbc.ini`) holds the same keywords:

    [Sales]
    Driver  = Argus
    Backend = spark
    Host    = spark.example.org
    UID     = ann

`DSN=Sales;PWD=secret` then connects. A value goes to the end of its line and needs no braces.

## Log

`LogLevel=DEBUG;LogFile=/tmp/argus.log`, or the environment variables `ARGUS_LOG_LEVEL` and `ARGUS_LOG_FILE` for programs
whose connection strings cannot be changed. INFO shows connects, statements' times and errors, DEBUG the SQL as the engine
gets it. Passwords and tokens are replaced by `***`. The log is one for the process; each line is written at once.

## Keywords

| keyword | also written | backends | meaning |
|---|---|---|---|
"""

CHOICES = """
## Values that are one of a few

| keyword | value | also written |
|---|---|---|
"""


def page() -> str:
    """The whole document."""
    rows = [
        f"| `{k.name}` | {', '.join(f'`{a}`' for a in k.aliases)} | {', '.join(k.backends) or 'all'} | {k.help} |"
        for k in (*KEYWORDS.values(), *TRINO)
    ]
    choices = [
        f"| `{k.name}` | `{value}` | {', '.join(f'`{o}`' for o in others if o)} |"
        for k in (*KEYWORDS.values(), *TRINO)
        for value, others in k.choices.items()
        if value
    ]
    return HEAD + "\n".join(rows) + "\n" + CHOICES + "\n".join(choices) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "connecting.md").write_text(page(), encoding="utf-8")
