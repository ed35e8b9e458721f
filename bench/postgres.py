"""The same million rows through pyodbc's fetchall: DuckDB with Argus, PostgreSQL with psqlodbc, in turns in one process.

PostgreSQL is a server of its own in a temporary folder, reached by a socket there; initdb refuses to run as root, so
root starts it as the user `postgres`, which Debian's package makes.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.common import DRIVER, Figure, interleave, medians, ratio, require

COLUMNS = """{i} as a, cast({i} % 1000 as integer) as b, cast({i} as double precision) / 8 as c,
    'text ' || cast({i} % 1000 as varchar) as d, date '2000-01-01' + cast({i} % 5000 as integer) as e,
    timestamp '2000-01-01 00:00:00' + {i} * interval '1 second' as f"""
"""The six columns of spark.py. Both engines take this text."""
UNPRIVILEGED = "postgres"


def programs() -> Path:
    """The folder of initdb and postgres: Debian keeps one for each version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    if not folders:
        raise SystemExit("bench postgres needs PostgreSQL: apt-get install postgresql odbc-postgresql")
    return folders[-1]


def psqlodbc() -> Path:
    """The Unicode driver of Debian's odbc-postgresql."""
    found = sorted(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"))
    if not found:
        raise SystemExit("bench postgres needs psqlodbc: apt-get install odbc-postgresql")
    return found[0]


@contextlib.contextmanager
def server() -> Iterator[Path]:
    """A private PostgreSQL; yields the folder of its socket."""
    as_user: dict[str, object] = {"user": UNPRIVILEGED, "group": UNPRIVILEGED} if os.getuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="argus-pg-"))
    if as_user:
        shutil.chown(folder, UNPRIVILEGED, UNPRIVILEGED)
    quiet: dict[str, object] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder, **as_user}
    running = None
    try:
        initdb = [programs() / "initdb", "-D", folder / "data", "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, timeout=120, **quiet)  # type: ignore[call-overload]
        options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
        running = subprocess.Popen([programs() / "postgres", "-D", folder / "data", *options], **quiet)  # type: ignore[call-overload]
        deadline = time.monotonic() + 60
        while not (folder / ".s.PGSQL.5432").exists():
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start in {folder}")
            time.sleep(0.1)
        yield folder
    finally:
        if running is not None:
            running.terminate()
            running.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def check(what: str, rows: list[tuple], n: int) -> None:
    """Compare the ends and a row in the middle with what the query spells out."""
    require(f"{what} rows", len(rows), n)
    day, moment = datetime.date(2000, 1, 1), datetime.datetime(2000, 1, 1)
    for i in (0, n // 2, n - 1):
        wanted = (
            i, i % 1000, i / 8, f"text {i % 1000}",
            day + datetime.timedelta(days=i % 5000), moment + datetime.timedelta(seconds=i),
        )  # fmt: skip
        require(f"{what} row {i}", tuple(rows[i]), wanted)


def fetchall_against_psqlodbc(n: int, runs: int) -> Figure:
    """`fetchall` of n rows by both drivers, each from a table that was filled before."""
    import pyodbc

    pyodbc.pooling = False
    with server() as socket:
        postgres = pyodbc.connect(
            f"Driver={psqlodbc()};Server={socket};Port=5432;Database=postgres;UID=bench;PWD=none", autocommit=True
        )
        argus = pyodbc.connect(f"Driver={DRIVER};Backend=duckdb;Database=:memory:", autocommit=True)
        try:
            argus.execute(f"create table t as select {COLUMNS.format(i='i')} from range({n}) r(i) order by i")
            postgres.execute(f"create table t as select {COLUMNS.format(i='i')} from generate_series(0, {n - 1}) r(i)")

            def fetch(what: str, connection: pyodbc.Connection) -> float:
                begin = time.perf_counter()
                rows = connection.execute("select * from t").fetchall()
                seconds = time.perf_counter() - begin
                check(what, rows, n)
                return seconds

            seconds = interleave(
                runs, argus=lambda: fetch("argus", argus), psqlodbc=lambda: fetch("psqlodbc", postgres)
            )
        finally:
            argus.close()
            postgres.close()
    return ratio(
        f"pyodbc fetchall of {n:,} rows of 6 columns: rate against psqlodbc's", seconds["psqlodbc"], seconds["argus"], 2.0,
        goal=2.5, panel="times", short="pyodbc fetchall / psqlodbc", row="psqlodbc",
        details={"seconds": seconds, "rows a second": {k: n / v for k, v in medians(seconds).items()}},
    )  # fmt: skip
