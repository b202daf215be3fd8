"""The process that shows examples before and after a node: started when asked, kept warm, ended when at rest.

Imports Qt, session and the process. What is asked meanwhile waits; only the newest question is answered.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.session import Session

REST_MS = 20_000
"""A process that nobody asks for so long has ended: it holds torch and a dataset in memory."""
_SAID = 200


class Previewer(QObject):
    """Asks the process of one session. `answered` tells (question, answer) of the newest question."""

    answered = Signal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._process: JsonProcess | None = None
        self._asked: Mapping[str, Any] | None = None
        """What the process works on."""
        self._next: Mapping[str, Any] | None = None
        self._number = 0
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.stop)
        session.leaving.connect(self.stop)
        session.destroyed.connect(self.stop)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def ask(self, question: Mapping[str, Any]) -> None:
        """Answer this as soon as the process is free; what was asked before no longer matters."""
        self._rest.stop()
        self._next = question
        if self._process is None:
            self._start()
        self._send()

    def rest(self) -> None:
        """Nobody looks any more: the process ends unless it is asked again soon."""
        self._next = None
        if self._process is not None:
            self._rest.start()

    def stop(self) -> None:
        """End the process."""
        self._rest.stop()
        self._asked = self._next = None
        process, self._process = self._process, None
        if process is not None:
            process.leave()
            process.end()

    def _start(self) -> None:
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_end)
        process.start([sys.executable, *arguments(self._session.path)])

    def _send(self) -> None:
        if self._process is None or self._next is None or self._asked is not None:
            return
        self._asked, self._next = self._next, None
        self._number += 1
        self._process.ask({**self._asked, "id": self._number})

    def _on_said(self, answer: Mapping[str, Any]) -> None:
        asked = self._asked
        if self._process is None or asked is None or answer.get("id") != self._number:
            return
        self._asked = None
        if self._next is None:
            self.answered.emit(asked, answer)
        self._send()

    def _on_end(self, ending: Ending) -> None:
        if self._process is not None:
            self._fail(ending.unstarted or ending.last_line[:_SAID] or "it ended without a word")

    def _fail(self, reason: str) -> None:
        """The next question starts another process."""
        asked = self._next or self._asked
        self.stop()
        if asked is not None:
            self.answered.emit(asked, {"error": f"Examples cannot be made: {reason}"})


def arguments(workspace: Path) -> list[str]:
    """What follows `python` to show examples. -P keeps files of the current folder from posing as modules."""
    return ["-P", "-m", "workbench.engine.preview", str(workspace)]


def previewer_of(session: Session) -> Previewer:
    """The one previewer of a session."""
    found = session.findChild(Previewer)
    return found if isinstance(found, Previewer) else Previewer(session)
