"""Makes the sample workspace: honest runs of each family, trained by Workbench itself. `make samples`.

The runs are queued and trained as the window does it. Their checkpoints are not kept: the file is for looking.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.expressions import Value
from workbench.core.files import dumps
from workbench.jobs.queue import enqueue, ensure_runner
from workbench.store.records import RunRecord
from workbench.store.store import Store

TARGET = Path(__file__).resolve().parent.parent / "experiments.db"
# Templates with the settings that differ from theirs; the last run stands on top of the table. LeNet-5 is trained
# in variants, so that there is something to compare.
RUNS: tuple[tuple[str, dict[str, Value]], ...] = (
    ("mlp", {}),
    ("mlp-regression", {}),
    ("lstm", {}),
    ("gcn", {}),
    ("char-gpt", {}),
    ("lenet5", {}),
    ("lenet5", {"training.updates.train.lr": 0.0005}),
    ("lenet5", {"conv1.out_channels": 12, "conv2.out_channels": 32}),
    ("vae", {}),
    ("gan", {}),
)
LARGEST = 3_000_000
LOOK_EVERY = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains them all in a workspace of their own, then puts the database in place; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.samples", description=__doc__)
    known = list(dict.fromkeys(template for template, _ in RUNS))
    parser.add_argument("templates", nargs="*", metavar="TEMPLATE", help="only these, of " + ", ".join(known))
    parser.add_argument("--to", type=Path, default=TARGET, help="where the workspace goes")
    wish = parser.parse_args(arguments)
    if unknown := sorted(set(wish.templates) - set(known)):
        parser.error(f"there is no sample run of {', '.join(unknown)}")
    if wish.to.with_name(f"{wish.to.name}-wal").exists():
        print(f"{wish.to} is open in another process; close it first.", file=sys.stderr)
        return 1
    runs = [run for run in RUNS if not wish.templates or run[0] in wish.templates]
    with tempfile.TemporaryDirectory(prefix="workbench-samples-") as folder:
        workspace = Path(folder) / "experiments.db"
        made = [train(workspace, template, changes) for template, changes in runs]
        failed = [run for run in made if run.state != "completed"]
        for run in failed:
            print(f"{run.name}: {run.state}. {run.cause}", file=sys.stderr)
        if failed:
            return 1
        settle(workspace)
        size = workspace.stat().st_size
        if size > LARGEST:
            print(f"The workspace has {size:,} bytes; {LARGEST:,} are allowed.", file=sys.stderr)
            return 1
        shutil.copyfile(workspace, wish.to)
        print(f"{wish.to}: {len(made)} runs, {size:,} bytes")
    return 0


def train(workspace: Path, template: str, changes: Mapping[str, Value]) -> RunRecord:
    """One run of a template, from its model in the workspace to its end."""
    store = Store(workspace)
    try:
        document = load(template)
        known = next((model.id for model in store.models() if model.name == document.name), None)
        model = known or store.save_model(None, dumps(document)).id
        for name, value in changes.items():
            document = assign(document, name, value)
        run = enqueue(store, document, schemas=SAMPLES, model_id=model)
        ensure_runner(store)
        while not run.final:
            time.sleep(LOOK_EVERY)
            run = store.run(run.id)
        figures = store.summaries([run.id])[run.id]
        tested = [f"{name} {figure.last:.3f}" for name, figure in figures.items() if name.startswith("test/")]
        print(
            f"{template}: {run.state} after {run.ended - run.started:.0f} s, {', '.join(tested)}", flush=True
        )
        return run
    finally:
        store.close()


def settle(workspace: Path) -> None:
    """Takes out what points to files, and waits until no other process has the database open."""
    store = Store(workspace)
    for run in store.runs():
        for checkpoint in store.checkpoints(run.id):
            store.remove_checkpoint(checkpoint.id)
    store.close()
    log = workspace.with_name(f"{workspace.name}-wal")
    deadline = time.monotonic() + 60
    while log.exists():  # the last one to close folds it into the database
        if time.monotonic() > deadline:
            raise TimeoutError("the runner still has the workspace open")
        time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    sys.exit(main())
