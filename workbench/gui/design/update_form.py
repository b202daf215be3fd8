"""The form of one update: losses and their weights, the parts it trains, optimiser and schedule.

Imports Qt, widgets, catalog's training forms and editors.
"""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from workbench.catalog.forms import Field, Form, fields_of
from workbench.catalog.training import OPTIMIZERS, SCHEDULES
from workbench.core.document import Update
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.names import check_update
from workbench.gui.design.editors import ChoiceEditor, Editor, TextEditor, editor_for, plain_field
from workbench.gui.design.panels import Column
from workbench.gui.design.update_parts import FACTOR_WIDTH, UpdateParts, add_line, choices_grid, side_under
from workbench.gui.widgets.fields import FormRows
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import clear_layout

_THREE, _TWO = 640, 440
# Row, column and number of rows of the three parts, by the number of columns.
_PLACES = {
    3: ((0, 0, 1), (0, 1, 1), (0, 2, 1)),
    2: ((0, 0, 1), (1, 0, 1), (0, 1, 2)),
    1: ((0, 0, 1), (1, 0, 1), (2, 0, 1)),
}


_NAME = plain_field("name", "Name", "Letters, digits and _: the method of the program is update_<name>.", "")
_EVERY = plain_field("every", "Every", "Run this update only in every so many steps.", 1, least=1)
_CLIP = plain_field("clip", "Clip", "Largest norm of the gradient; 0 leaves it as it is.", 0.0, least=0)


class UpdateForm(Column):
    """Shows an update; `changed` gives the update as it should be."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__("The chosen update")
        self._update = Update("")
        self._built: tuple[object, ...] = ()
        self.rows.setContentsMargins(0, 8, 12, 8)
        self._sides = QGridLayout()
        self._sides.setHorizontalSpacing(20)
        self._parts_of_form: tuple[QWidget, ...] = ()
        self._columns = 0
        self.rows.addLayout(self._sides)
        self.losses: dict[str, tuple[QCheckBox, TextEditor]] = {}
        self.parts = UpdateParts([])
        self.editors: dict[str, Editor] = {}
        self.drafts: dict[str, str] = {}
        """What stands in fields and is no value, by the fields' labels."""

    def show_update(
        self, update: Update, losses: list[str], parts: list[str], names: Mapping[str, Value]
    ) -> None:
        """Show an update of a model with these losses and these parts that have weights."""
        self._update = update
        self.drafts.clear()  # each field shows its value again
        optimizer = str(update.optimizer.get("type", "Adam"))
        schedule = str(update.schedule.get("type", "Constant"))
        key = (tuple(losses), tuple(parts), optimizer, schedule)
        if key != self._built:
            self._built = key
            self._build(losses, parts, optimizer, schedule)
        values: dict[str, Value] = {"name": update.name, "every": update.every, "clip": update.clip}
        for prefix, form, given in (
            ("optimizer", OPTIMIZERS.get(optimizer), update.optimizer),
            ("schedule", SCHEDULES.get(schedule), update.schedule),
        ):
            values[f"{prefix}.type"] = optimizer if prefix == "optimizer" else schedule
            for entry in fields_of(form) if form else ():
                values[f"{prefix}.{entry.name}"] = given.get(entry.name, entry.default)
        for name, editor in self.editors.items():
            editor.show_value(values[name], names)
        for id, (box, weight) in self.losses.items():
            box.setChecked(id in update.minimise)
            weight.setEnabled(id in update.minimise)
            weight.show_value(update.minimise.get(id, 1.0), names)
        self.parts.show_update(update, names)

    def _build(self, losses: list[str], parts: list[str], optimizer: str, schedule: str) -> None:
        clear_layout(self._sides)
        self.editors = {}
        self._parts_of_form = (self._what(losses), self._which(parts), self._how(optimizer, schedule))
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Three parts side by side, or fewer where the panel is narrow."""
        columns = 3 if self.width() >= _THREE else 2 if self.width() >= _TWO else 1
        if columns == self._columns or not self._parts_of_form:
            return
        self._columns = columns
        for widget, (row, column, rows) in zip(self._parts_of_form, _PLACES[columns], strict=True):
            self._sides.addWidget(widget, row, column, rows, 1, Qt.AlignmentFlag.AlignTop)
        for column in range(3):
            self._sides.setColumnStretch(column, 1 if column < columns else 0)

    def _what(self, losses: list[str]) -> QWidget:
        side, column = side_under("Update")
        form = FormRows(56)
        self._edit(form, _NAME, "name")
        column.addWidget(form)
        column.addSpacing(6)
        column.addWidget(SectionHeader("Minimises"))
        grid = choices_grid()
        column.addLayout(grid)
        self.losses = {}
        for row, id in enumerate(losses):
            box = QCheckBox(id)
            box.setAccessibleName(f"Minimise {id}")
            box.setToolTip(f"Whether this update minimises {id}")
            times = Label("×", "dim")
            times.setToolTip("Times this weight in the sum of the losses")
            weight = TextEditor(plain_field(id, f"Weight of {id}", f"Weight of {id} in the sum.", 1.0))
            weight.field.setFixedWidth(FACTOR_WIDTH)
            add_line(grid, row, box, times, weight)
            box.clicked.connect(self._on_losses)
            weight.changed.connect(lambda value, id=id: self._on_weight(id, value))
            weight.drafted.connect(lambda text, id=id: self.drafts.update({f"the weight of {id}": text}))
            self.losses[id] = (box, weight)
        if not losses:
            column.addWidget(Label("The drawing has no loss yet.", "dim", wrap=True))
        return side

    def _which(self, parts: list[str]) -> QWidget:
        self.parts = UpdateParts(parts)
        self.parts.changed.connect(self.changed)
        self.parts.drafted.connect(lambda id, text: self.drafts.update({f"the rate of {id}": text}))
        return self.parts

    def _how(self, optimizer: str, schedule: str) -> QWidget:
        side, column = side_under("Learns by")
        form = FormRows(96)
        for prefix, label, forms, chosen in (
            ("optimizer", "Optimizer", OPTIMIZERS, optimizer),
            ("schedule", "Schedule", SCHEDULES, schedule),
        ):
            entry = Field(
                f"{prefix}.type",
                label,
                f"The {prefix}.",
                "",
                "choice",
                tuple(forms),
                None,
                None,
                False,
                False,
            )
            self._edit(form, entry, entry.name)
            kind: type[Form] | None = forms.get(chosen)
            for field in fields_of(kind) if kind else ():
                self._edit(form, field, f"{prefix}.{field.name}")
        self._edit(form, _EVERY, "every")
        self._edit(form, _CLIP, "clip")
        column.addWidget(form)
        return side

    def _edit(self, form: FormRows, entry: Field, key: str) -> None:
        editor = ChoiceEditor(entry) if entry.kind == "choice" else editor_for(entry)
        self.editors[key] = editor
        form.add(entry.label, editor, entry.help)
        editor.changed.connect(lambda value: self._on_field(key, value))
        editor.drafted.connect(lambda text: self.drafts.update({entry.label: text}))

    def _on_field(self, key: str, value: Value) -> None:
        update = self._update
        prefix, _, name = key.partition(".")
        if prefix == "optimizer":
            given = {"lr": update.optimizer["lr"]} if name == "type" and "lr" in update.optimizer else {}
            kept = given if name == "type" else dict(update.optimizer)
            self.changed.emit(replace(update, optimizer={"type": "Adam", **kept, name: value}))
        elif prefix == "schedule":
            kept = {} if name == "type" else dict(update.schedule)
            self.changed.emit(replace(update, schedule={**kept, name: value}))
        elif key in ("every", "clip"):
            if not isinstance(value, int | float):
                self._refuse(key, "A plain number is needed here.")
            elif key == "every":
                self.changed.emit(replace(update, every=int(value)))
            else:
                self.changed.emit(replace(update, clip=float(value)))
        else:
            self._on_name(str(value))

    def _on_name(self, name: str) -> None:
        try:
            check_update(name)
        except EditError as error:
            self._refuse("name", str(error))
            return
        self.changed.emit(replace(self._update, name=name))

    def _refuse(self, key: str, reason: str) -> None:
        editor = self.editors[key]
        assert isinstance(editor, TextEditor)
        editor.refuse(reason)
        self.drafts[editor.entry.label] = editor.field.text()

    def _on_losses(self) -> None:
        minimise = {
            id: self._update.minimise.get(id, 1.0) for id, (box, _) in self.losses.items() if box.isChecked()
        }
        self.changed.emit(replace(self._update, minimise=minimise))

    def _on_weight(self, id: str, value: Value) -> None:
        self.changed.emit(replace(self._update, minimise={**self._update.minimise, id: value}))
