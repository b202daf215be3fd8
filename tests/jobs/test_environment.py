"""What is kept of where a run was queued."""

import platform
from importlib.metadata import version

from tests.drawing import CLASSIFIER, draw
from workbench import __version__
from workbench.catalog.samples import SAMPLES
from workbench.jobs.environment import recorded
from workbench.jobs.queue import enqueue
from workbench.store.records import DatasetRecord
from workbench.store.store import Store


def test_versions_and_the_state_of_the_data_are_kept(store: Store) -> None:
    for id, fingerprint in (("mine", "0123456789abcdef"), ("other", "fedcba9876543210")):
        store.add_dataset(DatasetRecord(id, id, "/nowhere", "table", {}, {}, {}, fingerprint, 1.0))
    found = recorded(store, ["mine", "digits"])
    assert found["environment.torch"] == version("torch") and found["environment.workbench"] == __version__
    assert found["environment.python"] == platform.python_version()
    assert found["environment.data.mine"] == "0123456789ab" and "environment.data.other" not in found


def test_a_queued_run_keeps_them_with_its_settings(store: Store) -> None:
    run = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES)
    assert store.params(run.id)["environment.torch"] == version("torch")
