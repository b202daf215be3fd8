"""The box under the model's name that asks for the name of a version.  Imports Qt and the shared widgets."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label

LONGEST = 80
WIDTH = 340


class VersionBox(QFrame):
    """Enter keeps the version; Escape or a click elsewhere closes the box.  The window stays usable."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._focused: QWidget | None = None
        self.setProperty("box", "popup")
        self.setAccessibleName("Save a version")
        self.field = QLineEdit()
        self.field.setMaxLength(LONGEST)
        self.field.setAccessibleName("Name of the version")
        self.field.setToolTip("How the version is called in the list of versions; Enter keeps it")
        self.button = Button("Save", "Keep the model as it is now under this name (Enter)", kind="primary")
        self.button.clicked.connect(self._keep)
        self.field.returnPressed.connect(self._keep)
        self.field.textChanged.connect(self._on_typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(Label("Save a version", "strong"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.button)
        column.addLayout(row)
        column.addWidget(Label("Edits are saved by themselves. A version is a state to go back to.", "small"))
        self.setFixedWidth(WIDTH + 80)
        self.hide()

    def open_below(self, place: QPoint) -> None:
        """Ask, with the box under a place of the window; opened again it keeps what was typed."""
        if not self.isVisible():
            self._focused = self._window.focusWidget()
            self.field.setText(self._session.versions.suggested())
            self.adjustSize()
            self.move(place)
            self.show()
            self.raise_()
            _app().installEventFilter(self)
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        self.field.selectAll()

    def close_up(self) -> None:
        """Hide the box."""
        _app().removeEventFilter(self)
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._give_back()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            elsewhere = watched is not self and not self.isAncestorOf(watched)
            if elsewhere and watched.window() is self.window():
                self.close_up()
        return False

    def _keep(self) -> None:
        name = " ".join(self.field.text().split())
        if name:
            self._give_back()
            self._session.versions.keep(name)

    def _give_back(self) -> None:
        self.close_up()
        if self._focused is not None:
            self._focused.setFocus()
            self._focused = None

    def _on_typed(self, name: str) -> None:
        self.button.setEnabled(bool(name.strip()))


def _app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
