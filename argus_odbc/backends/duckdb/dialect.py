"""How SQL is written for DuckDB, the ODBC scalar functions included."""

from __future__ import annotations

from argus_odbc.backends.base import INTERVAL_FIELDS, TRUNCATE, Dialect

_SAME = (
    "ABS ACOS ASIN ATAN ATAN2 CEILING COS COT DEGREES EXP FLOOR PI POWER RADIANS ROUND SIGN SIN SQRT TAN ASCII "
    "LEFT LTRIM REPEAT REPLACE RIGHT RTRIM BIT_LENGTH CHAR_LENGTH CHARACTER_LENGTH HOUR MINUTE "
    "MONTH MONTHNAME QUARTER SECOND WEEK YEAR DAYNAME"
).split()
"""Functions whose name, arguments and meaning are the same."""

FUNCTIONS: dict[str, str] = {
    **{name: f"{name.lower()}({{*}})" for name in _SAME},
    "LOG": "ln({0})",
    "LOG10": "log10({0})",
    "MOD": "({0} % {1})",
    "RAND": "random()",
    "TRUNCATE": TRUNCATE,
    "CHAR": "chr({0})",
    "CONCAT": "({0} || {1})",  # concat() leaves NULL out
    "INSERT": "(left({0}, {1} - 1) || {3} || substr({0}, {1} + {2}))",
    "LCASE": "lower({0})",
    "LENGTH": "length(rtrim({0}))",
    "LOCATE": "instr({1}, {0})",
    "OCTET_LENGTH": "strlen({0})",
    "POSITION": "position({0} IN {1})",
    "SPACE": "repeat(' ', {0})",
    "SUBSTRING": "substr({*})",
    "UCASE": "upper({0})",
    "CURDATE": "current_date",
    "CURRENT_DATE": "current_date",
    "CURTIME": "CAST(current_time AS TIME)",
    "CURRENT_TIME": "CAST(current_time AS TIME)",
    "CURRENT_TIMESTAMP": "CAST(current_timestamp AS TIMESTAMP)",
    "NOW": "CAST(current_timestamp AS TIMESTAMP)",
    "DAYOFMONTH": "day({0})",
    "DAYOFWEEK": "(dayofweek({0}) + 1)",
    "DAYOFYEAR": "dayofyear({0})",
    "EXTRACT": "extract({*})",
    # The timestamp may be a bare date.
    "TIMESTAMPADD": "(CAST({2} AS TIMESTAMP) + {1} * INTERVAL 1 {0})",
    # Whole units between the two, as Spark counts them; date_diff would count borders.
    "TIMESTAMPDIFF": "date_sub('{0}', CAST({1} AS TIMESTAMP), CAST({2} AS TIMESTAMP))",
    "DATABASE": "current_database()",
    "IFNULL": "ifnull({0}, {1})",
    "USER": "current_user",
}

KEYWORDS = (
    "ANALYSE", "ANALYZE", "ANTI", "ARRAY", "ASOF", "ASYMMETRIC", "COLUMNS", "DO", "FREEZE", "GLOB", "ILIKE", "ISNULL",
    "LAMBDA", "LATERAL", "LIMIT", "LOCALTIME", "LOCALTIMESTAMP", "MACRO", "MAP", "NOTNULL", "OFFSET", "PIVOT",
    "PIVOT_LONGER", "PIVOT_WIDER", "PLACING", "POSITIONAL", "QUALIFY", "RETURNING", "SEMI", "SHOW", "SIMILAR", "STRUCT",
    "SUMMARIZE", "SYMMETRIC", "TABLESAMPLE", "TRY_CAST", "UNPIVOT", "VARIADIC", "VERBOSE", "WINDOW",
)  # fmt: skip
"""Words that need quotes as a name and are not in ODBC's own list."""

DIALECT = Dialect(
    catalog_term="database",
    keywords=KEYWORDS,
    functions=FUNCTIONS,
    binary_literal="from_hex('{0}')",
    guid_literal="CAST('{0}' AS UUID)",
    nanosecond_literal="TIMESTAMP_NS '{0}'",
    intervals=INTERVAL_FIELDS,
    dollar_quotes=True,
    nested_comments=True,
)
