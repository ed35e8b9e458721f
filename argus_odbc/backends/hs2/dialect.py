"""How SQL is written for Hive, Impala and Spark: {fn} templates that they share, and those of one or two only."""

from __future__ import annotations

from typing import Any

from argus_odbc.backends.base import TRUNCATE, Dialect

_SAME = """
ASCII CONCAT LCASE UCASE LOCATE LTRIM RTRIM REPEAT REPLACE SPACE
ABS ACOS ASIN ATAN CEILING COS DEGREES EXP FLOOR PI POWER RADIANS ROUND SIGN SIN SQRT TAN
DAYOFMONTH HOUR MINUTE MONTH SECOND YEAR
"""
"""Functions that all three have under ODBC's name."""

COMMON: dict[str, str] = {
    **{name: f"{name.lower()}({{*}})" for name in _SAME.split()},
    "LENGTH": "length(rtrim({0}))",
    "SUBSTRING": "substring({*})",
    "LEFT": "substr({0}, 1, {1})",
    "MOD": "({0} % {1})",
    "LOG": "ln({0})",
    "LOG10": "log10({0})",
    "COT": "(1 / tan({0}))",
    "NOW": "current_timestamp()",
    "CURRENT_DATE": "current_date()",
    "CURDATE": "current_date()",
    "CURRENT_TIMESTAMP": "current_timestamp()",
    "IFNULL": "coalesce({0}, {1})",
    "DATABASE": "current_database()",
    "RAND": "rand({*})",
    # Impala's truncate(x, n) takes no double.
    "TRUNCATE": TRUNCATE,
    # Types of {fn CONVERT}: texts have no length here, and there is no REAL that all three understand alike.
    **dict.fromkeys(("SQL_CHAR", "SQL_VARCHAR", "SQL_LONGVARCHAR", "SQL_GUID"), "string"),
    **dict.fromkeys(("SQL_WCHAR", "SQL_WVARCHAR", "SQL_WLONGVARCHAR"), "string"),
    "SQL_REAL": "float",
    "SQL_INTEGER": "int",
}

_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_BETWEEN = "(cast({2} as timestamp) - cast({1} as timestamp))"
_HIVE_HOURS = f"(day({_BETWEEN}) * 24 + hour({_BETWEEN}))"


def _added(units: str) -> dict[str, str]:
    """TIMESTAMPADD by an interval of the engine; weeks and quarters also where it has no such interval."""
    known = {unit: (1, unit) for unit in units.split()}
    known = {"WEEK": (7, "DAY"), "QUARTER": (3, "MONTH")} | known
    return {
        f"TIMESTAMPADD {unit}": f"(cast({{2}} as timestamp) + interval ({f'{n} * ' if n > 1 else ''}{{1}}) {word})"
        for unit, (n, word) in known.items()
    }


SPARK_AND_HIVE: dict[str, str] = {
    **COMMON,
    "CHAR": "chr({0})",
    "CHAR_LENGTH": "character_length({0})",
    "CHARACTER_LENGTH": "character_length({0})",
    "OCTET_LENGTH": "octet_length({0})",
    "SOUNDEX": "soundex({0})",
    "QUARTER": "quarter({0})",
    "DAYOFWEEK": "dayofweek({0})",
    "WEEK": "weekofyear({0})",
    "DAYNAME": "date_format({0}, 'EEEE')",
    "MONTHNAME": "date_format({0}, 'MMMM')",
    "USER": "current_user()",
}

SPARK: dict[str, str] = {
    **SPARK_AND_HIVE,
    "LEFT": "left({0}, {1})",
    "RIGHT": "right({0}, {1})",
    "INSERT": "overlay({0} PLACING {3} FROM {1} FOR {2})",
    "BIT_LENGTH": "bit_length({0})",
    "POSITION": "position({*})",
    "ATAN2": "atan2({0}, {1})",
    "DAYOFYEAR": "dayofyear({0})",
    "EXTRACT": "extract({*})",
    "CURTIME": "date_format(current_timestamp(), 'HH:mm:ss')",
    "TIMESTAMPADD": "timestampadd({0}, {1}, {2})",
    "TIMESTAMPDIFF": "timestampdiff({0}, {1}, {2})",
}

HIVE: dict[str, str] = {
    **SPARK_AND_HIVE,
    "RIGHT": "substr({0}, greatest(length({0}) - {1}, 0) + 1)",
    "EXTRACT": "extract({*})",
    "DAYOFYEAR": "cast(date_format({0}, 'D') as int)",
    **_added("SECOND MINUTE HOUR DAY MONTH YEAR"),
    "TIMESTAMPDIFF SECOND": f"({_HIVE_HOURS} * 3600 + minute({_BETWEEN}) * 60 + second({_BETWEEN}))",
    "TIMESTAMPDIFF MINUTE": f"({_HIVE_HOURS} * 60 + minute({_BETWEEN}))",
    "TIMESTAMPDIFF HOUR": _HIVE_HOURS,
    "TIMESTAMPDIFF DAY": f"day({_BETWEEN})",
    "TIMESTAMPDIFF WEEK": f"cast(day({_BETWEEN}) / 7 as int)",
    **{
        f"TIMESTAMPDIFF {unit}": f"cast(months_between({{2}}, {{1}}) / {months} as int)"
        for unit, months in _MONTHS.items()
    },
}

IMPALA: dict[str, str] = {
    **COMMON,
    "CHAR": "chr({0})",
    "CHAR_LENGTH": "char_length({0})",
    "CHARACTER_LENGTH": "char_length({0})",
    "OCTET_LENGTH": "length({0})",
    "LEFT": "strleft({0}, {1})",
    "RIGHT": "strright({0}, {1})",
    "ATAN2": "atan2({0}, {1})",
    "QUARTER": "quarter({0})",
    "DAYOFWEEK": "dayofweek({0})",
    "DAYOFYEAR": "dayofyear({0})",
    "WEEK": "week({0})",
    "DAYNAME": "dayname({0})",
    "MONTHNAME": "monthname({0})",
    "EXTRACT": "extract({*})",
    "USER": "user()",
    "NOW": "now()",
    "CURRENT_TIMESTAMP": "now()",
    **_added("SECOND MINUTE HOUR DAY WEEK MONTH YEAR"),
    **{
        f"TIMESTAMPDIFF {unit}": f"cast((unix_timestamp({{2}}) - unix_timestamp({{1}})) / {seconds} as bigint)"
        for unit, seconds in {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 7 * 86400}.items()
    },
    **{
        f"TIMESTAMPDIFF {unit}": f"cast(int_months_between({{2}}, {{1}}) / {months} as bigint)"
        for unit, months in _MONTHS.items()
    },
}


def dialect(functions: dict[str, str], keywords: str, **more: Any) -> Dialect:
    """A dialect of this family: backticks for names, backslashes in strings, databases instead of schemas."""
    return Dialect(
        identifier_quote="`",
        schema_term="database",
        catalog_term="",
        functions=functions,
        keywords=tuple(keywords.split()),
        # Two quotes in a row end one literal and start the next here.
        string_escape="\\'",
        backslash_escapes=True,
        time_literal="'{0}'",
        **more,
    )
