"""A process that is asked and answers in JSON, an object a line: its lines, its end, and that none is left behind.

May import Qt.
"""

import atexit
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal

_GRACE_MS: Final = 2_000
"""How long one that is to end may clean up while somebody waits for that."""
_UNWAITED_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended."""

    code: int = 0
    crashed: bool = False
    unstarted: str = ""
    """Why it did not start; "" where it did."""
    complaint: str = ""
    """What it wrote to its standard error."""

    @property
    def last_line(self) -> str:
        """The last line of its complaint."""
        return self.complaint.splitlines()[-1].strip() if self.complaint else ""


class JsonProcess(QObject):
    """One process, started once.  It belongs to the application, so that it outlives whoever asked for it."""

    said = Signal(object)
    """One line, as a dict; what is no JSON object was printed by some library and is passed over."""
    finished = Signal(object)
    """Its Ending, once; not after `leave`."""

    def __init__(self) -> None:
        app = QCoreApplication.instance()
        super().__init__(app)
        self._buffer = bytearray()
        self._searched = 0
        self._over = False
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        if app is not None:
            app.aboutToQuit.connect(self._on_quit)

    @property
    def pid(self) -> int:
        """Its number; 0 while it does not run."""
        return 0 if self._over else int(self._process.processId())

    def start(self, command: Sequence[str]) -> None:
        """Begin."""
        self._process.start(command[0], list(command[1:]))

    def ask(self, what: Mapping[str, Any], *, last: bool = False) -> None:
        """Write one line to it; after the last one its input ends.  One that is gone hears nothing."""
        if self._over or self._process.state() == QProcess.ProcessState.NotRunning:
            return
        line = json.dumps(what, ensure_ascii=False) + "\n"
        self._process.write(line.encode("utf-8", "replace"))
        if last:
            self._process.closeWriteChannel()

    def kill(self) -> None:
        """End it; `finished` comes when it is gone."""
        if not self._over:
            self._process.kill()

    def leave(self) -> None:
        """End it and hear no more of it; it has a while to take away what it did not finish."""
        if not self._over:
            self.blockSignals(True)
            self._process.terminate()
            QTimer.singleShot(_UNWAITED_MS, self, self.kill)

    def end(self) -> None:
        """End it, and wait until it is gone."""
        if not self._over and self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.terminate()
            if not self._process.waitForFinished(_GRACE_MS):
                self._process.kill()
                self._process.waitForFinished(_GRACE_MS)

    def _on_quit(self) -> None:
        self.leave()
        self.end()

    def _on_output(self) -> None:
        self._buffer += bytes(self._process.readAllStandardOutput().data())
        while (at := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:at])
            del self._buffer[: at + 1]
            self._searched = 0
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                self.said.emit(said)
        self._searched = len(self._buffer)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            ending = Ending(unstarted=self._process.errorString())
            # Where it cannot even be forked, `start` has not returned yet, and who asks has not noted the question.
            QTimer.singleShot(0, self, lambda: self._finish(ending))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._on_output()
        complaint = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        self._finish(Ending(code, status == QProcess.ExitStatus.CrashExit, complaint=complaint))

    def _finish(self, ending: Ending) -> None:
        if not self._over:
            self._over = True
            self.finished.emit(ending)
            self.deleteLater()


def end_all() -> None:
    """End all of them, and wait until they are gone; nobody hears of it."""
    app = QCoreApplication.instance()
    if app is not None:
        running = app.findChildren(JsonProcess)
        for process in running:
            process.leave()
        for process in running:
            process.end()


atexit.register(end_all)  # a program that ends without closing its window, such as one that fails
