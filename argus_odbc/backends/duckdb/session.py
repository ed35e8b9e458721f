"""A connection to DuckDB.

Every statement of an ODBC connection runs on one DuckDB connection, because temporary tables, settings and the
transaction belong to it: `cursor()` would open a second one that sees none of them. DuckDB can run nothing else on a
connection while a result streams out of it, so whoever needs the connection first reads the open result's rest into
memory. An application with one open result at a time never pays for that.
"""

from __future__ import annotations

import functools
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from argus_odbc.backends.base import (
    Backend,
    Capabilities,
    CatalogColumn,
    Dialect,
    ExecuteOptions,
    Operation,
    Parameter,
    Prepared,
    ProcedureColumn,
)
from argus_odbc.backends.duckdb import catalog, types
from argus_odbc.backends.duckdb.dialect import DIALECT
from argus_odbc.backends.duckdb.errors import driver_error
from argus_odbc.backends.duckdb.parameters import parameter_value
from argus_odbc.backends.duckdb.result import Result
from argus_odbc.errors import DriverError
from argus_odbc.types import Column, TypeRow

OLDEST = (1, 5)
"""Earlier versions compute a whole result before the first row of its Arrow stream."""

_CANCEL_STEP, _CANCEL_STEPS = 0.02, 100
"""Seconds between two interrupts of a statement that has not ended, and how many: an interrupt that comes just before
the engine starts the statement is lost."""


_CLOSE_GRACE, _CLOSE_STEP = 0.5, 0.002
"""Seconds that closing a result waits for a fetch in a transaction that has only read, and between two looks."""

_FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w+)", re.DOTALL)
"""The first word of a statement, after comments."""


class DuckDB(Backend):
    """One connection."""

    name: ClassVar[str] = "duckdb"
    capabilities: ClassVar[Capabilities] = Capabilities(
        dbms_name="DuckDB",
        transactions=True,
        # Snapshots: no dirty, no other and no phantom row is seen, but two that write what the other read both commit.
        isolation_levels=4,
        default_isolation=4,
        ddl_in_transaction=True,
        error_ends_transaction=True,
        prepare_describes=True,
        server_parameters=True,
        inserts_streams=True,
        read_only=True,
        multiple_results=True,
        identifier_case=4,
        quoted_identifier_case=4,
        max_identifier_length=128,
        null_collation=4,
        primary_keys=True,
        foreign_keys=True,
        procedures=True,
        # Whoever has the file may do everything: SQL_ACCESSIBLE_TABLES and _PROCEDURES. One statement of a connection
        # runs at a time: SQL_MAX_ASYNC_CONCURRENT_STATEMENTS.
        extra_info={19: "Y", 20: "Y", 10022: 1},
    )
    dialect: ClassVar[Dialect] = DIALECT
    packages: ClassVar[Mapping[str, str]] = {"duckdb": "'argus-odbc[duckdb]'"}

    def __init__(self, connection: Any, module: Any, string_length: int) -> None:
        self._connection = connection
        self._module = module
        self._table = types.TypeTable(string_length)
        self._lock = threading.RLock()
        self._state = threading.Lock()
        self._running: Result | None = None
        self._open: Result | None = None
        self._closed = False
        self._transaction = False
        self._failed = ""
        """What went wrong first in the open transaction."""
        self._written = False

    # ---- connect ----
    @classmethod
    def connect(cls, settings: Any) -> Backend:
        module = _import_duckdb()
        path = settings.database or ":memory:"
        # DuckDB refuses this for a database in memory, which begins empty: there is nothing to keep from changing.
        read_only = bool(settings.read_only) and not path.startswith(":memory:")
        try:
            connection = module.connect(path, read_only=read_only)
        except Exception as e:
            raise DriverError("08001", 0, f'DuckDB cannot open the database "{path}": {e}') from e
        session = cls(connection, module, settings.string_length)
        session.is_read_only = read_only
        try:
            session._set_up(settings)
        except DriverError:
            session.disconnect()
            raise
        return session

    def _set_up(self, settings: Any) -> None:
        # Where Python is embedded, DuckDB takes the program for an interactive one and draws its progress on the
        # program's standard output.
        self._query("SET enable_progress_bar_print = false")
        # Makes DuckDB's table of words now: exit handlers run backwards, and one made by a first statement would be gone
        # before the driver's own handler has stopped the threads that read it.
        self._module.tokenize("SELECT 1")
        if settings.time_zone:
            self._query(f"SET TimeZone = {_literal(settings.time_zone)}")
        for key, value in settings.session_properties.items():
            self._query(f"SET {DIALECT.quote(key)} = {_literal(value)}")
        if settings.schema:
            self._query(f"USE {DIALECT.quote(settings.schema)}")

    def disconnect(self) -> None:
        self._interrupt(self._running)
        with self._lock:
            self._closed = True
            if self._open is not None:
                self._open.close()
            self._connection.close()

    def is_alive(self) -> bool:
        return not self._closed

    def server_version(self) -> str:
        text = str(self._module.__version__)
        parts = [int(p) if p.isdigit() else 0 for p in text.split(".")[:3]] + [0, 0]
        return f"{parts[0]:02d}.{parts[1]:02d}.{parts[2]:04d} DuckDB {text}"

    # ---- running ----
    @contextmanager
    def _on_connection(self, result: Result | None = None) -> Iterator[Any]:
        """The DuckDB connection, free for a new statement; errors become DriverErrors."""
        with self._lock:
            if self._closed:
                raise DriverError("08003", 0, "The connection to DuckDB is closed")
            if self._open is not None and self._open is not result:
                self._open.keep_rest(result)
            with self._state:
                self._running = result
            try:
                yield self._connection
            except Exception as e:
                error = result.failure(e) if result is not None else driver_error(e)
                self._failed = self._failed or error.message
                raise error from e
            finally:
                with self._state:
                    self._running = None

    def _query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement of the driver's own."""
        with self._on_connection() as connection:
            return connection.execute(sql, list(values)).fetchall()

    def _interrupt(self, result: Result | None) -> None:
        """End `result` if it is what runs now, and nothing else."""
        for _ in range(_CANCEL_STEPS):
            with self._state:
                if result is None:
                    return
                if self._running is result:
                    self._connection.interrupt()
                elif not result.while_reading(self._connection.interrupt):
                    return
            time.sleep(_CANCEL_STEP)

    def _stop_reading(self, result: Result) -> bool:
        """Let the fetch that a reader may be in come to its end, by an interrupt if need be; tells whether by one.

        An interrupt aborts the transaction: where something was written, the fetch is waited for instead, and
        elsewhere for a moment.
        """
        if self._transaction:
            until = time.monotonic() + _CLOSE_GRACE
            while result.is_reading and (self._written or time.monotonic() < until):
                time.sleep(_CLOSE_STEP)
        if not result.is_reading:
            return False
        self._interrupt(result)
        return self._transaction

    def _begin_anew(self) -> None:
        """A new transaction for one that was aborted by an interrupt and had written nothing."""
        with self._on_connection() as connection:
            try:
                connection.execute("SELECT 1").fetchall()
            except self._module.Error:
                connection.execute("ROLLBACK")
                connection.execute("BEGIN TRANSACTION")
                self._failed = ""

    def execute(
        self, sql: str, parameters: Sequence[Parameter], options: ExecuteOptions, started: Callable[[Any], None]
    ) -> Operation:
        values = deque(parameter_value(self._module, p) for p in parameters)
        statements = self._statements(sql)
        if not statements:
            raise DriverError("42000", 0, "There is no statement in the text")
        first = previous = None
        deadline = _deadline(options)
        for statement in statements:
            result = Result(self, deadline)
            started(result.cancel)
            own = [values.popleft() for _ in range(min(_parameter_count(statement), len(values)))]
            try:
                result.run(statement, own)
            except DriverError:
                if first is not None:
                    first.close()
                raise
            if previous is None:
                first = result
            else:
                previous.following = result
            previous = result
        assert first is not None
        return first

    def _statements(self, sql: str) -> list[Any]:
        """The statements of a text. Only parses, so that an open result can stay open."""
        with self._lock:
            if self._closed:
                raise DriverError("08003", 0, "The connection to DuckDB is closed")
            extract = functools.partial(self._connection.extract_statements, sql)
            try:
                return list(extract() if self._open is None else self._open.while_idle(extract))
            except Exception as e:
                raise driver_error(e) from e

    def insert_stream(
        self, table: str, columns: str, rows: Any, sql_types: Sequence[int], options: ExecuteOptions, started: Any
    ) -> Operation | None:
        # A view that is registered would do, but in a transaction it holds a Python object until the engine's own threads
        # drop it in a rollback, which may come when Python has ended.
        with self._on_connection() as connection:
            if not connection.execute("SELECT current_setting('python_enable_replacements')").fetchall()[0][0]:
                return None
            kinds = connection.sql(f"SELECT {columns or '*'} FROM {table} LIMIT 0").types
        if len(kinds) != len(sql_types) or not all(map(types.same_by_stream, sql_types, kinds)):
            return None
        result = Result(self, _deadline(options))
        started(result.cancel)
        into = f"{table} ({columns})" if columns else table
        result.run(self._statements(f"INSERT INTO {into} SELECT * FROM argus_parameter_rows")[0], [], rows)
        return result

    def prepare(self, sql: str) -> Prepared:
        statements = self._statements(sql)
        if not statements:
            return Prepared()
        # Of several statements the first gives the first result.
        with self._on_connection() as connection:
            kind, query = statements[0].type.name, statements[0].query
            if kind in ("INSERT", "UPDATE", "DELETE", "MERGE_INTO") and "returning" not in sql.lower():
                return Prepared(columns=())
            if kind == "EXPLAIN":
                return Prepared(columns=self._columns(("explain_key", "explain_value"), ("VARCHAR", "VARCHAR"), ""))
            if kind == "CALL" and (call := _FIRST_WORD.match(query)) is not None:
                query = "SELECT * FROM" + query[call.end() :]
            elif kind != "SELECT":
                return Prepared()
            # Not by a relation: that runs as far as its first rows when it is made, and draws from sequences.
            values = [None] * _parameter_count(statements[0])
            rows = connection.execute(f"DESCRIBE {query}", values).fetchall()
            return Prepared(columns=self._columns([row[0] for row in rows], [row[1] for row in rows], self.time_zone()))

    def _columns(self, names: Sequence[str], kinds: Sequence[Any], zone: str) -> list[Any]:
        return [self._table.column(name, str(kind), zone=zone) for name, kind in zip(names, kinds, strict=True)]

    def time_zone(self) -> str:
        """The session's time zone, in which TIMESTAMP WITH TIME ZONE is shown."""
        return str(self._connection.execute("SELECT current_setting('TimeZone')").fetchall()[0][0])

    # ---- transactions ----
    def in_transaction(self) -> bool:
        return self._transaction

    def begin(self) -> None:
        self._query("BEGIN TRANSACTION")
        self._transaction, self._failed, self._written = True, "", False

    def commit(self) -> None:
        with self._on_connection() as connection:
            self._before_commit(connection)
            if self._transaction:
                self._transaction = False
                connection.execute("COMMIT")

    def rollback(self) -> None:
        if self._transaction:
            self._transaction = False
            self._query("ROLLBACK")

    def _before_commit(self, connection: Any) -> None:
        """Most errors abort a transaction, and DuckDB's COMMIT of an aborted one rolls back without a word."""
        if not (self._transaction and self._failed):
            return
        try:
            connection.execute("SELECT 1").fetchall()
        except self._module.Error as e:
            self._transaction = False
            connection.execute("ROLLBACK")
            text = f"The transaction was rolled back, not committed, because of an error in it: {self._failed}"
            raise DriverError("25S03", 0, text) from e

    def _transaction_statement(self, connection: Any, sql: str) -> None:
        """BEGIN, COMMIT or ROLLBACK of the application's own."""
        word = _FIRST_WORD.match(sql)
        begins = word is not None and word.group(1).upper() in ("BEGIN", "START")
        if word is not None and word.group(1).upper() in ("COMMIT", "END"):
            self._before_commit(connection)
        try:
            connection.execute(sql)
        finally:
            # Also a COMMIT that fails ends it; a BEGIN that fails leaves things as they were.
            self._transaction = self._transaction and begins
        if begins:
            self._transaction, self._failed, self._written = True, "", False

    def set_isolation(self, level: int) -> None:
        if level != self.capabilities.default_isolation:
            raise DriverError("HYC00", 0, "DuckDB's transactions see a snapshot; there is no other isolation level")

    # ---- session ----
    def current_catalog(self) -> str:
        return str(self._query("SELECT current_database()")[0][0])

    def set_current_catalog(self, name: str) -> None:
        self._query(f"USE {DIALECT.quote(name)}")

    def current_user(self) -> str:
        return str(self._query("SELECT current_user")[0][0])

    # ---- catalog ----
    def get_type_info(self) -> Sequence[TypeRow]:
        return types.type_rows(self._table.string_length)

    def get_catalogs(self) -> list[str]:
        return catalog.catalogs(self._query)

    def get_schemas(self, catalog_name: str | None) -> list[tuple[str | None, str]]:
        return catalog.schemas(self._query, catalog_name)

    def get_table_types(self) -> list[str]:
        return list(catalog.TABLE_TYPES)

    def get_tables(
        self, catalog_name: str | None, schema: str | None, table: str | None, kinds: Sequence[str] | None
    ) -> list[tuple[str | None, str | None, str, str, str | None]]:
        return catalog.tables(self._query, catalog_name, schema, table, kinds)

    def get_columns(
        self, catalog_name: str | None, schema: str | None, table: str | None, column: str | None
    ) -> list[CatalogColumn]:
        return catalog.columns(self._query, self._table, catalog_name, schema, table, column)

    def get_primary_keys(self, catalog_name: str | None, schema: str | None, table: str) -> list[tuple]:
        return catalog.primary_keys(self._query, catalog_name, schema, table)

    def get_foreign_keys(self, **names: str | None) -> list[tuple]:
        return catalog.foreign_keys(self._query, **names)

    def get_statistics(self, catalog_name: str | None, schema: str | None, table: str, unique: bool) -> list[tuple]:
        return catalog.statistics(self._query, catalog_name, schema, table, unique)

    def get_procedures(
        self, catalog_name: str | None, schema: str | None, name: str | None
    ) -> list[tuple[str | None, str | None, str, str | None, int]]:
        return catalog.procedures(self._query, catalog_name, schema, name)

    def get_procedure_columns(
        self, catalog_name: str | None, schema: str | None, name: str | None, column: str | None
    ) -> list[ProcedureColumn]:
        return catalog.procedure_columns(self._query, self._described, self._table, (catalog_name, schema, name))

    def _described(self, sql: str) -> Sequence[Column]:
        """The columns of a query of the driver's own; none where the engine cannot tell."""
        try:
            return self.prepare(sql).columns or ()
        except DriverError:
            return ()


def _import_duckdb() -> Any:
    """The duckdb package of the Python that runs here."""
    try:
        import duckdb
    except ImportError as e:
        raise DriverError(
            "08001",
            0,
            f"The Python package duckdb cannot be imported: {e}. Install it for the Python in {sys.prefix}: "
            "pip install duckdb",
        ) from e
    version = tuple(int(p) for p in duckdb.__version__.split(".")[:2] if p.isdigit())
    if version < OLDEST:
        raise DriverError(
            "08001", 0, f"DuckDB {duckdb.__version__} is too old: install 1.5 or later with pip install -U duckdb"
        )
    return duckdb


def _deadline(options: ExecuteOptions) -> float | None:
    return time.monotonic() + options.query_timeout if options.query_timeout > 0 else None


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parameter_count(statement: Any) -> int:
    """How many values a statement takes; `?` and `$1` are both counted by their numbers."""
    names = statement.named_parameters
    numbers = [int(name) for name in names if name.isdigit()]
    return max([len(names), *numbers])
