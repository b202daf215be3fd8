"""Columns that stay at the left of a table while the others scroll: painted over them, and found by the mouse there.

Imports Qt and theme.
"""

from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QStyle, QStyleOptionViewItem, QTableView

from workbench.gui import theme

_MOST: Final = 0.6
"""The part of a table's width that may stay: the others need room to scroll."""


class PinnedHeader(QHeaderView):
    """The header of a PinnedTable."""

    def __init__(self, table: "PinnedTable") -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self._moved = 0
        table.horizontalScrollBar().valueChanged.connect(lambda _: self.viewport().update())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if staying := self._table.staying():
            painter = QPainter(self.viewport())
            for column, left in staying.items():
                rect = QRect(left, 0, self.sectionSize(column), self.height())
                painter.fillRect(rect, self._table.palette().base())
                painter.save()
                self.paintSection(painter, rect, column)
                painter.restore()
            _edge(painter, self._table, self.height())
            painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._moved = self._way(event.position().toPoint())
        super().mousePressEvent(self._there(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not event.buttons():
            self._moved = self._way(event.position().toPoint())
        super().mouseMoveEvent(self._there(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(self._there(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(self._there(event))

    def _way(self, place: QPoint) -> int:
        """How far a section that stays is from where it would be."""
        column = self._table.staying_at(place.x())
        return self.sectionViewportPosition(column) - self._table.staying()[column] if column >= 0 else 0

    def _there(self, event: QMouseEvent) -> QMouseEvent:
        if not self._moved:
            return event
        place = event.position() + QPointF(self._moved, 0)
        return QMouseEvent(
            event.type(), place, event.globalPosition(), event.button(), event.buttons(), event.modifiers()
        )


class PinnedTable(QTableView):
    """`set_pinned` tells how many columns stay, counted from the left."""

    def __init__(self) -> None:
        super().__init__()
        self._pinned = 0
        self.setHorizontalHeader(PinnedHeader(self))

    @property
    def pinned(self) -> int:
        """How many columns stay."""
        return self._pinned

    def set_pinned(self, count: int) -> None:
        """Let so many columns stay; those that take too much room scroll all the same."""
        if count != self._pinned:
            self._pinned = count
            self.viewport().update()
            self.horizontalHeader().viewport().update()

    def staying(self) -> dict[int, int]:
        """The columns that stand elsewhere than they would without being kept, with their left edges."""
        found: dict[int, int] = {}
        if not self._pinned or not self.horizontalScrollBar().value():
            return found
        header, left, count = self.horizontalHeader(), 0, 0
        for place in range(header.count()):
            column = header.logicalIndex(place)
            if self.isColumnHidden(column):
                continue
            wide = header.sectionSize(column)
            if count == self._pinned or left + wide > _MOST * self.viewport().width():
                break
            found[column] = left
            left, count = left + wide, count + 1
        return found

    def staying_at(self, x: int) -> int:
        """The column that stays at a place; -1 for none."""
        for column, left in self.staying().items():
            if left <= x < left + self.columnWidth(column):
                return column
        return -1

    # ------------------------------------------------------------- Qt's questions

    def visualRect(self, index: QModelIndex | QPersistentModelIndex) -> QRect:  # noqa: N802 - Qt's name
        rect = super().visualRect(index)
        staying = self.staying()
        if index.column() in staying:
            rect.moveLeft(staying[index.column()])
        return rect

    def indexAt(self, pos: QPoint) -> QModelIndex:  # noqa: N802 - Qt's name
        column = self.staying_at(pos.x())
        row = self.rowAt(pos.y()) if column >= 0 else -1
        return self.model().index(row, column) if row >= 0 else super().indexAt(pos)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if dx and self._pinned:
            self.viewport().update()  # Qt moves what is painted, also what should stay

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        staying = self.staying()
        if not staying:
            return
        painter = QPainter(self.viewport())
        first = self.rowAt(0)
        last = self.rowAt(self.viewport().height() - 1)
        for row in range(max(0, first), (last if last >= 0 else self.model().rowCount() - 1) + 1):
            for column in staying:
                self._paint_cell(painter, self.model().index(row, column))
        _edge(painter, self, self.viewport().height())
        painter.end()

    def _paint_cell(self, painter: QPainter, index: QModelIndex) -> None:
        option: Any = QStyleOptionViewItem()  # the stubs leave out the fields of the style options
        self.initViewItemOption(option)
        option.rect = self.visualRect(index)
        if self.selectionModel().isSelected(index):
            option.state |= QStyle.StateFlag.State_Selected
        painter.fillRect(self.visualRect(index), self.palette().base())
        self.itemDelegateForIndex(index).paint(painter, option, index)


def _edge(painter: QPainter, table: PinnedTable, height: int) -> None:
    """A line where what scrolls goes below what stays."""
    column, left = list(table.staying().items())[-1]
    painter.setPen(theme.color("line"))
    painter.drawLine(left + table.columnWidth(column) - 1, 0, left + table.columnWidth(column) - 1, height)
