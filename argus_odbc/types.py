"""SQL types: their codes, the rows of SQLGetTypeInfo, and the description of a column derived from them."""

from __future__ import annotations

from dataclasses import dataclass

# Concise SQL type codes of sql.h and sqlext.h.
SQL_CHAR = 1
SQL_NUMERIC = 2
SQL_DECIMAL = 3
SQL_INTEGER = 4
SQL_SMALLINT = 5
SQL_FLOAT = 6
SQL_REAL = 7
SQL_DOUBLE = 8
SQL_DATETIME = 9
SQL_INTERVAL = 10
SQL_VARCHAR = 12
SQL_TYPE_DATE = 91
SQL_TYPE_TIME = 92
SQL_TYPE_TIMESTAMP = 93
SQL_LONGVARCHAR = -1
SQL_BINARY = -2
SQL_VARBINARY = -3
SQL_LONGVARBINARY = -4
SQL_BIGINT = -5
SQL_TINYINT = -6
SQL_BIT = -7
SQL_WCHAR = -8
SQL_WVARCHAR = -9
SQL_WLONGVARCHAR = -10
SQL_GUID = -11
SQL_INTERVAL_YEAR = 101
SQL_INTERVAL_MONTH = 102
SQL_INTERVAL_DAY = 103
SQL_INTERVAL_HOUR = 104
SQL_INTERVAL_MINUTE = 105
SQL_INTERVAL_SECOND = 106
SQL_INTERVAL_YEAR_TO_MONTH = 107
SQL_INTERVAL_DAY_TO_HOUR = 108
SQL_INTERVAL_DAY_TO_MINUTE = 109
SQL_INTERVAL_DAY_TO_SECOND = 110
SQL_INTERVAL_HOUR_TO_MINUTE = 111
SQL_INTERVAL_HOUR_TO_SECOND = 112
SQL_INTERVAL_MINUTE_TO_SECOND = 113

CHARACTER_TYPES = frozenset({SQL_CHAR, SQL_VARCHAR, SQL_LONGVARCHAR})
WIDE_TYPES = frozenset({SQL_WCHAR, SQL_WVARCHAR, SQL_WLONGVARCHAR})
BINARY_TYPES = frozenset({SQL_BINARY, SQL_VARBINARY, SQL_LONGVARBINARY})
INTEGER_TYPES = frozenset({SQL_TINYINT, SQL_SMALLINT, SQL_INTEGER, SQL_BIGINT})
EXACT_TYPES = INTEGER_TYPES | {SQL_DECIMAL, SQL_NUMERIC}
APPROXIMATE_TYPES = frozenset({SQL_REAL, SQL_FLOAT, SQL_DOUBLE})
NUMERIC_TYPES = EXACT_TYPES | APPROXIMATE_TYPES
DATETIME_TYPES = frozenset({SQL_TYPE_DATE, SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP})
INTERVAL_TYPES = frozenset(range(SQL_INTERVAL_YEAR, SQL_INTERVAL_MINUTE_TO_SECOND + 1))
SECOND_INTERVALS = frozenset(
    {SQL_INTERVAL_SECOND, SQL_INTERVAL_DAY_TO_SECOND, SQL_INTERVAL_HOUR_TO_SECOND, SQL_INTERVAL_MINUTE_TO_SECOND}
)

INTERVAL_STRUCT_BYTES = 28
"""sizeof(SQL_INTERVAL_STRUCT) where SQLUINTEGER has four bytes."""


@dataclass(frozen=True)
class TypeRow:
    """One row of SQLGetTypeInfo: a type of the engine as ODBC sees it (SQLGetTypeInfo, columns 1 to 19)."""

    type_name: str
    sql_type: int
    column_size: int | None
    literal_prefix: str | None = None
    literal_suffix: str | None = None
    create_params: str | None = None
    nullable: int = 1
    case_sensitive: bool = False
    searchable: int = 2
    unsigned: bool | None = None
    fixed_prec_scale: bool = False
    auto_unique: bool | None = None
    local_type_name: str | None = None
    minimum_scale: int | None = None
    maximum_scale: int | None = None
    num_prec_radix: int | None = None
    interval_precision: int | None = None


@dataclass(frozen=True)
class Column:
    """One result column as the IRD, SQLDescribeCol and SQLColAttribute report it. Sizes as in ODBC's Appendix D."""

    name: str
    sql_type: int
    """Concise SQL type code."""
    column_size: int = 0
    decimal_digits: int = 0
    nullable: int = 2
    type_name: str = ""
    display_size: int = 0
    octet_length: int = 0
    num_prec_radix: int = 0
    unsigned: bool = False
    case_sensitive: bool = False
    searchable: int = 2
    fixed_prec_scale: bool = False
    auto_unique: bool = False
    literal_prefix: str = ""
    literal_suffix: str = ""
    local_type_name: str = ""
    base_column: str = ""
    base_table: str = ""
    table: str = ""
    schema: str = ""
    catalog: str = ""
    zone: str = ""
    """Time zone in which UTC timestamps of an Arrow result are shown; empty: values are local already."""


@dataclass(frozen=True)
class Sizes:
    """Column size, decimal digits, display size, transfer octet length and radix of one column (Appendix D)."""

    column_size: int
    decimal_digits: int
    display_size: int
    octet_length: int
    num_prec_radix: int


# Type -> (column size, display size signed, display size unsigned, octet length, radix).
_FIXED = {
    SQL_BIT: (1, 1, 1, 1, 0),
    SQL_TINYINT: (3, 4, 3, 1, 10),
    SQL_SMALLINT: (5, 6, 5, 2, 10),
    SQL_INTEGER: (10, 11, 10, 4, 10),
    SQL_BIGINT: (19, 20, 20, 8, 10),
    SQL_REAL: (7, 14, 14, 4, 2),
    SQL_FLOAT: (15, 24, 24, 8, 2),
    SQL_DOUBLE: (15, 24, 24, 8, 2),
    SQL_TYPE_DATE: (10, 10, 10, 6, 0),
    SQL_GUID: (36, 36, 36, 16, 0),
}

# Interval type -> characters of the text form beside the leading field, without a fraction of seconds.
_INTERVAL_REST = {
    SQL_INTERVAL_YEAR_TO_MONTH: 3,
    SQL_INTERVAL_DAY_TO_HOUR: 3,
    SQL_INTERVAL_DAY_TO_MINUTE: 6,
    SQL_INTERVAL_DAY_TO_SECOND: 9,
    SQL_INTERVAL_HOUR_TO_MINUTE: 3,
    SQL_INTERVAL_HOUR_TO_SECOND: 6,
    SQL_INTERVAL_MINUTE_TO_SECOND: 3,
}


def sizes_of(sql_type: int, size: int = 0, digits: int = 0, unsigned: bool = False) -> Sizes:
    """The sizes of a column of `sql_type`.

    `size` is its length in characters or bytes, its precision, or an interval's leading precision; `digits` the
    scale, or the fractional digits of seconds. Both are ignored where the type alone decides.
    """
    if sql_type in _FIXED:
        column, signed_display, unsigned_display, octets, radix = _FIXED[sql_type]
        if sql_type == SQL_BIGINT and unsigned:
            column = 20
        return Sizes(column, 0, unsigned_display if unsigned else signed_display, octets, radix)
    if sql_type in (SQL_DECIMAL, SQL_NUMERIC):
        return Sizes(size, digits, size + 2, size + 2, 10)
    if sql_type in WIDE_TYPES:
        return Sizes(size, 0, size, 2 * size, 0)
    if sql_type in BINARY_TYPES:
        return Sizes(size, 0, 2 * size, size, 0)
    if sql_type in (SQL_TYPE_TIME, SQL_TYPE_TIMESTAMP):
        whole, octets = (8, 6) if sql_type == SQL_TYPE_TIME else (19, 16)
        length = whole + (1 + digits if digits else 0)
        return Sizes(length, digits, length, octets, 0)
    if sql_type in INTERVAL_TYPES:
        seconds = digits if sql_type in SECOND_INTERVALS else 0
        length = size + _INTERVAL_REST.get(sql_type, 0) + (1 + seconds if seconds else 0)
        return Sizes(length, seconds, length, INTERVAL_STRUCT_BYTES, 0)
    return Sizes(size, 0, size, size, 0)


def make_column(
    row: TypeRow, name: str, size: int | None = None, digits: int | None = None, nullable: int = 2, **more: str
) -> Column:
    """A column of the type that `row` describes.

    `size` and `digits` are those of `sizes_of`; left out, they are the type's own (its largest). `more` are further
    text fields of Column: type_name, base_column, base_table, table, schema, catalog, zone.
    """
    largest = row.interval_precision if row.sql_type in INTERVAL_TYPES else row.column_size
    unsigned = bool(row.unsigned)
    s = sizes_of(
        row.sql_type,
        (largest or 0) if size is None else size,
        (row.maximum_scale or 0) if digits is None else digits,
        unsigned,
    )
    fields: dict[str, str] = {"type_name": row.type_name, "local_type_name": row.local_type_name or "", **more}
    return Column(
        name=name,
        sql_type=row.sql_type,
        column_size=s.column_size,
        decimal_digits=s.decimal_digits,
        nullable=nullable,
        display_size=s.display_size,
        octet_length=s.octet_length,
        num_prec_radix=s.num_prec_radix,
        # SQL_DESC_UNSIGNED is true for what is no number.
        unsigned=unsigned or row.sql_type not in NUMERIC_TYPES,
        case_sensitive=row.case_sensitive,
        searchable=row.searchable,
        fixed_prec_scale=row.fixed_prec_scale,
        auto_unique=bool(row.auto_unique),
        literal_prefix=row.literal_prefix or "",
        literal_suffix=row.literal_suffix or "",
        **fields,
    )


def verbose_type(sql_type: int) -> tuple[int, int | None]:
    """(SQL_DESC_TYPE, SQL_DESC_DATETIME_INTERVAL_CODE or None) of a concise type."""
    if sql_type in DATETIME_TYPES:
        return SQL_DATETIME, sql_type - 90
    if sql_type in INTERVAL_TYPES:
        return SQL_INTERVAL, sql_type - 100
    return sql_type, None
