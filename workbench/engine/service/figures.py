"""Figures of classes and numbers, as the field defines them: tables, calibration, ROC and precision-recall curves.

NumPy only. The definitions are those of scikit-learn, against which the tests hold them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_POINTS = 200
"""A curve has at most so many points; its area is that of all of them."""
_BINS = 40


def class_table(confusion: NDArray[np.int64]) -> list[dict[str, float]]:
    """Precision, recall, F1 and support of each class; what would divide by nothing is 0."""
    right = np.diag(confusion).astype(np.float64)
    guessed, actual = confusion.sum(0).astype(np.float64), confusion.sum(1).astype(np.float64)
    precision, recall = _share(right, guessed), _share(right, actual)
    f1 = _share(2 * right, guessed + actual)
    return [
        {
            "precision": float(precision[each]),
            "recall": float(recall[each]),
            "f1": float(f1[each]),
            "support": int(actual[each]),
        }
        for each in range(len(confusion))
    ]


def calibration(bins: Floats) -> dict[str, Any]:
    """How sure a model was against how often it was right, and the expected difference (Guo et al., 2017).

    `bins` holds of each stretch between 0 and 1 how many answers, the sum of their shares, how many were right.
    """
    total = bins[:, 0].sum()
    sure, right = _share(bins[:, 1], bins[:, 0]), _share(bins[:, 2], bins[:, 0])
    error = float((np.abs(sure - right) * bins[:, 0]).sum() / total) if total else float("nan")
    width = 1 / len(bins)
    return {
        "ece": error,
        "bins": [
            {
                "low": place * width,
                "high": (place + 1) * width,
                "count": int(count),
                "confidence": float(sure[place]) if count else float("nan"),
                "accuracy": float(right[place]) if count else float("nan"),
            }
            for place, count in enumerate(bins[:, 0])
        ],
    }


def roc(share: Floats, positive: NDArray[np.bool_]) -> dict[str, Any] | None:
    """False positives against true positives, and the area below; None where one of the two never occurs."""
    yes = int(positive.sum())
    no = len(positive) - yes
    if not yes or not no:
        return None
    hits, misses = _counted(share, positive)
    x, y = np.r_[0.0, misses / no], np.r_[0.0, hits / yes]
    return {**_thinned(x, y), "area": float(np.trapezoid(y, x))}


def precision_recall(share: Floats, positive: NDArray[np.bool_]) -> dict[str, Any] | None:
    """Recall against precision, and the average precision: Σ (recall − recall before) · precision.

    None where nothing is positive.
    """
    yes = int(positive.sum())
    if not yes:
        return None
    hits, misses = _counted(share, positive)
    precision, recall = hits / (hits + misses), hits / yes
    area = float((np.diff(np.r_[0.0, recall]) * precision).sum())
    return {**_thinned(np.r_[0.0, recall], np.r_[1.0, precision]), "area": area}


def of_numbers(truth: Floats, values: Floats) -> dict[str, float]:
    """Mean absolute and root mean squared error, and R² (of columns the mean of theirs; NaN where all are alike)."""
    off = values - truth
    spread = np.square(truth - truth.mean(0)).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = 1 - np.square(off).sum(0) / spread
    return {
        "mae": float(np.abs(off).mean()),
        "rmse": float(np.sqrt(np.square(off).mean())),
        "r2": float(np.where(spread > 0, r2, np.nan).mean()),
    }


def histogram(values: Floats) -> dict[str, list[float]]:
    """How values are spread; what is no number is left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {"edges": [], "counts": []}
    low, high = float(known.min()), float(known.max())
    if not high - low > 1e-12 * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(known, bins=min(_BINS, max(1, len(known))), range=(low, high))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def _counted(share: Floats, positive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """True and false positives for each different share, the surest first."""
    order = np.argsort(-share, kind="stable")
    share, positive = share[order], positive[order]
    ends = np.r_[np.flatnonzero(np.diff(share)), len(share) - 1]
    hits = np.cumsum(positive, dtype=np.float64)[ends]
    return hits, ends + 1.0 - hits


def _thinned(x: Floats, y: Floats) -> dict[str, list[float]]:
    if len(x) > _POINTS:
        chosen = np.unique(np.r_[0, np.linspace(0, len(x) - 1, _POINTS).round().astype(np.int64)])
        x, y = x[chosen], y[chosen]
    return {"x": x.tolist(), "y": y.tolist()}


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
