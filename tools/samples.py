"""Makes the sample workspace: one honest run of each family, trained by Workbench itself. `make samples`.

The runs are queued and trained as the window does it. Their checkpoints are not kept: the file is for looking.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from workbench.catalog.schema import SAMPLES
from workbench.catalog.templates import load
from workbench.core.files import dumps
from workbench.jobs.queue import enqueue, ensure_runner
from workbench.store.records import RunRecord
from workbench.store.store import Store

TARGET = Path(__file__).resolve().parent.parent / "experiments.db"
FAMILIES = ("mlp", "lenet5", "lstm", "char-gpt", "vae", "gan", "gcn")
LARGEST = 3_000_000
LOOK_EVERY = 1.0


def main() -> int:
    """Trains every family in a workspace of its own, then puts the database in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("templates", nargs="*", default=FAMILIES, help="which templates to train")
    parser.add_argument("--to", type=Path, default=TARGET, help="where the workspace goes")
    wish = parser.parse_args()
    if wish.to.with_name(f"{wish.to.name}-wal").exists():
        print(f"{wish.to} is open in another process; close it first.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="workbench-samples-") as folder:
        workspace = Path(folder) / "experiments.db"
        made = [train(workspace, template) for template in wish.templates]
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


def train(workspace: Path, template: str) -> RunRecord:
    """One run of a template, from its model in the workspace to its end."""
    store = Store(workspace)
    try:
        document = load(template)
        model = store.save_model(None, dumps(document))
        run = enqueue(store, document, schemas=SAMPLES, model_id=model.id)
        ensure_runner(store)
        while not run.final:
            time.sleep(LOOK_EVERY)
            run = store.run(run.id)
            print(f"\r{template}: {run.state}, epoch {run.epoch} of {run.epochs}   ", end="", flush=True)
        print(f"\r{template}: {run.state} after {run.ended - run.started:.0f} s{' ' * 20}")
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
