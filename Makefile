# From nothing on Debian with Python 3.11: `make demo` needs Python and a package index, `make test` also the Debian
# packages of deploy/debian-packages.txt, which root installs and anybody else is told about.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

HOST ?= 127.0.0.1
PORT ?= 8000
DEMO ?=
# What to test and how: make test PYTEST=tests/cards.
PYTEST ?= -n 2 --dist loadscope
PYTHON ?= $(firstword $(shell command -v python3.11 python3 2>/dev/null))
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
SYSTEM := $(VENV)/.system
BENCH := .bench/.installed

# uv takes 3 seconds for what pip takes 20 for, but doesn't read pip's configuration: hand the mirror on to it.
define install
	index=$$($(BIN)/python -m pip config get global.index-url 2>/dev/null || true); \
	[ -z "$$index" ] || export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; \
	{ [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python -r $(1); } \
		|| $(BIN)/python -m pip install --quiet -r $(1)
endef

.PHONY: help demo test test-sqlite test-postgres lint format bench reset
help:
	@echo 'make demo     build the demonstration city and serve it on http://$(HOST):$(PORT)/ (HOST=0.0.0.0 for a phone)'
	@echo 'make test     checks, then all tests on SQLite and again on PostgreSQL where they use one'
	@echo 'make lint     the checks alone'
	@echo 'make format   lay the code out'
	@echo 'make bench    plaques a second, beside others that draw the same plaque'
	@echo 'make reset    back to a clean demo: removes var/'

# make is told to the program as its parent: killed with -9, make takes it along (docs/running.md). exec, so that
# the program is its child without a shell between them.
demo: $(RUNTIME)
	@export SITE_URL="$${SITE_URL:-http://$$($(BIN)/python -m common.address $(HOST)):$(PORT)}"; \
	EXIT_WITH_PARENT=$$PPID exec $(BIN)/python manage.py demo --host $(HOST) --port $(PORT) $(DEMO)

test: lint test-sqlite test-postgres

test-sqlite: $(DEVELOPMENT) $(SYSTEM)
	TEST_DATABASE=sqlite $(BIN)/python -m pytest $(PYTEST)

test-postgres: $(DEVELOPMENT) $(SYSTEM)
	TEST_DATABASE=postgres $(BIN)/python -m pytest $(PYTEST)

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/djlint --lint --quiet templates

format: $(DEVELOPMENT)
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

# Two minutes. The others live in a folder of their own: no part of the product, nor of its tests.
bench: $(RUNTIME) $(BENCH)
	$(BIN)/python bench/plaques.py

reset:
	rm -rf var

# --- Installed once ----------------------------------------------------------------------------------------------
$(BIN)/python:
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'Python 3.11 or newer is missing: apt-get install python3 python3-venv' >&2; exit 1; }
	@if ! $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-venv; \
		else echo 'The venv module of Python is missing: apt-get install python3-venv' >&2; exit 1; fi; fi
	@rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv==0.13.9 \
		|| echo 'uv could not be had; pip installs instead.'

$(RUNTIME): requirements.txt | $(BIN)/python
	@echo 'Installing what the product runs on…'
	@$(call install,requirements.txt)
	@touch $@

$(DEVELOPMENT): requirements.txt requirements-dev.txt | $(BIN)/python
	@echo 'Installing what the checks and tests need…'
	@$(call install,requirements-dev.txt)
	@touch $(RUNTIME) $@

$(SYSTEM): deploy/debian-packages.txt deploy/install-packages.sh | $(BIN)/python
	@deploy/install-packages.sh deploy/debian-packages.txt
	@touch $@

$(BENCH): bench/requirements.txt bench/debian-packages.txt | $(BIN)/python
	@deploy/install-packages.sh bench/debian-packages.txt
	@echo 'Installing what the comparison needs…'
	@rm -rf .bench && $(PYTHON) -m venv .bench
	@.bench/bin/python -m pip install -qq --disable-pip-version-check -r bench/requirements.txt
	@touch $@
