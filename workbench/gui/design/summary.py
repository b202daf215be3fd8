"""The table of all nodes with their output shapes, parameters and multiply-adds, and the totals.

Imports Qt, widgets and catalog.
"""

from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from workbench.catalog.check import Analysis
from workbench.catalog.scope import Scope
from workbench.core.document import Document
from workbench.gui.design.style import spec_text
from workbench.gui.text import count
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import surface

COLUMNS = ("Node", "Type", "Output", "Parameters", "Multiply-adds")
_NUMBERS = (3, 4)


@dataclass(frozen=True, slots=True)
class Row:
    """One node: the way to it, and what the columns say."""

    trail: tuple[str, ...]
    where: str
    cells: tuple[str, ...]


def rows_of(analysis: Analysis) -> list[Row]:
    """All nodes in the order of the data's way through them; those of a block follow its first instance."""
    found: list[Row] = []
    _collect(analysis.root, (), found)
    return found


def _collect(scope: Scope, trail: tuple[str, ...], found: list[Row]) -> None:
    for id in scope.order:
        info = scope.infos.get(id)
        if info is None:
            continue
        shapes = ", ".join(spec_text(spec) for spec in info.outputs.values())
        times = f" × {len(info.copies)}" if len(info.copies) > 1 else ""
        kind = type(info.kind).__name__ if info.kind is not None else info.type
        cells = (
            "    " * len(trail) + id,
            f"{kind}{times}" + (f", shares {info.node.linked_to}" if info.node.linked_to else ""),
            shapes,
            f"{info.parameters:,}" if info.parameters else "",
            count(info.operations) if info.operations else "",
        )
        found.append(Row((*trail, id), scope.where, cells))
        if info.copies and not info.node.linked_to:
            _collect(info.copies[0], (*trail, id), found)


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def set_rows(self, rows: list[Row]) -> None:
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def rowCount(self, parent: object = None) -> int:
        return 0 if isinstance(parent, QModelIndex) and parent.isValid() else len(self.rows)

    def columnCount(self, parent: object = None) -> int:
        return len(COLUMNS)

    def data(self, index: object, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        assert isinstance(index, QModelIndex)
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
        for column, width in enumerate((150, 170, 150, 96, 110)):
            self.table.setColumnWidth(column, width)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.total = Label("", "strong")
        self.total.setContentsMargins(12, 4, 12, 8)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(0)
        column_layout.addWidget(self.table, 1)
        column_layout.addWidget(self.total)
        self.table.clicked.connect(self._on_chosen)
        self.table.activated.connect(self._on_chosen)

    def show_analysis(self, document: Document, analysis: Analysis) -> None:
        """Show what the check found."""
        self._rows.set_rows(rows_of(analysis))
        self.total.setText(
            f"{analysis.parameters:,} parameters · {count(analysis.operations)} multiply-adds an example · "
            f"{count(4 * analysis.parameters)}B of weights"
        )

    def _on_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(self._rows.rows[index.row()])
