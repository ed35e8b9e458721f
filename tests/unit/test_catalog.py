"""The catalog functions over DuckDB: shapes and order by the specification's tables (tests/spec), patterns by its rules."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

from argus_odbc import catalog
from argus_odbc.backends import load_backend
from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.errors import DriverError

pytest.importorskip("duckdb")

SPEC = Path(__file__).resolve().parent.parent / "spec"
FUNCTIONS = {
    "SQLTables": "tables",
    "SQLColumns": "columns",
    "SQLPrimaryKeys": "primary_keys",
    "SQLForeignKeys": "foreign_keys",
    "SQLStatistics": "statistics",
    "SQLSpecialColumns": "special_columns",
    "SQLProcedures": "procedures",
    "SQLProcedureColumns": "procedure_columns",
    "SQLTablePrivileges": "table_privileges",
    "SQLColumnPrivileges": "column_privileges",
    "SQLGetTypeInfo": "type_info",
}
ARGUMENTS = {
    "tables": ((None, None, None, None), ()),
    "columns": ((None, None, None, None), ()),
    "primary_keys": ((None, None, "p"), ()),
    "foreign_keys": ((None, None, "p", None, None, None), ()),
    "statistics": ((None, None, "p"), (1, 0, 0)),
    "special_columns": ((None, None, "p"), (1, 0, 1)),
    "procedures": ((None, None, None), ()),
    "procedure_columns": ((None, None, None, None), ()),
    "table_privileges": ((None, None, None), ()),
    "column_privileges": ((None, None, "p", None), ()),
    "type_info": ((), (0, 0, 0)),
}
TYPES = {"Varchar": (12, -9), "Char(1)": (1, 12, -8, -9), "Smallint": (5,), "Integer": (4,)}


def spec(name):
    with (SPEC / name).open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def backend():
    settings = SimpleNamespace(
        database="", read_only=False, string_length=1000, time_zone="", session_properties={}, schema=""
    )
    opened = load_backend("duckdb").connect(settings)
    opened.execute(
        "CREATE TABLE p (a INTEGER, b VARCHAR, PRIMARY KEY (b, a)); CREATE TABLE p_q (x INTEGER); CREATE TABLE pxq (x INTEGER); "
        "CREATE TABLE q (x INTEGER, y VARCHAR, t TIMESTAMP, FOREIGN KEY (y, x) REFERENCES p (b, a)); CREATE VIEW v AS SELECT 1 a",
        [],
        ExecuteOptions(),
        lambda cancel: None,
    )
    yield opened
    opened.disconnect()


def ask(backend, function, *names, numbers=(), metadata_id=False, odbc2=False):
    columns, rows = catalog.answer(backend, function, names, numbers, metadata_id, odbc2)
    return [dict(zip([c.name for c in columns], row, strict=True)) for row in rows]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_shapes(backend, function):
    wanted = [row for row in spec("catalog_columns.tsv") if row["function"] == function]
    names, numbers = ARGUMENTS[FUNCTIONS[function]]
    columns, rows = catalog.answer(backend, FUNCTIONS[function], names, numbers, False, False)
    assert [c.name for c in columns] == [row["column"] for row in wanted]
    for column, row in zip(columns, wanted, strict=True):
        if row["type"] in TYPES:
            assert column.sql_type in TYPES[row["type"]], column.name
        if row["nullable"] == "no":
            assert column.nullable == 0, column.name
    old, _ = catalog.answer(backend, FUNCTIONS[function], names, numbers, False, True)
    for column, row in zip(old, wanted, strict=True):
        assert column.name == row["odbc2_column"] or not row["odbc2_column"]
    for row in rows:
        assert len(row) == len(columns)
        for column, value in zip(columns, row, strict=True):
            assert value is not None or column.nullable != 0, column.name
            assert value is None or isinstance(value, str if column.sql_type in (-9, 12) else int), column.name


@pytest.mark.parametrize("function", ["SQLTables", "SQLColumns", "SQLPrimaryKeys", "SQLStatistics"])
def test_order(backend, function):
    order = next(row["sort_order"] for row in spec("catalog_order.tsv") if row["function"] == function).split(",")
    names, numbers = ARGUMENTS[FUNCTIONS[function]]
    found = ask(backend, FUNCTIONS[function], *names, numbers=numbers)
    keys = [
        tuple((row[name] is not None, row[name] if row[name] is not None else 0) for name in order) for row in found
    ]
    assert keys and keys == sorted(keys)


def test_foreign_keys_are_ordered_by_the_other_table(backend):
    rows = ask(backend, "foreign_keys", None, None, "p", None, None, None)
    assert [(r["PKCOLUMN_NAME"], r["FKTABLE_NAME"], r["FKCOLUMN_NAME"], r["KEY_SEQ"]) for r in rows] == [
        ("b", "q", "y", 1),
        ("a", "q", "x", 2),
    ]
    with pytest.raises(DriverError) as e:
        ask(backend, "foreign_keys", None, None, None, None, None, None)
    assert e.value.sqlstate == "HY009"


def names_of(rows):
    return [row["TABLE_NAME"] for row in rows]


def test_search_patterns(backend):
    def tables(pattern, **more):
        return names_of(ask(backend, "tables", "memory", "main", pattern, None, **more))

    assert tables("p_q") == ["p_q", "pxq"]
    assert tables("p\\_q") == ["p_q"]
    assert tables("%q") == ["p_q", "pxq", "q"]
    assert tables("p%") == ["p", "p_q", "pxq"]
    assert tables("p_q ", metadata_id=True) == ["p_q"]
    assert tables('"p_q"', metadata_id=True) == ["p_q"]
    with pytest.raises(DriverError) as e:
        tables(None, metadata_id=True)
    assert e.value.sqlstate == "HY009"


def test_type_lists(backend):
    for text in ("'VIEW'", "VIEW", " view ,'ALIAS'"):
        assert names_of(ask(backend, "tables", "memory", None, None, text)) == ["v"]
    assert "v" not in names_of(ask(backend, "tables", "memory", None, None, "TABLE"))


def test_enumerations(backend):
    catalogs = ask(backend, "tables", "%", "", "", "")
    assert "memory" in [row["TABLE_CAT"] for row in catalogs]
    assert all(row["TABLE_SCHEM"] is row["TABLE_NAME"] is row["TABLE_TYPE"] is None for row in catalogs)
    schemas = ask(backend, "tables", "", "%", "", "")
    assert "main" in [row["TABLE_SCHEM"] for row in schemas]
    assert all(row["TABLE_CAT"] is row["TABLE_NAME"] is row["TABLE_TYPE"] is None for row in schemas)
    kinds = ask(backend, "tables", "", "", "", "%")
    assert {"TABLE", "VIEW"} <= {row["TABLE_TYPE"] for row in kinds}
    assert all(row["TABLE_CAT"] is row["TABLE_SCHEM"] is row["TABLE_NAME"] is None for row in kinds)


def test_columns_of_a_table(backend):
    rows = {row["COLUMN_NAME"]: row for row in ask(backend, "columns", "memory", "main", "q", "%")}
    t, x, y = rows["t"], rows["x"], rows["y"]
    assert (t["DATA_TYPE"], t["SQL_DATA_TYPE"], t["SQL_DATETIME_SUB"], t["COLUMN_SIZE"], t["DECIMAL_DIGITS"]) == (
        93,
        9,
        3,
        26,
        6,
    )
    assert (x["DATA_TYPE"], x["COLUMN_SIZE"], x["BUFFER_LENGTH"], x["NUM_PREC_RADIX"], x["ORDINAL_POSITION"]) == (
        4,
        10,
        4,
        10,
        1,
    )
    assert (y["DATA_TYPE"], y["COLUMN_SIZE"], y["CHAR_OCTET_LENGTH"], y["NUM_PREC_RADIX"]) == (-9, 1000, 2000, None)
    old = {row["COLUMN_NAME"]: row for row in ask(backend, "columns", "memory", "main", "q", "t", odbc2=True)}
    assert old["t"]["DATA_TYPE"] == 11


def test_type_info(backend):
    everything = ask(backend, "type_info", numbers=(0, 0, 0))
    assert [row["DATA_TYPE"] for row in everything] == sorted(row["DATA_TYPE"] for row in everything)
    first = {
        sql_type: ask(backend, "type_info", numbers=(sql_type, 0, 0))[0]["TYPE_NAME"] for sql_type in (-9, 3, 93, -3)
    }
    assert first == {-9: "VARCHAR", 3: "DECIMAL", 93: "TIMESTAMP", -3: "BLOB"}
    assert ask(backend, "type_info", numbers=(101, 0, 0)) == []
    with pytest.raises(DriverError) as e:
        ask(backend, "type_info", numbers=(4711, 0, 0))
    assert e.value.sqlstate == "HY004"


@pytest.mark.parametrize(
    ("function", "numbers", "state"),
    [
        ("statistics", (7, 0, 0), "HY100"),
        ("statistics", (0, 7, 0), "HY101"),
        ("special_columns", (7, 0, 0), "HY097"),
        ("special_columns", (1, 7, 0), "HY098"),
        ("special_columns", (1, 0, 7), "HY099"),
    ],
)
def test_options_out_of_range(backend, function, numbers, state):
    with pytest.raises(DriverError) as e:
        ask(backend, function, None, None, "p", numbers=numbers)
    assert e.value.sqlstate == state


def test_the_best_row_identifier_is_the_primary_key(backend):
    rows = ask(backend, "special_columns", None, None, "p", numbers=(1, 0, 1))
    assert [(row["SCOPE"], row["COLUMN_NAME"], row["DATA_TYPE"]) for row in rows] == [(2, "b", -9), (2, "a", 4)]
    assert ask(backend, "special_columns", None, None, "p", numbers=(2, 0, 1)) == []
