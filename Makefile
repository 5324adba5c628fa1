# Developers' commands. Set-up is automatic and cached: each stamp below is as old as what it was made from.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PORT ?= 8765
ORIGINS ?=
# Most tests wait most of the time: for kernels, polls and pages. Each process has a stack of its own.
PYTEST := .venv/bin/pytest -n 2 --dist loadfile
UV := 0.13.9
URL ?= http://127.0.0.1:$(PORT)
SLOW := tests/attacks/test_floods.py tests/chaos tests/integration/test_large.py tests/packaging/test_service.py
SOAK := tests/integration/test_soak.py

.PHONY: help run test lint format unit slow e2e bench bench-quick cost attacks model soak pictures package wheel locks clean

help: ## list these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

run: .setup/python .setup/sandbox .setup/web ## start the whole system on this machine and print its address (PORT=8765, ORIGINS: whose pages may hold cells)
	@exec $(PY) -m infra.local --port $(PORT) $(ORIGINS:%=--allow-origin %)

test: lint package unit minute e2e ## everything that CI does

lint: .setup/python .setup/node ## format check, lint, types (Python and TypeScript)
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	cd web && npm run --silent check

format: .setup/python ## format and fix what can be fixed
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

unit: .setup/python .setup/sandbox .setup/web .setup/policies .setup/emulated ## tests without a browser
	cd web && npm test --silent
	$(PYTEST) --ignore=tests/browser $(SOAK:%=--ignore=%) $(SLOW:%=--ignore=%)

.PHONY: minute
minute: .setup/python .setup/sandbox ## a minute of the soak, by itself: it needs both cores
	.venv/bin/pytest $(SOAK) -s

slow: .setup/python .setup/sandbox .setup/web ## tests that take long or a quiet machine: floods, faults, large outputs, a booted systemd
	.venv/bin/pytest $(SLOW)

e2e: .setup/python .setup/sandbox .setup/web .setup/browser ## tests in a real browser
	$(PYTEST) tests/browser

cost: .setup/python .setup/sandbox .setup/web .setup/browser ## count AWS requests, price them, show that none grows; renews docs/scaling.md
	$(PY) -m bench.cost
	$(PY) -m bench.scale

attacks: .setup/python .setup/sandbox ## run every attack at every level of the sandbox and write docs/attacks.md
	$(PY) -m tests.attacks

.PHONY: chaos
chaos: .setup/python .setup/sandbox .setup/chaos ## let every part die, sleep, fill up and lie; writes docs/chaos.md
	LONGWIRE_CHAOS_PAGE=docs/chaos.md .venv/bin/pytest tests/chaos -m "" -s

model: .setup/python ## check the model of the channel with many cases and faults (CASES=500)
	LONGWIRE_MODEL_EXAMPLES=$(or $(CASES),500) .venv/bin/pytest tests/model -s

soak: .setup/python .setup/sandbox ## 50 browsers on agents that come and go, for half an hour (SECONDS=1800)
	$(PY) -m tests.soak --seconds $(or $(SECONDS),1800)

pictures: .setup/python .setup/sandbox .setup/web .setup/browser ## make the pictures in docs/images from the running page
	$(PY) -m docs.pictures

bench: .setup/python .setup/bench .setup/emulated .setup/sandbox .setup/web ## benchmarks, each beside a named alternative; writes bench/results/latest.json
	$(PY) -m bench

bench-quick: .setup/python .setup/bench .setup/sandbox .setup/web ## drag and round trip, in 50 seconds: the ratios as one line of JSON
	@$(PY) -m bench.compare --quick

package: .setup/python .setup/checkov ## build the AWS template and Lambda package into build/package, and check the template
	@$(PY) -m infra.package
	.venv/bin/cfn-lint build/package/template.json
	@.venv-checkov/bin/checkov --config-file infra/checkov.yaml -f build/package/template.json

.PHONY: deploy destroy
deploy: .setup/python .setup/web wheel ## make or renew a stage in your AWS account (STAGE=prod PARAMETERS="NAME=VALUE ...")
	@$(PY) -m infra.deploy up --stage "$(STAGE)" --parameters "$(PARAMETERS)"

destroy: .setup/python ## delete a stage and all that it has (STAGE=prod CONFIRM=prod KEEP=permalinks)
	@$(PY) -m infra.deploy down --stage "$(STAGE)" --confirm "$(CONFIRM)" --keep "$(KEEP)"

.PHONY: smoke emulated-deploy
smoke: .setup/python ## check a deployment from outside (URL=https://…, the address of its page; without it that of `make run`)
	@$(PY) -m infra.smoke $(URL)

emulated-deploy: wheel .setup/web .setup/sandbox .setup/emulated ## `make deploy` into an emulator of AWS, use it there, `make destroy`
	@$(PY) -m infra.emulated

wheel: .setup/python ## build the agent's wheel into dist/, for `pipx install`
	.venv/bin/uv build -q --no-build-isolation --python $(PY) -o dist

locks: .setup/python ## renew the lock files from requirements/*.in
	for name in lambda dev agent bench emulated checkov; do \
	  out=requirements/$$name.txt; [ $$name = lambda ] && out=requirements.txt; \
	  .venv/bin/uv pip compile -q --upgrade --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
	    --python-version 3.11 requirements/$$name.in $$([ $$name = lambda ] && echo || echo -c requirements.txt) -o $$out || exit 1; \
	done

clean: ## remove what set-up and builds made
	rm -rf .venv .venv-bench .venv-emulated .venv-checkov .setup build dist web/node_modules web/dist .local

.setup/python: requirements/dev.txt infra/setup-python.sh
	@bash infra/setup-python.sh $(UV)
	@mkdir -p .setup && touch $@

.setup/bench: requirements/bench.txt .setup/python
	@echo "Installing what Longwire is measured beside ..."
	@$(PY) -m venv .venv-bench
	@.venv/bin/uv pip install --quiet --python .venv-bench/bin/python -r $<
	@touch $@

.setup/emulated: requirements/emulated.txt .setup/python
	@echo "Installing an emulator of AWS ..."
	@$(PY) -m venv .venv-emulated
	@.venv/bin/uv pip install --quiet --python .venv-emulated/bin/python -r $<
	@touch $@

# In a venv of its own: what it depends on fits with nothing else.
.setup/checkov: requirements/checkov.txt .setup/python
	@echo "Installing checkov ..."
	@$(PY) -m venv .venv-checkov
	@.venv/bin/uv pip install --quiet --python .venv-checkov/bin/python -r $<
	@touch $@

.setup/node: web/package-lock.json
	@node -e 'const [a,b]=process.versions.node.split(".").map(Number); if (a<20||a==20&&b<19) {console.error("Node 20.19 or newer is needed, this is "+process.version); process.exit(1)}'
	@echo "Installing the web page's build tools ..."
	@cd web && npm ci --silent --no-audit --no-fund
	@mkdir -p .setup && touch $@

.setup/web: .setup/node $(shell find web/src web/public web/*.html web/*.ts web/package.json -type f 2>/dev/null)
	@echo "Building the web page ..."
	@cd web && npm run --silent build
	@touch $@

.setup/policies: tests/policies/package-lock.json .setup/node
	@cd tests/policies && npm ci --silent --no-audit --no-fund
	@touch $@

.setup/sandbox: infra/setup-sandbox.sh
	@bash infra/setup-sandbox.sh
	@mkdir -p .setup && touch $@

.setup/chaos: infra/setup-chaos.sh
	@bash infra/setup-chaos.sh
	@mkdir -p .setup && touch $@

.setup/browser: infra/setup-browser.sh
	@bash infra/setup-browser.sh
	@mkdir -p .setup && touch $@
