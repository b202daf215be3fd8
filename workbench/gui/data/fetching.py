"""Brings a public set to this machine and into the workspace: a process downloads and checks it, another one reads it.

Imports Qt, session, jobs and the clients of both processes.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from workbench.core import text
from workbench.gui.data.adding import Adding, Source
from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.session import Session
from workbench.jobs.downloads import Offer, download_command, named_classes

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added

_DOING: Final = {"check": "Checking {}", "unpack": "Unpacking {}"}


class Fetching(QObject):
    """One set on its way.  Of `added`, `failed` and `cancelled` one comes, once."""

    progressed = Signal(str, int, int)
    """(what is done, done, total); total 0 where that is not known."""
    added = Signal(object)
    """jobs.datasets.Added."""
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, session: Session, offer: Offer, catalogue: Path | None, owner: QObject) -> None:
        super().__init__(owner)
        self._session, self.offer, self._catalogue = session, offer, catalogue
        self._process: JsonProcess | None = None
        self._adding: Adding | None = None
        self._last: dict[str, Any] = {}
        self._said = ""
        session.closing.connect(self.cancel)  # it was asked for by this workspace

    def start(self, local: Path | None = None) -> None:
        """Begin; with `local`, take over a file or folder of the person's own."""
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        self.destroyed.connect(process.leave)
        self.progressed.emit("Comparing your copy …" if local else "Asking for the files …", 0, 0)
        process.start(download_command(self.offer.set.id, local=local, catalogue=self._catalogue))

    def cancel(self) -> None:
        """Stop; what has come is kept, and the next start goes on from there."""
        if self._process is not None:
            self._process.leave()
            self._process = None
            self.cancelled.emit()
        elif self._adding is not None:
            self._adding.cancel()

    def _on_said(self, said: dict[str, Any]) -> None:
        event = said.get("event")
        if event == "progress":
            file = f"{said['file']} ({said['number']} of {said['of']})" if said["of"] > 1 else said["file"]
            left = said.get("left")
            words = f"{file}: {text.size(said['all_done'])}"
            words += f" of {text.size(said['all_bytes'])}" if said["all_bytes"] else ""
            words += f" · {text.duration(left)} left" if left is not None else ""
            # Thousandths: gigabytes are more than a bar of Qt can count.
            total = said["all_bytes"]
            self.progressed.emit(
                words, 1000 * said["all_done"] // total if total else 0, 1000 if total else 0
            )
        elif event in _DOING:
            self.progressed.emit(_DOING[event].format(said["file"]), 0, 0)
        elif event == "note":
            self.progressed.emit(str(said["text"]), 0, 0)
        elif event == "failed":
            self._said = str(said["text"])
        elif event == "done":
            self._last = said

    def _on_finished(self, ending: Ending) -> None:
        self._process = None
        if ending.unstarted or ending.code or ending.crashed or not self._last:
            why = ending.unstarted or ending.last_line or "it was stopped from outside"
            self.failed.emit(self._said or f"The download ended: {why}. What has come is kept.")
            return
        one, last = self.offer.set, self._last
        source = Source(Path(last["path"]), one.reader, one.options, one.title)
        adding = self._adding = Adding(self._session, source, self)
        adding.progressed.connect(self.progressed)
        adding.added.connect(self._on_added)
        adding.failed.connect(self.failed)
        adding.cancelled.connect(self.cancelled)
        self.progressed.emit("Adding: all of it is read …", 0, 0)
        adding.start()

    def _on_added(self, added: "Added") -> None:
        self._adding = None
        classes = self.offer.set.classes
        self._session.call(
            lambda store: named_classes(store, added, classes),
            self.added.emit,
            lambda error: self.failed.emit(f"It is added, but its classes have no names: {error}"),
        )
