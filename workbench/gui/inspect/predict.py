"""The page Predict: what the model says to samples, to files, to a drawing, to typed text, to a row of a table.

Imports Qt, the page, the sources of inputs and the answers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from workbench.gui.data.items import ItemsGrid
from workbench.gui.data.items_painting import Item, named_values, parts_of, picture
from workbench.gui.inspect.answers import Answers
from workbench.gui.inspect.page import PARTS, Own, Page, Place
from workbench.gui.inspect.samples import FIRST, TOLD, WANTED, right_words, short_verdict
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.inspect.sources import DrawSource, FilesSource, RowSource, TextSource, blank
from workbench.gui.widgets.buttons import Button, Chips
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface

_SOURCES: Final = (
    ("samples", "Samples"),
    ("draw", "Draw"),
    ("files", "Files"),
    ("type", "Text"),
    ("row", "Values"),
)
_HINTS: Final = {
    "samples": ("Choose a sample", "Click one on the left, or go there with the arrow keys."),
    "draw": ("Nothing drawn yet", "Draw on the pad with the mouse: the model answers while you draw."),
    "files": (
        "No files yet",
        "Drop files here or choose some; they are prepared as they were for the training.",
    ),
    "type": ("Nothing written yet", "Write a text on the left: the model answers while you type."),
    "row": ("No values yet", "Change a value on the left and press Enter."),
}
_MOST_FILES: Final = 200


class PredictPage(Page):
    """The source of inputs on the left, the answers on the right."""

    title: ClassVar[str] = "Predict"
    needs: ClassVar[tuple[str, ...]] = ("predict", "samples")

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self.setAcceptDrops(True)
        self.chips = Chips(_SOURCES, "Input")
        self.chips.chosen.connect(lambda _: self._show_source())
        self.head.addWidget(self.chips)
        self.head.addWidget(self.work, 1)
        self.sources = QStackedWidget()
        self.draw, self.files, self.typed, self.row = DrawSource(), FilesSource(), TextSource(), RowSource()
        for source in (self._samples(), self.draw, self.files, self.typed, self.row):
            self.sources.addWidget(source)
        self.files.chosen.connect(self.take_files)
        self.files.record.refused.connect(lambda reason: self._hint("Nothing was recorded", reason))
        self.draw.changed.connect(self._soon)
        self.typed.changed.connect(self._soon)
        self.row.changed.connect(self._predict_input)
        self.sources.setMinimumWidth(300)
        self.hint = EmptyState("inspect", *_HINTS["samples"])
        self.answers = Answers()
        self.right = QStackedWidget()
        self.right.addWidget(self.hint)
        self.right.addWidget(self._answered())
        self.right.setMinimumWidth(300)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.sources)
        splitter.addWidget(self.right)
        splitter.setSizes([560, 520])
        self.body.addWidget(splitter)
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._predict_input)

    def _answered(self) -> QWidget:
        """The answers, and below them the pages that tell why."""
        self._inputs: Mapping[str, Any] = {}
        self._unanswered: tuple[Mapping[str, Any], Mapping[str, Any] | None] | None = None
        """What was asked about last, if no answer has come."""
        self.foot = QWidget()
        surface(self.foot, "panel", "top")
        row = QHBoxLayout(self.foot)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        row.addStretch(1)
        self.why: dict[str, Button] = {}
        for title, tooltip in TOLD.items():
            button = self.why[title] = Button(title, tooltip)
            button.clicked.connect(lambda _=False, title=title: self._go(title))
            row.addWidget(button)
        page, column = blank()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.answers, 1)
        column.addWidget(self.foot)
        return page

    def _go(self, title: str) -> None:
        """Take what was asked about to another page."""
        inputs = self._inputs
        if "split" in inputs:
            self.going.emit(title, Place(str(inputs["split"]), int(inputs["index"])))
            return
        given = self.answers.cards[0].given
        likeliest = given.get("top") or ()
        said = str(likeliest[0][0]) if likeliest else ""
        self.going.emit(title, Own(inputs, given.get("item") or {}, said))

    def _offer_why(self) -> None:
        """Only one answer at a time can be looked into, and only on the pages that there are."""
        subject, cards = self.subject, self.answers.cards
        one = len(cards) == 1 and not cards[0].given.get("error")
        for title, needs in WANTED.items():
            self.why[title].setVisible(one and subject is not None and subject.can(*needs))
        self.foot.setVisible(any(not button.isHidden() for button in self.why.values()))

    # ------------------------------------------------------------- sources

    def _samples(self) -> QWidget:
        self.split = Choice("Part", "Which part of the data the samples are of")
        self.split.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.split.picked.connect(lambda _: self._on_split())
        self.grid = ItemsGrid()
        self.grid.wanted.connect(self._on_wanted)
        self.grid.chosen.connect(self._on_sample)
        self.alone = Label("", "small", wrap=True)
        self.alone.setContentsMargins(12, 6, 12, 8)
        page, column = blank()
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 6)
        row.addWidget(self.split)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        column.addWidget(self.alone)
        return page

    def _show_source(self) -> None:
        key = self.chips.current()
        self.sources.setCurrentIndex([each for each, _ in _SOURCES].index(key))
        self._hint()
        if key == "samples" and not self.grid.model.rowCount():
            self._ask_samples()
        elif key == "row" and not self.row.cells:
            self._ask_columns()
        else:
            self._predict_input()

    def _hint(self, title: str = "", hint: str = "") -> None:
        """Say what to do first, or what went wrong; an answer that is still to come is of something else."""
        self.forget("predict")
        if not title:
            self._unanswered = None
        self.hint.set_texts(*((title, hint) if title else _HINTS[self.chips.current()]))
        self.right.setCurrentIndex(0)

    # ------------------------------------------------------------- the model

    def reset(self) -> None:
        subject = self.subject
        self._later.stop()
        self.grid.show_items([])
        self.row.fill((), {})
        about = subject.about if subject is not None else {}
        self.files.show_kind(str(about.get("takes") or ""))
        self.typed.show_kind(str(about.get("takes") or ""))
        self.alone.setText(str(about.get("alone") or about.get("note") or ""))
        self.alone.setVisible(bool(self.alone.text()))
        splits = subject.splits if subject is not None else {}
        self.split.set_items([(name, PARTS.get(name, name)) for name, count in splits.items() if count])
        self.split.show_value(next((name for name in ("test", "validation") if splits.get(name)), ""))
        can = {
            "samples": subject is not None and subject.can("samples") and bool(splits),
            "draw": subject is not None and subject.can("draw"),
            "files": subject is not None and subject.can("predict"),
            "type": subject is not None and subject.can("type"),
            "row": subject is not None and subject.can("row"),
        }
        for key, there in can.items():
            self.chips.button(key).setVisible(there)
        if not can[self.chips.current()]:
            first = next((key for key, there in can.items() if there), "samples")
            self.chips.button(first).setChecked(True)
        self._hint()

    def look(self) -> None:
        lost = self._unanswered
        self._show_source()
        if lost is not None and not self.is_asking("predict"):
            self._predict(*lost)

    # ------------------------------------------------------------- samples

    def _on_split(self) -> None:
        """Samples of another part: a click on one of those before would ask about another sample of that place."""
        self.grid.show_items([])
        self._hint()
        self._ask_samples()

    def _ask_samples(self) -> None:
        def answered(answer: Answer) -> None:
            rows = answer.get("items") or ()
            count = max(len(rows), int(answer.get("count") or 0))
            self.grid.show_count(count, [self._shown(row) for row in rows])
            pad = self.draw.pad
            if self.subject is not None and self.subject.can("draw") and pad.is_empty:
                pad.suit([picture(str(part.get("png", ""))) for row in rows for part in _pictures(row)])
                self.draw.invert.setChecked(pad.inverted)

        if split := self.split.currentData():
            asked = {"split": split, "offset": 0, "count": FIRST, "order": "as stored"}
            self.ask("samples", answered, "Reading samples", **asked)

    def _on_wanted(self, first: int, end: int) -> None:
        def answered(answer: Answer) -> None:
            self.grid.give(first, [self._shown(row) for row in answer.get("items") or ()])

        def refused(reason: str) -> None:
            self.grid.refuse()
            self.say(reason)

        asked = {
            "split": self.split.currentData(),
            "offset": first,
            "count": end - first,
            "order": "as stored",
        }
        self.ask("samples", answered, "Reading samples", refused, slot="more samples", **asked)

    def _shown(self, row: Mapping[str, Any]) -> Item:
        item: Mapping[str, Any] = row.get("item") or {}
        label = short_verdict(self.subject, row) if self.subject is not None else ""
        return {**item, "place": int(row.get("index", item.get("place", 0))), "label": label, "row": row}

    def _on_sample(self, item: Item) -> None:
        self._predict({"split": self.split.currentData(), "index": int(item["place"])}, item.get("row"))

    def show_place(self, place: Place | Own) -> None:
        self.chips.choose("samples")
        if isinstance(place, Place):
            self._predict(place.request())

    # ------------------------------------------------------------- files

    def take_files(self, files: Sequence[str]) -> None:
        """What the model says to these files."""
        if not files:
            return
        self.chips.button("files").setChecked(True)
        self.sources.setCurrentIndex([each for each, _ in _SOURCES].index("files"))
        self.files.show_files(files)
        self._predict({"files": list(files[:_MOST_FILES])})
        if len(files) > _MOST_FILES:
            self.say(
                f"Only the first {_MOST_FILES} files are taken; `workbench predict` takes whole folders."
            )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if (
            self.subject is not None
            and self.subject.can("predict")
            and any(url.isLocalFile() for url in event.mimeData().urls())
        ):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.take_files([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    # ------------------------------------------------------------- a row

    def _ask_columns(self) -> None:
        """The columns with the values of the first sample, to begin with."""
        subject = self.subject
        names = [str(name) for name in subject.about.get("columns") or ()] if subject is not None else []

        def answered(answer: Answer) -> None:
            rows = answer.get("items") or ()
            parts = parts_of(rows[0].get("item") or {}) if rows else []
            self._fill_form(names, dict(pair for part in parts for pair in named_values(part)))

        if split := self.split.currentData():
            asked = {"split": split, "offset": 0, "count": 1, "order": "as stored"}
            self.ask("samples", answered, "Reading a sample", slot="columns", **asked)
        else:
            self._fill_form(names, {})

    def _fill_form(self, names: Sequence[str], values: Mapping[str, str]) -> None:
        self.row.fill(names, values)
        self._predict_input()

    # ------------------------------------------------------------- asking

    def _soon(self, wait: int) -> None:
        """Predict in a moment; while one draws or types on, the model is asked now and then only."""
        if self.subject is not None and not self._later.isActive():
            self._later.start(wait)

    def _predict_input(self) -> None:
        """What the model says to what stands in the source that is shown."""
        known: dict[str, DrawSource | TextSource | RowSource] = {
            "draw": self.draw,
            "type": self.typed,
            "row": self.row,
        }
        own = known.get(self.chips.current())
        if own is None:
            return
        if (inputs := own.inputs()) is not None:
            self._predict(inputs)
        elif own is not self.row:
            self._hint()

    def _predict(self, inputs: Mapping[str, Any], sample: Mapping[str, Any] | None = None) -> None:
        """Ask about inputs; of a sample it is known what is right."""

        def answered(answer: Answer) -> None:
            self._inputs, self._unanswered = dict(inputs), None
            items = answer.get("items") or ()
            if sample and self.subject is not None:
                known = {"name": right_words(self.subject, sample), "truth": sample.get("truth")}
                items = [{**item, **known} for item in items]
            self.answers.show_answers(items, str(answer.get("said") or ""))
            self._offer_why()
            self.right.setCurrentIndex(1)

        def refused(reason: str) -> None:
            self._hint("The model gave no answer", reason)

        self._unanswered = (inputs, sample)
        self.ask("predict", answered, "Asking the model", refused, inputs=dict(inputs))


def _pictures(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The pictures among the parts of a sample."""
    return [part for part in parts_of(row.get("item") or {}) if part["kind"] == "image"]
