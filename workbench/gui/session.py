"""The session: the one object that views talk to.  The workspace, and the open model on top of it.

The main thread edits and checks the model.  May import Qt, core, catalog, workspace and the store's records.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.catalog.check import Analysis, analyse
from workbench.core.document import Document
from workbench.core.edits import Edit, SetTraining
from workbench.core.errors import WorkbenchError
from workbench.core.files import dumps, loads
from workbench.core.files import write as write_file
from workbench.core.history import History
from workbench.core.pictures import read_any
from workbench.gui.actions import Actions
from workbench.gui.settings.preferences import Preferences
from workbench.gui.store_thread import News
from workbench.gui.workspace import Workspace
from workbench.store.records import ModelRecord, Request, RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

T = TypeVar("T")
SAVE_MS = 1000
ANALYSE_MS = 30
UNNAMED = "untitled"
log = logging.getLogger("workbench.gui")


@dataclass(slots=True)
class OpenModel:
    """The model on the canvas and where it stands in the workspace (id 0: not there yet)."""

    history: History
    id: int = 0
    revision: int = 0
    saved: Document | None = None


class Session(Workspace):
    """Signals are past tense; views connect to them and call the methods, and never hold a Store."""

    model_opened = Signal()
    """Another model is on the canvas: `history` is a new object."""
    document_changed = Signal(object, object)
    """(before, after) of the open document, for edits, undo and redo; (None, after) for another model."""
    analysed = Signal(object)
    """Analysis of the open document, a moment after each change."""
    saved_changed = Signal()
    device_changed = Signal(str)
    run_queued = Signal(object)
    """The RunRecord that `train` has just queued."""
    went = Signal(str, object)
    """A view was asked for: (view id, what to show there or None)."""

    def __init__(self, path: Path, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(path, parent)
        self.preferences = preferences
        self.device = preferences.device
        self.actions = Actions(self)
        self._model = OpenModel(History(Document(name=UNNAMED)))
        self._model.saved = self._model.history.document
        self._model.history.changed.connect(self._on_edited)
        self.analysis: Analysis = analyse(self.document, self.schemas)
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._save_timer.timeout.connect(self.save)
        self._analyse_timer = QTimer(self, singleShot=True, interval=ANALYSE_MS)
        self._analyse_timer.timeout.connect(self._analyse)
        self.opened.connect(self._open_last)
        self.schemas_changed.connect(self._analyse_afresh)

    # ------------------------------------------------------------- life

    def close(self) -> None:
        """Save what is unsaved and let go of the workspace; runs go on without the window."""
        self._analyse_timer.stop()
        self.save()
        super().close()

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
    def revision(self) -> int:
        return self._model.revision

    @property
    def is_saved(self) -> bool:
        return self._model.saved is self.document

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
        record = next((model for model in self.models if model.id == id), None)
        name = record.name if record else str(id)
        revision = record.revision if record else 0

        def then(document: Document) -> None:
            model = OpenModel(History(document), id, revision)
            self._open(model)
            self.call(lambda store: store.set_setting("last_model", id))
            if show:
                self.go("design")

        self.call(lambda store: loads(store.model_text(id), f"the model “{name}”"), then)

    def open_file(self, path: Path) -> None:
        """Open a model file, or a picture that holds a model, as a new model of the workspace.

        The file itself is left alone.
        """

        def then(document: Document) -> None:
            self._open(OpenModel(History(replace(document, name=self._free_name(document.name)))))
            self._model.saved = None
            self.save()
            self.go("design")

        self.call(lambda _: read_any(path), then)

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
        self._save_timer.stop()
        model, document = self._model, self.document
        if model.saved is document or self._thread is None:
            return

        def work(store: "Store") -> ModelRecord:
            record = store.save_model(model.id or None, dumps(document))
            if model.id != record.id:
                # At once, so that a save queued behind this one does not make a second model.
                model.id = record.id
                store.set_setting("last_model", record.id)
            return record

        def then(record: ModelRecord) -> None:
            model.saved, model.revision = document, record.revision
            self.saved_changed.emit()

        def failed(error: Exception) -> None:
            self.message.emit(f"“{document.name}” could not be saved: {error} It is tried again.", "error")
            if model is self._model:
                self._save_timer.start(5 * SAVE_MS)

        self.call(work, then, failed)

    def _open(self, model: OpenModel) -> None:
        self.save()
        self._model.history.changed.disconnect(self._on_edited)
        self._model = model
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

    def _free_name(self, name: str) -> str:
        taken = {model.name for model in self.models}
        number = 2
        free = name
        while free in taken:
            free = f"{name}-{number}"
            number += 1
        return free

    def _on_edited(self, before: Document, after: Document) -> None:
        if not self._save_timer.isActive():
            self._save_timer.start(SAVE_MS)
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

    def remember(self) -> None:
        """Write the preferences in the background."""
        preferences = self.preferences
        if self._thread is not None:
            self.call(lambda _: preferences.save())

    def train(self) -> None:
        """Queue a run of the open model as it is now; problems that forbid it become a message."""
        errors = [problem for problem in self.analyse_now().problems if problem.severity == "error"]
        if errors:
            first = errors[0]
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            place = f"{first.node}: " if first.node else ""
            self.message.emit(f"Not ready to train. {place}{first.message}{more}", "warning")
            self.go("design", first)
            return
        if self._model.id == 0:
            self._model.saved = None
        self.save()
        document, schemas, device, model = self.document, self.schemas, self.device, self._model

        def work(store: "Store") -> RunRecord:
            from workbench.jobs.queue import enqueue, ensure_runner

            run = enqueue(store, document, schemas=schemas, device=device, model_id=model.id)
            ensure_runner(store)
            return run

        self.call(work, self._on_queued)

    def latest_run(self) -> RunRecord | None:
        """The newest run of the open model."""
        own = (run for run in self.runs if run.model_id == self._model.id)
        return next(own, None) if self._model.id else None

    def request(self, run: int, what: Request) -> None:
        """Ask a run's trainer to "stop", "pause" or "resume"."""
        self.call(lambda store: store.request(run, what))

    def run_again(self, run: int) -> None:
        """Queue the exact drawing of a run once more, with its seed."""
        schemas, device = self.schemas, self.device

        def work(store: "Store") -> RunRecord:
            from workbench.jobs.queue import enqueue, ensure_runner

            before = store.run(run)
            document = loads(store.document_text(run), f"the drawing of run {run}")
            queued = enqueue(
                store,
                document,
                schemas=schemas,
                device=device,
                seed=before.seed,
                name=before.name,
                model_id=before.model_id,
            )
            ensure_runner(store)
            return queued

        self.call(work, self._on_queued)

    def open_run(self, run: int) -> None:
        """Put a copy of the exact drawing that a run trained on the canvas, as a new model."""

        def then(document: Document) -> None:
            copy = replace(document, name=self._free_name(document.name))
            self._open(OpenModel(History(copy)))
            self.go("design")
            self.message.emit(f"“{copy.name}” is a copy of what run {run} trained.", "info")

        self.call(lambda store: loads(store.document_text(run), f"the drawing of run {run}"), then)

    def _on_queued(self, run: RunRecord) -> None:
        self.run_queued.emit(run)
