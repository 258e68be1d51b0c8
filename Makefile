# Two commands: `make demo` shows the main job, `make test` proves it.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TESTS := $(BIN)/pytest -n auto --dist loadfile

.PHONY: demo test lint types unit coverage wheel format bench clean

demo: $(VENV)/.core
	$(BIN)/pertinent demo $(ARGS)

test: lint types unit wheel

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(TESTS) $(ARGS)

# Apart from the tests, because counting lines takes two thirds as long again.
coverage: $(VENV)/.dev
	$(TESTS) --cov --cov-report=term $(ARGS)

wheel: $(VENV)/.dev
	bash tools/check_wheel.sh $(BIN)/python

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/run.py $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.core

$(VENV)/.bench: pyproject.toml constraints.txt benchmarks/requirements.txt | $(VENV)/.dev
	$(PIP) install -c constraints.txt -r benchmarks/requirements.txt
	touch $@
