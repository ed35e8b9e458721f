#!/usr/bin/env bash
# Builds instrumented copies of both native files under build/tsan and runs with them, under ThreadSanitizer, what has
# several threads at work.   tools/tsan.sh [pytest arguments]
#
# Python is not instrumented; its GIL is a mutex and a condition of the system's, so ThreadSanitizer sees who hands it to
# whom. What stands in tools/tsan.supp it cannot see.
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
# A process that leaves with open results leaves their threads too. DuckDB's allocator locks more mutexes before a fork than
# the search for deadlocks counts.
export TSAN_OPTIONS=log_path=$report:suppressions=$PWD/tools/tsan.supp:exitcode=0:history_size=4:atexit_sleep_ms=50:die_after_fork=0:report_thread_leaks=0:detect_deadlocks=0
hosts=tests/embed/test_hosts.py
manager=tests/clients/test_concurrent_use.py
if [ $# -eq 0 ]; then
    set -- -q -m "not engine and not slow" tests/odbc/test_threads.py tests/odbc/test_async.py \
        tests/odbc/test_complete_async.py tests/odbc/test_trino_parts.py tests/odbc/test_received_texts.py \
        tests/odbc/test_lost_connections.py tests/odbc/test_hs2_pages.py::test_results_of_one_connection_take_turns \
        "$manager::test_cancel_from_another_thread[duckdb-0]" \
        "$manager::test_asynchronous_statement_is_cancelled[duckdb-0]" \
        "$manager::test_threads_share_a_connection[duckdb-0]" \
        "$hosts::test_host_task[threads-threads 200 of 200 right-booted here]" \
        "$hosts::test_host_task[fork-fork 0 of 50 children failed-booted here]" \
        "$hosts::test_exit_with_a_busy_thread_is_clean_every_time[booted here]" \
        "$hosts::test_boot_from_two_threads_with_and_without_the_gil"
fi
# Before gcc 14 its memory map is broken by addresses that are more random than these bits.
fixed=()
if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ]; then fixed=(setarch --addr-no-randomize); fi
status=0
LD_PRELOAD=$(gcc -print-file-name=libtsan.so) "${fixed[@]}" "$python" -m pytest -p no:cacheprovider "$@" || status=$?
# Processes that the tests start report too, so the reports decide and not their exit codes. A child that was forked only
# notes that it uses its parent's numbers of threads again.
if grep -qsE "WARNING|ERROR|CHECK failed" "$report".*; then
    cat "$report".*
    status=1
fi
exit $status
