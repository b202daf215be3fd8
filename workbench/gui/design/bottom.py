"""Under the canvas: problems, program, summary, updates and history, and beside them the latest run of this model.

Imports Qt, session and the panels.  The plot is imported when there is a run to show.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from workbench.catalog.problems import Fix, Problem
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.code import CodePanel
from workbench.gui.design.history import HistoryPanel
from workbench.gui.design.problems import ProblemsPanel, counted
from workbench.gui.design.summary import Row, SummaryPanel
from workbench.gui.design.updates import UpdatesPanel
from workbench.gui.estimator import estimator_of
from workbench.gui.session import Session
from workbench.gui.widgets.later import Later
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.runs.feed import Points
    from workbench.gui.widgets.plot import MetricPlot

_LEAST = 154
"""The least height of the tabs: every panel has room, also one that is not made yet."""
PROBLEMS, CODE, SUMMARY, UPDATES, HISTORY = range(5)
_HELP = (
    "What is wrong or doubtful, with fixes",
    "The program that trains",
    "Shapes and sizes of all nodes",
    "Which losses train which parts, and how",
    "Every step, to go back to, and versions with names",
)


class BottomPanel(Splitter):
    """Tabs at the left, the plot at the right while this model has a run."""

    problem_chosen = Signal(object)
    row_chosen = Signal(object)
    fix_chosen = Signal(object)

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.session = canvas.session
        self._canvas = canvas
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setMinimumWidth(440)
        self.tabs.setAccessibleName("Panels of the model")
        self.tabs.tabBar().setAccessibleName("Panels of the model")
        self.tabs.setMinimumHeight(_LEAST)
        self.problems = ProblemsPanel()
        self._code = Later(self._make_code)
        self._summary = Later(self._make_summary)
        self._updates = Later(lambda: UpdatesPanel(self.session))
        self._history = Later(lambda: HistoryPanel(self.session, canvas))
        for panel, title in (
            (self.problems, "Problems"),
            (self._code, "Code"),
            (self._summary, "Summary"),
            (self._updates, "Updates"),
            (self._history, "History"),
        ):
            index = self.tabs.addTab(panel, title)
            self.tabs.setTabToolTip(index, _HELP[index])
        self.addWidget(self.tabs)
        self.live = LivePlot(self.session)
        self.addWidget(self.live)
        self.setStretchFactor(0, 1)
        self.setSizes([600, 340])
        self.problems.chosen.connect(self._on_problem)
        self.problems.mended.connect(self._on_fix)
        self._estimator = estimator_of(self.session)
        self._estimator.changed.connect(self.refresh)
        self.tabs.currentChanged.connect(self.refresh)
        self.session.document_changed.connect(self.refresh)
        self.session.analysed.connect(self.refresh)
        canvas.drawing.selection_changed.connect(self._on_selection)
        self.refresh()

    # ------------------------------------------------------------- panels that are made when one looks

    @property
    def code(self) -> CodePanel:
        """The program."""
        return self._code.part

    @property
    def summary(self) -> SummaryPanel:
        """All nodes with their sizes."""
        return self._summary.part

    @property
    def updates(self) -> UpdatesPanel:
        """What is trained how."""
        return self._updates.part

    @property
    def history(self) -> HistoryPanel:
        """Steps and versions."""
        return self._history.part

    def _make_code(self) -> CodePanel:
        made = CodePanel(self.session)
        made.show_nodes(self._canvas.drawing.selection)
        return made

    def _make_summary(self) -> SummaryPanel:
        made = SummaryPanel()
        made.chosen.connect(self._on_row)
        return made

    # ------------------------------------------------------------- following

    def bind(self, view: QWidget) -> None:
        """Offer what leads to the history, in the whole view."""
        actions = self.session.actions
        actions.bind("history", lambda: self._show_history().focus_steps(), view)
        actions.bind("versions", lambda: self._show_history().focus_versions(), view)

    def _show_history(self) -> HistoryPanel:
        self.tabs.setCurrentIndex(HISTORY)
        return self.history

    def refresh(self) -> None:
        """Show the analysis in the panel that is looked at, and the count of problems."""
        session = self.session
        document, analysis = session.document, session.analysis
        number = counted(analysis)
        self.tabs.setTabText(PROBLEMS, f"Problems ({number})" if number else "Problems")
        shown = self.tabs.currentIndex()
        if shown == SUMMARY:
            self.summary.show_analysis(document, analysis, self._estimator.forecast)
        elif shown in (PROBLEMS, UPDATES):
            (self.problems if shown == PROBLEMS else self.updates).show_analysis(document, analysis)

    def _on_problem(self, problem: Problem) -> None:
        self.problem_chosen.emit(problem)

    def _on_fix(self, fix: Fix) -> None:
        self.fix_chosen.emit(fix)

    def _on_row(self, row: Row) -> None:
        self.row_chosen.emit(row)

    def _on_selection(self) -> None:
        if self._code.is_made:
            self.code.show_nodes(self._canvas.drawing.selection)


class LivePlot(QWidget):
    """Losses of the latest run of the open model; hidden until there is one."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel", "left")
        self.setMinimumWidth(240)
        self._session = session
        self._run: RunRecord | None = None
        self._points: Points | None = None
        self.plot: MetricPlot | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 4, 8, 4)
        session.runs_changed.connect(self.refresh)
        session.model_opened.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Follow the newest run of the open model."""
        run = self._session.latest_run()
        self.setVisible(run is not None)
        if run is None:
            return
        if self._run is None or self._run.id != run.id:
            self._follow(run)
        self._run = run
        if self.plot is not None:
            self.plot.set_empty(
                "The run ended before it recorded a loss"
                if run.final
                else "The run has not recorded a loss yet"
            )
        if self._points is not None:
            self._points.look(self._is_loss)

    def _is_loss(self, metric: str) -> bool:
        """Losses of the drawing, and their sums: what an update minimises."""
        split, _, name = metric.partition("/")
        info = self._session.analysis.root.infos.get(name)
        drawn = info is not None and info.kind is not None and info.kind.family == "loss"
        return split in ("train", "validation") and (drawn or (info is None and "loss" in name))

    def _follow(self, run: RunRecord) -> None:
        from workbench.gui.runs.feed import Points
        from workbench.gui.widgets.plot import MetricPlot

        if self.plot is not None:
            self.plot.deleteLater()
        if self._points is not None:
            self._points.deleteLater()
        self.plot = MetricPlot(f"loss of {run.name} #{run.id}", empty="")
        self._column.addWidget(self.plot)
        self._points = Points(self._session, run.id, self)
        self._points.came.connect(self._on_came)

    def _on_came(self) -> None:
        from workbench.gui.widgets.curves import Curve

        if self.plot is None or self._points is None:
            return
        names = sorted(self._points.series)
        splits = [name.partition("/")[0] for name in names]
        self.plot.set_curves(
            [
                Curve(
                    _legend(name, splits),
                    self._points.series[name],
                    color=index,
                    style="dash" if name.startswith("validation/") else "solid",
                )
                for index, name in enumerate(names)
            ]
        )


def _legend(metric: str, splits: Sequence[str]) -> str:
    """A metric's name, as short as it can be: its split alone, or what follows it, where that tells it apart."""
    split, _, name = metric.partition("/")
    if splits.count(split) == 1:
        return split
    return name if len(set(splits)) == 1 else metric
