"""Pages that look at one sample: which one it is, chosen by part and number.  Imports Qt, the page and widgets."""

import random
from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.gui.data.items_painting import PICTURES, Item, parts_of, tile_size
from workbench.gui.inspect.answers import ItemPicture
from workbench.gui.inspect.page import PARTS, Own, Page, Place, Subject
from workbench.gui.inspect.samples import verdict, with_answer
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.buttons import IconButton
from workbench.gui.widgets.fields import Choice, NumberField
from workbench.gui.widgets.labels import Label

_SIDE: Final = 208


class SampleBar(QWidget):
    """A part of the data and a number in it.  `picked` tells the sample that a person chose."""

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._splits: Mapping[str, int] = {}
        self.split = Choice("Part", "Which part of the data the sample is of")
        self.split.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.number = NumberField("Sample", "Which sample of the part", 1, 1)
        self.back = IconButton("back", "Sample before", "Go to the sample before")
        self.on = IconButton("forward", "Next sample", "Go to the next sample")
        self.any = IconButton("refresh", "Another sample", "Go to some other sample")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (self.split, self.number, self.back, self.on, self.any):
            row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.split.picked.connect(lambda _: self._on_split())
        self.number.valueChanged.connect(lambda _: self._tell())
        self.back.clicked.connect(lambda: self.number.setValue(self.number.value() - 1))
        self.on.clicked.connect(lambda: self.number.setValue(self.number.value() + 1))
        self.any.clicked.connect(lambda: self.number.setValue(random.randint(1, self.number.maximum())))

    def show_subject(self, subject: Subject | None) -> None:
        """The samples of another model; the first one is chosen."""
        self._splits = subject.splits if subject is not None else {}
        self.split.set_items([(name, PARTS.get(name, name)) for name, count in self._splits.items() if count])
        first = next((name for name in ("test", "validation", *self._splits) if self._splits.get(name)), "")
        self.show_place(Place(first, 0))

    def show_place(self, place: Place) -> None:
        """Show which sample it is, without telling."""
        self.split.show_value(place.split)
        self.number.blockSignals(True)
        self.number.setMaximum(max(1, self._splits.get(place.split, 1)))
        self.number.setValue(place.index + 1)
        self.number.setSuffix(f" of {self.number.maximum():,}")
        self.number.setFixedWidth(
            self.number.fontMetrics().horizontalAdvance(f"{self.number.maximum()}{self.number.suffix()}") + 28
        )
        self.number.blockSignals(False)

    @property
    def place(self) -> Place | None:
        """The sample that is chosen; None where there is no data."""
        split = self.split.currentData()
        return Place(split, self.number.value() - 1) if isinstance(split, str) else None

    def _on_split(self) -> None:
        if isinstance(split := self.split.currentData(), str):
            self.show_place(Place(split, 0))
            self._tell()

    def _tell(self) -> None:
        if self.place is not None:
            self.picked.emit(self.place)


class SamplePage(Page):
    """Shows the sample with what the model says to it, and what the page finds in it on the right."""

    looked = Signal(object)
    """The Place at which a person looks now, or the Own."""

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self.place: Place | Own | None = None
        self.row: Mapping[str, Any] = {}
        self.bar = SampleBar()
        self.bar.picked.connect(self._on_picked)
        self.head.addWidget(self.bar)
        self.picture = ItemPicture()
        self.picture.setFixedHeight(_SIDE)
        self.verdict = Label("", "small", wrap=True)
        self.side = QWidget()
        self.side.setFixedWidth(_SIDE + 24)
        self.side_column = QVBoxLayout(self.side)
        self.side_column.setContentsMargins(12, 0, 12, 12)
        self.side_column.setSpacing(8)
        self.side_column.addWidget(self.picture)
        self.side_column.addWidget(self.verdict)
        self.main = QVBoxLayout()
        self.main.setContentsMargins(0, 0, 0, 0)
        self.main.setSpacing(0)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(self.side)
        both.addLayout(self.main, 1)
        self.body.addLayout(both)

    def reset(self) -> None:
        self.place = None
        self.bar.show_subject(self.subject)
        self._show_no_row()

    def stopped(self) -> None:
        if not self.row:
            self._show_no_row()

    def look(self) -> None:
        self.look_at(self.place or self.bar.place)

    def show_place(self, place: Place | Own) -> None:
        self._fresh = False
        self.look_at(place)

    def follow(self, place: Place | Own) -> None:
        """Look at the same sample as another page, once this one is seen."""
        if self.subject is not None and place != self.place:
            self.place, self._fresh = place, True

    def look_at(self, place: Place | Own | None) -> None:
        """Look at a sample, or at an input that a person brought."""
        if place is None or self.subject is None:
            return
        self.place = place
        self.looked.emit(place)
        if isinstance(place, Own):
            self.forget("samples")
            self.row = {"item": place.item}
            self.show_picture(place.item)
            self.verdict.setText(
                f"your own input\npredicted: {place.said}" if place.said else "your own input"
            )
        else:
            self.row = {}
            self.bar.show_place(place)
        if isinstance(place, Place) and self.subject.can("samples"):
            asked: dict[str, Any] = {"split": place.split, "indices": [place.index]}
            self.ask("samples", self._on_row, "Reading the sample", self._on_unread, **asked)
        self.see()

    def show_picture(self, item: Item) -> None:
        """Show what is looked at; several pictures side by side and a few words take less height than one picture."""
        kinds = {str(part["kind"]) for part in parts_of(item)}
        wide = tile_size([item], _SIDE)
        high = _SIDE
        if kinds and kinds.issubset(PICTURES):
            high = round(_SIDE * wide.height() / max(1, wide.width()))
        elif kinds and kinds.issubset(("text", "row", "value")):
            high = wide.height()
        self.picture.setFixedHeight(min(_SIDE, high))
        self.picture.show_item(item)

    def see(self) -> None:
        """Ask what is to be found in the sample."""

    def _on_row(self, answer: Answer) -> None:
        rows = answer.get("items") or ()
        if rows and self.subject is not None:
            self.row = rows[0]
            self.show_picture(with_answer(self.row))
            self.verdict.setText(verdict(self.subject, self.row).replace(" · ", "\n"))

    def _on_unread(self, reason: str) -> None:
        """The sample cannot be shown: what is seen of the one before would be taken for it."""
        self._show_no_row()
        self.say(reason)

    def _show_no_row(self) -> None:
        self.row = {}
        self.picture.show_item(None)
        self.verdict.setText("")

    def _on_picked(self, place: Place) -> None:
        self.look_at(place)
