"""Undo and redo. Documents are immutable and share their parts; what lies far back is kept as what differed."""

import time
from dataclasses import dataclass, field, replace

from workbench.core.deltas import Delta, apply, delta
from workbench.core.document import Document
from workbench.core.edits import Edit
from workbench.core.sameness import same
from workbench.core.signal import Signal

LIMIT = 1000
NEAR = 32
"""So many steps to either side keep their document as a whole."""


@dataclass(slots=True)
class Step:
    """One undoable change: what it was called, when it was made, and how the document on its other side comes back."""

    label: str
    other: Document | Delta
    time: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True)
class PutBack:
    """Makes the document what it was at another time; its name stays."""

    document: Document
    label: str

    def apply(self, document: Document) -> Document:
        put = replace(self.document, name=document.name)
        return document if same(put, document, ordered=True) else put


class History:
    """The open document and how it came about. `changed` tells (before, after) for do, undo, redo and go alike."""

    def __init__(self, document: Document) -> None:
        self.changed: Signal[Document, Document] = Signal()
        self._document = document
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def document(self) -> Document:
        return self._document

    @property
    def undo_label(self) -> str:
        """What undo would take back; "" when there is nothing."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        return self._undone[-1].label if self._undone else ""

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def position(self) -> int:
        """How many steps of `timeline` are done."""
        return len(self._done)

    def steps(self) -> tuple[str, ...]:
        """Labels of what was done, oldest first."""
        return tuple(step.label for step in self._done)

    def timeline(self) -> tuple[tuple[str, float], ...]:
        """Label and time of every step, oldest first: those that are done, then those that were taken back."""
        return tuple((step.label, step.time) for step in (*self._done, *reversed(self._undone)))

    def do(self, edit: Edit) -> None:
        """Applies an edit as one step; raises EditError and changes nothing if it does not fit."""
        before = self._document
        after = edit.apply(before)
        if after is before:
            return
        _push(self._done, Step(edit.label, before))
        del self._done[:-LIMIT]
        self._undone.clear()
        self._tell(after)

    def rename(self, name: str) -> None:
        """Gives the model another name in all its states; no step, and nothing that was taken back is lost."""
        old = self._document.name
        for step in (*self._done, *self._undone):
            if isinstance(step.other, Document) and step.other.name == old:
                step.other = replace(step.other, name=name)
        self._tell(replace(self._document, name=name))

    def undo(self) -> None:
        self.go(self.position - 1)

    def redo(self) -> None:
        self.go(self.position + 1)

    def go(self, position: int) -> None:
        """Undoes or redoes until so many steps are done; tells once. A position that is not there changes nothing."""
        if not 0 <= position <= len(self._done) + len(self._undone):
            return
        document = self._document
        while len(self._done) > position:
            document = _swap(self._done, self._undone, document)
        while len(self._done) < position:
            document = _swap(self._undone, self._done, document)
        if document is not self._document:
            self._tell(document)

    def _tell(self, document: Document) -> None:
        before, self._document = self._document, document
        self.changed.emit(before, document)


def _swap(take: list[Step], give: list[Step], document: Document) -> Document:
    step = take.pop()
    other = step.other if isinstance(step.other, Document) else apply(step.other, document)
    assert isinstance(other, Document)
    _push(give, Step(step.label, document, step.time))
    return other


def _push(steps: list[Step], step: Step) -> None:
    steps.append(step)
    if len(steps) > NEAR:
        far, next_one = steps[-NEAR - 1], steps[-NEAR]
        if isinstance(far.other, Document) and isinstance(next_one.other, Document):
            far.other = delta(next_one.other, far.other)
