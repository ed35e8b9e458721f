"""An engine's Arrow stream that the core drains and whose rest can be kept, with pyarrow at both ends."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from argus_odbc.native import arrow_stream

pa = pytest.importorskip("pyarrow")

SCHEMA = pa.schema([("n", pa.int64()), ("t", pa.string())])
PARTS = 5


def batch(k):
    return pa.record_batch([pa.array([k, k + 1]), pa.array([str(k), None])], schema=SCHEMA)


def source(asked=None, fails_at=None, waits_for=None):
    """A stream of five batches. `asked` gets the number of each when it is asked for, on the thread that asks."""

    def batches():
        for k in range(PARTS):
            if asked is not None:
                asked.append((k, threading.get_ident()))
            if waits_for is not None:
                waits_for.wait(10)
            if k == fails_at:
                raise ValueError("the disk is gone")
            yield batch(k)

    return pa.RecordBatchReader.from_batches(SCHEMA, batches())


def read(stream):
    return pa.RecordBatchReader.from_stream(stream)


ALL = [batch(k) for k in range(PARTS)]


def test_rows_come_as_they_are_asked_for():
    asked = []
    reader = read(arrow_stream(source(asked)))
    assert asked == []
    assert (reader.read_next_batch(), [k for k, _ in asked]) == (ALL[0], [0])
    assert list(reader) == ALL[1:]


@pytest.mark.parametrize("taken", range(PARTS + 1))
def test_the_rest_is_kept_and_comes_in_order(taken):
    asked = []
    stream = arrow_stream(source(asked))
    reader = read(stream)
    first = [reader.read_next_batch() for _ in range(taken)]
    assert not stream.ended
    stream.keep_rest()
    assert (stream.ended, stream.failure, [k for k, _ in asked]) == (True, None, list(range(PARTS)))
    assert first + list(reader) == ALL
    stream.keep_rest()
    assert len(asked) == PARTS


def test_the_first_rows_can_be_read_before_anybody_asks():
    asked = []
    stream = arrow_stream(source(asked))
    stream.read()
    assert ([k for k, _ in asked], stream.ended) == ([0], False)
    assert list(read(stream)) == ALL


def test_the_source_is_let_go_when_its_rows_are_kept():
    """DuckDB's connection can run something else only then."""
    import weakref

    class Mark:
        pass

    mark = Mark()
    gone = weakref.ref(mark)

    def batches(held):
        yield from ALL
        del held

    stream = arrow_stream(pa.RecordBatchReader.from_batches(SCHEMA, batches(mark)))
    del mark
    stream.read()
    assert gone() is not None
    stream.close()
    assert gone() is None


@pytest.mark.parametrize("keep", [False, True])
def test_an_error_comes_behind_the_rows_before_it(keep):
    stream = arrow_stream(source(fails_at=3))
    reader = read(stream)
    if keep:
        stream.keep_rest()
    assert [reader.read_next_batch() for _ in range(3)] == ALL[:3]
    with pytest.raises(OSError, match="the disk is gone"):
        reader.read_next_batch()
    assert stream.ended
    assert "the disk is gone" in stream.failure


@pytest.mark.parametrize("end", ["stop", "close"])
def test_a_stream_that_is_ended_early_says_so_and_does_not_blame_the_engine(end):
    asked = []
    stream = arrow_stream(source(asked))
    reader = read(stream)
    stream.read()
    getattr(stream, end)()
    assert reader.read_next_batch() == ALL[0]
    with pytest.raises(OSError, match="Interrupted"):
        reader.read_next_batch()
    assert (len(asked), stream.ended, stream.failure) == (1, True, None)


def test_closing_after_the_end_is_no_interruption():
    stream = arrow_stream(source())
    reader = read(stream)
    stream.keep_rest()
    stream.close()
    stream.close()
    stream.stop()
    assert list(reader) == ALL


def test_what_wants_the_connection_waits_for_the_rows_that_are_being_read():
    asked, go, got = [], threading.Event(), []
    stream = arrow_stream(source(asked, waits_for=go))
    reader = read(stream)
    one = threading.Thread(target=lambda: got.extend(iter(reader)))
    one.start()
    while not asked:
        time.sleep(0.001)
    assert stream.reading
    interrupts = []
    assert stream.while_reading(lambda: interrupts.append(1)) and interrupts == [1]
    idle = []
    other = threading.Thread(target=lambda: idle.append(stream.while_idle(lambda: stream.reading)))
    other.start()
    other.join(0.2)
    assert other.is_alive() and idle == []
    go.set()
    other.join(10)
    one.join(10)
    assert (idle, got, stream.reading) == ([False], ALL, False)
    assert not stream.while_reading(lambda: interrupts.append(2)) and interrupts == [1]


def test_keeping_the_rest_while_another_thread_reads_loses_nothing():
    for _ in range(200):
        stream = arrow_stream(source())
        reader, got = read(stream), []
        one = threading.Thread(target=lambda r=reader, g=got: g.extend(iter(r)))
        other = threading.Thread(target=stream.keep_rest)
        one.start()
        other.start()
        one.join(10)
        other.join(10)
        assert got == ALL


def test_an_exception_of_the_caller_leaves_the_locks_free():
    stream = arrow_stream(source())

    def fail():
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        stream.while_idle(fail)
    assert list(read(stream)) == ALL


def test_rows_that_nobody_takes_are_freed():
    before = pa.total_allocated_bytes()
    stream = arrow_stream(source())
    stream.keep_rest()
    assert pa.total_allocated_bytes() > before
    del stream
    assert pa.total_allocated_bytes() == before


def test_uuids_are_marked_for_their_reader_and_the_source_s_metadata_is_freed():
    value = str(uuid.UUID(int=7))
    field = pa.field("u", pa.string(), metadata={"made": "here"})
    table = pa.table([pa.array([value]), pa.array([1])], schema=pa.schema([field, ("n", pa.int64())]))
    pa.unregister_extension_type("arrow.uuid")  # pyarrow's own is stored as 16 bytes, and it refuses others
    try:
        for _ in range(3):
            schema = read(arrow_stream(table, [0])).schema
            assert schema.field(0).metadata == {b"ARROW:extension:name": b"arrow.uuid"}
            assert schema.field(1).metadata is None
    finally:
        pa.register_extension_type(pa.uuid())
    assert read(arrow_stream(table)).schema.field(0).metadata == {b"made": b"here"}


def test_a_source_that_is_no_stream():
    with pytest.raises(AttributeError, match="__arrow_c_stream__"):
        arrow_stream([1, 2])


def test_the_schema_is_given_once():
    stream = arrow_stream(source())
    read(stream)
    with pytest.raises((OSError, pa.ArrowInvalid), match="twice"):
        read(stream)
