"""The numbers behind a curve: a growing series with a pyramid of minima and maxima, and its smoothed twin.

numpy only.  A view of any part costs the same for a thousand points and for millions, and shows every extreme.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FANOUT: Final = 4
"""Blocks of one level that make a block of the next."""
SPARSE: Final = 50
"""A series with fewer points is not smoothed: each of its points is worth seeing."""
LENGTH: Final = 512
"""The number of points for which a smoothing weight is meant as it is given."""
_TILE: Final = 64


@dataclass(frozen=True, slots=True)
class Part:
    """What is seen of a series: single points (low is high) or, where `dense`, the extremes of each column."""

    x: Floats
    low: Floats
    high: Floats
    dense: bool


class Growing:
    """A float array that grows at its end at amortised constant cost."""

    __slots__ = ("_data", "_size")

    def __init__(self) -> None:
        self._data: Floats = np.empty(64)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, values: Floats) -> None:
        needed = self._size + len(values)
        if needed > len(self._data):
            data = np.empty(max(needed, 2 * len(self._data)))
            data[: self._size] = self._data[: self._size]
            self._data = data
        self._data[self._size : needed] = values
        self._size = needed

    @property
    def values(self) -> Floats:
        return self._data[: self._size]


class Series:
    """Points (x, y) with x ascending; NaN and ±inf in y are gaps.  Appending costs what is appended."""

    def __init__(self, x: ArrayLike = (), y: ArrayLike = ()) -> None:
        self._x, self._y = Growing(), Growing()
        self._low: list[Growing] = []
        self._high: list[Growing] = []
        self._weight = 0.0
        self._smooth: Series | None = None
        self._state = (0.0, 0.0)
        self.gaps = 0
        """How many values were NaN or infinite."""
        self.extend(x, y)

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Floats:
        return self._x.values

    @property
    def y(self) -> Floats:
        """The values; what was NaN or infinite is NaN."""
        return self._y.values

    def extend(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points.  Points that lie before the last one are sorted in."""
        xs, given = np.asarray(x, np.float64), np.asarray(y, np.float64)
        if not len(xs):
            return
        finite = np.isfinite(given)
        gaps = len(given) - int(np.count_nonzero(finite))
        ys = np.where(finite, given, np.nan) if gaps else given
        in_order = bool((xs[1:] >= xs[:-1]).all()) and (not len(self) or xs[0] >= self.x[-1])
        if in_order:
            self._append(xs, ys)
        else:
            all_x, all_y = np.concatenate([self.x, xs]), np.concatenate([self.y, ys])
            order = np.argsort(all_x, kind="stable")
            self._weight, self._smooth = 0.0, None  # made anew when it is next asked for
            self._x, self._y, self._low, self._high = Growing(), Growing(), [], []
            self._append(all_x[order], all_y[order])
        self.gaps += gaps

    def _append(self, xs: Floats, ys: Floats) -> None:
        self._x.append(xs)
        self._y.append(ys)
        level, finer_low, finer_high = 0, self.y, self.y
        while len(finer_low) >= FANOUT:
            if level == len(self._low):
                self._low.append(Growing())
                self._high.append(Growing())
            low, high = self._low[level], self._high[level]
            done, blocks = len(low), len(finer_low) // FANOUT
            if blocks > done:
                part = slice(done * FANOUT, blocks * FANOUT)
                low.append(np.fmin.reduce(finer_low[part].reshape(-1, FANOUT), axis=1))
                high.append(np.fmax.reduce(finer_high[part].reshape(-1, FANOUT), axis=1))
            finer_low, finer_high = low.values, high.values
            level += 1
        if self._smooth is not None:
            self._smooth._append(xs, self._smoothed(ys))

    # ------------------------------------------------------------- looking

    def part(self, x0: float, x1: float, columns: int, singly: int = 0) -> Part:
        """What lies in [x0, x1] (and one neighbour on each side), for a picture so many columns wide.

        Up to two points to a column are given as they are, or up to `singly` of them if that is more.
        """
        first = max(0, int(np.searchsorted(self.x, x0, "left")) - 1)
        last = min(len(self), int(np.searchsorted(self.x, x1, "right")) + 1)
        if last - first <= max(2 * columns, singly):
            y = self.y[first:last]
            return Part(self.x[first:last], y, y, dense=False)
        level, block = -1, 1
        while level + 1 < len(self._low) and (last - first) // (block * FANOUT) >= 2 * columns:
            level, block = level + 1, block * FANOUT
        low, high, starts = self._blocks(level, block, first, last)
        edges = np.linspace(x0, x1, columns + 1)
        cuts = np.searchsorted(starts, edges[:-1])
        cuts[0] = 0
        cuts = cuts[(cuts < len(starts)) & np.diff(cuts, prepend=-1).astype(bool)]
        middle = (x1 - x0) / columns / 2
        x = edges[np.clip(np.searchsorted(edges, starts[cuts], "right") - 1, 0, columns - 1)] + middle
        return Part(x, np.fmin.reduceat(low, cuts), np.fmax.reduceat(high, cuts), dense=True)

    def _blocks(self, level: int, block: int, first: int, last: int) -> tuple[Floats, Floats, Floats]:
        if level < 0:
            y = self.y[first:last]
            return y, y, self.x[first:last]
        begin, end = first // block, min(-(-last // block), len(self._low[level]))
        low = self._low[level].values[begin:end]
        high = self._high[level].values[begin:end]
        starts = self.x[begin * block : end * block : block]
        if end * block < last:  # the block at the end that is not full yet
            rest = self.y[end * block : last]
            low = np.append(low, np.fmin.reduce(rest))
            high = np.append(high, np.fmax.reduce(rest))
            starts = np.append(starts, self.x[end * block])
        return low, high, starts

    def nearest(self, x: float) -> int:
        """The index of the point nearest to x; -1 in an empty series."""
        after = int(np.searchsorted(self.x, x))
        if after == len(self):
            return after - 1
        return after - 1 if after and x - self.x[after - 1] <= self.x[after] - x else after

    # ------------------------------------------------------------- smoothing

    def smooth(self, weight: float) -> "Series | None":
        """The exponential moving average with a weight in [0, 1) on the past; None where nothing is smoothed.

        The average starts unbiased and skips gaps, which stay gaps.  It then grows with the series.
        """
        if not weight or len(self) < SPARSE:
            self._weight, self._smooth = 0.0, None
            return None
        weight = weight_for(weight, len(self))
        if weight != self._weight:
            self._weight, self._smooth, self._state = weight, None, (0.0, 0.0)
            twin = Series()
            twin._append(self.x, self._smoothed(self.y))
            self._smooth = twin
        return self._smooth

    def _smoothed(self, ys: Floats) -> Floats:
        present = ~np.isnan(ys)
        total = decayed_sums(np.where(present, ys, 0.0), self._weight, self._state[0])
        weights = decayed_sums(present.astype(np.float64), self._weight, self._state[1])
        self._state = (float(total[-1]), float(weights[-1]))
        out = np.full(len(ys), np.nan)
        np.divide(total, weights, out=out, where=present)
        return out


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
