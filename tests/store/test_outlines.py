"""Outlines of curves: first and last point, evenly spread between, as the curve grows and whatever else is logged."""

import random
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from tests.store.conftest import AddRun
from workbench.store import opening, outlines
from workbench.store.migrations.versions.m0007_outlines import fill
from workbench.store.records import Curve, Point
from workbench.store.store import Store


def told(curve: Curve) -> list[tuple[int, int, str, float]]:
    """Its points, NaN as text, for two NaN are not equal."""
    return list(zip(curve.steps, curve.epochs, map(str, curve.values), curve.times, strict=True))


def value(step: int) -> float:
    return (float("nan"), float("inf"), float("-inf"), step / 2)[min(step % 500, 3)]


def points(metric: str, first: int, last: int) -> list[Point]:
    return [Point(metric, step, step // 100, value(step), 100.0 + step) for step in range(first, last + 1)]


@pytest.mark.parametrize("most", [1, 7, 90, 5_000])
def test_it_is_the_same_however_the_points_came(store: Store, add_run: AddRun, most: int) -> None:
    """An oracle beside it: which points belong follows from their count alone."""
    chance, run, done = random.Random(most), add_run().id, 0
    store.claim(run, "cpu")
    for end in (outlines.LONG, outlines.LONG + 1, 1_024, 1_025, 2_048, 2_049, 4_000):
        while done < end:
            count = min(chance.randint(1, most), end - done)
            others = [Point("other", step, 1, 1.0, 1.0) for step in range(chance.randint(0, 2))]
            mixed = points("loss", done + 1, done + count) + others
            store.log_points(run, chance.sample(others, len(others)) + mixed)
            done += count
        found = store.outlines([run], ["loss"])
        if end <= outlines.LONG:
            assert found == {}, "a short curve has none"
            continue
        whole = told(store.curve(run, "loss"))
        step = 16 if end <= 1_024 else 32 if end <= 2_048 else 64
        expected = whole[::step]
        if expected[-1] != whole[-1]:
            expected.append(whole[-1])
        assert told(found[run, "loss"]) == expected and 33 <= len(expected) <= 65
        assert found[run, "loss"].cursor == 0, "all of them are still to be read"


def test_those_are_found_that_are_asked_for(store: Store, add_run: AddRun) -> None:
    runs = [add_run().id for _ in range(2)]
    for run in runs:
        store.claim(run, "cpu")
        store.log_points(run, points("loss", 1, 1_500) + points("accuracy", 1, 2_000) + points("short", 1, 9))
    names = ["loss", "accuracy", "short", "other"]
    assert set(store.outlines(runs, names)) == {(run, name) for run in runs for name in names[:2]}
    assert set(store.outlines(runs[1:], names, 1_500)) == {(runs[1], "accuracy")}
    assert store.outlines([99], names) == {}
    store.set_state(runs[0], "completed")
    store.delete_run(runs[0])
    store.purge_run(runs[0])
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("SELECT count(*) FROM outlines").fetchone() == (2,)


def test_long_curves_of_older_workspaces_get_theirs(store: Store, add_run: AddRun) -> None:
    run = add_run().id
    store.claim(run, "cpu")
    for done in range(0, 3_000, 500):
        late = points("late", 1, 1_200) if done == 2_500 else []
        store.log_points(run, points("loss", done + 1, done + 500) + late + points("short", done, done))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM outlines")
        with opening.exclusively(connection) as bound:
            fill(bound)
    found = store.outlines([run], ["loss", "late", "short"])
    assert set(found) == {(run, "loss"), (run, "late")}
    whole, outline = told(store.curve(run, "loss")), told(found[run, "loss"])
    assert set(outline) <= set(whole) and (outline[0], outline[-1]) == (whole[0], whole[-1])
    assert 33 <= len(outline) <= 65 and np.diff([step for step, *_ in outline]).max() <= 250
    steps = list(found[run, "late"].steps)
    assert (steps[0], steps[-1]) == (1, 1_200) and len(set(steps)) == len(steps)
    store.log_points(run, points("loss", 3_001, 9_000))
    again = store.outlines([run], ["loss"])[run, "loss"]
    assert (again.steps[0], again.steps[-1]) == (1, 9_000) and len(again.steps) <= 97


def test_a_lost_outline_comes_back_with_the_next_points(store: Store, add_run: AddRun) -> None:
    run = add_run().id
    store.claim(run, "cpu")
    store.log_points(run, points("loss", 1, 3_000))
    expected = told(store.outlines([run], ["loss"])[run, "loss"])
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("DELETE FROM outlines")
    assert store.outlines([run], ["loss"]) == {}
    store.log_points(run, points("loss", 3_001, 3_100))
    assert told(store.outlines([run], ["loss"])[run, "loss"])[: len(expected) - 1] == expected[:-1]
