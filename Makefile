# Everything runs in .venv, from hash-pinned locks; nothing is installed outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo check render test lint test-integration bench docs format lock schemas clean

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

demo: $(VENV)/.tool ## Install the tool; check and render the example; show a wrong declaration
	@tests/demo.sh $(BIN)/plinth

check: $(VENV)/.tool ## Check every declaration, and that rendered/ is fresh
	@$(BIN)/plinth check

render: $(VENV)/.tool ## Render every declaration to rendered/
	@$(BIN)/plinth render

test: $(VENV)/.dev ## Run the tests that need nothing but Python and git
	@$(BIN)/python -m pytest -q -n auto $(PYTEST_ARGS)

lint: $(VENV)/.dev ## Check the code's style and types, and the workflows
	@$(BIN)/ruff check tools tests
	@$(BIN)/ruff format --check tools tests
	@$(BIN)/mypy
	@$(BIN)/zizmor --offline --quiet --persona auditor .github/workflows
	@$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yaml
	@$(BIN)/pre-commit validate-config
	@$(BIN)/python tools/docs/reference.py --check

test-integration: $(VENV)/.dev .venv-airflow/.done .venv-parts/.done ## Run the tests with real parts: Airflow, kubectl, …
	@PLINTH_REQUIRE_PARTS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile tests/integration $(PYTEST_ARGS)

bench: $(VENV)/.dev ## Time each stage on a fleet of thousands of declarations
	@$(BIN)/python tools/bench/fleet.py $(BENCH_ARGS)

docs: $(VENV)/.dev ## Write the reference pages from the schemas and the rules
	@$(BIN)/python tools/docs/reference.py

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix --quiet tools tests
	@$(BIN)/ruff format --quiet tools tests

schemas: $(VENV)/.dev ## Make the schemas of custom resources again, from pinned packages
	@$(BIN)/python tools/schemas/generate.py

lock: $(VENV)/.dev ## Resolve the dependencies again and write the locks
	@$(PIP) install uv
	@for name in plinth dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-header $$( [ $$name = dev ] && echo --group dev ) --group build pyproject.toml -o requirements/$$name.lock || exit 1; \
	done
	@for name in airflow parts; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-header requirements/$$name.in -o requirements/$$name.lock || exit 1; \
	done

clean: ## Remove what the other targets made, but for rendered/
	rm -rf $(VENV) .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "plinth needs Python 3.11 or newer; say which: make PYTHON=python3.12 …" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.tool: requirements/plinth.lock pyproject.toml $(VENV)/.python
	@echo "installing plinth into $(VENV)…" >&2
	@$(PIP) install --require-hashes -r requirements/plinth.lock
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.tool
	@echo "installing the development tools into $(VENV)…" >&2
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

# Parts whose own pins would fight with the tool's live in environments of their own.
.venv-%/.done: requirements/%.lock
	@echo "installing $* into .venv-$*…" >&2
	@$(PYTHON) -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --only-binary :all: -r $<
	@touch $@
