"""The main window: bars around a stack of views, each made on its first visit.  Imports session and shared widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import progress, theme
from workbench.gui.action_table import BY_ID
from workbench.gui.actions import tooltip
from workbench.gui.opening import ADD_DATA
from workbench.gui.session import Session
from workbench.gui.statusbar import StatusBar
from workbench.gui.store_thread import Summaries
from workbench.gui.taborder import put_in_order
from workbench.gui.topbar import TopBar
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.palette import CommandPalette
    from workbench.gui.shortcuts import ShortcutSheet
    from workbench.gui.version_box import VersionBox

LEAST = QSize(960, 600)
FILES = "Model files (*.json);;All files (*)"
OPENABLE = "Models and pictures of them (*.json *.png);;All files (*)"


@dataclass(frozen=True, slots=True)
class View:
    """A view of the activity bar and where its class is; imported on the first visit."""

    id: str
    text: str
    title: str
    module: str
    name: str


VIEWS = (
    View("home", "Home", "Workbench", "workbench.gui.home.view", "HomeView"),
    View("data", "Data", "Data", "workbench.gui.data.view", "DataView"),
    View("design", "Design", "", "workbench.gui.design.view", "DesignView"),
    View("runs", "Runs", "Runs", "workbench.gui.runs.view", "RunsView"),
    View("compare", "Compare", "Compare", "workbench.gui.compare.view", "CompareView"),
    View("inspect", "Inspect", "Inspect", "workbench.gui.inspect.view", "InspectView"),
    View("settings", "Settings", "Settings", "workbench.gui.settings.view", "SettingsView"),
)


class ActivityBar(QWidget):
    """The column of views; the settings stand at its foot."""

    def __init__(self, go: Callable[[str], object]) -> None:
        super().__init__()
        surface(self, "panel", "right")
        self.setFixedWidth(73)
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 8, 7, 8)
        column.setSpacing(4)
        for view in VIEWS:
            if view.id == "settings":
                column.addStretch(1)
            button = QToolButton()
            button.setText(view.text)
            button.setToolTip(tooltip(view.id))
            button.setAccessibleName(view.text)
            button.setCheckable(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFixedSize(60, 52)
            button.setProperty("kind", "activity")
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            theme.set_icon(button, BY_ID[view.id].icon, "dim", 20)
            button.clicked.connect(_going(go, view.id))
            self._group.addButton(button)
            self.buttons[view.id] = button
            column.addWidget(button)

    def show_view(self, id: str) -> None:
        """Light up one of them."""
        self.buttons[id].setChecked(True)


def _files_of(event: QDropEvent) -> list[Path]:
    """Files and folders of this machine among what is dropped."""
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def _going(go: Callable[[str], object], id: str) -> Callable[[], object]:
    return lambda: go(id)


class MainWindow(QMainWindow):
    """Puts the session's signals and the views together."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.views: dict[str, QWidget] = {}
        self.current = ""
        self.setWindowTitle("Workbench")
        self.setWindowIcon(theme.icon("design", "accent", 64))
        self.setMinimumSize(LEAST)
        self.setAcceptDrops(True)
        preferences = session.preferences
        self.resize(preferences.width, preferences.height)
        self.top = TopBar(session)
        self.activity = ActivityBar(self.show_view)
        self.stack = QStackedWidget()
        surface(self.stack, "base")
        self.status = StatusBar(session)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.activity)
        middle.addWidget(self.stack, 1)
        column.addWidget(self.top)
        column.addLayout(middle, 1)
        column.addWidget(self.status)
        self.setCentralWidget(centre)
        self.messages = self.status.messages
        self._going_on: set[int] = set()
        self._failures: dict[int, str] = {}
        """What was said of runs that failed, until one of them is opened or another run is queued."""
        self._palette: CommandPalette | None = None
        self._sheet: ShortcutSheet | None = None
        self._version_box: VersionBox | None = None
        self._bind()
        session.went.connect(self.show_view)
        session.message.connect(self._say)
        session.withdrawn.connect(self.messages.withdraw)
        session.offered.connect(self._offer)
        session.unusable.connect(self._on_unusable)
        session.starter.queued.connect(self._on_queued)
        session.run_opened.connect(self._on_run_opened)
        session.runs_changed.connect(self._tell_ends)
        session.model_opened.connect(self._name_window)
        session.document_changed.connect(self._on_document_changed)
        session.opened.connect(self._warm_up)
        session.closing.connect(self._close_dialogs)
        self.show_view("home")
        self.setFocus()

    # ------------------------------------------------------------- views

    def view(self, id: str) -> QWidget:
        """The view, made now if this is its first visit."""
        if id not in self.views:
            wanted = next(view for view in VIEWS if view.id == id)
            made: QWidget = getattr(import_module(wanted.module), wanted.name)(self.session)
            self.views[id] = made
            self.stack.addWidget(made)
            if id == "design":
                self._show_undo()
        return self.views[id]

    def show_view(self, id: str, what: object = None) -> None:
        """Switch to a view, and in it to something in particular, where the view has a method `reveal(what)`."""
        view = self.view(id)
        self.current = id
        focused: QWidget | None = self.focusWidget()
        if focused is not None and self.stack.isAncestorOf(focused):
            self.setFocus()  # else Qt hands the focus to whatever comes first in the new view
        self.stack.setCurrentWidget(view)
        if self.focusWidget() is self:
            view.setFocus()
        self.activity.show_view(id)
        self.top.show_view(id, next(entry.title for entry in VIEWS if entry.id == id))
        self._name_window()
        reveal = getattr(view, "reveal", None)
        if what is not None and callable(reveal):
            reveal(what)

    def _warm_up(self) -> None:
        """Load in the background what the other views need most, so that the first visit is quick."""
        self.session.call(lambda _: import_module("numpy"))

    def _bind(self) -> None:
        session, bind = self.session, self.session.actions.bind
        for view in VIEWS:
            bind(view.id, _going(self.show_view, view.id), self)
        bind("palette", self.open_palette, self)
        bind("new_model", session.new_model, self)
        bind("open_file", self.ask_open, self)
        bind("save", self.ask_version, self)
        bind("export_file", self.ask_export, self)
        bind("rename_model", self._rename, self)
        bind("add_data", lambda: self.show_view("data", ADD_DATA), self)
        bind("train", session.starter.train, self)
        for mode in theme.MODES:
            bind(f"theme_{mode}", self._themed(mode), self)
        bind("shortcuts", lambda: self.sheet.open(), self)
        bind("quit", self.close, self)
        self.top.search_asked.connect(self.open_palette)

    def _on_document_changed(self) -> None:
        self._show_undo()
        self._name_window()

    def _show_undo(self) -> None:
        history = self.session.history
        for id, can, label in (
            ("undo", history.can_undo, history.undo_label),
            ("redo", history.can_redo, history.redo_label),
        ):
            if "design" in self.views:
                action = self.session.actions.get(id)
                action.setEnabled(can)
                action.setText(f"{BY_ID[id].text}: {label}" if label else BY_ID[id].text)

    def _name_window(self) -> None:
        entry = next(view for view in VIEWS if view.id == self.current)
        name = self.session.document.name if self.current == "design" else entry.text
        self.setWindowTitle(f"{name} – Workbench")

    def _close_dialogs(self) -> None:
        """What a file was asked for is of the workspace that closes: another one has no say in it."""
        for dialog in self.findChildren(QFileDialog):
            dialog.reject()

    # ------------------------------------------------------------- actions

    @property
    def palette_box(self) -> "CommandPalette":
        """The command palette, made when it is first asked for."""
        if self._palette is None:
            from workbench.gui.palette import CommandPalette

            self._palette = CommandPalette(self)
        return self._palette

    @property
    def sheet(self) -> "ShortcutSheet":
        """The shortcut sheet, made when it is first asked for."""
        if self._sheet is None:
            from workbench.gui.shortcuts import ShortcutSheet

            self._sheet = ShortcutSheet(self)
        return self._sheet

    def open_palette(self) -> None:
        """Show the command palette over what works here."""
        from workbench.gui.palette import entries

        canvas = self.views.get("design") if self.current == "design" else None
        add = getattr(canvas, "add_node_type", None)
        self.palette_box.open(entries(self.session, self.current, add))

    def ask_open(self) -> None:
        """Let a person choose a model file or a picture that holds a model; the window stays usable meanwhile."""
        self._ask(QFileDialog.AcceptMode.AcceptOpen, "Open a model", self.session.open_file)

    def ask_export(self) -> None:
        """Let a person choose where a copy of the open model goes."""
        name = f"{self.session.document.name}.json"
        self._ask(
            QFileDialog.AcceptMode.AcceptSave, "Save a copy of the model", self.session.export_file, name
        )

    def _ask(
        self, mode: QFileDialog.AcceptMode, title: str, slot: Callable[[Path], object], name: str = ""
    ) -> None:
        opens = mode == QFileDialog.AcceptMode.AcceptOpen
        dialog = QFileDialog(self, title, str(Path.cwd()), OPENABLE if opens else FILES)
        dialog.setAcceptMode(mode)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if opens else QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix("json")
        if name:
            dialog.selectFile(name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: slot(Path(chosen)))
        if not opens:
            self.session.model_opened.connect(dialog.reject)  # it is for the model that was open
        dialog.show()

    @property
    def version_box(self) -> "VersionBox":
        """The box that asks for a version's name, made when it is first asked for."""
        if self._version_box is None:
            from workbench.gui.version_box import VersionBox

            self._version_box = VersionBox(self, self.session)
        return self._version_box

    def ask_version(self) -> None:
        """Ask under which name the open model is kept as it is now."""
        self.session.save()
        if self.current != "design":
            self.show_view("design")
        self.version_box.open_below(self.top.title.mapTo(self, self.top.title.rect().bottomLeft()))

    def _rename(self) -> None:
        self.show_view("design")
        self.top.title.rename()

    def _themed(self, mode: str) -> Callable[[], None]:
        return lambda: self.set_theme(mode)

    def set_theme(self, mode: str) -> None:
        """Switch the theme and remember it."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, mode)
        self.session.preferences.theme = mode
        self.session.remember()

    # ------------------------------------------------------------- messages

    def _say(self, sentence: str, level: str) -> None:
        self.messages.say(sentence, level)

    def _offer(self, sentence: str, button: str, slot: Callable[[], object]) -> None:
        self.messages.say(sentence, "ok", button, slot)

    def _on_run_opened(self, run: int) -> None:
        """Take back that a run failed: its page says so."""
        if run in self._failures:
            self.messages.withdraw(self._failures.pop(run))

    def _on_queued(self, run: RunRecord) -> None:
        for failed in tuple(self._failures):
            self._on_run_opened(failed)
        name = text.one_line(run.name, 60)
        self._offer(f"{name} #{run.id} is queued.", "Show run", lambda: self.show_view("runs", run.id))

    def _tell_ends(self, runs: list[RunRecord], summaries: Summaries) -> None:
        """Say when a run that was going on has ended."""
        before, self._going_on = self._going_on, {run.id for run in runs if not run.final}
        for run in runs:
            if run.id in before and run.final:
                self._tell_end(run, summaries)

    def _tell_end(self, run: RunRecord, summaries: Summaries) -> None:
        name = f"{text.one_line(run.name, 60)} #{run.id}"
        result = progress.best(summaries.get(run.id, {}))
        outcome = (
            f": {result.metric} {text.number(result.value)}" if result and run.state == "completed" else ""
        )
        cause = f": {text.one_line(run.cause)}" if run.cause and run.state == "failed" else ""
        level = {"completed": "ok", "failed": "error"}.get(run.state, "info")
        sentence = f"{name} {run.state}{outcome}{cause}"
        if run.state == "failed":
            self._failures[run.id] = sentence
        self.messages.say(sentence, level, "Show run", lambda: self.show_view("runs", run.id))

    def _on_unusable(self, reason: str) -> None:
        self.messages.say(reason, "error", "Choose another", lambda: self.show_view("settings"))

    # ------------------------------------------------------------- Qt's events

    def focusNextPrevChild(self, next: bool) -> bool:
        put_in_order(self)  # at each Tab: views make widgets while one works in them
        return super().focusNextPrevChild(next)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._palette is not None and self._palette.isVisible():
            self._palette.place()
        for popup in (self._sheet, self._version_box):
            if popup is not None and popup.isVisible():
                popup.close_up()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _files_of(event):  # whatever they are: what is not opened is refused in a sentence
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := _files_of(event):
            event.acceptProposedAction()
            self.session.open_dropped(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        preferences = self.session.preferences
        preferences.maximised = self.isMaximized()
        if not preferences.maximised:
            preferences.width, preferences.height = self.width(), self.height()
        self.session.remember()
        self.session.close()
        super().closeEvent(event)
