"""The backend that Hive, Impala and Spark are subclasses of; what differs between them are its class attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from argus_odbc import log
from argus_odbc.backends.base import Backend, CatalogColumn, ExecuteOptions, Parameter, Prepared
from argus_odbc.backends.hs2 import describe, tcli
from argus_odbc.backends.hs2.catalog import Catalog, column_values
from argus_odbc.backends.hs2.client import Session, open_settings
from argus_odbc.backends.hs2.errors import ErrorMap
from argus_odbc.backends.hs2.http import DUMMY_PASSWORD, Site
from argus_odbc.backends.hs2.lines import Way
from argus_odbc.backends.hs2.operation import MOST_ROWS, HS2Operation
from argus_odbc.backends.hs2.transport import Login
from argus_odbc.backends.hs2.types import Engine, TypeMap
from argus_odbc.errors import DriverError
from argus_odbc.settings import Keyword, Settings
from argus_odbc.types import Column, TypeRow
from argus_odbc.web.keywords import KEYWORDS


class HS2Backend(Backend):
    """One connection to a HiveServer2."""

    packages: ClassVar[Mapping[str, str]] = {"thrift": "thrift"}
    keywords: ClassVar[Sequence[Keyword]] = KEYWORDS
    default_port: ClassVar[int] = 10000
    default_http_port: ClassVar[int] = 10001
    default_http_path: ClassVar[str] = "cliservice"
    default_mechanism: ClassVar[str] = "PLAIN"
    """What AuthMech=AUTO means without a password."""
    engine: ClassVar[Engine]
    errors: ClassVar[ErrorMap]
    property_prefix: ClassVar[str] = "set:hiveconf:"
    """What a session property has before its name in OpenSession."""
    open_configuration: ClassVar[Mapping[str, str]] = {}
    time_zone_property: ClassVar[str]
    delegation_property: ClassVar[str] = "hive.server2.proxy.user"
    user_function: ClassVar[str] = "current_user()"
    """Who the session is for, as a function of SQL."""
    server_timeout: ClassVar[bool] = True
    """ExecuteStatement's queryTimeout is honoured."""
    has_more_rows_is_true: ClassVar[bool] = False
    """`hasMoreRows` tells the truth; elsewhere it is always false."""
    placeholder_results: ClassVar[Sequence[list[tuple[str, tuple[str, int]]]]] = ()
    """(name, kind) of the columns that statements without a result are described with."""
    lower_case_names: ClassVar[bool] = True
    """The catalog's patterns are matched with case, and names are kept in lower case."""
    filters_table_types: ClassVar[bool] = True
    absent_types: ClassVar[Sequence[int]] = ()
    """Types that SQLGetTypeInfo leaves out: they come in results only, or not at all."""

    def __init__(self, settings: Settings, way: Way) -> None:
        self.settings = settings
        self.fetch_size = settings.fetch_size or MOST_ROWS
        self.types = TypeMap(replace(self.engine, string_length=settings.string_length))
        own = dict(self.open_configuration)
        if settings.delegation_uid:
            own[self.delegation_property] = settings.delegation_uid
        if settings.time_zone:
            own[self.time_zone_property] = settings.time_zone
        configuration = open_settings(settings, own, self.property_prefix)
        self.session = Session(way, self.errors, configuration, way.user)
        self.catalog = Catalog(self)
        self._version = ""
        try:
            self.opened()
        except BaseException:
            self.session.close()
            raise

    @classmethod
    def connect(cls, settings: Settings) -> HS2Backend:
        addresses = settings.addresses(cls.usual_port(settings))
        if not addresses:
            raise DriverError("08001", 0, f"A connection to {cls.capabilities.dbms_name} needs a Host")
        error: DriverError | None = None
        for host, port in addresses:
            try:
                return cls(settings, cls.way(settings, host, port))
            except DriverError as e:
                # Another server helps where this one cannot be reached, not where it refuses.
                if e.sqlstate not in ("08001", "HYT00"):
                    raise
                error = error or e
        assert error is not None
        raise error

    @classmethod
    def usual_port(cls, settings: Settings) -> int:
        return cls.default_http_port if settings.transport == "http" else cls.default_port

    @classmethod
    def way(cls, settings: Settings, host: str, port: int) -> Way:
        """How to reach and enter one server."""
        if settings.transport == "http":
            return Site.of(settings, host, port, cls.default_http_path, cls.default_mechanism == "NOSASL")
        for name in ("HTTPPath", *(k.name for k in KEYWORDS)):
            if settings.own.get(name.lower()) or (name == "HTTPPath" and settings.http_path):
                raise DriverError(
                    "HY000", 0, f"The keyword {name} is for Transport=http: set that, or leave {name} out"
                )
        mechanism = settings.auth_mech
        if mechanism == "AUTO":
            mechanism = "PLAIN" if settings.pwd else cls.default_mechanism
        if mechanism in ("KERBEROS", "JWT", "OAUTH2"):
            raise DriverError(
                "HYC00",
                0,
                f"AuthMech={mechanism} is not built for the binary transport; AuthMech may be NOSASL, USER or PLAIN"
                + (", or Transport may be http" if mechanism != "OAUTH2" else ""),
            )
        if mechanism == "NOSASL":
            return Login(host, port, "NOSASL", settings.uid, "", settings)
        user = settings.uid or "anonymous"
        return Login(host, port, "PLAIN", user, settings.pwd or DUMMY_PASSWORD, settings)

    def opened(self) -> None:
        """What is left to do once the session is open."""

    # ---- the connection ----

    def disconnect(self) -> None:
        self.session.close()

    def is_alive(self) -> bool:
        return self.session.is_alive()

    def server_version(self) -> str:
        if not self._version:
            request = tcli.GetInfoReq(sessionHandle=self.session.handle, infoType=tcli.CLI_DBMS_VER)
            answer = self.session.call("GetInfo", request)
            text = (answer.infoValue.stringValue if answer.infoValue is not None else None) or ""
            numbers = [int(n) for n in re.findall(r"[0-9]+", text)[:3]] + [0, 0, 0]
            self._version = f"{numbers[0]:02d}.{numbers[1]:02d}.{numbers[2]:04d} {text}".strip()
        return self._version

    def current_user(self) -> str:
        known = self.settings.delegation_uid or self.session.way.user
        # A token or a ticket, which only HTTP takes, tells the server and not this side. Anonymous sessions ask nothing.
        if known or not self.session.way.outlived:
            return known
        try:
            rows = self.query(f"SELECT {self.user_function}")
        except DriverError as e:
            log.logger.info("the server does not say who the session is for: %s", e.message)
            return ""
        return str(rows[0][0]) if rows else ""

    def current_catalog(self) -> str:
        """The current database: what applications of these engines know as the catalog's place."""
        return self.current_schema()

    def set_current_catalog(self, name: str) -> None:
        self.run(f"USE {self.dialect.quote(name)}")

    def set_answer_timeout(self, seconds: float) -> None:
        self.session.limit_answers(seconds)

    def current_schema(self) -> str:
        rows = self.query("SELECT current_database()")
        return str(rows[0][0]) if rows else ""

    # ---- statements ----

    def execute(self, sql: str, parameters: Sequence[Parameter], options: ExecuteOptions, started: Any) -> HS2Operation:
        operation = HS2Operation(self, options)
        started(operation.cancel)
        operation.run(describe.unfinished(sql, self.dialect))
        return operation

    def prepare(self, sql: str) -> Prepared:
        if describe.is_query(sql, self.dialect):
            return Prepared(self.query_columns(sql))
        if describe.is_show(sql, self.dialect):
            return Prepared(self.columns_of(describe.unfinished(sql, self.dialect)))
        return Prepared()

    def query_columns(self, sql: str) -> Sequence[Column] | None:
        """A query's columns; None where the engine cannot tell them ahead. A name that it does not know is an error."""
        for question in describe.questions(sql, self.dialect):
            try:
                return self.columns_of(question)
            except DriverError as e:
                if e.sqlstate in describe.ABSENT:
                    raise
        return None

    def columns_of(self, question: str) -> Sequence[Column]:
        """The columns of the result of a small statement of the driver's own."""
        operation = HS2Operation(self, ExecuteOptions())
        operation.run(question)
        operation.close()
        return operation.columns

    def run(self, sql: str) -> None:
        """A statement of the driver's own that has no rows."""
        operation = HS2Operation(self, ExecuteOptions())
        operation.run(sql)
        operation.close()

    def query(self, sql: str) -> list[tuple]:
        """All rows of a small query of the driver's own."""
        operation = HS2Operation(self, ExecuteOptions())
        operation.run(sql)
        try:
            answer = self.session.call(
                "FetchResults",
                tcli.FetchReq(
                    operationHandle=operation.handle, orientation=tcli.FETCH_NEXT, maxRows=10_000, fetchType=0
                ),
            )
        finally:
            operation.close()
        return list(zip(*map(column_values, answer.results.columns), strict=True))

    def statement_options(self, timeout: float) -> dict[str, str]:
        """ExecuteStatement's confOverlay."""
        return {}

    def rows_changed(self, operation: HS2Operation, status: Any) -> int:
        """Rows that a finished statement without a result changed; -1 when the server does not tell."""
        return status.numModifiedRows if status.numModifiedRows is not None else -1

    def statement_warnings(self, operation: HS2Operation) -> Sequence[tuple[str, int, str]]:
        return ()

    def close_operation(self, handle: Any) -> None:
        """CloseOperation; silent where the server or the operation is gone."""
        self.session.drop_memory()
        if self.session.is_alive():
            try:
                self.session.ask("CloseOperation", tcli.OperationReq(operationHandle=handle))
            except DriverError:
                # The connection is lost, which the next statement will say.
                return

    # ---- catalog ----

    def get_type_info(self) -> Sequence[TypeRow]:
        return self.types.info(self.absent_types)

    def get_schemas(self, catalog: str | None) -> list[tuple[str | None, str]]:
        return self.catalog.schemas()

    def get_tables(
        self, catalog: str | None, schema: str | None, table: str | None, types: Sequence[str] | None
    ) -> list[tuple[str | None, str | None, str, str, str | None]]:
        return self.catalog.tables(schema, table, types)

    def get_columns(
        self, catalog: str | None, schema: str | None, table: str | None, column: str | None
    ) -> list[CatalogColumn]:
        return self.catalog.columns(schema, table)

    def get_primary_keys(self, catalog: str | None, schema: str | None, table: str) -> list[tuple]:
        return self.catalog.primary_keys(schema, table) if self.capabilities.primary_keys else []

    def get_foreign_keys(self, **names: str | None) -> list[tuple]:
        return self.catalog.foreign_keys(dict(names)) if self.capabilities.foreign_keys else []

    def table_type(self, text: str | None) -> str:
        """SQLTables' type for what the server calls it."""
        return "TABLE" if text in (None, "", "MANAGED_TABLE", "EXTERNAL_TABLE") else text
