# Two commands matter: `make run` and `make test`. The work is done by scripts/, which say what they do as they go.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-api bench-turns wheel docs clean

# make run ONCE=1: leave after the demonstration call.
ONCE ?=
# make test T=tests/turn: only these tests, without the linters.
T ?=
# make bench ARGS='native --save': what to measure, and whether to write it to bench/results.
ARGS ?=

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## set up what is missing, start the runtime, place a recorded call to it, keep serving
	@scripts/setup.sh run && exec .venv/bin/python -m aywa_server.demo $(if $(filter-out 0 no,$(ONCE)),--once)

test: ## everything: linters, types, floors, unit tests, foreign SIP peers, with their own servers
	@scripts/setup.sh test && exec scripts/test.sh $(T)

check: ## linters, types, floors and the house's own rules
	@scripts/setup.sh test && exec scripts/check.sh

bench: ## measure on this machine: calls per core beside the kernel's floor and other systems, ns per frame
	@scripts/setup.sh test
	@case " $(ARGS) " in "  " | *" peers "*) scripts/bench_peers.sh ;; esac
	@exec .venv/bin/python -m bench $(ARGS)

bench-api: ## measure the API: requests beside calls, messages to servers of which one is down, the contract
	@scripts/setup.sh test && .venv/bin/python -m bench api_load outbox $(ARGS)

bench-turns: ## measure turn taking: callers that pause, interrupt, cough and echo, against the whole runtime
	@scripts/setup.sh test && scripts/bench_turns.sh $(ARGS)

wheel: ## build dist/*.whl (manylinux, native code inside) and dist/*.tar.gz
	@scripts/setup.sh test && exec scripts/wheel.sh

docs: ## redraw what docs/ takes from the code
	@scripts/setup.sh test && .venv/bin/python scripts/draw_states.py && .venv/bin/python scripts/settings_table.py \
		&& .venv/bin/python scripts/openapi.py \
		&& .venv/bin/python scripts/readme_output.py

clean: ## remove everything that was built, and the virtual environment; recordings in var/ stay
	@rm -rf .venv .venv-log build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find aywa server installer bench scripts tests \( -name '*.so' -o -name __pycache__ \) -prune -exec rm -rf {} +
	@rm -f aywa/_native/*.c
