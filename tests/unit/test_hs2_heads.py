"""The usual start of an answer to FetchResults and a request sent once more: the same as by Thrift's own code."""

from __future__ import annotations

import struct

import pytest
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TMessageType
from thrift.transport.TTransport import TMemoryBuffer

from argus_odbc.backends.hs2 import tcli

OPERATION = tcli.OperationHandle(
    operationId=tcli.Identifier(guid=bytes(range(16)), secret=bytes(range(16, 32))), operationType=0, hasResultSet=True
)


def asked(rows: int = 1000) -> tcli.Exchange:
    request = tcli.FetchReq(operationHandle=OPERATION, orientation=tcli.FETCH_NEXT, maxRows=rows, fetchType=0)
    return tcli.Exchange("FetchResults", request)


def answer(
    number: int, columns: list[tcli.Struct], start: int = 0, status: int = 0, more: bool | None = False
) -> bytes:
    """A whole answer, written by Thrift."""
    rows = tcli.RowSet(startRowOffset=start, rows=[], columns=columns)
    response = tcli.FetchResp(status=tcli.Status(statusCode=status), hasMoreRows=more, results=rows)
    out = TMemoryBuffer()
    protocol = TBinaryProtocol(out)
    protocol.writeMessageBegin("FetchResults", TMessageType.REPLY, number)
    protocol.writeStructBegin("result")
    protocol.writeFieldBegin("success", 12, 0)
    response.write(protocol)
    protocol.writeFieldEnd()
    protocol.writeFieldStop()
    return out.getvalue()


def ints(n: int) -> tcli.Struct:
    return tcli.Column(i32Val=tcli.ColumnValues["i32Val"](values=list(range(n)), nulls=b""))


def texts(n: int) -> tcli.Struct:
    return tcli.Column(stringVal=tcli.ColumnValues["stringVal"](values=["x" * i for i in range(n)], nulls=b""))


@pytest.mark.parametrize("more", [False, True, None])
@pytest.mark.parametrize("start", [0, 7, 2**40])
@pytest.mark.parametrize("n", [0, 1, 200])
@pytest.mark.parametrize("make", [ints, texts])
def test_the_usual_head_is_read_as_thrift_reads_it(make: object, n: int, start: int, more: bool | None) -> None:
    exchange = asked()
    data = answer(exchange.number, [make(n), make(n)], start, more=more)  # type: ignore[operator]
    found = tcli.read_fetch_head(exchange, memoryview(data))
    assert (found.rows, found.columns, found.has_more) == (n, 2, bool(more))
    assert found.status.statusCode == tcli.SUCCESS
    # The struct begins with the status: field 1, a struct, whose field 1 is the code.
    assert data[found.start :].startswith(b"\x0c\0\1\x08\0\1")
    assert bool(tcli.USUAL_HEAD.match(data)) == (more is not None)


def test_an_answer_with_another_number_is_refused() -> None:
    exchange = asked()
    with pytest.raises(Exception, match=f"asked was number {exchange.number}"):
        tcli.read_fetch_head(exchange, answer(exchange.number + 1, [ints(3)]))


def test_other_statuses_and_no_columns_are_read_with_care() -> None:
    exchange = asked()
    assert tcli.read_fetch_head(exchange, answer(exchange.number, [ints(3)], status=3)).status.statusCode == 3
    assert tcli.read_fetch_head(exchange, answer(exchange.number, [])).columns == 0
    negative = bytearray(answer(exchange.number, [ints(3)]))
    at = negative.index(struct.pack(">I", 3), 60)
    negative[at : at + 4] = struct.pack(">i", -3)
    with pytest.raises(Exception, match="cannot be read"):
        tcli.read_fetch_head(exchange, bytes(negative))


def test_a_request_once_more_has_a_number_of_its_own() -> None:
    first = asked(4321)
    second = first.again()
    assert second.number != first.number
    for exchange in (first, second):
        protocol = TBinaryProtocol(TMemoryBuffer(exchange.message))
        assert protocol.readMessageBegin() == ("FetchResults", TMessageType.CALL, exchange.number)
    assert first.message[24:] == second.message[24:]
    assert len(first.message) == len(second.message)
