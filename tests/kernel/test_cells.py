"""put_cell over the whole matrix of column kinds, SQL types and C types, against the oracle."""

from __future__ import annotations

import datetime
import random
import re
import struct
import uuid
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest

import oracle
from arrow_columns import column
from oracle import SQL, C, Interval, Moment, Single

UNTOUCHED = 0xEE


def day(y: int, m: int, d: int) -> datetime.date:
    return datetime.date(y, m, d)


def clock(h: int, m: int, s: int, part: str = "0") -> Fraction:
    return Fraction(h * 3600 + m * 60 + s) + Fraction(part)


INTS = {
    8: [0, 1, -1, 2, 127, -128],
    16: [0, 1, 128, 255, 256, -129, 32767, -32768],
    32: [0, -1, 32768, 65535, 65536, -32769, 2**31 - 1, -(2**31)],
    64: [0, 5, -5, 2**31, 2**32 - 1, 2**32, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63)],
}
UINTS = {8: [0, 1, 2, 128, 255], 16: [0, 256, 65535], 32: [7, 2**31, 2**32 - 1], 64: [1, 2**63, 2**64 - 1]}
REALS = [
    0.0,
    1.0,
    -1.0,
    0.5,
    1.2345678,
    1234.56,
    -0.001,
    1e-5,
    100000.0,
    1e15,
    1e16,
    1.5e300,
    -2.5e-300,
    255.9,
    2.0**63,
]
SINGLES = [Single(x) for x in (0.0, 1.5, -2.25, 16777216.0, 0.10000000149011612, 3.4028234663852886e38)]
SPECIALS = [float("nan"), float("inf"), float("-inf")]
DECIMALS = [
    Decimal(t) for t in ("1234.56", "-0.05", "0.00", "1.00", "-1.99", "0.10", "127.99", "-128.00", "99999999999.99")
]
TEXTS = [
    "", "abc", "1", " 12 ", "-7", "+7", "1.5", ".5", "5.", "1e2", "12E-1", "1e400", "-1e400", "1e-400", "256", "-1", "2",
    "0.9999", "1e", ".", "1.2.3", "99999999999999999999", "123456789012345678901234567890123456789012345", "héllo wörld",
    "日本語テキスト", "a😀b😀", "1992-12-31", "1992-12-31 23:45:55", "1992-12-31 23:45:55.12", "1992-12-31T00:00:00",
    "1992-02-30", "1992-13-01 10:00:00", "23:45:55", "23:45:55.5", "24:00:01", "10:30", "{d '1992-12-31'}",
    "{ts '1992-12-31 23:45:55.1234567891'}", "{t '23:45:55'}", "5", "45", "100", "1-11", "1-12", "-3-2", "10 12:30:45.123",
    "10 12", "10:30:45", "12:30.5", "INTERVAL '7' DAY", "INTERVAL -'5-6' YEAR TO MONTH", "{INTERVAL '1:02' MINUTE TO SECOND}",
    "INTERVAL '7' WEEK", "0.000000000000001", "true", "NaN", "1234567890123",
]  # fmt: skip
ASCII = [t for t in TEXTS if t.isascii()]
ZONED = ["1992-12-31 23:45:55 UTC", "1992-12-31 23:45:55.5 America/New_York", "1992-12-31T23:45:55Z", "23:45:55+01:00"]
DATES = [
    Moment(day(*d), None)
    for d in ((1970, 1, 1), (1992, 12, 31), (1, 1, 1), (9999, 12, 31), (2000, 2, 29), (1900, 3, 1))
]
TIMES = [Moment(None, clock(*t)) for t in ((0, 0, 0), (23, 45, 55), (23, 59, 59, "0.999999"), (1, 2, 3, "0.5"))]
STAMPS = [
    Moment(day(1992, 12, 31), clock(23, 45, 55, "0.12")), Moment(day(1970, 1, 1), Fraction(0)),
    Moment(day(1969, 12, 31), clock(23, 59, 59, "0.999999")), Moment(day(1, 1, 1), clock(0, 0, 1)),
    Moment(day(9999, 12, 31), clock(23, 59, 59)), Moment(day(2024, 2, 29), Fraction(0)),
]  # fmt: skip
WIDE = [
    *STAMPS,
    Moment(day(2262, 4, 12), clock(1, 2, 3, "0.000000000001")),
    Moment(day(1677, 1, 1), clock(0, 0, 0, "0.123456789")),
]
MONTHS = [Interval(n, None) for n in (0, 1, -1, 12, 14, -35, 1199, 1200)]
SECONDS = [
    Interval(None, Fraction(t)) for t in ("0", "1", "-1", "0.5", "59.999999", "-90061.25", "8553600", "8640000", "123456.789")
]  # fmt: skip

# kind, scale, SQL types, values
TABLE: list[tuple[str, int, tuple[str, ...], list[Any]]] = [
    ("bool", 0, ("BIT",), [False, True]),
    ("int8", 0, ("TINYINT", "INTEGER"), INTS[8]),
    ("int16", 0, ("SMALLINT",), INTS[8] + INTS[16]),
    ("int32", 0, ("INTEGER",), INTS[8] + INTS[16] + INTS[32]),
    ("int64", 0, ("BIGINT", "DECIMAL"), INTS[8] + INTS[16] + INTS[32] + INTS[64]),
    ("uint8", 0, ("TINYINT",), UINTS[8]),
    ("uint16", 0, ("SMALLINT",), UINTS[16]),
    ("uint32", 0, ("INTEGER",), UINTS[32]),
    ("uint64", 0, ("BIGINT", "NUMERIC"), UINTS[64]),
    ("float32", 0, ("REAL",), SINGLES),
    ("float64", 0, ("DOUBLE", "FLOAT"), REALS + SPECIALS),
    ("decimal128", 2, ("DECIMAL", "NUMERIC"), DECIMALS),
    ("decimal_text", 2, ("DECIMAL", "NUMERIC"), DECIMALS),
    ("text", 0, ("CHAR", "VARCHAR", "LONGVARCHAR", "WVARCHAR"), TEXTS),
    ("text", 0, ("DECIMAL", "INTEGER", "BIGINT", "DOUBLE", "BIT"), ASCII),
    ("text", 0, ("TYPE_DATE", "TYPE_TIME", "TYPE_TIMESTAMP"), [*ASCII, *ZONED]),
    ("text", 0, ("INTERVAL_DAY_TO_SECOND", "INTERVAL_MINUTE_TO_SECOND", "INTERVAL_YEAR", "INTERVAL_SECOND"), ASCII),
    ("large_text", 0, ("WLONGVARCHAR", "WCHAR"), TEXTS),
    ("binary", 0, ("VARBINARY", "BINARY"), [b"", b"\x00", b"\x01\xab\xff", bytes(range(20))]),
    ("large_binary", 0, ("LONGVARBINARY",), [b"abc", bytes(9)]),
    ("uuid", 0, ("GUID",), [uuid.UUID(int=0x00112233445566778899AABBCCDDEEFF), uuid.UUID(int=0)]),
    ("date32", 0, ("TYPE_DATE",), DATES),
    ("time64", 6, ("TYPE_TIME",), TIMES),
    ("timestamp", 6, ("TYPE_TIMESTAMP",), STAMPS),
    ("timestamp_wide", 0, ("TYPE_TIMESTAMP",), WIDE),
    ("interval_months", 0, ("INTERVAL_YEAR_TO_MONTH", "INTERVAL_MONTH", "INTERVAL_YEAR"), MONTHS),
    ("interval_duration", 6, tuple(f"INTERVAL_{n}" for n in (
        "DAY", "HOUR", "MINUTE", "SECOND", "DAY_TO_HOUR", "DAY_TO_MINUTE", "DAY_TO_SECOND", "HOUR_TO_MINUTE",
        "HOUR_TO_SECOND", "MINUTE_TO_SECOND")), SECONDS),
    ("interval_mdn", 0, ("INTERVAL_DAY_TO_SECOND",), SECONDS),
    ("interval_mdn", 0, ("INTERVAL_YEAR_TO_MONTH",), MONTHS),
    ("null", 0, ("VARCHAR", "INTEGER", "TYPE_DATE"), [None]),
]  # fmt: skip
FLAT = [(kind, scale, name, values) for kind, scale, names, values in TABLE for name in names]
CAPACITIES = (0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 20, 23, 37, 40, 74, 120)


def check(
    kernel: ModuleType, rows: Any, row: int, value: Any, sql_type: int, c_type: int, capacity: int, **more: int
) -> None:
    """One put_cell call against the oracle: SQLSTATE, every byte of the buffer, length, position."""
    state, out, length, position = kernel.cell(rows, row, capacity, sql_type=sql_type, c_type=c_type, **more)
    want_state, want, want_length = oracle.convert(value, sql_type, c_type, capacity, **more)
    where = f"{value!r} SQL {sql_type} -> C {c_type}, {capacity} bytes, {more}"
    if want_state == "07006" or want_state[:2] in ("22",):
        assert (state, length) == (want_state, None), where
        assert set(out) <= {UNTOUCHED}, where
        return
    assert (state, length) == (want_state, want_length), where
    assert out[: len(want)] == want, where
    assert set(out[len(want) :]) <= {UNTOUCHED}, where
    assert (position == -1) == (state != "01004"), where


@pytest.mark.parametrize(("kind", "scale", "sql_name", "values"), FLAT, ids=[f"{k}-{s}" for k, _, s, _ in FLAT])
def test_every_c_type(kernel: ModuleType, kind: str, scale: int, sql_name: str, values: list[Any]) -> None:
    for skip in (0, 3):
        rows = column(kernel, kind, values, scale, skip)
        for row, value in enumerate(values):
            for c_type in C.values():
                sizes = CAPACITIES if c_type in (1, -8, -2) else (0,)
                for capacity in sizes:
                    check(kernel, rows, row, value, SQL[sql_name], c_type, capacity, leading=3, precision=6)


@pytest.mark.parametrize("wchar_size", [2, 4])
def test_wide_text_in_both_sizes(kernel: ModuleType, wchar_size: int) -> None:
    rows = column(kernel, "text", TEXTS)
    for row, value in enumerate(TEXTS):
        for capacity in range(0, 60):
            check(kernel, rows, row, value, SQL["VARCHAR"], C["WCHAR"], capacity, wchar_size=wchar_size)


def test_numeric_with_precision_and_scale_of_the_ard(kernel: ModuleType) -> None:
    for kind in ("decimal128", "decimal_text"):
        rows = column(kernel, kind, DECIMALS, 2)
        for row, value in enumerate(DECIMALS):
            for precision in (1, 3, 6, 38):
                for scale in (-2, 0, 1, 2, 5):
                    check(kernel, rows, row, value, SQL["DECIMAL"], C["NUMERIC"], 0, precision=precision, scale=scale)


def test_leading_precision_and_fraction_digits(kernel: ModuleType) -> None:
    rows = column(kernel, "interval_duration", SECONDS, 6)
    for row, value in enumerate(SECONDS):
        for leading in (1, 2, 4, 9):
            for precision in (0, 3, 9):
                for name in ("INTERVAL_DAY_TO_SECOND", "INTERVAL_SECOND", "INTERVAL_HOUR", "INTERVAL_MINUTE_TO_SECOND"):
                    check(kernel, rows, row, value, SQL["INTERVAL_DAY_TO_SECOND"], C[name], 0,
                          leading=leading, precision=precision)  # fmt: skip


def test_old_codes_of_dates(kernel: ModuleType) -> None:
    for kind, old, scale, values in (("date32", 9, 0, DATES), ("time64", 10, 6, TIMES), ("timestamp", 11, 6, STAMPS)):
        rows = column(kernel, kind, values, scale)
        for row, value in enumerate(values):
            for c_type in (9, 10, 11, 91, 92, 93, 1, -2):
                check(kernel, rows, row, value, old, c_type, 40)


def test_random_numbers(kernel: ModuleType) -> None:
    """Seeded: decimals of every scale, doubles of every exponent and their text, to each numeric C type."""
    r = random.Random(20240801)
    numeric = [c for c in C.values() if c in oracle.INTEGERS or c in (1, 2, 7, 8, -7)]
    for _ in range(300):
        scale = r.randrange(0, 39)
        number = Decimal(f"{r.randrange(-(10 ** r.randrange(1, 38)), 10 ** r.randrange(1, 38))}e-{scale}")
        real = r.choice((-1, 1)) * r.random() * 10.0 ** r.randrange(-40, 40)
        text = r.choice((str(number), repr(real), f"{real:.3f}", f" {number:+f} "))
        for kind, name, value, places in (
            ("decimal128", "DECIMAL", number, scale), ("float64", "DOUBLE", real, 0), ("text", "VARCHAR", text, 0),
        ):  # fmt: skip
            rows = column(kernel, kind, [value], places)
            for c_type in numeric:
                check(
                    kernel,
                    rows,
                    0,
                    value,
                    SQL[name],
                    c_type,
                    r.randrange(1, 60),
                    precision=r.randrange(1, 39),
                    scale=r.randrange(0, 10),
                )


def test_random_moments(kernel: ModuleType) -> None:
    """Seeded: days from year 1 to 9999 with picoseconds."""
    r = random.Random(7)
    for _ in range(400):
        date = datetime.date.fromordinal(r.randrange(1, 3652059))
        value = Moment(date, Fraction(r.randrange(86400 * 10**12), 10**12))
        rows = column(kernel, "timestamp_wide", [value])
        for c_type in (1, -8, 91, 92, 93, -2):
            check(kernel, rows, 0, value, SQL["TYPE_TIMESTAMP"], c_type, r.randrange(10, 70))


def test_null_without_indicator(kernel: ModuleType) -> None:
    rows = column(kernel, "int32", [None, 1])
    assert kernel.cell(rows, 0, 0, indicator=False, sql_type=4, c_type=4)[0] == "22002"
    assert kernel.cell(rows, 1, 0, indicator=False, sql_type=4, c_type=4)[:2] == ("00000", b"\1\0\0\0")


def test_unknown_c_type_and_negative_length(kernel: ModuleType) -> None:
    rows = column(kernel, "text", ["abc"])
    assert kernel.cell(rows, 0, 10, sql_type=12, c_type=1234)[0] == "HY003"
    for c_type in (1, -8, -2):
        assert kernel.cell(rows, 0, -1, sql_type=12, c_type=c_type)[0] == "HY090"


def test_length_alone(kernel: ModuleType) -> None:
    """Without a buffer only the length is given, and the value can still be read."""
    rows = column(kernel, "text", ["aé😀"])
    for c_type, size in ((1, 7), (-8, 8), (-2, 7)):
        assert kernel.cell(rows, 0, 0, buffer=False, sql_type=12, c_type=c_type) == ("00000", b"", size, 0)


def test_max_length_cuts_without_warning(kernel: ModuleType) -> None:
    """SQL_ATTR_MAX_LENGTH: SQL_SUCCESS, the length is that of the cut value, on a character border."""
    rows = column(kernel, "text", ["aé😀b"])
    assert kernel.cell(rows, 0, 20, sql_type=12, c_type=1, max_length=6)[1][:4] == "aé".encode() + b"\0"
    assert kernel.cell(rows, 0, 20, sql_type=12, c_type=1, max_length=7)[2] == 7
    assert kernel.cell(rows, 0, 20, sql_type=12, c_type=-8, max_length=6)[2] == 4
    data = column(kernel, "binary", [bytes(10)])
    assert kernel.cell(data, 0, 20, sql_type=-3, c_type=-2, max_length=6)[2] == 6


def test_zone_shows_utc_as_local_time(kernel: ModuleType) -> None:
    """Europe/Berlin around the spring change of 2024 (2024-03-31T01:00:00Z), as tzdata has it."""
    change = 1711846800
    zone = (struct.pack("<2q", -(2**63), change), struct.pack("<2i", 3600, 7200))
    rows = kernel.Rows("timestamp", struct.pack("<2q", change - 1, change), zone=zone)
    texts = [kernel.cell(rows, row, 20, sql_type=93, c_type=1)[1] for row in (0, 1)]
    assert texts == [b"2024-03-31 01:59:59\0", b"2024-03-31 03:00:00\0"]


def test_mixed_intervals_read_as_duckdb_prints_them(kernel: ModuleType) -> None:
    """Months, days and time in a character column: the text that the engine itself makes."""
    duckdb = pytest.importorskip("duckdb")
    r = random.Random(12)
    parts = [(0, 0, 0), (14, 3, 14706500000), (-1, 0, 0), (1, -1, -1), (0, 0, -3600000000), (1200, 31, 360000000000000)]
    parts += [(r.randrange(-50, 50), r.randrange(-50, 50), r.randrange(-(10**11), 10**11)) for _ in range(200)]
    sql = "SELECT CAST(to_months(?) + to_days(?) + to_microseconds(?) AS VARCHAR)"
    with duckdb.connect() as connection:
        for months, days, micros in parts:
            (want,) = connection.execute(sql, [months, days, micros]).fetchone()
            rows = kernel.Rows("interval_mdn", struct.pack("<iiq", months, days, micros * 1000))
            _, out, length, _ = kernel.cell(rows, 0, 100, sql_type=SQL["VARCHAR"], c_type=C["CHAR"])
            assert out[:length].decode() == want, (months, days, micros)


def test_mutated_literals(kernel: ModuleType) -> None:
    """Literals with a character more, less or other: the oracle's reading of every one, as every type."""
    r = random.Random(2024)
    names = [name for name, code in SQL.items() if oracle.family(code) not in ("guid", "binary")]
    for _ in range(600):
        text = r.choice(ASCII + ZONED)
        for _ in range(r.randrange(1, 3)):
            at, letter = r.randrange(len(text) + 1), r.choice("0123456789-+.: eETZ'{}dts()")
            text = text[:at] + r.choice(("", letter)) + text[at + r.randrange(2) :]
        if re.search(r"\d{5}-|[eE][+-]?\d{5}", text):
            continue  # Python's calendar ends before such years, its decimals before such exponents
        rows = column(kernel, "text", [text])
        for c_type in C.values():
            check(kernel, rows, 0, text, SQL[r.choice(names)], c_type, 50, leading=3, precision=6)


def test_garbage_in_text_columns(kernel: ModuleType) -> None:
    """Bytes of any kind, as text of any SQL type to any C type: a SQLSTATE of the kernel, and lengths that are true."""
    r = random.Random(77)
    soup = b"0123456789-+.:eE TZ{}'dtsINTERVAL()/\x00\x7f\x80\xc3\xa9\xf0\x9f\x98\x80\xff"
    known = {"00000", "01004", "01S07", "22003", "22007", "22008", "22015", "22018", "07006"}
    for _ in range(1500):
        data = bytes(r.choices(soup, k=r.randrange(0, 40)))
        rows = kernel.Rows("text", struct.pack("<2i", 0, len(data)), data)
        for sql_type in r.sample(list(SQL.values()), 4):
            for c_type in C.values():
                capacity = r.randrange(0, 60)
                state, out, length, _ = kernel.cell(rows, 0, capacity, sql_type=sql_type, c_type=c_type, leading=9)
                assert state in known
                if c_type == C["CHAR"] and state == "00000":
                    assert out[: length + 1] == data + b"\0"


def test_years_beyond_four_digits(kernel: ModuleType) -> None:
    """Days that Python's calendar ends before: the text goes on, the structures end with SQLSMALLINT."""
    for days, text, state in (
        (2932897, b"10000-01-01", "00000"), (-719529, b"-0001-12-31", "00000"), (-719528, b"0000-01-01", "00000"),
        (11248737, b"32767-12-31", "00000"), (11248738, b"32768-01-01", "22008"), (-12687428, b"-32767-01-01", "00000"),
        (-12687794, b"-32768-01-01", "00000"),
        (-12687795, b"-32769-12-31", "22008"), (2**31 - 2, b"5881580-07-10", "22008"), (-(2**31), b"-5877641-06-23", "22008"),
    ):  # fmt: skip
        rows = kernel.Rows("date32", struct.pack("<i", days))
        assert kernel.cell(rows, 0, 40, sql_type=91, c_type=1)[1].split(b"\0")[0] == text
        assert kernel.cell(rows, 0, 0, sql_type=91, c_type=91)[0] == state
        assert kernel.cell(rows, 0, 0, sql_type=91, c_type=93)[0] == state


def test_infinities_are_no_moments(kernel: ModuleType) -> None:
    """DuckDB's infinity and -infinity: the outermost numbers, which are 22008 in every form but NULL."""
    for sign in (1, -1):
        days = kernel.Rows("date32", struct.pack("<i", sign * (2**31 - 1)))
        moments = kernel.Rows("timestamp", struct.pack("<q", sign * (2**63 - 1)), scale=9)
        for c_type in (1, -8, 91, 93):
            assert kernel.cell(days, 0, 60, sql_type=91, c_type=c_type)[0] == "22008"
            assert kernel.cell(moments, 0, 60, sql_type=93, c_type=c_type)[0] == "22008"
        assert kernel.block(moments, 0, 1, 16, 16, 8, sql_type=93, c_type=93)[1] == ["22008"]


def test_the_end_of_the_day(kernel: ModuleType) -> None:
    """24:00:00 is a time of several engines; as a timestamp it is the first second of tomorrow. More is 22008."""
    rows = kernel.Rows("time64", struct.pack("<3q", 86400 * 10**6, 86401 * 10**6, -1), scale=6)
    assert kernel.cell(rows, 0, 9, sql_type=92, c_type=1)[1] == b"24:00:00\0"
    assert kernel.cell(rows, 0, 0, sql_type=92, c_type=92)[1] == struct.pack("<3H", 24, 0, 0)
    fields = struct.unpack("<h5HI", kernel.cell(rows, 0, 0, sql_type=92, c_type=93)[1])
    assert fields[3:] == (0, 0, 0, 0)
    assert datetime.date(*fields[:3]) - datetime.date.today() in (datetime.timedelta(1), datetime.timedelta(0))
    for row in (1, 2):
        assert kernel.cell(rows, row, 20, sql_type=92, c_type=1)[0] == "22008"


def test_extreme_elements(kernel: ModuleType) -> None:
    """The largest and smallest elements that a buffer can hold, in every unit, shown in a zone and not."""
    edge = [0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), -(2**63) + 1, 9223372036854775]
    zone = (struct.pack("<2q", -(2**63), 0), struct.pack("<2i", -43200, 50400))
    known = {"00000", "01004", "01S07", "22003", "22008", "22015", "07006"}
    small = [n for n in edge if -(2**31) <= n < 2**31]
    mixed = [struct.pack("<iiq", m, d, n) for n in edge for m in (0, 2**31 - 1, -(2**31)) for d in (0, -(2**31))]
    for kind, sql_types, scales, elements in (
        ("date32", (91,), (0,), [struct.pack("<i", n) for n in small]),
        ("time64", (92,), (0, 3, 6, 9), [struct.pack("<q", n) for n in edge]),
        ("timestamp", (93,), (0, 3, 6, 9), [struct.pack("<q", n) for n in edge]),
        ("timestamp_wide", (93,), (0,), [struct.pack("<qq", n, p) for n in edge for p in (0, 10**12 - 1)]),
        ("interval_months", (101, 102, 107), (0,), [struct.pack("<i", n) for n in small]),
        ("interval_duration", tuple(oracle.DAY_TIME), (0, 3, 6, 9), [struct.pack("<q", n) for n in edge]),
        ("interval_mdn", (12, 107, 110), (0,), mixed),
        ("decimal128", (3,), (0, 5, 38), [struct.pack("<qq", n, m) for n in edge for m in edge]),
    ):  # fmt: skip
        for scale in scales:
            for local in (None, zone) if kind.startswith("timestamp") else (None,):
                rows = kernel.Rows(kind, b"".join(elements), scale=scale, zone=local)
                for sql_type in sql_types:
                    for c_type in C.values():
                        o = {"sql_type": sql_type, "c_type": c_type, "leading": 9, "precision": 9}
                        states = kernel.block(rows, 0, len(elements), 64, 64, 8, **o)[1]
                        singles = [kernel.cell(rows, row, 64, **o)[0] for row in range(len(elements))]
                        assert states == singles
                        assert set(states) <= known
