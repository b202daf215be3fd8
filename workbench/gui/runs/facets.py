"""The panel beside the table of runs: values with how many runs have them; a tick adds them to the filter.

Imports Qt, the table's model, the filter field and jobs' facets.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from workbench.core import text
from workbench.core.errors import FilterError
from workbench.core.filters import parse
from workbench.gui.runs.filter_field import FilterField
from workbench.gui.runs.grouped_model import GroupedModel
from workbench.gui.widgets.surfaces import surface
from workbench.jobs.facets import Value, facets, toggled

_WIDE: Final = 216
_ROW: Final = 26
_FEW: Final = 6
"""Values of a fact that are shown before one asks for more."""
_MOST: Final = 200
_WAIT_MS: Final = 120
_TITLES: Final = {"state": "State", "model": "Model", "data": "Data", "tag": "Tags", "device": "Device"}
_FACT: Final = int(Qt.ItemDataRole.UserRole)
_VALUE: Final = _FACT + 1


class FacetPanel(QWidget):
    """Counted anew a moment after anything changed, and only while it is seen."""

    def __init__(self, model: GroupedModel, filter: FilterField) -> None:
        super().__init__()
        surface(self, "panel", "right")
        self._model = model
        self._filter = filter
        self._shown: dict[str, list[Value]] = {}
        self._unfolded: set[str] = set()
        self.tree = QTreeWidget()
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(10)
        self.tree.setUniformRowHeights(True)
        self.tree.setItemsExpandable(False)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setAccessibleName("Values of runs")
        self.tree.setToolTip("Space or a click ticks a value: the table shows the runs that have it")
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 1, 4)
        column.addWidget(self.tree)
        self.setFixedWidth(_WIDE)
        self._later = QTimer(self, interval=_WAIT_MS, singleShot=True)
        self._later.timeout.connect(self.count)
        self.tree.itemChanged.connect(self._on_changed)
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.itemActivated.connect(self._on_clicked)
        filter.applied.connect(self._wait)
        for signal in (model.dataChanged, model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._wait)

    def count(self) -> None:
        """Count the values of the runs that the filter lets through."""
        try:
            found = facets(self._model.every(), self._model.filter, self._model.names())
        except FilterError:  # it names what no run has any more; the field says so
            return
        if found != self._shown:
            self._shown = found
            self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.count()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._later.stop()

    def _wait(self) -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    # ------------------------------------------------------------- rows

    def _fill(self) -> None:
        current: QTreeWidgetItem | None = self.tree.currentItem()
        kept = (current.data(0, _FACT), current.data(0, _VALUE)) if current is not None else None
        at = self.tree.verticalScrollBar().value()
        self.tree.blockSignals(True)
        self.tree.clear()
        for fact, values in self._shown.items():
            if values:
                self._add(fact, values, kept)
        self.tree.expandAll()
        self.tree.blockSignals(False)
        self.tree.verticalScrollBar().setValue(at)

    def _add(self, fact: str, values: Sequence[Value], kept: tuple[object, object] | None) -> None:
        title = QTreeWidgetItem(self.tree, [_TITLES[fact], ""])
        title.setFlags(Qt.ItemFlag.ItemIsEnabled)
        title.setSizeHint(0, QSize(0, _ROW))
        font = title.font(0)
        font.setBold(True)
        title.setFont(0, font)
        few = [value for place, value in enumerate(values) if place < _FEW or value.chosen]
        for value in values[:_MOST] if fact in self._unfolded else few:
            self._add_value(title, fact, value, kept)
        hidden = len(values) - len(few)
        if hidden > 0:
            words = "Show fewer" if fact in self._unfolded else f"{hidden} more…"
            more = QTreeWidgetItem(title, [words, ""])
            more.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            more.setData(0, _FACT, fact)
            more.setSizeHint(0, QSize(0, _ROW))
            if kept == (fact, None):
                self.tree.setCurrentItem(more)

    def _add_value(
        self, title: QTreeWidgetItem, fact: str, value: Value, kept: tuple[object, object] | None
    ) -> None:
        item = QTreeWidgetItem(title, [text.one_line(value.text, 60), text.whole(value.count)])
        item.setData(0, _FACT, fact)
        item.setData(0, _VALUE, value.text)
        item.setToolTip(0, f"{text.one_line(value.text)}: {text.plural(value.count, 'run')}")
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setSizeHint(0, QSize(0, _ROW))
        item.setCheckState(0, Qt.CheckState.Checked if value.chosen else Qt.CheckState.Unchecked)
        if kept == (fact, value.text):
            self.tree.setCurrentItem(item)

    def _on_changed(self, item: QTreeWidgetItem) -> None:
        """A box was ticked or cleared."""
        self._toggle(item)

    def _on_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        fact, value = item.data(0, _FACT), item.data(0, _VALUE)
        if fact is not None and value is None:  # more or fewer of them
            self._unfolded ^= {fact}
            QTimer.singleShot(0, self, self._fill)

    def _toggle(self, item: QTreeWidgetItem) -> None:
        fact, value = item.data(0, _FACT), item.data(0, _VALUE)
        try:
            filter = parse(self._filter.text())
        except FilterError:  # a half-typed filter gives way to the one in force
            filter = self._model.filter
        wanted = toggled(filter, fact, value)
        QTimer.singleShot(0, self, lambda: self._filter.setText(str(wanted) if wanted is not None else ""))
