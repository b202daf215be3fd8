"""Starting runs: of the open model as it is drawn now, and once more of what a run trained.

May import Qt, core, catalog, the session's type and the store's records.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.catalog.check import Analysis
from workbench.catalog.problems import Problem
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.session import Session
    from workbench.store.store import Store


Draft = tuple[str, str]
"""What a field is called, and the text in it that is no value."""


class Starter(QObject):
    """Queues runs.  Says why a model is not ready, and takes that back once it holds no longer."""

    queued = Signal(object)
    """The RunRecord that was just queued."""

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._unready: tuple[str, Problem] | None = None
        self.drafts: list[Callable[[], list[Draft]]] = []
        """Where to ask for what stands in a form and is no value, so that the model does not have it."""
        session.model_opened.connect(self._ready_again)
        session.analysed.connect(self._look_for_reason)

    def train(self) -> None:
        """Queue a run of the open model as it is now; problems that forbid it become a message."""
        session = self._session
        if self._refuses():
            return
        for label, typed in (draft for ask in self.drafts for draft in ask()):
            session.message.emit(
                f"Not started. “{typed}” is no value of {label}: mend it, or put back what was there.",
                "warning",
            )
            session.go("design")
            return
        analysis = session.analyse_now()
        errors = [problem for problem in analysis.problems if problem.severity == "error"]
        errors += [
            each for each in analysis.problems if each.node in analysis.unchosen and each not in errors
        ]
        if errors:
            first = errors[0]
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            place = f"{first.node}: " if first.node else ""
            self._unready = f"Not ready to train. {place}{first.message}{more}", first
            session.message.emit(self._unready[0], "warning")
            session.go("design", first)
            return
        session.save_new()
        document, schemas = session.document, session.schemas
        device, model = session.device, session.open_model_now

        def work(store: "Store") -> RunRecord:
            from workbench.jobs.queue import enqueue, ensure_runner

            run = enqueue(store, document, schemas=schemas, device=device, model_id=model.id)
            ensure_runner(store)
            return run

        session.call(work, self._on_queued)

    def again(self, run: int, *, resume: bool = False) -> None:
        """Queue the exact drawing of a run once more, with its seed; with `resume` it goes on from where it ended."""
        if self._refuses():
            return
        schemas, device = self._session.schemas, self._session.device

        def work(store: "Store") -> RunRecord:
            from workbench.jobs.queue import enqueue_again, ensure_runner

            before = store.run(run)
            where = before.device if resume else device
            queued = enqueue_again(store, before, schemas=schemas, device=where, resume=resume)
            ensure_runner(store)
            return queued

        self._session.call(work, self._on_queued)

    def _refuses(self) -> bool:
        """Say so where the workspace takes no runs."""
        session = self._session
        if session.read_only:
            session.message.emit(
                f"{session.path.name} can only be looked at, so nothing can be trained in it. Save a copy of the model "
                "in a file and open it in another workspace.",
                "warning",
            )
        return bool(session.read_only)

    def _on_queued(self, run: RunRecord) -> None:
        self.queued.emit(run)

    def _look_for_reason(self, analysis: Analysis) -> None:
        """Take back that the model is not ready once the reason that was given is gone."""
        if self._unready is not None and self._unready[1] not in analysis.problems:
            self._ready_again()

    def _ready_again(self) -> None:
        said, self._unready = self._unready, None
        if said is not None:
            self._session.withdrawn.emit(said[0])
