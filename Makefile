# make        build everything (creates .venv first)
# make test   run the tests
# make lint   formatter, linters, type checker
# make records rebuild data/raw/survey.csv and data/solved from what is printed (minutes; not part of the build)
# make trusts   solve the trusts behind the printed correlations anew (not part of the build)
# make doctors  draw the doctors' answers anew from their model (not part of the build)
# make bench  measure the build's overhead, scoring up to ten million rows, and associations
# make expected  keep the verdicts of the last build as those that the tests expect, and in the README
# make manifest  record a change of data/raw or data/published that is meant
# make lock   renew envs/lock.txt from pyproject.toml
# make clean  remove what was built

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CORES ?= 4
# A configuration that changes some keys of config/config.yaml, and where it builds.
CONFIG ?=
RESULTS ?= results
SOLVED := slack slack-sets sites identified witnesses solved-from

.PHONY: all test lint format records trusts doctors bench expected manifest lock clean
.DEFAULT_GOAL := all

all: $(VENV)/medlead-ready
	$(if $(CONFIG),@$(BIN)/python -m medlead config $(CONFIG))
	$(BIN)/snakemake --cores $(CORES) $(if $(CONFIG),--configfile $(CONFIG))
	@$(BIN)/python -m medlead verify $(RESULTS)
	@$(BIN)/python -m medlead headline $(RESULTS)

$(VENV)/medlead-ready: envs/lock.txt envs/create.py pyproject.toml
	$(PYTHON) envs/create.py $(VENV)

test: $(VENV)/medlead-ready
	$(BIN)/python -m pytest

lint: $(VENV)/medlead-ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/mypy

format: $(VENV)/medlead-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow
	$(BIN)/python tests/number_messages.py

records: $(VENV)/medlead-ready
	$(BIN)/snakemake --cores $(CORES) reconstruct
	cp results/solved/survey.csv data/raw/survey.csv
	$(BIN)/python -m medlead manifest data/raw
	cp $(SOLVED:%=results/solved/%.csv) data/solved/
	$(BIN)/python -m medlead manifest data/solved
	$(BIN)/snakemake --cores $(CORES) results/reconstruction/check.csv

trusts: $(VENV)/medlead-ready
	$(BIN)/snakemake --cores $(CORES) results/solved/trust_scales.csv
	cp results/solved/trust_scales.csv data/raw/
	$(BIN)/python -m medlead manifest data/raw
	cp results/solved/trust-varies.csv data/solved/
	$(BIN)/python -m medlead manifest data/solved
	$(BIN)/snakemake --cores $(CORES) results/reconstruction/trust-check.csv

doctors: $(VENV)/medlead-ready
	$(BIN)/snakemake --cores $(CORES) simulate
	cp results/reconstruction/mes_responses.csv results/reconstruction/mes_norms.csv data/raw/
	$(BIN)/python -m medlead manifest data/raw

bench: $(VENV)/medlead-ready
	$(BIN)/python tests/bench/build.py
	$(BIN)/python tests/bench/scoring.py
	$(BIN)/python tests/bench/association.py

expected: $(VENV)/medlead-ready
	$(BIN)/python tests/expected/renew.py
	$(BIN)/python -m medlead readme

manifest: $(VENV)/medlead-ready
	$(BIN)/python -m medlead manifest
	$(BIN)/python -m medlead manifest data/published

lock: $(VENV)/medlead-ready
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --fork-strategy fewest \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--no-header --quiet --output-file envs/lock.txt

clean:
	$(PYTHON) -c "import shutil; [shutil.rmtree(d, ignore_errors=True) for d in ('results', 'logs', 'benchmarks', '.snakemake')]"
