"""What the mouse is doing: each gesture is one small object, from the press of a button to its release.

A gesture shows a preview while it lasts and makes at most one edit at its end.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsRectItem

from workbench.core.document import Port
from workbench.core.edits import Connect, Disconnect, MoveNodes, Several
from workbench.gui.design.geometry import wire_path
from workbench.gui.design.items import GESTURE
from workbench.gui.design.linking import Verdict, judge, spec_of, unfit
from workbench.gui.design.scene import PortHit
from workbench.gui.design.style import SNAP, style, wire_kind

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

SNAP_REACH = 28.0
"""How near to a port a dragged link jumps to it, in pixels on the screen."""


class Gesture(Protocol):
    """Gets positions on the screen (in the viewport) and in the scene."""

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
    """Selects what a rectangle touches; with Shift or Ctrl it adds to what was selected."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", place: QPointF, kept: Iterable[str]) -> None:
        self._canvas, self._start, self._kept = canvas, place, tuple(kept)
        self._item = QGraphicsRectItem()
        self._item.setPen(style().band_pen)
        self._item.setBrush(style().band)
        self._item.setZValue(GESTURE)
        canvas.drawing.addItem(self._item)

    def move(self, at: QPoint, place: QPointF) -> None:
        rect = QRectF(self._start, place).normalized()
        self._item.setRect(rect)
        self._canvas.drawing.select((*self._kept, *self._canvas.drawing.nodes_in(rect)))

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.cancel()

    def cancel(self) -> None:
        self._canvas.drawing.removeItem(self._item)


class Move:
    """Moves the selected nodes along the grid: one edit at the end."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: "Canvas", at: QPoint, place: QPointF, grabbed: str) -> None:
        self._canvas, self._at, self._start = canvas, at, place
        self._ids = tuple(canvas.drawing.selection)
        self._anchor = canvas.drawing.graph.nodes[grabbed].at
        self._by = QPointF(0, 0)
        self._began = False

    def move(self, at: QPoint, place: QPointF) -> None:
        if not self._began and (at - self._at).manhattanLength() < 5:
            return
        self._began = True
        x, y = self._anchor
        raw = place - self._start
        by = QPointF(round((x + raw.x()) / SNAP) * SNAP - x, round((y + raw.y()) / SNAP) * SNAP - y)
        if by != self._by:
            self._by = by
            self._canvas.drawing.shift(self._ids, by)

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        if not self._by.isNull():
            nodes = self._canvas.drawing.graph.nodes
            places = {
                id: (nodes[id].at[0] + self._by.x(), nodes[id].at[1] + self._by.y()) for id in self._ids
            }
            if not self._canvas.do(MoveNodes(places, self._canvas.place.where)):
                self._canvas.drawing.shift(self._ids, QPointF(0, 0))
        self._canvas.drawing.settle()

    def cancel(self) -> None:
        if not self._by.isNull():
            self._canvas.drawing.shift(self._ids, QPointF(0, 0))
            self._canvas.drawing.settle()


class DragLink:
    """Pulls a link from a port to another one. `detached` is the input that an existing link was taken from."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: "Canvas", fixed: PortHit, detached: Port | None = None) -> None:
        self._canvas, self._fixed, self._detached = canvas, fixed, detached
        self._snap: PortHit | None = None
        self._verdict = Verdict()
        self._judged: Port | None = None
        made = style()
        know = canvas.drawing.know
        kind = wire_kind(spec_of(know, fixed.port)) if know and fixed.output else ""
        self._pen = QPen(made.wire_pens[kind])
        self._wire = QGraphicsPathItem()
        self._ring = QGraphicsPathItem()
        for item in (self._wire, self._ring):
            item.setZValue(GESTURE)
            canvas.drawing.addItem(item)
        link = canvas.drawing.links.get(detached) if detached else None
        if link is not None:
            link.set_look(faded=True)
        if know is not None:
            canvas.drawing.fade(unfit(know, fixed.port, output=fixed.output))

    def move(self, at: QPoint, place: QPointF) -> None:
        drawing = self._canvas.drawing
        reach = SNAP_REACH / self._canvas.zoom
        self._snap = drawing.port_at(place, reach, output=not self._fixed.output)
        if self._snap is not None and self._snap.port.node == self._fixed.port.node:
            self._snap = None
        end = self._snap.place if self._snap else place
        start = self._fixed.place
        self._wire.setPath(wire_path(start, end) if self._fixed.output else wire_path(end, start))
        self._judge()
        made = style()
        refused, doubt = self._verdict.refused, self._verdict.doubt
        pen = QPen(self._pen)
        if refused:
            pen.setColor(made.err)
            pen.setStyle(Qt.PenStyle.DashLine)
        self._wire.setPen(pen)
        ring = wire_path(QPointF(), QPointF())
        ring.clear()
        if self._snap is not None:
            ring.addEllipse(end, 9, 9)
        self._ring.setPath(ring)
        self._ring.setPen(QPen(made.err if refused else made.warn if doubt else made.accent, 2))
        self._canvas.say(
            refused or doubt or self._replaces(), at, "err" if refused else "warn" if doubt else ""
        )

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        snap, verdict = self._snap, self._verdict
        self.cancel()
        where = self._canvas.place.where
        if snap is not None:
            if verdict.refused:
                self._canvas.tell(verdict.refused)
                return
            source, target = self._ends(snap)
            if self._canvas.drawing.graph.links.get(target) == source:
                return
            link = Connect(source, target, where)
            if self._detached is not None and self._detached != target:
                self._canvas.do(Several("Move link", (Disconnect(self._detached, where), link)))
            else:
                self._canvas.do(link)
        elif self._detached is not None:
            self._canvas.do(Disconnect(self._detached, where))
        else:
            self._canvas.search(at, self._fixed)

    def cancel(self) -> None:
        drawing = self._canvas.drawing
        for item in (self._wire, self._ring):
            if item.scene() is drawing:
                drawing.removeItem(item)
        link = drawing.links.get(self._detached) if self._detached else None
        if link is not None:
            link.set_look(faded=False)
        drawing.fade(())
        self._canvas.say("", QPoint())

    def _ends(self, snap: PortHit) -> tuple[Port, Port]:
        return (self._fixed.port, snap.port) if self._fixed.output else (snap.port, self._fixed.port)

    def _judge(self) -> None:
        port = self._snap.port if self._snap else None
        if port == self._judged:
            return
        self._judged, self._verdict = port, Verdict()
        know = self._canvas.drawing.know
        if self._snap is not None and know is not None:
            source, target = self._ends(self._snap)
            self._verdict = judge(know, source, target, without=self._detached)

    def _replaces(self) -> str:
        if self._snap is None:
            return ""
        source, target = self._ends(self._snap)
        old = self._canvas.drawing.graph.links.get(target)
        if old is None or old == source or target == self._detached:
            return f"{source} → {target}"
        return f"{source} → {target}, instead of {old}"
