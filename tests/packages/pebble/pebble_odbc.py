import pyarrow

from argus_odbc.backends.base import Backend, Capabilities, CatalogColumn, Dialect, Operation
from argus_odbc.errors import DriverError
from argus_odbc.settings import Keyword
from argus_odbc.types import SQL_BIGINT, TypeRow, make_column

BIGINT = TypeRow("BIGINT", SQL_BIGINT, 19, unsigned=False, num_prec_radix=10)


class Count(Operation):
    """The rows 0 .. n-1 of `COUNT n`."""

    def __init__(self, n):
        self.columns = [make_column(BIGINT, "n", nullable=0)]
        self._part = pyarrow.record_batch([pyarrow.array(range(n), pyarrow.int64())], names=["n"])

    def fetch_results(self):
        part, self._part = self._part, None
        return part


class Pebble(Backend):
    name = "pebble"
    capabilities = Capabilities(dbms_name="Pebble", catalogs=False, schemas=False)
    dialect = Dialect(identifier_quote="`", quotes="'\"`", functions={"MOD": "rest({0}, {1})"})
    keywords = (Keyword("Most", "The largest n that COUNT takes.", kind="integer"),)

    def __init__(self, most):
        self._most = most

    @classmethod
    def connect(cls, settings):
        return cls(settings.own.get("most", 1_000_000))

    def disconnect(self):
        pass

    def is_alive(self):
        return True

    def server_version(self):
        return "01.00.0000"

    def execute(self, sql, parameters, options, started):
        word, _, n = sql.partition(" ")
        if word.upper() != "COUNT" or not n.isdigit() or int(n) > self._most:
            raise DriverError("42000", 7, f'Pebble knows only COUNT n, up to {self._most}, not "{sql}"')
        return Count(int(n))

    def get_type_info(self):
        return [BIGINT]

    def get_tables(self, catalog, schema, table, types):
        return [(None, None, "numbers", "TABLE", "all that Pebble can count")]

    def get_columns(self, catalog, schema, table, column):
        return [CatalogColumn(None, None, "numbers", make_column(BIGINT, "n", nullable=0), ordinal=1)]
