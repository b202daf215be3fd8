"""Buttons with a name and a tooltip, and the row of chips that filters a view.  Imports Qt and theme."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QToolButton, QWidget

from workbench.gui import theme


class Button(QPushButton):
    """A push button; `kind` is "" (plain), primary, quiet, danger, fold or chip."""

    def __init__(self, text: str, tooltip: str, *, kind: str = "", icon: str = "", name: str = "") -> None:
        super().__init__(text)
        self.setToolTip(tooltip)
        self.setAccessibleName(name or text.replace("&", ""))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if kind:
            self.setProperty("kind", kind)
        if icon:
            tokens = {"primary": "on_accent", "danger": "err"}
            theme.set_icon(self, icon, tokens.get(kind, "text"))


class IconButton(QToolButton):
    """A square button with an icon only; its name is what a screen reader says."""

    def __init__(
        self, icon: str, name: str, tooltip: str = "", *, checkable: bool = False, size: int = 16
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(tooltip or name)
        self.setCheckable(checkable)
        self.setFixedSize(size + 12, size + 12)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.set_icon(self, icon, "text", size)

    def sizeHint(self) -> QSize:
        return self.minimumSize()


class Chips(QWidget):
    """One choice out of a few, as a row of chips.  `chosen` tells the key of the new choice."""

    chosen = Signal(str)

    def __init__(self, items: Sequence[tuple[str, str]], name: str) -> None:
        """`items` are (key, text); `name` says what is chosen, such as "Kind of model"."""
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for key, text in items:
            button = Button(text, f"{name}: {text}", kind="chip")
            button.setCheckable(True)
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
        row.addStretch(1)
        if items:
            self._buttons[items[0][0]].setChecked(True)
        self._group.buttonClicked.connect(self._on_clicked)

    def current(self) -> str:
        """The key of the choice in force."""
        return next((key for key, button in self._buttons.items() if button.isChecked()), "")

    def choose(self, key: str) -> None:
        """Make a choice from code; tells like a click."""
        self._buttons[key].setChecked(True)
        self.chosen.emit(key)

    def button(self, key: str) -> Button:
        """The chip of a key."""
        return self._buttons[key]

    def _on_clicked(self) -> None:
        self.chosen.emit(self.current())
