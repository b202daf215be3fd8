"""One run in detail: what it is and how it goes, what can be done with it, and its pages.  Imports session, pages."""

import re
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QTabWidget, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui import progress, theme
from workbench.gui.actions import explain
from workbench.gui.exports import ExportMenu
from workbench.gui.read_only import guard
from workbench.gui.runs import commands
from workbench.gui.runs.curves_page import CurvesPage
from workbench.gui.runs.feed import More, Points, Recorded
from workbench.gui.runs.notes import NotesPage
from workbench.gui.runs.pages import CheckpointsPage, LogPage, SettingsPage
from workbench.gui.runs.table_model import spent
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.labels import STATE_TOKENS, ElidedLabel, Label, StatusDot
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import UNMARKED, RunRecord

_WIDEST_TAGS: Final = 180
_LEAST_NAME: Final = 110
_LONGEST_WORD: Final = 80
_LONGEST_CAUSE: Final = 1200
_OPEN = "Open a copy of the exact drawing that this run trains"
_AGAIN = "Queue the same drawing, data and seed once more"
_ROLES = {"ok": "ok", "err": "err", "warn": "warn"}


class RunHeader(QWidget):
    """Name, state, marks and facts of a run with its buttons; the cause of a failure in words."""

    tags_asked = Signal(int)
    """The tags of a run are to be changed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel", "bottom")
        self._session = session
        self._run: RunRecord | None = None
        self.dot = StatusDot()
        self.name = ElidedLabel("", "strong", Qt.TextElideMode.ElideMiddle)
        font = QFont(self.name.font())
        font.setPixelSize(15)
        self.name.setFont(font)
        self.state = Label("")
        self.star = IconButton("star", "Star", "Give this run a star, or take it away")
        self.tags = Button("", "Change the tags of this run", kind="quiet", icon="tag")
        self.tags.setMaximumWidth(_WIDEST_TAGS)
        self.facts = ElidedLabel("", "small")
        self.trouble = Label("", "err", wrap=True)
        self.trouble.setMinimumWidth(1)  # Qt would make the window as wide as its longest word
        self.trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.pause = Button("Pause", "Pause this run after its current step", icon="pause")
        self.stop = Button("Stop", "End this run; what it learned is kept", icon="stop")
        self.open = Button("Open drawing", _OPEN, icon="design")
        self.inspect = Button("Inspect", "Look into the model of this run", icon="inspect")
        self.again = Button("Run again", _AGAIN, icon="refresh")
        self.weights = Button(
            "Weights", "Train on from the weights of this run, or use them in the open model", icon="link"
        )
        menu = QMenu(self.weights)
        for title, command in (
            ("Train on from these weights", commands.train_on),
            ("Use its weights in the open model", commands.use_weights),
        ):
            menu.addAction(title).triggered.connect(lambda _=False, command=command: self._do(command))
        self.weights.setMenu(menu)
        self.export = Button(
            "Export", "Write this run for other programs: ONNX, weights, a Python program", icon="export"
        )
        self.kinds = ExportMenu(session, self.export)
        self.export.setMenu(self.kinds)
        self.delete = IconButton("delete", "Delete this run", "Put this run into the trash; can be undone")
        for id, button in (
            ("run_pause", self.pause),
            ("run_stop", self.stop),
            ("run_open", self.open),
            ("run_inspect", self.inspect),
            ("run_again", self.again),
            ("run_delete", self.delete),
            ("run_star", self.star),
            ("run_tags", self.tags),
        ):
            explain(button, id, button.toolTip())
        self._lay_out()
        self.pause.clicked.connect(lambda: self._do(commands.toggle_pause))
        self.stop.clicked.connect(lambda: self._do(commands.stop))
        self.delete.clicked.connect(lambda: self._do(commands.delete))
        self.open.clicked.connect(lambda: self._do(commands.open_drawing))
        self.inspect.clicked.connect(lambda: self._do(commands.inspect))
        self.again.clicked.connect(lambda: self._do(commands.again))
        self.star.clicked.connect(lambda: self._do(commands.star))
        self.tags.clicked.connect(self._ask_tags)
        guard(session, self.pause, self.stop, self.again, self.delete, self.star, self.tags)
        session.opened.connect(self._show_marks)
        session.runs_changed.connect(self._show_marks)

    def _lay_out(self) -> None:
        words = QHBoxLayout()
        words.setSpacing(8)
        words.addWidget(self.dot)
        words.addWidget(self.name)
        words.addWidget(self.state)
        words.addWidget(self.star)
        words.addWidget(self.tags)
        words.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addLayout(words)
        left.addWidget(self.facts)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(left, 1)
        buttons = (self.open, self.inspect, self.weights, self.export, self.again, self.delete)
        for button in (self.pause, self.stop, *buttons):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.trouble)

    def show_run(self, run: RunRecord, data: str) -> None:
        """Show a run; `data` is what its dataset is called."""
        self._run = run
        self.dot.set_state(run.state)
        self.name.setText(f"{text.one_line(run.name)} #{run.id}")
        wide = self.name.fontMetrics().horizontalAdvance(self.name.full_text())
        self.name.setMinimumWidth(min(_LEAST_NAME, wide + 2))  # buttons and tags must not squeeze it away
        asked = {"pause": "pausing…", "stop": "stopping…", "resume": "going on…"}.get(run.request, "")
        if run.state == "paused" and run.request == "pause":
            asked = ""  # done; the request stands until it is asked to go on
        self.state.setText(asked or progress.progress(run))
        self._show_marks()
        self.state.set_role(_ROLES.get(STATE_TOKENS.get(run.state, ""), "dim"))
        self.facts.setText(" · ".join(_facts(run, data)))
        trouble = run.cause if run.state in ("failed", "stopped") else run.message
        self.trouble.setText(_breakable(trouble))
        self.trouble.set_role("err" if run.state == "failed" else "warn" if run.message else "dim")
        self.trouble.setVisible(bool(trouble))
        goes_on = commands.can_go_on(run)
        resumes = goes_on or commands.can_resume(run)
        if (self.pause.text() == "Resume") != resumes:
            self.pause.setText("Resume" if resumes else "Pause")
            self.pause.setAccessibleName(self.pause.text())
            theme.set_icon(self.pause, "resume" if resumes else "pause")
        tip = "Let this run go on" if resumes else "Pause this run after its current step"
        explain(
            self.pause, "run_pause", "Train on from its last checkpoint, as a new run" if goes_on else tip
        )
        self.pause.setVisible(goes_on or not run.final)
        writable = not self._session.read_only
        self.pause.setEnabled(writable and (resumes or commands.can_pause(run)))
        self.stop.setVisible(not run.final)
        self.stop.setEnabled(writable and commands.can_stop(run))
        self.inspect.setEnabled(commands.can_inspect(run))
        self.weights.setEnabled(commands.has_weights(run))
        self.export.setEnabled(commands.has_weights(run) or run.imported)
        self.kinds.run = run
        self.delete.setEnabled(writable and not run.alive)
        bare = commands.why_undrawn([run])
        self.open.setEnabled(not bare)
        self.again.setEnabled(writable and not bare)
        for button, id, usual in ((self.open, "run_open", _OPEN), (self.again, "run_again", _AGAIN)):
            why = bare or ("" if button is self.open else self._session.read_only)
            explain(button, id, usual)
            button.setToolTip("\n".join(filter(None, (button.toolTip(), why))))

    def _ask_tags(self) -> None:
        if self._run is not None:
            self.tags_asked.emit(self._run.id)

    def _show_marks(self, *_: object) -> None:
        if self._run is None:
            return
        marks = self._session.marks.get(self._run.id, UNMARKED)
        theme.set_icon(self.star, *(("star-filled", "warn") if marks.star else ("star", "dim")))
        self.star.setAccessibleName("Has a star" if marks.star else "Has no star")
        shown = ", ".join(marks.tags)
        room = self.tags.fontMetrics().horizontalAdvance(shown) <= _WIDEST_TAGS - 48
        self.tags.setText((shown or "Tags") if room else text.plural(len(marks.tags), "tag"))
        how = self._session.read_only or "T, or a click here, changes them"
        self.tags.setToolTip(f"{shown or 'No tags'}\n{how}")
        self.tags.setAccessibleName(f"Tags: {shown}" if shown else "No tags")

    def _do(self, what: "commands.Command") -> None:
        if self._run is not None:
            what(self._session, [self._run])


def _breakable(words: str) -> str:
    """A cause that fits below a name: Qt breaks no words, and other programs write ones of any length."""
    shown = words if len(words) <= _LONGEST_CAUSE else f"{words[:_LONGEST_CAUSE]}…"
    return re.sub(rf"\S{{{_LONGEST_WORD}}}(?=\S)", "\\g<0>\u200b", shown)


def _facts(run: RunRecord, data: str) -> list[str]:
    facts = [text.one_line(run.model)] if run.model not in ("", run.name) else []
    facts += [data] if data else []
    if run.parameters:
        facts.append(f"{text.count(run.parameters)} parameters")
    facts += [run.used_device or run.device]
    facts += [f"seed {run.seed}"] if run.seed or not run.imported else []
    if run.started:
        facts.append(f"started {text.ago(run.started)}")
        facts.append(text.duration(spent(run)))
    if (left := progress.time_left(run)) is not None:
        facts.append(f"about {text.duration(left)} left")
    return facts


class RunDetail(QWidget):
    """Shows the run that it is given with `show_run`, and keeps up with it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self._session = session
        self._run: RunRecord | None = None
        self._points: Points | None = None
        self._recorded: Recorded | None = None
        self._params: dict[str, object] = {}
        self.header = RunHeader(session)
        self.curves = CurvesPage(session)
        self.log = LogPage()
        self.settings = SettingsPage()
        self.checkpoints = CheckpointsPage()
        self.notes = NotesPage(session)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Pages of the run")
        self.tabs.tabBar().setToolTip("Curves, log, settings, checkpoints and notes of the run")
        for page, title in (
            (self.curves, "Curves"),
            (self.log, "Log"),
            (self.settings, "Settings"),
            (self.checkpoints, "Checkpoints"),
            (self.notes, "Notes"),
        ):
            self.tabs.addTab(page, title)
        self.controls = self.curves.controls
        self.tabs.setCornerWidget(self.controls)
        self.tabs.currentChanged.connect(self._on_tab)
        session.closing.connect(self._forget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.tabs, 1)

    @property
    def run(self) -> RunRecord | None:
        """The run that is shown."""
        return self._run

    def show_run(self, run: RunRecord) -> None:
        """Show another run, or how far the same one has come."""
        if self._run is None or run.id != self._run.id:
            self._begin(run)
        elif run == self._run and not run.alive and not self._has_more():
            return
        self._run = run
        self.notes.show_run(run.id)
        schema = self._session.schemas.get(run.dataset)
        self.header.show_run(run, schema.title if schema else text.one_line(run.dataset))
        self.settings.show_params(run, self._params)
        if self._points is not None and not self._points.series:
            self.curves.show_points(run, self._points)
        self._look()

    def _begin(self, run: RunRecord) -> None:
        self._forget()
        self._params = {}
        self.curves.clear()
        self.log.clear()
        self.checkpoints.show_checkpoints(run, [], {})
        self._points = Points(self._session, run.id, self)
        self._points.came.connect(self._on_points)
        self._recorded = Recorded(self._session, run.id, self)
        self._recorded.came.connect(partial(self._on_more, run.id))

    def _forget(self) -> None:
        """Nothing of what was read is of the next run; runs of another workspace even have the same numbers."""
        for old in (self._points, self._recorded):
            if old is not None:
                old.deleteLater()
        self._run = self._points = self._recorded = None

    def _has_more(self) -> bool:
        summaries = self._session.summaries.get(self._run.id, {}) if self._run else {}
        series = self._points.series if self._points else {}
        return any(one.count > len(series.get(metric, ())) for metric, one in summaries.items())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        """Read what is new; a hidden page waits until it is seen."""
        if self._points is not None and self._recorded is not None and self.isVisible():
            self._points.look()
            self._recorded.look()

    def _on_points(self) -> None:
        if self._run is not None:
            self.curves.show_points(self._run, self._points)

    def _on_more(self, id: int, more: More) -> None:
        if self._run is None or self._run.id != id:
            return  # it comes late: another run is shown by now
        if more.params != self._params:
            self._params = more.params
            self.settings.show_params(self._run, more.params)
        self.curves.add_media(more.media)
        self.log.add(more.lines)
        self.checkpoints.show_checkpoints(self._run, more.checkpoints, more.params)
        self.curves.add_events(more.checkpoints, more.lines)

    def _on_tab(self, index: int) -> None:
        self.controls.setVisible(self.tabs.widget(index) is self.curves)
