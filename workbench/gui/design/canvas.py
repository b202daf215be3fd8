"""The canvas: a stage that follows the open model and turns mouse and keys into gestures.

What is selected, zoomed and entered is its own state; the model changes only through `session.do`.
"""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QWidget

from workbench.catalog.check import Analysis
from workbench.core.document import Document, Node
from workbench.core.edits import Edit
from workbench.gui.actions import explain, keymap
from workbench.gui.design.bends import BEND_REACH
from workbench.gui.design.faces import Knowledge, Place
from workbench.gui.design.gestures import Gesture, Pan
from workbench.gui.design.hits import PortHit
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.moving import Move
from workbench.gui.design.palette import MIME
from workbench.gui.design.presses import WIRE_REACH, Press, double, press
from workbench.gui.design.scrolling import EdgeScroll
from workbench.gui.design.splice import COMING, Splice, card_around
from workbench.gui.design.stage import Stage
from workbench.gui.design.style import DETAIL, REACH
from workbench.gui.session import Session

_LEFT, _MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
_ALT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_DRAG = 4


class Canvas(Stage):
    """The view of one graph: the model's own, or that of the block that was entered."""

    place_changed = Signal()
    dropped = Signal(str, QPointF)
    """An offer's key was dropped at a place of the scene."""
    searched = Signal(QPoint, object)
    """A node is wanted at a place of the viewport, wired to a PortHit or to nothing (None)."""
    opened = Signal(str)
    """A node was double-clicked."""
    nudged = Signal(int, int)
    """The selection is to move by steps of the grid."""
    menu_asked = Signal(QPoint, object)
    """The context menu is wanted at a place of the viewport, for an item or the void (None)."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.place = Place()
        self.grips: list[Callable[[QPoint, QPointF, Qt.KeyboardModifier], Gesture | None]] = []
        """Asked in order at a left press that hits no port and no node; what one gives begins at once."""
        self.doubles: list[Callable[[QPoint, QPointF, Qt.KeyboardModifier], bool]] = []
        """Asked in order at a double-click that hits no port and no node; True takes it."""
        self._gesture: Gesture | None = None
        self._edges = EdgeScroll(self)
        self._pressed: Press | None = None
        self._button = Qt.MouseButton.NoButton
        self._behind = False
        self._coming: Splice | None = None
        self.keys = Qt.KeyboardModifier.NoModifier
        """The modifiers that were held when the mouse last told of itself."""
        self._space: Pan | bool = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setAccessibleName("Drawing of the model")
        explain(self, "add_node", "Drag between ports to link; double-click to add a node")
        session.model_opened.connect(self._on_model_opened)
        session.document_changed.connect(self._on_document_changed)
        session.analysed.connect(self._on_analysed)
        session.schemas_changed.connect(self.refresh)
        self.refresh()

    # ------------------------------------------------------------- following the model

    def refresh(self) -> None:
        """Show the document and the analysis as they are."""
        self._show(self.session.document)

    def _show(self, document: Document) -> None:
        place = self._still_there(document, self.place)
        moved = place != self.place
        self.place = place
        session = self.session
        self.drawing.show(Knowledge(document, session.analysis, session.schemas, place))
        if moved:
            self.place_changed.emit()
            self.frame()

    def _still_there(self, document: Document, place: Place) -> Place:
        """The place, or the nearest one around it that the document still has."""
        where, trail = "", []
        for id in place.trail:
            node = document.graph_of(where).nodes.get(id)
            if node is None or node.block not in document.blocks:
                break
            where = node.block
            trail.append(id)
        if not place.trail and place.where in document.blocks:
            return place
        return Place(where, tuple(trail))

    def _on_model_opened(self) -> None:
        self._drop_gesture()
        self.place = Place()
        self.drawing.select(())
        self._frame_pending = True
        self.place_changed.emit()

    def _on_document_changed(self, before: Document | None, after: Document) -> None:
        self._drop_gesture()
        self._show(after)
        if self._frame_pending:
            self.frame()

    def _on_analysed(self, analysis: Analysis) -> None:
        # A card that is being dragged would jump back to its place in the document.
        self._behind = isinstance(self._gesture, Move)
        if not self._behind:
            self.refresh()

    def _catch_up(self) -> None:
        """Show what the check found while nodes were dragged."""
        if self._behind:
            self._behind = False
            self.refresh()

    def do(self, edit: Edit) -> bool:
        """Make an edit; false (and a message) if it does not fit."""
        return self.session.do(edit)

    def tell(self, text: str) -> None:
        """Say why something did not happen."""
        self.session.message.emit(text, "warning")

    # ------------------------------------------------------------- where one looks

    def enter(self, id: str) -> None:
        """Go into a block's own drawing, as this instance sees it."""
        node = self.drawing.graph.nodes[id]
        if node.block in self.session.document.blocks:
            self.go(Place(node.block, (*self.place.trail, id)))

    def open_node(self, id: str) -> None:
        """Go into a block; of another node, into its fields."""
        if self.drawing.graph.nodes[id].block:
            self.enter(id)
        else:
            self.opened.emit(id)

    def leave(self) -> None:
        """Go back to where the block stands."""
        trail = self.place.trail[:-1]
        was = self.place.trail[-1:]
        if self.place.where:
            where = ""
            for id in trail:
                where = self.session.document.graph_of(where).nodes[id].block
            self.go(Place(where, trail))
            self.drawing.select(was)

    def go(self, place: Place) -> None:
        """Show another graph of the model."""
        if place != self.place:
            self._drop_gesture()
            deeper = len(place.trail) > len(self.place.trail)
            self.place = place
            self.refresh()
            self.place_changed.emit()
            if deeper:
                self.frame_start()
            else:
                self.frame()

    def reveal(self, ids: Iterable[str], *, near: bool = False) -> None:
        """Select nodes and bring them into view; `near` also where they are in sight but too small to read."""
        ids = tuple(ids)
        self.drawing.select(ids)
        rect = self.drawing.bounds(self.drawing.selection) if self.drawing.selection else QRectF()
        seen = self.mapToScene(self.viewport().rect()).boundingRect()
        if not rect.isNull() and (not seen.contains(rect) or (near and self.zoom < DETAIL)):
            self.look_at(rect.center(), max(self.zoom, DETAIL))

    def search(self, at: QPoint, wire: PortHit | None = None) -> None:
        """Ask for the add-node box at a place of the viewport."""
        self.searched.emit(at, wire)

    # ------------------------------------------------------------- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, button = event.position().toPoint(), event.button()
        self.keys = event.modifiers()
        event.accept()
        if self._gesture is not None or self._pressed is not None:
            if button != self._button:
                return
            self._drop_gesture()  # the release went elsewhere, perhaps into a dialog that opened meanwhile
        self._button = button
        if button == _MIDDLE or (button == _LEFT and self._space):
            pan = Pan(self, at)
            self._begin(pan)
            if self._space:
                self._space = pan
        elif button == _LEFT:
            pressed = press(self, at, self.keys)
            if pressed.gesture is not None:
                self._begin(pressed.gesture)
            else:
                self._pressed = pressed

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self.keys = event.modifiers()
        pressed = self._pressed
        if pressed is not None and pressed.drag and (at - pressed.at).manhattanLength() > _DRAG:
            self._begin(pressed.drag())
        if self._gesture is not None:
            self._gesture.move(at, self.mapToScene(at))
            if not isinstance(self._gesture, Pan):
                self._edges.follow(at)
        elif event.buttons() == Qt.MouseButton.NoButton:
            self._hover(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != self._button:
            return
        at = event.position().toPoint()
        self.keys = event.modifiers()
        gesture, self._gesture = self._gesture, None
        pressed, self._pressed = self._pressed, None
        self._edges.stop()
        if gesture is not None:
            gesture.finish(at, self.mapToScene(at))
            self._show_cursor(None)
            self._catch_up()
        elif pressed is not None and pressed.click is not None:
            pressed.click()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.button() != _LEFT:
            return
        self._pressed = None
        double(self, at, event.modifiers())

    def _begin(self, gesture: Gesture) -> None:
        self._pressed = None
        self._gesture = gesture
        self.drawing.hover(None)
        self._show_cursor(gesture.cursor)

    def _drop_gesture(self) -> None:
        self._pressed = None
        self._edges.stop()
        self._forget_coming()
        if self._gesture is not None:
            gesture, self._gesture = self._gesture, None
            gesture.cancel()
            self._show_cursor(None)
            self._catch_up()

    def scroll_under(self, at: QPoint, by: QPoint) -> None:
        """Move the window over the drawing while the pointer of a gesture stays at a place of the viewport."""
        if self._gesture is not None:
            self.pan(by)
            self._gesture.move(at, self.mapToScene(at))

    def _hover(self, at: QPoint) -> None:
        place = self.mapToScene(at)
        hit = self.drawing.port_at(place, REACH / self.zoom) if self.zoom >= DETAIL else None
        item: NodeItem | LinkItem | None = self.drawing.node_at(place)
        if item is None and hit is None:
            item = self.drawing.link_at(place, WIRE_REACH / self.zoom)
        self.drawing.hover(item)
        shape = Qt.CursorShape.CrossCursor if hit else None
        if shape is None and not isinstance(item, NodeItem):
            on_bend = self.drawing.bend_at(place, BEND_REACH / self.zoom) is not None
            shape = Qt.CursorShape.SizeAllCursor if on_bend else None
        self._show_cursor(shape)

    def _show_cursor(self, shape: Qt.CursorShape | None) -> None:
        if shape is None and self._space:
            shape = Qt.CursorShape.OpenHandCursor
        if shape is None:
            self.viewport().unsetCursor()
        else:
            self.viewport().setCursor(shape)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.busy:
            return
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        at = event.pos() if by_mouse else self._below_selection()
        place = self.mapToScene(at)
        node = self.drawing.node_at(place)
        link = None if node else self.drawing.link_at(place, WIRE_REACH / self.zoom)
        if by_mouse and node is not None and node.id not in self.drawing.selection:
            self.drawing.select((node.id,))
        elif by_mouse and link is not None:
            self.drawing.select((), (link.target,))
        self.menu_asked.emit(at, node or link)

    def _below_selection(self) -> QPoint:
        rect = self.drawing.bounds(self.drawing.selection) if self.drawing.selection else QRectF()
        return self.mapFromScene(rect.center()) if rect.width() else self.viewport().rect().center()

    # ------------------------------------------------------------- keys and other events

    @property
    def busy(self) -> bool:
        """Whether a gesture is going on."""
        return self._gesture is not None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self.busy:
            event.accept()  # no shortcut works on what is being dragged: the key comes here instead
            return True
        return super().event(event)

    def focusNextPrevChild(self, next: bool) -> bool:
        return not self.busy and super().focusNextPrevChild(next)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.busy:
            pressed = QKeySequence(event.keyCombination())
            if event.key() == Qt.Key.Key_Escape or pressed in map(QKeySequence, keymap.all_of("undo")):
                self._drop_gesture()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self._show_cursor(None)
        elif event.key() == Qt.Key.Key_Escape:
            self.drawing.select(())
        elif event.key() in _ARROWS and not event.modifiers() & _ALT:
            tenfold = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _ARROWS[Qt.Key(event.key())]
            self.nudged.emit(tenfold * dx, tenfold * dy)
        elif event.key() != Qt.Key.Key_Space:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat() and self._space:
            panned = isinstance(self._space, Pan)
            self._space = False
            self._show_cursor(None)
            if not panned:
                self.search(self.pointer())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            kind, _, name = event.mimeData().data(MIME).toStdString().partition(":")
            node = Node(COMING, name if kind == "type" else "", name if kind == "block" else "")
            self._coming = Splice(self, node, new=True)
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.mimeData().hasFormat(MIME) and self._coming is not None:
            at = event.position().toPoint()
            self._coming.show(card_around(self.mapToScene(at)), at)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._forget_coming()

    def dropEvent(self, event: QDropEvent) -> None:
        if event.mimeData().hasFormat(MIME):
            self._forget_coming()
            key = event.mimeData().data(MIME).toStdString()
            self.dropped.emit(key, self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()
            self.setFocus()

    def _forget_coming(self) -> None:
        if self._coming is not None:
            self._coming.clear()
            self._coming = None
            self.say("", QPoint())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)
