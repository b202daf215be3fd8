"""One reading by the readers' process: nothing that strangers made is decoded in the window.

Imports Qt and jobs.  The requests and answers are told in engine/readers/__main__.py.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal

from workbench.jobs.datasets import READERS
from workbench.jobs.processes import python

QUIET_SECONDS: Final = 10
"""So long may a reading say nothing until people are told."""
_LONGEST: Final = 2_000
_GRACE_MS: Final = 2_000


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
        self._buffer = bytearray()
        self._searched = 0
        self._last: dict[str, Any] = {}
        self._over = False
        self._silent = 0
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._clock = QTimer(self, interval=1_000)
        self._clock.timeout.connect(self._on_second)
        owner.destroyed.connect(self.stop)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.end)

    @property
    def is_over(self) -> bool:
        """Whether it answered, failed or was stopped."""
        return self._over

    def start(self) -> None:
        """Begin."""
        program, *arguments = python(READERS)
        self._clock.start()
        self._process.start(program, arguments)
        self._process.write((json.dumps(self.request) + "\n").encode())
        self._process.closeWriteChannel()

    def stop(self) -> None:
        """Nobody wants the answer any more; the process ends by itself while the window goes on."""
        self._over = True
        self._clock.stop()
        if self._process.state() == QProcess.ProcessState.NotRunning:
            self.deleteLater()
        else:
            self._process.kill()

    def end(self) -> None:
        """Stop, and wait until the process is gone."""
        self._over = True
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(_GRACE_MS)

    def _on_output(self) -> None:
        self._silent = 0
        self._buffer += bytes(self._process.readAllStandardOutput().data())
        while (at := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:at])
            del self._buffer[: at + 1]
            self._searched = 0
            self._on_line(line)
        self._searched = len(self._buffer)

    def _on_line(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except ValueError:  # a library that prints: no answer of ours
            return
        if not isinstance(said, dict) or self._over:
            return
        if isinstance(progress := said.get("progress"), list):
            self.progressed.emit(str(progress[0]), int(progress[1]), int(progress[2]))
        else:
            self._last = said

    def _on_second(self) -> None:
        self._silent += 1
        if self._silent >= QUIET_SECONDS:
            self.fell_quiet.emit(self._silent)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._fail(f"The program that reads files did not start: {self._process.errorString()}.")
            self._leave()

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._clock.stop()
        self._on_output()
        if not self._over:
            if status == QProcess.ExitStatus.CrashExit:
                self._fail(
                    "The program that reads files was ended from outside or fell over. A file may be damaged, "
                    "or the memory may have run out."
                )
            elif code or not self._last:
                self._fail(self._complaint(code))
            else:
                self._over = True
                self.answered.emit(self._last)
        self._leave()

    def _complaint(self, code: int) -> str:
        said = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        last = said.splitlines()[-1].strip() if said else ""
        if "Traceback (most recent call last)" in said:
            return f"The reader stumbled over something that it does not expect: {last[:_LONGEST]}"
        return last[:_LONGEST] or f"Reading ended without a word (exit code {code})."

    def _fail(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self.failed.emit(reason, self._last)

    def _leave(self) -> None:
        self._clock.stop()
        self.ended.emit()
        self.deleteLater()
