"""The driver file through ctypes, without a driver manager: for calls that a manager would stop or change."""

from __future__ import annotations

import ctypes
from pathlib import Path

SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA, SQL_ERROR, SQL_INVALID_HANDLE = 0, 1, 100, -1, -2
SQL_NTS, SQL_NULL_DATA = -3, -1
ENV, DBC, STMT, DESC = 1, 2, 3, 4
C_CHAR, C_WCHAR, C_LONG, C_BINARY, C_SBIGINT, C_DEFAULT = 1, -8, 4, -2, -25, 99
MEMORY = "Driver=Argus;Backend=duckdb;Database=:memory:;"

_current = MEMORY


def use(connection_string: str) -> None:
    """What `Session(driver)` connects to from now on."""
    global _current
    _current = connection_string


def current() -> str:
    """What `Session(driver)` connects to."""
    return _current


def pointer(value: int | None) -> ctypes.c_void_p:
    """A handle or an address as ctypes passes it."""
    return ctypes.c_void_p(value)


class Driver:
    """The driver file; `driver.SQLFoo(...)` passes Python integers as 64-bit values and buffers as pointers."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path))

    def __getattr__(self, name: str):
        function = getattr(self.library, name)
        function.restype = ctypes.c_short

        def call(*arguments: object) -> int:
            return function(*(ctypes.c_int64(a) if isinstance(a, int) else a for a in arguments))

        return call

    def alloc(self, kind: int, parent: int | None) -> int:
        """A new handle, as a number."""
        out = ctypes.c_void_p()
        rc = self.SQLAllocHandle(kind, pointer(parent), ctypes.byref(out))
        assert rc == SQL_SUCCESS, self.state(kind - 1, parent) if parent else rc
        return out.value or 0

    def state(self, kind: int, handle: int | None) -> str:
        """SQLSTATE of the first record."""
        state, text, native = ctypes.create_string_buffer(6), ctypes.create_string_buffer(1000), ctypes.c_int32()
        length = ctypes.c_int16()
        rc = self.SQLGetDiagRec(kind, pointer(handle), 1, state, ctypes.byref(native), text, 1000, ctypes.byref(length))
        if rc == SQL_NO_DATA:
            return ""
        assert rc in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO), rc
        assert text.value.startswith(b"[Argus]"), text.value
        assert len(text.value) > len(b"[Argus] ") + 8, text.value
        return state.value.decode()


class Session:
    """An environment, a connection and a statement."""

    def __init__(self, driver: Driver, connection_string: str = "") -> None:
        self.driver = driver
        self.env = driver.alloc(ENV, None)
        assert driver.SQLSetEnvAttr(pointer(self.env), 200, pointer(380), 0) == SQL_SUCCESS
        self.dbc = driver.alloc(DBC, self.env)
        rc = driver.SQLDriverConnect(
            pointer(self.dbc),
            pointer(None),
            (connection_string or _current).encode(),
            SQL_NTS,
            pointer(None),
            0,
            pointer(None),
            0,
        )
        assert rc in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO), driver.state(DBC, self.dbc)
        self.stmt = driver.alloc(STMT, self.dbc)

    def run(self, sql: bytes) -> int:
        return self.driver.SQLExecDirect(pointer(self.stmt), sql, SQL_NTS)

    def ok(self, sql: bytes) -> None:
        rc = self.run(sql)
        assert rc in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA), (sql, self.state())

    def fetched(self, sql: bytes) -> None:
        self.ok(sql)
        assert self.driver.SQLFetch(pointer(self.stmt)) == SQL_SUCCESS, self.state()

    def state(self) -> str:
        return self.driver.state(STMT, self.stmt)

    def still_works(self) -> None:
        """The connection answers a query, on a statement of its own."""
        stmt = self.driver.alloc(STMT, self.dbc)
        value = ctypes.c_int64()
        assert self.driver.SQLExecDirect(pointer(stmt), b"select 41 + 1", SQL_NTS) == SQL_SUCCESS, self.driver.state(
            STMT, stmt
        )
        assert self.driver.SQLFetch(pointer(stmt)) == SQL_SUCCESS
        assert self.driver.SQLGetData(pointer(stmt), 1, C_SBIGINT, ctypes.byref(value), 8, pointer(None)) == SQL_SUCCESS
        assert value.value == 42
        assert self.driver.SQLFreeHandle(STMT, pointer(stmt)) == SQL_SUCCESS

    def close(self) -> None:
        for kind, handle in ((STMT, self.stmt), (DBC, self.dbc), (ENV, self.env)):
            if kind == DBC:
                self.driver.SQLEndTran(DBC, pointer(handle), 1)  # SQLDisconnect refuses while a transaction is open
                self.driver.SQLDisconnect(pointer(handle))
            self.driver.SQLFreeHandle(kind, pointer(handle))


def catalog_rows(session: Session, function: str, *arguments: str | int | None, wide: bool = False) -> list[tuple]:
    """All rows of a catalog function: texts as str, NULL as None."""
    given: list[object] = []
    for argument in arguments:
        if isinstance(argument, str):
            text = argument.encode("utf-16-le" if wide else "utf-8")
            given += [text, len(text) // 2 if wide else len(text)]
        elif argument is None:
            given += [pointer(None), 0]
        else:
            given.append(argument)
    statement = pointer(session.stmt)
    rc = getattr(session.driver, function + ("W" if wide else ""))(statement, *given)
    assert rc in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO), session.state()
    count = ctypes.c_int16()
    assert session.driver.SQLNumResultCols(statement, ctypes.byref(count)) == SQL_SUCCESS
    out, text, length = [], ctypes.create_string_buffer(5000), ctypes.c_int64()
    while session.driver.SQLFetch(statement) == SQL_SUCCESS:
        row: list[str | None] = []
        for i in range(1, count.value + 1):
            rc = session.driver.SQLGetData(statement, i, 1, text, 5000, ctypes.byref(length))
            assert rc == SQL_SUCCESS, session.state()
            row.append(None if length.value == SQL_NULL_DATA else text.value.decode())
        out.append(tuple(row))
    assert session.driver.SQLCloseCursor(statement) == SQL_SUCCESS
    return out
