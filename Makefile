# One line per task; the work is in tools/. `make demo` and `make test` set up everything that is missing.
PY := .venv/bin/python

.PHONY: demo build debug test quick bench lint format docs asan tsan ctest clean help

help:      ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 12
demo:      ## set up what is missing, then show the driver at work without any server
	@tools/setup.sh demo && tools/demo.sh
build:     ## both native files, optimised, into argus_odbc/
	@tools/setup.sh demo
debug:     ## the same with -O0, C assertions and bounds checks
	@ARGUS_DEBUG=1 tools/setup.sh demo
test:      ## set up what is missing, then every test, real servers included
	@tools/setup.sh test && $(PY) -m pytest
quick:     ## the tests that need no server and no other program
	@tools/setup.sh test && $(PY) -m pytest -q -m "not engine and not slow"
bench:     ## the figures of bench/README.md, each a ratio within one run
	@tools/setup.sh bench && $(PY) -m bench $(BENCH)
lint:      ## every linter and the format checks
	@tools/setup.sh lint && tools/lint.sh
format:    ## rewrite what the format checks complain about
	@tools/setup.sh lint && tools/lint.sh --fix
docs:      ## rewrite the pages that are made from the code: connecting.md, conformance.md
	@tools/setup.sh test && $(PY) tools/connecting.py && $(PY) tools/conformance.py
asan:      ## C surface and decoders under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup.sh test && tools/asan.sh
tsan:      ## what has several threads at work under ThreadSanitizer
	@tools/setup.sh test && tools/tsan.sh
ctest:     ## the two native files and the C tests with CMake alone
	@tools/setup.sh test && tools/ctest.sh
clean:     ## everything that was built; the virtual environment stays
	@tools/clean.sh
