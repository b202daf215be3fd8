"""The table of all nodes with their output shapes, parameters, multiply-adds and memory, and the totals.

Imports Qt, widgets, the estimator and catalog.
"""

from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from workbench.catalog.check import Analysis
from workbench.catalog.costs import Sizes, activations, sizes_of
from workbench.catalog.scope import Scope
from workbench.core.document import Document
from workbench.core.text import count, size
from workbench.gui.design.panels import meaning
from workbench.gui.design.style import spec_text
from workbench.gui.estimator import Forecast
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import surface

COLUMNS = ("Node", "Type", "Output", "Parameters", "Multiply-adds", "Memory")
HELP = (
    "The node; those of a block follow its first instance",
    "The node's type, and how often a block repeats",
    "Shapes of what it gives",
    "Numbers that it learns",
    "Multiply-adds of one pass with one example",
    "What a step of training keeps of it until gradients have come back, for a whole batch",
)
_NUMBERS = (3, 4, 5)


@dataclass(frozen=True, slots=True)
class Row:
    """One node: the way to it, what the columns say, and the numbers of those that hold one."""

    trail: tuple[str, ...]
    where: str
    cells: tuple[str, ...]
    numbers: tuple[int, ...]


def rows_of(analysis: Analysis) -> list[Row]:
    """All nodes in the order of the data's way through them; those of a block follow its first instance."""
    found: list[Row] = []
    _collect(analysis.root, (), sizes_of(analysis), found)
    return found


def _collect(scope: Scope, trail: tuple[str, ...], sizes: Sizes, found: list[Row]) -> None:
    for id in scope.order:
        info = scope.infos.get(id)
        if info is None:
            continue
        shapes = ", ".join(spec_text(spec, name, *meaning(info)) for name, spec in info.outputs.items())
        times = f" × {len(info.copies)}" if len(info.copies) > 1 else ""
        kind = type(info.kind).__name__ if info.kind is not None else info.type
        kept = activations(info, sizes)
        cells = (
            "    " * len(trail) + id,
            f"{kind}{times}" + (f", shares {info.node.linked_to}" if info.node.linked_to else ""),
            shapes,
            f"{info.parameters:,}" if info.parameters else "",
            count(info.operations) if info.operations else "",
            size(kept) if kept else "",
        )
        numbers = (info.parameters, info.operations, kept)
        found.append(Row((*trail, id), scope.where, cells, numbers))
        if info.copies and not info.node.linked_to:
            _collect(info.copies[0], (*trail, id), sizes, found)


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._ordered: list[Row] = []
        self._by = (-1, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: list[Row]) -> None:
        if rows != self._ordered:
            self._ordered = rows
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; by none, the nodes stand in the order of the data's way."""
        self._by = (column, order)
        self._arrange()

    def _arrange(self) -> None:
        column, order = self._by
        self.beginResetModel()
        self.rows = list(self._ordered)
        if column in _NUMBERS:
            self.rows.sort(key=lambda row: row.numbers[column - _NUMBERS[0]])
        elif column >= 0:
            self.rows.sort(key=lambda row: row.cells[column].strip().lower())
        if column >= 0 and order == Qt.SortOrder.DescendingOrder:
            self.rows.reverse()
        self.endResetModel()

    def rowCount(self, parent: object = None) -> int:
        return 0 if isinstance(parent, QModelIndex) and parent.isValid() else len(self.rows)

    def columnCount(self, parent: object = None) -> int:
        return len(COLUMNS)

    def data(self, index: object, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        assert isinstance(index, QModelIndex)
        if index.column() == 0 and self._by[0] >= 0 and role == Qt.ItemDataRole.DisplayRole:
            return "/".join(self.rows[index.row()].trail)  # out of its order, an indentation says nothing
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.rows[index.row()].cells[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{HELP[section]}. Click to sort; the third click takes it back."
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class SummaryPanel(QWidget):
    """The table; `chosen` gives the way to a node that was clicked."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        surface(self, "panel")
        self.table = QTableView()
        self.table.setAccessibleName("Nodes of the model")
        self.table.setToolTip("Click a row to go to the node")
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(26)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        self._rows = _Rows(self)
        self.table.setModel(self._rows)
        for column, width in enumerate((132, 132, 150, 96, 108, 84)):
            self.table.setColumnWidth(column, width)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        self.table.setSortingEnabled(True)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.total = Label("", "strong", wrap=True)
        self.total.setContentsMargins(12, 4, 12, 8)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(0)
        column_layout.addWidget(self.table, 1)
        column_layout.addWidget(self.total)
        self.table.clicked.connect(self._on_chosen)
        self.table.activated.connect(self._on_chosen)

    def show_analysis(self, document: Document, analysis: Analysis, forecast: Forecast | None = None) -> None:
        """Show what the check found, and what training will take."""
        self._rows.set_rows(rows_of(analysis))
        parts = [
            f"{analysis.parameters:,} parameters",
            f"{count(analysis.operations)} multiply-adds an example",
        ]
        if forecast is None:
            parts.append(f"{size(4 * analysis.parameters)} of weights")
        else:
            costs = forecast.costs
            parts.append(f"{size(costs.memory)} to train with batches of {costs.batch:,}")
            if costs.steps:
                parts.append(f"{forecast.brief} an epoch" + (" (rough)" if forecast.rough else ""))
        self.total.setText(" · ".join(parts))
        self.total.setToolTip(forecast.parts if forecast else "")

    def _on_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(self._rows.rows[index.row()])
