#!/usr/bin/env bash
# Makes the virtual environment .venv with one of the sets of packages below, and both native files. Does nothing
# when nothing has changed since the last time.     tools/setup.sh demo|test|lint|bench
#   PYTHON       the interpreter to build on (3.11 or later); else the first that fits
#   ARGUS_DEBUG  1: -O0 with assertions
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:-demo}
case $level in
    demo) extras=demo ;;
    test) extras=dev ;;
    lint) extras=lint ;;
    bench) extras=dev,bench ;;
    *)
        echo "tools/setup.sh: no set of packages is called '$level'; use demo, test, lint or bench" >&2
        exit 2
        ;;
esac

find_python() {
    local p
    for p in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$p" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "Argus needs Python 3.11 or later; set PYTHON=/path/to/python3" >&2
    return 1
}

if [ -x .venv/bin/python ]; then python=$PWD/.venv/bin/python; else python=$(find_python); fi
tools/system.sh "$python" "$level"

if [ ! -x .venv/bin/python ]; then
    echo "Making the virtual environment .venv with $("$python" -V)"
    rm -rf .venv
    "$python" -m venv .venv
    python=$PWD/.venv/bin/python
fi

# ---- Python packages: the same set again costs nothing until pyproject.toml changes ----
stamp=.venv/.argus-$level
wanted=$(cat pyproject.toml tools/requirements.py | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing the Python packages of: $extras"
    "$python" tools/requirements.py "$extras" >.venv/requirements.txt
    "$python" -m pip install --quiet --disable-pip-version-check -r .venv/requirements.txt
    echo "$wanted" >"$stamp"
fi
[ "$level" = lint ] && exit 0

# ---- native files ----
stamp=build/native-stamp
mkdir -p build
wanted=$({
    echo "${ARGUS_DEBUG:-0} $("$python" -c 'import sys; print(sys.version, sys.prefix)')"
    cat setup.py
    find cbridge include -type f ! -name '*.so' ! -name '*.o' ! -name '_core.c*' ! -name '_core.h' ! -name trampolines.h \
        -print0 | sort -z | xargs -0 sha256sum
} | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || ! ls argus_odbc/libargus_odbc.* argus_odbc/_core.* >/dev/null 2>&1; then
    echo "Building libargus_odbc and _core$([ "${ARGUS_DEBUG:-0}" = 1 ] && echo ' for debugging'); this takes a minute or two"
    rm -f "$stamp"
    if ! "$python" setup.py -q build_ext --inplace --force >build/native.log 2>&1; then
        tail -n 60 build/native.log >&2
        echo "The build failed; the whole output is in build/native.log" >&2
        exit 1
    fi
    echo "$wanted" >"$stamp"
fi

# ---- the package itself, so that `argus-odbc` is a command and every Python of the environment finds it ----
stamp=.venv/.argus-installed
wanted=$(cat pyproject.toml setup.py | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >build/install.log 2>&1 || {
        tail -n 40 build/install.log >&2
        exit 1
    }
    echo "$wanted" >"$stamp"
fi
