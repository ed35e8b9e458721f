"""A program that browses for a connection through a driver manager: `browse.py LIBRARY REQUEST…`, one call for each request.

The ANSI calls of unixODBC, the wide ones of iODBC, which hands an ANSI caller no result string with SQL_NEED_DATA.
Prints the return code and the result string of each call, the SQLSTATE of the first diagnostic record, and at the end what
`SELECT 42` gives. Ends with SQLDisconnect, open or not.
"""

from __future__ import annotations

import ctypes
import sys

odbc = ctypes.CDLL(sys.argv[1])
p, ref = ctypes.c_void_p, ctypes.byref
wide = "iodbc" in sys.argv[1]
coding, unit = ("utf-32-le", 4) if wide else ("utf-8", 1)
browse = odbc.SQLBrowseConnectW if wide else odbc.SQLBrowseConnect
for function in (browse, odbc.SQLDisconnect, odbc.SQLFreeHandle):
    function.restype = ctypes.c_short
env, dbc, stmt = p(), p(), p()
assert odbc.SQLAllocHandle(1, None, ref(env)) == 0
assert odbc.SQLSetEnvAttr(env, 200, p(3), 0) == 0
assert odbc.SQLAllocHandle(2, env, ref(dbc)) == 0
for request in sys.argv[2:]:
    out, length = ctypes.create_string_buffer(2000), ctypes.c_int16()
    rc = browse(dbc, request.encode(coding) + bytes(unit), -3, out, 2000 // unit, ref(length))
    print(rc, out.raw[: length.value * unit].decode(coding))
    state, native, text = ctypes.create_string_buffer(6), ctypes.c_int32(), ctypes.create_string_buffer(1000)
    if odbc.SQLGetDiagRec(2, dbc, 1, state, ref(native), text, 1000, ref(length)) == 0:
        print("state", state.value.decode())
if rc in (0, 1):
    value = ctypes.c_int32()
    assert odbc.SQLAllocHandle(3, dbc, ref(stmt)) == 0
    assert odbc.SQLExecDirect(stmt, b"SELECT 42", -3) == 0
    assert odbc.SQLFetch(stmt) == 0
    assert odbc.SQLGetData(stmt, 1, 4, ref(value), 4, None) == 0
    print(value.value)
    assert odbc.SQLFreeHandle(3, stmt) == 0
print("disconnect", odbc.SQLDisconnect(dbc))
print("free", odbc.SQLFreeHandle(2, dbc), odbc.SQLFreeHandle(1, env))
