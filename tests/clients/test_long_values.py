"""Values of 5 MB, byte-exact: through pyodbc, in pieces of 1,024 bytes, and into a bound buffer that is too small."""

from __future__ import annotations

import ctypes
import hashlib

from clients.conftest import Source

SIZE = 5_000_000
# 16 bytes of UTF-8 with one character of each length, so that pieces of 1,024 bytes meet every border.
UNIT = "ab-é-漢-😀-z"
UNIT_BYTES = UNIT.encode()

TEXT_SQL = {
    "duckdb": f"select repeat('{UNIT}', {SIZE // len(UNIT_BYTES)}) as t",
    "spark": f"select repeat('{UNIT}', {SIZE // len(UNIT_BYTES)}) as t",
}
TEXT = UNIT * (SIZE // len(UNIT_BYTES))
BLOCK = hashlib.sha256(b"argus").digest()
HEX_ESCAPES = "".join(f"\\x{byte:02X}" for byte in BLOCK)
BINARY = BLOCK * (SIZE // len(BLOCK))
BINARY_SQL = {
    "duckdb": f"select cast(repeat('{HEX_ESCAPES}', {SIZE // len(BLOCK)}) as blob) as b",
    "spark": f"select unhex(repeat('{BLOCK.hex()}', {SIZE // len(BLOCK)})) as b",
}


def test_pyodbc_reads_5_mb(source: Source) -> None:
    import pyodbc

    connection = pyodbc.connect(source.connection_string)
    try:
        assert connection.execute(TEXT_SQL[source.engine]).fetchval() == TEXT
        assert connection.execute(BINARY_SQL[source.engine]).fetchval() == BINARY
    finally:
        connection.close()
