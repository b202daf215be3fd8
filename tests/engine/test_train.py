"""The trainer: what a run leaves, how it ends, and that a run which goes on is the one that never stopped."""

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.drawing import CLASSIFIER, block, draw
from tests.engine.conftest import Trained, iris, same
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.document import Update
from workbench.core.errors import JobError
from workbench.core.expressions import Value
from workbench.engine import checkpoint, loop, probes_pictures, recorder, train
from workbench.engine.loop import Loop
from workbench.engine.recorder import Recorder
from workbench.jobs.datasets import add_dataset, clear_cache
from workbench.store import sqlite
from workbench.store.store import Store

AskAt = Callable[[int, Any], None]


# What a run leaves.


def test_a_run_leaves_points_media_checkpoints_and_a_log(trained: Trained) -> None:
    run = trained.run(iris(), seed=3)
    store = trained.store
    assert (run.state, run.cause, run.epoch, run.step) == ("completed", "", 3, run.steps)
    assert run.started and run.ended and run.heartbeat
    steps = run.steps // 3
    train_loss = store.points_of(run.id, "train/loss")
    assert [(p.step, p.epoch) for p in train_loss] == [(n + 1, n // steps + 1) for n in range(3 * steps)]
    for metric in ("validation/loss", "validation/accuracy", "train/accuracy"):
        assert [(p.step, p.epoch) for p in store.points_of(run.id, metric)] == [
            (steps * n, n) for n in (1, 2, 3)
        ]
    (test_point,) = store.points_of(run.id, "test/accuracy")
    summary = store.summaries([run.id])[run.id]
    best = summary["validation/accuracy"]
    assert test_point.step == best.max_step, "the test is made with the best weights"
    assert {media.caption for media in store.media(run.id)} == {"validation", "test"}
    shown = json.loads(store.media(run.id)[-1].data)
    assert shown["labels"] == ["setosa", "versicolor", "virginica"]
    assert sum(map(sum, shown["counts"])) == len(load_split("iris", "test"))
    kinds = {kept.kind: kept for kept in store.checkpoints(run.id)}
    assert set(kinds) == {"last", "best"} and len(store.checkpoints(run.id)) == 2
    assert {path.name for path in store.run_folder(run.id).glob("*.safetensors")} == {
        Path(kept.path).name for kept in kinds.values()
    }
    assert kinds["last"].step == run.steps and kinds["best"].step == best.max_step
    assert kinds["best"].value == best.max
    assert (store.run_folder(run.id) / "program.py").read_text("utf-8") == store.program_text(run.id)
    first, *_, trained_line, best_line, memory, tested = trained.log(run)
    assert first.startswith(f"Training on cpu with torch {torch.__version__}")
    assert trained_line == f"Trained {run.steps} steps in 3 epochs."
    assert best_line == f"Best accuracy: {best.max:.4g} after epoch {best.max_step // steps}."
    expected = store.params(run.id)["estimate.memory"] / 1e6
    assert memory.startswith("Memory of the process: ")
    assert memory.endswith(f"; {expected:,.1f} MB expected for model and data.")
    assert tested.startswith("Tested the best weights: loss ") and f"{test_point.value:.4g}" in tested


def load_split(dataset: str, split: str) -> list[int]:
    from workbench.engine.data import load_sample as load_data

    return list(range(load_data(dataset).sizes[split]))


def test_checkpoints_hold_the_weights_and_nothing_but_tensors_and_numbers(trained: Trained) -> None:
    run = trained.run(iris())
    best, last = trained.last(run, "best"), trained.last(run)
    assert {name: tuple(w.shape) for name, w in last.weights.items()} == {
        "fc1.weight": (8, 4), "fc1.bias": (8,), "fc2.weight": (3, 8), "fc2.bias": (3,),
    }  # fmt: skip
    assert best.weights.keys() == last.weights.keys() and not best.optimizers
    assert last.optimizers["train"]["state"][0]["step"].item() == run.steps
    (kept,) = [each for each in trained.store.checkpoints(run.id) if each.kind == "last"]
    file = trained.store.file(kept.path)
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(JobError, match=r"is damaged: its content is not what was written"):
        checkpoint.read(file, kept.sha256)


def test_the_same_seed_gives_the_same_run_and_another_one_another(trained: Trained) -> None:
    one, again, other = (trained.run(iris(), seed=seed) for seed in (7, 7, 8))
    assert trained.rows(one) == trained.rows(again) != trained.rows(other)


def test_several_updates_with_their_own_rhythm(trained: Trained) -> None:
    adam: dict[str, Any] = {"type": "Adam", "lr": 0.01}
    run = trained.run(
        iris(
            Update("head", {"loss": 1}, ("fc2",), adam), Update("body", {"loss": 2}, ("fc1",), adam, every=4)
        )
    )
    assert run.state == "completed", run.cause
    head = [p.step for p in trained.store.points_of(run.id, "train/loss")]
    body = [p.step for p in trained.store.points_of(run.id, "train/body_loss")]
    assert body == [step for step in range(1, run.steps + 1) if step % 4 == 0]
    assert head == list(range(1, run.steps + 1)), "the loss that both minimise has one value a step"
    last = trained.last(run)
    assert last.optimizers["head"]["state"][0]["step"].item() == run.steps
    assert last.optimizers["body"]["state"][0]["step"].item() == len(body)


def test_it_ends_after_the_steps_that_were_asked_for(trained: Trained) -> None:
    run = trained.run(iris(epochs=50, steps=8))
    assert (run.state, run.step, run.steps) == ("completed", 8, 8)
    assert len(trained.store.points_of(run.id, "validation/loss")) == 2


def test_early_stopping_counts_from_the_best_epoch(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    accuracies = iter([0.5, 0.7, 0.6, 0.7, 0.65, 0.9])
    evaluate = Loop._evaluate

    def scripted(self: Loop, split: str, most: int = 0) -> Any:
        values, totals = evaluate(self, split, most)
        if split == "validation":
            values = {**values, "accuracy": next(accuracies)}
        return values, totals

    monkeypatch.setattr(Loop, "_evaluate", scripted)
    run = trained.run(iris(epochs=20, patience=3))
    assert (run.state, run.epoch) == ("completed", 5)
    assert "Stopped early: no better accuracy for 3 epochs." in trained.log(run)
    assert trained.last(run, "best").progress.epoch == 2
    assert trained.store.points_of(run.id, "test/loss")[0].epoch == 2


def test_a_loss_that_becomes_nan_is_kept_and_told_once(trained: Trained) -> None:
    run = trained.run(iris(Update("train", {"loss": 1}, (), {"type": "SGD", "lr": 1e30}), epochs=2))
    assert run.state == "completed", run.cause
    values = [p.value for p in trained.store.points_of(run.id, "train/loss")]
    assert len(values) == run.steps and math.isnan(values[-1])
    told = [line for line in trained.log(run) if line.startswith("train/loss became")]
    first = next(n + 1 for n, value in enumerate(values) if not math.isfinite(value))
    assert len(told) == 1 and told[0].endswith(f" at step {first}.")


# Ends of other kinds.


def test_stop_keeps_a_checkpoint(trained: Trained, ask_at: AskAt) -> None:
    ask_at(8, "stop")
    run = trained.run(iris(epochs=500))
    assert (run.state, run.step) == ("stopped", 8)
    assert run.cause == "Stopped by you; the last checkpoint is kept."
    assert trained.last(run).progress.step == 8
    assert len(trained.store.points_of(run.id, "train/loss")) == 8


def test_pause_waits_and_changes_nothing(trained: Trained, ask_at: AskAt) -> None:
    plain = trained.run(iris())
    ask_at(8, "pause")
    run = trained.queue(iris())
    seen: list[str] = []

    def person() -> None:
        deadline = time.monotonic() + 60
        while trained.store.run(run.id).state != "paused" and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append(trained.store.run(run.id).state)
        assert trained.last(run).progress.step == 8
        trained.store.request(run.id, "resume")

    thread = threading.Thread(target=person)
    thread.start()
    done = trained.go(run)
    thread.join()
    assert seen == ["paused"] and done.state == "completed"
    assert trained.rows(done) == trained.rows(plain)
    assert same(trained.last(done), trained.last(plain))
    assert [line for line in trained.log(done) if line in ("Paused.", "Going on.")] == [
        "Paused.",
        "Going on.",
    ]


def test_a_signal_stops_it_like_a_person(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    progress = Recorder.progress

    def stepping(self: Recorder, epoch: int, step: int, steps: int) -> None:
        progress(self, epoch, step, steps)
        if step == 5:
            signal.raise_signal(signal.SIGTERM)
            assert self.asked.wait(10)

    monkeypatch.setattr(Recorder, "progress", stepping)
    run = trained.run(iris(epochs=500))
    assert (run.state, run.step) == ("stopped", 5) and trained.last(run).progress.step == 5


def test_a_program_that_somebody_changed_is_not_run(trained: Trained, tmp_path: Path) -> None:
    run = trained.queue(iris())
    connection = sqlite.connect(trained.store.path)
    evil = f"open({str(tmp_path / 'pwned')!r}, 'w')\n" + trained.store.program_text(run.id)
    connection.execute("UPDATE snapshots SET program = ? WHERE run = ?", (evil, run.id))
    connection.close()
    done = trained.go(run)
    assert done.state == "failed" and not (tmp_path / "pwned").exists()
    assert done.cause.startswith("The program stored with this run is not what this Workbench writes")


def test_a_compiled_file_that_somebody_left_is_not_run(trained: Trained, tmp_path: Path) -> None:
    """Python trusts an "unchecked" compiled file beside a source without a look at the source."""
    import importlib.util
    import marshal

    run = trained.queue(iris())
    source = trained.store.run_folder(run.id) / "program.py"
    code = compile(f"open({str(tmp_path / 'pwned')!r}, 'w')\nimport torch", str(source), "exec")
    cached = Path(importlib.util.cache_from_source(str(source)))
    cached.parent.mkdir()
    flags = (1).to_bytes(4, "little")  # by hash, not to be checked
    cached.write_bytes(importlib.util.MAGIC_NUMBER + flags + bytes(8) + marshal.dumps(code))
    done = trained.go(run)
    assert not (tmp_path / "pwned").exists() and done.state == "completed"


def test_a_document_that_somebody_changed_can_only_name_what_is_known(trained: Trained) -> None:
    run = trained.queue(iris())
    connection = sqlite.connect(trained.store.path)
    text = trained.store.document_text(run.id).replace('"ReLU"', '"os.system"')
    connection.execute("UPDATE snapshots SET document = ? WHERE run = ?", (text, run.id))
    connection.close()
    done = trained.go(run)
    assert done.state == "failed" and "“os.system” is not a known node type" in done.cause


def test_data_that_is_gone_is_the_cause(trained: Trained, tmp_path: Path) -> None:
    file = tmp_path / "flowers.csv"
    rows = [f"{n % 7},{n % 5},{'ab'[n % 2]}" for n in range(40)]
    file.write_text("\n".join(["width,height,kind", *rows]))
    add_dataset(trained.store, file)
    document = draw(
        "data Dataset dataset=iris\nfc Linear out_features=2 < data.features\nloss CrossEntropyLoss < fc data.label"
    )
    document = assign(document, "data.dataset", "flowers")
    file.unlink()
    done = trained.go(trained.queue(document))
    assert done.state == "completed", done.cause
    assert any("is gone; the copy in the workspace is used" in line for line in trained.log(done))
    clear_cache(trained.store)
    done = trained.go(trained.queue(document))
    assert done.state == "failed" and str(file) in done.cause and "\n" not in done.cause
    assert trained.log(done)[-1] == done.cause


def test_a_dataset_that_was_removed_is_the_cause(trained: Trained, tmp_path: Path) -> None:
    run = trained.queue(iris())
    connection = sqlite.connect(trained.store.path)
    text = trained.store.document_text(run.id).replace('"dataset": "iris"', '"dataset": "roses"')
    connection.execute("UPDATE snapshots SET document = ? WHERE run = ?", (text, run.id))
    connection.close()
    assert "there is no dataset “roses” in this workspace" in trained.go(run).cause


def test_a_peak_of_the_learning_rate_at_the_first_step_is_refused_in_words(trained: Trained) -> None:
    schedule: dict[str, Any] = {"type": "OneCycleLR", "max_lr": 0.1, "pct_start": 0.1}
    run = trained.run(iris(Update("train", {"loss": 1}, (), {"type": "Adam"}, schedule), steps=10))
    assert run.state == "failed" and "“train” has its peak at the first of 10 steps" in run.cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried …"), "Out of memory on cpu: use a smaller batch or model."),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
         "Out of memory on cpu: use a smaller batch or model."),
        (RuntimeError("mat1 and mat2\nshapes"), "RuntimeError: mat1 and mat2"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_an_error_in_the_middle_is_the_cause_in_one_line(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, error: Exception, cause: str
) -> None:
    calls: list[int] = []
    step = loop.Update.step

    def failing(self: loop.Update, batch: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise error
        return step(self, batch)

    monkeypatch.setattr(loop.Update, "step", failing)
    run = trained.run(iris())
    assert (run.state, run.cause) == ("failed", cause)
    assert len(trained.store.points_of(run.id, "train/loss")) == 3, "what came before is kept"


def test_an_error_in_a_layer_names_the_node(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inside of a block that repeats, too: which of its copies it was does not show on the canvas."""

    def failing(self: nn.Module, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("broken")

    monkeypatch.setattr(nn.Tanh, "forward", failing)
    deep = block("x Input\nfc Linear out_features=4 < x\nbend Tanh < fc\ny Output < bend")
    document = draw(
        """
        data Dataset dataset=iris
        body @Deep *2 < data
        head Linear out_features=3 < body
        loss CrossEntropyLoss < head data.label
        """,
        blocks={"Deep": deep},
    )
    run = trained.run(document)
    assert (run.state, run.cause) == ("failed", "body/bend: RuntimeError: broken")


def test_a_probe_that_fails_ends_neither_the_run_nor_the_other_probes(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = draw(
        f"{CLASSIFIER}\nsee Images count=2 < digits.image\nconfusion ConfusionMatrix < fc2 digits.label",
        epochs=2,
        batch_size=256,
    )

    def broken(images: torch.Tensor) -> torch.Tensor:
        raise KeyError("a picture\nis missing")

    monkeypatch.setattr(probes_pictures, "grid", broken)
    run = trained.run(document)
    assert run.state == "completed"
    assert {media.probe for media in trained.store.media(run.id)} == {"confusion"}
    told = [line for line in trained.log(run) if "probe" in line]
    assert told == ["The probe see could not record anything: 'a picture\\nis missing'"]


def test_slow_disks_are_saved_to_less_often(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    write = checkpoint.write
    saved: list[Path] = []

    def slowly(path: Path, content: bytes) -> str:
        time.sleep(0.1)
        saved.append(path)
        return write(path, content)

    monkeypatch.setattr(checkpoint, "write", slowly)
    run = trained.run(iris(epochs=3))
    assert run.state == "completed" and run.steps == 18
    assert 2 <= len(saved) <= 8, "after each step it would have been 18 times and more"


def test_a_locked_database_loses_nothing(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, ask_at: AskAt
) -> None:
    """Also the media, checkpoints and states that are written meanwhile."""
    monkeypatch.setattr(loop, "LOOK_EVERY", math.inf)  # by the clock otherwise
    document = replace(iris(epochs=4), name="locked")
    plain = trained.run(document)
    monkeypatch.setattr(train, "Store", partial(Store, busy_seconds=0.05))
    monkeypatch.setattr(recorder, "RETRY", 0.05)
    monkeypatch.setattr(recorder, "INTERVAL", 0.01)
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(loop, "SAVE_SHARE", float("inf"))
    locked = threading.Event()
    progress = Recorder.progress

    def stepping(self: Recorder, epoch: int, step: int, steps: int) -> None:
        progress(self, epoch, step, steps)
        if step == 3:
            locked.set()
            time.sleep(0.1)

    def hold() -> None:
        assert locked.wait(20)
        connection = sqlite.connect(trained.store.path, 10)
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(1.0)
        connection.execute("ROLLBACK")
        connection.close()

    monkeypatch.setattr(Recorder, "progress", stepping)
    thread = threading.Thread(target=hold)
    thread.start()
    run = trained.run(document)
    thread.join()
    assert run.state == "completed", run.cause
    assert trained.rows(run) == trained.rows(plain)
    assert len(trained.store.media(run.id)) == len(trained.store.media(plain.id))
    assert same(trained.last(run), trained.last(plain))
    assert any(line.startswith(("Training waits.", "For a while nothing")) for line in trained.log(run))


def test_a_full_disk_is_waited_for(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "RETRY", 0.01)
    write, failures = checkpoint.write, iter([28, 28, 28])

    def full(file: Path, content: bytes) -> str:
        code = next(failures, 0)
        if code:
            raise OSError(code, "No space left on device")
        return write(file, content)

    monkeypatch.setattr(checkpoint, "write", full)
    run = trained.run(iris())
    assert run.state == "completed" and trained.last(run).progress.step == run.steps
    (told,) = [line for line in trained.log(run) if line.startswith("Training waits.")]
    assert "bytes) cannot be written: No space left on device." in told


# As a process.


def test_the_trainer_is_a_process(trained: Trained) -> None:
    run = trained.queue(iris(epochs=2))
    command = [sys.executable, "-P", "-m", "workbench.engine.train", str(trained.store.path), str(run.id)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert trained.store.run(run.id).state == "completed"
    assert trained.rows(trained.store.run(run.id)) == trained.rows(trained.run(iris(epochs=2)))


@pytest.mark.parametrize("arguments", [[], ["a.db"], ["a.db", "one"], ["a.db", "1", "2"]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(arguments) == 2
    assert capsys.readouterr().err == "usage: python -m workbench.engine.train DATABASE RUN\n"


def test_a_run_that_does_not_exist(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main([str(store.path), "99"]) == 1
    assert capsys.readouterr().err == f"There is no run 99 in the workspace {store.path}.\n"


def test_modules_know_their_mode(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout and its like act in training only, and only there."""
    modes: list[tuple[str, bool]] = []
    step, evaluate = loop.Update.step, Loop._evaluate

    def stepping(self: loop.Update, batch: Any) -> Any:
        program: nn.Module = self.losses.__self__  # type: ignore[attr-defined]  # a bound method
        modes.append(("train", program.training))
        return step(self, batch)

    def evaluating(self: Loop, split: str, most: int = 0) -> Any:
        found = evaluate(self, split, most)
        modes.append(("evaluate", self.program.training))
        return found

    monkeypatch.setattr(loop.Update, "step", stepping)
    monkeypatch.setattr(Loop, "_evaluate", evaluating)
    trained.run(iris(epochs=2))
    assert set(modes) == {("train", True), ("evaluate", False)}


def test_several_updates_read_a_batch_from_the_same_state(trained: Trained) -> None:
    """Without learning, twice a loss is twice the loss, also where a layer keeps its state from batch to batch."""
    document = load("char-lstm")
    settings: dict[str, Value] = {
        "training.steps": 6, "training.batch_size": 64, "text.length": 4, "embedding.embedding_dim": 4,
        "lstm1.hidden_size": 8, "samples.length": 3, "text.order": "in order", "lstm1.carry": True,
    }  # fmt: skip
    for name, value in settings.items():
        document = assign(document, name, value)
    still: dict[str, Value] = {"type": "SGD", "lr": 0.0}
    alone = (Update("one", {"loss": 1}, (), still),)
    both = (Update("one", {"loss": 1}, ("lstm1",), still), Update("two", {"loss": 2}, ("embedding",), still))
    losses = {}
    for updates in (alone, both):
        run = trained.run(replace(document, training=replace(document.training, updates=updates)))
        assert run.state == "completed", run.cause
        for metric in ("loss", "two_loss")[: len(updates)]:
            points = trained.store.points_of(run.id, f"train/{metric}")
            losses[len(updates), metric] = [point.value for point in points]
    assert len(losses[1, "loss"]) == 6
    assert losses[2, "loss"] == losses[1, "loss"]
    assert losses[2, "two_loss"] == pytest.approx([2 * value for value in losses[1, "loss"]], rel=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "cycles"),
    [
        ({"type": "SGD"}, False),
        ({"type": "SGD", "momentum": 0.5}, False),
        ({"type": "SGD", "momentum": 0.9}, True),
        ({"type": "Adam"}, True),
        ({"type": "AdamW", "beta1": 0.5}, False),
        ({"type": "RMSprop"}, False),
        ({"type": "Adagrad"}, False),
    ],
)
def test_one_cycle_leaves_a_momentum_that_was_chosen(
    trained: Trained, monkeypatch: pytest.MonkeyPatch, optimizer: dict[str, Value], cycles: bool
) -> None:
    stepped, used = Loop._step, []

    def step(self: Loop, batch: Any) -> Any:
        losses = stepped(self, batch)
        group = self.updates[0].optimizer.param_groups[0]
        used.append(group["betas"][0] if "betas" in group else group.get("momentum", 0.0))
        return losses

    monkeypatch.setattr(Loop, "_step", step)
    schedule: dict[str, Value] = {"type": "OneCycleLR", "max_lr": 0.02}
    run = trained.run(iris(Update("train", {"loss": 1}, (), optimizer, schedule)))
    assert run.state == "completed", run.cause
    if cycles:
        assert max(used) > 0.94 and min(used) == pytest.approx(0.85, abs=0.01)
    else:
        assert set(used) == {optimizer.get("beta1", optimizer.get("momentum", 0.0))}
