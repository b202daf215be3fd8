# Workbench. Each target makes .venv first where that is needed, which takes a moment once it is there.
#   make run ARGS="train lenet5"    the same as `workbench train lenet5`
#   make test ARGS=tests/core       some of the tests
#   make test ARGS="-n0 tests/core" ... in one process, as a debugger wants it
ARGS =
PYTHON =
export PYTHON

.PHONY: run test campaign check bench shots samples set-up

# Without a display the program says so and trains the first template in the terminal.
run: set-up
	@.venv/bin/workbench $(ARGS)

# In as many processes as there are cores, two at least; a process that is done takes tests from another.
test: set-up
	@.venv/bin/python -m pytest -q -m "not slow" -n auto --dist worksteal $(ARGS)

# The long tests: random persons at the canvas, random kills. Takes an hour or more.
campaign: set-up
	@.venv/bin/python -m pytest -q -m slow $(ARGS)

check: set-up
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports

# Figures beside their budgets and beside the peers.
bench: set-up
	@.venv/bin/python -m benchmarks $(ARGS)

# The screenshots of the documentation.
shots: set-up
	@.venv/bin/python -m tools.shots $(ARGS)

# The sample workspace experiments.db; git looks at it again until the new one is committed.
samples: set-up
	@git update-index --no-skip-worktree experiments.db 2>/dev/null || true
	@.venv/bin/python -m tools.samples $(ARGS)

set-up:
	@sh tools/set_up.sh
