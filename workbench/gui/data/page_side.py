"""What is told of a dataset beside its items: the chosen item, figures, problems, classes, runs, how it was read.

Imports Qt, theme, records and the widgets.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import progress, theme
from workbench.gui.data.charts import Figures
from workbench.gui.data.items_painting import (
    PICTURES,
    Item,
    Part,
    named_values,
    paint_parts,
    parts_of,
    slices_of,
    spoken,
)
from workbench.gui.data.wording import options_in_words
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import FormRows, TextField
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import clear_layout, surface
from workbench.store.records import DatasetRecord, ModelRecord, RunRecord

WIDTH: Final = 336
_MOST_CLASSES: Final = 200
_MOST_RUNS: Final = 12
_MOST_PROBLEMS: Final = 40
_MOST_VALUES: Final = 60


class ItemView(QWidget):
    """One item in full."""

    def __init__(self) -> None:
        super().__init__()
        self.item: Item = {}
        self._depth = 0.5
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The chosen item")
        theme.changed.connect(self.update)

    def show_item(self, item: Item) -> None:
        """Show this one."""
        self.item = item
        self.setAccessibleDescription(spoken(item))
        parts = parts_of(item)
        pictures = sum(part["kind"] in PICTURES for part in parts)
        strips = sum(_height(part) for part in parts if part["kind"] not in PICTURES)
        high = min(280, (WIDTH - 48) // pictures + 18) if pictures else 0
        self.setFixedHeight(high + strips + 8)
        deep = any(slices_of(part) for part in parts)
        self.setToolTip("The slider above the items goes through the slices" if deep else "")
        self.update()

    def set_depth(self, depth: float) -> None:
        """Show another slice of a volume, 0 to 1."""
        self._depth = min(1.0, max(0.0, depth))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH - 32, self.height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and not self.toolTip():
            QToolTip.showText(event.globalPos(), text.one_line(spoken(self.item), 600), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_parts(painter, QRectF(self.rect()).adjusted(0, 0, 0, -4), self.item, self._depth)
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


def _height(part: Part) -> int:
    """How high a strip is in full: a curve always the same, a text as long as it is."""
    said = str(part.get("text", ""))
    return 140 if part["kind"] != "text" else 26 + 18 * min(20, 1 + said.count("\n") + len(said) // 36)


class Section(QWidget):
    """A header and what stands below it; hidden where there is nothing."""

    def __init__(self, title: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 14)
        column.setSpacing(6)
        self.header = SectionHeader(title)
        column.addWidget(self.header)
        self.body = QVBoxLayout()
        self.body.setSpacing(4)
        column.addLayout(self.body)


class Side(QScrollArea):
    """The sections.  `classes_named` tells the new names of all classes, `run_picked` and `model_picked` an id."""

    classes_named = Signal(object)
    run_picked = Signal(int)
    model_picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumWidth(260)
        page = QWidget()
        surface(page, "panel")
        column = QVBoxLayout(page)
        column.setContentsMargins(14, 12, 10, 12)
        column.setSpacing(0)
        self.chosen, self.view = Section("Item"), ItemView()
        self.words = Label("", "small", wrap=True)
        self.values = FormRows(96)
        self.chosen.body.addWidget(self.view)
        self.chosen.body.addWidget(self.values)
        self.chosen.body.addWidget(self.words)
        self.problems, self.figures = Section("Noticed while reading"), Figures()
        self.counted = Section("Figures")
        self.counted.body.addWidget(self.figures)
        self.classes, self.runs, self.models = Section("Class names"), Section("Runs"), Section("Models")
        self.about = Section("How it is read")
        self.rows = FormRows(96)
        self.about.body.addWidget(self.rows)
        self.fields: list[TextField] = []
        self._names: tuple[str, ...] = ()
        for section in (
            self.chosen, self.problems, self.counted, self.classes, self.runs, self.models, self.about,
        ):  # fmt: skip
            column.addWidget(section)
        column.addStretch(1)
        self.setWidget(page)
        self.chosen.hide()

    # ------------------------------------------------------------- the chosen item

    def show_item(self, item: Item) -> None:
        """Show one item in full."""
        rows = [part for part in parts_of(item) if part["kind"] in ("row", "table", "value")]
        drawn = [part for part in parts_of(item) if part not in rows]
        self.view.show_item({**item, "parts": drawn})
        self.view.setVisible(bool(drawn))
        self._show_values(rows)
        label = text.one_line(str(item.get("label", "")))
        place = f"Item {int(item.get('place', 0)) + 1:,} of the {item.get('split', '')} part"
        self.words.setText(f"{place} · {label}" if label else place)
        self.chosen.show()

    def _show_values(self, parts: Sequence[Part]) -> None:
        """The numbers and words of an item, each under its name."""
        self.values.clear()
        pairs = [pair for part in parts for pair in named_values(part)]
        for name, value in pairs[:_MOST_VALUES]:
            self.values.add_value(text.one_line(name, 40), value or text.NONE)
        if len(pairs) > _MOST_VALUES:
            self.values.add_wide(Label(f"and {len(pairs) - _MOST_VALUES:,} more", "small"))
        self.values.setVisible(bool(pairs))

    def forget_item(self) -> None:
        """No item is chosen."""
        self.chosen.hide()

    # ------------------------------------------------------------- what is known

    def show_figures(self, figures: Sequence[Mapping[str, Any]]) -> None:
        """Figures of the whole dataset."""
        self.figures.show_figures(figures)
        self.counted.setVisible(bool(figures))

    def show_problems(self, problems: Sequence[str]) -> None:
        """Sentences about what was left out or changed."""
        clear_layout(self.problems.body)
        for problem in problems[:_MOST_PROBLEMS]:
            sentence = Label(text.one_line(problem, 500), "warn", wrap=True)
            sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.problems.body.addWidget(sentence)
        if len(problems) > _MOST_PROBLEMS:
            self.problems.body.addWidget(Label(f"and {len(problems) - _MOST_PROBLEMS:,} more", "small"))
        self.problems.setVisible(bool(problems))

    def show_classes(self, names: Sequence[str], *, editable: bool) -> None:
        """The names of the classes, to be changed."""
        clear_layout(self.classes.body)
        self.fields = []
        for place, name in enumerate(names[:_MOST_CLASSES] if editable else ()):
            field = TextField(
                f"Name of class {place}", "What this class is called in runs and pictures", name
            )
            field.committed.connect(self._on_named)
            self.fields.append(field)
            self.classes.body.addWidget(field)
        if editable and len(names) > _MOST_CLASSES:
            self.classes.body.addWidget(Label(f"and {len(names) - _MOST_CLASSES:,} more", "small"))
        self._names = tuple(names)
        self.classes.setVisible(editable and bool(names))

    def _on_named(self, _: str) -> None:
        typed = tuple(field.text().strip() for field in self.fields)
        self.classes_named.emit([*typed, *self._names[len(typed) :]])

    def show_runs(self, runs: Sequence[RunRecord], titles: Mapping[int, str]) -> None:
        """The runs that trained on it, newest first; `titles` says how each did."""
        clear_layout(self.runs.body)
        for run in runs[:_MOST_RUNS]:
            words = " · ".join(filter(None, (progress.progress(run), titles.get(run.id, ""))))
            name = f"{text.one_line(run.name, 24)} #{run.id}"
            self.runs.body.addWidget(
                _row(name, f"Show this run: {words}", lambda id=run.id: self.run_picked.emit(id))
            )
        if len(runs) > _MOST_RUNS:
            self.runs.body.addWidget(Label(f"and {len(runs) - _MOST_RUNS:,} more", "small"))
        if not runs:
            self.runs.body.addWidget(Label("No run has used it yet.", "dim"))

    def show_models(self, models: Sequence[ModelRecord]) -> None:
        """The models in which it stands."""
        clear_layout(self.models.body)
        for model in models[:_MOST_RUNS]:
            name = text.one_line(model.name, 32)
            self.models.body.addWidget(
                _row(name, f"Open {name}", lambda id=model.id: self.model_picked.emit(id))
            )
        if len(models) > _MOST_RUNS:
            self.models.body.addWidget(Label(f"and {len(models) - _MOST_RUNS:,} more", "small"))
        self.models.setVisible(bool(models))

    def show_about(self, rows: Sequence[tuple[str, str, str]], description: str = "") -> None:
        """(what, value, tooltip) of how it was read."""
        self.rows.clear()
        if description:
            self.rows.add_wide(Label(description, "dim", wrap=True))
        for name, value, tip in rows:
            self.rows.add_value(name, value, tip)


def _row(name: str, tooltip: str, slot: Any) -> Button:
    button = Button(name, tooltip, kind="fold")
    button.clicked.connect(lambda: slot())
    return button


def about(record: DatasetRecord, copy: int) -> list[tuple[str, str, str]]:
    """How a dataset of the workspace was read, in rows."""
    rows = [
        ("Source", record.source, ""),
        ("Reader", record.reader, ""),
        ("Added", text.ago(record.created), text.moment(record.created)),
        ("Decoded copy", text.size(copy) if copy else "none", "Beside the workspace; made again when needed"),
        ("Fingerprint", record.fingerprint, "Of the files as they were when they were read"),
    ]
    understood = record.details.get("understood")
    values = {**(understood if isinstance(understood, Mapping) else {}), **record.options}
    options = record.details.get("options")
    return [*rows, *options_in_words(options if isinstance(options, list) else (), values)]
