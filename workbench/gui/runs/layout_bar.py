"""The buttons over the table of runs for its columns and views, and the menu of its header.

Imports session, the table, its filter, layouts and boxes.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from workbench.core import text
from workbench.gui.runs.boxes import NameBox
from workbench.gui.runs.columns import PARAM, SLOT_KEYS
from workbench.gui.runs.columns_box import ColumnsBox
from workbench.gui.runs.facets import FacetPanel
from workbench.gui.runs.filter_field import FilterField
from workbench.gui.runs.grouped_model import GroupedModel, How
from workbench.gui.runs.layouts import Layout, Layouts
from workbench.gui.runs.table import RunsTable
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button, IconButton

_GROUPS: Final = ("model", "data", "state", "tags", "device", "seed")
_HOW: Final[dict[How, str]] = {
    "mean": "Mean of each group",
    "min": "Smallest of each",
    "max": "Largest of each",
}


class LayoutBar(QWidget):
    """Columns and views; what is changed is remembered by the workspace."""

    def __init__(
        self,
        session: Session,
        owner: QWidget,
        model: GroupedModel,
        table: RunsTable,
        filter: FilterField,
        usual: Sequence[str],
    ) -> None:
        super().__init__()
        self._owner = owner
        self._table = table
        self._model = model
        self._filter = filter
        self._usual = tuple(usual)
        self._showing = False
        self.layouts = Layouts(session, self)
        self.columns_box = ColumnsBox(owner, table, filter.params)
        self.name_box = NameBox(
            owner, "Save this view as", "Columns, order and filter under a name; Enter keeps them"
        )
        self.facets = FacetPanel(model, filter)
        self.facets.hide()
        self.facets_button = IconButton(
            "filter", "Values", "Values of the runs with how many have them, to be ticked", checkable=True
        )
        self.facets_button.toggled.connect(self.facets.setVisible)
        self.facets_button.toggled.connect(lambda _: self._on_changed())
        self.columns = Button("Columns", "Choose columns: facts, metrics, settings", icon="columns")
        self.views = Button("Views", "Columns, order and filter under a name", icon="library")
        self.menu = QMenu(self.views)
        self.views.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.groups = Button("Group", "One row for each model, tag or value of a setting", icon="layout")
        self.group_menu = QMenu(self.groups)
        self.groups.setMenu(self.group_menu)
        for button in (self.groups, self.views, self.columns):
            row.addWidget(button)
        header = table.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._on_header_menu)
        self.columns.clicked.connect(self.open_columns)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.group_menu.aboutToShow.connect(self._fill_groups)
        model.grouped.connect(self._on_changed)
        self.name_box.named.connect(lambda name: self.layouts.keep(name, self.layout_now()))
        self.layouts.read.connect(lambda last: self.show_layout(last or Layout(self._usual)))
        table.layout_changed.connect(self._on_changed)
        self._fill_menu()

    def layout_now(self) -> Layout:
        """How the table looks."""
        key, down = self._table.order
        widths = self._table.widths_by_hand()
        columns, filter = tuple(self._table.shown_columns()), self._filter.text().strip()
        model, facets = self._model, self.facets_button.isChecked()
        return Layout(columns, widths, key, down, filter, model.group, model.how, self._table.pinned, facets)

    def show_layout(self, layout: Layout) -> None:
        """Make the table look so."""
        if layout == self.layout_now():
            return
        self._showing = True
        if any(key.startswith(f"{PARAM}:") for key in (*layout.columns, layout.sort, layout.group)):
            self._filter.params.want()
        self._table.show_columns(layout.columns, layout.widths)
        self._table.set_pinned(layout.pinned)
        if (column := self._table.runs.column(layout.sort)) >= 0:
            order = Qt.SortOrder.DescendingOrder if layout.down else Qt.SortOrder.AscendingOrder
            self._table.sort_by(column, order)
        self._model.set_group(layout.group)
        self._model.set_how(layout.how)
        self.facets_button.setChecked(layout.facets)
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

    def group_by(self, key: str) -> None:
        """Make groups by a column; "" for none."""
        if key in SLOT_KEYS:
            key = f"best:{self._model.slots[SLOT_KEYS.index(key)]}"
        if key.startswith(f"{PARAM}:"):
            self._filter.params.want()
        self._model.set_group(key)

    def _fill_groups(self) -> None:
        self.group_menu.clear()
        params = [key for key in self._table.shown_columns() if key.startswith(f"{PARAM}:")]
        for key in ("", *_GROUPS, *params):
            title = self._model.columns[self._model.column(key)].title if key else "No groups"
            action = self.group_menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(key == self._model.group)
            action.triggered.connect(partial(self._on_group, key))
        self.group_menu.addSeparator()
        for how, title in _HOW.items():
            action = self.group_menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(how == self._model.how)
            action.setEnabled(bool(self._model.group))
            action.triggered.connect(partial(self._on_how, how))

    def _on_group(self, key: str, _: bool = False) -> None:
        self.group_by(key)

    def _on_how(self, how: How, _: bool = False) -> None:
        self._model.set_how(how)

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

    def _add_pins(self, menu: QMenu, column: int) -> None:
        """What lets the columns from the left to this one stay while the others scroll."""
        header, table = self._table.horizontalHeader(), self._table
        places = range(header.visualIndex(column) + 1)
        count = sum(not table.isColumnHidden(header.logicalIndex(place)) for place in places)
        if count != table.pinned:
            menu.addAction("Keep the columns up to here in view").triggered.connect(lambda: self.pin(count))
        if table.pinned:
            menu.addAction("Let all columns scroll").triggered.connect(lambda: self.pin(0))

    def pin(self, count: int) -> None:
        """Let so many columns stay at the left."""
        self._table.set_pinned(count)
        self._on_changed()

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
        self._add_pins(menu, column)
        menu.addAction(f"Group by “{title}”").triggered.connect(lambda: self.group_by(key))
        menu.addSeparator()
        menu.addAction("Columns…").triggered.connect(self.open_columns)
        menu.popup(header.mapToGlobal(at))
