"""Small boxes over the table of runs: a list to tick in, with a field to search.  Imports Qt, theme and widgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from workbench.core.text import whole
from workbench.gui import theme
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import Label

_WIDE: Final = 320
_ROW: Final = 28
_ROWS: Final = 11
_MOST: Final = 400
"""Rows that are shown at once; more are found by searching."""
_STAYS = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
_KEY: Final = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class Tick:
    """A row: `ticked` is None where it holds for some of the chosen only."""

    key: str
    text: str
    ticked: bool | None
    about: str = ""


class TickBox(QFrame):
    """Type to search, arrows and Space tick, Escape or a click elsewhere closes."""

    ticked = Signal(str, bool)
    """A row was ticked or cleared."""
    entered = Signal(str)
    """What was typed, where no row is called so."""

    def __init__(self, owner: QWidget, title: str, field: SearchField, *, takes_new: bool = False) -> None:
        super().__init__(owner)
        self._owner = owner
        self._focused: QWidget | None = None
        self._rows: list[Tick] = []
        self._takes_new = takes_new
        self.field = field
        self.setProperty("box", "popup")
        self.setAccessibleName(title)
        self.title = Label(title, "strong")
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(title)
        self.list.setToolTip("Space or a click ticks a row")
        self.hint = Label("", "small", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(2 * theme.GRID)
        for widget in (self.title, self.field, self.list, self.hint):
            column.addWidget(widget)
        self.setFixedWidth(_WIDE)
        self.field.textChanged.connect(lambda _: self._show())
        self.list.itemChanged.connect(self._on_changed)
        for widget in (self.field, self.list):
            widget.installEventFilter(self)
        self.hide()

    def open_at(self, place: QPoint) -> None:
        """Open with its upper left corner at a place of its owner, as far as there is room."""
        self._focused = self._owner.window().focusWidget()
        self.field.clear()
        self._show()
        room = self._owner.size()
        height = min(room.height() - 16, _ROW * (min(len(self._rows), _ROWS) + 1) + 96)
        self.setFixedHeight(max(160, height))
        self.move(
            max(8, min(place.x(), room.width() - self.width() - 8)),
            max(8, min(place.y(), room.height() - self.height() - 8)),
        )
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_up(self) -> None:
        """Close, and give the focus back to where it was."""
        if self.isVisible():
            focused: QWidget | None = self.window().focusWidget()
            inside = focused is not None and self.isAncestorOf(focused)
            self.hide()
            if inside and self._focused is not None:
                self._focused.setFocus()

    def show_rows(self, rows: Sequence[Tick]) -> None:
        """The rows to tick in."""
        if list(rows) != self._rows:
            self._rows = list(rows)
            if self.isVisible():
                self._show()

    def _show(self) -> None:
        words = self.field.text().lower().split()
        found = [
            row for row in self._rows if all(word in f"{row.text} {row.about}".lower() for word in words)
        ]
        current: QListWidgetItem | None = self.list.currentItem()
        kept = current.data(_KEY) if current is not None else None
        self.list.blockSignals(True)
        self.list.clear()
        for row in found[:_MOST]:
            item = QListWidgetItem(row.text)
            item.setData(_KEY, row.key)
            item.setToolTip(row.about or row.text)
            item.setSizeHint(QSize(0, _ROW))
            states = {True: Qt.CheckState.Checked, False: Qt.CheckState.Unchecked}
            item.setCheckState(Qt.CheckState.PartiallyChecked if row.ticked is None else states[row.ticked])
            self.list.addItem(item)
            if row.key == kept:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        more = len(found) - _MOST
        if more > 0:
            self.hint.setText(f"{whole(more)} more: type to find them.")
        elif self._takes_new and self._new():
            self.hint.setText(f"Enter adds “{self._new()}”.")
        else:
            self.hint.setText("" if found else "Nothing is called so.")
        self.hint.setVisible(bool(self.hint.text()))

    def _new(self) -> str:
        """What was typed, where no row is called so."""
        typed = " ".join(self.field.text().split())
        return "" if any(row.text.lower() == typed.lower() for row in self._rows) else typed

    def _on_changed(self, item: QListWidgetItem) -> None:
        self.ticked.emit(item.data(_KEY), item.checkState() == Qt.CheckState.Checked)

    def _enter(self) -> None:
        if self._takes_new and (typed := self._new()):
            self.entered.emit(typed)
            self.field.clear()
            return
        item: QListWidgetItem | None = self.list.item(max(0, self.list.currentRow()))
        if item is not None and self.field.text():
            checked = item.checkState() == Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if checked else Qt.CheckState.Checked)
            self.field.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                self.close_up()
                return True
            if watched is self.field and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._enter()
                return True
            if watched is self.field and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self.list.setFocus()
                if self.list.currentRow() < 0:
                    self.list.setCurrentRow(0)
                return True
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _STAYS:
            focused: QWidget | None = self.window().focusWidget()
            if focused is None or not self.isAncestorOf(focused):
                self.hide()
        return False


class NameBox(QFrame):
    """Asks for a name: Enter gives it, Escape or a click elsewhere does not."""

    named = Signal(str)

    def __init__(self, owner: QWidget, title: str, tooltip: str) -> None:
        super().__init__(owner)
        self._owner = owner
        self._focused: QWidget | None = None
        self.setProperty("box", "popup")
        self.setAccessibleName(title)
        self.field = QLineEdit()
        self.field.setMaxLength(60)
        self.field.setAccessibleName(title)
        self.field.setToolTip(tooltip)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(Label(title, "strong"))
        column.addWidget(self.field)
        self.setFixedWidth(_WIDE)
        self.field.installEventFilter(self)
        self.hide()

    def open_at(self, place: QPoint, name: str = "") -> None:
        """Ask, with a name to start from."""
        self._focused = self._owner.window().focusWidget()
        self.field.setText(name)
        self.field.selectAll()
        self.adjustSize()
        self.move(max(8, min(place.x(), self._owner.width() - self.width() - 8)), place.y())
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            name = " ".join(self.field.text().split())
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if name:
                    self._close()
                    self.named.emit(name)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._close()
                return True
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _STAYS:
            self.hide()
        return False

    def _close(self) -> None:
        self.hide()
        if self._focused is not None:
            self._focused.setFocus()
