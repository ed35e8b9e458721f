"""The decoder of Trino's JSON: values of every kind, zones, nested types, and damaged pages.

Pages are written by Python's json module; what they must become is spelled out, or computed by the standard library.
"""

from __future__ import annotations

import base64
import json
import random
import struct
import uuid
from array import array
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

import build

kernel = build.load()

TEXT = ("text", 0, False, b"")
ROWS = 37


def column(
    kind: str, values: list[object], scale: int = 0, zoned: bool = False, code: bytes = b"", zones: object = ()
) -> object:
    """One column of these JSON values decoded; the error's text when that fails."""
    page = json.dumps([[v] for v in values], ensure_ascii=False).encode()
    result = kernel.trino(page, [(kind, scale, zoned, code)], zones)
    return result[1][0] if isinstance(result, tuple) and result[0] != "zone" else result


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("int8", [-128, 0, 127, None]),
        ("int16", [-32768, 32767, None]),
        ("int32", [-(2**31), 2**31 - 1, None, 0]),
        ("int64", [-(2**63), 2**63 - 1, None, 999999999999999999, -1000000000000000000]),
    ],
)
def test_integers(kind: str, values: list[int | None]) -> None:
    assert column(kind, values) == [None if v is None else ("int", v) for v in values]


@pytest.mark.parametrize(
    ("kind", "value"), [("int8", 128), ("int16", -32769), ("int32", 2**31), ("int64", 2**63), ("int64", -(2**63) - 1),
                        ("int64", 1.5), ("int32", "1"), ("bool", 1), ("int64", True), ("float64", "x"), ("date32", 7)],
)  # fmt: skip
def test_values_of_another_type_are_refused(kind: str, value: object) -> None:
    found = column(kind, [None, value])
    assert isinstance(found, str)
    assert found.startswith("column 1, row 2 of this part of the result"), found


def test_reals_are_those_that_python_reads() -> None:
    texts = ["1.5", "1.0E7", "1.0E-5", "-0.0", "1.7976931348623157E308", "4.9E-324", "0.1", "123456789.123456789"]
    page = ("[" + ",".join(f"[{t}]" for t in texts) + "]").encode()
    _, [found] = kernel.trino(page, [("float64", 0, False, b"")])
    assert [struct.pack("d", v) for _, v in found] == [struct.pack("d", float(t)) for t in texts]
    assert column("float64", ["Infinity", "-Infinity", "+Infinity"]) == [
        ("float", float("inf")), ("float", -float("inf")), ("float", float("inf")),
    ]  # fmt: skip
    [(_, nan)] = column("float64", ["NaN"])
    assert nan != nan
    found = column("float32", [3.4028235e38, 1.4e-45, 0.1, None, "NaN"])
    assert found[:4] == [
        ("float", struct.unpack("f", struct.pack("f", v))[0]) for v in (3.4028235e38, 1.4e-45, 0.1)
    ] + [None]


def test_booleans() -> None:
    values = [i % 3 == 0 if i % 5 else None for i in range(200)]
    assert column("bool", values) == [None if v is None else ("bool", v) for v in values]


def test_texts_with_every_escape() -> None:
    values = ["", "a", "ä漢😀", 'q"\\/\b\f\n\r\t', "\u0000\u001f", "x" * 5000, None, "\u2028"]
    for ascii_only in (True, False):
        page = json.dumps([[v] for v in values], ensure_ascii=ascii_only).encode()
        _, [found] = kernel.trino(page, [TEXT])
        assert found == [None if v is None else ("bytes", v.encode()) for v in values]
    _, [found] = kernel.trino(rb'[["\ud83d"],["\udc00x"],["\ud83dA"],["\/"]]', [TEXT])
    assert found == [("bytes", t.encode()) for t in ("\ufffd", "\ufffdx", "\ufffdA", "/")]
    for bad in (rb'[["\x41"]]', rb'[["\u12"]]', rb'[["\u12g4"]]'):
        assert isinstance(kernel.trino(bad, [TEXT]), str)


def test_values_of_unknown_types_are_their_json() -> None:
    _, [found] = kernel.trino(b'[[{"x": 1, "y":[2,"]"]}],[[1,null]],[17],[true],[null]]', [TEXT])
    assert found == [
        ("bytes", b'{"x": 1, "y":[2,"]"]}'),
        ("bytes", b"[1,null]"),
        ("bytes", b"17"),
        ("bytes", b"true"),
        None,
    ]


def test_bytes_are_those_of_base64() -> None:
    values = [bytes(range(i)) for i in range(40)]
    assert column("binary", [base64.b64encode(v).decode() for v in values]) == [("bytes", v) for v in values]
    assert isinstance(column("binary", ["abc"]), str)
    assert isinstance(column("binary", ["ab=c"]), str)


def test_decimals_dates_uuids_intervals() -> None:
    assert column("decimal128", ["1.50", "-0.01", "99999999999999999999999999999999999.99", None], scale=2) == [
        ("int", 150), ("int", -1), ("int", 10**37 - 1), None,
    ]  # fmt: skip
    assert column("date32", ["1970-01-02", "2024-02-29", "-0001-01-01", "+12345-01-01"]) == [
        ("int", 1), ("int", 19782), ("int", -719893), ("int", 3789391),
    ]  # fmt: skip
    some = uuid.UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59")
    assert column("uuid", [str(some)]) == [("bytes", some.bytes)]
    assert column("interval_months", ["3-2", "-0-5"]) == [("int", 38), ("int", -5)]
    assert column("interval_duration", ["2 03:04:05.678", "-0 00:00:01.000"], scale=3) == [
        ("int", ((2 * 24 + 3) * 60 + 4) * 60000 + 5678), ("int", -1000),
    ]  # fmt: skip
    for bad in ("2024-02-30", "2024-13-01", "1-1-1", ""):
        assert isinstance(column("date32", [bad]), str)


def test_times_to_the_picosecond() -> None:
    assert column("time64", ["01:02:03.123456789012", "23:59:59"], scale=12) == [
        ("int", 3723 * 10**12 + 123456789012), ("int", 86399 * 10**12),
    ]  # fmt: skip
    assert column("timestamp_wide", ["1969-12-31 23:59:59.000000000001"], scale=12) == [("wide", (-1, 1))]
    assert column("timestamp", ["2024-02-29 01:02:03.123456"], scale=6) == [
        ("int", int(datetime(2024, 2, 29, 1, 2, 3, tzinfo=timezone.utc).timestamp()) * 10**6 + 123456)
    ]


def steps(name: str) -> tuple[bytes, bytes, bytes]:
    """A zone's changes of 2024 by zoneinfo, to the hour."""
    zone, at, offsets = ZoneInfo(name), [-(2**63)], []
    start = int(datetime(2024, 1, 1, tzinfo=timezone.utc).timestamp())

    def offset(second: int) -> int:
        shift = datetime.fromtimestamp(second, zone).utcoffset()
        assert shift is not None
        return int(shift.total_seconds())

    offsets.append(offset(start))
    for hour in range(366 * 24):
        if offset(start + 3600 * hour) != offsets[-1]:
            at.append(start + 3600 * hour)
            offsets.append(offset(start + 3600 * hour))
    return name.encode(), array("q", at).tobytes(), array("i", offsets).tobytes()


def test_zoned_timestamps_become_utc() -> None:
    zones = [steps("America/New_York"), steps("Europe/Vienna")]
    assert column("timestamp", ["2024-01-01 00:00:00 Mars/Base"], scale=6, zoned=True, zones=zones) == (
        "zone",
        "Mars/Base",
    )
    for name, _, _ in zones:
        zone = ZoneInfo(name.decode())
        for month in range(1, 13):
            for day in (1, 10, 27, 31) if month == 10 else (1, 10, 27):
                for hour in (0, 1, 3, 4, 23):
                    local = datetime(2024, month, day, hour, 30, tzinfo=zone)
                    [found] = column(
                        "timestamp", [f"{local:%Y-%m-%d %H:%M:%S}.5 {zone.key}"], scale=6, zoned=True, zones=zones
                    )
                    assert found == ("int", int(local.timestamp()) * 10**6 + 500000), local
    # The clocks of Vienna go back at 03:00: 02:30 is there twice, the first is taken (fold=0).
    twice = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Vienna"))
    assert column("timestamp", ["2024-10-27 02:30:00 Europe/Vienna"], scale=6, zoned=True, zones=zones) == [
        ("int", int(twice.timestamp()) * 10**6)
    ]
    assert column("timestamp", ["1970-01-01 05:30:00 +05:30", "1970-01-01 00:00:00 UTC", "1969-12-31 16:00:00 -08:00"],
                  scale=6, zoned=True) == [("int", 0)] * 3  # fmt: skip
    assert isinstance(kernel.trino(b'[["1970-01-01 00:00:00 UTC\0x"]]', [("timestamp", 6, True, b"")]), str)
    for bad in ("1970-01-01 00:00:00", "1970-01-01 00:00:00 ", "1970-01-01 00:00:00 +25:00x", "x UTC"):
        assert column("timestamp", [bad], scale=6, zoned=True) != [("int", 0)]


def test_nested_values_become_plain_json() -> None:
    def one(code: bytes, value: object) -> object:
        [cell] = column("text", [value], code=code)
        return None if cell is None else json.loads(cell[1])

    assert one(b"[s", [1, None, "x"]) == [1, None, "x"]
    assert one(b"[d", ["1.50", None]) == [1.5, None]
    assert one(b"[b", [base64.b64encode(b"\x00\xff").decode(), ""]) == ["00FF", ""]
    assert one(b"[j", ['{"a":[1,null]}', "null"]) == [{"a": [1, None]}, None]
    assert one(b"{d", {"k": "2.0", 'q"': None}) == {"k": 2.0, 'q"': None}
    assert one(b'("a"s"B q"[s)', [1, ["x"]]) == {"a": 1, "B q": ["x"]}
    assert one(b'("a"s"B q"[s)', [1, None]) == {"a": 1, "B q": None}
    assert one(b"(ss)", [1, None]) == [1, None]
    assert one(b"[{(s)", [{}, {"x": [None]}, None]) == [{}, {"x": [None]}, None]
    assert one(b"()", []) == []
    assert column("text", [None], code=b"[s") == [None]
    for code, bad in (
        (b"[s", {}),
        (b"{s", []),
        (b"(ss)", [1]),
        (b"(s)", [1, 2]),
        (b"[s", 1),
        (b"[b", ["x"]),
        (b"(s", [1]),
    ):
        assert isinstance(column("text", [bad], code=code), str), (code, bad)
    page = b"[[" + b"[" * 3000 + b"]" * 3000 + b"]]"
    assert isinstance(kernel.trino(page, [("text", 0, False, b"[" * 3000 + b"s")]), str)


def test_wrong_shapes_are_errors() -> None:
    for page in (b"", b"[", b"{}", b"[[1]", b"[[1],]", b"[[1]]x", b"[1]", b"[[1,2]]", b"[[]]", b"[[1] [2]]", b"[[nul]]",
                 b"[[\"a]]", b"[[1}]", b"\xff\xfe", b"<html>", b"[[1e5]]"):  # fmt: skip
        assert isinstance(kernel.trino(page, [("int64", 0, False, b"")]), str), page
    assert kernel.trino(b" [ [ 1 ] , [ 2 ] ] ", [("int64", 0, False, b"")]) == (2, [[("int", 1), ("int", 2)]])
    assert kernel.trino(b"[]", [("int64", 0, False, b"")]) == (0, [[]])


# ---- damage ----

SPECS = [
    ("bool", 0, False, b""), ("int8", 0, False, b""), ("int64", 0, False, b""), ("float32", 0, False, b""),
    ("float64", 0, False, b""), TEXT, ("binary", 0, False, b""), ("decimal128", 3, False, b""),
    ("date32", 0, False, b""), ("time64", 12, False, b""), ("timestamp", 6, True, b""), ("timestamp_wide", 12, False, b""),
    ("interval_months", 0, False, b""), ("interval_duration", 3, False, b""), ("uuid", 0, False, b""),
    ("text", 0, False, b'[("a"d"b"{b"c"j)'),
]  # fmt: skip


def page() -> bytes:
    """Rows with a column of every kind."""
    rows = [
        [
            i % 2 == 0,
            i - 5,
            i * 10**15,
            i / 8,
            i / 3 if i % 4 else "NaN",
            "ä漢\n😀" * i,
            base64.b64encode(bytes(range(i))).decode(),
            f"-{i}.125",
            f"2024-02-{i % 28 + 1:02d}",
            f"12:34:56.{i:012d}",
            f"2024-02-29 12:34:56.{i:06d} +05:30",
            f"2024-02-29 12:34:56.{i:012d}",
            f"{i}-2",
            f"{i} 04:05:06.789",
            str(uuid.UUID(int=i)),
            [[f"{i}.5", {"k": "AP8Q"}, '{"x":1}'], None],
        ]
        for i in range(ROWS)
    ]
    rows[3] = [None] * len(SPECS)
    return json.dumps(rows).encode()


def shape_is_good(result: object) -> None:
    if isinstance(result, str):
        assert len(result) > 15, result
        return
    if result[0] == "zone":  # type: ignore[index]
        return
    rows, columns = result  # type: ignore[misc]
    assert len(columns) == len(SPECS)
    assert all(len(c) == rows for c in columns)


def test_the_page_itself_is_good() -> None:
    rows, columns = kernel.trino(page(), SPECS)
    assert rows == ROWS
    assert [c[3] for c in columns] == [None] * len(SPECS)
    assert columns[5][2] == ("bytes", "ä漢\n😀ä漢\n😀".encode())
    assert columns[15][2] == ("bytes", b'[{"a":2.5,"b":{"k":"00FF10"},"c":{"x":1}},null]')


def test_every_cut_is_an_error() -> None:
    good = page()
    for end in range(0, len(good), 3):
        assert isinstance(kernel.trino(good[:end], SPECS), str), end


def test_bytes_changed() -> None:
    good = bytearray(page())
    for at in range(0, len(good), 5):
        kept = good[at]
        for value in (0, 0x22, 0x5C, 0x5B, 0x7D, 0xFF, kept ^ 0x01):
            good[at] = value
            shape_is_good(kernel.trino(bytes(good), SPECS))
        good[at] = kept


def test_random_damage() -> None:
    dice, good = random.Random(11), page()
    for _ in range(1500):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            kind, at = dice.randrange(4), dice.randrange(len(bad))
            if kind == 0:
                bad[at] = dice.choice(b'[]{},:"\\0n\xff')
            elif kind == 1:
                del bad[at : at + dice.randint(1, 40)]
            elif kind == 2:
                bad[at:at] = bytes(dice.randrange(256) for _ in range(dice.randint(1, 40)))
            else:
                piece = dice.randrange(len(bad))
                bad[at:at] = bad[piece : piece + dice.randint(1, 100)]
        shape_is_good(kernel.trino(bytes(bad), SPECS))


def test_spans_of_an_envelope() -> None:
    text = '{"id":"q","n":{"a":[1,"]}"]}, "data": [[1,"\\""]] ,"e":null,"ä":1}'.encode()
    assert [(n, text[a:b]) for n, a, b in kernel.json_spans(text)] == [
        ("id", b'"q"'), ("n", b'{"a":[1,"]}"]}'), ("data", b'[[1,"\\""]]'), ("e", b"null"), ("ä", b"1"),
    ]  # fmt: skip
    for end in range(len(text)):
        with pytest.raises(ValueError):
            kernel.json_spans(text[:end])
    for bad in (b"", b"[]", b"x", b'{"a"}', b'{"a":}', b"{1:2}", b'{"a":1 "b":2}', b"<html></html>"):
        with pytest.raises(ValueError):
            kernel.json_spans(bad)
    dice = random.Random(3)
    for _ in range(3000):
        damaged = bytearray(text)
        for _ in range(dice.randint(1, 3)):
            damaged[dice.randrange(len(damaged))] = dice.choice(b'{}[]",:\\x\xff')
        try:
            spans = kernel.json_spans(bytes(damaged))
        except ValueError:
            continue
        assert all(0 <= a <= b <= len(damaged) for _, a, b in spans)
