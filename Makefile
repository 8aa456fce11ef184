# The commands everybody has. `make demo` and `make test` need Python 3.11+ and make, nothing else.
SHELL := /bin/bash
export UV_PYTHON_DOWNLOADS := never
PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
PLUGINS := $(wildcard plugins/*)
PORT ?= 8000
JOBS ?= auto
REACHED := urlencoded-body multipart-body content-type cookie-header form-token other-headers accept-language \
  receipt envelope kind jpeg png pdf raw-answers settings catalogue front-matter guide-body packet signed-headers
LOOKS := tests/e2e/test_accessibility.py tests/e2e/test_pages_are_plain.py

.PHONY: help demo test setup lock texts docs format lint types e2e node check bench screenshots clean
.PHONY: browser looks journeys plugins coverage numbers crash world fuzz mutate long audit wheels supply load short

help:  ## this list
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup  ## an embassy with invented people on http://127.0.0.1:8000; PORT=N for another port
	$(BIN)/pe demo --port $(PORT)

test: setup  ## the whole test suite on all cores; neither browser nor node; JOBS=1 for one
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not e2e"

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

lock: ## make the three requirements files anew from the pyproject files
	test -x $(UV) || ($(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet uv==0.13.9)
	$(UV) lock
	$(UV) export --quiet --all-packages --all-groups --no-group proofs --all-extras --no-emit-workspace --no-header --no-annotate -o requirements.txt
	$(UV) export --quiet --all-packages --all-groups --all-extras --no-emit-workspace --no-header --no-annotate -o requirements-proofs.txt
	$(UV) export --quiet --all-packages --no-default-groups --no-emit-workspace --no-header --no-annotate -o requirements-server.txt

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

texts: setup  ## give catalogues the keys they lack, say what has no words, make the right-to-left one
	$(BIN)/python -m pe_core.toolkit.catalogues core $(notdir $(PLUGINS))
	$(BIN)/python -m pe_core.toolkit.mirror src/pe_core/locales/en.po plugins/zz/src/pe_embassy_zz/locales/en.po plugins/zz/src/pe_embassy_zz/locales/he.po plugins/zz/src/pe_embassy_zz

docs: setup  ## make what the pages take from the code anew: hooks, settings, errors, the tutorial, the quality scale
	$(BIN)/python -m pe_core.toolkit.quality > docs/quality.md
	$(BIN)/python -m pe_core.toolkit.documenting

browser:
	@command -v chromium >/dev/null || { echo "chromium is missing; try: apt-get install chromium"; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is missing; try: apt-get install nodejs npm"; exit 1; }

node: browser node_modules/.stamp  ## what the tests in tests/e2e are held against: axe-core, html-validate, second implementations

node_modules/.stamp: package.json package-lock.json
	npm ci --silent
	@touch $@

e2e: setup node  ## the journeys in a real browser without scripts, and every page under axe
	$(BIN)/pytest -m e2e

looks: setup node  ## of these, every page looked at: axe, valid HTML, zoom, focus, contrast
	$(BIN)/pytest -m e2e $(LOOKS)

journeys: setup node  ## of these, the journeys, and the pages of every country
	$(BIN)/pytest -m e2e tests/e2e $(addprefix --ignore=,$(LOOKS))

check: browser lint types coverage numbers  ## everything that CI runs; fails if a tool is missing
	$(MAKE) --jobs 2 --output-sync=target looks journeys short

short: supply  ## the short forms of the proofs that take long; of the parsers those that strangers reach
	$(MAKE) fuzz SECONDS=1 SEED=1 TARGETS="$(REACHED)"
	$(MAKE) world PROCESSES=4 SECONDS=60 SEED=1

screenshots: setup browser  ## pictures of all pages in screenshots/; README=1 renews docs/screenshot.png
	$(BIN)/pytest -m e2e tests/e2e/screenshots.py $(if $(README),--readme)

bench: setup  ## what the portal costs against the least it could cost; writes bench.json; SHORT=1 or LONG=1
	$(BIN)/python -m tests.bench $(if $(SHORT),--short) $(if $(LONG),--long)

load: setup  ## ten minutes of a bad day: visitors, requests, returns and twenty coordinators at once
	$(BIN)/python -m tests.bench mixed

plugins: setup  ## whether each plugin keeps what its quality.toml promises; asks all rules
	$(BIN)/pe plugin check

coverage: setup  ## the test suite with what it runs through, processes of `pe` too, into coverage.json
	rm -f .coverage.*
	$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal -m "not e2e"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage json --quiet -o coverage.json

numbers:  ## the numbers of the proofs, held against README; after `make coverage`
	$(BIN)/python -m tests.tally --check

crash: setup  ## kill the process 200 times under load and look what is left; ROUNDS=20, SEED=7
	$(BIN)/python -m tests.crash --rounds $(or $(ROUNDS),200) $(if $(SEED),--seed $(SEED))

world: setup  ## 24 embassies that write to each other while everything breaks; PROCESSES=4, SECONDS=15, SEED=7
	$(BIN)/python -m tests.world --processes $(or $(PROCESSES),24) --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

fuzz: .proofs  ## feed every parser of outside bytes for a minute each; SECONDS=5, SEED=7, TARGETS="envelope pdf"
	.venv-proofs/bin/python -m tests.fuzz $(TARGETS) --seconds $(or $(SECONDS),60) --seed $(or $(SEED),0)

mutate: .proofs  ## change the vault and the guards in every small way: does a test notice?
	nice -n 10 .venv-proofs/bin/python -m tests.mutation

long: setup  ## the tests that draw their own examples, for an hour instead of a minute
	PE_LONG=1 $(BIN)/pytest -n $(JOBS) tests/test_desk_stateful.py tests/test_openapi_schemathesis.py tests/test_faults_connections.py

audit: .proofs  ## known holes in what we depend on; needs the internet, and fails without
	.venv-proofs/bin/python -m tests.supply audit

wheels: .proofs  ## what a server installs, into dist/: built twice, same bytes; sums and bill of materials
	.venv-proofs/bin/python -m tests.supply wheels
	.venv-proofs/bin/python -m tests.supply sbom

supply: wheels  ## the wheels, the licences, and whether the audit would find what is planted
	.venv-proofs/bin/python -m tests.supply licences
	.venv-proofs/bin/python -m tests.supply planted
