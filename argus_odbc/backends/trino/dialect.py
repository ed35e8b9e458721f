"""How SQL is written for Trino, the ODBC scalar functions included."""

from __future__ import annotations

from argus_odbc.backends.base import TRUNCATE, Dialect

_SAME = (
    "ABS ACOS ASIN ATAN ATAN2 CEILING COS DEGREES EXP FLOOR LOG10 MOD PI POWER RADIANS ROUND SIGN SIN SQRT TAN "
    "CONCAT LTRIM REPLACE RTRIM SOUNDEX HOUR MINUTE MONTH QUARTER SECOND WEEK YEAR"
).split()
"""Functions whose name, arguments and meaning are the same."""

FUNCTIONS: dict[str, str] = {
    **{name: f"{name.lower()}({{*}})" for name in _SAME},
    "COT": "(1 / tan({0}))",
    "LOG": "ln({0})",
    "RAND": "random()",
    # truncate(x, n) takes no double.
    "TRUNCATE": TRUNCATE,
    # codepoint() refuses the empty text, which would end the whole query.
    "ASCII": "if({0} = '', 0, codepoint(CAST(substr({0}, 1, 1) AS varchar(1))))",
    "CHAR": "chr({0})",
    "CHAR_LENGTH": "length({0})",
    "CHARACTER_LENGTH": "length({0})",
    "INSERT": "concat(substr({0}, 1, ({1}) - 1), {3}, substr({0}, ({1}) + ({2})))",
    "LCASE": "lower({0})",
    "LEFT": "substr({0}, 1, {1})",
    "LENGTH": "length(rtrim({0}))",
    "LOCATE": "strpos({1}, {0})",
    "OCTET_LENGTH": "length(to_utf8({0}))",
    "BIT_LENGTH": "(8 * length(to_utf8({0})))",
    "POSITION": "position({0} IN {1})",
    "REPEAT": "array_join(repeat({0}, {1}), '')",
    "RIGHT": "substr({0}, greatest(length({0}) - ({1}) + 1, 1))",
    "SPACE": "rpad('', {0}, ' ')",
    "SUBSTRING": "substr({*})",
    "UCASE": "upper({0})",
    "CURDATE": "current_date",
    "CURRENT_DATE": "current_date",
    "CURTIME": "localtime",
    "CURRENT_TIME": "localtime",
    "CURRENT_TIMESTAMP": "localtimestamp",
    "NOW": "localtimestamp",
    "DAYNAME": "date_format({0}, '%W')",
    "DAYOFMONTH": "day({0})",
    "DAYOFWEEK": "(day_of_week({0}) % 7 + 1)",
    "DAYOFYEAR": "day_of_year({0})",
    "EXTRACT": "extract({*})",
    "MONTHNAME": "date_format({0}, '%M')",
    # The timestamp may be a bare date; `timestamp` alone would round it to milliseconds.
    "TIMESTAMPADD": "date_add('{0}', {1}, CAST({2} AS timestamp(9)))",
    "TIMESTAMPDIFF": "date_diff('{0}', CAST({1} AS timestamp(12)), CAST({2} AS timestamp(12)))",
    "DATABASE": "current_catalog",
    "IFNULL": "coalesce({0}, {1})",
    "USER": "current_user",
    # Without digits they are milliseconds.
    **dict.fromkeys(("SQL_TIMESTAMP", "SQL_TYPE_TIMESTAMP"), "timestamp(9)"),
    **dict.fromkeys(("SQL_TIME", "SQL_TYPE_TIME"), "time(9)"),
    **dict.fromkeys(("SQL_BINARY", "SQL_VARBINARY", "SQL_LONGVARBINARY"), "VARBINARY"),
}

KEYWORDS = tuple(
    "CUBE CURRENT_CATALOG CURRENT_PATH CURRENT_ROLE CURRENT_SCHEMA GROUPING JSON_ARRAY JSON_EXISTS JSON_OBJECT "
    "JSON_QUERY JSON_TABLE JSON_VALUE LISTAGG LOCALTIME LOCALTIMESTAMP NORMALIZE RECURSIVE ROLLUP SKIP UESCAPE "
    "UNNEST".split()
)
"""Reserved words of Trino that are not in ODBC's own list."""

DIALECT = Dialect(
    keywords=KEYWORDS,
    functions=FUNCTIONS,
    guid_literal="UUID '{0}'",
    quotes="'\"",
)
