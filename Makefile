# Everything runs in .venv, which is made when it is first needed: a machine with Python, make and
# a package index is enough. `make PYTHON=python3.12 …` makes it with another Python.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest -n auto

# The models of other model checkers; without this folder dsmc is measured alone.
PEERS ?= ../shared/peers

# Stamps: what is installed in .venv.
MADE := $(VENV)/stamp-made
RUN := $(VENV)/stamp-run
DEV := $(VENV)/stamp-dev

.PHONY: help demo test check format golden bench bench-all bench-histories bench-postgres bench-lineage docs fuzz wheel clean

help:
	@echo "make demo     check a spec that a crash breaks; the picture is left in out/"
	@echo "make test     run every test and every model"
	@echo "make check    style, types, and who may import whom"
	@echo "make format   lay out the code in the one usual way"
	@echo "make golden   make counterexamples/ again"
	@echo "make docs     make the printed pages and the blocks of README.md again"
	@echo "make fuzz     compare the oracle, the reference and C on many random systems"
	@echo "make bench    measure speed and reductions, against programs by hand and other model checkers"
	@echo "make bench-all  the same in every size; bench/RESULTS.md is written anew (hours)"
	@echo "make bench-histories  how long recorded histories take: operations and transactions"
	@echo "make bench-lineage    how many runs it takes to find which faults break a protocol"
	@echo "make bench-postgres   the schedules of Hermitage on a real PostgreSQL, if one is installed"
	@echo "make wheel    build the package into dist/"
	@echo "make clean    remove all that the above made, but the pages and counterexamples"

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "dsmc needs Python 3.11 or later: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN): $(MADE) pyproject.toml
	$(INSTALL) --editable .
	@touch $@

$(DEV): $(MADE) pyproject.toml
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(RUN)

# A violated property is exit code 1; here it is what is shown.
demo: $(RUN)
	@$(BIN)/dsmc check specs/forgetful_commit.dsm --faults "restart Coordinator at most 1" \
	  --out out; test $$? -eq 1
	@echo "The picture of this run: out/forgetful_commit/agreement.svg"

test: $(DEV)
	$(PYTEST)

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	! grep -rnIE 'TODO|FIXME' dsmc tests bench specs models docs *.md

format: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/dsmc fmt specs models bench

golden: $(DEV)
	$(BIN)/python tests/golden.py

bench: $(DEV)
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.start
	$(BIN)/python -m bench.peers --kit $(PEERS) --limit 60 --output out/bench.md
	$(BIN)/python -m bench.reductions --kit $(PEERS) --limit 60 --output out/bench.md
	$(BIN)/python -m bench.liveness --kit $(PEERS) --limit 60 --output out/bench.md

bench-all: $(DEV)
	$(BIN)/python -m bench.peers --kit $(PEERS) --all --runs 2
	$(BIN)/python -m bench.reductions --kit $(PEERS) --all --runs 2
	$(BIN)/python -m bench.liveness --kit $(PEERS) --all --runs 2

bench-histories: $(DEV)
	$(BIN)/python -m bench.histories

bench-lineage: $(DEV)
	$(BIN)/python -m bench.lineage

bench-postgres: $(DEV)
	$(BIN)/python -m bench.postgres

docs: $(DEV)
	$(BIN)/python -m dsmc.reference
	$(BIN)/python tests/readme.py

fuzz: $(DEV)
	$(PYTEST) tests/test_agreement.py tests/test_c.py tests/test_smt.py tests/test_partial_order.py \
	  tests/test_staying.py -k random --hypothesis-profile=many
	$(PYTEST) tests/test_mutations.py --hypothesis-profile=many
	$(PYTEST) tests/test_lineage.py -k random --hypothesis-profile=many

wheel: $(DEV)
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) build dist out *.egg-info .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
