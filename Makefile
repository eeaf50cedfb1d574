# Every task is one word; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup setup-e2e run test test-all check format bench clean

help: ## list the tasks
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(STAMP) ## make the virtual environment (only when something changed)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Serve Python 3.11 o più recente (needs Python 3.11 or newer): make PYTHON=python3.11"; exit 4; }
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(STAMP)

run: setup ## start the hub with simulated partners, on loopback
	$(BIN)/patto demo

test: setup ## run the test suite
	$(BIN)/python -m pytest -n 2 -m 'not slow' $(ARGS)

test-all: setup ## run every test, the long ones too
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: setup ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## rewrite the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## print the figures of benchmarks/
	$(BIN)/python benchmarks/ingest.py $(ARGS)
	$(BIN)/python benchmarks/bulk_xml.py $(ARGS)
	$(BIN)/python benchmarks/feeds.py $(ARGS)

setup-e2e: ## install the browser that the page tests drive (Debian, as root)
	apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium

clean: ## remove what setup and runs made
	rm -rf $(VENV) var dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
