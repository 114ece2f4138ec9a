# make help lists what there is.

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8080
DATA   ?= ./var/demo
STORE  ?=
GRAFANA ?=
TOKEN_FILE ?=
STORY  ?=
ROOM   ?=
COVERAGE ?=
ARCH   ?=

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# the tests start hundreds of processes, each of which would compile all of Siaga anew
unexport PYTHONDONTWRITEBYTECODE

BIN    := $(VENV)/bin
# four at once on two cores: tests of whole processes wait more than they work; in the order of their folders, for what
# has few tests and takes long would come last, and alone
WAITING := $(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder
PYTEST := $(BIN)/pytest -n 2 --dist loadfile $(if $(COVERAGE),--cov --cov-report=)
COVERED := $(if $(COVERAGE),$(BIN)/python -m tests.coverage_by_room,true)

.DEFAULT_GOAL := help
# what installs waits for the network, for the disk and for the core in turn: two at once take half as long
MAKEFLAGS += --jobs=2
.PHONY: help demo fmt lint types walls unit integration property end-to-end check test proofs bench docs pictures build wheelhouse \
        servers five-cases constraints clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo  ## the whole platform on this machine: PORT=8080 DATA=./var/demo STORY=flood GRAFANA=http://…
	@exec $(BIN)/siaga-demo --port $(PORT) --data $(DATA) $(if $(STORY),--story $(STORY)) $(if $(STORE),--store $(STORE)) \
	  $(if $(GRAFANA),--grafana $(GRAFANA)) $(if $(TOKEN_FILE),--grafana-token-file $(TOKEN_FILE))

fmt: $(VENV)/.dev  ## put the code into its form, and mend what ruff can mend
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lint: $(VENV)/.dev  ## the style, and the form that `make fmt` gives
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## the types
	$(BIN)/mypy

walls: $(VENV)/.dev  ## which room may import which
	$(BIN)/lint-imports

unit: $(VENV)/.dev  ## the unit tests, or those of one room: ROOM=alarms; with COVERAGE=yes what they cover, by room
	@where=$$($(BIN)/python -m tests.rooms unit $(ROOM)) && $(PYTEST) -m "not integration and not proof" $$where
	@$(COVERED)

integration: $(VENV)/.dev servers  ## what needs PostgreSQL, sockets, real servers or kills, or that of one room: ROOM=alarms
	@where=$$($(BIN)/python -m tests.rooms integration $(ROOM)) && \
	  { $(PYTEST) -m "integration and not proof" $$where || test $$? -eq 5; }  # 5: the room has none

property: $(VENV)/.dev  ## the laws that hold for any input
	$(PYTEST) -m "not proof" tests/property

end-to-end: $(VENV)/.dev servers  ## real processes and servers, killed while they work
	$(PYTEST) -m "not proof" tests/end_to_end

check: lint types walls unit  ## before each commit: style, types, walls and the unit tests

test: $(VENV)/.dev servers  ## everything but the proofs: sets up what the tests need, and runs them
	$(PYTEST) -m "not proof" tests/unit
	@$(COVERED)
	$(WAITING) -m "not proof" --ignore tests/unit

proofs: $(VENV)/.dev servers  ## the slower proofs
	@deploy/install-test-servers proofs
	$(BIN)/pytest -m proof --timeout 1800

bench: $(VENV)/.dev servers  ## measures, alone on the machine, and writes bench/RESULTS.md
	$(BIN)/python -m bench

docs: $(VENV)/.dev  ## the documents as a site in build/docs, and open it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "build/docs/index.html"
	@test ! -t 1 || $(BIN)/python -m webbrowser "file://$(CURDIR)/build/docs/index.html" >/dev/null 2>&1 || true

pictures: $(VENV)/.dev  ## the README's pictures, of the real demo: needs Chromium, and Grafana for the wall (GRAFANA=…)
	$(BIN)/python docs/pictures/take.py $(if $(GRAFANA),--grafana $(GRAFANA))

build: $(VENV)/.dev  ## the wheel, in build/dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/dist .

wheelhouse: $(VENV)/.dev  ## all for an offline installation of a gateway, in build/wheelhouse: ARCH=aarch64 (armv7l, x86_64)
	@$(BIN)/python deploy/wheelhouse/make $(ARCH)

servers:  ## install the servers that the tests run against: as root on Debian; and Grafana's own code where there is npm
	@deploy/install-test-servers
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory tests/grafana/node_modules/.package-lock.json

tests/grafana/node_modules/.package-lock.json: tests/grafana/package-lock.json
	@echo "Installing Grafana's own code for the tests into tests/grafana/node_modules (once; about a minute, 180 MB) …"
	@cd tests/grafana && npm ci --ignore-scripts --silent

five-cases: tests/grafana/node_modules/.package-lock.json  ## what every panel shows in good, bad, empty, old, dead and quiet, as a table
	@node tests/grafana/five_cases.mjs --table dashboards/generated/en/*.json 2>/dev/null

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Siaga needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made; on Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing Siaga into $(VENV) (once; about a minute) …"
	@$(BIN)/python -m pip install -qq --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt  # all that the demo needs, and more: one installation for both
	@echo "Installing Siaga and what its tests need into $(VENV) (once; about two minutes) …"
	@$(BIN)/python -m pip install -qq --editable '.[dev]'
	@touch $(VENV)/.demo $@

constraints: $(VENV)/.dev  ## take newer versions of everything; run the tests after it
	$(BIN)/python -m pip install --quiet uv
	env -u PIP_CONSTRAINT $(BIN)/uv pip compile pyproject.toml deploy/build-requirements.txt --all-extras --universal \
	  --python-version 3.11 --no-header --no-annotate --upgrade --output-file constraints.txt

clean:  ## remove the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
