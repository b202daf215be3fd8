import math
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import StoreError
from workbench.store import sqlite
from workbench.store.points import decode, encode
from workbench.store.records import Point, RunRecord, Summary
from workbench.store.store import Store

AddRun = Callable[..., RunRecord]
METRICS = ("train/loss", "validation/loss", "test/accuracy")
LOSS = METRICS[0]


def _point(step: int, value: float, metric: str = LOSS) -> Point:
    return Point(metric, step, step // 10, value, 1000.0 + step)


def _same(left: float, right: float) -> bool:
    """NaN is NaN; everything else is equal bit for bit, but for the sign of zero, which SQLite does not keep."""
    if left != left or right != right:
        return left != left and right != right
    return struct.pack("d", left + 0.0) == struct.pack("d", right + 0.0)


def _expected(points: list[Point], metric: str) -> Summary:
    """The plain definition that the running one must agree with."""
    own = [point for point in points if point.metric == metric]
    real = [point for point in own if point.value == point.value] or own[:1]
    low = min(real, key=lambda point: point.value)
    high = max(real, key=lambda point: point.value)
    last = own[-1]
    return Summary(metric, last.value, last.step, low.value, low.step, high.value, high.step, len(own))


def _equal(left: Summary, right: Summary) -> bool:
    values = zip((left.last, left.min, left.max), (right.last, right.min, right.max), strict=True)
    rest = [(s.metric, s.last_step, s.min_step, s.max_step, s.count) for s in (left, right)]
    return rest[0] == rest[1] and all(_same(a, b) for a, b in values)


_points = st.builds(
    Point,
    st.sampled_from(METRICS),
    st.integers(0, 2**53),
    st.integers(0, 2**31),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(0, 4e9),
)


@given(st.floats())
def test_a_number_comes_back_as_the_class_it_was(value: float) -> None:
    kept, kind = encode(value)
    assert (kept is None) == (kind != 0) == (not math.isfinite(value))
    assert _same(decode(kept, kind), value)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(st.lists(_points, max_size=12), max_size=5))
def test_points_and_summaries_are_what_was_logged(store: Store, batches: list[list[Point]]) -> None:
    run = _run(store)
    everything: list[Point] = []
    cursor = 0
    for batch in batches:
        store.log_points(run, batch)
        read, cursor = store.points(run, cursor)
        assert [repr(point) for point in read] == [repr(point) for point in _as_kept(batch)]
        everything += batch
    for metric in {point.metric for point in everything}:
        own = [point for point in _as_kept(everything) if point.metric == metric]
        assert [repr(point) for point in store.points_of(run, metric)] == [repr(point) for point in own]
        assert _equal(store.summaries([run])[run][metric], _expected(everything, metric))
    assert store.points(run, cursor) == ([], cursor)
    assert len(store.points(run)[0]) == len(everything)


def _as_kept(points: list[Point]) -> list[Point]:
    return [Point(p.metric, p.step, p.epoch, p.value + 0.0, p.time + 0.0) for p in points]


def _run(store: Store) -> int:
    return store.add_run(
        "r", "m", "{}", "", device="cpu", seed=0, epochs=1, parameters=0, dataset="", params={}
    ).id


def test_nan_is_last_but_never_best(store: Store, run: int) -> None:
    store.log_points(run, [_point(1, math.nan)])
    only = store.summaries([run])[run][LOSS]
    assert math.isnan(only.min) and math.isnan(only.max) and only.min_step == 1
    store.log_points(run, [_point(2, 5.0), _point(3, math.nan), _point(4, math.inf), _point(5, math.nan)])
    summary = store.summaries([run])[run][LOSS]
    assert math.isnan(summary.last) and summary.last_step == 5 and summary.count == 5
    assert (summary.min, summary.min_step, summary.max, summary.max_step) == (5.0, 2, math.inf, 4)


def test_the_first_of_equal_values_is_the_best(store: Store, run: int) -> None:
    store.log_points(run, [_point(1, 2.0), _point(2, 2.0)])
    store.log_points(run, [_point(3, 2.0)])
    summary = store.summaries([run])[run][LOSS]
    assert (summary.min_step, summary.max_step, summary.last_step) == (1, 1, 3)


def test_summaries_of_many_runs(store: Store, add_run: AddRun) -> None:
    first, second, silent = add_run().id, add_run().id, add_run().id
    store.log_points(first, [_point(1, 1.0)])
    store.log_points(second, [_point(1, 2.0), _point(1, 0.5, "test/accuracy")])
    found = store.summaries([first, second, silent, 99])
    assert {run: sorted(summary) for run, summary in found.items()} == {
        first: [LOSS],
        second: ["test/accuracy", LOSS],
        silent: [],
        99: [],
    }
    assert found[second][LOSS].last == 2.0


def test_a_summary_tells_of_which_node_type_it_is(store: Store, add_run: AddRun) -> None:
    run = add_run(**{"overlap.type": "DiceScore", "loss.type": "CrossEntropyLoss", "loss.weight": []}).id
    store.log_points(run, [_point(1, 1.0, name) for name in ("test/overlap", LOSS, "test/sum", 'test/"x')])
    store.log_points(run, [_point(2, 1.0)])
    types = {name: summary.type for name, summary in store.summaries([run])[run].items()}
    assert types == {"test/overlap": "DiceScore", LOSS: "CrossEntropyLoss", "test/sum": "", 'test/"x': ""}


def test_runs_do_not_see_one_anothers_points(store: Store, add_run: AddRun) -> None:
    first, second = add_run().id, add_run().id
    for step in range(5):
        store.log_points(first, [_point(step, 1.0)])
        store.log_points(second, [_point(step, 2.0)])
    assert {point.value for point in store.points(first)[0]} == {1.0}
    assert [point.step for point in store.points_of(second, LOSS)] == [0, 1, 2, 3, 4]


def test_a_cursor_outlives_the_purge_of_another_run(store: Store, add_run: AddRun) -> None:
    first, second = add_run().id, add_run().id
    store.log_points(first, [_point(1, 1.0)])
    store.log_points(second, [_point(step, 2.0) for step in range(50)])
    _, cursor = store.points(first)
    store.set_state(second, "failed")
    store.purge_run(second)
    store.log_points(first, [_point(2, 3.0)])
    assert [point.step for point in store.points(first, cursor)[0]] == [2]


def test_points_can_be_read_in_portions(store: Store, run: int) -> None:
    store.log_points(run, [_point(step, float(step), METRICS[step % 3]) for step in range(10)])
    steps, cursor = [], 0
    while (portion := store.points(run, cursor, limit=4))[0]:
        assert len(portion[0]) <= 4
        steps += [point.step for point in portion[0]]
        cursor = portion[1]
    assert steps == list(range(10))


def test_a_curve_goes_on_where_it_was_read_to(store: Store, run: int) -> None:
    store.log_points(run, [_point(1, 1.0), _point(1, 9.0, "test/accuracy"), _point(2, math.nan)])
    curve = store.curve(run, LOSS)
    assert (list(curve.steps), list(curve.epochs), list(curve.times)) == ([1, 2], [0, 0], [1001.0, 1002.0])
    assert curve.values[0] == 1.0 and math.isnan(curve.values[1])
    store.log_points(run, [_point(3, 0.5), _point(4, 8.0, "test/accuracy")])
    more = store.curve(run, LOSS, curve.cursor)
    assert (list(more.steps), list(more.values)) == ([3], [0.5])
    nothing = store.curve(run, LOSS, more.cursor)
    assert (list(nothing.steps), nothing.cursor) == ([], more.cursor)
    assert list(store.curve(run, "no/such").values) == []


@pytest.mark.parametrize("name", ["a\nb", "nul\0", 'quote"', "back\\slash", "👩\u200d💻", "x" * 100_000])
def test_a_metric_of_another_program_may_have_any_name(store: Store, run: int, name: str) -> None:
    store.log_points(run, [_point(1, 0.5, f"train/{name}")])
    assert store.summaries([run])[run][f"train/{name}"].last == 0.5


def test_no_points_are_no_work(store: Store, run: int) -> None:
    version = store.data_version()
    store.log_points(run, [])
    assert store.data_version() == version


def test_points_of_a_run_that_does_not_exist_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no run 99"):
        store.log_points(99, [_point(1, 1.0)])


def _log_for_ever(store: Store, run: int, points: list[Point]) -> None:
    for _ in range(100):
        store.log_points(run, points)


def test_a_full_disk_takes_all_points_or_none_and_room_mends_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, limit = sqlite.connect, [0]

    def small(path: Path, busy_seconds: float = 1.0) -> Any:
        connection = connect(path, busy_seconds)
        if limit[0]:
            connection.execute(f"PRAGMA max_page_count = {limit[0]}")
        return connection

    batch = [_point(step, float(step)) for step in range(200)]
    with closing(Store(path)) as store:
        run = _run(store)
        with store._read() as connection:
            limit[0] = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 10
    monkeypatch.setattr(sqlite, "connect", small)
    with closing(Store(path)) as store:
        with pytest.raises(StoreError, match="the disk is full"):
            _log_for_ever(store, run, batch)
        logged = len(store.points(run)[0])
        assert logged > 0 and logged % len(batch) == 0
        assert store.summaries([run])[run][LOSS].count == logged
    limit[0] = 0
    with closing(Store(path)) as store:
        store.log_points(run, batch)
        assert len(store.points(run)[0]) == logged + len(batch) and store.check() == []
