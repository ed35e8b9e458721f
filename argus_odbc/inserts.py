"""`INSERT INTO t (a, b) VALUES (?, ?)` and nothing more: the statement that can take many rows at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from argus_odbc import literals
from argus_odbc.backends.base import Dialect, Parameter
from argus_odbc.types import INTERVAL_TYPES

_BARE = r"[^\W\d]\w*"


@dataclass(frozen=True)
class Insert:
    """A plain INSERT: the text before its first value, and its parts as they were written."""

    head: str
    table: str
    columns: str
    """The list of columns without its parentheses; empty when the statement has none."""

    def statement(self, sets: Sequence[Sequence[Parameter]], dialect: Dialect) -> str:
        """One INSERT of all rows. Raises DriverError for a value that has no literal."""
        rows = (", ".join(literals.literal(p, dialect) for p in one) for one in sets)
        return self.head + "), (".join(rows) + ")"


def find(pieces: Sequence[str], dialect: Dialect) -> Insert | None:
    """The plain INSERT whose text between the markers is `pieces`; None for every other statement.

    A value that is not a bare marker, a comment, RETURNING, ON CONFLICT or a second row make it another one: what is
    the same for one row at a time may differ for all rows at once there.
    """
    if len(pieces) < 2 or pieces[-1].strip().rstrip(";").strip() != ")":
        return None
    if any(piece.strip() != "," for piece in pieces[1:-1]):
        return None
    found = _head(dialect).fullmatch(pieces[0])
    if found is None:
        return None
    return Insert(pieces[0], found["table"], found["columns"] or "")


def name_pattern(dialect: Dialect) -> str:
    """A regular expression for one name, bare or quoted."""
    quote = re.escape(dialect.identifier_quote.strip())
    return rf"(?:{_BARE}|{quote}(?:[^{quote}]|{quote}{quote})+{quote})" if quote else _BARE


def _head(dialect: Dialect) -> re.Pattern[str]:
    name = name_pattern(dialect)
    return re.compile(
        rf"\s*INSERT\s+INTO\s+(?:TABLE\s+)?(?P<table>{name}(?:\s*\.\s*{name}){{0,2}})\s*"
        rf"(?:\(\s*(?P<columns>{name}(?:\s*,\s*{name})*)\s*\)\s*)?VALUES\s*\(\s*",
        re.IGNORECASE,
    )


def text_size(parameters: Sequence[Parameter]) -> int:
    """About how many characters the values take as literals."""
    return sum(2 * len(p.value) if isinstance(p.value, str | bytes) else 30 for p in parameters)


def same_types(sets: Sequence[Sequence[Parameter]]) -> bool:
    """Whether rows of one statement mean the same as each by itself: a column of literals gets one common type.

    Decimals of different scales have a wider one, which must hold them all; interval literals differ by their fields.
    """
    for column in zip(*sets, strict=True):
        if column[0].sql_type in INTERVAL_TYPES:
            return False
        kinds = {type(p.value) for p in column if p.value is not None}
        if len(kinds) > 1:
            return False
        if kinds == {Decimal} and not _one_decimal_type([p.value for p in column if p.value is not None]):
            return False
    return True


def _one_decimal_type(values: Sequence[Decimal]) -> bool:
    whole = scale = 0
    for value in values:
        if not value.is_finite():
            return False
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int)
        scale = max(scale, -exponent)
        whole = max(whole, len(digits) + exponent)
    return whole + scale <= literals.MAX_DECIMAL_DIGITS
