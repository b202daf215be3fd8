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


class Knife:
    """Removes every link that the stroke crosses, as one step; they turn faint as it does."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", place: QPointF) -> None:
        self._canvas, self._last = canvas, place
        self._cut: dict[Port, None] = {}
        self._crossings = Crossings(canvas)
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
        for link in self._crossings.of(QLineF(self._last, place)):
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


class Crossings:
    """Finds the wires that a straight line crosses, from the scene's index.

    Made for one gesture: it keeps the wires that stand still as points.
    """

    def __init__(self, canvas: "Canvas") -> None:
        self._drawing = canvas.drawing
        self._points: dict[Port, list[tuple[float, float]]] = {}

    def of(self, line: QLineF, without: str = "") -> list[LinkItem]:
        """The wires that the line crosses, but for those of a node."""
        area = QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1)
        found = []
        for item in self._drawing.boxes(area):
            if not isinstance(item, LinkItem) or item.hidden:
                continue
            if without not in (item.source.node, item.target.node) and self._crosses(item, line):
                found.append(item)
        return found

    def _crosses(self, link: LinkItem, line: QLineF) -> bool:
        points = self._points.get(link.target)
        if points is None:
            polygons = link.path().toSubpathPolygons()
            points = [(point.x(), point.y()) for polygon in polygons for point in polygon.toList()]
            self._points[link.target] = points
        x, y = line.x1(), line.y1()
        along, down = line.dx(), line.dy()
        # The side of the stroke's line on which each point of the wire lies, then whether the stroke reaches there.
        sides = [along * (b - y) - down * (a - x) for a, b in points]
        for (one, other), (side, next_side) in zip(pairwise(points), pairwise(sides), strict=True):
            if (side > 0) != (next_side > 0) and _reaches(x, y, along, down, one, other):
                return True
        return False


def _reaches(
    x: float, y: float, along: float, down: float, one: tuple[float, float], other: tuple[float, float]
) -> bool:
    """Whether the ends of the stroke lie on both sides of one piece of a wire."""
    wide, high = other[0] - one[0], other[1] - one[1]
    start = wide * (y - one[1]) - high * (x - one[0])
    end = wide * (y + down - one[1]) - high * (x + along - one[0])
    return (start > 0) != (end > 0)
