"""One editor for each kind of field, with its value in words and the reason when a text does not fit.

Imports Qt, widgets, catalog's fields and values.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from workbench.catalog.forms import Field
from workbench.core.errors import WorkbenchError
from workbench.core.expressions import Value
from workbench.gui import theme
from workbench.gui.design.values import meant, number_of, parsed, shown
from workbench.gui.widgets.fields import Choice, TextField
from workbench.gui.widgets.labels import Label


class Editor(QWidget):
    """Base of all editors: `changed` gives a new value that fits the field."""

    changed = Signal(object)
    drafted = Signal(str)
    """A text that does not fit was typed ("" once it is gone)."""

    def __init__(self, entry: Field) -> None:
        super().__init__()
        self.entry = entry
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)

    @cached_property
    def _reason(self) -> Label:
        """Why a value does not fit; most fields never need it."""
        made = Label("", "err", wrap=True)
        self._column.addWidget(made)
        return made

    def show_value(self, value: Value, names: Mapping[str, Value]) -> None:
        """Show what the document says."""
        raise NotImplementedError

    def show_draft(self, text: str) -> None:
        """Show a text again that did not fit when it was typed."""

    def focus_field(self) -> None:
        """Put the keyboard into the field."""

    def _show_reason(self, reason: str) -> None:
        if reason or "_reason" in vars(self):
            self._reason.setText(reason)
            self._reason.setVisible(bool(reason))


class NumberField(TextField):
    """A text field in which the arrow keys change a plain number."""

    def __init__(self, entry: Field) -> None:
        hint = f"{entry.help}\nA number, or “= …” with variables." if entry.help else "A number, or “= …”"
        super().__init__(entry.label, hint, "", entry.unset or ("none" if entry.optional else ""))
        self._entry = entry
        self.hint = hint

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        step = steps.get(Qt.Key(event.key()))
        number = number_of(self.text() or (shown(self._entry.default) if self._entry.unset else ""))
        if step is None or number is None or self._entry.kind not in ("int", "float"):
            super().keyPressEvent(event)
            return
        tenfold = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        if self._entry.kind == "int":
            number += step * tenfold
        else:
            number *= (1.1 if tenfold == 1 else 10.0) ** step
        low, high = self._entry.min, self._entry.max
        number = max(number, low) if low is not None else number
        number = min(number, high) if high is not None else number
        self.setText(f"{number:.6g}" if self._entry.kind == "float" else f"{number:.0f}")
        self.setModified(True)
        self.editingFinished.emit()


class TextEditor(Editor):
    """Numbers, lists and texts; shows what an expression comes to."""

    def __init__(self, entry: Field) -> None:
        super().__init__(entry)
        self.field = (
            NumberField(entry)
            if entry.kind != "text"
            else TextField(entry.label, entry.help or entry.label, "", entry.unset)
        )
        self._hint = self.field.toolTip()
        self._value: Value = None
        self._names: Mapping[str, Value] = {}
        self._column.addWidget(self.field)
        self.field.committed.connect(self._on_committed)
        self.field.restored.connect(self._on_restored)
        self.setFocusProxy(self.field)

    @cached_property
    def _result(self) -> Label:
        """What an expression comes to, below the field, so that both have room."""
        made = Label("", "small")
        made.setToolTip("What the expression comes to")
        self._column.insertWidget(1, made)
        return made

    def show_value(self, value: Value, names: Mapping[str, Value]) -> None:
        self._value, self._names = value, names
        text = self._text()
        if self.field.text() != text or not self.field.hasFocus():
            self.field.show_text(text)
        result, reason = meant(self.entry, value, names)
        if result or "_result" in vars(self):
            self._result.setText(result)
            self._result.setVisible(bool(result))
        self._mark(reason)

    def show_draft(self, text: str) -> None:
        self.field.show_text(text)
        self._try(text)

    def focus_field(self) -> None:
        self.field.setFocus()
        self.field.selectAll()

    def refuse(self, reason: str) -> None:
        """Mark the text as one that does not fit here, and say why; Escape brings back what the document says."""
        self.field.refuse(reason, self._text())
        self._show_reason(reason)

    def _text(self) -> str:
        """What the document says, as it stands in the field."""
        return "" if self._unset(self._value) else shown(self._value)

    def _unset(self, value: Value) -> bool:
        """Whether the field stays empty and its word says what that means."""
        return bool(self.entry.unset) and value == self.entry.default

    def _try(self, text: str) -> tuple[bool, Value]:
        try:
            value = parsed(self.entry, text)
        except WorkbenchError as error:
            self.refuse(str(error))
            return False, None
        self._mark("")
        return True, value

    def _on_committed(self, text: str) -> None:
        fits, value = self._try(text)
        self.drafted.emit("" if fits else text)
        if fits:
            if self._unset(value):
                self.field.show_text("")
            self.changed.emit(value)

    def _on_restored(self) -> None:
        self.drafted.emit("")
        self.show_value(self._value, self._names)

    def _mark(self, reason: str) -> None:
        self.field.set_wrong(reason, self._hint)
        self._show_reason(reason)


class ChoiceEditor(Editor):
    """One out of a few."""

    def __init__(self, entry: Field, items: Sequence[tuple[object, str]] = ()) -> None:
        super().__init__(entry)
        listed = items or [(choice, choice) for choice in entry.choices]
        self.field = Choice(entry.label, entry.help or entry.label, listed)
        narrow(self.field)
        self._column.addWidget(self.field)
        self.field.picked.connect(self.changed)
        self.setFocusProxy(self.field)

    def offer(self, items: Sequence[tuple[object, str]]) -> None:
        """Choose from these from now on."""
        before = [
            (self.field.itemData(index), self.field.itemText(index)) for index in range(self.field.count())
        ]
        if before != list(items):
            self.field.set_items(items)

    def show_value(self, value: Value, names: Mapping[str, Value]) -> None:
        self.field.show_value(value)
        known = any(self.field.itemData(index) == value for index in range(self.field.count()))
        if not known:
            self.field.setCurrentIndex(-1)
        self._show_reason("" if known else f"“{shown(value)}” is not one of the choices.")

    def focus_field(self) -> None:
        self.field.setFocus()


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, entry: Field) -> None:
        super().__init__(entry)
        self.field = QCheckBox("off")
        self.field.setAccessibleName(entry.label)
        self.field.setToolTip(entry.help or entry.label)
        self._column.addWidget(self.field)
        self.field.clicked.connect(self._on_clicked)
        self.setFocusProxy(self.field)

    def show_value(self, value: Value, names: Mapping[str, Value]) -> None:
        on = value is True
        self.field.setChecked(on)
        self.field.setText("on" if on else "off")
        fits = isinstance(value, bool)
        self._show_reason("" if fits else f"{self.entry.label} must be on or off, not “{shown(value)}”.")

    def focus_field(self) -> None:
        self.field.setFocus()

    def _on_clicked(self, on: bool) -> None:
        self.changed.emit(on)


def narrow(choice: Choice) -> None:
    """Let a list be narrower than its longest entry."""
    # What tells its entries apart often stands at the end: “xavier normal”, “lenet5 #8”.
    choice.elide = Qt.TextElideMode.ElideMiddle
    choice.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    choice.setMinimumContentsLength(4)


def editor_for(entry: Field, *, worked_out: bool = False) -> Editor:
    """The editor that a field needs; one whose value is worked out is a text of any kind."""
    if worked_out:
        return TextEditor(entry)
    if entry.kind == "bool":
        return SwitchEditor(entry)
    if entry.kind == "choice":
        return ChoiceEditor(entry)
    return TextEditor(entry)


def plain_field(name: str, label: str, help: str, default: Value, *, least: float | None = None) -> Field:
    """A field that no type declares, such as a block's parameter; its kind is that of its default."""
    kinds = {bool: "bool", int: "int", float: "float", tuple: "ints"}
    kind = kinds.get(type(default), "text")
    if isinstance(default, str) and default.startswith("="):
        kind = "float"
    return Field(name, label, help, default, kind, (), least, None, False, False)  # type: ignore[arg-type]  # a Kind
