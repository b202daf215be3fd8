"""Series: every extreme is in the picture, appending equals making anew, smoothing equals the plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.gui.widgets.series import SPARSE, Series
from workbench.gui.widgets.smoothing import LENGTH, SAMPLE, decayed_sums, weight_for, window_for

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([float("nan"), float("inf")]), max_size=400)


def loop(y: np.ndarray, weight: float) -> list[float]:
    out, total, weights = [], 0.0, 0.0
    for value in y:
        present = np.isfinite(value)
        total = weight * total + (value if present else 0.0)
        weights = weight * weights + present
        out.append(total / weights if present else np.nan)
    return out


@given(VALUES, st.integers(2, 40), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_a_part_keeps_every_extreme_however_the_points_came(
    values: list[float], columns: int, cut: int
) -> None:
    x = np.arange(len(values), dtype=float)
    y = np.array(values, dtype=float)
    whole, grown = Series(x, y), Series(x[:cut], y[:cut])
    grown.extend(x[cut:], y[cut:])
    for series in (whole, grown):
        part = series.part(0, max(1, len(values) - 1), columns)
        finite = y[np.isfinite(y)]
        assert series.gaps == len(y) - len(finite)
        if len(finite):
            assert np.nanmin(part.low) == finite.min()
            assert np.nanmax(part.high) == finite.max()
        assert len(part.x) <= 2 * columns


@pytest.mark.parametrize("count", [1_000, 65_536, 300_001])
def test_a_zoomed_part_shows_a_single_spike_in_its_place(count: int) -> None:
    y = np.sin(np.arange(count) / 99)
    y[count // 3] = 50.0
    series = Series(np.arange(count), y)
    for x0, x1 in ((0, count), (count // 4, count // 2), (count // 3 - 60, count // 3 + 60)):
        part = series.part(x0, x1, 100)
        assert np.nanmax(part.high) == 50.0
        at = part.x[np.nanargmax(part.high)]
        assert abs(at - count // 3) <= 1.5 * (x1 - x0) / 100
        assert (np.diff(part.x) > 0).all()
    outside = series.part(count // 2, count, 100)
    assert np.nanmax(outside.high) < 2


def test_powers_of_ten_at_equal_distances_keep_every_extreme_in_its_place() -> None:
    count = 300_000
    y = np.sin(np.arange(1.0, count + 1) / 7)
    spikes = [12, 40, 3_000, 250_000]
    y[[spike - 1 for spike in spikes]] = [50.0, 60.0, 70.0, 80.0]
    series = Series(np.arange(1, count + 1), y)
    part = series.part(1, count, 200, log=True)
    assert part.dense and (np.diff(part.x) > 0).all() and len(part.x) <= 200
    column = np.log(count) / 200
    for spike, value in zip(spikes, (50.0, 60.0, 70.0, 80.0), strict=True):
        at = np.log(part.x[part.high == value])
        assert len(at) == 1 and abs(at[0] - np.log(spike)) <= 1.5 * column
    assert Series([-1, 0, 3], [1, 1, 1]).least_positive == 3 and Series([0], [1]).least_positive == np.inf


def test_gaps_stay_gaps_where_single_points_are_seen() -> None:
    part = Series([0, 1, 2, 3], [1.0, float("nan"), float("-inf"), 4.0]).part(0, 3, 100)
    assert np.isnan(part.low).tolist() == [False, True, True, False]
    assert not part.dense


def test_points_that_come_late_are_sorted_in() -> None:
    series = Series([0, 10, 20], [0.0, 1.0, 2.0])
    series.smooth(0.5)
    series.extend([5, 15, 30], [0.5, 1.5, 3.0])
    assert series.x.tolist() == [0, 5, 10, 15, 20, 30]
    assert series.y.tolist() == [0, 0.5, 1, 1.5, 2, 3]


def test_nearest() -> None:
    assert Series().nearest(3) == -1
    series = Series([0, 10, 20], [0.0, 1.0, 2.0])
    assert [series.nearest(x) for x in (-5, 4, 6, 14, 99)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("weight", [0.3, 0.9, 0.99])
def test_smoothing_is_the_plain_loop_also_when_points_are_appended(weight: float) -> None:
    rng = np.random.default_rng(1)
    y = rng.normal(size=1_000) + 5
    y[[0, 17, 500]] = np.nan
    series = Series(np.arange(200), y[:200])
    seen = []
    for start in range(200, 1_000, 37):
        series.extend(np.arange(start, min(start + 37, 1_000)), y[start : start + 37])
        seen.append(series.smooth(weight))
    last = seen[-1]
    assert last is not None
    np.testing.assert_allclose(last.y, loop(y, weight_for(weight, 1_000)), rtol=1e-9)
    assert len(set(map(id, seen))) == 3  # made anew beyond 256 and 512 points only
    assert series.smooth(0.0) is None


def test_smoothing_covers_the_same_part_of_a_short_and_of_a_long_curve() -> None:
    assert weight_for(0.8, LENGTH) == 0.8
    assert weight_for(0.8, 64) < 0.2 < 0.99 < weight_for(0.8, 100_000) < 1


def test_few_points_are_not_smoothed_until_there_are_more() -> None:
    series = Series(range(SPARSE - 1), range(SPARSE - 1))
    assert series.smooth(0.9) is None
    series.extend([SPARSE], [1.0])
    assert series.smooth(0.9) is not None


def test_decayed_sums_go_on_from_what_was_before() -> None:
    values = np.ones(130)
    whole = decayed_sums(values, 0.9)
    np.testing.assert_allclose(decayed_sums(values[50:], 0.9, float(whole[49])), whole[50:])
    assert len(decayed_sums(np.empty(0), 0.5)) == 0


@pytest.mark.parametrize("count", [300, 9_000])
def test_medians_are_those_of_the_last_points_also_when_points_are_appended(count: int) -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=count)
    y[::40] = 1e6  # outliers that an average would show
    y[5] = np.nan
    series = Series(np.arange(200), y[:200])
    for start in range(200, count, 613):
        assert series.smooth(0.5, "median") is not None
        series.extend(np.arange(start, min(start + 613, count)), y[start : start + 613])
    twin = series.smooth(0.5, "median")
    assert twin is not None and np.nanmax(twin.y[10:]) < 10
    window = window_for(weight_for(0.5, count))
    assert 3 <= window <= SAMPLE
    for x, median in zip(twin.x.astype(int).tolist(), twin.y.tolist(), strict=True):
        last = y[max(0, x - window + 1) : x + 1]
        assert (np.isnan(y[x]) and np.isnan(median)) or median == np.nanmedian(last)
    assert len(twin) == count if count == 300 else 2_048 < len(twin) <= 4_500


def test_a_median_over_very_many_points_is_that_of_some_of_them() -> None:
    y = np.random.default_rng(3).normal(size=200_000) + np.linspace(0, 10, 200_000)
    twin = Series(np.arange(200_000), y).smooth(0.9, "median")
    assert twin is not None and 2_048 <= len(twin) <= 4_096
    window = window_for(weight_for(0.9, 200_000))
    x = int(twin.x[-1])
    assert window > SAMPLE
    assert twin.y[-1] == pytest.approx(np.median(y[x - window + 1 : x + 1]), abs=0.4)
