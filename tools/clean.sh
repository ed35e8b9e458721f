#!/usr/bin/env bash
# Removes everything that a build or a test made; the virtual environment stays (rm -rf .venv to lose it too).
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf build dist demo .pytest_cache .ruff_cache ./*.egg-info bench/results
rm -f argus_odbc/*.so argus_odbc/*.so.* cbridge/_core.c cbridge/_core.h cbridge/trampolines.h .venv/.argus-installed
find argus_odbc tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
