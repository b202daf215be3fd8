"""Charts over shares from 0 to 1: curves of classifiers, and how well probabilities keep what they promise.

Imports Qt, theme and the ticks of plots.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.text import number, one_line, whole
from workbench.gui import theme
from workbench.gui.widgets.axes import linear_ticks

_LEFT, _TOP, _BELOW, _RIGHT = 52.0, 12.0, 42.0, 12.0
_LEGEND: Final = 176.0
_ROW: Final = 20.0
_AROUND: Final = 96.0
"""Beside a name in the legend: its line, its figure and the gaps."""
_COLORED: Final = 8
_REACH: Final = 14.0


@dataclass(frozen=True, slots=True)
class Line:
    """One curve, and the figure that sums it up."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float

    @property
    def words(self) -> str:
        return f"{self.name}: {number(self.area, 3)}"


class ShareChart(QWidget):
    """A square of shares; `mark` is what the pointer or the keys are at."""

    def __init__(self, name: str, tooltip: str, across: str, up: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self._across, self._up, self._tip = across, up, tooltip
        self.mark = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(220, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def count(self) -> int:
        """How many things can be pointed at."""
        return 0

    def words(self, place: int) -> str:
        """One of them in words."""
        raise NotImplementedError

    def place_at(self, at: QPointF) -> int:
        """What is at a point; −1 for nothing."""
        raise NotImplementedError

    def paint_inside(self, painter: QPainter, area: QRectF) -> None:
        """Paint all but the axes."""
        raise NotImplementedError

    def area(self) -> QRectF:
        """Where the square of shares is."""
        wide, high = self.width() - _LEFT - _RIGHT - self.beside(), self.height() - _TOP - _BELOW
        side = max(60.0, min(wide, high))
        return QRectF(_LEFT + max(0.0, (wide - side) / 2), _TOP + max(0.0, (high - side) / 2), side, side)

    def beside(self) -> float:
        """Room to the right of the square."""
        return 0.0

    def point(self, x: float, y: float) -> QPointF:
        """Where two shares are."""
        area = self.area()
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    def sizeHint(self) -> QSize:
        return QSize(380, 340)

    def choose(self, place: int) -> None:
        """Point at one."""
        if place != self.mark:
            self.mark = place
            self.setAccessibleDescription(self.words(place) if place >= 0 else "")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.small(self.font()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area, metrics = self.area(), QFontMetricsF(painter.font())
        for tick in linear_ticks(0, 1, 5):
            at = self.point(tick.at, tick.at)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(
                QPointF(area.left(), round(at.y()) + 0.5), QPointF(area.right(), round(at.y()) + 0.5)
            )
            painter.drawLine(
                QPointF(round(at.x()) + 0.5, area.top()), QPointF(round(at.x()) + 0.5, area.bottom())
            )
            painter.setPen(theme.color("dim"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(area.left() - 40, at.y() - 9, 34, 18), right, tick.text)
            painter.drawText(
                QRectF(at.x() - 20, area.bottom() + 4, 40, 16), Qt.AlignmentFlag.AlignCenter, tick.text
            )
        painter.setPen(theme.color("dim"))
        below = QRectF(area.left(), area.bottom() + 22, area.width(), 16)
        words = metrics.elidedText(self._across, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        painter.save()
        painter.translate(QPointF(area.left() - 44, area.center().y()))
        painter.rotate(-90)
        painter.drawText(
            QRectF(-area.height() / 2, -8, area.height(), 16), Qt.AlignmentFlag.AlignCenter, self._up
        )
        painter.restore()
        self.paint_inside(painter, area)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.words(place) if place >= 0 else self._tip, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.choose(self.place_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.choose(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()), 0)
        if step and self.count():
            self.choose(max(0, min(self.count() - 1, self.mark + step)))
            QToolTip.showText(self.mapToGlobal(self.area().center().toPoint()), self.words(self.mark), self)
            return
        super().keyPressEvent(event)


class RateCurves(ShareChart):
    """A curve for each class with its area in a legend; the one that is pointed at stands out."""

    def __init__(self, name: str, tooltip: str, across: str, up: str) -> None:
        super().__init__(name, tooltip, across, up)
        self.lines: list[Line] = []
        self._guess = False

    def show_lines(self, lines: Sequence[Line], *, guess: bool) -> None:
        """Show these, the one of the least area first; `guess` draws what guessing would give."""
        self.lines = sorted(lines, key=lambda line: (math.isnan(line.area), line.area))
        self._guess, self.mark = guess, -1
        self.update()

    def count(self) -> int:
        return len(self.lines)

    def words(self, place: int) -> str:
        return f"{self.lines[place].name}: area {number(self.lines[place].area, 4)}"

    def beside(self) -> float:
        """As wide as the names want it, within reason."""
        if self.width() <= 380:
            return 0.0
        metrics = QFontMetricsF(theme.small(self.font()))
        names = max((metrics.horizontalAdvance(line.name) for line in self.lines), default=0.0)
        return min(_LEGEND, names + _AROUND)

    def row(self, place: int) -> QRectF:
        """Where a line stands in the legend; nowhere where there is no room for it."""
        area = self.area()
        top = area.top() + place * _ROW
        if not self.beside() or top + _ROW > self.height():
            return QRectF()
        return QRectF(area.right() + 18, top, self.beside() - 24, _ROW)

    def place_at(self, at: QPointF) -> int:
        for place in range(len(self.lines)):
            if self.row(place).contains(at):
                return place
        best, nearest = -1, _REACH
        for place, line in enumerate(self.lines):
            for x, y in zip(line.x, line.y, strict=True):
                there = self.point(x, y)
                far = math.hypot(there.x() - at.x(), there.y() - at.y())
                if far < nearest:
                    best, nearest = place, far
        return best

    def color(self, place: int) -> QColor:
        """Few lines have a colour each; of many only the one that is pointed at."""
        if len(self.lines) <= _COLORED:
            return theme.curve_color(place)
        return theme.color("accent" if place == self.mark else "dim")

    def paint_inside(self, painter: QPainter, area: QRectF) -> None:
        if self._guess:
            painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(area.bottomLeft(), area.topRight())
        order = sorted(range(len(self.lines)), key=lambda place: place == self.mark)
        for place in order:
            color = self.color(place)
            if self.mark >= 0 and place != self.mark:
                color.setAlphaF(0.25)
            elif len(self.lines) > _COLORED and place != self.mark:
                color.setAlphaF(0.6)
            painter.setPen(QPen(color, 2.4 if place == self.mark else 1.6))
            line = self.lines[place]
            painter.drawPolyline(QPolygonF([self.point(x, y) for x, y in zip(line.x, line.y, strict=True)]))
        metrics = QFontMetricsF(painter.font())
        for place, line in enumerate(self.lines):
            if (box := self.row(place)).isEmpty():
                break
            if place == self.mark:
                painter.fillRect(box, theme.color("hover"))
            painter.setPen(QPen(self.color(place), 2.4))
            painter.drawLine(
                QPointF(box.left() + 2, box.center().y()), QPointF(box.left() + 14, box.center().y())
            )
            painter.setPen(theme.color("text" if place == self.mark else "dim"))
            value = number(line.area, 3)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
            room = box.width() - 28 - metrics.horizontalAdvance(value)
            name = metrics.elidedText(line.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(box.adjusted(20, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)


class Reliability(ShareChart):
    """How often the model is right where it is so sure: on the diagonal its probabilities mean what they say."""

    def __init__(self) -> None:
        super().__init__(
            "Reliability diagram",
            "Bars that end on the dashed line: as often right as sure. Bars below it: the model is too sure",
            "how sure the model is",
            "how often it is right",
        )
        self.bins: list[tuple[float, float, int, float, float]] = []

    def show_bins(self, bins: Sequence[Mapping[str, Any]]) -> None:
        """Show bins of low, high, count, confidence and accuracy; empty ones are left out."""
        self.bins = [
            (
                float(each["low"]),
                float(each["high"]),
                int(each["count"]),
                float(each["confidence"]),
                float(each["accuracy"]),
            )
            for each in bins
            if each.get("count") and each.get("accuracy") is not None and each.get("confidence") is not None
        ]
        self.mark = -1
        self.update()

    def count(self) -> int:
        return len(self.bins)

    def words(self, place: int) -> str:
        low, high, many, sure, right = self.bins[place]
        band = f"{low:.0%} to {high:.0%} sure (on average {sure:.1%})"
        return f"{whole(many)} samples, {band}: right in {right:.1%} of them"

    def box(self, place: int) -> QRectF:
        """Where a bar is."""
        low, high, _, _, right = self.bins[place]
        return QRectF(self.point(low, right), self.point(high, 0)).adjusted(1, 0, -1, 0)

    def place_at(self, at: QPointF) -> int:
        area = self.area()
        for place in range(len(self.bins)):
            box = self.box(place)
            if box.left() <= at.x() <= box.right() and area.top() <= at.y() <= area.bottom():
                return place
        return -1

    def paint_inside(self, painter: QPainter, area: QRectF) -> None:
        most = max((each[2] for each in self.bins), default=1)
        for place, (_, _, many, sure, right) in enumerate(self.bins):
            face = theme.color("accent")
            face.setAlphaF(0.35 + 0.5 * many / most)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(face)
            painter.drawRect(self.box(place))
            painter.setPen(QPen(theme.color("warn"), 2))
            middle = self.box(place).center().x()
            painter.drawLine(
                QPointF(middle, self.point(sure, right).y()), QPointF(middle, self.point(sure, sure).y())
            )
            if place == self.mark:
                painter.setPen(QPen(theme.color("text"), 1.4))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.box(place))
        painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.bottomLeft(), area.topRight())


def lines_of(curves: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> list[Line]:
    """Curves as the service gives them."""
    found = []
    for curve in curves:
        pairs = [
            (float(x), float(y))
            for x, y in zip(curve.get("x") or (), curve.get("y") or (), strict=False)
            if x is not None and y is not None
        ]
        place, area = curve.get("class"), curve.get("area")
        known = isinstance(place, int) and 0 <= place < len(classes)
        name = one_line(classes[place] if known and isinstance(place, int) else str(place), 40)
        if pairs and area is not None:
            found.append(Line(name, tuple(x for x, _ in pairs), tuple(y for _, y in pairs), float(area)))
    return found
