"""What the mouse is doing: each gesture is one small object, from the press of a button to its release.

A gesture shows a preview while it lasts and makes at most one edit at its end.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF
from PySide6.QtWidgets import QGraphicsPathItem

from workbench.gui.design.items import GESTURE, NodeItem
from workbench.gui.design.style import style

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas


class Gesture(Protocol):
    """Gets positions on the screen (in the viewport) and in the scene; `canvas.keys` are the modifiers held."""

    cursor: Qt.CursorShape

    def move(self, at: QPoint, place: QPointF) -> None: ...

    def finish(self, at: QPoint, place: QPointF) -> None: ...

    def cancel(self) -> None: ...


class Pan:
    """Drags the drawing under the window."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: "Canvas", at: QPoint) -> None:
        self._canvas, self._last = canvas, at
        self.moved = False

    def move(self, at: QPoint, place: QPointF) -> None:
        self.moved = self.moved or (at - self._last).manhattanLength() > 2
        self._canvas.pan(self._last - at)
        self._last = at

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)

    def cancel(self) -> None:
        pass


class Box:
    """Selects what a rectangle touches: alone, added to what was selected (Shift) or toggled in it (Ctrl)."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", place: QPointF, before: Sequence[str], *, toggles: bool) -> None:
        self._canvas, self._start, self._before, self._toggles = canvas, place, tuple(before), toggles
        self._item = QGraphicsPathItem()
        self._item.setPen(style().band_pen)
        self._item.setBrush(style().band)
        self._item.setZValue(GESTURE)
        canvas.drawing.addItem(self._item)

    def move(self, at: QPoint, place: QPointF) -> None:
        rect = QRectF(self._start, place).normalized()
        path = QPainterPath()
        path.addRect(rect)
        self._item.setPath(path)
        self._take(self._canvas.drawing.nodes_in(rect))

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        self.cancel()

    def cancel(self) -> None:
        self._canvas.drawing.removeItem(self._item)

    def _take(self, inside: Sequence[str]) -> None:
        if self._toggles:
            within, before = set(inside), set(self._before)
            kept = [id for id in self._before if id not in within]
            chosen = [*kept, *(id for id in inside if id not in before)]
        else:
            chosen = [*self._before, *inside]
        self._canvas.drawing.select(chosen)


class Lasso(Box):
    """Selects the nodes whose middle lies inside a line drawn by hand; with Shift it adds to what was selected."""

    def __init__(self, canvas: "Canvas", place: QPointF, before: Sequence[str]) -> None:
        super().__init__(canvas, place, before, toggles=False)
        self._line = QPolygonF([place])

    def move(self, at: QPoint, place: QPointF) -> None:
        self._line.append(place)
        path = QPainterPath()
        path.addPolygon(self._line)
        path.closeSubpath()
        self._item.setPath(path)
        rule = Qt.FillRule.OddEvenFill
        inside = {
            item.id
            for item in self._canvas.drawing.boxes(self._line.boundingRect())
            if isinstance(item, NodeItem) and self._line.containsPoint(item.scene_rect().center(), rule)
        }
        self._take([id for id in self._canvas.drawing.nodes if id in inside])
