"""Runs that differ in nothing but the seed, and whether two such groups differ by more than their seeds do.

May import SciPy when it is asked, which takes a second: not on the window's main thread.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.store.records import RunRecord

LEVEL: Final = 0.95
"""Of intervals; a difference counts as one where its p-value is below one minus this."""
FEW: Final = 3
"""Groups of fewer seeds can tell only very large differences."""
SEED: Final = "training.seed"


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of the runs of a group: a value for each seed, the mean where a seed was used twice."""

    runs: tuple[int, ...]
    values: Mapping[int, float]
    left_out: tuple[int, ...] = ()
    """Runs whose figure is missing or no number."""

    @property
    def mean(self) -> float:
        return math.fsum(self.values.values()) / len(self.values) if self.values else math.nan

    @property
    def half(self) -> float:
        """Half the width of the mean's confidence interval; NaN for fewer than two seeds."""
        n = len(self.values)
        return _quantile(n - 1) * math.sqrt(variance(list(self.values.values())) / n) if n > 1 else math.nan


@dataclass(frozen=True, slots=True)
class Contrast:
    """How the mean of a second sample stands to that of a first: the difference, its interval, and how likely a
    difference as large is by the chance of the seeds alone. `exact`: no seed made any difference in either.
    """

    difference: float
    low: float
    high: float
    p: float
    paired: bool
    seeds: int
    exact: bool = False


def groups(
    runs: Sequence[RunRecord], params: Mapping[int, Mapping[str, Any]], programs: Mapping[int, str]
) -> list[tuple[int, ...]]:
    """Ids of runs that have all settings, the program, and the state of the data in common, but not the seed.

    Estimates and versions do not count. Runs whose settings are not known are left out.
    """
    found: dict[str, list[int]] = {}
    for run in runs:
        if run.id in params:
            own = {name: value for name, value in params[run.id].items() if _counts(name)}
            program = _without_title(programs.get(run.id, ""))
            alone = run.id if run.imported and not program else 0  # nobody knows what else differed
            key = json.dumps(
                [own, program, run.dataset, run.resumed_from, alone], sort_keys=True, default=str
            )
            found.setdefault(key, []).append(run.id)
    return [tuple(ids) for ids in found.values()]


def _counts(name: str) -> bool:
    environment = name.startswith(ENVIRONMENT) and not name.startswith(f"{ENVIRONMENT}data.")
    return name != SEED and not environment and not name.startswith(ESTIMATE)


def _without_title(program: str) -> str:
    """A program without the text at its head, which names the model."""
    return program.split('"""', 2)[-1] if program.startswith('"""') else program


def sample(runs: Iterable[RunRecord], values: Mapping[int, float]) -> Sample:
    """A figure of these runs, by run."""
    seeds: dict[int, list[float]] = {}
    ids, left_out = [], []
    for run in runs:
        value = values.get(run.id, math.nan)
        if math.isfinite(value):
            ids.append(run.id)
            seeds.setdefault(run.seed, []).append(value)
        else:
            left_out.append(run.id)
    means = {seed: math.fsum(found) / len(found) for seed, found in seeds.items()}
    return Sample(tuple(ids), means, tuple(left_out))


def compare(one: Sample, other: Sample) -> Contrast | None:
    """Student's t-test over pairs where both have the same seeds, else Welch's; None for fewer than two seeds.

    Welch, B. L. (1947), "The generalization of Student's problem when several different population variances are
    involved", Biometrika 34.
    """
    n, m = len(one.values), len(other.values)
    if min(n, m) < 2:
        return None
    difference = other.mean - one.mean
    if one.values.keys() == other.values.keys():
        apart = [other.values[seed] - value for seed, value in one.values.items()]
        return _test(difference, variance(apart) / n, n - 1, paired=True, seeds=n, size=_size(one, other))
    share, rest = variance(list(one.values.values())) / n, variance(list(other.values.values())) / m
    total = share + rest
    freedom = total**2 / (share**2 / (n - 1) + rest**2 / (m - 1)) if total else float(n + m - 2)
    return _test(difference, total, freedom, paired=False, seeds=min(n, m), size=_size(one, other))


def holm(ps: Sequence[float]) -> list[float]:
    """p-values of several tests at once, so that one of them is not below a level by their number alone.

    Holm, S. (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6.
    """
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    found = [0.0] * len(ps)
    least = 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, ps[place] * (len(ps) - rank)))
        found[place] = least
    return found


def variance(values: Sequence[float]) -> float:
    """Of a sample: the sum of squares over one less than their number."""
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _size(*samples: Sample) -> float:
    return max((abs(value) for one in samples for value in one.values.values()), default=0.0)


def _test(
    difference: float, square: float, freedom: float, *, paired: bool, seeds: int, size: float
) -> Contrast:
    error = math.sqrt(square)
    if error <= 1e-12 * size:  # what is left of equal numbers after they were subtracted
        same = abs(difference) <= 1e-12 * size
        return Contrast(difference, difference, difference, 1.0 if same else 0.0, paired, seeds, exact=True)
    from scipy.special import stdtr

    p = min(1.0, 2 * float(stdtr(freedom, -abs(difference) / error)))
    reach = _quantile(freedom) * error
    return Contrast(difference, difference - reach, difference + reach, p, paired, seeds)


def _quantile(freedom: float) -> float:
    """How many standard errors an interval reaches to each side."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + LEVEL / 2))
