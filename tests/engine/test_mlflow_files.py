"""The folder of MLflow is laid out as its file store reads it."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_metric_files import run_with
from workbench.engine.mlflow_files import write
from workbench.store.records import Point
from workbench.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "experiments.db")
    yield opened
    opened.close()


def yaml(file: Path) -> dict[str, Any]:
    lines = [line.partition(": ") for line in file.read_text(encoding="utf-8").splitlines()]
    return {name: json.loads(value) for name, _, value in lines}


def test_settings_metrics_and_tags(store: Store, tmp_path: Path) -> None:
    values = [1.5, math.nan, math.inf, -math.inf]
    run = run_with(store, [Point("train/loss", n, 1, value, 1e9 + n) for n, value in enumerate(values)])
    odd = store.add_run(
        "zwei\nZeilen", "m", "{}", "# text", device="cpu", seed=4, epochs=1, parameters=1, dataset="iris",
        params={"training.epochs": 1, "a/b": "x" * 9000, "../../evil": "y", "ü": [1, 2]},
    )  # fmt: skip
    store.set_state(odd.id, "failed", "because")
    store.change_tags(add=[(odd.id, "paper")])
    assert write(store, [run, odd.id], tmp_path / "mlruns") == 4
    experiment = tmp_path / "mlruns" / "1"
    assert yaml(experiment / "meta.yaml")["experiment_id"] == "1"
    runs = {}
    for place in experiment.iterdir():
        if place.is_dir():
            meta = yaml(place / "meta.yaml")
            assert meta["run_id"] == meta["run_uuid"] == place.name and len(place.name) == 32
            runs[meta["run_name"]] = (place, meta)
    place, meta = runs["a"]
    assert meta["status"] == 2 and meta["end_time"] is None
    lines = (place / "metrics" / "train" / "loss").read_text().splitlines()
    assert lines == [
        "1000000000000 1.5 0",
        "1000000001000 nan 1",
        "1000000002000 inf 2",
        "1000000003000 -inf 3",
    ]
    place, meta = runs["zwei Zeilen"]
    assert meta["status"] == 4 and (place / "artifacts" / "program.py").read_text() == "# text"
    assert (place / "params" / "training.epochs").read_text() == "1"
    assert len((place / "params" / "a" / "b").read_text()) == 6000
    assert (place / "params" / "evil").read_text() == "y" and (place / "params" / "_").read_text() == "[1, 2]"
    assert (place / "tags" / "workbench.tags").read_text() == "paper"
    assert (place / "tags" / "workbench.cause").read_text() == "because"
    assert not (tmp_path / "evil").exists()


def test_every_curve_has_a_place_of_its_own(store: Store, tmp_path: Path) -> None:
    names = ("loss", "loss/gen", "a:b", "a_b", "a?b", "Loss", "loss_gen", "../x", "x", "x/y/z", "")
    points = [Point(name, 1, 1, float(number), 1.0) for number, name in enumerate(names)]
    assert write(store, [run_with(store, points)], tmp_path / "mlruns") == len(names)
    (folder,) = (tmp_path / "mlruns" / "1").glob("*/metrics")
    found = {
        file.relative_to(folder).as_posix(): int(float(file.read_text().split()[1]))
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert sorted(found.values()) == list(range(len(names)))
    assert {name: names[number] for name, number in found.items() if name in names} == {
        name: name for name in ("Loss", "a_b", "loss_gen", "x")
    }
    assert {name.casefold() for name in found} >= {"loss-2", "loss_gen-2", "a_b-2", "a_b-3", "x-2", "x_y_z"}
