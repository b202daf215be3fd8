"""Shows items of a dataset: tiles of pictures, texts, curves and graphs, or a table; only what is seen is asked for.

Imports Qt, theme and the painting of items.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QListView,
    QSlider,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.data.items_model import ITEM, ItemsModel
from workbench.gui.data.items_painting import (
    PICTURES,
    Item,
    paint_parts,
    parts_of,
    slices_of,
    small_font,
    tile_size,
)
from workbench.gui.text import one_line
from workbench.gui.widgets.labels import Label

Index = QModelIndex | QPersistentModelIndex
_GAP: Final = 8
_PAD: Final = 8
_LINE: Final = 18
_CACHED: Final = 300
_ROW: Final = 26
_STEPS: Final = 1000
_MOST_GROWN: Final = 60
_LOOKED: Final = 24


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
        area: QRect = option.rect.adjusted(0, 0, -_GAP, -_GAP)
        state = option.state
        item = index.data(ITEM)
        painter.save()
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
            body = self._body(index.row(), item, inner.size(), painter.device().devicePixelRatioF())
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
        label = one_line(str(item.get("label", "")))
        painter.setPen(theme.color("text"))
        painter.drawText(
            foot,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(label, Qt.TextElideMode.ElideRight, room),
        )
        painter.end()
        self._painted[place] = item, body
        return body


class Tiles(QListView):
    """Tiles in rows; they grow so that a row of them fills the width."""

    def __init__(self, model: ItemsModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName("Items")
        self.setToolTip("Items of the dataset; arrow keys move between them, Enter shows one in full")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else it comes and goes
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMinimumHeight(120)
        self.setViewportMargins(_GAP, _GAP, 0, 0)
        self._tile, self._squares = QSize(128, 150), 1
        self.painter = TilePainter(self)
        self.setItemDelegate(self.painter)

    def suit(self, items: Sequence[Item]) -> None:
        """Choose the size of tiles by what some items look like."""
        self._tile = tile_size(items)
        self._squares = sum(part["kind"] in PICTURES for part in parts_of(items[0])) if items else 1
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        """Let tiles grow until a row of them fills the width; pictures stay square."""
        room = self.viewport().width() - 1  # a tile as wide as all of it would leave the first row empty
        columns = max(1, room // (self._tile.width() + _GAP))
        wide = max(80, room // columns - _GAP)
        grown = (wide - self._tile.width()) // self._squares if self._squares else 0
        tile = QSize(wide, self._tile.height() + min(grown, _MOST_GROWN))
        if tile != self.painter.tile:
            self.painter.tile = tile
            self.painter.forget()
            self.setGridSize(tile + QSize(_GAP, _GAP))
        self.verticalScrollBar().setSingleStep(max(24, tile.height() // 3))


class ItemsGrid(QWidget):
    """Items as tiles or as a table, whichever suits them.

    `show_items` shows what is given.  `show_count` shows so many that are asked for with `wanted(first, end)`
    as they come into sight; `give` or `refuse` answers.  `chosen` tells the item that was selected, `opened`
    one that was double-clicked or on which Enter was pressed.
    """

    wanted = Signal(int, int)
    chosen = Signal(object)
    opened = Signal(object)
    depth_changed = Signal(float)
    """Which slice of volumes is shown, 0 to 1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slices = 0
        self.model = ItemsModel(self)
        self.tiles = Tiles(self.model)
        self.table = _table(self.model)
        self.table.setSelectionModel(self.tiles.selectionModel())
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setValue(_STEPS // 2)
        self.slider.setSingleStep(_STEPS // 40)
        self.slider.setPageStep(_STEPS // 8)
        self.slider.setFixedHeight(24)
        self.slider.setMaximumWidth(420)
        self.slider.setAccessibleName("Slice")
        self.slider.setToolTip("Which slice of the volumes, or which frame of the films, is shown")
        self.counter = Label("", "small")
        self.through = QWidget()
        row = QHBoxLayout(self.through)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Label("Slice", "small"))
        row.addWidget(self.slider, 1)
        row.addWidget(self.counter)
        row.addStretch(1)
        self.through.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.tiles)
        self.stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.through)
        column.addWidget(self.stack, 1)
        self.setFocusProxy(self.tiles)
        self.model.wanted.connect(self.wanted)
        self.slider.valueChanged.connect(lambda _: self._on_slid())
        self.tiles.selectionModel().currentRowChanged.connect(self._on_current)
        for view in (self.tiles, self.table):
            view.activated.connect(self._on_opened)
        theme.changed.connect(self._repaint)

    @property
    def is_table(self) -> bool:
        """Whether the items stand in a table."""
        return self.stack.currentWidget() is self.table

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these items and no more."""
        self._suit(items)
        self.model.reset(len(items), items)
        self._fit_columns()

    def show_count(self, count: int, first: Sequence[Item] = ()) -> None:
        """Show so many items, the first of which are here already and tell what they all look like."""
        self._suit(first)
        self.model.reset(count, first)
        self._fit_columns()
        self._repaint()

    def give(self, first: int, items: Sequence[Item]) -> None:
        """Items that were wanted."""
        self.model.give(first, items)
        self._repaint()

    def refuse(self) -> None:
        """What was wanted does not come."""
        self.model.refuse()

    def current(self) -> Item | None:
        """The item that is selected."""
        index = self.tiles.currentIndex()
        return self.model.item(index.row()) if index.isValid() else None

    def _suit(self, items: Sequence[Item]) -> None:
        """Choose between tiles and table, and the size of tiles, by what some items look like."""
        parts = parts_of(items[0]) if items else []
        flat = bool(parts) and all(part["kind"] in ("row", "table", "value") for part in parts)
        self.stack.setCurrentWidget(self.table if flat else self.tiles)
        self.setFocusProxy(self.table if flat else self.tiles)
        self.tiles.painter.forget()
        self.tiles.suit(items)
        deep = [part for part in parts if part["kind"] in ("volume", "video")]
        self.through.setVisible(bool(deep))
        self._slices = max((len(slices_of(part)) for part in deep), default=0)
        self._tell_depth()

    def _fit_columns(self) -> None:
        """As wide as the headers and the first values are, within reason."""
        header, model = self.table.horizontalHeader(), self.model
        metrics = self.table.fontMetrics()
        looked = range(min(_LOOKED, len(model.items)))
        for column, title in enumerate(model.columns):
            least = 64 if column == 0 else 80
            values = [str(model.index(row, column).data()) for row in looked] if column < _LOOKED else []
            widest = max(metrics.horizontalAdvance(words) for words in (title, *values))
            header.resizeSection(column, min(220, max(least, widest + 26)))
        labelled = any(item.get("label") for item in self.model.items) or not self.model.items
        self.table.setColumnHidden(1, not labelled)

    def _on_slid(self) -> None:
        self.tiles.painter.depth = self.slider.value() / _STEPS
        self.depth_changed.emit(self.tiles.painter.depth)
        self.tiles.painter.forget()
        self._tell_depth()
        self._repaint()

    def _tell_depth(self) -> None:
        if self._slices:
            place = round(self.slider.value() / _STEPS * (self._slices - 1))
            self.counter.setText(f"{place + 1} of {self._slices}")
            self.slider.setAccessibleDescription(self.counter.text())

    def _on_current(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid() and (item := self.model.item(current.row())) is not None:
            self.chosen.emit(item)

    def _on_opened(self, index: QModelIndex) -> None:
        if (item := self.model.item(index.row())) is not None:
            self.opened.emit(item)

    def _repaint(self) -> None:
        self.tiles.viewport().update()
        self.table.viewport().update()


def _table(model: ItemsModel) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setAccessibleName("Items as a table")
    view.setToolTip("Items of the dataset, one a row; Enter shows one in full")
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setWordWrap(False)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(_ROW)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setFixedHeight(_ROW + 2)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    view.setMinimumHeight(120)
    return view
