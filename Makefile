# The developer's whole vocabulary; `make help` lists it. Needs python3 3.11 or later with venv, and nothing else.

.PHONY: help demo test test-system check bench docs
.DEFAULT_GOAL := help

PYTHON ?=
BENCH ?= quick
TEST_PROCESSES ?= 2

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check --quiet --quiet --no-input
# One a claim, as benchmarks/README.md has them; those that take long know --quick.
benchmarks := crash power_loss crawl_speed recrawl decade politeness family reading reading_quality fuzz_reading snapshot_score verify_speed import_speed import_crash any_order reparse_speed cluster scaling_constants replica_speed reading_side timeline_pages export_speed web_pages web_while_crawling backfill_index

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-17s %s\n", $$1, $$2 }'

demo: .venv/runs ## Set up, then crawl a made-up portal on this machine into archive/demo/
	@$(bin)/gzcrawler demo --archive archive/demo

test: check ## Set up, check, and run all tests that need neither root nor Debian packages
	@$(bin)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal -m "not system" --ignore tests/system

test-system: .venv/system ## Run the tests that need Debian packages or root (.ci/run names them)
	@$(bin)/python -m pytest -m system

check: .venv/tests ## ruff, mypy --strict and import-linter
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-cache

bench: .venv/peers .venv-peers/bin/python ## Run the benchmarks, small; BENCH=full runs them as documented
	@failed=; for name in $(benchmarks); do \
		script=benchmarks/$$name.py; quick=; \
		[ $(BENCH) = full ] || quick=$$(grep -o -m 1 -e --quick $$script); \
		echo "== $$script $$quick"; \
		$(bin)/python $$script $$quick || failed="$$failed $$name"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

docs: .venv/docs ## Write the generated parts of the documentation again, and build its site into site/
	@$(bin)/python docs/generate.py
	@NO_MKDOCS_2_WARNING=1 $(bin)/mkdocs build --strict --quiet
	@echo "the documentation is in site/index.html"

# What is installed, and by which pyproject.toml and constraints.txt: first what runs, then what tests it.

.venv/runs: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory .venv/bin/python
	@echo "Installing gzcrawler into .venv (once, about a minute)" >&2
	@$(pip) install --constraint constraints.txt --editable .
	@touch $@

.venv/tests: .venv/runs
	@echo "Installing the test tools into .venv" >&2
	@$(pip) install --constraint constraints.txt --editable ".[dev]"
	@touch $@

.venv/docs: .venv/tests
	@$(pip) install --constraint constraints.txt --editable ".[dev,docs]"
	@touch $@

.venv/system: .venv/tests
	@$(pip) install --constraint constraints.txt --editable ".[dev,system]"
	@touch $@

.venv/peers: .venv/tests
	@$(pip) install --constraint constraints.txt --editable ".[dev,bench]"
	@touch $@

# Extractors that reading_quality.py compares with, apart: their pins are not ours.
.venv-peers/bin/python: .venv/bin/python benchmarks/peers.txt
	@.venv/bin/python -m venv .venv-peers
	@$@ -m pip --disable-pip-version-check --quiet install --upgrade pip
	@$@ -m pip --disable-pip-version-check --quiet install --requirement benchmarks/peers.txt
	@touch $@

.venv/bin/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec $$python -m venv .venv; \
		fi; \
	done; \
	echo "gzcrawler needs Python 3.11 or later with its venv module; none was found (name one: make PYTHON=/path/to/python3)" >&2; \
	exit 1
