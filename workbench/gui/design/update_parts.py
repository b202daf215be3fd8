"""The parts that an update trains: a tick for each, its factor of the learning rate, and whether it is frozen.

Imports Qt, widgets and editors.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from workbench.core.document import Update
from workbench.core.expressions import Value
from workbench.gui.design.editors import TextEditor, plain_field
from workbench.gui.widgets.fields import FIELD_HEIGHT
from workbench.gui.widgets.labels import Label, SectionHeader

_RATE = (
    "Factor of the learning rate for {id}, such as 0.1 for a part that was trained before; 0 freezes it. "
    "Fields with “= …” may use variables."
)
_FROZEN = (
    "Leave {id} as it is: its weights and the statistics of its batch normalisation do not change, nothing is "
    "dropped out in it, and no gradient is worked out for it (as Keras does with a layer that is not trainable)"
)


TOP = Qt.AlignmentFlag.AlignTop
FACTOR_WIDTH = 64


def side_under(title: str) -> tuple[QWidget, QVBoxLayout]:
    """One of the parts that stand side by side, all under headings of one height; and its column."""
    side = QWidget()
    column = QVBoxLayout(side)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(6)
    column.setAlignment(TOP)
    head = SectionHeader(title)
    head.setFixedHeight(FIELD_HEIGHT)  # as high as the buttons in the heading of the order
    column.addWidget(head)
    return side, column


def choices_grid() -> QGridLayout:
    """Lines of a tick, “×” and its factor: what belongs together stands together, and the room is left over."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(4, 1)
    return grid


def add_line(grid: QGridLayout, row: int, *widgets: QWidget) -> None:
    """One line of such a grid; what stands below a field does not move the others."""
    for place, widget in enumerate(widgets):
        if isinstance(widget, QCheckBox):
            widget.setProperty("kind", "field")  # as high as one
        else:
            widget.setMinimumHeight(FIELD_HEIGHT)
        grid.addWidget(widget, row, place, TOP)


@dataclass(frozen=True, slots=True)
class PartLine:
    """The fields of one part."""

    trained: QCheckBox
    rate: TextEditor
    frozen: QCheckBox


class UpdateParts(QWidget):
    """Shows which parts an update trains and how fast; `changed` gives the update as it should be."""

    changed = Signal(object)
    drafted = Signal(str, str)
    """A part, and a text of its rate that does not fit ("" once it is gone)."""

    def __init__(self, parts: Sequence[str]) -> None:
        super().__init__()
        self._update = Update("")
        self.lines: dict[str, PartLine] = {}
        side, column = side_under("Trains")
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(side, 0, TOP)
        grid = choices_grid()
        column.addLayout(grid)
        for row, id in enumerate(parts):
            self._add(grid, row, id)
        self._nothing = Label("Tick at least one part: an update must train something.", "err", wrap=True)
        self._nothing.hide()
        column.addWidget(self._nothing)
        if not parts:
            column.addWidget(Label("Nothing has weights yet.", "dim", wrap=True))

    def _add(self, grid: QGridLayout, row: int, id: str) -> None:
        trained = QCheckBox(id)
        trained.setAccessibleName(f"Train {id}")
        trained.setToolTip(f"Whether this update changes the weights of {id}")
        rate = TextEditor(plain_field(id, f"Rate of {id}", _RATE.format(id=id), 1.0, least=0))
        rate.field.setFixedWidth(FACTOR_WIDTH)  # what an expression comes to stands beside it
        times = Label("×", "dim")
        times.setToolTip("Times the learning rate")
        frozen = QCheckBox("frozen")
        frozen.setAccessibleName(f"Freeze {id}")
        frozen.setToolTip(_FROZEN.format(id=id))
        add_line(grid, row, trained, times, rate, frozen)
        trained.clicked.connect(self._on_trained)
        rate.changed.connect(lambda value: self._on_rate(id, value))
        rate.drafted.connect(lambda text: self.drafted.emit(id, text))
        frozen.clicked.connect(lambda on: self._on_rate(id, 0 if on else 1))
        self.lines[id] = PartLine(trained, rate, frozen)

    def show_update(self, update: Update, names: Mapping[str, Value]) -> None:
        """Show what an update says of these parts."""
        self._update = update
        self._nothing.hide()
        for id, line in self.lines.items():
            trained = id in update.train or not update.train
            value = update.rates.get(id, 1.0)
            frozen = value == 0 and not isinstance(value, bool)
            line.trained.setChecked(trained)
            line.frozen.setChecked(frozen)
            line.frozen.setEnabled(trained)
            line.rate.setEnabled(trained and not frozen)
            line.rate.show_value(value, names)

    def _on_trained(self) -> None:
        chosen = tuple(id for id, line in self.lines.items() if line.trained.isChecked())
        if not chosen:
            self._nothing.show()
            return
        # All of them means everything, also what is drawn later.
        train = () if len(chosen) == len(self.lines) else chosen
        self.changed.emit(replace(self._update, train=train))

    def _on_rate(self, id: str, value: Value) -> None:
        rates = {**self._update.rates, id: value}
        if value == 1:
            del rates[id]
        self.changed.emit(replace(self._update, rates=rates))
