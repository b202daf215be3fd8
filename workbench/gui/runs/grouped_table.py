"""The table of runs in groups: a click on a triangle, Right and Left open and close them.  Imports the table."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from workbench.gui.runs.grouped_model import GroupedModel
from workbench.gui.runs.table import RunsTable

_TRIANGLE: Final = 26
"""So wide is what opens a group by a single click, at the left of its name."""


class GroupedTable(RunsTable):
    """`opened` tells that a run, not a group, was clicked twice."""

    opened = Signal()

    def __init__(self, model: GroupedModel, *, columns: Sequence[str]) -> None:
        super().__init__(model, columns=columns)
        self._model = model
        self.doubleClicked.connect(self._on_double)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        group = self._model.group_at(self.currentIndex())
        if group is not None and event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self._model.toggle(group.label, event.key() == Qt.Key.Key_Right)
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        at = event.position().toPoint()
        index = self.indexAt(at)
        group = self._model.group_at(index) if index.isValid() and index.column() == 0 else None
        near = at.x() - self.visualRect(index).left() < _TRIANGLE
        if group is not None and near and event.button() == Qt.MouseButton.LeftButton:
            self._model.toggle(group.label)

    def _on_double(self, index: QModelIndex) -> None:
        group = self._model.group_at(index)
        if group is None:
            self.opened.emit()
        else:
            self._model.toggle(group.label)
