"""SQLGetInfo's answers against the specification's table of information types."""

from __future__ import annotations

import pytest

import tables
from argus_odbc import connstr, info
from argus_odbc.backends import load_backend
from argus_odbc.backends.base import Backend, Capabilities, Dialect

INFO_TYPES = [row for row in tables.rows("info_types") if row["number"] and not row["value_kind"].startswith("alias")]
FUNCTION_TYPES = {"SQL_STRING_FUNCTIONS": 50, "SQL_NUMERIC_FUNCTIONS": 49, "SQL_TIMEDATE_FUNCTIONS": 52}
FUNCTION_TYPES |= {"SQL_SYSTEM_FUNCTIONS": 51}


@pytest.fixture(scope="module")
def answers() -> info.Answers:
    settings = connstr.resolve("Backend=duckdb;Database=:memory:")[0]
    backend = load_backend("duckdb").connect(settings)
    try:
        asked = {number: (0, ask(backend)) for number, ask in info.SESSION_TEXTS.items()}
        return info.answers(backend, settings) | asked
    finally:
        backend.disconnect()


def width(kind: str) -> int:
    if kind.startswith("string"):
        return 0
    return {"SQLUSMALLINT": 2, "SQLUINTEGER": 4, "SQLULEN": 8}[kind.split()[0]]


@pytest.mark.parametrize("row", INFO_TYPES, ids=lambda row: row["name"])
def test_answers_have_the_shape_of_the_specification(answers: info.Answers, row: dict[str, str]) -> None:
    given, value = answers[int(row["number"])]
    assert given == width(row["value_kind"])
    if given == 0:
        assert isinstance(value, str)
        if row["value_kind"] == "string Y/N":
            assert value in ("Y", "N")
        return
    assert isinstance(value, int)
    assert 0 <= value < 1 << (8 * given)
    known = tables.values(row, "bits_or_values")
    if "bitmask" in row["value_kind"]:
        mask = 0
        for bit in known.values():
            mask |= bit
        assert value & ~mask == 0
    elif known:
        assert value in known.values() or value == 0


def test_nothing_but_the_specification_and_one_of_odbc_4_is_answered(answers: info.Answers) -> None:
    assert set(answers) - {int(row["number"]) for row in INFO_TYPES} == {180}
    assert answers[180] == (4, 0)


def test_names_that_clients_switch_on(answers: info.Answers) -> None:
    assert answers[17] == (0, "DuckDB")
    assert answers[77] == (0, "03.80")
    assert answers[29] == (0, '"')


class Small(Backend):
    """An engine with two functions and nothing else."""

    name = "small"
    capabilities = Capabilities(dbms_name="Small", schemas=False, catalogs=False, extra_info={10004: "binary", 88: 3})

    def get_type_info(self) -> list:
        return []

    def server_version(self) -> str:
        return "01.00.0000"


@pytest.mark.parametrize(
    "row", [r for r in tables.rows("escapes") if r["info_type"] in FUNCTION_TYPES], ids=lambda r: r["bit"]
)
def test_a_function_of_the_dialect_sets_its_bit_and_no_other(row: dict[str, str]) -> None:
    backend = Small()
    name = row["name"].split()[0]
    template = "f({0}, {1})" if "2 arguments" in row["name"] else "f({*})"
    backend.dialect = Dialect(functions={name: template})  # type: ignore[misc]
    found = info.answers(backend, connstr.resolve("Backend=duckdb")[0])
    expected = int(row["bit_value"], 0)
    if name == "LOCATE" and template == "f({*})":
        expected = 0x20 | 0x10000  # full support sets both bits
    for info_type, number in FUNCTION_TYPES.items():
        assert found[number][1] == (expected if info_type == row["info_type"] else 0)


def test_extra_info_wins_and_keeps_the_width() -> None:
    found = info.answers(Small(), connstr.resolve("Backend=duckdb")[0])
    assert found[10004] == (0, "binary")
    assert found[88] == (2, 3)
    assert found[10003] == (0, "N")
    assert found[92] == (4, 0)
