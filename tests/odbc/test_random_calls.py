"""Random sequences of calls with valid handles and buffers but any order and any argument.

Whatever the order, each call must answer with one of ODBC's codes, an error must have a SQLSTATE and a sentence, and
nothing may be written outside the buffers. The seeds are fixed; ARGUS_RANDOM_SEED adds one more.
"""

from __future__ import annotations

import ctypes
import os
import random
import time
import uuid
from pathlib import Path

import pytest

from engine_facts import Facts
from plain import DBC, ENV, SQL_ERROR, SQL_INVALID_HANDLE, SQL_SUCCESS, STMT, Driver, Session, pointer

pytestmark = pytest.mark.engines("duckdb", "spark", "trino", "impala")

CODES = {0, 1, 2, 99, 100, -1, -2}
C_TYPES = [1, -8, -2, -7, 4, -16, -18, 5, -15, -17, -6, -26, -28, -25, -27, 7, 8, 2, 9, 10, 11, 91, 92, 93, -11]
C_TYPES += [99, -99, *range(101, 114), 0, 12, 777, -777]
SQL_TYPES = [1, 12, -1, -8, -9, -10, 2, 3, 4, 5, 6, 7, 8, -7, -6, -5, -2, -3, -4, 91, 92, 93, -11, 101, 104, 110, 0, 55]
SMALL = [0, 1, 2, 3, 4, 5, 7, 8, 16, 100, -1, -2, -3, -5, -6, -99, 32767, -32768]
TABLE = f"random_{uuid.uuid4().hex[:8]}"


def statements(facts: Facts) -> list[str]:
    """Statements of which most run on the engine."""
    return [
        "select 1",
        f"select i, concat('text ', cast(i as {facts.text})), i / 3.0, {{d '2020-02-29'}} from {facts.numbers(3000)}",
        f"select {facts.values}",
        f"create table if not exists {TABLE} (a int, b {facts.text})",
        f"insert into {TABLE} values (1, 'x'), (2, null)",
        f"insert into {TABLE} values (?, ?)",
        f"select * from {TABLE} where a > ? and b like ?",
        "select * from nowhere",
        "selec",
        "",
        "{call nothing(?)}",
        "select {d '2020-02-29'}, {fn ucase('a')}, {ts '2020-01-01 00:00:00'}",
    ]


ROOM, GUARD = 40_000, b"\xa5" * 64


class Memory:
    """Buffers that are larger than any call may fill, each with a guard at its end."""

    def __init__(self) -> None:
        self.blocks: list[ctypes.Array] = []

    def take(self) -> ctypes.Array:
        block = ctypes.create_string_buffer(bytes(ROOM) + GUARD, ROOM + len(GUARD))
        self.blocks.append(block)
        return block

    def intact(self) -> bool:
        return all(block.raw[ROOM:] == GUARD for block in self.blocks)


class Player:
    """Makes one random call after the other."""

    def __init__(self, session: Session, seed: int, facts: Facts) -> None:
        self.statements = statements(facts)
        self.session, self.random, self.memory = session, random.Random(seed), Memory()
        self.shared = [self.memory.take() for _ in range(12)]
        self.log: list[tuple] = []

    def buffer(self) -> object:
        return self.random.choice([*self.shared, pointer(None)])

    def length(self) -> int:
        """A buffer length: never more than a block can take for four rows."""
        return self.random.choice([0, 1, 2, 3, 5, 8, 16, 31, 64, 255, 1000, 1000, 1000, -1, -3, -100])

    def number(self) -> int:
        return self.random.choice(SMALL)

    def text(self) -> tuple[object, int]:
        text = self.random.choice([*self.statements, "%", "main", "t", "_", "x" * 500]).encode()
        length = self.random.choice([-3, len(text), len(text) // 2, 0, -1, -4])
        return self.random.choice([ctypes.create_string_buffer(text), pointer(None)]), length

    def wide(self) -> tuple[object, int]:
        text = self.random.choice(self.statements)
        raw = text.encode("utf-16-le") + b"\0\0"
        return ctypes.create_string_buffer(raw), self.random.choice([-3, len(text.encode("utf-16-le")) // 2, 0, -1])

    def names(self, n: int) -> list[object]:
        out: list[object] = []
        for _ in range(n):
            out += self.text()
        return out

    def calls(self) -> list[tuple[str, object]]:
        """Name and a function that makes the arguments after the handle; statement functions."""
        r, b, n = self.random, self.buffer, self.length
        return [
            ("SQLExecDirect", self.text),
            ("SQLExecDirectW", self.wide),
            ("SQLPrepare", self.text),
            ("SQLExecute", lambda: ()),
            ("SQLFetch", lambda: ()),
            ("SQLFetch", lambda: ()),
            ("SQLFetchScroll", lambda: (r.choice([1, 2, 3, 4, 5, 6, 9]), self.number())),
            ("SQLGetData", lambda: (r.choice([0, 1, 2, 3, 9]), r.choice(C_TYPES), b(), n(), b())),
            ("SQLGetData", lambda: (r.choice([1, 2]), r.choice([1, -8, -2]), self.shared[0], n(), self.shared[1])),
            ("SQLBindCol", lambda: (r.choice([0, 1, 2, 3, 9]), r.choice(C_TYPES), b(), n(), self.shared[2])),
            ("SQLNumResultCols", lambda: (b(),)),
            ("SQLDescribeCol", lambda: (r.choice([0, 1, 2, 9]), b(), n(), *[b() for _ in range(5)])),
            (
                "SQLColAttribute",
                lambda: (r.choice([0, 1, 2, 9]), r.choice([*range(1, 35), *range(1001, 1034), 1099]), b(),
                         n(), b(), b()),
            ),
            ("SQLRowCount", lambda: (b(),)),
            ("SQLNumParams", lambda: (b(),)),
            ("SQLDescribeParam", lambda: (r.choice([0, 1, 2, 9]), *[b() for _ in range(4)])),
            (
                "SQLBindParameter",
                lambda: (r.choice([0, 1, 2, 5]), r.choice([1, 2, 4, 0]), r.choice(C_TYPES), r.choice(SQL_TYPES),
                         r.choice([0, 1, 10, 38, 100]), r.choice([0, 2, 9]), self.shared[3], 16, self.lengths()),
            ),
            ("SQLParamData", lambda: (b(),)),
            ("SQLPutData", lambda: (self.shared[3], r.choice([-1, -3, 0, 1, 10]))),
            ("SQLMoreResults", lambda: ()),
            ("SQLCloseCursor", lambda: ()),
            ("SQLFreeStmt", lambda: (r.choice([0, 2, 3, 7]),)),
            ("SQLCancel", lambda: ()),
            ("SQLSetStmtAttr", lambda: (r.choice([22, 15]), pointer(r.choice([0, 1, 2, 3])), 0)),
            ("SQLSetStmtAttr", lambda: (r.choice([27, 5]), pointer(r.choice([1, 2, 3, 4])), 0)),
            ("SQLSetStmtAttr", lambda: (r.choice([*range(0, 5), *range(6, 13), 14]), pointer(r.choice([0, 1, 2, 9])), 0)),
            ("SQLSetStmtAttr", lambda: (r.choice([25, 26]), r.choice([self.shared[4], pointer(None)]), 0)),
            ("SQLGetStmtAttr", lambda: (r.choice([*range(0, 30), 10010, 99999]), self.shared[5], n(), b())),
            ("SQLGetCursorName", lambda: (b(), n(), b())),
            ("SQLSetCursorName", self.text),
            ("SQLTables", lambda: self.names(4)),
            ("SQLColumns", lambda: self.names(4)),
            ("SQLPrimaryKeys", lambda: self.names(3)),
            ("SQLStatistics", lambda: (*self.names(3), r.choice([0, 1, 5]), r.choice([0, 1, 5]))),
            ("SQLSpecialColumns", lambda: (r.choice([1, 2, 5]), *self.names(3), r.choice([0, 1, 2, 5]), r.choice([0, 1, 5]))),
            ("SQLGetTypeInfo", lambda: (r.choice(SQL_TYPES),)),
            ("SQLSetPos", lambda: (r.choice([0, 1, 2]), r.choice([0, 1, 2, 3, 4]), r.choice([0, 1, 2]))),
            ("SQLBulkOperations", lambda: (r.choice([4, 5, 6, 7]),)),
        ]  # fmt: skip

    def lengths(self) -> object:
        """The indicator of a parameter: a value that the driver may read when it executes."""
        ctypes.cast(self.shared[6], ctypes.POINTER(ctypes.c_int64))[0] = self.random.choice(
            [0, 1, 4, 8, -1, -3, -2, -100, -50]
        )
        return self.shared[6]

    def connection_call(self) -> tuple[str, tuple]:
        r, b, n = self.random, self.buffer, self.length
        return r.choice(
            [
                ("SQLGetInfo", (r.choice([*range(0, 175), *range(10000, 10025), 65535]), b(), n(), b())),
                ("SQLGetInfoW", (r.choice([6, 7, 16, 17, 18, 29, 81, 89]), b(), n(), b())),
                ("SQLGetFunctions", (r.choice([0, 999, 1, 60, 1001, 1025, 5000]), self.shared[7])),
                ("SQLGetConnectAttr", (r.choice([101, 102, 103, 108, 109, 113, 1209, 77777]), b(), n(), b())),
                ("SQLSetConnectAttr", (r.choice([101, 102, 103, 113, 108, 77777]), pointer(r.choice([0, 1, 2, 7])), 0)),
                ("SQLNativeSql", (*self.text(), b(), n(), b())),
                ("SQLEndTran", ()),
            ]
        )  # fmt: skip

    def play(self, steps: int) -> None:
        session, driver = self.session, self.session.driver
        calls = self.calls()
        statements = [session.stmt, driver.alloc(STMT, session.dbc)]
        for _ in range(steps):
            if self.random.random() < 0.15:
                name, arguments = self.connection_call()
                kind, handle = DBC, session.dbc
                if name == "SQLEndTran":
                    rc = driver.SQLEndTran(DBC, pointer(session.dbc), self.random.choice([0, 1, 2]))
                else:
                    rc = getattr(driver, name)(pointer(handle), *arguments)
            else:
                name, make = self.random.choice(calls)
                kind, handle = STMT, self.random.choice(statements)
                arguments = tuple(make())  # type: ignore[operator]
                rc = getattr(driver, name)(pointer(handle), *arguments)
            self.log = [*self.log[-15:], (name, arguments, rc)]
            assert rc in CODES, self.log
            assert rc != SQL_INVALID_HANDLE, self.log
            if rc == SQL_ERROR:
                assert len(driver.state(kind, handle)) == 5, self.log
            if kind == STMT and self.random.random() < 0.1:
                self.finish(handle)
            assert self.memory.intact(), self.log
        for handle in statements:
            self.finish(handle)
        for handle in statements[1:]:
            assert driver.SQLFreeHandle(STMT, pointer(handle)) == SQL_SUCCESS

    def finish(self, handle: int) -> None:
        """Let a function that runs asynchronously end: only its own repetition asks for that."""
        driver, block = self.session.driver, self.shared[8]
        driver.SQLCancel(pointer(handle))
        for _ in range(2000):
            for name, arguments in FINISHING:
                if driver.SQLSetStmtAttr(pointer(handle), ASYNC_ENABLE, pointer(0), 0) == SQL_SUCCESS:
                    return
                getattr(driver, name)(pointer(handle), *(block if a is BLOCK else a for a in arguments))
            time.sleep(0.005)
        raise AssertionError(self.log)


ASYNC_ENABLE, BLOCK = 4, object()
FINISHING = [
    ("SQLExecDirect", (b"select 1", -3)),
    ("SQLPrepare", (b"select 1", -3)),
    *((name, ()) for name in ("SQLExecute", "SQLFetch", "SQLMoreResults")),
    ("SQLFetchScroll", (1, 0)),
    ("SQLParamData", (BLOCK,)),
    ("SQLNumResultCols", (BLOCK,)),
    ("SQLDescribeParam", (1, *[pointer(None)] * 4)),
    ("SQLDescribeCol", (1, *[pointer(None), 0, *[pointer(None)] * 5])),
    ("SQLColAttribute", (1, 2, pointer(None), 0, pointer(None), pointer(None))),
    ("SQLTables", (pointer(None), 0) * 4),
    ("SQLColumns", (pointer(None), 0) * 4),
    ("SQLPrimaryKeys", (pointer(None), 0) * 3),
    ("SQLStatistics", (*(pointer(None), 0) * 3, 0, 0)),
    ("SQLSpecialColumns", (1, *(pointer(None), 0) * 3, 0, 0)),
    ("SQLGetTypeInfo", (0,)),
]
"""Every function that the player calls and that may run asynchronously."""

SEEDS = [*range(1, 13)] + ([int(os.environ["ARGUS_RANDOM_SEED"])] if "ARGUS_RANDOM_SEED" in os.environ else [])


def drop_table(driver_path: Path) -> None:
    """What the calls may have made on a server that others use too."""
    session = Session(Driver(driver_path))
    session.ok(f"drop table if exists {TABLE}".encode())
    session.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_and_any_argument(driver_path: Path, engine: str, facts: Facts, seed: int) -> None:
    session = Session(Driver(driver_path))
    player = Player(session, seed, facts)
    try:
        player.play(600)
        # A call may have left a transaction that an error has ended.
        assert session.driver.SQLEndTran(DBC, pointer(session.dbc), 1) == SQL_SUCCESS
        session.still_works()
    finally:
        session.close()
        if engine != "duckdb":
            drop_table(driver_path)
    assert session.driver.SQLFreeHandle(ENV, pointer(session.env)) == SQL_INVALID_HANDLE
