"""The versions of the open model as rows: open one, rename it, delete it.  Imports Qt, session and widgets."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.design.panels import Column, Keyed
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.fields import TextField
from workbench.gui.widgets.labels import ElidedLabel, Label, SectionHeader
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import VersionRecord

MOST = 200
AUTOMATIC = "Before a restore"
_RENAME = "The version's name; Enter keeps it, Escape does not"


class VersionRow(QFrame):
    """One version: name, when and how large it was; Enter opens it, F2 renames, Del deletes."""

    opened = Signal()
    renamed = Signal(str)
    deleted = Signal()
    stepped = Signal(int)
    left = Signal()

    def __init__(self, record: VersionRecord) -> None:
        super().__init__()
        self.record = record
        self.setProperty("box", "row")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumHeight(44)
        name = record.name or AUTOMATIC
        size = f"{text.plural(record.nodes, 'node')} · {text.count(record.parameters)} parameters"
        self.setAccessibleName(f"Version {name}, {text.ago(record.created)}, {size}")
        self.setToolTip(
            f"{name}\n{text.moment(record.created)} · {size}\nClick to go back to it; undo takes that back"
        )
        self.name = ElidedLabel(name, "" if record.name else "dim")
        self.field = TextField("Name of the version", _RENAME)
        self.field.hide()
        self.field.editingFinished.connect(self._on_named)
        about = ElidedLabel(f"{text.ago(record.created)} · {size}", "small")
        column = QVBoxLayout()
        column.setSpacing(0)
        for widget in (self.name, self.field, about):
            column.addWidget(widget)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 4, 3)
        row.setSpacing(2)
        row.addLayout(column, 1)
        self.open_button = IconButton("undo", f"Go back to {name}", "Make the model what it was then (Enter)")
        self.rename_button = IconButton("rename", f"Rename {name}", "Give the version another name (F2)")
        self.delete_button = IconButton("delete", f"Delete {name}", "Take the version off the list (Del)")
        self.open_button.clicked.connect(self.opened)
        self.rename_button.clicked.connect(self.rename)
        self.delete_button.clicked.connect(self.deleted)
        for button in (self.open_button, self.rename_button, self.delete_button):
            row.addWidget(button)

    def rename(self) -> None:
        """Turn the name into a field."""
        self.name.hide()
        self.field.show()
        self.field.show_text(self.record.name)
        self.field.selectAll()
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            if self.field.isVisible():
                self.field.hide()
                self.name.show()
                self.setFocus()
            else:
                self.left.emit()
        elif self.field.isVisible():
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        elif key == Qt.Key.Key_F2:
            self.rename_button.click()  # does nothing while it is grey
        elif key == Qt.Key.Key_Delete:
            self.delete_button.click()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def _on_named(self) -> None:
        name = " ".join(self.field.text().split())
        if self.field.isVisible():
            self.field.hide()
            self.name.show()
            if name and name != self.record.name:
                self.name.setText(name)
                self.renamed.emit(name)


class VersionsPanel(QWidget):
    """All versions, newest first, and the button that keeps one."""

    def __init__(self, session: Session, canvas: QWidget) -> None:
        super().__init__()
        surface(self, "panel", "left")
        self.setMinimumWidth(220)
        self._session = session
        self._canvas = canvas
        self.rows: list[VersionRow] = []
        self.keep = IconButton("plus", "Save a version", "Save a version of the model as it is now")
        self.keep.clicked.connect(lambda: session.actions.get("save").trigger())
        guard(session, self.keep)
        head = SectionHeader("Versions")
        head.setContentsMargins(12, 2, 8, 0)
        head.add(self.keep)
        self._column = Column("Versions of the model")
        self._column.rows.setContentsMargins(8, 2, 8, 8)
        self._column.rows.setSpacing(0)
        self._list = Keyed()
        self._column.rows.addWidget(self._list)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._column, 1)
        session.versions.changed.connect(self._show)
        self._show()

    def refresh(self) -> None:
        """Read the list again: another window may have kept one."""
        self._session.versions.refresh()

    def take_focus(self) -> None:
        """Give the keyboard to the newest version, or to the button that keeps one."""
        (self.rows[0] if self.rows else self.keep).setFocus(Qt.FocusReason.TabFocusReason)

    def _focus_row(self, number: int) -> None:
        if 0 <= number < len(self.rows):
            self.rows[number].setFocus(Qt.FocusReason.TabFocusReason)
            self._column.ensureWidgetVisible(self.rows[number])

    def _show(self) -> None:
        holder: QWidget | None = self.focusWidget()
        focused = holder is not None and any(row is holder or row.isAncestorOf(holder) for row in self.rows)
        self._list.show_key(tuple(self._session.versions.records), self._build)
        if focused and self.isVisible():
            self.take_focus()

    def _build(self) -> list[QWidget]:
        versions = self._session.versions
        self.rows = []
        for number, record in enumerate(versions.records[:MOST]):
            row = VersionRow(record)
            row.opened.connect(lambda record=record: versions.open(record))
            row.renamed.connect(lambda name, record=record: versions.rename(record, name))
            row.deleted.connect(lambda record=record: versions.delete(record))
            row.stepped.connect(lambda step, number=number: self._focus_row(number + step))
            row.left.connect(self._canvas.setFocus)
            guard(self._session, row.rename_button, row.delete_button)
            self.rows.append(row)
        if not self.rows:
            return [Label("None yet. A version is a state with a name, to go back to.", "small", wrap=True)]
        more = len(versions.records) - MOST
        return [*self.rows, Label(f"… and {more:,} older ones.", "small")] if more > 0 else [*self.rows]
