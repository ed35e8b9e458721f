"""What each statement does on the Impala test server: its kind, its columns, and the function that yields its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import duckdb
from hs2_wire import BIGINT, STRING, Column, Type, from_duck
from impala_dialect import (
    OPTIONS,
    SqlError,
    hive_pattern,
    impala_error,
    quote,
    refine,
    select_items,
    set_option,
    string_value,
    to_duck,
    tokens,
)  # fmt: skip

if TYPE_CHECKING:
    from impala_server import ImpalaServer
    from impala_sessions import Query, Session

DDL_SUMMARY = [  # pattern, what Impala reports in the column "summary"
    (r"create\s+(external\s+)?table\b", "Table has been created."),
    (r"create\s+view\b", "View has been created."),
    (r"create\s+(database|schema)\b", "Database has been created."),
    (r"drop\s+table\b", "Table has been dropped."),
    (r"drop\s+view\b", "View has been dropped."),
    (r"drop\s+(database|schema)\b", "Database has been dropped."),
    (r"truncate\b", "Table has been truncated."),
    (r"alter\s+table\s+\S+\s+add\b", "Column(s) have been added."),
    (r"alter\s+table\s+\S+\s+drop\b", "Column has been dropped."),
    (r"alter\s+\w+\s+\S+\s+rename\b", "Renaming was successful."),
    (r"alter\s+view\b", "View has been altered."),
    (r"alter\b", "Updated table."),
    (r"comment\s+on\b", "Updated table."),
    (r"compute\s+(incremental\s+)?stats\b", "Updated 1 partition(s) and 1 column(s)."),
    (r"drop\s+(incremental\s+)?stats\b", "Stats have been dropped."),
]
SUMMARY: list[Column] = [("summary", STRING)]
Plan = tuple[str, list[Column], Callable[["Query"], Iterable[tuple]]]


class Planner:
    """Turns one Impala statement into (kind, result columns, function that yields the rows).

    Kinds: QUERY, DML, DDL run behind the client's back; CATALOG (SHOW, DESCRIBE, USE ...), SET and EXPLAIN do not.
    """

    def __init__(self, server: ImpalaServer, session: Session) -> None:
        self.server, self.session, self.duck = server, session, session.duck
        self.row_pause_ms = 0

    def plan(self, sql: str) -> Plan:
        text = "".join(t for k, t in tokens(sql) if k != "comment").strip().rstrip(";").strip()
        if not text:
            raise SqlError(
                "ParseException: Syntax error in line 1:\n\n^\nEncountered: EOF\nExpected: ALTER, COMMENT, "
                "SELECT, WITH\n\nCAUSED BY: Exception: Syntax error"
            )
        if self.database_exists(self.session.database):
            self.enter(self.duck)
        self.server.unloaded -= {t for t in self.server.unloaded if t[1] in text.lower()}
        for pattern, method in self.RULES:
            if m := re.match(pattern, text, re.I | re.S):
                return method(self, text, m)
        return self.query(text)

    # -- helpers
    def database_exists(self, name: str) -> bool:
        return bool(self.rows("SELECT 1 FROM duckdb_schemas() WHERE schema_name = ? AND NOT internal", name))

    def enter(self, duck: Any) -> None:
        duck.execute("SET search_path = " + quote(quote(self.session.database, '"') + ",main"))

    def rows(self, sql: str, *args: Any) -> list[tuple]:
        return self.duck.cursor().execute(sql, list(args)).fetchall()

    def name(self, text: str) -> tuple[str, str]:
        db, _, table = text.replace("`", "").lower().rpartition(".")
        return db or self.session.database, table

    def translate(self, text: str) -> str:
        """The statement for DuckDB; sleep(ms), which gives TRUE, becomes a pause before each row."""
        for ms in re.findall(r"\bsleep\(\s*(\d+)\s*\)", text, re.I):
            self.row_pause_ms += int(ms)
        text = re.sub(r"\bsleep\(\s*\d+\s*\)", "true", text, flags=re.I)
        facts = {
            "user": self.session.user,
            "effective_user": self.session.effective_user,
            "logged_in_user": self.session.user,
            "session_user": self.session.user,
            "current_database": self.session.database,
        }
        return to_duck(
            re.sub(r"\b(\w+)\(\s*\)", lambda m: quote(facts[m[1].lower()]) if m[1].lower() in facts else m[0], text)
        )

    def sized(self, columns: list[Column], text: str) -> list[Column]:
        """``columns`` with the CHAR and VARCHAR lengths that DuckDB forgets: those of casts, and of the tables named."""
        words = set(re.findall(r"\w+", text.lower()))
        known = {c: t for (_, table), cols in self.server.sized.items() if table in words for c, t in cols.items()}
        items = select_items(text)
        out = []
        for i, (name, t) in enumerate(columns):
            cast = (
                re.match(r"cast\(.*\bas\s+(char|varchar)\s*\((\d+)\)\s*\)", items[i], re.I | re.S)
                if len(items) == len(columns)
                else None
            )
            if t == STRING:
                t = Type(cast[1].upper(), int(cast[2])) if cast else known.get(name, t)
            out.append((name, t))
        return out

    def static(self, columns: list[Column], rows: list[tuple], kind: str = "CATALOG") -> Plan:
        return kind, columns, lambda q: rows

    def columns_of(self, db: str, table: str) -> list[tuple[str, Type, str]]:
        found = self.rows(
            "SELECT column_name, data_type, coalesce(comment, '') FROM duckdb_columns() WHERE schema_name = ? "
            "AND table_name = ? ORDER BY column_index",
            db,
            table,
        )
        if not found:
            raise SqlError(f"AnalysisException: Could not resolve path: '{db}.{table}'")
        sizes = self.server.sized.get((db, table), {})
        return [(n.lower(), sizes.get(n.lower(), from_duck(t)), c) for n, t, c in found]

    # -- statements
    def query(self, text: str) -> Plan:
        if (m := re.search(r"\boffset\s+(\S+)$", text, re.I)) and not re.search(r"\border\s+by\b", text, re.I):
            raise SqlError(f"AnalysisException: OFFSET requires an ORDER BY clause: OFFSET {m[1]}")
        duck = self.translate(text)
        if not self.database_exists(self.session.database):
            raise SqlError(f"AnalysisException: Database does not exist: {self.session.database}")
        described = self.duck.execute("DESCRIBE " + duck).fetchall()
        columns = self.sized(refine([(r[0], from_duck(r[1])) for r in described], text), text)

        def run(q: Query) -> Iterator[tuple]:
            self.enter(q.duck)
            q.duck.execute(duck)
            while batch := q.duck.fetchmany(1024):
                for row in batch:
                    q.pause(self.row_pause_ms)
                    yield row

        return "QUERY", columns, run

    def dml(self, text: str, m: re.Match) -> Plan:
        text = re.sub(r"\[(no)?shuffle\]|/\*\s*\+.*?\*/|\bpartition\s*\([^)]*\)", "", text, flags=re.I | re.S)
        table = re.search(
            r"^(?:insert\s+(?:into|overwrite)|upsert\s+into|update|delete\s+from|delete)\s+(?:table\s+)?"
            r"([\w.`]+)",
            text,
            re.I,
        )
        truncate = re.match(r"insert\s+overwrite", text, re.I) and table
        text = re.sub(r"^insert\s+(into|overwrite)\s+(table\s+)?", "INSERT INTO ", text, flags=re.I)
        text = re.sub(r"^upsert\s+into\s+(table\s+)?", "INSERT OR REPLACE INTO ", text, flags=re.I)
        text = re.sub(r"^delete\s+(?!from)", "DELETE FROM ", text, flags=re.I)
        duck = self.translate(text)
        self.duck.execute("EXPLAIN " + duck)

        def run(q: Query) -> list[tuple]:
            self.enter(q.duck)
            if truncate:
                q.duck.execute("DELETE FROM " + self.translate(truncate[1]))
            q.pause(self.row_pause_ms)
            q.dml_rows = int(q.duck.execute(duck).fetchall()[0][0])
            return []

        return "DML", [], run

    def ddl(self, text: str, m: re.Match) -> Plan:
        summary = next(s for p, s in DDL_SUMMARY if re.match(p, text, re.I))
        if re.match(r"compute|drop\s+(incremental\s+)?stats|comment", text, re.I):
            return self.static(SUMMARY, [(summary,)])
        text = re.sub(r"\bexternal\s+table\b", "TABLE", text, flags=re.I)
        comment = re.search(
            r"\)\s*comment\s+('(?:\\.|[^'])*')|^create\s+view\s+\S+\s+comment\s+('(?:\\.|[^'])*')", text, re.I
        )
        text = re.sub(
            r"^(create\s+view\s+(?:if\s+not\s+exists\s+)?\S+)\s+comment\s+'(?:\\.|[^'])*'", r"\1", text, flags=re.I
        )
        head, ctas, body = re.match(r"(.*?)(?:\b(as)\s+((?:select|with|values)\b.*))?$", text, re.I | re.S).groups()
        column_comments = re.findall(
            r"[(,]\s*`?(\w+)`?\s+\w+(?:\([\d,\s]+\))?\s+comment\s+('(?:\\.|[^'])*')", head, re.I
        )
        part_names: list[str] = []
        if re.match(r"create\s+table", head, re.I):
            tail = r"\b(stored\s+(as|by)|row\s+format|location|tblproperties|sort\s+by|cached\s+in|partition\s+by)\b.*"
            head = re.sub(tail, "", head, flags=re.I | re.S)
            if parts := re.search(r"\bpartitioned\s+by\s*\((.*?)\)\s*$", head.strip(), re.I | re.S):
                cut = head[: parts.start()].rstrip()
                part_names = re.findall(r"(?:^|,)\s*`?(\w+)", parts[1].lower())
                typed = " " in parts[1].strip() and not ctas
                head = cut[:-1] + ", " + parts[1] + ")" if typed and cut.endswith(")") else cut
            head = re.sub(r"\)\s*comment\s+'(?:\\.|[^'])*'\s*$", ")", head.strip(), flags=re.I)
        head = re.sub(
            r"\s+comment\s+'(?:\\.|[^'])*'|\b(enable|disable)\b|\b(no)?validate\b|\b(no)?rely\b", "", head, flags=re.I
        )
        head = (
            re.sub(r"\b(database|schema)\b", "SCHEMA", head, count=1, flags=re.I)
            if re.match(r"(create|drop)\s+(database|schema)", head, re.I)
            else head
        )
        duck = self.translate(f"{head} as {body}" if ctas else head)
        if m := re.match(r"(alter\s+table\s+\S+\s+)add\s+columns\s*\((.*)\)\s*$", head, re.I | re.S):
            duck = "; ".join(self.translate(f"{m[1]} add column {c}") for c in re.split(r",(?![^(]*\))", m[2]))
        ctas_columns = self.query(body)[1] if body else []
        what, optional, target, known = "", "", "", False
        if m := re.match(r"(?:create|drop)\s+(table|view|schema)\s+(if\s+(?:not\s+)?exists\s+)?([\w.`]+)", head, re.I):
            what, optional, target = m[1].lower().replace("schema", "database"), m[2], m[3]
            known = (
                self.database_exists(target.replace("`", "").lower())
                if what == "database"
                else bool(
                    self.rows(
                        "SELECT 1 FROM duckdb_columns() WHERE (schema_name, table_name) = (?, ?)", *self.name(target)
                    )
                )
            )
        dropping = head[:4].lower() == "drop"
        if what and not optional and known != dropping:
            full = target if what == "database" else ".".join(self.name(target))
            raise SqlError(
                f"AnalysisException: {what.title()} {'does not exist' if dropping else 'already exists'}: {full}"
            )

        def run(q: Query) -> list[tuple]:
            self.enter(q.duck)
            if known and optional and not dropping:
                return [("Inserted 0 row(s)" if ctas and what == "table" else f"{what.title()} already exists.",)]
            if not known and optional and dropping:
                return [(f"{what.title()} does not exist.",)]
            try:
                result = q.duck.execute(duck).fetchall()
            except duckdb.Error as e:
                raise SqlError(impala_error(e, text)) from e
            if what in ("table", "view") and not dropping:
                sizes = (
                    {n: t for n, t in ctas_columns if t.name in ("CHAR", "VARCHAR")}
                    if ctas
                    else {
                        n.lower(): Type(t.upper(), int(a))
                        for n, t, a in re.findall(r"[(,]\s*`?(\w+)`?\s+(char|varchar)\s*\((\d+)\)", head, re.I)
                    }
                )
                self.server.sized[self.name(target)] = sizes
                self.server.partitions[self.name(target)] = part_names
                name = self.translate(target)
                for column, note in column_comments:
                    q.duck.execute(f'COMMENT ON COLUMN {name}."{column.lower()}" IS {quote(string_value(note))}')
                if comment:
                    q.duck.execute(f"COMMENT ON {what} {name} IS {quote(string_value(comment[1] or comment[2]))}")
            if ctas and re.match(r"create\s+table", text, re.I):
                return [(f"Inserted {int(result[0][0])} row(s)",)]
            return [(summary,)]

        return "DDL", SUMMARY, run

    def use(self, text: str, m: re.Match) -> Plan:
        db = m[1].replace("`", "").lower()
        if not self.database_exists(db):
            raise SqlError(f"AnalysisException: Database does not exist: {db}")

        def run(q: Query) -> list[tuple]:
            self.session.database = db
            return []

        return "CATALOG", [], run

    def set(self, text: str, m: re.Match) -> Plan:
        columns: list[Column] = [("option", STRING), ("value", STRING), ("level", STRING)]
        rest = (m[2] or "").strip()
        if m[1].lower() == "unset":
            if rest.lower() == "all":
                self.session.options.clear()
            else:
                set_option(self.session.options, rest, "")
            return self.static(columns, [], "SET")
        if rest.lower() in ("", "all"):
            hidden = () if rest else ("DEVELOPMENT", "REMOVED")
            return self.static(
                columns,
                [
                    (n, v, OPTIONS[n][1])
                    for n, v in sorted(self.session.all_options().items())
                    if OPTIONS[n][1] not in hidden
                ],
                "SET",
            )
        key, eq, value = rest.partition("=")
        if not eq:
            raise SqlError(
                f"ParseException: Syntax error in line 1:\n{text}\n{' ' * len(text)}^\nEncountered: EOF\n"
                "Expected: =\n\nCAUSED BY: Exception: Syntax error"
            )
        value = value.strip()
        set_option(self.session.options, key.strip(), string_value(value) if value[:1] in "'\"" and value else value)
        return self.static(columns, [], "SET")

    def show_databases(self, text: str, m: re.Match) -> Plan:
        match = hive_pattern(m[1] and string_value(m[1]))
        notes = {"default": "Default Hive database", "_impala_builtins": "System database for Impala builtin functions"}
        rows = [(d, notes.get(d, "")) for d in self.server.databases() if match(d)]
        return self.static([("name", STRING), ("comment", STRING)], rows)

    def show_tables(self, text: str, m: re.Match) -> Plan:
        db = (m[2] or self.session.database).replace("`", "").lower()
        if not self.database_exists(db):
            raise SqlError(f"AnalysisException: Database does not exist: {db}")
        match = hive_pattern(m[3] and string_value(m[3]))
        views = m[1].lower() == "views"
        return self.static(
            [("name", STRING)],
            [(t,) for d, t, kind, _ in self.server.tables() if d == db and match(t) and (kind == "VIEW" or not views)],
        )

    def describe(self, text: str, m: re.Match) -> Plan:
        db, table = self.name(m[2])
        columns = self.columns_of(db, table)
        out: list[Column] = [("name", STRING), ("type", STRING), ("comment", STRING)]
        if m[1]:
            rows = (
                [("# col_name", "data_type", "comment")]
                + [(n, t.sql(), c) for n, t, c in columns]
                + [
                    ("# Detailed Table Information", None, None),
                    ("Database:", db, None),
                    ("Table Type:", "MANAGED_TABLE", None),
                ]
            )
            return self.static(out, rows)
        return self.static(out, [(n, t.sql(), c) for n, t, c in columns])

    def show_create(self, text: str, m: re.Match) -> Plan:
        db, table = self.name(m[1])
        body = ",\n".join(f"  {n} {t.sql().upper()}" for n, t, _ in self.columns_of(db, table))
        return self.static([("result", STRING)], [(f"CREATE TABLE {db}.{table} (\n{body}\n)\nSTORED AS TEXTFILE",)])

    def show_stats(self, text: str, m: re.Match) -> Plan:
        db, table = self.name(m[2])
        columns = self.columns_of(db, table)
        if m[1].lower() == "column":
            out: list[Column] = [
                ("Column", STRING),
                ("Type", STRING),
                ("#Distinct Values", BIGINT),
                ("#Nulls", BIGINT),
                ("Max Size", BIGINT),
                ("Avg Size", Type("DOUBLE")),
                ("#Trues", BIGINT),
                ("#Falses", BIGINT),
            ]
            return self.static(out, [(n, t.sql().upper(), -1, -1, 4, 4.0, -1, -1) for n, t, _ in columns])
        tail = ("1.00KB", "NOT CACHED", "NOT CACHED", "TEXT", "false", f"hdfs://localhost/{table}", "NONE")
        kinds = {n: t for n, t, _ in columns}
        parts = self.server.partitions.get((db, table), [])
        out = (
            [(p, kinds[p]) for p in parts]
            + [("#Rows", BIGINT), ("#Files", BIGINT)]
            + [
                (n, STRING)
                for n in (
                    "Size",
                    "Bytes Cached",
                    "Cache Replication",
                    "Format",
                    "Incremental stats",
                    "Location",
                    "EC Policy",
                )
            ]
        )
        keys = ", ".join(quote(p, '"') for p in parts)
        found = self.rows(f'SELECT {keys} FROM "{db}"."{table}" GROUP BY ALL ORDER BY ALL') if parts else []
        rows = [(*r, -1, 1, *tail) for r in found] + (
            [("Total", *[None] * (len(parts) - 1), -1, len(found), "1.00KB", "0B", *[""] * 5)]
            if parts
            else [(-1, 1, *tail)]
        )
        if parts:
            out[0] = (parts[0], STRING)
        return self.static(out, rows)

    def show_functions(self, text: str, m: re.Match) -> Plan:
        return self.static(
            [("return type", STRING), ("signature", STRING), ("binary type", STRING), ("is persistent", STRING)], []
        )

    def no_result(self, text: str, m: re.Match) -> Plan:
        if m[2]:
            self.server.unloaded.add(self.name(m[2]))
        return self.static([], [], "DDL")

    def explain(self, text: str, m: re.Match) -> Plan:
        lines = self.duck.execute("EXPLAIN " + self.translate(m[1])).fetchall()[0][1].splitlines()
        return self.static(
            [("Explain String", STRING)], [(line,) for line in ["PLAN-ROOT SINK", "|", *lines]], "EXPLAIN"
        )

    RULES = [
        (r"use\s+([\w`]+)$", use),
        (r"(set|unset)\b(.*)$", set),
        (r"explain\s+(.*)$", explain),
        (r"show\s+(?:databases|schemas)(?:\s+(?:like\s+)?(\S+))?$", show_databases),
        (r"show\s+(tables|views)(?:\s+in\s+([\w`]+))?(?:\s+(?:like\s+)?('[^']*'|\"[^\"]*\"))?$", show_tables),
        (r"show\s+create\s+(?:table|view)\s+([\w.`]+)$", show_create),
        (r"show\s+(table|column)\s+stats\s+([\w.`]+)$", show_stats),
        (r"show\s+(partition)s\s+([\w.`]+)$", show_stats),
        (r"show\s+.*functions\b", show_functions),
        (r"(?:describe|desc)\s+(formatted\s+|extended\s+)?([\w.`]+)$", describe),
        (r"(invalidate\s+metadata|refresh)\b\s*([\w.`]*)", no_result),
        (r"(insert|upsert|update|delete)\b", dml),
        (r"(create|drop|alter|truncate|compute|comment)\b", ddl),
    ]
