# Every command a developer needs. `make demo` and `make test` do all the set-up on a machine with Python 3.11.

.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

ifdef UV
  CREATE := uv venv --quiet --python python3 $(VENV)
  INSTALL := uv pip install --quiet --python $(BIN)/python -c constraints.txt
else
  CREATE := python3 -m venv $(VENV)
  # An environment that uv made has no pip; it may be found here after uv has gone.
  INSTALL := { $(BIN)/python -m pip --version || $(BIN)/python -m ensurepip; } >/dev/null 2>&1; \
    $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
endif

.PHONY: help demo test clients check fmt lint types notebooks bench ui clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

$(BIN)/python:
	test -x $(BIN)/python || $(CREATE)

$(VENV)/.staging: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) -e '.[staging]'
	touch $@

$(VENV)/.dev: $(BIN)/python pyproject.toml constraints.txt
	$(INSTALL) -e '.[dev]'
	touch $@ $(VENV)/.staging

demo: $(VENV)/.staging  ## Build a dataset, start a RAG service, evaluate two versions of it, compare them; offline
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash experiments/demo.sh

# Four processes on two cores: many tests wait for servers and browsers. What they write goes into memory where there is
# room for it: thousands of databases would wait for the disk.
IN_MEMORY = $(shell [ "$$(df --output=avail -k /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] 2>/dev/null && echo TMPDIR=/dev/shm)

test: $(VENV)/.dev  ## Run all tests but those of `make clients`
	$(IN_MEMORY) $(BIN)/python -m pytest -n 4 --dist worksteal -m 'not installs'

clients: $(VENV)/.dev  ## Install the wheel, and the clients that record traces, and read what they recorded
	$(BIN)/python -m pytest -m installs tests/clients tests/test_pytest_plugin.py

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types test  ## Format, lint, types, import layers, tests

fmt: $(VENV)/.dev  ## Format, and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

notebooks: $(VENV)/.dev  ## Run the notebooks, and keep their outputs
	$(BIN)/python tests/support/notebooks.py notebooks/*.ipynb

bench: $(VENV)/.dev  ## Measure: agreement with people, time against a floor
	$(BIN)/python bench/run.py

ui: $(VENV)/.staging  ## Open MLflow on the runs that were made here
	$(BIN)/rag-eval ui

clean:  ## Remove what was made here, but no run
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
