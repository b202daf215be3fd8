"""A workspace, runs in it that are trained in this very process, and what they leave behind."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.drawing import draw
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core.assign import assign
from workbench.core.document import Document, Update
from workbench.engine import checkpoint, train
from workbench.engine.checkpoint import Saved
from workbench.jobs.queue import enqueue
from workbench.store.records import CheckpointKind, RunRecord
from workbench.store.store import Store

IRIS = """
    data Dataset dataset=iris
    fc1 Linear out_features=8 < data.features
    relu ReLU < fc1
    drop Dropout p=0.2 < relu
    fc2 Linear out_features=3 < drop
    loss CrossEntropyLoss < fc2 data.label
    accuracy Accuracy < fc2 data.label
    confusion ConfusionMatrix < fc2 data.label
"""


def iris(*updates: Update, **settings: Any) -> Document:
    """90 flowers to train on: 6 steps an epoch of 16."""
    values = {"epochs": 3, "batch_size": 16, **settings}
    document = draw(IRIS, updates=updates, name="iris")
    for name, value in values.items():
        document = assign(document, f"training.{name}", value)
    return document


def same(one: checkpoint.Saved, other: checkpoint.Saved) -> bool:
    """Whether two checkpoints are the same, bit for bit: weights, optimisers, schedules, random numbers."""
    return bool(flat(one) == flat(other))


def flat(saved: checkpoint.Saved) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return (str(value.dtype), tuple(value.shape), value.numpy().tobytes())
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return value

    progress = {name: getattr(saved.progress, name) for name in checkpoint.Progress.__slots__}
    return plain([saved.weights, saved.own, saved.optimizers, saved.schedules, saved.generators, progress])


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """One thread is fastest for what is this small; a trainer leaves its handlers of signals behind."""
    threads = torch.get_num_threads()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


class Trained:
    """Queues and trains; what a run left is asked for by its record."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def queue(self, document: Document, **options: Any) -> RunRecord:
        known = {**SAMPLES, **{r.id: Schema.from_json(r.schema) for r in self.store.datasets()}}
        run = enqueue(self.store, document, schemas=known, device="cpu", **options)
        assert self.store.claim(run.id, "cpu")
        return run

    def run(self, document: Document, **options: Any) -> RunRecord:
        return self.go(self.queue(document, **options))

    def go(self, run: RunRecord) -> RunRecord:
        train.main([str(self.store.path), str(run.id)])
        return self.store.run(run.id)

    def last(self, run: RunRecord, kind: CheckpointKind = "last") -> Saved:
        (kept,) = [each for each in self.store.checkpoints(run.id) if each.kind == kind]
        return checkpoint.read(self.store.file(kept.path), kept.sha256)

    def rows(self, *runs: RunRecord) -> list[tuple[str, int, int, str]]:
        """All points in a comparable form; NaN equals itself there."""
        found = [point for run in runs for point in self.store.points(run.id)[0]]
        return sorted((point.metric, point.step, point.epoch, repr(point.value)) for point in found)

    def log(self, run: RunRecord) -> list[str]:
        return [line.text for line in self.store.log_lines(run.id)]


@pytest.fixture
def trained(store: Store) -> Trained:
    return Trained(store)


@pytest.fixture
def ask_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, str], None]:
    """Lets the person ask for something (pause, stop) after a step, and waits until it has arrived."""
    from workbench.engine.recorder import Recorder

    def ask(wanted: int, what: Any) -> None:
        progress = Recorder.progress
        asked: list[int] = []

        def stepping(self: Recorder, epoch: int, step: int, steps: int) -> None:
            progress(self, epoch, step, steps)
            if step == wanted and not asked:
                asked.append(step)
                self.store.request(self.run, what)
                assert self.asked.wait(10)

        monkeypatch.setattr(Recorder, "progress", stepping)

    return ask
