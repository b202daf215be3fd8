"""Closing the window or the workspace while data is being added: asks first, since adding ends with them.

Imports Qt, the processes and the widgets.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.data.wizard import Wizard
from workbench.gui.json_process import end_all
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label


class StillAdding(QDialog):
    """The question; accepted, the window closes or another workspace opens."""

    def __init__(self, name: str, window: QWidget, *, switching: bool) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Data is being added")
        self.setMinimumWidth(440)
        picture = QLabel()
        picture.setPixmap(theme.pixmap("warning", "warn", 24, self.devicePixelRatioF()))
        self.words = Label(f"“{text.one_line(name, 40)}” is still being added.", "heading")
        what = "Opening another workspace" if switching else "Closing"
        why = Label(
            f"{what} now cancels that, and nothing of it is kept.\nIts files stay as they are.", "dim"
        )
        here = "Stay in this workspace" if switching else "Leave the window open"
        self.keep = Button("Keep adding", f"{here} and go on", kind="primary")
        self.give_up = (
            Button("Cancel adding and switch", "Add nothing, and open the other workspace", icon="close")
            if switching
            else Button("Cancel adding and close", "Add nothing, and close the window", icon="close")
        )
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
    """Watches the window in which a wizard is, and holds its workspace."""

    def __init__(self, wizard: Wizard, session: Session) -> None:
        super().__init__(wizard)
        self._wizard = wizard
        self._go_on: Callable[[], object] | None = None
        session.holds.append(self.hold)
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
            self._ask(self._window.close, switching=False)
            return True
        end_all()
        return False

    def hold(self, go_on: Callable[[], object]) -> bool:
        """Ask before another workspace is opened, where something is being added to this one."""
        if self._wizard.is_adding:
            self._ask(go_on, switching=True)
        return self._wizard.is_adding

    def _ask(self, go_on: Callable[[], object], *, switching: bool) -> None:
        if self.question is None:
            path = self._wizard.path
            name = path.name if path is not None else "Data"
            self._go_on = go_on
            self.question = StillAdding(name, self._wizard.window(), switching=switching)
            self.question.accepted.connect(self._on_agreed)
            self.question.finished.connect(self._on_answered)
            self.question.open()
        self.question.raise_()

    def _on_agreed(self) -> None:
        assert self._go_on is not None
        self._agreed = True
        self._go_on()
        self._agreed = False

    def _on_answered(self, _: int) -> None:
        self.question = None

    def _on_state(self, _: str) -> None:
        if self.question is not None and not self._wizard.is_adding:
            self.question.reject()  # it is done: there is nothing left to ask
