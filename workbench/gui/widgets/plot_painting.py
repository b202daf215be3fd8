"""What a plot paints around and over its curves: axes, header with legend, crosshair and its values.

Imports Qt and theme.  Places are in pixels of the widget.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from workbench.core import text
from workbench.gui import theme
from workbench.gui.widgets.axes import Frame, Tick, linear_ticks, log_ticks

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve

HEADER: Final = 32
_MOST_ROWS: Final = 14
_SWATCH: Final = 20.0
_APART: Final = 16
_BELOW: Final = 20
_MOST_BELOW: Final = 4
_USUAL: Final = "0.0000"


def y_ticks(frame: Frame) -> list[Tick]:
    """The ticks of the values' axis."""
    most = max(2, int(frame.height / 42))
    return log_ticks(frame.y0, frame.y1, most) if frame.log else linear_ticks(frame.y0, frame.y1, most)


def place(label: str, x: float, *, whole: bool) -> str:
    """Where the crosshair stands: step 1,200."""
    return f"{label} {text.whole(x)}" if whole else f"{label} {text.number(x)}"


def value_at(curve: "Curve", x: float | None, slack: float = 0.0) -> str:
    """A curve's value nearest to x, or its last one."""
    found = curve.last() if x is None else curve.nearest(x, slack)
    return text.number(found[1]) if found else text.NONE


def paint_axes(painter: QPainter, frame: Frame, x_label: str, *, whole: bool) -> None:
    """Grid, ticks and labels; `whole` allows no fractions on the x axis."""
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
    for tick in linear_ticks(frame.x0, frame.x1, max(2, int(frame.width / 76)), whole=whole):
        across = round(frame.across(tick.at)) + 0.5
        painter.setPen(QPen(line, 1))
        painter.drawLine(QPointF(across, floor), QPointF(across, floor + 4))
        half = metrics.horizontalAdvance(tick.text) / 2
        if across + half < name_left - 8:
            painter.setPen(dim)
            painter.drawText(QPointF(across - half, text_down), tick.text)
    painter.setPen(dim)
    painter.drawText(QPointF(name_left, text_down), x_label)


def _slack(frame: Frame) -> float:
    """How far outside a curve's range it is still meant by the crosshair: a few pixels."""
    return 8 / frame.width * (frame.x1 - frame.x0)


def header_height(font: QFont, title: str, curves: "Sequence[Curve]", room: float) -> int:
    """How high title and legend are: the legend of a few curves that does not fit beside the title stands below.

    The values count as a usual one, so that the height stays while they change.
    """
    if not curves or len(curves) > _MOST_BELOW:
        return HEADER
    beside = room - QFontMetricsF(_strong_font(font)).horizontalAdvance(text.one_line(title)) - _APART
    return HEADER if _legend_width(font, curves, [_USUAL] * len(curves)) <= beside else HEADER + _BELOW


def paint_header(
    painter: QPainter,
    title: str,
    curves: "Sequence[Curve]",
    values: Sequence[str],
    left: float,
    right: float,
    far: float,
) -> None:
    """The title, then the curves' names, with their values where there is room, as many as fit.

    `right` is where the title ends at the latest, `far` the legend where it stands below the title.
    """
    font, middle = QFont(painter.font()), int(Qt.AlignmentFlag.AlignVCenter)
    below = header_height(font, title, curves, right - left) > HEADER
    strong = _strong_font(font)
    shown = QFontMetricsF(strong).elidedText(text.one_line(title), Qt.TextElideMode.ElideRight, right - left)
    painter.setFont(strong)
    painter.setPen(theme.color("text"))
    painter.drawText(QRectF(left, 4, right - left, HEADER - 4), middle, shown)
    top = 4.0
    if below:
        top, right = top + _BELOW, far
    else:
        left += QFontMetricsF(strong).horizontalAdvance(shown) + _APART
    painter.setFont(theme.small(font))
    metrics = QFontMetricsF(painter.font())
    if _legend_width(font, curves, values) > right - left and below:
        values = [""] * len(curves)
    for index, (curve, value) in enumerate(zip(curves, values, strict=True)):
        label = _label(curve, value)
        width = metrics.horizontalAdvance(label)
        if left + _SWATCH + width > right:
            rest = f"+{len(curves) - index}"
            if left + metrics.horizontalAdvance(rest) <= right:
                painter.setPen(theme.color("dim"))
                painter.drawText(QRectF(left, top, right - left, HEADER - 4), middle, rest)
            return
        paint_swatch(painter, curve, left, top + HEADER / 2 - 2)
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(left + _SWATCH, top, width + 4, HEADER - 4), middle, label)
        left += _SWATCH + width + _APART


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


def paint_swatch(painter: QPainter, curve: "Curve", left: float, middle: float) -> None:
    """A short stroke in a curve's colour and style."""
    pen = QPen(theme.curve_color(curve.color), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    if curve.style != "solid":
        pen.setDashPattern([2.5, 1.5] if curve.style == "dash" else [1, 1])
    painter.setPen(pen)
    painter.drawLine(QPointF(left, middle), QPointF(left + 14, middle))


def values_of(curves: "Sequence[Curve]", frame: Frame | None, cursor: float | None) -> list[str]:
    """What the legend says of each curve: its value at the crosshair, or its last one."""
    slack = _slack(frame) if frame else 0.0
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
        if (found := curve.nearest(x, _slack(frame))) is None:
            continue
        at, down = frame.across(found[0]), frame.down(found[1])
        rows.append((curve, found[1]))
        if frame.left <= at <= frame.right and frame.top <= down <= frame.bottom:
            painter.setBrush(theme.curve_color(curve.color))
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
        (curve, text.one_line(curve.name, 36), text.number(value))
        for curve, value in rows[: len(rows) - hidden]
    ]
    name_width = max((metrics.horizontalAdvance(name) for _, name, _ in shown), default=0.0)
    value_width = max((metrics.horizontalAdvance(value) for _, _, value in shown), default=0.0)
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
