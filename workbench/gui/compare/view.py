"""The Compare view: tick runs on the left; their curves over one another and what differs on the right.

Imports session, chooser, differences and the plots.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.chooser import Chooser, TickedModel
from workbench.gui.compare.differences import differences
from workbench.gui.compare.table import DifferencesTable
from workbench.gui.runs import metrics
from workbench.gui.runs.feed import Points
from workbench.gui.runs.pages import epochs_per_step
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import Choice, SearchField
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.plot_grid import Axis, PlotControls, PlotGrid
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve, Style

DEFAULT_PLOTS: Final = 4
_GATHER_MS: Final = 60
_SPLITS: Final = (
    ("both", "Training and validation"),
    ("validation", "Validation only"),
    ("train", "Training only"),
)


class CompareView(QStackedWidget):
    """`reveal` ticks runs, given their ids."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._points: dict[int, Points] = {}
        self._params: dict[int, dict[str, Any]] = {}
        self._asked: set[int] = set()
        self._hidden: set[str] = set()
        self._shown: set[str] = set()
        self._axis: Axis = "step"
        self._fresh = True
        self.model = TickedModel(self)
        self.chooser = Chooser(self.model)
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._show)
        self._build()
        self.model.ticked_changed.connect(self._on_ticked)
        session.runs_changed.connect(self._on_news)
        session.schemas_changed.connect(self._name_data)
        theme.changed.connect(self._show)
        self._name_data()
        self._on_news(session.runs, session.summaries)

    def reveal(self, what: object) -> None:
        """Compare these runs: a list of ids."""
        if isinstance(what, list | tuple):
            self._fresh = False
            known = [id for id in what if isinstance(id, int) and self.model.run(id) is not None]
            self.model.tick_all(known)
            if known:
                self.filter.clear()
                self.chooser.pick(known[0])

    # ------------------------------------------------------------- parts

    def _build(self) -> None:
        self.nothing = EmptyState(
            "compare",
            "No runs to compare yet",
            "Train a model twice, with something changed in between: this view shows what that changed.",
            "Choose a template",
            "Go to Home, where the templates are",
        )
        surface(self.nothing, "base")
        self.nothing.acted.connect(lambda: self._session.go("home"))
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self._left())
        splitter.addWidget(self._right())
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([424, 1080])
        self.addWidget(self.nothing)
        self.addWidget(splitter)

    def _left(self) -> QWidget:
        panel = QWidget()
        surface(panel, "panel")
        panel.setMinimumWidth(260)
        self.filter = SearchField(
            "Filter by name, model, data, state…",
            "Filter runs",
            "Show runs in whose row all these words occur",
        )
        self.filter.textChanged.connect(self._on_filter)
        self.tally = ElidedLabel("", "small")
        self.clear = Button("Clear", "Take all runs out of the comparison", kind="quiet")
        self.clear.clicked.connect(lambda: self.model.tick_all([]))
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 8, 6)
        foot.addWidget(self.tally, 1)
        foot.addWidget(self.clear)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 6)
        head.addWidget(self.filter)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.chooser, 1)
        column.addLayout(foot)
        return panel

    def _right(self) -> QWidget:
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
        self.split.picked.connect(lambda _: self._show())
        bar = QWidget()
        surface(bar, "panel")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 6, 4, 4)
        row.setSpacing(8)
        row.addWidget(self.which)
        row.addWidget(self.split)
        row.addStretch(1)
        row.addWidget(self.controls)
        plots = QWidget()
        surface(plots, "panel")
        column = QVBoxLayout(plots)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.grid, 1)
        plots.setMinimumHeight(200)
        both = QSplitter(Qt.Orientation.Vertical)
        both.setHandleWidth(1)
        both.setChildrenCollapsible(False)
        both.addWidget(plots)
        both.addWidget(self._below())
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        both.setSizes([520, 330])
        self.hint = EmptyState(
            "compare",
            "Choose runs to compare",
            "Click the ring before a run on the left, or select rows and press Space. "
            "Two or more runs show what differs between them.",
        )
        surface(self.hint, "panel")
        self.right = QStackedWidget()
        self.right.addWidget(self.hint)
        self.right.addWidget(both)
        return self.right

    def _below(self) -> QWidget:
        self.header = Label("", "section")
        self.only = QCheckBox("Differences only")
        self.only.setChecked(True)
        self.only.setAccessibleName("Differences only")
        self.only.setToolTip("Leave out what is the same in all runs")
        self.only.toggled.connect(lambda _: self._show_differences())
        self.base = Choice("Base run", "The run that the others are held against")
        self.base.setMinimumWidth(170)
        self.base.picked.connect(lambda _: self._show_differences())
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 8, 4)
        row.setSpacing(12)
        row.addWidget(self.header, 1)
        row.addWidget(self.only)
        row.addWidget(self.base)
        self.table = DifferencesTable()
        self.same = EmptyState("check", "", "")
        self.below = QStackedWidget()
        self.below.addWidget(self.table)
        self.below.addWidget(self.same)
        panel = QWidget()
        surface(panel, "panel")
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.below, 1)
        panel.setMinimumHeight(140)
        return panel

    # ------------------------------------------------------------- news

    def _on_news(self, runs: Sequence[RunRecord], summaries: Summaries) -> None:
        self.model.update(runs, summaries)
        self.model.forget_missing()
        self.setCurrentIndex(1 if runs else 0)
        self._look()
        self._gather.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fresh and not self.model.ticked:
            self._fresh = False
            self.model.tick_all(_suggested(self._session.runs, self._session.summaries))
        self._look()
        self._gather.start()

    def _name_data(self) -> None:
        self.model.set_titles({id: schema.title for id, schema in self._session.schemas.items()})

    def _on_filter(self, words: str) -> None:
        self.model.set_filter(words)
        self._tell()

    def _on_ticked(self) -> None:
        ticked = set(self.model.ticked)
        for id in self._points.keys() - ticked:
            self._points.pop(id).deleteLater()
        for id in self.model.ticked:
            if id not in self._points:
                self._points[id] = Points(self._session, id, self)
                self._points[id].came.connect(self._gather.start)
        runs = [run for id in self.model.ticked if (run := self.model.run(id)) is not None]
        self.base.set_items([(run.id, f"Base #{run.id} {text.one_line(run.name, 30)}") for run in runs])
        self._look()
        self._show()

    def _on_axis(self, axis: str) -> None:
        self._axis = cast(Axis, axis)
        self.grid.set_axis(self._axis)
        self._show()

    # ------------------------------------------------------------- reading

    def _look(self) -> None:
        """Read what is new of the ticked runs; a hidden view waits until it is seen."""
        if not self.isVisible():
            return
        drawn = set(self._drawn())
        for points in self._points.values():
            points.look(lambda metric: metrics.split_name(metric)[1] in drawn)
        wanted = [id for id in self.model.ticked if id not in self._params and id not in self._asked]
        if wanted:
            self._asked.update(wanted)
            self._session.call(lambda store: store.params_of(wanted), self._on_params)

    def _on_params(self, found: dict[int, dict[str, Any]]) -> None:
        self._params |= found
        self._asked -= found.keys()
        self._show_differences()

    def _names(self) -> list[str]:
        """The names of all metrics of the ticked runs."""
        return metrics.names(metric for id in self.model.ticked for metric in self.model.summaries(id))

    def _drawn(self) -> list[str]:
        """The metrics that have a plot: what was chosen, else the main ones."""
        names = self._names()
        main = metrics.main_names((self.model.summaries(id) for id in self.model.ticked), DEFAULT_PLOTS)
        return [name for name in names if name in self._shown or (name in main and name not in self._hidden)]

    # ------------------------------------------------------------- showing

    def _show(self) -> None:
        self._tell()
        self.right.setCurrentIndex(1 if self.model.ticked else 0)
        if not self.model.ticked or not self.isVisible():
            return
        drawn = self._drawn()
        self._fill_menu(drawn)
        self.grid.show_metrics(drawn)
        for name, plot in self.grid.plots.items():
            curves = self._curves(name)
            if curves != plot.curves:
                plot.set_curves(curves)
            else:
                plot.refresh()
        self._show_differences()

    def _curves(self, name: str) -> "list[Curve]":
        from workbench.gui.widgets.curves import Curve

        chosen = self.split.currentData()
        splits = ("train", "validation", "test") if chosen == "both" else (chosen, "test")
        found = []
        for id, points in self._points.items():
            run = self.model.run(id)
            for split in splits:
                series = points.series.get(f"{split}/{name}")
                if run is None or series is None:
                    continue
                scale = epochs_per_step(run) if self._axis == "epoch" else 1.0
                label = f"#{id} {text.one_line(run.name, 24)} · {split}"
                style = cast("Style", metrics.STYLES[split])
                found.append(Curve(label, series, self.model.color_of(id), style, scale))
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

    def _choosing(self, name: str) -> Any:
        def choose(on: bool) -> None:
            (self._shown if on else self._hidden).add(name)
            (self._hidden if on else self._shown).discard(name)
            self._look()
            self._show()

        return choose

    def _show_differences(self) -> None:
        runs = [run for id in self.model.ticked if (run := self.model.run(id)) is not None]
        if not runs:
            return
        places = {run.id: place for place, run in enumerate(runs)}
        base = places.get(self.base.currentData(), 0)
        only = self.only.isChecked()
        rows = differences(runs, self._params, self._session.summaries, base, only=only)
        self.table.differences.show(runs, [self.model.color_of(run.id) for run in runs], base, rows)
        title = (
            f"Differences only · base #{runs[base].id}" if only else f"All settings · base #{runs[base].id}"
        )
        self.header.setText((title if len(runs) > 1 else f"Run #{runs[0].id}").upper())
        self.only.setEnabled(len(runs) > 1)
        self.base.setEnabled(len(runs) > 1)
        if not rows:
            self.same.set_texts("No difference", "These runs have the same settings and the same results.")
        self.below.setCurrentIndex(0 if rows else 1)

    def _tell(self) -> None:
        total, shown, ticked = self.model.total, len(self.model.shown), len(self.model.ticked)
        words = text.plural(total, "run") if shown == total else f"{shown} of {text.plural(total, 'run')}"
        self.tally.setText(f"{words} · {ticked} compared")
        self.clear.setEnabled(bool(ticked))


def _suggested(runs: Sequence[RunRecord], summaries: Summaries) -> list[int]:
    """The newest run that recorded something, with the newest others of the same model: a first look."""
    recorded = [run for run in runs if summaries.get(run.id)]
    return [run.id for run in recorded if _model(run) == _model(recorded[0])][:3]


def _model(run: RunRecord) -> int | str:
    """What tells models apart, also after one was renamed."""
    return run.model_id or run.model
