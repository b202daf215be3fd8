"""Dots that a link runs through: added by a double-click, dragged, removed with Alt.

Imports Qt, core and the pictures.
"""

from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from workbench.core.document import Graph, Place, Port
from workbench.core.edits import Edit, MoveNodes, Several
from workbench.core.looks import MOST_BENDS, SetBends
from workbench.gui.design.items import LinkItem
from workbench.gui.design.style import snapped

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

BEND_REACH = 8.0
"""How near to a dot the pointer must be to take it, in pixels on the screen."""


class DragBend:
    """Moves one dot of a link: one edit at the end. With Alt it leaves the grid."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, canvas: "Canvas", target: Port, index: int) -> None:
        self._canvas, self._target, self._index = canvas, target, index
        self._places = list(canvas.drawing.graph.bends[target])

    def move(self, at: QPoint, place: QPointF) -> None:
        free = bool(self._canvas.keys & Qt.KeyboardModifier.AltModifier)
        self._places[self._index] = (place.x(), place.y()) if free else snapped(place)
        self._canvas.drawing.show_bends(self._target, self._places)

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        places = tuple(self._places)
        if places != self._canvas.drawing.graph.bends[self._target]:
            self._canvas.do(SetBends(self._target, places, self._canvas.place.where))
        self.cancel()

    def cancel(self) -> None:
        self._canvas.drawing.settle()


def moved_with_bends(graph: Graph, ids: Collection[str], by: Place, where: str) -> Edit:
    """The edit that shifts nodes and the dots of the links between them."""
    x, y = by
    nodes = MoveNodes({id: (graph.nodes[id].at[0] + x, graph.nodes[id].at[1] + y) for id in ids}, where)
    inner = set(ids)
    dots = tuple(
        SetBends(target, tuple((a + x, b + y) for a, b in places), where)
        for target, places in graph.bends.items()
        if target.node in inner and graph.links[target].node in inner
    )
    return Several(nodes.label, (nodes, *dots)) if dots else nodes


def add_bend(canvas: "Canvas", link: LinkItem, place: QPointF) -> None:
    """Put a dot on a link, between the two dots (or ends) that it is nearest to."""
    places = list(canvas.drawing.graph.bends.get(link.target, ()))
    if len(places) >= MOST_BENDS:
        canvas.tell(f"A link runs through {MOST_BENDS} dots at most.")
        return
    path = link.path()
    start, end = path.pointAtPercent(0), path.pointAtPercent(1)
    stops: list[Place] = [(start.x(), start.y()), *places, (end.x(), end.y())]
    at = (place.x(), place.y())
    detours = [_far(one, at) + _far(at, other) - _far(one, other) for one, other in pairwise(stops)]
    places.insert(detours.index(min(detours)), snapped(place))
    canvas.do(SetBends(link.target, tuple(places), canvas.place.where))


def remove_bend(canvas: "Canvas", target: Port, index: int) -> None:
    """Take one dot off a link."""
    places = canvas.drawing.graph.bends[target]
    canvas.do(SetBends(target, places[:index] + places[index + 1 :], canvas.place.where))


def straight(canvas: "Canvas", target: Port) -> None:
    """Take all dots off a link."""
    canvas.do(SetBends(target, (), canvas.place.where))


def _far(one: Place, other: Place) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)
