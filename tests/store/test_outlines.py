"""Outlines of curves: first and last point, evenly spread between, whatever else was logged meanwhile."""

from pathlib import Path

import numpy as np
import pytest

from workbench.store.records import Point
from workbench.store.store import Store


def test_an_outline_goes_from_the_first_to_the_last_point(tmp_path: Path) -> None:
    store = Store(tmp_path / "experiments.db")
    runs = []
    for _ in range(2):
        run = store.add_run(
            "a", document_text="{}", program_text="", device="auto", seed=0, epochs=1, params={}, model="a",
            parameters=1, dataset="digits",
        ).id  # fmt: skip
        store.claim(run, "cpu")
        points = []
        for step in range(1, 1001):
            points.append(
                Point("train/loss", step, 1, float("nan") if step == 1000 else step / 2, 100.0 + step)
            )
            if step > 500 and step % 100 == 0:
                points.append(Point("validation/loss", step, 1, 1.0, 100.0 + step))
        store.log_points(run, points)
        runs.append(run)
    found = store.outlines(runs, ["train/loss", "validation/loss", "other"], 50, 20)
    assert set(found) == {(run, "train/loss") for run in runs}, "a short curve needs none"
    curve = found[runs[1], "train/loss"]
    steps = np.array(curve.steps)
    assert (steps[0], steps[-1], curve.cursor) == (1, 1000, 0) and 45 <= len(steps) <= 50
    assert np.diff(steps).min() >= 15 and np.diff(steps).max() <= 25
    assert np.isnan(curve.values[-1]) and curve.values[0] == 0.5 and curve.times[0] == 101.0
    late = store.outlines(runs[:1], ["validation/loss"], 50, 2)[runs[0], "validation/loss"]
    assert list(late.steps) == [600, 700, 800, 900, 1000], "one that began late has each point once"
    assert store.outlines([99], ["train/loss"], 10, 0) == {}
    store.close()
    assert pytest.approx(steps[1], abs=5) == 20
