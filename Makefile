# Needs python3 and make; everything else is fetched, pinned, into .tools/ and .venv/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
OWN_UV := $(CURDIR)/.tools/uv/bin/uv
UV := $(or $(shell command -v uv 2>/dev/null),$(OWN_UV))
RUN := $(UV) run --no-sync --quiet
PYTEST := $(RUN) pytest --quiet --numprocesses 2
# Minutes of killing and starting stacks: what keeps `make test` within ten minutes.
DURABILITY_TESTS := tests/local/test_durability.py
SYNCED := .venv/.synced
# The Lambda default. The local stack synthesizes for the host instead: make synth ARCH=x86_64
ARCH ?= arm64

.PHONY: help demo up down test check lint conformance bench layers synth bootstrap deploy destroy clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(OWN_UV):
	@echo "Fetching uv $(UV_VERSION) into .tools/"
	@mkdir -p .tools
	@python3 -m venv .tools/uv >/dev/null 2>&1 && .tools/uv/bin/python -m pip install --quiet uv==$(UV_VERSION) \
		|| { rm -rf .tools/uv; python3 -m pip install --quiet --target .tools/uv uv==$(UV_VERSION); } \
		|| { echo "python3 has neither venv nor pip. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(SYNCED): pyproject.toml uv.lock .python-version | $(UV)
	@$(UV) sync --locked --quiet
	@touch $@

demo: $(SYNCED) ## The sample shop from a live event to a recommendation; ONCE=1 exits after printing
	@$(RUN) regulars demo $(if $(ONCE),--once)

up: $(SYNCED) ## The stack on this machine, without the sample
	@$(RUN) regulars up

down: $(SYNCED) ## Stop the stack on this machine
	@$(RUN) regulars down

test: $(SYNCED) layers ## Every test but those of the conformance
	$(PYTEST) --ignore $(DURABILITY_TESTS)

lint: $(SYNCED)
	$(UV) lock --check
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy
	PYTHONPATH=functions $(RUN) lint-imports

conformance: $(SYNCED) layers ## The real tracking SDKs against the local stack with faults on the way; stacks that are killed
	@$(RUN) python -m tests.conformance.sdks
	$(PYTEST) $(DURABILITY_TESTS)

check: lint synth test conformance ## All that continuous integration runs

bench: $(SYNCED) layers ## Latency, cost and training figures into build/bench.json
	@$(RUN) python -m tests.benchmarks

layers: $(SYNCED) ## The Lambda layers for both architectures into build/layers
	@$(RUN) python -m infra.layers

synth: $(SYNCED) layers ## The CloudFormation template into cdk.out, checked by cfn-lint and cdk-nag
	@$(RUN) python -m infra.app -c architecture=$(ARCH)
	@$(RUN) cfn-lint --ignore-checks W3005 -- cdk.out/Regulars.template.json

bootstrap: synth ## Prepare the AWS account and region of your credentials, once
	@$(RUN) python -m infra.deploy bootstrap $(CDK_ARGS)

deploy: synth ## Deploy to the AWS account of your credentials
	@$(RUN) python -m infra.deploy deploy $(CDK_ARGS)

destroy: synth ## Delete the stack but keep its data; EVERYTHING=1 deletes the data too, after asking
	@$(RUN) python -m infra.deploy destroy $(if $(EVERYTHING),--everything) $(CDK_ARGS)

clean: ## Remove everything that was built or fetched
	rm -rf build cdk.out .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
