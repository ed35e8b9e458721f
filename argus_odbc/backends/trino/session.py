"""A connection to Trino: its state travels with every request, so there is nothing to keep alive between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from argus_odbc import tls
from argus_odbc.backends.base import (
    Backend,
    Capabilities,
    CatalogColumn,
    Dialect,
    ExecuteOptions,
    Parameter,
    Prepared,
    ProcedureColumn,
)
from argus_odbc.backends.trino import auth, catalog, describe, heartbeat, spool, transactions
from argus_odbc.backends.trino.client import Client
from argus_odbc.backends.trino.dialect import DIALECT
from argus_odbc.backends.trino.operation import TrinoOperation
from argus_odbc.backends.trino.options import KEYWORDS, own, page_size, session_state
from argus_odbc.backends.trino.types import TypeMap
from argus_odbc.backends.trino.values import with_values
from argus_odbc.errors import DriverError
from argus_odbc.settings import Keyword, Settings
from argus_odbc.types import TypeRow
from argus_odbc.web.http import Address, Pool
from argus_odbc.web.login import Login
from argus_odbc.web.proxies import proxy

TEXT_CASTS = (
    0x4000
    | 0x1000
    | 0x8000
    | 0x4
    | 0x80
    | 0x8
    | 0x40
    | 0x10
    | 0x10000
    | 0x20000
    | 0x2000
    | 0x100
    | 0xA00000
    | 0x1000000
)
"""SQL_CVT_*: what a text is cast to, which is every type but varbinary; that one is cast to nothing else."""


class Trino(Backend):
    """One session."""

    name: ClassVar[str] = "trino"
    capabilities: ClassVar[Capabilities] = Capabilities(
        dbms_name="Trino",
        transactions=True,
        isolation_levels=15,
        default_isolation=1,
        error_ends_transaction=True,
        prepare_describes=True,
        server_parameters=True,
        describe_parameters=True,
        procedures=True,
        privileges=True,
        identifier_case=2,
        quoted_identifier_case=2,
        max_identifier_length=128,
        null_collation=4,
        extra_info={69: 0x800, 70: TEXT_CASTS, 122: TEXT_CASTS, 126: TEXT_CASTS},
    )
    dialect: ClassVar[Dialect] = DIALECT
    default_port: ClassVar[int] = 8080
    default_tls_port: ClassVar[int] = 8443
    keywords: ClassVar[Sequence[Keyword]] = KEYWORDS

    def __init__(self, address: Address, login: Login, settings: Settings) -> None:
        self.settings = settings
        self.state = session_state(settings, login)
        self.types = TypeMap(
            settings.string_length,
            zoned_as_text=own(settings, "ZonedTimestamps") == "text",
            intervals_as_text=own(settings, "Intervals") == "text",
        )
        context = tls.tls_context(settings) if address.scheme == "https" else None
        self.pool = Pool(address, settings, context, proxy(own(settings, "Proxy"), settings))
        self.store = spool.Store(self.pool, settings)
        self.encodings = spool.encodings(own(settings, "Spooling"))
        self.spool_threads = own(settings, "SpoolingThreads", spool.THREADS)
        self.client = Client(self.pool, login, settings, self.state)
        self.heartbeat = heartbeat.Heartbeat(self.client, own(settings, "KeepAlive", heartbeat.SECONDS))
        self.page_size = page_size(own(settings, "TargetResultSize"))
        self.transaction = transactions.Transaction(self)
        self._open = True
        try:
            self._version = self.client.check(settings.login_timeout)
        except BaseException:
            self.disconnect()
            raise

    @classmethod
    def connect(cls, settings: Settings) -> Trino:
        scheme, port = ("https", cls.default_tls_port) if settings.ssl else ("http", cls.default_port)
        addresses = settings.addresses(port)
        if not addresses:
            raise DriverError("08001", 0, "A connection to Trino needs a Host")
        login = auth.login(settings, settings.ssl)
        error: DriverError | None = None
        for host, number in addresses:
            try:
                return cls(Address(scheme, host, number), login, settings)
            except DriverError as e:
                # Another coordinator helps where this one cannot be reached, not where it refuses.
                if e.sqlstate not in ("08001", "HYT00"):
                    raise
                error = error or e
        assert error is not None
        raise error

    # ---- the connection ----

    def disconnect(self) -> None:
        self._open = False
        self.heartbeat.close()
        self.client.close()
        self.pool.close()

    def is_alive(self) -> bool:
        if not self._open:
            return False
        try:
            return self.client.get("/v1/info", 5).status == 200
        except DriverError:
            return False

    def server_version(self) -> str:
        digits = self._version.split("-")[0]
        number = int(digits) if digits.isdigit() else 0
        return f"00.00.{number:04d} {self._version}"

    def current_user(self) -> str:
        return self.state.user

    def current_catalog(self) -> str:
        return self.state.catalog

    def current_schema(self) -> str:
        return self.state.schema

    def set_current_catalog(self, name: str) -> None:
        if name not in self.get_catalogs():
            raise DriverError("3D000", 0, f'There is no catalog "{name}" on {self.client.where}')
        with self.state.lock:
            self.state.catalog, self.state.schema = name, ""

    def set_answer_timeout(self, seconds: float) -> None:
        self.client.settings = dataclasses.replace(self.client.settings, socket_timeout=seconds)

    # ---- statements ----

    def execute(
        self, sql: str, parameters: Sequence[Parameter], options: ExecuteOptions, started: Any
    ) -> TrinoOperation:
        operation = TrinoOperation(self, options)
        started(operation.cancel)
        operation.run(with_values(sql, parameters))
        return operation

    def query(self, sql: str) -> list[tuple]:
        """All rows of a small query of the driver's own, values as JSON has them.

        Outside of the transaction, which the server aborts at the first error.
        """
        return catalog.rows(TrinoOperation(self, ExecuteOptions(), alone=True), sql)

    def prepare(self, sql: str) -> Prepared:
        return describe.prepare(self, sql)

    # ---- transactions ----

    def begin(self) -> None:
        self.transaction.begin()

    def commit(self) -> None:
        self.transaction.end("COMMIT")

    def rollback(self) -> None:
        self.transaction.end("ROLLBACK")

    def in_transaction(self) -> bool:
        return bool(self.state.transaction)

    def set_isolation(self, level: int) -> None:
        self.transaction.isolation = level

    # ---- catalog ----

    def get_type_info(self) -> Sequence[TypeRow]:
        return self.types.info()

    def get_catalogs(self) -> list[str]:
        return catalog.catalogs(self)

    def get_schemas(self, catalog_name: str | None) -> list[tuple[str | None, str]]:
        return catalog.schemas(self, catalog_name)

    def get_table_types(self) -> list[str]:
        return list(catalog.TABLE_TYPES)

    def get_tables(
        self, catalog_name: str | None, schema: str | None, table: str | None, types: Sequence[str] | None
    ) -> list[tuple[str | None, str | None, str, str, str | None]]:
        return catalog.tables(self, catalog_name, schema, table, types)

    def get_columns(
        self, catalog_name: str | None, schema: str | None, table: str | None, column: str | None
    ) -> list[CatalogColumn]:
        return catalog.columns(self, catalog_name, schema, table, column)

    def get_procedures(
        self, catalog_name: str | None, schema: str | None, name: str | None
    ) -> list[tuple[str | None, str | None, str, str | None, int]]:
        return catalog.procedures(self, catalog_name, schema, name)

    def get_procedure_columns(
        self, catalog_name: str | None, schema: str | None, name: str | None, column: str | None
    ) -> list[ProcedureColumn]:
        return catalog.procedure_columns(self, catalog_name, schema, name)

    def get_table_privileges(self, catalog_name: str | None, schema: str | None, table: str | None) -> list[tuple]:
        return catalog.table_privileges(self, catalog_name, schema, table)

    def get_column_privileges(
        self, catalog_name: str | None, schema: str | None, table: str, column: str | None
    ) -> list[tuple]:
        return catalog.column_privileges(self, catalog_name, schema, table)
