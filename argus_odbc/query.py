"""`argus-odbc query`: runs SQL through the driver file and prints the results as a table, CSV or JSON."""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from argus_odbc.client import Connection, ResultColumn, as_connection_string, interruptible

TABLE_ROWS = 1000
"""Rows of a table without --limit: it is laid out as a whole, and nobody reads more."""

# SQL type codes (sql.h, sqlext.h) by what they are in JSON; every other type is a string there.
EXACT = frozenset((2, 3, 4, 5, -5, -6))
APPROXIMATE = frozenset((6, 7, 8))
BIT = -7
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
WIDEST = 100_000
"""Columns of the terminal that is assumed where the output goes to a file or a pipe: no value is cut there."""

Row = Sequence[str | None]


def run_query(conn: str, sql: str, form: str, limit: int | None, out: TextIO) -> None:
    """Connect, run `sql` and write every result to `out`; `form` is table, csv or json.

    Raises DriverError; KeyboardInterrupt after Ctrl-C, when the server's work is ended.
    """
    progress = Progress()
    with progress:
        progress.say("connecting")
        connection = interruptible(lambda: Connection(as_connection_string(conn)), lambda: None, 0)
        try:
            progress.say("running")
            interruptible(lambda: connection.execute(sql), connection.cancel)
            first = True
            while first or interruptible(connection.next_result, connection.cancel):
                _write_result(connection, form, limit, out, progress, first)
                first = False
        finally:
            for state, _, text in connection.warnings:
                progress.note(f"{state} {text}")
            connection.close()


def _write_result(
    connection: Connection, form: str, limit: int | None, out: TextIO, progress: Progress, first: bool
) -> None:
    columns = connection.columns()
    if not columns:
        count = connection.row_count()
        progress.note("done" if count < 0 else f"{count:,} row{'' if count == 1 else 's'} changed")
        return
    rows = progress.counted(connection.rows(len(columns)))
    if form == "table" and limit is None:
        limit = TABLE_ROWS
    shown = islice(rows, limit) if limit else rows
    write = {"table": write_table, "csv": write_csv, "json": write_json}[form]
    if not first:
        out.write("\n")
    interruptible(lambda: write(columns, shown, out, progress.pause), connection.cancel)
    if limit and interruptible(lambda: next(rows, None), connection.cancel) is not None:
        progress.note(f"only the first {limit:,} rows are shown; --limit 0 shows all")


# ---- forms ----


def write_table(columns: Sequence[ResultColumn], rows: Iterable[Row], out: TextIO, before: Callable[[], None]) -> None:
    """A table with a head; numbers stand to the right, NULL is said so."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        number = column.sql_type in EXACT | APPROXIMATE
        table.add_column(
            Text(printable(column.name)), justify="right" if number else "left", overflow="fold", no_wrap=number
        )
    for row in rows:
        table.add_row(*(Text("NULL", style="dim") if v is None else Text(printable(v)) for v in row))
    before()
    console = Console(file=out, highlight=False, width=None if out.isatty() else WIDEST)
    console.print(table)
    console.print(f"{table.row_count:,} row{'' if table.row_count == 1 else 's'}", style="dim")


def write_csv(columns: Sequence[ResultColumn], rows: Iterable[Row], out: TextIO, before: Callable[[], None]) -> None:
    """RFC 4180 with a head line; NULL is an empty field, an empty text is quoted."""
    before()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(c.name for c in columns)
    for row in rows:
        # The csv module writes None and "" alike; only one of them can be the bare field.
        if "" in row or (len(row) == 1 and row[0] is None):
            out.write(",".join(_csv_field(v) for v in row) + "\n")
        else:
            writer.writerow(row)


def _csv_field(value: str | None) -> str:
    if value is None:
        return ""
    if value == "" or any(c in value for c in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def write_json(columns: Sequence[ResultColumn], rows: Iterable[Row], out: TextIO, before: Callable[[], None]) -> None:
    """An array of objects, one on each line; exact numbers keep all their digits."""
    before()
    names = [json.dumps(n, ensure_ascii=False) for n in unique([c.name for c in columns])]
    kinds = [c.sql_type for c in columns]
    out.write("[")
    separator = "\n"
    for row in rows:
        members = (f"{n}: {json_value(v, k)}" for n, v, k in zip(names, row, kinds, strict=True))
        out.write(separator + "{" + ", ".join(members) + "}")
        separator = ",\n"
    out.write("\n]\n")


def json_value(text: str | None, sql_type: int) -> str:
    """The JSON text of a value that the driver wrote; NaN and infinities, which JSON has not, are strings."""
    if text is None:
        return "null"
    if sql_type == BIT:
        return "true" if text == "1" else "false"
    if sql_type in EXACT | APPROXIMATE and NUMBER.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def unique(names: Sequence[str]) -> list[str]:
    """The names with _2, _3 ... behind those that were there before: an object has each name once."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, n = name, 1
        while candidate in taken:
            n += 1
            candidate = f"{name}_{n}"
        taken.add(candidate)
        result.append(candidate)
    return result


def printable(text: str) -> str:
    """Text for a terminal: control characters, which could steer it, are written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


# ---- progress ----


class Progress:
    """One line on a terminal's standard error that says what goes on; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(self, console=self._console, refresh_per_second=8, transient=True)
        self._what = ""
        self._count = 0
        self._since = time.monotonic()

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __rich__(self) -> Text:
        rows = f", {self._count:,} rows" if self._count else ""
        return Text(f"{self._what} {time.monotonic() - self._since:.1f} s{rows}   Ctrl-C cancels", style="dim")

    def say(self, what: str) -> None:
        self._what = what
        self._since = time.monotonic()

    def counted(self, rows: Iterator[list[str | None]]) -> Iterator[list[str | None]]:
        """The rows, counted as they come."""
        self.say("fetching")
        for row in rows:
            self._count += 1
            yield row

    def pause(self) -> None:
        """Take the line away where the result itself goes to a terminal; beside a file it goes on counting."""
        if sys.stdout.isatty():
            self._live.stop()

    def note(self, text: str) -> None:
        """A line of its own on standard error."""
        self._console.print(escape(text), soft_wrap=True)
