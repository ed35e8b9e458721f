"""The tests of this folder run on the driver file itself: on DuckDB, and on other engines where they say so.

`pytestmark = pytest.mark.engines("duckdb", "spark")` is for a file; the mark of a test comes before its file's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import plain
from engine_facts import FACTS, Facts
from registration import connection_string, driver_file

LOGIN = {
    "spark": {"AuthMech": "NOSASL"},
    "hive": {"AuthMech": "PLAIN", "PWD": "any"},
    "impala": {"AuthMech": "NOSASL"},
    "trino": {"Catalog": "memory", "Schema": "default"},
}
"""How each server of `engines.fixtures` is entered."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of the test for each engine of its mark."""
    if "engine" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("engines")
        names = mark.args if mark else ("duckdb",)
        values = [n if n == "duckdb" else pytest.param(n, marks=pytest.mark.engine) for n in names]
        metafunc.parametrize("engine", values, indirect=True, scope="module")


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine that `Session(driver)` connects to while the test runs."""
    name = getattr(request, "param", "duckdb")
    if name != "duckdb":
        server = request.getfixturevalue(f"{name}_server")
        where = {"Backend": name, "Host": server.host, "Port": server.port, "UID": "ann"}
        plain.use(connection_string(**where, **LOGIN[name]))
    yield name
    plain.use(plain.MEMORY)


@pytest.fixture(scope="module")
def facts(engine: str) -> Facts:
    """What is particular to the engine."""
    return FACTS[engine]


@pytest.fixture(scope="module")
def driver_path(engine: str) -> Path:
    """The driver file; what is made from it is made again for each engine."""
    path = driver_file()
    assert path.exists(), f"{path} is not there: run `make build`"
    return path
