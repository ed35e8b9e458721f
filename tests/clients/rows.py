"""The 100,000 rows that every client program fetches: one rule in Python, and one query for each engine.

The values are computed here from the row's number, so a client is compared with Python, never with our own output.
"""

from __future__ import annotations

import datetime
import decimal
from typing import Any, NamedTuple

from engine_facts import FACTS

ROWS = 100_000
_EPOCH = datetime.date(1970, 1, 1)
_START = datetime.datetime(2020, 1, 1)


class Row(NamedTuple):
    """One row; None is SQL NULL."""

    id: int
    n: int | None
    price: decimal.Decimal
    ratio: float
    label: str | None
    day: datetime.date
    moment: datetime.datetime
    flag: bool


def row(i: int) -> Row:
    """Row number `i`, counted from 0."""
    return Row(
        id=i * 1_000_003,
        n=None if i % 17 == 0 else i * 7919 % 100_003 - 50_000,
        price=decimal.Decimal(i * 37 % 1_000_003 - 500_000).scaleb(-3),
        ratio=(i - 50_000) / 8,
        label=None if i % 13 == 0 else "" if i % 11 == 0 else f"row-{i}-é漢😀",
        day=_EPOCH + datetime.timedelta(days=i % 20_000),
        moment=_START + datetime.timedelta(microseconds=i * 1_000_001),
        flag=i % 3 == 0,
    )


def expected(n: int = ROWS) -> list[Row]:
    """The first `n` rows."""
    return [row(i) for i in range(n)]


_SELECT = """
select i * 1000003 as id,
  case when i % 17 = 0 then null else cast(i * 7919 % 100003 - 50000 as int) end as n,
  cast(cast(i * 37 % 1000003 - 500000 as decimal(12,0)) * 0.001 as decimal(12,3)) as price,
  (cast(i as double) - 50000) / 8 as ratio,
  case when i % 13 = 0 then null when i % 11 = 0 then '' else concat('row-', cast(i as {text}), '-é漢😀') end as label,
  {day} as day,
  {moment} as moment,
  i % 3 = 0 as flag
from {source} order by 1"""

QUERIES = {
    "duckdb": _SELECT.format(
        text="varchar",
        day="date '1970-01-01' + cast(i % 20000 as integer)",
        moment="make_timestamp(1577836800000000 + i * 1000001)",
        source=f"range({ROWS}) t(i)",
    ),
    "spark": _SELECT.format(
        text="string",
        day="date_add(date '1970-01-01', cast(i % 20000 as int))",
        moment="timestamp_micros(1577836800000000 + i * 1000001)",
        source=f"(select id as i from range({ROWS}))",
    ),
    "trino": _SELECT.format(
        text="varchar",
        day="date_add('day', i % 20000, date '1970-01-01')",
        moment="cast(from_unixtime_nanos(1577836800000000000 + i * 1000001000) at time zone 'UTC' as timestamp(6))",
        source=FACTS["trino"].numbers(ROWS),
    ),
}
"""Engine -> its query. Spark's session time zone must be UTC."""


def one_line(sql: str) -> str:
    """`sql` for programs that read one statement a line."""
    return " ".join(sql.split())


# ---- text programs: what their cells are compared as ----


def parse_cells(cells: list[str], flags: dict[str, bool]) -> tuple[Any, ...]:
    """A row of texts as the values they stand for; NULL and the empty string stay texts, as programs print both alike."""
    id_, n, price, ratio, label, day, moment, flag = (cell.strip() for cell in cells)
    return (
        int(id_),
        int(n) if n else None,
        decimal.Decimal(price),
        float(ratio),
        label,
        datetime.date.fromisoformat(day),
        datetime.datetime.fromisoformat(moment),
        flags[flag],
    )


def text_row(r: Row) -> tuple[Any, ...]:
    """A row as `parse_cells` gives it."""
    return (*r[:4], r.label or "", *r[5:])
