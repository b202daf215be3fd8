"""Cutting links with a stroke.  Imports Qt, core and the pictures."""

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from workbench.core.document import Port
from workbench.core.edits import Disconnect, Several
from workbench.gui.design.items import GESTURE, LinkItem
from workbench.gui.design.style import style

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

_MET = QLineF.IntersectionType.BoundedIntersection


class Knife:
    """Removes every link that the stroke crosses, as one step; they turn faint as it does."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", place: QPointF) -> None:
        self._canvas, self._last = canvas, place
        self._cut: dict[Port, None] = {}
        self._path = QPainterPath(place)
        self._stroke = QGraphicsPathItem()
        pen = QPen(style().err, 2, Qt.PenStyle.DashLine, Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
        self._stroke.setPen(pen)
        self._stroke.setZValue(GESTURE)
        canvas.drawing.addItem(self._stroke)

    def move(self, at: QPoint, place: QPointF) -> None:
        if place == self._last:
            return
        for link in links_crossed(self._canvas, QLineF(self._last, place)):
            if link.target not in self._cut:
                self._cut[link.target] = None
                link.set_look(faded=True)
        self._last = place
        self._path.lineTo(place)
        self._stroke.setPath(self._path)
        count = len(self._cut)
        self._canvas.say(f"Cuts {count} link{'' if count == 1 else 's'}" if count else "", at)

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        self.cancel()
        edits = tuple(Disconnect(port, self._canvas.place.where) for port in self._cut)
        if len(edits) == 1:
            self._canvas.do(edits[0])
        elif edits:
            self._canvas.do(Several(f"Cut {len(edits)} links", edits))

    def cancel(self) -> None:
        drawing = self._canvas.drawing
        if self._stroke.scene() is drawing:
            drawing.removeItem(self._stroke)
        for port in self._cut:
            if port in drawing.links:
                drawing.links[port].set_look(faded=False)
        self._canvas.say("", QPoint())


def links_crossed(canvas: "Canvas", line: QLineF) -> list[LinkItem]:
    """The wires that a straight line crosses, from the scene's index."""
    area = QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1)
    return [
        item
        for item in canvas.drawing.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        if isinstance(item, LinkItem) and item.isVisible() and _crosses(item, line)
    ]


def _crosses(link: LinkItem, line: QLineF) -> bool:
    for polygon in link.path().toSubpathPolygons():
        for one, other in pairwise(polygon.toList()):
            if line.intersects(QLineF(one, other))[0] == _MET:
                return True
    return False
