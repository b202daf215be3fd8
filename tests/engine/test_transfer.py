"""Transfer as the guide tells it: a network learns digits, its body then serves another task with a new head."""

import runpy
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.drawing import block, draw
from tests.engine.conftest import Trained
from tests.programs import tidy
from workbench.core.assign import assign
from workbench.core.document import Document, Update
from workbench.core.edits import SetTraining
from workbench.core.expressions import Value
from workbench.engine.export import export

BODY = block(
    """
    x Input
    conv1 Conv2d out_channels=8 kernel_size=3 padding=same < x
    norm1 BatchNorm2d < conv1
    relu1 ReLU < norm1
    pool1 MaxPool2d < relu1
    conv2 Conv2d out_channels=16 kernel_size=3 padding=same < pool1
    norm2 BatchNorm2d < conv2
    relu2 ReLU < norm2
    pool2 MaxPool2d < relu2
    y Output < pool2
    """
)
DIGITS = """
    digits Dataset
    body @Body < digits.image
    flat Flatten < body
    head Linear out_features='= classes' < flat
    loss CrossEntropyLoss < head digits.label
    accuracy Accuracy < head digits.label
"""
# The other task: a head of 16 numbers first, so that the layer called head has another shape.
OTHER = DIGITS.replace(
    "head Linear out_features='= classes' < flat",
    "head Linear out_features=16 < flat\n    relu ReLU < head\n    last Linear out_features='= classes' < relu",
).replace("< head digits", "< last digits")


def network(text: str, rates: dict[str, Value] | None = None, *, epochs: int) -> Document:
    update = Update("train", {"loss": 1}, (), {"type": "Adam", "lr": 0.003}, rates=rates or {})
    return draw(text, blocks={"Body": BODY}, updates=(update,), batch_size=32, epochs=epochs)


def accuracy(trained: Trained, run: int) -> float:
    return trained.store.summaries([run])[run]["validation/accuracy"].max


def test_a_frozen_body_with_a_new_head_is_ahead_after_an_epoch(trained: Trained) -> None:
    first = trained.run(network(DIGITS, epochs=6))
    scratch = trained.run(network(OTHER, epochs=1))
    document = assign(network(OTHER, {"body": 0}, epochs=1), "training.weights", f"run:{first.id}")
    run = trained.run(document)
    assert run.state == "completed", run.cause
    (line,) = [line for line in trained.log(run) if line.startswith("Started from")]
    assert "taken over, 2 left as they were made, having another shape, 2 left as they were made" in line
    assert accuracy(trained, run.id) > accuracy(trained, scratch.id) + 0.05
    before, after = trained.last(first, "best").weights, trained.last(run).weights
    body = [name for name in before if name.startswith("body.")]
    assert len(body) == 14 and all(torch.equal(before[name], after[name]) for name in body)
    # Then the whole is trained on, the body slowly.
    (update,) = document.training.updates
    slowly = replace(
        document.training,
        settings={**document.training.settings, "weights": f"run:{run.id}"},
        updates=(replace(update, rates={"body": 0.1}),),
    )
    whole = trained.run(SetTraining(slowly).apply(document))
    assert accuracy(trained, whole.id) >= accuracy(trained, run.id) - 0.02
    moved = trained.last(whole).weights
    assert not any(torch.equal(before[name], moved[name]) for name in body if name.endswith("weight"))
    assert trained.store.params(whole.id)["training.updates.train.rates.body"] == pytest.approx(0.1)


def test_the_exported_script_starts_from_the_same_weights(trained: Trained, tmp_path: Path) -> None:
    first = trained.run(network(DIGITS, epochs=1))
    document = assign(
        network(OTHER, {"body": 0, "head": 0.5}, epochs=1), "training.weights", f"run:{first.id}"
    )
    script, _, weights = export(trained.store, document, tmp_path)
    assert weights.name == f"{script.stem}-weights.npz"
    losses = runpy.run_path(str(script))["main"]()
    points = trained.store.points_of(trained.run(document).id, "train/loss")
    assert losses == [point.value for point in points] and len(losses) > 20
    made = tmp_path / "tidy"
    made.mkdir()
    tidy([script.read_text(encoding="utf-8")], made)
