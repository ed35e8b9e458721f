"""The texts of HiveServer2 as values, against Python's decimal and datetime; and what is refused, with its sentence."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Context, Decimal
from typing import Any

import pytest

import build
from test_hs2_mutations import column, field, listed, text

kernel = build.load()
EPOCH = dt.datetime(1970, 1, 1)


def answer(*columns: bytes) -> bytes:
    """A TFetchResultsResp without a status."""
    return field(12, 3, field(15, 3, listed(12, list(columns))) + b"\0") + b"\0"


def strings(values: list[str | bytes]) -> bytes:
    """A string column without NULLs."""
    items = [text(v.encode() if isinstance(v, str) else v) for v in values]
    return field(12, 7, field(15, 1, listed(11, items)) + b"\0") + b"\0"


def decoded(value: str, kind: str, scale: int = 0) -> Any:
    """The number that one text becomes; the error's sentence when it becomes none."""
    result = kernel.hs2(answer(strings([value])), [(kind, scale)])
    return result if isinstance(result, str) else number(result[2][0][0])


def number(cell: tuple[str, Any]) -> Any:
    """What a cell holds; of a decimal that was kept as text, the number of its digits."""
    return int(cell[1].replace(b".", b"")) if cell[0] == "kept" else cell[1]


@pytest.mark.parametrize("scale", [0, 1, 5, 18, 37, 38])
def test_decimals(scale: int) -> None:
    dice, exact = random.Random(scale), Context(prec=90)
    for _ in range(300):
        unscaled = dice.randrange(-(10 ** dice.randint(1, 38)) + 1, 10**38)
        value = Decimal(unscaled).scaleb(-scale, exact)
        assert decoded(f"{value:f}", "decimal128", scale) == unscaled, value


def test_decimals_with_fewer_or_more_digits_than_the_scale() -> None:
    assert decoded("1", "decimal128", 18) == 10**18
    assert decoded("-1.5", "decimal128", 3) == -1500
    assert decoded("1.5000", "decimal128", 1) == 15
    assert decoded("0E-18", "decimal128", 18) == 0
    assert decoded("1E+5", "decimal128", 0) == 100_000


@pytest.mark.parametrize("value", ["", "-", ".", "x", "1.2.3", "1,5", "0x1", "1.55", "9" * 39, "NaN"])
def test_no_decimals(value: str) -> None:
    refusal = decoded(value, "decimal128", 1)
    assert isinstance(refusal, str)
    assert f"'{value[:40]}" in refusal
    assert "column 1, row 1" in refusal


def test_dates() -> None:
    dice = random.Random(1)
    for _ in range(500):
        day = dt.date.fromordinal(dice.randint(1, dt.date.max.toordinal()))
        assert decoded(day.isoformat(), "date32") == (day - EPOCH.date()).days
    # Beyond Python's years: days of the proleptic Gregorian calendar, 146097 to 400 years.
    assert decoded("+12024-02-29", "date32") == (dt.date(2024, 2, 29) - EPOCH.date()).days + 25 * 146097
    assert decoded("-0001-01-01", "date32") == (dt.date(399, 1, 1) - EPOCH.date()).days - 146097


def column_of(values: list[str], kind: str, scale: int = 0) -> list[int]:
    """The numbers that a column of texts becomes."""
    result = kernel.hs2(answer(strings(list(values))), [(kind, scale)])
    assert not isinstance(result, str), result
    return [number(cell) for cell in result[2][0]]


@pytest.mark.parametrize("scale", [0, 1, 2, 6, 7, 8, 14, 15])
def test_decimals_stay_text_where_they_are_written_as_they_are_shown(scale: int) -> None:
    dice = random.Random(scale)
    most = 16 if scale == 0 else 15
    numbers = [dice.randrange(1, 10**digits) for digits in range(1, most + 1) for _ in range(20)] + [10**most - 1]
    written = [f"{Decimal(sign * n).scaleb(-scale):f}" for n in numbers for sign in (1, -1)] + [f"{0:.{scale}f}"]
    column = kernel.hs2(answer(strings(list(written))), [("decimal128", scale)])[2][0]
    if scale <= 14:
        assert column == [("kept", text.encode()) for text in written]
    else:
        assert column == [("int", int(text.replace(".", ""))) for text in written]


@pytest.mark.parametrize(
    ("other", "number"),
    [("007.50", 750), ("00.00", 0), ("-0.00", 0), ("-00.01", -1), ("7", 700), ("7.5", 750), ("75E-1", 750),
     ("7.500", 750), ("-00012345678901.50", -1234567890150), ("12345678901234567890.12", 1234567890123456789012)],
)  # fmt: skip
def test_a_decimal_that_is_shown_otherwise_is_read_as_a_number(other: str, number: int) -> None:
    got = kernel.hs2(answer(strings(["1.25", other, "-3.50"])), [("decimal128", 2)])[2][0]
    assert got == [("int", 125), ("int", number), ("int", -350)]


def test_every_date_of_the_calendar() -> None:
    days = range(1, dt.date.max.toordinal() + 1)
    texts = [dt.date.fromordinal(day).isoformat() for day in days]
    assert column_of(texts, "date32") == [day - EPOCH.date().toordinal() for day in days]


@pytest.mark.parametrize("scale", [0, 1, 2, 7, 8, 9, 17, 18])
def test_decimals_of_every_length_in_the_column_s_own_form(scale: int) -> None:
    dice = random.Random(scale)
    numbers = [dice.randrange(10 ** (digits - 1), 10**digits) for digits in range(1, 20) for _ in range(50)]
    numbers += [0, *(10**digits for digits in range(20)), *(10**digits - 1 for digits in range(20))]
    numbers += [-n for n in numbers]
    exact = Context(prec=60)
    assert column_of([f"{Decimal(n).scaleb(-scale, exact):f}" for n in numbers], "decimal128", scale) == numbers


@pytest.mark.parametrize("scale", [0, 1, 2, 6, 7, 8, 14])
def test_decimals_in_runs_of_one_length(scale: int) -> None:
    """Runs are proved at once. Among them stands one of the same length that is written otherwise, or is none."""
    dice, exact = random.Random(scale), Context(prec=60)
    for digits in range(max(scale + 1, 1), 16 + (scale == 0)):
        least = 0 if digits == scale + 1 else 10 ** (digits - 1)
        run = [dice.randrange(least, 10**digits) for _ in range(300)]
        texts = [f"{Decimal(n).scaleb(-scale, exact):f}" for n in run]
        assert kernel.hs2(answer(strings(list(texts))), [("decimal128", scale)])[2][0] == [
            ("kept", text.encode()) for text in texts
        ]
        at = dice.randrange(300)
        right = texts[at]
        others = ["0" * (len(right) > scale + 2 > 2 or (scale == 0 and len(right) > 1)) + right[1:], "-" + right[1:]]
        others += [right[:k] + wrong + right[k + 1 :] for k in range(len(right)) for wrong in "/:-"]
        for other in others:
            texts[at] = other
            alone = decoded(other, "decimal128", scale)
            together = kernel.hs2(answer(strings(list(texts))), [("decimal128", scale)])
            if isinstance(alone, str):
                assert together == alone.replace("row 1 ", f"row {at + 1} "), other
            else:
                assert [number(cell) for cell in together[2][0]] == [*run[:at], alone, *run[at + 1 :]], other
        texts[at] = right


@pytest.mark.parametrize("at", range(10))
def test_a_wrong_character_anywhere_is_no_date(at: int) -> None:
    right = "2024-12-28"
    for wrong in "/:x \x10\xe9":
        text = right[:at] + wrong + right[at + 1 :]
        assert isinstance(decoded(text, "date32"), str), text


@pytest.mark.parametrize("at", range(12))
def test_a_wrong_character_anywhere_is_no_decimal(at: int) -> None:
    right = "123456789.25"
    for wrong in "/:x\x10\xe9":
        text = right[:at] + wrong + right[at + 1 :]
        assert isinstance(decoded(text, "decimal128", 2), str), text


@pytest.mark.parametrize(
    "value",
    ["", "2024", "2024-02-30", "2023-02-29", "2024-13-01", "2024-00-01", "24-01-01", "2024-01-01 ", "2024/01/01"],
)
def test_no_dates(value: str) -> None:
    assert isinstance(decoded(value, "date32"), str)


def test_timestamps() -> None:
    dice = random.Random(2)
    for _ in range(500):
        moment = dt.datetime.min + dt.timedelta(microseconds=dice.randrange(315_537_897_600 * 10**6))
        whole = (moment - EPOCH) // dt.timedelta(microseconds=1)
        assert decoded(moment.isoformat(" "), "timestamp", 6) == whole, moment
        nanos = dice.randrange(10**9)
        seconds = (moment.replace(microsecond=0) - EPOCH) // dt.timedelta(seconds=1)
        written = f"{moment.replace(microsecond=0).isoformat(' ')}.{nanos:09d}"
        assert decoded(written, "timestamp_wide", 9) == (seconds, nanos * 1000), written
    assert decoded("2024-02-29 17:34:56.0 Etc/UTC", "timestamp", 6) == 1_709_228_096 * 10**6


@pytest.mark.parametrize(
    "value",
    [
        "2024-02-29", "2024-02-29 25:00:00", "2024-02-29 12:60:00", "2024-02-29 12:00", "2024-02-29 12:00:00.",
        "2024-02-29T12:00:00", "2024-02-29 12:00:00.1234567", "2024-02-29 12:00:00 ",
    ],
)  # fmt: skip
def test_no_timestamps_of_microseconds(value: str) -> None:
    assert isinstance(decoded(value, "timestamp", 6), str)


def test_intervals() -> None:
    for value, months in (
        ("1-2", 14),
        ("-1-2", -14),
        ("0-0", 0),
        ("178956970-7", 2**31 - 1),
        ("-178956970-8", -(2**31)),
    ):
        assert decoded(value, "interval_months") == months
    assert isinstance(decoded("178956970-8", "interval_months"), str)
    for value, span in (
        ("3 04:05:06.789000000", dt.timedelta(3, 14706, 789000)),
        ("-3 04:05:06.000001000", -dt.timedelta(3, 14706, 1)),
        ("0 00:00:00.000000000", dt.timedelta()),
    ):
        assert decoded(value, "interval_duration", 6) == span // dt.timedelta(microseconds=1)
        assert decoded(value, "interval_duration", 9) == span // dt.timedelta(microseconds=1) * 1000
    assert decoded("106751991 04:00:54.775807000", "interval_duration", 6) == 2**63 - 1
    assert decoded("-106751991 04:00:54.775808000", "interval_duration", 6) == -(2**63)
    assert isinstance(decoded("106751991 04:00:54.775808000", "interval_duration", 6), str)


def test_a_null_is_not_read_as_a_value() -> None:
    assert kernel.hs2(
        answer(column(7, 11, [text(b"") if i in (1, 10) else text(b"5") for i in range(11)])), [("decimal128", 0)]
    )[2][0] == [None if i in (1, 10) else ("kept", b"5") for i in range(11)]


def test_texts_in_runs_of_the_same_length() -> None:
    dice = random.Random(11)
    values = [
        f"{dice.randrange(10**9)}"[:length].ljust(length, "x").encode()
        for length in dice.choices([0, 1, 3, 31, 32, 33, 200], k=60)
        for _ in range(dice.randrange(1, 12))
    ]
    got = answer(strings(list(values)))
    assert kernel.hs2(got, [("text", 0)])[2][0] == [("bytes", v) for v in values]
    message = bytes.fromhex("80010002") + text(b"FetchResults") + bytes(4) + b"\x0c\0\0" + got + b"\0"
    state = bytearray()
    for end in sorted(dice.sample(range(len(message)), 200)):
        assert kernel.hs2_scan(state, message[:end]) == -1
        assert 1 <= kernel.hs2_missing(state, end) <= len(message) - end
    assert kernel.hs2_scan(state, message) == len(message)


def test_how_much_is_missing_is_never_too_much() -> None:
    numbers = column(10, 10, [bytes(8)] * 5000)
    got = answer(numbers, strings(["x"] * 3000), numbers)
    message = bytes.fromhex("80010002") + text(b"FetchResults") + bytes(4) + b"\x0c\0\0" + got + b"\0"
    assert kernel.hs2_missing(bytearray(), 0) == 1
    state, have, looks = bytearray(), 1, 0
    while kernel.hs2_scan(state, message[:have]) == -1:
        missing, looks = kernel.hs2_missing(state, have), looks + 1
        assert 1 <= missing <= len(message) - have
        have += missing
    assert have == len(message)
    # A few looks for each header, some for the texts, and not one for each of 13,000 values.
    assert looks < 200


# ---- whole answers ----


def test_wrong_shapes_are_named() -> None:
    one, two = strings(["a"]), strings(["a", "b"])
    assert "2 columns for a result of 1" in kernel.hs2(answer(one, one), [("text", 0)])
    assert "column 2 of the server's row set has 2 rows, column 1 has 1" in kernel.hs2(
        answer(one, two), [("text", 0)] * 2
    )
    assert "does not fit its description" in kernel.hs2(answer(one), [("int32", 0)])


def test_rows_and_tasks_are_refused_with_advice() -> None:
    row_oriented = field(12, 3, field(15, 2, listed(12, [b"\0"])) + b"\0") + b"\0"
    assert "V6" in kernel.hs2(row_oriented, [("text", 0)])
    serialised = field(12, 3, field(11, 4, text(b"xx")) + b"\0") + b"\0"
    assert "serialize.in.tasks=false" in kernel.hs2(serialised, [("text", 0)])


def test_text_of_every_length_around_the_fast_copy() -> None:
    values = ["x" * n + "é" for n in (*range(40), 15, 16, 17, 5000)]
    assert kernel.hs2(answer(strings(values)), [("text", 0)])[2][0] == [("bytes", v.encode()) for v in values]


def test_more_rows_is_reported() -> None:
    more = field(2, 2, b"\1") + answer(strings(["a"]))
    assert kernel.hs2(more, [("text", 0)])[:2] == (1, True)
