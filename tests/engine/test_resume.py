"""A run that goes on after a stop, a kill or a failure is the one that never stopped, bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.engine.conftest import Trained, iris, same
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.document import Document, Update
from workbench.engine import loop
from workbench.engine.loop import Loop
from workbench.engine.recorder import Recorder
from workbench.store.records import RunRecord
from workbench.store.store import Store

AskAt = Callable[[int, Any], None]

SGD: dict[str, Any] = {"type": "SGD", "lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}
ADAM: dict[str, Any] = {"type": "Adam", "lr": 0.01}
ONE_CYCLE: dict[str, Any] = {"type": "OneCycleLR", "max_lr": 0.02}
COSINE: dict[str, Any] = {"type": "CosineAnnealingLR", "eta_min": 0.001}
PLATEAU: dict[str, Any] = {"type": "ReduceLROnPlateau", "factor": 0.5, "patience": 0, "threshold": 0.5}
STEPS: dict[str, Any] = {"type": "StepLR", "step_size": 1, "gamma": 0.5}


def small_gan() -> Document:
    document = load("gan")
    for name, value in {"training.epochs": 2, "training.batch_size": 256, "latent": 4}.items():
        document = assign(document, name, value)
    return document


def small_text() -> Document:
    document = load("char-lstm")
    settings = {
        "training.steps": 8, "training.batch_size": 64, "text.length": 24, "embedding.embedding_dim": 4,
        "lstm1.hidden_size": 8, "samples.length": 3,
    }  # fmt: skip
    for name, value in settings.items():
        document = assign(document, name, value)
    return document


def text_in_order() -> Document:
    """Layers keep their state; a stop in the middle of an epoch is in the middle of a text."""
    document = small_text()
    settings: dict[str, Any] = {"text.order": "in order", "lstm1.carry": True}
    for name, value in settings.items():
        document = assign(document, name, value)
    return document


def text_in_order_twice() -> Document:
    """Two updates read each batch; the second one goes on from where the first one began."""
    document = text_in_order()
    updates = (Update("one", {"loss": 1}, ("lstm1",), ADAM), Update("two", {"loss": 2}, ("embedding",), ADAM))
    return replace(document, training=replace(document.training, updates=updates))


KINDS: dict[str, tuple[Callable[[], Document], tuple[int, ...]]] = {
    "Adam and dropout, in an epoch": (lambda: iris(), (8,)),
    "Adam, at the end of an epoch": (lambda: iris(), (12,)),
    "Adam, twice": (lambda: iris(), (3, 10)),
    "SGD with momentum and steps": (
        lambda: iris(Update("train", {"loss": 1}, (), SGD, STEPS, clip=0.5)),
        (8,),
    ),
    "SGD on a plateau": (lambda: iris(Update("train", {"loss": 1}, (), SGD, PLATEAU)), (8, 12)),
    "AdamW with one cycle": (
        lambda: iris(Update("train", {"loss": 1}, (), {"type": "AdamW"}, ONE_CYCLE)),
        (7,),
    ),
    "averaged weights": (lambda: iris(ema_decay=0.9), (8, 12)),
    "two updates, every third": (
        lambda: iris(
            Update("head", {"loss": 1}, ("fc2",), ADAM, COSINE),
            Update("body", {"loss": 2}, ("fc1",), SGD, COSINE, every=3),
        ),
        (8,),
    ),
    "a GAN": (small_gan, (6,)),
    "text": (small_text, (5,)),
    "text in order": (text_in_order, (3, 5)),
    "text in order, two updates": (text_in_order_twice, (3, 5)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_goes_on_is_the_one_that_never_stopped(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, ask_at: AskAt, kind: str
) -> None:
    make, stops = KINDS[kind]
    monkeypatch.setattr(loop, "LOOK_EVERY", 0.0)  # by the clock otherwise
    whole = trained.run(make())
    assert whole.state == "completed", whole.cause
    parts: list[RunRecord] = []
    for stop in stops:
        ask_at(stop, "stop")
        before = parts[-1].id if parts else 0
        parts.append(trained.run(make(), resumed_from=before))
        assert (parts[-1].state, parts[-1].step) == ("stopped", stop), parts[-1].cause
        monkeypatch.undo()
        monkeypatch.setattr(loop, "LOOK_EVERY", 0.0)
    parts.append(trained.run(make(), resumed_from=parts[-1].id))
    assert parts[-1].state == "completed", parts[-1].cause
    assert trained.rows(*parts) == trained.rows(whole)
    assert same(trained.last(parts[-1]), trained.last(whole))
    media = [media for run in parts for media in trained.store.media(run.id)]
    wanted = trained.store.media(whole.id)
    assert [(m.probe, m.step, m.data) for m in media] == [(m.probe, m.step, m.data) for m in wanted]


def test_a_stop_during_an_evaluation_loses_none(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained.run(iris())
    evaluate, calls = Loop._evaluate, []

    def stopping(self: Loop, split: str, most: int = 0) -> Any:
        calls.append(split)
        if len(calls) == 3:  # after the second epoch
            self.recorder.store.request(self.recorder.run, "stop")
            assert self.recorder.asked.wait(10)
        return evaluate(self, split, most)

    monkeypatch.setattr(Loop, "_evaluate", stopping)
    part = trained.run(iris())
    monkeypatch.undo()
    assert part.state == "stopped"
    rest = trained.run(iris(), resumed_from=part.id)
    assert trained.rows(part, rest) == trained.rows(whole)
    assert same(trained.last(rest), trained.last(whole))


def test_a_stop_during_the_test_leaves_the_last_state_alone(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained.run(iris())
    evaluate = Loop._evaluate

    def stopping(self: Loop, split: str, most: int = 0) -> Any:
        if split == "test":
            self.recorder.store.request(self.recorder.run, "stop")
            assert self.recorder.asked.wait(10)
        return evaluate(self, split, most)

    monkeypatch.setattr(Loop, "_evaluate", stopping)
    part = trained.run(iris())
    monkeypatch.undo()
    assert part.state == "stopped" and same(trained.last(part), trained.last(whole))
    rest = trained.run(iris(), resumed_from=part.id)
    assert rest.state == "completed" and trained.rows(part, rest) == trained.rows(whole)


class Killed(BaseException):
    """The process is gone: nothing is put in order."""


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained.run(iris(epochs=4))
    best = trained.last(whole, "best").progress.epoch
    for place in (4, 9, 15, 20):
        part = trained.queue(iris(epochs=4))
        killed(trained, part, place, monkeypatch)
        assert 0 < trained.last(part).progress.step < place
        rest = trained.run(iris(epochs=4), resumed_from=part.id)
        assert same(trained.last(rest), trained.last(whole))
        assert trained.last(rest, "best").progress.epoch == best
        tests = [row for row in trained.rows(whole) if row[0].startswith("test/")]
        assert [row for row in trained.rows(rest) if row[0].startswith("test/")] == tests


def killed(trained: Trained, run: RunRecord, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains until a step and then no further; checkpoints are written at every step, as far as they come."""
    started: list[Recorder] = []
    progress, start = Recorder.progress, Recorder.__init__

    def stepping(self: Recorder, epoch: int, step: int, steps: int) -> None:
        if step == place:
            raise Killed
        progress(self, epoch, step, steps)

    def starting(self: Recorder, store: Store, run: int) -> None:
        start(self, store, run)
        started.append(self)

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(loop, "SAVE_SHARE", float("inf"))
    monkeypatch.setattr(Recorder, "progress", stepping)
    monkeypatch.setattr(Recorder, "__init__", starting)
    with pytest.raises(Killed):
        trained.go(run)
    monkeypatch.undo()
    for each in started:
        each._stop.set()
        each._thread.join()
        each.store.close()
    trained.store.set_state(run.id, "failed", "killed")


def test_best_weights_from_before_the_stop_are_tested(
    trained: Trained, ask_at: AskAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a learning rate that ruins the model after the first epoch."""
    ruin = iris(Update("train", {"loss": 1}, (), {"type": "SGD", "lr": 1e-9}), epochs=3)
    accuracies = {1: 0.9, 2: 0.3, 3: 0.2}
    evaluate = Loop._evaluate

    def scripted(self: Loop, split: str, most: int = 0) -> Any:
        values, totals = evaluate(self, split, most)
        return (
            {**values, "accuracy": accuracies[self.place.epoch]} if split == "validation" else values
        ), totals

    monkeypatch.setattr(Loop, "_evaluate", scripted)
    whole = trained.run(ruin)
    ask_at(whole.steps // 3 + 2, "stop")
    part = trained.run(ruin)
    monkeypatch.undo()
    monkeypatch.setattr(Loop, "_evaluate", scripted)
    rest = trained.run(ruin, resumed_from=part.id)
    assert trained.store.points_of(rest.id, "test/loss")[0].epoch == 1
    assert trained.rows(part, rest) == trained.rows(whole)


def test_a_run_without_a_checkpoint_goes_on_from_the_one_before(
    trained: Trained, ask_at: AskAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained.run(iris())
    ask_at(8, "stop")
    first = trained.run(iris())
    monkeypatch.undo()
    second = trained.queue(iris(), resumed_from=first.id)  # and its process died at once
    trained.store.set_state(second.id, "failed", "killed")
    third = trained.run(iris(), resumed_from=second.id)
    assert third.state == "completed" and same(trained.last(third), trained.last(whole))


def test_nothing_to_go_on_from(trained: Trained) -> None:
    run = trained.queue(iris())
    trained.store.set_state(run.id, "failed", "killed")
    done = trained.run(iris(), resumed_from=run.id)
    assert (done.state, done.cause) == ("failed", f"Run {run.id} has no checkpoint to go on from.")


def test_a_kill_between_a_checkpoint_and_its_row_loses_none(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the new one is of the same step as the last: at a pause, after an evaluation, at the end."""
    add, steps = Store.add_checkpoint, []

    class Killed(BaseException):
        """Nobody catches it, as little as kill -9."""

    def dying(self: Store, run: int, step: int, epoch: int, kind: str, *rest: Any) -> None:
        if kind == "last":
            if step in steps:
                raise Killed
            steps.append(step)
        add(self, run, step, epoch, kind, *rest)  # type: ignore[arg-type]  # a kind of checkpoint

    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)  # every step is ten seconds of training
    monkeypatch.setattr(loop, "SAVE_SHARE", float("inf"))
    monkeypatch.setattr(loop, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(Store, "add_checkpoint", dying)
    run = trained.queue(iris())
    with pytest.raises(Killed):
        trained.go(run)
    monkeypatch.undo()
    monkeypatch.setattr(loop, "LOOK_EVERY", 0.0)
    trained.store.set_state(run.id, "failed", "killed")
    assert trained.last(run).progress.step == steps[-1]
    rest, whole = trained.run(iris(), resumed_from=run.id), trained.run(iris())
    assert rest.state == "completed", rest.cause
    assert same(trained.last(rest), trained.last(whole))
    again = trained.store.run_folder(rest.id).glob("*.safetensors")
    kept = {trained.store.file(each.path) for each in trained.store.checkpoints(rest.id)}
    assert set(again) == kept, "nothing is left over"
