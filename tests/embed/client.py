"""A Python program that calls the driver file through ctypes; runs on any Python 3, so it uses no newer syntax.

client.py LIBRARY CONNECTION_STRING [both]: prints the number of rows, or SQLSTATE and message (exit code 1).
With `both`, two threads connect at once, one of them in calls that keep the GIL.
"""

import ctypes
import sys
import threading


def session(lib, text):
    """Connect, count the rows of a query, print the number; the exit code."""
    env, dbc, stmt = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    lib.SQLAllocHandle(1, None, ctypes.byref(env))
    lib.SQLSetEnvAttr(env, 200, ctypes.c_void_p(3), 0)
    lib.SQLAllocHandle(2, env, ctypes.byref(dbc))
    if lib.SQLDriverConnect(dbc, None, text, -3, None, 0, None, 0) & 0xFFFF not in (0, 1):
        state, message = ctypes.create_string_buffer(6), ctypes.create_string_buffer(1500)
        native, length = ctypes.c_int(), ctypes.c_short()
        lib.SQLGetDiagRec(2, dbc, 1, state, ctypes.byref(native), message, ctypes.c_short(1500), ctypes.byref(length))
        print(state.value.decode(), message.value.decode("utf-8"))
        return 1
    lib.SQLAllocHandle(3, dbc, ctypes.byref(stmt))
    lib.SQLExecDirect(stmt, b"select i from range(100) t(i)", -3)
    rows = 0
    while lib.SQLFetch(stmt) & 0xFFFF == 0:
        rows += 1
    lib.SQLFreeHandle(3, stmt)
    lib.SQLDisconnect(dbc)
    sys.stdout.write(f"rows {rows}\n")
    return 0


def main(path, text, both=""):
    """One session, or two at once."""
    if not both:
        return session(ctypes.CDLL(path), text.encode())
    threads = [
        threading.Thread(target=session, args=(kind(path), text.encode())) for kind in (ctypes.CDLL, ctypes.PyDLL)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
