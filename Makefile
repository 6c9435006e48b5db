# `make run` and `make test` do all the set-up that they need on a fresh machine.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-torch run test properties check format lock protos bench clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## a virtual environment in .venv with the locked packages and the command vedette

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "Vedette needs Python 3.11 or newer, this is %d.%d\nhelp: make setup PYTHON=python3.12" % v[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup-torch: setup ## torch (CPU), for TorchScript models
	$(BIN)/python -m pip install --disable-pip-version-check torch==2.13.0

run: setup ## the demo: real photos classified and searched by real models, and one large image in tiles
	$(BIN)/vedette demo

check: setup ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test: export PYTHONDONTWRITEBYTECODE = # hundreds of processes start faster from compiled modules
test: check ## check, then every test: those that measure something alone, the others side by side
	$(BIN)/python -m pytest -m "not alone" --numprocesses auto --maxprocesses 4 --dist loadfile
	$(BIN)/python -m pytest -m alone

properties: setup ## the property tests of rules and flows with examples that were not drawn before
	HYPOTHESIS_PROFILE=search $(BIN)/python -m pytest -m "not alone" --numprocesses auto --maxprocesses 4 tests/rules tests/flows tests/values

bench: setup ## the benchmarks: minutes, and a quiet machine
	for name in pipeline auto start memory merging tiles tile_gain truth harness monitor referees serve plans plan_rates plan_speed plan_simulation plan_requests profile_few device_overhead drift; do $(BIN)/python -m benchmarks.$$name --json out/benchmarks/$$name.json || exit 1; done

format: setup ## put the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## make requirements.lock anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --extra dev --output-file requirements.lock pyproject.toml

protos: setup ## the messages of src/vedette/protos anew, from the interface files in protos/
	$(BIN)/python -m grpc_tools.protoc -Iprotos --python_out=src/vedette/protos --pyi_out=src/vedette/protos \
	  model_config.proto grpc_service.proto grpc/health/v1/health.proto
	find src/vedette/protos -name '*_pb2.py*' -exec sed -i \
	  -e 's/^from google.protobuf import descriptor_pool as _descriptor_pool/from vedette.protos._pool import POOL as _POOL/' \
	  -e 's/_descriptor_pool.Default()/_POOL/' -e 's/^import model_config_pb2/from vedette.protos import model_config_pb2/' {} +
	find src/vedette/protos -name '*_pb2.pyi' -exec sed -i '1i # mypy: ignore-errors' {} +

clean: ## remove what was made here (the models in the home folder stay)
	rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
