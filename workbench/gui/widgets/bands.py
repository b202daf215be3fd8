"""Means over several curves and what lies around them, aligned by x.  numpy; SciPy for intervals of the mean.

Takes a while for many points: not on the window's main thread.
"""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from workbench.gui.widgets.curves import Band
from workbench.gui.widgets.series import Series
from workbench.gui.widgets.smoothing import Floats

How = Literal["deviation", "interval", "range"]
PLACES: Final = 1024
"""Curves that have more different x in all are averaged in so many equal parts."""
_LEVEL: Final = 0.95


def average(members: Sequence[tuple[Floats, Floats]], how: How) -> tuple[Series, Band]:
    """The mean of curves, given as (x, y), and what lies around it; where half of them or more have a value.

    A curve that has none at some x counts with the line between its neighbours there, but not beyond its ends, and
    not where its value is NaN.
    """
    filled = [(x, y) for x, y in members if len(x)]
    if not filled:
        nothing = np.empty(0)
        return Series(), Band(nothing, nothing, nothing)
    x, rows = _aligned(filled)
    counts = np.count_nonzero(~np.isnan(rows), axis=0)
    enough = 2 * counts >= len(members)
    safe = np.maximum(counts, 1)
    mean = np.where(enough, np.nansum(rows, axis=0) / safe, np.nan)
    low, high = _around(rows, mean, counts, how)
    several = enough & (counts > 1)
    return Series(x[enough], mean[enough]), Band(
        x, np.where(several, low, np.nan), np.where(several, high, np.nan)
    )


def _around(rows: Floats, mean: Floats, counts: np.ndarray, how: How) -> tuple[Floats, Floats]:
    if how == "range":
        low: Floats = np.fmin.reduce(rows, axis=0)
        high: Floats = np.fmax.reduce(rows, axis=0)
        return low, high
    free = np.maximum(counts - 1, 1)
    spread = np.sqrt(np.nansum((rows - mean) ** 2, axis=0) / free)
    if how == "interval":
        from scipy.special import stdtrit

        spread = spread / np.sqrt(np.maximum(counts, 1)) * stdtrit(free, 0.5 + _LEVEL / 2)
    return mean - spread, mean + spread


def _aligned(members: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Common x, and a row of values for each curve."""
    if sum(len(x) for x, _ in members) <= PLACES * len(members):
        grid = np.unique(np.concatenate([x for x, _ in members]))
        if len(grid) <= PLACES:
            return grid, np.stack([_at(grid, x, y) for x, y in members])
    low, high = min(x[0] for x, _ in members), max(x[-1] for x, _ in members)
    width = (high - low) / PLACES or 1.0
    grid = low + width * (np.arange(PLACES) + 0.5)
    return grid, np.stack([_parts(grid, x, y, low, width) for x, y in members])


def _at(grid: Floats, x: Floats, y: Floats) -> Floats:
    known = ~np.isnan(y)
    if not known.any():
        return np.full(len(grid), np.nan)
    found = np.interp(grid, x[known], y[known], left=np.nan, right=np.nan)
    found[np.isin(grid, x[~known])] = np.nan
    return found


def _parts(grid: Floats, x: Floats, y: Floats, low: float, width: float) -> Floats:
    known = ~np.isnan(y)
    part = np.clip((x[known] - low) / width, 0, PLACES - 1).astype(np.int64)
    counts = np.bincount(part, minlength=PLACES)
    filled = counts > 0
    if not filled.any():
        return np.full(len(grid), np.nan)
    means = np.bincount(part, y[known], PLACES)[filled] / counts[filled]
    return np.interp(grid, grid[filled], means, left=np.nan, right=np.nan)
