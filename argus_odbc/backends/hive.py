"""Apache Hive: what differs from the HiveServer2 base."""

from __future__ import annotations

from argus_odbc.backends.base import INTERVAL_FIELDS, Capabilities
from argus_odbc.backends.hs2 import dialect
from argus_odbc.backends.hs2.backend import HS2Backend
from argus_odbc.backends.hs2.errors import ErrorMap
from argus_odbc.backends.hs2.types import Engine


class Hive(HS2Backend):
    """Apache Hive's own HiveServer2, made for Hive 4. Every statement commits by itself."""

    name = "hive"
    capabilities = Capabilities(
        dbms_name="Hive",
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
        dialect.HIVE,
        "ANALYZE ARCHIVE BUCKET BUCKETS CLUSTER CLUSTERED COMPUTE DATABASES DBPROPERTIES DISTRIBUTE EXPORT EXTERNAL"
        " FIELDS FUNCTION IMPORT LATERAL LOAD LOCATION MAP MSCK OVERWRITE PARTITIONED RLIKE SEMI SERDE SKEWED SORT"
        " STORED TABLESAMPLE TBLPROPERTIES UNIONTYPE UNIQUEJOIN USE VIEWS",
        binary_literal="unhex('{0}')",
        intervals=(*INTERVAL_FIELDS, "YEAR TO MONTH", "DAY TO SECOND"),
        like_escape_clause=False,
        call_statement=False,
    )
    engine = Engine(fraction=9, interval_fraction=9, binary_literal=(None, None))
    # Codes of org.apache.hadoop.hive.ql.ErrorMsg that say more than the 42000 they come with.
    errors = ErrorMap(
        states={"08S01": "HY000"},
        codes={
            10001: "42S02",
            10002: "42S22",
            10004: "42S22",
            10072: "3F000",
            10242: "42S01",
            10003: "42000",
            10044: "21S01",
            10297: "HYC00",
        },
        texts=(
            (r"Unable to convert time literal", "22007"),
            (r"AlreadyExistsException|already exists", "42S01"),
            (r"InvalidTableException|Table not found", "42S02"),
            (r"Database does not exist|Database \S+ does not exist", "3F000"),
        ),
        strip=(r"^Error while (?:compiling|processing) statement: (?:FAILED: )?",),
    )
    # Not current_user(), which without impersonation is the server itself.
    user_function = "logged_in_user()"
    time_zone_property = "set:hiveconf:hive.local.time.zone"
    # Column names as the query wrote them, not behind the table's name.
    open_configuration = {"set:hiveconf:hive.resultset.use.unique.column.names": "false"}
