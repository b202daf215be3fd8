"""Groups of runs that differ by their seeds, and tests between them, held against SciPy's."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.jobs.seeds import Sample, compare, groups, holm, sample, variance
from workbench.store.records import RunRecord

RUN = RunRecord(
    1, "lenet5", "lenet5", "completed", "", "auto", "cpu", 0, 1.0, 2.0, 74.0, 30, 30, 1350, 1350, 61706, "digits",
    "", 0, 0.0, 0.0, "", 0,
)  # fmt: skip
VALUES = st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 3)), min_size=2, max_size=8)


def runs(*seeds: int) -> list[RunRecord]:
    return [replace(RUN, id=place, seed=seed) for place, seed in enumerate(seeds, start=1)]


def of(*values: float, first: int = 0) -> Sample:
    return Sample(tuple(range(len(values))), dict(enumerate(values, start=first)))


def test_runs_that_differ_in_nothing_but_the_seed_are_a_group() -> None:
    base = {
        "training.epochs": 3,
        "estimate.work": 1.0,
        "environment.torch": "2.11",
        "environment.data.mine": "abc",
    }
    params: dict[int, dict[str, Any]] = {
        1: {**base, "training.seed": 0},
        2: {**base, "training.seed": 1, "estimate.work": 2.0, "environment.torch": "2.12"},
        3: {**base, "training.seed": 0, "training.epochs": 4},
        4: {**base, "training.seed": 2, "environment.data.mine": "def"},
        5: {**base, "training.seed": 3},
        6: {**base, "training.seed": 4},
    }
    programs = dict.fromkeys(params, '"""lenet: 5 parameters."""\nimport torch\n')
    programs |= {2: '"""another name"""\nimport torch\n', 6: '"""lenet"""\nimport math\n'}
    seven = [*runs(0, 1, 0, 2, 3, 4), replace(RUN, id=7)]
    assert groups(seven, params, programs) == [(1, 2, 5), (3,), (4,), (6,)]
    assert groups([replace(RUN, id=1), replace(RUN, id=5, dataset="mine")], params, programs) == [(1,), (5,)]
    foreign = [replace(RUN, id=each, device="elsewhere") for each in (1, 2, 5)]
    assert groups(foreign, dict.fromkeys(params, base), {5: "program"}) == [(1,), (2,), (5,)]


def test_a_sample_has_a_value_for_each_seed_and_leaves_out_what_is_no_number() -> None:
    found = sample(runs(0, 0, 1, 2, 3), {1: 1.0, 2: 3.0, 3: 5.0, 4: math.nan})
    assert found.values == {0: 2.0, 1: 5.0} and found.mean == 3.5
    assert found.runs == (1, 2, 3) and found.left_out == (4, 5)
    assert math.isnan(sample([], {}).mean) and math.isnan(of(1.0).half)


@given(VALUES, VALUES)
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")  # SciPy, where values are equal
def test_unequal_seeds_are_held_against_each_other_as_welch_does(
    one: list[float], other: list[float]
) -> None:
    first, second = of(*one), of(*other, first=100)
    found = compare(first, second)
    assert found is not None and not found.paired and found.seeds == min(len(one), len(other))
    if found.exact:
        assert max(variance(one), variance(other)) < 1e-15 and found.p in (0.0, 1.0)
        return
    wanted = stats.ttest_ind(other, one, equal_var=False)
    interval = wanted.confidence_interval(0.95)
    assert found.p == pytest.approx(wanted.pvalue, rel=1e-6, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=8))
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore:Precision loss:RuntimeWarning")  # SciPy, where values are equal
def test_equal_seeds_are_held_against_each_other_in_pairs(pairs: list[tuple[float, float]]) -> None:
    one, other = [round(a, 3) for a, _ in pairs], [round(b, 3) for _, b in pairs]
    found = compare(of(*one), of(*other))
    assert found is not None and found.paired
    if found.exact:
        assert found.low == found.difference == found.high
        return
    wanted = stats.ttest_rel(other, one)
    interval = wanted.confidence_interval(0.95)
    assert found.p == pytest.approx(wanted.pvalue, rel=1e-6, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)


def test_the_interval_of_a_mean_is_students() -> None:
    values = [0.91, 0.93, 0.92, 0.95]
    low, high = stats.t.interval(0.95, 3, loc=of(*values).mean, scale=stats.sem(values))
    assert of(*values).half == pytest.approx((high - low) / 2)


def test_seeds_that_make_no_difference_are_exact() -> None:
    same, other = compare(of(0.1 + 0.2, 0.3), of(0.3, 0.3)), compare(of(0.5, 0.5), of(0.75, 0.75, 0.75))
    assert same is not None and same.exact and same.p == 1.0
    assert other is not None and other.exact and other.p == 0.0 and other.difference == 0.25


def test_one_seed_is_too_few() -> None:
    assert compare(of(0.5), of(0.5, 0.6)) is None and compare(of(0.5, 0.6), of()) is None


def test_several_tests_at_once_are_corrected() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0] and holm([]) == [] and holm([0.02]) == [0.02]
