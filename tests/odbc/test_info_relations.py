"""Relations between the answers of SQLGetInfo, on every engine: one that contradicts another misleads a program."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator

import pytest

import tables
from plain import SQL_SUCCESS, Session, pointer
from registration import ROOT

sys.path.append(str(ROOT / "tools"))
import conformance

Info = dict[str, int | str]

NUMBERS = {
    row["name"]: (int(row["number"]), row["value_kind"])
    for row in tables.rows("info_types")
    if row["number"] and not row["value_kind"].startswith("alias")
}
BITS = {name: tables.values(row, "bits_or_values") for row in tables.rows("info_types") for name in [row["name"]]}


def ask(session: Session) -> Info:
    """Every answer by its name; and `SQLDescribeParam`, 1 where SQLGetFunctions has it."""
    found: Info = {}
    for name, (number, kind) in NUMBERS.items():
        out, length = ctypes.create_string_buffer(8192), ctypes.c_int16()
        rc = session.driver.SQLGetInfo(pointer(session.dbc), number, out, 8192, ctypes.byref(length))
        assert rc == SQL_SUCCESS, name
        raw = out.raw[: length.value]
        found[name] = raw.decode() if kind.startswith("string") else int.from_bytes(raw, "little")
    there = ctypes.c_uint16()
    for name, number in (("SQLDescribeParam", 58), ("SQLProcedures", 67), ("SQLMoreResults", 61), ("SQLSetPos", 68)):
        assert session.driver.SQLGetFunctions(pointer(session.dbc), number, ctypes.byref(there)) == SQL_SUCCESS
        found[name] = there.value
    return found


@pytest.fixture(scope="module", params=conformance.ENGINES)
def info(request: pytest.FixtureRequest) -> Iterator[Info]:
    with conformance.connected(request.param) as session:
        yield ask(session)


def bit(info: Info, name: str, which: str) -> bool:
    return bool(int(info[name]) & BITS[name][which])


def same(info: Info, *conditions: Callable[[Info], bool]) -> None:
    """All of the conditions hold, or none does."""
    assert len({bool(condition(info)) for condition in conditions}) == 1, [bool(c(info)) for c in conditions]


def test_transactions(info: Info) -> None:
    levels, default = int(info["SQL_TXN_ISOLATION_OPTION"]), int(info["SQL_DEFAULT_TXN_ISOLATION"])
    same(info, lambda i: i["SQL_TXN_CAPABLE"] != 0, lambda i: levels != 0, lambda i: default != 0)
    assert default & levels == default
    assert default & (default - 1) == 0, "one level"
    if levels == 0:
        # SQL_CB_PRESERVE: what ends nothing closes nothing.
        assert (info["SQL_CURSOR_COMMIT_BEHAVIOR"], info["SQL_CURSOR_ROLLBACK_BEHAVIOR"]) == (2, 2)


def test_catalogs(info: Info) -> None:
    same(
        info,
        lambda i: i["SQL_CATALOG_NAME"] == "Y",
        lambda i: i["SQL_CATALOG_TERM"] != "",
        lambda i: i["SQL_CATALOG_NAME_SEPARATOR"] != "",
        lambda i: i["SQL_CATALOG_USAGE"] != 0,
        lambda i: i["SQL_CATALOG_LOCATION"] != 0,
        lambda i: i["SQL_MAX_CATALOG_NAME_LEN"] != 0,
    )


def test_schemas(info: Info) -> None:
    same(
        info,
        lambda i: i["SQL_SCHEMA_TERM"] != "",
        lambda i: i["SQL_SCHEMA_USAGE"] != 0,
        lambda i: i["SQL_MAX_SCHEMA_NAME_LEN"] != 0,
    )


def test_procedures(info: Info) -> None:
    same(
        info,
        lambda i: i["SQL_PROCEDURES"] == "Y",
        lambda i: i["SQL_PROCEDURE_TERM"] != "",
        lambda i: i["SQL_MAX_PROCEDURE_NAME_LEN"] != 0,
        lambda i: i["SQLProcedures"] == 1,
    )
    if info["SQL_CATALOG_NAME"] == "Y":
        assert bit(info, "SQL_CATALOG_USAGE", "SQL_CU_PROCEDURE_INVOCATION") == (info["SQL_PROCEDURES"] == "Y")
    if info["SQL_ACCESSIBLE_PROCEDURES"] == "Y":
        assert info["SQL_PROCEDURES"] == "Y"


def test_names_fit_into_the_longest_identifier(info: Info) -> None:
    longest = int(info["SQL_MAX_IDENTIFIER_LEN"])
    for name in ("COLUMN", "TABLE", "SCHEMA", "CATALOG", "PROCEDURE"):
        assert int(info[f"SQL_MAX_{name}_NAME_LEN"]) <= longest, name
    assert len(str(info["SQL_IDENTIFIER_QUOTE_CHAR"])) == 1
    assert len(str(info["SQL_SEARCH_PATTERN_ESCAPE"])) == 1


def test_scalar_functions(info: Info) -> None:
    for function in ("ADD", "DIFF"):
        assert bit(info, "SQL_TIMEDATE_FUNCTIONS", f"SQL_FN_TD_TIMESTAMP{function}") == (
            info[f"SQL_TIMEDATE_{function}_INTERVALS"] != 0
        )
    for word in ("DATE", "TIME", "TIMESTAMP"):
        assert bit(info, "SQL_TIMEDATE_FUNCTIONS", f"SQL_FN_TD_CURRENT_{word}") == bit(
            info, "SQL_SQL92_DATETIME_FUNCTIONS", f"SQL_SDF_CURRENT_{word}"
        )
    for sql92, odbc in (("CHAR_LENGTH", "CHAR_LENGTH"), ("POSITION", "POSITION"), ("OCTET_LENGTH", "OCTET_LENGTH")):
        assert bit(info, "SQL_SQL92_NUMERIC_VALUE_FUNCTIONS", f"SQL_SNVF_{sql92}") == bit(
            info, "SQL_STRING_FUNCTIONS", f"SQL_FN_STR_{odbc}"
        )
    conversions = [value for name, value in info.items() if name.startswith("SQL_CONVERT_") and "FUNCTIONS" not in name]
    assert any(conversions) == (info["SQL_CONVERT_FUNCTIONS"] != 0)


def test_joins(info: Info) -> None:
    same(info, lambda i: i["SQL_OUTER_JOINS"] == "Y", lambda i: i["SQL_OJ_CAPABILITIES"] != 0)
    join, oj = "SQL_SQL92_RELATIONAL_JOIN_OPERATORS", "SQL_OJ_CAPABILITIES"
    for side in ("LEFT", "RIGHT", "FULL"):
        assert bit(info, join, f"SQL_SRJO_{side}_OUTER_JOIN") == bit(info, oj, f"SQL_OJ_{side}")


def test_what_is_created_can_be_dropped(info: Info) -> None:
    for thing in ("TABLE", "VIEW", "SCHEMA", "DOMAIN", "ASSERTION", "CHARACTER_SET", "COLLATION", "TRANSLATION"):
        assert (info[f"SQL_CREATE_{thing}"] != 0) == (info[f"SQL_DROP_{thing}"] != 0), thing


def test_several_results(info: Info) -> None:
    same(info, lambda i: i["SQL_MULT_RESULT_SETS"] == "Y", lambda i: i["SQL_BATCH_SUPPORT"] != 0)
    assert info["SQL_MULT_RESULT_SETS"] == "N" or info["SQLMoreResults"] == 1
    if info["SQL_BATCH_ROW_COUNT"]:
        assert info["SQL_BATCH_SUPPORT"]


def test_parameters_are_described_where_the_function_is_there(info: Info) -> None:
    if info["SQL_DESCRIBE_PARAMETER"] == "Y":
        assert info["SQLDescribeParam"] == 1


def test_cursors(info: Info) -> None:
    for option, attributes in (("STATIC", "STATIC"), ("KEYSET_DRIVEN", "KEYSET"), ("DYNAMIC", "DYNAMIC")):
        there = bit(info, "SQL_SCROLL_OPTIONS", f"SQL_SO_{option}")
        for part in (1, 2):
            assert (info[f"SQL_{attributes}_CURSOR_ATTRIBUTES{part}"] != 0) == there, (option, part)
    # SQL_FETCH_DIRECTION is ODBC 2's name for what the attributes of the best cursor say.
    best = "SQL_STATIC_CURSOR_ATTRIBUTES1"
    if info[best]:
        for old, new in (
            ("NEXT", "NEXT"),
            ("ABSOLUTE", "ABSOLUTE"),
            ("RELATIVE", "RELATIVE"),
            ("BOOKMARK", "BOOKMARK"),
        ):
            assert bit(info, "SQL_FETCH_DIRECTION", f"SQL_FD_FETCH_{old}") == bit(info, best, f"SQL_CA1_{new}"), old
        for old, new in (("POSITION", "POS_POSITION"), ("REFRESH", "POS_REFRESH"), ("UPDATE", "POS_UPDATE")):
            assert bit(info, "SQL_POS_OPERATIONS", f"SQL_POS_{old}") == bit(info, best, f"SQL_CA1_{new}"), old
    assert (info["SQL_POS_OPERATIONS"] != 0) <= (info["SQLSetPos"] == 1)
    # Read only: nothing is updated, locked or positioned in SQL, and no row of a cursor changes.
    if info["SQL_SCROLL_CONCURRENCY"] == 1:
        assert info["SQL_POSITIONED_STATEMENTS"] == 0
        assert not bit(info, best, "SQL_CA1_POS_UPDATE") and not bit(info, best, "SQL_CA1_POS_DELETE")
        assert info["SQL_ROW_UPDATES"] == "N"


def test_concurrent_work(info: Info) -> None:
    most, asynchronous = int(info["SQL_MAX_CONCURRENT_ACTIVITIES"]), int(info["SQL_MAX_ASYNC_CONCURRENT_STATEMENTS"])
    if info["SQL_ASYNC_MODE"] == 0:
        assert asynchronous == 0
    elif most:
        assert 0 < asynchronous <= most


def test_conformance_is_not_above_what_is_there(info: Info) -> None:
    """Level 1 of the interface has scrolling, several results and procedures; level 2 more than a reader can have."""
    assert info["SQL_ODBC_INTERFACE_CONFORMANCE"] in (1, 2, 3)
    if info["SQL_ODBC_INTERFACE_CONFORMANCE"] != 1:
        assert info["SQL_STATIC_CURSOR_ATTRIBUTES1"] and info["SQLMoreResults"] == 1
    assert info["SQL_SQL_CONFORMANCE"] in BITS["SQL_SQL_CONFORMANCE"].values()
