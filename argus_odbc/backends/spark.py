"""Apache Spark through its Thrift Server: what differs from the HiveServer2 base."""

from __future__ import annotations

from argus_odbc.backends.base import Capabilities
from argus_odbc.backends.hs2 import dialect
from argus_odbc.backends.hs2 import types as hs2types
from argus_odbc.backends.hs2.backend import HS2Backend
from argus_odbc.backends.hs2.errors import ErrorMap
from argus_odbc.backends.hs2.types import Engine


class Spark(HS2Backend):
    """A Spark Thrift Server. It keeps no primary keys and never tells how many rows a statement changed."""

    name = "spark"
    capabilities = Capabilities(
        dbms_name="Spark SQL",
        catalogs=False,
        row_counts=False,
        prepare_describes=True,
        identifier_case=2,
        quoted_identifier_case=2,
        max_identifier_length=255,
        null_collation=1,
    )
    dialect = dialect.dialect(
        dialect.SPARK,
        "ANTI ARCHIVE CACHE CLUSTER CODEGEN DATABASES DBPROPERTIES DELIMITED DISTRIBUTE EXPLAIN EXPORT FIELDS FORMATTED"
        " FUNCTIONS LATERAL LAZY LIST LOCATION MINUS MSCK OVERWRITE PARTITIONED PIVOT REFRESH REPAIR RLIKE SEMI SERDE"
        " SORT STORED TABLESAMPLE TBLPROPERTIES TEMPORARY UNCACHE UNSET USE",
        nested_comments=True,
        comments_go_on=True,
    )
    engine = Engine(fraction=6, interval_fraction=6)
    errors = ErrorMap(
        texts=(
            (r"\[SCHEMA_NOT_FOUND", "3F000"),
            (r"\[CATALOG_NOT_FOUND", "3D000"),
            # SQLSTATE KD000 is all of these.
            (r"\[INCOMPATIBLE_DATA_FOR_TABLE\.CANNOT_SAFELY_CAST", "22018"),
            (r"\[INCOMPATIBLE_DATA_FOR_TABLE\.NULLABLE_", "23000"),
            (r"\[INCOMPATIBLE_DATA_FOR_TABLE\.(?:EXTRA_COLUMNS|CANNOT_FIND_DATA)", "21S01"),
            (r'\[INVALID_TYPED_LITERAL\].*"(?:DATE|TIME)', "22007"),
        ),
        states={"42704": "42000", "KD000": "42000"},
        strip=(
            r"^(?:(?:[a-z]\w*\.)+\w+: )?(?:Error running query: |Failed to open new session: )",
            # The plan of the query, which some messages end with.
            r"(?s)(?<=[0-9]);\n'?[A-Z]\w+.*\Z",
            # The class of the exception, before a text that begins with the class of the error.
            r"^(?:\[[\w.]+\] )?(?:[a-z]\w*\.)+\w+:\s+(?=\[[A-Z])",
        ),
    )
    time_zone_property = "set:hiveconf:spark.sql.session.timeZone"
    placeholder_results = ([("Result", ("TEXT", 0))],)
    lower_case_names = False
    absent_types = (hs2types.UNION, hs2types.TIMESTAMP_LOCAL)

    def opened(self) -> None:
        if self.settings.catalog:
            self.run(f"SET CATALOG {self.dialect.quote(self.settings.catalog)}")
            if self.settings.schema:
                self.run(f"USE {self.dialect.quote(self.settings.schema)}")
