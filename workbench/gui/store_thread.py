"""The background thread that owns the window's Store: works in order and looks for news from other processes.

Imports Qt, store and jobs; the latter two inside the thread only, so that the window shows before they load.
"""

import queue
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QThread, Signal

from workbench.core.errors import StoreError, StoreLockedError, WorkbenchError
from workbench.store.records import DatasetRecord, Marks, ModelRecord, RunRecord, Summary

if TYPE_CHECKING:
    from workbench.store.store import Store

POLL_SECONDS = 0.25
SOON_SECONDS = 0.05
WAIT_SECONDS = 0.02
RECOVER_SECONDS = 5.0
TROUBLE_SECONDS = 3.0
LOCKED_SECONDS = 3.0
"""After so long a workspace that another program keeps to itself is tried again."""
FIRST_CHUNK = 200
"""Of so many runs the figures are read at once; a workspace of thousands shows its newest runs at once."""
CHUNK = 500
"""Of so many runs at a time the figures of the others are read afterwards."""
Summaries = Mapping[int, Mapping[str, Summary]]
MarksOfRuns = dict[int, Marks]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work for the thread and what to do on the main thread afterwards."""

    work: Callable[["Store"], Any]
    then: Callable[[Any], object] | None = None
    failed: Callable[[Exception], object] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A job's result."""

    job: Job
    result: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """What a job raised."""

    job: Job
    error: Exception


@dataclass(frozen=True, slots=True)
class News:
    """What the workspace holds now; `changed_runs` are the ids whose record, summary or marks are new."""

    runs: list[RunRecord]
    summaries: Summaries
    models: list[ModelRecord]
    datasets: list[DatasetRecord]
    changed_runs: frozenset[int]
    marks: MarksOfRuns = field(default_factory=dict)
    only_figures: bool = False
    """Whether nothing is new but figures that were still to be read."""


class StoreThread(QThread):
    """Runs jobs one after another; between them brings news when anything in the workspace changed."""

    opened = Signal()
    unusable = Signal(str)
    answered = Signal()
    """Answers wait; told once until somebody takes the last one."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.setObjectName("store")
        self.path = path
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Done | Raised | News] = queue.SimpleQueue()
        self._told = False
        self._trouble = ""
        self.read_only = ""
        """Why it can only be looked at; "" where it can be written. Known once `opened` was told."""

    def submit(self, job: Job) -> None:
        """Append a job; from any thread."""
        self._jobs.put(job)

    def answer(self) -> "Done | Raised | News | None":
        """The next answer; None when all were taken."""
        if self._answers.empty():
            self._told = False
        return None if self._answers.empty() else self._answers.get()

    def _put(self, answer: "Done | Raised | News") -> None:
        self._answers.put(answer)
        if not self._told:
            self._told = True
            self.answered.emit()

    def finish(self) -> None:
        """Do what is queued, close the store and wait for the thread's end."""
        self._jobs.put(None)
        self.wait()

    def run(self) -> None:
        """The thread's life."""
        told = False
        while True:
            try:
                store = self._open()
            except Exception as error:
                locked = isinstance(error, StoreLockedError)
                if not told:
                    self.unusable.emit(self._sentence(error))
                    told = True
                if not self._refuse(error, LOCKED_SECONDS if locked else None):
                    return
            else:
                break
        try:
            self._live(store)
        finally:
            store.close()

    def _open(self) -> "Store":
        """The store; one that can only be read where it cannot be written."""
        from workbench.store.store import Store

        try:
            return Store(self.path)
        except StoreLockedError:
            raise
        except StoreError as error:
            try:
                store = Store(self.path, read_only=True)
            except StoreError:
                raise error from None  # that it cannot be used at all is the better reason
            self.read_only = str(error)
            return store

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, StoreLockedError):
            return f"{error} It is tried again until it opens."
        known = isinstance(error, WorkbenchError)
        return str(error) if known else f"The workspace {self.path} cannot be opened: {error!r}"

    def _live(self, store: "Store") -> None:
        from workbench.jobs.queue import recover

        watch = Watch(store)
        if not store.read_only:
            self._perform(store, Job(recover))
        self._look(watch)
        self.opened.emit()
        while True:
            wait = max(0.0, watch.due - time.monotonic())
            try:
                job = self._jobs.get(timeout=wait) if wait else self._jobs.get_nowait()
            except queue.Empty:
                pass
            else:
                if job is None:
                    return
                self._perform(store, job)
                watch.soon()
            if time.monotonic() >= watch.due:
                if watch.has_more and self._told:
                    watch.wait()  # the window has yet to show what came before
                else:
                    self._look(watch)

    def _look(self, watch: "Watch") -> None:
        try:
            news = watch.look()
        except Exception as error:  # a full disk or a vanished drive: say so once, and go on trying
            watch.later()
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._put(Raised(Job(lambda _: None), error))
        else:
            self._trouble = ""
            if news is not None:
                self._put(news)

    def _perform(self, store: "Store", job: Job) -> None:
        try:
            result = job.work(store)
        except Exception as error:
            self._put(Raised(job, error))
        else:
            self._put(Done(job, result))

    def _refuse(self, error: Exception, seconds: float | None) -> bool:
        """Answer what is asked of a store that is not there, for some seconds or for good; False where it is over."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                job = self._jobs.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
            except queue.Empty:
                return True
            if job is None:
                return False
            self._put(Raised(job, error))


class Watch:
    """Remembers what was last seen, so that only what changed is read again."""

    def __init__(self, store: "Store") -> None:
        from workbench.store.runs import SeenRuns

        self.due = 0.0
        self._rested = 0.0
        self._first = True
        self._store = store
        self._version = -1
        self._seen = SeenRuns()
        self._summaries: Summaries = {}
        self._marks: MarksOfRuns = {}
        self._marked = 0
        self._pending: list[int] = []
        """Runs whose figures are still to be read, the newest first."""
        self._all_final = True
        """Whether no run was seen that a process should stand behind."""
        self._models: list[ModelRecord] = []
        self._datasets: list[DatasetRecord] = []
        self._recover_due = time.monotonic() + RECOVER_SECONDS

    def soon(self) -> None:
        """A job ran and may have written: look as soon as the last look is paid for."""
        self.due = min(self.due, self._rested)

    @property
    def has_more(self) -> bool:
        """Whether figures wait to be read."""
        return bool(self._pending)

    def wait(self) -> None:
        """Look a moment later."""
        self.due = time.monotonic() + WAIT_SECONDS

    def later(self) -> None:
        """A look failed: read everything again, after a while."""
        self._version = -1
        self.due = time.monotonic() + TROUBLE_SECONDS

    def look(self) -> News | None:
        """What is new since the last look; None when nothing is."""
        started = time.monotonic()
        self._recover(started)
        version = self._store.data_version()
        news = None
        if version != self._version:
            self._version = version
            news = self._read()
        elif self._pending:
            news = self._read_more()
        ended = time.monotonic()
        rest = (0.5 if self._pending else 4) * (ended - started)  # a big workspace is looked at less often
        self._rested = ended + max(SOON_SECONDS, rest)
        self.due = ended + (rest if self._pending else max(POLL_SECONDS, rest))
        return news

    def _recover(self, now: float) -> None:
        if self._all_final or self._store.read_only or now < self._recover_due:
            return
        from workbench.jobs.queue import recover

        self._recover_due = now + RECOVER_SECONDS
        recover(self._store)

    def _read(self) -> News | None:
        models, datasets = self._models, self._datasets
        changed = self._store.look(self._seen)
        if changed:
            self._all_final = all(run.final for run in self._seen.runs.values())
        runs, wall = self._seen.runs, time.time()
        stale = [
            run.id
            for run in runs.values()
            if run.alive or run.id in changed or (run.ended and wall - run.ended < 10)
        ]
        now, later = stale[:FIRST_CHUNK], stale[FIRST_CHUNK:]
        waiting = {*later, *self._pending} - set(now)
        self._pending = [id for id in runs if id in waiting] if waiting else []
        fresh = self._store.summaries(now) if now else {}
        changed |= {id for id, summary in fresh.items() if summary != self._summaries.get(id)}
        if changed:
            kept = {id: summary for id, summary in self._summaries.items() if id in runs}
            self._summaries = {**kept, **fresh}
        marks, self._marked = self._store.marks(self._marked)
        if marks:
            changed |= marks.keys()
            self._marks = {**self._marks, **marks}
        self._models, self._datasets = self._store.models(), self._store.datasets()
        first, self._first = self._first, False
        if not first and not changed and self._models == models and self._datasets == datasets:
            return None
        return self._news(changed)

    def _read_more(self) -> News:
        """The figures of some of the runs that wait for them."""
        chunk, self._pending = self._pending[:CHUNK], self._pending[CHUNK:]
        here = self._seen.runs.keys()
        self._summaries = {**self._summaries, **self._store.summaries(id for id in chunk if id in here)}
        return replace(self._news(set(chunk)), only_figures=True)

    def _news(self, changed: set[int]) -> News:
        return News(
            list(self._seen.runs.values()),
            self._summaries,
            self._models,
            self._datasets,
            frozenset(changed),
            self._marks,
        )
