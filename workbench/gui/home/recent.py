"""The table of the workspace's models with their last run.  Imports Qt, records, theme."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from workbench.core import text
from workbench.gui import progress, theme
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.labels import paint_state
from workbench.store.records import ModelRecord, RunRecord

COLUMNS = ("Model", "Last run", "Best result", "Edited", "Data")
ROW = 30
STATE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the model and the newest run of its name."""

    model: ModelRecord
    run: RunRecord | None
    best: str
    data: str
    about: str = ""
    """What the model is for, in the words of its description."""


def rows_of(
    models: list[ModelRecord], runs: list[RunRecord], summaries: Summaries, titles: dict[str, str]
) -> list[Row]:
    """The models, last edited first, each with its newest run and the best result of all its runs."""
    newest: dict[int, RunRecord] = {}
    results: dict[int, list[progress.Result]] = {}
    there = {model.id for model in models}
    for run in runs:
        if run.model_id not in there:
            continue
        newest.setdefault(run.model_id, run)
        if (found := progress.best(summaries.get(run.id, {}))) is not None:
            results.setdefault(run.model_id, []).append(found)
    made = []
    for model in sorted(models, key=lambda model: -model.updated):
        newest_run = newest.get(model.id)
        data = newest_run.dataset if newest_run else ""
        made.append(Row(model, newest_run, _best(results.get(model.id, [])), titles.get(data, data) or "–"))
    return made


def _best(results: list[progress.Result]) -> str:
    if not results:
        return "–"
    metric, rising = results[0].metric, results[0].rising
    values = [one.value for one in results if one.metric == metric and one.value == one.value]
    if not values:
        return f"{metric} NaN"
    return f"{metric} {text.number(max(values) if rising else min(values))}"


class RecentModel(QAbstractTableModel):
    """Rows for the view."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """Replace the rows; keeps the selection where only texts changed."""
        if [row.model.id for row in rows] == [row.model.id for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == 0 and row.about:
            return f"{text.one_line(row.model.name)}\n{row.about}"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            cells = (
                text.one_line(row.model.name),
                progress.progress(row.run) if row.run else "not trained yet",
                row.best,
                text.ago(row.model.updated),
                text.one_line(row.data),
            )
            return cells[index.column()]
        if role == STATE and index.column() == 1:
            return row.run.state if row.run else None
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1 and row.run is None:
            return theme.color("dim")
        return None


class StateDelegate(QStyledItemDelegate):
    """A dot in the state's colour before the text."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        state = index.data(STATE)
        style: Any = option  # the stubs leave out the fields of the style options
        if state is None:
            super().paint(painter, option, index)
            return
        rect = QRect(style.rect)
        style.rect = rect.adjusted(16, 0, 0, 0)
        super().paint(painter, option, index)
        painter.save()
        paint_state(painter, QPointF(rect.left() + 12, rect.top() + rect.height() / 2), state)
        painter.restore()


class RecentTable(QTableView):
    """Double click or Enter opens a model, Delete puts it in the trash."""

    chosen = Signal(int)
    delete_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.lines = RecentModel()
        self.setModel(self.lines)
        self.setAccessibleName("Recent models")
        self.setToolTip("Enter or double click opens a model; Delete moves it to the trash")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setFixedHeight(ROW)
        self.setItemDelegateForColumn(1, StateDelegate(self))
        self.doubleClicked.connect(self._on_chosen)

    def show_rows(self, rows: list[Row]) -> None:
        """Show these rows, all of them: the page scrolls, not the table."""
        self.lines.show(rows)
        self.setFixedHeight(ROW * (len(rows) + 1) + 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at = self.currentIndex()
        if at.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_chosen(at)
        elif at.isValid() and event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit(self.lines.rows[at.row()].model)
        else:
            super().keyPressEvent(event)

    def _on_chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(self.lines.rows[index.row()].model.id)
