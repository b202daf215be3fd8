"""The process that computes with trained models: asked by the pages of Inspect, started again after it fell over.

Imports Qt, session, jobs' command line and the process.  Questions and answers are told in engine/service.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core import text
from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.session import Session
from workbench.jobs.processes import python

MODULE: Final = "workbench.engine.service"
REST_MS: Final = 120_000
"""A process that nobody has looked at for so long has ended: it holds torch, weights and data in memory."""
_SAID: Final = 300
Answer = Mapping[str, Any]


def _nothing(*_: object) -> None:
    pass


@dataclass(slots=True, eq=False)
class Question:
    """One request and who waits for its answer; exactly one of `answered` and `refused` is called, unless cancelled."""

    id: int
    request: Mapping[str, Any]
    answered: Callable[[Answer], object]
    refused: Callable[[str], object]
    advanced: Callable[[int, int], object] = _nothing
    began: float = field(default_factory=time.monotonic)
    done: int = 0
    of: int = 0

    def left(self) -> str:
        """How much time is left, in words; "" while that cannot be told."""
        if not 0 < self.done < self.of:
            return ""
        spent = time.monotonic() - self.began
        return f"about {text.duration(spent / self.done * (self.of - self.done))} left" if spent > 1 else ""


class ModelService(QObject):
    """Asks the process of one session.  Answers come in the order of the questions."""

    fell = Signal(str)
    """The process ended by itself; the sentence says so, and the next question starts another one.

    Told before those who wait are refused, so that they know that they waited.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._process: JsonProcess | None = None
        self._waiting: dict[int, Question] = {}
        self._last = 0
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rested)
        session.closing.connect(self.stop)
        session.destroyed.connect(self.stop)

    @property
    def pid(self) -> int:
        """The process's number; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._waiting)

    def ask(
        self,
        request: Mapping[str, Any],
        answered: Callable[[Answer], object],
        refused: Callable[[str], object],
        advanced: Callable[[int, int], object] = _nothing,
    ) -> Question:
        """Ask something; the answer, or a sentence that says why there is none, comes by itself."""
        self._last += 1
        question = Question(self._last, {**request, "id": self._last}, answered, refused, advanced)
        self._waiting[question.id] = question
        if self._process is None:
            self._start()
        if self._process is not None:
            self._process.ask(question.request)
        return question

    def cancel(self, question: Question | None) -> None:
        """Nobody waits for it any more; the process stops working on it."""
        if (
            question is not None
            and self._waiting.pop(question.id, None) is not None
            and self._process is not None
        ):
            self._process.ask({"cancel": question.id})

    def leave(self) -> None:
        """Nobody looks any more: the process ends unless it is asked again soon."""
        if self._process is not None:
            self._rest.start()

    def come_back(self) -> None:
        """Somebody looks again."""
        self._rest.stop()

    def stop(self) -> None:
        """End the process; nobody hears of what was asked."""
        self._rest.stop()
        self._waiting.clear()
        process, self._process = self._process, None
        if process is not None:
            process.leave()

    def _on_rested(self) -> None:
        """Nobody looked for a while: work that somebody waits for is done to its end first."""
        if self.is_asked:
            self._rest.start()
        else:
            self.stop()

    def _start(self) -> None:
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        process.start(command(self._session))

    def _on_said(self, said: dict[str, Any]) -> None:
        id = said.get("id")
        question = self._waiting.get(id) if isinstance(id, int) else None
        if question is None:  # of a question that was cancelled meanwhile
            return
        if "done" in said:
            question.done, question.of = int(said["done"]), int(said.get("of") or 0)
            question.advanced(question.done, question.of)
            return
        del self._waiting[question.id]
        result = said.get("result")
        if isinstance(result, dict):
            question.answered(result)
        else:
            question.refused(str(said.get("error") or "The model service gave no answer."))

    def _on_finished(self, ending: Ending) -> None:
        self._process = None
        sentence = _told(ending)
        waiting, self._waiting = list(self._waiting.values()), {}
        self.fell.emit(sentence)
        for question in waiting:
            question.refused(sentence)


def _told(ending: Ending) -> str:
    """Why the process is gone, and what to do."""
    if ending.unstarted:
        return f"The model service did not start: {ending.unstarted}."
    said = text.one_line(ending.last_line, _SAID)
    cause = f" ({said})" if said else ""
    return f"The model service ended unexpectedly{cause}. Try again: it starts anew."


def command(session: Session) -> list[str]:
    """What is started for a session."""
    return python(MODULE, str(session.path))


def service_of(session: Session) -> ModelService:
    """The one of a session."""
    found = session.findChild(ModelService)
    return found if isinstance(found, ModelService) else ModelService(session)
