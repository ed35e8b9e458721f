#!/usr/bin/env bash
# Builds instrumented copies of both native files under build/tsan and runs with them what has more than one thread at
# work.   tools/tsan.sh [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
out=$PWD/build/tsan

stamp=build/tsan-stamp
mkdir -p build
wanted=$({
    cat setup.py
    find cbridge include argus_odbc -type f ! -name '*.so' ! -name '*.o' ! -name '*.pyc' ! -name '_core.c*' ! -name '_core.h' \
        ! -name trampolines.h -print0 | sort -z | xargs -0 sha256sum
} | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Building both native files with ThreadSanitizer"
    rm -rf "$out" "$stamp"
    if ! ARGUS_SANITIZE=thread "$python" setup.py -q build --build-lib "$out" --build-temp build/tsan-temp \
        >build/tsan.log 2>&1 </dev/null; then
        tail -n 60 build/tsan.log >&2
        exit 1
    fi
    echo "$wanted" >"$stamp"
fi

export ARGUS_DRIVER=$out/argus_odbc/libargus_odbc.so ARGUS_SANITIZED=1 PYTHONMALLOC=malloc
report=$PWD/build/tsan-report
rm -f "$report".*
export TSAN_OPTIONS=log_path=$report:exitcode=0:die_after_fork=0:history_size=4:detect_deadlocks=0:suppressions=$PWD/tools/tsan.supp
[ $# -gt 0 ] || set -- tests/odbc/test_async.py -q -m "not engine and not slow"
status=0
LD_PRELOAD=$(gcc -print-file-name=libtsan.so) "$python" -m pytest -p no:cacheprovider "$@" || status=$?
if compgen -G "$report.*" >/dev/null; then
    cat "$report".*
    status=1
fi
exit $status
