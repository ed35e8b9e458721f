"""Apache Spark through its Thrift Server: what differs from the HiveServer2 base."""

from __future__ import annotations

import re

from argus_odbc.backends.base import Capabilities, Prepared
from argus_odbc.backends.hs2 import dialect
from argus_odbc.backends.hs2 import types as hs2types
from argus_odbc.backends.hs2.backend import HS2Backend
from argus_odbc.backends.hs2.errors import ErrorMap
from argus_odbc.backends.hs2.types import Engine
from argus_odbc.errors import DriverError

QUERY = re.compile(r"\s*(?:SELECT|WITH|VALUES|TABLE|FROM|\()", re.I)


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
    )
    engine = Engine(fraction=6, interval_fraction=6)
    errors = ErrorMap(
        states={"42704": "3F000"},
        strip=(
            r"^(?:(?:[a-z]\w*\.)+\w+: )?(?:Error running query: |Failed to open new session: )",
            # The class of the exception, before a text that begins with the class of the error.
            r"^(?:\[[\w.]+\] )?(?:[a-z]\w*\.)+\w+:\s+(?=\[[A-Z])",
        ),
    )
    time_zone_property = "set:hiveconf:spark.sql.session.timeZone"
    placeholder_results = ([("Result", ("TEXT", 0))],)
    lower_case_names = False
    absent_types = (hs2types.UNION, hs2types.TIMESTAMP_LOCAL)

    def prepare(self, sql: str) -> Prepared:
        """DESCRIBE QUERY tells a query's columns; what it does not take is described by running it."""
        if not QUERY.match(sql) or "?" in sql:
            return Prepared()
        try:
            rows = self.query(f"DESCRIBE QUERY {sql}")
        except DriverError:
            # Mistakes in the statement are reported when it is run.
            return Prepared()
        columns = []
        for name, text, _ in rows:
            type_id, size, scale = self.types.named(text)
            columns.append(self.types.described(type_id, name, size, scale))
        return Prepared(tuple(columns))

    def opened(self) -> None:
        if self.settings.catalog:
            self.run(f"SET CATALOG {self.dialect.quote(self.settings.catalog)}")
            if self.settings.schema:
                self.run(f"USE {self.dialect.quote(self.settings.schema)}")
