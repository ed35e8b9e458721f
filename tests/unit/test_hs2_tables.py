"""The tables of the HiveServer2 backends: errors to SQLSTATEs, catalog patterns, type names, described columns."""

from __future__ import annotations

import re

import pytest

from argus_odbc.backends.hive import Hive
from argus_odbc.backends.hs2 import tcli
from argus_odbc.backends.hs2 import types as hs2types
from argus_odbc.backends.hs2.catalog import wider
from argus_odbc.backends.hs2.types import Engine, TypeMap
from argus_odbc.backends.impala import Impala
from argus_odbc.backends.spark import Spark


@pytest.mark.parametrize(
    ("backend", "state", "code", "text", "expected"),
    [
        # as Spark 4.3, Hive 4.0.1 and Impala 5 sent them
        (Spark, "42P01", 0, "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope` cannot be found.", "42S02"),
        (Spark, "42703", 0, "[UNRESOLVED_COLUMN.WITH_SUGGESTION] ...", "42S22"),
        (Spark, "42601", 0, "[PARSE_SYNTAX_ERROR] ...", "42000"),
        (Spark, "22012", 0, "[DIVIDE_BY_ZERO] ...", "22012"),
        (Spark, "42P07", 0, "[TABLE_OR_VIEW_ALREADY_EXISTS] ...", "42S01"),
        (Spark, "42704", 0, "[SCHEMA_NOT_FOUND] The schema `nope` cannot be found.", "3F000"),
        (Spark, "42704", 0, "[AMBIGUOUS_REFERENCE] Reference `a` is ambiguous", "42000"),
        (Spark, "42826", 0, "[NUM_COLUMNS_MISMATCH] UNION can only ...", "42000"),
        (Spark, "42602", 0, "[INVALID_SCHEMA_OR_RELATION_NAME] ...", "42000"),
        (Spark, "23505", 0, "[DUPLICATED_MAP_KEY] ...", "23000"),
        (Spark, "22023", 0, "[DATETIME_FIELD_OUT_OF_BOUNDS] ...", "22023"),
        (Spark, "0AKD0", 0, "[CANNOT_RENAME_ACROSS_SCHEMA] ...", "HYC00"),
        (Spark, None, 0, "Invalid SessionHandle: SessionHandle [x]", "08S01"),
        (Spark, "XXKUC", 0, "what nobody knows", "HY000"),
        (Hive, "42S02", 10001, "Line 1:14 Table not found 'nope'", "42S02"),
        (Hive, "42000", 10004, "Invalid table alias or column reference", "42S22"),
        (Hive, "08S01", 2, "Vertex failed", "HY000"),
        (Hive, "08S01", 40000, "AlreadyExistsException(message:Table hive.d1.t already exists)", "42S01"),
        (Hive, None, 0, "Invalid SessionHandle: SessionHandle [x]", "08S01"),
        (Impala, "HY000", 0, "AnalysisException: Could not resolve table reference: 'nope'", "42S02"),
        (Impala, "HY000", 0, "Cancelled", "HY008"),
        (Impala, "HY000", 0, "Query 1:2 expired due to execution time limit of 1s000ms", "HYT00"),
        (Impala, "HY000", 0, "Invalid session id: 1:2", "08S01"),
        (Impala, "HY000", 0, "something else", "HY000"),
        (Impala, "HYC00", 0, "Unsupported operation", "HYC00"),
    ],
)
def test_sqlstate(backend: type[Spark], state: str | None, code: int, text: str, expected: str) -> None:
    status = tcli.Status(statusCode=tcli.ERROR, sqlState=state, errorCode=code, errorMessage=text)
    e = backend.errors.error(status, "ExecuteStatement")
    assert (e.sqlstate, e.native, e.message) == (expected, code, text)


def test_error_without_a_text_names_the_call() -> None:
    e = Hive.errors.error(tcli.Status(statusCode=tcli.ERROR), "FetchResults")
    assert "FetchResults" in e.message


def test_prefixes_and_stacks_are_taken_off() -> None:
    spark = "org.apache.hive.service.cli.HiveSQLException: Error running query: [A_B] j.lang.X: [A_B] why\n\tat a.B.c(D.java:1)"
    assert Spark.errors.clean(spark) == "[A_B] why"
    plan = "[X] two columns. SQLSTATE: 42826; line 1 pos 10;\n'Distinct\n+- 'Union false\n   :- Project [1 AS 1#9]"
    assert Spark.errors.clean(plan) == "[X] two columns. SQLSTATE: 42826; line 1 pos 10"
    assert (
        Hive.errors.clean("Error while compiling statement: FAILED: ParseException line 1:0")
        == "ParseException line 1:0"
    )
    assert Impala.errors.clean("Query 0a:1b failed:\nwhy\n\n") == "why"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a\\_b", ["a_b"]),
        ("50\\%", ["50%"]),
        ("a__b", ["axyb", "a__b"]),
        ("%%x", ["x", "yx"]),
        ("a.b*(c", ["a.b*(c"]),
        ("TAB%", ["table"]),
        ("ü_", ["üx"]),
    ],
)
def test_patterns_for_servers_ask_for_at_least_as_much(pattern: str, names: list[str]) -> None:
    asked = wider(pattern, lower=True)
    assert asked is not None
    assert not re.search(r"[_%]{2}|[\\.*(]", asked)
    matcher = re.compile(asked.replace("%", ".*").replace("_", "."))
    assert all(matcher.fullmatch(name) for name in names)


def test_no_pattern_stays_none() -> None:
    assert wider(None, lower=True) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT", (hs2types.INT, 0, 0)),
        ("DECIMAL(12,3)", (hs2types.DECIMAL, 12, 3)),
        ("decimal", (hs2types.DECIMAL, 0, 0)),
        ("VARCHAR(20)", (hs2types.VARCHAR, 20, 0)),
        ("ARRAY<STRUCT<A: INT>>", (hs2types.ARRAY, 0, 0)),
        ("TIMESTAMP WITH LOCAL TIME ZONE", (hs2types.TIMESTAMP_LOCAL, 0, 0)),
        ("TIMESTAMP_NTZ", (hs2types.TIMESTAMP, 0, 0)),
        ("INTERVAL DAY TO MINUTE", (hs2types.DAY_TIME, 0, 0)),
        ("INTERVAL YEAR", (hs2types.YEAR_MONTH, 0, 0)),
        ("VARIANT", (hs2types.STRING, 0, 0)),
        ("", (hs2types.STRING, 0, 0)),
    ],
)
def test_type_names_of_the_catalog(text: str, expected: tuple[int, int, int]) -> None:
    assert TypeMap(Engine(6)).named(text) == expected


def test_every_type_id_is_described() -> None:
    types = TypeMap(Engine(9, string_length=100))
    for type_id in range(23):
        assert types.described(type_id, "c").name == "c"
    assert types.described(hs2types.STRING, "c").column_size == 100
    assert types.described(99, "c").sql_type == -9
    assert types.kind(99, 0) == ("TEXT", 0)


@pytest.mark.parametrize("backend", [Spark, Hive, Impala])
def test_type_info_has_what_the_engine_has(backend: type[Spark]) -> None:
    rows = TypeMap(backend.engine).info(backend.absent_types)
    names = [row.type_name for row in rows]
    assert len(set(names)) == len(names)
    assert {"BOOLEAN", "BIGINT", "DECIMAL", "STRING", "DATE", "TIMESTAMP", "BINARY"} <= set(names)
    assert ("INTERVAL YEAR TO MONTH" in names) == (backend is not Impala)
