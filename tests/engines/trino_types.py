"""Trino's types at their edges: what the real server is asked for, what the driver must hand over, and the page's table.

The expected texts are the values that the statements spell out, in the forms of docs/types.md; the edges are those of
Trino's own documentation ("Data types").   tools/trinotypes.py writes the table into docs/types.md.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from pathlib import Path

from plain import C_CHAR, C_DEFAULT, SQL_NO_DATA, SQL_NULL_DATA, SQL_SUCCESS, Session, pointer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "types.md"
BEGIN, END = "<!-- trino: written by tools/trinotypes.py -->\n", "<!-- /trino -->\n"

NAMES = {
    -11: "SQL_GUID", -9: "SQL_WVARCHAR", -8: "SQL_WCHAR", -7: "SQL_BIT", -6: "SQL_TINYINT", -5: "SQL_BIGINT",
    -3: "SQL_VARBINARY", 3: "SQL_DECIMAL", 4: "SQL_INTEGER", 5: "SQL_SMALLINT", 7: "SQL_REAL", 8: "SQL_DOUBLE",
    91: "SQL_TYPE_DATE", 92: "SQL_TYPE_TIME", 93: "SQL_TYPE_TIMESTAMP", 107: "SQL_INTERVAL_YEAR_TO_MONTH",
    110: "SQL_INTERVAL_DAY_TO_SECOND",
}  # fmt: skip


@dataclass(frozen=True)
class Edge:
    """One value: the expression, its text as SQL_C_CHAR (None: NULL), and the SQLSTATE that its default C type gives."""

    sql: str
    text: str | None
    state: str = ""


@dataclass(frozen=True)
class Kind:
    """One line of the table: a type, its SQL type, and its edges."""

    name: str
    sql_type: str
    edges: tuple[Edge, ...]
    note: str = ""


def kind(
    name: str, sql_type: str, *edges: tuple[str, str | None] | tuple[str, str | None, str], note: str = ""
) -> Kind:
    return Kind(name, sql_type, tuple(Edge(*edge) for edge in edges), note)


NINES = "9" * 38
FRACTION, TEXT = "01S07", "SQL_WVARCHAR"

KINDS = (
    kind("boolean", "SQL_BIT", ("true", "1"), ("false", "0")),
    kind("tinyint", "SQL_TINYINT", ("tinyint '-128'", "-128"), ("tinyint '127'", "127")),
    kind("smallint", "SQL_SMALLINT", ("smallint '-32768'", "-32768"), ("smallint '32767'", "32767")),
    kind("integer", "SQL_INTEGER", ("-2147483647 - 1", "-2147483648"), ("2147483647", "2147483647")),
    kind(
        "bigint", "SQL_BIGINT", ("bigint '-9223372036854775808'", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775807"),
    ),
    kind(
        "real", "SQL_REAL", ("real '3.4028235E38'", "3.4028235e+38"), ("real '1.4E-45'", "1e-45"), ("real '0.1'", "0.1"),
        ("cast(nan() AS real)", "NaN"), ("cast(-infinity() AS real)", "-Infinity"), note="NaN and infinities are values",
    ),
    kind(
        "double", "SQL_DOUBLE", ("1.7976931348623157E308", "1.7976931348623157e+308"), ("4.9E-324", "5e-324"),
        ("double '-0.0'", "-0"), ("nan()", "NaN"), ("infinity()", "Infinity"), note="the same",
    ),
    kind(
        "decimal(p,s)", "SQL_DECIMAL", (f"decimal '{NINES}'", NINES), (f"decimal '-{NINES}'", f"-{NINES}"),
        (f"decimal '0.{'0' * 37}1'", f"0.{'0' * 37}1"), ("decimal '1.50'", "1.50"), note="all 38 digits",
    ),
    kind(
        "char(n)", "SQL_WCHAR", ("cast('ä' AS char(3))", "ä  "), ("cast('' AS char(1))", " "), note="padded with blanks",
    ),
    kind("varchar(n)", TEXT, ("cast('äö😀' AS varchar(7))", "äö😀"), ("cast('abc' AS varchar(2))", "ab")),
    kind(
        "varchar", TEXT, ("cast('' AS varchar)", ""), ("'x' || chr(1114111)", "x\U0010ffff"), ("'a' || chr(0) || 'b'", "a\0b"),
        note="a column size of StringLength, which cuts nothing",
    ),
    kind("varbinary", "SQL_VARBINARY", ("X'00FF10'", "00FF10"), ("X''", "")),
    kind(
        "json", TEXT, ("json '{\"b\":1.50,\"a\":[null]}'", '{"a":[null],"b":1.5}'), ("json 'null'", "null"),
        note="the server's text; JSON's null is a text too",
    ),
    kind(
        "date", "SQL_TYPE_DATE", ("date '0001-01-01'", "0001-01-01"), ("date '-0044-03-15'", "-0044-03-15"),
        ("date '12345-01-01'", "12345-01-01"), ("date '99999-01-01'", "99999-01-01", "22008"),
        ("date '-5877641-06-23'", "-5877641-06-23", "22008"), ("date '-5877641-06-24'", "-5877641-06-24", "22008"),
        ("date '5881580-07-11'", "5881580-07-11", "22008"), note="`SQL_DATE_STRUCT` holds years of 16 bits",
    ),
    kind(
        "time(p)", "SQL_TYPE_TIME", ("time '00:00:00'", "00:00:00"), ("time '23:59:59.9'", "23:59:59.9", FRACTION),
        ("time '23:59:59.999999999999'", "23:59:59.999999999999", FRACTION),
        note="the fraction is in the text and in `SQL_TIMESTAMP_STRUCT`",
    ),
    kind(
        "time(p) with time zone", TEXT, ("time '01:02:03 +14:00'", "01:02:03+14:00"),
        ("time '01:02:03.123456789012 -05:30'", "01:02:03.123456789012-05:30"),
    ),
    kind(
        "timestamp(p)", "SQL_TYPE_TIMESTAMP", ("timestamp '0001-01-01 00:00:00'", "0001-01-01 00:00:00"),
        ("timestamp '-0001-12-31 23:59:59.999'", "-0001-12-31 23:59:59.999"),
        ("timestamp '12345-01-01 00:00:00.123456'", "12345-01-01 00:00:00.123456"),
        ("timestamp '9999-12-31 23:59:59.999999999'", "9999-12-31 23:59:59.999999999"),
        ("timestamp '2024-02-29 01:02:03.123456789012'", "2024-02-29 01:02:03.123456789012", FRACTION),
        ("timestamp '99999-01-01 00:00:00'", "99999-01-01 00:00:00", "22008"),
        ("timestamp '294247-01-10 04:00:54.775807'", "294247-01-10 04:00:54.775807", "22008"),
        note="digits beyond the ninth are in the text",
    ),
    kind(
        "timestamp(p) with time zone", "SQL_TYPE_TIMESTAMP", ("timestamp '2024-07-01 01:02:03 UTC'", "2024-07-01 03:02:03"),
        ("timestamp '2024-01-01 00:00:00.000000001 +05:30'", "2023-12-31 19:30:00.000000001"),
        ("timestamp '2024-07-01 01:02:03.1 America/New_York'", "2024-07-01 07:02:03.1"),
        ("timestamp '9999-12-31 23:59:59.999 UTC'", "10000-01-01 00:59:59.999"),
        ("timestamp '73326-09-11 20:14:45.247 UTC'", "73326-09-11 21:14:45.247", "22008"),
        ("timestamp '2024-07-01 00:00:00.123456789012 -14:00'", "2024-07-01 16:00:00.123456789012", FRACTION),
        note="in the session's zone, here Europe/Vienna; `ZonedTimestamps=text`: as sent",
    ),
    kind(
        "interval year to month", "SQL_INTERVAL_YEAR_TO_MONTH", ("interval '178956970' year", "178956970-00", "22015"),
        ("interval '-11' month", "-0-11"),
        note="more than two leading digits need SQL_DESC_DATETIME_INTERVAL_PRECISION; `Intervals=text`: as sent",
    ),
    kind(
        "interval day to second", "SQL_INTERVAL_DAY_TO_SECOND", ("interval '2 03:04:05.678' day to second", "2 03:04:05.678"),
        ("interval '999999999' day", "999999999 00:00:00", "22015"), ("interval '-0.001' second", "-0 00:00:00.001"),
        note="the same",
    ),
    kind(
        "uuid", "SQL_GUID", ("uuid '12151FD2-7586-11e9-8f9e-2a86e4085a59'", "12151fd2-7586-11e9-8f9e-2a86e4085a59"),
        ("uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ),
    kind("ipaddress", TEXT, ("ipaddress '2001:db8::1'", "2001:db8::1"), ("ipaddress '255.255.255.255'", "255.255.255.255")),
    kind(
        "array(T)", TEXT, ("ARRAY[ARRAY[1, null], null, ARRAY[]]", "[[1,null],null,[]]"),
        ("ARRAY[decimal '1.50', null]", "[1.50,null]"), ("ARRAY[nan(), infinity()]", '["NaN","Infinity"]'),
        ("ARRAY[X'00FF', X'']", '["00FF",""]'), ("ARRAY['\"\\', chr(9)]", '["\\"\\\\","\\t"]'),
        ("ARRAY[json '{\"a\":1}', json 'null', null]", '[{"a":1},null,null]'), note="JSON",
    ),
    kind(
        "map(K,V)", TEXT, ("map(ARRAY['a', 'b'], ARRAY[1.5, null])", '{"a":1.5,"b":null}'),
        ("map(ARRAY[date '2024-01-01'], ARRAY[map(ARRAY[1, 2], ARRAY['x', null])])", '{"2024-01-01":{"1":"x","2":null}}'),
        note="a JSON object: the keys are texts",
    ),
    kind(
        "row(name T, ...)", TEXT, ('cast(row(1, null) AS row(a integer, "B q" varchar))', '{"a":1,"B q":null}'),
        ("row(1, row('x', ARRAY[true]))", '[1,["x",[true]]]'),
        ("cast(row(1, 2) AS row(a integer, a integer))", "[1,2]"),
        note="a JSON object; an array where fields have no name, or one name twice",
    ),
    kind("unknown", TEXT, ("null", None)),
    kind(
        "HyperLogLog and its like, color, any other", TEXT, ("color('red')", "red"), ("cast(X'0A' AS HyperLogLog)", "Cg=="),
        note="as sent",
    ),
)  # fmt: skip


def read(session: Session, edge: Edge) -> tuple[str, int, int, str | None, str]:
    """SQL type, size and digits of SQLDescribeCol, the text, and the SQLSTATE of SQLGetData for the default C type."""
    sql = f"SELECT v, v FROM (SELECT {edge.sql} AS v)".encode()
    session.fetched(sql)
    name, length, sql_type = ctypes.create_string_buffer(9), ctypes.c_int16(), ctypes.c_int16()
    size, digits, nullable = ctypes.c_uint64(), ctypes.c_int16(), ctypes.c_int16()
    rc = session.driver.SQLDescribeCol(
        pointer(session.stmt), 1, name, 9, *map(ctypes.byref, (length, sql_type, size, digits, nullable))
    )
    assert rc == SQL_SUCCESS, session.state()
    out, there = ctypes.create_string_buffer(4096), ctypes.c_int64()
    rc = session.driver.SQLGetData(pointer(session.stmt), 1, C_CHAR, out, 4096, ctypes.byref(there))
    assert rc == SQL_SUCCESS, (edge.sql, session.state())
    text = None if there.value == SQL_NULL_DATA else out.raw[: there.value].decode()
    rc = session.driver.SQLGetData(pointer(session.stmt), 2, C_DEFAULT, out, 4096, ctypes.byref(there))
    state = "" if rc == SQL_SUCCESS else session.state()
    assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_NO_DATA
    assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
    return NAMES[sql_type.value], size.value, digits.value, text, state


def table(session: Session) -> str:
    """The table of docs/types.md, as the driver reads the types from the server."""
    lines = ["| type | SQL type | read from a server, as `SQL_C_CHAR` | |", "| --- | --- | --- | --- |"]
    for one in KINDS:
        shown, names = [], set()
        for edge in one.edges:
            name, _, _, text, state = read(session, edge)
            names.add(name)
            shown.append(_shown(text) + (f" ({state})" if state else ""))
        lines.append(f"| {one.name} | {', '.join(f'`{n}`' for n in sorted(names))} | {', '.join(shown)} | {one.note} |")
    return "\n".join(lines) + "\n"


def _shown(text: str | None) -> str:
    if text is None:
        return "NULL"
    if not text:
        return "an empty text"
    visible = re.sub(r"[\0\U0010ffff]", lambda found: f"<U+{ord(found[0]):04X}>", text)
    return f"`{visible}`".replace("|", "\\|")


def replaced(page: str, new: str) -> str:
    """The page with another table."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + new + END + after
