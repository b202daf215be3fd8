"""Adds what is at a path as a dataset: the readers' process writes the copy, the store thread keeps the record.

Imports Qt, session, jobs and the process's client.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from workbench.core import text
from workbench.core.errors import WorkbenchError
from workbench.gui.data.reading import Reading
from workbench.gui.session import Session

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added
    from workbench.store.store import Store

_EARLY: Final = 1.0
"""Seconds; a time left that is told before would jump about."""


@dataclass(frozen=True)
class Wanted:
    """Paths that a person wants as data, and who waits for the datasets' ids."""

    paths: tuple[Path, ...]
    then: Callable[[str], object] | None = None


@dataclass(frozen=True)
class Source:
    """What is to be added and how it is read."""

    path: Path
    reader: str
    options: Mapping[str, Any]
    name: str
    again: str = ""
    """The id of the dataset that is read anew and stays the same one, whatever it is called now."""


class Adding(QObject):
    """One dataset on its way into the workspace.  Whatever ends it early leaves nothing behind."""

    progressed = Signal(str, int, int)
    """(what is done and how long it takes, done, total)."""
    fell_quiet = Signal(int)
    added = Signal(object)
    """jobs.datasets.Added."""
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, session: Session, source: Source, owner: QObject) -> None:
        super().__init__(session)
        self._session, self.source = session, source
        self._folder: Path | None = None
        self._reading: Reading | None = None
        self._over = False
        self._began = time.monotonic()
        owner.destroyed.connect(self.cancel)
        session.closing.connect(self._on_closing)

    def start(self) -> None:
        """Begin."""

        def work(store: "Store") -> Path:
            from workbench.jobs.datasets import begin

            return begin(store)

        self._session.call(work, self._on_begun, self._on_failed)

    def cancel(self) -> None:
        """Stop; what was written so far is taken away."""
        if self._over:
            return
        self._over = True
        if self._reading is not None:
            self._reading.ended.connect(self._clean)
            self._reading.stop()
        self.cancelled.emit()

    def _on_closing(self) -> None:
        if self._reading is None:
            return  # not begun, or kept already
        self._reading.end()
        self._clean()
        if not self._over:
            self._over = True
            self.cancelled.emit()

    def _on_begun(self, folder: Path) -> None:
        self._folder = folder
        if self._over:
            self._clean()
            return
        source = self.source
        request = {"do": "read", "path": str(source.path), "reader": source.reader, "name": source.name}
        reading = Reading({**request, "options": dict(source.options), "into": str(folder)}, self)
        reading.progressed.connect(self._on_progressed)
        reading.fell_quiet.connect(self.fell_quiet)
        reading.answered.connect(self._on_answered)
        reading.failed.connect(self._on_unreadable)
        self._reading = reading
        self._began = time.monotonic()
        reading.start()

    def _on_progressed(self, what: str, done: int, total: int) -> None:
        self.progressed.emit(
            f"{what}: {counted(done, total)}{left(time.monotonic() - self._began, done, total)}", done, total
        )

    def _on_answered(self, found: dict[str, Any]) -> None:
        folder, source = self._folder, self.source
        assert folder is not None
        self._over, self._reading = True, None  # from here on it is a matter of moments

        def work(store: "Store") -> "Added":
            from workbench.jobs.datasets import abandon, finish

            try:
                return finish(store, source.path, source.options, folder, found, source.again)
            finally:
                abandon(folder)

        self._session.call(work, self._on_added, self._on_failed)

    def _on_added(self, added: "Added") -> None:
        self.added.emit(added)
        self.deleteLater()

    def _on_unreadable(self, reason: str, _: object) -> None:
        self._over, self._reading = True, None
        self.failed.emit(reason)
        self._clean()

    def _on_failed(self, error: Exception) -> None:
        self._over = True
        known = isinstance(error, WorkbenchError)
        self.failed.emit(str(error) if known else f"{type(error).__name__}: {error}")
        self.deleteLater()

    def _clean(self) -> None:
        folder = self._folder
        if folder is None:
            return
        self._folder = None

        def work(_: "Store") -> None:
            from workbench.jobs.datasets import abandon

            abandon(folder)

        self._session.call(work)
        self.deleteLater()


def counted(done: int, total: int) -> str:
    """How far it is, in numbers."""
    return f"{done:,} of {total:,}" if total else f"{done:,}"


def left(seconds: float, done: int, total: int) -> str:
    """How long the rest takes at the pace so far; "" as long as that cannot be told."""
    if seconds < _EARLY or not 0 < done < total:
        return ""
    return f" · {text.duration(seconds * (total - done) / done)} left"
