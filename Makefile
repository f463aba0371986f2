# Airhook: `make help` lists the commands.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 4  # processes of the tests: they wait more than they compute
RUN_STAMP := $(VENV)/.run-stamp
DEV_STAMP := $(VENV)/.dev-stamp
ASSETS := src/airhook/console/static/vendor/.stamp
TRY_ASSETS := $(MAKE) --no-print-directory --silent assets || echo "Going on: the console has its plain look."

.PHONY: help install assets demo test soak lint format bench catalogues screenshots requirements clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-13s %s\n", $$1, $$2}'

install: $(RUN_STAMP) ## make .venv with the airhook command in it
	@$(TRY_ASSETS)
	@echo "The command is $(BIN)/airhook."

assets: $(ASSETS) ## fetch what the console's pages load in a browser

demo: $(RUN_STAMP) ## push a real stream and watch its signed callbacks arrive
	@$(TRY_ASSETS)
	@$(BIN)/airhook demo

test: export PYTHONDONTWRITEBYTECODE =  # what was compiled once is started hundreds of times
test: $(DEV_STAMP) $(ASSETS) ## run every test but the long ones
	@$(BIN)/python tests/system_packages.py
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

bench: $(RUN_STAMP) ## measure throughput, latency, accepts and isolation in small sizes, under three minutes
	@$(BIN)/airhook bench throughput --runs 3 --seconds 3
	@$(BIN)/airhook bench latency --runs 3 --seconds 4
	@$(BIN)/airhook bench accept --runs 3 --seconds 2
	@$(BIN)/airhook bench isolation --runs 2 --seconds 5

soak: $(DEV_STAMP) ## run the long tests: kills, full disks, ten minutes of load (as root)
	@$(BIN)/python -m pytest -s $(ARGS) tests/soak

lint: $(DEV_STAMP) ## check style, types and the direction of imports
	@$(BIN)/ruff check src tests assets
	@$(BIN)/ruff format --check src tests assets
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV_STAMP) ## put the code into its format
	@$(BIN)/ruff check --fix src tests assets
	@$(BIN)/ruff format src tests assets

catalogues: $(DEV_STAMP) ## bring the console's translations into step with what it says
	@PYTHONPATH=tests $(BIN)/python -m support.catalogues

screenshots: $(DEV_STAMP) $(ASSETS) ## renew the pictures of docs/console.md
	@PYTHONPATH=tests $(BIN)/python -m support.screenshots

requirements: $(DEV_STAMP) ## pin the newest allowed versions, with hashes and without any index address
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade pyproject.toml --output-file requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade --group build --output-file requirements-build.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade --group tccli --output-file requirements-tccli.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--upgrade --constraint requirements.txt --group dev --all-extras pyproject.toml --output-file requirements-dev.txt

clean: ## remove what the other commands made
	@rm -rf $(VENV) $(dir $(ASSETS)) tests/support/vendor .cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Airhook needs Python 3.11 or later: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Python lacks its venv module: install it (Debian and Ubuntu: apt-get install python3-venv)"; exit 1; }
	@echo "Making the virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	@echo "Installing the packages for tests ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(ASSETS): assets/build.py assets/icons.txt assets/package.json assets/package-lock.json | $(RUN_STAMP)
	@echo "Fetching the console's assets ..."
	@$(BIN)/python assets/build.py
