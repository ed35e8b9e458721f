"""`argus-odbc query` as a user starts it: judged by DuckDB's own client, the json and csv modules, and a pseudo-terminal."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from argus_odbc.client import interruptible
from argus_odbc.query import json_value, printable, unique

MEMORY = "Backend=duckdb;Database=:memory:"
VALUES = """select 7 as i, 9223372036854775807 as big, 123456789012345678901234567890.12::decimal(38, 2) as dec,
    2.5::double as d, true as yes, false as no, 'ä, "quoted" 😀' as s, '' as empty, null as nothing,
    date '2024-02-29' as day, [1, 2] as list"""


def command(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "argus_odbc", *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def query(sql: str, *options: str, conn: str = MEMORY) -> str:
    done = command("query", conn, sql, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def own_values() -> dict[str, object]:
    """The row as DuckDB's Python client gives it."""
    cursor = duckdb.connect().execute(VALUES)
    return dict(zip([d[0] for d in cursor.description or ()], cursor.fetchone() or (), strict=True))


# ---- forms ----


def test_json_has_the_types_and_all_digits() -> None:
    (row,) = json.loads(query(VALUES, "--json"), parse_float=Decimal)
    assert row == own_values() | {"day": "2024-02-29", "list": "[1,2]"}
    assert row["dec"] == Decimal("123456789012345678901234567890.12")


def test_csv_tells_null_from_the_empty_text() -> None:
    text = query(VALUES, "--csv")
    head, row = csv.reader(io.StringIO(text))
    values = dict(zip(head, row, strict=True))
    assert values["s"] == own_values()["s"]
    assert values["big"] == "9223372036854775807"
    assert values["empty"] == values["nothing"] == ""
    assert ',"",,2024-02-29,' in text


def test_csv_of_one_null_is_an_empty_line() -> None:
    assert query("select null as n", "--csv") == "n\n\n"
    assert query("select '' as n", "--csv") == 'n\n""\n'


def test_the_table_shows_every_value() -> None:
    text = query(VALUES)
    for value in ("9223372036854775807", "123456789012345678901234567890.12", 'ä, "quoted" 😀', "NULL", "2024-02-29"):
        assert value in text
    assert "1 row" in text


def test_no_value_is_cut_in_a_pipe() -> None:
    assert "y" * 5000 in query(f"select repeat('y', 5000) as {'n' * 60}, 1")


def test_a_long_table_says_that_it_stops() -> None:
    done = command("query", MEMORY, "select i from range(1500) t(i)")
    assert "1,000 rows" in done.stdout
    assert "--limit 0" in done.stderr
    assert "1,500 rows" in query("select i from range(1500) t(i)", "--limit", "0")
    assert json.loads(query("select i from range(1500) t(i)", "--json", "--limit", "2")) == [{"i": 0}, {"i": 1}]
    assert len(json.loads(query("select i from range(1500) t(i)", "--json"))) == 1500


def test_every_result_of_a_batch_is_written() -> None:
    text = query("select 1 as a; select 2 as b", "--json")
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    assert found == [[{"a": 1}], [{"b": 2}]]


def test_rows_that_were_changed_are_counted(tmp_path: Path) -> None:
    conn = f"Backend=duckdb;Database={tmp_path / 'a.duckdb'}"
    query("create table t(a int)", conn=conn)
    done = command("query", conn, "insert into t values (1), (2)")
    assert (done.returncode, done.stdout) == (0, "")
    assert "2 rows changed" in done.stderr
    assert duckdb.connect(str(tmp_path / "a.duckdb")).execute("from t").fetchall() == [(1,), (2,)]


def test_the_text_comes_from_standard_input() -> None:
    done = command("query", MEMORY, "-", "--csv", text="select 'ž' as z")
    assert done.stdout == "z\nž\n"


def test_a_data_source_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odbc.ini").write_text("[Own]\nDriver=Argus\nBackend=duckdb\n")
    monkeypatch.setenv("ODBCINI", str(tmp_path / "odbc.ini"))
    assert query("select 5 as five", "--csv", conn="Own") == "five\n5\n"


# ---- errors ----


@pytest.mark.parametrize(
    ("conn", "sql", "shown"),
    [
        (MEMORY, "select * from no_such_table", "42S02 [Argus"),
        ("NoSuchSource", "select 1", "IM002 [Argus"),
        ("Backend=spark;Host=127.0.0.1;Port=1", "select 1", "08001 [Argus"),
    ],
)
def test_errors_have_their_sqlstate_and_code_1(conn: str, sql: str, shown: str) -> None:
    done = command("query", conn, sql)
    assert done.returncode == 1
    assert shown in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_warning_is_shown() -> None:
    done = command("query", MEMORY + ";Databse=x", "select 1", "--csv")
    assert done.returncode == 0
    assert "01S00" in done.stderr
    assert "Database" in done.stderr


# ---- terminals ----

ENDLESS = "select count(*) from range(10000000000) a, range(1000) b where a.range * b.range % 7 = 3"


def started_on_a_terminal(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """The command with standard error on a pseudo-terminal, and that terminal's other end."""
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    env.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "argus_odbc", *arguments], stdout=subprocess.PIPE, stderr=theirs, env=env
    )
    os.close(theirs)
    return process, ours


def read_until(terminal: int, pattern: str, seconds: float = 20) -> str:
    text, end = "", time.monotonic() + seconds
    while not re.search(pattern, text):
        assert time.monotonic() < end, text
        text += os.read(terminal, 4096).decode("utf-8", "replace")
    return text


def test_a_terminal_shows_progress_and_ctrl_c_ends_the_query() -> None:
    process, terminal = started_on_a_terminal("query", MEMORY, ENDLESS)
    try:
        read_until(terminal, r"running \d+\.\d s")
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert time.monotonic() - interrupted < 5
        assert "cancelled" in read_until(terminal, "cancelled")
    finally:
        process.kill()
        process.communicate()
        os.close(terminal)


def test_ctrl_c_before_the_work_can_be_cancelled_ends_it_all_the_same() -> None:
    heard = threading.Semaphore(0)

    def work() -> None:
        # The first cancel comes while nothing runs yet and has no effect, as SQLCancel has none then.
        heard.acquire()
        heard.acquire()

    asking = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    asking.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interruptible(work, heard.release)
    assert time.monotonic() - begun < 5
    asking.join()


def test_ctrl_c_while_the_work_starts_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        interruptible(lambda: ended.wait(20), ended.set)
    assert ended.is_set()


def test_without_a_terminal_there_is_no_progress() -> None:
    assert command("query", MEMORY, "select 1", "--csv").stderr == ""


# ---- parts ----


def test_control_characters_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[2Jb\n\tc\x07ä") == r"a\x1b[2Jb\n\tc\x07ä"


def test_names_in_an_object_are_unique() -> None:
    assert unique(["a", "a", "b", "a_2", "a"]) == ["a", "a_2", "b", "a_2_2", "a_3"]


@pytest.mark.parametrize(
    ("text", "sql_type", "written"),
    [
        ("1.50", 3, "1.50"),
        ("1e+300", 8, "1e+300"),
        ("NaN", 8, '"NaN"'),
        ("-Infinity", 8, '"-Infinity"'),
        ("007", 12, '"007"'),
        ("1", -7, "true"),
        (None, 4, "null"),
        ('a"\\', 12, '"a\\"\\\\"'),
    ],
)
def test_json_values(text: str | None, sql_type: int, written: str) -> None:
    assert json_value(text, sql_type) == written
    json.loads(written)
