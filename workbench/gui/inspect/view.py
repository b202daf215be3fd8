"""The Inspect view: a run is chosen on the left, the pages on the right tell what its model does.

Imports session, service, chooser and the pages.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.inspect.attention import AttentionPage
from workbench.gui.inspect.chooser import RunChooser, named
from workbench.gui.inspect.errors import ErrorsPage
from workbench.gui.inspect.explain import ExplainPage
from workbench.gui.inspect.generate import GeneratePage
from workbench.gui.inspect.layers import LayersPage
from workbench.gui.inspect.page import Own, Page, Place, Subject, Work
from workbench.gui.inspect.points import MapPage
from workbench.gui.inspect.predict import PredictPage
from workbench.gui.inspect.sample_page import SamplePage
from workbench.gui.inspect.service import Answer, Question, service_of
from workbench.gui.inspect.weights import WeightsPage
from workbench.gui.runs.commands import can_inspect
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.gui.widgets.buttons import Chips, IconButton
from workbench.gui.widgets.fields import Choice
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface
from workbench.store.records import RunRecord

PAGES: Final[tuple[type[Page], ...]] = (
    ErrorsPage, PredictPage, ExplainPage, LayersPage, AttentionPage, MapPage, WeightsPage, GeneratePage
)  # fmt: skip
"""In the order of their tabs; each is there for the models of which the service can tell what it needs."""
_CHOOSE: Final = (
    "Choose a run to look into",
    "Click a run on the left: where its model errs, what it says to samples of your own, and why.",
)


class InspectView(QStackedWidget):
    """`reveal` looks into a run, given its id."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._service = service_of(session)
        self._run: RunRecord | None = None
        self._wanted = 0
        self._asked: Question | None = None
        self.subject: Subject | None = None
        self.pages: dict[str, Page] = {}
        self.chooser = RunChooser(session)
        self._build()
        self.chooser.chosen.connect(self.choose)
        session.runs_changed.connect(self._on_news)
        session.schemas_changed.connect(self.chooser.look)
        session.closing.connect(self._on_closing)
        self._on_news(session.runs, session.summaries)

    def reveal(self, what: object) -> None:
        """Look into a run; one that is not known yet as soon as it is."""
        if isinstance(what, int):
            self._wanted = what
            self._look_for_wanted()

    # ------------------------------------------------------------- parts

    def _build(self) -> None:
        self.nothing = EmptyState(
            "inspect",
            "No run to look into yet",
            "Train a model to its end: this view shows where it errs, what it says to samples of your own, and why.",
            "Choose a template",
            "Go to Home, where the templates are",
        )
        surface(self.nothing, "base")
        self.nothing.acted.connect(lambda: self._session.go("home"))
        surface(self.chooser, "panel")
        self.chooser.setMinimumWidth(200)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.chooser)
        splitter.addWidget(self._right())
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([260, 1240])
        self.addWidget(self.nothing)
        self.addWidget(splitter)

    def _right(self) -> QWidget:
        self.hint = EmptyState(
            "inspect", *_CHOOSE, "Look into the newest run", "Look into the newest run that has weights"
        )
        surface(self.hint, "panel")
        self.hint.acted.connect(self._on_hint)
        self.opening = Work()
        self.opening.cancelled.connect(lambda: self._say(*_CHOOSE))
        self.opening.setMaximumWidth(420)
        waiting = QWidget()
        surface(waiting, "panel")
        middle = QVBoxLayout(waiting)
        middle.addStretch(1)
        middle.addWidget(self.opening, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(2)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Pages of the model")
        self.tabs.tabBar().setToolTip("What can be looked into; each kind of model has other pages")
        main = QWidget()
        column = QVBoxLayout(main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header())
        column.addWidget(self.tabs, 1)
        self.right = QStackedWidget()
        for part in (self.hint, waiting, main):
            self.right.addWidget(part)
        return self.right

    def _header(self) -> QWidget:
        header = QWidget()
        surface(header, "panel", "bottom")
        self.name = ElidedLabel("", "strong", Qt.TextElideMode.ElideMiddle)
        self.said = ElidedLabel("", "small")
        self.which = Chips((("best", "Best"), ("last", "Last")), "Weights")
        self.which.button("best").setToolTip(
            "The weights of the epoch that was best on the validation examples"
        )
        self.which.button("last").setToolTip("The weights as they were when the training ended")
        self.which.chosen.connect(self._on_which)
        self.output = Choice("Output", "Which of the model's outputs all pages are about")
        self.output.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToContents)
        self.output.setMaximumWidth(240)
        self.output.picked.connect(lambda _: self._on_output())
        self.show_run = IconButton(
            "runs", "Show this run in Runs", "Show this run in Runs: curves, log, settings"
        )
        self.show_run.clicked.connect(self._on_show_run)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.name)
        words.addWidget(self.said)
        row = QHBoxLayout(header)
        row.setContentsMargins(14, 6, 12, 6)
        row.setSpacing(8)
        row.addLayout(words, 1)
        row.addWidget(self.output)
        row.addWidget(self.which)
        row.addWidget(self.show_run)
        return header

    # ------------------------------------------------------------- which model

    def choose(self, run: int, checkpoint: str = "", output: str = "") -> None:
        """Look into the model of a run; its best weights and its main output unless others are asked for."""
        record = next((each for each in self._session.runs if each.id == run), None)
        if record is None:
            return
        subject = self.subject
        if subject is not None and run == subject.run:
            if checkpoint in ("", subject.checkpoint) and output in ("", subject.output):
                return
            output = output or subject.output
        self._run = record
        self.chooser.show_chosen(run)
        self._service.cancel(self._asked)
        self._take(None)
        which = checkpoint or "best"
        request = {"do": "about", "run": run, "checkpoint": which, **({"output": output} if output else {})}

        def answered(about: Answer) -> None:
            self._open(Subject(run, which, about, output))

        self._asked = self._service.ask(request, answered, self._refuse)
        self.opening.begin(self._asked, f"Opening {named(record)}")
        self.right.setCurrentIndex(1)

    def _open(self, subject: Subject) -> None:
        self._asked = None
        self.opening.end()
        run = self._run
        if run is None:
            return
        offered = [cls for cls in PAGES if subject.can(*cls.needs)]
        if not offered:
            self._say(f"Nothing to see of {named(run)}", "This kind of model has no page here yet.")
            return
        self.name.setText(named(run))
        trouble = str(subject.about.get("trouble") or "")
        self.said.setText(trouble or str(subject.about.get("said") or ""))
        self.said.set_role("err" if trouble else "small")
        kept = [str(which) for which in subject.about.get("checkpoints") or ()]
        for which in ("best", "last"):
            button = self.which.button(which)
            button.setEnabled(which in kept or which == subject.checkpoint)
            button.setChecked(which == subject.checkpoint)
        self.which.setVisible(len(kept) > 1)
        names = [str(each.get("name")) for each in subject.outputs]
        self.output.set_items([(name, f"Output: {text.one_line(name, 40)}") for name in names])
        self.output.show_value(subject.output or next(iter(names), ""))
        self.output.setVisible(len(names) > 1)
        self.right.setCurrentIndex(2)
        self._show_pages(offered)
        self._take(subject)

    def _show_pages(self, offered: Sequence[type[Page]]) -> None:
        """A tab for each; the one that was seen stays where it is still there."""
        titles = [cls.title for cls in offered]
        for cls in offered:
            if cls.title not in self.pages:
                page = self.pages[cls.title] = cls(self._service)
                page.going.connect(self.go)
                if isinstance(page, SamplePage):
                    page.looked.connect(self._on_looked)
                order = [each.title for each in PAGES if each.title in self.pages]
                self.tabs.insertTab(order.index(cls.title), page, cls.title)
        for place in range(self.tabs.count()):
            self.tabs.setTabVisible(place, self.tabs.tabText(place) in titles)
        if self.tabs.tabText(self.tabs.currentIndex()) not in titles:
            self.tabs.setCurrentWidget(self.pages[titles[0]])

    def _take(self, subject: Subject | None) -> None:
        self.subject = subject
        for title, page in self.pages.items():
            place = self.tabs.indexOf(self.pages[title])
            page.take(subject if self.tabs.isTabVisible(place) else None)

    def go(self, title: str, place: object) -> None:
        """Show a sample on another page."""
        page = self.pages.get(title)
        if page is not None and isinstance(place, Place | Own):
            page.show_place(place)
            self.tabs.setCurrentWidget(page)

    def _on_looked(self, place: object) -> None:
        """The other pages look at the same sample as soon as they are seen."""
        for page in self.pages.values():
            if isinstance(page, SamplePage) and page is not self.sender() and isinstance(place, Place | Own):
                page.follow(place)

    # ------------------------------------------------------------- what a person does

    def _on_hint(self) -> None:
        """The button of the empty page: try the same once more, or begin with the newest run."""
        run = self._run or self.chooser.newest()
        if run is not None:
            self.choose(run.id)

    def _on_which(self, which: str) -> None:
        if self.subject is not None:
            self.choose(self.subject.run, which)

    def _on_output(self) -> None:
        if self.subject is not None:
            self.choose(self.subject.run, self.subject.checkpoint, str(self.output.currentData()))

    def _on_show_run(self) -> None:
        if self.subject is not None:
            self._session.go("runs", self.subject.run)

    # ------------------------------------------------------------- news

    def _on_news(self, runs: Sequence[RunRecord], summaries: Summaries) -> None:
        self.chooser.look()
        self.setCurrentIndex(1 if self.chooser.newest() is not None or self._run is not None else 0)
        if self._run is not None and all(run.id != self._run.id for run in runs):
            gone = named(self._run)
            self._leave_run()
            self._say(f"{gone} was deleted", "Choose another run on the left.")
            self.setCurrentIndex(1 if self.chooser.newest() is not None else 0)
        self._look_for_wanted()

    def _look_for_wanted(self) -> None:
        wanted = next((run for run in self._session.runs if run.id == self._wanted), None)
        if wanted is None:
            return
        self._wanted = 0
        if can_inspect(wanted):
            self.chooser.search.clear()
            self.chooser.look()
            self.choose(wanted.id)
        else:
            self._leave_run()
            why = "It has kept no weights." if wanted.final else "It has not ended yet."
            self._say(f"{named(wanted)} cannot be looked into", f"{why} Choose another run on the left.")
            self.setCurrentIndex(1)

    def _leave_run(self) -> None:
        self._service.cancel(self._asked)
        self._asked, self._run = None, None
        self._take(None)
        self.chooser.show_chosen(0)

    def _refuse(self, reason: str) -> None:
        """The model cannot be opened."""
        name = named(self._run) if self._run is not None else "The run"
        self._asked = None
        self._say(f"{name} cannot be looked into", reason, again=True)

    def _say(self, title: str, hint: str, *, again: bool = False) -> None:
        """Show a sentence in place of the pages."""
        self.opening.end()
        self._service.cancel(self._asked)
        self._asked = None
        if not again:
            self._run = None
            self.chooser.show_chosen(0)
        self.hint.set_texts(title, hint)
        if self.hint.button is not None:
            self.hint.button.setText("Try again" if again else "Look into the newest run")
            self.hint.button.setVisible(again or self.chooser.newest() is not None)
        self.right.setCurrentIndex(0)

    def _on_closing(self) -> None:
        """The workspace is let go of: its service is gone, and so are the answers and what was to be revealed."""
        self._wanted = 0
        self._leave_run()
        self._say(*_CHOOSE)

    # ------------------------------------------------------------- Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._service.come_back()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._service.leave()
