"""Paints curves fast: what is seen of each series, as lines or as the extremes of columns of two pixels.

Imports Qt, numpy and series; plot.py imports this module only when there is something to paint.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from workbench.gui import theme
from workbench.gui.widgets.axes import Frame
from workbench.gui.widgets.colors import mixed
from workbench.gui.widgets.series import Floats, Part, Series

Mask = NDArray[np.bool_]
Style = Literal["solid", "dash", "dot"]
COLUMN: Final = 2.0
"""Pixels of a column in which only the extremes are drawn."""
WIDTH: Final = 1.6
_FAINT: Final = 0.26
_FEW: Final = 240
_SINGLY: Final = 16
"""Points to a column up to which each of them is drawn: with so few, the line between them is still seen."""
_LINKS: Final = 12_000
"""How many such points all curves together may have: each costs a smoothed line."""
_LAYERS: Final = 4
_DOTTED: Final = 12
_FAR: Final = 20_000.0
_DASHES: Final[dict[str, tuple[float, float]]] = {"dash": (7.0, 4.0), "dot": (2.0, 3.0)}


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with its name and look; `color` counts in the theme's curves.

    `scale` stretches x: steps to epochs, for one.
    """

    name: str
    series: Series
    color: int = 0
    style: Style = "solid"
    scale: float = 1.0

    def nearest(self, x: float, slack: float = 0.0) -> tuple[float, float] | None:
        """The point nearest to x; None where x lies further than `slack` outside what the curve covers."""
        index = self.series.nearest(x / self.scale)
        if index < 0 or not self.point(0)[0] - slack <= x <= self.point(-1)[0] + slack:
            return None
        return self.point(index)

    def last(self) -> tuple[float, float] | None:
        """The newest point; None where there is none."""
        return self.point(len(self.series) - 1) if len(self.series) else None

    def point(self, index: int) -> tuple[float, float]:
        """The point at an index."""
        return float(self.series.x[index]) * self.scale, float(self.series.y[index])

    def part(self, series: Series, x0: float, x1: float, columns: int, singly: int = 0) -> Part:
        """A part of this curve's series, or of its smoothed twin."""
        part = series.part(x0 / self.scale, x1 / self.scale, columns, singly)
        return part if self.scale == 1.0 else replace(part, x=part.x * self.scale)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a plot shows of one curve: its points, and its smoothed line where there is one."""

    curve: Curve
    raw: Part
    smooth: Part | None


def look(curves: Sequence[Curve], x0: float, x1: float, width: float, smoothing: float) -> list[Seen]:
    """What is to be seen of each curve between x0 and x1."""
    columns = max(8, int(width / COLUMN))
    found = []
    singly = min(_SINGLY * columns, _LINKS // max(1, len(curves)))
    for curve in curves:
        smooth = curve.series.smooth(smoothing)
        part = curve.part(smooth, x0, x1, columns) if smooth is not None else None
        found.append(Seen(curve, curve.part(curve.series, x0, x1, columns, singly), part))
    return found


def x_extent(curves: Sequence[Curve]) -> tuple[float, float] | None:
    """First and last x of all curves; None where there is no point yet."""
    filled = [curve for curve in curves if len(curve.series)]
    if not filled:
        return None
    return min(curve.point(0)[0] for curve in filled), max(curve.point(-1)[0] for curve in filled)


def y_extent(seen: Sequence[Seen], x0: float, x1: float, *, log: bool) -> tuple[float, float] | None:
    """Least and largest value that is seen (for a logarithmic axis: above zero); None where there is none."""
    low, high = math.inf, -math.inf
    for one in seen:
        part = one.raw
        inside = (part.x >= x0) & (part.x <= x1)
        lows, highs = (part.low[inside], part.high[inside]) if inside.any() else (part.low, part.high)
        if log:
            lows, highs = lows[lows > 0], highs[highs > 0]
            lows = lows if len(lows) else highs
        if len(lows) and not np.isnan(lows).all():
            low = min(low, float(np.nanmin(lows)))
        if len(highs) and not np.isnan(highs).all():
            high = max(high, float(np.nanmax(highs)))
    return (low, high) if low <= high else None


def paint(painter: QPainter, frame: Frame, seen: Sequence[Seen]) -> None:
    """Paint the curves into the frame; smoothed ones over their faint points."""
    painter.save()
    painter.setClipRect(QRectF(frame.left - 3, frame.top, frame.width + 6, frame.height))
    for one in seen:
        color = theme.curve_color(one.curve.color)
        style = one.curve.style
        if one.smooth is not None:
            color = _faint(color, len(seen))
            style = "solid"
        _paint_part(painter, frame, one.raw, color, style, dots=len(seen) <= _DOTTED)
    for one in seen:
        if one.smooth is not None:  # without its extremes: those of the points stand behind it
            color = theme.curve_color(one.curve.color)
            _paint_part(painter, frame, one.smooth, color, one.curve.style, columns=False)
    painter.restore()


def _faint(color: QColor, curves: int) -> QColor:
    """A curve's colour for its points behind its smoothed line."""
    if curves <= _LAYERS:
        color.setAlphaF(_FAINT)
        return color
    # Layers upon layers would only be grey, and mixing them takes three times as long.
    return mixed(color, theme.color("panel"), _FAINT)


def _paint_part(
    painter: QPainter,
    frame: Frame,
    part: Part,
    color: QColor,
    style: Style,
    *,
    columns: bool = True,
    dots: bool = True,
) -> None:
    """`columns` draws the extremes of each column where there are many points, `dots` every one of few points."""
    if not len(part.x):
        return
    x = frame.left + (part.x - frame.x0) / (frame.x1 - frame.x0) * frame.width
    high = _down(frame, part.high)
    low = high if part.low is part.high else _down(frame, part.low)
    if part.dense and frame.log:  # a column that reaches below zero goes down to the edge
        low = np.where(np.isnan(low) & ~np.isnan(high), frame.bottom, low)
    middle = (low + high) / 2
    tall = (low - high) > COLUMN if part.dense and columns else None
    pen = QPen(color, WIDTH, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    if len(x) <= _FEW and not part.dense:
        _paint_points(painter, x, middle, pen, style, dots=dots)
    else:
        if tall is not None and style == "solid":
            draw_lines(painter, _between(x, low, high, tall))
        else:
            _paint_segments(painter, x, middle, style)
        alone = _alone(middle)
        _paint_dots(painter, x[alone], middle[alone], pen, 1.5)
    if tall is not None and tall.any():
        if style != "solid":
            color = QColor(color)
            color.setAlphaF(color.alphaF() * 0.4)
        painter.setPen(QPen(color, COLUMN, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        # Without smoothed edges: twenty times as fast, and upright lines have none to smooth.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        draw_lines(painter, np.column_stack([x[tall], high[tall], x[tall], low[tall]]))


def _paint_points(painter: QPainter, x: Floats, y: Floats, pen: QPen, style: Style, *, dots: bool) -> None:
    """Few points: joined lines with true dashes, broken at gaps; each point a dot where there is room."""
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    solid = QPen(pen)
    if style in _DASHES:
        pen.setDashPattern([length / WIDTH for length in _DASHES[style]])
    painter.setPen(pen)
    breaks = np.flatnonzero(np.isnan(y))
    begin = 0
    for end in [*breaks.tolist(), len(y)]:
        if end - begin > 1:
            points = zip(x[begin:end].tolist(), y[begin:end].tolist(), strict=True)
            painter.drawPolyline(QPolygonF([QPointF(across, down) for across, down in points]))
        begin = end + 1
    roomy = dots and (len(x) < 2 or (x[-1] - x[0]) / (len(x) - 1) >= 14)
    shown = ~np.isnan(y) if roomy else _alone(y)
    _paint_dots(painter, x[shown], y[shown], solid, 3.0 if len(x) == 1 else 2.2)


def _paint_dots(painter: QPainter, x: Floats, y: Floats, pen: QPen, radius: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(pen.color())
    for across, down in zip(x.tolist(), y.tolist(), strict=True):
        painter.drawEllipse(QPointF(across, down), radius, radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_segments(painter: QPainter, x: Floats, y: Floats, style: Style) -> None:
    """Many points: each link of the line on its own, ten times as fast as a joined line."""
    lines = np.column_stack([x[:-1], y[:-1], x[1:], y[1:]])
    keep = ~np.isnan(lines).any(axis=1)
    if style in _DASHES:
        on, off = _DASHES[style]
        lengths = np.nan_to_num(np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]))
        keep &= np.cumsum(lengths) % (on + off) < on
    draw_lines(painter, lines[keep])


def _between(x: Floats, low: Floats, high: Floats, tall: Mask) -> Floats:
    """The links that make one line of columns: from each to the nearest value of the next.

    A column that is `tall` is drawn as a stroke; two of them that touch need no link.
    """
    middle = (low + high) / 2
    leaves = np.where(tall[:-1], np.clip(middle[1:], high[:-1], low[:-1]), middle[:-1])
    arrives = np.where(tall[1:], np.clip(leaves, high[1:], low[1:]), middle[1:])
    leaves = np.where(tall[:-1], np.clip(arrives, high[:-1], low[:-1]), leaves)
    touching = tall[:-1] & tall[1:] & (leaves == arrives) & (np.diff(x) < 1.5 * COLUMN)
    lines: Floats = np.column_stack([x[:-1], leaves, x[1:], arrives])
    lines = lines[~touching & ~np.isnan(leaves) & ~np.isnan(arrives)]
    return lines


def _alone(y: Floats) -> Mask:
    """Points without a neighbour on either side: no line shows them."""
    gap = np.isnan(y)
    before = np.concatenate([[True], gap[:-1]])
    after = np.concatenate([gap[1:], [True]])
    alone: Mask = ~gap & before & after
    return alone


def _down(frame: Frame, values: Floats) -> Floats:
    if frame.log:
        low, high = math.log10(frame.y0), math.log10(frame.y1)
        logs = np.full(len(values), np.nan)
        np.log10(values, out=logs, where=values > 0)
        share = (logs - low) / (high - low)
    else:
        share = (values - frame.y0) / (frame.y1 - frame.y0)
    down: Floats = np.clip(frame.bottom - share * frame.height, -_FAR, _FAR)
    return down


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """Draw an n×4 array of (x1, y1, x2, y2) at once, without a Python object for each line."""
    if not len(lines):
        return
    flat = np.ascontiguousarray(lines, np.float64)
    first = shiboken6.Shiboken.wrapInstance(flat.ctypes.data, QLineF)  # QLineF is four doubles
    assert isinstance(first, QLineF)
    painter.drawLines(first, len(flat))
