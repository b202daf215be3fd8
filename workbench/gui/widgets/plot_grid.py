"""Plots in a grid that fills its room and scrolls where there are many; the controls that all of them share.

Imports Qt and the other widgets.
"""

from collections.abc import Sequence
from typing import Final, Literal

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QSlider, QVBoxLayout, QWidget

from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.plot import MetricPlot
from workbench.gui.widgets.surfaces import surface

Axis = Literal["step", "epoch"]
_WIDE: Final = 380
_HIGH: Final = 184
_GAP: Final = 1


class PlotGrid(QScrollArea):
    """One plot for each metric; their crosshairs move together."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        surface(self._page, "panel")
        self.setWidget(self._page)
        # Plots come later than other widgets of the window; this keeps their place in the order of Tab.
        self._anchor = QWidget(self._page)
        self._anchor.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # Qt moves nothing behind what takes no focus
        self._anchor.hide()
        self._plots: dict[str, MetricPlot] = {}
        self._smoothing = 0.0
        self._axis: Axis = "step"
        self.show_legend = True

    @property
    def plots(self) -> dict[str, MetricPlot]:
        """The plots by metric, in their order."""
        return self._plots

    def show_metrics(self, names: Sequence[str], empty: str = "Waiting for the first value…") -> None:
        """Have exactly these plots, in this order; those that stay keep their zoom."""
        if list(self._plots) == list(names):
            return
        for name in self._plots.keys() - set(names):
            plot = self._plots.pop(name)
            plot.hide()
            plot.deleteLater()
        self._plots = {name: self._plots.get(name) or self._made(name, empty) for name in names}
        before = self._anchor
        for plot in self._plots.values():
            plot.show()
            for widget in (plot, plot.log_button):
                QWidget.setTabOrder(before, widget)
                before = widget
        self._place()

    def set_smoothing(self, weight: float) -> None:
        """Smooth all curves, of the plots to come too."""
        self._smoothing = weight
        for plot in self._plots.values():
            plot.set_smoothing(weight)

    def set_axis(self, axis: Axis) -> None:
        """What the x axis counts; the curves are to be set anew."""
        self._axis = axis
        for plot in self._plots.values():
            plot.set_x(axis, whole=axis == "step")

    def refresh(self) -> None:
        """The series have grown."""
        for plot in self._plots.values():
            plot.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _made(self, name: str, empty: str) -> MetricPlot:
        plot = MetricPlot(name, empty=empty)
        plot.setParent(self._page)
        plot.show_legend = self.show_legend
        plot.set_x(self._axis, whole=self._axis == "step")
        plot.set_smoothing(self._smoothing)
        plot.cursor_moved.connect(self._on_cursor)
        return plot

    def _on_cursor(self, x: float | None) -> None:
        for plot in self._plots.values():
            plot.show_cursor(x)

    def _place(self) -> None:
        count = len(self._plots)
        room = self.viewport().size()
        rows = max(1, -(-count // max(1, room.width() // _WIDE)))
        columns = max(1, -(-count // rows))  # as even as possible: four are two by two
        height = max(_HIGH, room.height() // rows)
        for index, plot in enumerate(self._plots.values()):
            row, column = divmod(index, columns)
            left, right = room.width() * column // columns, room.width() * (column + 1) // columns
            plot.setGeometry(QRect(left, row * height, right - left - _GAP, height - _GAP))
        self._page.resize(room.width(), max(room.height(), rows * height))


class PlotControls(QWidget):
    """Smoothing and the x axis, for all plots of a page."""

    smoothing_changed = Signal(float)
    axis_changed = Signal(str)

    def __init__(self, smoothing: float = 0.8) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 99)
        self.slider.setPageStep(10)
        self.slider.setFixedSize(112, 24)
        self.slider.setAccessibleName("Smoothing")
        self.slider.setToolTip(
            "How much of the past each point of a curve keeps; what was recorded stays visible, faint. "
            "Curves of fewer than 50 points are not smoothed."
        )
        self._value = Label("", "small")
        self._value.setFixedWidth(32)
        self.axis = Choice(
            "Horizontal axis",
            "What the horizontal axis counts: steps of the optimiser or passes over the data",
            [("step", "Step"), ("epoch", "Epoch")],
        )
        self.axis.setFixedWidth(88)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(Label("Smoothing", "small"))
        row.addWidget(self.slider)
        row.addWidget(self._value)
        row.addWidget(self.axis)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.slider.valueChanged.connect(self._on_slid)
        self.axis.picked.connect(lambda axis: self.axis_changed.emit(str(axis)))
        self.slider.setValue(round(smoothing * 100))

    @property
    def smoothing(self) -> float:
        return self.slider.value() / 100

    def join(self, grid: PlotGrid) -> None:
        """Let these controls steer a grid's smoothing."""
        grid.set_smoothing(self.smoothing)
        self.smoothing_changed.connect(grid.set_smoothing)

    def _on_slid(self, value: int) -> None:
        self._value.setText(f"{value / 100:.2f}" if value else "off")
        self.smoothing_changed.emit(value / 100)


def titled(widget: QWidget, header: QWidget) -> QWidget:
    """A widget under its header, without gaps."""
    page = QWidget()
    surface(page, "panel")
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(header)
    column.addWidget(widget, 1)
    return page
