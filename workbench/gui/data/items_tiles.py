"""Items as tiles in rows: a table whose cells are painted, so that placing many takes no longer than placing few.

Imports Qt, theme and the painting of items.
"""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from workbench.core.text import one_line
from workbench.gui import theme
from workbench.gui.data.items_model import ITEM, Index, ItemsModel
from workbench.gui.data.items_painting import PICTURES, Item, paint_parts, parts_of, small_font, tile_size
from workbench.gui.widgets.surfaces import scroll_steadily

PLACE: Final = Qt.ItemDataRole.UserRole + 1
_GAP: Final = 8
_PAD: Final = 8
_LINE: Final = 18
_CACHED: Final = 300
_MOST_GROWN: Final = 60


class TileRows(QAbstractTableModel):
    """The items of a model dealt out into rows of so many columns."""

    def __init__(self, items: ItemsModel) -> None:
        super().__init__(items)
        self.items = items
        self.columns = 1
        items.modelAboutToBeReset.connect(self.beginResetModel)
        items.modelReset.connect(self.endResetModel)

    def deal(self, columns: int) -> None:
        """Use another number of columns."""
        self.beginResetModel()
        self.columns = columns
        self.endResetModel()

    def place(self, index: Index) -> int:
        """Which item is at an index; −1 for none."""
        place = index.row() * self.columns + index.column()
        return place if index.isValid() and place < self.items.rowCount() else -1

    def at(self, place: int) -> QModelIndex:
        """Where an item is."""
        return self.index(*divmod(place, self.columns))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else -(-self.items.rowCount() // self.columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else self.columns

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) if self.place(index) >= 0 else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        place = self.place(index)
        if place < 0 or role == Qt.ItemDataRole.DisplayRole:
            return None
        return place if role == PLACE else self.items.data(self.items.index(place, 0), role)


class TilePainter(QStyledItemDelegate):
    """Paints one tile and remembers it, so that scrolling paints each once."""

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self.tile = QSize(128, 150)
        self.depth = 0.5
        self._painted: dict[int, tuple[Item, QPixmap]] = {}
        theme.changed.connect(self.forget)

    def forget(self) -> None:
        """Paint all anew: another theme, size or slice."""
        self._painted.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self.tile + QSize(_GAP, _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area: QRect = option.rect.adjusted(_GAP, _GAP, 0, 0)
        state = option.state
        if not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            return  # beyond the last item
        item = index.data(ITEM)
        painter.save()
        painter.fillRect(option.rect, theme.color("panel"))  # the table has marked the whole cell
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        over = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(
            QPen(theme.color("accent" if chosen else "dim" if over else "line"), 2 if chosen else 1)
        )
        painter.setBrush(theme.color("selection" if chosen else "card"))
        painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 6, 6)
        inner = area.adjusted(_PAD, _PAD, -_PAD, -_PAD)
        if item is None:
            painter.setPen(theme.color("dim"))
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, "…")
        else:
            body = self._body(index.data(PLACE), item, inner.size(), painter.device().devicePixelRatioF())
            painter.drawPixmap(inner.topLeft(), body)
        painter.restore()

    def _body(self, place: int, item: Item, size: QSize, ratio: float) -> QPixmap:
        known = self._painted.get(place)
        if known is not None and known[0] is item and known[1].size() == size * ratio:
            return known[1]
        if len(self._painted) >= _CACHED:
            self._painted.clear()
        body = QPixmap(size * ratio)
        body.setDevicePixelRatio(ratio)
        body.fill(Qt.GlobalColor.transparent)
        painter = QPainter(body)
        paint_parts(painter, QRectF(0, 0, size.width(), size.height() - _LINE), item, self.depth)
        painter.setFont(small_font())
        foot = QRectF(0, size.height() - _LINE + 2, size.width(), _LINE)
        number = f"{int(item.get('place', place)) + 1:,}"
        metrics = painter.fontMetrics()
        painter.setPen(theme.color("dim"))
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
        room = size.width() - metrics.horizontalAdvance(number) - 6
        # What follows a name, as how sure the model is, stays where the name is too long.
        name, dot, sure = one_line(str(item.get("label", ""))).rpartition(" · ")
        fits = dot and metrics.horizontalAdvance(dot + sure) < room / 2
        name, end = (name, dot + sure) if fits else (name + dot + sure, "")
        room -= metrics.horizontalAdvance(end)
        painter.setPen(theme.color("text"))
        painter.drawText(
            foot,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(name, Qt.TextElideMode.ElideRight, room) + end,
        )
        painter.end()
        self._painted[place] = item, body
        return body


class Tiles(QTableView):
    """Tiles in rows; they grow so that a row of them fills the width."""

    place_changed = Signal(int)
    """The place of the item that is now the current one."""

    def __init__(self, model: ItemsModel) -> None:
        super().__init__()
        self.rows = TileRows(model)
        self.setModel(self.rows)
        self.setAccessibleName("Items")
        self.setToolTip("Items of the dataset; arrow keys move between them, Enter shows one in full")
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll_steadily(self)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setMinimumHeight(120)
        self._tile, self._squares = QSize(128, 150), 1
        self._items: list[Item] = []
        self.painter = TilePainter(self)
        self.setItemDelegate(self.painter)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def suit(self, items: Sequence[Item]) -> None:
        """Choose the size of tiles by what some items look like."""
        self._items = list(items)
        self._tile = tile_size(items)
        self._squares = sum(part["kind"] in PICTURES for part in parts_of(items[0])) if items else 1
        self._fit()

    def area(self, place: int) -> QRect:
        """Where the tile of an item is, in the viewport."""
        return self.visualRect(self.rows.at(place)).adjusted(_GAP, _GAP, 0, 0)

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802 - Qt's name
        super().currentChanged(current, previous)
        if (place := self.rows.place(current)) >= 0:
            self.place_changed.emit(place)

    def moveCursor(  # noqa: N802 - Qt's name
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        moves = QAbstractItemView.CursorAction
        place, last = self.rows.place(self.currentIndex()), self.rows.items.rowCount() - 1
        wanted = {
            moves.MoveLeft: place - 1,
            moves.MoveRight: place + 1,
            moves.MoveDown: place + self.rows.columns,
            moves.MoveHome: 0,
            moves.MoveEnd: last,
        }.get(action)
        if wanted is None or place < 0:
            return super().moveCursor(action, modifiers)
        return self.rows.at(min(max(wanted, 0), last))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        """Let tiles grow until a row of them fills the width; pictures stay square."""
        room = self.viewport().width()
        columns = max(1, room // (self._tile.width() + _GAP))
        wide = max(80, room // columns - _GAP)
        grown = (wide - self._tile.width()) // self._squares if self._squares else 0
        high = tile_size(self._items, wide).height() if self._items else self._tile.height()
        tile = QSize(wide, high + min(grown, _MOST_GROWN))
        if columns != self.rows.columns:
            place = self.rows.place(self.currentIndex())
            self.rows.deal(columns)
            if place >= 0:
                self.setCurrentIndex(self.rows.at(place))
        if tile != self.painter.tile:
            self.painter.tile = tile
            self.painter.forget()
            self.horizontalHeader().setDefaultSectionSize(tile.width() + _GAP)
            self.verticalHeader().setDefaultSectionSize(tile.height() + _GAP)
        self.verticalScrollBar().setSingleStep(max(24, tile.height() // 3))
