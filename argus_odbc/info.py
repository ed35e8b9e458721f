"""The answers of SQLGetInfo: what every connection says, and what follows from capabilities and dialect.

`answers` gives InfoType -> (width, value): width 0 is text, 2 and 4 are the bytes of a number. Numbers and bits are
those of sql.h and sqlext.h. What the driver manager answers itself (driver handles, SQL_DM_VER) is not here.
"""

from __future__ import annotations

from typing import Any

from argus_odbc import __version__
from argus_odbc.backends.base import Backend, Capabilities, Dialect

Answers = dict[int, tuple[int, int | str]]

NUMERIC = (
    "ABS ACOS ASIN ATAN ATAN2 CEILING COS COT EXP FLOOR LOG MOD SIGN SIN SQRT TAN PI RAND DEGREES LOG10 POWER "
    "RADIANS ROUND TRUNCATE"
).split()
STRING = (
    "CONCAT INSERT LEFT LTRIM LENGTH LOCATE LCASE REPEAT REPLACE RIGHT RTRIM SUBSTRING UCASE ASCII CHAR DIFFERENCE "
    "LOCATE_2 SOUNDEX SPACE BIT_LENGTH CHAR_LENGTH CHARACTER_LENGTH OCTET_LENGTH POSITION"
).split()
TIMEDATE = (
    "NOW CURDATE DAYOFMONTH DAYOFWEEK DAYOFYEAR MONTH QUARTER WEEK YEAR CURTIME HOUR MINUTE SECOND TIMESTAMPADD "
    "TIMESTAMPDIFF DAYNAME MONTHNAME CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP EXTRACT"
).split()
SYSTEM = ["USER", "DATABASE", "IFNULL"]
"""Scalar functions in the order of their bits: SQL_FN_NUM_*, SQL_FN_STR_*, SQL_FN_TD_*, SQL_FN_SYS_*."""

INTERVALS = "FRAC_SECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR".split()
"""SQL_FN_TSI_* in the order of their bits."""

TEXT: dict[int, str] = {
    6: "libargus_odbc.so",  # SQL_DRIVER_NAME
    10: "03.80",  # SQL_ODBC_VER
    77: "03.80",  # SQL_DRIVER_ODBC_VER
    11: "N",  # SQL_ROW_UPDATES
    14: "\\",  # SQL_SEARCH_PATTERN_ESCAPE
    19: "N",  # SQL_ACCESSIBLE_TABLES
    20: "N",  # SQL_ACCESSIBLE_PROCEDURES
    27: "Y",  # SQL_EXPRESSIONS_IN_ORDERBY
    38: "Y",  # SQL_OUTER_JOINS
    40: "procedure",  # SQL_PROCEDURE_TERM
    73: "N",  # SQL_INTEGRITY
    87: "Y",  # SQL_COLUMN_ALIAS
    90: "N",  # SQL_ORDER_BY_COLUMNS_IN_SELECT
    94: "",  # SQL_SPECIAL_CHARACTERS
    103: "Y",  # SQL_MAX_ROW_SIZE_INCLUDES_LONG
    111: "N",  # SQL_NEED_LONG_DATA_LEN
    113: "Y",  # SQL_LIKE_ESCAPE_CLAUSE
    10000: "1995",  # SQL_XOPEN_CLI_YEAR
    10004: "",  # SQL_COLLATION_SEQ
}
WORD: dict[int, int] = {
    0: 0,  # SQL_MAX_DRIVER_CONNECTIONS: no limit
    9: 1,  # SQL_ODBC_API_CONFORMANCE: level 1
    12: 1,  # SQL_ODBC_SAG_CLI_CONFORMANCE
    15: 1,  # SQL_ODBC_SQL_CONFORMANCE: core
    22: 0,  # SQL_CONCAT_NULL_BEHAVIOR: NULL
    23: 1,  # SQL_CURSOR_COMMIT_BEHAVIOR: close
    24: 1,  # SQL_CURSOR_ROLLBACK_BEHAVIOR: close
    31: 128,  # SQL_MAX_CURSOR_NAME_LEN
    74: 2,  # SQL_CORRELATION_NAME: any
    75: 1,  # SQL_NON_NULLABLE_COLUMNS
    84: 0,  # SQL_FILE_USAGE
    88: 2,  # SQL_GROUP_BY: contains the select list
    97: 0,  # SQL_MAX_COLUMNS_IN_GROUP_BY
    98: 0,  # SQL_MAX_COLUMNS_IN_INDEX
    99: 0,  # SQL_MAX_COLUMNS_IN_ORDER_BY
    100: 0,  # SQL_MAX_COLUMNS_IN_SELECT
    101: 0,  # SQL_MAX_COLUMNS_IN_TABLE
    106: 0,  # SQL_MAX_TABLES_IN_SELECT
    107: 128,  # SQL_MAX_USER_NAME_LEN
    116: 0,  # SQL_ACTIVE_ENVIRONMENTS
}
LONG: dict[int, int] = {
    8: 0x1,  # SQL_FETCH_DIRECTION: next
    43: 0x1,  # SQL_SCROLL_CONCURRENCY: read only
    44: 0x1,  # SQL_SCROLL_OPTIONS: forward only
    78: 0,  # SQL_LOCK_TYPES
    79: 0,  # SQL_POS_OPERATIONS
    80: 0,  # SQL_POSITIONED_STATEMENTS
    81: 0x1 | 0x2 | 0x8,  # SQL_GETDATA_EXTENSIONS: any column, any order, bound
    82: 0,  # SQL_BOOKMARK_PERSISTENCE
    83: 0,  # SQL_STATIC_SENSITIVITY
    86: 0x20,  # SQL_ALTER_TABLE: add column
    95: 0x1F,  # SQL_SUBQUERIES
    96: 0x3,  # SQL_UNION
    102: 0,  # SQL_MAX_INDEX_SIZE
    104: 0,  # SQL_MAX_ROW_SIZE
    105: 0,  # SQL_MAX_STATEMENT_LEN
    108: 0,  # SQL_MAX_CHAR_LITERAL_LEN
    112: 0,  # SQL_MAX_BINARY_LITERAL_LEN
    115: 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40,  # SQL_OJ_CAPABILITIES
    117: 0,  # SQL_ALTER_DOMAIN
    118: 0x1,  # SQL_SQL_CONFORMANCE: SQL-92 entry
    119: 0x7,  # SQL_DATETIME_LITERALS: date, time, timestamp
    120: 0,  # SQL_BATCH_ROW_COUNT
    121: 0,  # SQL_BATCH_SUPPORT
    127: 0, 128: 0, 129: 0, 130: 0,  # SQL_CREATE_ASSERTION, _CHARACTER_SET, _COLLATION, _DOMAIN
    131: 0x1,  # SQL_CREATE_SCHEMA
    132: 0x1,  # SQL_CREATE_TABLE
    133: 0,  # SQL_CREATE_TRANSLATION
    134: 0x1,  # SQL_CREATE_VIEW
    136: 0, 137: 0, 138: 0, 139: 0,  # SQL_DROP_ASSERTION, _CHARACTER_SET, _COLLATION, _DOMAIN
    140: 0x1 | 0x4,  # SQL_DROP_SCHEMA: cascade
    141: 0x1,  # SQL_DROP_TABLE
    142: 0,  # SQL_DROP_TRANSLATION
    143: 0x1,  # SQL_DROP_VIEW
    144: 0, 145: 0,  # SQL_DYNAMIC_CURSOR_ATTRIBUTES1 and 2
    146: 0x1,  # SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1: next
    147: 0x1 | 0x80,  # SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES2: read only, max rows on select
    148: 0,  # SQL_INDEX_KEYWORDS
    149: 0,  # SQL_INFO_SCHEMA_VIEWS
    150: 0, 151: 0,  # SQL_KEYSET_CURSOR_ATTRIBUTES1 and 2
    152: 1,  # SQL_ODBC_INTERFACE_CONFORMANCE: core
    153: 2,  # SQL_PARAM_ARRAY_ROW_COUNTS: no batch
    154: 3,  # SQL_PARAM_ARRAY_SELECTS: no select
    155: 0x7,  # SQL_SQL92_DATETIME_FUNCTIONS
    156: 0, 157: 0,  # SQL_SQL92_FOREIGN_KEY_DELETE_RULE, _UPDATE_RULE
    158: 0,  # SQL_SQL92_GRANT
    159: 0x2 | 0x4 | 0x8,  # SQL_SQL92_NUMERIC_VALUE_FUNCTIONS
    160: 0x1 | 0x2 | 0x4 | 0x200 | 0x400 | 0x800 | 0x1000,  # SQL_SQL92_PREDICATES
    161: 0x2 | 0x8 | 0x10 | 0x40 | 0x100,  # SQL_SQL92_RELATIONAL_JOIN_OPERATORS
    162: 0,  # SQL_SQL92_REVOKE
    163: 0x1 | 0x2,  # SQL_SQL92_ROW_VALUE_CONSTRUCTOR
    164: 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80,  # SQL_SQL92_STRING_FUNCTIONS
    165: 0xF,  # SQL_SQL92_VALUE_EXPRESSIONS
    166: 0x2,  # SQL_STANDARD_CLI_CONFORMANCE: ISO 92
    167: 0, 168: 0,  # SQL_STATIC_CURSOR_ATTRIBUTES1 and 2
    169: 0x7F,  # SQL_AGGREGATE_FUNCTIONS
    170: 0,  # SQL_DDL_INDEX
    172: 0x1 | 0x2,  # SQL_INSERT_STATEMENT: literals, searched
    180: 0,  # SQL_RETURN_ESCAPE_CLAUSE of ODBC 4, asked by Power Query
    10001: 0,  # SQL_CURSOR_SENSITIVITY: unspecified
    10021: 0,  # SQL_ASYNC_MODE
    10022: 0,  # SQL_MAX_ASYNC_CONCURRENT_STATEMENTS
    10023: 0,  # SQL_ASYNC_DBC_FUNCTIONS
    10024: 0,  # SQL_DRIVER_AWARE_POOLING_SUPPORTED
    10025: 0,  # SQL_ASYNC_NOTIFICATION
}  # fmt: skip
CONVERT = (53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 122, 123, 124, 125, 126, 173)
"""SQL_CONVERT_*: what {fn CONVERT(value, type)} can turn a type into; 0 while the dialect has no CONVERT."""


def yes(value: bool) -> str:
    return "Y" if value else "N"


def function_bits(names: list[str], dialect: Dialect) -> int:
    """The bitmap of the scalar functions that the dialect can write."""
    known = {name.upper() for name in dialect.functions}
    known |= {"LOCATE_2"} if "LOCATE" in known else set()
    return sum(1 << bit for bit, name in enumerate(names) if name in known)


def from_capabilities(c: Capabilities, d: Dialect) -> tuple[dict[int, str], dict[int, int], dict[int, int]]:
    """Texts, 16-bit and 32-bit numbers that differ between engines."""
    usage = 0x1 | 0x4  # SQL_CU_/SQL_SU_: in statements and in table definitions
    length = c.max_identifier_length
    intervals = (1 << len(INTERVALS)) - 1
    text = {
        17: c.dbms_name,  # SQL_DBMS_NAME
        21: yes(c.procedures),  # SQL_PROCEDURES
        25: yes(c.read_only),  # SQL_DATA_SOURCE_READ_ONLY
        29: d.identifier_quote,  # SQL_IDENTIFIER_QUOTE_CHAR
        36: yes(c.multiple_results),  # SQL_MULT_RESULT_SETS
        37: yes(c.transactions),  # SQL_MULTIPLE_ACTIVE_TXN
        39: d.schema_term if c.schemas else "",  # SQL_SCHEMA_TERM
        41: d.catalog_separator if c.catalogs else "",  # SQL_CATALOG_NAME_SEPARATOR
        42: d.catalog_term if c.catalogs else "",  # SQL_CATALOG_TERM
        45: d.table_term,  # SQL_TABLE_TERM
        89: ",".join(d.keywords),  # SQL_KEYWORDS
        10002: yes(c.describe_parameters),  # SQL_DESCRIBE_PARAMETER
        10003: yes(c.catalogs),  # SQL_CATALOG_NAME
    }
    word = {
        1: c.max_concurrent_statements if c.multiple_active_statements else 1,  # SQL_MAX_CONCURRENT_ACTIVITIES
        28: c.identifier_case,  # SQL_IDENTIFIER_CASE
        30: length,  # SQL_MAX_COLUMN_NAME_LEN
        32: length if c.schemas else 0,  # SQL_MAX_SCHEMA_NAME_LEN
        33: length if c.procedures else 0,  # SQL_MAX_PROCEDURE_NAME_LEN
        34: length if c.catalogs else 0,  # SQL_MAX_CATALOG_NAME_LEN
        35: length,  # SQL_MAX_TABLE_NAME_LEN
        46: 0 if not c.transactions else 2 if c.ddl_in_transaction else 1,  # SQL_TXN_CAPABLE
        85: c.null_collation,  # SQL_NULL_COLLATION
        93: c.quoted_identifier_case,  # SQL_QUOTED_IDENTIFIER_CASE
        114: 1 if c.catalogs else 0,  # SQL_CATALOG_LOCATION: at the start
        10005: length,  # SQL_MAX_IDENTIFIER_LEN
    }
    functions = {name.upper() for name in d.functions}
    long = {
        26: c.default_isolation,  # SQL_DEFAULT_TXN_ISOLATION
        48: (0x1 if "CONVERT" in functions else 0) | 0x2,  # SQL_CONVERT_FUNCTIONS: CAST
        49: function_bits(NUMERIC, d),  # SQL_NUMERIC_FUNCTIONS
        50: function_bits(STRING, d),  # SQL_STRING_FUNCTIONS
        51: function_bits(SYSTEM, d),  # SQL_SYSTEM_FUNCTIONS
        52: function_bits(TIMEDATE, d),  # SQL_TIMEDATE_FUNCTIONS
        72: c.isolation_levels,  # SQL_TXN_ISOLATION_OPTION
        91: usage if c.schemas else 0,  # SQL_SCHEMA_USAGE
        92: usage if c.catalogs else 0,  # SQL_CATALOG_USAGE
        109: intervals if "TIMESTAMPADD" in functions else 0,  # SQL_TIMEDATE_ADD_INTERVALS
        110: intervals if "TIMESTAMPDIFF" in functions else 0,  # SQL_TIMEDATE_DIFF_INTERVALS
    }
    return text, word, long


def of_session(backend: Backend, settings: Any) -> dict[int, str]:
    """Texts of this one connection."""
    return {
        2: getattr(settings, "dsn", "") or "",  # SQL_DATA_SOURCE_NAME
        7: driver_version(),  # SQL_DRIVER_VER
        13: getattr(settings, "host", "") or "",  # SQL_SERVER_NAME
        16: backend.current_catalog() if backend.capabilities.catalogs else "",  # SQL_DATABASE_NAME
        18: backend.server_version(),  # SQL_DBMS_VER
        47: backend.current_user(),  # SQL_USER_NAME
    }


def driver_version() -> str:
    """`##.##.####`, as SQL_DRIVER_VER wants it."""
    major, minor, patch = (int(part) for part in __version__.split(".")[:3])
    return f"{major:02d}.{minor:02d}.{patch:04d}"


def answers(backend: Backend, settings: Any) -> Answers:
    """Every InfoType that the driver answers."""
    capabilities, dialect = backend.capabilities, backend.dialect
    text, word, long = from_capabilities(capabilities, dialect)
    found: Answers = {}
    for table in (TEXT, text, of_session(backend, settings)):
        found |= {number: (0, value) for number, value in table.items()}
    for width, tables in ((2, (WORD, word)), (4, (LONG, dict.fromkeys(CONVERT, 0), long))):
        for numbers in tables:
            found |= {number: (width, value) for number, value in numbers.items()}
    for number, value in capabilities.extra_info.items():
        width = 0 if isinstance(value, str) else found.get(number, (4, 0))[0]
        found[number] = (width, value)
    return found
