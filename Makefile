# One command to begin, a few to live. Everything is installed into .venv from the lock; nothing else is touched,
# except that `make test` as root on Debian installs the packages that tests need (scripts/test_packages.sh).
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: setup demo demo-full check docs example messages test torture bench lock clean
.DEFAULT_GOAL := setup

setup: $(STAMP)  ## a virtual environment with the locked dependencies

$(STAMP): requirements.lock pyproject.toml runtime/pyproject.toml
	@scripts/create_venv.sh "$(PYTHON)"
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e runtime
	@touch $@

demo: $(STAMP)  ## the neglected database, examined, treated and measured again
	$(BIN)/pgclinic demo $(ARGS)

demo-full: $(STAMP)  ## the reference application before and after, under the same load: how many users it bears
	$(BIN)/python scripts/demo_full.py $(ARGS)

check: $(STAMP)  ## what a reviewer would say before reading
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(STAMP)  ## what is written from the code: the table of the grade, the pages of checks and rules, the JSON Schema
	$(BIN)/python scripts/grade_table.py
	$(BIN)/python scripts/json_schema.py
	$(BIN)/python scripts/check_pages.py
	$(BIN)/python scripts/review_page.py

example: $(STAMP)  ## docs/example, from the snapshot that is kept there
	$(BIN)/python scripts/example.py

messages: $(STAMP)  ## the catalogues of translations, from the texts in the code
	$(BIN)/python scripts/messages.py

test: check  ## every test, on every server that this machine can have
	@scripts/test_packages.sh
	@scripts/run_tests.sh $(ARGS)

torture: $(STAMP)  ## two hundred kills of treatments under load, with a seed that is printed
	TORTURE_KILLS=$(or $(KILLS),100) TORTURE_SEED=$(or $(SEED),$(shell date +%s)) \
	  $(BIN)/pytest -n 0 -s -p no:randomly --timeout 0 -o faulthandler_timeout=0 tests/torture

bench: $(STAMP)  ## timed comparisons, never part of the tests
	$(BIN)/python -m benchmarks $(ARGS)

lock: $(STAMP)  ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --all-extras --group dev --output-file requirements.lock pyproject.toml runtime/pyproject.toml

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache
