"""Versions of the open model: kept under a name, listed, opened again.  Every one is in the workspace.

May import Qt, core and the store's records.
"""

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.core import text
from workbench.core.document import Document
from workbench.core.files import dumps, loads
from workbench.core.history import PutBack
from workbench.store.records import VersionRecord

if TYPE_CHECKING:
    from workbench.gui.session import Session
    from workbench.store.store import Store

_NUMBERED = re.compile(r"Version (\d{1,6})")


class Versions(QObject):
    """What was heard last of the versions, and what can be done with them; all of it in the background."""

    changed = Signal()

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self._model = 0
        self.records: list[VersionRecord] = []
        """Those of the open model, newest first."""
        session.model_opened.connect(self.refresh)
        session.saved_changed.connect(self._on_saved)

    def refresh(self) -> None:
        """Read the list again."""
        model = self._model = self._session.model_id
        if not model:
            self._show(model, [])
        else:
            self._session.call(lambda store: store.versions(model), lambda found: self._show(model, found))

    def suggested(self) -> str:
        """A name that no version has yet: Version 3."""
        numbers = [int(found[1]) for each in self.records if (found := _NUMBERED.fullmatch(each.name))]
        return f"Version {max(numbers, default=0) + 1}"

    def keep(self, name: str) -> None:
        """Keep the open model as it is now, under a name."""
        session, document = self._session, self._session.document
        session.save_new()
        model, figures = session.open_model_now, self._figures()

        def then(record: VersionRecord) -> None:
            session.message.emit(f"“{record.name}” of “{document.name}” is kept.", "ok")
            self.refresh()

        def work(store: "Store") -> VersionRecord:
            return store.add_version(model.id, dumps(document), name, nodes=figures[0], parameters=figures[1])

        session.call(work, then)

    def open(self, record: VersionRecord) -> None:
        """Make the open model what it was in a version: one step that can be undone; what was is kept, too."""
        session, before = self._session, self._session.document
        model, figures = session.open_model_now, self._figures()

        def work(store: "Store") -> Document:
            document = loads(store.version_text(record.id), f"the version {called(record)}")
            store.add_version(model.id, dumps(before), nodes=figures[0], parameters=figures[1])
            return document

        def then(document: Document) -> None:
            if model is not session.open_model_now:
                return
            now = session.document
            session.do(PutBack(document, f"Restore {called(record)}"))
            if session.document is now:
                session.message.emit(f"The model is as it was in {called(record)} already.", "info")
            self.refresh()

        session.call(work, then)

    def rename(self, record: VersionRecord, name: str) -> None:
        """Give a version another name."""
        self._session.call(lambda store: store.rename_version(record.id, name), lambda _: self.refresh())

    def delete(self, record: VersionRecord) -> None:
        """Take a version off the list, and offer to put it back."""
        session = self._session

        def restore() -> None:
            session.call(lambda store: store.restore_version(record.id), lambda _: self.refresh())

        def then(_: None) -> None:
            session.offer(f"The version {called(record)} was deleted.", "Undo", restore)
            self.refresh()

        session.call(lambda store: store.delete_version(record.id), then)

    def _figures(self) -> tuple[int, int]:
        session = self._session
        return len(session.document.graph.nodes), session.analyse_now().parameters

    def _on_saved(self) -> None:
        if self._session.model_id != self._model:
            self.refresh()

    def _show(self, model: int, found: list[VersionRecord]) -> None:
        if model == self._model and found != self.records:
            self.records = found
            self.changed.emit()


def called(record: VersionRecord) -> str:
    """How a version is spoken of: by its name, or by when it was."""
    return f"“{record.name}”" if record.name else f"of {text.moment(record.created)}"
