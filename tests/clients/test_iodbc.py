"""The same driver file under iODBC: its own program iodbctest, and its wide calls, whose SQLWCHAR has 4 bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from clients.rows import ROWS, expected, parse_cells, text_row
from clients.sources import Source


def test_iodbctest_fetches_the_same_rows(source: Source, tmp_path: Path, driver_path: Path) -> None:
    env = os.environ | source.data_source(tmp_path, driver_path) | {"LC_ALL": "C.UTF-8"}
    # The program cuts timestamps after the second, so it gets this one as text.
    text = source.text_type
    query = (
        f"select id, n, price, ratio, label, day, cast(moment as {text}) as moment, flag"
        f" from ({source.query.removesuffix(' order by 1')}) s order by 1"
    )
    command = ["iodbctest", "DSN=Clients"]
    done = subprocess.run(
        command, input=f"{query}\nquit\n".encode(), env=env, capture_output=True, timeout=300, check=False
    )
    output = done.stdout.decode()
    assert f"returned {ROWS} rows" in output, output[-2000:]
    lines = [line for line in output.split("\n") if line.count("|") == 7][1:]
    assert len(lines) == ROWS
    # NULL is shown as a column of asterisks.
    cells = [["" if c.strip("* ") == "" else c for c in line.split("|")] for line in lines]
    assert [parse_cells(row, {"1": True, "0": False}) for row in cells] == [text_row(row) for row in expected()]


WIDE = """
import ctypes, sys
odbc = ctypes.CDLL("libiodbc.so.2")
p, ref = ctypes.c_void_p, ctypes.byref

def wide(text):
    return ctypes.create_string_buffer(text.encode("utf-32-le") + bytes(4))

def check(rc, kind, handle):
    if rc not in (0, 1):
        state, native, text, n = wide(" " * 5), ctypes.c_int32(), ctypes.create_string_buffer(4096), ctypes.c_int16()
        odbc.SQLGetDiagRecW(kind, handle, 1, state, ref(native), text, 1000, ref(n))
        sys.exit(f"{rc} {state.raw.decode('utf-32-le')} {text.raw[: n.value * 4].decode('utf-32-le')}")

env, dbc, stmt = p(), p(), p()
check(odbc.SQLAllocHandle(1, None, ref(env)), 1, env)
check(odbc.SQLSetEnvAttr(env, 200, p(3), 0), 1, env)
check(odbc.SQLAllocHandle(2, env, ref(dbc)), 1, env)
check(odbc.SQLDriverConnectW(dbc, None, wide("DSN=Clients"), -3, None, 0, None, 0), 2, dbc)
check(odbc.SQLAllocHandle(3, dbc, ref(stmt)), 2, dbc)
check(odbc.SQLExecDirectW(stmt, wide(sys.argv[1]), -3), 3, stmt)
name, n = ctypes.create_string_buffer(400), ctypes.c_int16()
check(odbc.SQLDescribeColW(stmt, 5, name, 100, ref(n), None, None, None, None), 3, stmt)
print(name.raw[: n.value * 4].decode("utf-32-le"))
value, length = ctypes.create_string_buffer(400), ctypes.c_int64()
while (rc := odbc.SQLFetch(stmt)) != 100:
    check(rc, 3, stmt)
    check(odbc.SQLGetData(stmt, 5, -8, value, 400, ref(length)), 3, stmt)
    text = None if length.value == -1 else value.raw[: length.value].decode("utf-32-le")
    assert text is None or value.raw[length.value : length.value + 4] == bytes(4)
    print(repr(text))
"""


def test_wide_characters_of_iodbc_have_4_bytes(source: Source, tmp_path: Path, driver_path: Path) -> None:
    env = os.environ | source.data_source(tmp_path, driver_path) | {"PYTHONUTF8": "1"}
    command = [sys.executable, "-c", WIDE, source.query]
    done = subprocess.run(command, env=env, capture_output=True, text=True, encoding="utf-8", timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["label", *(repr(row.label) for row in expected())]
