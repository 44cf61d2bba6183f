# Everything runs in .venv, made at first use. `make demo` and `make test` need only Python ≥ 3.11 and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip, not uv: pip finds the CPU build of the pinned torch where one is offered (see README, "CPU-only torch")
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO_HOME ?= .rongtong
SERVE ?= 1
SOAK_MINUTES ?= 10
BENCH_OUT ?= build/bench/report

.PHONY: demo test lint format bench bench-large safety kill-matrix flips limits soak clean

$(VENV)/.runtime: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Rongtong needs Python 3.11 or newer; set PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(VENV)/.runtime
	RONGTONG_HOME=$(DEMO_HOME) $(BIN)/python -m service.cli.main demo
ifneq ($(SERVE),0)
	RONGTONG_HOME=$(DEMO_HOME) $(BIN)/rongtong serve
endif

test: $(VENV)/.dev
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# other engines are measured beside this one where they are installed; the report says how to install them
bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks.speed --out $(BENCH_OUT) --seconds 5 $(if $(BENCH_HOME),--home $(BENCH_HOME),--sizes 10k)

bench-large: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks.speed --out $(BENCH_OUT) --sizes 100k,1M

# The long forms of tests/safety. SAFETY_HOME names a workspace for the soak and the flips; without one they make their own.
safety: kill-matrix flips limits soak

kill-matrix: $(VENV)/.dev
	$(BIN)/python -m tests.safety.kill_matrix

flips: $(VENV)/.dev
	$(BIN)/python -m tests.safety.flips $(if $(SAFETY_HOME),--home $(SAFETY_HOME))

limits: $(VENV)/.dev
	$(BIN)/python -m tests.safety.limits

soak: $(VENV)/.dev
	$(BIN)/python -m tests.safety.soak $(SAFETY_HOME) --minutes $(SOAK_MINUTES)

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
