"""What differs between the engines where a test is about the driver: words of their dialects and what they can do.

The values are from each engine's own documentation; a test that runs on several engines asks `facts` for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _range_function(count: int) -> str:
    """`range(n)` is a table function of DuckDB and of Spark: 0 … n-1."""
    return f"range({count}) {{alias}}(i)"


def _sequences(count: int) -> str:
    """Trino: a sequence has at most 10,000 elements."""
    low = min(count, 10000) or 1
    return (
        f"(select h * 10000 + l as i from unnest(sequence(0, {count // 10000})) a(h)"
        f" cross join unnest(sequence(0, {low - 1})) b(l) where h * 10000 + l < {count}) {{alias}}"
    )


def _positions(count: int) -> str:
    """Hive: positions in an array that is made from blanks."""
    return (
        f"(select cast(p.i as bigint) as i from (select 0) d lateral view posexplode(split(space({max(count - 1, 0)}),"
        f" ' ')) p as i, blank where p.i < {count}) {{alias}}"
    )


def _digits(count: int) -> str:
    """Impala has no function that makes rows: one table of digits for each decimal place."""
    digits = "(select 0 as d " + " ".join(f"union all select {d}" for d in range(1, 10)) + ")"
    places = range(len(str(max(count - 1, 0))))
    value = " + ".join(f"cast(d{p}.d as bigint) * {10**p}" for p in places)
    tables = " cross join ".join(f"{digits} d{p}" for p in places)
    return f"(select * from (select {value} as i from {tables}) e where i < {count}) {{alias}}"


@dataclass(frozen=True)
class Facts:
    """One engine."""

    product: str
    """SQL_DBMS_NAME, which client programs switch on."""

    text: str
    """The type of text without a bound, as in CAST."""

    slow: str
    """A query without parameters that computes for many seconds before its first row."""

    values: str
    """Values of many types, as they stand after SELECT."""

    _numbers: Callable[[int], str]

    integer_literal: int = 4
    """SQL type of the literal 1."""

    transactions: bool = False
    """Whether SQLEndTran takes something back."""

    counts_rows: bool = True
    """Whether it tells how many rows an INSERT has written."""

    def rows(self, count: int) -> int:
        """What SQLRowCount says of an INSERT of so many rows."""
        return count if self.counts_rows else -1

    def numbers(self, count: int, alias: str = "r") -> str:
        """What stands after FROM: rows with the bigint column `i`, 0 … count-1, in any order."""
        return self._numbers(count).format(alias=alias)


def _product(numbers: Callable[[int], str], condition: str, rows: int = 3_000_000) -> str:
    """Pairs of numbers without end, of which hardly any is counted; nothing overflows on the way."""
    left, right = numbers(rows).format(alias="a"), numbers(300_000).format(alias="b")
    return f"select count(*) from {left} cross join {right} where {condition}"


HASHED = "hash(a.i, b.i) = 1"

FACTS = {
    "duckdb": Facts(
        "DuckDB",
        "varchar",
        _product(_range_function, HASHED),
        "null, true, 1.5::decimal(9,3), 'ä漢😀', '\\x01\\xFF'::blob, uuid(), interval 3 days, [1, 2], {'a': 1}",
        _range_function,
        transactions=True,
    ),
    "spark": Facts(
        "Spark SQL",
        "string",
        # It forgets a cancel that comes before its job has begun: half a minute of work is then left behind, not days.
        _product(_range_function, HASHED, 60_000),
        "null, true, cast(1.5 as decimal(9,3)), 'ä漢😀', X'01FF', interval 3 days, array(1, 2), map('a', 1)",
        _range_function,
        counts_rows=False,
    ),
    "trino": Facts(
        "Trino",
        "varchar",
        _product(_sequences, "a.i * b.i % 1000003 = 1000002"),
        "null, true, decimal '1.500', 'ä漢😀', X'01FF', uuid(), interval '3' day, array[1, 2], map(array['a'], array[1]),"
        " time '01:02:03.5', timestamp '2020-01-01 00:00:00 UTC'",
        _sequences,
        transactions=True,
    ),
    "hive": Facts("Hive", "string", "", "null, true, cast(1.5 as decimal(9,3)), 'ä漢😀', array(1, 2)", _positions),
    # Impala: an integer literal has the smallest type that holds it.
    "impala": Facts(
        "Impala",
        "string",
        "select sleep(20000)",
        "null, true, cast(1.5 as decimal(9,3)), 'ä漢😀', cast('2020-01-01 01:02:03' as timestamp)",
        _digits,
        integer_literal=-6,
    ),
}
