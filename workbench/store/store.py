"""The only door to a workspace's database. Window, runner, trainer and command line all come through here."""

from workbench.store.library import Library
from workbench.store.marks import Marking
from workbench.store.models import Models
from workbench.store.outputs import Outputs
from workbench.store.versions import Versions


class Store(Outputs, Marking, Models, Versions, Library):
    """One workspace, `Store(path)`: runs, points, media, logs, checkpoints, marks, models, versions, blocks,
    datasets, settings.

    Safe to share between threads; every method is one short transaction of its own and raises StoreError with
    a sentence for people. Any number of processes may have the same workspace open. What a method returned
    from survives the death of this process; run states, checkpoints and models survive a power cut too.
    """
