"""The pyodbc part of `make demo`: the same rows, with Python's own types, parameters and a transaction."""

from __future__ import annotations

import sys
import time

import pyodbc


def show(cursor: pyodbc.Cursor) -> None:
    """Print what `cursor` holds as a table, numbers to the right."""
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    cells = [["NULL" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [
        all(isinstance(row[i], int | float) or hasattr(row[i], "as_tuple") for row in rows) for i in range(len(names))
    ]
    print("  " + "  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True)))
    print("  " + "  ".join("─" * width for width in widths))
    for row in cells:
        print("  " + "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)))


def main(connection_string: str) -> None:
    connection = pyodbc.connect(connection_string)  # autocommit is off, as always with pyodbc
    cursor = connection.cursor()
    print(f"  {connection.getinfo(pyodbc.SQL_DBMS_NAME)} {connection.getinfo(pyodbc.SQL_DBMS_VER)}")
    show(cursor.execute("select * from city order by people desc"))

    print("\n  A parameter, and the Python types that arrive:")
    row = cursor.execute("select name, people, founded, area from city where country = ?", "Austria").fetchone()
    for (name, *_), value in zip(cursor.description, row, strict=True):
        print(f"    {name:<8} {value!r}")

    print("\n  A transaction that is rolled back:")
    cursor.execute("delete from city")
    inside = cursor.execute("select count(*) from city").fetchval()
    connection.rollback()
    print(f"    rows inside: {inside}, after the rollback: {cursor.execute('select count(*) from city').fetchval()}")

    start = time.perf_counter()
    rows = cursor.execute("select * from 'build/demo/sales.parquet'").fetchall()
    seconds = time.perf_counter() - start
    print(f"\n  {len(rows):,} rows × {len(rows[0])} columns of the Parquet file as Python objects in {seconds:.1f} s")
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
