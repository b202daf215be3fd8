"""Where runs of other programs lie in a folder: each run once, with its name. Imports the modules that read them.

Links are not followed, and nothing but plain files is opened: a pipe would keep its reader waiting for ever.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from workbench.core import text
from workbench.core.errors import JobError
from workbench.engine import mlflow_runs, tensorboard_runs
from workbench.engine.foreign import EXPERIMENT, regular
from workbench.store.arrivals import Arrival

_DEEPEST: Final = 40
_MOST_RUNS: Final = 20_000
_MOST_FOLDERS: Final = 500_000
_TRASH: Final = ".trash"
"""There MLflow keeps experiments that were deleted, with runs that do not say so."""
_EVENTS: Final = "tfevents"
"""TensorBoard itself takes a file by this in its name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A run that lies somewhere. `read` gives it, or raises ValueError or OSError."""

    name: str
    read: Callable[[], Arrival]


@dataclass(frozen=True, slots=True)
class Place:
    """The runs of a folder, and what people should know of it."""

    runs: list[Found]
    remarks: list[str]


def look(place: Path) -> Place:
    """Finds the runs. Raises JobError where there is none, or OSError."""
    if not place.exists():
        raise JobError(f"There is nothing at {place}.")
    if not place.is_dir():
        if not regular(place):
            raise JobError(f"{place} is no plain file. Name a folder with runs, or an event file.")
        return Place(
            [Found(place.parent.name, partial(tensorboard_runs.read, [place], place.parent.name))], []
        )
    found: list[Found] = []
    remarks: list[str] = []
    links = deleted = 0
    for folder, files, linked in _folders(place, remarks):
        links += linked
        about = mlflow_runs.about(folder) if mlflow_runs.META in files else {}
        name = folder.relative_to(place).as_posix() if folder != place else place.resolve().name
        if mlflow_runs.is_run(about):
            if about.get("lifecycle_stage") == "deleted":
                deleted += 1
            else:
                found.append(Found(name, partial(_mlflow, folder, about)))
            files.clear()
        elif events := sorted(folder / each for each in files if _EVENTS in each and regular(folder / each)):
            found.append(Found(name, partial(tensorboard_runs.read, events, name)))
        if len(found) > _MOST_RUNS:
            raise JobError(f"{place} holds more than {_MOST_RUNS:,} runs. Take in its folders one by one.")
    if not found and not deleted:
        raise JobError(
            remarks[0]
            if remarks
            else f"There are no runs of TensorBoard or MLflow in {place}. Name a folder with event files "
            "(events.out.tfevents…), or MLflow's folder of experiments (mlruns)."
        )
    if deleted:
        remarks.append(f"{text.plural(deleted, 'run')} that MLflow has deleted {_was(deleted)} left out.")
    if links:
        remarks.append(f"Links are not followed: {text.plural(links, 'link')} {_was(links)} left out.")
    return Place(found, remarks)


def _was(many: int) -> str:
    return "was" if many == 1 else "were"


def _mlflow(folder: Path, about: dict[str, str]) -> Arrival:
    run = mlflow_runs.read(folder, about)
    if name := mlflow_runs.about(folder.parent).get("name"):
        run.params[EXPERIMENT] = text.one_line(name)
    return run


def _folders(place: Path, remarks: list[str]) -> Iterator[tuple[Path, set[str], int]]:
    """Each folder with the names of its files and how many links are in it; cleared names end the way down."""

    def skip(error: OSError) -> None:
        remarks.append(f"{error.filename} cannot be read: {error.strerror}.")

    for seen, (folder, folders, names) in enumerate(os.walk(place, onerror=skip)):
        here = Path(folder)
        if seen > _MOST_FOLDERS or len(here.parts) - len(place.parts) > _DEEPEST:
            raise JobError(f"{place} holds more folders than can be looked through. Name one of them.")
        folders[:] = sorted(name for name in folders if name != _TRASH)
        linked = sum(os.path.islink(here / each) for each in (*folders, *names))
        files = set(names)
        yield here, files, linked
        if names and not files:
            folders.clear()
