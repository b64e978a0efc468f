# Everything runs in .venv, made from hashed requirements; nothing else has to be installed.
PYTHON ?= python3
MINUTES ?= 10
WORKERS ?= 2
DATA ?= ../shared/data/open-source-survey-2017
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo serve test check bench soak replay lock

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one with PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	$(BIN)/survey-service demo

serve: setup
	$(BIN)/survey-service migrate
	$(BIN)/survey-service serve

test: setup
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/squawk --config .squawk.toml survey_service/store/migrations/*.sql

bench: setup
	$(BIN)/python -m tests.bench

soak: setup
	$(BIN)/python -m tests.faults --minutes $(MINUTES)

replay: setup
	$(BIN)/python -m tests.replay --data $(DATA)

# For developers who change dependencies; needs uv.
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --extra dev --output-file requirements.txt pyproject.toml

# For developers who change the browser's sources; needs Node.js 20 and npm.
.PHONY: assets
assets:
	node survey_service/web/client/build.mjs
