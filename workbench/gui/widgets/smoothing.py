"""Smoothing of long series: moving averages and moving medians that grow with them.

numpy only.  Both look back only, so what was smoothed once stays as it is.
"""

import math
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["mean", "median"]

LENGTH: Final = 512
"""The number of points for which a smoothing weight is meant as it is given."""
PLACES: Final = 2048
"""Of a longer series, medians are taken at so many places at least: more than a plot has pixels."""
SAMPLE: Final = 255
"""A median over more points is that of so many of them, evenly chosen."""
_TILE: Final = 64
_ROWS: Final = 512


class Smoother(Protocol):
    """Smooths a series piece by piece."""

    def more(self, x: Floats, y: Floats, start: int) -> tuple[Floats, Floats]:
        """The smoothed points for what came at and after `start`, given the whole series."""


class MovingMean:
    """The exponential moving average with a weight in (0, 1) on the past; unbiased from the start, gaps stay gaps."""

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._state = (0.0, 0.0)

    def more(self, x: Floats, y: Floats, start: int) -> tuple[Floats, Floats]:
        ys = y[start:]
        if not len(ys):
            return x[start:], ys
        present = ~np.isnan(ys)
        total = decayed_sums(np.where(present, ys, 0.0), self._weight, self._state[0])
        weights = decayed_sums(present.astype(np.float64), self._weight, self._state[1])
        self._state = (float(total[-1]), float(weights[-1]))
        out = np.full(len(ys), np.nan)
        np.divide(total, weights, out=out, where=present)
        return x[start:], out


class MovingMedian:
    """The median of the last points: of so many that they are as old, on average, as those of the moving average."""

    def __init__(self, weight: float, length: int) -> None:
        self.window = window_for(weight)
        self.stride = max(1, 2 ** math.ceil(math.log2(max(1, length))) // (2 * PLACES))
        taken = np.linspace(0, self.window - 1, min(self.window, SAMPLE))
        self._back = np.unique(taken.round().astype(np.int64))

    def more(self, x: Floats, y: Floats, start: int) -> tuple[Floats, Floats]:
        at = np.arange(-(-start // self.stride) * self.stride, len(y), self.stride)
        parts = [self._medians(y, at[row : row + _ROWS]) for row in range(0, len(at), _ROWS)]
        found = np.concatenate(parts) if parts else np.empty(0)
        return x[at], np.where(np.isnan(y[at]), np.nan, found)

    def _medians(self, y: Floats, at: NDArray[np.int64]) -> Floats:
        places = at[:, None] - self._back[None, :]
        windows = np.where(places >= 0, y[np.maximum(places, 0)], np.nan)
        windows.sort(axis=1)  # NaN comes last
        counts = np.count_nonzero(~np.isnan(windows), axis=1)
        rows = np.arange(len(at))
        low, high = windows[rows, np.maximum(0, (counts - 1) // 2)], windows[rows, counts // 2 * (counts > 0)]
        medians: Floats = (low + high) / 2
        return medians


def smoother(kind: Kind, weight: float, length: int) -> Smoother:
    """A new one for a series of about this length."""
    return MovingMedian(weight, length) if kind == "median" else MovingMean(weight)


def window_for(weight: float) -> int:
    """Over how many points a median goes whose points are as old as those of an average with this weight."""
    return max(3, 1 + round(2 * weight / (1 - weight)))


def weight_for(weight: float, length: int) -> float:
    """The weight on the past for a series of this length: the average covers the same part of any curve.

    The length counts in powers of two, so that a growing series is seldom averaged anew.
    """
    return float(weight ** (LENGTH / 2 ** math.ceil(math.log2(max(1, length)))))


def decayed_sums(values: Floats, decay: float, before: float = 0.0) -> Floats:
    """s[t] = decay · s[t-1] + values[t] with s[-1] = before, a tile at a time instead of a loop over points."""
    tiles = -(-len(values) // _TILE)
    if not tiles:
        return values
    padded = np.zeros(tiles * _TILE)
    padded[: len(values)] = values
    lags = np.subtract.outer(np.arange(_TILE), np.arange(_TILE))
    kernel = np.where(lags >= 0, decay ** np.maximum(lags, 0), 0.0)
    sums = padded.reshape(tiles, _TILE) @ kernel.T
    fading = decay ** np.arange(1, _TILE + 1)
    carried = np.empty(tiles)
    carry = before
    ends = sums[:, -1].tolist()
    for tile, end in enumerate(ends):
        carried[tile] = carry
        carry = end + fading[-1] * carry
    sums += np.outer(carried, fading)
    return sums.reshape(-1)[: len(values)]
