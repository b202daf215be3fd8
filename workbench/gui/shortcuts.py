"""The shortcut sheet: every action of the table and its keys, over the window.  Imports Qt and the table."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from workbench.gui.actions import ACTIONS, keys
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.labels import Label, SectionHeader

PLACES = (("window", "Everywhere"), ("design", "In Design"), ("runs", "In Runs"), ("compare", "In Compare"))


class ShortcutSheet(QFrame):
    """A box in the middle of the window; Escape or its button closes it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("box", "popup")
        self.setAccessibleName("Keyboard shortcuts")
        self._focused: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 24)
        column.setSpacing(12)
        top = QHBoxLayout()
        top.addWidget(Label("Keyboard shortcuts", "title"))
        top.addStretch(1)
        self.close_button = IconButton("close", "Close the shortcut sheet", "Close (Esc)")
        self.close_button.clicked.connect(self.close_up)
        top.addWidget(self.close_button)
        column.addLayout(top)
        sides = QHBoxLayout()
        sides.setSpacing(40)
        column.addLayout(sides)
        for place, title in PLACES:
            rows = [action for action in ACTIONS if action.place == place and action.shortcut]
            if rows:
                sides.addLayout(_side(title, [(action.text.rstrip("…"), keys(action.id)) for action in rows]))
        self.hide()

    def open(self) -> None:
        """Show the sheet in the middle of the window."""
        window = self._window
        self._focused = window.focusWidget()
        self.adjustSize()
        self.move((window.width() - self.width()) // 2, max(8, (window.height() - self.height()) // 2))
        self.show()
        self.raise_()
        self.close_button.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_up(self) -> None:
        """Hide it and give the keyboard back to where it was."""
        self.hide()
        if self._focused is not None:
            self._focused.setFocus()
            self._focused = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_up()
            return
        super().keyPressEvent(event)


def _side(title: str, rows: list[tuple[str, str]]) -> QVBoxLayout:
    side = QVBoxLayout()
    side.setSpacing(8)
    side.addWidget(SectionHeader(title))
    grid = QGridLayout()
    grid.setHorizontalSpacing(32)
    grid.setVerticalSpacing(4)
    for number, (text, shortcut) in enumerate(rows):
        grid.addWidget(Label(text), number, 0)
        grid.addWidget(Label(shortcut, "key"), number, 1, Qt.AlignmentFlag.AlignRight)
    side.addLayout(grid)
    side.addStretch(1)
    return side
