"""The face that the native core calls: connections and statements over any backend.

Nothing here knows a backend by name; what differs comes from its `Capabilities` and `Dialect`.
"""

from __future__ import annotations

import dataclasses
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from argus_odbc import browse, catalog, connstr, escape, info, literals, log, markers, parameters
from argus_odbc.backends import load_backend
from argus_odbc.backends.base import Backend, Dialect, ExecuteOptions, Operation, Parameter, Prepared
from argus_odbc.batches import Rows
from argus_odbc.errors import DriverError
from argus_odbc.sets import ParameterSets
from argus_odbc.types import Column

ISOLATION_LEVELS = {1: "READ UNCOMMITTED", 2: "READ COMMITTED", 4: "REPEATABLE READ", 8: "SERIALIZABLE"}
"""SQL_TXN_* from the weakest on."""

BEGINS = ("BEGIN", "START")
"""How a statement starts that opens a transaction by itself."""

NO_PREDICATE_VERBS = ("UPDATE", "DELETE", "MERGE")


def connect(
    text: str | None,
    dsn: str | None,
    uid: str | None,
    pwd: str | None,
    login_timeout: int,
    connection_timeout: int,
    catalog: str | None,
    autocommit: bool,
    isolation: int,
    read_only: bool,
    complete: bool = False,
) -> Connection:
    """Open a connection from a connection string (`text`) or a DSN with user and password.

    complete: what the string lacks is an error that names it (IM008).
    login_timeout, connection_timeout: seconds, 0 = the setting's. Raises DriverError 08001, 28000, HYT00, HY000.
    """
    if complete:
        browse.require(text or "")
    settings, completed, warnings = connstr.resolve(
        text or "", dsn=dsn, uid=uid, pwd=pwd, own_keywords=lambda name: load_backend(name).keywords
    )
    if login_timeout:
        settings = dataclasses.replace(settings, login_timeout=login_timeout)
    if connection_timeout:
        settings = dataclasses.replace(settings, socket_timeout=connection_timeout)
    if read_only:
        settings = dataclasses.replace(settings, read_only=True)
    chosen = load_backend(settings.backend)
    log.configure(settings, chosen.keywords)
    log.logger.info("connect backend=%s host=%s", settings.backend, settings.host)
    log.logger.debug("connection string: %s", text or f"DSN={dsn}")
    try:
        backend = chosen.connect(settings)
    except Exception as error:
        log.logger.error("connect failed: %s", error, exc_info=log.logger.isEnabledFor(log.LEVELS["DEBUG"]))
        if isinstance(error, DriverError):
            error.engine = chosen.capabilities.dbms_name
        raise
    connection = Connection(backend, settings, completed, warnings)
    try:
        connection.begin(catalog or "", isolation, autocommit)
    except DriverError:
        backend.disconnect()
        raise
    return connection


def begin_browsing() -> browse.Browse:
    """The dialogue of SQLBrowseConnect for one connection handle."""
    return browse.Browse()


Result = TypeVar("Result", bound=Operation | None)


def substituted(level: int, given: int) -> tuple[str, int, str]:
    """The warning that a stronger isolation level was set than the one asked for."""
    return "01S02", 0, f"Isolation level {ISOLATION_LEVELS[given]} was set for {ISOLATION_LEVELS[level]}"


class Connection:
    """One session: a backend, its transaction state and its settings."""

    def __init__(
        self, backend: Backend, settings: Any, completed: str, warnings: Sequence[tuple[str, int, str]]
    ) -> None:
        self.backend = backend
        self.settings = settings
        self.completed = completed
        self.warnings = list(warnings)
        self.autocommit = True
        self.isolation = 0
        self._begun = False
        self._start = ("", 0, True)
        self._lock = threading.RLock()

    def begin(self, catalog: str, isolation: int, autocommit: bool) -> None:
        """What the application set before the session was opened; `reset` returns to it."""
        self._start = (catalog, isolation, autocommit)
        self.autocommit = True
        if catalog:
            self.backend.set_current_catalog(catalog)
        self.isolation = 0
        if isolation and (given := self.set_isolation(isolation)) != isolation:
            self.warnings.append(substituted(isolation, given))
        self.autocommit = autocommit

    def reset(self) -> None:
        """Make the session as new. A session of its own is opened: an engine keeps settings, temporary views and the
        current schema, and none of them may reach the next user of a pooled connection."""
        with self._lock:
            old = self.backend
            self._end(old.rollback)
            old.disconnect()
            self.backend = type(old).connect(self.settings)
            self.begin(*self._start)

    def set_connection_timeout(self, seconds: int) -> None:
        """SQL_ATTR_CONNECTION_TIMEOUT; 0 = the setting's."""
        self.backend.set_answer_timeout(seconds or self.settings.socket_timeout)

    def info(self) -> info.Answers:
        """SQLGetInfo answers: InfoType -> (width, value); width 0 = text, None = ask `session_info`."""
        return info.answers(self.backend, self.settings)

    def session_info(self, number: int) -> str:
        """The answer to an InfoType that the session has to be asked for."""
        return info.SESSION_TEXTS[number](self.backend)

    def lacking(self) -> list[int]:
        """Numbers (SQL_API_*) of the functions that SQLGetFunctions denies for this engine."""
        return catalog.lacking(self.backend.capabilities)

    def disconnect(self) -> None:
        with self._lock:
            self.backend.disconnect()

    def is_alive(self) -> bool:
        return self.backend.is_alive()

    def statement(self) -> Statement:
        return Statement(self)

    def native_sql(self, sql: str) -> str:
        return escape.translate(sql, self.backend.dialect)

    # ---- transactions ----
    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open: the engine's word, where it has one, else what was begun here."""
        known = self.backend.in_transaction()
        return self._begun if known is None else known

    def may_disconnect(self) -> None:
        """Refuse to end the session in the middle of a transaction, as SQLDisconnect must; a lost one has none."""
        if self.in_transaction and self.backend.is_alive():
            raise DriverError(
                "25000", 0, "A transaction is open on the connection: call SQLEndTran to commit it or to roll it back"
            )

    def before_statement(self, sql: str) -> None:
        """Open a transaction where one is wanted and real; not before a statement that does so itself."""
        if self.autocommit or not self.backend.capabilities.transactions:
            return
        with self._lock:
            if not self.in_transaction and not sql.lstrip().upper().startswith(BEGINS):
                self.backend.begin()
                self._begun = True

    def commit(self) -> None:
        self._end(self.backend.commit)

    def rollback(self) -> None:
        if not self.backend.capabilities.transactions and not self.autocommit:
            # Each statement committed by itself; pools and turbodbc roll back on close and must not fail for it.
            log.logger.warning("rollback asked for, but this engine commits every statement by itself")
        self._end(self.backend.rollback)

    def _end(self, action: Callable[[], None]) -> None:
        with self._lock:
            if self.in_transaction:
                self._begun = False
                action()

    def transaction_lost(self) -> bool:
        """Whether a statement that failed has made the open transaction good for nothing but a rollback."""
        return self.in_transaction and self.backend.capabilities.error_ends_transaction

    def set_autocommit(self, on: bool) -> None:
        if on:
            self.commit()
        self.autocommit = on

    def set_isolation(self, level: int) -> int:
        """Set the weakest level of the engine that gives at least what `level` promises; returns that one."""
        capabilities = self.backend.capabilities
        if self.in_transaction:
            raise DriverError(
                "HY011", 0, "The isolation level cannot change in a transaction: commit or roll back first"
            )
        given = next((bit for bit in ISOLATION_LEVELS if bit >= level and capabilities.isolation_levels & bit), None)
        if given is None:
            known = " and ".join(n for b, n in ISOLATION_LEVELS.items() if capabilities.isolation_levels & b) or "none"
            raise DriverError(
                "HYC00",
                0,
                f"{capabilities.dbms_name} cannot give isolation level {ISOLATION_LEVELS[level]}; it has {known}",
            )
        self.backend.set_isolation(given)
        self.isolation = given
        return given

    def set_current_catalog(self, name: str) -> None:
        try:
            self.backend.set_current_catalog(name)
        except DriverError as error:
            if error.sqlstate == "3F000":  # of an engine whose USE takes schemas too
                raise DriverError("3D000", error.native, error.message) from error
            raise


_statements: weakref.WeakValueDictionary[int, Statement] = weakref.WeakValueDictionary()


def cancel_all() -> None:
    """End everything that runs: the process ends."""
    for reference in _statements.valuerefs():
        statement = reference()
        if statement is not None:
            try:
                statement.cancel()
            except DriverError as error:
                log.logger.info("a statement could not be cancelled at exit: %s", error.message)


class Statement:
    """What one statement handle runs: the prepared text, its description, the running operation."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.touched_nothing = False
        self._sql = ""
        self._pieces: list[str] = []
        self._order: list[int] | None = None
        """The application's parameter (from 0) for each marker, where {fn} has moved or repeated them."""
        self._wanted = 0
        """The application's parameters."""
        self._prepared: Prepared | None = None
        self._parameters: list[Column] | None = None
        self._operation: Operation | None = None
        self._later: list[Operation] = []
        self._cancel: Callable[[], None] | None = None
        self._cancelled = False
        _statements[id(self)] = self

    def prepare(self, sql: str, noscan: bool) -> int:
        """Take the text, translate ODBC's escapes; returns the number of parameter markers."""
        if not sql or not sql.strip():
            raise DriverError("42000", 0, "The SQL text is empty")
        dialect = self.connection.backend.dialect
        if noscan:
            self._sql, self._order, self._wanted = sql, None, markers.count(sql, dialect)
        else:
            self._sql, self._order, self._wanted = escape.translate_numbered(sql, dialect)
        self._pieces = markers.split(self._sql, dialect)
        self._prepared = None
        self._parameters = None
        return self._wanted

    def _described(self) -> Prepared:
        if self._prepared is None:
            sql = parameters.without_markers(self._pieces) if self.writes_literals else self._sql
            self._prepared = self.connection.backend.prepare(sql)
        return self._prepared

    def describe(self) -> Sequence[Column] | None:
        """Result columns without running the statement; None where the engine cannot tell."""
        return self._described().columns

    def describe_parameters(self) -> Sequence[Column]:
        """One column for each marker; text where neither the engine nor the statement tells more."""
        if self._parameters is None:
            backend = self.connection.backend
            told = self._described().parameters if backend.capabilities.describe_parameters else None
            length = self.connection.settings.string_length
            if told is not None:
                known = [parameters.as_parameter(column, length) for column in told]
            else:
                known = parameters.described(
                    self._pieces, self.dialect, lambda sql: backend.prepare(sql).columns, length
                )
            if self._order is not None:
                first = dict(zip(reversed(self._order), reversed(known), strict=True))
                known = [first.get(i, parameters.UNKNOWN) for i in range(self._wanted)]
            self._parameters = known
        return self._parameters

    def execute(self, parameters: Sequence[Parameter], query_timeout: int, max_rows: int) -> Operation:
        """Run the prepared text with one set of parameters."""
        self._begin()
        return self.take_results([self.run(parameters, query_timeout, max_rows)])

    def sets(self, query_timeout: int, max_rows: int) -> ParameterSets:
        """Begin an execution of the prepared text with an array of parameters."""
        self._begin()
        return ParameterSets(self, query_timeout or self._default_timeout(), max_rows)

    @property
    def pieces(self) -> Sequence[str]:
        """The text between the parameter markers."""
        return self._pieces

    @property
    def dialect(self) -> Dialect:
        return self.connection.backend.dialect

    @property
    def writes_literals(self) -> bool:
        """Whether parameter values become part of the text."""
        return not self.connection.backend.capabilities.server_parameters

    def _begin(self) -> None:
        for operation in self._later:
            operation.close()
        self._later.clear()

    def _default_timeout(self) -> float:
        return getattr(self.connection.settings, "query_timeout", 0) or 0

    def run(self, parameters: Sequence[Parameter], query_timeout: float, max_rows: int) -> Operation:
        """Run the prepared text once, as a part of what `execute` or `sets` has begun."""
        if len(parameters) < self._wanted:
            raise DriverError(
                "07002", 0, f"The statement has {self._wanted} parameter markers, {len(parameters)} are bound"
            )
        bound = list(parameters[: self._wanted])
        if self._order is not None:
            bound = [bound[i] for i in self._order]
        if self.writes_literals:
            return self.run_text(literals.fill(self._pieces, bound, self.dialect), [], query_timeout, max_rows)
        return self.run_text(self._sql, bound, query_timeout, max_rows)

    def run_text(self, sql: str, bound: Sequence[Parameter], query_timeout: float, max_rows: int) -> Operation:
        """Run a text that the engine gets as it is."""
        execute = self.connection.backend.execute
        return self.run_with(
            lambda options, started: execute(sql, bound, options, started), sql, query_timeout, max_rows
        )

    def run_with(
        self, call: Callable[[ExecuteOptions, Any], Result], what: str, query_timeout: float, max_rows: int
    ) -> Result:
        """Run what `call` makes the backend do; `what` is its name in the log."""
        connection = self.connection
        if self._cancelled:
            raise DriverError("HY008", 0, "The statement was cancelled")
        timeout = query_timeout or self._default_timeout()
        connection.before_statement(self._sql)
        started = time.monotonic()
        log.logger.debug("execute %s", what)
        try:
            operation = call(ExecuteOptions(timeout, max_rows), self._started)
        except DriverError as error:
            log.logger.error("execute failed sqlstate=%s: %s", error.sqlstate, error.message)
            raise
        finally:
            self._cancel = None
        rows = operation.row_count if operation is not None else -1
        log.logger.info("execute took %.3f s rows=%d", time.monotonic() - started, rows)
        return operation

    def take_results(self, operations: Sequence[Operation]) -> Operation:
        """Make operations the statement's results, in their order; answers the first one."""
        self._operation, *self._later = operations
        if self._prepared is not None and self._prepared.columns:
            self._operation.columns = with_origins(self._operation.columns, self._prepared.columns)
        verb = self._sql.lstrip()[:6].upper()
        self.touched_nothing = self._operation.row_count == 0 and verb.startswith(NO_PREDICATE_VERBS)
        return self._operation

    def arm(self) -> None:
        """Forget an earlier cancel; called before `execute`, in one go with the check for one that came just now."""
        self._cancelled = False
        self._cancel = None

    def _started(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        if self._cancelled:
            cancel()

    def cancel(self) -> None:
        """End what runs; called from any thread, also while `execute` or a fetch runs."""
        self._cancelled = True
        cancel, operation = self._cancel, self._operation
        if cancel is not None:
            cancel()
        elif operation is not None:
            operation.cancel()

    def next_result(self) -> Operation | None:
        if self._operation is None:
            return None
        following = self._operation.next_result()
        if following is None and self._later:
            following = self._later.pop(0)
        if following is not None:
            self._operation = following
        return following

    def catalog(
        self, function: str, names: Sequence[str | None], numbers: Sequence[int], metadata_id: bool, odbc2: bool
    ) -> Operation:
        """Run a catalog function of argus_odbc.catalog; `function` is its name there."""
        columns, rows = catalog.answer(self.connection.backend, function, names, numbers, metadata_id, odbc2)
        self.touched_nothing = False
        self._operation = CatalogOperation(columns, rows)
        return self._operation


def with_origins(columns: Sequence[Column], prepared: Sequence[Column]) -> Sequence[Column]:
    """A result's columns with the tables that the statement's description named, where the result does not tell them."""
    if len(columns) != len(prepared) or not any(
        p.table and not c.table for c, p in zip(columns, prepared, strict=True)
    ):
        return columns
    return [
        c if c.table or c.name != p.name else dataclasses.replace(
            c, catalog=p.catalog, schema=p.schema, table=p.table, base_table=p.base_table, base_column=p.base_column
        )
        for c, p in zip(columns, prepared, strict=True)
    ]  # fmt: skip


class CatalogOperation(Operation):
    """The rows of a catalog function, complete when it is made."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[tuple]) -> None:
        self.columns = columns
        self.row_count = len(rows)
        self._rows: Rows | None = Rows(columns, rows)

    def fetch_results(self) -> Rows | None:
        part, self._rows = self._rows, None
        return part

    def cancel(self) -> None:
        self._rows = None
