"""The session: the one object that views talk to.  The workspace, and the open model on top of it.

The main thread edits and checks the model.  May import Qt, core, catalog, workspace and the store's records.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.starts import RUN
from workbench.core.document import Document
from workbench.core.edits import Edit, SetTraining
from workbench.core.errors import WorkbenchError
from workbench.core.files import loads
from workbench.core.files import write as write_file
from workbench.core.history import History, PutBack
from workbench.gui.actions import Actions, keymap
from workbench.gui.opening import Opening, read_dropped
from workbench.gui.saving import Saver, free_name
from workbench.gui.settings.preferences import Preferences
from workbench.gui.starting import Starter
from workbench.gui.store_thread import News
from workbench.gui.versions import Versions
from workbench.gui.workspace import Workspace
from workbench.store.records import ModelRecord, Request, RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

ANALYSE_MS = 30
UNNAMED = "untitled"


@dataclass(slots=True, eq=False)
class OpenModel:
    """The model on the canvas and where it stands in the workspace (id 0: not there yet).

    The store thread sets `id`, `revision` and `saved` as soon as a save is done: the save behind it builds on that.
    """

    history: History
    id: int = 0
    revision: int = 0
    saved: Document | None = None
    wanted: Document | None = None
    """What was asked to be saved last: a save that waited until there was a newer one is left out."""

    @property
    def is_saved(self) -> bool:
        return self.saved is self.history.document


class Session(Workspace):
    """Signals are past tense; views connect to them and call the methods, and never hold a Store."""

    leaving = Signal()
    """The open model is about to be put away: what is being typed must become an edit now or never."""
    model_opened = Signal()
    """Another model is on the canvas: `history` is a new object."""
    document_changed = Signal(object, object)
    """(before, after) of the open document, for edits, undo and redo; (None, after) for another model."""
    analysed = Signal(object)
    """Analysis of the open document, a moment after each change."""
    saved_changed = Signal()
    device_changed = Signal(str)
    went = Signal(str, object)
    """A view was asked for: (view id, what to show there or None)."""
    run_opened = Signal(int)
    """The page of a run is looked at."""

    def __init__(self, path: Path, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(path, parent)
        self.preferences = preferences
        self.device = preferences.device
        self.actions = Actions(self)
        self._wrong_keys = keymap.load(preferences.keys)
        if self._wrong_keys:
            QTimer.singleShot(0, self, self._tell_wrong_keys)  # once there is somebody to tell
        self._model = OpenModel(History(Document(name=UNNAMED)))
        self._model.saved = self._model.history.document
        self._told_revision = 0
        self._model.history.changed.connect(self._on_edited)
        self.analysis: Analysis = analyse(self.document, self.schemas)
        self._saver = Saver(self)
        self._saver.saved.connect(self.saved_changed)
        self.versions = Versions(self)
        self.holds: list[Callable[[Callable[[], object]], bool]] = []
        """Each may hold the workspace open: it gives true, asks, and calls what it is given if that is agreed to."""
        self.starter = Starter(self)
        self._analyse_timer = QTimer(self, singleShot=True, interval=ANALYSE_MS)
        self._analyse_timer.timeout.connect(self._analyse)
        self.opened.connect(self._saver.take_in)
        self.opened.connect(self._open_last)
        self.opened.connect(lambda: self.actions.lock(self.read_only))
        self.models_changed.connect(self._look_for_changes)
        self.schemas_changed.connect(self._analyse_afresh)

    # ------------------------------------------------------------- life

    def close(self) -> None:
        """Save what is unsaved and let go of the workspace; runs go on without the window."""
        self.leaving.emit()
        self._analyse_timer.stop()
        self._saver.save_failed()
        self.save()
        super().close()
        self._saver.rescue(self._model)

    def ask_to_switch(self, path: Path) -> None:
        """Switch at once, or once a person has agreed to what would be cut off by it."""
        go_on = partial(self.switch, path)
        if not any(hold(go_on) for hold in self.holds):
            go_on()

    def switch(self, path: Path) -> None:
        """Close this workspace and open another one; an empty canvas until its last model is there."""
        self.close()
        self.path = path
        self._open(OpenModel(History(Document(name=UNNAMED))))
        self._on_news(News([], {}, [], [], frozenset(run.id for run in self.runs)))
        self.start()

    def go(self, view: str, what: object = None) -> None:
        """Ask the window for a view (home, design, runs, compare, settings), perhaps with what to show."""
        self.went.emit(view, what)

    # ------------------------------------------------------------- the open model

    @property
    def history(self) -> History:
        return self._model.history

    @property
    def document(self) -> Document:
        return self._model.history.document

    @property
    def model_id(self) -> int:
        """The open model's id in the workspace; 0 until its first edit is saved."""
        return self._model.id

    @property
    def open_model_now(self) -> OpenModel:
        """The open model itself, to find out later whether it is still open and what its id became."""
        return self._model

    @property
    def revision(self) -> int:
        return self._model.revision

    @property
    def is_saved(self) -> bool:
        return self._model.is_saved

    def new_model(self) -> None:
        """Put an empty model on the canvas."""
        self._open(OpenModel(History(Document(name=self._free_name(UNNAMED)))))
        self.go("design")

    def open_template(self, id: str) -> None:
        """Put a copy of a template on the canvas; it enters the workspace with its first edit or run."""
        from workbench.catalog.templates import load

        document = load(id)
        self._open(OpenModel(History(replace(document, name=self._free_name(document.name)))))
        self.go("design")

    def open_model(self, id: int, *, show: bool = True) -> None:
        """Open a model of the workspace."""

        def then(found: tuple[ModelRecord, Document]) -> None:
            record, document = found
            self._open(OpenModel(History(document), id, record.revision))
            self.keep("last_model", id)
            if show:
                self.go("design")

        self.call(lambda store: _read_model(store, id), then)

    def open_file(self, path: Path) -> None:
        """Open a model file, or a picture that holds a model, as a new model of the workspace.

        The file itself is left alone.
        """
        Opening(self, (path,)).start()

    def open_dropped(self, paths: Iterable[Path]) -> None:
        """Open what was dropped: models one after another, each as one of its own; data in the Data view.

        One message tells which models were opened and which were not; none is needed for a single one.
        """
        Opening(self, paths, read_dropped).start()

    def add_model(self, document: Document, taken: Iterable[str] = ()) -> str:
        """Put a model from elsewhere on the canvas and into the workspace; gives its name, none of `taken`."""
        name = self._free_name(document.name, taken)
        self._open(OpenModel(History(replace(document, name=name))))
        self._model.saved = None
        self.save()
        return name

    def delete_model(self, record: ModelRecord) -> None:
        """Move a model of the workspace to the trash and offer to bring it back; its runs stay."""
        self.save()
        was_open = record.id == self._model.id

        def restore() -> None:
            self.call(lambda store: store.restore_model(record.id))
            if was_open:
                self.open_model(record.id, show=False)

        def then(_: None) -> None:
            if record.id == self._model.id:
                self._open(OpenModel(History(Document(name=self._free_name(UNNAMED)))))
            self.offer(f"“{record.name}” is in the trash.", "Undo", restore)

        self.call(lambda store: store.delete_model(record.id), then)

    def export_file(self, path: Path) -> None:
        """Write the open model to a file."""
        document = self.document
        self.call(
            lambda _: write_file(path, document),
            lambda _: self.message.emit(f"“{document.name}” was written to {path}.", "ok"),
        )

    def do(self, edit: Edit) -> bool:
        """Apply an edit as one undo step; an edit that does not fit becomes a message and False."""
        try:
            self.history.do(edit)
        except WorkbenchError as error:
            self.message.emit(str(error), "error")
            return False
        return True

    def undo(self) -> None:
        """Take back the last edit."""
        self.history.undo()

    def redo(self) -> None:
        """Do again what was taken back."""
        self.history.redo()

    def save(self) -> None:
        """Write the open model to the workspace if it changed; happens by itself after edits."""
        self._saver.save(self._model)

    def save_new(self) -> None:
        """Write the open model to the workspace although nobody has edited it yet."""
        if self._model.id == 0:
            self._model.saved = None
        self.save()

    def _open(self, model: OpenModel) -> None:
        self.leaving.emit()
        self.save()
        self._model.history.changed.disconnect(self._on_edited)
        self._model = model
        self._told_revision = 0
        model.saved = model.history.document
        model.history.changed.connect(self._on_edited)
        self.analysis = analyse(self.document, self.schemas)
        self.model_opened.emit()
        self.document_changed.emit(None, self.document)
        self.analysed.emit(self.analysis)
        self.saved_changed.emit()

    def _open_last(self) -> None:
        def then(last: object) -> None:
            untouched = self._model.id == 0 and not self.history.can_undo and not self.document.graph.nodes
            if isinstance(last, int) and last and untouched:
                self.open_model(last, show=False)

        self.call(lambda store: store.setting("last_model", 0), then)

    def _free_name(self, name: str, taken: Iterable[str] = ()) -> str:
        return free_name(name, {model.name for model in self.models}.union(taken))

    def _look_for_changes(self, models: list[ModelRecord]) -> None:
        """Say when another window or program has changed the open model, and offer to show it."""
        model = self._model
        record = next((record for record in models if model.id and record.id == model.id), None)
        if record is None or not model.is_saved:
            return
        if record.revision <= max(model.revision, self._told_revision):
            return
        self._told_revision = record.revision

        def show(found: tuple[ModelRecord, Document]) -> None:
            if model is self._model and self.do(PutBack(found[1], "Changes of another window")):
                model.revision = found[0].revision

        self.offer(
            f"“{record.name}” was changed in another window. What you edit here goes on as a copy.",
            "Show the changes",
            lambda: self.call(lambda store: _read_model(store, record.id), show),
        )

    def _on_edited(self, before: Document, after: Document) -> None:
        self._saver.edited(self._model)
        self._analyse_timer.start()
        self.document_changed.emit(before, after)
        self.saved_changed.emit()

    def _analyse_afresh(self) -> None:
        self.analysis = analyse(self.document, self.schemas)
        self.analysed.emit(self.analysis)

    def _analyse(self) -> None:
        self.analysis = analyse(self.document, self.schemas, self.analysis)
        self.analysed.emit(self.analysis)

    def analyse_now(self) -> Analysis:
        """The analysis of the document as it is at this moment."""
        if self._analyse_timer.isActive():
            self._analyse_timer.stop()
            self._analyse()
        return self.analysis

    # ------------------------------------------------------------- runs

    def set_epochs(self, epochs: int) -> None:
        """Set how long the open model trains."""
        training = self.document.training
        if training.settings.get("epochs") != epochs:
            self.do(SetTraining(replace(training, settings={**training.settings, "epochs": epochs})))

    def set_device(self, device: str) -> None:
        """Choose what runs started from here train on; remembered."""
        self.device = device
        self.preferences.device = device
        self.remember()
        self.device_changed.emit(device)

    def remember_keys(self) -> None:
        """Keep the keys in force for the next start."""
        self.preferences.keys = keymap.chosen()
        self.remember()

    def _tell_wrong_keys(self) -> None:
        self.message.emit(" ".join(["Some chosen keys do not fit.", *self._wrong_keys]), "warning")

    def remember(self) -> None:
        """Write the preferences in the background."""
        preferences = self.preferences
        if self._thread is not None:
            self.call(lambda _: preferences.save())

    def latest_run(self) -> RunRecord | None:
        """The newest run of the open model."""
        own = (run for run in self.runs if run.model_id == self._model.id)
        return next(own, None) if self._model.id else None

    def request(self, run: int, what: Request) -> None:
        """Ask a run's trainer to "stop", "pause" or "resume"."""
        self.call(lambda store: store.request(run, what))

    def start_from(self, run: int) -> None:
        """Let the open model start its trainings from the weights of a run."""
        training = self.document.training
        settings = {**training.settings, "weights": f"{RUN}{run}"}
        if self.do(SetTraining(replace(training, settings=settings))):
            self.go("design")
            self.message.emit(f"“{self.document.name}” now starts from the weights of run {run}.", "info")

    def open_run(self, run: int, *, start: bool = False) -> None:
        """Put a copy of the exact drawing that a run trained on the canvas, as a new model; `start`: it begins with
        the weights that the run ended with.
        """

        def then(document: Document) -> None:
            copy = replace(document, name=self._free_name(document.name))
            if start:
                settings = {**copy.training.settings, "weights": f"{RUN}{run}"}
                copy = replace(copy, training=replace(copy.training, settings=settings))
            self._open(OpenModel(History(copy)))
            self.go("design")
            more = " It starts from the weights of that run." if start else ""
            self.message.emit(f"“{copy.name}” is a copy of what run {run} trained.{more}", "info")

        self.call(lambda store: loads(store.document_text(run), f"the drawing of run {run}"), then)


def _read_model(store: "Store", id: int) -> tuple[ModelRecord, Document]:
    record, text = store.read_model(id)
    return record, loads(text, f"the model “{record.name}”")
