"""A table of named values: the model's variables, or the parameters of a block.  Imports Qt, widgets and values."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.expressions import Value, evaluate, is_expression
from workbench.gui.design.values import guessed, shown
from workbench.gui.starting import Draft
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import TextField
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import clear_layout


class NamedValues(QWidget):
    """Rows of name and value. `changed` gives (old name, new name, value): an added row has no old name, a
    removed one no new name.
    """

    changed = Signal(str, str, object)

    def __init__(self, thing: str, check: Callable[[str], None]) -> None:
        """`thing` is "variable" or "parameter"; `check` raises WorkbenchError for a name that will not do."""
        super().__init__()
        self._thing, self._check = thing, check
        self._values: Mapping[str, Value] | None = None
        self._adding = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._box = QWidget()
        self._grid = QGridLayout(self._box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        self._column.addWidget(self._box)
        self._reason = Label("", "err", wrap=True)
        self._reason.hide()
        self._column.addWidget(self._reason)
        self.add_button = Button(
            f"Add a {thing}", "Name a number to use it in fields, as in “= width * 2”", icon="plus"
        )
        self.add_button.clicked.connect(self._on_add)
        self._column.addWidget(self.add_button)
        self.rows: dict[str, tuple[TextField, TextField]] = {}
        self.notes: dict[str, Label] = {}
        self._noted: Mapping[str, str] = {}
        self._names: Mapping[str, Value] = {}
        self._refused: dict[TextField, str] = {}
        """Fields with what does not fit, and why."""

    def show_values(
        self, values: Mapping[str, Value], names: Mapping[str, Value], notes: Mapping[str, str] | None = None
    ) -> None:
        """Show what the document says; `names` are for working expressions out, `notes` stand under the rows."""
        self._noted, self._names = notes or {}, names
        if self._values is None or list(values) != list(self._values):
            self._adding = False
            self._build(values)
        self._values = dict(values)
        for name, value in values.items():
            field = self.rows[name][1]
            if field not in self._refused:
                field.show_text(shown(value))
                self._explain(field, value, names)
            if name in self.notes:
                self.notes[name].setText(self._noted.get(name, ""))

    def forget(self) -> None:
        """Let go of what was typed and did not fit: it was meant for other values than those shown from now on."""
        self._values, self._adding = None, False
        self._build({})

    def show_again(self) -> None:
        """Show what the document says in the place of what was typed and did not fit."""
        values, self._values = self._values or {}, None
        self.show_values(values, self._names, self._noted)

    def drafts(self) -> list[Draft]:
        """What stands in a row and is no value."""
        found = []
        for name, (label, field) in self.rows.items():
            try:
                guessed(field.text())
            except WorkbenchError:
                called = name or label.text().strip()  # a new one has the name that was typed, if any
                found.append((f"the {self._thing} {called}".strip(), field.text()))
        return found

    def _build(self, values: Mapping[str, Value]) -> None:
        clear_layout(self._grid)
        self.rows, self.notes = {}, {}
        self._refused.clear()
        self._tell()
        for name in values:
            self._add_row(name)
        self._box.setVisible(bool(values))

    def _add_row(self, name: str) -> None:
        thing = self._thing
        label = TextField(f"Name of {thing} {name}".strip(), f"The {thing}'s name", name, "name")
        label.setCursorPosition(0)
        field = TextField(f"Value of {name or thing}", "A number, or “= …” with other names", "", "value")
        remove = IconButton("delete", f"Remove {thing} {name}".strip())
        row = self._grid.rowCount()
        for column, widget in enumerate((label, field, remove)):
            self._grid.addWidget(widget, row, column)
        self.rows[name] = (label, field)
        if name in self._noted:
            self.notes[name] = Label(self._noted[name], "small", wrap=True)
            self._grid.addWidget(self.notes[name], row + 1, 0, 1, 3)
        label.committed.connect(lambda text: self._commit(name, text, field.text()))
        field.committed.connect(lambda text: self._commit(name, label.text(), text))
        label.restored.connect(lambda: self._on_restored(label))
        field.restored.connect(lambda: self._on_restored(field))
        remove.clicked.connect(lambda: self._remove(name))

    def _explain(self, field: TextField, value: Value, names: Mapping[str, Value]) -> None:
        hint = "A number, or “= …” with other names"
        reason = ""
        if is_expression(value):
            try:
                hint = f"{shown(value)} is {shown(evaluate(value, names))}"
            except WorkbenchError as error:
                reason = str(error)
        field.set_wrong(reason, hint)

    def _on_add(self) -> None:
        if not self._adding:
            self._adding = True
            self._box.show()
            self._add_row("")
        self.rows[""][0].setFocus()

    def _remove(self, name: str) -> None:
        if name:
            self.changed.emit(name, "", None)
        else:
            self._adding = False
            self._build(self._values or {})
            self.show_values(self._values or {}, {})

    def _commit(self, old: str, name: str, text: str) -> None:
        name_field, value_field = self.rows[old]
        values = self._values or {}
        if not name.strip() or not text.strip():
            return
        try:
            self._check(name)
            if name != old and name in values:
                raise WorkbenchError(f"There is already a {self._thing} “{name}”.")
        except WorkbenchError as error:
            self._refuse(name_field, str(error), old)
            return
        try:
            value = guessed(text)
        except WorkbenchError as error:
            self._refuse(value_field, str(error), shown(values[old]) if old else "")
            return
        self._take(name_field, value_field)
        self.changed.emit(old, name, value)

    def _refuse(self, field: TextField, reason: str, kept: str) -> None:
        field.refuse(reason, kept)
        self._refused[field] = reason
        self._tell()

    def _on_restored(self, field: TextField) -> None:
        self._take(field)
        if self._values is not None:
            self.show_values(self._values, self._names, self._noted)

    def _take(self, *fields: TextField) -> None:
        """What stands in these fields fits."""
        for field in fields:
            self._refused.pop(field, None)
            field.set_wrong("", f"The {self._thing}")
        self._tell()

    def _tell(self) -> None:
        """Why what was typed last does not fit."""
        reason = next(reversed(self._refused.values()), "")
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
