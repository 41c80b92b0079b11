# Every command of the project. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
EVENTS ?= 300
SEED ?= 42
export PYTHONPATH := $(CURDIR)

PY := .venv/bin/python
# Two workers; the tests of one emulator are a group that one of them runs (tests/conftest.py).
SIDE_BY_SIDE := -n 2 --dist loadgroup --no-loadscope-reorder
# Long forms of what shorter tests prove, marked nightly, are left to `make test-all`.
WITHOUT_LONG_FORMS := -m "not nightly"
SLOWEST := --durations=25 --durations-min=1
# Prints what a command says only where it fails.
QUIETLY := quietly() { local said; said=$$("$$@" 2>&1) || { echo "$$said"; return 1; }; }; quietly
ENVIRONMENT = eval "$$($(PY) -m emulators env)" &&

.DEFAULT_GOAL := help
.PHONY: help setup demo up down status test test-all checks lint format unit integration golden e2e soak bench docs wheel lock conformance clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The virtual environment is complete when its marker is newer than the lock. Its modules are compiled here, because
# containers often set PYTHONDONTWRITEBYTECODE, and then every dbt command would compile 2,000 of them (3 s).
.venv/.complete: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: Python 3.11 or newer is needed: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "installing Python packages into .venv …"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@uv=$$(command -v uv) || { $(PY) -m pip install --quiet --disable-pip-version-check \
		--require-hashes \
		--requirement <(sed -n '/^uv==/,/[^\\]$$/p' requirements.lock) && uv=.venv/bin/uv; } && \
		$$uv pip sync --quiet --compile-bytecode --python $(PY) --require-hashes \
		--build-constraints requirements.lock requirements.lock
	@touch $@

setup: .venv/.complete ## Install everything: Python packages, Java, jars
	@$(PY) -m emulators prepare

demo: .venv/.complete ## Run the whole path once and print the result (EVENTS=300 SEED=42)
	@$(PY) -m emulators demo --events $(EVENTS) --seed $(SEED)

up: .venv/.complete ## Start the emulators
	@$(PY) -m emulators up

down: .venv/.complete ## Stop the emulators; their state stays under .local/
	@$(PY) -m emulators down

status: .venv/.complete ## Tell what is up and how to reach it
	@$(PY) -m emulators status

test: checks ## Run every check and test but the long forms, from nothing: about twenty minutes
	@$(PY) -m pytest -x $(SIDE_BY_SIDE) $(SLOWEST) $(WITHOUT_LONG_FORMS) tests/integration tests/e2e

test-all: checks ## Run every check and test, long forms too: up to an hour
	@$(PY) -m pytest $(SIDE_BY_SIDE) $(SLOWEST) tests/integration tests/e2e

# Side by side, as each of them keeps little more than one core busy.
checks: .venv/.complete
	@$(MAKE) --no-print-directory --jobs=2 lint setup unit

lint: .venv/.complete ## Check Python (ruff, mypy), SQL (sqlfluff), dbt's conventions, rooms and dependencies
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/sqlfluff lint --disable-progress-bar models snapshots analyses macros tests/dbt
	@$(PY) -m tools.dbt_conventions
	@$(PY) -m tools.rooms
	@$(QUIETLY) .venv/bin/lint-imports --no-cache --no-logo
	@$(QUIETLY) .venv/bin/deptry .
	@$(QUIETLY) .venv/bin/deptry . --exclude '\.venv|\.local' --ignore DEP002,DEP004

format: .venv/.complete ## Format Python and SQL in place
	@.venv/bin/ruff check --quiet --fix . && .venv/bin/ruff format --quiet .
	@.venv/bin/sqlfluff fix --disable-progress-bar models snapshots analyses macros tests/dbt

unit: .venv/.complete ## Run the tests that need no Spark and no broker
	@$(PY) -m pytest -x tests/unit

integration: setup ## Run the tests of each emulator and of ingestion
	@$(PY) -m pytest -x $(SIDE_BY_SIDE) $(WITHOUT_LONG_FORMS) tests/integration

golden: setup ## Write anew what dbt-databricks sends for each kind of node (tests/integration/warehouse/adapter/golden)
	@GOLDEN=1 $(PY) -m pytest -x tests/integration/warehouse/adapter/test_dbt.py

e2e: setup ## Run the tests of the whole path
	@$(PY) -m pytest -x $(SIDE_BY_SIDE) $(WITHOUT_LONG_FORMS) tests/e2e

# What has a long form reads SOAK.
soak: setup ## Run the long tests, about two hours (SOAK_MINUTES=30 SOAK_RATE=1000)
	@SOAK=1 WAREHOUSE_SIZE=large $(PY) -m pytest -s $$(grep -rl --include='test_*.py' '"SOAK"' tests) tests/soak

bench: setup ## Measure every speed claim against its bar, on an idle machine: about an hour
	@$(PY) -m benchmarks

docs: up ## Build the dbt docs and serve them on port 8080
	@$(ENVIRONMENT) dbt docs generate --quiet && dbt docs serve

conformance: setup ## Run the checks against a real workspace and namespace (see docs/operations.md)
	@CONFORMANCE=1 $(PY) -m pytest -m conformance tests/e2e

wheel: .venv/.complete ## Build the ingester for a job on Databricks (dist/*.whl)
	@.venv/bin/uv --quiet build --python $(PY) --no-build-isolation --wheel --out-dir dist && rm -rf build && ls dist/*.whl

lock: ## Resolve requirements.lock again from pyproject.toml
	@uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --all-extras \
		--no-emit-index-url --no-annotate --no-header pyproject.toml --output-file requirements.lock

clean: ## Stop the emulators and delete everything they and dbt left (.local, target, logs)
	@test ! -x $(PY) || $(PY) -m emulators down
	rm -rf .local target logs dist
