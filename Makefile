# Every target sets up what it needs first (Python packages, PostgreSQL with PostGIS, Redis), so that each
# works on a bare clone, and is quick the second time. What is set up where: docs/operations.md.
PYTHON ?= python3
MACHINE := $(PYTHON) config/machine.py
RUN := $(MACHINE) run
HOST ?= 127.0.0.1
JOBS ?= 3
PORT ?= 8000

# Against who would see, write or stop more than they may; the rest of tests/assurance is of faults.
ATTACKS = tests/assurance/bad_input tests/assurance/test_masking.py tests/assurance/test_sights.py

# Production settings, for the checks of what is deployed.
PRODUCTION = DEBUG=0 ALLOWED_HOSTS=infrashare.invalid SECRET_KEY=$(shell \
	$(PYTHON) -c "import secrets; print(secrets.token_hex(32))")

# One file a room, without line numbers, which would change with every line of code above them.
MESSAGES = --locale zh_Hans --no-wrap --no-obsolete --add-location never --ignore 'node_modules' --ignore '.*' --ignore tests

.DEFAULT_GOAL := help
.PHONY: help demo test chaos security audit lint dev bench up browser compile down style types imports deploy migrations messages screenshots backup restore

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

demo: up compile ## Run the whole chain on a real place and serve it at 127.0.0.1:8000 (PORT=n, SERVE=0: end after the report)
	@$(RUN) python manage.py demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

# Files of few and long tests lie in the first folders: in that order no worker is left alone with one at the end.
test: browser ## Everything CI runs: lint, then the tests (ARGS="-k name" for some of them, JOBS=3 at once)
	@$(MAKE) --no-print-directory --output-sync=target -j 2 lint compile
	@echo "• Tests, on this checkout's own PostgreSQL and Redis"
	@$(RUN) pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

chaos: up ## Faults, load and damage in the long form (hours); writes the figures into docs/assurance.md
	@ASSURANCE=long $(RUN) pytest tests/assurance $(addprefix --ignore ,$(ATTACKS)) tests/races tests/journeys/test_faults.py $(ARGS)

security: up ## Attacks in the long form (hours); writes the figures into docs/assurance.md
	@ASSURANCE=long $(RUN) pytest $(ATTACKS) tests/sharing/api/test_access.py tests/sharing/api/test_fuzz.py \
		tests/registry/ogc/test_fuzz.py tests/registry/ogc/test_made_up_filters.py $(ARGS)

# Not part of test, which asks no other site. Both go on where the other finds something; --strict, because pip-audit
# finds nothing in packages that it gets no answer about.
AUDITED = $(addprefix -r ,requirements.txt requirements-node.txt requirements-audit.txt)
audit: up ## Ask PyPI and npm which holes are known in what is locked; fails where some are, and where nobody answers
	@$(PYTHON) -m venv .local/audit
	@.local/audit/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements-audit.txt
	@.local/audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off $(AUDITED); python=$$?; \
		$(RUN) npm audit --package-lock-only; node=$$?; exit $$((python | node))

lint: up style types imports deploy migrations ## Style, types, import contract, deployment and migration checks

dev: up ## Site, worker and beat for development, at 127.0.0.1:8000 (PORT=n for another port), until Ctrl-C
	@echo "• Migrating the database"
	@$(RUN) python manage.py migrate --verbosity 0
	@echo "• Site at http://$(HOST):$(PORT)/, worker and beat; Ctrl-C ends them"
	@$(RUN) sh -c 'celery -A config worker --beat --loglevel info & worker=$$!; \
		trap "kill $$worker 2>/dev/null; wait" EXIT; trap : INT TERM; python manage.py runserver $(HOST):$(PORT)'

bench: browser ## Measure speed; the figures stand in benchmarks/
	@$(RUN) sh -c 'python -m benchmarks $(ARGS); held=$$?; python -m benchmarks.plots; exit $$held'

up: ## Install what is missing and start this checkout's PostgreSQL and Redis
	@$(MACHINE) up >/dev/null

browser:
	@$(MACHINE) up --browser >/dev/null

compile: up
	@echo "• Compiling the searches of matching, a minute the first time"
	@$(RUN) python manage.py warm_up

down: ## Stop this checkout's PostgreSQL and Redis
	@$(MACHINE) down

messages: up ## Gather the texts of the code into locale/, for translation
	@$(RUN) python manage.py makemessages $(MESSAGES)

screenshots: browser ## Take the pictures of docs/images anew, of the demo that serves at PORT
	@$(RUN) env PYTHONPATH=. python docs/screenshots.py http://127.0.0.1:$(PORT) infrashare-demo

backup: ## Copy the database and the uploads into a new folder: make backup TO=folder
	@$(MACHINE) backup "$(TO)"

restore: ## Put a backup back: make restore FROM=folder [ARCHIVE=folder [AT="2027-01-31 12:00"]]
	@$(MACHINE) restore "$(FROM)" $(if $(ARCHIVE),--archive "$(ARCHIVE)") $(if $(AT),--at "$(AT)")

style:
	@echo "• Style (ruff)"
	@$(RUN) ruff check --quiet
	@$(RUN) ruff format --check --quiet

types:
	@echo "• Types (mypy; a minute the first time)"
	@$(RUN) mypy

imports:
	@echo "• Import contract (import-linter)"
	@$(RUN) lint-imports

deploy:
	@echo "• Production settings (check --deploy)"
	@$(PRODUCTION) $(RUN) python manage.py check --deploy --fail-level WARNING

migrations:
	@echo "• Migrations match the models"
	@$(RUN) python manage.py makemigrations --check --dry-run
