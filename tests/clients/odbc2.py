"""A program of ODBC 2, through the driver manager `odbc2.py LIBRARY`: it knows no function that ODBC 3 brought."""

from __future__ import annotations

import ctypes
import sys

odbc = ctypes.CDLL(sys.argv[1])
p, ref = ctypes.c_void_p, ctypes.byref
SIGNED = ("SQLAllocEnv", "SQLAllocConnect", "SQLAllocStmt", "SQLExecDirect", "SQLError", "SQLFetch", "SQLTransact")
for name in SIGNED:
    getattr(odbc, name).restype = ctypes.c_short
env, dbc, stmt = p(), p(), p()


def error() -> str:
    """SQLSTATE of the next record of the statement, and whether there is another."""
    state, native, text = ctypes.create_string_buffer(6), ctypes.c_int32(), ctypes.create_string_buffer(1000)
    length = ctypes.c_int16()
    rc = odbc.SQLError(env, dbc, stmt, state, ref(native), text, 1000, ref(length))
    return f"{rc} {state.value.decode()}" if rc != 100 else "100"


assert odbc.SQLAllocEnv(ref(env)) == 0
assert odbc.SQLAllocConnect(env, ref(dbc)) == 0
assert odbc.SQLConnect(dbc, b"Clients", -3, None, 0, None, 0) in (0, 1)
assert odbc.SQLSetConnectOption(dbc, 102, ctypes.c_uint64(0)) == 0
assert odbc.SQLAllocStmt(dbc, ref(stmt)) == 0
assert odbc.SQLExecDirect(stmt, b"SELECT * FROM no_such_table", -3) == -1
print("error", error(), error())
assert odbc.SQLTransact(env, dbc, 1) == 0
assert odbc.SQLSetStmtOption(stmt, 1, ctypes.c_uint64(2)) == 0
value, length = ctypes.c_int32(5), ctypes.c_int64(4)
assert odbc.SQLSetParam(stmt, 1, 4, 4, ctypes.c_uint64(0), 0, ref(value), ref(length)) == 0
assert odbc.SQLExecDirect(stmt, b"SELECT DATE '2026-11-21' AS day, a + ? AS n FROM range(9) t(a)", -3) == 0, error()
name, size, kind = ctypes.create_string_buffer(100), ctypes.c_int16(), ctypes.c_int64()
assert odbc.SQLColAttributes(stmt, 1, 1, name, 100, ref(size), None) == 0
assert odbc.SQLColAttributes(stmt, 1, 2, None, 0, None, ref(kind)) == 0
print("column", name.value.decode(), kind.value)
found = []
while odbc.SQLFetch(stmt) == 0:
    assert odbc.SQLGetData(stmt, 2, 4, ref(value), 4, ref(length)) == 0
    found.append(value.value)
print("rows", found)
assert odbc.SQLFreeStmt(stmt, 1) == 0
assert odbc.SQLTransact(env, dbc, 0) == 0
assert odbc.SQLDisconnect(dbc) == 0
assert odbc.SQLFreeConnect(dbc) == 0
assert odbc.SQLFreeEnv(env) == 0
