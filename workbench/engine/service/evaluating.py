"""How well a model does on a split of its data, in figures. Imports the pass over the split and the figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core import text
from workbench.engine.service import asked, figures
from workbench.engine.service.context import Context
from workbench.engine.service.figures import Floats
from workbench.engine.service.passes import Pass, passed
from workbench.engine.service.told import names_of

_MOST_MATRIX = 300
_POINTS, _LEAST_POINTS = 2_000, 200


def evaluate(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"kind": "classes"|"numbers", "output", "count", "loss", "said", …} of a split; null stands for no number.

    Of classes: classes, accuracy, table, confusion, calibration, roc, pr (empty where there is none of it); of
    several at once no confusion. Of numbers, also of series and pictures: mae, rmse, r2, points, indices, residuals;
    of several columns "columns" has these of each, beside its name, since each is in units of its own.
    `said` is a sentence about what is missing or odd.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    split, name = asked.text(request, "split", "validation"), asked.text(request, "output")
    found = passed(context, run, which, split, name)
    loss = found.rows.loss.double()
    result = {
        "output": found.answer.name,
        "of": found.answer.kind,
        "count": len(found.rows),
        "loss": float(loss.mean()) if len(loss) else None,
        "said": "",
    }
    if not found.judged:
        said = f"Nothing in the drawing says what would be right for “{found.answer.name}”, so nothing is judged."
        return {**result, "kind": "none", "said": said}
    if found.answer.several:
        return {**result, **_labels(found)}
    if found.answer.kind in ("classes", "mask", "tokens"):
        return {**result, **_classes(found, names_of(found.answer, context.data(run)))}
    return {**result, **_numbers(found)}


def _classes(found: Pass, names: list[str]) -> dict[str, Any]:
    answer, counts = found.answer, found.counts
    confusion = counts.confusion.numpy()
    said = []
    if counts.broken:
        numbers = text.plural(counts.broken, "answer")
        said.append(f"{numbers} of {counts.entries:,} cannot be read: the scores are no numbers (NaN).")
    if not len(confusion):
        said.append(f"There are {len(answer.classes):,} classes, too many for a table of each.")
    if answer.kind == "classes" and not len(found.rows.shares):
        said.append("There are too many classes, or samples, for curves of each class.")
    if not answer.scale:
        said.append("The loss knows no probabilities, so nothing is said of how sure the model is.")
    return {
        "kind": "classes",
        "classes": names if len(confusion) else [],
        "entries": counts.entries,
        "accuracy": counts.right / counts.entries if counts.entries else None,
        "table": figures.class_table(confusion),
        "confusion": confusion.tolist() if len(confusion) <= _MOST_MATRIX else [],
        "calibration": figures.calibration(counts.bins.numpy()) if answer.scale else None,
        **_curves(found),
        "said": " ".join(said),
    }


def _curves(found: Pass) -> dict[str, Any]:
    """ROC and precision-recall of each class against all others; none of pixels and tokens."""
    rows = found.rows
    if not len(rows.shares):
        return {"roc": [], "pr": []}
    known = ((rows.target >= 0) & (rows.predicted >= 0)).numpy()
    shares, target = rows.shares.double().numpy()[known], rows.target.numpy()[known]
    return _each(shares, np.arange(shares.shape[1]) == target[:, None])


def _labels(found: Pass) -> dict[str, Any]:
    """Of classes of which several may be true: each by itself, said to be true from a half on."""
    shares, truth = found.rows.shares.double().numpy(), found.rows.truth.numpy() > 0.5
    guess = shares >= 0.5
    table = []
    for place in range(shares.shape[1]):
        pairs = 2 * truth[:, place].astype(np.int64) + guess[:, place]
        table.append(figures.class_table(np.bincount(pairs, minlength=4).reshape(2, 2))[1])
    return {
        "kind": "classes",
        "classes": list(found.answer.classes),
        "accuracy": float((guess == truth).mean()),
        "table": table,
        "confusion": [],
        "calibration": None,
        **_each(shares, truth),
        "said": "Several classes may be true at once: each is judged by itself, and said to be true from 50 % on.",
    }


def _each(shares: NDArray[np.float64], truth: NDArray[np.bool_]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, curve in (("roc", figures.roc), ("pr", figures.precision_recall)):
        drawn = ((place, curve(shares[:, place], truth[:, place])) for place in range(shares.shape[1]))
        found[name] = [{"class": place, **each} for place, each in drawn if each is not None]
    return found


def _numbers(found: Pass) -> dict[str, Any]:
    rows = found.rows
    truth, values = rows.truth.double().numpy(), rows.values.double().numpy()
    broken = ~np.isfinite(values).all(1)
    said = ""
    if broken.any():
        said = f"{text.plural(int(broken.sum()), 'answer')} of {len(broken):,} are no numbers (NaN) and left out."
        truth, values, indices = truth[~broken], values[~broken], rows.indices.numpy()[~broken]
    else:
        indices = rows.indices.numpy()
    if not len(truth):
        return {"kind": "numbers", "points": [], "indices": [], "said": "All answers are no numbers (NaN)."}
    names = found.answer.classes
    if len(names) > 1 and truth.shape[1] % len(names) == 0:  # each in units of its own
        truth, values = (each.reshape(len(each), -1, len(names)) for each in (truth, values))
        most = max(_LEAST_POINTS, _POINTS // len(names))
        columns = [
            {"name": name, **_column(truth[:, :, at], values[:, :, at], indices, most)}
            for at, name in enumerate(names)
        ]
        return {"kind": "numbers", "columns": columns, "said": said}
    whole = _column(truth, values, indices, _POINTS)
    if found.answer.kind == "picture":  # of which only some numbers are kept
        loss, off = rows.loss.numpy()[~broken], rows.off.numpy()[~broken]
        whole |= {"mae": float(off.mean()), "rmse": float(loss.mean() ** 0.5), "r2": float("nan")}
    return {"kind": "numbers", **whole, "said": said}


def _column(truth: Floats, values: Floats, indices: NDArray[np.int64], most: int) -> dict[str, Any]:
    """Figures of numbers, `most` of them as points, and how far off they are; each item has a row of them."""
    # Of many numbers an item, some of each; of many items, those from all over the split.
    places = np.arange(0, truth.size, max(1, -(-truth.size // most)))
    return {
        **figures.of_numbers(truth, values),
        "points": [[float(truth.flat[at]), float(values.flat[at])] for at in places],
        "indices": [int(indices[at // truth.shape[1]]) for at in places],
        "residuals": figures.histogram((values - truth).ravel()),
    }
