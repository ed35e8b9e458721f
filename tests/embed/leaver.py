"""A Python program that ends while a thread is busy in the driver: leaver.py LIBRARY TASK. Prints `exit now` last.

call: a thread runs a statement of hours; worker: the driver's own thread does, asynchronously; fetch: a thread fetches
without end; loop: a thread executes again and again; pyodbc: as call, through pyodbc, with more that is left open.
"""

import ctypes
import sys
import threading
import time

LONG = b"select sum(a.range * b.range) from range(3000000) a, range(300000) b"
MANY = b"select a.range, b.range from range(3000000) a, range(300000) b"
FUNCTIONS = [
    "SQLAllocHandle", "SQLSetEnvAttr", "SQLDriverConnect", "SQLSetStmtAttr", "SQLExecDirect", "SQLFetch", "SQLCloseCursor",
]  # fmt: skip


def start(work):
    """Run `work` on a thread that does not keep the process."""
    threading.Thread(target=work, daemon=True).start()


def through_pyodbc():
    """Connections and cursors that the end of Python disposes of."""
    import pyodbc

    global kept
    kept = [pyodbc.connect("Driver=Argus;Backend=duckdb") for _ in range(2)]
    kept.append(kept[0].execute(MANY.decode()))
    kept[2].fetchone()
    start(lambda: kept[1].execute(LONG.decode()))


def main(path, task):
    """Make a thread busy."""
    if task == "pyodbc":
        return through_pyodbc()
    lib = ctypes.CDLL(path)
    for name in FUNCTIONS:
        getattr(lib, name).restype = ctypes.c_short  # an SQLRETURN; the rest of the register is anything
    env, dbc, stmt = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    assert lib.SQLAllocHandle(1, None, ctypes.byref(env)) == 0
    assert lib.SQLSetEnvAttr(env, 200, ctypes.c_void_p(380), 0) == 0
    assert lib.SQLAllocHandle(2, env, ctypes.byref(dbc)) == 0
    assert lib.SQLDriverConnect(dbc, None, b"Backend=duckdb", -3, None, 0, None, 0) == 0
    assert lib.SQLAllocHandle(3, dbc, ctypes.byref(stmt)) == 0
    if task == "call":
        start(lambda: lib.SQLExecDirect(stmt, LONG, -3))
    elif task == "worker":
        assert lib.SQLSetStmtAttr(stmt, 4, ctypes.c_void_p(1), 0) == 0
        assert lib.SQLExecDirect(stmt, LONG, -3) == 2
    elif task == "fetch":
        assert lib.SQLExecDirect(stmt, MANY, -3) == 0
        start(lambda: [None for _ in iter(lambda: lib.SQLFetch(stmt), 100)])
    elif task == "loop":
        once = [lib.SQLExecDirect, lib.SQLFetch, lib.SQLCloseCursor]
        arguments = [(stmt, b"select 42", -3), (stmt,), (stmt,)]
        start(lambda: [[f(*a) for f, a in zip(once, arguments, strict=True)] for _ in iter(int, 1)])


if __name__ == "__main__":
    main(*sys.argv[1:])
    time.sleep(0.3)
    print("exit now", flush=True)
