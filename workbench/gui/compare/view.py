"""The Compare view: tick runs on the left; curves, drawings and what differs on the right.

Imports session, chooser and the pages.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.below import DifferencesPanel
from workbench.gui.compare.chooser import Chooser, TickedModel
from workbench.gui.compare.curves import CurvesPage
from workbench.gui.compare.drawing import ALONE, READING, DrawingPage
from workbench.gui.compare.figures import FiguresPage
from workbench.gui.compare.importance import ImportancePage
from workbench.gui.compare.matrix import MatrixPage
from workbench.gui.compare.media import MediaPage
from workbench.gui.compare.outlines import Outlines
from workbench.gui.compare.pair import Pair, Pairs
from workbench.gui.compare.parallel import ParallelPage
from workbench.gui.compare.program import ProgramPage
from workbench.gui.compare.scatter import ScatterPage
from workbench.gui.compare.verdict import Verdicts, main_figure, question
from workbench.gui.exports import SeveralMenu
from workbench.gui.runs import metrics
from workbench.gui.runs.feed import Points, Turns
from workbench.gui.runs.filter_field import FilterField
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

_GATHER_MS: Final = 60

_HEIGHTS: Final = [520, 330]
"""Of the pages and of the differences below them; they share what there is like this."""
_HEIGHTS_OF_TWO: Final = [650, 200]


class CompareView(QStackedWidget):
    """`reveal` ticks runs, given their ids."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._points: dict[int, Points] = {}
        self._turns = Turns()
        self._params: dict[int, dict[str, Any]] = {}
        self._asked: set[int] = set()
        self._fresh = True
        self.model = TickedModel(self)
        self.chooser = Chooser(self.model)
        self._gather = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._gather.timeout.connect(self._show)
        self._outlines = Outlines(session, self)
        self._drawing = QTimer(self, singleShot=True, interval=_GATHER_MS)
        self._drawing.timeout.connect(self._show_curves)
        self._outlines.came.connect(self._drawing.start)
        self._outlines.drawn.connect(self._look)
        self.pairs = Pairs(session, self)
        self.pairs.came.connect(self._on_pair)
        self.verdicts = Verdicts(session, self)
        self._build()
        self.verdicts.came.connect(self.panel.judge)
        for id, by in (("next_difference", 1), ("previous_difference", -1)):
            session.actions.bind(id, partial(self.step, by), self)
        self.model.ticked_changed.connect(self._on_ticked)
        session.runs_changed.connect(self._on_news)
        session.closing.connect(self._on_closing)
        session.figures_came.connect(self._on_figures)
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
        self.addWidget(self.nothing)
        # From the outside in: what is put into another widget is dressed again with all that it holds.
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        self.addWidget(splitter)
        left = QWidget()
        self.right = QStackedWidget()
        splitter.addWidget(left)
        splitter.addWidget(self.right)
        self._fill_left(left)
        self._fill_right()
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([440, 1064])

    def _fill_left(self, panel: QWidget) -> None:
        surface(panel, "panel")
        panel.setMinimumWidth(260)
        self.filter = FilterField(self._session, self.model)
        self.filter.applied.connect(self._on_filter)
        self.filter.refused.connect(lambda _: self._tell())
        self.tally = ElidedLabel("", "small")
        self.clear = Button("Clear", "Take all runs out of the comparison", kind="quiet")
        self.clear.clicked.connect(lambda: self.model.tick_all([]))
        self.export = Button("Export", "Write a report of the compared runs, or their metrics", kind="quiet")
        self.exports = SeveralMenu(self._session, self)
        self.exports.aboutToShow.connect(self._on_export)
        self.export.setMenu(self.exports)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 4, 8, 6)
        foot.addWidget(self.tally, 1)
        foot.addWidget(self.export)
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

    def _fill_right(self) -> None:
        self.hint = EmptyState(
            "compare",
            "Choose runs to compare",
            "Click the ring before a run on the left, or select rows and press Space. "
            "Two or more runs show what differs between them.",
        )
        surface(self.hint, "panel")
        self.right.addWidget(self.hint)
        both = self._both = Splitter(Qt.Orientation.Vertical)
        both.setHandleWidth(1)
        self.right.addWidget(both)
        self.tabs = QTabWidget()
        both.addWidget(self.tabs)
        self.curves = CurvesPage(self._session, self.model)
        self.curves.asked.connect(self._on_asked)
        self.drawing = DrawingPage()
        self.program = ProgramPage()
        self.figures = FiguresPage(self._session)
        self.scatter = ScatterPage(self._session)
        self.scatter.picked.connect(lambda id: self.model.toggle([id]))
        self.media = MediaPage(self._session)
        self.parallel = ParallelPage(self._session)
        self.matrix = MatrixPage(self._session)
        for brushed in (self.parallel, self.matrix):
            brushed.chosen.connect(self.model.tick_all)
            brushed.picked.connect(lambda id: self.model.toggle([id]))
        self.importance = ImportancePage(self._session)
        self.importance.explored.connect(self._on_explored)
        self.other = Choice("Other run", "The run that is held against the base run here")
        self.other.setMinimumWidth(170)
        self.other.picked.connect(lambda _: self._show_pair())
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Pages of the comparison")
        self.tabs.tabBar().setToolTip(
            "Curves and figures of the ticked runs; drawings and programs of two of them"
        )
        for page, title in (
            (self.curves, "Curves"),
            (self.drawing, "Drawing"),
            (self.program, "Program"),
            (self.figures, "Figures"),
            (self.scatter, "Scatter"),
            (self.media, "Records"),
            (self.parallel, "Parallel"),
            (self.matrix, "Matrix"),
            (self.importance, "Importance"),
        ):
            self.tabs.addTab(page, title)
        self.tabs.setMinimumHeight(200)
        self.tabs.currentChanged.connect(lambda _: self._on_page())
        self.panel = DifferencesPanel()
        both.addWidget(self.panel)
        self.panel.row.addWidget(self.other)
        self.panel.changed.connect(self._show_differences)
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        both.setSizes(_HEIGHTS)
        self._heights = {False: _HEIGHTS, True: _HEIGHTS_OF_TWO}
        self._of_two = False

    def _on_page(self) -> None:
        """Two drawings or programs, one above the other, need the room, and have a list of differences of their own."""
        of_two = self.tabs.currentWidget() in (self.drawing, self.program)
        if of_two != self._of_two:
            self._heights[self._of_two] = self._both.sizes()
            self._both.setSizes(self._heights[of_two])
            self._of_two = of_two
        self._show()

    def step(self, by: int) -> None:
        """Go to the next difference of the page that is shown, or to the one before."""
        page = self.tabs.currentWidget()
        if page is self.drawing and self.drawing.changes:
            self.drawing.step(by)
        elif page is self.program and self.program.currentIndex() == 1:
            self.program.step(by)
        else:
            self.panel.step(by)

    # ------------------------------------------------------------- news

    def _on_news(self, runs: Sequence[RunRecord], summaries: Summaries) -> None:
        self.model.update(runs, summaries, self._session.marks)
        self.filter.look_again()
        self.model.forget_missing()
        self.setCurrentIndex(1 if runs else 0)
        self._look()
        self._gather.start()

    def _on_figures(self, ids: frozenset[int]) -> None:
        self.model.take_figures(self._session.summaries, ids)
        self.filter.look_again()
        if not ids.isdisjoint(self.model.ticked):
            self._look()
            self._gather.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fresh and not self.model.ticked:
            self._fresh = False
            self.model.tick_suggested()
        self._look()
        self._gather.start()

    def _name_data(self) -> None:
        self.model.set_titles({id: schema.title for id, schema in self._session.schemas.items()})

    def _on_filter(self) -> None:
        self._tell()
        self._show_scatter()

    def _on_export(self) -> None:
        """The base run first: others are held against it."""
        runs = self._runs()
        base = self.panel.base_of(runs) if runs else 0
        self.exports.runs = [*runs[base : base + 1], *runs[:base], *runs[base + 1 :]]

    def _on_ticked(self) -> None:
        ticked = set(self.model.ticked)
        for id in self._points.keys() - ticked:
            self._points.pop(id).leave()
        for id in self.model.ticked:
            if id not in self._points:
                self._points[id] = Points(self._session, id, self, self._turns)
                self._points[id].came.connect(self._drawing.start)
        self.panel.offer(self._runs())
        self._on_asked()

    def _on_asked(self) -> None:
        self._look()
        self._show()

    # ------------------------------------------------------------- reading

    def _look(self) -> None:
        """Read what is new of the ticked runs; a hidden view waits until it is seen."""
        if not self.isVisible():
            return
        drawn = self.curves.wanted()
        self._outlines.look(self._points, drawn)
        for id, points in self._points.items():
            points.look(partial(self._outlines.may_read, id, drawn))
        wanted = [id for id in self.model.ticked if id not in self._params and id not in self._asked]
        if wanted:
            self._asked.update(wanted)

            def failed(error: Exception) -> None:
                self._asked.difference_update(wanted)  # asked for again with the next news
                self._session.message.emit(f"The settings of the runs cannot be read: {error}", "error")

            self._session.call(lambda store: store.params_of(wanted), self._on_params, failed)

    def _on_closing(self) -> None:
        self._params.clear()  # of other runs, though they have the same numbers
        self._asked.clear()

    def _on_params(self, found: dict[int, dict[str, Any]]) -> None:
        self._params |= found
        self._asked -= found.keys()
        self._gather.start()

    def _runs(self) -> list[RunRecord]:
        """The ticked runs."""
        return [run for id in self.model.ticked if (run := self.model.run(id)) is not None]

    # ------------------------------------------------------------- showing

    def _show(self) -> None:
        self._tell()
        self.right.setCurrentIndex(1 if self.model.ticked else 0)
        if not self.model.ticked or not self.isVisible():
            return
        self._show_curves()
        if self.tabs.currentWidget() is self.media:
            self.media.show_runs(self._runs(), {id: self.model.color_of(id) for id in self.model.ticked})
        self._show_scatter()
        self._show_differences()

    def _show_curves(self) -> None:
        """The page that grows with the points."""
        if self.model.ticked and self.isVisible() and self.tabs.currentWidget() is self.curves:
            self.curves.show_points(self._points, self._params)

    def _show_scatter(self) -> None:
        """The pages that show all listed runs."""
        page = self.tabs.currentWidget()
        if page not in (self.scatter, self.parallel, self.matrix, self.importance):
            return
        shown = [run for id in self.model.shown if (run := self.model.run(id)) is not None]
        if page is self.importance:
            self.importance.show_runs(shown)
        elif isinstance(page, ScatterPage | ParallelPage | MatrixPage):
            page.show_runs(shown, {id: self.model.color_of(id) for id in self.model.ticked})

    def _on_explored(self, setting: str, result: str) -> None:
        """See the runs over a setting."""
        self.scatter.choose(setting, result)
        self.tabs.setCurrentWidget(self.scatter)

    def _show_differences(self) -> None:
        if runs := self._runs():
            colors = [self.model.color_of(run.id) for run in runs]
            self.panel.show_runs(runs, colors, self._params, self._session.summaries)
            if self.tabs.currentWidget() is self.figures:
                self.figures.show_runs(runs, colors, self._session.summaries)
            self._judge(runs)
        self._show_pair()

    def _judge(self, runs: Sequence[RunRecord]) -> None:
        """Ask whether the runs differ by more than their seeds; the answer comes by itself."""
        summaries, ids = self._session.summaries, [run.id for run in runs]
        names = metrics.names(metrics.recorded(summaries.get(id, {}) for id in ids))
        name = self.panel.offer_figures(names, main_figure(summaries, ids))
        if self.isVisible():
            base = self.panel.base_of(runs)
            asked = question(runs, base, name, self._params, summaries) if name and len(runs) > 1 else None
            self.verdicts.ask(asked)

    # ------------------------------------------------------------- two runs

    def _pair(self) -> tuple[RunRecord, RunRecord] | None:
        """The base run and the one that its drawing is held against; None where fewer than two are ticked."""
        runs = self._runs()
        if len(runs) < 2:
            return None
        base = runs[self.panel.base_of(runs)]
        others = [run for run in runs if run.id != base.id]
        items = [(run.id, f"With #{run.id} {text.one_line(run.name, 30)}") for run in others]
        if items != [
            (self.other.itemData(place), self.other.itemText(place)) for place in range(self.other.count())
        ]:
            self.other.set_items(items)
        return base, next((run for run in others if run.id == self.other.currentData()), others[0])

    def _show_pair(self) -> None:
        pair = self._pair()
        paired = self.tabs.currentWidget() in (self.drawing, self.program)
        self.other.setVisible(paired and pair is not None)
        if pair is None:
            self.pairs.forget()
            for page in (self.drawing, self.program):
                page.say(*ALONE)
        elif paired and self.isVisible() and self.pairs.look(*pair):
            for page in (self.drawing, self.program):
                page.say(*READING)

    def _on_pair(self, pair: Pair) -> None:
        runs = [self.model.run(side.run) for side in (pair.base, pair.other)]
        base, other = runs
        if base is not None and other is not None:
            colors = [self.model.color_of(run.id) for run in (base, other)]
            self.drawing.show_pair(pair, (base, other), colors)
            self.program.show_pair(pair)

    def _tell(self) -> None:
        total, shown, ticked = self.model.total, len(self.model.shown), len(self.model.ticked)
        words = text.plural(total, "run") if shown == total else f"{shown} of {text.plural(total, 'run')}"
        wrong = str(self.filter.trouble or "") if self.filter.property("wrong") else ""
        self.tally.setText(wrong or f"{words} · {ticked} compared")
        self.tally.set_role("err" if wrong else "small")
        self.clear.setEnabled(bool(ticked))
        self.export.setEnabled(bool(ticked))
