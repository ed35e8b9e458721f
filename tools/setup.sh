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

# ---- both native files, and `argus-odbc` as a command of the environment ----
fingerprint() { cat "$@" | sha256sum; }
mkdir -p build
install=$(fingerprint pyproject.toml setup.py)
native=$({
    echo "${ARGUS_DEBUG:-0} $("$python" -c 'import sys; print(sys.version, sys.prefix)')"
    cat setup.py
    find cbridge include -type f ! -name '*.so' ! -name '*.o' ! -name '_core.c*' ! -name '_core.h' ! -name trampolines.h \
        ! -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum
} | sha256sum)
built() { ls argus_odbc/libargus_odbc.* argus_odbc/_core.* >/dev/null 2>&1; }
run() { # run LOG COMMAND...: the command's output is shown only when it fails
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 60 "$log" >&2
        echo "$* failed; all of its output is in $log" >&2
        exit 1
    fi
}
say() { echo "Building libargus_odbc and _core$([ "${ARGUS_DEBUG:-0}" = 1 ] && echo ' for debugging'); this takes a minute or two"; }

if [ "$(cat .venv/.argus-installed 2>/dev/null)" != "$install" ] || ! built; then
    say
    rm -f build/native-stamp
    run build/install.log "$python" -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$install" >.venv/.argus-installed
    echo "$native" >build/native-stamp
elif [ "$(cat build/native-stamp 2>/dev/null)" != "$native" ]; then
    say
    rm -f build/native-stamp
    run build/native.log "$python" setup.py -q build_ext --inplace --force
    echo "$native" >build/native-stamp
fi

# ---- a client program without wheels ----
[ "$level" = test ] && tools/turbodbc.sh
exit 0
