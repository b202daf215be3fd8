"""The ready model for tables beside scikit-learn's classifiers, on the same folds and columns.

Used by fidelity.py. May import everything.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks._figures import Figure, at_least
from benchmarks._loaders import added
from workbench.engine.data import Loaded

FOLDS = 5
BEHIND = 0.02
"""How much less than the others' share of right answers ours may be: an example or two of wine, four of Titanic."""
PEERS: dict[str, Callable[[], LogisticRegression | RandomForestClassifier]] = {
    "logistic regression": lambda: LogisticRegression(max_iter=1000),
    "random forest": lambda: RandomForestClassifier(n_estimators=300, random_state=0),
}


def whole(data: Loaded, part: str) -> dict[str, NDArray[np.generic]]:
    """Columns and classes of all rows of one part."""
    (batch,) = data.batches(part, data.sizes[part], shuffle=False)
    return {name: tensor.numpy() for name, tensor in batch.items()}


def beside(
    title: str, source: Path, target: str, ours: Callable[[tuple[str, ...]], float]
) -> Iterator[Figure]:
    """Mean accuracy on the folds that test, ours beside each of theirs.

    `ours` trains with the options of the reader and gives the accuracy. All learn from the whole of the other folds:
    no part chooses an epoch, ours is judged after as many as its drawing says.
    """
    mine: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in PEERS}
    for fold in range(1, FOLDS + 1):
        options = {"split": "folds", "folds": FOLDS, "fold": fold, "validation": 0.0}
        options |= {"target": target} if target else {}
        mine.append(ours(tuple(f"{name}={value}" for name, value in options.items())))
        with tempfile.TemporaryDirectory() as folder:
            data = added(Path(folder), source, **options)
            train, test = (whole(data, part) for part in ("train", "test"))
        for name, make in PEERS.items():
            fitted = make().fit(train["features"], train["label"])
            theirs[name].append(float(np.mean(fitted.predict(test["features"]) == test["label"])))
    for name, values in theirs.items():
        peer = float(np.mean(values))
        yield at_least(
            f"mlp on {title}, accuracy on {FOLDS} folds", float(np.mean(mine)), "", peer - BEHIND, name, peer
        )
