"""Plots in a grid that fills its room and scrolls where there are many; the controls that all of them share.

Imports Qt and the other widgets.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QSlider, QVBoxLayout, QWidget

from workbench.core.text import one_line
from workbench.gui.widgets.axes import STEPS, XAxis
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.legend import Legend
from workbench.gui.widgets.plot import MetricPlot
from workbench.gui.widgets.surfaces import surface

if TYPE_CHECKING:
    from workbench.gui.widgets.smoothing import Kind

AXES: Final = {
    "step": STEPS,
    "epoch": XAxis("epoch", "number"),
    "relative": XAxis("since the start", "duration"),
    "clock": XAxis("time", "clock"),
}
"""What the horizontal axis may count."""
METRIC: Final = "metric:"
"""With the name of a metric behind it: the axis that counts its values."""
_TITLES: Final = (
    ("step", "Step"),
    ("epoch", "Epoch"),
    ("relative", "Duration"),
    ("clock", "Time"),
)
_KINDS: Final[tuple[tuple["Kind", str], ...]] = (("mean", "Average"), ("median", "Median"))
_WIDE: Final = 256
_HIGH: Final = 184
_GAP: Final = 1


def axis_of(key: str) -> XAxis:
    """The axis of a key; that of the steps for one that is unknown."""
    if key.startswith(METRIC):
        return XAxis(key.removeprefix(METRIC), "number")
    return AXES.get(key, STEPS)


class PlotGrid(QScrollArea):
    """One plot for each metric; their crosshairs move together, and one legend holds for all."""

    writing = Signal(object)
    """An Export of one of the plots is to be written."""
    looked = Signal()
    """A person changed how the plots look: hidden curves, outliers, logarithmic values."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._page = QWidget()
        surface(self._page, "panel")
        # More plots make it larger: those that are there need not be painted once more.
        self._page.setAttribute(Qt.WidgetAttribute.WA_StaticContents)
        self.setWidget(self._page)
        # Plots come later than other widgets of the window; this keeps their place in the order of Tab.
        self._anchor = QWidget(self._page)
        self._anchor.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # Qt moves nothing behind what takes no focus
        self._anchor.hide()
        self._plots: dict[str, MetricPlot] = {}
        self._smoothing: tuple[float, Kind] = (0.0, "mean")
        self._axis = STEPS
        self._logs: frozenset[str] = frozenset()
        self.clip = self.log_x = False
        self.show_legend = True
        self.legend = Legend(self)
        self.legend.changed.connect(self.looked)

    @property
    def plots(self) -> dict[str, MetricPlot]:
        """The plots by metric, in their order."""
        return self._plots

    @property
    def logs(self) -> frozenset[str]:
        """The metrics whose axis is logarithmic, also those without a plot now."""
        return self._logs

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

    def set_smoothing(self, weight: float, kind: "Kind" = "mean") -> None:
        """Smooth all curves, of the plots to come too."""
        self._smoothing = (weight, kind)
        for plot in self._plots.values():
            plot.set_smoothing(weight, kind)

    def set_axis(self, axis: XAxis) -> None:
        """What the x axis counts; the curves are to be set anew."""
        axis = axis.logarithmic(self.log_x)
        if axis != self._axis:
            self._axis = axis
            for plot in self._plots.values():
                plot.set_axis(axis)

    def set_log_x(self, on: bool) -> None:
        """Let x count in powers of ten in all plots, also in those to come."""
        if on != self.log_x:
            self.log_x = on
            self.set_axis(self._axis)
            self.looked.emit()

    def set_clip(self, on: bool) -> None:
        """Cut outliers off in all plots, also in those to come."""
        if on != self.clip:
            self.clip = on
            for plot in self._plots.values():
                plot.set_clip(on)
            self.looked.emit()

    def set_logs(self, names: Iterable[str]) -> None:
        """Give these metrics logarithmic axes, and no others."""
        self._logs = frozenset(names)
        for name, plot in self._plots.items():
            plot.set_log(name in self._logs)

    def refresh(self) -> None:
        """The series have grown."""
        for plot in self._plots.values():
            plot.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _made(self, name: str, empty: str) -> MetricPlot:
        plot = MetricPlot(name, axis=self._axis, empty=empty, legend=self.legend)
        plot.setParent(self._page)
        plot.show_legend = self.show_legend
        plot.exports = True
        plot.set_smoothing(*self._smoothing)
        plot.set_clip(self.clip)
        plot.set_log(name in self._logs)
        plot.cursor_moved.connect(self._on_cursor)
        plot.clip_asked.connect(self.set_clip)
        plot.log_x_asked.connect(self.set_log_x)
        plot.writing.connect(self.writing)
        plot.log_button.toggled.connect(lambda on: self._on_log(name, on))
        return plot

    def _on_log(self, name: str, on: bool) -> None:
        logs = self._logs | {name} if on else self._logs - {name}
        if logs != self._logs:
            self._logs = logs
            self.looked.emit()

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

    smoothing_changed = Signal(float, str)
    axis_changed = Signal(str)

    def __init__(self, smoothing: float = 0.8) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 99)
        self.slider.setPageStep(10)
        self.slider.setFixedSize(88, 24)
        self.slider.setAccessibleName("Smoothing")
        self.slider.setToolTip(
            "How much of the past each point of a curve keeps; what was recorded stays visible, faint. "
            "Curves of fewer than 50 points are not smoothed."
        )
        self._value = Label("", "small")
        self._value.setFixedWidth(28)
        self.kind = Choice(
            "Smoothing by",
            "What smooths the curves: the moving average, or the moving median, which outliers do not move",
            _KINDS,
        )
        self.kind.setFixedWidth(92)
        self.axis = Choice(
            "Horizontal axis",
            "What the horizontal axis counts: steps of the optimiser, passes over the data, time, "
            "or the values of another metric",
            _TITLES,
        )
        self.axis.setFixedWidth(104)
        self.axis.view().setMinimumWidth(180)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(6)
        for widget in (self.kind, self.slider, self._value, self.axis):
            row.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.slider.valueChanged.connect(lambda _: self._on_smoothed())
        self.kind.picked.connect(lambda _: self._on_smoothed())
        self.axis.picked.connect(lambda axis: self.axis_changed.emit(str(axis)))
        self.slider.setValue(round(smoothing * 100))

    @property
    def smoothing(self) -> float:
        return self.slider.value() / 100

    @property
    def smoother(self) -> "Kind":
        """By what is smoothed."""
        return "median" if self.kind.currentData() == "median" else "mean"

    def offer(self, names: Sequence[str]) -> None:
        """Metrics whose values the axis may count, too."""
        items = [*_TITLES, *((f"{METRIC}{name}", one_line(name, 40)) for name in names)]
        if items != [
            (self.axis.itemData(place), self.axis.itemText(place)) for place in range(self.axis.count())
        ]:
            self.axis.set_items(items)

    def set_smoothing(self, weight: float, kind: "Kind") -> None:
        """Smooth so."""
        self.kind.show_value(kind)
        self.slider.setValue(round(weight * 100))
        self._on_smoothed()

    def join(self, grid: PlotGrid) -> None:
        """Let these controls steer a grid's smoothing."""
        grid.set_smoothing(self.smoothing, self.smoother)
        self.smoothing_changed.connect(grid.set_smoothing)

    def _on_smoothed(self) -> None:
        value = self.slider.value()
        self._value.setText(f"{value / 100:.2f}" if value else "off")
        self.smoothing_changed.emit(value / 100, self.smoother)


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
