"""What is kept of where a run was queued."""

import platform
from importlib.metadata import version

import pytest

from tests.drawing import CLASSIFIER, draw
from workbench import __version__
from workbench.catalog.samples import SAMPLES
from workbench.core.errors import JobError
from workbench.jobs.environment import recorded, refuse_other_data
from workbench.jobs.queue import enqueue
from workbench.store.records import DatasetRecord, RunRecord
from workbench.store.store import Store


def test_versions_and_the_state_of_the_data_are_kept(store: Store) -> None:
    for id, fingerprint in (("mine", "0123456789abcdef"), ("other", "fedcba9876543210")):
        options = {"test": 0.2, "header": True} if id == "mine" else {}
        store.add_dataset(DatasetRecord(id, id, "/nowhere", "table", options, {}, {}, fingerprint, 1.0))
    found = recorded(store, ["mine", "digits"])
    assert found["environment.torch"] == version("torch") and found["environment.workbench"] == __version__
    assert found["environment.python"] == platform.python_version()
    assert found["environment.data.mine"] == "0123456789ab" and "environment.data.other" not in found
    assert found["environment.options.mine"] == "table: header=true, test=0.2"
    assert recorded(store, ["other"])["environment.options.other"] == "table"


def test_a_run_does_not_go_on_over_other_data() -> None:
    now = {"environment.data.mine": "abc", "environment.options.mine": "test=0.2", "environment.torch": "2"}
    refuse_other_data(7, now, now)
    refuse_other_data(7, {"environment.torch": "1"}, now)  # of an older Workbench, which did not say it
    with pytest.raises(JobError, match=r"Run 7 cannot go on: the dataset “mine” has other content than when"):
        refuse_other_data(7, {**now, "environment.data.mine": "def"}, now)
    with pytest.raises(JobError, match=r"“mine” is read otherwise \(test=0\.3\) than when it was queued"):
        refuse_other_data(7, {**now, "environment.options.mine": "test=0.3"}, now)


def test_a_stopped_run_over_a_table_that_was_read_anew_is_refused(store: Store) -> None:
    schema = SAMPLES["iris"].to_json()
    document = draw(
        "data Dataset dataset=mine\nfc Linear out_features=3 < data.features\n"
        "loss CrossEntropyLoss < fc data.label",
        schemas={"mine": SAMPLES["iris"]},
    )
    runs: list[RunRecord] = []
    for fingerprint in ("0123456789abcdef", "fedcba9876543210"):
        store.add_dataset(
            DatasetRecord("mine", "mine", "/nowhere", "table", {}, schema, {}, fingerprint, 1.0)
        )
        if runs:
            with pytest.raises(JobError, match="cannot go on"):
                enqueue(store, document, schemas={"mine": SAMPLES["iris"]}, resumed_from=runs[0].id)
        runs.append(enqueue(store, document, schemas={"mine": SAMPLES["iris"]}))
    again = enqueue(store, document, schemas={"mine": SAMPLES["iris"]}, resumed_from=runs[1].id)
    assert again.resumed_from == runs[1].id


def test_a_queued_run_keeps_them_with_its_settings(store: Store) -> None:
    run = enqueue(store, draw(CLASSIFIER), schemas=SAMPLES)
    assert store.params(run.id)["environment.torch"] == version("torch")
