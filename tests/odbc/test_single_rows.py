"""Applications that read one row at a time: every row after the first takes short ways that must not differ from the long one.

The values stand in the SQL text; what they are as a C type is said by the specification (Appendix D).
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from plain import SQL_ERROR, SQL_NO_DATA, SQL_NULL_DATA, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer

C_CHAR, C_WCHAR, C_LONG, C_SHORT, C_DOUBLE, C_FLOAT, C_BIT = 1, -8, 4, 5, 8, 7, -7
C_SBIGINT, C_UBIGINT, C_SLONG, C_ULONG, C_SSHORT, C_USHORT, C_STINYINT, C_UTINYINT = (
    -25,
    -27,
    -16,
    -18,
    -15,
    -17,
    -26,
    -28,
)
C_DATE, C_TIMESTAMP, C_DATE_2, C_TIMESTAMP_2 = 91, 93, 9, 11
MAX_LENGTH = 3


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def stamp(*fields: int) -> bytes:
    return struct.pack("<hHHHHHI", *fields)


def day(*fields: int) -> bytes:
    return struct.pack("<hHH", *fields)


CASES = [
    ("smallint", ["1", "-32768"], C_LONG, [struct.pack("<i", 1), struct.pack("<i", -32768)]),
    ("tinyint", ["-128", "127"], C_LONG, [struct.pack("<i", -128), struct.pack("<i", 127)]),
    ("utinyint", ["255", "0"], C_LONG, [struct.pack("<i", 255), struct.pack("<i", 0)]),
    ("usmallint", ["65535", "7"], C_SLONG, [struct.pack("<i", 65535), struct.pack("<i", 7)]),
    ("integer", ["-2147483648", "5"], C_SLONG, [struct.pack("<i", -(2**31)), struct.pack("<i", 5)]),
    ("integer", ["-1", "5"], C_SBIGINT, [struct.pack("<q", -1), struct.pack("<q", 5)]),
    ("uinteger", ["4294967295", "5"], C_ULONG, [b"\xff\xff\xff\xff", struct.pack("<I", 5)]),
    ("bigint", ["-9223372036854775808", "5"], C_SBIGINT, [struct.pack("<q", -(2**63)), struct.pack("<q", 5)]),
    ("bigint", ["-17", "5"], C_LONG, [struct.pack("<i", -17), struct.pack("<i", 5)]),
    ("ubigint", ["18446744073709551615", "5"], C_UBIGINT, [b"\xff" * 8, struct.pack("<Q", 5)]),
    ("smallint", ["-2", "3"], C_SSHORT, [struct.pack("<h", -2), struct.pack("<h", 3)]),
    ("usmallint", ["65535", "3"], C_USHORT, [b"\xff\xff", struct.pack("<H", 3)]),
    ("tinyint", ["-2", "3"], C_STINYINT, [b"\xfe", b"\x03"]),
    ("utinyint", ["254", "3"], C_UTINYINT, [b"\xfe", b"\x03"]),
    ("boolean", ["true", "false"], C_BIT, [b"\x01", b"\x00"]),
    ("double", ["0.1", "'-inf'"], C_DOUBLE, [struct.pack("<d", 0.1), struct.pack("<d", float("-inf"))]),
    ("real", ["0.5", "'-0.0'"], C_DOUBLE, [struct.pack("<d", 0.5), struct.pack("<d", -0.0)]),
    ("real", ["0.5", "1e38"], C_FLOAT, [struct.pack("<f", 0.5), struct.pack("<f", 1e38)]),
    ("varchar", ["'abc'", "''"], C_CHAR, [b"abc", b""]),
    ("varchar", ["'naïve 🦆'", "'x'"], C_CHAR, ["naïve 🦆".encode(), b"x"]),
    ("varchar", ["'abc'", "''"], C_WCHAR, [wide("abc"), b""]),
    ("varchar", ["'naïve 🦆'", "'x'"], C_WCHAR, [wide("naïve 🦆"), wide("x")]),
    ("integer", ["-2147483648", "0"], C_CHAR, [b"-2147483648", b"0"]),
    ("utinyint", ["255", "0"], C_WCHAR, [wide("255"), wide("0")]),
    ("ubigint", ["18446744073709551615", "1"], C_WCHAR, [wide("18446744073709551615"), wide("1")]),
    ("decimal(9,3)", ["-0.500", "123456.789"], C_CHAR, [b"-0.500", b"123456.789"]),
    ("decimal(38,10)", ["-1.5", "0"], C_WCHAR, [wide("-1.5000000000"), wide("0.0000000000")]),
    ("date", ["'2000-02-29'", "'1969-12-31'"], C_DATE, [day(2000, 2, 29), day(1969, 12, 31)]),
    ("date", ["'2000-02-29'", "'1969-12-31'"], C_DATE_2, [day(2000, 2, 29), day(1969, 12, 31)]),
    (
        "date", ["'2000-02-29'", "'1969-12-31'"], C_TIMESTAMP,
        [stamp(2000, 2, 29, 0, 0, 0, 0), stamp(1969, 12, 31, 0, 0, 0, 0)],
    ),
    (
        "timestamp", ["'2000-02-29 23:59:59.000001'", "'1969-12-31 00:00:00'"], C_TIMESTAMP,
        [stamp(2000, 2, 29, 23, 59, 59, 1000), stamp(1969, 12, 31, 0, 0, 0, 0)],
    ),
    (
        "timestamp_ns", ["'2000-02-29 23:59:59.000000001'", "'1969-12-31 23:59:59.999999999'"], C_TIMESTAMP_2,
        [stamp(2000, 2, 29, 23, 59, 59, 1), stamp(1969, 12, 31, 23, 59, 59, 999_999_999)],
    ),
    (
        "timestamp_ms", ["'2000-02-29 23:59:59.001'", "'1969-12-31 23:59:59.999'"], C_TIMESTAMP,
        [stamp(2000, 2, 29, 23, 59, 59, 1_000_000), stamp(1969, 12, 31, 23, 59, 59, 999_000_000)],
    ),
    ("timestamp_s", ["'2000-02-29 23:59:59'", "'1970-01-01'"], C_TIMESTAMP,
     [stamp(2000, 2, 29, 23, 59, 59, 0), stamp(1970, 1, 1, 0, 0, 0, 0)]),
]  # fmt: skip
"""Type, two literals, C type, the bytes of both values."""

ORDER = [0, None, 1, 0]
"""The rows of each case: which of its two values, or NULL."""


def rows_of(kind: str, literals: list[str]) -> bytes:
    values = ", ".join(f"({i}, cast({'NULL' if v is None else literals[v]} as {kind}))" for i, v in enumerate(ORDER))
    return f"select v from (values {values}) t(i, v) order by i".encode()


@pytest.fixture(scope="module")
def driver(driver_path: Path) -> Driver:
    return Driver(driver_path)


@pytest.fixture
def session(driver: Driver) -> Iterator[Session]:
    opened = Session(driver)
    yield opened
    opened.close()


class Cell:
    """A buffer with guards of 0xAA on both sides, at an odd address, and its indicator."""

    def __init__(self, capacity: int = 100) -> None:
        self.capacity = capacity
        self.room = ctypes.create_string_buffer(b"\xaa" * (capacity + 40), capacity + 40)
        self.ind = ctypes.c_int64(-99)

    def address(self) -> int:
        return ctypes.addressof(self.room) + 17

    def arguments(self) -> tuple[ctypes.c_void_p, ctypes.c_int64, object]:
        return pointer(self.address()), ctypes.c_int64(self.capacity), ctypes.byref(self.ind)

    def value(self, c_type: int) -> bytes | None:
        """What was written; text ends with its terminator, and nothing outside the buffer was touched."""
        raw = self.room.raw
        assert raw[:17] == b"\xaa" * 17
        assert raw[17 + self.capacity :] == b"\xaa" * (23)
        if self.ind.value == SQL_NULL_DATA:
            return None
        n = self.ind.value
        end = {C_CHAR: b"\0", C_WCHAR: b"\0\0"}.get(c_type, b"\xaa")
        assert raw[17 + n : 17 + n + len(end)] == end
        return raw[17 : 17 + n]


def wanted(values: list[bytes]) -> list[bytes | None]:
    return [None if v is None else values[v] for v in ORDER]


@pytest.mark.parametrize(("kind", "literals", "c_type", "values"), CASES)
def test_getdata(session: Session, kind: str, literals: list[str], c_type: int, values: list[bytes]) -> None:
    call = session.driver
    session.ok(rows_of(kind, literals))
    got = []
    while (rc := call.SQLFetch(pointer(session.stmt))) == SQL_SUCCESS:
        cell = Cell()
        assert call.SQLGetData(pointer(session.stmt), 1, c_type, *cell.arguments()) == SQL_SUCCESS, session.state()
        got.append(cell.value(c_type))
        assert call.SQLGetData(pointer(session.stmt), 1, c_type, *cell.arguments()) == SQL_NO_DATA
    assert rc == SQL_NO_DATA
    assert got == wanted(values)


@pytest.mark.parametrize(("kind", "literals", "c_type", "values"), CASES)
def test_bound_rows(session: Session, kind: str, literals: list[str], c_type: int, values: list[bytes]) -> None:
    call = session.driver
    cell = Cell()
    assert call.SQLBindCol(pointer(session.stmt), 1, c_type, *cell.arguments()) == SQL_SUCCESS
    session.ok(rows_of(kind, literals))
    got = []
    while (rc := call.SQLFetch(pointer(session.stmt))) == SQL_SUCCESS:
        got.append(cell.value(c_type))
        ctypes.memset(cell.address(), 0xAA, cell.capacity)
    assert rc == SQL_NO_DATA
    assert got == wanted(values)


@pytest.mark.parametrize(("c_type", "unit"), [(C_CHAR, 1), (C_WCHAR, 2)])
def test_a_long_text_behind_short_ones_comes_in_pieces(session: Session, c_type: int, unit: int) -> None:
    call = session.driver
    session.ok(b"select repeat('x', i * 30) || '!' from range(3) r(i) order by i")
    text = []
    for i in range(3):
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        pieces, cell = "", Cell(20 * unit)
        left = 30 * i + 1
        while (rc := call.SQLGetData(pointer(session.stmt), 1, c_type, *cell.arguments())) != SQL_NO_DATA:
            assert cell.ind.value == left * unit
            assert rc == (SQL_SUCCESS if left < 20 else SQL_SUCCESS_WITH_INFO)
            assert left < 20 or session.state() == "01004"
            taken = min(left, 19)
            pieces += cell.room.raw[17 : 17 + taken * unit].decode("utf-16-le" if unit == 2 else "ascii")
            left -= taken
        text.append(pieces)
    assert text == ["!", "x" * 30 + "!", "x" * 60 + "!"]


def test_a_bound_text_that_is_cut_says_so_in_its_row_only(session: Session) -> None:
    call, cell = session.driver, Cell(8)
    assert call.SQLBindCol(pointer(session.stmt), 1, C_CHAR, *cell.arguments()) == SQL_SUCCESS
    session.ok(b"select v from (values (1, 'abc'), (2, '12345678'), (3, 'abcdefg')) t(i, v) order by i")
    answers = []
    for _ in range(3):
        rc = call.SQLFetch(pointer(session.stmt))
        answers.append((rc, session.state() if rc else "", cell.room.raw[17:25].split(b"\0")[0], cell.ind.value))
    assert answers == [
        (SQL_SUCCESS, "", b"abc", 3),
        (SQL_SUCCESS_WITH_INFO, "01004", b"1234567", 8),
        (SQL_SUCCESS, "", b"abcdefg", 7),
    ]


def test_null_without_an_indicator(session: Session) -> None:
    call, cell = session.driver, Cell()
    session.ok(rows_of("integer", ["1", "2"]))
    answers = []
    for _ in ORDER:
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        rc = call.SQLGetData(
            pointer(session.stmt), 1, C_LONG, pointer(cell.address()), ctypes.c_int64(4), pointer(None)
        )
        answers.append((rc, session.state() if rc else ""))
    assert answers == [(SQL_SUCCESS, ""), (SQL_ERROR, "22002"), (SQL_SUCCESS, ""), (SQL_SUCCESS, "")]


def test_a_value_that_does_not_fit_after_one_that_does(session: Session) -> None:
    call, cell = session.driver, Cell()
    session.ok(b"select v from (values (1, 5::bigint), (2, 2147483648), (3, 6)) t(i, v) order by i")
    answers = []
    for _ in range(3):
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        rc = call.SQLGetData(pointer(session.stmt), 1, C_LONG, *cell.arguments())
        answers.append(session.state() if rc else struct.unpack_from("<i", cell.room.raw, 17)[0])
    assert answers == [5, "22003", 6]


def test_max_length_set_between_rows_is_kept(session: Session) -> None:
    call = session.driver
    assert call.SQLSetStmtAttr(pointer(session.stmt), MAX_LENGTH, pointer(2), 0) == SQL_SUCCESS
    session.ok(b"select 'abc' from range(3)")
    for _ in range(3):
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        cell = Cell()
        assert call.SQLGetData(pointer(session.stmt), 1, C_CHAR, *cell.arguments()) == SQL_SUCCESS
        assert cell.value(C_CHAR) == b"ab"


def test_the_same_column_as_another_type_begins_anew(session: Session) -> None:
    call = session.driver
    session.ok(b"select 12::integer from range(3)")
    for _ in range(3):
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        number, text = Cell(), Cell()
        assert call.SQLGetData(pointer(session.stmt), 1, C_LONG, *number.arguments()) == SQL_SUCCESS
        assert call.SQLGetData(pointer(session.stmt), 1, C_CHAR, *text.arguments()) == SQL_SUCCESS
        assert (number.value(C_LONG), text.value(C_CHAR)) == (struct.pack("<i", 12), b"12")


def test_types_of_one_result_are_not_those_of_the_next(session: Session) -> None:
    call = session.driver
    for sql, expected in ((b"select 7::integer from range(3)", b"7"), (b"select 'seven' from range(3)", b"seven")):
        session.ok(sql)
        for _ in range(3):
            assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
            cell = Cell()
            assert call.SQLGetData(pointer(session.stmt), 1, C_CHAR, *cell.arguments()) == SQL_SUCCESS
            assert cell.value(C_CHAR) == expected
        assert call.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS


@pytest.mark.parametrize("c_type", [C_LONG, C_CHAR])
def test_a_negative_buffer_length_is_refused_on_every_row(session: Session, c_type: int) -> None:
    call = session.driver
    session.ok(b"select 1::integer from range(3)")
    for _ in range(3):
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        cell = Cell()
        assert call.SQLGetData(pointer(session.stmt), 1, c_type, *cell.arguments()) == SQL_SUCCESS
        bad = call.SQLGetData(
            pointer(session.stmt), 1, c_type, pointer(cell.address()), ctypes.c_int64(-1), ctypes.byref(cell.ind)
        )
        assert (bad, session.state()) == (SQL_ERROR, "HY090")


def test_values_and_nulls_over_many_batches(session: Session) -> None:
    """Some batches have no NULL in a column, others have; each is read by SQLGetData and through a bound column."""
    call, rows = session.driver, 300_000
    bound = Cell()
    assert call.SQLBindCol(pointer(session.stmt), 1, C_SBIGINT, *bound.arguments()) == SQL_SUCCESS
    # Column 1 and 3: NULL in every 70,000th row; column 2 never; column 4 in all rows of the middle.
    session.ok(
        f"select case when i % 70000 <> 69999 then i end, i::integer, case when i % 70000 <> 69999 then i / 2 end, "
        f"case when i not between 100000 and 200000 then (i % 1000)::integer end from range({rows}) r(i) order by i".encode()
    )
    cells = [Cell(), Cell(), Cell()]
    for i in range(rows):
        assert call.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        if i % 7 and i % 70000 < 69990 and i % 2048 > 3:
            continue
        got = []
        for column, (c_type, cell) in enumerate(zip((C_LONG, C_DOUBLE, C_LONG), cells, strict=True), 2):
            assert call.SQLGetData(pointer(session.stmt), column, c_type, *cell.arguments()) == SQL_SUCCESS
            got.append(cell.value(c_type))
        some = i % 70000 != 69999
        assert bound.value(C_SBIGINT) == (struct.pack("<q", i) if some else None)
        middle = 100_000 <= i <= 200_000
        half, rest = struct.pack("<d", i / 2) if some else None, None if middle else struct.pack("<i", i % 1000)
        assert got == [struct.pack("<i", i), half, rest]
    assert call.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
    rc = call.SQLGetData(pointer(session.stmt), 2, C_LONG, *cells[0].arguments())
    assert (rc, session.state()) == (SQL_ERROR, "24000")
