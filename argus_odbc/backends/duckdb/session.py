"""A connection to DuckDB.

Every statement of an ODBC connection runs on one DuckDB connection, because temporary tables, settings and the
transaction belong to it: `cursor()` would open a second one that sees none of them. DuckDB can run nothing else on a
connection while a result streams out of it, so whoever needs the connection first reads the open result's rest into
memory. An application with one open result at a time never pays for that.
"""

from __future__ import annotations

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
from argus_odbc.backends.duckdb.stream import ArrowPart, ArrowStream, StreamError
from argus_odbc.errors import DriverError
from argus_odbc.types import Column, TypeRow

OLDEST = (1, 5)
"""Earlier versions compute a whole result before the first row of its Arrow stream."""

_CANCEL_STEP, _CANCEL_STEPS = 0.02, 100
"""Seconds between two interrupts of a statement that has not ended, and how many: an interrupt that comes just before
the engine starts the statement is lost."""


_CLOSE_GRACE, _CLOSE_STEP = 0.5, 0.002
"""Seconds that closing a result waits for a fetch in a transaction that has only read, and between two looks."""

_READS = ("SELECT", "EXPLAIN", "PREPARE", "VARIABLE_SET", "SET", "PRAGMA")
"""Kinds of statements that leave nothing to commit."""

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
                if result is None or self._running is not result:
                    return
                self._connection.interrupt()
            time.sleep(_CANCEL_STEP)

    def _stop_reading(self, result: Result) -> bool:
        """Let the fetch that a reader may be in come to its end, by an interrupt if need be; tells whether by one.

        An interrupt aborts the transaction: where something was written, the fetch is waited for instead, and
        elsewhere for a moment.
        """
        if self._transaction:
            until = time.monotonic() + _CLOSE_GRACE
            while self._running is result and (self._written or time.monotonic() < until):
                time.sleep(_CLOSE_STEP)
        if self._running is not result:
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
            try:
                return list(self._connection.extract_statements(sql))
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


class Result(Operation):
    """One statement of a text, and its rows."""

    def __init__(self, session: DuckDB, deadline: float | None) -> None:
        self._session = session
        self._deadline = deadline
        self._parts: deque[ArrowPart] = deque()
        self._stream: ArrowStream | None = None
        self._error: DriverError | None = None
        self._cancelled = self._timed_out = self._closed = False
        self._broke_off = False
        """An interrupt ended the reading in a transaction that had written nothing."""
        self.following: Result | None = None

    def run(self, statement: Any, values: list[Any], argus_parameter_rows: Any = None) -> None:
        """Run it. Rows are described and the first are read, so that most errors come now.

        `argus_parameter_rows` is a table of the statement: DuckDB finds it among the variables of its caller.
        """
        with self._limit(), self._session._on_connection(self) as connection:
            self._check()
            if statement.type.name == "TRANSACTION":
                self._session._transaction_statement(connection, statement.query)
                return
            self._session._written |= statement.type.name not in _READS
            expected = {e.name for e in statement.expected_result_type}
            returning = "QUERY_RESULT" in expected and "returning" in statement.query.lower()
            if "QUERY_RESULT" not in expected or ("CHANGED_ROWS" in expected and not returning):
                rows = connection.execute(statement, values).fetchall()
                self.row_count = _count(rows) if "CHANGED_ROWS" in expected else -1
                return
            relation = connection.sql(statement, params=values) if values else connection.sql(statement)
            if relation is None:
                return
            self._describe(relation)

    def _describe(self, relation: Any) -> None:
        names, kinds = relation.columns, relation.types
        select_list = types.projection(kinds)
        if names == ["Success"] and [k.id for k in kinds] == ["boolean"] and not relation.fetchall():
            return
        zone = self._session.time_zone() if any("TIME ZONE" in str(k) or "TZ" in str(k) for k in kinds) else ""
        self.columns = self._session._columns(names, kinds, zone)
        uuids = frozenset(i for i, k in enumerate(kinds) if k.id == "uuid")
        self._stream = ArrowStream(relation if select_list is None else relation.project(select_list), uuids)
        self._session._open = self
        self._read_part()

    def _read_part(self) -> None:
        """One more part of the stream into the queue; called with the connection in hand."""
        if self._stream is None:
            return
        try:
            part = self._stream.next()
        except Exception:
            self._let_go()
            raise
        if part is None:
            self._let_go()
        else:
            self._parts.append(part)

    def _let_go(self) -> None:
        """The stream has ended: the connection is free."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._session._open is self:
            self._session._open = None

    def keep_rest(self, asker: Result | None) -> None:
        """Read all that is left into memory; an error is kept for the fetch that comes to it.

        `asker` is the statement that waits for the connection: a cancel or timeout of it ends the reading too.
        """
        if self._cancelled or self._timed_out:
            self._let_go()  # nobody will ever get these rows
        with self._session._state:
            self._session._running = asker or self
        try:
            while self._stream is not None:
                self._read_part()
        except Exception as e:
            self._error = self.failure(e)
            self._session._failed = self._session._failed or self._error.message
        finally:
            with self._session._state:
                self._session._running = None

    def fetch_results(self) -> Any | None:
        with self._session._lock:
            if not self._parts and self._stream is not None and not self._closed:
                with self._limit(), self._session._on_connection(self):
                    self._check()
                    self._read_part()
            if self._parts:
                return self._parts.popleft()
            if self._error is not None:
                raise self._error
            return None

    def _check(self) -> None:
        if self._cancelled:
            raise DriverError("HY008", 0, "The statement was cancelled")
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._timed_out = True
            raise self.failure(StreamError("INTERRUPT Error: Interrupted!"))

    @contextmanager
    def _limit(self) -> Iterator[None]:
        """Interrupt what runs when the query timeout has passed."""
        if self._deadline is None:
            yield
            return
        timer = threading.Timer(max(self._deadline - time.monotonic(), 0), self._time_out)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _time_out(self) -> None:
        self._timed_out = True
        self._session._interrupt(self)

    def failure(self, error: Exception) -> DriverError:
        """The DriverError of an exception: an interrupt has a reason."""
        found = driver_error(error)
        if found.sqlstate == "HY008" and self._timed_out:
            return DriverError("HYT00", 0, "The query timeout has passed; DuckDB has ended the statement")
        if found.sqlstate == "HY008":
            return DriverError("HY008", 0, "The statement was cancelled")
        return found

    def cancel(self) -> None:
        self._cancelled = True
        self._session._interrupt(self)

    def stop_fetch(self) -> None:
        self._closed = True
        self._broke_off = self._session._stop_reading(self) or self._broke_off

    def close(self) -> None:
        self.stop_fetch()
        with self._session._lock:
            self._let_go()
            self._parts.clear()
            if self._broke_off:
                self._broke_off = False
                self._session._begin_anew()

    def next_result(self) -> Operation | None:
        return self.following


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


def _count(rows: Sequence[tuple[Any, ...]]) -> int:
    """Rows changed; a statement that changes none, such as CREATE TABLE, answers no row."""
    return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else -1
