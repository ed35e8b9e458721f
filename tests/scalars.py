"""ODBC's scalar functions with the value that each must give; computed here, by Python, never by an engine.

The names are those of tests/spec/escapes.tsv; `test_scalars.py` runs the ones whose bits an engine's driver sets.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

D, TS = "{d '2024-02-29'}", "{ts '2024-02-29 12:34:56'}"


def today(value: Any) -> bool:
    """The session's date, a moment ago or now; the sessions of the tests run in UTC."""
    now = dt.datetime.now(dt.UTC).date()
    return isinstance(value, dt.date) and value in (now, now - dt.timedelta(days=1))


def just_now(value: Any) -> bool:
    """A timestamp of the last minute in UTC."""
    return isinstance(value, dt.datetime) and abs(value - dt.datetime.now(dt.UTC).replace(tzinfo=None)) < dt.timedelta(
        minutes=1
    )


def time_of_day(value: Any) -> bool:
    """The time of the last minute in UTC, as a time or, where the engine has none, as its text."""
    time = dt.time.fromisoformat(value) if isinstance(value, str) else value
    apart = just_seconds(time) - just_seconds(dt.datetime.now(dt.UTC).time())
    return min(apart % 86400, -apart % 86400) < 60


def shown(text: str) -> Callable[[Any], bool]:
    """A time's text, with or without a fraction of zeros."""
    return lambda value: value == text or (isinstance(value, str) and value.rstrip("0") == text + ".")


def just_seconds(time: dt.time) -> int:
    """Seconds since midnight."""
    return time.hour * 3600 + time.minute * 60 + time.second


def random_number(value: Any) -> bool:
    """What a random function gives: from 0 up to 1."""
    return isinstance(value, float) and 0 <= value < 1


def is_one(value: Any) -> bool:
    """The text of 1, with the decimals that its type has."""
    return isinstance(value, str) and float(value) == 1


def some_text(value: Any) -> bool:
    """A name that is not empty."""
    return isinstance(value, str) and value != ""


CASES: dict[str, list[tuple[str, Any]]] = {
    "ASCII": [("ASCII('A')", 65), ("ASCII('bc')", 98), ("ASCII('')", 0)],
    "BIT_LENGTH": [("BIT_LENGTH('ab')", 16)],
    "CHAR": [("CHAR(65)", "A")],
    "CHAR_LENGTH": [("CHAR_LENGTH('abc')", 3)],
    "CHARACTER_LENGTH": [("CHARACTER_LENGTH('abc')", 3)],
    # NULL as SQL_CONCAT_NULL_BEHAVIOR says.
    "CONCAT": [("CONCAT('a,b', ')c')", "a,b)c"), ("CONCAT('a', NULL)", None)],
    "DIFFERENCE": [("DIFFERENCE('Robert', 'Rupert')", 4)],
    "INSERT": [("INSERT('abcdef', 2, 3, 'XY')", "aXYef"), ("INSERT('abc', 4, 0, 'd')", "abcd")],
    "LCASE": [("LCASE('aBC')", "abc")],
    "LEFT": [("LEFT('abcdef', 2)", "ab"), ("LEFT('ab', 9)", "ab"), ("LEFT('ab', 0)", "")],
    "LENGTH": [("LENGTH('abc')", 3), ("LENGTH(' ab  ')", 3)],
    "LOCATE (2 arguments)": [("LOCATE('b', 'abcb')", 2), ("LOCATE('x', 'abcb')", 0)],
    "LOCATE": [("LOCATE('b', 'abcb', 3)", 4)],
    "LTRIM": [("LTRIM('  ab ')", "ab ")],
    "OCTET_LENGTH": [("OCTET_LENGTH('abc')", 3), ("OCTET_LENGTH('\u00e9')", 2)],
    "POSITION": [("POSITION('b' IN 'abc')", 2)],
    "REPEAT": [("REPEAT('ab', 3)", "ababab")],
    "REPLACE": [("REPLACE('abcabc', 'b', 'XY')", "aXYcaXYc")],
    "RIGHT": [("RIGHT('abcdef', 2)", "ef"), ("RIGHT('ab', 9)", "ab"), ("RIGHT('ab', 0)", "")],
    "RTRIM": [("RTRIM(' ab  ')", " ab")],
    "SOUNDEX": [("SOUNDEX('Robert')", "R163")],
    "SPACE": [("SPACE(3)", "   ")],
    "SUBSTRING": [("SUBSTRING('abcdef', 2, 3)", "bcd"), ("SUBSTRING('abc', 3, 9)", "c")],
    "UCASE": [("UCASE('aBc')", "ABC"), ("UCASE({fn CONCAT('a', 'b')})", "AB")],
    "ABS": [("ABS(-5)", 5), ("ABS(-1.5)", 1.5)],
    "ACOS": [("ACOS(0.5)", math.acos(0.5))],
    "ASIN": [("ASIN(0.5)", math.asin(0.5))],
    "ATAN": [("ATAN(0.5)", math.atan(0.5))],
    # The first argument is y in every engine, and in the examples of the specification's successors.
    "ATAN2": [("ATAN2(1, 2)", math.atan2(1, 2))],
    "CEILING": [("CEILING(1.2)", 2), ("CEILING(-1.2)", -1)],
    "COS": [("COS(1)", math.cos(1))],
    "COT": [("COT(1)", 1 / math.tan(1))],
    "DEGREES": [("DEGREES(1)", math.degrees(1))],
    "EXP": [("EXP(1)", math.e)],
    "FLOOR": [("FLOOR(1.8)", 1), ("FLOOR(-1.2)", -2)],
    "LOG": [("LOG(10)", math.log(10))],
    "LOG10": [("LOG10(1000)", 3)],
    "MOD": [("MOD(7 + 1, 2 + 1)", 2), ("MOD(-7, 3)", -1)],
    "PI": [("PI()", math.pi)],
    "POWER": [("POWER(2, 10)", 1024)],
    "RADIANS": [("RADIANS(180)", math.pi)],
    "RAND": [("RAND()", random_number), ("RAND(7)", random_number)],
    "ROUND": [("ROUND(123.456, 2)", 123.46), ("ROUND(123.456, -2)", 100)],
    "SIGN": [("SIGN(-3)", -1), ("SIGN(0)", 0), ("SIGN(2.5)", 1)],
    "SIN": [("SIN(1)", math.sin(1))],
    "SQRT": [("SQRT(2)", math.sqrt(2))],
    "TAN": [("TAN(1)", math.tan(1))],
    "TRUNCATE": [
        ("TRUNCATE(123.456, 2)", 123.45), ("TRUNCATE(-123.456, 1)", -123.4), ("TRUNCATE(199.9, -2)", 100),
        ("TRUNCATE(1.15, 2)", 1.15), ("TRUNCATE(-4.35, 2)", -4.35), ("TRUNCATE(17, -1)", 10),
        ("TRUNCATE(9007199254740993, 0)", 9007199254740993), ("TRUNCATE(CAST(-2.99 AS DOUBLE), 1)", -2.9),
        ("TRUNCATE(CAST(0.3 AS DOUBLE), 1)", 0.3),
    ],
    "CURRENT_DATE": [("CURRENT_DATE()", today)],
    "CURRENT_TIME": [("CURRENT_TIME()", time_of_day), ("CURRENT_TIME(0)", time_of_day)],
    "CURRENT_TIMESTAMP": [("CURRENT_TIMESTAMP()", just_now), ("CURRENT_TIMESTAMP(3)", just_now)],
    "CURDATE": [("CURDATE()", today)],
    "CURTIME": [("CURTIME()", time_of_day)],
    "DAYNAME": [(f"DAYNAME({D})", "Thursday")],
    "DAYOFMONTH": [(f"DAYOFMONTH({D})", 29), (f"DAYOFMONTH({TS})", 29)],
    "DAYOFWEEK": [("DAYOFWEEK({d '2024-02-25'})", 1), (f"DAYOFWEEK({TS})", 5)],
    "DAYOFYEAR": [(f"DAYOFYEAR({D})", 60), ("DAYOFYEAR({ts '2024-12-31 23:59:59'})", 366)],
    "EXTRACT": [
        (f"EXTRACT(YEAR FROM {D})", 2024), (f"EXTRACT(MONTH FROM {D})", 2), (f"EXTRACT(DAY FROM {TS})", 29),
        (f"EXTRACT(HOUR FROM {TS})", 12), (f"EXTRACT(MINUTE FROM {TS})", 34), (f"EXTRACT(SECOND FROM {TS})", 56),
    ],
    "HOUR": [(f"HOUR({TS})", 12), ("HOUR({t '23:45:01'})", 23)],
    "MINUTE": [(f"MINUTE({TS})", 34), ("MINUTE({t '23:45:01'})", 45)],
    "MONTH": [(f"MONTH({D})", 2), (f"MONTH({TS})", 2)],
    "MONTHNAME": [(f"MONTHNAME({D})", "February")],
    "NOW": [("NOW()", just_now)],
    "QUARTER": [(f"QUARTER({D})", 1), ("QUARTER({d '2024-04-01'})", 2), ("QUARTER({d '2024-12-31'})", 4)],
    "SECOND": [(f"SECOND({TS})", 56), ("SECOND({t '23:45:01'})", 1)],
    "WEEK": [(f"WEEK({D})", 9), ("WEEK({d '2024-01-01'})", 1)],
    "YEAR": [(f"YEAR({D})", 2024), (f"YEAR({TS})", 2024)],
    "DATABASE": [("DATABASE()", some_text)],
    "IFNULL": [("IFNULL(3, 5)", 3), ("IFNULL(NULL, 5)", 5), ("IFNULL(NULL, 'x')", "x")],
    "USER": [("USER()", some_text)],
}  # fmt: skip
"""Function -> (what stands behind {fn, the value or a test for it). TIMESTAMPADD and TIMESTAMPDIFF stand below."""

MOMENT = dt.datetime(2024, 2, 29, 12, 34, 56)
NEXT_DAY = dt.datetime(2024, 3, 1, 12, 34, 56)
ADDED = {
    "SQL_TSI_SECOND": dt.datetime(2024, 2, 29, 12, 34, 59),
    "SQL_TSI_MINUTE": dt.datetime(2024, 2, 29, 12, 37, 56),
    "SQL_TSI_HOUR": dt.datetime(2024, 2, 29, 15, 34, 56),
    "SQL_TSI_DAY": dt.datetime(2024, 3, 3, 12, 34, 56),
    "SQL_TSI_WEEK": dt.datetime(2024, 3, 21, 12, 34, 56),
    "SQL_TSI_MONTH": dt.datetime(2024, 5, 29, 12, 34, 56),
    "SQL_TSI_QUARTER": dt.datetime(2024, 11, 29, 12, 34, 56),
    "SQL_TSI_YEAR": dt.datetime(2027, 2, 28, 12, 34, 56),
}
"""Interval -> MOMENT and three of it."""
BETWEEN = {
    "SQL_TSI_SECOND": ("{ts '2024-02-29 12:34:56'}", "{ts '2024-02-29 12:35:59'}", 63),
    "SQL_TSI_MINUTE": ("{ts '2024-02-29 12:34:00'}", "{ts '2024-02-29 13:36:00'}", 62),
    "SQL_TSI_HOUR": ("{ts '2024-02-29 12:00:00'}", "{ts '2024-03-01 15:00:00'}", 27),
    "SQL_TSI_DAY": ("{d '2024-02-28'}", "{d '2024-03-02'}", 3),
    "SQL_TSI_WEEK": ("{d '2024-02-01'}", "{d '2024-02-22'}", 3),
    "SQL_TSI_MONTH": ("{d '2024-05-15'}", "{d '2024-02-15'}", -3),
    "SQL_TSI_QUARTER": ("{d '2023-05-15'}", "{d '2024-02-15'}", 3),
    "SQL_TSI_YEAR": ("{d '2021-02-15'}", "{d '2024-02-15'}", 3),
}
"""Interval -> two moments and how many whole ones lie between."""

FRACTION = "{ts '2024-02-29 12:34:56.123456'}"
FRACTION_ADDED = dt.datetime(2024, 2, 29, 12, 34, 57, 123456)
"""A moment with microseconds, and one second later."""
ALMOST = "{ts '2024-02-29 12:34:56.9996'}, {ts '2024-02-29 12:34:57.9995'}"
"""Two moments that are not a whole second apart."""

GUID = "12345678-1234-1234-1234-123456789abc"
SAMPLES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "number": [("1", {"number": 1, "text": is_one, "bit": True})],
    "bit": [("1", {"number": 1, "text": lambda value: str(value).lower() in ("1", "true"), "bit": True})],
    "text": [
        ("'7'", {"number": 7, "text": "7", "binary": b"7"}),
        ("'2024-02-29'", {"date": dt.date(2024, 2, 29)}),
        ("'2024-02-29 12:34:56'", {"timestamp": MOMENT}),
        ("'12:34:56'", {"time": dt.time(12, 34, 56)}),
        ("'true'", {"bit": True}),
        (f"'{GUID}'", {"guid": GUID}),
    ],
    "binary": [("'7'", {"text": "7", "binary": b"7"})],
    "date": [(D, {"date": dt.date(2024, 2, 29), "text": "2024-02-29", "timestamp": dt.datetime(2024, 2, 29)})],
    "time": [("{t '12:34:56'}", {"time": dt.time(12, 34, 56), "text": shown("12:34:56")})],
    "timestamp": [(TS, {"timestamp": MOMENT, "text": shown("2024-02-29 12:34:56"), "date": dt.date(2024, 2, 29)})],
    "guid": [(f"'{GUID}'", {"text": GUID, "guid": GUID})],
}
"""Group of types -> (a value of it, group of target types -> what CONVERT makes of it)."""


def same(value: Any, expected: Any) -> bool:
    """Numbers by value, whatever their type is; all else exactly."""
    if isinstance(expected, Callable):
        return bool(expected(value))
    if isinstance(expected, int) and not isinstance(value, float):
        return value == expected
    if isinstance(expected, bool | int | float) and isinstance(value, int | float | Decimal):
        return math.isclose(float(value), float(expected), rel_tol=1e-12, abs_tol=1e-12)
    return type(value) is type(expected) and value == expected
