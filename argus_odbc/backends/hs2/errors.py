"""Errors of HiveServer2's peers -> SQLSTATE of ODBC: tables of SQLSTATEs, codes and texts, first match wins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from argus_odbc.errors import DriverError

TextRule = tuple[str, str]
"""(regular expression that the text is searched for, SQLSTATE)."""

# SQLSTATEs that servers send and ODBC has others for, or that are too coarse.
COMMON_STATES: Mapping[str, str] = {
    # Spark's, of the SQL standard and of PostgreSQL
    "42601": "42000", "42617": "42000", "42P01": "42S02", "42P02": "42000", "42P07": "42S01", "42703": "42S22",
    "42702": "42000", "42704": "42S02", "42710": "42S01", "42711": "42S21", "42P06": "42S01", "42883": "42000",
    "42803": "42000", "42804": "42000", "42846": "22018", "42K09": "42000", "22003": "22003", "22012": "22012",
    "22018": "22018", "22007": "22007", "22008": "22008", "42501": "42000", "0A000": "HYC00", "56038": "HYC00",
    "P0001": "HY000", "57014": "HY008", "HYT00": "HYT00", "3D000": "3D000", "3F000": "3F000", "42P03": "24000",
    # Hive's, where the state alone says it
    "42S01": "42S01", "42S02": "42S02", "42S22": "42S22", "42000": "42000", "HYC00": "HYC00",
}  # fmt: skip

COMMON_TEXTS: Sequence[TextRule] = (
    (r"Invalid SessionHandle|Invalid session id", "08S01"),
    (r"(?i)table or view not found|table not found|TABLE_OR_VIEW_NOT_FOUND", "42S02"),
    (r"TABLE_OR_VIEW_ALREADY_EXISTS|AlreadyExistsException", "42S01"),
    (r"SCHEMA_NOT_FOUND|NoSuchDatabaseException", "3F000"),
    (r"UNRESOLVED_COLUMN", "42S22"),
    (r"DIVIDE_BY_ZERO|/ by zero", "22012"),
    (r"CAST_INVALID_INPUT", "22018"),
    (r"ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE", "22003"),
    (r"PARSE_SYNTAX_ERROR|ParseException", "42000"),
    (r"(?i)Permission denied|not have (?:sufficient )?privilege|AccessControlException", "42000"),
)


class ErrorMap:
    """The rules of one engine, its own before the common ones."""

    def __init__(
        self,
        states: Mapping[str, str] | None = None,
        codes: Mapping[int, str] | None = None,
        texts: Sequence[TextRule] = (),
        strip: Sequence[str] = (),
    ) -> None:
        """`codes`: errorCode to SQLSTATE; `strip`: regular expressions to take out of texts."""
        self._states = {**COMMON_STATES, **(states or {})}
        self._codes = dict(codes or {})
        self._texts = [(re.compile(pattern), state) for pattern, state in (*texts, *COMMON_TEXTS)]
        self._own = len(texts)
        self._strip = [re.compile(pattern) for pattern in strip]

    def state(self, sqlstate: str | None, code: int, text: str) -> str:
        """The SQLSTATE for what a server said."""
        for pattern, state in self._texts[: self._own]:
            if pattern.search(text):
                return state
        if code in self._codes:
            return self._codes[code]
        if sqlstate and sqlstate in self._states:
            return self._states[sqlstate]
        for pattern, state in self._texts[self._own :]:
            if pattern.search(text):
                return state
        if sqlstate and re.fullmatch(r"[0-9A-Z]{5}", sqlstate) and sqlstate[:2] not in ("00", "01", "02"):
            # Those of the standard pass; the classes of vendors are unknown to applications.
            return CLASSES.get(sqlstate[:2]) or (sqlstate if sqlstate[:2] in KNOWN_CLASSES else "HY000")
        return "HY000"

    def error(self, source: Any, call: str) -> DriverError:
        """The DriverError for a TStatus or a TGetOperationStatusResp that says ERROR."""
        code = source.errorCode or 0
        text = self.clean(source.errorMessage or "")
        if not text:
            text = f"{call} failed on the server, which gives no reason; its log may"
        return DriverError(self.state(source.sqlState, code, text), code, text)

    def clean(self, text: str) -> str:
        """The message without the Java stack that some servers put behind it."""
        for pattern in self._strip:
            text = pattern.sub("", text)
        lines = text.strip().split("\n")
        for i, line in enumerate(lines):
            if i and re.match(r"\s*at [\w.$<>/]+\(", line):
                lines = lines[:i]
                break
        return "\n".join(line.rstrip() for line in lines).strip()


CLASSES: Mapping[str, str] = {"42": "42000", "23": "23000", "0A": "HYC00"}
"""Classes of which ODBC knows one state only, or those of `COMMON_STATES`."""

KNOWN_CLASSES = frozenset(
    ("07", "08", "21", "22", "23", "24", "25", "28", "34", "3C", "3D", "3F", "40", "42", "44", "HY", "IM")
)
