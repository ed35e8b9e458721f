"""Builds the test-only module _kernel (the conversion kernel with Python wrappers) and imports it.

ARGUS_KERNEL_FLAGS holds extra compiler flags, for instance "-fsanitize=address,undefined"; each set of flags has
a build folder of its own. A build is reused as long as none of its sources is newer.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
BRIDGE = HERE.parent.parent / "cbridge"
SOURCES = [*HERE.glob("*.p*x*"), *BRIDGE.glob("*.px[id]"), *BRIDGE.glob("kernel/*.pxi"), BRIDGE / "numbers.cpp"]


def run(*command: str) -> None:
    """Run one step of the build; its output is the error when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} failed:\n{done.stdout}{done.stderr}")


def build() -> Path:
    """The path of an up-to-date _kernel module."""
    flags = shlex.split(os.environ.get("ARGUS_KERNEL_FLAGS", "-O1"))
    tag = hashlib.sha256(f"{flags} {sys.version}".encode()).hexdigest()[:10]
    folder = BRIDGE.parent / "build" / f"kernel-{tag}"
    target = folder / f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}"
    newest = max(p.stat().st_mtime for p in SOURCES)
    if target.exists() and target.stat().st_mtime > newest:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    c_file, c_obj, cpp_obj = folder / "_kernel.c", folder / "_kernel.o", folder / "numbers.o"
    include = [f"-I{BRIDGE.parent / 'include'}", f"-I{sysconfig.get_path('include')}", "-fPIC", "-g"]
    run(sys.executable, "-m", "cython", "-3", f"-I{BRIDGE}", f"-I{HERE}", str(HERE / "_kernel.pyx"), "-o", str(c_file))
    run("gcc", *include, *flags, "-c", str(c_file), "-o", str(c_obj))
    run("g++", *include, *flags, "-std=c++17", "-c", str(BRIDGE / "numbers.cpp"), "-o", str(cpp_obj))
    partial = folder / f"partial-{os.getpid()}.so"
    run("g++", "-shared", *flags, str(c_obj), str(cpp_obj), "-o", str(partial))
    partial.replace(target)
    return target


def load() -> ModuleType:
    """Build when needed, then import."""
    spec = importlib.util.spec_from_file_location("_kernel", build())
    if spec is None or spec.loader is None:
        raise ImportError("the built _kernel module cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
