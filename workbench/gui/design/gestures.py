"""What the mouse is doing: each gesture is one small object, from the press of a button to its release.

A gesture shows a preview while it lasts and makes at most one edit at its end.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPolygonF
from PySide6.QtWidgets import QGraphicsPathItem

from workbench.core.document import Port
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


Chosen = tuple[tuple[str, ...], tuple[Port, ...], tuple[str, ...]]
"""Nodes, links, and frames and notes that are selected."""
NOTHING: Chosen = ((), (), ())


def chosen(canvas: "Canvas") -> Chosen:
    """What is selected now."""
    drawing = canvas.drawing
    return tuple(drawing.selection), tuple(drawing.chosen_links), tuple(drawing.chosen_remarks)


class Box:
    """Selects cards that a rectangle touches, and frames and notes that it holds as a whole.

    They alone are selected, or added to what was selected (Shift), or toggled in it (Ctrl).
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", place: QPointF, before: Chosen, *, toggles: bool) -> None:
        self._canvas, self._start, self._before, self._toggles = canvas, place, before, toggles
        self._item = QGraphicsPathItem()
        self._item.setPen(style().band_pen)
        self._item.setBrush(style().band)
        self._item.setZValue(GESTURE)
        canvas.drawing.addItem(self._item)

    def move(self, at: QPoint, place: QPointF) -> None:
        rect, drawing = QRectF(self._start, place).normalized(), self._canvas.drawing
        path = QPainterPath()
        path.addRect(rect)
        self._item.setPath(path)
        self._take(drawing.nodes_in(rect), drawing.remarks_in(rect))

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        self._canvas.drawing.removeItem(self._item)

    def cancel(self) -> None:
        """Nothing is selected but what was before."""
        self._canvas.drawing.removeItem(self._item)
        self._canvas.drawing.select(*self._before)

    def _take(self, nodes: Sequence[str], remarks: Sequence[str]) -> None:
        before, links, noted = self._before
        self._canvas.drawing.select(self._with(before, nodes), links, self._with(noted, remarks))

    def _with(self, before: Sequence[str], inside: Sequence[str]) -> list[str]:
        if not self._toggles:
            return [*before, *inside]
        within, known = set(inside), set(before)
        return [id for id in before if id not in within] + [id for id in inside if id not in known]


class Lasso(Box):
    """Selects the nodes whose middle lies inside a line drawn by hand, and frames and notes that lie in it as a whole.

    With Shift it adds to what was selected.
    """

    def __init__(self, canvas: "Canvas", place: QPointF, before: Chosen) -> None:
        super().__init__(canvas, place, before, toggles=False)
        self._line = QPolygonF([place])

    def move(self, at: QPoint, place: QPointF) -> None:
        self._line.append(place)
        path = QPainterPath()
        path.addPolygon(self._line)
        path.closeSubpath()
        self._item.setPath(path)
        drawing, bounds = self._canvas.drawing, self._line.boundingRect()
        inside = {
            item.id
            for item in drawing.boxes(bounds)
            if isinstance(item, NodeItem) and self._holds(item.scene_rect().center())
        }
        remarks = [id for id in drawing.remarks_in(bounds) if path.contains(drawing.remarks[id].scene_rect())]
        self._take([id for id in drawing.nodes if id in inside], remarks)

    def _holds(self, place: QPointF) -> bool:
        return self._line.containsPoint(place, Qt.FillRule.OddEvenFill)
