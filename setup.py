"""The two native files beside the package: libargus_odbc.so (the loader) and _core.abi3.so (Cython, stable ABI).

ARGUS_DEBUG=1     -O0 -g, C assertions, Cython's bounds checks
ARGUS_SANITIZE    gcc's -fsanitize: address,undefined (tools/asan.sh) or thread (tools/tsan.sh)
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "cbridge"))
import trampolines  # noqa: E402

DEBUG = os.environ.get("ARGUS_DEBUG") == "1"
SANITIZE = os.environ.get("ARGUS_SANITIZE", "")
PLATFORM = [f"cbridge/platform/{name}.c" for name in ("posix", "posix_python", "posix_socket", "posix_spill")]
# -Bsymbolic: our SQLPrepare must not land in the driver manager's SQLExecDirect. nodelete: Python keeps pointers to us.
LINK = ["-Wl,-Bsymbolic", "-Wl,-z,nodelete", "-Wl,-z,now", "-pthread"]
OPTIMIZE = ["-O0", "-g", "-UNDEBUG"] if DEBUG else ["-O1", "-g", "-UNDEBUG"] if SANITIZE else ["-O3"]
CHECKS = ["-fno-omit-frame-pointer", f"-fsanitize={SANITIZE}"] if SANITIZE else []


def build_python() -> list[tuple[str, str]]:
    """The building environment, for a library that runs in place: interpreter, libpython and version."""
    variable = sysconfig.get_config_var
    if variable("Py_ENABLE_SHARED"):
        libpython = os.path.join(variable("LIBDIR"), variable("INSTSONAME"))
    else:
        # The interpreter is linked statically (Debian); its shared library comes apart and is found by name.
        libpython = f"libpython{variable('LDVERSION')}.so.1.0"
    return [
        ("ARGUS_BUILD_PYTHON", f'"{sys.executable}"'),
        ("ARGUS_BUILD_LIBPYTHON", f'"{libpython}"'),
        ("ARGUS_BUILD_MINOR", str(sys.version_info.minor)),
    ]


def extension(name: str, sources: list[str], exports: str, **options: object) -> Extension:
    """One native file with the exported names of cbridge/<exports>.map."""
    macros = [*build_python(), *options.pop("define_macros", [])]
    return Extension(
        name,
        sources + PLATFORM,
        include_dirs=["cbridge", "include"],
        define_macros=macros,
        extra_compile_args=OPTIMIZE + CHECKS,
        extra_link_args=[f"-Wl,--version-script=cbridge/{exports}.map", *LINK, *CHECKS, *options.pop("link", [])],
        depends=[str(p) for p in (*sorted(HERE.glob("include/argus/*.h")), "cbridge/properties.h")]
        + [f"cbridge/{exports}.map"],
        **options,
    )


core = extension(
    "argus_odbc._core",
    ["cbridge/_core.pyx", "cbridge/boot.c", "cbridge/numbers.cpp"],
    "core",
    define_macros=[("Py_LIMITED_API", "0x030B0000"), ("CYTHON_WITHOUT_ASSERTIONS", "1")][: 1 if DEBUG else 2],
    py_limited_api=True,
    # The process may have another C++ library, or none. gcc links, so that Cython writes C.
    link=["-lstdc++"] if SANITIZE or "-fsanitize" in os.environ.get("LDFLAGS", "") else ["-l:libstdc++.a"],
)
loader = extension("argus_odbc.libargus_odbc", ["cbridge/loader.c"], "loader")


class Build(build_ext):
    """Writes the loader's functions before it is compiled, and gives the loader a plain name."""

    def build_extension(self, ext: Extension) -> None:
        if ext.name.endswith("libargus_odbc"):
            trampolines.main("cbridge/_core.h", "cbridge/trampolines.h")
            ext.depends += ["cbridge/trampolines.h", "cbridge/broken.h"]
        super().build_extension(ext)

    def get_ext_filename(self, fullname: str) -> str:
        name = super().get_ext_filename(fullname)
        return name.split(".", 1)[0] + ".so" if fullname.endswith("libargus_odbc") else name


class Modules(build_py):
    """Puts the template of odbcinst.ini beside the modules; in the clone it stands at the top, where people look."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file("odbcinst.ini.template", os.path.join(self.build_lib, "argus_odbc"))


os.chdir(HERE)
setup(
    packages=[
        str(p.parent.relative_to(HERE)).replace("/", ".") for p in sorted(HERE.glob("argus_odbc/**/__init__.py"))
    ],
    # Cython's own search does not follow .pxi files of .pxi files when only those have changed.
    ext_modules=[
        *cythonize(
            [core],
            include_path=["cbridge"],
            compiler_directives={"boundscheck": DEBUG},
            force=any(
                p.stat().st_mtime > (HERE / "cbridge/_core.c").stat().st_mtime for p in HERE.glob("cbridge/**/*.p[xy]*")
            )
            if (HERE / "cbridge/_core.c").exists()
            else None,
            quiet=True,
        ),
        loader,
    ],
    cmdclass={"build_ext": Build, "build_py": Modules},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
