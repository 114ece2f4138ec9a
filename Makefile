# make demo            the whole platform on this machine: PORT=8080 DATA=./var/demo
# make test            sets up what the tests need, and runs them
# make proofs          the slower proofs
# make bench           measures, and writes bench/RESULTS.md

PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8080
DATA   ?= ./var/demo

export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test proofs bench servers constraints clean

demo: $(VENV)/.demo
	@exec $(VENV)/bin/siaga-demo --port $(PORT) --data $(DATA)

test: $(VENV)/.dev servers
	$(VENV)/bin/pytest -n 2 --dist loadfile -m "not proof"

proofs: $(VENV)/.dev servers
	$(VENV)/bin/pytest -m proof --timeout 1800

bench: $(VENV)/.dev servers
	$(VENV)/bin/python -m bench

servers:
	@deploy/install-test-servers

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Siaga needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made; on Debian: apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.demo: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing Siaga into $(VENV) (once; about a minute) …"
	@$(VENV)/bin/python -m pip install -qq --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.demo
	@echo "Installing what the tests need into $(VENV) …"
	@$(VENV)/bin/python -m pip install -qq --editable '.[dev]'
	@touch $@

constraints: $(VENV)/.dev  ## take newer versions of everything; run the tests after it
	$(VENV)/bin/python -m pip install --quiet uv
	env -u PIP_CONSTRAINT $(VENV)/bin/uv pip compile pyproject.toml deploy/build-requirements.txt --all-extras --universal \
	  --python-version 3.11 --no-header --no-annotate --upgrade --output-file constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
