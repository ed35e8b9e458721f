"""Values of 5 MB, byte-exact: through pyodbc, in pieces of 1,024 bytes, and into a bound buffer that is too small."""

from __future__ import annotations

import ctypes
import hashlib
from pathlib import Path

import pytest

from clients.sources import Source
from plain import C_BINARY, C_CHAR, C_WCHAR, SQL_NO_DATA, SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, Driver, Session, pointer

SIZE = 5_000_000
# 16 bytes of UTF-8 with one character of each length, so that pieces of 1,024 bytes meet every border.
UNIT = "ab-é-漢-😀-z"
UNIT_BYTES = UNIT.encode()

TEXT_SQL = {
    "duckdb": f"select repeat('{UNIT}', {SIZE // len(UNIT_BYTES)}) as t",
    "spark": f"select repeat('{UNIT}', {SIZE // len(UNIT_BYTES)}) as t",
    "trino": f"select rpad('', {SIZE // len(UNIT_BYTES) * len(UNIT)}, '{UNIT}') as t",
}
TEXT = UNIT * (SIZE // len(UNIT_BYTES))
BLOCK = hashlib.sha256(b"argus").digest()
HEX_ESCAPES = "".join(f"\\x{byte:02X}" for byte in BLOCK)
BINARY = BLOCK * (SIZE // len(BLOCK))
BINARY_SQL = {
    "duckdb": f"select cast(repeat('{HEX_ESCAPES}', {SIZE // len(BLOCK)}) as blob) as b",
    "spark": f"select unhex(repeat('{BLOCK.hex()}', {SIZE // len(BLOCK)})) as b",
    "trino": f"select from_hex(rpad('', {SIZE // len(BLOCK) * len(BLOCK.hex())}, '{BLOCK.hex()}')) as b",
}


def test_pyodbc_reads_5_mb(source: Source) -> None:
    import pyodbc

    connection = pyodbc.connect(source.connection_string)
    try:
        assert connection.execute(TEXT_SQL[source.engine]).fetchval() == TEXT
        assert connection.execute(BINARY_SQL[source.engine]).fetchval() == BINARY
    finally:
        connection.close()


CASES = {
    "text": (C_CHAR, 1, TEXT.encode(), TEXT_SQL),
    "wide": (C_WCHAR, 2, TEXT.encode("utf-16-le"), TEXT_SQL),
    "binary": (C_BINARY, 0, BINARY, BINARY_SQL),
}
"""C type, bytes of its terminator, the bytes that have to arrive, the queries."""


@pytest.mark.parametrize("case", CASES)
def test_pieces_of_1024_bytes(source: Source, driver_path: Path, case: str) -> None:
    c_type, terminator, wanted, queries = CASES[case]
    session = Session(Driver(driver_path), source.connection_string)
    try:
        session.fetched(queries[source.engine].encode())
        piece, left = ctypes.create_string_buffer(1024), ctypes.c_int64()
        got = bytearray()
        while True:
            rc = session.driver.SQLGetData(pointer(session.stmt), 1, c_type, piece, 1024, ctypes.byref(left))
            if rc == SQL_NO_DATA:
                break
            assert left.value == len(wanted) - len(got)
            if rc == SQL_SUCCESS:
                got += piece.raw[: left.value]
                continue
            assert rc == SQL_SUCCESS_WITH_INFO
            assert session.state() == "01004"
            part = piece.raw[: 1024 - terminator]
            if terminator:
                part = text_before_terminator(part, terminator)
                assert len(part) > 1024 - terminator - 4  # at most one character was kept back
            got += part
        assert bytes(got) == wanted
        assert (
            session.driver.SQLGetData(pointer(session.stmt), 1, c_type, piece, 1024, ctypes.byref(left)) == SQL_NO_DATA
        )
    finally:
        session.close()


def text_before_terminator(part: bytes, unit: int) -> bytes:
    """`part` up to its first NUL of `unit` bytes; no value here has one inside."""
    ends = (i for i in range(0, len(part), unit) if part[i : i + unit] == bytes(unit))
    return part[: next(ends, len(part))]


@pytest.mark.parametrize("case", CASES)
def test_a_bound_buffer_that_is_too_small(source: Source, driver_path: Path, case: str) -> None:
    c_type, terminator, wanted, queries = CASES[case]
    size = 4_000_001  # odd: a wide buffer of this size holds 2,000,000 units, the terminator included
    session = Session(Driver(driver_path), source.connection_string)
    try:
        session.ok(queries[source.engine].encode())
        room, length = ctypes.create_string_buffer(b"\xa5" * (size + 8), size + 8), ctypes.c_int64()
        bind = session.driver.SQLBindCol
        assert bind(pointer(session.stmt), 1, c_type, room, size, ctypes.byref(length)) == SQL_SUCCESS
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS_WITH_INFO
        assert session.state() == "01004"
        assert length.value == len(wanted)
        raw = room.raw
        assert raw[size:] == b"\xa5" * 8
        got = text_before_terminator(raw[:size], terminator) if terminator else raw[:size]
        assert len(got) > size - 2 * max(terminator, 1) - 4
        assert wanted.startswith(got)
    finally:
        session.close()
