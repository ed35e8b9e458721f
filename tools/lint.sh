#!/usr/bin/env bash
# Linters and format checks for Python, Cython and C; with --fix, formats instead of complaining.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
export PATH="$bin:$PATH" # cython-lint looks for pycodestyle there
fix=${1:-}
# Tracked files and new ones; nothing that is generated (generated files are ignored by git).
files() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do [ -f "$f" ] && echo "$f"; done; }
mapfile -t cython < <(files '*.pyx' '*.pxd' '*.pxi')
mapfile -t native < <(files '*.c' '*.cpp' '*.h')
mapfile -t shell < <(files '*.sh' .ci/run)
failed=0
check() { # check NAME COMMAND...
    local name=$1
    shift
    if "$@"; then echo "ok    $name"; else
        echo "FAIL  $name"
        failed=1
    fi
}
if [ "$fix" = --fix ]; then
    check "ruff format" $bin/ruff format -q .
    check "ruff check --fix" $bin/ruff check -q --fix .
    [ ${#native[@]} -eq 0 ] || check "clang-format" $bin/clang-format -i "${native[@]}"
else
    check "ruff format --check" $bin/ruff format --check -q .
    check "ruff check" $bin/ruff check -q .
    [ ${#native[@]} -eq 0 ] || check "clang-format --dry-run" $bin/clang-format --dry-run -Werror "${native[@]}"
fi
[ ${#cython[@]} -eq 0 ] || check "cython-lint" $bin/cython-lint "${cython[@]}"
for f in "${shell[@]}"; do bash -n "$f" || failed=1; done
exit $failed
