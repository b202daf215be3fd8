"""What is at a place of the drawing: cards, their ports, wires and the dots that these run through.

Imports Qt, core and the items.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from workbench.core.document import Graph, Port
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.labels import BESIDE, HIGH, WIDE
from workbench.gui.design.remark_items import RemarkItem


@dataclass(frozen=True, slots=True)
class PortHit:
    """A port of a card, and where it is."""

    port: Port
    output: bool
    place: QPointF


class HitScene(QGraphicsScene):
    """A scene of cards and wires in which one can look for things."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.graph = Graph()
        self.nodes: dict[str, NodeItem] = {}
        self.links: dict[Port, LinkItem] = {}
        self.remarks: dict[str, RemarkItem] = {}
        self.around: list[Callable[[], QRectF]] = []
        """What else belongs to the whole drawing: each gives the rectangle of it."""

    def boxes(self, rect: QRectF) -> list[QGraphicsItem]:
        """Items whose boxes touch a rectangle, the topmost first: much cheaper than asking for their shapes."""
        return self.items(rect, Qt.ItemSelectionMode.IntersectsItemBoundingRect)

    def node_at(self, place: QPointF) -> NodeItem | None:
        """The topmost card at a place."""
        for item in self.boxes(QRectF(place.x() - 0.5, place.y() - 0.5, 1, 1)):
            if isinstance(item, NodeItem) and item.scene_rect().contains(place):
                return item
        return None

    def port_at(self, place: QPointF, reach: float, *, output: bool | None = None) -> PortHit | None:
        """The port nearest to a place, not farther than `reach`; only outputs or inputs if asked."""
        best: PortHit | None = None
        nearest = reach
        for item in self.boxes(QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)):
            if not isinstance(item, NodeItem):
                continue
            for is_output, ports in ((True, item.card.outputs), (False, item.card.inputs)):
                if output is not None and output is not is_output:
                    continue
                for name in _free_first(item, ports, output=is_output):
                    at = ports[name] + item.pos()
                    far = ((at.x() - place.x()) ** 2 + (at.y() - place.y()) ** 2) ** 0.5
                    if far < nearest:
                        nearest = far
                        best = PortHit(Port(item.id, name), is_output, at)
        return best

    def link_at(self, place: QPointF, reach: float) -> LinkItem | None:
        """The wire at a place."""
        for item in self.boxes(QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)):
            if isinstance(item, LinkItem) and item.hit(place, reach):
                return item
        return None

    def nodes_in(self, rect: QRectF) -> list[str]:
        """Ids of the cards that a rectangle touches, in the order of the drawing."""
        touched = {item.id for item in self.boxes(rect) if isinstance(item, NodeItem)}
        return [id for id, item in self.nodes.items() if id in touched and item.scene_rect().intersects(rect)]

    def remarks_in(self, rect: QRectF) -> list[str]:
        """Ids of the frames and notes that lie in a rectangle as a whole."""
        return [id for id, item in self.remarks.items() if rect.contains(item.scene_rect())]

    def links_near(self, rect: QRectF) -> list[LinkItem]:
        """Wires whose shapes may stand in a rectangle."""
        wide = rect.adjusted(-WIDE, -HIGH, WIDE, HIGH)
        return [item for item in self.boxes(wide) if isinstance(item, LinkItem)]

    def bounds(self, ids: Iterable[str] = ()) -> QRectF:
        """The rectangle around these cards, or around the whole drawing."""
        rect = QRectF()
        chosen = [self.nodes[id] for id in ids if id in self.nodes]
        for item in chosen or self.nodes.values():
            rect = rect.united(item.scene_rect())
        for more in () if chosen else self.around:
            rect = rect.united(more())
        return rect

    def covered(self, rect: QRectF, source: Port) -> bool:
        """Whether a card stands in a rectangle, or a wire of another port than `source` runs by."""
        near = rect.adjusted(-BESIDE, -BESIDE, BESIDE, BESIDE)
        for item in self.boxes(near):
            if isinstance(item, NodeItem):
                if item.room().intersects(rect):
                    return True
            # Of wires that carry the same, it only must not be struck out.
            elif isinstance(item, LinkItem) and item.runs_through(rect if item.source == source else near):
                return True
        return False

    def bend_at(self, place: QPointF, reach: float) -> tuple[Port, int] | None:
        """The dot of a wire nearest to a place: the wire's target and which of its dots."""
        best: tuple[Port, int] | None = None
        nearest = reach
        for target in self.graph.bends:
            item = self.links.get(target)
            for index, at in enumerate(item.bends if item is not None and not item.hidden else ()):
                far = ((at[0] - place.x()) ** 2 + (at[1] - place.y()) ** 2) ** 0.5
                if far < nearest:
                    nearest, best = far, (target, index)
        return best


def _free_first(item: NodeItem, ports: Iterable[str], *, output: bool) -> Iterable[str]:
    """Of the inputs that a collapsed card has in one place, a free one is meant."""
    if output or not item.face.collapsed:
        return ports
    return sorted(ports, key=lambda name: "in:" + name in item.linked)
