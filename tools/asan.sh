#!/usr/bin/env bash
# Builds instrumented copies of both native files under build/asan and runs with them: the C tests, the conversions
# and decoders, and the C surface through ctypes.   tools/asan.sh [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
out=$PWD/build/asan
flags="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined"

stamp=build/asan-stamp
mkdir -p build
wanted=$({
    cat setup.py
    find cbridge include argus_odbc -type f ! -name '*.so' ! -name '*.o' ! -name '*.pyc' ! -name '_core.c*' ! -name '_core.h' \
        ! -name trampolines.h -print0 | sort -z | xargs -0 sha256sum
} | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Building both native files with AddressSanitizer and UndefinedBehaviorSanitizer"
    rm -rf "$out" "$stamp"
    if ! ARGUS_SANITIZE=address,undefined "$python" setup.py -q build --build-lib "$out" --build-temp build/asan-temp \
        >build/asan.log 2>&1 </dev/null; then
        tail -n 60 build/asan.log >&2
        exit 1
    fi
    echo "$wanted" >"$stamp"
fi

# The interpreter is not instrumented, so the run-time libraries come first into the process; libstdc++ with them, or
# the interceptor of C++ exceptions, which the engine throws, finds no original to call.
preload=
for library in libasan.so libubsan.so libstdc++.so.6; do preload+="$(gcc -print-file-name=$library) "; done
export ARGUS_DRIVER=$out/argus_odbc/libargus_odbc.so ARGUS_SANITIZED=1 PYTHONMALLOC=malloc
report=$PWD/build/asan-report
rm -f "$report".*
# No detect_stack_use_after_return: gcc 12 does not align the registers of AVX-512 in the stack that it makes for that, and
# stops where one is stored (gcc PR 110027).
export ASAN_OPTIONS=log_path=$report:detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0:allocator_may_return_null=1
export ARGUS_KERNEL_FLAGS=$flags
export UBSAN_OPTIONS=log_path=$report:halt_on_error=1:print_stacktrace=1
# The kernel tests' own module, built before the run-time libraries are in the way of the compiler.
"$python" -c 'import sys; sys.path.insert(0, "tests/kernel"); import build; build.build()'
[ $# -gt 0 ] || set -- tests/odbc tests/kernel -q -m "not engine and not slow"
# What the sanitizers say would be lost with the output that pytest holds back.
LD_PRELOAD="$preload" "$python" -m pytest -p no:cacheprovider "$@" || {
    status=$?
    cat "$report".* 2>/dev/null || echo "no sanitizer has written a report"
    exit $status
}
