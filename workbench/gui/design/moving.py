"""Dragging nodes: along the grid and their neighbours, and onto a link.  Imports Qt, core and the pictures."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPoint, QPointF, Qt
from PySide6.QtWidgets import QGraphicsLineItem

from workbench.core.document import PINNED
from workbench.core.edits import Edit, Several
from workbench.gui.design.guides import Guides
from workbench.gui.design.items import GESTURE, NodeItem
from workbench.gui.design.remark_gestures import held, shifted
from workbench.gui.design.splice import Slot, Splice, inserted
from workbench.gui.design.style import snapped, style

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas

SNAP_PIXELS = 6.0
"""How near to a neighbour's edge or middle a card jumps to it, in pixels on the screen."""
_GUIDED = 0.4
"""Below this zoom there are no guides: everything stands near everything."""
_ALT = Qt.KeyboardModifier.AltModifier


class Move:
    """Moves what is selected and not pinned, frames with what they hold: one edit at the end. With Alt it moves freely.

    A single node that is let go on a link, and fits there, is inserted into it.
    """

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: "Canvas", place: QPointF, grabbed: str) -> None:
        drawing, nodes = canvas.drawing, canvas.drawing.graph.nodes
        self._canvas, self._start = canvas, place
        self._stuck = f"“{grabbed}” is pinned." if PINNED in nodes[grabbed].look else ""
        free = () if self._stuck else drawing.selection
        remarks, inside = held(drawing, () if self._stuck else drawing.chosen_remarks)
        self._remarks = tuple(remarks)
        self._ids = tuple(id for id in dict.fromkeys([*free, *inside]) if PINNED not in nodes[id].look)
        self._anchor = QPointF(*nodes[grabbed].at)
        self._by = QPointF(0, 0)
        self._guides = self._find_guides() if self._ids and canvas.zoom >= _GUIDED else None
        self._splice = Splice(canvas, nodes[grabbed]) if self._alone(grabbed) else None
        self._slot: Slot | None = None
        self._lines: list[QGraphicsLineItem] = []

    def _alone(self, id: str) -> bool:
        return self._ids == (id,) and not self._remarks

    def _find_guides(self) -> Guides:
        """The neighbours in view, from the scene's index, and the links to what stands still."""
        drawing, moving = self._canvas.drawing, set(self._ids)
        nodes = drawing.nodes
        seen = self._canvas.mapToScene(self._canvas.viewport().rect()).boundingRect()
        others = [
            item for item in drawing.boxes(seen) if isinstance(item, NodeItem) and item.id not in moving
        ]
        levels = []
        for target, link in drawing.links.items():
            ends = (link.source.node in moving, target.node in moving)
            if ends[0] != ends[1] and link.source.node in nodes and target.node in nodes:
                start = nodes[link.source.node].port_place(link.source.name, output=True)
                end = nodes[target.node].port_place(target.name, output=False)
                levels.append((start, end) if ends[0] else (end, start))
        return Guides(drawing.bounds(self._ids), [item.scene_rect() for item in others], levels)

    def move(self, at: QPoint, place: QPointF) -> None:
        if not self._ids:
            self._canvas.say(self._stuck, at, "warn")
            return
        by = place - self._start
        lines: list[QLineF] = []
        free = bool(self._canvas.keys & _ALT)
        if not free:
            by, lines = self._snapped(by)
        self._show(lines)
        if by != self._by:
            self._by = by
            self._shift(by)
        if self._splice is not None:
            card = self._canvas.drawing.nodes[self._ids[0]].scene_rect()
            self._slot = self._splice.show(None if free or by.isNull() else card, at)

    def _show(self, lines: list[QLineF]) -> None:
        """One item a guide: what must be painted anew stays as narrow as the lines."""
        while len(self._lines) < len(lines):
            item = QGraphicsLineItem()
            item.setPen(style().band_pen)
            item.setZValue(GESTURE)
            self._canvas.drawing.addItem(item)
            self._lines.append(item)
        for index, item in enumerate(self._lines):
            item.setVisible(index < len(lines))
            if index < len(lines):
                item.setLine(lines[index])

    def _snapped(self, by: QPointF) -> tuple[QPointF, list[QLineF]]:
        if self._guides is not None:
            return self._guides.snapped(by, self._anchor, SNAP_PIXELS / self._canvas.zoom)
        return QPointF(*snapped(self._anchor + by)) - self._anchor, []

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        canvas, by = self._canvas, self._by
        self._clear()
        if not by.isNull() and not canvas.do(self._edit()):
            self._shift(QPointF(0, 0))
        canvas.drawing.settle()

    def _edit(self) -> Edit:
        drawing, where, by = self._canvas.drawing, self._canvas.place.where, self._by
        if self._slot is None:
            return shifted(drawing.graph, self._remarks, self._ids, by, where)
        (id,) = self._ids
        return Several(
            f"Insert {id}",
            inserted(self._canvas, id, self._slot, drawing.nodes[id].at, drawing.nodes[id].scene_rect()),
        )

    def cancel(self) -> None:
        self._clear()
        if not self._by.isNull():
            self._shift(QPointF(0, 0))
            self._canvas.drawing.settle()

    def _shift(self, by: QPointF) -> None:
        drawing = self._canvas.drawing
        drawing.shift([id for id in self._ids if id in drawing.graph.nodes], by)
        drawing.shift_remarks(self._remarks, by)

    def _clear(self) -> None:
        for item in self._lines:
            self._canvas.drawing.removeItem(item)
        self._lines = []
        if self._splice is not None:
            self._splice.clear()
        self._canvas.say("", QPoint())
