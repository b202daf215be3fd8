"""The table of differences: a column for each run, what differs from the base run in colour.  Imports Qt, theme."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.chooser import disc
from workbench.gui.compare.differences import Row
from workbench.gui.runs.table import CellDelegate
from workbench.store.records import RunRecord

Index = QModelIndex | QPersistentModelIndex
ROW: Final = 28
_TOKENS: Final = {"better": "ok", "worse": "err", "changed": "accent"}
_ROLES = Qt.ItemDataRole
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class DifferencesModel(QAbstractTableModel):
    """Rows as `differences` makes them, under the runs that they belong to."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.runs: tuple[RunRecord, ...] = ()
        self._colors: tuple[int, ...] = ()
        self._base = 0

    def show(self, runs: Sequence[RunRecord], colors: Sequence[int], base: int, rows: Sequence[Row]) -> None:
        """Show these; where only texts changed, the table stays where it is scrolled to."""
        same = [run.id for run in runs] == [run.id for run in self.runs]
        same = same and [row.name for row in rows] == [row.name for row in self.rows]
        if not same:
            self.beginResetModel()
        told = (list(rows), tuple(colors), base) != (self.rows, self._colors, self._base)
        self.rows, self.runs, self._colors, self._base = list(rows), tuple(runs), tuple(colors), base
        if not same:
            self.endResetModel()
        elif told and self.rows and self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self.runs) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.runs) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.runs)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLES.DisplayRole) -> Any:
        if role == _ROLES.TextAlignmentRole:
            return _LEFT
        if orientation == Qt.Orientation.Vertical:
            return self.rows[section].name if role in (_ROLES.DisplayRole, _ROLES.ToolTipRole) else None
        run = self.runs[section]
        if role == _ROLES.DisplayRole:
            return f"#{run.id} {text.one_line(run.name)}"
        if role == _ROLES.DecorationRole:
            return disc(theme.curve_color(self._colors[section]), filled=True)
        if role == _ROLES.ToolTipRole:
            base = "; the others are held against it" if section == self._base else ""
            return f"{text.one_line(run.name)} #{run.id}{base}"
        return None

    def data(self, index: Index, role: int = _ROLES.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role in (_ROLES.DisplayRole, _ROLES.ToolTipRole):
            return row.texts[column]
        if role == _ROLES.ForegroundRole:
            token = _TOKENS.get(row.tones[column])
            return theme.color(token) if token and column != self._base else None
        if role == _ROLES.FontRole and column == row.best:
            bold = QFont()
            bold.setPixelSize(theme.TEXT)
            bold.setWeight(QFont.Weight.DemiBold)
            return bold
        return None


class DifferencesTable(QTableView):
    """The names of the rows stay in view while one scrolls over many runs.  Ctrl+C copies."""

    def __init__(self) -> None:
        super().__init__()
        self.differences = DifferencesModel()
        self.setModel(self.differences)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName("Differences between the runs")
        self.setToolTip("What differs from the base run is coloured; the best result is bold")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        names = self.verticalHeader()
        names.setFixedWidth(230)
        names.setDefaultSectionSize(ROW)
        names.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        names.setSectionsClickable(False)
        names.setStyleSheet("QHeaderView::section { border: none; padding-left: 14px; }")
        header = self.horizontalHeader()
        header.setDefaultSectionSize(140)
        header.setMinimumSectionSize(72)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setHighlightSections(False)
        header.setFixedHeight(ROW)
        theme.changed.connect(self.viewport().update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.matches(QKeySequence.StandardKey.Copy):
            super().keyPressEvent(event)
            return
        made = self.differences
        chosen = sorted(index.row() for index in self.selectionModel().selectedRows())
        lines = ["\t".join(["", *(f"{text.one_line(run.name)} #{run.id}" for run in made.runs)])]
        lines += ["\t".join([made.rows[row].name, *made.rows[row].texts]) for row in chosen]
        QGuiApplication.clipboard().setText("\n".join(lines))
