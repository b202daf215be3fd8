"""Where a run is queued: versions, system and the state of its data, kept with its settings to be compared.

May import the store; asks for versions without importing what has them.
"""

import platform
from collections.abc import Collection
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from workbench import __version__
from workbench.jobs.settings import ENVIRONMENT
from workbench.store.store import Store

_PACKAGES: Final = ("torch", "numpy")
_SHORT: Final = 12


def recorded(store: Store, datasets: Collection[str]) -> dict[str, str]:
    """What is kept of the place in which a run is queued, and of registered datasets their fingerprints in short."""
    found = {f"{ENVIRONMENT}{name}": value for name, value in _versions().items()}
    for record in store.datasets():
        if record.id in datasets and record.fingerprint:
            found[f"{ENVIRONMENT}data.{record.id}"] = record.fingerprint[:_SHORT]
    return found


@cache
def _versions() -> dict[str, str]:
    found = {"workbench": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"  # the trainer then says so itself
    return {**found, "system": f"{platform.system()} {platform.release()} {platform.machine()}"}
