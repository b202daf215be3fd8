"""Closing the window while data is being added: asks first, since adding ends with the window.

Imports Qt, the processes and the widgets.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.data.wizard import Wizard
from workbench.gui.json_process import end_all
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label


class StillAdding(QDialog):
    """The question; accepted, the window closes."""

    def __init__(self, name: str, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Data is being added")
        self.setMinimumWidth(440)
        picture = QLabel()
        picture.setPixmap(theme.pixmap("warning", "warn", 24, self.devicePixelRatioF()))
        self.words = Label(f"“{text.one_line(name, 40)}” is still being added.", "heading")
        why = Label(
            "Closing now cancels that, and nothing of it is kept.\nIts files stay as they are.", "dim"
        )
        self.keep = Button("Keep adding", "Leave the window open and go on", kind="primary")
        self.give_up = Button("Cancel adding and close", "Add nothing, and close the window", icon="close")
        self.keep.clicked.connect(self.reject)
        self.give_up.clicked.connect(self.accept)
        said = QVBoxLayout()
        said.setSpacing(6)
        said.addWidget(self.words)
        said.addWidget(why)
        above = QHBoxLayout()
        above.setSpacing(12)
        above.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        above.addLayout(said, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.give_up)
        buttons.addWidget(self.keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(20)
        column.addLayout(above)
        column.addLayout(buttons)
        self.keep.setDefault(True)
        self.keep.setFocus()


class Leaving(QObject):
    """Watches the window in which a wizard is."""

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(wizard)
        self._wizard = wizard
        self._window: QWidget | None = None
        self._agreed = False
        self.question: StillAdding | None = None
        wizard.state_changed.connect(self._on_state)

    def watch(self, window: QWidget) -> None:
        """Watch this window from now on."""
        if window is not self._window:
            self._window = window
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Close or watched is not self._window:
            return False
        if self._wizard.is_adding and not self._agreed:
            event.ignore()
            self._ask()
            return True
        end_all()
        return False

    def _ask(self) -> None:
        assert self._window is not None
        if self.question is None:
            path = self._wizard.path
            self.question = StillAdding(path.name if path is not None else "Data", self._window)
            self.question.accepted.connect(self._on_agreed)
            self.question.finished.connect(self._on_answered)
            self.question.open()
        self.question.raise_()

    def _on_agreed(self) -> None:
        assert self._window is not None
        self._agreed = True
        self._window.close()

    def _on_answered(self, _: int) -> None:
        self.question = None

    def _on_state(self, _: str) -> None:
        if self.question is not None and not self._wizard.is_adding:
            self.question.reject()  # it is done: there is nothing left to ask
