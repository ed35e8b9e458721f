"""The SQLSTATEs of the reference's Diagnostics sections against those that the sources raise."""

from __future__ import annotations

import re
from pathlib import Path

import tables

ROOT = Path(__file__).resolve().parents[2]

NEVER = {
    "01001": "positioned updates and deletes, which these engines do not have",
    "01002": "an error of the server while the session ends is logged; the connection is closed all the same",
    "01003": "engines do not tell that an aggregate skipped NULLs",
    "01006": "REVOKE runs as the engine's own statement, and its errors are the engine's",
    "01007": "GRANT, as for REVOKE",
    "01S01": "an error in one row of a fetch is the row's own SQLSTATE; the batch comes whole or not at all",
    "01S08": "SAVEFILE is the driver manager's",
    "07007": "a restricted data type needs output parameters",
    "21S02": "column lists are checked by the engine, whose error is passed on",
    "22019": "ESCAPE in LIKE is checked by the engine, whose error is passed on",
    "22025": "as 22019",
    "22026": "a length is announced only where SQL_NEED_LONG_DATA_LEN is Y; it is N",
    "25S02": "there are no distributed transactions",
    "40003": "a statement whose outcome is not known is a lost connection: 08S01",
    "44000": "there is no WITH CHECK OPTION",
    "HY013": "memory that cannot be had is HY001",
    "HY014": "where no handle is to be had any more, HY001 says so",
    "HY018": "SQLCancel is always passed on to the server",
    "IM007": "a string without a data source is embedded DuckDB",
    "IM009": "there are no translation libraries",
}
"""SQLSTATEs that the reference lets a driver return and this one never does, with the reason."""


def raised() -> set[str]:
    """Every literal of five characters that could be a SQLSTATE, in the core and in the package."""
    found: set[str] = set()
    for path in (*(ROOT / "cbridge").rglob("*.pyx"), *(ROOT / "cbridge").rglob("*.pxi")):
        found |= set(re.findall(r'b"([0-9A-Z]{5})"', path.read_text("utf-8")))
    for path in (ROOT / "argus_odbc").rglob("*.py"):
        found |= set(re.findall(r'"([0-9A-Z]{5})"', path.read_text("utf-8")))
    return found


def test_every_state_of_a_driver_is_raised_or_has_a_reason() -> None:
    of_drivers = {row["sqlstate"] for row in tables.rows("sqlstates", raised_by="driver")}
    assert of_drivers - raised() == set(NEVER)


def test_the_core_raises_only_states_of_the_reference() -> None:
    known = {row["sqlstate"] for row in tables.rows("sqlstate_names")} | {"00000"}
    for path in (ROOT / "cbridge").rglob("*.pxi"):
        text = path.read_text("utf-8")
        states = re.findall(r'\b(?:fail|fail1|fail_num|warn|diag_add)\([^"]*?b"([0-9A-Z]{5})"', text)
        assert set(states) <= known, path.name
