# The commands everybody has. `make demo` and `make test` need Python 3.11+ and make, nothing else.
SHELL := /bin/bash
export UV_PYTHON_DOWNLOADS := never
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
PLUGINS := $(wildcard plugins/*)
PORT ?= 8000
JOBS ?= auto

.PHONY: help demo test setup lock texts format lint types e2e node check bench screenshots clean

help:  ## this list
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup  ## an embassy with invented people on http://127.0.0.1:8000; PORT=N for another port
	$(BIN)/pe demo --port $(PORT)

test: setup  ## the whole test suite on all cores; neither browser nor node; JOBS=1 for one
	$(BIN)/pytest -n $(JOBS) -m "not e2e"

setup: .setup

.setup: requirements.txt pyproject.toml $(wildcard plugins/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit("pe_core needs Python 3.11 or newer; try: make PYTHON=python3.11 " + "setup") if sys.version_info < (3, 11) else None'
	test -x $(UV) || ($(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet uv==0.13.9)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync --quiet --python .venv --require-hashes --compile-bytecode requirements.txt
	$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation -e . $(addprefix -e ,$(PLUGINS))
	@touch .setup

.proofs: .setup requirements-proofs.txt
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-proofs
	$(UV) pip sync --quiet --python .venv-proofs --require-hashes --compile-bytecode requirements-proofs.txt
	$(UV) pip install --quiet --python .venv-proofs --no-deps --no-build-isolation -e . $(addprefix -e ,$(PLUGINS))
	@touch .proofs

lock: ## make both requirements files anew from the pyproject files
	test -x $(UV) || ($(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet uv==0.13.9)
	$(UV) lock
	$(UV) export --quiet --all-packages --all-groups --no-group proofs --all-extras --no-emit-workspace --no-header --no-annotate -o requirements.txt
	$(UV) export --quiet --all-packages --all-groups --all-extras --no-emit-workspace --no-header --no-annotate -o requirements-proofs.txt

format: setup  ## write the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup  ## style and lint, nothing is changed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup  ## mypy strict on src/ and plugins
	$(BIN)/mypy

clean:  ## forget the environments
	rm -rf .uv .venv .venv-proofs .setup .proofs node_modules

texts: setup  ## make the right-to-left test catalogue anew from the English texts
	$(BIN)/python -m pe_core.toolkit.mirror src/pe_core/locales/en.po plugins/zz/src/pe_embassy_zz/locales/en.po plugins/zz/src/pe_embassy_zz/locales/he.po

browser:
	@command -v chromium >/dev/null || { echo "chromium is missing; try: apt-get install chromium"; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is missing; try: apt-get install nodejs npm"; exit 1; }

node: browser node_modules/.stamp  ## the accessibility and HTML rules (axe-core, html-validate) for the browser tests

node_modules/.stamp: package.json package-lock.json
	npm ci --silent
	@touch $@

e2e: setup node  ## the journeys, in a real browser without scripts
	$(BIN)/pytest -m e2e

check: browser lint types test e2e  ## everything that CI runs; fails if a tool is missing

screenshots: setup browser  ## pictures of all pages in screenshots/; README=1 renews docs/screenshot.png
	$(BIN)/pytest -m e2e tests/e2e/screenshots.py $(if $(README),--readme)

.PHONY: browser

bench: setup  ## what the portal costs against the least it could cost; writes bench.json; SHORT=1 for two minutes
	$(BIN)/python -m tests.bench $(if $(SHORT),--short)
