"""Brings every edit into the workspace: a second after it, again when that failed, beside it when another was first.

May import Qt, core, workspace and the store's records.
"""

import logging
import time
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.core.document import Document
from workbench.core.errors import DocumentError, RevisionError
from workbench.core.files import dumps, loads, write
from workbench.gui.workspace import Workspace
from workbench.store.records import ModelRecord

if TYPE_CHECKING:
    from workbench.gui.session import OpenModel
    from workbench.store.store import Store

SAVE_MS = 1000
RETRY_MS = 3000
UNSAVED = "unsaved"
log = logging.getLogger("workbench.gui")


class Saver(QObject):
    """Saves the models that it is told of; one that could not be saved is kept and tried until it is."""

    saved = Signal(object)
    """The OpenModel whose document is in the workspace now."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._edited: OpenModel | None = None
        self._failed: list[OpenModel] = []
        self._reason = ""
        self._timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._timer.timeout.connect(self._on_timer)
        self._retry = QTimer(self, singleShot=True, interval=RETRY_MS)
        self._retry.timeout.connect(self.save_failed)

    def edited(self, model: "OpenModel") -> None:
        """Save a model within a second; edits that follow do not put it off."""
        self._edited = model
        if not self._timer.isActive():
            self._timer.start(SAVE_MS)

    def save(self, model: "OpenModel") -> None:
        """Write a model to the workspace if it changed."""
        if self._edited is model:
            self._timer.stop()
        document = model.history.document
        if model.saved is document or not self._workspace.is_started or self._workspace.read_only:
            return
        model.wanted = document

        def then(kept: tuple[ModelRecord, bool] | None) -> None:
            if kept is None:
                return
            record, copied = kept
            if model in self._failed:
                self._failed.remove(model)
            if self._reason and not self._failed:
                self._reason = ""
                self._workspace.message.emit(f"“{record.name}” is saved again.", "ok")
            if copied:
                model.history.rename(record.name)
                self._workspace.message.emit(
                    f"“{document.name}” was changed in another window. Your edits are in “{record.name}”; "
                    "both are kept.",
                    "warning",
                )
            self.saved.emit(model)

        def failed(error: Exception) -> None:
            if model not in self._failed:
                self._failed.append(model)
            if str(error) != self._reason:  # once, not at every try
                self._reason = str(error)
                text = f"“{document.name}” could not be saved: {error} It is tried again."
                self._workspace.message.emit(text, "error")
            self._retry.start(RETRY_MS)

        self._workspace.call(lambda store: _save(store, model, document), then, failed)

    def save_failed(self) -> None:
        """Try again what could not be saved."""
        for model in list(self._failed):
            self.save(model)

    def rescue(self, model: "OpenModel") -> None:
        """After the workspace was closed: what could not be saved goes into files that the next start takes in."""
        self._timer.stop()
        self._retry.stop()
        lost = {id(each): each for each in (*self._failed, model) if not each.is_saved}
        self._failed.clear()
        self._reason = ""
        from workbench.store.database import files_of

        folder = files_of(self._workspace.path) / UNSAVED
        for number, each in enumerate(lost.values()):
            path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{number}.json"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path, each.history.document)
            except OSError as error:
                log.error(
                    "“%s” could not be saved, nor written to %s: %s", each.history.document.name, path, error
                )
            else:
                log.error("“%s” could not be saved; it is in %s", each.history.document.name, path)

    def take_in(self) -> None:
        """Bring what an earlier window could not save into the workspace."""
        if self._workspace.read_only:
            return  # it waits there for the next start

        def say(names: list[str]) -> None:
            for name in names:
                text = f"“{name}” could not be saved when the window closed. It is in the workspace now."
                self._workspace.message.emit(text, "warning")

        self._workspace.call(_take_in, say)

    def _on_timer(self) -> None:
        if self._edited is not None:
            self.save(self._edited)


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or the first of name-2, name-3 … that is not taken."""
    number, free = 2, name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free


def _save(store: "Store", model: "OpenModel", document: Document) -> tuple[ModelRecord, bool] | None:
    """The model's record, and whether it had to become a copy because somebody else had changed it.

    None where a newer save waits already: a workspace that was busy for a while is not kept busy with old states.
    """
    if model.wanted is not document:
        return None
    copied = False
    try:
        expected = model.revision if model.id else None
        record = store.save_model(model.id or None, dumps(document), expected)
    except RevisionError:
        copied = True
        name = free_name(document.name, {other.name for other in store.models()})
        record = store.save_model(None, dumps(replace(document, name=name)))
    if model.id != record.id:
        model.id = record.id
        store.set_setting("last_model", record.id)
    model.revision, model.saved = record.revision, document
    return record, copied


def _take_in(store: "Store") -> list[str]:
    names = []
    for path in sorted((store.files / UNSAVED).glob("*.json")):
        try:
            document = loads(path.read_text(encoding="utf-8"), path.name)
        except (OSError, DocumentError) as error:
            log.error("%s stays where it is: %s", path, error)
            continue
        name = free_name(document.name, {model.name for model in store.models()})
        store.save_model(None, dumps(replace(document, name=name)))
        path.unlink()
        names.append(name)
    return names
