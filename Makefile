# Two commands for everybody: make demo, make test. They set up everything themselves, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
export OPENBLAS_NUM_THREADS = 1

.PHONY: demo test check bench test-slow results faults verify-plant clean

demo: $(VENV)/ready
	$(BIN)/sonofuse hil demo --out out

# One process more than the rest: many tests wait for a device or a page (on two cores 914 s, with two 966 s).
test: JOBS = 3
test: $(VENV)/ready
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow and not chip and not check"

test-slow: $(VENV)/ready
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not chip and not check"

# What docs/results.md holds: the guarantees in both tiers and the times on the emulated chip; half an hour.
results: $(VENV)/ready
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow and not check" --require rp2040 --results=docs \
		tests/guarantees tests/rp2040

# The catalogue of faults carried out anew: docs/faults.md, in a minute. FAULTS="--on rp2040" is the other tier, which
# keeps its place until then: ten minutes and more.
faults: $(VENV)/ready
	$(BIN)/sonofuse hil faults --out docs $(FAULTS)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/pyright --project firmware
	$(BIN)/python -m pytest -m check

bench: $(VENV)/ready
	$(BIN)/python -m sonofuse_hil.bench_speed

# The plant against closed forms, itself and a second solver: a table, and out/plant.html; a minute or two.
verify-plant: $(VENV)/ready
	$(BIN)/python -m sonofuse_hil.plant.verify --out out

clean:
	rm -rf $(VENV) build out *.egg-info

# Installed again when a declaration of what to build or install changes; the Cython sources decide for themselves.
$(VENV)/ready: pyproject.toml setup.py constraints.txt firmware/kernel.py firmware/rows.py $(wildcard cython_core/sonofuse_core/*.pyx cython_core/sonofuse_core/*.pxd)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sonofuse needs Python 3.11 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[hil,live,cluster,dev]"
	touch $@
