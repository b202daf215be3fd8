"""Shows items of a dataset: tiles of pictures, texts, curves and graphs, or a table; only what is seen is asked for.

Imports Qt, theme and the painting of items.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QSlider,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.data.items_model import ItemsModel
from workbench.gui.data.items_painting import Item, parts_of, slices_of
from workbench.gui.data.items_tiles import Tiles
from workbench.gui.widgets.labels import Label

_ROW: Final = 26
_STEPS: Final = 1000
_LOOKED: Final = 24


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
        row.setContentsMargins(12, 0, 12, 0)
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
        self.tiles.place_changed.connect(self._on_current)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._on_current(now.row()))
        self.tiles.activated.connect(lambda index: self._on_opened(self.tiles.rows.place(index)))
        self.table.activated.connect(lambda index: self._on_opened(index.row()))
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
        here = (
            self.table.currentIndex().row()
            if self.is_table
            else self.tiles.rows.place(self.tiles.currentIndex())
        )
        return self.model.item(here) if here >= 0 else None

    def choose(self, place: int) -> None:
        """Select an item by its place."""
        if self.is_table:
            self.table.setCurrentIndex(self.model.index(place, 0))
        else:
            self.tiles.setCurrentIndex(self.tiles.rows.at(place))

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

    def _on_current(self, place: int) -> None:
        if place >= 0 and (item := self.model.item(place)) is not None:
            self.chosen.emit(item)

    def _on_opened(self, place: int) -> None:
        if place >= 0 and (item := self.model.item(place)) is not None:
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
