"""DuckDB's error texts as SQLSTATEs. DuckDB has no error numbers: the kind before the colon and the text decide."""

from __future__ import annotations

import re

from argus_odbc.errors import DriverError


class StreamError(Exception):
    """What DuckDB reports in the middle of a result."""


# The first row whose pattern is found in the text decides; the specific ones stand before the kinds.
_TABLE: tuple[tuple[str, str], ...] = (
    (r"^INTERRUPT Error|^Interrupted", "HY008"),
    (r"(?:Table|View) with name .* does not exist", "42S02"),
    (r"Referenced table .* not found", "42S02"),
    (r"not suitable for replacement scans", "42S02"),
    (r"(?:Table|View) with name .* already exists", "42S01"),
    (r"Index with name .* does not exist", "42S12"),
    (r"Index with name .* already exists", "42S11"),
    (r"Column with name .* already exists", "42S21"),
    (r"Column with name .* does not exist", "42S22"),
    (r"Referenced (?:update )?column .* not found", "42S22"),
    (r"does not have a column (?:named|with name)", "42S22"),
    (r"Schema with name .* does not exist|No catalog \+ schema named", "3F000"),
    (r"has \d+ columns but \d+ values were supplied", "21S01"),
    (r"Values were not provided for the following", "07002"),
    (r"[Dd]ivision by zero", "22012"),
    (r"(?:date|time|timestamp) field value out of range", "22008"),
    (r"invalid (?:date|time|timestamp) field format", "22007"),
    (r"^Conversion Error: .*(?:out of range|Could not cast value|overflow)", "22003"),
    (r"^Conversion Error", "22018"),
    (r"^Out of Range Error", "22003"),
    (r"^Constraint Error", "23000"),
    (r"Failed to commit: .*constraint", "40002"),
    (r"Current transaction is aborted", "25S03"),
    (r"Conflict on|write-write conflict|Transaction conflict|conflict with", "40001"),
    (r"no transaction is active|within a transaction", "25000"),
    (r"^Transaction(?:Context)? Error", "25000"),
    (r"^Out of Memory Error", "HY001"),
    (r"^Parser Error|^Syntax Error|^Binder Error|^Catalog Error", "42000"),
    (r"^Permission Error|read-only mode|read-only", "42000"),
    (r"^Not implemented Error", "HYC00"),
    (r"^Connection Error", "08S01"),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), state) for pattern, state in _TABLE)


def sqlstate_of(text: str) -> str:
    """The SQLSTATE of an error text; HY000 when the table says nothing."""
    for pattern, state in _COMPILED:
        if pattern.search(text):
            return state
    return "HY000"


def driver_error(error: Exception, default: str = "HY000") -> DriverError:
    """The engine's error with its whole text; `default` replaces HY000."""
    if isinstance(error, DriverError):
        return error
    text = str(error).strip()
    state = sqlstate_of(text)
    if state == "42S02" and "replacement scans" in text:
        name = re.search(r'Python Object "([^"]*)"', text)
        text = f"Catalog Error: Table with name {name.group(1) if name else '?'} does not exist!"
    return DriverError(default if state == "HY000" else state, 0, text)
