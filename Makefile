# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
#
# Needs git, make and Python 3.11 with venv; all else comes into .venv and build/.

# The distribution's own Python first: it is built with profile-guided optimisation, as the image's is; one that was
# compiled without takes about a third more CPU for each request.
PYTHON ?= $(shell for it in /usr/bin/python3.11 python3.11 python3.12 python3.13 python3; do \
	"$$it" -c 'import ensurepip' 2>/dev/null && command -v "$$it" && break; done || echo python3)
UV_VERSION := 0.13.9

RUN := .venv/bin/python
PRODUCT := contracts chassis services gateway portal embedded demo cli

# The two stamps say which dependencies .venv holds; a change of the lock file makes them old.
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo image image-check identity-check bench-check faults-check pages-check helm-check sbom audit fuzz security run-processes kafka test bench faults capacity check format openapi events settings capabilities clean

help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

setup: $(RUNTIME) ## Install the platform into .venv and build the portal's assets
	@$(RUN) -m portal.build

demo: $(RUNTIME) ## Run the whole platform in one process with demo data, on http://127.0.0.1:8000
	@exec .venv/bin/open-inburgering demo

run-processes: setup ## Run every service as a process of its own (needs DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS)
	@exec .venv/bin/open-inburgering run-processes

kafka: ## Run Apache Kafka on 127.0.0.1:9092 for run-processes (needs Java 17 and Maven)
	@exec deploy/kafka/run serve build/kafka/data 9092 9093

test: setup $(DEVELOPMENT) ## Run all tests (ARGS="-k attendance" to choose)
	@$(RUN) -m pytest $(ARGS)

bench: setup $(DEVELOPMENT) ## Measure P01 to P08 beside their peers (ARGS="P02 P04" to choose, ARGS=--smoke for a try)
	@$(RUN) -m bench $(ARGS)

faults: setup $(DEVELOPMENT) ## Kill, freeze, cut and empty it all (FAULT_SIZE=full, FAULT_SEED=7, ARGS="-k F04")
	@FAULTS=all $(RUN) -m pytest tests/faults $(ARGS)

capacity: setup $(DEVELOPMENT) ## Measure what people, lessons and events take, and write docs/capacity.md (needs DATABASE_URL)
	@$(RUN) -m tests.care.capacity && $(RUN) -m tools.capacity

check: $(DEVELOPMENT) ## Lint, formatting, types, import rules and licences
	@failed=0; for step in "ruff check" "ruff format --check" mypy lint-imports "reuse lint --lines"; do \
		echo "== $$step"; .venv/bin/$$step || failed=1; \
	done; exit $$failed

format: $(DEVELOPMENT) ## Format the code and mend what ruff can mend
	@.venv/bin/ruff check --fix --exit-zero
	@.venv/bin/ruff format

openapi: $(RUNTIME) ## Write the OpenAPI document of every service and of the gateway to build/openapi/
	@$(RUN) -m tools.openapi build/openapi

events: $(DEVELOPMENT) ## Write the JSON Schemas of the events and docs/asyncapi.yaml; refuses an incompatible change
	@$(RUN) -m tools.events

settings: $(RUNTIME) ## Generate docs/settings.md from the code
	@$(RUN) -m tools.settings docs/settings.md

capabilities: $(DEVELOPMENT) ## Print every capability with the tests that show it
	@$(RUN) -m tools.capabilities $(ARGS)

image: ## Build the one image of all processes (Docker or buildah; BASE_IMAGE=debian where no registry answers; NAME)
	@deploy/image/run build $(or $(NAME),open-inburgering)

image-check: setup $(DEVELOPMENT) ## Build the image with buildah, start it read-only on PostgreSQL and Kafka, record the result
	@IMAGE_CHECK=1 $(RUN) -m pytest tests/deploy/test_image.py $(ARGS)

identity-check: setup $(DEVELOPMENT) ## Sign in through Keycloak and oidc-provider in a browser, record the result
	@IDENTITY_CHECK=1 $(RUN) -m pytest tests/identity $(ARGS)

bench-check: setup $(DEVELOPMENT) ## Run every kind of measurement at its smallest size, record the result
	@BENCH_CHECK=1 $(RUN) -m pytest tests/bench $(ARGS)

faults-check: setup $(DEVELOPMENT) ## Run the faults at the size of CI, record the result
	@FAULTS_CHECK=1 $(RUN) -m pytest tests/faults $(ARGS)

pages-check: setup $(DEVELOPMENT) ## Look at every state of every page with axe, record the result
	@PAGES_CHECK=1 $(RUN) -m pytest tests/portal/test_every_page.py $(ARGS)

helm-check: $(DEVELOPMENT) ## Lint and render the Helm chart, and check every manifest (HELM=program to choose the Helm)
	@$(RUN) -m pytest tests/deploy/test_helm.py $(ARGS)

sbom: $(DEVELOPMENT) ## Write the bill of materials of what is delivered to build/sbom.cdx.json (CycloneDX)
	@UV_PROJECT_ENVIRONMENT=build/delivered .venv/bin/uv sync --quiet --frozen --no-dev --no-install-project
	@$(RUN) -m tools.sbom build/delivered/bin/python build/sbom.cdx.json

audit: $(DEVELOPMENT) ## Ask OSV whether a locked version has known faults; says so where OSV cannot be reached
	@$(RUN) -m tools.audit

fuzz: setup $(DEVELOPMENT) ## Send whatever schemathesis thinks of, 200 cases per operation and role, links followed (S10)
	@FUZZ_CASES=$${FUZZ_CASES:-200} FUZZ_PHASES=examples,coverage,fuzzing,stateful FUZZ_SECONDS=36000 \
		$(RUN) -m pytest tests/journey/test_fuzz.py -s $(ARGS)

security: setup $(DEVELOPMENT) ## Make the attacks of docs/security.md at their full size, on a quiet machine
	@S01_EVERY_CELL=1 S02_SECONDS=10 S11_WALKS=200 S11_STEPS=200 S12_SECONDS=1 S14_CONNECTIONS=500 S22_CALLS=2000 $(RUN) -m pytest tests/security -s $(ARGS)

clean: ## Remove what was built (.venv, build/, the portal's assets)
	rm -rf .venv build portal/static/built .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(RUNTIME): pyproject.toml uv.lock | .venv/bin/uv
	@echo "Installing the platform into .venv"
	@.venv/bin/uv sync --quiet --frozen --inexact --no-dev
	@touch $@

$(DEVELOPMENT): pyproject.toml uv.lock | .venv/bin/uv
	@echo "Installing the tools of the developers into .venv"
	@.venv/bin/uv sync --quiet --frozen --inexact
	@touch $@ $(RUNTIME)

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
