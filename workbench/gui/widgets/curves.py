"""Curves: a series with its name and look, and what a plot sees of it between two places.

Imports numpy and series; plot.py imports this module only when there is something to show.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from workbench.gui.widgets.series import Part, Series
from workbench.gui.widgets.smoothing import Floats, Kind

Style = Literal["solid", "dash", "dot", "dash-dot"]
STYLES: Final[tuple[Style, ...]] = ("solid", "dash", "dot", "dash-dot")
COLUMN: Final = 2.0
"""Pixels of a column in which only the extremes are drawn."""
_SINGLY: Final = 16
"""Points to a column up to which each of them is drawn: with so few, the line between them is still seen."""
_LINKS: Final = 12_000
"""How many such points all curves together may have: each costs a smoothed line."""
_MOST_TRACED: Final = 2_000
_SAMPLE: Final = 20_000
USUAL: Final = (1.0, 99.0)
"""Percentiles between which values are usual; the others are outliers."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """What lies around a mean: its least and largest values over x, NaN where there is none."""

    x: Floats
    low: Floats
    high: Floats

    def at(self, x: float) -> tuple[float, float]:
        """From where to where it goes at the place that is nearest to x."""
        place = int(np.abs(self.x - x).argmin())
        return float(self.low[place]), float(self.high[place])


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with its name and look; `color` counts in the theme's curves, a `shade` (0 … 1) goes before it.

    `scale` stretches x: steps to epochs, for one. `key` tells curves apart that are hidden or highlighted together in
    several plots; without one that is the name.
    """

    name: str
    series: Series
    color: int = 0
    style: Style = "solid"
    scale: float = 1.0
    key: str = ""
    shade: float = -1.0
    thin: bool = False
    band: Band | None = None

    @property
    def id(self) -> str:
        """By what it is hidden or highlighted."""
        return self.key or self.name

    def nearest(self, x: float, slack: float = 0.0) -> tuple[float, float] | None:
        """The point nearest to x; None where x lies further than `slack` outside what the curve covers."""
        index = self.series.nearest(x / self.scale)
        if index < 0:
            return None
        least, most = self.series.extent
        if not least * self.scale - slack <= x <= most * self.scale + slack:
            return None
        return self.point(index)

    def last(self) -> tuple[float, float] | None:
        """The newest point; None where there is none."""
        return self.point(len(self.series) - 1) if len(self.series) else None

    def point(self, index: int) -> tuple[float, float]:
        """The point at an index."""
        return float(self.series.x[index]) * self.scale, float(self.series.y[index])

    def part(
        self, series: Series, x0: float, x1: float, columns: int, singly: int = 0, *, log: bool = False
    ) -> Part:
        """A part of this curve's series, or of its smoothed twin; what a logarithm has no place for is left out."""
        part = series.part(x0 / self.scale, x1 / self.scale, columns, singly, log=log)
        if log and len(part.x) and part.x.min() <= 0:
            placed = part.x > 0
            part = Part(part.x[placed], part.low[placed], part.high[placed], part.dense)
        return part if self.scale == 1.0 else replace(part, x=part.x * self.scale)


class Trace(Series):
    """One value against another in the order of the steps: x goes to and fro. Of very many points some are drawn."""

    def __init__(self, x: Floats, y: Floats) -> None:
        super().__init__()
        known = np.isfinite(x)
        self._append(x[known], np.where(np.isfinite(y[known]), y[known], np.nan))
        self.gaps = int(np.count_nonzero(np.isnan(self.y)))

    @property
    def extent(self) -> tuple[float, float]:
        return float(self.x.min()), float(self.x.max())

    @property
    def least_positive(self) -> float:
        return float(self.x.min(initial=math.inf, where=self.x > 0))

    def part(self, x0: float, x1: float, columns: int, singly: int = 0, *, log: bool = False) -> Part:
        stride = max(1, -(-len(self) // _MOST_TRACED))
        y = self.y[::stride]
        return Part(self.x[::stride], y, y, dense=False)

    def nearest(self, x: float) -> int:
        return int(np.abs(self.x - x).argmin()) if len(self) else -1

    def smooth(self, weight: float, kind: Kind = "mean") -> Series | None:
        steps = np.arange(len(self))
        smoothed = [Series(steps, each).smooth(weight, kind) for each in (self.x, self.y)]
        return Trace(*(each.y for each in smoothed if each is not None)) if all(smoothed) else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a plot shows of one curve: its points, and its smoothed line where there is one."""

    curve: Curve
    raw: Part
    smooth: Part | None


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How curves are smoothed: 0 is not at all."""

    weight: float = 0.0
    kind: Kind = "mean"


def look(
    curves: Sequence[Curve], x0: float, x1: float, width: float, smoothing: Smoothing, *, log: bool = False
) -> list[Seen]:
    """What is to be seen of each curve between x0 and x1; `log` where x counts in powers of ten."""
    columns = max(8, int(width / COLUMN))
    found = []
    singly = min(_SINGLY * columns, _LINKS // max(1, len(curves)))
    for curve in curves:
        smooth = curve.series.smooth(smoothing.weight, smoothing.kind)
        part = curve.part(smooth, x0, x1, columns, log=log) if smooth is not None else None
        found.append(Seen(curve, curve.part(curve.series, x0, x1, columns, singly, log=log), part))
    return found


def x_extent(curves: Sequence[Curve], *, log: bool = False) -> tuple[float, float] | None:
    """First and last x of all curves (for a logarithmic axis: above zero); None where there is no point yet."""
    filled = [(curve, *curve.series.extent) for curve in curves if len(curve.series)]
    if not filled:
        return None
    least = min((curve.series.least_positive if log else first) * curve.scale for curve, first, _ in filled)
    most = max(last * curve.scale for curve, _, last in filled)
    return (least, most) if least <= most else None


def y_extent(
    seen: Sequence[Seen], x0: float, x1: float, *, log: bool, clip: bool = False
) -> tuple[float, float] | None:
    """Least and largest value that is seen (for a logarithmic axis: above zero); None where there is none.

    `clip` leaves outliers out: the range is that of the usual values of all curves together.
    """
    if clip and (usual := _usual(seen, x0, x1, log=log)) is not None:
        return usual
    ranges = [each for one in seen for each in _ranges(one, x0, x1) if len(each[0])]
    if not ranges:
        return None
    # All curves at once: NumPy takes as long for one of them.
    x, lows, highs = (np.concatenate(each) for each in zip(*ranges, strict=True))
    sizes = [len(each[0]) for each in ranges]
    starts = np.cumsum([0, *sizes[:-1]])
    inside = (x >= x0) & (x <= x1)
    # Of a curve beside them, all that is seen.
    inside |= ~np.repeat(np.logical_or.reduceat(inside, starts), sizes)
    lows, highs = np.where(inside, lows, np.nan), np.where(inside, highs, np.nan)
    if log:
        lows, highs = np.where(lows > 0, lows, np.nan), np.where(highs > 0, highs, np.nan)
        without = np.isnan(np.fmin.reduceat(lows, starts))
        lows = np.where(np.repeat(without, sizes), highs, lows)
    low, high = float(np.fmin.reduce(lows)), float(np.fmax.reduce(highs))
    return (low, high) if low <= high else None


def _ranges(one: Seen, x0: float, x1: float) -> list[tuple[Floats, Floats, Floats]]:
    """Places and least and largest values of a curve, and those of its band between x0 and x1."""
    part, band = one.raw, one.curve.band
    found = [(part.x, part.low, part.high)]
    if band is not None:
        inside = (band.x >= x0) & (band.x <= x1)
        found.append((band.x[inside], band.low[inside], band.high[inside]))
    return found


def _usual(seen: Sequence[Seen], x0: float, x1: float, *, log: bool) -> tuple[float, float] | None:
    """The percentiles of what is seen; of very many values that of some, evenly chosen."""
    share = max(100, _SAMPLE // max(1, len(seen)))
    found = []
    for one in seen:
        series, scale = one.curve.series, one.curve.scale
        if isinstance(series, Trace):
            y = series.y
        else:
            first, last = np.searchsorted(series.x, [x0 / scale, x1 / scale])
            y = series.y[first : last + 1]
        found.append(y[:: max(1, len(y) // share)])
    values = np.concatenate(found) if found else np.empty(0)
    values = values[values > 0] if log else values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = np.percentile(values, USUAL)
    return float(low), float(high)
