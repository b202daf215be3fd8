"""The buttons over the table of runs for its columns and views, and the menu of its header.

Imports session, the table, its filter, layouts and boxes.
"""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from workbench.core import text
from workbench.gui.runs.boxes import NameBox
from workbench.gui.runs.columns import PARAM
from workbench.gui.runs.columns_box import ColumnsBox
from workbench.gui.runs.filter_field import FilterField
from workbench.gui.runs.layouts import Layout, Layouts
from workbench.gui.runs.table import RunsTable
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button


class LayoutBar(QWidget):
    """Columns and views; what is changed is remembered by the workspace."""

    def __init__(
        self, session: Session, owner: QWidget, table: RunsTable, filter: FilterField, usual: Sequence[str]
    ) -> None:
        super().__init__()
        self._owner = owner
        self._table = table
        self._filter = filter
        self._usual = tuple(usual)
        self._showing = False
        self.layouts = Layouts(session, self)
        self.columns_box = ColumnsBox(owner, table, filter.params)
        self.name_box = NameBox(
            owner, "Save this view as", "Columns, order and filter under a name; Enter keeps them"
        )
        self.columns = Button("Columns", "Choose columns: facts, metrics, settings", icon="columns")
        self.views = Button("Views", "Columns, order and filter under a name", icon="library")
        self.menu = QMenu(self.views)
        self.views.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.views)
        row.addWidget(self.columns)
        header = table.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        self.columns.clicked.connect(self.open_columns)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.name_box.named.connect(lambda name: self.layouts.keep(name, self.layout_now()))
        self.layouts.read.connect(lambda last: self.show_layout(last or Layout(self._usual)))
        table.layout_changed.connect(self._on_changed)
        self._fill_menu()

    def layout_now(self) -> Layout:
        """How the table looks."""
        key, down = self._table.order
        widths = self._table.widths_by_hand()
        return Layout(tuple(self._table.shown_columns()), widths, key, down, self._filter.text().strip())

    def show_layout(self, layout: Layout) -> None:
        """Make the table look so."""
        self._showing = True
        if any(key.startswith(f"{PARAM}:") for key in (*layout.columns, layout.sort)):
            self._filter.params.want()
        self._table.show_columns(layout.columns, layout.widths)
        if (column := self._table.runs.column(layout.sort)) >= 0:
            order = Qt.SortOrder.DescendingOrder if layout.down else Qt.SortOrder.AscendingOrder
            self._table.sort_by(column, order)
        self._filter.setText(layout.filter)
        self._showing = False
        self._on_changed()

    def open_columns(self) -> None:
        """The box in which columns are chosen."""
        place = self.columns.mapTo(self._owner, self.columns.rect().bottomRight())
        self.columns_box.open_columns(QPoint(place.x() - self.columns_box.width(), place.y() + 4))

    def _on_changed(self) -> None:
        if not self._showing:
            if any(key.startswith(f"{PARAM}:") for key in self._table.shown_columns()):
                self._filter.params.want()
            self.layouts.remember(self.layout_now())

    def _fill_menu(self) -> None:
        self.menu.clear()
        for name, layout in self.layouts.named.items():
            self.menu.addAction(text.one_line(name, 60)).triggered.connect(partial(self._show_named, layout))
        if self.layouts.named:
            self.menu.addSeparator()
        self.menu.addAction("Usual columns").triggered.connect(lambda: self.show_layout(Layout(self._usual)))
        self.menu.addAction("Save this view as…").triggered.connect(self._ask_name)
        if self.layouts.named:
            gone = self.menu.addMenu("Delete a view")
            for name in self.layouts.named:
                action = gone.addAction(text.one_line(name, 60))
                action.triggered.connect(partial(self._forget, name))

    def _show_named(self, layout: Layout, _: bool = False) -> None:
        self.show_layout(layout)

    def _forget(self, name: str, _: bool = False) -> None:
        self.layouts.forget(name)

    def _ask_name(self) -> None:
        place = self.views.mapTo(self._owner, self.views.rect().bottomLeft())
        self.name_box.open_at(place + QPoint(0, 4))

    def _on_header_menu(self, at: QPoint) -> None:
        header = self._table.horizontalHeader()
        column = header.logicalIndexAt(at)
        if column < 0:
            return
        key = self._table.runs.columns[column].key
        keys = self._table.shown_columns()
        title = str(self._table.runs.headerData(column, Qt.Orientation.Horizontal))
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        others = [each for each in keys if each != key]
        hide = menu.addAction(f"Hide “{title}”")
        hide.setEnabled(bool(others))
        hide.triggered.connect(lambda: self._table.show_columns(others))
        menu.addAction("Move to the front").triggered.connect(
            lambda: self._table.show_columns([key, *others])
        )
        menu.addSeparator()
        menu.addAction("Columns…").triggered.connect(self.open_columns)
        menu.popup(header.mapToGlobal(at))
