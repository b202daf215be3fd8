"""The items of one dataset: which part of it, which class, which words, and the tiles or the table of those.

Imports Qt, the items' widgets and their process's client.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.data.items import ItemsGrid
from workbench.gui.data.service import Service
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import Choice, SearchField
from workbench.gui.widgets.labels import ElidedLabel, Label

PARTS: Final = {"train": "Training", "validation": "Validation", "test": "Test"}
_FIRST: Final = 48
_TYPING_MS: Final = 300


class ItemsPane(QWidget):
    """`show_copy` shows what a process finds in a folder; `chosen` tells the item that is selected."""

    chosen = Signal(object)
    opened = Signal(object)
    told = Signal(object)
    """What the process says at first."""
    failed = Signal(str)
    """The items cannot be shown, and why."""

    def __init__(self) -> None:
        super().__init__()
        self.service: Service | None = None
        self._counts: Mapping[str, int] = {}
        self._classes: Mapping[str, Mapping[str, int]] = {}
        self._windows: Mapping[str, int] = {}
        """How many windows each part has; those that are shown do not overlap."""
        self._turn = 0
        self.split = Choice("Part", "Which part of the data is shown")
        self.label = Choice("Class", "Show the items of one class only")
        self.search = SearchField(
            "Search the items", "Search the items", "Items in which all these words occur"
        )
        self.tally = ElidedLabel("", "small")
        self.grid = ItemsGrid()
        self.reason = Label("", "dim", wrap=True)
        self.retry = Button("Try again", "Show the items again", icon="refresh")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self._said())
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 12, 6)
        bar.setSpacing(8)
        self.search.setMinimumWidth(150)
        self.search.setMaximumWidth(280)
        for choice in (self.split, self.label):
            choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
            choice.setMaximumWidth(210)
        bar.addWidget(self.split)
        bar.addWidget(self.label)
        bar.addWidget(self.search, 2)
        bar.addWidget(self.tally, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.ask_afresh)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.split.picked.connect(lambda _: self._on_split())
        self.label.picked.connect(lambda _: self.ask_afresh())
        self.grid.wanted.connect(self._on_wanted)
        self.grid.chosen.connect(self.chosen)
        self.grid.opened.connect(self.opened)
        self.retry.clicked.connect(self.try_again)

    def _said(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.reason)
        row = QHBoxLayout()
        row.addWidget(self.retry)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        return page

    # ------------------------------------------------------------- what is shown

    def show_copy(self, folder: str, labels: Sequence[str] | None, *, keep: bool = False) -> None:
        """Show what is in the folder, or in "sample:ID"; `keep` leaves part and words as they are."""
        self.clear("Reading the items …")
        if not keep:
            self.search.blockSignals(True)
            self.search.clear()
            self.search.blockSignals(False)
            for choice in (self.split, self.label):  # shown once there is something to choose from
                choice.set_items([])
                choice.hide()
        service = Service(folder, labels, self)
        service.told.connect(self._on_told)
        service.answered.connect(self._on_answered)
        service.refused.connect(self._on_refused)
        service.failed.connect(self._on_failed)
        self.service = service
        service.start()

    def clear(self, reason: str) -> None:
        """Show no items but a sentence."""
        if self.service is not None:
            self.service.disconnect(self)
            self.service.stop()
            self.service = None
        self._turn += 1
        self._typing.stop()
        self._say(reason, retry=False)

    def try_again(self) -> None:
        """Start the process once more."""
        if self.service is not None:
            self._say("Reading the items …", retry=False)
            self.service.rest()
            self.service.start()

    def ask_afresh(self) -> None:
        """Ask for the first items that fit, and how many there are."""
        self._turn += 1
        self._ask(0, _FIRST)

    def _say(self, reason: str, *, retry: bool) -> None:
        self.reason.setText(reason)
        self.retry.setVisible(retry)
        self.tally.setText("")
        self._stack.setCurrentIndex(1)

    def _ask(self, first: int, end: int) -> None:
        if self.service is None or self.split.currentData() is None:
            return
        self.service.ask(
            {
                "split": self.split.currentData(),
                "places": [first, end],
                "label": self.label.currentData() or "",
                "query": self.search.text(),
                "turn": self._turn,
            }
        )

    # ------------------------------------------------------------- news

    def _on_told(self, said: Mapping[str, Any]) -> None:
        self._counts, self._classes = said.get("counts") or {}, said.get("classes") or {}
        self._windows = (said.get("splits") or {}) if said.get("layout") == "windows" else {}
        names = [(split, PARTS.get(split, split.capitalize())) for split in self._counts]
        self.split.set_items(
            [(split, f"{name} · {self._counts[split]:,}") for split, name in names if self._counts[split]]
        )
        self.split.setVisible(self.split.count() > 0)
        self._fill_classes()
        self.told.emit(said)
        if self.split.count():
            self.ask_afresh()
        else:
            self._say("There are no items in this dataset.", retry=False)

    def _on_split(self) -> None:
        self._fill_classes()
        self.ask_afresh()

    def _fill_classes(self) -> None:
        counts = self._classes.get(str(self.split.currentData()), {})
        items = [(name, f"{text.one_line(name, 40)} · {count:,}") for name, count in counts.items()]
        self.label.set_items([("", "All classes"), *items])
        self.label.setVisible(bool(counts))

    def _on_wanted(self, first: int, end: int) -> None:
        self._ask(first, end)

    def _on_answered(self, said: Mapping[str, Any]) -> None:
        request, items = said["request"], said["items"]
        if request.get("turn") != self._turn:
            return  # of another choice, made since
        first = int(request["places"][0])
        if first == 0 and int(request["places"][1]) == _FIRST:
            if not items:
                self._say(
                    "No item fits." if request.get("query") or request.get("label") else "", retry=False
                )
                self.tally.setText("0 items")
                return
            self.grid.show_count(int(said["count"]), items)
            self._stack.setCurrentIndex(0)
            self._tell(int(said["count"]), bool(said["whole"]))
        else:
            self.grid.give(first, items)

    def _tell(self, count: int, whole: bool) -> None:
        total = self._counts.get(str(self.split.currentData()), 0)
        words = text.plural(count, "item") if count == total else f"{count:,} of {text.plural(total, 'item')}"
        every = self._windows.get(str(self.split.currentData()))
        words = f"{count:,} of {every:,} windows" if every else words
        self.tally.setText(words if whole else f"{words}; looking further took too long")
        if every:
            self.tally.setToolTip(
                "Shown are windows one after another; those that overlap them are not shown"
            )

    def _on_refused(self, reason: str, request: Any) -> None:
        if isinstance(request, Mapping) and request.get("turn") == self._turn:
            self._on_failed(reason)

    def _on_failed(self, reason: str) -> None:
        self._say(reason, retry=True)
        self.failed.emit(reason)

    # ------------------------------------------------------------- Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.service is not None:
            self.service.come_back()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.service is not None:
            self.service.leave()
