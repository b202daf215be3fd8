"""Figures of classes and numbers are those of scikit-learn, also where classes are missing and scores are alike."""

import numpy as np
import pytest
from sklearn import metrics

from workbench.engine.service import figures


@pytest.mark.parametrize("seed", range(4))
def test_tables_and_curves_are_those_of_scikit_learn(seed: int) -> None:
    random = np.random.RandomState(seed)
    classes, count = 5, 300
    truth = random.randint(0, classes - 1, count)  # the last class never occurs
    # Of few different scores, so that many are alike.
    shares = random.dirichlet(np.ones(classes), count).round(1 + seed % 2)
    guess = shares.argmax(1)
    confusion = metrics.confusion_matrix(truth, guess, labels=range(classes))
    wanted = metrics.precision_recall_fscore_support(truth, guess, labels=range(classes), zero_division=0)
    table = figures.class_table(confusion)
    for name, column in zip(("precision", "recall", "f1", "support"), wanted, strict=True):
        assert np.allclose([row[name] for row in table], column)
    for each in range(classes):
        positive = truth == each
        curve, other = (
            figures.roc(shares[:, each], positive),
            figures.precision_recall(shares[:, each], positive),
        )
        if not positive.any():
            assert curve is None and other is None
            continue
        assert curve is not None and other is not None
        assert curve["area"] == pytest.approx(metrics.roc_auc_score(positive, shares[:, each]))
        assert other["area"] == pytest.approx(metrics.average_precision_score(positive, shares[:, each]))
        x, y, _ = metrics.roc_curve(positive, shares[:, each], drop_intermediate=False)
        assert np.allclose(curve["x"], x) and np.allclose(curve["y"], y)
        precision, recall, _ = metrics.precision_recall_curve(positive, shares[:, each])
        assert np.allclose(other["x"], recall[::-1]) and np.allclose(other["y"], precision[::-1])


def test_long_curves_are_thinned_and_keep_their_ends_and_areas() -> None:
    random = np.random.RandomState(9)
    positive = random.rand(5_000) < 0.3
    share = random.rand(5_000) + 0.4 * positive
    curve = figures.roc(share, positive)
    assert curve is not None and len(curve["x"]) <= 201
    assert (curve["x"][0], curve["y"][0], curve["x"][-1], curve["y"][-1]) == (0, 0, 1, 1)
    assert curve["area"] == pytest.approx(metrics.roc_auc_score(positive, share))


def test_calibration_is_the_mean_difference_of_its_bins() -> None:
    # Of ten answers 90 % sure six are right; four 50 % sure are right half of the time.
    bins = np.zeros((10, 3))
    bins[9], bins[5] = (10, 9.0, 6), (4, 2.0, 2)
    found = figures.calibration(bins)
    assert found["ece"] == pytest.approx((10 * 0.3 + 4 * 0.0) / 14)
    assert (found["bins"][9]["confidence"], found["bins"][9]["accuracy"]) == pytest.approx((0.9, 0.6))
    assert np.isnan(found["bins"][0]["accuracy"]) and np.isnan(figures.calibration(np.zeros((5, 3)))["ece"])


def test_errors_of_numbers_are_those_of_scikit_learn() -> None:
    random = np.random.RandomState(5)
    truth, values = random.randn(80, 3) * [1, 10, 100], random.randn(80, 3)
    found = figures.of_numbers(truth, values)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(truth, values))
    assert found["rmse"] == pytest.approx(metrics.mean_squared_error(truth, values) ** 0.5)
    assert found["r2"] == pytest.approx(metrics.r2_score(truth, values))
    assert np.isnan(figures.of_numbers(np.ones((4, 1)), np.zeros((4, 1)))["r2"]), (
        "there is nothing to explain"
    )
    spread = figures.histogram(np.array([1.0, 1.0, np.nan, np.inf, 3.0]))
    assert sum(spread["counts"]) == 3 and len(spread["edges"]) == len(spread["counts"]) + 1
    assert (
        sum(figures.histogram(np.full(7, 2.5))["counts"]) == 7
        and figures.histogram(np.array([np.nan]))["counts"] == []
    )
