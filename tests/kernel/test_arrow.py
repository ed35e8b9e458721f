"""Arrow arrays made by pyarrow, decoded into batches; expected values are pyarrow's own or the Arrow specification's."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from decimal import Decimal

import pytest

import build

pa = pytest.importorskip("pyarrow")
kernel = build.load()

CHAR, DECIMAL, DOUBLE, BIT, DATE, TIME, TIMESTAMP, GUID, BINARY = 12, 3, 8, -7, 91, 92, 93, -11, -3


def texts(array, sql_type=CHAR):
    """(kind, cells as text) of one array, decoded whole, sliced at an odd place, and inside of a sliced struct."""
    kinds, columns = kernel.arrow_batch(pa.record_batch([array], names=["c"]), [sql_type])
    front = pa.array([None] * 3, type=array.type)
    sliced = pa.concat_arrays([front, array]).slice(3) if not isinstance(array, pa.RunEndEncodedArray) else array
    again = kernel.arrow_batch(pa.record_batch([sliced], names=["c"]), [sql_type])
    assert again == (kinds, columns)
    return kinds[0][0], columns[0]


def test_primitives():
    for kind, low, high in (
        ("int8", -128, 127),
        ("int16", -32768, 32767),
        ("int32", -(2**31), 2**31 - 1),
        ("int64", -(2**63), 2**63 - 1),
        ("uint8", 0, 255),
        ("uint16", 0, 65535),
        ("uint32", 0, 2**32 - 1),
        ("uint64", 0, 2**64 - 1),
    ):
        array = pa.array([low, None, high], type=getattr(pa, kind)())
        assert texts(array, DECIMAL) == (kind, [str(low), None, str(high)])
    assert texts(pa.array([True, None, False] * 5), BIT) == ("bool", ["1", None, "0"] * 5)
    assert texts(pa.array([1.5, None, -0.25], type=pa.float32()), DOUBLE) == ("float32", ["1.5", None, "-0.25"])
    assert texts(pa.nulls(3)) == ("null", [None] * 3)


def test_half_floats_are_exact():
    import numpy

    bits = numpy.arange(0, 0x7C00, 37, dtype=numpy.uint16)
    halves = numpy.concatenate([bits, bits | 0x8000]).view(numpy.float16)
    got = texts(pa.array(halves), DOUBLE)
    assert got[0] == "float32"
    assert [numpy.float32(v) for v in got[1]] == [numpy.float32(v) for v in halves]


def test_text_and_binary_of_every_layout():
    words = ["", "a", None, "é€😀", "x" * 12, "y" * 13, "z" * 3000]
    for t in (pa.string(), pa.large_string(), pa.string_view()):
        kind, got = texts(pa.array(words, type=t))
        assert got == words and kind in ("text", "large_text")
    blobs = [b"", None, b"\x00\xff", b"q" * 50]
    for t in (pa.binary(), pa.large_binary(), pa.binary_view()):
        kind, got = texts(pa.array(blobs, type=t), BINARY)
        assert got == [None if b is None else b.hex().upper() for b in blobs] and kind in ("binary", "large_binary")
    assert texts(pa.array([b"abc", None, b"\x00\x01\x02"], type=pa.binary(3)), BINARY)[1] == ["616263", None, "000102"]


def test_uuid():
    u = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")
    array = pa.array([u.bytes, None], type=pa.uuid())
    assert texts(array, GUID) == ("uuid", [str(u), None])
    field = pa.field("c", pa.string(), metadata={"ARROW:extension:name": "arrow.uuid"})
    batch = pa.record_batch([pa.array([str(u), None, str(u).upper()])], schema=pa.schema([field]))
    assert kernel.arrow_batch(batch, [GUID]) == ([("uuid", 0)], [[str(u), None, str(u)]])
    batch = pa.record_batch([pa.array(["no uuid"])], schema=pa.schema([field]))
    with pytest.raises(ValueError, match="no UUID"):
        kernel.arrow_batch(batch, [GUID])


def test_decimals_of_every_width():
    for t, values in (
        (pa.decimal32(9, 2), ["1234567.89", "-0.01"]),
        (pa.decimal64(18, 4), ["-99999999999999.9999", "0.0001"]),
        (pa.decimal128(38, 10), ["1234567890123456789012345678.0123456789", "-0.0000000001"]),
        (pa.decimal256(76, 20), ["-" + "9" * 56 + "." + "1" * 20, "0.00000000000000000001", "0.00000000000000000000"]),
    ):
        got = texts(pa.array([Decimal(v) for v in values] + [None], type=t), DECIMAL)[1]
        assert got[-1] is None
        assert [Decimal(v) for v in got[:-1]] == [Decimal(v) for v in values]
    most = 10**76 - 1
    assert texts(pa.array([Decimal(most), Decimal(-most)], type=pa.decimal256(76, 0)))[1] == [str(most), str(-most)]
    assert texts(pa.array([Decimal("12E3"), Decimal(0)], type=pa.decimal256(40, -3)))[1] == ["12000", "0"]


def test_dates_and_times():
    day = dt.date(2024, 2, 29)
    assert texts(pa.array([day, None], type=pa.date32()), DATE) == ("date32", ["2024-02-29", None])
    assert texts(pa.array([day, None, dt.date(1901, 1, 1)], type=pa.date64()), DATE) == (
        "date32",
        ["2024-02-29", None, "1901-01-01"],
    )
    for unit, text in (("s", "23:59:59"), ("ms", "23:59:59.001")):
        value = dt.time.fromisoformat(text)
        assert texts(pa.array([value, None], type=pa.time32(unit)), TIME) == ("time64", [text, None])
    assert texts(pa.array([dt.time(1, 2, 3, 4)], type=pa.time64("us")), TIME)[1] == ["01:02:03.000004"]
    assert texts(pa.array([1], type=pa.int64()).cast(pa.time64("ns")), TIME)[1] == ["00:00:00.000000001"]
    for unit, text in (("s", ""), ("ms", ".123"), ("us", ".123456"), ("ns", ".123456789")):
        digits = text[1:]
        scale = 10 ** len(digits)
        value = int(dt.datetime(2024, 2, 29, 12, 30, 1, tzinfo=dt.UTC).timestamp()) * scale + int(digits or 0)
        array = pa.array([value], type=pa.int64()).cast(pa.timestamp(unit))
        assert texts(array, TIMESTAMP)[1] == ["2024-02-29 12:30:01" + text]


def test_date64_that_is_no_day_is_refused():
    array = pa.Array.from_buffers(pa.date64(), 1, [None, pa.py_buffer((86400001).to_bytes(8, "little"))])
    with pytest.raises(ValueError, match="no whole day"):
        kernel.arrow_batch(pa.record_batch([array], names=["d"]), [DATE])


def test_a_zone_reaches_its_column():
    array = pa.array([0, 10**6 * 3600], type=pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    at = (-(2**63)).to_bytes(8, "little", signed=True) + (1800).to_bytes(8, "little")
    shift = (3600).to_bytes(4, "little") + (7200).to_bytes(4, "little")
    zone = kernel.Rows("null", b"", zone=(at, shift))
    got = kernel.arrow_batch(pa.record_batch([array], names=["t"]), [TIMESTAMP], [zone])
    assert got[1] == [["1970-01-01 01:00:00", "1970-01-01 03:00:00"]]


def test_dictionaries_and_runs():
    words = pa.array(["b", "a", None, "b"]).dictionary_encode()
    assert texts(words) == ("large_text", ["b", "a", None, "b"])
    numbers = pa.array([7, None, 7, 8]).dictionary_encode()
    assert texts(numbers, DECIMAL) == ("int64", ["7", None, "7", "8"])
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3, 6], type=pa.int16()), pa.array(["x", None, "z"]))
    assert texts(runs)[1] == ["x", "x", None, "z", "z", "z"]
    assert texts(runs.slice(1, 3))[1] == ["x", None, "z"]


def test_dictionary_index_out_of_range_is_refused():
    good = pa.array(["a", "b"]).dictionary_encode()
    indices = pa.array([0, 5], type=pa.int32())
    bad = pa.DictionaryArray.from_arrays(indices, good.dictionary, safe=False)
    with pytest.raises(ValueError, match="outside of the dictionary"):
        kernel.arrow_batch(pa.record_batch([bad], names=["d"]), [CHAR])


NESTED = [
    (pa.list_(pa.int32()), [[1, None, 3], [], None, [4]]),
    (pa.large_list(pa.string()), [['a"b\\c\n\x01é', None], None, []]),
    (pa.list_(pa.float64(), 2), [[1.5, None], None, [0.1, -3.0]]),
    (
        pa.struct([("a", pa.int64()), ("b", pa.list_(pa.bool_()))]),
        [{"a": 1, "b": [True, False]}, None, {"a": None, "b": None}],
    ),
    (pa.list_(pa.struct([("x", pa.decimal128(5, 2))])), [[{"x": Decimal("1.25")}], [{"x": None}, None]]),
    (pa.list_view(pa.int8()), [[1, 2], None, [], [3]]),
    (pa.large_list_view(pa.int8()), [[1, 2], None, [], [3]]),
]


@pytest.mark.parametrize(("kind", "values"), NESTED, ids=lambda v: str(v)[:30])
def test_nested_values_are_json(kind, values):
    got = texts(pa.array(values, type=kind))[1]
    plain = json.loads(json.dumps(values, default=float))
    assert [None if g is None else json.loads(g) for g in got] == plain


def test_maps_become_objects():
    array = pa.array([[("k", 1), ("l", None)], None, []], type=pa.map_(pa.string(), pa.int32()))
    assert texts(array)[1] == ['{"k":1,"l":null}', None, "{}"]
    array = pa.array([[(5, "x")]], type=pa.map_(pa.int32(), pa.string()))
    assert texts(array)[1] == ['{"5":"x"}']


def test_unions_give_the_member():
    types = pa.array([0, 1, 1], type=pa.int8())
    sparse = pa.UnionArray.from_sparse(types, [pa.array([1, 2, 3]), pa.array(["a", "b", None])])
    assert texts_whole(sparse) == ["1", '"b"', "null"]
    dense = pa.UnionArray.from_dense(types, pa.array([0, 0, 1], type=pa.int32()), [pa.array([9]), pa.array(["a", "b"])])
    assert texts_whole(dense) == ["9", '"a"', '"b"']


def texts_whole(array):
    return kernel.arrow_batch(pa.record_batch([array], names=["c"]), [CHAR])[1][0]


def test_leaves_inside_of_lists():
    cases = [
        (pa.date32(), dt.date(2020, 1, 2), "2020-01-02"),
        (pa.timestamp("us"), dt.datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02 03:04:05.000006"),
        (pa.timestamp("s", tz="UTC"), dt.datetime(2020, 1, 2, tzinfo=dt.UTC), "2020-01-02 00:00:00Z"),
        (pa.time64("us"), dt.time(1, 2, 3, 40), "01:02:03.00004"),
        (pa.binary(), b"\x00\xab", "00AB"),
        (pa.float64(), float("nan"), "NaN"),
        (pa.float64(), float("inf"), "Infinity"),
    ]
    for kind, value, expected in cases:
        got = texts_whole(pa.array([[value, None]], type=pa.list_(kind)))[0]
        assert json.loads(got) == [expected, None], kind


def test_struct_of_unnamed_fields_is_an_array():
    array = pa.StructArray.from_arrays([pa.array([1]), pa.array(["x"])], names=["", ""])
    assert texts_whole(array) == ['[1,"x"]']


def test_sliced_batches_and_nested_slices():
    batch = pa.record_batch(
        [pa.array([[i, i + 1] for i in range(10)]), pa.array([str(i) for i in range(10)])], names=["l", "s"]
    )
    _kinds, columns = kernel.arrow_batch(batch.slice(4, 3), [CHAR, CHAR])
    assert columns == [["[4,5]", "[5,6]", "[6,7]"], ["4", "5", "6"]]
    array = pa.array([{"a": i} for i in range(6)]).slice(2, 3)
    assert texts_whole(pa.array([{"a": i} for i in range(6)]).slice(2, 3)) == ['{"a":2}', '{"a":3}', '{"a":4}']
    assert len(array) == 3


def test_lying_arrays_are_refused():
    falling = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(b"".join(v.to_bytes(4, "little") for v in (0, 3, 1))), pa.py_buffer(b"abc")]
    )
    with pytest.raises(ValueError, match="out of order"):
        kernel.arrow_batch(pa.record_batch([falling], names=["s"]), [CHAR])
    batch = pa.record_batch([pa.array([1, 2, 3])], names=["n"])
    with pytest.raises(ValueError, match='Arrow column "n": the column is shorter'):
        kernel.arrow_batch(batch, [DECIMAL], first_length=2)
    with pytest.raises(ValueError, match="negative or impossible"):
        kernel.arrow_batch(batch, [DECIMAL], first_length=-1)
    behind = pa.array([[1] * 9], type=pa.list_(pa.int8()))
    batch = pa.record_batch([behind], names=["l"])
    assert kernel.arrow_batch(batch, [CHAR])[1] == [["[1,1,1,1,1,1,1,1,1]"]]
    with pytest.raises(ValueError, match="offsets of a list"):
        kernel.arrow_batch(batch, [CHAR], grandchild_length=8)


def test_only_a_struct_is_a_result():
    with pytest.raises(ValueError, match="struct of columns"):
        kernel.arrow_batch(pa.array([1]), [DECIMAL])


def test_empty_arrays_of_every_type():
    fields = [
        pa.int32(),
        pa.string(),
        pa.large_binary(),
        pa.string_view(),
        pa.list_(pa.int8()),
        pa.map_(pa.string(), pa.int8()),
        pa.decimal256(40, 1),
        pa.binary(4),
        pa.dictionary(pa.int8(), pa.string()),
    ]
    batch = pa.record_batch([pa.array([], type=t) for t in fields], names=[str(i) for i in range(len(fields))])
    assert kernel.arrow_batch(batch, [CHAR] * len(fields))[1] == [[]] * len(fields)
