"""What a runner that begins, or a window that opens, makes of runs that an earlier runner left behind."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

from workbench.jobs import processes
from workbench.jobs.lock import Lock
from workbench.store.records import RunRecord
from workbench.store.store import Store


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


def mark(store: Store, run: int) -> dict[str, str]:
    """What the environment of a run's trainer, and of all that it starts, holds; finds them however they end."""
    return {"WORKBENCH_RUN": f"{store.path}#{run}"}


def processes_of(store: Store, run: int) -> list[psutil.Process]:
    """A run's living processes, the trainer first."""
    ((variable, value),) = mark(store, run).items()
    return processes.marked(variable, value)


def settle(store: Store, watched: Collection[int] = ()) -> Left:
    """Sorts the runs that should have a process and are not watched. Only for the holder of the runner's lock."""
    living: list[RunRecord] = []
    ended: list[int] = []
    for run in store.unfinished():
        if not run.alive or run.id in watched:
            continue
        if run.pid == 0:  # the runner died between taking the run and writing down its process
            lost = processes_of(store, run.id)
            if not lost:
                store.set_state(run.id, "queued")
                continue
            store.set_process(run.id, lost[0].pid, processes.started(lost[0].pid))
            run = store.run(run.id)
        if processes.alive(run.pid, run.process_started):
            living.append(run)
        else:
            processes.kill(*processes_of(store, run.id))
            line = processes.last_line(trainer_log(store, run.id))
            if store.set_state(run.id, "failed", processes.cause(None, line)):
                ended.append(run.id)
    return Left(tuple(living), tuple(ended))
