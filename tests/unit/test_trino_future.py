"""Types that no Trino of today has, through the driver file: a small server sends them as later ones do, or as none does."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import pytest

from fakes.trino_pages import FakeTrino
from plain import SQL_NULL_DATA, SQL_SUCCESS, Driver, Session, pointer
from registration import connection_string, driver_file

SQL_WVARCHAR = -9

# NUMBER and VARIANT are of Trino 483, BingTile of its geospatial plugin; the last is nobody's.
COLUMNS = [
    ("number", [], "1234567890123456789012345678901234567890.5", "1234567890123456789012345678901234567890.5"),
    ("variant", [], '{"a":[1,null]}', '{"a":[1,null]}'),
    ("BingTile", [], {"x": 1, "y": 2, "zoom": 3}, '{"x": 1, "y": 2, "zoom": 3}'),
    ("hologram", [{"kind": "LONG", "value": 3}], [1.5, "ü"], '[1.5, "ü"]'),
    ("hologram", [{"kind": "NEW", "value": {"x": []}}], 12345678901234567890, "12345678901234567890"),
    ("hologram", [], True, "true"),
    ("hologram", [], None, None),
    ("decimal", [{"kind": "LONG", "value": 50}, {"kind": "LONG", "value": 2}], "1" * 48 + ".25", "1" * 48 + ".25"),
]


@pytest.fixture
def session() -> Iterator[Session]:
    columns: list[dict[str, Any]] = [
        {"name": f"c{i}", "type": name, "typeSignature": {"rawType": name, "arguments": arguments}}
        for i, (name, arguments, _, _) in enumerate(COLUMNS)
    ]
    pages = [{"columns": columns, "data": [[c[2] for c in COLUMNS]] * 2}, {"columns": columns}]
    with FakeTrino(pages) as fake:
        where = connection_string(Backend="trino", Host="127.0.0.1", Port=fake.port, UID="ann")
        opened = Session(Driver(driver_file()), where)
        yield opened
        opened.close()


def test_unknown_types_are_text(session: Session) -> None:
    """As the server wrote them, blanks included."""
    session.ok(b"SELECT")
    for _ in range(2):
        assert session.driver.SQLFetch(pointer(session.stmt)) == SQL_SUCCESS
        for i, (name, _, _, wanted) in enumerate(COLUMNS, 1):
            out, there, sql_type = ctypes.create_string_buffer(200), ctypes.c_int64(), ctypes.c_int16()
            nothing = pointer(None)
            rc = session.driver.SQLDescribeCol(
                pointer(session.stmt), i, nothing, 0, nothing, ctypes.byref(sql_type), nothing, nothing, nothing
            )
            assert (rc, sql_type.value) == (SQL_SUCCESS, 3 if name == "decimal" else SQL_WVARCHAR)
            rc = session.driver.SQLGetData(pointer(session.stmt), i, 1, out, 200, ctypes.byref(there))
            assert rc == SQL_SUCCESS, session.state()
            assert (None if there.value == SQL_NULL_DATA else out.value.decode()) == wanted
