"""Moving and resizing frames and notes with the mouse: a preview while it lasts, one edit at the end.

Imports Qt, core, gestures' protocol, canvas and items.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from workbench.core.document import FRAME, PINNED, Graph, Remark
from workbench.core.edits import Edit, Several
from workbench.core.looks import PutRemarks
from workbench.gui.design.bends import moved_with_bends
from workbench.gui.design.remark_items import RemarkItem, least_size
from workbench.gui.design.style import SNAP

if TYPE_CHECKING:
    from workbench.gui.design.canvas import Canvas
    from workbench.gui.design.scene import DesignScene

Side = tuple[int, int]
"""Which edges are taken: −1 left or top, 1 right or bottom, 0 none."""
_CURSORS = {
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
}
ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
"""With these a press adds to what is selected, or takes away from it."""
_START = 5
"""Pixels that the mouse must go before a press becomes a drag."""


def side_cursor(side: Side) -> Qt.CursorShape:
    """The pointer over an edge or corner; that of moving for none."""
    x, y = side
    if side == (0, 0):
        return Qt.CursorShape.SizeAllCursor
    return _CURSORS[(x, y) if (x, y) in _CURSORS else (-x, -y)]


def held(drawing: "DesignScene", ids: Iterable[str]) -> tuple[set[str], set[str]]:
    """Remarks with all frames and notes that lie in them, and the nodes whose middles do; no pinned ones."""
    found, items = set(ids), drawing.remarks
    areas = [items[id].scene_rect() for id in found if items[id].remark.kind == FRAME]
    for id, item in items.items():
        if any(area.contains(item.scene_rect()) for area in areas):
            found.add(id)
    nodes = {
        id
        for id, item in drawing.nodes.items()
        if PINNED not in drawing.graph.nodes[id].look
        and any(area.contains(item.scene_rect().center()) for area in areas)
    }
    return found, nodes


def shifted(graph: Graph, remarks: Collection[str], nodes: Collection[str], by: QPointF, where: str) -> Edit:
    """The edit that moves remarks, nodes, and the dots of links between these nodes."""
    x, y = by.x(), by.y()
    with_dots = moved_with_bends(graph, nodes, (x, y), where)
    if not remarks:
        return with_dots
    moved = [graph.remarks[id] for id in remarks]
    placed = [replace(remark, at=(remark.at[0] + x, remark.at[1] + y)) for remark in moved]
    put = PutRemarks(tuple(placed), _label("Move", moved), where)
    return Several(put.label, (put, with_dots)) if nodes else put


class MoveRemarks:
    """Moves frames and notes along the grid, frames with what they hold. Without a move it is a click."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(
        self,
        canvas: "Canvas",
        ids: Collection[str],
        grabbed: RemarkItem,
        start: tuple[QPoint, QPointF],
    ) -> None:
        self._canvas = canvas
        self._at, self._start = start
        self._grabbed, self._anchor = grabbed.remark.id, grabbed.remark.at
        drawing = canvas.drawing
        self._remarks, self._nodes = held(drawing, ids)
        if grabbed.chosen:
            nodes = drawing.graph.nodes
            self._nodes |= {id for id in drawing.selection if PINNED not in nodes[id].look}
        self._by = QPointF(0, 0)
        self._began = False

    def move(self, at: QPoint, place: QPointF) -> None:
        if not self._began and (at - self._at).manhattanLength() < _START:
            return
        self._began = True
        (x, y), raw = self._anchor, place - self._start
        by = QPointF(round((x + raw.x()) / SNAP) * SNAP - x, round((y + raw.y()) / SNAP) * SNAP - y)
        if by != self._by:
            self._by = by
            self._show()

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        if not self._began and not self._canvas.keys & ADDING:
            self._canvas.drawing.select((), (), (self._grabbed,))
        if not self._by.isNull():
            drawing, where = self._canvas.drawing, self._canvas.place.where
            if not self._canvas.do(shifted(drawing.graph, self._remarks, self._nodes, self._by, where)):
                self._by = QPointF(0, 0)
                self._show()
            drawing.settle()

    def cancel(self) -> None:
        if not self._by.isNull():
            self._by = QPointF(0, 0)
            self._show()
            self._canvas.drawing.settle()

    def _show(self) -> None:
        drawing = self._canvas.drawing
        drawing.shift_remarks(self._remarks, self._by)
        drawing.shift([id for id in self._nodes if id in drawing.graph.nodes], self._by)


class ResizeRemark:
    """Drags edges of a frame or note along the grid; the others stay where they are."""

    def __init__(self, canvas: "Canvas", item: RemarkItem, side: Side, start: tuple[QPoint, QPointF]) -> None:
        self._canvas, self._item, self._side = canvas, item, side
        self._at, self._start = start
        self._rect = item.scene_rect()
        self._now = self._rect
        self._began = False
        self.cursor = side_cursor(side)

    def move(self, at: QPoint, place: QPointF) -> None:
        if not self._began and (at - self._at).manhattanLength() < _START:
            return
        self._began = True
        by, rect, (x, y) = place - self._start, QRectF(self._rect), self._side
        wide, high = least_size(self._item.remark.kind)
        if x < 0:
            rect.setLeft(min(_snap(rect.left() + by.x()), rect.right() - wide))
        if x > 0:
            rect.setRight(max(_snap(rect.right() + by.x()), rect.left() + wide))
        if y < 0:
            rect.setTop(min(_snap(rect.top() + by.y()), rect.bottom() - high))
        if y > 0:
            rect.setBottom(max(_snap(rect.bottom() + by.y()), rect.top() + high))
        self._now = rect
        self._item.show_rect(rect)

    def finish(self, at: QPoint, place: QPointF) -> None:
        self.move(at, place)
        if self._now == self._rect:
            return
        remark, rect = self._item.remark, self._now
        new = replace(remark, at=(rect.x(), rect.y()), size=(rect.width(), rect.height()))
        label = _label("Resize", [remark])
        if not self._canvas.do(PutRemarks((new,), label, self._canvas.place.where)):
            self.cancel()

    def cancel(self) -> None:
        remark = self._item.remark
        self._item.show_rect(QRectF(*remark.at, *remark.size))


def _label(what: str, remarks: Collection[Remark]) -> str:
    if len(remarks) > 1 and not any(remark.kind == FRAME for remark in remarks):
        return f"{what} {len(remarks)} notes"
    frames = [remark for remark in remarks if remark.kind == FRAME]
    return f"{what} {(frames or list(remarks))[0].kind}"


def _snap(value: float) -> float:
    return round(value / SNAP) * SNAP
