"""Trino's errors against the table of its error codes, and its types as texts and as signatures."""

from __future__ import annotations

import pytest

from argus_odbc.backends.trino import types
from argus_odbc.backends.trino.errors import BY_TYPE, STATES, query_error
from argus_odbc.backends.trino.types import Signature, TypeMap
from tables import rows

ERRORS = rows("trino_errors")
KNOWN_STATES = {row["sqlstate"] for row in rows("sqlstate_names")}


def test_every_error_name_has_a_sqlstate() -> None:
    names = {row["name"] for row in ERRORS}
    assert len(names) > 230
    assert names == set(STATES)
    assert {row["type"] for row in ERRORS} == set(BY_TYPE)


def test_the_sqlstates_exist() -> None:
    assert {*STATES.values(), *BY_TYPE.values()} <= KNOWN_STATES


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("TABLE_NOT_FOUND", "42S02"), ("COLUMN_NOT_FOUND", "42S22"), ("TABLE_ALREADY_EXISTS", "42S01"),
        ("SYNTAX_ERROR", "42000"), ("DIVISION_BY_ZERO", "22012"), ("NUMERIC_VALUE_OUT_OF_RANGE", "22003"),
        ("INVALID_CAST_ARGUMENT", "22018"), ("USER_CANCELED", "HY008"), ("TRANSACTION_CONFLICT", "40001"),
        ("NOT_SUPPORTED", "HYC00"), ("EXCEEDED_TIME_LIMIT", "HYT00"), ("TRANSACTION_ALREADY_ABORTED", "25S03"),
        ("A_NEW_ONE", "HY000"),
    ],
)  # fmt: skip
def test_states_of_the_usual_errors(name: str, state: str) -> None:
    error = query_error({"errorName": name, "errorCode": 7, "message": "m", "errorType": "EXTERNAL"}, "q1")
    assert (error.sqlstate, error.native) == (state, 7)
    assert error.message.startswith("m")
    assert error.message.endswith(f"({name}, query q1)")


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("bigint", Signature("bigint")),
        ("decimal(10,2)", Signature("decimal", (10, 2))),
        ("decimal(2, 1)", Signature("decimal", (2, 1))),
        ("varchar", Signature("varchar")),
        ("timestamp(3) with time zone", Signature("timestamp with time zone", (3,))),
        ("INTERVAL DAY TO SECOND", Signature("interval day to second")),
        ("array(varchar(5))", Signature("array", (), (Signature("varchar", (5,)),))),
        ("map(varchar(1), integer)", Signature("map", (), (Signature("varchar", (1,)), Signature("integer")))),
        (
            'row(a bigint, "B ""q" row(c char(3)), z timestamp(3) with time zone)',
            Signature(
                "row", (),
                (
                    Signature("bigint"), Signature("row", (), (Signature("char", (3,)),), ("c",)),
                    Signature("timestamp with time zone", (3,)),
                ),
                ("a", 'B "q', "z"),
            ),
        ),
        (
            "row(integer, timestamp(3) with time zone, interval day to second)",
            Signature(
                "row", (),
                (Signature("integer"), Signature("timestamp with time zone", (3,)), Signature("interval day to second")),
                (None, None, None),
            ),
        ),
        ("qdigest(bigint)", Signature("qdigest", (), (Signature("bigint"),))),
        ("Geometry", Signature("geometry")),
    ],
)  # fmt: skip
def test_types_as_texts(text: str, signature: Signature) -> None:
    assert types.parse(text) == signature
    assert types.parse(types.written(signature)) == signature


def test_types_of_the_future_are_text() -> None:
    column = TypeMap(1000).column("c", Signature("hologram", (3,)))
    assert (column.sql_type, column.column_size, column.type_name) == (-9, 1000, "hologram")
    assert TypeMap(1000).spec(Signature("hologram", (3,))) == ("TEXT", 0, False, b"")


def test_codes_of_nested_types() -> None:
    code = types.nested_code(types.parse('row(a decimal(5,2), "q""u" array(varbinary), m map(bigint, json))'))
    assert code == b'("a"d"q\\"u"[b"m"{j)'
    assert types.nested_code(types.parse("row(a integer, a integer)")) == b"(ss)", "an object cannot have a name twice"
    assert types.nested_code(types.parse("array(row(integer, varchar))")) == b"[(ss)"
