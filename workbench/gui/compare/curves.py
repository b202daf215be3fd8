"""The curves of the compared runs over one another: which metrics, which examples.  Imports the plots and metrics."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.chooser import TickedModel
from workbench.gui.runs import metrics
from workbench.gui.runs.feed import Points
from workbench.gui.runs.pages import epochs_per_step
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.plot_grid import Axis, PlotControls, PlotGrid
from workbench.gui.widgets.surfaces import surface

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve, Style

DEFAULT_PLOTS: Final = 4
_SPLITS: Final = (
    ("both", "Training and validation"),
    ("validation", "Validation only"),
    ("train", "Training only"),
)


class CurvesPage(QWidget):
    """A plot for each metric that is wanted, with a curve for each ticked run and part of the data."""

    asked = Signal()
    """Other curves are wanted: points are to be read, and the page is to be shown anew."""

    def __init__(self, model: TickedModel) -> None:
        super().__init__()
        surface(self, "panel")
        self._model = model
        self._hidden: set[str] = set()
        self._shown: set[str] = set()
        self._axis: Axis = "step"
        self.grid = PlotGrid("Curves of the runs")
        self.grid.show_legend = False
        self.controls = PlotControls()
        self.controls.join(self.grid)
        self.controls.axis_changed.connect(self._on_axis)
        self.which = QToolButton()
        self.which.setText("Metrics")
        self.which.setAccessibleName("Metrics")
        self.which.setToolTip("Which metrics are drawn")
        self.which.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.which.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.which.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.which.setMinimumHeight(28)
        theme.set_icon(self.which, "filter")
        self.menu = QMenu(self.which)
        self.which.setMenu(self.menu)
        self.split = Choice(
            "Examples", "Curves on training examples are dashed, on validation examples solid", _SPLITS
        )
        self.split.setMinimumWidth(200)
        self.split.picked.connect(lambda _: self.asked.emit())
        row = QHBoxLayout()
        row.setContentsMargins(8, 6, 4, 4)
        row.setSpacing(8)
        row.addWidget(self.which)
        row.addWidget(self.split)
        row.addStretch(1)
        row.addWidget(self.controls)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.grid, 1)

    def drawn(self) -> list[str]:
        """The metrics that have a plot: what was chosen, else the main ones."""
        names = self._names()
        ticked = self._model.ticked
        main = metrics.main_names((self._model.summaries(id) for id in ticked), DEFAULT_PLOTS)
        return [name for name in names if name in self._shown or (name in main and name not in self._hidden)]

    def show_points(self, points: Mapping[int, Points]) -> None:
        """Show the curves of these runs; they may have grown since."""
        drawn = self.drawn()
        self._fill_menu(drawn)
        self.grid.show_metrics(drawn)
        for name, plot in self.grid.plots.items():
            curves = self._curves(name, points)
            if curves != plot.curves:
                plot.set_curves(curves)
            else:
                plot.refresh()

    def _names(self) -> list[str]:
        """The names of all metrics of the ticked runs."""
        return metrics.names(metric for id in self._model.ticked for metric in self._model.summaries(id))

    def _curves(self, name: str, points: Mapping[int, Points]) -> "list[Curve]":
        from workbench.gui.widgets.curves import Curve

        chosen = self.split.currentData()
        splits = ("train", "validation", "test") if chosen == "both" else (chosen, "test")
        found = []
        for id, read in points.items():
            run = self._model.run(id)
            for split in splits:
                series = read.series.get(f"{split}/{name}")
                if run is None or series is None:
                    continue
                scale = epochs_per_step(run) if self._axis == "epoch" else 1.0
                label = f"#{id} {text.one_line(run.name, 24)} · {split}"
                style = cast("Style", metrics.STYLES[split])
                found.append(Curve(label, series, self._model.color_of(id), style, scale))
        return found

    def _fill_menu(self, drawn: Sequence[str]) -> None:
        names = self._names()
        if [action.text() for action in self.menu.actions()] != names:
            self.menu.clear()
            for name in names:
                action = QAction(name, self.menu)
                action.setCheckable(True)
                action.triggered.connect(self._choosing(name))
                self.menu.addAction(action)
        for action in self.menu.actions():
            action.setChecked(action.text() in drawn)
        self.which.setText(f"Metrics ({len(drawn)} of {len(names)})" if names else "Metrics")

    def _choosing(self, name: str) -> Callable[[bool], None]:
        def choose(on: bool) -> None:
            (self._shown if on else self._hidden).add(name)
            (self._hidden if on else self._shown).discard(name)
            self.asked.emit()

        return choose

    def _on_axis(self, axis: str) -> None:
        self._axis = cast(Axis, axis)
        self.grid.set_axis(self._axis)
        self.asked.emit()
