"""Trino's statement protocol replayed from memory: direct JSON, gzip, and the three encodings of spooled segments."""

from __future__ import annotations

import http.client
import json
import re
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.common import HALF_A_PAGE, RESULTS, ROOT, require
from bench.replay.shapes import Column, Shape

PAGE_ROWS = {"orders": 20_000, "ints": 5_000, "doubles": 7_000, "mixed": 4_000}
"""Rows of one direct answer, some megabyte as a real server's; a spooled segment has eight times as many."""
PAGES = {"orders": 120, "ints": 120, "doubles": 120, "mixed": 120}
SEGMENT_PAGES = 8

TYPES: dict[str, tuple[str, list[int]]] = {
    "int": ("integer", []),
    "bigint": ("bigint", []),
    "double": ("double", []),
    "string": ("varchar", [2**31 - 1]),
    "long string": ("varchar", [2**31 - 1]),
    "timestamp": ("timestamp", [0]),
    "decimal(15,2)": ("decimal", [15, 2]),
    "date": ("date", []),
}
NEXT = re.compile(rb'"nextUri":"([^"]+)"')
SEGMENT = re.compile(rb'"uri":"([^"]+)","ackUri":"([^"]+)"')
STATEMENT, QUERY = "/v1/statement", "20260101_000000_00000_bench"


# ---- bytes that a server would send ----


def described(shape: Shape) -> list[dict[str, Any]]:
    """`columns` of an answer."""
    found = []
    for column in shape:
        raw, numbers = TYPES[column.type]
        arguments = [{"kind": "LONG", "value": n} for n in numbers]
        text = f"{raw}({','.join(map(str, numbers))})" if numbers and raw != "varchar" else raw
        found.append(
            {"name": column.name, "type": text, "typeSignature": {"rawType": raw, "arguments": arguments}},
        )
    return found


def json_value(column: Column, i: int) -> Any:
    """A cell in the form in which Trino writes it: JSON's own for numbers, text for all others."""
    value = column.values[i]
    return value if value is None or column.type in ("int", "bigint", "double") else str(value)


def rows_json(shape: Shape) -> bytes:
    """The array of rows, without a space, as Trino writes it."""
    rows = [[json_value(c, i) for c in shape] for i in range(len(shape[0].values))]
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode()


@lru_cache(2)
def deflated(data: bytes, last: bool) -> bytes:
    """A piece of a deflate stream that refers to nothing before it."""
    packer = zlib.compressobj(4, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


@lru_cache(2)
def packed(rows: bytes, encoding: str) -> bytes:
    """A segment's bytes."""
    if encoding == "json+zstd":
        import zstandard

        return zstandard.ZstdCompressor(3).compress(rows)
    if encoding == "json+lz4":
        import lz4.block

        return lz4.block.compress(rows, store_size=False)
    return rows


def unpack(data: bytes | memoryview, encoding: str, size: int, room: bytearray | None) -> int:
    """What the drain does to a segment whose rows are `size` bytes, in the room or in memory of its own; how many came."""
    if encoding == "json+zstd":
        if room is not None:
            import cramjam

            return cramjam.zstd.decompress_into(data, room)
        import zstandard

        return len(zstandard.ZstdDecompressor().decompress(data, max_output_size=size))
    if encoding == "json+lz4":
        if room is not None:
            import cramjam

            return cramjam.lz4.decompress_block_into(data, room, output_len=size)
        import lz4.block

        return len(lz4.block.decompress(data, uncompressed_size=size))
    return len(data)


class Answers:
    """The file that http.c reads. Parts that are the same in many answers stand there once."""

    def __init__(self) -> None:
        self._records: list[tuple[str, list[int]]] = []
        self._parts: list[bytes] = []

    def part(self, data: bytes) -> int:
        self._parts.append(data)
        return len(self._parts) - 1

    def add(self, name: str, body: Sequence[bytes | int], headers: str = "") -> None:
        """An answer with status 200; an int of `body` is a part that is there already."""
        parts = [self.part(b) if isinstance(b, bytes) else b for b in body]
        size = sum(len(self._parts[p]) for p in parts)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}Content-Length: {size}\r\n\r\n"
        self._records.append((name, [self.part(head.encode()), *parts]))

    def write(self, path: Path) -> None:
        at = 4 + sum(2 + len(name) + 16 * len(parts) for name, parts in self._records)
        places = []
        for data in self._parts:
            places.append(struct.pack(">QQ", at, len(data)))
            at += len(data)
        with path.open("wb") as out:
            out.write(struct.pack(">I", len(self._records)))
            for name, parts in self._records:
                out.write(bytes([len(name)]) + name.encode() + bytes([len(parts)]) + b"".join(places[p] for p in parts))
            out.writelines(self._parts)


def write_answers(path: Path, port: int, shape: Shape, rows: bytes, pages: int, encoding: str) -> None:
    """A query of `pages` answers, each with `rows`. encoding: json, gzip, or that of a spool behind "spooled "."""
    base, answers = f"http://127.0.0.1:{port}", Answers()
    answers.add("GET /v1/info", [json.dumps({"nodeVersion": {"version": "476"}, "starting": False}).encode()])
    columns = json.dumps(described(shape), separators=(",", ":"))
    stats = ',"stats":{"state":"%s","nodes":1},"warnings":[]}'
    spooled = encoding.removeprefix("spooled ") if encoding.startswith("spooled ") else ""
    start, tail, tail_crc = b'"data":', rows + (stats % "RUNNING").encode(), 0
    shared = answers.part(deflated(tail, True) if encoding == "gzip" else tail)
    segment = answers.part(packed(rows, spooled)) if spooled else 0
    for page in range(pages + 2):
        # The first answer has no rows yet, the last none any more.
        name = f"GET {STATEMENT}/executing/{QUERY}/y/{page}" if page else f"POST {STATEMENT}"
        head = f'{{"id":"{QUERY}","infoUri":"{base}/ui/query.html?{QUERY}",'
        if page <= pages:
            head += f'"nextUri":"{base}{STATEMENT}/executing/{QUERY}/y/{page + 1}",'
        if page == 0 or page > pages:
            end = (stats % ("QUEUED" if page == 0 else "FINISHED")).encode()[1:]
            answers.add(name, [head.encode() + (f'"columns":{columns},'.encode() if page else b"") + end])
            continue
        before = f'{head}"columns":{columns},'.encode() + start
        if spooled:
            count = len(shape[0].values)
            metadata = {
                "segmentSize": len(answers._parts[segment]),
                "rowOffset": (page - 1) * count,
                "rowsCount": count,
            }
            if spooled != "json":
                metadata["uncompressedSize"] = len(rows)
            described_segment = {
                "type": "spooled",
                "uri": f"{base}/segment/{page}",
                "ackUri": f"{base}/ack/{page}",
                "metadata": metadata,
            }
            data = json.dumps({"encoding": spooled, "segments": [described_segment]}, separators=(",", ":"))
            answers.add(name, [before + data.encode() + (stats % "RUNNING").encode()])
            answers.add(f"GET /segment/{page}", [segment])
            answers.add(f"GET /ack/{page}", [b""])
        elif encoding == "gzip":
            tail_crc = zlib.crc32(tail, zlib.crc32(before))
            trailer = struct.pack("<II", tail_crc, len(before) + len(tail))
            first = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + deflated(before, False)
            answers.add(name, [first, shared, trailer], "Content-Encoding: gzip\r\n")
        else:
            answers.add(name, [before, shared])
    answers.write(path)


# ---- the server ----


def build_server() -> Path:
    """Compile http.c when it has changed."""
    source, program = ROOT / "bench" / "replay" / "http.c", RESULTS / "replay_http"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", program, source, "-lpthread"], check=True)
    return program


@contextmanager
def server(path: Path, shape: Shape, rows: bytes, pages: int, encoding: str) -> Iterator[int]:
    """The running server's port. The answers, which name it, are written to `path` first."""
    with subprocess.Popen([build_server()], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            port = int(process.stdout.readline())
            write_answers(path, port, shape, rows, pages, encoding)
            process.stdin.write(f"{path}\n".encode())
            process.stdin.flush()
            require("what the server says", process.stdout.readline(), b"ready\n")
            yield port
        finally:
            process.stdin.close()
            process.wait(10)
            path.unlink(missing_ok=True)


# ---- the drain: the same requests, a look at the addresses only ----


def drain(port: int, encoding: str, size: int, again: bool = False) -> float:
    """Seconds to take a whole result over one connection, unpacked where it comes packed; `size`: bytes of a segment's rows.

    `again`: segments are unpacked into memory that is used again, not as the trino package does.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    memory, room = bytearray(1 << 20), bytearray(size) if again else None

    def ask(method: str, path: str) -> bytes | memoryview:
        """The body of an answer, valid until the next is asked for."""
        nonlocal memory
        connection.request(method, path, headers={"X-Trino-User": "bench"})
        answer = connection.getresponse()
        length = answer.length
        if length is None:
            return answer.read()
        if HALF_A_PAGE + length > len(memory):
            memory = bytearray(HALF_A_PAGE + length)
        body = memoryview(memory)[HALF_A_PAGE : HALF_A_PAGE + length]
        came = 0
        while came < length:
            n = answer.readinto(body[came:])
            if not n:
                raise ConnectionError("the server closed the connection")
            came += n
        answer.close()
        return zlib.decompress(body, 31) if answer.getheader("Content-Encoding") == "gzip" else body

    start = time.perf_counter()
    body, taken = ask("POST", STATEMENT), 0
    # The address stands before the rows.
    while found := NEXT.search(body, 0, 2000):
        page = ask("GET", urlsplit(found[1].decode()).path)
        taken += len(page)
        body = bytes(page[:2000])
        spooled = SEGMENT.search(page) if encoding.startswith("spooled") else None
        if spooled:
            segment, acknowledged = (urlsplit(address.decode()).path for address in spooled.groups())
            taken += unpack(ask("GET", segment), encoding.removeprefix("spooled "), size, room)
            ask("GET", acknowledged)
    seconds = time.perf_counter() - start
    connection.close()
    require("the drain took more than a megabyte", taken > 1 << 20, True)
    return seconds


def package(port: int, encoding: str, rows: int) -> float:
    """Seconds of the trino package's fetchall, its values left as JSON gave them, which is its fastest way."""
    from trino.dbapi import connect

    spooled = encoding.removeprefix("spooled ") if encoding.startswith("spooled") else None
    connection = connect(
        host="127.0.0.1", port=port, user="bench", legacy_primitive_types=True, encoding=spooled and [spooled]
    )
    cursor = connection.cursor()
    start = time.perf_counter()
    cursor.execute("select 1")
    fetched = cursor.fetchall()
    seconds = time.perf_counter() - start
    require("rows of the trino package", len(fetched), rows)
    return seconds
