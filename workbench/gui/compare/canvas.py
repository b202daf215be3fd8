"""A drawing to look at: it can be moved, zoomed and entered, and a click says which node is meant; nothing changes it.

Imports Qt and the stage of the Design view.
"""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from workbench.catalog.check import analyse
from workbench.core.document import Document
from workbench.gui.compare.marks import Marked, Marks, trail_to
from workbench.gui.design.faces import Knowledge, Place
from workbench.gui.design.stage import Stage
from workbench.gui.design.style import DETAIL

_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_DRAG = 4
_STEP = 60
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_EMPTY = Document()
_NOTHING = analyse(_EMPTY, {})
_ZOOMS = {Qt.Key.Key_Plus: 1.25, Qt.Key.Key_Equal: 1.25, Qt.Key.Key_Minus: 0.8}


class DrawingCanvas(Stage):
    """Shows one graph of a document that somebody trained once."""

    picked = Signal(str)
    """A node was clicked; "" for none."""
    entered = Signal(str)
    """A block was double-clicked, by its name."""
    left = Signal()
    """One wants back to where the block stands."""
    room = QSize(32, 28)

    def __init__(self, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 90)
        self.marks = Marks(self.drawing)
        self.layers.append(self.marks.paint)
        self._know: Knowledge | None = None
        self._press: QPoint | None = None
        self._panning = False

    @property
    def place(self) -> Place:
        """Which graph of the document is shown."""
        return self._know.place if self._know else Place()

    def show_graph(self, know: Knowledge, marked: Marked) -> None:
        """Show a graph with its marks, all of it."""
        self.marks.show(Marked())
        if self._know is None or self._know.document is not know.document:
            self.drawing.show(Knowledge(_EMPTY, _NOTHING, {}, Place()))  # nothing of another drawing may stay
        self._know = know
        self.drawing.show(know)
        self.drawing.select(())
        self.marks.show(marked)
        self.frame()

    def go_to(self, ids: Sequence[str], *, choose: bool = True) -> None:
        """Bring nodes into view, so large that they can be read; `choose` selects them, too."""
        known = [id for id in ids if id in self.drawing.nodes]
        self.drawing.select(known if choose else ())
        if known:
            rect = self.drawing.bounds(known)
            seen = self.mapToScene(self.viewport().rect()).boundingRect()
            if not seen.contains(rect) or self.zoom < DETAIL:
                self.look_at(rect.center(), max(self.zoom, DETAIL))

    # ------------------------------------------------------------- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (_LEFT, _MIDDLE):
            self._press, self._panning = event.position().toPoint(), False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._press is None:
            self.drawing.hover(self.drawing.node_at(self.mapToScene(at)))
            return
        if self._panning or (at - self._press).manhattanLength() > _DRAG:
            self._panning = True
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan(self._press - at)
            self._press = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.viewport().unsetCursor()
        clicked = self._press is not None and not self._panning and event.button() == _LEFT
        self._press, self._panning = None, False
        if clicked:
            node = self.drawing.node_at(self.mapToScene(event.position().toPoint()))
            self.drawing.select((node.id,) if node else ())
            self.picked.emit(node.id if node else "")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        node = self.drawing.node_at(self.mapToScene(event.position().toPoint()))
        if node is not None and event.button() == _LEFT:
            self._enter(node.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _ARROWS:
            dx, dy = _ARROWS[key]
            self.pan(QPoint(dx * _STEP, dy * _STEP))
        elif key in _ZOOMS:
            self.zoom_by(_ZOOMS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_Period):
            self.frame_all()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.drawing.selection:
            self._enter(self.drawing.selection[0])
        elif key == Qt.Key.Key_Escape and (self.drawing.selection or self.place.where):
            if self.drawing.selection:
                self.drawing.select(())
                self.picked.emit("")
            else:
                self.left.emit()
        else:
            event.ignore()

    def _enter(self, id: str) -> None:
        block = self.drawing.graph.nodes[id].block
        if self._know is not None and block in self._know.document.blocks:
            self.entered.emit(block)

    def center_of(self, id: str) -> QPoint:
        """Where a node's card is in the viewport."""
        rect = self.drawing.nodes[id].scene_rect()
        return self.mapFromScene(QPointF(rect.center()))


def place_in(document: Document, where: str) -> Place:
    """The way to a block as one would go there."""
    return Place(where, trail_to(document, where)) if where else Place()
