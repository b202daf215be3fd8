"""Paints curves fast: what is seen of each series, as lines or as the extremes of columns of two pixels.

Imports Qt, numpy and curves; plot.py imports this module only when there is something to paint.
"""

import math
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Final

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from workbench.gui import theme
from workbench.gui.widgets.axes import Frame
from workbench.gui.widgets.colors import mixed
from workbench.gui.widgets.curve_colors import DASHES, color_of
from workbench.gui.widgets.curves import COLUMN, STYLES, Band, Seen, Style
from workbench.gui.widgets.series import Part
from workbench.gui.widgets.smoothing import Floats

Mask = NDArray[np.bool_]
WIDTH: Final = 1.6
THIN: Final = 0.9
_FAINT: Final = 0.26
_BAND: Final = 0.2
_FEW: Final = 240
_LAYERS: Final = 4
_DOTTED: Final = 12
_FAR: Final = 20_000.0


def paint(painter: QPainter, frame: Frame, seen: Sequence[Seen], fine: float = 1.0) -> None:
    """Paint the curves into the frame; smoothed ones over their faint points. `fine` is how wide a dot is."""
    painter.save()
    painter.setClipRect(QRectF(frame.left - 3, frame.top, frame.width + 6, frame.height))
    for one in seen:
        if one.curve.band is not None:
            _paint_band(painter, frame, one.curve.band, color_of(one.curve))
    dots = len(seen) <= _DOTTED
    for lines, several in groupby(seen, partial(_lines_only, dots=dots)):
        if lines:
            _paint_lines(painter, frame, list(several))
            continue
        for one in several:
            pen, style = _pen(one), one.curve.style
            if one.smooth is not None:
                pen, style = QPen(_faint(pen.color(), len(seen)), pen.widthF()), "solid"
            _paint_part(painter, frame, one.raw, pen, style, dots=dots, fine=fine)
    for one in seen:
        if one.smooth is not None:  # without its extremes: those of the points stand behind it
            style = one.curve.style
            _paint_part(painter, frame, one.smooth, _pen(one), style, columns=False, dots=dots, fine=fine)
    painter.restore()


def paint_over(painter: QPainter, frame: Frame, seen: Sequence[Seen]) -> None:
    """Paint these curves once more, stronger, over all others, which fade."""
    box = QRectF(frame.left - 3, frame.top, frame.width + 6, frame.height)
    veil = theme.color("panel")
    veil.setAlphaF(0.78)
    painter.save()
    painter.setClipRect(box)
    painter.fillRect(box, veil)
    for one in seen:
        if one.curve.band is not None:
            _paint_band(painter, frame, one.curve.band, color_of(one.curve))
        pen = QPen(color_of(one.curve), 1.5 * WIDTH)
        _paint_part(painter, frame, one.smooth or one.raw, pen, one.curve.style, columns=one.smooth is None)
    painter.restore()


def _paint_band(painter: QPainter, frame: Frame, band: Band, color: QColor) -> None:
    """What lies around a mean, a filled shape for each stretch without gaps."""
    first, last = np.searchsorted(band.x, [frame.x0, frame.x1])
    part = slice(max(0, int(first) - 1), int(last) + 1)
    x = _across(frame, band.x[part])
    low, high = _down(frame, band.low[part]), _down(frame, band.high[part])
    low = np.where(np.isnan(low) & ~np.isnan(high), frame.bottom, low)  # a logarithm has no place for it
    color = QColor(color)
    color.setAlphaF(_BAND)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    begin = 0
    for end in [*np.flatnonzero(np.isnan(low) | np.isnan(high) | np.isnan(x)).tolist(), len(x)]:
        if end - begin > 1:
            there = zip(x[begin:end].tolist(), high[begin:end].tolist(), strict=True)
            back = zip(x[begin:end][::-1].tolist(), low[begin:end][::-1].tolist(), strict=True)
            painter.drawPolygon(QPolygonF([QPointF(*at) for at in (*there, *back)]))
        elif end > begin:  # one place alone: an upright line
            painter.fillRect(QRectF(x[begin] - 2, high[begin], 4, low[begin] - high[begin]), color)
        begin = end + 1
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _pen(one: Seen) -> QPen:
    wide = THIN if one.curve.thin else WIDTH
    return QPen(color_of(one.curve), wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)


def _lines_only(one: Seen, *, dots: bool) -> bool:
    """Whether a curve is nothing but lines between its points."""
    return one.smooth is None and not one.raw.dense and len(one.raw.x) > (_FEW if dots else 0)


def _paint_lines(painter: QPainter, frame: Frame, several: Sequence[Seen]) -> None:
    """Very many short curves: where their points stand is worked out for all of them at once."""
    x = _across(frame, np.concatenate([one.raw.x for one in several]))
    y = _down(frame, np.concatenate([one.raw.high for one in several]))
    sizes = [len(one.raw.x) for one in several]
    ends = np.cumsum(sizes)
    lines = np.column_stack([x[:-1], y[:-1], x[1:], y[1:]])
    shown: Mask = np.asarray(~np.isnan(lines).any(axis=1))
    styles = np.repeat([STYLES.index(one.curve.style) for one in several], sizes)[:-1]
    for style in {one.curve.style for one in several} - {"solid"}:
        shown &= (styles != STYLES.index(style)) | _dashes(lines, style, ends[:-1])
    shown[ends[:-1] - 1] = False  # from one curve to the next
    lines, alone = lines[shown], _alone(y, ends)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    first = begin = 0
    cuts = np.concatenate([[0], np.cumsum(shown)])[ends - 1]
    for one, cut, end in zip(several, cuts.tolist(), ends.tolist(), strict=True):
        pen = _pen(one)
        painter.setPen(pen)
        draw_lines(painter, lines[first:cut])
        if (spots := alone[begin:end]).any():
            _paint_dots(painter, x[begin:end][spots], y[begin:end][spots], pen, 1.5)
        first, begin = cut, end


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
    pen: QPen,
    style: Style,
    *,
    columns: bool = True,
    dots: bool = True,
    fine: float = 1.0,
) -> None:
    """`columns` draws the extremes of each column where there are many points, `dots` every one of few points."""
    if not len(part.x):
        return
    x = _across(frame, part.x)
    high = _down(frame, part.high)
    low = high if part.low is part.high else _down(frame, part.low)
    if part.dense and frame.log:  # a column that reaches below zero goes down to the edge
        low = np.where(np.isnan(low) & ~np.isnan(high), frame.bottom, low)
    middle = (low + high) / 2
    column = COLUMN * fine
    tall = (low - high) > column if part.dense and columns else None
    pen = QPen(pen.color(), pen.widthF(), Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    if len(x) <= _FEW and not part.dense and dots:
        _paint_points(painter, x, middle, pen, style, dots=dots)
    else:
        if tall is not None and style == "solid":
            draw_lines(painter, _between(x, low, high, tall, column))
        else:
            _paint_segments(painter, x, middle, style)
        alone = _alone(middle)
        _paint_dots(painter, x[alone], middle[alone], pen, 1.5)
    if tall is not None and tall.any():
        color = pen.color()
        if style != "solid":
            color.setAlphaF(color.alphaF() * 0.4)
        painter.setPen(QPen(color, column, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        # Without smoothed edges: twenty times as fast, and upright lines have none to smooth.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        draw_lines(painter, np.column_stack([x[tall], high[tall], x[tall], low[tall]]))


def _paint_points(painter: QPainter, x: Floats, y: Floats, pen: QPen, style: Style, *, dots: bool) -> None:
    """Few points: joined lines with true dashes, broken at gaps; each point a dot where there is room."""
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    solid = QPen(pen)
    if style != "solid":
        pen.setDashPattern([length / pen.widthF() for length in DASHES[style]])
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
    if style != "solid":
        keep &= _dashes(lines, style)
    draw_lines(painter, lines[keep])


def _dashes(lines: Floats, style: Style, cuts: Sequence[int] | NDArray[np.int_] = ()) -> Mask:
    """Which links of a line its dashes consist of; they begin anew at each of the cuts."""
    lengths = np.nan_to_num(np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]))
    along = np.concatenate([np.cumsum(each) for each in np.split(lengths, cuts)])
    edges = np.cumsum(DASHES[style])
    shown: Mask = np.searchsorted(edges, along % edges[-1], "right") % 2 == 0
    return shown


def _between(x: Floats, low: Floats, high: Floats, tall: Mask, column: float) -> Floats:
    """The links that make one line of columns: from each to the nearest value of the next.

    A column that is `tall` is drawn as a stroke; two of them that touch need no link.
    """
    middle = (low + high) / 2
    leaves = np.where(tall[:-1], np.clip(middle[1:], high[:-1], low[:-1]), middle[:-1])
    arrives = np.where(tall[1:], np.clip(leaves, high[1:], low[1:]), middle[1:])
    leaves = np.where(tall[:-1], np.clip(arrives, high[:-1], low[:-1]), leaves)
    touching = tall[:-1] & tall[1:] & (leaves == arrives) & (np.diff(x) < 1.5 * column)
    lines: Floats = np.column_stack([x[:-1], leaves, x[1:], arrives])
    lines = lines[~touching & ~np.isnan(leaves) & ~np.isnan(arrives)]
    return lines


def _alone(y: Floats, ends: Sequence[int] | NDArray[np.int_] = ()) -> Mask:
    """Points without a neighbour on either side: no line shows them. Curves that follow one another have `ends`."""
    gap = np.isnan(y)
    before = np.concatenate([[True], gap[:-1]])
    after = np.concatenate([gap[1:], [True]])
    for end in ends[:-1]:
        before[end] = after[end - 1] = True
    alone: Mask = ~gap & before & after
    return alone


def _across(frame: Frame, values: Floats) -> Floats:
    across: Floats = frame.left + _share(values, frame.x0, frame.x1, log=frame.log_x) * frame.width
    return across


def _down(frame: Frame, values: Floats) -> Floats:
    share = _share(values, frame.y0, frame.y1, log=frame.log)
    down: Floats = np.clip(frame.bottom - share * frame.height, -_FAR, _FAR)
    return down


def _share(values: Floats, first: float, last: float, *, log: bool) -> Floats:
    """Where values stand between the ends of an axis, from 0 to 1; NaN where a logarithm has no place for them."""
    if log:
        first, last = math.log10(first), math.log10(last)
        logs = np.full(len(values), np.nan)
        values = np.log10(values, out=logs, where=values > 0)
    share: Floats = (values - first) / (last - first)
    return share


def draw_lines(painter: QPainter, lines: Floats) -> None:
    """Draw an n×4 array of (x1, y1, x2, y2) at once, without a Python object for each line."""
    if not len(lines):
        return
    flat = np.ascontiguousarray(lines, np.float64)
    first = shiboken6.Shiboken.wrapInstance(flat.ctypes.data, QLineF)  # QLineF is four doubles
    assert isinstance(first, QLineF)
    painter.drawLines(first, len(flat))
