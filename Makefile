# Everything a newcomer or CI runs. A virtual environment of its own; nothing outside this folder is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help demo test check fix browser soak bench requirements wheel clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV)/ready  ## two desks, 230 tickets, a local Zendesk, no account needed
	$(BIN)/zd-automation demo $(ARGS)

test: $(VENV)/ready  ## all tests; PostgreSQL, browser and research data are used where they are there
	$(BIN)/python -m pytest -q $(ARGS)

check: $(VENV)/ready  ## format, lint, types, import rules, docs: what CI runs besides the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/docs

fix: $(VENV)/ready  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/ready  ## the figures of docs/benchmarks.md
	$(BIN)/python -m bench.accept
	$(BIN)/python -m bench.whole_way
	$(BIN)/python -m bench.topics
	$(BIN)/python -m bench.reading

requirements:  ## pin all dependencies anew, with hashes, for Linux and macOS, Python 3.11 to 3.14
	uv pip compile pyproject.toml --extra multilingual --extra wide --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --custom-compile-command "make requirements" -q -o requirements.txt

wheel: $(VENV)/ready  ## build the wheel
	$(BIN)/python -m hatchling build -t wheel

clean:  ## remove what was built
	rm -rf $(VENV) dist var .pytest_cache .mypy_cache .ruff_cache .hypothesis
