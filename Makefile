# Syndicator. A machine with Python 3.11+ and make needs nothing else: every target makes what it stands on.
# Type `make help`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# In the order of tests/support/in_parallel.py, which keeps together what shares a slow start.
IN_PARALLEL := -n auto --no-loadscope-reorder
SOURCES := schemas adapters syndicator workers tests
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# A stamp is written last, so an install that was cut short is taken up again by the next make.
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ See it run

.PHONY: demo
demo: $(RUNTIME) ## Publish the sample products on four simulated channels (first run: installs, makes photos)
	$(BIN)/syndicator demo

.PHONY: up
up: $(RUNTIME) ## Start everything here and keep it running until Ctrl-C (simulated channels unless told: up --live)
	$(BIN)/syndicator up

##@ Prove it works

.PHONY: test
test: $(DEV) ## Run every test, on all cores; nothing leaves this machine
	$(BIN)/pytest $(IN_PARALLEL) --durations=15

.PHONY: unit
unit: $(DEV) ## Run the quick tests: no PostgreSQL, no Redis, no worker
	$(BIN)/pytest $(IN_PARALLEL) tests/unit tests/property tests/contract tests/docs

.PHONY: check
check: lint types test ## What CI runs, word for word: lint, formatting, types, layers, every test

.PHONY: bench
bench: $(DEV) ## Measure pictures and the whole chain against their baselines; writes var/bench/results.json
	$(BIN)/python -m tests.bench

.PHONY: chaos
chaos: $(DEV) ## Prove delivery by force: kills, faults, lost answers (long; CHAOS="--short" for a few minutes)
	$(BIN)/python -m tests.chaos --also-unverified $(CHAOS)

##@ While working on it

.PHONY: setup
setup: $(DEV) ## Install everything a developer needs, the commit hooks too
	@if [ -e .git ]; then $(BIN)/pre-commit install --install-hooks >/dev/null && echo "commit hooks installed"; fi

.PHONY: fmt
fmt: $(DEV) ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lint
lint: $(DEV) ## Lint, check the formatting and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

.PHONY: types
types: $(DEV) ## Check the types, strictly
	$(BIN)/mypy

.PHONY: docs
docs: $(DEV) ## Write the generated parts of the documentation again (settings, table of channels)
	$(BIN)/python -m tests.docs.generated

.PHONY: lock
lock: $(DEV) ## Resolve the dependencies again, with hashes and without any index address (needs a network)
	$(BIN)/uv pip compile pyproject.toml --group build $(LOCK_OPTIONS) --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra testing --group build --group dev \
		--constraint requirements.lock $(LOCK_OPTIONS) --output-file requirements-dev.lock
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

.PHONY: audit
audit: $(DEV) ## Ask the public advisories about the pinned packages (needs a network)
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock

.PHONY: clean
clean: ## Remove the virtual environment and the tools' caches; data under var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage dist build
	find $(SOURCES) -type d -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo

# --- the virtual environment -------------------------------------------------------------------------------------

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no '$(PYTHON)' on this machine. Install Python 3.11 or newer, or name one: make PYTHON=python3.12"; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Syndicator needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version). Name another: make PYTHON=python3.12"; \
		exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { \
		rm -rf $(VENV); \
		echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu install the package python3-venv."; \
		exit 1; }

# A lock names every package, so none is resolved again: older pips look for the newest release of a package that is asked
# for with an extra, and then refuse it because the lock has no hash of it.
# The project itself is installed in place, by build tools that the lock pins: no package is asked for at build time.
define install
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo "Installing $(1) (once; takes a few minutes on a slow line) ..."
	@$(PIP_INSTALL) --no-deps --require-hashes --requirement $(1)
	@$(BIN)/python -m pip check --quiet --disable-pip-version-check
	@$(PIP_INSTALL) --no-build-isolation --no-deps --no-index --editable .
endef

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)
	@touch $@

$(DEV): requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.lock)
	@touch $(RUNTIME) $@
