"""Samples with what the model says to them, in an order, of one cell of the confusion matrix or of all.

Imports Qt, the page that asks and the items of the data view.
"""

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.data.items import ItemsGrid
from workbench.gui.data.items_painting import Item, parts_of
from workbench.gui.inspect.page import Page, Place, Subject
from workbench.gui.inspect.service import Answer
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.surfaces import surface

FIRST: Final = 60
"""So many samples are asked for at first; others as they come into sight."""
ORDERS: Final = (
    ("worst", "Largest loss first"),
    ("most sure and wrong", "Sure, but wrong"),
    ("least sure", "Least sure first"),
    ("as stored", "As stored"),
)
EXPLAIN: Final = "Explain"
LAYERS: Final = "Layers"
ATTENTION: Final = "Attention"
TOLD: Final = {
    EXPLAIN: "Which parts of it made the model say so",
    LAYERS: "What each layer makes of it",
    ATTENTION: "Where the model looks in it",
}
"""The pages to which a sample can be taken, and what they tell of it."""
Row = Mapping[str, Any]


class SamplesPane(QWidget):
    """`show_split` shows samples of a part of the data; `going` wants one seen on another page."""

    going = Signal(str, object)

    def __init__(self, page: Page) -> None:
        super().__init__()
        surface(self, "panel")
        self._page = page
        self._split = ""
        self._only: Mapping[str, int] = {}
        self.row: Row | None = None
        """The sample that is selected."""
        self.order = Choice("Order", "Which samples come first", ORDERS)
        self.only = Button("", "Show all samples again", icon="close")
        self.only.hide()
        self.tally = ElidedLabel("", "small")
        self.grid = ItemsGrid()
        self.verdict = ElidedLabel("", "small")
        self.buttons = {title: Button(title, tooltip) for title, tooltip in TOLD.items()}
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 12, 6)
        head.setSpacing(8)
        head.addWidget(self.order)
        head.addWidget(self.only)
        head.addWidget(self.tally, 1)
        self.foot = QWidget()
        surface(self.foot, "panel", "top")
        foot = QHBoxLayout(self.foot)
        foot.setContentsMargins(12, 6, 12, 6)
        foot.setSpacing(8)
        foot.addWidget(self.verdict, 1)
        for title, button in self.buttons.items():
            button.clicked.connect(lambda _=False, title=title: self._go(title))
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.grid, 1)
        column.addWidget(self.foot)
        self.foot.hide()
        self.order.picked.connect(lambda _: self._ask())
        self.only.clicked.connect(lambda: self.show_only({}))
        self.grid.wanted.connect(self._on_wanted)
        self.grid.chosen.connect(self._on_chosen)

    def clear(self) -> None:
        """Show none."""
        self._split, self._only, self.row = "", {}, None
        self.only.hide()
        self.foot.hide()
        self.tally.setText("")
        self.grid.show_items([])

    def show_split(self, split: str) -> None:
        """Show samples of this part."""
        self._split = split
        self.show_only({})

    def show_only(self, only: Mapping[str, int]) -> None:
        """Show those of a true class ("target"), of a predicted one, of both, or all."""
        self._only = only
        subject = self._page.subject
        if subject is not None:
            self.only.setText(only_words(subject, only))
            self.only.setAccessibleName(f"{self.only.text()}: show all samples again")
        self.only.setVisible(bool(only))
        self._ask()

    def show_index(self, index: int) -> None:
        """Show one sample by its place in the part, and what is said of it."""
        self._only = {}
        self.only.setText(f"sample {index + 1:,}")
        self.only.setAccessibleName(f"{self.only.text()}: show all samples again")
        self.only.show()

        def answered(answer: Answer) -> None:
            self.tally.setText("")
            self.grid.show_items([self._shown(row) for row in answer.get("items") or ()])
            self.grid.choose(0)

        self._page.ask("samples", answered, "Reading the sample", split=self._split, indices=[index])

    # ------------------------------------------------------------- asking

    def _request(self, offset: int, count: int) -> dict[str, Any]:
        asked: dict[str, Any] = {"split": self._split, "offset": offset, "count": count}
        asked["order"] = self.order.currentData()
        return {**asked, "only": dict(self._only)} if self._only else asked

    def _ask(self) -> None:
        self.row = None
        self.foot.hide()
        if self._split:
            self._page.ask("samples", self._on_first, "Ordering the samples", **self._request(0, FIRST))

    def _on_first(self, answer: Answer) -> None:
        rows = answer.get("items") or ()
        count = max(len(rows), int(answer.get("count") or 0))
        self.tally.setText(text.plural(count, "sample"))
        self.grid.show_count(count, [self._shown(row) for row in rows])

    def _on_wanted(self, first: int, end: int) -> None:
        def answered(answer: Answer) -> None:
            self.grid.give(first, [self._shown(row) for row in answer.get("items") or ()])

        def refused(reason: str) -> None:
            self.grid.refuse()
            self._page.say(reason)

        asked = self._request(first, end - first)
        self._page.ask("samples", answered, "Reading samples", refused, slot="more samples", **asked)

    def _shown(self, row: Row) -> Item:
        """A sample as the tiles take it: below it what is right, and what the model says."""
        subject = self._page.subject
        item = with_answer(row)
        label = short_verdict(subject, row) if subject is not None else ""
        return {**item, "place": int(row.get("index", item.get("place", 0))), "label": label, "row": row}

    # ------------------------------------------------------------- one of them

    def _on_chosen(self, item: Item) -> None:
        subject, row = self._page.subject, item.get("row")
        if subject is None or not isinstance(row, Mapping):
            return
        self.row = row
        self.verdict.setText(verdict(subject, row))
        for title, needs in WANTED.items():
            self.buttons[title].setVisible(subject.can(*needs))
        self.foot.show()

    def _go(self, title: str) -> None:
        if self.row is not None:
            self.going.emit(title, Place(self._split, int(self.row["index"])))


SALIENCY: Final = ("grad_cam", "integrated_gradients", "occlusion", "lime", "shap")
WANTED: Final = {EXPLAIN: SALIENCY, LAYERS: ("feature_maps",), ATTENTION: ("attention",)}
"""What the service must be able to do for the pages to which a sample can be taken."""


def said(subject: Subject, value: object) -> str:
    """A class by its name, a number as it is read."""
    if isinstance(value, float):
        return text.number(value)
    return text.one_line(subject.class_name(value), 40)


def short_verdict(subject: Subject, row: Row) -> str:
    """What is right and what the model says, for the foot of a tile."""
    target, predicted = row.get("target"), row.get("predicted")
    sure = f" · {row['probability']:.0%}" if isinstance(row.get("probability"), float | int) else ""
    if predicted is None:
        return said(subject, target) if target is not None else ""
    if target is None or target == predicted:
        return f"{said(subject, predicted)}{sure}"
    return f"{said(subject, target)} → {said(subject, predicted)}{sure}"


def verdict(subject: Subject, row: Row) -> str:
    """The same in words."""
    predicted = row.get("predicted")
    parts = [right_words(subject, row)]
    if predicted is not None:
        sure = row.get("probability")
        surely = f" ({sure:.1%} sure)" if isinstance(sure, float | int) else ""
        parts.append(f"predicted: {said(subject, predicted)}{surely}")
    if isinstance(row.get("loss"), float | int):
        parts.append(f"loss {text.number(float(row['loss']), 3)}")
    return " · ".join(parts)


def with_answer(row: Row) -> Item:
    """A sample with the picture that the model made of it, such as a mask."""
    item: Item = row.get("item") or {}
    answer = row.get("answer")
    made = answer.get("picture") if isinstance(answer, Mapping) else None
    if not isinstance(made, Mapping) or not parts_of(item):
        return item
    return {**item, "parts": [*parts_of(item), {"name": "model", "kind": "image", "png": made.get("png")}]}


def right_words(subject: Subject, row: Row) -> str:
    """Which sample it is, and what is right."""
    which, target = f"sample {int(row['index']) + 1:,}", row.get("target")
    return which if target is None else f"{which} · true: {said(subject, target)}"


def only_words(subject: Subject, only: Mapping[str, int]) -> str:
    """Which samples are shown, in words."""
    target, predicted = only.get("target"), only.get("predicted")
    if target is not None and predicted is not None:
        return f"{subject.class_name(target)}, said to be {subject.class_name(predicted)}"
    if target is not None:
        return f"only {subject.class_name(target)}"
    return f"said to be {subject.class_name(predicted)}" if predicted is not None else ""
