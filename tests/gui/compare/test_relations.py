"""Settings, facts and results of runs as numbers or words, and how they go together."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.gui.compare.test_differences import RUN
from workbench.gui.compare.relations import (
    by_value,
    causes,
    first_result,
    rank_correlation,
    results,
    scale,
    value,
)
from workbench.store.records import Summary

RUNS = [replace(RUN, id=id, seed=id) for id in (1, 2, 3)]
ACCURACY, LOSS = "validation/accuracy", "train/loss"
PARAMS: dict[int, dict[str, Any]] = {
    1: {"training.lr": 0.1, "conv1.bias": True, "same": 1, "estimate.work": 1.0, "size": [3, 3]},
    2: {"training.lr": 0.01, "conv1.bias": False, "same": 1, "estimate.work": 2.0, "size": [5, 5]},
    3: {"training.lr": 1, "same": 1, "size": ""},
}
SUMMARIES = {
    id: {
        LOSS: Summary(LOSS, 1, 1, low, 1, 2, 2, 2),
        ACCURACY: Summary(ACCURACY, 1, 1, 0, 1, high, 2, 2, "Accuracy"),
    }
    for id, low, high in ((1, 0.5, 0.9), (2, math.nan, 0.8))
}


def test_what_varies_is_offered_and_results_behind_it() -> None:
    assert [title for _, title in causes(RUNS, PARAMS, SUMMARIES)] == [
        "training.lr", "conv1.bias", "size", "seed", "train/loss", "validation/accuracy",
    ]  # fmt: skip
    assert results(RUNS, {}) == [] and causes([], {}, {}) == []
    assert first_result([1, 2], SUMMARIES) == f"metric:{ACCURACY}"


def test_values_are_numbers_words_or_nothing() -> None:
    said = [
        value(f"param:{name}", RUN, PARAMS[1], SUMMARIES)
        for name in ("training.lr", "conv1.bias", "size", "none")
    ]
    assert said == [0.1, "yes", "3 × 3", None]
    assert value("param:size", RUN, PARAMS[3], {}) is None
    assert value(f"metric:{ACCURACY}", RUN, {}, SUMMARIES) == 0.9
    assert value(f"metric:{ACCURACY}", RUNS[2], {}, SUMMARIES) is None
    assert value("fact:device", RUN, {}, {}) == "cpu" and value("fact:parameters", RUN, {}, {}) == 61706.0


def test_a_result_goes_the_same_way_in_all_runs() -> None:
    foreign = {ACCURACY: Summary(ACCURACY, 0.1, 3, 0.1, 3, 0.95, 2, 3)}
    said = by_value(f"metric:{ACCURACY}", RUNS, {}, {**SUMMARIES, 3: foreign})
    assert said == {1: 0.9, 2: 0.8, 3: 0.95}


def test_scales_of_numbers_and_words() -> None:
    found = scale("lr", [0.1, None, 1.0, math.nan, math.inf])
    assert found is not None and set(found[1]) == {0.1, 1.0}
    assert 0 < found[0].share(0.1) < 0.1 and 0.9 < found[0].share(1.0) < 1
    logs = scale("lr", [0.01, 0.1, 1.0, -1.0], log=True)
    assert logs is not None and logs[0].share(0.1) == pytest.approx(0.5) and -1.0 not in logs[1]
    words = scale("bias", ["yes", "no", 3.0, None])
    assert words is not None and words[0].words == ("3.000", "no", "yes") and words[1]["yes"] == 2.0
    assert scale("x", [None, math.nan]) is None and scale("x", [-1.0], log=True) is None
    alone = scale("x", [5.0])
    assert alone is not None and alone[0].share(5.0) == pytest.approx(0.5)
    zero = scale("x", [0.0])
    assert zero is not None and zero[0].share(0.0) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(-4, 4), st.floats(-5, 5)), min_size=3, max_size=15))
def test_the_rank_correlation_is_spearmans(pairs: list[tuple[int, float]]) -> None:
    one, other = [float(a) for a, _ in pairs], [b for _, b in pairs]
    found = rank_correlation(list(zip(one, other, strict=True)))
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)


def test_two_runs_are_no_correlation() -> None:
    assert math.isnan(rank_correlation([(1, 2), (2, 3)]))
