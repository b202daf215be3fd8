"""Parallel coordinates: an upright axis for each setting and result, a line through all of them for each run.

Imports brushing, theme and Qt.
"""

import math
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.brushing import BrushPage, BrushPicture, drawn, faint
from workbench.gui.compare.dimensions import Dimension
from workbench.gui.session import Session
from workbench.gui.widgets.scatter import ticks

MOST: Final = 8
"""Axes that are chosen by themselves."""
_TOP, _BOTTOM, _SIDE = 40.0, 20.0, 70.0
_REACH: Final = 7.0
_GRIP: Final = 14.0
_MOVED: Final = 4.0
_QUARTERS: Final = 4
_HELP: Final = (
    "A line is a run; a click on it compares the run, or leaves it out. Drag along an axis to brush runs, on several "
    "axes to narrow them down; a click on the axis takes the brush away. Keys: arrows choose an axis, 1 to 4 brush a "
    "quarter of it, Delete takes it away"
)


class ParallelPlot(BrushPicture):
    """Brushes are ranges of axes, from 0 to 1; runs in all of them are brushed."""

    def __init__(self) -> None:
        super().__init__("Parallel coordinates of the runs")
        self.brushes: dict[str, tuple[float, float]] = {}
        self._axis = 0
        self._at: int | None = None
        self._drag: tuple[Dimension, float] | None = None

    def clear(self) -> None:
        self.brushes = {}
        self.select()

    def found(self) -> list[int]:
        keys = {one.key for one in self.dimensions}
        self.brushes = {key: brush for key, brush in self.brushes.items() if key in keys}
        if not self.brushes:
            return []
        kept = set(self._runs)
        for one in self.dimensions:
            if (brush := self.brushes.get(one.key)) is not None:
                kept &= {id for id, share in one.shares.items() if brush[0] <= share <= brush[1]}
        return [id for id in self._runs if id in kept]

    def across(self, place: int) -> float:
        """Where an axis stands."""
        room = self.width() - 2 * _SIDE
        return _SIDE + room * place / max(1, len(self.dimensions) - 1)

    def down(self, share: float) -> float:
        """Where a share of an axis stands."""
        return self.height() - _BOTTOM - share * (self.height() - _TOP - _BOTTOM)

    def _share(self, down: float) -> float:
        high = max(1.0, self.height() - _TOP - _BOTTOM)
        return min(1.0, max(0.0, (self.height() - _BOTTOM - down) / high))

    def line(self, id: int) -> list[QPointF]:
        """The corners of a run's line; it ends where an axis has no place for it."""
        return [
            QPointF(self.across(place), self.down(one.shares[id]))
            for place, one in enumerate(self.dimensions)
            if id in one.shares
        ]

    # ------------------------------------------------------------- painting

    def paint(self, painter: QPainter) -> None:
        many = len(self._runs) > 60
        for id in self.order():
            ticked = id in self._colors
            alpha = 0.08 if self.fades(id) else 1.0 if ticked or not many or self.selected else 0.45
            painter.setPen(QPen(faint(self.color_of(id), alpha), 2.2 if ticked else 1.2))
            painter.drawPolyline(QPolygonF(self.line(id)))
        metrics = QFontMetricsF(painter.font())
        gap = self.across(1) - self.across(0) if len(self.dimensions) > 1 else 2 * _SIDE
        for place, one in enumerate(self.dimensions):
            self._paint_axis(painter, place, one, metrics, gap)

    def _paint_axis(
        self, painter: QPainter, place: int, one: Dimension, metrics: QFontMetricsF, gap: float
    ) -> None:
        across = self.across(place)
        painter.setPen(QPen(theme.color("dim"), 1))
        painter.drawLine(QPointF(across, self.down(0)), QPointF(across, self.down(1)))
        wide = min(gap, 2 * _SIDE) - 8
        painter.setPen(theme.color("text"))
        font = painter.font()
        font.setBold(one.key == self._result)
        painter.setFont(font)
        title = QFontMetricsF(font).elidedText(
            text.one_line(one.scale.title, 80), Qt.TextElideMode.ElideMiddle, wide
        )
        painter.drawText(QRectF(across - wide / 2, 6, wide, 20), Qt.AlignmentFlag.AlignCenter, title)
        font.setBold(False)
        painter.setFont(font)
        back = faint(theme.color("panel"), 0.8)
        for tick in ticks(one.scale, max(2, int(self.height() / 60))):
            down = self.down(one.scale.share(tick.at))
            label = metrics.elidedText(tick.text, Qt.TextElideMode.ElideMiddle, max(30.0, wide / 2))
            box = QRectF(across + 5, down - 8, metrics.horizontalAdvance(label) + 4, 16)
            painter.fillRect(box, back)
            painter.setPen(theme.color("dim"))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, label)
            painter.drawLine(QPointF(across - 3, down), QPointF(across + 3, down))
        if (brush := self.brushes.get(one.key)) is not None:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(faint(theme.color("accent"), 0.25))
            top, bottom = self.down(brush[1]), self.down(brush[0])
            painter.drawRect(QRectF(across - 6, top, 12, max(2.0, bottom - top)))
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def paint_over(self, painter: QPainter) -> None:
        if self._at is not None and self._at in self._runs:
            painter.setPen(QPen(theme.color("text"), 2.4))
            painter.drawPolyline(QPolygonF(self.line(self._at)))
        if self.hasFocus() and self._axis < len(self.dimensions):
            across = self.across(self._axis)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawLine(QPointF(across, self.down(0)), QPointF(across, self.down(1)))

    # ------------------------------------------------------------- mouse and keys

    def _axis_at(self, at: QPointF) -> int | None:
        near = [(abs(self.across(place) - at.x()), place) for place in range(len(self.dimensions))]
        far, place = min(near, default=(math.inf, 0))
        return place if far <= _GRIP and _TOP - 8 <= at.y() <= self.height() - _BOTTOM + 8 else None

    def nearest(self, at: QPointF) -> int | None:
        """The run whose line passes a place."""
        found, least = None, _REACH
        ids = self.selected or list(self._runs)
        for id in drawn(ids, self._colors):
            line = self.line(id)
            for one, other in pairwise(line):
                if one.x() <= at.x() <= other.x() and other.x() > one.x():
                    share = (at.x() - one.x()) / (other.x() - one.x())
                    far = abs(one.y() + share * (other.y() - one.y()) - at.y())
                    if far < least:
                        found, least = id, far
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._drag is not None:
            one, start = self._drag
            if abs(at.y() - self.down(start)) >= _MOVED:
                low, high = sorted((start, self._share(at.y())))
                self.brushes[one.key] = (low, high)
                self.select()
            return
        over = self._axis_at(at)
        self.setCursor(Qt.CursorShape.SizeVerCursor if over is not None else Qt.CursorShape.ArrowCursor)
        self._point(self.nearest(at) if over is None else None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position()
        if (place := self._axis_at(at)) is not None:
            self._axis = place
            one = self.dimensions[place]
            self._drag = (one, self._share(at.y()))
            if self.brushes.pop(one.key, None) is not None:
                self.select()
        elif (found := self.nearest(at)) is not None:
            self.picked.emit(found)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        quarter = key - int(Qt.Key.Key_1)
        if not self.dimensions:
            super().keyPressEvent(event)
            return
        self._axis = min(self._axis, len(self.dimensions) - 1)
        one = self.dimensions[self._axis]
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            self._axis = (self._axis + step) % len(self.dimensions)
            self.setAccessibleDescription(self.dimensions[self._axis].scale.title)
            self.update()
        elif 0 <= quarter < _QUARTERS:
            self.brushes[one.key] = (quarter / _QUARTERS, (quarter + 1) / _QUARTERS)
            self.select()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.brushes.pop(one.key, None)
            self.select()
        else:
            super().keyPressEvent(event)

    def _point(self, id: int | None) -> None:
        if id != self._at:
            self._at = id
            self.update()


class ParallelPage(BrushPage):
    """Parallel coordinates of all listed runs."""

    def __init__(self, session: Session) -> None:
        self.plot = ParallelPlot()
        super().__init__(session, self.plot, MOST, _HELP)
