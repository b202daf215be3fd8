"""The message bar: one sentence in the line at the foot of the window; errors stay until closed.  Imports theme."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.labels import Label

LEVELS = {
    "info": ("info", "accent"),
    "ok": ("check", "ok"),
    "warning": ("warning", "warn"),
    "error": ("error", "err"),
}
SHOWN_MS = 6000
_LINE = 24


class MessageBar(QFrame):
    """Shows the newest message; something less grave does not push an error away before it was read.

    It stands in a layout and lies over nothing: a long sentence gets more lines.
    """

    shown = Signal(bool)
    """Whether there is a message now."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("box", "message")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Message")
        self.level = ""
        self._picture = QLabel()
        self._label = Label("", wrap=True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = Button("Show", "Go to what the message is about", kind="quiet")
        self._close = IconButton("close", "Close the message")
        self._slot: Callable[[], object] | None = None
        self._close.setFixedSize(_LINE, _LINE)
        self.button.setFixedHeight(_LINE)
        self._picture.setFixedHeight(_LINE)
        self._label.setMinimumHeight(_LINE)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 2, 0)
        row.setSpacing(8)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        for button in (self.button, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where one works
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self._close.clicked.connect(self.hide)
        self.button.clicked.connect(self._on_button)
        theme.changed.connect(self._tint)
        self.hide()

    def text(self) -> str:
        """What it says, or said last."""
        return self._label.text()

    def say(
        self, text: str, level: str = "info", button: str = "", slot: Callable[[], object] | None = None
    ) -> None:
        """Show a sentence; `button` and `slot` offer one thing to do about it."""
        if self.isVisible() and self.level == "error" and level in ("info", "ok"):
            return
        self.level = level if level in LEVELS else "info"
        self._label.setText(text)
        self._slot = slot
        self.button.setText(button)
        self.button.setAccessibleName(button or "Show")
        self.button.setVisible(bool(button))
        self._tint()
        self.show()
        if self.level == "error":
            self._timer.stop()
        else:
            self._timer.start()

    def withdraw(self, text: str) -> None:
        """Hide this message, if it is still the one that is shown: what it says holds no longer."""
        if text == self.text():
            self._timer.stop()
            self.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.shown.emit(False)

    def _on_button(self) -> None:
        self.hide()
        if self._slot is not None:
            self._slot()

    def _tint(self) -> None:
        if self.level:
            icon, token = LEVELS[self.level]
            self._picture.setPixmap(theme.pixmap(icon, token, 16, self.devicePixelRatioF()))
