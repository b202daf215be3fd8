"""Undo and redo. Documents are immutable and share their parts, so a step is just the document before it."""

from dataclasses import dataclass

from workbench.core.document import Document
from workbench.core.edits import Edit
from workbench.core.signal import Signal

LIMIT = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One undoable change: what it was called, and the document before it."""

    label: str
    before: Document


class History:
    """The open document and how it came about. `changed` tells (before, after) for do, undo and redo alike."""

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

    def steps(self) -> tuple[str, ...]:
        """Labels of what was done, oldest first."""
        return tuple(step.label for step in self._done)

    def do(self, edit: Edit) -> None:
        """Applies an edit as one step; raises EditError and changes nothing if it does not fit."""
        before = self._document
        after = edit.apply(before)
        if after is before:
            return
        self._done.append(Step(edit.label, before))
        del self._done[:-LIMIT]
        self._undone.clear()
        self._go(after)

    def undo(self) -> None:
        self._swap(self._done, self._undone)

    def redo(self) -> None:
        self._swap(self._undone, self._done)

    def _swap(self, take: list[Step], give: list[Step]) -> None:
        if take:
            step = take.pop()
            give.append(Step(step.label, self._document))
            self._go(step.before)

    def _go(self, document: Document) -> None:
        before, self._document = self._document, document
        self.changed.emit(before, document)
