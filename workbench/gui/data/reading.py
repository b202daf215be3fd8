"""One reading by the readers' process: nothing that strangers made is decoded in the window.

Imports Qt, jobs and the process.  The requests and answers are told in engine/readers/__main__.py.
"""

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from workbench.gui.json_process import Ending, JsonProcess
from workbench.jobs.processes import python
from workbench.jobs.reading import READERS, complaint

QUIET_SECONDS: Final = 10
"""So long may a reading say nothing until people are told."""


class Reading(QObject):
    """Asks the readers' process one thing.  Of `answered` and `failed` one comes, once, unless it was stopped."""

    progressed = Signal(str, int, int)
    """(what, done, total): how far it is; total 0 where that is not known."""
    answered = Signal(object)
    """The last line, as a dict."""
    failed = Signal(str, object)
    """(why, for people; what came to light before, a dict)."""
    fell_quiet = Signal(int)
    """For so many seconds nothing was heard; told each second from QUIET_SECONDS on."""
    ended = Signal()
    """The process is gone, however it ended."""

    def __init__(self, request: Mapping[str, Any], owner: QObject) -> None:
        super().__init__(QCoreApplication.instance())  # it outlives its owner until the process is gone
        self.request = dict(request)
        self._last: dict[str, Any] = {}
        self._over = False
        self._silent = 0
        self._process: JsonProcess | None = None
        self._clock = QTimer(self, interval=1_000)
        self._clock.timeout.connect(self._on_second)
        owner.destroyed.connect(self.stop)

    @property
    def is_over(self) -> bool:
        """Whether it answered, failed or was stopped."""
        return self._over

    def start(self) -> None:
        """Begin."""
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        self._clock.start()
        process.start(python(READERS))
        process.ask(self.request, last=True)

    def stop(self) -> None:
        """Nobody wants the answer any more; the process ends by itself while the window goes on."""
        self._over = True
        self._clock.stop()
        if self._process is None:
            self.deleteLater()
        else:
            self._process.kill()

    def end(self) -> None:
        """Stop, and wait until the process is gone."""
        self._over = True
        if self._process is not None:
            self._process.end()

    def _on_said(self, said: dict[str, Any]) -> None:
        self._silent = 0
        if self._over:
            return
        if isinstance(progress := said.get("progress"), list):
            self.progressed.emit(str(progress[0]), int(progress[1]), int(progress[2]))
        else:
            self._last = said

    def _on_second(self) -> None:
        self._silent += 1
        if self._silent >= QUIET_SECONDS:
            self.fell_quiet.emit(self._silent)

    def _on_finished(self, ending: Ending) -> None:
        self._process = None
        self._clock.stop()
        if not self._over:
            if ending.unstarted or ending.crashed or ending.code or not self._last:
                self._fail(_complaint(ending))
            else:
                self._over = True
                self.answered.emit(self._last)
        self.ended.emit()
        self.deleteLater()

    def _fail(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self.failed.emit(reason, self._last)


def _complaint(ending: Ending) -> str:
    """Why there is no answer, for people."""
    if ending.unstarted:
        return f"The program that reads files did not start: {ending.unstarted}."
    # What Qt says of a process that crashed is the number of the signal; on Windows some number.
    return complaint(ending.complaint, -max(1, ending.code) if ending.crashed else ending.code)
