"""The backend contract: what a class must offer to become an ODBC data source.

A backend module has one class, a subclass of `Backend`; an instance is one connection. Everything above
(`argus_odbc.driver`, the native core) asks only what is written here, never for a backend's name.
All methods may be called from any thread, one at a time per connection, except `Operation.cancel` and
`Backend.interrupt`, which come from another thread while a call runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from argus_odbc.errors import DriverError
from argus_odbc.settings import Keyword
from argus_odbc.types import Column, TypeRow


@dataclass(frozen=True)
class Capabilities:
    """What the engine can do. `SQLGetInfo`, `SQLGetFunctions` and the refusals follow from it."""

    dbms_name: str
    """SQL_DBMS_NAME: what client programs switch on (`Hive`, `Impala`, `Spark SQL`, `Trino`, `DuckDB`)."""
    transactions: bool = False
    """Real begin/commit/rollback. False: autocommit off is accepted, each statement commits by itself."""
    isolation_levels: int = 0
    """SQL_TXN_* bits that can be set; 0 with `transactions=False`."""
    default_isolation: int = 0
    ddl_in_transaction: bool = False
    error_ends_transaction: bool = False
    """A statement that fails leaves nothing to do but a rollback."""
    catalogs: bool = True
    """Object names have a catalog part."""
    schemas: bool = True
    prepare_describes: bool = False
    """`Backend.prepare` tells result columns without running the statement."""
    server_parameters: bool = False
    """`execute` takes values for `?` markers; False: the driver writes literals by the dialect."""
    multi_row_inserts: bool = True
    """An array of parameters for a plain INSERT becomes one of many rows of literals, which the engine takes whole."""
    inserts_streams: bool = False
    """`insert_stream` is worth a call."""
    describe_parameters: bool = False
    """`Backend.prepare` tells the types of all parameters. Else the driver looks at the columns that they meet."""
    row_counts: bool = True
    cancel: bool = True
    query_timeout: bool = True
    """The backend ends the server's work itself when `ExecuteOptions.query_timeout` has passed."""
    read_only: bool = False
    multiple_results: bool = False
    multiple_active_statements: bool = True
    max_concurrent_statements: int = 0
    identifier_case: int = 4
    """SQL_IC_UPPER 1, SQL_IC_LOWER 2, SQL_IC_SENSITIVE 3, SQL_IC_MIXED 4."""
    quoted_identifier_case: int = 4
    max_identifier_length: int = 128
    null_collation: int = 0
    """SQL_NC_HIGH 0, SQL_NC_LOW 1, SQL_NC_START 2, SQL_NC_END 4."""
    primary_keys: bool = False
    foreign_keys: bool = False
    procedures: bool = False
    """`get_procedures` and `get_procedure_columns` answer, and `CALL` runs one. False: their functions are not there."""
    privileges: bool = False
    """Grants exist, and `get_table_privileges` and `get_column_privileges` answer. False: their functions are not there."""
    extra_info: dict[int, int | str] = field(default_factory=dict)
    """SQLGetInfo answers that nothing above implies, by InfoType."""


INTERVAL_FIELDS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
INTERVAL_SPANS = (
    "YEAR TO MONTH", "DAY TO HOUR", "DAY TO MINUTE", "DAY TO SECOND", "HOUR TO MINUTE", "HOUR TO SECOND",
    "MINUTE TO SECOND",
)  # fmt: skip

TRUNCATE = (
    "round(CASE WHEN abs(round({0}, {1})) > abs({0})"
    " THEN round({0}, {1}) - CAST(sign({0}) * power(10, -({1})) AS decimal(28, 14)) ELSE round({0}, {1}) END, {1})"
)
"""{fn TRUNCATE} where the engine has none, or none for doubles: 1.15 * 100 is less than 115 there, so round() decides."""


@dataclass(frozen=True)
class Dialect:
    """How SQL is written for the engine."""

    identifier_quote: str = '"'
    catalog_separator: str = "."
    catalog_term: str = "catalog"
    schema_term: str = "schema"
    table_term: str = "table"
    like_escape: str = "\\"
    keywords: tuple[str, ...] = ()
    """Reserved words beyond ODBC's own list (SQL_KEYWORDS)."""
    functions: dict[str, str] = field(default_factory=dict)
    """`{fn NAME(a, b)}`: NAME -> template with `{0}`, `{1}`, `{*}`; also drives the SQLGetInfo function bitmaps.

    TIMESTAMPADD and TIMESTAMPDIFF may have one for each interval: `TIMESTAMPADD DAY`. `SQL_TSI_DAY` is the engine's
    word for an interval and `SQL_INTEGER` its word for a type of CONVERT, where they are not the standard's."""
    string_escape: str = "''"
    """How a quote is written inside a string literal: `''` or `\\'`."""
    backslash_escapes: bool = False
    """A backslash in a string literal is an escape character (Hive, Impala, Spark)."""
    date_literal: str = "DATE '{0}'"
    time_literal: str = "TIME '{0}'"
    timestamp_literal: str = "TIMESTAMP '{0}'"
    nanosecond_literal: str = ""
    """For a timestamp with more than six digits of a second, where `timestamp_literal` would lose them."""
    binary_literal: str = "X'{0}'"
    guid_literal: str = "'{0}'"
    interval_literal: str = "INTERVAL '{0}' {1}"
    intervals: tuple[str, ...] = (*INTERVAL_FIELDS, *INTERVAL_SPANS)
    """Qualifiers that the engine's interval literals may have; the others are written with their last field alone."""
    like_escape_clause: bool = True
    """LIKE ... ESCAPE 'c'; False: `like_escape` is the only escape character."""
    call_statement: bool = True
    """CALL runs a procedure."""
    true_literal: str = "TRUE"
    false_literal: str = "FALSE"
    quotes: str = "'\""
    """Characters that open a quoted section for the parameter-marker scanner; a backtick is added where it quotes."""
    dollar_quotes: bool = False
    nested_comments: bool = False
    comments_go_on: bool = False
    """A backslash at the end of a `--` comment's line makes the next line part of it."""

    def quote(self, name: str) -> str:
        """`name` as a quoted identifier."""
        q = self.identifier_quote
        return q + name.replace(q, q + q) + q


@dataclass(frozen=True)
class Parameter:
    """One bound input parameter: its value, and the SQL type that the application declared."""

    value: Any
    """None, bool, int, float, decimal.Decimal, str, bytes, datetime.date/time/datetime, uuid.UUID, or for
    intervals and for more than microseconds the ODBC literal text."""
    sql_type: int = 0
    column_size: int = 0
    decimal_digits: int = 0


@dataclass(frozen=True)
class ExecuteOptions:
    query_timeout: float = 0.0
    """Seconds for execute and fetch together; 0 = none. When it passes: DriverError HYT00, the server's work ended."""
    max_rows: int = 0


class Operation:
    """One running or finished statement, and its rows. Made by `Backend.execute` and the catalog methods."""

    columns: Sequence[Column] = ()
    """Result columns; empty when the statement has no result set."""
    row_count: int = -1
    """Rows inserted, updated or deleted; -1 when unknown or when there is a result set."""
    warnings: Sequence[tuple[str, int, str]] = ()
    """(SQLSTATE, native code, text) to hand to the application with SQL_SUCCESS_WITH_INFO."""
    one_stream: bool = False
    """All rows come in one object with `__arrow_c_stream__`: at its end `fetch_results` need not be called again."""

    def fetch_results(self) -> Any | None:
        """The next part of the result, or None at its end. Called from the reader's thread.

        Either an object with `__arrow_c_stream__` (drained natively, without the GIL, before the next call),
        one with `__arrow_c_array__`, or a `argus_odbc.batches.HS2Rows` (bytes that the native decoder reads).
        The children of the struct are the columns, in the order of `columns`.
        """
        return None

    def stream_error(self, text: str) -> DriverError | None:
        """The error for the text by which a stream of this result has ended; None: HY000 with the text."""
        return None

    def cancel(self) -> None:
        """End the server's work now; called from another thread. A running call then raises HY008."""
        raise DriverError("HYC00", 0, "This engine cannot cancel a running statement")

    def stop_fetch(self) -> None:
        """The result is about to be closed while `fetch_results` runs in another thread: make that return soon.

        Unlike a cancel, it must leave an open transaction as it is.
        """
        self.cancel()

    def close(self) -> None:
        """Free what the server and this side keep for the result; also before its end. Idempotent."""

    def next_result(self) -> Operation | None:
        """The next result of a batch of statements, or None (SQLMoreResults)."""
        return None


@dataclass(frozen=True)
class Prepared:
    """What `prepare` knows without running the statement. `columns` None: not known before execution."""

    columns: Sequence[Column] | None = None
    parameters: Sequence[Column] | None = None


class Backend:
    """One connection to an engine."""

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    dialect: ClassVar[Dialect] = Dialect()
    keywords: ClassVar[Sequence[Keyword]] = ()
    """Connection keywords of its own; their values are `settings.own[name in lower case]` where given."""
    packages: ClassVar[Mapping[str, str]] = {}
    """Modules that it imports beyond the standard library, each with what pip is to install when it is missing."""
    default_port: ClassVar[int] = 0
    """TCP port of the engine's server; 0 for an engine without one."""
    default_tls_port: ClassVar[int] = 0
    """The same with SSL=1; 0 where it is no other."""

    is_read_only: bool = False
    """The engine refuses writes on this connection (SQL_DATA_SOURCE_READ_ONLY)."""

    @classmethod
    def usual_port(cls, settings: Any) -> int:
        """The port of a server whose address has none."""
        return (settings.ssl and cls.default_tls_port) or cls.default_port

    @classmethod
    def connect(cls, settings: Any) -> Backend:
        """Open a connection; `settings` is `argus_odbc.settings.Settings`. Raises DriverError 08001, 28000, HYT00 ..."""
        raise NotImplementedError

    def disconnect(self) -> None:
        """Close the connection; the server's session ends. Idempotent, never raises for a dead server."""
        raise NotImplementedError

    def is_alive(self) -> bool:
        """What SQL_ATTR_CONNECTION_DEAD is answered from; asks the connection itself, cheaply."""
        raise NotImplementedError

    def server_version(self) -> str:
        """SQL_DBMS_VER, `##.##.####` and the engine's own text after it."""
        raise NotImplementedError

    def new_operation(self) -> Operation | None:
        """Optional: an Operation made before `execute`, so that a cancel can reach an execute that still runs."""
        return None

    def execute(self, sql: str, parameters: Sequence[Parameter], options: ExecuteOptions, started: Any) -> Operation:
        """Run one statement and return when its result is known to be good (columns are final).

        `started(cancel)` must be called, before anything blocks, with a callable that ends the statement from
        another thread. With `server_parameters` False, `parameters` is always empty.
        """
        raise NotImplementedError

    def insert_stream(
        self, table: str, columns: str, rows: Any, sql_types: Sequence[int], options: ExecuteOptions, started: Any
    ) -> Operation | None:
        """Optional: insert all rows of an object with `__arrow_c_stream__`, or none of them and raise.

        `table` and `columns` (may be empty) are as the application wrote them in `INSERT INTO table (columns) VALUES
        (?, ?)`, `sql_types` are its parameters'. None: a row would not become the same as by that statement.
        """
        return None

    def prepare(self, sql: str) -> Prepared:
        """Describe without running."""
        return Prepared()

    # ---- transactions ----
    def begin(self) -> None:
        raise DriverError("HYC00", 0, "This engine has no transactions")

    def commit(self) -> None:
        """Raises 25S03 when it was rolled back instead, 40001 or 40002 when other work or a constraint forbids it."""
        raise DriverError("HYC00", 0, "This engine has no transactions")

    def rollback(self) -> None:
        raise DriverError("HYC00", 0, "This engine has no transactions: what ran is already permanent")

    def in_transaction(self) -> bool | None:
        """Whether one is open, also by the application's own BEGIN; None: the driver's own account is enough."""
        return None

    def set_isolation(self, level: int) -> None:
        raise DriverError("HYC00", 0, "This engine has one isolation level only")

    # ---- session ----
    def current_catalog(self) -> str:
        return ""

    def set_current_catalog(self, name: str) -> None:
        raise DriverError("HYC00", 0, "This engine cannot change the current catalog")

    def set_answer_timeout(self, seconds: float) -> None:
        """Seconds that one answer of the server may take, 0 = no limit; `connect` takes it from `socket_timeout`.

        When it passes: DriverError HYT01. Nothing to do for an engine that is not asked over a network.
        """

    def current_user(self) -> str:
        return ""

    # ---- catalog: rows as tuples in the shapes of argus_odbc.catalog; it adds filters, order and columns ----
    def get_type_info(self) -> Sequence[TypeRow]:
        """The engine's types: the one table behind SQLGetTypeInfo, SQLColumns and described columns."""
        raise NotImplementedError

    def get_catalogs(self) -> list[str]:
        return []

    def get_schemas(self, catalog: str | None) -> list[tuple[str | None, str]]:
        """(catalog, schema) pairs."""
        return []

    def get_table_types(self) -> list[str]:
        return ["TABLE", "VIEW"]

    def get_tables(
        self, catalog: str | None, schema: str | None, table: str | None, types: Sequence[str] | None
    ) -> list[tuple[str | None, str | None, str, str, str | None]]:
        """(catalog, schema, table, type, remarks). Arguments are ODBC search patterns (None = any) and may be
        used to ask for less; the driver filters again, so answering more is never wrong."""
        raise NotImplementedError

    def get_columns(
        self, catalog: str | None, schema: str | None, table: str | None, column: str | None
    ) -> list[CatalogColumn]:
        raise NotImplementedError

    def get_primary_keys(self, catalog: str | None, schema: str | None, table: str) -> list[tuple]:
        """(catalog, schema, table, column, key_seq, pk_name)."""
        return []

    def get_foreign_keys(self, **names: str | None) -> list[tuple]:
        return []

    def get_statistics(self, catalog: str | None, schema: str | None, table: str, unique: bool) -> list[tuple]:
        """(catalog, schema, table, non_unique, index_qualifier, index_name, type, ordinal, column, asc_or_desc,
        cardinality, pages, filter)."""
        return []

    def get_procedures(
        self, catalog: str | None, schema: str | None, name: str | None
    ) -> list[tuple[str | None, str | None, str, str | None, int]]:
        """(catalog, schema, name, remarks, type: 1 procedure, 2 function). Arguments are search patterns."""
        return []

    def get_procedure_columns(
        self, catalog: str | None, schema: str | None, name: str | None, column: str | None
    ) -> list[ProcedureColumn]:
        return []

    def get_table_privileges(self, catalog: str | None, schema: str | None, table: str | None) -> list[tuple]:
        """(catalog, schema, table, grantor, grantee, privilege, "YES"/"NO"/None grantable). Search patterns."""
        return []

    def get_column_privileges(
        self, catalog: str | None, schema: str | None, table: str, column: str | None
    ) -> list[tuple]:
        """(catalog, schema, table, column, grantor, grantee, privilege, grantable); only `column` is a pattern."""
        return []


@dataclass(frozen=True)
class CatalogColumn:
    """One column of a table as SQLColumns reports it."""

    catalog: str | None
    schema: str | None
    table: str
    column: Column
    ordinal: int
    remarks: str | None = None
    default: str | None = None


@dataclass(frozen=True)
class ProcedureColumn:
    """One parameter or result column of a procedure as SQLProcedureColumns reports it."""

    catalog: str | None
    schema: str | None
    procedure: str
    column: Column
    """SQL type 0 (SQL_UNKNOWN_TYPE) where it is open."""
    kind: int
    """SQL_PARAM_INPUT 1, SQL_PARAM_INPUT_OUTPUT 2, SQL_RESULT_COL 3, SQL_PARAM_OUTPUT 4, SQL_RETURN_VALUE 5."""
    ordinal: int
    remarks: str | None = None
    default: str | None = None
