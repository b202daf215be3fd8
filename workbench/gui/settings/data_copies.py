"""The section of the settings about decoded copies of data: how much room they take, how much they may, and clearing.

Imports Qt, session and the widgets.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import FormRows, NumberField
from workbench.gui.widgets.labels import Label

if TYPE_CHECKING:
    from workbench.store.store import Store

_MOST_GB = 100_000
_HINT = (
    "Data is decoded once and kept beside the workspace, so that training starts at once. "
    "Copies that were not used for longest go first; each is made again from its source when it is needed."
)


class CopiesSection(QWidget):
    """What the copies take, the limit, and a button that clears them."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.used = Label("")
        self.limit = NumberField(
            "Limit of decoded copies", "Most room that all copies take together, in GB", 1, _MOST_GB
        )
        self.limit.setSuffix(" GB")
        self.limit.setFixedWidth(120)
        self.clear = Button("Clear copies", "Remove all decoded copies; sources stay as they are")
        rows = FormRows(150)
        rows.add("Room taken", self.used)
        rows.add("Limit", self.limit, self.limit.toolTip())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(_HINT, "small", wrap=True))
        column.addWidget(rows, 0, Qt.AlignmentFlag.AlignLeft)
        buttons = QHBoxLayout()
        buttons.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignLeft)
        buttons.addStretch(1)
        column.addLayout(buttons)
        self.limit.valueChanged.connect(self._on_limit)
        self.clear.clicked.connect(self._on_clear)
        guard(session, self.limit, self.clear)

    def ask(self) -> None:
        """Look in the background how much room is taken."""
        self._session.call(_room, self._show)

    def _show(self, room: tuple[int, float]) -> None:
        used, limit = room
        self.used.setText(text.size(used) if used else "none")
        self.clear.setEnabled(bool(used) and not self._session.read_only)
        self.limit.blockSignals(True)
        self.limit.setValue(round(limit))
        self.limit.blockSignals(False)

    def _on_limit(self, limit: int) -> None:
        self._session.call(lambda store: _set_limit(store, limit), lambda _: self.ask())

    def _on_clear(self) -> None:
        def then(freed: int) -> None:
            self._session.message.emit(
                f"Decoded copies are cleared: {text.size(freed)} are free again.", "ok"
            )
            self.ask()

        self._session.call(_clear, then)


def _room(store: "Store") -> tuple[int, float]:
    from workbench.jobs.datasets import DEFAULT_LIMIT_GB, LIMIT_SETTING, cache_size

    limit = store.setting(LIMIT_SETTING, DEFAULT_LIMIT_GB)
    return cache_size(store), float(limit) if isinstance(limit, int | float) else DEFAULT_LIMIT_GB


def _set_limit(store: "Store", limit: int) -> None:
    from workbench.jobs.datasets import LIMIT_SETTING, clear_cache

    store.set_setting(LIMIT_SETTING, float(limit))
    clear_cache(store, limit * 2**30)


def _clear(store: "Store") -> int:
    from workbench.jobs.datasets import clear_cache

    return clear_cache(store)
