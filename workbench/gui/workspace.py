"""What the workspace holds, kept up to date, and the way to do something with it in the background.

Every read and write happens in the store thread; the main thread never touches the database.
May import Qt, catalog's schema and the store's records.
"""

import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core.errors import WorkbenchError
from workbench.gui.garbage import Garbage
from workbench.gui.store_thread import Done, Job, MarksOfRuns, News, Raised, StoreThread, Summaries
from workbench.store.records import DatasetRecord, ModelRecord, RunRecord

if TYPE_CHECKING:
    from workbench.jobs.devices import Device
    from workbench.store.store import Store

T = TypeVar("T")
SWITCH_SECONDS: Final = 0.0001
"""How long the store thread may go on in Python while the window waits for its turn."""
ANSWER_SECONDS: Final = 0.01
log = logging.getLogger("workbench.gui")


class Workspace(QObject):
    """The signals tell what changed; the attributes hold what was last heard."""

    opened = Signal()
    """The workspace is open and its first news has come."""
    unusable = Signal(str)
    """The workspace cannot be used; the text says why."""
    closing = Signal()
    """The workspace is about to be let go of: what still runs for it ends now."""
    runs_changed = Signal(object, object)
    """(list[RunRecord] newest first, {run id: {metric: Summary}}); `marks` are new by then, too."""
    figures_came = Signal(object)
    """Ids of runs: nothing but their figures is new in `summaries`, which were still to be read."""
    models_changed = Signal(object)
    """list[ModelRecord], the last edited first."""
    schemas_changed = Signal()
    devices_found = Signal(object)
    message = Signal(str, str)
    """(text, level): level is "info", "ok", "warning" or "error"."""
    withdrawn = Signal(str)
    """A message, by its text, that holds no longer."""
    offered = Signal(str, str, object)
    """(text, button, slot): a message with one thing to do about it."""

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.devices: tuple[Device, ...] = ()
        self.runs: list[RunRecord] = []
        self.summaries: Summaries = {}
        self.marks: MarksOfRuns = {}
        """What people say of runs; one without stars, tags and notes is left out."""
        self.models: list[ModelRecord] = []
        self.datasets: list[DatasetRecord] = []
        self.schemas: Mapping[str, Schema] = SAMPLES
        self.is_open = False
        self.read_only = ""
        """Why the workspace can only be looked at; "" where it can be written."""
        self._told_unusable = ""
        self._thread: StoreThread | None = None
        self._held: Job | None = None
        """The job that was answered last.  Its thread holds it until the next one; it must not be the last to let go
        of the callbacks, since widgets that go with these are destroyed by who lets go."""
        self._garbage = Garbage(self)

    @property
    def is_started(self) -> bool:
        """Whether there is a thread that takes work, even if the workspace is not open yet."""
        return self._thread is not None

    def start(self) -> None:
        """Open the workspace in the background."""
        sys.setswitchinterval(SWITCH_SECONDS)
        thread = StoreThread(self.path)
        thread.opened.connect(self._on_opened)
        thread.unusable.connect(self._on_unusable)
        thread.answered.connect(self._on_answered)
        self._thread = thread
        self._garbage.start()
        thread.start()

    def close(self) -> None:
        """Do what was asked for and end the thread; runs go on without the window."""
        if self._thread is None:
            return
        self.closing.emit()
        self._thread.finish()
        while isinstance(answer := self._thread.answer(), Done | Raised | News):
            if isinstance(answer, Raised):
                log.error("not done while closing: %s", answer.error)
        self._thread = self._held = None
        self._garbage.stop()
        self.is_open = False
        self.read_only = ""

    def call(
        self,
        work: "Callable[[Store], T]",
        then: Callable[[T], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Do `work(store)` in the background, then `then(result)` on the main thread.

        An error becomes a message, unless `failed` takes it.  A callback whose widget is gone is dropped.
        """
        if self._thread is None:
            self._on_raised(Job(work, then, failed), WorkbenchError("No workspace is open."))
        else:
            self._thread.submit(Job(work, then, failed))

    def offer(self, text: str, button: str, slot: Callable[[], object]) -> None:
        """Say something and offer one thing to do about it."""
        self.offered.emit(text, button, slot)

    def _on_answered(self) -> None:
        """Take what has come; where that is much, keys and painting get their turn in between."""
        until, left = time.monotonic() + ANSWER_SECONDS, True
        try:
            while left and time.monotonic() < until:
                answer = self._thread.answer() if self._thread is not None else None
                left = answer is not None
                if isinstance(answer, News):
                    self._on_news(answer)
                elif answer is not None:
                    self._held = answer.job
                    self._take(answer)
        finally:
            if left:  # also after a callback that failed: nobody tells of the others again
                QTimer.singleShot(0, self, self._on_answered)

    def keep(self, key: str, value: Any) -> None:
        """Keep a setting of the workspace; one that can only be looked at keeps none."""
        if not self.read_only:
            self.call(lambda store: store.set_setting(key, value))

    def _on_opened(self) -> None:
        self.is_open = True
        self._garbage.settle()  # the store's modules have come meanwhile
        self.read_only = self._thread.read_only if self._thread is not None else ""
        self.opened.emit()
        if self._told_unusable:
            self.withdrawn.emit(self._told_unusable)
        if self.read_only:
            self.message.emit(
                f"{self.read_only} Until then it can be looked at; nothing is saved.", "warning"
            )
        elif self._told_unusable:
            self.message.emit(f"The workspace {self.path} is open now.", "ok")
        self._told_unusable = ""
        self.call(_find_devices, self._on_devices)

    def _on_devices(self, devices: "tuple[Device, ...]") -> None:
        self.devices = devices
        self.devices_found.emit(devices)

    def _on_unusable(self, reason: str) -> None:
        self.is_open = False
        self._told_unusable = reason
        log.error("%s", reason)
        self.unusable.emit(reason)

    def _take(self, answer: Done | Raised) -> None:
        if isinstance(answer, Done):
            self._on_done(answer.job, answer.result)
        else:
            self._on_raised(answer.job, answer.error)

    def _on_done(self, job: Job, result: Any) -> None:
        if job.then is not None and _still_there(job.then):
            job.then(result)

    def _on_raised(self, job: Job, error: Exception) -> None:
        if not isinstance(error, WorkbenchError):
            log.error("%s", "".join(traceback.format_exception(error)))
        if job.failed is not None:
            if _still_there(job.failed):
                job.failed(error)
        else:
            text = str(error) if isinstance(error, WorkbenchError) else f"{type(error).__name__}: {error}"
            self.message.emit(text, "error")

    def _on_news(self, news: News) -> None:
        if news.datasets != self.datasets:
            self.datasets = news.datasets
            self._read_schemas()
        if news.models != self.models:
            self.models = news.models
            self.models_changed.emit(self.models)
        if news.only_figures:
            self.summaries = news.summaries
            self.figures_came.emit(news.changed_runs)
        elif news.changed_runs or news.runs != self.runs:
            self.runs, self.summaries, self.marks = news.runs, news.summaries, news.marks
            self.runs_changed.emit(self.runs, self.summaries)

    def _read_schemas(self) -> None:
        schemas = dict(SAMPLES)
        for record in self.datasets:
            try:
                schemas[record.id] = Schema.from_json(record.schema)
            except WorkbenchError as error:  # one broken dataset must not hide the others
                self.message.emit(f"The dataset “{record.title}” is left out: {error}", "warning")
        self.schemas = schemas
        self.schemas_changed.emit()


def _still_there(slot: Callable[..., object]) -> bool:
    owner = getattr(slot, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)


def _find_devices(store: "Store") -> "tuple[Device, ...]":
    from workbench.jobs.devices import devices

    return devices()
