"""Pulling the ends of links: from a port to another one, off an input, or all links of an output together.

Imports Qt, core, linking and the pictures.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from workbench.core.document import Port
from workbench.core.edits import Connect, Disconnect, Edit, Several
from workbench.gui.design.geometry import wire_path
from workbench.gui.design.hits import PortHit
from workbench.gui.design.items import GESTURE, NodeItem
from workbench.gui.design.linking import Verdict, judge, spec_of, unfit
from workbench.gui.design.style import REACH, style, wire_kind

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

SNAP_REACH = 28.0
"""How near to a port a dragged link jumps to it, in pixels on the screen."""


class DragLink:
    """Pulls loose ends of links, whose other ends are `fixed`, to the nearest port that fits.

    `detached` are the inputs whose links are lifted while this lasts.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", fixed: Sequence[PortHit], detached: Sequence[Port] = ()) -> None:
        self._canvas, self._fixed, self._detached = canvas, tuple(fixed), tuple(detached)
        self._output = fixed[0].output
        self._snap: PortHit | None = None
        self._verdicts: dict[Port, Verdict] = {}
        drawing, made = canvas.drawing, style()
        self._know = know = drawing.know
        kind = wire_kind(spec_of(know, fixed[0].port)) if know and self._output else ""
        self._pen = QPen(made.wire_pens[kind])
        self._wire = QGraphicsPathItem()
        self._ring = QGraphicsPathItem()
        for item in (self._wire, self._ring):
            item.setZValue(GESTURE)
            drawing.addItem(item)
        self._lift(True)
        if know is not None:
            drawing.fade(unfit(know, [hit.port for hit in fixed], output=self._output))

    def move(self, at: QPoint, place: QPointF) -> None:
        self._snap = self._nearest(place)
        verdict = self._judged(self._snap) if self._snap else Verdict()
        fits = self._snap is not None and not verdict.refused
        end = self._snap.place if self._snap is not None and fits else place
        path = QPainterPath()
        for hit in self._fixed:
            path.addPath(wire_path(hit.place, end) if self._output else wire_path(end, hit.place))
        self._wire.setPath(path)
        made = style()
        pen = QPen(self._pen)
        if verdict.refused:
            pen.setColor(made.err)
            pen.setStyle(Qt.PenStyle.DashLine)
        self._wire.setPen(pen)
        ring = QPainterPath()
        if self._snap is not None:
            ring.addEllipse(self._snap.place, 9, 9)
        self._ring.setPath(ring)
        self._ring.setPen(
            QPen(made.err if verdict.refused else made.warn if verdict.doubt else made.accent, 2)
        )
        level = "err" if verdict.refused else "warn" if verdict.doubt else ""
        said = verdict.refused or verdict.doubt or self._said()
        if self._snap is None and self._at_home(place):
            said, level = "A node cannot feed itself.", "err"
        self._canvas.say(said, at, level)

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        snap = self._snap
        verdict = self._judged(snap) if snap else Verdict()
        self.cancel()
        if snap is not None and verdict.refused:
            self._canvas.tell(verdict.refused)
        elif snap is not None:
            self._connect(snap)
        elif self._detached:
            self._disconnect()
        elif not self._at_home(place):
            self._canvas.search(at, self._fixed[0])

    def _connect(self, snap: PortHit) -> None:
        where, links, ends = self._canvas.place.where, self._canvas.drawing.graph.links, self._ends(snap)
        edits: list[Edit] = [Disconnect(port, where) for port in self._detached if port not in ends]
        edits += [
            Connect(source, target, where) for target, source in ends.items() if links.get(target) != source
        ]
        if not edits:
            return
        count = len(self._detached)
        label = "Move link" if count == 1 else f"Move {count} links"
        self._canvas.do(Several(label, tuple(edits)) if self._detached else edits[0])

    def _disconnect(self) -> None:
        edits = tuple(Disconnect(port, self._canvas.place.where) for port in self._detached)
        self._canvas.do(edits[0] if len(edits) == 1 else Several(f"Unlink {len(edits)} links", edits))

    def _at_home(self, place: QPointF) -> bool:
        """Whether the pointer is on the card that the link comes from."""
        under = self._canvas.drawing.node_at(place)
        return under is not None and under.id == self._fixed[0].port.node

    def cancel(self) -> None:
        drawing = self._canvas.drawing
        for item in (self._wire, self._ring):
            if item.scene() is drawing:
                drawing.removeItem(item)
        self._lift(False)
        drawing.fade(())
        self._canvas.say("", QPoint())

    def _lift(self, up: bool) -> None:
        for port in self._detached:
            link = self._canvas.drawing.links.get(port)
            if link is not None:
                link.set_look(faded=up)

    def _nearest(self, place: QPointF) -> PortHit | None:
        """The nearest port within reach that fits, else the best one of the card under the pointer.

        Where none fits, one that the pointer is on: it will say why.
        """
        drawing = self._canvas.drawing
        reach = SNAP_REACH / self._canvas.zoom
        own = {hit.port.node for hit in self._fixed}
        under = drawing.node_at(place)
        near: list[tuple[float, PortHit]] = []
        area = QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)
        for item in drawing.boxes(area):
            if isinstance(item, NodeItem) and item.id not in own:
                near += [entry for entry in self._ports(item, place) if entry[0] < reach]
        taken = (
            drawing.graph.links
        )  # of the inputs that a collapsed card has in one place, a free one is meant
        near.sort(key=lambda entry: (entry[0], entry[1].port in taken))
        for _, hit in near:
            if not self._judged(hit).refused:
                return hit
        if under is not None and under.id not in own:
            return self._best_of(under, place)
        return near[0][1] if near and near[0][0] < REACH / self._canvas.zoom else None

    def _best_of(self, item: NodeItem, place: QPointF) -> PortHit | None:
        """The port of a card that suits best: one that fits, without a doubt, still free, near."""
        taken = self._canvas.drawing.graph.links

        def rank(entry: tuple[float, PortHit]) -> tuple[bool, bool, bool, float]:
            verdict = self._judged(entry[1])
            return bool(verdict.refused), bool(verdict.doubt), entry[1].port in taken, entry[0]

        best = min(self._ports(item, place), key=rank, default=None)
        return best[1] if best else None

    def _ports(self, item: NodeItem, place: QPointF) -> list[tuple[float, PortHit]]:
        ports = item.card.inputs if self._output else item.card.outputs
        found = []
        for name, offset in ports.items():
            at = offset + item.pos()
            far = ((at.x() - place.x()) ** 2 + (at.y() - place.y()) ** 2) ** 0.5
            found.append((far, PortHit(Port(item.id, name), not self._output, at)))
        return found

    def _ends(self, snap: PortHit) -> dict[Port, Port]:
        if self._output:
            return {snap.port: self._fixed[0].port}
        return {hit.port: snap.port for hit in self._fixed}

    def _judged(self, snap: PortHit) -> Verdict:
        know = self._canvas.drawing.know
        if know is not self._know:  # the check has caught up
            self._know, self._verdicts = know, {}
        if snap.port not in self._verdicts:
            made = judge(know, self._ends(snap), self._detached) if know else Verdict()
            self._verdicts[snap.port] = made
        return self._verdicts[snap.port]

    def _said(self) -> str:
        if self._snap is None:
            return ""
        ends = self._ends(self._snap)
        if len(ends) > 1:
            return f"{self._snap.port} → {len(ends)} links"
        ((target, source),) = ends.items()
        old = self._canvas.drawing.graph.links.get(target)
        if old is None or old == source or target in self._detached:
            return f"{source} → {target}"
        return f"{source} → {target}, instead of {old}"


def link_from(canvas: "Canvas", hit: PortHit, keys: Qt.KeyboardModifier) -> DragLink:
    """The drag that begins at a port: off a linked input, with Ctrl one link off an output, with Shift all of them."""
    drawing = canvas.drawing
    if not hit.output:
        source = drawing.graph.links.get(hit.port)
        if source is None or source.node not in drawing.nodes:
            return DragLink(canvas, [hit])
        start = drawing.nodes[source.node].port_place(source.name, output=True)
        return DragLink(canvas, [PortHit(source, True, start)], [hit.port])
    targets = fed_by(canvas, hit.port)
    if keys & Qt.KeyboardModifier.ControlModifier:
        # Of several links the one that is selected, else the one that was made last.
        targets = ([target for target in targets if target in drawing.chosen_links] or targets)[-1:]
    elif not keys & Qt.KeyboardModifier.ShiftModifier:
        targets = []
    if not targets:
        return DragLink(canvas, [hit])
    ends = [
        PortHit(target, False, drawing.nodes[target.node].port_place(target.name, output=False))
        for target in targets
    ]
    return DragLink(canvas, ends, targets)


def fed_by(canvas: "Canvas", source: Port) -> list[Port]:
    """The inputs that an output feeds, in the order in which they were linked."""
    drawing = canvas.drawing
    return [
        target
        for target, feeder in drawing.graph.links.items()
        if feeder == source and target.node in drawing.nodes
    ]


def clear_port(canvas: "Canvas", hit: PortHit) -> None:
    """Remove all links of a port."""
    where = canvas.place.where
    ports = fed_by(canvas, hit.port) if hit.output else [hit.port]
    edits = [Disconnect(port, where) for port in ports if port in canvas.drawing.graph.links]
    if len(edits) == 1:
        canvas.do(edits[0])
    elif edits:
        canvas.do(Several(f"Unlink {hit.port}", tuple(edits)))
