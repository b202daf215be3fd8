"""The curves of one run, with what probes recorded beside them.  Imports the feed, metrics, plots and media."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from workbench.core import text
from workbench.gui.runs import metrics
from workbench.gui.runs.chart_look import ChartLook, ChartLooks, look_now, show_look, write
from workbench.gui.runs.feed import Points
from workbench.gui.runs.x_axes import Laid
from workbench.gui.session import Session
from workbench.gui.widgets.media import MediaPanel
from workbench.gui.widgets.plot_grid import PlotControls, PlotGrid, axis_of
from workbench.gui.widgets.plot_painting import Mark
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState
from workbench.store.records import Checkpoint, LogLine, Media, RunRecord

COLORS: Final = {"train": 0, "validation": 1, "test": 2}
LOOK: Final = "run_curves"
"""The setting of the workspace that keeps how the curves of runs look."""
_AT_ONCE: Final = 6
"""So many plots are made before keys and clicks have their turn."""
_MOST_LINES: Final = 20
_EVENTS: Final = {"warning": "warn", "error": "err"}
_KEPT: Final = {"best": ("Best checkpoint", "ok"), "last": ("Last checkpoint", "dim")}


class CurvesPage(QWidget):
    """A plot for each name of a metric; checkpoints, warnings and the first NaN are marked."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._laid = Laid()
        self._run: RunRecord | None = None
        self._points: Points | None = None
        self._checkpoints: Sequence[Checkpoint] = []
        self._lines: list[LogLine] = []
        self._look = ChartLook()
        self._most = _AT_ONCE
        self._more = QTimer(self, interval=0, singleShot=True)
        self._more.timeout.connect(self._show_more)
        self.grid = PlotGrid("Curves of the run")
        self.grid.writing.connect(lambda export: write(session, export))
        self.controls = PlotControls()
        self.controls.join(self.grid)
        self.looks = ChartLooks(session, LOOK, self)
        self.looks.read.connect(self._on_read)
        self.grid.looked.connect(self._remember)
        self.controls.smoothing_changed.connect(lambda *_: self._remember())
        self.controls.axis_changed.connect(self._on_axis)
        self.media = MediaPanel()
        self.media.hide()
        self.empty = EmptyState("runs", "", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.grid)
        self.splitter = Splitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self._stack)
        self.splitter.addWidget(self.media)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([900, 320])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.splitter)

    # ------------------------------------------------------------- what is shown

    def show_points(self, run: RunRecord, points: Points | None) -> None:
        """Show the series that are there; they may have grown since."""
        self._run, self._points = run, points
        series = points.series if points else {}
        if points is None or not series:
            self._stack.setCurrentWidget(self.empty)
            self.empty.set_texts(*_why_empty(run))
            return
        self._stack.setCurrentWidget(self.grid)
        names = metrics.names(series)
        self.controls.offer(names)
        self.controls.axis.show_value(self._laid.axis)
        self._show_plots(run, points, names[: self._most])
        if len(names) > self._most:
            self._more.start()

    def _show_plots(self, run: RunRecord, points: Points, names: Sequence[str], first: int = 0) -> None:
        """Have these plots, and show what is new in those from the `first` on."""
        from workbench.gui.widgets.curves import Curve

        self.grid.show_metrics(names)
        named: dict[str, list[str]] = {}
        for metric in sorted(points.series, key=lambda metric: COLORS.get(metrics.split_name(metric)[0], 9)):
            named.setdefault(metrics.split_name(metric)[1], []).append(metric)
        for name in names[first:]:
            plot, mine = self.grid.plots[name], named[name]
            curves = []
            for place, metric in enumerate(mine):
                split = metrics.split_name(metric)[0]
                if (laid := self._laid.lay(run, points, metric)) is not None:
                    color = COLORS.get(split, 3 + place)
                    curves.append(Curve(split or name, laid[0], color, "solid", laid[1]))
            if curves != plot.curves:
                plot.set_curves(curves)
            else:
                plot.refresh()
            plot.set_marks(self._marks(mine))

    def _show_more(self) -> None:
        first, self._most = self._most, self._most + _AT_ONCE
        if self._run is not None and self._points is not None:
            names = metrics.names(self._points.series)
            self._show_plots(self._run, self._points, names[: self._most], first)
            if len(names) > self._most:
                self._more.start()

    def add_media(self, media: Sequence[Media]) -> None:
        """The probes recorded more."""
        self.media.add(media)
        self.media.setVisible(self.media.media_count > 0)

    def add_events(self, checkpoints: Sequence[Checkpoint], lines: Sequence[LogLine]) -> None:
        """What there is to be marked now: all checkpoints, and lines of the log that are new."""
        told = [*self._lines, *(line for line in lines if line.level in _EVENTS)][:_MOST_LINES]
        others = (told, checkpoints) != (self._lines, self._checkpoints)
        self._lines, self._checkpoints = told, checkpoints
        if others and self._run is not None:
            self.show_points(self._run, self._points)

    def clear(self) -> None:
        """Another run."""
        self._run = self._points = None
        self._checkpoints, self._lines = [], []
        self._laid.forget()
        self._most = _AT_ONCE
        self._more.stop()
        self.grid.show_metrics([])
        self.media.clear()
        self.media.hide()

    def _marks(self, shown: Sequence[str]) -> list[Mark]:
        run, points = self._run, self._points
        if run is None or points is None or not shown:
            return []
        found = []
        for one in self._checkpoints:
            title, token = _KEPT.get(one.kind, (text.one_line(one.kind, 40), "dim"))
            found.append((float(one.step), f"{title}, epoch {text.whole(one.epoch)}", token))
        for metric in shown:
            if (step := _first_gap(points, metric)) is not None:
                split = metrics.split_name(metric)[0]
                found.append(
                    (step, f"{split or metric}: NaN or infinite from step {text.whole(step)}", "err")
                )
        times = points.times.get(shown[0])  # none where points are missing that were once counted
        found += [
            (step, text.one_line(line.text, 100), _EVENTS[line.level])
            for line in self._lines
            if times is not None and (step := times.step_at(line.time)) is not None
        ]
        placed = (
            (self._laid.place(run, points, shown[0], step), words, token) for step, words, token in found
        )
        return [Mark(x, words, token) for x, words, token in placed if x is not None]

    # ------------------------------------------------------------- how it looks

    def _on_axis(self, axis: str) -> None:
        self._set_axis(axis)
        self._remember()

    def _set_axis(self, axis: str) -> None:
        self._laid.set_axis(axis)
        self.grid.set_axis(axis_of(axis))
        if self._run is not None:
            self.show_points(self._run, self._points)

    def _on_read(self, look: ChartLook) -> None:
        self._look = look
        show_look(look, self.grid, self.controls)
        self._set_axis(look.axis)

    def _remember(self) -> None:
        self._look = look_now(replace(self._look, axis=self._laid.axis), self.grid, self.controls)
        self.looks.remember(self._look)


def _first_gap(points: Points, metric: str) -> float | None:
    """The step from which on a series holds values that are not finite; None where all are."""
    series = points.series[metric]
    if not series.gaps:
        return None
    import numpy as np

    return float(series.x[int(np.isnan(series.y).argmax())])


def _why_empty(run: RunRecord) -> tuple[str, str]:
    if run.state == "queued":
        return "Queued", "It starts as soon as a device is free; its curves appear here by themselves."
    if run.alive:
        return "Starting", "The first values appear here in a moment."
    if run.step:
        return "Reading", "Its curves appear here in a moment."
    return "Nothing was recorded", "This run ended before its first step. Its log says how far it came."
