# The two commands of a stranger are `make run` and `make test`; `make check` is what CI asks before it looks at tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
NODE := $(PY) -m tests.node
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder

export TENANTRY_HOST ?= 127.0.0.1
export TENANTRY_PORT ?= 8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# A server starts in two thirds of the time when its bytecode is kept.
export PYTHONDONTWRITEBYTECODE :=

PIP_LOCKED := $(PY) -m pip install --quiet --require-hashes
PIP_PROJECT := $(PY) -m pip install --quiet --no-deps --no-build-isolation --no-index --editable .
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --quiet --group build

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint types imports house docs schema schema-check schema-accept-break bench coverage \
	isolation-report lock format clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1 - /p' Makefile

# --- environments, each made once per lock file -------------------------------------------------------------------

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tenantry needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/.made
	$(PIP_LOCKED) -r requirements/runtime.txt
	$(PIP_PROJECT)
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.made
	$(PIP_LOCKED) -r requirements/dev.txt
	$(PIP_PROJECT)
	@touch $@

%/node_modules/.made: %/package-lock.json %/package.json | $(VENV)/.dev
	$(NODE) npm ci --prefix $* --no-audit --no-fund --loglevel=error
	@touch $@

# --- running ------------------------------------------------------------------------------------------------------

run: $(VENV)/.runtime ## migrate, load the demo when empty, serve (TENANTRY_HOST, TENANTRY_PORT, DATABASE_URL)
	@mkdir -p data
	$(BIN)/tenantry migrate
	$(BIN)/tenantry demo --if-empty
	exec $(BIN)/tenantry serve

# --- proving ------------------------------------------------------------------------------------------------------

test: $(VENV)/.dev tests/http_audit/node_modules/.made ## everything, on SQLite and on a real PostgreSQL
	$(PY) -m pytest $(PYTEST_ARGS)

check: lint types imports house schema-check ## style, types, imports, house rules, the contract

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy --strict

imports: $(VENV)/.dev
	$(BIN)/lint-imports

house: $(VENV)/.dev
	$(PY) -m tests.house

schema-check: $(VENV)/.dev
	@mkdir -p build
	$(BIN)/tenantry export-schema > build/schema.graphql
	$(PY) -m tests.house.contract check build/schema.graphql

schema: $(VENV)/.dev ## write schema.graphql and, when nothing breaks, the contract that partners hold
	@mkdir -p build
	$(BIN)/tenantry export-schema > build/schema.graphql
	$(PY) -m tests.house.contract write build/schema.graphql

schema-accept-break: $(VENV)/.dev ## the same when a break is meant: the commit must say why
	@mkdir -p build
	$(BIN)/tenantry export-schema > build/schema.graphql
	$(PY) -m tests.house.contract accept build/schema.graphql

docs: $(VENV)/.dev ## the guide's tables anew, from the code
	$(PY) -m tests.docs

isolation-report: $(VENV)/.dev ## what the isolation matrix tried, as Markdown
	@mkdir -p build
	$(PY) -m tests.isolation.report build/isolation-report.md
	@echo "build/isolation-report.md"

coverage: $(VENV)/.dev tests/http_audit/node_modules/.made ## branch coverage of one run in one process
	$(BIN)/coverage run -m pytest -p no:xdist
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(VENV)/.dev $(patsubst %/package.json,%/node_modules/.made,$(wildcard bench/package.json bench/*/package.json)) ## the bars of the design, with their peers
	$(PY) -m bench

# --- keeping ------------------------------------------------------------------------------------------------------

lock: $(VENV)/.made ## new hashed locks from pyproject.toml (UPGRADE=--upgrade to move versions)
	@test -x $(BIN)/uv || $(PIP_LOCKED) -r requirements/dev.txt
	$(LOCK) $(UPGRADE) -o requirements/runtime.txt
	$(LOCK) $(UPGRADE) --group dev -c requirements/runtime.txt -o requirements/dev.txt

format: $(VENV)/.dev ## put every file into the house's form
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

clean: ## forget environments and caches, keep data/
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name node_modules -prune -exec rm -rf {} +
