"""Rows of Trino's JSON read many at a time: against Python's own numbers and dates, and against the careful readers.

Pages have many rows without a space, as Trino writes them; only such rows are read in runs.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

import build

kernel = build.load()

Spec = tuple[str, int, bool, bytes]


def spec(kind: str, scale: int = 0, zoned: bool = False) -> Spec:
    return (kind, scale, zoned, b"")


def rows_of(cells: list[str], columns: int = 3) -> bytes:
    """A page with these JSON texts in each of its columns, the first row repeated in front and at the end."""
    rows = [",".join([c] * columns) for c in [cells[0], *cells, cells[0], cells[0], cells[0], cells[0]]]
    return ("[" + ",".join(f"[{r}]" for r in rows) + "]").encode()


def read(cells: list[str], kind: Spec) -> list[object]:
    """The cells decoded, three columns of them, which have to agree with each other and with the careful readers."""
    page = rows_of(cells)
    result = kernel.trino(page, [kind] * 3)
    assert not isinstance(result, str), result
    assert repr(result) == repr(kernel.trino(page, [kind] * 3, (), True))
    for wide in (0, 1):  # as on processors with narrower registers
        assert repr(result) == repr(kernel.trino(page, [kind] * 3, (), wide=wide))
    _, [first, second, third] = result
    assert repr(first) == repr(second) == repr(third)
    return [v and v[1] for v in first[1 : len(cells) + 1]]


def ends_plainly(text: bytes, first: int) -> list[int]:
    """What the index has to find, character by character: whole blocks, up to a string that no end follows."""
    ends: list[int] = []
    inside = escaped = closed = False
    before = 0
    for i in range(min((len(text) - first) // 64 * 64, 16384)):
        c = text[first + i]
        if i % 64 == 0:
            before = len(ends)
        if closed and c not in b",]":
            return ends[:before]
        closed = False
        if escaped or c == 0x5C:
            escaped = not escaped
        elif c == 0x22:
            inside = not inside
            closed = not inside
        elif c in b",]" and not inside and i:
            ends.append(first + i)
    return ends


@pytest.mark.parametrize("most", [0, 1, 2])
def test_ends_of_random_texts(most: int) -> None:
    dice = random.Random(5)
    pieces = [
        b'"a",',
        b'"",',
        b'"\\"],",',
        b'"\\\\",',
        b"12]",
        b",",
        b'"' + b"x, ]" * 20 + b'"]',
        b'"\\u0041"]',
        b'"\\',
        b'"a" ',
    ]
    for _ in range(3000):
        weights = [9] * 8 + [dice.randint(0, 1)] * 2
        text = b"00" + b"".join(dice.choices(pieces, weights, k=dice.randint(1, 60)))
        first = dice.randrange(3)
        found, closings, escapes = kernel.json_ends(text, first, most)
        assert found == ends_plainly(text, first), text
        assert closings == sum(text[i] == 0x5D for i in found), text
        if found and b"\\" in text[: found[-1]]:
            assert escapes, text


@pytest.mark.parametrize("most", [0, 1, 2])
def test_ends_of_a_long_text_fill_the_index_and_no_more(most: int) -> None:
    found, closings, _ = kernel.json_ends(b"," * 40000, 1, most)
    assert (found, closings) == (list(range(2, 16384 + 1)), 0)


def test_integers_of_every_length() -> None:
    dice = random.Random(1)
    for kind, bits in (("int8", 8), ("int16", 16), ("int32", 32), ("int64", 64)):
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        values = [low, high, 0, low + 1, high - 1] + [max(low, min(high, s * 10**k + d))
                  for k in range(19) for s in (1, -1) for d in (-1, 0, 1)]  # fmt: skip
        values += [dice.randint(low, high) // 10 ** dice.randint(0, 18) for _ in range(5000)]
        assert read([str(v) for v in values], spec(kind)) == values


def reals(dice: random.Random, count: int) -> list[str]:
    """Texts of all the forms in which JSON writes a real, many of them near the middle between two doubles."""
    found = []
    for _ in range(count):
        whole, fraction = (
            dice.randrange(10 ** dice.randint(1, 17)),
            "".join(dice.choices("0123456789", k=dice.randint(1, 19))),
        )
        sign, form = dice.choice(["", "-"]), dice.randrange(6)
        if form < 3:
            found.append(f"{sign}{whole if form else whole % 1000}.{fraction}")
        elif form == 3:
            found.append(
                repr(struct.unpack("d", struct.pack("Q", dice.getrandbits(62) | dice.getrandbits(1) << 63))[0])
            )
        elif form == 4:
            found.append(f"{sign}{dice.randrange(1, 10)}.{fraction}E{dice.randint(-30, 30)}")
        else:
            middle = (2**53 + dice.randrange(2**52)) * 2 + 1
            found.append(f"{sign}{middle // 10 ** dice.randint(0, 3)}.{dice.choice(['0', '5', '00000', '25'])}")
    return found


def test_doubles_are_those_that_python_reads() -> None:
    edges = [
        "0.0", "-0.0", "0.5", "1.0", "9007199254740992.0", "9007199254740993.0", "900719925474099.25", "0.000000000000001",
        "9007199254740.993", "0.9007199254740993", "1.7976931348623157E308", "4.9E-324", "123456789012345.6", "0.1", "0.3",
        "-2.2250738585072014E-308", "5", "-17", "00.5", "1.0e5",
    ]  # fmt: skip
    texts = edges + reals(random.Random(7), 40_000)
    found = read(texts, spec("float64"))
    assert [struct.pack("d", v) for v in found] == [struct.pack("d", float(t)) for t in texts]


def test_seventeen_digits_and_both_ends_of_the_exponent() -> None:
    dice = random.Random(17)
    texts = [
        "1.7976931348623157E308",
        "-1.7976931348623157E308",
        "2.2250738585072014E-308",
        "4.9E-324",
        "-4.9E-324",
        "-0.0",
    ]
    for _ in range(20_000):
        value = struct.unpack("d", struct.pack("Q", dice.getrandbits(64)))[0]
        if value == value and abs(value) != float("inf"):
            texts.append(f"{value:.{dice.choice((15, 16, 17))}g}".replace("e", "E"))
        texts.append(f"{dice.choice(('', '-'))}{dice.randrange(10 ** dice.randint(1, 9))}.{dice.randrange(10**7)}")
    texts = [t if "." in t else t + ".0" if "E" not in t else t for t in texts]
    found = read(texts, spec("float64"))
    assert [struct.pack("d", v) for v in found] == [struct.pack("d", float(t)) for t in texts]


def test_numbers_with_nulls_and_rare_forms_between() -> None:
    """In each place of eight, alone and beside each other, whatever stands around them."""
    dice = random.Random(18)
    for form, kind, read_one in (("{}", "int32", int), ("{}", "int64", int), ("{}.5", "float64", float)):
        for share in (0.02, 0.3, 0.9):
            cells = [form.format(dice.randrange(-(10**9), 10**9) // 10 ** dice.randrange(9)) for _ in range(1001)]
            cells = ["null" if dice.random() < share else c for c in cells]
            cells[500] = "1E3" if kind == "float64" else "-0"
            assert read(cells, spec(kind)) == [None if c == "null" else read_one(c) for c in cells]


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "float64"])
def test_what_is_no_number_is_none_in_every_place_of_eight(kind: str) -> None:
    bad = ["-", "--1", "1-", "- 1", "1 2", "+1", "1/2", "1:2", "0x1", '"1"', "true", "nul", "-.", "1-1"]
    bad += ["NaN", "1.5.5", "1..5", "-1.-5", "5-.5", "1.5-", "1,5"] if kind == "float64" else ["1.5", "1e3", str(2**63)]
    bad += {"int8": ["128", "-129"], "int16": ["32768", "-32769"], "int32": ["2147483648", "-2147483649"]}.get(kind, [])
    for text in bad:
        for place in range(24):
            cells = ["1" if kind != "float64" else "1.0"] * 200
            cells[place] = text
            result = kernel.trino(rows_of(cells), [spec(kind)] * 3)
            assert isinstance(result, str), (text, result)
            assert repr(result) == repr(kernel.trino(rows_of(cells), [spec(kind)] * 3, (), True)), text


def test_floats_are_the_nearest() -> None:
    dice = random.Random(8)
    texts = ["0.0", "-0.0", "0.1", "16777216.0", "16777217.0", "3.4028235E38", "1.4E-45", "0.0000000001"]
    for _ in range(4000):
        digits = str(dice.randrange(10 ** dice.randint(1, 9)))
        texts.append(f"{dice.choice(['', '-'])}{dice.randrange(10 ** dice.randint(1, 8))}.{digits}")
    for text, value in zip(texts, read(texts, spec("float32")), strict=True):
        bits = struct.unpack("I", struct.pack("f", value))[0]
        near = [
            struct.unpack("f", struct.pack("I", b))[0]
            for b in (bits - 1, bits, bits + 1)
            if b & 0x7FFFFFFF < 0x7F800000 and b >= 0
        ]
        assert abs(Fraction(value) - Fraction(text)) == min(abs(Fraction(n) - Fraction(text)) for n in near), text


@pytest.mark.parametrize("scale", [0, 1, 2, 8, 9, 14, 15, 16, 20])
def test_decimals(scale: int) -> None:
    dice = random.Random(scale)
    units = [0, 1, 9, 10, 10**15, 10**16 - 1, 10**16, 10**17, 10**18 - 1, 2**63, 10**38 - 1]
    units += [dice.randrange(10 ** dice.randint(1, 38)) for _ in range(3000)]
    units = [dice.choice((1, -1)) * u for u in units]
    texts = []
    for u in units:
        digits = str(abs(u)).rjust(scale + 1, "0")
        texts.append(('"-' if u < 0 else '"') + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits) + '"')
        assert Decimal(texts[-1].strip('"')).scaleb(scale) == u or abs(u) > 10**27
    assert read(texts, spec("decimal128", scale)) == units


@pytest.mark.parametrize("scale", [0, 1, 2, 6, 11, 12, 13])
def test_short_decimals_with_other_forms_in_every_place_of_eight(scale: int) -> None:
    dice = random.Random(scale)

    def text(units: int) -> str:
        return f"{Decimal(units).scaleb(-scale):.{scale}f}"

    usual = [text(dice.randrange(10 ** dice.randint(1, 13))) for _ in range(120)]
    zero = text(0)
    rare = [
        f"-{zero}",
        f"0{text(15)}",
        f"00{zero}",
        f"-0{text(123)}",
        text(-1),
        text(-(10**12)),
        text(10**12),
        text(10**16),
    ]
    wrong = ["", "-", ".", '"', " " + zero, zero + " ", zero + "0", zero[:-1] if scale else zero + ".", zero.replace("0", ":"),
             zero.replace(".", ",") if scale else "1,2", "1" + zero[1:] + "-", "null", f"+{zero}", f"--{zero}"]  # fmt: skip
    for odd in rare + wrong:
        for place in range(16):
            cells = [f'"{u}"' for u in usual]
            cells[place] = f'"{odd}"'
            result = kernel.trino(rows_of(cells), [spec("decimal128", scale)] * 3)
            assert result == kernel.trino(rows_of(cells), [spec("decimal128", scale)] * 3, (), True), odd
            if odd in rare:
                assert [v[1] for v in result[1][1][1:121]] == [int(Decimal(c.strip('"')).scaleb(scale)) for c in cells]


def test_days() -> None:
    first = dt.date(1970, 1, 1).toordinal()
    days = list(range(dt.date(1, 1, 1).toordinal(), dt.date(9999, 12, 31).toordinal(), 97))
    days += [dt.date(y, 2, 29).toordinal() for y in range(4, 2400, 4) if y % 100 or y % 400 == 0]
    assert read([f'"{dt.date.fromordinal(d)}"' for d in days], spec("date32")) == [d - first for d in days]


@pytest.mark.parametrize("scale", [0, 3, 6, 9])
@pytest.mark.parametrize("zoned", [False, True])
def test_moments(scale: int, zoned: bool) -> None:
    dice, zero = random.Random(scale), dt.datetime(1970, 1, 1)
    units = [dice.randrange(-9_000_000_000, 9_000_000_000) * 10**scale + dice.randrange(10**scale) for _ in range(3000)]
    texts = []
    for u in units:
        text = str(zero + dt.timedelta(seconds=u // 10**scale))
        if scale:
            text += "." + str(u % 10**scale).rjust(scale, "0")
        texts.append('"' + text + (dice.choice([" UTC", " +00:00"]) if zoned else "") + '"')
    assert read(texts, spec("timestamp", scale, zoned)) == units


@pytest.mark.parametrize("scale", [0, 3, 6, 9])
def test_moments_with_nulls_and_other_forms_in_every_place(scale: int) -> None:
    dice, zero = random.Random(scale), dt.datetime(1970, 1, 1)
    moments = [zero + dt.timedelta(seconds=dice.randrange(-9_000_000_000, 9_000_000_000)) for _ in range(150)]
    usual = [
        f"{m}.{'7' * digits}" if (digits := dice.choice([0, scale, max(scale - 1, 0)])) else f"{m}" for m in moments
    ]
    wanted = [
        (m - zero) // dt.timedelta(seconds=1) * 10**scale + int(t[20:].ljust(scale, "0") or "0")
        for m, t in zip(moments, usual, strict=True)
    ]
    day = "2024-02-28"
    wrong = [f"{day} 24:00:00", f"{day} 23:60:00", f"{day} 23:59:60", f"{day}T23:59:59", f"{day} 23:59:59.", f"{day} 2:59:59",
             f"{day} 23:59:59.{'1' * scale}1", "2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-00-01 00:00:00",
             f"{day} 23-59-59", f"{day} 23:59:5/", f"{day} 23:59:5:", f"{day} 23:59:59,{'1' * scale}",
             f"{day} 23:59:59 UTC", day]  # fmt: skip
    assert read([f'"{t}"' for t in usual], spec("timestamp", scale)) == wanted
    for place in range(70):
        cells = [f'"{t}"' for t in usual]
        cells[place] = "null"
        assert read(cells, spec("timestamp", scale)) == [*wanted[:place], None, *wanted[place + 1 :]]
        cells[place] = f'"{wrong[place % len(wrong)]}"'
        result = kernel.trino(rows_of(cells), [spec("timestamp", scale)] * 3)
        assert isinstance(result, str), cells[place]
        assert result == kernel.trino(rows_of(cells), [spec("timestamp", scale)] * 3, (), True)


def test_texts_of_every_length_and_with_escapes() -> None:
    dice = random.Random(9)
    values = ["", "],[", '"', "\\", ",", "]", 'a"],["b', '\\\\"', "null"] + ["x" * n for n in range(80)]
    values += ["".join(dice.choices('ab,]["\\\n漢é😀', k=dice.randrange(60))) for _ in range(4000)]
    for plainly in (True, False):
        cells = [json.dumps(v, ensure_ascii=plainly) for v in values]
        assert read(cells, spec("text")) == [v.encode() for v in values]
        few = [c for c in cells if "\\" not in c]
        assert read(few, spec("text")) == [json.loads(c).encode() for c in few]


def test_texts_that_are_longer_than_the_index() -> None:
    values = ["x" * 40_000, "", "a" * 16_300, "b" * 100, "]," * 20_000] + ["c"] * 5000
    assert read([json.dumps(v) for v in values], spec("text")) == [v.encode() for v in values]


KINDS: dict[str, tuple[Spec, Callable[[random.Random], str]]] = {
    "a": (spec("int64"), lambda d: str(d.randrange(-(10**9), 10**18))),
    "b": (spec("float64"), lambda d: f"{d.randrange(10**6)}.{d.randrange(10**4)}"),
    "c": (spec("text"), lambda d: json.dumps("".join(d.choices('ab ,]["\\', k=d.randrange(20))))),
    "d": (spec("decimal128", 2), lambda d: f'"{d.randrange(10**9)}.{d.randrange(10, 100)}"'),
    "e": (spec("date32"), lambda d: f'"{d.randrange(1000, 9999)}-0{d.randrange(1, 10)}-{d.randrange(10, 29)}"'),
    "f": (spec("timestamp", 0), lambda d: f'"2024-05-{d.randrange(10, 31)} 0{d.randrange(10)}:10:59"'),
    "g": (spec("bool"), lambda d: d.choice(["true", "false"])),
    "h": (spec("int32"), lambda d: str(d.randrange(-99, 10**9))),
    "i": (spec("binary"), lambda d: d.choice(['""', '"QUJD"', '"QQ=="'])),
    "j": (spec("float32"), lambda d: f"{d.randrange(1000)}.{d.randrange(100)}"),
    "k": (spec("time64", 3), lambda d: f'"12:3{d.randrange(10)}:00.125"'),
}
SPECS = [s for s, _ in KINDS.values()]


def page(dice: random.Random, rows: int, behind: str = "") -> bytes:
    """Rows with a column of each kind, some of them NULL, and `behind` at the end of each."""
    made = [[make(dice) if dice.randrange(12) else "null" for _, make in KINDS.values()] for _ in range(rows)]
    return ("[" + ",".join(f"[{','.join(r)}{behind}]" for r in made) + "]").encode()


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 9, 100, 1500])
def test_all_kinds_with_nulls_as_the_careful_readers(rows: int) -> None:
    text = page(random.Random(rows), rows)
    result = kernel.trino(text, SPECS)
    assert result == kernel.trino(text, SPECS, (), True)
    assert result == kernel.trino(text, SPECS, (), wide=0) == kernel.trino(text, SPECS, (), wide=1)
    plain = json.loads(text)
    assert result[0] == len(plain)
    for i, column in enumerate(result[1]):
        assert [v is None for v in column] == [r[i] is None for r in plain]
    assert [v and v[1].decode() for v in result[1][2]] == [r[2] for r in plain]
    assert [v and v[1] for v in result[1][0]] == [r[0] for r in plain]


def test_every_cut_and_all_damage_as_the_careful_readers() -> None:
    """Bad pages have the error of the careful readers, word for word, and damage that is no error the same values."""
    dice = random.Random(12)
    good = page(dice, 60)
    for end in range(0, len(good), 7):
        assert kernel.trino(good[:end], SPECS) == kernel.trino(good[:end], SPECS, (), True), end
    errors = 0
    for _ in range(2500):
        bad = bytearray(good)
        for _ in range(dice.randint(1, 3)):
            kind, at = dice.randrange(4), dice.randrange(len(bad))
            if kind == 0:
                bad[at] = dice.choice(b'[]{},:"\\0n\xff -.')
            elif kind == 1:
                del bad[at : at + dice.randint(1, 40)]
            elif kind == 2:
                bad[at:at] = bytes(dice.choices(b'[]{},:"\\0n\xff -.', k=dice.randint(1, 5)))
            else:
                piece = dice.randrange(len(bad))
                bad[at:at] = bad[piece : piece + dice.randint(1, 100)]
        result = kernel.trino(bytes(bad), SPECS)
        assert result == kernel.trino(bytes(bad), SPECS, (), True), bytes(bad)
        narrow = kernel.trino(bytes(bad), SPECS, (), wide=dice.randrange(2))
        assert isinstance(narrow, str) or narrow == result, bytes(bad)
        errors += isinstance(result, str)
    assert errors > 1000


def test_values_with_ends_of_their_own() -> None:
    """JSON values of unknown types become text; rows of them look like more cells or other rows than they are."""
    specs = [spec("text"), spec("text")]
    cells = ['{"a":1,"b":[2]}', "[1,[2],[3]]", "[1]", "[[1],[2,3]]", "1.5", "true", '"],["', "[]", "{}"]
    dice = random.Random(3)
    rows = [[dice.choice(cells), dice.choice(cells)] for _ in range(3000)]
    text = ("[" + ",".join(f"[{','.join(r)}]" for r in rows) + "]").encode()
    _, found = kernel.trino(text, specs)
    for i in range(2):
        assert [v[1].decode() for v in found[i]] == [r[i].strip('"') for r in rows]


@pytest.mark.parametrize("rows", [1, 3, 300])
def test_rows_with_a_nested_column_beside_the_others(rows: int) -> None:
    """No index helps there: the other columns have to be what they are without the nested one."""
    text = page(random.Random(rows), rows, ",[1,2]")
    _, found = kernel.trino(text, [*SPECS, ("text", 0, False, b"[s")])
    assert found[-1] == [("bytes", b"[1,2]")] * rows
    assert found[:-1] == kernel.trino(page(random.Random(rows), rows), SPECS, (), True)[1]
