"""The form of a reader's options, made from what the readers' process tells of them.

What was understood stands in each field until a person says something else.  Imports Qt and the shared widgets.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QSizePolicy, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.data.wording import Option, choices_of, in_words
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import Choice, FormRows, TextField
from workbench.gui.widgets.labels import SectionHeader

MOST_COLUMNS: Final = 500
"""Of more columns than this nobody chooses in a list: their names are typed."""
LABELS: Final = 122
"""Room for the names of options, the same above and below a heading."""
_ROW: Final = 26
_ROWS: Final = 6
_LONGEST: Final = 20
"""Characters of column names that fit on a button."""
_SPLIT: Final = ("split", "validation", "test", "folds", "fold")


class OptionField(QWidget):
    """One option; `changed` tells that its value is another now."""

    changed = Signal()

    def __init__(self, option: Option) -> None:
        super().__init__()
        self.option = option
        self.name = str(option["name"])
        self.tip = str(option.get("help") or option["label"])
        self.wrong = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def value(self) -> Any:
        """What the person says; None as long as that is nothing."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value as if the person had said it, without telling anyone."""
        raise NotImplementedError

    def show_understood(self, value: Any, columns: Sequence[str]) -> None:
        """Show what the reader took it for, and the columns that there are."""
        raise NotImplementedError

    def hold(self, widget: QWidget) -> None:
        """Put the field itself in."""
        self._column.addWidget(widget)
        self.setFocusProxy(widget)


class TypedField(OptionField):
    """A text, a number, a share, or names with commas between them."""

    def __init__(self, option: Option) -> None:
        super().__init__(option)
        self.field = TextField(str(option["label"]), self.tip)
        self.hold(self.field)
        self.field.textEdited.connect(self._on_edited)
        self.show_understood(None, ())

    def value(self) -> Any:
        typed = self.field.text().strip()
        if not typed or self.wrong:
            return None
        kind = self.option["kind"]
        if kind == "columns":
            return [part.strip() for part in typed.split(",") if part.strip()]
        if kind in ("number", "share"):
            value = _number(typed)
            return int(value) if value is not None and value.is_integer() else value
        return typed

    def show_value(self, value: Any) -> None:
        self.field.setText(said(value))
        self._judge()

    def show_understood(self, value: Any, columns: Sequence[str]) -> None:
        default = self.option.get("default")
        preset = said(value) or said(default)
        self.field.setPlaceholderText(preset or "automatic")

    def _on_edited(self) -> None:
        self._judge()
        self.changed.emit()

    def _judge(self) -> None:
        """Mark what is no number, or none that will do."""
        typed, option = self.field.text().strip(), self.option
        self.wrong = ""
        if typed and option["kind"] in ("number", "share"):
            value = _number(typed)
            low, high = option.get("min"), option.get("max")
            fits = value is not None and (low is None or value >= low) and (high is None or value <= high)
            if not fits:
                self.wrong = (
                    f"“{option['label']}” is a number{_limits(low, high)}, not “{text.one_line(typed)}”."
                )
        self.field.set_wrong(self.wrong, self.tip)


class ChoiceField(OptionField):
    """One of some words, yes or no, or a column; the first entry leaves it to the reader."""

    def __init__(self, option: Option) -> None:
        super().__init__(option)
        self.field = Choice(str(option["label"]), self.tip)
        self.field.setMinimumContentsLength(8)
        self.field.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.hold(self.field)
        self._known: list[tuple[Any, str]] = self._fixed()
        self.field.picked.connect(lambda _: self.changed.emit())
        self.show_understood(None, ())

    def value(self) -> Any:
        return self.field.currentData()

    def show_value(self, value: Any) -> None:
        if value is not None and all(value != known for known, _ in self._known):
            self._known.append((value, said(value)))
            self.field.addItem(said(value), value)
        self.field.show_value(value)

    def show_understood(self, value: Any, columns: Sequence[str]) -> None:
        chosen = self.value()
        if self.option["kind"] == "column":
            self._known = [(name, name) for name in columns]
        words = dict(self._fixed()).get(value, said(value))
        first = str(dict(choices_of(self.option)).get("") or "Automatic")
        known = f"{words} (found)" if words and value not in ("", None) else first
        self.field.set_items([(None, known), *self._known])
        if chosen is not None:
            self.show_value(chosen)
        self.field.setToolTip(f"{self.tip} {known}.".strip())

    def _fixed(self) -> list[tuple[Any, str]]:
        if self.option["kind"] == "switch":
            return [(True, "Yes"), (False, "No")]
        return [(key, label) for key, label in choices_of(self.option) if key]


class ColumnsField(OptionField):
    """Several columns: a button that names them and unfolds the list of all, each with a tick.

    As long as nobody touches them, they are as the reader ticked them.
    """

    def __init__(self, option: Option) -> None:
        super().__init__(option)
        self._chosen: list[str] | None = None
        label = str(option["label"])
        self.button = Button(
            "none", f"{self.tip} Press to choose among all columns.", kind="field", name=label
        )
        self.button.setCheckable(True)
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.list = QListWidget()
        self.list.setAccessibleName(f"{label}: columns")
        self.list.setToolTip(f"{self.tip} Space ticks a column.")
        self.list.setUniformItemSizes(True)
        self.list.itemChanged.connect(self._on_ticked)
        self.button.toggled.connect(self.list.setVisible)
        self.hold(self.button)
        self._column.addWidget(self.list)
        self.list.hide()

    def value(self) -> Any:
        return self._chosen

    def show_value(self, value: Any) -> None:
        self._chosen = None if value is None else [str(name) for name in value]
        self._tick(self._chosen or ())

    def show_understood(self, value: Any, columns: Sequence[str]) -> None:
        found = [self.list.item(row).text() for row in range(self.list.count())]
        if found != list(columns):
            self.list.blockSignals(True)
            self.list.clear()
            for name in columns:
                item = QListWidgetItem(name)
                item.setToolTip(name)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Unchecked)
                self.list.addItem(item)
            self.list.blockSignals(False)
            self.list.setFixedHeight(max(1, min(len(columns), _ROWS)) * _ROW + 6)
        understood = [str(name) for name in value] if isinstance(value, list | tuple) else []
        self._tick(understood if self._chosen is None else self._chosen)

    def _tick(self, names: Sequence[str]) -> None:
        wanted = set(names)
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            item = self.list.item(row)
            state = Qt.CheckState.Checked if item.text() in wanted else Qt.CheckState.Unchecked
            item.setCheckState(state)
        self.list.blockSignals(False)
        self._name(names)

    def _name(self, names: Sequence[str]) -> None:
        shown = text.one_line(", ".join(names)) or "none"
        self.button.setText(shown if len(shown) <= _LONGEST else f"{len(names):,} columns")
        self.button.setToolTip(f"{self.tip} Now {shown}. Press to choose among all columns.")

    def _on_ticked(self, _: QListWidgetItem) -> None:
        items = [self.list.item(row) for row in range(self.list.count())]
        self._chosen = [item.text() for item in items if item.checkState() == Qt.CheckState.Checked]
        self._name(self._chosen)
        self.changed.emit()


class OptionsForm(QWidget):
    """The options of one reader; those that few people need are folded away."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, OptionField] = {}
        self._options: list[Option] = []
        self._many = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.more = Button(
            "More options", "Show the options that few people need", kind="fold", icon="chevron-right"
        )
        self.more.setCheckable(True)
        self.more.toggled.connect(self._on_more)
        self._folded = QWidget()

    def show_options(
        self, options: Sequence[Option], understood: Mapping[str, Any], columns: Sequence[str]
    ) -> None:
        """Show these options; fields that are there already keep what was typed."""
        many = len(columns) > MOST_COLUMNS
        if list(options) != self._options or many != self._many:
            values = self.values()
            self._many = many
            self._build(list(options))
            for name, value in values.items():
                if name in self.fields:
                    self.fields[name].show_value(value)
        shown = () if many else tuple(columns)
        for name, field in self.fields.items():
            field.show_understood(understood.get(name), shown)

    def in_words(self, sentence: str) -> str:
        """What a reader says, with its options and their choices called as they are called here."""
        return in_words(self._options, sentence)

    def values(self) -> dict[str, Any]:
        """What the person said, by the names of the options."""
        found = {name: field.value() for name, field in self.fields.items()}
        return {name: value for name, value in found.items() if value is not None}

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show what a person said earlier."""
        for name, field in self.fields.items():
            field.show_value(values.get(name))

    def wrong(self) -> str:
        """What does not fit; "" where all does."""
        return next((field.wrong for field in self.fields.values() if field.wrong), "")

    def clear(self) -> None:
        """Another reader: what was said is forgotten."""
        self._build([])

    def _build(self, options: list[Option]) -> None:
        open_before = self.more.isChecked()
        while (taken := self._column.takeAt(0)) is not None:
            if (widget := taken.widget()) is not None and widget is not self.more:
                widget.hide()
                widget.deleteLater()
        self._options = options
        self.fields = {str(option["name"]): self._field(option) for option in options}
        plain = [option for option in options if not option.get("advanced")]
        own = [option for option in plain if option["name"] not in _SPLIT]
        split = [option for option in plain if option["name"] in _SPLIT]
        folded = [option for option in options if option.get("advanced")]
        for title, part in (("Options", own), ("Split", split)):
            if part:
                self._column.addWidget(SectionHeader(title))
                self._column.addWidget(self._rows(part))
        self._folded = self._rows(folded)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self._folded)
        self.more.setVisible(bool(folded))
        self._folded.setVisible(bool(folded) and open_before)

    def _rows(self, options: Sequence[Option]) -> FormRows:
        rows = FormRows(LABELS)
        for option in options:
            field = self.fields[str(option["name"])]
            rows.add(str(option["label"]), field, field.tip)
        return rows

    def _field(self, option: Option) -> OptionField:
        kind = option["kind"]
        field: OptionField
        if kind in ("choice", "switch") or (kind == "column" and not self._many):
            field = ChoiceField(option)
        elif kind == "columns" and not self._many:
            field = ColumnsField(option)
        else:
            field = TypedField(option)
        field.changed.connect(self.changed)
        return field

    def _on_more(self, shown: bool) -> None:
        self._folded.setVisible(shown)
        self.more.setText("Fewer options" if shown else "More options")


def said(value: Any) -> str:
    """A value of an option as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(typed: str) -> float | None:
    """A number as people type it; “20 %” is 0.2."""
    share = typed.endswith("%")
    try:
        value = float(typed.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        return None
    value = value / 100 if share else value
    return value if value == value and abs(value) != float("inf") else None


def _limits(low: Any, high: Any) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    if low is not None:
        return f", at least {low:g}"
    return f", at most {high:g}" if high is not None else ""
