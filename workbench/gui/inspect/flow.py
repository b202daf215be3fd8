"""Widgets in as many equal columns as fit, below one another where there are more.  Imports Qt."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from workbench.gui.widgets.surfaces import surface

_GAP: Final = 10


class Flow(QWidget):
    """Owns the widgets that it shows."""

    def __init__(self, least: int) -> None:
        super().__init__()
        surface(self, "panel")
        self._least = least
        self._columns = 0
        self.widgets: list[QWidget] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 12)
        column.addLayout(self._grid)
        column.addStretch(1)

    def set_widgets(self, widgets: Sequence[QWidget]) -> None:
        """Show these in this order; others that were shown are gone."""
        for widget in self.widgets:
            if widget not in widgets:
                self._drop(widget)
        self.widgets = list(widgets)
        self._columns = 0
        self._arrange()

    def remove(self, widget: QWidget) -> None:
        """Show one less."""
        self.set_widgets([each for each in self.widgets if each is not widget])

    def clear(self) -> None:
        """Show none."""
        self.set_widgets([])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _drop(self, widget: QWidget) -> None:
        self._grid.removeWidget(widget)
        widget.hide()  # at once: as a window of its own it would flash up
        widget.deleteLater()

    def _arrange(self) -> None:
        columns = max(1, (self.width() - 24 + _GAP) // (self._least + _GAP))
        if columns == self._columns:
            return
        for column in range(max(columns, self._columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for place, widget in enumerate(self.widgets):
            self._grid.addWidget(widget, *divmod(place, columns))
            widget.show()
