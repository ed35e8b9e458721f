"""Slow, obvious Python versions of the conversions from SQL to C (ODBC specification, Appendix D).

Nothing here shares code with the driver: numbers are `decimal.Decimal` and `fractions.Fraction`, dates are `datetime`,
structures are packed with `struct`. `convert` answers what SQLGetData must give for one value; the tests compare.

Values: None, bool, int, `Decimal`, float, `Single`, str, bytes, `uuid.UUID`, `Moment`, `Interval`.
"""

from __future__ import annotations

import datetime
import re
import struct
import uuid
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

# Type codes of sql.h and sqlext.h.
SQL = {
    "CHAR": 1, "NUMERIC": 2, "DECIMAL": 3, "INTEGER": 4, "SMALLINT": 5, "FLOAT": 6, "REAL": 7, "DOUBLE": 8,
    "VARCHAR": 12, "TYPE_DATE": 91, "TYPE_TIME": 92, "TYPE_TIMESTAMP": 93, "LONGVARCHAR": -1, "BINARY": -2,
    "VARBINARY": -3, "LONGVARBINARY": -4, "BIGINT": -5, "TINYINT": -6, "BIT": -7, "WCHAR": -8, "WVARCHAR": -9,
    "WLONGVARCHAR": -10, "GUID": -11,
    "INTERVAL_YEAR": 101, "INTERVAL_MONTH": 102, "INTERVAL_DAY": 103, "INTERVAL_HOUR": 104, "INTERVAL_MINUTE": 105,
    "INTERVAL_SECOND": 106, "INTERVAL_YEAR_TO_MONTH": 107, "INTERVAL_DAY_TO_HOUR": 108, "INTERVAL_DAY_TO_MINUTE": 109,
    "INTERVAL_DAY_TO_SECOND": 110, "INTERVAL_HOUR_TO_MINUTE": 111, "INTERVAL_HOUR_TO_SECOND": 112,
    "INTERVAL_MINUTE_TO_SECOND": 113,
}  # fmt: skip
C = {
    "CHAR": 1, "WCHAR": -8, "LONG": 4, "SHORT": 5, "FLOAT": 7, "DOUBLE": 8, "NUMERIC": 2, "TYPE_DATE": 91,
    "TYPE_TIME": 92, "TYPE_TIMESTAMP": 93, "DATE": 9, "TIME": 10, "TIMESTAMP": 11, "BINARY": -2, "BIT": -7,
    "SBIGINT": -25, "UBIGINT": -27, "TINYINT": -6, "SLONG": -16, "SSHORT": -15, "STINYINT": -26, "ULONG": -18,
    "USHORT": -17, "UTINYINT": -28, "GUID": -11,
    **{name: code for name, code in SQL.items() if name.startswith("INTERVAL_")},
}  # fmt: skip

INTEGERS = {
    -6: "b", -26: "b", -28: "B", 5: "h", -15: "h", -17: "H", 4: "i", -16: "i", -18: "I", -25: "q", -27: "Q",
}  # fmt: skip
OLD_DATES = {9: 91, 10: 92, 11: 93}
EXACT = {2, 3, 4, 5, -5, -6}
APPROX = {6, 7, 8}
CHARACTER = {1, 12, -1, -8, -9, -10}
BINARY = {-2, -3, -4}
YEAR_MONTH = {101, 102, 107}
DAY_TIME = {103, 104, 105, 106, 108, 109, 110, 111, 112, 113}
ONE_FIELD = set(range(101, 107))
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
FIELDS = {
    101: "y", 102: "n", 107: "yn", 103: "d", 104: "h", 105: "m", 106: "s", 108: "dh", 109: "dhm", 110: "dhms",
    111: "hm", 112: "hms", 113: "ms",
}  # fmt: skip
# Binary form of a fixed-length SQL type: the bytes of its default C type.
BINARY_AS = {4: 4, 5: 5, -5: -25, -6: -26, -7: -7, 7: 7, 6: 8, 8: 8, 91: 91, 92: 92, 93: 93, -11: -11}

SPECIAL = re.compile(r"[+-]?(nan|inf|infinity)", re.I)


@dataclass(frozen=True)
class Single:
    """A 32-bit real."""

    value: float


@dataclass(frozen=True)
class Moment:
    """A date, a time (seconds of the day), or both."""

    date: datetime.date | None
    clock: Fraction | None


@dataclass(frozen=True)
class Interval:
    """Months, or seconds; the other is None."""

    months: int | None
    seconds: Fraction | None


class Refused(Exception):
    """A conversion that ends with an error; its argument is the SQLSTATE."""


def family(sql_type: int) -> str:
    """The table of Appendix D that the SQL type belongs to."""
    sql_type = OLD_DATES.get(sql_type, sql_type)
    named = {-7: "bit", -11: "guid", 91: "date", 92: "time", 93: "timestamp"}
    if sql_type in named:
        return named[sql_type]
    groups = {"exact": EXACT, "approx": APPROX, "binary": BINARY, "year-month": YEAR_MONTH, "day-time": DAY_TIME}
    return next((name for name, codes in groups.items() if sql_type in codes), "character")


def plain(number: Decimal) -> str:
    """A decimal without exponent, with the digits that it has; zero has no sign."""
    text = format(number, "f")
    return text.lstrip("-") if number == 0 else text


def real_text(x: float, single: bool) -> str:
    """The shortest digits that read back as the same number; an exponent below 1e-4 and from 1e16 on."""
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "Infinity" if x > 0 else "-Infinity"
    text = repr(x)
    if single:
        candidates = (f"{x:.{digits}e}" for digits in range(9))
        text = repr(float(next(t for t in candidates if as_single(float(t)) == x)))
    return text.removesuffix(".0")


def as_single(x: float) -> float:
    """The nearest 32-bit real; infinity when there is none."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", x))[0])
    except OverflowError:
        return float("inf")


def fraction_text(part: Fraction) -> str:
    """.5 for 1/2; nothing for zero; at most 12 digits."""
    digits = f"{int(part * 10**12):012d}".rstrip("0")
    return f".{digits}" if digits else ""


def clock_text(clock: Fraction) -> str:
    whole = int(clock)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{fraction_text(clock - whole)}"


def interval_text(value: Interval, sql_type: int) -> str:
    """The part between the quotes of an interval literal."""
    if value.months is not None:
        fields = FIELDS[sql_type] if sql_type in YEAR_MONTH else "yn"
        sign, months = ("-" if value.months < 0 else ""), abs(value.months)
        parts = {"y": str(months // 12), "n": str(months), "yn": f"{months // 12}-{months % 12:02d}"}
        return sign + parts[fields]
    assert value.seconds is not None
    fields = FIELDS[sql_type] if sql_type in DAY_TIME else "dhms"
    sign, rest, text = ("-" if value.seconds < 0 else ""), abs(value.seconds), ""
    for field in fields:
        count, rest = divmod(rest, UNITS[field])
        between = "" if field == fields[0] else (" " if field == "h" else ":")
        text += between + (str(count) if field == fields[0] else f"{count:02d}")
    return sign + text + (fraction_text(rest) if fields[-1] == "s" else "")


def value_text(value: object, sql_type: int) -> str:
    """The text of a value that is neither str nor bytes."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, uuid.UUID)):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Single):
        return real_text(value.value, True)
    if isinstance(value, float):
        return real_text(value, False)
    if isinstance(value, Interval):
        return interval_text(value, sql_type)
    assert isinstance(value, Moment)
    parts = [value.date.isoformat()] if value.date else []
    return " ".join([*parts, clock_text(value.clock)] if value.clock is not None else parts)


def must_fit(text: str, kind: str) -> int:
    """Characters without which the text would be another value."""
    if kind in ("character", "binary"):
        return 0
    if kind in ("guid", "bit", "date") or (kind in ("exact", "approx") and "e" in text.lower()):
        return len(text)
    return text.index(".") if "." in text else len(text)


def number_of(value: object, sql_type: int) -> Decimal:
    """The exact number that a value is."""
    if isinstance(value, (bool, int)):
        return Decimal(int(value))
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (float, Single)):
        text = value_text(value, sql_type)
        if text[-1] in "Ny":
            raise Refused("22003")
        return Decimal(text)
    if isinstance(value, Interval):
        count = Fraction(value.months or 0) if value.months is not None else Fraction(value.seconds or 0)
        unit = {"y": 12, "n": 1, **UNITS}[FIELDS[sql_type]]
        with localcontext() as context:
            context.prec = 80
            return Decimal(int(count / unit * 10**40)).scaleb(-40)
    assert isinstance(value, str)
    kind = family(sql_type)
    if kind in ("year-month", "day-time"):
        parsed = parse_interval(value, sql_type)
        if (parsed.months is not None) != (kind == "year-month"):
            raise Refused("22018")
        return number_of(parsed, sql_type)
    text = value.strip()
    if kind == "bit" and text.lower() in ("true", "false"):
        return Decimal(text.lower() == "true")
    if kind == "approx" and SPECIAL.fullmatch(text):
        raise Refused("22003")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.A):
        raise Refused("22018")
    return Decimal(text)


def parse_moment(text: str, zoned: bool) -> Moment:
    """A date, time or timestamp literal, bare or as ODBC escape; a zone behind it is ignored when zoned."""
    text = text.strip()
    if escape := re.fullmatch(r"\{\s*(?:d|t|ts)\s*'(.*)'\s*\}", text, re.I | re.S):
        text = escape[1].strip()
    day = r"(?P<y>-?\d{4,6})-(?P<mo>\d{1,2})-(?P<d>\d{1,2})"
    clock = r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.(?P<f>\d*))?)?"
    zone = r"(?:Z|[+-][\w/:+-]*| [\w/:+-]+)?" if zoned else ""
    m = re.fullmatch(f"{day}(?:[ T]{clock}{zone})?", text, re.A) or re.fullmatch(f"{clock}{zone}", text, re.A)
    if not m:
        raise Refused("22018")
    found = m.groupdict()
    try:
        date = None
        if found.get("y"):
            date = datetime.date(int(found["y"]), int(found["mo"]), int(found["d"]))
        moment = None
        if found["h"] is not None:
            datetime.time(int(found["h"]), int(found["mi"]), int(found["s"] or 0))
            moment = Fraction(int(found["h"]) * 3600 + int(found["mi"]) * 60 + int(found["s"] or 0))
            moment += Fraction(int(found["f"] or 0), 10 ** len(found["f"] or ""))
    except ValueError:
        raise Refused("22007") from None
    return Moment(date, moment)


def parse_interval(text: str, kind: int) -> Interval:
    """An interval literal, or the text between its quotes; `kind` decides what the shape leaves open."""
    text, negative = text.strip(), False
    field = r"(YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)\s*(?:\([\d, ]*\))?\s*"
    word = re.fullmatch(rf"\{{?\s*INTERVAL\s*([+-]?)\s*'(.*)'\s*{field}(?:TO\s+{field})?\}}?", text, re.I)
    if word:
        names = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]
        letters = "yndhms"[names.index(word[3].upper()) : names.index((word[4] or word[3]).upper()) + 1]
        kind = next((code for code, fields in FIELDS.items() if fields == letters), 0)
        if not kind:
            raise Refused("22018")
        text, negative = word[2].strip(), word[1] == "-"
    if text[:1] in ("-", "+"):
        negative, text = negative != (text[0] == "-"), text[1:]
    sign, fields = (-1 if negative else 1), FIELDS[kind]
    if re.match(r"\d{13}", text):
        raise Refused("22015")
    if m := re.fullmatch(r"(\d+)-(\d{1,2})", text, re.A):
        if kind not in YEAR_MONTH or int(m[2]) > 11:
            raise Refused("22018")
        return Interval(sign * (int(m[1]) * 12 + int(m[2])), None)
    if kind in YEAR_MONTH:
        if not re.fullmatch(r"\d+", text, re.A) or len(fields) > 1:
            raise Refused("22018")
        return Interval(sign * int(text) * (12 if fields == "y" else 1), None)
    m = re.fullmatch(r"(\d+(?= ))?(?: ?(\d+)(?::(\d{1,2}))?(?::(\d{1,2}))?)(\.\d*)?", text, re.A)
    if not m:
        raise Refused("22018")
    day, *clock = m[1], *(part for part in (m[2], m[3], m[4]) if part is not None)
    if day is not None:
        letters, counts = "dhms"[: 1 + len(clock)], [day, *clock]
    elif len(clock) == 3:
        letters, counts = "hms", clock
    elif len(clock) == 2:
        letters, counts = ("ms" if m[5] or fields in ("s", "ms") else "hm"), clock
    else:
        letters, counts = fields, clock
    limits = {"h": 24, "m": 60, "s": 60}
    late = zip(letters[1:], counts[1:], strict=False)
    if len(letters) != len(counts) or any(int(n) >= limits[c] or len(n) > 2 for c, n in late):
        raise Refused("22018")
    seconds = sum((Fraction(int(n) * UNITS[c]) for c, n in zip(letters, counts, strict=True)), Fraction(0))
    if m[5]:
        if letters[-1] != "s":
            raise Refused("22018")
        seconds += Fraction(int(m[5][1:] or 0), 10 ** len(m[5][1:]))
    return Interval(None, sign * seconds)


def pack_moment(value: object, sql_type: int, c_type: int) -> tuple[str, bytes]:
    """The datetime structures."""
    if isinstance(value, str):
        value = parse_moment(value, family(sql_type) in ("time", "timestamp"))
    assert isinstance(value, Moment)
    clock = value.clock if value.clock is not None else Fraction(0)
    whole, part = int(clock), clock - int(clock)
    hms = (whole // 3600, whole // 60 % 60, whole % 60)
    if c_type == 91:
        if value.date is None:
            raise Refused("22018")
        ymd = (value.date.year, value.date.month, value.date.day)
        return ("01S07" if clock else "00000"), struct.pack("<hHH", *ymd)
    if c_type == 92:
        if value.clock is None:
            raise Refused("22018")
        return ("01S07" if part else "00000"), struct.pack("<3H", *hms)
    date = value.date or datetime.date.today()
    nanos = part * 10**9
    fields = (date.year, date.month, date.day, *hms, int(nanos))
    return ("00000" if nanos == int(nanos) else "01S07"), struct.pack("<h5HI", *fields)


def pack_interval(value: object, sql_type: int, c_type: int, leading: int, precision: int) -> tuple[str, bytes]:
    """SQL_INTERVAL_STRUCT: type, sign, fields, fraction in units of 10**-precision."""
    if isinstance(value, str) and family(sql_type) != "exact":
        source = c_type if family(sql_type) == "character" else sql_type
        value = parse_interval(value, source)
        if (value.months is not None) != (c_type in YEAR_MONTH):
            raise Refused("22018")
    state = "00000"
    if not isinstance(value, Interval):
        number = Fraction(number_of(value, sql_type))
        unit = {"y": 12, "n": 1, **UNITS}[FIELDS[c_type]]
        kept = number if c_type == 106 else Fraction(int(number))
        state = "00000" if kept == number else "01S07"
        value = Interval(int(kept) * unit, None) if c_type in YEAR_MONTH else Interval(None, kept * unit)
    total = abs(value.seconds if value.months is None else Fraction(value.months))
    negative = (value.seconds if value.months is None else value.months) < 0
    fields, parts = FIELDS[c_type], dict.fromkeys("yndhms", 0)
    rest = total
    for field in fields:
        count, rest = divmod(rest, {"y": 12, "n": 1, **UNITS}[field])
        if field == fields[0] and count >= 10**leading:
            raise Refused("22015")
        parts[field] = count
    fraction = 0
    if fields[-1] == "s":
        fraction, rest = divmod(rest * 10**precision, 1)
    if rest:
        state = "01S07"
    head = struct.pack("<ihxx", c_type - 100, negative)
    if c_type in YEAR_MONTH:
        return state, head + struct.pack("<2I", parts["y"], parts["n"]) + bytes(12)
    return state, head + struct.pack("<5I", parts["d"], parts["h"], parts["m"], parts["s"], fraction)


def pack_number(value: object, sql_type: int, c_type: int, precision: int, scale: int) -> tuple[str, bytes]:
    """Integers, SQL_C_BIT, reals and SQL_NUMERIC_STRUCT."""
    if c_type in (7, 8):
        return "00000", pack_real(value, sql_type, c_type)
    exact = Fraction(number_of(value, sql_type))
    if c_type == 2:
        digits = abs(exact) * Fraction(10) ** scale
        if int(digits) >= 10 ** (precision or 38):
            raise Refused("22003")
        sign = 0 if exact < 0 and int(digits) else 1
        packed = struct.pack("<BbB", precision or 38, scale, sign) + int(digits).to_bytes(16, "little")
        return ("00000" if digits == int(digits) else "01S07"), packed
    whole = int(exact)
    if c_type == -7:
        if exact < 0 or exact >= 2:
            raise Refused("22003")
        packed = bytes([whole])
    else:
        try:
            packed = struct.pack(f"<{INTEGERS[c_type]}", whole)
        except struct.error:
            raise Refused("22003") from None
    return ("00000" if exact == whole else "01S07"), packed


def pack_real(value: object, sql_type: int, c_type: int) -> bytes:
    """SQL_C_FLOAT and SQL_C_DOUBLE."""
    if isinstance(value, Single):
        real = value.value
    elif isinstance(value, str) and family(sql_type) == "approx" and SPECIAL.fullmatch(value.strip()):
        real = float(value)
    else:
        try:
            real = value if isinstance(value, float) else float(number_of(value, sql_type))
        except OverflowError:
            raise Refused("22003") from None
        if not isinstance(value, float) and real in (float("inf"), float("-inf")):
            raise Refused("22003")
    try:
        return struct.pack("<f" if c_type == 7 else "<d", real)
    except OverflowError:
        raise Refused("22003") from None


def pack_guid(value: object) -> bytes:
    return value.bytes_le if isinstance(value, uuid.UUID) else b""


def allowed(sql_type: int, c_type: int) -> bool:
    """The matrix of Appendix D, by families."""
    kind, c_type = family(sql_type), OLD_DATES.get(c_type, c_type)
    if c_type in (1, -8, -2):
        return True
    if kind == "character":
        return c_type != -11
    numbers = set(INTEGERS) | {-7, 2}
    if kind in ("exact", "approx", "bit"):
        return c_type in numbers | {7, 8} or (kind == "exact" and c_type in ONE_FIELD)
    if kind in ("year-month", "day-time"):
        own = YEAR_MONTH if kind == "year-month" else DAY_TIME
        return c_type in own or (c_type in numbers and sql_type in ONE_FIELD)
    return c_type in {"date": {91, 93}, "time": {92, 93}, "timestamp": {91, 92, 93}, "guid": {-11}}.get(kind, set())


def cut_text(text: str, c_type: int, capacity: int, wchar_size: int, keep: int) -> tuple[str, bytes, int]:
    """Text with its terminator into a buffer: SQLSTATE, bytes written, length of the whole in bytes."""
    if c_type == 1:
        units, unit, nul = [c.encode() for c in text], 1, b"\0"
    else:
        coding = "utf-16-le" if wchar_size == 2 else "utf-32-le"
        units, unit, nul = [c.encode(coding) for c in text], wchar_size, bytes(wchar_size)
    whole = b"".join(units)
    room = capacity // unit - 1
    if len(whole) <= room * unit:
        return "00000", whole + nul, len(whole)
    if keep and room < keep:
        raise Refused("22003")
    if room < 0:
        return "01004", b"", len(whole)
    out = b""
    for one in units:
        if len(out) + len(one) > room * unit:
            break
        out += one
    return "01004", out + nul, len(whole)


def convert(value: object, sql_type: int, c_type: int, capacity: int, *, wchar_size: int = 2, precision: int = 0,
            scale: int = 0, leading: int = 2) -> tuple[str, bytes, int | None]:  # fmt: skip
    """(SQLSTATE, bytes written to the start of the buffer, length or indicator) for one value."""
    try:
        return convert_or_refuse(value, sql_type, c_type, capacity, wchar_size, precision, scale, leading)
    except Refused as refused:
        return refused.args[0], b"", None


def convert_or_refuse(value: object, sql_type: int, c_type: int, capacity: int, wchar_size: int, precision: int,
                      scale: int, leading: int) -> tuple[str, bytes, int]:  # fmt: skip
    c_type = OLD_DATES.get(c_type, c_type)
    if not allowed(sql_type, c_type):
        raise Refused("07006")
    if value is None:
        return "00000", b"", -1
    kind = family(sql_type)
    if c_type in (1, -8):
        if isinstance(value, bytes):
            return cut_hex(value, c_type, capacity, wchar_size)
        text = value if isinstance(value, str) else value_text(value, sql_type)
        return cut_text(text, c_type, capacity, wchar_size, must_fit(text, kind))
    if c_type == -2:
        whole = kind not in ("character", "binary")
        packed = binary_form(value, sql_type)
        if len(packed) > capacity and whole:
            raise Refused("22003")
        return ("01004" if len(packed) > capacity else "00000"), packed[:capacity], len(packed)
    if c_type in (91, 92, 93):
        state, packed = pack_moment(value, sql_type, c_type)
    elif c_type in FIELDS:
        state, packed = pack_interval(value, sql_type, c_type, leading, precision)
    elif c_type == -11:
        state, packed = "00000", pack_guid(value)
    else:
        state, packed = pack_number(value, sql_type, c_type, precision, scale)
    return state, packed, len(packed)


def cut_hex(value: bytes, c_type: int, capacity: int, wchar_size: int) -> tuple[str, bytes, int]:
    """Bytes as hexadecimal digits; a byte is never split."""
    unit = 1 if c_type == 1 else wchar_size
    fit = min(len(value), max((capacity // unit - 1) // 2, 0))
    out = b"".join(bytes([digit]).ljust(unit, b"\0") for digit in value[:fit].hex().upper().encode())
    nul = bytes(unit) if capacity >= unit else b""
    return ("00000" if nul and fit == len(value) else "01004"), out + nul, 2 * unit * len(value)


def binary_form(value: object, sql_type: int) -> bytes:
    """What SQL_C_BINARY delivers."""
    if isinstance(value, bytes):
        return value
    if family(sql_type) in ("character", "binary") or sql_type in (2, 3):
        return (value if isinstance(value, str) else value_text(value, sql_type)).encode()
    sql_type = OLD_DATES.get(sql_type, sql_type)
    if sql_type in FIELDS:
        return pack_interval(value, sql_type, sql_type, 9, 9)[1]
    c_type = BINARY_AS[sql_type]
    if c_type == -11:
        return pack_guid(value)
    if c_type in (91, 92, 93):
        return pack_moment(value, sql_type, c_type)[1]
    if c_type in INTEGERS and isinstance(value, int) and value >= 0:
        return struct.pack(f"<{INTEGERS[c_type].upper()}", value)
    return pack_number(value, sql_type, c_type, 0, 0)[1]
