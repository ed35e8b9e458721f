"""The DuckDB backend by itself, its streams read by pyarrow. Values are compared with those of DuckDB's own Python client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from argus_odbc.backends import load_backend
from argus_odbc.backends.base import ExecuteOptions, Parameter
from argus_odbc.errors import DriverError

duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")


def settings(**changes):
    plain = {
        "database": "",
        "read_only": False,
        "string_length": 65535,
        "time_zone": "",
        "session_properties": {},
        "schema": "",
    }
    return SimpleNamespace(**{**plain, **changes})


@pytest.fixture
def session():
    opened = load_backend("duckdb").connect(settings())
    yield opened
    opened.disconnect()


def run(session, sql, *values, timeout=0.0, started=lambda cancel: None):
    return session.execute(sql, [Parameter(v) for v in values], ExecuteOptions(query_timeout=timeout), started)


def rows(operation):
    """All rows of a result, read by pyarrow."""
    out = []
    for stream in iter(operation.fetch_results, None):
        try:
            for batch in pa.RecordBatchReader.from_stream(stream):
                out += zip(*(column.to_pylist() for column in batch.columns), strict=True)
        except OSError as e:
            raise operation.stream_error(str(e)) from e
    return out


def test_progress_is_not_drawn_on_the_program_s_output():
    program = (
        "import sys; sys.path[:0] = ['tests', '.']\n"
        "from unit.test_duckdb import load_backend, run, settings\n"
        "opened = load_backend('duckdb').connect(settings(session_properties={'progress_bar_time': '1'}))\n"
        "run(opened, 'select sum(hash(i)) from range(60000000) t(i)').fetch_results()\n"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_rows_and_columns(session):
    operation = run(
        session, "SELECT 1::BIGINT AS a, 'x' AS b, 1.25::DECIMAL(5,2) AS c, TIMESTAMP '2020-01-02 03:04:05' AS d"
    )
    assert [(c.name, c.sql_type, c.column_size, c.decimal_digits) for c in operation.columns] == [
        ("a", -5, 19, 0),
        ("b", -9, 65535, 0),
        ("c", 3, 5, 2),
        ("d", 93, 26, 6),
    ]
    expected = duckdb.sql("SELECT 1, 'x', 1.25::DECIMAL(5,2), TIMESTAMP '2020-01-02 03:04:05'").fetchall()
    assert rows(operation) == expected


@pytest.mark.parametrize(
    "value",
    [
        "340282366920938463463374607431768211455::UHUGEINT",
        "'10110'::BIT",
        "'10:00:00+02'::TIMETZ",
        "INTERVAL '1 year 2 months 3 days 04:05:06.789'",
        "INTERVAL (9000000) HOUR",
        "123456789012345678901234567890123456789012345678::BIGNUM",
        "'POINT (1 2)'::GEOMETRY",
        "'b'::ENUM('a', 'b')",
    ],
)
def test_types_without_an_arrow_form_keep_their_text(session, value):
    expected = duckdb.sql(f"SELECT CAST({value} AS VARCHAR)").fetchall()
    assert rows(run(session, f"SELECT {value}")) == expected


def test_leaves_of_nested_values_keep_their_text(session):
    value = "{'a': INTERVAL 5 HOUR, 'b': [1::UHUGEINT, NULL], 'c d': DATE 'infinity'}"
    assert rows(run(session, f"SELECT {value}")) == [({"a": "05:00:00", "b": ["1", None], "c d": "infinity"},)]
    assert json.loads(rows(run(session, "SELECT {'k': [1, 2]}::VARIANT"))[0][0]) == {"k": [1, 2]}


def test_two_columns_of_one_name_stay_two(session):
    operation = run(session, "SELECT 1 AS a, INTERVAL 1 DAY AS a, 3 AS a")
    assert [c.name for c in operation.columns] == ["a", "a", "a"]
    assert rows(operation) == [(1, "1 day", 3)]


def test_temporary_tables_belong_to_the_connection(session):
    run(session, "CREATE TEMP TABLE t (a INTEGER)")
    assert run(session, "INSERT INTO t VALUES (?), (?)", 1, 2).row_count == 2
    assert rows(run(session, "SELECT sum(a) FROM t"))[0][0] == 3
    assert run(session, "UPDATE t SET a = 5 WHERE a = 1").row_count == 1
    assert run(session, "DELETE FROM t").row_count == 2
    assert rows(run(session, "INSERT INTO t VALUES (7) RETURNING a + 1")) == [(8,)]


def test_an_open_result_survives_other_statements(session):
    first = run(session, "SELECT range AS r FROM range(1000000)")
    second = run(session, "SELECT 42")
    assert rows(second) == [(42,)]
    assert sum(r[0] for r in rows(first)) == sum(range(1000000))


def test_an_error_in_the_middle_comes_with_the_fetch(session):
    run(session, "SET threads = 1")  # a second thread may come to the error before the first row is asked for
    first = run(session, "SELECT CASE WHEN range < 900000 THEN '1' ELSE 'x' END::INTEGER FROM range(1000000)")
    run(session, "SELECT 1")
    with pytest.raises(DriverError) as e:
        rows(first)
    assert e.value.sqlstate == "22018"


def test_several_statements(session):
    first = run(
        session, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (?), (2); SELECT a + ? FROM t ORDER BY 1", 1, 10
    )
    second = first.next_result()
    third = second.next_result()
    assert (first.row_count, second.row_count, third.next_result()) == (-1, 2, None)
    assert rows(third) == [(11,), (12,)]


def test_transactions(session):
    run(session, "CREATE TABLE t (a INTEGER)")
    session.begin()
    run(session, "INSERT INTO t VALUES (1)")
    session.rollback()
    assert rows(run(session, "SELECT count(*) FROM t")) == [(0,)]
    session.begin()
    run(session, "INSERT INTO t VALUES (1)")
    session.commit()
    assert rows(run(session, "SELECT count(*) FROM t")) == [(1,)]
    session.commit()


@pytest.mark.parametrize("written", [True, False])
def test_closing_a_result_early_does_not_abort_the_transaction(session, written):
    """A reader is in the middle of a fetch then; an interrupt of it makes DuckDB abort all that was done before."""
    run(session, "CREATE TABLE t (a INTEGER)")
    for _ in range(20):
        session.begin()
        if written:
            run(session, "INSERT INTO t VALUES (1)")
        many = run(session, "SELECT range FROM range(100000000000)")

        def read(result=many):
            with suppress(DriverError):
                rows(result)

        reader = threading.Thread(target=read)
        reader.start()
        time.sleep(0.005)
        many.close()
        reader.join()
        assert rows(run(session, "SELECT count(*) FROM t")) == [(int(written),)]
        session.rollback()


def test_prepare_describes_and_does_not_run(session):
    run(session, "CREATE SEQUENCE s; CREATE TABLE t (a INTEGER, b VARCHAR)")
    described = session.prepare("SELECT nextval('s') AS n, a, b FROM t WHERE a = ?")
    assert [(c.name, c.sql_type) for c in described.columns] == [("n", -5), ("a", 4), ("b", -9)]
    assert rows(run(session, "SELECT nextval('s')")) == [(1,)]
    assert session.prepare("INSERT INTO t VALUES (?, ?)").columns == ()
    run(session, "CREATE MACRO pair(x) AS TABLE SELECT x AS one, 'two' AS two")
    for sql in (
        "EXPLAIN SELECT nextval('s')",
        "/* c */ call pair(?)",
        "CALL pair(1)",
        "SELECT 1 AS one; SELECT 2 AS two",
    ):
        described = session.prepare(sql).columns
        if "?" not in sql:
            assert [c.name for c in described] == [c.name for c in run(session, sql).columns]
        assert len(described) == (1 if ";" in sql else 2), sql
    assert rows(run(session, "SELECT nextval('s')")) == [(2,)]
    with pytest.raises(DriverError) as e:
        session.prepare("SELECT * FROM nowhere")
    assert e.value.sqlstate == "42S02"


def test_cancel_from_another_thread(session):
    cancels = []
    timer = threading.Timer(0.3, lambda: cancels[-1]())
    timer.start()
    begun = time.monotonic()
    with pytest.raises(DriverError) as e:
        run(session, "SELECT count(*) FROM range(100000000000) a, range(1000) b", started=cancels.append)
    assert e.value.sqlstate == "HY008" and time.monotonic() - begun < 5
    timer.join()
    assert rows(run(session, "SELECT 1")) == [(1,)]


def test_a_statement_that_waits_for_an_open_result_can_time_out(session):
    endless = run(session, "SELECT range FROM range(100000000000)")
    begun = time.monotonic()
    with pytest.raises(DriverError) as e:
        run(session, "SELECT 1", timeout=0.3)
    assert e.value.sqlstate == "HYT00" and time.monotonic() - begun < 5
    endless.close()
    assert rows(run(session, "SELECT 1")) == [(1,)]


def test_query_timeout(session):
    with pytest.raises(DriverError) as e:
        run(session, "SELECT count(*) FROM range(100000000000) a, range(1000) b", timeout=0.3)
    assert e.value.sqlstate == "HYT00"


@pytest.mark.parametrize("ended", ["timeout", "cancel"])
def test_a_result_is_ended_in_the_middle(session, ended):
    cancels = []
    timeout = 0.5 if ended == "timeout" else 0.0
    endless = run(session, "SELECT range FROM range(100000000000)", timeout=timeout, started=cancels.append)
    if ended == "cancel":
        threading.Timer(0.3, cancels[0]).start()
    begun = time.monotonic()
    reader = pa.RecordBatchReader.from_stream(endless.fetch_results())
    assert reader.read_next_batch().num_rows > 0
    with pytest.raises(OSError, match="Interrupted") as e:
        reader.read_all()
    assert endless.stream_error(str(e.value)).sqlstate == {"timeout": "HYT00", "cancel": "HY008"}[ended]
    assert time.monotonic() - begun < 5
    assert rows(run(session, "SELECT 1")) == [(1,)]


def test_a_timeout_that_passes_when_all_rows_are_there_changes_nothing(session):
    many = run(session, "SELECT range FROM range(500000)", timeout=1.0)
    assert rows(run(session, "SELECT 1")) == [(1,)]  # the rest of the rows is in memory now
    time.sleep(1.1)
    assert sum(r[0] for r in rows(many)) == sum(range(500000))


@pytest.mark.parametrize("closed", [False, True])
def test_an_error_that_only_the_reader_has_seen_forbids_the_commit(session, closed):
    """The rows are read ahead: the application may commit before it has come to the error."""
    run(session, "SET threads = 1; CREATE TABLE t (a INTEGER)")
    session.begin()
    run(session, "INSERT INTO t VALUES (1)")
    many = run(session, "SELECT CASE WHEN range < 900000 THEN '1' ELSE 'x' END::INTEGER FROM range(1000000)")
    with pytest.raises(OSError, match="Conversion Error"):
        list(pa.RecordBatchReader.from_stream(many.fetch_results()))
    if closed:
        many.close()
    with pytest.raises(DriverError, match="Could not convert string 'x'") as e:
        session.commit()
    assert e.value.sqlstate == "25S03"
    assert rows(run(session, "SELECT count(*) FROM t")) == [(0,)]
    session.begin()
    run(session, "INSERT INTO t VALUES (1)")
    session.commit()


def test_statements_are_taken_apart_while_another_result_is_read(session):
    """DuckDB's parser works on the connection too."""
    many = run(session, "SELECT range FROM range(20000000)")
    total = []
    reader = threading.Thread(target=lambda: total.append(sum(len(b) for b in pa.RecordBatchReader.from_stream(taken))))
    taken = many.fetch_results()
    reader.start()
    while reader.is_alive():
        assert len(session._statements("SELECT 1; SELECT 2")) == 2
    reader.join()
    assert total == [20000000]


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("SELECT * FROM nowhere", "42S02"),
        ("SELECT nothing FROM t", "42S22"),
        ("SELECT t.nothing FROM t", "42S22"),
        ("SELCT 1", "42000"),
        ("CREATE TABLE t (a INTEGER)", "42S01"),
        ("INSERT INTO t VALUES (1, 2, 3)", "21S01"),
        ("INSERT INTO t VALUES (NULL, 'x')", "23000"),
        ("SELECT 'x'::INTEGER", "22018"),
        ("SELECT 300::TINYINT", "22003"),
        ("SELECT 9223372036854775807 + 1", "22003"),
        ("SELECT 5 // 0", "22012"),
        ("SELECT '2020-13-01'::DATE", "22008"),
        ("SELECT ?", "07002"),
        ("DROP INDEX nowhere", "42S12"),
        ("ALTER TABLE t ADD COLUMN a INTEGER", "42S21"),
        ("DROP SCHEMA nowhere", "3F000"),
        ("BEGIN; BEGIN", "25000"),
        (" ", "42000"),
    ],
)
def test_errors_have_their_sqlstate(session, sql, state):
    run(session, "CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR)")
    with pytest.raises(DriverError) as e:
        run(session, sql)
    assert e.value.sqlstate == state, e.value.message


def test_variables_of_the_driver_are_no_tables(session):
    with pytest.raises(DriverError) as e:
        run(session, "SELECT * FROM connection")
    assert e.value.sqlstate == "42S02" and "Python" not in e.value.message


def test_a_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(DriverError, match="nowhere") as e:
        load_backend("duckdb").connect(settings(database=str(tmp_path / "nowhere" / "x.db")))
    assert e.value.sqlstate == "08001"


def test_read_only(tmp_path):
    path = str(tmp_path / "x.db")
    load_backend("duckdb").connect(settings(database=path)).disconnect()
    opened = load_backend("duckdb").connect(settings(database=path, read_only=True))
    try:
        with pytest.raises(DriverError) as e:
            run(opened, "CREATE TABLE t (a INTEGER)")
        assert e.value.sqlstate == "42000"
    finally:
        opened.disconnect()


def test_the_session_has_the_settings_of_the_connection():
    opened = load_backend("duckdb").connect(settings(time_zone="Europe/Vienna"))
    try:
        operation = run(opened, "SELECT TIMESTAMPTZ '2020-07-01 12:00:00+00' AS t")
        assert operation.columns[0].zone == "Europe/Vienna"
    finally:
        opened.disconnect()


def test_catalog(session):
    run(
        session,
        "CREATE TABLE p (a INTEGER, b VARCHAR, PRIMARY KEY (b, a)); "
        "CREATE TABLE q (x INTEGER, y VARCHAR DEFAULT 'k', z DECIMAL(10,2) NOT NULL, FOREIGN KEY (y, x) REFERENCES p (b, a)); "
        "CREATE UNIQUE INDEX ix ON q (z, lower(y)); COMMENT ON TABLE q IS 'tq'; COMMENT ON COLUMN q.z IS 'cz'; "
        "CREATE VIEW v AS SELECT 1 AS a; CREATE TEMP TABLE tt (a INTEGER); ATTACH ':memory:' AS other",
    )
    assert set(session.get_catalogs()) >= {"memory", "other", "system"}
    assert ("other", "main") in session.get_schemas(None)
    assert sorted(session.get_tables("memory", None, None, None)) == [
        ("memory", "main", "p", "TABLE", None),
        ("memory", "main", "q", "TABLE", "tq"),
        ("memory", "main", "v", "VIEW", None),
    ]
    assert [t[2:4] for t in session.get_tables(None, None, "tt", None)] == [("tt", "LOCAL TEMPORARY")]
    found = {c.column.name: c for c in session.get_columns("memory", "main", "q", None)}
    z = found["z"]
    assert (z.ordinal, z.remarks, z.column.nullable, z.column.sql_type, z.column.column_size, z.column.decimal_digits) == (
        3, "cz", 0, 3, 10, 2,
    )  # fmt: skip
    assert found["y"].default == "'k'"
    assert [r[3:5] for r in session.get_primary_keys(None, None, "p")] == [("b", 1), ("a", 2)]
    keys = session.get_foreign_keys(pk_table="p")
    assert [(r[2], r[3], r[6], r[7], r[8]) for r in keys] == [("p", "b", "q", "y", 1), ("p", "a", "q", "x", 2)]
    assert (
        keys == session.get_foreign_keys(fk_table="q")
        and keys[0][12] == session.get_primary_keys(None, None, "p")[0][5]
    )
    assert [(r[3], r[5], r[7], r[8]) for r in session.get_statistics(None, None, "q", False)] == [
        (None, None, None, None),
        (0, "ix", 1, "z"),
        (0, "ix", 2, "(lower(y))"),
    ]


def test_every_type_of_columns_is_in_the_type_info(session):
    by_name = {row.type_name: row.sql_type for row in session.get_type_info()}
    for name in by_name:
        if name not in ("ENUM", "DECIMAL", "JSON"):
            run(session, f"CREATE OR REPLACE TABLE t (c {name})")
            column = session.get_columns(None, None, "t", None)[0].column
            assert (column.type_name, column.sql_type) == (name, by_name[name])
