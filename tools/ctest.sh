#!/usr/bin/env bash
# Builds the two native files without pip, by CMake's release preset, and runs the C tests.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"
cmake --preset release >/dev/null
cmake --build --preset release
ctest --preset release --output-on-failure
