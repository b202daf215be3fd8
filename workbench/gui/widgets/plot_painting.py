"""What a plot paints around and over its curves: axes, header with legend, marks, crosshair and its values.

Imports Qt and theme.  Places are in pixels of the widget.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from workbench.core import text
from workbench.gui import theme
from workbench.gui.widgets.axes import Frame, Tick, XAxis, linear_ticks, log_ticks
from workbench.gui.widgets.curve_colors import color_of, paint_swatch

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve

HEADER: Final = 32
_MOST_ROWS: Final = 14
_WIDEST_HEAD: Final = 0.5
"""Share of the frame that the first line of the box may take."""
_SWATCH: Final = 20.0
_APART: Final = 16
_BELOW: Final = 20
_MOST_BELOW: Final = 4
_USUAL: Final = "0.0000"
_REACH: Final = 6.0
CLIPPED: Final = "1–99 % of the values"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a place on the x axis; `token` is its colour in the theme."""

    x: float
    text: str
    token: str = "dim"


@dataclass(frozen=True, slots=True)
class Header:
    """What stands over a plot: its title, the names of its curves with their values; ids of the hidden ones."""

    title: str
    curves: "Sequence[Curve]"
    values: Sequence[str]
    hidden: frozenset[str] = frozenset()
    at: str = ""


def y_ticks(frame: Frame) -> list[Tick]:
    """The ticks of the values' axis."""
    most = max(2, int(frame.height / 42))
    return log_ticks(frame.y0, frame.y1, most) if frame.log else linear_ticks(frame.y0, frame.y1, most)


def value_at(curve: "Curve", x: float | None, slack: float = 0.0) -> str:
    """A curve's value nearest to x, or its last one."""
    found = curve.last() if x is None else curve.nearest(x, slack)
    return _told(curve, *found) if found else text.NONE


def _told(curve: "Curve", x: float, value: float) -> str:
    """A value in words; of a mean with how far its band goes."""
    if curve.band is None:
        return text.number(value)
    low, high = curve.band.at(x)
    if not high > low:
        return text.number(value)
    if math.isclose(high - value, value - low, rel_tol=1e-6):
        return f"{text.number(value)} ± {text.number(high - value, 2)}"
    return f"{text.number(value)} ({text.number(low, 3)} to {text.number(high, 3)})"


def paint_axes(painter: QPainter, frame: Frame, axis: XAxis) -> None:
    """Grid, ticks and labels."""
    x_label = text.one_line(axis.label, 60)
    metrics = QFontMetricsF(painter.font())
    line, dim, grid = theme.color("line"), theme.color("dim"), theme.color("line")
    grid.setAlphaF(0.55)
    for tick in y_ticks(frame):
        down = round(frame.down(tick.at)) + 0.5
        painter.setPen(QPen(grid, 1))
        painter.drawLine(QPointF(frame.left, down), QPointF(frame.right, down))
        painter.setPen(dim)
        box = QRectF(0, down - 8, frame.left - 8, 16)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick.text)
    floor = round(frame.bottom) + 0.5
    painter.setPen(QPen(line, 1))
    painter.drawLine(QPointF(frame.left, floor), QPointF(frame.right, floor))
    text_down = floor + 6 + metrics.ascent()
    name_left = frame.right + 8 - metrics.horizontalAdvance(x_label)
    room = 60 if axis.kind in ("whole", "number") else 104
    for tick in axis.ticks(frame.x0, frame.x1, max(2, int(frame.width / room))):
        across = round(frame.across(tick.at)) + 0.5
        painter.setPen(QPen(line, 1))
        painter.drawLine(QPointF(across, floor), QPointF(across, floor + 4))
        half = metrics.horizontalAdvance(tick.text) / 2
        if across + half < name_left - 8:
            painter.setPen(dim)
            painter.drawText(QPointF(across - half, text_down), tick.text)
    painter.setPen(dim)
    painter.drawText(QPointF(name_left, text_down), x_label)


def paint_marks(painter: QPainter, frame: Frame, marks: Sequence[Mark]) -> None:
    """Where something happened: a small flag at the foot of the plot, and a line upwards."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in marks:
        across = frame.across(mark.x)
        if not frame.left - 1 <= across <= frame.right + 1:
            continue
        color = theme.color(mark.token)
        painter.setPen(QPen(color, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(across, frame.top), QPointF(across, frame.bottom))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        foot = (QPointF(across - 5, 0), QPointF(across + 5, 0), QPointF(across, -7))
        painter.drawPolygon(QPolygonF([QPointF(at.x(), frame.bottom + at.y()) for at in foot]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def near(marks: Sequence[Mark], frame: Frame, x: float) -> str:
    """The words of the marks beside a place, nearest first; "" for none."""
    across = frame.across(x)
    found = [(abs(frame.across(mark.x) - across), mark.text) for mark in marks]
    return " · ".join(words for far, words in sorted(found) if far <= _REACH)


def paint_ends(painter: QPainter, frame: Frame) -> None:
    """Marks the ends of an axis beyond which there are values."""
    painter.setPen(QPen(theme.color("warn"), 1, Qt.PenStyle.DashLine))
    for down in (frame.top, frame.bottom):
        painter.drawLine(QPointF(frame.left - 6, down), QPointF(frame.left + 12, down))


def paint_note(painter: QPainter, frame: Frame, note: str) -> None:
    """What is to be known of the picture, in its upper left corner."""
    if note:
        metrics = QFontMetricsF(painter.font())
        box = QRectF(frame.left + 6, frame.top + 1, metrics.horizontalAdvance(note) + 8, metrics.height() + 2)
        painter.fillRect(box, theme.color("panel"))
        painter.setPen(theme.color("warn"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, note)


def _slack(frame: Frame, x: float) -> float:
    """How far outside a curve's range it is still meant by a crosshair at x: a few pixels."""
    return abs(frame.x_at(frame.across(x) + 8) - x)


def header_height(font: QFont, title: str, curves: "Sequence[Curve]", room: float) -> int:
    """How high title and legend are: the legend of a few curves that does not fit beside the title stands below.

    The values count as a usual one, so that the height stays while they change.
    """
    if not curves or len(curves) > _MOST_BELOW:
        return HEADER
    beside = room - QFontMetricsF(_strong_font(font)).horizontalAdvance(text.one_line(title)) - _APART
    return HEADER if _legend_width(font, curves, [_USUAL] * len(curves)) <= beside else HEADER + _BELOW


def paint_header(
    painter: QPainter, header: Header, left: float, right: float, far: float
) -> "list[tuple[QRectF, Curve]]":
    """The title, then the curves' names, with their values where there is room, as many as fit; gives where they are.

    `right` is where the title ends at the latest, `far` the legend where it stands below the title.
    """
    font, middle = QFont(painter.font()), int(Qt.AlignmentFlag.AlignVCenter)
    curves, values = header.curves, header.values
    below = header_height(font, header.title, curves, right - left) > HEADER
    strong = _strong_font(font)
    one_line = text.one_line(header.title)
    shown = QFontMetricsF(strong).elidedText(one_line, Qt.TextElideMode.ElideRight, right - left)
    painter.setFont(strong)
    painter.setPen(theme.color("text"))
    painter.drawText(QRectF(left, 4, right - left, HEADER - 4), middle, shown)
    top = 4.0
    if below:
        top, right = top + _BELOW, far
    else:
        left += QFontMetricsF(strong).horizontalAdvance(shown) + _APART
    usual, struck = theme.small(font), theme.small(font)
    struck.setStrikeOut(True)
    painter.setFont(usual)
    metrics = QFontMetricsF(usual)
    if _legend_width(font, curves, values) > right - left and below:
        values = [""] * len(curves)
    places: list[tuple[QRectF, Curve]] = []
    for index, (curve, value) in enumerate(zip(curves, values, strict=True)):
        label = _label(curve, value)
        width = metrics.horizontalAdvance(label)
        if left + _SWATCH + width > right:
            rest = f"+{len(curves) - index}"
            if left + metrics.horizontalAdvance(rest) <= right:
                painter.setPen(theme.color("dim"))
                painter.drawText(QRectF(left, top, right - left, HEADER - 4), middle, rest)
            break
        hidden = curve.id in header.hidden
        paint_swatch(painter, curve, left, top + HEADER / 2 - 2, shown=not hidden)
        painter.setPen(theme.color("text" if curve.id == header.at else "dim"))
        painter.setFont(struck if hidden else usual)
        painter.drawText(QRectF(left + _SWATCH, top, width + 4, HEADER - 4), middle, label)
        places.append((QRectF(left - 4, top, _SWATCH + width + 8, HEADER - 4), curve))
        left += _SWATCH + width + _APART
    painter.setFont(usual)
    return places


def _strong_font(font: QFont) -> QFont:
    strong = QFont(font)
    strong.setWeight(QFont.Weight.DemiBold)
    return strong


def _label(curve: "Curve", value: str) -> str:
    name = text.one_line(curve.name, 40)
    return f"{name}  {value}" if value else name


def _legend_width(font: QFont, curves: "Sequence[Curve]", values: Sequence[str]) -> float:
    metrics = QFontMetricsF(theme.small(font))
    labels = [_label(curve, value) for curve, value in zip(curves, values, strict=True)]
    return sum(_SWATCH + metrics.horizontalAdvance(label) + _APART for label in labels) - _APART


def values_of(curves: "Sequence[Curve]", frame: Frame | None, cursor: float | None) -> list[str]:
    """What the legend says of each curve: its value at the crosshair, or its last one."""
    slack = _slack(frame, cursor) if frame and cursor is not None else 0.0
    return [value_at(curve, cursor, slack) for curve in curves]


def paint_cursor(
    painter: QPainter, frame: Frame, curves: "Sequence[Curve]", x: float
) -> "list[tuple[Curve, float]]":
    """The crosshair at x with a dot on each curve; gives the curves with their values there, largest first."""
    across = frame.across(x)
    if not frame.left - 1 <= across <= frame.right + 1:
        return []
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(across, frame.top), QPointF(across, frame.bottom))
    rows: list[tuple[Curve, float]] = []
    for curve in curves:
        if (found := curve.nearest(x, _slack(frame, x))) is None:
            continue
        at, down = frame.across(found[0]), frame.down(found[1])
        rows.append((curve, found[1]))
        if frame.left <= at <= frame.right and frame.top <= down <= frame.bottom:
            painter.setBrush(color_of(curve))
            painter.setPen(QPen(theme.color("panel"), 1.5))
            painter.drawEllipse(QPointF(at, down), 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    return sorted(rows, key=lambda row: math.inf if math.isnan(row[1]) else -row[1])


def paint_readout(
    painter: QPainter, frame: Frame, x: float, head: str, rows: "Sequence[tuple[Curve, float]]"
) -> None:
    """The box beside the crosshair: where it stands and each curve's value there."""
    painter.setFont(theme.small(painter.font()))
    metrics = QFontMetricsF(painter.font())
    line = metrics.height() + 3
    most = max(1, min(_MOST_ROWS, int((frame.height - 20) / line) - 1))
    hidden = len(rows) - most + 1 if len(rows) > most else 0
    shown = [
        (curve, text.one_line(curve.name, 36), _told(curve, x, value))
        for curve, value in rows[: len(rows) - hidden]
    ]
    name_width = max((metrics.horizontalAdvance(name) for _, name, _ in shown), default=0.0)
    value_width = max((metrics.horizontalAdvance(value) for _, _, value in shown), default=0.0)
    widest = max(22 + name_width + 16 + value_width, _WIDEST_HEAD * frame.width)
    head = metrics.elidedText(head, Qt.TextElideMode.ElideRight, widest)  # words of a mark may be long
    width = max(22 + name_width + 16 + value_width, metrics.horizontalAdvance(head)) + 20
    across = frame.across(x)
    fits_right = across + 12 + width < frame.right + 10 or across < frame.left + frame.width / 2
    left = across + 12 if fits_right else across - 12 - width
    height = line * (1 + len(shown) + bool(hidden)) + 12
    box = QRectF(max(4.0, left), frame.top + 4, width, height)
    painter.setBrush(theme.color("card"))
    painter.setPen(QPen(theme.color("line"), 1))
    painter.drawRoundedRect(box, 6, 6)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.color("dim"))
    down = box.top() + 6 + metrics.ascent()
    painter.drawText(QPointF(box.left() + 10, down), head)
    for curve, name, value in shown:
        down += line
        paint_swatch(painter, curve, box.left() + 10, down - metrics.ascent() / 2 + 1)
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(box.left() + 32, down), name)
        painter.drawText(QPointF(box.right() - 10 - metrics.horizontalAdvance(value), down), value)
    if hidden:
        painter.setPen(theme.color("dim"))
        painter.drawText(QPointF(box.left() + 10, down + line), f"and {hidden} more")
