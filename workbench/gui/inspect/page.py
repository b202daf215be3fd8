"""What all pages of Inspect share: the model that is looked into, asking about it, and how long that takes.

Imports Qt, the service and widgets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from workbench.gui.inspect.service import Answer, ModelService, Question
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import surface

PARTS: Final = {"train": "Training", "validation": "Validation", "test": "Test"}
"""What the splits of a dataset are called."""
_BRIEF_MS: Final = 300
"""Work that takes less is done before anybody could read that it goes on."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The model that is looked into: the weights of one run, one of its outputs, and what the service says about it."""

    run: int
    checkpoint: str
    about: Mapping[str, Any] = field(default_factory=dict)
    output: str = ""
    """Which of several outputs is asked about; "" for the main one."""

    @property
    def splits(self) -> Mapping[str, int]:
        """How many samples each part of its data has."""
        return {str(name): int(count) for name, count in dict(self.about.get("splits") or {}).items()}

    @property
    def classes(self) -> Sequence[str]:
        """Of the output that is asked about."""
        return self._asked.get("classes") or ()

    @property
    def kind(self) -> str:
        """What kind of answer is asked about: "classes", "numbers", and so on."""
        return str(self._asked.get("kind") or "")

    @property
    def _asked(self) -> Mapping[str, Any]:
        return next((each for each in self.outputs if self.output in ("", each.get("name"))), {})

    @property
    def outputs(self) -> Sequence[Mapping[str, Any]]:
        """All that the model answers, the main output first."""
        return self.about.get("outputs") or ()

    @property
    def layers(self) -> Sequence[Mapping[str, Any]]:
        return self.about.get("layers") or ()

    def can(self, *what: str) -> bool:
        """Whether the service can do one of these with this model."""
        return not set(what).isdisjoint(self.about.get("can") or ())

    def class_name(self, number: object) -> str:
        """A class by its number; a number that is no class as it is."""
        known = self.classes
        if isinstance(number, int) and 0 <= number < len(known):
            return str(known[number])
        return "–" if number is None else str(number)


@dataclass(frozen=True, slots=True)
class Place:
    """A sample by where it stands."""

    split: str
    index: int

    def request(self) -> dict[str, Any]:
        """As the service takes it."""
        return {"split": self.split, "index": self.index}


@dataclass(frozen=True, slots=True)
class Own:
    """An input that a person brought, as the service takes it, with how it looks and what the model says to it."""

    inputs: Mapping[str, Any]
    item: Mapping[str, Any]
    said: str = ""

    def request(self) -> dict[str, Any]:
        """As the service takes it."""
        return {"inputs": dict(self.inputs)}


class Work(QWidget):
    """What goes on, how far it is and how long it will take, with a button that cancels it."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._question: Question | None = None
        self._what = ""
        self.words = ElidedLabel("", "small")
        self.bar = QProgressBar()
        self.bar.setFixedWidth(96)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.button = Button("Cancel", "Stop this; what is shown stays", kind="quiet")
        self.button.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.bar)
        row.addWidget(self.button)
        self._soon = QTimer(self, singleShot=True, interval=_BRIEF_MS)
        self._soon.timeout.connect(self.show)
        self.hide()

    def begin(self, question: Question, what: str) -> None:
        """Something was asked; it is told unless the answer comes at once."""
        self._question, self._what = question, what
        self.bar.setRange(0, 0)
        self._tell()
        if not self._soon.isActive() and self.isHidden():
            self._soon.start()

    def advance(self, question: Question) -> None:
        """It has come further."""
        if question is self._question:
            self.bar.setRange(0, max(1, question.of))
            self.bar.setValue(question.done)
            self._tell()

    def end(self) -> None:
        """Nothing goes on any more."""
        self._question = None
        self._soon.stop()
        self.hide()

    def _tell(self) -> None:
        question = self._question
        far = f"{question.done:,} of {question.of:,}" if question is not None and question.of else ""
        left = question.left() if question is not None else ""
        self.words.setText(" · ".join(word for word in (self._what, far, left) if word))


class Page(QWidget):
    """One page.  It asks when it is first seen with a model, and keeps what it heard until there is another model."""

    title: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    """Names of what the service must be able to do, one of them, for the page to be there."""

    going = Signal(str, object)
    """(title of a page, Place or Own): somebody wants to see a sample there."""

    def __init__(self, service: ModelService) -> None:
        super().__init__()
        surface(self, "panel")
        self._service = service
        self._subject: Subject | None = None
        self._fresh = False
        self._questions: dict[str, Question] = {}
        self.work = Work()
        self.work.cancelled.connect(self._on_cancelled)
        self.trouble = Label("", "err", wrap=True)
        self.trouble.setContentsMargins(12, 4, 12, 4)
        self.trouble.hide()
        self.try_again = Button("Try again", "Ask the model once more", icon="refresh")
        self.try_again.clicked.connect(self._on_try_again)
        self.try_again.hide()
        service.fell.connect(self._on_fell)
        told = QHBoxLayout()
        told.setContentsMargins(0, 0, 12, 0)
        told.addWidget(self.trouble, 1)
        told.addStretch()
        told.addWidget(self.try_again)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(12, 8, 12, 8)
        self.head.setSpacing(8)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.head)
        column.addLayout(told)
        column.addLayout(self.body, 1)

    @property
    def subject(self) -> Subject | None:
        return self._subject

    def end_head(self) -> None:
        """Close the row of controls: what goes on stands at its end."""
        self.head.addStretch(1)
        self.head.addWidget(self.work, 2)

    def take(self, subject: Subject | None) -> None:
        """Look into another model, or into none."""
        self.forget_questions()
        self.say("")
        self.try_again.hide()
        self._subject = subject
        self._fresh = subject is not None
        self.reset()
        if self.isVisible():
            self._look()

    def reset(self) -> None:
        """Show nothing of the model before; fill what can be chosen."""

    def look(self) -> None:
        """Ask what the page shows first."""

    def show_place(self, place: Place | Own) -> None:
        """Somebody wants to see this sample here."""

    def say(self, trouble: str) -> None:
        """Tell what went wrong, or nothing any more."""
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))

    def ask(
        self,
        do: str,
        answered: Callable[[Answer], object],
        what: str,
        refused: Callable[[str], object] | None = None,
        *,
        slot: str = "",
        **asked: Any,
    ) -> None:
        """Ask about the model; what was asked in the same slot (that of its kind) before no longer matters.

        `what` says in words what is done meanwhile.
        """
        subject, slot = self._subject, slot or do
        if subject is None:
            return
        self._service.cancel(self._questions.pop(slot, None))
        self.say("")
        self.try_again.hide()

        def on_answer(answer: Answer) -> None:
            self._ended(slot)
            answered(answer)

        def on_refusal(reason: str) -> None:
            self._ended(slot)
            (refused or self.say)(reason)

        def on_advance(done: int, of: int) -> None:
            self.work.advance(question)

        request = {"do": do, "run": subject.run, "checkpoint": subject.checkpoint, **asked}
        if subject.output:
            request["output"] = subject.output
        question = self._service.ask(request, on_answer, on_refusal, on_advance)
        self._questions[slot] = question
        self.work.begin(question, what)

    def is_asking(self, slot: str) -> bool:
        """Whether an answer is waited for."""
        return slot in self._questions

    @property
    def is_busy(self) -> bool:
        """Whether any answer is waited for."""
        return bool(self._questions)

    def forget(self, slot: str) -> None:
        """Nobody waits for this answer any more."""
        self._service.cancel(self._questions.get(slot))
        self._ended(slot)

    def forget_questions(self) -> None:
        """Nobody waits for any answer here any more."""
        for question in self._questions.values():
            self._service.cancel(question)
        self._questions.clear()
        self.work.end()

    def stopped(self) -> None:
        """A person cancelled what was going on."""

    def _on_cancelled(self) -> None:
        self.forget_questions()
        self.stopped()

    def _on_fell(self) -> None:
        """The process ended: what is waited for here can be asked again; a hidden page asks when it is seen again."""
        if self._subject is not None and self.isVisible():
            self.try_again.show()
        elif self.is_busy:
            self._fresh = True

    def _on_try_again(self) -> None:
        self.try_again.hide()
        self.look()

    def _ended(self, slot: str) -> None:
        self._questions.pop(slot, None)
        if not self._questions:
            self.work.end()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        if self._fresh and self._subject is not None:
            self._fresh = False
            self.look()
