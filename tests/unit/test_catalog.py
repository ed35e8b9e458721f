"""The catalog functions over DuckDB: shapes and order by the specification's tables (tests/spec), patterns by its rules."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import pytest

from argus_odbc import catalog, names
from argus_odbc.backends import load_backend
from argus_odbc.backends.base import Backend, Capabilities, ExecuteOptions
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
        "CREATE TABLE q (x INTEGER, y VARCHAR, t TIMESTAMP, FOREIGN KEY (y, x) REFERENCES p (b, a)); "
        "CREATE VIEW v AS SELECT 1 a; CREATE MACRO twice(n) AS 2 * n; "
        "CREATE MACRO upto(n INTEGER) AS TABLE SELECT range AS i, 'x' AS t FROM range(n)",
        [],
        ExecuteOptions(),
        lambda cancel: None,
    )
    yield opened
    opened.disconnect()


class Granting(Backend):
    """An engine with grants, which none of the embedded ones has; it answers in no order and without filters."""

    name = "granting"
    capabilities = Capabilities(dbms_name="Granting", privileges=True)

    def get_table_privileges(self, catalog, schema, table):
        return [
            ("c", "s", "u", None, "ann", "SELECT", None),
            ("c", "s", "t", "_SYSTEM", "bob", "UPDATE", "NO"),
            ("c", "s", "t", "_SYSTEM", "ann", "UPDATE", "YES"),
            ("c", "s", "t", "_SYSTEM", "ann", "INSERT", "YES"),
        ]

    def get_column_privileges(self, catalog, schema, table, column):
        return [
            ("c", "s", "p", "b", "_SYSTEM", "ann", "SELECT", "NO"),
            ("c", "s", "p", "a", "_SYSTEM", "ann", "UPDATE", "NO"),
            ("c", "s", "p", "a", "_SYSTEM", "ann", "SELECT", None),
            ("c", "s", "other", "a", "_SYSTEM", "ann", "SELECT", None),
        ]


def engine_for(backend, function):
    return Granting() if "Privileges" in function else backend


def ask(backend, function, *names, numbers=(), metadata_id=False, odbc2=False):
    columns, rows = catalog.answer(backend, function, names, numbers, metadata_id, odbc2)
    return [dict(zip([c.name for c in columns], row, strict=True)) for row in rows]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_shapes(backend, function):
    wanted = [row for row in spec("catalog_columns.tsv") if row["function"] == function]
    names, numbers = ARGUMENTS[FUNCTIONS[function]]
    backend = engine_for(backend, function)
    columns, rows = catalog.answer(backend, FUNCTIONS[function], names, numbers, False, False)
    assert rows
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


@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - {"SQLForeignKeys"}))
def test_order(backend, function):
    order = next(row["sort_order"] for row in spec("catalog_order.tsv") if row["function"] == function).split(",")
    order = [name for name in order if " " not in name]  # closeness to a type is no column
    backend = engine_for(backend, function)
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


def test_arguments_have_the_kinds_of_the_specification():
    words = {"PV": "P", "OA": "O", "VL": "L"}
    for function, name in FUNCTIONS.items():
        wanted = [row for row in spec("catalog_args.tsv") if row["function"] == function]
        kinds = "".join(words[row["kind"].split()[0]] for row in wanted if row["kind"].split()[0] in words)
        assert names.KINDS[name] == kinds, function


@pytest.mark.parametrize("row", [r for r in spec("catalog_args.tsv") if r["with_metadata_id"].startswith("ID")],
                         ids=lambda r: f"{r['function']}-{r['argument']}")  # fmt: skip
def test_a_null_pointer_for_an_identifier(backend, row):
    function = row["function"]
    wanted = [
        r["argument"] for r in spec("catalog_args.tsv") if r["function"] == function and r["null_allowed"] != "n/a"
    ]
    given = [None if argument == row["argument"] else "x" for argument in wanted]
    with pytest.raises(DriverError) as e:
        catalog.answer(
            engine_for(backend, function), FUNCTIONS[function], given, (1, 0, 0), metadata_id=True, odbc2=False
        )
    assert e.value.sqlstate == "HY009"


def test_privileges(backend):
    rows = ask(Granting(), "table_privileges", None, None, "T")
    assert [(r["TABLE_NAME"], r["PRIVILEGE"], r["GRANTEE"]) for r in rows] == [
        ("t", "INSERT", "ann"),
        ("t", "UPDATE", "ann"),
        ("t", "UPDATE", "bob"),
    ]
    rows = ask(Granting(), "column_privileges", None, None, "p", "_")
    assert [(r["COLUMN_NAME"], r["PRIVILEGE"]) for r in rows] == [("a", "SELECT"), ("a", "UPDATE"), ("b", "SELECT")]
    with pytest.raises(DriverError) as e:
        ask(Granting(), "column_privileges", None, None, None, "%")
    assert e.value.sqlstate == "HY009"
    for function, given in (("table_privileges", (None,) * 3), ("column_privileges", (None, None, "p", None))):
        with pytest.raises(DriverError, match="DuckDB has no privileges") as e:
            ask(backend, function, *given)
        assert e.value.sqlstate == "IM001"


def test_macros_are_procedures(backend):
    rows = ask(backend, "procedures", None, None, "%")
    assert [(r["PROCEDURE_CAT"], r["PROCEDURE_SCHEM"], r["PROCEDURE_NAME"], r["PROCEDURE_TYPE"]) for r in rows] == [
        ("memory", "main", "twice", 2),
        ("memory", "main", "upto", 1),
    ]
    rows = ask(backend, "procedure_columns", "memory", "main", "upto", None)
    shown = ("COLUMN_NAME", "COLUMN_TYPE", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "ORDINAL_POSITION")
    assert [tuple(r[name] for name in shown) for r in rows] == [
        ("n", 1, 4, "INTEGER", 10, 1),
        ("i", 3, -5, "BIGINT", 19, 1),
        ("t", 3, -9, "VARCHAR", 1000, 2),
    ]
    (row,) = ask(backend, "procedure_columns", None, None, "twice", None)
    assert (row["DATA_TYPE"], row["COLUMN_SIZE"], row["BUFFER_LENGTH"], row["IS_NULLABLE"]) == (0, None, None, "YES")
