"""Apache Impala: what differs from the HiveServer2 base."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from typing import Any

from argus_odbc.backends.base import INTERVAL_FIELDS, Capabilities
from argus_odbc.backends.hs2 import dialect, tcli
from argus_odbc.backends.hs2 import types as hs2types
from argus_odbc.backends.hs2.backend import HS2Backend
from argus_odbc.backends.hs2.errors import ErrorMap
from argus_odbc.backends.hs2.operation import HS2Operation
from argus_odbc.backends.hs2.types import Engine
from argus_odbc.errors import DriverError

PROGRESS = re.compile(r"Query.*Complete \([0-9]* out of [0-9]*\)\n?")


class Impala(HS2Backend):
    """Apache Impala. A statement that was cancelled or timed out ends as an error there, told apart by its text."""

    name = "impala"
    capabilities = Capabilities(
        dbms_name="Impala",
        catalogs=False,
        prepare_describes=True,
        identifier_case=2,
        quoted_identifier_case=2,
        max_identifier_length=128,
        null_collation=0,
        primary_keys=True,
        foreign_keys=True,
    )
    dialect = dialect.dialect(
        dialect.IMPALA,
        "ANTI CACHED CHANGE CLASS COMPUTE DATABASES DELIMITED EXPLAIN FIELDS FILEFORMAT FORMAT FORMATTED FUNCTIONS ILIKE"
        " INCREMENTAL INPATH INVALIDATE IREGEXP LOCATION METADATA OVERWRITE PARQUET PARTITIONED REFRESH REGEXP RLIKE"
        " SCHEMAS SEMI SERDEPROPERTIES STATS STORED STRAIGHT_JOIN TABLES TBLPROPERTIES UNCACHED USE",
        timestamp_literal="CAST('{0}' AS TIMESTAMP)",
        binary_literal="CAST(unhex('{0}') AS BINARY)",
        interval_literal="INTERVAL {0} {1}",
        intervals=INTERVAL_FIELDS,
        like_escape_clause=False,
        call_statement=False,
    )
    engine = Engine(fraction=9, binary_literal=(None, None), timestamp_literal=("CAST('", "' AS TIMESTAMP)"))
    errors = ErrorMap(
        states={"HYC00": "HYC00"},
        texts=(
            (r"Could not resolve table reference|Table does not exist|Could not resolve path", "42S02"),
            (r"Could not resolve column/field reference", "42S22"),
            (r"(?:Table|Database) already exists", "42S01"),
            (r"Database does not exist", "3F000"),
            (r"^Cancelled$|^Session closed", "HY008"),
            (
                r"expired due to execution time limit|Admission for query exceeded timeout"
                r"|expired due to client inactivity \(timeout",
                "HYT00",
            ),
            (
                r"Invalid session id:|session expired due to|Session expired due to inactivity"
                r"|Session closed because it has no active",
                "08S01",
            ),
            (r"^(?:ParseException|AnalysisException|AuthorizationException)", "42000"),
        ),
        strip=(r"^(?:Query [0-9a-f]+:[0-9a-f]+ failed:\n)+",),
    )
    default_port = 21050
    default_http_port = 28000
    default_mechanism = "NOSASL"
    property_prefix = ""
    # GetOperationStatus waits up to a second for a change, where the server knows the option.
    open_configuration = {"LONG_POLLING_TIME_MS": "1000"}
    time_zone_property = "TIMEZONE"
    delegation_property = "impala.doas.user"
    user_function = "effective_user()"
    server_timeout = False
    has_more_rows_is_true = True
    filters_table_types = False
    absent_types = (
        hs2types.YEAR_MONTH, hs2types.DAY_TIME, hs2types.UNION, hs2types.TIMESTAMP_LOCAL, hs2types.NULL,
    )  # fmt: skip

    def opened(self) -> None:
        if self.settings.schema:
            # OpenSession takes any name; this one is looked up.
            self.run(f"USE {self.dialect.quote(self.settings.schema)}")

    def statement_options(self, timeout: float) -> dict[str, str]:
        return {"EXEC_TIME_LIMIT_S": str(ceil(timeout) + 1)} if timeout > 0 else {}

    def rows_changed(self, operation: HS2Operation, status: Any) -> int:
        """Closing tells how many rows a statement changed, so it is closed as soon as it is done."""
        answer = operation.close_for_result("CloseImpalaOperation")
        self.session.check(answer.status, "CloseImpalaOperation")
        result = answer.dml_result
        if result is None:
            return -1
        return sum((result.rows_modified or {}).values()) + sum((result.rows_deleted or {}).values())

    def statement_warnings(self, operation: HS2Operation) -> Sequence[tuple[str, int, str]]:
        if not operation.columns:
            return ()
        try:
            answer = self.session.ask("GetLog", tcli.OperationReq(operationHandle=operation.handle))
        except DriverError:
            return ()
        text = PROGRESS.sub("", answer.log or "").strip()
        return [("01000", 0, text)] if text and answer.status.statusCode == tcli.SUCCESS else ()
