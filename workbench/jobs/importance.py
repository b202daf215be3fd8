"""Which settings of runs matter for a result: a random forest, asked how much worse it guesses without each of them.

`python -m workbench.jobs.importance` takes one question as a line of JSON and answers with one.  Imports scikit-learn
only when it is asked, which takes a second: a process of its own, never the window.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from workbench.core.left_out import leave_out
from workbench.jobs import processes

LEAST: Final = 8
"""Fewer runs tell nothing about several settings at once."""
MOST_RUNS: Final = 2_000
MOST_COLUMNS: Final = 60
TREES: Final = 100
_SHUFFLES: Final = 10
_SHUFFLED: Final = 300_000
"""About so many guesses of all trees are made for one setting at most."""

Value = float | str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """For each setting how much of the forest's R² is lost when it is shuffled; how good the forest is on runs that
    its trees have not seen (out-of-bag R²: below 0 it guesses worse than the mean), and how many runs it saw.
    """

    importances: dict[str, float]
    spreads: dict[str, float]
    score: float
    runs: int


def command() -> list[str]:
    """What starts the process."""
    return processes.python("workbench.jobs.importance")


def importance(columns: Mapping[str, Sequence[Value]], target: Sequence[float]) -> Answer:
    """Breiman's permutation importance on the runs whose result is a finite number; empty for fewer than `LEAST`."""
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    rows = [row for row, value in enumerate(target) if math.isfinite(value)][:MOST_RUNS]
    names = list(columns)[:MOST_COLUMNS]
    if len(rows) < LEAST or not names:
        return Answer({}, {}, math.nan, len(rows))
    x = np.column_stack([_numbers([columns[name][row] for row in rows]) for name in names])
    y = np.array([target[row] for row in rows])
    if not np.ptp(y) > 0:
        return Answer({}, {}, math.nan, len(rows))
    forest = RandomForestRegressor(TREES, min_samples_leaf=2, oob_score=True, random_state=0, n_jobs=1)
    forest.fit(x, y)
    chance, whole = np.random.default_rng(0), float(forest.score(x, y))
    importances, spreads = {}, {}
    shuffles = max(3, min(_SHUFFLES, _SHUFFLED // (len(rows) * TREES) + 1))
    for column, name in enumerate(names):
        lost, kept = [], x[:, column].copy()
        for _ in range(shuffles):
            x[:, column] = chance.permutation(kept)
            lost.append(whole - float(forest.score(x, y)))
        x[:, column] = kept
        importances[name], spreads[name] = float(np.mean(lost)), float(np.std(lost))
    return Answer(importances, spreads, float(forest.oob_score_), len(rows))


def _numbers(values: Sequence[Value]) -> list[float]:
    """A column as trees take it: words by their place in the alphabet, nothing below all else."""
    words = sorted({value for value in values if isinstance(value, str)})
    if words:
        shown = [value if isinstance(value, str) or value is None else str(value) for value in values]
        order = {
            word: float(place) for place, word in enumerate(sorted({one for one in shown if one is not None}))
        }
        return [-1.0 if one is None else order[one] for one in shown]
    known = [value for value in values if isinstance(value, float | int) and math.isfinite(value)]
    low = min(known, default=0.0)
    below = low - (max(known, default=0.0) - low or 1.0)
    return [float(v) if isinstance(v, float | int) and math.isfinite(v) else below for v in values]


def main() -> int:
    """One question, one answer."""
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    target = [math.nan if value is None else float(value) for value in asked["target"]]
    answer = asdict(importance(asked["columns"], target))
    score = answer["score"]
    print(json.dumps({**answer, "score": None if math.isnan(score) else score}), flush=True)
    return 0


if __name__ == "__main__":
    # Where it is installed scikit-learn imports it, which takes its time, and nothing here uses it.
    leave_out("pandas")
    sys.exit(main())
