"""Inserting a node into a link that it is dropped on, and making room for it.

Imports Qt, core, linking and the pictures.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPoint, QPointF, QRectF

from workbench.core.document import PINNED, Graph, Node, Place, Port
from workbench.core.edits import AddNodes, Connect, Edit, MoveNodes
from workbench.core.errors import EditError
from workbench.gui.design.bends import moved_with_bends
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.items import LinkItem
from workbench.gui.design.knife import Crossings
from workbench.gui.design.linking import accepted_at, gives, judge, kind_of, spec_of
from workbench.gui.design.sorts import suits
from workbench.gui.design.style import HEAD, NODE_WIDTH, SNAP, snapped

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

COMING = "coming"
"""The id of a node that is being dragged from the palette and not yet in the model."""
_GAP = 4 * SNAP
_HIT = 12.0
"""How near to the middle of a card a wire must run for the card to be on it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A link and the ports of a node that would stand in it."""

    source: Port
    target: Port
    into: Port
    out: Port

    def links(self) -> dict[Port, Port]:
        return {self.into: self.source, self.target: self.out}


class Splice:
    """Looks for the link that a dragged node would be inserted into, and lights it up.

    `node` is on the canvas, or not yet in the model (`new`).
    """

    def __init__(self, canvas: "Canvas", node: Node, *, new: bool = False) -> None:
        self._canvas, self._node = canvas, node
        self._know = canvas.drawing.know
        if new and self._know is not None:
            document = self._know.document
            try:
                document = AddNodes((node,), {}, canvas.place.where).apply(document)
            except EditError:
                self._know = None
            else:
                self._know = replace(self._know, document=document)
        self._crossings = Crossings(canvas)
        self._lit: LinkItem | None = None
        self._slots: dict[Port, Slot | None] = {}

    def show(self, card: QRectF | None, at: QPoint) -> Slot | None:
        """Light up the link under a card (None: nowhere) and give the slot in it."""
        link, slot = self._find(card) if card is not None else (None, None)
        if link is not self._lit:
            self.clear()
            self._lit = link
            if link is not None:
                link.set_look(hovered=True)
        self._canvas.say(f"Insert between {slot.source} and {slot.target}" if slot else "", at)
        return slot

    def slot_at(self, card: QRectF) -> Slot | None:
        """The slot under a card."""
        return self._find(card)[1]

    def slot_in(self, link: LinkItem) -> Slot | None:
        """The slot in a link, wherever it runs."""
        return self._slot(link)

    def clear(self) -> None:
        """Put out the light."""
        drawing = self._canvas.drawing
        if self._lit is not None and drawing.links.get(self._lit.target) is self._lit:
            self._lit.set_look(hovered=False)
        self._lit = None

    def _find(self, card: QRectF) -> tuple[LinkItem | None, Slot | None]:
        middle = card.center()
        across, down = card.width() / 4, min(_HIT, card.height() / 4)
        lines = (
            QLineF(middle.x(), middle.y() - down, middle.x(), middle.y() + down),
            QLineF(middle.x() - across, middle.y(), middle.x() + across, middle.y()),
        )
        for line in lines:
            for link in self._crossings.of(line, self._node.id):
                slot = self._slot(link)
                if slot is not None:
                    return link, slot
        return None, None

    def _slot(self, link: LinkItem) -> Slot | None:
        if link.target not in self._slots:
            self._slots[link.target] = (
                slot_for(self._know, self._node, link.source, link.target) if self._know else None
            )
        return self._slots[link.target]


def card_around(place: QPointF) -> QRectF:
    """The card of a node that is dropped at a place."""
    return QRectF(place.x() - NODE_WIDTH / 2, place.y() - HEAD / 2, NODE_WIDTH, HEAD)


def slot_for(know: Knowledge, node: Node, source: Port, target: Port) -> Slot | None:
    """The free ports of a node that fit into a link, if there are any."""
    graph = know.document.graph_of(know.place.where)
    if node.id in (source.node, target.node):
        return None
    kind, block = kind_of(know, node), know.document.blocks.get(node.block)
    if kind is not None:
        inputs, outputs = kind.input_ports(), kind.output_ports()
    else:
        inputs, outputs = (block.inputs, block.outputs) if block else ((), ())
    fed, spec, wanted = {*graph.links.values()}, spec_of(know, source), accepted_at(know, target)
    for name in inputs:
        into = Port(node.id, name)
        if into in graph.links or (kind is not None and spec is not None and not suits(kind, name, spec)):
            continue
        verdict = judge(know, {into: source})
        if verdict.refused or verdict.doubt:
            continue
        for output in outputs:
            out = Port(node.id, output)
            if out in fed or (wanted and not gives(know, out) & wanted):
                continue
            slot = Slot(source, target, into, out)
            if not judge(know, slot.links(), (target,)).refused:
                return slot
    return None


def card_between(canvas: "Canvas", slot: Slot, middle: QPointF, card: QRectF) -> QRectF:
    """A card in the middle of a link: right of its source, and below what it would cover and cannot push away."""
    drawing = canvas.drawing
    at = snapped(middle - QPointF(card.width(), card.height()) / 2)
    found = QRectF(QPointF(*at), card.size())
    source = drawing.nodes[slot.source.node].scene_rect()
    if _meets(found, source):
        found.moveLeft(_up(source.right() + _GAP))
    aside = set(_movable(canvas, slot))
    while not aside.issuperset(drawing.nodes_in(found.adjusted(-SNAP, -SNAP, SNAP, SNAP))):
        found.translate(0, 2 * HEAD)
    return found


def inserted(canvas: "Canvas", id: str, slot: Slot, at: Place, card: QRectF) -> tuple[Edit, ...]:
    """The edits that put a node (which is in the model by then) into a link, at its place and card in the scene.

    The card goes right of its source where it would cover it; what it feeds goes right where that is in its way.
    """
    drawing, where = canvas.drawing, canvas.place.where
    card = QRectF(card)
    source = drawing.nodes[slot.source.node].scene_rect()
    if _meets(card, source):
        card.moveLeft(_up(source.right() + _GAP))
    edits: list[Edit] = [MoveNodes({id: (card.left(), at[1])}, where)]
    target = drawing.nodes[slot.target.node].scene_rect()
    by = _up(card.right() + _GAP - target.left())
    after = drawing.graph.downstream([slot.target.node]) - {id}
    if by > 0 and any(_meets(card, drawing.nodes[other].scene_rect()) for other in after):
        movable = [other for other in _movable(canvas, slot) if other != id]
        edits.append(moved_with_bends(drawing.graph, movable, (by, 0), where))
    edits += [Connect(s, t, where) for t, s in slot.links().items()]
    return tuple(edits)


def _movable(canvas: "Canvas", slot: Slot) -> list[str]:
    """What a link feeds and can go right."""
    graph: Graph = canvas.drawing.graph
    left = canvas.drawing.nodes[slot.target.node].scene_rect().left()
    return [
        id
        for id in graph.downstream([slot.target.node])
        if graph.nodes[id].at[0] >= left and PINNED not in graph.nodes[id].look
    ]


def _meets(card: QRectF, other: QRectF) -> bool:
    """Whether two cards cover each other or stand too close for a wire between them."""
    return card.adjusted(-_GAP + 1, 0, _GAP - 1, 0).intersects(other)


def _up(value: float) -> float:
    return -(-value // SNAP) * SNAP
