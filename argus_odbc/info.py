"""Every answer of SQLGetInfo: facts of the driver in tables, facts of the engine from its capabilities and dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from argus_odbc import __version__
from argus_odbc.backends.base import INTERVAL_FIELDS, INTERVAL_SPANS, Backend, Capabilities, Dialect

Answers = dict[int, tuple[int, int | str | None]]
"""InfoType -> (width, value). Width: bytes of the number (2, 4, or 8 for handles); 0 for text. None: see SESSION_TEXTS."""

DRIVER_NAME = "libargus_odbc.so"
DRIVER_ODBC_VERSION = "03.80"


def odbc_version(version: str) -> str:
    """A version such as 0.1.0 in the specification's form, 00.01.0000."""
    numbers = [int("".join(c for c in part if c.isdigit()) or 0) for part in version.split(".")[:3]] + [0, 0, 0]
    return f"{numbers[0]:02}.{numbers[1]:02}.{numbers[2]:04}"


# ---- what this driver does, whatever the engine: raise these when it does more ----
DRIVER_NUMBERS_2: dict[int, int] = {
    0: 0,  # SQL_MAX_DRIVER_CONNECTIONS: no limit
    9: 1,  # SQL_ODBC_API_CONFORMANCE: level 1
    12: 1,  # SQL_ODBC_SAG_CLI_CONFORMANCE: compliant
    15: 1,  # SQL_ODBC_SQL_CONFORMANCE: core
    22: 0,  # SQL_CONCAT_NULL_BEHAVIOR: NULL
    23: 2,  # SQL_CURSOR_COMMIT_BEHAVIOR: open cursors stay open
    24: 2,  # SQL_CURSOR_ROLLBACK_BEHAVIOR: the same
    31: 128,  # SQL_MAX_CURSOR_NAME_LEN
    74: 1,  # SQL_CORRELATION_NAME: any that differ; raised to 2 below
    75: 1,  # SQL_NON_NULLABLE_COLUMNS
    84: 0,  # SQL_FILE_USAGE: no single-tier driver
    88: 2,  # SQL_GROUP_BY: the select list must be in it
    97: 0,  # SQL_MAX_COLUMNS_IN_GROUP_BY
    98: 0,  # SQL_MAX_COLUMNS_IN_INDEX
    99: 0,  # SQL_MAX_COLUMNS_IN_ORDER_BY
    100: 0,  # SQL_MAX_COLUMNS_IN_SELECT
    101: 0,  # SQL_MAX_COLUMNS_IN_TABLE
    106: 0,  # SQL_MAX_TABLES_IN_SELECT
    107: 0,  # SQL_MAX_USER_NAME_LEN
    116: 0,  # SQL_ACTIVE_ENVIRONMENTS: no limit
}

DRIVER_NUMBERS_4: dict[int, int] = {
    8: 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x80,  # SQL_FETCH_DIRECTION: all, by bookmark too
    43: 0x1,  # SQL_SCROLL_CONCURRENCY: read only
    44: 0x1 | 0x10,  # SQL_SCROLL_OPTIONS: forward only, static
    78: 0x1,  # SQL_LOCK_TYPES: no change
    79: 0x1 | 0x2,  # SQL_POS_OPERATIONS: position, refresh
    80: 0,  # SQL_POSITIONED_STATEMENTS
    81: 0x1 | 0x2 | 0x4 | 0x8,  # SQL_GETDATA_EXTENSIONS: any column, any order, in a block, bound ones too
    82: 0,  # SQL_BOOKMARK_PERSISTENCE
    83: 0,  # SQL_STATIC_SENSITIVITY
    102: 0,  # SQL_MAX_INDEX_SIZE
    104: 0,  # SQL_MAX_ROW_SIZE
    105: 0,  # SQL_MAX_STATEMENT_LEN
    108: 0,  # SQL_MAX_CHAR_LITERAL_LEN
    112: 0,  # SQL_MAX_BINARY_LITERAL_LEN
    120: 0,  # SQL_BATCH_ROW_COUNT
    121: 0,  # SQL_BATCH_SUPPORT
    144: 0,  # SQL_DYNAMIC_CURSOR_ATTRIBUTES1
    145: 0,  # SQL_DYNAMIC_CURSOR_ATTRIBUTES2
    146: 0x1 | 0x40 | 0x200 | 0x1000,  # SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1: next, no lock, position, refresh
    147: 0x1 | 0x80,  # SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES2: read only, SQL_ATTR_MAX_ROWS for SELECT
    150: 0,  # SQL_KEYSET_CURSOR_ATTRIBUTES1
    151: 0,  # SQL_KEYSET_CURSOR_ATTRIBUTES2
    152: 1,  # SQL_ODBC_INTERFACE_CONFORMANCE: core
    153: 2,  # SQL_PARAM_ARRAY_ROW_COUNTS: one count
    154: 1,  # SQL_PARAM_ARRAY_SELECTS: a result set for each set of parameters
    166: 0x1 | 0x2,  # SQL_STANDARD_CLI_CONFORMANCE
    # SQL_STATIC_CURSOR_ATTRIBUTES1: all ways, bookmarks, SQL_FETCH_BY_BOOKMARK, as above
    167: 0x1 | 0x2 | 0x4 | 0x8 | 0x40 | 0x200 | 0x1000 | 0x80000,
    168: 0x1 | 0x80,  # SQL_STATIC_CURSOR_ATTRIBUTES2: read only, SQL_ATTR_MAX_ROWS for SELECT
    180: 0,  # SQL_RETURN_ESCAPE_CLAUSE of ODBC 4: none; an error here derails Power Query
    10001: 0,  # SQL_CURSOR_SENSITIVITY: unspecified
    10021: 2,  # SQL_ASYNC_MODE: statements
    10023: 0,  # SQL_ASYNC_DBC_FUNCTIONS: connection functions run to their end
    10024: 0,  # SQL_DRIVER_AWARE_POOLING_SUPPORTED
    10025: 0,  # SQL_ASYNC_NOTIFICATION
}

DRIVER_TEXTS: dict[int, str] = {
    6: DRIVER_NAME,
    7: odbc_version(__version__),
    10: DRIVER_ODBC_VERSION + ".0000",  # SQL_ODBC_VER; a manager answers with its own
    11: "N",  # SQL_ROW_UPDATES
    77: DRIVER_ODBC_VERSION,
    103: "Y",  # SQL_MAX_ROW_SIZE_INCLUDES_LONG
    111: "N",  # SQL_NEED_LONG_DATA_LEN
    171: DRIVER_ODBC_VERSION + ".0000",  # SQL_DM_VER; a manager answers with its own
    10000: "1995",  # SQL_XOPEN_CLI_YEAR
}

HANDLES = (3, 4, 5, 76, 135)
"""SQL_DRIVER_HDBC, HENV, HSTMT, HLIB, HDESC: a driver manager answers these; without one they are 0."""

# ---- the SQL that all engines behind this driver have; `Capabilities.extra_info` has what differs ----
SQL_NUMBERS_4: dict[int, int] = {
    86: 0x20,  # SQL_ALTER_TABLE: add column
    95: 0x1F,  # SQL_SUBQUERIES: all, correlated ones too
    96: 0x3,  # SQL_UNION: UNION and UNION ALL
    115: 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40,  # SQL_OJ_CAPABILITIES
    117: 0,  # SQL_ALTER_DOMAIN
    118: 1,  # SQL_SQL_CONFORMANCE: SQL-92 entry
    127: 0,  # SQL_CREATE_ASSERTION
    128: 0,  # SQL_CREATE_CHARACTER_SET
    129: 0,  # SQL_CREATE_COLLATION
    130: 0,  # SQL_CREATE_DOMAIN
    132: 0x1,  # SQL_CREATE_TABLE
    133: 0,  # SQL_CREATE_TRANSLATION
    134: 0x1,  # SQL_CREATE_VIEW
    136: 0,  # SQL_DROP_ASSERTION
    137: 0,  # SQL_DROP_CHARACTER_SET
    138: 0,  # SQL_DROP_COLLATION
    139: 0,  # SQL_DROP_DOMAIN
    141: 0x1,  # SQL_DROP_TABLE
    142: 0,  # SQL_DROP_TRANSLATION
    143: 0x1,  # SQL_DROP_VIEW
    148: 0,  # SQL_INDEX_KEYWORDS
    149: 0,  # SQL_INFO_SCHEMA_VIEWS
    156: 0,  # SQL_SQL92_FOREIGN_KEY_DELETE_RULE
    157: 0,  # SQL_SQL92_FOREIGN_KEY_UPDATE_RULE
    158: 0,  # SQL_SQL92_GRANT
    160: 0x1 | 0x2 | 0x4 | 0x200 | 0x400 | 0x800 | 0x1000,  # SQL_SQL92_PREDICATES: EXISTS, NULLs, LIKE, IN, BETWEEN, =
    161: 0x2 | 0x8 | 0x10 | 0x40 | 0x100,  # SQL_SQL92_RELATIONAL_JOIN_OPERATORS: cross, full, inner, left, right
    162: 0,  # SQL_SQL92_REVOKE
    163: 0,  # SQL_SQL92_ROW_VALUE_CONSTRUCTOR
    164: 0x2 | 0x4 | 0x8,  # SQL_SQL92_STRING_FUNCTIONS: LOWER, UPPER, SUBSTRING
    165: 0xF,  # SQL_SQL92_VALUE_EXPRESSIONS: CASE, CAST, COALESCE, NULLIF
    169: 0x7F,  # SQL_AGGREGATE_FUNCTIONS: all, DISTINCT too
    170: 0,  # SQL_DDL_INDEX
    172: 0x1 | 0x2,  # SQL_INSERT_STATEMENT: literals, INSERT ... SELECT
}

# ---- scalar functions: name in {fn}, and its bit (SQL_FN_*) ----
STRING_BITS = {
    "CONCAT": 0x1, "INSERT": 0x2, "LEFT": 0x4, "LTRIM": 0x8, "LENGTH": 0x10, "LCASE": 0x40, "REPEAT": 0x80,
    "REPLACE": 0x100, "RIGHT": 0x200, "RTRIM": 0x400, "SUBSTRING": 0x800, "UCASE": 0x1000, "ASCII": 0x2000,
    "CHAR": 0x4000, "DIFFERENCE": 0x8000, "LOCATE": 0x10000, "SOUNDEX": 0x20000, "SPACE": 0x40000,
    "BIT_LENGTH": 0x80000, "CHAR_LENGTH": 0x100000, "CHARACTER_LENGTH": 0x200000, "OCTET_LENGTH": 0x400000,
    "POSITION": 0x800000,
}  # fmt: skip
LOCATE_WITH_START = 0x20
NUMERIC_BITS = {
    name: 1 << bit
    for bit, name in enumerate(
        "ABS ACOS ASIN ATAN ATAN2 CEILING COS COT EXP FLOOR LOG MOD SIGN SIN SQRT TAN PI RAND DEGREES LOG10 POWER "
        "RADIANS ROUND TRUNCATE".split()
    )
}
SYSTEM_BITS = {"USER": 0x1, "DATABASE": 0x2, "IFNULL": 0x4}
TIMEDATE_BITS = {
    name: 1 << bit
    for bit, name in enumerate(
        "NOW CURDATE DAYOFMONTH DAYOFWEEK DAYOFYEAR MONTH QUARTER WEEK YEAR CURTIME HOUR MINUTE SECOND TIMESTAMPADD "
        "TIMESTAMPDIFF DAYNAME MONTHNAME CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP EXTRACT".split()
    )
}
SQL92_DATETIME_BITS = {"CURRENT_DATE": 0x1, "CURRENT_TIME": 0x2, "CURRENT_TIMESTAMP": 0x4}
SQL92_NUMERIC_BITS = {
    "BIT_LENGTH": 0x1, "CHAR_LENGTH": 0x2, "CHARACTER_LENGTH": 0x4, "EXTRACT": 0x8, "OCTET_LENGTH": 0x10,
    "POSITION": 0x20,
}  # fmt: skip
INTERVAL_BITS = {unit: 2 << bit for bit, unit in enumerate("SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR".split())}
"""SQL_FN_TSI_*; FRAC_SECOND is not."""

# ---- CAST between types: SQL_CONVERT_<type> -> (its InfoType, its SQL_CVT_ bit, its group) ----
CONVERT_TYPES = {
    "BIGINT": (53, 0x4000, "number"), "BINARY": (54, 0x400, "binary"), "BIT": (55, 0x1000, "bit"),
    "CHAR": (56, 0x1, "text"), "DATE": (57, 0x8000, "date"), "DECIMAL": (58, 0x4, "number"),
    "DOUBLE": (59, 0x80, "number"), "FLOAT": (60, 0x20, "number"), "INTEGER": (61, 0x8, "number"),
    "LONGVARCHAR": (62, 0x200, "text"), "NUMERIC": (63, 0x2, "number"), "REAL": (64, 0x40, "number"),
    "SMALLINT": (65, 0x10, "number"), "TIME": (66, 0x10000, "time"), "TIMESTAMP": (67, 0x20000, "timestamp"),
    "TINYINT": (68, 0x2000, "number"), "VARBINARY": (69, 0x800, "binary"), "VARCHAR": (70, 0x100, "text"),
    "LONGVARBINARY": (71, 0x40000, "binary"), "WCHAR": (122, 0x200000, "text"),
    "INTERVAL_DAY_TIME": (123, 0x100000, "interval"), "INTERVAL_YEAR_MONTH": (124, 0x80000, "interval"),
    "WLONGVARCHAR": (125, 0x400000, "text"), "WVARCHAR": (126, 0x800000, "text"), "GUID": (173, 0x1000000, "guid"),
}  # fmt: skip
CASTS = {
    "number": {"number", "text", "bit"}, "text": {"text", "number", "date", "timestamp", "binary", "bit", "time", "guid"},
    "bit": {"bit", "number", "text"}, "date": {"date", "timestamp", "text"}, "time": {"time", "text"},
    "timestamp": {"timestamp", "date", "text"}, "binary": {"binary", "text"}, "guid": {"guid", "text"}, "interval": set(),
}  # fmt: skip
"""What CAST turns a group of types into."""
CONCISE = {
    1: "CHAR", 2: "NUMERIC", 3: "DECIMAL", 4: "INTEGER", 5: "SMALLINT", 6: "FLOAT", 7: "REAL", 8: "DOUBLE",
    12: "VARCHAR", 91: "DATE", 92: "TIME", 93: "TIMESTAMP", -1: "LONGVARCHAR", -2: "BINARY", -3: "VARBINARY",
    -4: "LONGVARBINARY", -5: "BIGINT", -6: "TINYINT", -7: "BIT", -8: "WCHAR", -9: "WVARCHAR", -10: "WLONGVARCHAR",
    -11: "GUID",
}  # fmt: skip


def answers(backend: Backend, settings: Any) -> Answers:
    """Every SQLGetInfo answer of a connection, by InfoType."""
    capabilities, dialect = backend.capabilities, backend.dialect
    numbers2 = DRIVER_NUMBERS_2 | _engine_numbers_2(capabilities)
    numbers4 = DRIVER_NUMBERS_4 | SQL_NUMBERS_4 | _engine_numbers_4(capabilities) | _functions(dialect)
    numbers4 |= _conversions({row.sql_type for row in backend.get_type_info()})
    texts = DRIVER_TEXTS | _engine_texts(capabilities, dialect) | _connection_texts(backend, settings)
    found: Answers = dict.fromkeys(HANDLES, (8, 0))
    found |= {number: (2, value) for number, value in numbers2.items()}
    found |= {number: (4, value) for number, value in numbers4.items()}
    found |= {number: (0, value) for number, value in texts.items()}
    found |= dict.fromkeys(SESSION_TEXTS, (0, None))
    for number, value in capabilities.extra_info.items():
        found[number] = (found[number][0] if number in found else 0 if isinstance(value, str) else 4, value)
    return found


def _engine_numbers_2(capabilities: Capabilities) -> dict[int, int]:
    length = capabilities.max_identifier_length
    return {
        1: capabilities.max_concurrent_statements if capabilities.multiple_active_statements else 1,
        28: capabilities.identifier_case,
        30: length,  # SQL_MAX_COLUMN_NAME_LEN
        32: length if capabilities.schemas else 0,  # SQL_MAX_SCHEMA_NAME_LEN
        34: length if capabilities.catalogs else 0,  # SQL_MAX_CATALOG_NAME_LEN
        33: length if capabilities.procedures else 0,  # SQL_MAX_PROCEDURE_NAME_LEN
        35: length,  # SQL_MAX_TABLE_NAME_LEN
        # SQL_TXN_CAPABLE: none, DML only, or DDL too.
        46: 0 if not capabilities.transactions else 2 if capabilities.ddl_in_transaction else 1,
        74: 2,  # SQL_CORRELATION_NAME: any
        85: capabilities.null_collation,
        93: capabilities.quoted_identifier_case,
        114: 1 if capabilities.catalogs else 0,  # SQL_CATALOG_LOCATION: at the start
        10005: length,  # SQL_MAX_IDENTIFIER_LEN
    }


def _engine_numbers_4(capabilities: Capabilities) -> dict[int, int]:
    # Names have the part in queries, table definitions, calls of procedures and grants, as far as there are any.
    usage = 0x1 | 0x4 | (0x2 if capabilities.procedures else 0) | (0x10 if capabilities.privileges else 0)
    batches = capabilities.multiple_results
    return {
        26: capabilities.default_isolation,
        10022: 0 if capabilities.multiple_active_statements else 1,  # SQL_MAX_ASYNC_CONCURRENT_STATEMENTS; 0: no limit
        72: capabilities.isolation_levels,
        91: usage if capabilities.schemas else 0,
        92: usage if capabilities.catalogs else 0,
        120: 0x2 if batches and capabilities.row_counts else 0,  # SQL_BATCH_ROW_COUNT: each statement's own
        121: 0x1 | 0x2 if batches else 0,  # SQL_BATCH_SUPPORT
        131: 0x1 if capabilities.schemas else 0,  # SQL_CREATE_SCHEMA
        140: (0x1 | 0x2 | 0x4) if capabilities.schemas else 0,  # SQL_DROP_SCHEMA
    }


def _bits(table: dict[str, int], dialect: Dialect) -> int:
    known = {name.split()[0] for name in dialect.functions}
    return sum(bit for name, bit in table.items() if name in known)


def _intervals(function: str, dialect: Dialect) -> int:
    """SQL_FN_TSI_* that TIMESTAMPADD or TIMESTAMPDIFF takes: by one template, or by one for each."""
    known = dialect.functions
    return sum(bit for unit, bit in INTERVAL_BITS.items() if function in known or f"{function} {unit}" in known)


def _functions(dialect: Dialect) -> dict[int, int]:
    """Function bitmaps: what {fn} translates."""
    strings = _bits(STRING_BITS, dialect)
    locate = dialect.functions.get("LOCATE", "")
    if "{*}" in locate or "{2}" in locate:
        strings |= LOCATE_WITH_START
    return {
        48: 0x1 | 0x2,  # SQL_CONVERT_FUNCTIONS: CONVERT, CAST
        49: _bits(NUMERIC_BITS, dialect),
        50: strings,
        51: _bits(SYSTEM_BITS, dialect),
        52: _bits(TIMEDATE_BITS, dialect),
        109: _intervals("TIMESTAMPADD", dialect),
        110: _intervals("TIMESTAMPDIFF", dialect),
        119: _datetime_literals(dialect),
        155: _bits(SQL92_DATETIME_BITS, dialect),
        159: _bits(SQL92_NUMERIC_BITS, dialect),
    }


def _datetime_literals(dialect: Dialect) -> int:
    """SQL_DATETIME_LITERALS: date, timestamp, and what the engine has of the others."""
    time = 0x2 if dialect.time_literal.upper().startswith("TIME") else 0
    literals = (*INTERVAL_FIELDS, *INTERVAL_SPANS)
    return 0x1 | 0x4 | time | sum(0x8 << bit for bit, name in enumerate(literals) if name in dialect.intervals)


def _conversions(sql_types: set[int]) -> dict[int, int]:
    """SQL_CONVERT_* masks over the types that the engine has."""
    names = {CONCISE[t] for t in sql_types if t in CONCISE}
    if "WVARCHAR" in names or "VARCHAR" in names:
        names |= {"WVARCHAR", "VARCHAR"}
    found = {}
    for name, (number, _, group) in CONVERT_TYPES.items():
        targets = (t for t in names if CONVERT_TYPES[t][2] in CASTS[group]) if name in names else ()
        found[number] = sum(CONVERT_TYPES[t][1] for t in targets)
    return found


def _yes(condition: bool) -> str:
    return "Y" if condition else "N"


def _engine_texts(capabilities: Capabilities, dialect: Dialect) -> dict[int, str]:
    return {
        14: dialect.like_escape,
        17: capabilities.dbms_name,
        19: "N",  # SQL_ACCESSIBLE_TABLES: not all tables listed are known to be readable
        20: "N",  # SQL_ACCESSIBLE_PROCEDURES: nor all procedures to be callable
        21: _yes(capabilities.procedures),
        27: "Y",  # SQL_EXPRESSIONS_IN_ORDERBY
        29: dialect.identifier_quote or " ",
        36: _yes(capabilities.multiple_results),
        37: "Y",  # SQL_MULTIPLE_ACTIVE_TXN: of several connections
        38: "Y",  # SQL_OUTER_JOINS
        39: dialect.schema_term if capabilities.schemas else "",
        40: "procedure" if capabilities.procedures else "",
        41: dialect.catalog_separator if capabilities.catalogs else "",
        42: dialect.catalog_term if capabilities.catalogs else "",
        45: dialect.table_term,
        73: "N",  # SQL_INTEGRITY
        87: "Y",  # SQL_COLUMN_ALIAS
        89: ",".join(dialect.keywords),
        90: "N",  # SQL_ORDER_BY_COLUMNS_IN_SELECT: need not be
        113: _yes(dialect.like_escape_clause),
        94: "_",  # SQL_SPECIAL_CHARACTERS in unquoted names beyond letters and digits
        10002: _yes(capabilities.describe_parameters or capabilities.prepare_describes),
        10003: _yes(capabilities.catalogs),
        10004: "UTF-8",  # SQL_COLLATION_SEQ: texts compare by their code points
    }


def _connection_texts(backend: Backend, settings: Any) -> dict[int, str]:
    return {
        2: settings.dsn,
        13: settings.host or settings.database or backend.capabilities.dbms_name,
        25: _yes(backend.is_read_only),
        47: backend.current_user() or settings.uid,
    }


SESSION_TEXTS: dict[int, Callable[[Backend], str]] = {
    16: lambda backend: backend.current_catalog(),  # SQL_DATABASE_NAME
    18: lambda backend: backend.server_version(),  # SQL_DBMS_VER
}
"""What the session has to be asked for, when the application asks: it may cost round trips, and it may change."""
