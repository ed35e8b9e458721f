"""The specification's own tables: the conversion matrices, sizes, default types and worked examples of Appendix D."""

from __future__ import annotations

import csv
import datetime
import re
import struct
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from arrow_columns import column
from oracle import SQL, C, Moment, family
from test_cells import CAPACITIES, FLAT

SPEC = Path(__file__).resolve().parent.parent / "spec"
FAMILIES = {
    "day-time interval": [n for n in SQL if re.match("INTERVAL_(DAY|HOUR|MINUTE|SECOND)", n)],
    "year-month interval": ["INTERVAL_YEAR", "INTERVAL_MONTH", "INTERVAL_YEAR_TO_MONTH"],
}


def table(name: str) -> list[dict[str, str]]:
    with (SPEC / f"{name}.tsv").open(encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def single(name: str) -> bool:
    """An interval type of one field."""
    return "_TO_" not in name


def expected(row: dict[str, str]) -> bool:
    """The matrix cell as yes or no. Where the tables leave integer types out that the picture has, the picture holds;
    a target that the table lists with an error only is no conversion."""
    cell, picture = row["allowed_by_tables"], row["c_to_sql_picture"]
    if cell in ("yes", "single-field source"):
        return True
    if cell == "single-field target":
        return single(row["c_type"])
    left_out = {"SQL_C_SSHORT", "SQL_C_TINYINT", "SQL_C_LONG", "SQL_C_UBIGINT", "SQL_C_BIT"}
    if picture == "single-field interval" and row["c_type"] in left_out:
        return single(row["sql_type"])
    return False


def test_matrix_sql_to_c(kernel: ModuleType) -> None:
    rows = table("conversion_matrix_sql_to_c")
    assert len(rows) > 1000
    for row in rows:
        sql_type, c_type = SQL[row["sql_type"].removeprefix("SQL_")], C[row["c_type"].removeprefix("SQL_C_")]
        assert kernel.allowed(sql_type, c_type) == expected(row), row
        if row["default"]:
            defaults = {kernel.default_type(sql_type, unsigned) for unsigned in (False, True)}
            assert c_type in defaults, row


def test_matrix_c_to_sql(kernel: ModuleType) -> None:
    """Pairs on which picture and tables agree, and those of the 13 others that a GUID needs."""
    for row in table("conversion_matrix_c_to_sql"):
        sides = [row["sql_type"].split()[0]], [row["c_type"]]
        sql_names = FAMILIES.get(row["sql_type"], [sides[0][0].removeprefix("SQL_")])
        c_names = FAMILIES.get(row["c_type"].removesuffix(" C"), [row["c_type"].removeprefix("SQL_C_")])
        for sql_name in sql_names:
            for c_name in c_names:
                if row["agree"] != "yes" and "GUID" not in (sql_name, c_name):
                    continue
                want = row["by_tables"] == "yes" or row["by_picture"] == "yes"
                if row["by_tables"] == "single-field interval":
                    want = single(sql_name) and single(c_name)
                assert kernel.input_possible(C[c_name], SQL[sql_name]) == want, (c_name, sql_name, row)


def test_sizes_of_c_types(kernel: ModuleType) -> None:
    for row in table("type_codes"):
        if row["side"] != "C" or not row["kind"].startswith("concise"):
            continue
        code = int(row["number"])
        assert kernel.type_known(code), row
        variable = row["name"] in ("SQL_C_CHAR", "SQL_C_WCHAR", "SQL_C_BINARY", "SQL_C_VARBOOKMARK")
        assert kernel.type_size(code) == (0 if variable else int(row["c_size_64bit"])), row
    for code in (99, -99):
        assert kernel.type_known(code)
    for code in (0, 3, 6, 12, 94, 100, 114, -1, -14, -29):
        assert not kernel.type_known(code)


def source(kernel: ModuleType, row: dict[str, str]) -> Any:
    """The column of an example."""
    name, text = row["sql_type"], row["input_value"]
    if name == "SQL_CHAR":
        return column(kernel, "text", [text])
    if name == "SQL_DECIMAL":
        return column(kernel, "decimal128", [Decimal(text)], 2)
    if name == "SQL_DOUBLE":
        return column(kernel, "float64", [float(text)])
    if name == "SQL_TYPE_DATE":
        return column(kernel, "date32", [Moment(datetime.date.fromisoformat(text), None)])
    assert name == "SQL_TYPE_TIMESTAMP"
    date, clock = text.split(" ")
    h, m, s = clock.split(":")
    moment = Moment(datetime.date.fromisoformat(date), Fraction(int(h) * 3600 + int(m) * 60) + Fraction(s))
    return column(kernel, "timestamp", [moment], 6)


def packed(c_type: str, result: str) -> bytes:
    """What an example says stands in the buffer."""
    if c_type == "SQL_C_CHAR":
        return result.replace("\\0", "\0").encode()
    if c_type == "SQL_C_FLOAT":
        # The page cuts the seventh digit; the nearest 32-bit real is what a C program would compute.
        return struct.pack("<f", 1.2345678 if result == "1.234567" else float(result))
    if c_type == "SQL_C_TIMESTAMP":
        return struct.pack("<h5HI", *(int(part) for part in result.split(",")))
    code = {"SQL_C_DOUBLE": "d", "SQL_C_SSHORT": "h", "SQL_C_STINYINT": "b"}[c_type]
    return struct.pack(f"<{code}", float(result) if code == "d" else int(result))


EXAMPLES = [row for row in table("examples") if row["direction"] == "sql_to_c"]


@pytest.mark.parametrize(
    "row", EXAMPLES, ids=[f"{r['sql_type']}-{r['c_type']}-{r['buffer_or_column_length']}" for r in EXAMPLES]
)
def test_examples_sql_to_c(kernel: ModuleType, row: dict[str, str]) -> None:
    length = row["buffer_or_column_length"]
    c_type = C[row["c_type"].removeprefix("SQL_C_")]
    capacity = 0 if length == "ignored" else int(length)
    state, out, _, _ = kernel.cell(source(kernel, row), 0, capacity, sql_type=SQL[row["sql_type"][4:]], c_type=c_type)
    want = "00000" if row["sqlstate"] == "n/a" else row["sqlstate"]
    if row["notes"].startswith("contradicts table"):
        want = "01S07"
    assert state == want
    if row["result"]:
        assert out.startswith(packed(row["c_type"], row["result"]))


INPUTS = [row for row in table("examples") if row["direction"] == "c_to_sql"]


def bound(row: dict[str, str]) -> bytes:
    """The application's value of an example."""
    text = row["input_value"]
    if row["c_type"] == "SQL_C_CHAR":
        return text.replace("\\0", "\0").encode()
    if row["c_type"] == "SQL_C_FLOAT":
        return struct.pack("<f", float(text))
    numbers = [int(part) for part in text.split(",")]
    return struct.pack("<hHH" if len(numbers) == 3 else "<h5HI", *numbers)


@pytest.mark.parametrize(
    "row", INPUTS, ids=[f"{r['c_type']}-{r['sql_type']}-{r['buffer_or_column_length']}" for r in INPUTS]
)
def test_examples_c_to_sql(kernel: ModuleType, row: dict[str, str]) -> None:
    size = row["buffer_or_column_length"]
    sql_name = row["sql_type"].removeprefix("SQL_")
    sql_type = {"TIMESTAMP": 93}.get(sql_name) or SQL[sql_name]
    options = {"column_size": int(size) if size.isdigit() else 0}
    if sql_name == "DECIMAL":
        # The page counts digits and point: 1234.56 is a decimal(6, 2), one character less leaves one decimal place.
        digits = int(size) - (2 if size == "8" else 1 if size == "7" else 0)
        options = {"column_size": 6 if size == "8" else digits - 1, "decimal_digits": {"8": 2, "7": 1}.get(size, 1)}
    state, _, value = kernel.input_value(bound(row), -3, c_type=C[row["c_type"][6:]], sql_type=sql_type, **options)
    want = "00000" if row["sqlstate"] == "n/a" else row["sqlstate"]
    if row["notes"].startswith("contradicts table: 22001"):
        want = "22001"
    if row["notes"].startswith("contradicts table: success"):
        want = "00000"
    assert state == want
    if state == "00000" and row["c_type"] != "SQL_C_FLOAT":
        assert value is not None
        text = value.decode()
        assert text == row["result"].removesuffix(".0")


GROUPS = {
    "character": "character", "exact": "numeric", "approx": "numeric", "bit": "bit", "binary": "binary", "guid": "guid",
    "date": "date", "time": "time", "timestamp": "timestamp", "year-month": "year-month interval",
    "day-time": "day-time interval",
}  # fmt: skip


def listed(group: str) -> dict[str, set[str]]:
    """C type -> SQLSTATEs that Appendix D lists for a group of SQL types."""
    states: dict[str, set[str]] = {}
    for row in table("conversions_sql_to_c"):
        if row["sql_type_group"] == group:
            state = "00000" if row["sqlstate"] == "n/a" else row["sqlstate"]
            states.setdefault(row["c_type"].removeprefix("SQL_C_"), set()).add(state)
    return states


def differs(group: str, c_name: str, state: str) -> str:
    """Why a SQLSTATE that the tables list for a pair, or do not list, is right nevertheless; empty when it is not."""
    interval = c_name.startswith("INTERVAL")
    if group == "time" and c_name == "TYPE_TIME" and state == "01S07":
        return "a time with a fraction is cut like that of a timestamp"
    if state == "22007" and group == "character":
        return "SQLGetData: a literal of the right shape for a day that does not exist"
    if group == "numeric" and interval and state == "22015":
        return "a multi-field target is refused as a pair"
    if group == "numeric" and state == "22003":
        return "NaN and infinity have no exact number"
    if group == "year-month interval" and c_name in ("CHAR", "WCHAR") and state == "01004":
        return "the text has whole digits only"
    if (
        group in ("year-month interval", "day-time interval")
        and not interval
        and c_name not in ("CHAR", "WCHAR", "BINARY")
    ):
        return "the tables forget types, and print 22015 and 07006 for pairs that are refused"
    if group in ("date", "guid", "bit") and c_name in ("CHAR", "WCHAR") and state == "01004":
        return "the text of these values has one length, so no buffer is between too small and enough"
    if c_name in ("INTERVAL_MONTH", "INTERVAL_YEAR_TO_MONTH") and state == "01S07":
        return "nothing stands behind the months that could be cut"
    return ""


def test_sqlstates_are_those_of_the_tables(kernel: ModuleType) -> None:
    """Over the whole table of values every pair ends with each SQLSTATE that Appendix D lists, and with no other."""
    seen: dict[str, dict[str, set[str]]] = {}
    for kind, scale, sql_name, values in FLAT:
        # Text of a numeric or temporal column may be anything; the tables know only values of the type.
        if kind == "null" or (kind == "text" and family(SQL[sql_name]) != "character"):
            continue
        rows = column(kernel, kind, values, scale)
        group = seen.setdefault(GROUPS[family(SQL[sql_name])], {})
        for c_name, c_type in C.items():
            found = group.setdefault(c_name, set())
            for capacity in CAPACITIES if c_type in (1, -8, -2) else (0,):
                for row in range(len(values)):
                    o = {"sql_type": SQL[sql_name], "c_type": c_type, "leading": 2, "precision": 0, "scale": 1}
                    found.add(kernel.cell(rows, row, capacity, **o)[0])
    wrong = []
    for group_name, by_type in seen.items():
        table_states = listed(group_name)
        for c_name, found in by_type.items():
            c_name = {"DATE": "TYPE_DATE", "TIME": "TYPE_TIME", "TIMESTAMP": "TYPE_TIMESTAMP"}.get(c_name, c_name)
            want = table_states.get(c_name, {"07006"})
            wrong += [
                (group_name, c_name, "unexpected", s)
                for s in found - want - {"07006"}
                if not differs(group_name, c_name, s)
            ]
            wrong += [(group_name, c_name, "missing", s) for s in want - found if not differs(group_name, c_name, s)]
    assert not wrong, wrong
