"""Bookmarks: places and zooms of the drawing that have a name. One box keeps a place, another one lists them.

Imports Qt, core, widgets, canvas and commands.
"""

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QVBoxLayout, QWidget

from workbench.core.document import BOOKMARK, Document, Remark
from workbench.core.looks import PutRemarks, RemoveRemarks
from workbench.core.text import one_line
from workbench.gui import theme
from workbench.gui.actions import keys
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.faces import Place
from workbench.gui.design.remarks import free_id
from workbench.gui.design.stage import LEAST, MOST
from workbench.gui.fuzzy import score
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import Label

_WIDE, _ROW, _ROWS, _TOP = 320, 28, 9, 48
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STAYS = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A remark that is a bookmark, and the graph in which it stands ("" for the model's own)."""

    remark: Remark
    where: str

    def text(self) -> str:
        """The bookmark as a row of the list."""
        inside = f"  –  in {self.where}" if self.where else ""
        return f"{one_line(self.remark.text, 60)}{inside}  –  {100 * self.remark.size[0]:.0f} %"


def bookmarks_of(document: Document, here: str) -> list[Bookmark]:
    """All bookmarks of a model: those of this graph first, then the model's own, then those of its blocks."""
    places = dict.fromkeys((here, "", *document.blocks))
    return [
        Bookmark(remark, where)
        for where in places
        if not where or where in document.blocks
        for remark in document.graph_of(where).remarks.values()
        if remark.kind == BOOKMARK
    ]


class _Box(QFrame):
    """A small box over the upper part of the canvas; it closes when one goes elsewhere."""

    def __init__(self, canvas: Canvas, name: str) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setProperty("box", "popup")
        self.setAccessibleName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(theme.GRID)
        self.hide()

    def _open(self, field: QLineEdit) -> None:
        room = self._canvas.size()
        self.setFixedWidth(min(_WIDE, room.width() - 16))
        self.adjustSize()
        self.move((room.width() - self.width()) // 2, min(_TOP, max(8, room.height() - self.height() - 8)))
        self.show()
        self.raise_()
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        field.installEventFilter(self)

    def close_box(self) -> None:
        """Close without doing anything."""
        if self.isVisible():
            focused: QWidget | None = self.window().focusWidget()
            inside = focused is not None and self.isAncestorOf(focused)
            self.hide()
            if inside:
                self._canvas.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _STAYS:
            self.hide()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape:
            self.close_box()
            return True
        return False


class NameBox(_Box):
    """Asks for the name of the place that one looks at."""

    named = Signal(str)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas, "Add a bookmark")
        self.field = QLineEdit()
        self.field.setMaxLength(200)
        self.field.setAccessibleName("Name of the bookmark")
        self.field.setToolTip("Enter keeps this place and zoom, Escape does not")
        self._column.addWidget(Label("Come back to this place as", "small"))
        self._column.addWidget(self.field)

    def open(self, name: str) -> None:
        """Ask, with a name to start from."""
        self.field.setText(name)
        self.field.selectAll()
        self._open(self.field)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() in _RETURN:
            name = self.field.text().strip()
            if name:
                self.close_box()
                self.named.emit(name)
            return True
        return super()._key(event)


class BookmarkList(_Box):
    """The bookmarks to go to: type to filter, Enter goes there, Del removes one."""

    chosen = Signal(object)
    removed = Signal(object)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas, "Bookmarks")
        self.rows: list[Bookmark] = []
        self._all: list[Bookmark] = []
        self.field = SearchField("Go to …", "Name of a bookmark", "Type a name; Enter goes there")
        self.list = QListWidget()
        self.list.setAccessibleName("Bookmarks that fit")
        self.list.setToolTip("Enter or a click goes there, Del removes the bookmark")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.itemClicked.connect(lambda item: self._choose(self.list.row(item)))
        self._note = Label("", "small", wrap=True)
        for widget in (self.field, self.list, self._note):
            self._column.addWidget(widget)
        self.field.textChanged.connect(self._filter)

    def open(self, bookmarks: list[Bookmark]) -> None:
        """Show these bookmarks."""
        self._all = bookmarks
        self.field.clear()
        self._filter()
        self._open(self.field)

    def show_again(self, bookmarks: list[Bookmark]) -> None:
        """Show what is left after one was removed; the filter stays."""
        self._all = bookmarks
        self._filter()
        self.adjustSize()

    def _filter(self) -> None:
        typed, row = self.field.text(), self.list.currentRow()
        found = [(score(typed, bookmark.remark.text), bookmark) for bookmark in self._all]
        fit = [(rank, bookmark) for rank, bookmark in found if rank > 0]
        self.rows = [bookmark for _, bookmark in (sorted(fit, key=lambda pair: -pair[0]) if typed else fit)]
        self.list.clear()
        self.list.addItems([bookmark.text() for bookmark in self.rows])
        self.list.setVisible(bool(self.rows))
        self.list.setFixedHeight(min(_ROWS, max(1, len(self.rows))) * _ROW + 4)
        self.list.setCurrentRow(max(0, min(row, len(self.rows) - 1)))
        if not self._all:
            self._note.setText(f"No bookmarks yet. {keys('add_bookmark')} keeps the place that you look at.")
        else:
            self._note.setText(
                "Enter goes there, Del removes it" if self.rows else "No bookmark is named so."
            )
        self.adjustSize()

    def _key(self, event: QKeyEvent) -> bool:
        row = self.list.currentRow()
        at_end = self.field.cursorPosition() == len(self.field.text()) and not self.field.hasSelectedText()
        if event.key() in _RETURN:
            self._choose(row)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            if self.rows:
                self.list.setCurrentRow((row + step) % len(self.rows))
        elif event.key() == Qt.Key.Key_Delete and at_end:
            if 0 <= row < len(self.rows):
                self.removed.emit(self.rows[row])
        else:
            return super()._key(event)
        return True

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self.rows):
            bookmark = self.rows[row]
            self.close_box()
            self.chosen.emit(bookmark)


class Bookmarks(QObject):
    """Keeps places of a canvas in its model, and goes back to them."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.canvas = canvas

    @cached_property
    def name_box(self) -> NameBox:
        """Made when it is first asked for, as is the list."""
        made = NameBox(self.canvas)
        made.named.connect(self.keep)
        self.canvas.session.model_opened.connect(made.close_box)
        return made

    @cached_property
    def list_box(self) -> BookmarkList:
        """Made when it is first asked for."""
        made = BookmarkList(self.canvas)
        made.chosen.connect(self.go)
        made.removed.connect(self.remove)
        self.canvas.session.model_opened.connect(made.close_box)
        return made

    def bind(self, commands: Commands) -> None:
        """Offer to add a bookmark and to list them."""
        commands.offer({"add_bookmark": self.add, "bookmarks": self.open})

    def _all(self) -> list[Bookmark]:
        return bookmarks_of(self.canvas.session.document, self.canvas.place.where)

    def add(self) -> None:
        """Ask for a name of what is in view now."""
        taken = {bookmark.remark.text for bookmark in self._all()}
        number = len(taken) + 1
        while f"Place {number}" in taken:
            number += 1
        self.name_box.open(f"Place {number}")

    def keep(self, name: str) -> None:
        """Keep the middle of the view and its zoom under a name."""
        canvas = self.canvas
        viewport = canvas.viewport().rect()
        middle = canvas.mapToScene(viewport).boundingRect().center()
        id = free_id(canvas.drawing.graph, BOOKMARK)
        place = Remark(id, BOOKMARK, name, (middle.x(), middle.y()), (canvas.zoom, canvas.zoom))
        canvas.do(PutRemarks((place,), f"Bookmark {one_line(name, 40)}", canvas.place.where))

    def open(self) -> None:
        """List the bookmarks of the whole model."""
        self.list_box.open(self._all())

    def go(self, bookmark: Bookmark) -> None:
        """Look at a bookmark's place, with its zoom, also inside a block."""
        if bookmark.where != self.canvas.place.where:
            self.canvas.go(Place(bookmark.where))
        zoom = max(LEAST, min(MOST, bookmark.remark.size[0]))
        self.canvas.look_at(QPointF(*bookmark.remark.at), zoom)

    def remove(self, bookmark: Bookmark) -> None:
        """Remove a bookmark; undo brings it back."""
        if self.canvas.do(RemoveRemarks((bookmark.remark.id,), bookmark.where)):
            self.list_box.show_again(self._all())
