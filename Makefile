# The verbs of the house. `make demo` and `make test` do all their own set-up in .venv.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint format bench-extract torture docs lock clean

help:            ## list these verbs
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## */	/' | expand -t 12

setup: $(STAMP)  ## build .venv from requirements.lock

# uv makes the set-up three times as fast; pip alone does as well when uv cannot be had. Compiled once here, as pip
# does too: where PYTHONDONTWRITEBYTECODE is set, every command would compile its libraries anew, for a second or two.
$(STAMP): requirements.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Parkwatch needs Python 3.11 or newer as $(PY); name another with: make PY=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PY) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 2; }
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) 2>/dev/null || true
	@{ [ -x $(BIN)/uv ] && export VIRTUAL_ENV=$(CURDIR)/$(VENV) && \
		$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock 2>/dev/null && \
		$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable . 2>/dev/null ; } || \
	{ $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . ; }
	@$(BIN)/python -m compileall -q crawler monitor reports storage tests
	@touch $@

demo: setup      ## the whole loop on bundled sample parks, with a mail server on loopback
	@$(BIN)/parkwatch demo

test: setup lint ## lint, types and the suite, in under five minutes on two cores
	@$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: setup ## the scenes that take longer: bad and hostile sites, backfills, the real command from start to end
	@$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder -m long

lint: setup      ## ruff and mypy
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check . && $(BIN)/mypy

format: setup    ## let ruff put the code in shape
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .

bench-extract: setup  ## what reading an article costs, beside a bare parse and a general extractor; STORE=FILE for your own pages
	@$(BIN)/python -m tests.benchmarks.extract $(STORE)

torture: setup  ## kill everything everywhere on both databases, and write what came of it into docs/reliability.md; KILLS=N at random
	@$(BIN)/python -m tests.torture $(KILLS)

docs: setup      ## write the settings table and the command list into docs/
	@$(BIN)/python -m monitor.reference

lock: setup      ## resolve pyproject.toml again into requirements.lock (hashes, no host names)
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip compile pyproject.toml --group dev --universal \
		--generate-hashes --no-header --no-annotate --upgrade -q -o requirements.lock
	@! grep -n '://' requirements.lock

clean:           ## remove .venv and the demo's folder
	@rm -rf $(VENV) .demo
