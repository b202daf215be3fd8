"""Where weights lie: the best checkpoint of a run, else its last, or a file that a run starts from.

Looks, but opens nothing: only the trainer reads weights. Imports catalog and the store.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.catalog.starts import run_of, stayed
from workbench.core.errors import FieldError, JobError, StoreError
from workbench.store.records import Checkpoint
from workbench.store.store import Store

Which = Literal["best", "last"]


@dataclass(frozen=True, slots=True)
class Start:
    """A file of weights with its SHA-256 where that is known, and what to call it."""

    file: Path
    sha256: str
    name: str


def start_of(store: Store, text: str) -> Start:
    """What the setting “Start from” means in a workspace; a relative path begins beside the workspace.

    Raises JobError in one sentence for what is not there.
    """
    try:
        run = run_of(text)
    except FieldError as error:
        raise JobError(f"Start from: {error}") from error
    if run < 0:
        raise JobError(f"Start from: {stayed(-run)}")
    if run:
        return _of_run(store, run)
    try:
        file = store.path.parent / Path(text).expanduser()
        if not file.exists():
            raise JobError(f"Start from: there is no file {file}.")
        if not file.is_file():
            raise JobError(f"Start from: {file} is not a file; choose a .safetensors file.")
        if file.stat().st_size == 0:
            raise JobError(f"Start from: {file} is empty (0 bytes), so there are no weights in it.")
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: the home of a user who is not there
        raise JobError(f"Start from: {text} cannot be read: {error}.") from error
    return Start(file, "", str(file))


def kept(store: Store, run: int, which: Which = "best") -> Checkpoint:
    """The checkpoint of a run: its best or, where it kept none, its last. Raises JobError where there is none."""
    record = store.run(run)
    chosen = _checkpoint(store, run, which)
    if chosen is None:
        hint = "; wait until it has trained for ten seconds" if record.alive else ""
        raise JobError(f"Run {run} ({record.name}) has kept no weights{hint}.")
    if not store.file(chosen.path).is_file():
        raise JobError(
            f"The {chosen.kind} weights of run {run} are gone: there is no file {store.file(chosen.path)}."
        )
    return chosen


def _checkpoint(store: Store, run: int, which: Which) -> Checkpoint | None:
    found = {each.kind: each for each in reversed(store.checkpoints(run))}
    return found.get(which) or found.get("last")


def _of_run(store: Store, run: int) -> Start:
    try:
        record = store.run(run)
    except StoreError as error:
        raise JobError(
            f"Start from: there is no run {run} in this workspace; it may have been deleted."
        ) from error
    if run in {each.id for each in store.runs(deleted=True)}:
        raise JobError(f"Start from: run {run} is in the trash; take it back first, or choose another.")
    chosen = _checkpoint(store, run, "best")
    if chosen is None:
        raise JobError(f"Start from: run {run} ({record.name}) has kept no weights; choose another.")
    file = store.file(chosen.path)
    name = f"run {run} ({record.name}, {chosen.kind} weights, epoch {chosen.epoch})"
    if not file.is_file():
        raise JobError(
            f"Start from: the {chosen.kind} weights of run {run} are gone: there is no file {file}."
        )
    return Start(file, chosen.sha256, name)
