# The first Python that starts and is new enough; a version manager's shim may do neither.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
TEST_STAMP := $(VENV)/.test-stamp
REFERENCE_STAMP := $(VENV)/.reference-stamp
SPREAD := -n 2 --dist loadfile
# The whole app in a terminal: one at a time, from a process that has a terminal to give.
WHOLE := tests/test_end_to_end.py

.PHONY: run test test-all lint bench reference clean

run: $(STAMP)
	@$(BIN)/quizapp

test: $(TEST_STAMP) lint
	$(BIN)/python -m pytest -m "not slow" $(SPREAD) --ignore $(WHOLE)
	$(BIN)/python -m pytest $(WHOLE)

test-all: $(REFERENCE_STAMP) lint
	$(BIN)/python -m pytest $(SPREAD) --ignore $(WHOLE)
	$(BIN)/python -m pytest $(WHOLE)

bench: $(TEST_STAMP)
	$(BIN)/python bench/start.py
	$(BIN)/python bench/keys.py
	$(BIN)/python bench/plan.py --learners 4
	$(BIN)/python bench/stability.py 10
	$(BIN)/python bench/exports.py

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy does not follow __path__: show it the package as a wheel lays it out.
	@rm -rf build/typed && mkdir -p build/typed/quizapp
	@ln -s $(addprefix ../../../,$(filter-out quizapp/verifiers quizapp/__pycache__,$(wildcard quizapp/*))) build/typed/quizapp
	@ln -s ../../../verifiers build/typed/quizapp/verifiers
	cd build/typed && ../../$(BIN)/mypy --config-file ../../pyproject.toml -p quizapp

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "quizapp needs Python 3.11 or newer; set PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	@touch $@

$(TEST_STAMP): $(STAMP)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[test]"
	@touch $@

# Other people's models. Three of them ask for compilers and kernels that the formulas do not need.
$(REFERENCE_STAMP): $(TEST_STAMP)
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[references]"
	$(BIN)/python -m pip install -q -c constraints.txt --no-deps fla-core minGRU-pytorch sru
	@touch $@

# What this machine's CPU gives, to ship beside everybody's own; on a GPU: --profile full --device cuda.
reference: $(STAMP)
	@mkdir -p verifiers/reference
	$(BIN)/quizapp prove --all --device cpu --runs verifiers/reference/cpu.jsonl || test $$? -eq 1  # surprises

clean:
	rm -rf $(VENV) build dist
