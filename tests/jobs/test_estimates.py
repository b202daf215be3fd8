"""The estimate of a run stands with its settings, and what runs took makes the next one better."""

import pytest

from workbench.catalog.check import analyse
from workbench.catalog.costs import Measured, estimate
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.jobs import estimates
from workbench.jobs.queue import enqueue
from workbench.store.store import Store


def finished(
    store: Store, document: Document, epochs: int, monkeypatch: pytest.MonkeyPatch, took: float
) -> int:
    """A run that trained so many epochs in so many seconds."""
    run = enqueue(store, document, schemas=SAMPLES, device="cpu").id
    clock = iter((1000.0, 1000.0, 1000.0, 1000.0 + took))
    assert store.claim(run, "cpu")
    with monkeypatch.context() as patch:
        patch.setattr("workbench.store.runs.time.time", lambda: next(clock, 1000.0 + took))
        store.set_state(run, "running")
        store.progress(run, epochs, epochs * 34, epochs * 34)
        patch.setattr("workbench.store.runs.time.time", lambda: 1000.0 + took)
        store.set_state(run, "completed")
    return run


def test_a_queued_run_keeps_its_estimate(store: Store) -> None:
    document = load("lenet5")
    params = store.params(enqueue(store, document, schemas=SAMPLES, device="cpu").id)
    found = estimate(analyse(document, SAMPLES))
    assert found is not None
    assert params[estimates.MEMORY] == found.memory
    assert params[estimates.SECONDS] == params[estimates.WORK] == found.work["cpu"]
    assert params[estimates.DEVICE] == "cpu"


def test_a_run_for_a_device_that_is_unknown_is_queued_without_an_estimate(store: Store) -> None:
    """It is the runner that says so: the machine may have another device by then."""
    run = enqueue(store, load("lenet5"), schemas=SAMPLES, device="gpu")
    assert estimates.WORK not in store.params(run.id)


def test_the_next_estimate_is_what_the_last_run_took(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    document = load("lenet5")
    run = finished(store, document, 4, monkeypatch, 20.0)
    assert estimates.seconds_an_epoch(store.run(run)) == 5.0
    work = store.params(run)[estimates.WORK]
    assert estimates.history(store) == {"cpu": [Measured(work, 5.0)]}
    params = store.params(enqueue(store, document, schemas=SAMPLES, device="cpu").id)
    assert params[estimates.SECONDS] == pytest.approx(5.0)
    assert params[estimates.WORK] == work, "the estimate that is corrected stays what it was"


def test_what_is_not_done_or_was_not_estimated_teaches_nothing(store: Store) -> None:
    run = enqueue(store, load("lenet5"), schemas=SAMPLES, device="cpu")
    assert estimates.history(store) == {}
    assert estimates.seconds_an_epoch(run) == 0.0
    assert estimates.measured(run, {}) is None


def test_kinds_of_devices() -> None:
    assert estimates.kind_of("cpu") == "cpu"
    assert estimates.kind_of("cuda:7") == "cuda"
    assert estimates.kind_of("auto") in {"cpu", "cuda", "mps"}


def test_a_run_that_ended_within_one_of_its_first_epochs_teaches_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five of a hundred steps are no epoch, though they are the first."""
    run = finished(store, assign(load("lenet5"), "training.steps", 34), 1, monkeypatch, 2.0)
    assert estimates.history(store) == {}
    assert estimates.measured(store.run(run), store.params(run)) is None
