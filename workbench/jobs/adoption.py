"""What a runner that begins, or a window that opens, makes of runs that an earlier runner left behind."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.jobs import processes
from workbench.jobs.lock import Lock
from workbench.store.records import RunRecord
from workbench.store.store import Store

TRAINER = "workbench.engine.train"


@dataclass(frozen=True, slots=True)
class Left:
    """Runs that were alive on paper: `living` have their process still, `ended` were just marked as failed."""

    living: tuple[RunRecord, ...]
    ended: tuple[int, ...]


def runner_lock(files: Path) -> Lock:
    """Held by the one runner of a workspace."""
    return Lock(files / "runner.lock")


def trainer_log(store: Store, run: int) -> Path:
    """Where the trainer's process prints to."""
    return store.files / "runs" / str(run) / "trainer.log"


def trainer_command(trainer: Sequence[str], store: Store, run: int) -> list[str]:
    """The command line that trains a run."""
    return [*trainer, str(store.path), str(run)]


def settle(store: Store, trainer: Sequence[str], watched: Collection[int] = ()) -> Left:
    """Sorts the runs that should have a process and are not watched. Only for the holder of the runner's lock."""
    living: list[RunRecord] = []
    ended: list[int] = []
    for run in store.unfinished():
        if not run.alive or run.id in watched:
            continue
        if run.pid == 0:  # the runner died between taking the run and writing down its process
            pid = processes.find(trainer_command(trainer, store, run.id))
            if pid == 0:
                store.set_state(run.id, "queued")
                continue
            store.set_process(run.id, pid, processes.started(pid))
            run = store.run(run.id)
        if processes.alive(run.pid, run.process_started):
            living.append(run)
        else:
            processes.sweep(run.pid)
            line = processes.last_line(trainer_log(store, run.id))
            if store.set_state(run.id, "failed", processes.cause(None, line)):
                ended.append(run.id)
    return Left(tuple(living), tuple(ended))
