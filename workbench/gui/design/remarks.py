"""Frames and notes on the canvas: kept in step with the document, chosen, typed into, coloured, deleted.

Which of them are chosen is view state, a part of the selection of the drawing.
Imports Qt, core, canvas and the parts of this folder.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QMenu

from workbench.core.document import BOOKMARK, FRAME, NOTE, Graph, Place, Remark
from workbench.core.looks import PutRemarks, RemoveRemarks
from workbench.gui import theme
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.gestures import Gesture
from workbench.gui.design.remark_fields import NoteField, TitleField
from workbench.gui.design.remark_gestures import ADDING, MoveRemarks, ResizeRemark, Side, held, side_cursor
from workbench.gui.design.remark_items import (
    BAR,
    FrameItem,
    NoteItem,
    RemarkItem,
    item_of,
)
from workbench.gui.design.remark_menu import menu_of
from workbench.gui.design.style import DETAIL, REACH, SNAP, snapped

_EDGE = 6.0
"""How near to an edge the pointer takes it, in pixels on the screen."""
_ROOM = 3 * SNAP
FRAME_SIZE, NOTE_SIZE = (400.0, 240.0), (208.0, 96.0)


class Remarks(QObject):
    """The frames and notes of one canvas."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas
        self.items = canvas.drawing.remarks
        self._field: TitleField | NoteField | None = None
        """The one that was opened last."""
        self._graph: Graph | None = None
        self._where = ""
        self._hovered: RemarkItem | None = None
        canvas.grips.append(self._grip)
        canvas.doubles.append(self._double)
        canvas.drawing.around.append(self.bounds)
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)
        canvas.session.document_changed.connect(self.sync)
        canvas.place_changed.connect(self.sync)
        theme.changed.connect(self._restyle)
        self.sync()

    @cached_property
    def title_field(self) -> TitleField:
        """Made when somebody first types a title."""
        return TitleField(self.canvas)

    @cached_property
    def note_field(self) -> NoteField:
        """Made when somebody first types a note."""
        return NoteField(self.canvas)

    def bind(self, commands: Commands) -> None:
        """Offer what one can do with remarks; renaming goes to them first when one alone is chosen."""
        rename, canvas = commands.rename, self.canvas
        self.delete = commands.delete

        def rename_chosen() -> None:
            if not self.rename():
                rename()

        def fit_chosen() -> None:
            if not self.fit():
                canvas.frame()

        table = {"frame_nodes": self.add_frame, "add_note": self.add_note}
        commands.offer({**table, "fit": fit_chosen})
        commands.rename = rename_chosen

    @property
    def where(self) -> str:
        return self.canvas.place.where

    @property
    def graph(self) -> Graph:
        return self.canvas.drawing.graph

    # ------------------------------------------------------------- following the document

    def sync(self) -> None:
        """Show the remarks of the graph on the canvas; touches only what changed."""
        graph, where = self.graph, self.where
        if graph is self._graph and where == self._where:
            return
        if where != self._where:
            self._end_typing(take=False)
            self._drop(tuple(self.items))
        self._graph, self._where = graph, where
        shown = {id: remark for id, remark in graph.remarks.items() if remark.kind != BOOKMARK}
        self._drop([id for id in self.items if id not in shown])
        for id, remark in shown.items():
            item = self.items.get(id)
            if item is None:
                item = self.items[id] = item_of(remark)
                self.canvas.drawing.addItem(item)
            elif item.remark is not remark:
                item.show_remark(remark)
        self._choose_also([id for id in self.chosen if id in self.items])

    def _drop(self, ids: Iterable[str]) -> None:
        for id in ids:
            item = self.items.pop(id)
            if item is self._hovered:
                self._hovered = None
            self.canvas.drawing.removeItem(item)
        self._choose_also(self.chosen)

    def _restyle(self) -> None:
        for item in self.items.values():
            item.show_remark(item.remark)

    def bounds(self) -> QRectF:
        """The rectangle around all frames and notes."""
        rect = QRectF()
        for item in self.items.values():
            rect = rect.united(item.scene_rect())
        return rect

    # ------------------------------------------------------------- choosing

    @property
    def chosen(self) -> list[str]:
        """The remarks that are selected."""
        return self.canvas.drawing.chosen_remarks

    def choose(self, ids: Iterable[str]) -> None:
        """Select these remarks and nothing else."""
        self.canvas.drawing.select((), (), ids)

    def _choose_also(self, ids: Iterable[str]) -> None:
        """Select these remarks beside the nodes and links that are selected."""
        drawing = self.canvas.drawing
        drawing.select(drawing.selection, drawing.chosen_links, ids)

    def at(self, place: QPointF) -> tuple[RemarkItem, Side] | None:
        """The remark that one would take at a place, and which of its edges (none: the whole)."""
        zoom = self.canvas.zoom
        reach = _EDGE / zoom
        around = QRectF(place.x() - reach, place.y() - reach, 2 * reach, 2 * reach)
        for item in self.canvas.drawing.items(around):  # the topmost comes first
            if not isinstance(item, RemarkItem):
                continue
            rect = item.scene_rect()
            near = rect.adjusted(-reach, -reach, reach, reach)
            if near.contains(place):
                side = _side(rect, place, min(reach, rect.width() / 4, rect.height() / 4))
                # From afar nobody means an edge: what is small is taken as a whole.
                if side != (0, 0) and (item.remark.kind == FRAME or item.chosen) and zoom >= DETAIL / 2:
                    return item, side
            if item.bar(zoom).contains(place):
                return item, (0, 0)
        return None

    # ------------------------------------------------------------- mouse

    def _grip(self, at: QPoint, place: QPointF, keys: Qt.KeyboardModifier) -> Gesture | None:
        hit = None if keys & Qt.KeyboardModifier.AltModifier else self.at(place)
        adding = bool(keys & ADDING)
        if hit is None:
            return None
        item, side = hit
        id = item.remark.id
        if adding:
            others = [one for one in self.chosen if one != id]
            self._choose_also(others if id in self.chosen else [*others, id])
        elif id not in self.chosen:
            self.choose((id,))
        if side != (0, 0):
            return ResizeRemark(self.canvas, item, side, (at, place))
        return MoveRemarks(self.canvas, self.chosen or (id,), item, (at, place))

    def _double(self, at: QPoint, place: QPointF, keys: Qt.KeyboardModifier) -> bool:
        hit = self.at(place)
        if hit is not None:
            self.edit(hit[0].remark.id)
        return hit is not None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QContextMenuEvent) and event.reason() != QContextMenuEvent.Reason.Mouse:
            return self._open_menu()
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            if event.buttons() == Qt.MouseButton.NoButton:
                self._hover(event.position().toPoint())
        elif event.type() == QEvent.Type.Leave:
            self._light(None)
            self.canvas.unsetCursor()
        return False

    def _hover(self, at: QPoint) -> None:
        place, canvas = self.canvas.mapToScene(at), self.canvas
        drawing = canvas.drawing
        hit = self.at(place) if self.items else None
        if hit is not None and (
            drawing.node_at(place) is not None or drawing.port_at(place, REACH / canvas.zoom) is not None
        ):
            hit = None
        self._light(hit[0] if hit else None)
        # The canvas itself, not its viewport: what a gesture or a port shows there goes first.
        if hit is not None:
            canvas.setCursor(side_cursor(hit[1]))
        else:
            canvas.unsetCursor()

    def _light(self, item: RemarkItem | None) -> None:
        if item is not self._hovered:
            if self._hovered is not None:
                self._hovered.set_look(hovered=False)
            self._hovered = item
            if item is not None:
                item.set_look(hovered=True)

    # ------------------------------------------------------------- adding and typing

    def add_frame(self) -> None:
        """Put a frame around the selected nodes, or an empty one at the pointer, and type its title."""
        canvas, drawing = self.canvas, self.canvas.drawing
        if drawing.selection:
            rect = drawing.bounds(drawing.selection).adjusted(-_ROOM, -_ROOM - BAR, _ROOM, _ROOM)
            left, top = snapped(rect.topLeft())
            size = (_up(rect.right() - left), _up(rect.bottom() - top))
            label = f"Frame {len(drawing.selection)} nodes" if len(drawing.selection) > 1 else "Frame a node"
        else:
            middle = canvas.mapToScene(canvas.pointer())
            left, top = snapped(middle - QPointF(FRAME_SIZE[0] / 2, BAR / 2))
            size, label = FRAME_SIZE, "Add a frame"
        frame = Remark(free_id(self.graph, FRAME), FRAME, "Frame", (left, top), size)
        if canvas.do(PutRemarks((frame,), label, self.where)):
            self.choose((frame.id,))
            self.edit(frame.id)

    def add_note(self) -> None:
        """Type a note at the pointer; it is on the canvas once something is written."""
        canvas = self.canvas
        at = self._free(snapped(canvas.mapToScene(canvas.pointer())))
        note = Remark(NOTE, NOTE, "", at, NOTE_SIZE)
        self.choose(())

        def taken(text: str) -> None:
            if text.strip():
                new = replace(note, id=free_id(self.graph, NOTE), text=text)
                if canvas.do(PutRemarks((new,), "Add a note", where)):
                    self.choose((new.id,))

        where = self.where
        self._field = self.note_field
        self.note_field.open(QRectF(*note.at, *note.size), "", taken)

    def _free(self, at: Place) -> Place:
        """A place for a note at or below another one: cards would lie on its text."""
        drawing = self.canvas.drawing
        while covered := drawing.nodes_in(QRectF(*at, *NOTE_SIZE)):
            at = snapped(
                QPointF(at[0], max(drawing.nodes[id].scene_rect().bottom() for id in covered) + SNAP)
            )
        return at

    def edit(self, id: str) -> None:
        """Type the title of a frame or the text of a note, in place."""
        item, where = self.items[id], self.where

        def taken(text: str) -> None:
            if isinstance(item, NoteItem):
                item.editing = False
                item.update()
            remark = self.graph.remarks.get(id) if where == self.where else None
            if remark is None or text == remark.text:
                return
            if remark.kind == NOTE and not text.strip():
                self.canvas.do(RemoveRemarks((id,), where))
                return
            label = "Rename frame" if remark.kind == FRAME else "Edit note"
            self.canvas.do(PutRemarks((replace(remark, text=text),), label, where))

        self.choose((id,))
        if isinstance(item, FrameItem):
            self._field = self.title_field
            self.title_field.open(item.title_rect(), item.remark.text, taken)
        elif isinstance(item, NoteItem):
            item.editing = True
            item.update()
            self._field = self.note_field
            self.note_field.open(item.scene_rect(), item.remark.text, taken)

    def _end_typing(self, *, take: bool) -> None:
        if self._field is not None:
            self._field.close_field(take=take)

    # ------------------------------------------------------------- changing

    def rename(self) -> bool:
        """Type the text of the one remark that alone is selected; false if there is none."""
        if len(self.chosen) != 1 or self.canvas.drawing.selection:
            return False
        self.edit(self.chosen[0])
        return True

    def fit(self) -> bool:
        """Bring the selection into view; false if there is no remark in it."""
        if self.chosen:
            rect = self.canvas.drawing.chosen_bounds()
            view = self.canvas.viewport().size()
            zoom = min((view.width() - 64) / rect.width(), (view.height() - 72) / rect.height(), 1.0)
            self.canvas.look_at(rect.center(), zoom)
        return bool(self.chosen)

    def paint(self, color: str) -> None:
        """Give the chosen remarks the colour of a family of nodes; "" for none."""
        remarks = [self.graph.remarks[id] for id in self.chosen]
        changed = tuple(replace(remark, color=color) for remark in remarks if remark.color != color)
        if changed:
            what = changed[0].kind if len(changed) == 1 else f"{len(changed)} remarks"
            self.canvas.do(PutRemarks(changed, f"Colour {what}", self.where))

    def menu(self, at: QPoint) -> QMenu | None:
        """The context menu of the frame or note at a place of the viewport; None where there is none."""
        place = self.canvas.mapToScene(at)
        hit = self.at(place) if self.canvas.drawing.node_at(place) is None else None
        if hit is None:
            return None
        item = hit[0]
        if item.remark.id not in self.chosen:
            self.choose((item.remark.id,))
        return menu_of(self, item.remark)

    def _open_menu(self) -> bool:
        """Open the menu of what is chosen, for the key of menus; false if nothing is."""
        if not self.chosen or self.canvas.drawing.selection:
            return False
        item = self.items[self.chosen[0]]
        at = self.canvas.mapFromScene(item.scene_rect().topLeft() + QPointF(SNAP, BAR))
        menu_of(self, item.remark).popup(self.canvas.viewport().mapToGlobal(at))
        return True

    def select_held(self) -> None:
        """Select the nodes in the chosen frames."""
        _, nodes = held(self.canvas.drawing, self.chosen)
        self.canvas.drawing.select([id for id in self.graph.nodes if id in nodes])


def free_id(graph: Graph, kind: str) -> str:
    """The first free id of a kind and a number: frame1, note2."""
    number = 1
    while f"{kind}{number}" in graph.remarks:
        number += 1
    return f"{kind}{number}"


def _side(rect: QRectF, place: QPointF, reach: float) -> Side:
    """Which edges are as near as that."""
    x = -1 if place.x() < rect.left() + reach else 1 if place.x() > rect.right() - reach else 0
    y = -1 if place.y() < rect.top() + reach else 1 if place.y() > rect.bottom() - reach else 0
    return x, y


def _up(length: float) -> float:
    return -(-length // SNAP) * SNAP
