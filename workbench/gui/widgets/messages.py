"""The message bar: one sentence over the bottom of the window; errors stay until closed.  Imports theme."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

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
WIDTH = 640


class MessageBar(QFrame):
    """Shows the newest message; something less grave does not push an error away before it was read."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("box", "popup")
        self.setAccessibleName("Message")
        self.level = ""
        self._picture = QLabel()
        self._label = Label("", wrap=True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = Button("Show", "Go to what the message is about", kind="quiet")
        self._close = IconButton("close", "Close the message")
        self._slot: Callable[[], object] | None = None
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        row.addWidget(self.button)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._picture.setContentsMargins(0, 6, 0, 0)
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
        self.raise_()
        self.place()
        if self.level == "error":
            self._timer.stop()
        else:
            self._timer.start()

    def place(self) -> None:
        """Bottom centre of the window, above the status bar."""
        window = self._window
        width = min(WIDTH, window.width() - 96)
        self.setFixedWidth(width)
        self.setFixedHeight(max(44, self._row.totalHeightForWidth(width)))
        self.move((window.width() - width) // 2, window.height() - self.height() - 40)

    def _on_button(self) -> None:
        self.hide()
        if self._slot is not None:
            self._slot()

    def _tint(self) -> None:
        if self.level:
            icon, token = LEVELS[self.level]
            self._picture.setPixmap(theme.pixmap(icon, token, 16, self.devicePixelRatioF()))
