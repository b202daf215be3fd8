"""The numbers behind a curve: a growing series with a pyramid of minima and maxima, and its smoothed twin.

numpy and smoothing only.  A view of any part costs the same for a thousand points and for millions, and shows every
extreme.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from workbench.gui.widgets.smoothing import Floats, Kind, Smoother, smoother, weight_for

FANOUT: Final = 4
"""Blocks of one level that make a block of the next."""
_STRETCH: Final = 4.0
"""How many times its begin a stretch of a logarithmic axis ends at."""
SPARSE: Final = 50
"""A series with fewer points is not smoothed: each of its points is worth seeing."""


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
        self._smoothing = ("", 0.0)
        self._smoother: Smoother | None = None
        self._smooth: Series | None = None
        self.outline = False
        """Whether these are only some points of a longer one: not smoothed, since they are far apart."""
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

    @property
    def extent(self) -> tuple[float, float]:
        """Least and largest x; there must be a point."""
        x = self.x
        return float(x[0]), float(x[-1])

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
            self._smoothing, self._smooth = ("", 0.0), None  # made anew when it is next asked for
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
        if self._smooth is not None and self._smoother is not None:
            self._smooth._append(*self._smoother.more(self.x, self.y, len(self) - len(xs)))

    # ------------------------------------------------------------- looking

    @property
    def least_positive(self) -> float:
        """The least x above zero; infinite where there is none."""
        first = int(np.searchsorted(self.x, 0.0, "right"))
        return float(self.x[first]) if first < len(self) else math.inf

    def part(self, x0: float, x1: float, columns: int, singly: int = 0, *, log: bool = False) -> Part:
        """What lies in [x0, x1] (and one neighbour on each side), for a picture so many columns wide.

        Up to two points to a column are given as they are, or up to `singly` of them if that is more. With `log`, x0
        is above zero, and columns are equally wide in powers of ten.
        """
        x = self.x
        first = max(0, int(x.searchsorted(x0, "left")) - 1)
        last = min(len(x), int(x.searchsorted(x1, "right")) + 1)
        if last - first <= max(2 * columns, singly):
            y = self.y[first:last]
            return Part(x[first:last], y, y, dense=False)
        if not log:
            return Part(*self._columns(np.linspace(x0, x1, columns + 1), first, last), dense=True)
        edges = np.geomspace(x0, x1, columns + 1)
        # Points are far denser at one end, so each stretch is looked at as closely as it deserves.
        ends = np.linspace(0, columns, math.ceil(math.log(x1 / x0, _STRETCH)) + 1).astype(int)
        within = np.searchsorted(self.x, edges[ends])
        within[0], within[-1] = first, last
        pieces = [
            self._columns(edges[ends[place] : ends[place + 1] + 1], int(begin), int(end))
            for place, (begin, end) in enumerate(pairwise(within))
            if end > begin
        ]
        x, low, high = (np.concatenate(each) for each in zip(*pieces, strict=True))
        return Part(x, low, high, dense=True)

    def _columns(self, edges: Floats, first: int, last: int) -> tuple[Floats, Floats, Floats]:
        """The extremes of the points from `first` to before `last` in columns between these edges: x, low, high."""
        columns = len(edges) - 1
        level, block = -1, 1
        while level + 1 < len(self._low) and (last - first) // (block * FANOUT) >= 2 * columns:
            level, block = level + 1, block * FANOUT
        low, high, starts = self._blocks(level, block, first, last)
        cuts = np.searchsorted(starts, edges[:-1])
        cuts[0] = 0
        cuts = cuts[(cuts < len(starts)) & np.diff(cuts, prepend=-1).astype(bool)]
        middles = (edges[:-1] + edges[1:]) / 2
        x = middles[np.clip(np.searchsorted(edges, starts[cuts], "right") - 1, 0, columns - 1)]
        return x, np.fmin.reduceat(low, cuts), np.fmax.reduceat(high, cuts)

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

    def smooth(self, weight: float, kind: Kind = "mean") -> "Series | None":
        """A smoothed twin for a weight in [0, 1) on the past, which then grows with the series; None where nothing
        is smoothed. Gaps stay gaps.
        """
        if not weight or self.outline or len(self) < SPARSE:
            self._smoothing, self._smooth = ("", 0.0), None
            return None
        weight = weight_for(weight, len(self))
        if (kind, weight) != self._smoothing:
            self._smoothing, self._smoother = (kind, weight), smoother(kind, weight, len(self))
            twin = Series()
            twin._append(*self._smoother.more(self.x, self.y, 0))
            self._smooth = twin
        return self._smooth
