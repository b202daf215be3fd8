"""Means of curves and what lies around them, held against the plain formulas."""

import numpy as np
import pytest
from scipy import stats

from workbench.gui.widgets.bands import PLACES, How, average

NAN = float("nan")


def members(*rows: list[float], start: float = 1) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.arange(start, start + len(row)), np.array(row, float)) for row in rows]


@pytest.mark.parametrize("how", ["deviation", "interval", "range"])
def test_mean_and_band_are_those_of_the_textbook(how: How) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 40))
    series, band = average(members(*rows.tolist()), how)
    np.testing.assert_allclose(series.y, rows.mean(axis=0))
    if how == "range":
        low, high = rows.min(axis=0), rows.max(axis=0)
    elif how == "deviation":
        low, high = (rows.mean(axis=0) + sign * rows.std(axis=0, ddof=1) for sign in (-1, 1))
    else:
        low, high = stats.t.interval(0.95, 4, rows.mean(axis=0), stats.sem(rows, axis=0))
    np.testing.assert_allclose(band.low, low)
    np.testing.assert_allclose(band.high, high)
    assert band.at(3.2) == (band.low[2], band.high[2])


def test_between_its_points_a_curve_counts_but_not_beyond_its_ends_nor_in_its_gaps() -> None:
    one = (np.array([0.0, 10.0]), np.array([0.0, 10.0]))
    two = (np.array([0.0, 5.0, 10.0, 20.0]), np.array([2.0, 7.0, NAN, 3.0]))
    series, band = average([one, two], "range")
    assert dict(zip(series.x.tolist(), series.y.tolist(), strict=True)) == {0: 1, 5: 6, 10: 10, 20: 3}
    assert np.isnan(band.low).tolist() == [False, False, True, True], "one curve alone has nothing around it"


def test_where_fewer_than_half_have_a_value_there_is_no_mean() -> None:
    series, _ = average(members([1, 1], [2, 2], [3, 3, 3]), "deviation")
    assert series.x.tolist() == [1, 2]


def test_long_curves_of_different_steps_are_averaged_in_equal_parts() -> None:
    x = np.arange(50_000.0)
    series, band = average([(x, np.full(50_000, 1.0)), (x[::7] + 0.5, np.full(7143, 3.0))], "deviation")
    assert len(series) == PLACES
    np.testing.assert_allclose(series.y, 2.0)
    np.testing.assert_allclose(band.high - band.low, 2 * np.sqrt(2.0))


def test_nothing_and_only_nan() -> None:
    empty, _ = average([], "deviation")
    none, _ = average(members([NAN, NAN], [NAN, NAN]), "deviation")
    assert len(empty) == 0 and not len(none)
