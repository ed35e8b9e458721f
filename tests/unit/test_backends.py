"""The registry: built-in names, packages that announce a backend by an entry point, and what it says when one fails."""

from __future__ import annotations

import sys

import pytest

from argus_odbc import backends
from argus_odbc.errors import DriverError

MODULE = """
from argus_odbc.backends.base import Backend, Capabilities

class Flint(Backend):
    name = "flint"
    capabilities = Capabilities(dbms_name="Flint")

    @classmethod
    def connect(cls, settings):
        return cls()
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package the way pip does: modules and a dist-info folder on sys.path."""

    def install(module: str, entry_points: str):
        (tmp_path / "flint_odbc.py").write_text(module)
        info = tmp_path / "flint_odbc-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flint-odbc\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        monkeypatch.syspath_prepend(str(tmp_path))

    monkeypatch.setattr(backends, "_loaded", {})
    yield install
    sys.modules.pop("flint_odbc", None)


def test_a_package_adds_a_backend(package):
    package(MODULE, "[argus_odbc.backends]\nFlint = flint_odbc:Flint\n")
    assert "flint" in backends.known_backends()
    cls = backends.load_backend(" FLINT ")
    assert cls.capabilities.dbms_name == "Flint"
    assert isinstance(cls.connect(None), cls)
    assert backends.load_backend("flint") is cls


def test_the_built_in_names_are_known():
    assert {"duckdb", "hive", "impala", "spark", "trino"} <= set(backends.known_backends())
    assert backends.load_backend("duckdb").capabilities.dbms_name == "DuckDB"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(DriverError) as e:
        backends.load_backend("dukdb")
    assert "dukdb" in e.value.message and "duckdb, hive" in e.value.message and e.value.sqlstate == "HY000"


@pytest.mark.parametrize(
    ("module", "target", "said"),
    [
        ("import no_such_module_at_all\n", "flint_odbc:Flint", "no_such_module_at_all"),
        ("", "flint_odbc:Flint", 'no class "Flint"'),
        ("Flint = 5\n", "flint_odbc:Flint", "no subclass"),
    ],
)
def test_a_broken_package_is_named(package, module, target, said):
    package(module, f"[argus_odbc.backends]\nflint = {target}\n")
    with pytest.raises(DriverError, match="flint") as e:
        backends.load_backend("flint")
    assert said in e.value.message


def test_a_built_in_name_cannot_be_taken_over(package):
    package(MODULE, "[argus_odbc.backends]\nduckdb = flint_odbc:Flint\n")
    assert backends.load_backend("duckdb").__name__ == "DuckDB"
