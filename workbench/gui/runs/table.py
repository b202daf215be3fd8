"""The table of runs on the screen: which columns, how wide, sorting by a click.  Imports Qt, the cells, the model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

from workbench.gui import theme
from workbench.gui.runs.cells import CellDelegate as CellDelegate
from workbench.gui.runs.cells import (
    ProgressDelegate,
    RunCellDelegate,
    StarDelegate,
    StateDelegate,
    TagsDelegate,
)
from workbench.gui.runs.columns import PLACES, USUAL
from workbench.gui.runs.pinned import PinnedTable
from workbench.gui.runs.table_model import COLUMNS, FIRST_SLOT, SLOTS, TIMED, Index, RunsModel

ROW: Final = 30
_NONE: Final = "No run fits the filter"
_TICK_MS: Final = 1000
_GROWING: Final = {7: 220, 6: 220, 0: 320}
"""Columns that share the room that is left, and how wide they may become for it."""
_SHRINKING: Final = {PLACES["tags"]: 92, 0: 120, 6: 80, 7: 92, 3: 96, 4: 96, 5: 96}
"""Columns that give room where there is too little, and how narrow they may become."""
_WIDEST: Final = 240
_MOST_WORDS: Final = 5000
"""So many words are kept with their widths."""
_ARROW: Final = 18
_PADDING: Final = 24
"""Of a header's text, both sides together."""


class RunsTable(PinnedTable):
    """Rows of a RunsModel.  `picked` tells the run that is current, `selected` all that are selected."""

    picked = Signal(int)
    selected = Signal(object)
    """Ids of the selected runs, from the top."""
    star_clicked = Signal(int)
    layout_changed = Signal()
    """A person changed columns, their order, their widths, or the order of rows."""

    def __init__(
        self,
        model: RunsModel,
        *,
        hidden: Iterable[int] = (),
        widths: Mapping[int, int] | None = None,
        columns: Sequence[str] = USUAL,
    ) -> None:
        """`hidden` are places of columns that are left out of `columns`, which are keys."""
        super().__init__()
        self.runs = model
        self._columns = [key for key in columns if PLACES[key] not in set(hidden)]
        self._widths = {column: made.width for column, made in enumerate(COLUMNS)} | dict(widths or {})
        self._fixed = frozenset(widths or ()) | {PLACES["star"]}
        self._measured: dict[int, int] = {}
        self._widths_of: dict[tuple[int, str], int] = {}
        """How wide words of a column are."""
        self._by_hand: set[int] = set()
        """Columns that the person made wider or narrower: they stay so."""
        self._filling = False
        self._picked = 0
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._set_up_headers()
        self.setItemDelegate(RunCellDelegate(self))
        self.setItemDelegateForColumn(1, StateDelegate(self))
        self.setItemDelegateForColumn(2, ProgressDelegate(self))
        self.setItemDelegateForColumn(PLACES["star"], StarDelegate(self))
        self.setItemDelegateForColumn(PLACES["tags"], TagsDelegate(self))
        model.slots_changed.connect(self._show_slots)
        model.rowsRemoved.connect(self._on_removed)
        self._later = QTimer(self, interval=0, singleShot=True)
        self._later.timeout.connect(self._fill)
        model.rowsInserted.connect(self._later.start)
        self.verticalScrollBar().valueChanged.connect(self._later.start)  # other words come into view
        self.selectionModel().currentRowChanged.connect(self._on_current)
        self.selectionModel().selectionChanged.connect(self._on_selection)
        self._sorted = (0, Qt.SortOrder.DescendingOrder)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._put_in_order()
        self._show_slots()

    def _set_up_headers(self) -> None:
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW)
        rows.setDefaultSectionSize(ROW)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionsMovable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(0, Qt.SortOrder.DescendingOrder)
        header.setMinimumSectionSize(34)
        header.setTextElideMode(Qt.TextElideMode.ElideRight)
        header.setFixedHeight(ROW)
        header.sectionClicked.connect(self._on_header)
        for column, width in self._widths.items():
            header.resizeSection(column, width)
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(self._on_moved)

    # ------------------------------------------------------------- columns

    def shown_columns(self) -> list[str]:
        """Keys of the columns from the left, also of those that wait for a metric."""
        header = self.horizontalHeader()
        return sorted(self._columns, key=lambda key: header.visualIndex(self.runs.column(key)))

    def show_columns(self, keys: Sequence[str], widths: Mapping[str, int] | None = None) -> None:
        """Show these columns from the left; keys that are not known are left out. `widths` replace those by hand."""
        known = [key for key in dict.fromkeys(keys) if self.runs.column(key) >= 0]
        self._columns = known or self._columns
        header = self.horizontalHeader()
        for column in range(self.runs.columnCount()):
            self._widths.setdefault(column, self.runs.columns[column].width)
        if widths is not None:
            sizes = {self.runs.column(key): wide for key, wide in widths.items() if key in known}
            self._by_hand = set(sizes)
            self._filling = True
            for column, wide in sizes.items():
                header.resizeSection(column, wide)
            self._filling = False
        self._put_in_order()
        self._show_slots()
        self.layout_changed.emit()

    def widths_by_hand(self) -> dict[str, int]:
        """Widths of the columns that a person made wider or narrower."""
        header = self.horizontalHeader()
        return {
            key: header.sectionSize(column)
            for key in self._columns
            if (column := self.runs.column(key)) in self._by_hand and not self.isColumnHidden(column)
        }

    @property
    def order(self) -> tuple[str, bool]:
        """By which column it is sorted, and whether the largest come first."""
        column, order = self._sorted
        return self.runs.columns[column].key, order == Qt.SortOrder.DescendingOrder

    def _put_in_order(self) -> None:
        header = self.horizontalHeader()
        self._filling = True
        for place, key in enumerate(self._columns):
            header.moveSection(header.visualIndex(self.runs.column(key)), place)
        self._filling = False

    def _on_moved(self) -> None:
        if not self._filling:
            self.layout_changed.emit()

    # ------------------------------------------------------------- what is chosen

    def selected_ids(self) -> list[int]:
        """Ids of the selected runs, from the top."""
        # By ranges: asking for the rows one by one takes seconds where ten thousand are selected.
        rows: set[int] = set()
        for stretch in self.selectionModel().selection().mid(0):
            rows.update(range(stretch.top(), stretch.bottom() + 1))
        there = self.runs.rowCount()
        return list(dict.fromkeys(id for row in sorted(rows) if row < there for id in self.runs.ids_in(row)))

    def current_id(self) -> int:
        """The run at the cursor; 0 for none."""
        run = self.runs.run_at(self.currentIndex())
        return run.id if run else 0

    def pick(self, id: int) -> bool:
        """Go to a run and select it alone; False where it is not among the rows."""
        if self.runs.place(id) < 0:
            self.runs.uncover(id)
        row = self.runs.place(id)
        if row < 0:
            return False
        self._select(row)
        return True

    def _select(self, row: int) -> None:
        """Go to a row and select it alone."""
        # Not `selectRow`: that does as a click would with the keys that are held, and Ctrl+Enter queues runs.
        index = self.runs.index(row, 0)
        mode = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, mode.ClearAndSelect | mode.Rows)
        self.scrollTo(index)

    # ------------------------------------------------------------- events

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Sort as a click on a header does."""
        self._sorted = (column, order)
        self.horizontalHeader().setSortIndicator(column, order)
        self.runs.sort(column, order)
        self._later.start()  # the arrow needs room
        self.layout_changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.runs.total and not self.runs.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(theme.color("dim"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, _NONE)
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.runs.tick()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _tick(self) -> None:
        """Time went by: only the columns that say so are painted again, not the whole table."""
        for column in TIMED:
            if not self.isColumnHidden(column):
                at = self.staying().get(column, self.columnViewportPosition(column))
                self.viewport().update(at, 0, self.columnWidth(column), self.viewport().height())
        self._later.start()  # “12 min ago” is wider than “just now”

    def _on_header(self, column: int) -> None:
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if column == self._sorted[0]:
            self.sort_by(column, up if self._sorted[1] == down else down)
        else:
            self.sort_by(column, self.runs.best_order(column))

    def _on_current(self, index: QModelIndex) -> None:
        """Picked is what is selected, too: Ctrl and an arrow key move the cursor alone, and keys mean the selection."""
        run = self.runs.run_at(index)
        if run is not None and self.selectionModel().isRowSelected(index.row()):
            self._picked = run.id
            self.picked.emit(run.id)

    def _on_selection(self) -> None:
        self.selected.emit(self.selected_ids())
        if self.current_id() != self._picked:  # Ctrl+Space took the cursor's run in
            self._on_current(self.currentIndex())
        ids = self.selected_ids()
        if ids and self._picked not in ids:  # the run of the page was taken out
            self._picked = ids[-1]
            self.picked.emit(self._picked)

    def _on_removed(self, parent: QModelIndex, first: int) -> None:
        """Where all selected runs went away, their neighbour is next."""
        if self.runs.rowCount() and not self.selectionModel().hasSelection():
            self._select(min(first, self.runs.rowCount() - 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        run = self.runs.run_at(index) if index.isValid() and index.column() == PLACES["star"] else None
        if run is not None and event.button() == Qt.MouseButton.LeftButton and not event.modifiers():
            self.star_clicked.emit(run.id)  # what is selected stays so
            return
        super().mousePressEvent(event)

    def _show_slots(self) -> None:
        self._measured.clear()
        seen = {self.runs.column(key) for key in self._columns}
        seen -= {FIRST_SLOT + slot for slot in range(len(self.runs.slots), SLOTS)}
        for column in range(self.runs.columnCount()):
            self.setColumnHidden(column, column not in seen)
        self._fill()

    def _on_resized(self, column: int, before: int, now: int) -> None:
        if not self._filling and before and now:  # hiding a column makes it 0 wide
            self._by_hand.add(column)
            self.layout_changed.emit()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:  # noqa: N802 - Qt's name
        seen = self._rows_in_view()
        if first.row() >= seen.stop or last.row() < seen.start:
            return  # Qt would paint all that is seen once more
        super().dataChanged(first, last, roles)
        if not roles:  # not the mere passing of time
            self._later.start()

    def _wish(self, column: int) -> int:
        """How wide a column's header and the cells that are seen want to be."""
        header = self.horizontalHeader()
        title = str(self.runs.headerData(column, Qt.Orientation.Horizontal))
        # Qt's own hint keeps room for a far larger arrow, and that in every column.
        arrow = _ARROW if header.sortIndicatorSection() == column else 0
        named = header.fontMetrics().horizontalAdvance(title) + _PADDING + arrow
        # Not Qt's `sizeHintForColumn`: before the rows are laid out that measures all ten thousand of them.
        return min(_WIDEST, max([named, *(self._wide(row, column) for row in self._rows_in_view())]) + 1)

    def _rows_in_view(self) -> range:
        first = max(0, self.verticalScrollBar().value() // ROW)
        return range(first, min(self.runs.rowCount(), first + self.viewport().height() // ROW + 2))

    def _wide(self, row: int, column: int) -> int:
        """How wide a cell wants to be: the same words are measured once."""
        words = (column, self.runs.cell(row, column))
        if words not in self._widths_of:
            if len(self._widths_of) > _MOST_WORDS:
                self._widths_of.clear()
            self._widths_of[words] = self.sizeHintForIndex(self.runs.index(row, column)).width()
        return self._widths_of[words]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._widths_of.clear()

    def _fill(self) -> None:
        """Give each column what its contents want and share out the room that is left, or take what lacks."""
        header = self.horizontalHeader()
        seen = [column for column in range(header.count()) if not self.isColumnHidden(column)]
        for column in seen:
            if column not in self._fixed and self.runs.shown:
                # Never narrower again while the columns are the same ones: live values would make them twitch.
                self._measured[column] = max(self._wish(column), self._measured.get(column, 0))
                self._widths[column] = self._measured[column]
        sizes = {
            column: header.sectionSize(column) if column in self._by_hand else self._widths[column]
            for column in seen
        }
        room = self.viewport().width() - sum(sizes.values())
        free = [column for column in seen if column not in self._by_hand]
        for column, least in _SHRINKING.items() if room < 0 else ():
            if column in free:
                less = max(0, min(-room, sizes[column] - least))
                sizes[column] -= less
                room += less
        for column, most in _GROWING.items():
            if column in free and room > 0:
                more = max(0, min(room, most - sizes[column]))
                sizes[column] += more
                room -= more
        if room > 0 and 0 in free:
            sizes[0] += room
        self._filling = True
        for column, size in sizes.items():
            if size != header.sectionSize(column):
                header.resizeSection(column, size)
        self._filling = False
