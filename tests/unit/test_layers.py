"""Who may import whom (ARCHITECTURE.md, section 6), read from the sources."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "argus_odbc"

STANDARD_ONLY = {"settings", "connstr", "types", "typetext", "errors", "log", "batches", "zones"}
"""Modules that know nothing but the standard library and one another."""
DIALECT_READERS = {"markers", "literals"}
"""As those, but for the data of a dialect, which backends.base describes."""
WEB_KNOWS = STANDARD_ONLY | {"native", "tls", "web"}
ABOVE_BACKENDS = {"driver", "browse", "doctor", "query", "install", "__main__"}
"""The only modules outside backends/ that may ask for a backend, and by the registry alone."""
MAY_USE_CORE = {"driver", "native"}
ENGINES_ON_HS2 = {"hive", "impala", "spark"}
SHARED_BY_BACKENDS = {"base", "hs2"}


def module_name(path: Path) -> str:
    """`argus_odbc/backends/hs2/client.py` -> `backends.hs2.client`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def own_imports(path: Path) -> set[str]:
    """Modules of this package that a file imports, anywhere in it, without the leading `argus_odbc.`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{name.name}" for name in node.names}
    return {name.removeprefix("argus_odbc.") for name in found if name.startswith("argus_odbc.")}


def outside_imports(path: Path) -> set[str]:
    """Top names of what a file imports at its top level from outside the package."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found - {"argus_odbc"}


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_python_imports(path: Path) -> None:
    name, imports = module_name(path), own_imports(path)
    top = name.split(".")[0]
    if top not in MAY_USE_CORE:
        assert not any(i.split(".")[0] == "_core" for i in imports), "only driver and native may import the core"
    if top in STANDARD_ONLY | DIALECT_READERS:
        assert outside_imports(path) <= set(sys.stdlib_module_names), "standard library only"
        base = {i for i in imports if top in DIALECT_READERS and i.startswith("backends.base")}
        assert {i.split(".")[0] for i in imports - base} <= STANDARD_ONLY
    if top == "web":
        assert outside_imports(path) <= set(sys.stdlib_module_names), "other packages only where they are asked for"
        assert {i.split(".")[0] for i in imports} <= WEB_KNOWS
    if top == "backends" and name not in ("backends", "backends.base"):
        own = name.split(".")[1]
        others = {i.split(".")[1] for i in imports if i.startswith("backends.") and len(i.split(".")) > 1}
        allowed = {own, "base"} | ({"hs2"} if own in ENGINES_ON_HS2 else set())
        modules = {
            path.stem for path in (PACKAGE / "backends").iterdir() if path.stem not in ("__init__", "__pycache__")
        }
        assert others & modules <= allowed, f"{name} imports another backend"
        assert "driver" not in {i.split(".")[0] for i in imports}
    elif top not in ABOVE_BACKENDS and top != "backends":
        assert not any(i.startswith("backends.") and i.split(".")[1] not in SHARED_BY_BACKENDS - {"hs2"} for i in imports), (
            f"{name} knows a backend"
        )  # fmt: skip


def test_nothing_above_the_backends_asks_for_a_name() -> None:
    names = {"duckdb", "hive", "impala", "spark", "trino"}
    for path in FILES:
        if path.relative_to(PACKAGE).parts[0] == "backends":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                constants = {
                    n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
                }
                assert not constants & names, f"{path.name}:{node.lineno} asks for a backend by name"


# ---- the native side ----

BRIDGE = ROOT / "cbridge"


def native_files(folder: str) -> list[Path]:
    return sorted((BRIDGE / folder).glob("*.pxi"))


def test_only_the_bridge_takes_the_gil() -> None:
    for folder in ("kernel", "handle", "api"):
        for path in native_files(folder):
            text = re.sub(r"#.*", "", path.read_text("utf-8"))
            assert not re.search(r"^\s*with gil", text, re.M), f"{path.name} takes the GIL"


def test_kernels_know_no_handle() -> None:
    for path in native_files("kernel"):
        code = re.sub(r"#.*", "", path.read_text("utf-8"))
        assert not re.search(r"\b(Stmt|Dbc|Env|DescRec|Head)\s*\*", code), f"{path.name} knows a handle"


def test_every_included_file_exists_and_every_file_is_included() -> None:
    included = set(re.findall(r'^include "([^"]+)"', (BRIDGE / "_core.pyx").read_text("utf-8"), re.M))
    for path in BRIDGE.rglob("*.pxi"):
        for inner in re.findall(r'^include "([^"]+)"', path.read_text("utf-8"), re.M):
            included.add(inner)
    there = {str(path.relative_to(BRIDGE)) for path in BRIDGE.rglob("*.pxi")}
    assert included == there
