"""The exported script trains where Workbench is not installed, and its losses are those of the worker."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.drawing import CLASSIFIER, draw
from tests.engine import test_augmentation
from tests.engine.conftest import Trained, iris
from workbench.catalog.templates import load
from workbench.core.assign import assign
from workbench.core.document import Document, Update
from workbench.core.errors import CodeError
from workbench.core.expressions import Value
from workbench.engine.export import export
from workbench.jobs.datasets import add_dataset
from workbench.store.store import Store

# Runs every script that it is given, after making sure that there is no Workbench.
PRELUDE = """
import json, runpy, sys

class NoWorkbench:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "workbench":
            raise ImportError("there is no Workbench here")

sys.meta_path.insert(0, NoWorkbench())
sys.modules |= dict.fromkeys(("pandas", "transformers"))  # torch_geometric takes seconds over them, if they are there
try:
    import workbench
except ImportError:
    pass
else:
    raise SystemExit("workbench was imported")
printed, losses = sys.stdout, {}
sys.stdout = sys.stderr
for script in sys.argv[1:]:
    losses[script] = runpy.run_path(script)["main"]()
assert not [name for name in sys.modules if name.split(".")[0] == "workbench"]
print(json.dumps(losses), file=printed)
"""
TEXT = "The quick brown fox jumps over the lazy dog.\n" * 40


def small(id: str, **settings: Any) -> Document:
    document = load(id)
    for name, value in settings.items():
        document = assign(document, name.replace("__", "."), value)
    return document


def text_model() -> Document:
    return small(
        "char-lstm",
        text__dataset="fox",
        text__length=16,
        embedding__embedding_dim=8,
        lstm1__hidden_size=8,
        samples__length=2,
        training__epochs=2,
        training__batch_size=8,
        training__seed=4,
    )


def without_validation() -> Document:
    """What goes by the figures of validation goes by those of training, here as there."""
    adam: dict[str, Any] = {"type": "Adam"}
    update = Update("train", {"loss": 1}, (), adam, PLATEAU)
    document = assign(iris(update, epochs=4, ema_decay=0.9), "data.dataset", "whole")
    return replace(document, name="whole")


def going_on() -> Document:
    document = text_model()
    document = assign(document, "text.order", "in order")
    return assign(document, "lstm1.carry", True)


def going_on_twice() -> Document:
    adam: dict[str, Any] = {"type": "Adam"}
    updates = (Update("one", {"loss": 1}, ("lstm1",), adam), Update("two", {"loss": 2}, ("embedding",), adam))
    document = going_on()
    return replace(document, name="twice", training=replace(document.training, updates=updates))


def windows() -> Document:
    return draw(
        """
        data Dataset dataset=tides order='in order'
        gru GRU hidden_size=6 carry=true < data.x
        fc Linear out_features=12 < gru.last
        goal Flatten < data.y
        loss MSELoss < fc goal
        """,
        name="windows",
        epochs=2,
        batch_size=4,
    )


def two_updates() -> Document:
    sgd: dict[str, Any] = {"type": "SGD", "lr": 0.05, "momentum": 0.9}
    return draw(
        CLASSIFIER.replace("relu ReLU < fc1", "relu Dropout < fc1"),
        updates=(
            Update("head", {"loss": 1}, ("fc2",), sgd, {"type": "OneCycleLR", "max_lr": 0.1}, clip=0.5),
            Update("body", {"loss": 0.5}, ("fc1",), sgd, {"type": "StepLR", "step_size": 1}, every=2),
        ),
        epochs=4,
        name="two",
        batch_size=256,
        steps=13,
    )


PLATEAU: dict[str, Value] = {"type": "ReduceLROnPlateau", "patience": 0, "threshold": 0.5}
RANDOM = " changed at random"
MODELS: dict[str, Callable[[], Document]] = {
    "mlp": lambda: small("mlp", training__epochs=3),
    "gcn": lambda: small("gcn", training__epochs=5),
    "graphs": lambda: small("graph-classifier", training__epochs=2),
    "graphs in order": lambda: small("graph-classifier", training__epochs=1, graphs__order="in order"),
    "text": text_model,
    "going on": going_on,
    "going on twice": going_on_twice,
    "windows": windows,
    "in order": lambda: small(
        "mlp", training__epochs=2, **{next(iter(load("mlp").graph.nodes)) + "__order": "in order"}
    ),
    "plateau": lambda: iris(Update("train", {"loss": 1}, (), {"type": "Adam"}, PLATEAU), epochs=4),
    "averaged": lambda: iris(
        Update("train", {"loss": 1}, (), {"type": "Adam"}, PLATEAU), epochs=5, ema_decay=0.97
    ),
    "without validation": without_validation,
    "gan": lambda: small("gan", training__epochs=1, training__batch_size=256),
    "two": two_updates,
    **{name + RANDOM: make for name, make in test_augmentation.MODELS.items()},
}
"""All of them run in one process: starting it takes longer than they do."""


@pytest.mark.usefixtures("reads_here")
def test_scripts_give_the_losses_of_the_worker(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "fox.txt").write_text(TEXT)
    add_dataset(trained.store, tmp_path / "fox.txt")
    (tmp_path / "whole.csv").write_text(
        "a,b,label\n" + "".join(f"{n % 7},{n % 5},{'xyz'[n % 3]}\n" for n in range(80))
    )
    add_dataset(trained.store, tmp_path / "whole.csv", options={"target": "label", "validation": "0"})
    scripts: dict[str, str] = {}
    for name, make in MODELS.items():
        script, data = export(trained.store, make(), tmp_path / name)
        assert data.name == f"{script.stem}-data.npz" and data.parent == script.parent
        scripts[name] = str(script)
    command = [sys.executable, "-I", "-W", "error", "-W", "ignore::DeprecationWarning", "-c", PRELUDE]
    done = subprocess.run(
        [*command, *scripts.values()],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    losses = json.loads(done.stdout)
    for name, make in MODELS.items():
        run = trained.run(make())
        assert run.state == "completed", run.cause
        wanted = worker_losses(trained.store, run.id, make())
        assert len(wanted) > (1 if name.endswith(RANDOM) else 4), name
        assert losses[scripts[name]] == wanted, name
        if name == "without validation":
            steps = [point.step for point in trained.store.points_of(run.id, "train/loss")]
            assert steps == list(range(1, run.steps + 1)), "one value a step, none of the whole split"
            assert len(trained.store.points_of(run.id, "train/accuracy")) == 4
        if name == "averaged":  # what it says after each epoch is of the mean, too
            figures = [
                [
                    f"{figure} {point.value:.4f}"
                    for point in trained.store.points_of(run.id, f"validation/{figure}")
                ]
                for figure in ("loss", "accuracy")
            ]
            for number, texts in enumerate(zip(*figures, strict=True), start=1):
                assert f"epoch {number}: {', '.join(texts)}" in done.stderr
    assert "epoch 3: loss" in done.stderr and "accuracy" in done.stderr


def worker_losses(store: Store, run: int, document: Document) -> list[float]:
    """What the updates minimised, in the order of the steps."""
    names = {
        "gan": ("discriminator_loss", "fool_loss"),
        "two": ("loss", "body_loss"),
        "twice": ("loss", "two_loss"),
    }.get(document.name, ("loss",))
    points = [
        (p.step, n, p.value) for n, name in enumerate(names) for p in store.points_of(run, f"train/{name}")
    ]
    return [value for _, _, value in sorted(points)]


def test_the_data_beside_it_is_plain(trained: Trained, tmp_path: Path) -> None:
    export(trained.store, small("mlp"), tmp_path)
    with np.load(tmp_path / "mlp-data.npz", allow_pickle=False) as file:
        assert sorted(file.files) == [
            f"{split}/flowers.{name}" for split in ("train", "validation") for name in ("features", "label")
        ]
        assert file["train/flowers.features"].dtype == np.float32
        assert len(file["train/flowers.features"]) == len(file["train/flowers.label"])


def test_the_file_has_the_name_of_the_model(trained: Trained, tmp_path: Path) -> None:
    script, _ = export(
        trained.store, replace(small("mlp"), name="../etc/My mödel: 2"), tmp_path / "new" / "deep"
    )
    assert script == tmp_path / "new" / "deep" / "etc_My_m_del__2.py"
    assert export(trained.store, replace(small("mlp"), name="…"), tmp_path)[0].name == "model.py"


def test_several_programs_fit_into_one_folder(trained: Trained, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = export(trained.store, small("mlp"), folder, {"weight": torch.zeros(2)})
    before = [file.read_bytes() for file in first]
    second = export(trained.store, small("gan"), folder, {"weight": torch.ones(2)})
    assert [file.read_bytes() for file in first] == before
    assert len({*first, *second}) == len(list(folder.iterdir())) == 6
    assert export(trained.store, small("mlp"), folder, {"weight": torch.ones(2)}) == first


def test_several_datasets_are_refused(trained: Trained, tmp_path: Path) -> None:
    document = draw(
        f"{CLASSIFIER}\nmore Dataset dataset=iris\nfc Linear out_features=3 < more\n"
        "side CrossEntropyLoss < fc more.label"
    )
    with pytest.raises(CodeError, match="several datasets cannot be exported"):
        export(trained.store, document, tmp_path)
