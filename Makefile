# `make demo` and `make test` need nothing but Python 3.11+ and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test check format bench browser audit soak lock clean
.DEFAULT_GOAL := demo
# A suite that compiles everything anew takes half a minute more.
unexport PYTHONDONTWRITEBYTECODE

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "avwap needs Python 3.11 or newer; call: make PYTHON=python3.11"; exit 1; }
	@echo "setting up $(VENV) (once; a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/avwap demo

# One more worker than cores: some tests wait for sockets and processes.  Who is done takes from
# who is not, else one worker ends a minute after the others.
test: $(STAMP)
	$(BIN)/python -m pytest -n $$(($$($(BIN)/python -c 'import os; print(os.cpu_count())') + 1)) --dist worksteal

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print(os.cpu_count())') --dist worksteal -m stress
	$(MAKE) soak N=50

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m bench

# The tests of pages look at them in Chromium; without it they skip.
browser: $(STAMP)
	@command -v chromium || command -v chromium-browser || { \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } || \
	  { echo "Chromium is not here, and this needs root and apt-get to install it; install the package 'chromium' of your system, then run make browser again"; exit 1; }; }
	$(BIN)/python -m pytest tests/browser

# `make soak N=200` lives through so many sessions; `make soak SEED=7` through one seed's, and tells them.
soak: $(STAMP)
	PYTHONPATH=tests/support $(BIN)/python tests/soak/soak.py $(if $(SEED),--seed $(SEED),--sessions $(or $(N),200))

# Needs uv; run it after changing a dependency in pyproject.toml.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml --output-file requirements.lock

# Which installed packages have known faults?  By hand: it asks PyPI about each, and fails where one has no answer.
audit: $(STAMP)
	@test -x .venv.audit/bin/pip-audit || { $(PYTHON) -m venv .venv.audit && .venv.audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	.venv.audit/bin/pip-audit --strict --skip-editable --path "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

clean:
	rm -rf $(VENV) .venv.audit .pytest_cache .mypy_cache .ruff_cache .hypothesis
