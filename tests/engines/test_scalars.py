"""Every scalar function whose bit SQLGetInfo sets, run by the engine through the driver; the others are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pyodbc
import pytest

import scalars
import tables
from registration import connection_string

BITMAPS = {
    "SQL_CONVERT_FUNCTIONS": 48, "SQL_NUMERIC_FUNCTIONS": 49, "SQL_STRING_FUNCTIONS": 50, "SQL_SYSTEM_FUNCTIONS": 51,
    "SQL_TIMEDATE_FUNCTIONS": 52, "SQL_TIMEDATE_ADD_INTERVALS": 109, "SQL_TIMEDATE_DIFF_INTERVALS": 110,
}  # fmt: skip
SPEC = [
    row
    for row in tables.rows("escapes")
    if row["category"].endswith(" function") and row["category"] != "conversion function"
]
FUNCTIONS = [row for row in SPEC if row["name"] not in ("TIMESTAMPADD", "TIMESTAMPDIFF")]
INTERVALS = tables.rows("escapes", category="interval keyword")

ENGINE_OF = {"DuckDB": "duckdb", "Spark SQL": "spark", "Hive": "hive", "Impala": "impala", "Trino": "trino"}
NOT_TRIED = {"impala": ("{t ", "OCTET_LENGTH('\u00e9')", "CONCAT('a', NULL)")}
"""What the server that stands in for Impala does otherwise: no times without a date, characters instead of bytes."""


@pytest.fixture(
    scope="module",
    params=["duckdb", *(pytest.param(e, marks=pytest.mark.engine) for e in ("spark", "hive", "impala", "trino"))],
)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def connection(engine: str, request: pytest.FixtureRequest) -> Any:
    """A pyodbc connection to the engine."""
    keywords: dict[str, object] = {"Backend": engine, "TimeZone": "UTC"}
    if engine != "duckdb":
        server = request.getfixturevalue(f"{engine}_server")
        keywords |= {"Host": server.host, "Port": server.port, "UID": "ann"}
        keywords |= {"Catalog": "tpch"} if engine == "trino" else {}
        keywords |= {"AuthMech": "USER" if engine in ("hive", "trino") else "NOSASL"}
    connected = pyodbc.connect(connection_string(**keywords), autocommit=True)
    yield connected
    connected.close()


@pytest.fixture(scope="module")
def value(connection: Any) -> Callable[[str], Any]:
    """The value of an expression; those that the tests will ask for are taken in one query, which is much faster."""
    known: dict[str, Any] = {}
    wanted = [*function_calls(connection), *conversions(connection)]
    try:
        row = connection.execute("SELECT " + ", ".join(f"{e} AS c{i}" for i, e in enumerate(wanted))).fetchone()
        known = dict(zip(wanted, row, strict=True))
    except pyodbc.Error:
        known = {}  # the test of the one that fails says so

    def ask(expression: str) -> Any:
        if expression not in known:
            return connection.execute(f"SELECT {expression}").fetchval()
        return known[expression]

    return ask


def is_set(connection: Any, row: dict[str, str], info_type: str = "") -> bool:
    return bool(connection.getinfo(BITMAPS[info_type or row["info_type"]]) & int(row["bit_value"], 0))


def is_tried(engine: str, call: str) -> bool:
    return not any(part in call for part in NOT_TRIED.get(engine, ()))


def function_calls(connection: Any) -> Iterator[str]:
    """Calls of all functions whose bit is set."""
    engine = ENGINE_OF[connection.getinfo(17)]
    for row in FUNCTIONS:
        if is_set(connection, row):
            yield from (f"{{fn {call}}}" for call, _ in scalars.CASES[row["name"]] if is_tried(engine, call))


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row["name"])
def test_function(connection: Any, value: Callable, engine: str, row: dict[str, str]) -> None:
    for call, expected in scalars.CASES[row["name"]]:
        if not is_tried(engine, call):
            continue
        if not is_set(connection, row):
            if row["name"] == "LOCATE":
                continue  # the form with a start; its bit is apart
            with pytest.raises(pyodbc.Error) as caught:
                value(f"{{fn {call}}}")
            assert caught.value.args[0] == "42000"
            assert row["name"] in str(caught.value)
            continue
        got = value(f"{{fn {call}}}")
        assert scalars.same(got, expected), (call, got)


@pytest.mark.parametrize("row", INTERVALS, ids=lambda row: row["name"])
def test_timestampadd(connection: Any, value: Callable, row: dict[str, str]) -> None:
    call = f"{{fn TIMESTAMPADD({row['name']}, 1 + 2, {scalars.TS})}}"
    if not is_set(connection, row, "SQL_TIMEDATE_ADD_INTERVALS"):
        with pytest.raises(pyodbc.Error) as caught:
            value(call)
        assert caught.value.args[0] == "42000"
        return
    assert value(call) == scalars.ADDED[row["name"]]


@pytest.mark.parametrize("row", INTERVALS, ids=lambda row: row["name"])
def test_timestampdiff(connection: Any, value: Callable, row: dict[str, str]) -> None:
    first, second, expected = scalars.BETWEEN.get(row["name"], (scalars.TS, scalars.TS, 0))
    call = f"{{fn TIMESTAMPDIFF({row['name']}, {first}, {second})}}"
    if not is_set(connection, row, "SQL_TIMEDATE_DIFF_INTERVALS"):
        with pytest.raises(pyodbc.Error) as caught:
            value(call)
        assert caught.value.args[0] == "42000"
        return
    assert value(call) == expected


def test_timestamps_keep_their_fractions(connection: Any, value: Callable, engine: str) -> None:
    assert value(f"{{fn TIMESTAMPADD(SQL_TSI_SECOND, 1, {scalars.FRACTION})}}") == scalars.FRACTION_ADDED
    for name in ("SQL_TIMESTAMP", "SQL_TYPE_TIMESTAMP"):
        assert value(f"{{fn CONVERT('2024-02-29 12:34:57.123456', {name})}}") == scalars.FRACTION_ADDED
    if engine in ("duckdb", "trino"):
        assert value("{fn CONVERT('12:34:56.123456', SQL_TIME)}") == scalars.FRACTION_ADDED.time().replace(second=56)
    if engine not in ("impala", "trino"):  # they count whole seconds and milliseconds
        assert value(f"{{fn TIMESTAMPDIFF(SQL_TSI_SECOND, {scalars.ALMOST})}}") == 0


@pytest.mark.parametrize(
    ("query", "values", "expected"),
    [
        ("SELECT {fn LOCATE(?, ?)}", ("b", "abcb"), (2,)),
        ("SELECT ?, {fn LOCATE({fn LCASE(?)}, ?)}, ?", ("first", "B", "abcb", "last"), ("first", 2, "last")),
        ("SELECT {fn RIGHT(?, 2)}, {fn LEFT(?, 2)}", ("abcdef", "ghijkl"), ("ef", "gh")),
        ("SELECT {fn TRUNCATE(?, 1)}, ?", (1.25, "last"), (1.2, "last")),
        ("SELECT CASE WHEN {fn RAND(?)} < 1 THEN ? END", (7, "last"), ("last",)),
        (
            "SELECT {fn TIMESTAMPADD(SQL_TSI_DAY, 1, ?)}, '?' /* ? */, ?",
            (scalars.MOMENT, 7),
            (scalars.NEXT_DAY, "?", 7),
        ),
        ("SELECT {fn TIMESTAMPDIFF(SQL_TSI_DAY, ?, ?)}", (scalars.MOMENT, scalars.NEXT_DAY), (1,)),
    ],
)
def test_parameters_of_functions(connection: Any, query: str, values: tuple, expected: tuple) -> None:
    """Each value goes where its marker stood, in whatever order the engine's function has its arguments."""
    got = connection.execute(query, values).fetchone()
    assert all(map(scalars.same, got, expected)), got


# ---- CONVERT ----

GROUPS = {
    "number": "BIGINT DECIMAL DOUBLE FLOAT INTEGER NUMERIC REAL SMALLINT TINYINT", "bit": "BIT",
    "text": "CHAR LONGVARCHAR VARCHAR WCHAR WLONGVARCHAR WVARCHAR", "binary": "BINARY LONGVARBINARY VARBINARY",
    "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", "guid": "GUID",
}  # fmt: skip
GROUP = {f"SQL_{name}": group for group, names in GROUPS.items() for name in names.split()}
TYPES = {row["name"]: row for row in tables.rows("escapes", category="CONVERT type") if row["name"] in GROUP}


def conversions(connection: Any, of: str = "") -> Iterator[str]:
    """A CONVERT for each pair of types that a mask claims, or that `of` a type claims."""
    for source, row in TYPES.items():
        if of not in ("", source):
            continue
        mask = connection.getinfo(int(row["conditions"].partition("=")[2]))
        for target in (name for name, other in TYPES.items() if mask & int(other["bit_value"], 0)):
            tried = [text for text, results in scalars.SAMPLES[GROUP[source]] if GROUP[target] in results]
            assert tried, f"{source} to {target} is claimed and no sample tries it"
            yield from (f"{{fn CONVERT({{fn CONVERT({text}, {source})}}, {target})}}" for text in tried)


@pytest.mark.parametrize("source", TYPES)
def test_convert(connection: Any, value: Callable, source: str) -> None:
    for call in conversions(connection, source):
        sample, target = re.search(r"CONVERT\(\{fn CONVERT\((.*), \w+\)\}, (\w+)\)\}$", call).groups()
        expected = dict(scalars.SAMPLES[GROUP[source]])[sample][GROUP[target]]
        got = value(call)
        assert scalars.same(got, expected), (call, got)
