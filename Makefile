# Workbench. Each target makes .venv first where that is needed, which takes a moment once it is there.
#   make run ARGS="train lenet5"    the same as `workbench train lenet5`
#   make test ARGS=tests/core       some of the tests
ARGS =
PYTHON =
export PYTHON

.PHONY: run test check set-up

run: set-up
	@.venv/bin/workbench $(ARGS)

test: set-up
	@.venv/bin/python -m pytest -q -m "not slow" $(ARGS)

check: set-up
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports

set-up:
	@sh tools/set_up.sh
