#!/usr/bin/env bash
# Builds turbodbc into build/turbodbc for tests/clients/test_turbodbc.py, since it has no wheels: one to two minutes on two
# cores, once. 4.5.10 needs nothing but boost's headers; later versions want simdutf, which Debian 12 lacks.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python version=4.5.10
stamp=$version-$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$(cat build/turbodbc/site/stamp 2>/dev/null)" = "$stamp" ] && exit 0
echo "Building turbodbc $version, a client program of the tests"
work=$PWD/build/turbodbc
rm -rf "$work" && mkdir -p "$work"
{
    # No NumPy and no Arrow there, so that their two parts are left out.
    "$python" -m venv "$work/venv"
    "$work/venv/bin/pip" install -q --disable-pip-version-check 'setuptools<81' wheel pybind11
    "$work/venv/bin/pip" download -q --disable-pip-version-check --no-deps --no-build-isolation --no-binary :all: -d "$work" \
        "turbodbc==$version"
    tar -xzf "$work/turbodbc-$version.tar.gz" -C "$work"
    cd "$work/turbodbc-$version"
    # Files of one extension side by side, and unoptimised: the program is tested with, not measured.
    CFLAGS="-O0 -g0" "$work/venv/bin/python" -c '
import runpy, sys
from pybind11.setup_helpers import ParallelCompile
ParallelCompile(default=2).install()
sys.argv = ["setup.py", "-q", "bdist_wheel", "--dist-dir", "../dist"]
sys.path.insert(0, ".")
runpy.run_path("setup.py", run_name="__main__")'
    # In a folder of its own, with the setuptools that still has the pkg_resources it imports.
    "$python" -m pip install -q --disable-pip-version-check --no-deps --target "$work/site" 'setuptools<81' "$work"/dist/*.whl
} >"$work/build.log" 2>&1 </dev/null || {
    tail -n 30 "$work/build.log" >&2
    echo "turbodbc $version could not be built; all of the output is in $work/build.log" >&2
    exit 1
}
echo "$stamp" >"$work/site/stamp"
rm -rf "$work/venv" "$work/turbodbc-$version"
