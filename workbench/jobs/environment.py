"""Where a run is queued: versions, system and the state of its data, kept with its settings to be compared.

May import the store; asks for versions without importing what has them.
"""

import json
import platform
from collections.abc import Collection, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from workbench import __version__
from workbench.core.errors import JobError
from workbench.jobs.settings import ENVIRONMENT
from workbench.store.records import DatasetRecord
from workbench.store.store import Store

_PACKAGES: Final = ("torch", "numpy")
_SHORT: Final = 12
_LONGEST: Final = 200
_DATA, OPTIONS = f"{ENVIRONMENT}data.", f"{ENVIRONMENT}options."


def recorded(store: Store, datasets: Collection[str]) -> dict[str, str]:
    """What is kept of the place in which a run is queued, and of registered datasets: their fingerprints in short, and
    how they are read.
    """
    found = {f"{ENVIRONMENT}{name}": value for name, value in _versions().items()}
    for record in store.datasets():
        if record.id in datasets and record.fingerprint:
            found[f"{_DATA}{record.id}"] = record.fingerprint[:_SHORT]
            found[f"{OPTIONS}{record.id}"] = how_read(record)
    return found


def how_read(record: DatasetRecord) -> str:
    """By which reader a dataset is read and with which options; of very long ones what tells them apart."""
    options = ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(record.options.items()))
    told = f"{record.reader}: {options}" if options else record.reader
    return (
        told if len(told) <= _LONGEST else f"{told[:_LONGEST]}… {sha256(told.encode()).hexdigest()[:_SHORT]}"
    )


def refuse_other_data(run: int, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Raises JobError where a run would go on over other data, or data split otherwise, than it trained on.

    What it has trained on could then be among what tests it. Older runs do not say how theirs were read.
    """
    for name, value in now.items():
        if name.startswith((_DATA, OPTIONS)) and before.get(name, value) != value:
            id = name.removeprefix(_DATA).removeprefix(OPTIONS)
            what = "has other content" if name.startswith(_DATA) else f"is read otherwise ({before[name]})"
            raise JobError(
                f"Run {run} cannot go on: the dataset “{id}” {what} than when it was queued, so what it was trained on "
                "could be among what tests it. Train its drawing anew."
            )


@cache
def _versions() -> dict[str, str]:
    found = {"workbench": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"  # the trainer then says so itself
    return {**found, "system": f"{platform.system()} {platform.release()} {platform.machine()}"}
