"""DuckDB: how long SQLTables takes over 100,000 tables, to the last row of its answer."""

from __future__ import annotations

import ctypes
import statistics
import time
from pathlib import Path

import duckdb

from bench.common import DRIVER, RESULTS, Figure, require

LIMIT_SECONDS = 2.0
CHAR, ENV, DBC, STMT = 1, 1, 2, 3
USED = (
    "SQLAllocHandle", "SQLSetEnvAttr", "SQLDriverConnect", "SQLSetStmtAttr", "SQLBindCol", "SQLTables", "SQLFetch",
    "SQLCloseCursor", "SQLFreeHandle", "SQLDisconnect",
)  # fmt: skip


def database(tables: int) -> Path:
    """A database file with that many tables, made once."""
    path = RESULTS / f"tables-{tables}.duckdb"
    if not path.exists():
        making = path.with_suffix(".part")
        making.unlink(missing_ok=True)
        with duckdb.connect(making) as connection:
            connection.begin()
            for first in range(0, tables, 1000):
                names = range(first, min(first + 1000, tables))
                connection.execute(";".join(f"CREATE TABLE t{i:06} (a INTEGER)" for i in names))
            connection.commit()
        making.rename(path)
    return path


class _Application:
    """One connection through the driver file, without a driver manager."""

    def __init__(self, text: str) -> None:
        self.driver = ctypes.CDLL(str(DRIVER))
        for name in USED:
            getattr(self.driver, name).restype = ctypes.c_short  # the bits above an SQLRETURN are anything
        self.env = self._new(ENV, None)
        self._done(self.driver.SQLSetEnvAttr(self.env, 200, ctypes.c_void_p(3), 0), "SQLSetEnvAttr")
        self.dbc = self._new(DBC, self.env)
        connect = self.driver.SQLDriverConnect
        self._done(connect(self.dbc, None, text.encode(), -3, None, 0, None, 0), "SQLDriverConnect")
        self.stmt = self._new(STMT, self.dbc)

    def _new(self, kind: int, parent: ctypes.c_void_p | None) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        self._done(self.driver.SQLAllocHandle(kind, parent, ctypes.byref(handle)), "SQLAllocHandle")
        return handle

    @staticmethod
    def _done(rc: int, what: str) -> None:
        require(f"{what} succeeds", rc in (0, 1), True)

    def tables(self, pattern: bytes) -> tuple[list[bytes], float]:
        """Names of the tables and seconds, from the call to SQL_NO_DATA; 1000 names for each SQLFetch."""
        names = (ctypes.c_char * 64 * 1000)()
        lengths = (ctypes.c_int64 * 1000)()
        fetched = ctypes.c_uint64()
        self.driver.SQLSetStmtAttr(self.stmt, 27, ctypes.c_void_p(1000), 0)
        self.driver.SQLSetStmtAttr(self.stmt, 26, ctypes.byref(fetched), 0)
        self.driver.SQLBindCol(self.stmt, 3, CHAR, names, ctypes.c_int64(64), lengths)
        start = time.perf_counter()
        found: list[bytes] = []
        kind = (b"TABLE", 5)
        self._done(self.driver.SQLTables(self.stmt, None, 0, None, 0, pattern, -3, *kind), "SQLTables")
        while self.driver.SQLFetch(self.stmt) in (0, 1):
            found += [names[i].value for i in range(fetched.value)]
        seconds = time.perf_counter() - start
        self._done(self.driver.SQLCloseCursor(self.stmt), "SQLCloseCursor")
        return found, seconds

    def close(self) -> None:
        self.driver.SQLFreeHandle(STMT, self.stmt)
        self.driver.SQLDisconnect(self.dbc)
        self.driver.SQLFreeHandle(DBC, self.dbc)
        self.driver.SQLFreeHandle(ENV, self.env)


def sql_tables(tables: int, runs: int) -> Figure:
    """SQLTables over all tables of the file; the answer has to have each of them, in order."""
    application = _Application(f"Driver=Argus;Backend=duckdb;Database={database(tables)};ReadOnly=1;")
    try:
        seconds = []
        for _ in range(runs):
            found, took = application.tables(b"%")
            require("the names of the tables", found, [f"t{i:06}".encode() for i in range(tables)])
            seconds.append(took)
    finally:
        application.close()
    return Figure(
        f"DuckDB, SQLTables over {tables:,} tables: seconds", statistics.median(seconds), LIMIT_SECONDS, False,
        {"seconds": {"each": seconds}},
    )  # fmt: skip
