"""A process that shows items of one dataset while a person looks at it: asked page by page, ended when left.

Imports Qt, jobs and the process.  Requests and answers are told in engine/readers/serving.py.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from workbench.gui.json_process import Ending, JsonProcess
from workbench.jobs.processes import python
from workbench.jobs.reading import READERS

LEFT_MS: Final = 60_000
"""So long it stays warm for somebody who comes back."""
SLOW_MS: Final = 30_000
"""An answer that takes longer does not come."""
_LONGEST: Final = 500


class Service(QObject):
    """Shows what is in `folder`, which may be "sample:ID".

    A process that falls over is started once more and asked the same again; if it falls over again before it
    answered, `failed` says so.
    """

    told = Signal(object)
    """What the process tells at first: splits, counts, classes, layout."""
    answered = Signal(object)
    refused = Signal(str, object)
    """(why, the request): it cannot be answered, others can."""
    failed = Signal(str)
    """Nothing more will come; `start` tries again."""

    def __init__(self, folder: str, labels: Sequence[str] | None, owner: QObject) -> None:
        super().__init__(QCoreApplication.instance())  # it outlives its owner until the process is gone
        self.folder, self.labels = folder, labels
        self.restarts = 0
        self._process: JsonProcess | None = None
        self._waiting: deque[dict[str, Any]] = deque()
        self._hello = False
        self._fallen = False
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._on_slow)
        self._left = QTimer(self, singleShot=True, interval=LEFT_MS)
        self._left.timeout.connect(self.rest)
        owner.destroyed.connect(self.stop)

    @property
    def pid(self) -> int:
        """The process's number; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start the process, if it is not there, and ask it what waits for an answer."""
        self._left.stop()
        if self._process is not None:
            return
        self._hello = False
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        process.start(python(READERS))
        process.ask({"do": "show", "folder": self.folder, "labels": self.labels})
        for request in self._waiting:
            process.ask(request)
        self._slow.start()

    def ask(self, request: Mapping[str, Any]) -> None:
        """Ask for items; what was asked before and not answered yet is answered, too."""
        self._waiting.append(dict(request))
        if self._process is None:
            self.start()
        else:
            self._process.ask(self._waiting[-1])
            self._slow.start()

    def leave(self) -> None:
        """Nobody looks for now: the process ends in a minute."""
        if self._process is not None:
            self._left.start()

    def come_back(self) -> None:
        """Somebody looks again."""
        self._left.stop()

    def rest(self) -> None:
        """End the process; it starts again when it is asked."""
        self._end()

    def stop(self) -> None:
        """End the process and be gone."""
        self._waiting.clear()
        self._end()
        self.deleteLater()

    def _end(self) -> None:
        self._slow.stop()
        self._left.stop()
        process, self._process = self._process, None
        if process is not None:
            process.leave()

    def _on_said(self, said: dict[str, Any]) -> None:
        if not self._hello:
            self._hello = True
            if not self._waiting:
                self._slow.stop()
            self.told.emit(said)
            return
        if self._waiting:
            self._waiting.popleft()
        self._fallen = False
        self._slow.start() if self._waiting else self._slow.stop()
        if "error" in said:
            self.refused.emit(str(said["error"]), said.get("request"))
        else:
            self.answered.emit(said)

    def _on_slow(self) -> None:
        self._waiting.clear()
        self._end()
        self.failed.emit("Showing the items took too long.")

    def _on_finished(self, ending: Ending) -> None:
        self._process = None
        self._slow.stop()
        if ending.unstarted:
            self._fail(f"The program that shows items did not start: {ending.unstarted}.")
        elif (
            ending.code == 1
            and not ending.crashed
            and ending.complaint
            and "Traceback" not in ending.complaint
        ):
            self._fail(ending.last_line[:_LONGEST])
        elif self._fallen:
            self._fallen = False
            self._fail(
                "The program that shows items fell over twice. The copy may be damaged: read the data again."
            )
        else:
            self._fallen = True
            self.restarts += 1
            self.start()

    def _fail(self, reason: str) -> None:
        self._waiting.clear()
        self._slow.stop()
        self.failed.emit(reason)
