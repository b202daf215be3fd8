"""The box in which the selected runs get tags.  Imports session, commands and the box."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from workbench.core.text import plural
from workbench.gui.runs import commands
from workbench.gui.runs.boxes import Tick, TickBox
from workbench.gui.session import Session
from workbench.gui.widgets.fields import SearchField
from workbench.store.records import UNMARKED


class TagsBox(TickBox):
    """All tags of the workspace, ticked where the chosen runs have them; a new name adds a new tag."""

    def __init__(self, owner: QWidget, session: Session) -> None:
        field = SearchField("Find or add a tag", "Tag", "Enter adds what you type, or ticks the first row")
        super().__init__(owner, "Tags", field, takes_new=True)
        self._session = session
        self._ids: list[int] = []
        self.ticked.connect(self._on_ticked)
        self.entered.connect(lambda tag: commands.change_tags(session, add=[(id, tag) for id in self._ids]))
        session.runs_changed.connect(lambda *_: self._read() if self.isVisible() else None)

    def open_for(self, ids: Sequence[int], place: QPoint) -> None:
        """Open for these runs."""
        self._ids = list(ids)
        self.title.setText(f"Tags of {plural(len(ids), 'run')}" if len(ids) > 1 else f"Tags of run #{ids[0]}")
        self._read()
        self.open_at(place)

    def _read(self) -> None:
        marks = self._session.marks
        every = {tag for run in self._session.runs for tag in marks.get(run.id, UNMARKED).tags}
        rows = []
        for tag in sorted(every, key=str.casefold):
            count = sum(tag in marks.get(id, UNMARKED).tags for id in self._ids)
            rows.append(Tick(tag, tag, True if count == len(self._ids) else None if count else False))
        self.show_rows(rows)

    def _on_ticked(self, tag: str, on: bool) -> None:
        pairs = [(id, tag) for id in self._ids]
        commands.change_tags(self._session, add=pairs if on else (), remove=() if on else pairs)
