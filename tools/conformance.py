"""Writes docs/conformance.md: every function and information type with its state, as the built driver answers.

The driver file is asked through SQLGetFunctions and SQLGetInfo, connected to each engine; the tests' small servers stand
in for Hive, Impala, Spark and Trino, for which the answers do not depend on the server.   tools/conformance.py
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import tables  # noqa: E402
from argus_odbc.backends import load_backend  # noqa: E402
from fakes.hs2 import FakeHS2, Result  # noqa: E402
from fakes.trino import fake_trino  # noqa: E402
from plain import SQL_SUCCESS, Driver, Session, pointer  # noqa: E402
from registration import driver_file  # noqa: E402

HS2 = ("spark", "hive", "impala")
ENGINES = ("duckdb", *HS2, "trino")
# SQL_DATA_SOURCE_NAME, SERVER_NAME, DATABASE_NAME, DBMS_VER, USER_NAME and DATA_SOURCE_READ_ONLY.
OF_THE_CONNECTION = frozenset((2, 13, 16, 18, 47, 25))
ELSEWHERE = ("installer", "setup DLL", "translation DLL", "driver (SPI, called by DM only)")

FUNCTIONS = [row for row in tables.rows("functions") if row["implemented_by"] not in ELSEWHERE]
INFO_TYPES = [row for row in tables.rows("info_types") if row["number"] and not row["value_kind"].startswith("alias")]

Answers = Mapping[str, str]

HEAD = """# Conformance

Every function and information type of ODBC 3.8 with what the driver answers for each engine. This page is written by
`tools/conformance.py` from a running driver, and a test compares the two.

## Functions

`yes`: SQLGetFunctions says that it is there. `no`: exported, answers IM001, and SQLGetFunctions says so. `manager`: the
driver does not export it, because its work is the driver manager's: the lists of data sources and drivers, and the macro
SQLAllocHandleStd. SQLCompleteAsync, which ODBC leaves to the manager too, is there for programs that open the driver file
without one: it polls what runs, in the place of a repeated call with all its arguments.

Functions of ODBC 2 (`deprecated`) are the ones that took their place under another name, for programs that open the driver
file without a manager. unixODBC and iODBC look for SQLAllocHandle first and treat the driver as one of ODBC 3; both
managers pass a program's ODBC 2 calls on to these functions instead of mapping them.

"""

INFO = """
## Information types

What SQLGetInfo answers. A mask of bits is written in hexadecimal; the names of its bits are in sqlext.h. What depends on
the server or the connection is `...`.

"""


@contextmanager
def connected(engine: str) -> Iterator[Session]:
    """The driver file, connected to `engine`."""
    with _server(engine) as where:
        session = Session(Driver(driver_file()), f"Driver=Argus;Backend={engine};{where}")
        yield session
        session.close()


@contextmanager
def _server(engine: str) -> Iterator[str]:
    """The rest of the connection string to an engine, or to what stands in for its server."""
    if engine in HS2:
        opening = {"SELECT current_database()": Result([("d", 7, "stringVal", {})], [[["default"]]])}
        with FakeHS2(opening) as server:
            yield f"Host=127.0.0.1;Port={server.port};UID=ann;PWD=x;"
    elif engine == "trino":
        with fake_trino() as port:
            yield f"Host=127.0.0.1;Port={port};UID=ann;"
    else:
        yield ""


def functions(session: Session) -> Answers:
    """Function to state, for the session's engine."""
    return {row["function"]: _function(session, row) for row in FUNCTIONS}


def _function(session: Session, row: Mapping[str, str]) -> str:
    if not hasattr(session.driver.library, row["function"]):
        return "manager"
    if not row["function_id"]:
        return "yes"
    there = ctypes.c_uint16()
    rc = session.driver.SQLGetFunctions(pointer(session.dbc), int(row["function_id"]), ctypes.byref(there))
    assert rc == SQL_SUCCESS, session.driver.state(2, session.dbc)
    return "yes" if there.value else "no"


def information(session: Session) -> Answers:
    """Information type to answer, for the session's engine."""
    return {row["name"]: _information(session, row) for row in INFO_TYPES}


def _information(session: Session, row: Mapping[str, str]) -> str:
    number = int(row["number"])
    out, length = ctypes.create_string_buffer(1 << 14), ctypes.c_int16()
    rc = session.driver.SQLGetInfo(pointer(session.dbc), number, out, len(out), ctypes.byref(length))
    assert rc == SQL_SUCCESS, (row["name"], session.driver.state(2, session.dbc))
    if number in OF_THE_CONNECTION:
        return "..."
    if row["value_kind"].startswith("string"):
        text = out.raw[: length.value].decode()
        if row["name"] == "SQL_KEYWORDS":
            return f"{len(text.split(','))} words"
        return f"`{text}`" if text.strip() else "" if not text else "a blank"
    value = int.from_bytes(out.raw[: length.value], "little")
    if "bitmask" in row["value_kind"]:
        return f"{value:#x}" if value else "0"
    named = {n: name for name, n in tables.values(row, "bits_or_values").items()}
    return named.get(value, str(value)).removeprefix("SQL_")


def page() -> str:
    """The whole document."""
    answered: dict[str, tuple[Answers, Answers]] = {}
    for engine in ENGINES:
        with connected(engine) as session:
            answered[engine] = functions(session), information(session)
    names = [load_backend(engine).capabilities.dbms_name for engine in ENGINES]
    lines = [HEAD + _line("function", "level", *names), _line(*["---"] * (2 + len(names)))]
    for row in FUNCTIONS:
        level = {"None": "", "L1": "1", "L2": "2"}.get(row["conformance"], row["conformance"].lower())
        lines.append(_line(f"`{row['function']}`", level, *(answered[e][0][row["function"]] for e in ENGINES)))
    lines += [INFO + _line("type", "number", *names), _line(*["---"] * (2 + len(names)))]
    for row in INFO_TYPES:
        lines.append(_line(f"`{row['name']}`", row["number"], *(answered[e][1][row["name"]] for e in ENGINES)))
    return "\n".join(lines) + "\n"


def _line(*cells: str) -> str:
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


if __name__ == "__main__":
    (ROOT / "docs" / "conformance.md").write_text(page(), encoding="utf-8")
