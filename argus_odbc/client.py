"""The driver file through ctypes, as a program sees it that needs no driver manager: for the argus-odbc command."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from argus_odbc.errors import DriverError
from argus_odbc.install import driver_file

SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA, SQL_NTS, SQL_NULL_DATA = 0, 1, 100, -3, -1
ENV, DBC, STMT = 1, 2, 3
SQL_ATTR_ODBC_VERSION, SQL_OV_ODBC3_80 = 200, 380
SQL_ATTR_LOGIN_TIMEOUT = 103
SQL_DBMS_NAME, SQL_DBMS_VER = 17, 18
SQL_C_CHAR = 1
PIECE = 1 << 16

T = TypeVar("T")


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name and its SQL_DESC_CONCISE_TYPE."""

    name: str
    sql_type: int


def as_connection_string(conn: str) -> str:
    """CONN of the command line: a connection string as it is, else the name of a data source."""
    return conn if "=" in conn else f"DSN={conn}"


class Connection:
    """One connection with one statement; a call that fails raises DriverError with the driver's first record."""

    def __init__(self, connection_string: str, driver: Path | None = None, login_timeout: int = 0) -> None:
        self._library = ctypes.CDLL(str(driver or driver_file()))
        self.warnings: list[tuple[str, int, str]] = []
        self._env = self._alloc(ENV, None)
        self._dbc = self._stmt = None
        try:
            self._check(ENV, self._env, "SQLSetEnvAttr", self._env, SQL_ATTR_ODBC_VERSION, _pointer(SQL_OV_ODBC3_80), 0)
            self._dbc = self._alloc(DBC, self._env)
            if login_timeout:
                number = _pointer(login_timeout)
                self._check(DBC, self._dbc, "SQLSetConnectAttr", self._dbc, SQL_ATTR_LOGIN_TIMEOUT, number, 0)
            text = connection_string.encode("utf-8", "surrogateescape")
            self._check(DBC, self._dbc, "SQLDriverConnect", self._dbc, None, text, len(text), None, 0, None, 0)
            self._stmt = self._alloc(STMT, self._dbc)
        except BaseException:
            self.close()
            raise
        self._buffer = ctypes.create_string_buffer(PIECE)
        self._length = ctypes.c_int64()

    # ---- calls ----

    def _call(self, name: str, *arguments: Any) -> int:
        function = getattr(self._library, name)
        function.restype = ctypes.c_int16
        return function(*(ctypes.c_int64(a) if isinstance(a, int) else a for a in arguments))

    def _check(self, kind: int, handle: Any, name: str, *arguments: Any) -> int:
        return self._verify(kind, handle, name, self._call(name, *arguments))

    def _verify(self, kind: int, handle: Any, name: str, rc: int) -> int:
        if rc not in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO, SQL_NO_DATA):
            records = list(self._records(kind, handle))
            state, native, text = records[0] if records else ("HY000", 0, f"{name} returned {rc} without a reason")
            raise DriverError(state, native, "\n".join([text, *(r[2] for r in records[1:])]))
        if rc == SQL_SUCCESS_WITH_INFO:
            self.warnings += self._records(kind, handle)
        return rc

    def _records(self, kind: int, handle: Any) -> Iterator[tuple[str, int, str]]:
        state, native = ctypes.create_string_buffer(6), ctypes.c_int32()
        text, length = ctypes.create_string_buffer(1 << 15), ctypes.c_int16()
        i = 1
        while self._call(
            "SQLGetDiagRec", kind, handle, i, state, ctypes.byref(native), text, len(text) - 1, ctypes.byref(length)
        ) in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO):
            yield state.value.decode("ascii"), native.value, text.value.decode("utf-8", "replace")
            i += 1

    def _alloc(self, kind: int, parent: Any) -> ctypes.c_void_p:
        handle = ctypes.c_void_p()
        self._check(kind - 1, parent, "SQLAllocHandle", kind, parent, ctypes.byref(handle))
        return handle

    # ---- the session ----

    def info(self, info_type: int) -> str:
        """A text of SQLGetInfo."""
        text, length = ctypes.create_string_buffer(1024), ctypes.c_int16()
        self._check(DBC, self._dbc, "SQLGetInfo", self._dbc, info_type, text, len(text), ctypes.byref(length))
        return text.value.decode("utf-8", "replace")

    def execute(self, sql: str) -> None:
        """Run one text; its first result is then open."""
        text = sql.encode("utf-8", "surrogateescape")
        self._check(STMT, self._stmt, "SQLExecDirect", self._stmt, text, len(text))

    def next_result(self) -> bool:
        """Go on to the next result of the text; False after the last."""
        return self._check(STMT, self._stmt, "SQLMoreResults", self._stmt) != SQL_NO_DATA

    def row_count(self) -> int:
        """Rows that the statement changed; -1 where that is unknown."""
        count = ctypes.c_int64()
        self._check(STMT, self._stmt, "SQLRowCount", self._stmt, ctypes.byref(count))
        return count.value

    def columns(self) -> list[ResultColumn]:
        """The open result's columns; none when the statement has no result."""
        count = ctypes.c_int16()
        self._check(STMT, self._stmt, "SQLNumResultCols", self._stmt, ctypes.byref(count))
        return [self._column(i) for i in range(1, count.value + 1)]

    def _column(self, i: int) -> ResultColumn:
        name, length, sql_type = ctypes.create_string_buffer(4096), ctypes.c_int16(), ctypes.c_int16()
        self._check(
            STMT, self._stmt, "SQLDescribeCol", self._stmt, i, name, len(name), ctypes.byref(length),
            ctypes.byref(sql_type), None, None, None,
        )  # fmt: skip
        return ResultColumn(name.value.decode("utf-8", "replace"), sql_type.value)

    def rows(self, ncolumns: int) -> Iterator[list[str | None]]:
        """The open result's rows as the driver's texts, None for NULL."""
        while self._check(STMT, self._stmt, "SQLFetch", self._stmt) != SQL_NO_DATA:
            yield [self._text(i) for i in range(1, ncolumns + 1)]

    def _text(self, i: int) -> str | None:
        pieces = []
        get = self._library.SQLGetData
        get.restype = ctypes.c_int16
        buffer, length = self._buffer, self._length
        while True:
            rc = get(self._stmt, i, SQL_C_CHAR, buffer, ctypes.c_int64(PIECE), ctypes.byref(length))
            if rc == SQL_NO_DATA:
                break
            if rc not in (SQL_SUCCESS, SQL_SUCCESS_WITH_INFO):
                self._verify(STMT, self._stmt, "SQLGetData", rc)
            if length.value == SQL_NULL_DATA:
                return None
            if rc == SQL_SUCCESS:
                pieces.append(buffer.raw[: length.value])
                break
            pieces.append(buffer.value)
        return b"".join(pieces).decode("utf-8", "replace")

    def cancel(self) -> None:
        """End what the statement does on the server; from any thread."""
        if self._stmt is not None:
            self._call("SQLCancel", self._stmt)

    def close(self) -> None:
        """Give everything back; idempotent."""
        if self._stmt is not None:
            self._call("SQLFreeHandle", STMT, self._stmt)
        if self._dbc is not None:
            self._call("SQLDisconnect", self._dbc)
            self._call("SQLFreeHandle", DBC, self._dbc)
        if self._env is not None:
            self._call("SQLFreeHandle", ENV, self._env)
        self._stmt = self._dbc = self._env = None


def _pointer(number: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(number)


def interruptible(work: Callable[[], T], cancel: Callable[[], None], patience: float = 10.0) -> T:
    """The result of `work`, done in another thread, because Ctrl-C reaches a thread only between Python's steps.

    Ctrl-C calls `cancel` until `work` ends, for `patience` seconds at most, and raises KeyboardInterrupt. More than one
    call, because the first may come before there is anything to cancel.
    """
    result: list[T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            result.append(work())
        except BaseException as e:
            errors.append(e)
        finally:
            done.set()

    thread = threading.Thread(target=run, daemon=True, name="argus-odbc query")
    try:
        # Ctrl-C may come while the thread starts: it works then all the same.
        thread.start()
        while not done.wait(0.1):
            pass
    except KeyboardInterrupt:
        limit = time.monotonic() + patience
        while not done.is_set() and time.monotonic() < limit:
            cancel()
            done.wait(0.5)
        raise
    if errors:
        raise errors[0]
    return result[0]
