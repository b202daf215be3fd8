"""Adds data step by step: where it is, how it is read, what that gives.  Nothing is added before a person says so.

Imports Qt, session, the readers' client and the wizard's pages.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from workbench.gui.data.adding import Adding, Source, Wanted, counted
from workbench.gui.data.reading import Reading
from workbench.gui.data.wizard_page import LookPage
from workbench.gui.data.wizard_source import SourcePage
from workbench.gui.session import Session
from workbench.store.records import DatasetRecord

if TYPE_CHECKING:
    from workbench.jobs.datasets import Added

FIRST: Final = 200
"""So many items are read for the preview."""
REST_MS: Final = 300
"""After a change, until the preview is read anew."""
_OTHER_WAY: Final = "Read it in another way, change an option at the left, or choose other files."
_OTHER_FILES: Final = "Choose other files, or say yourself at the left what they are."


@dataclass(frozen=True)
class _Waiting:
    """A path that is to be looked at; where it was added before, `before` says how."""

    path: Path
    then: Callable[[str], object] | None = None
    before: DatasetRecord | None = None


class Wizard(QStackedWidget):
    """One source after another.  `state_changed` says in a word what goes on, for the list beside it."""

    added = Signal(object, object)
    """(jobs.datasets.Added, who waits for the id or None)."""
    left = Signal()
    """A person has closed it."""
    state_changed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._queue: list[_Waiting] = []
        self._now: _Waiting | None = None
        self._done = 0
        self._reading: Reading | None = None
        self._adding: Adding | None = None
        self._readers: dict[str, Mapping[str, Any]] = {}
        self._known: Mapping[str, Any] = {}
        self._changed = False
        self.source = SourcePage()
        self.addWidget(self.source)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.preview)
        self.source.chosen.connect(lambda paths: self.take(Wanted(tuple(paths))))

    @cached_property
    def page(self) -> LookPage:
        """Where a source is looked at: made with the first one."""
        page = LookPage()
        self.addWidget(page)
        page.reader_picked.connect(self._on_reader)
        page.form.changed.connect(self._on_changed)
        page.add_asked.connect(self.add)
        page.cancel_asked.connect(self.cancel)
        page.closed.connect(self.close_source)
        page.skipped.connect(self.skip)
        page.preview.again.connect(self._on_again)
        page.preview.error.instead.connect(self._on_instead)
        return page

    # ------------------------------------------------------------- what is looked at

    @property
    def path(self) -> Path | None:
        """What is looked at now."""
        return self._now.path if self._now is not None else None

    @property
    def is_adding(self) -> bool:
        """Whether something is on its way into the workspace."""
        return self._adding is not None

    def take(self, wanted: Wanted) -> None:
        """Look at these paths, one after another; what a person has begun to set up is not thrown away."""
        self._take([_Waiting(path.absolute(), wanted.then) for path in wanted.paths])

    def take_again(self, record: DatasetRecord) -> None:
        """Look at the source of a dataset once more, read as it was read before."""
        self._take([_Waiting(Path(record.source), None, record)])

    def _take(self, fresh: list[_Waiting]) -> None:
        if self._now is not None and (self._adding is not None or self._changed):
            self._queue += fresh
            names = ", ".join(each.path.name for each in fresh[:3])
            self._session.message.emit(f"{names} will be looked at after {self._now.path.name}.", "info")
            self._tell_place()
        elif fresh:
            self._queue = [*fresh[1:], *self._queue]
            self._begin(fresh[0])

    def skip(self) -> None:
        """Leave this source out and look at the next one."""
        self._stop()
        if self._queue:
            self._done += 1
            self._begin(self._queue.pop(0))
        else:
            self.close_source()

    def close_source(self) -> None:
        """Forget what is looked at and what waits."""
        self._stop()
        self._now, self._queue, self._done, self._changed = None, [], 0, False
        self.source.clear()
        self.setCurrentWidget(self.source)
        self.state_changed.emit("")
        self.left.emit()

    def _begin(self, waiting: _Waiting) -> None:
        self._stop()
        self._now, self._changed, self._known, self._readers = waiting, False, {}, {}
        self.page.begin(waiting.path)
        self._tell_place()
        self.setCurrentWidget(self.page)
        self.state_changed.emit(waiting.path.name)
        self._detect()

    def _tell_place(self) -> None:
        self.page.show_place(self._done + 1, self._done + 1 + len(self._queue))

    def _stop(self) -> None:
        self._rest.stop()
        if self._reading is not None:
            self._reading.stop()
            self._reading = None
        adding, self._adding = self._adding, None
        if adding is not None:
            adding.cancel()

    # ------------------------------------------------------------- looking

    def _detect(self) -> None:
        self.page.busy("Looking at the files …")
        self._ask({"do": "detect", "path": str(self.path)}, self._on_detected, self._on_undetected)

    def _ask(
        self,
        request: Mapping[str, Any],
        then: Callable[[dict[str, Any]], object],
        failed: Callable[[str, Mapping[str, Any]], object],
    ) -> None:
        if self._reading is not None:
            self._reading.stop()
        reading = self._reading = Reading(request, self)
        reading.answered.connect(_for(self, reading, then))
        reading.failed.connect(_for(self, reading, failed))
        reading.progressed.connect(
            lambda what, done, total: self.page.show_progress(f"{what}: {counted(done, total)}", done, total)
        )
        reading.fell_quiet.connect(self.page.show_quiet)
        reading.start()

    def _on_detected(self, answer: Mapping[str, Any]) -> None:
        self._reading = None
        self._readers = {str(reader["name"]): reader for reader in answer["all"]}
        suiting = answer["readers"]
        self.page.show_readers(suiting, answer["all"])
        before = self._now.before if self._now is not None else None
        if before is not None and before.reader in self._readers:
            self.page.choose(before.reader, before.title)
            self._show_options({})
            self.page.form.show_values(before.options)
        if self.page.chosen():
            self.preview()
        else:
            request = {"do": "read", "path": str(self.path), "reader": "", "limit": FIRST}
            self._ask(request, self._on_previewed, self._on_undetected)  # its refusal says most

    def _on_undetected(self, reason: str, known: Mapping[str, Any]) -> None:
        self._reading = None
        self.page.rest("")
        hint = _OTHER_FILES if self._readers else "Bring it back, or choose other files."
        if dict(known.get("choices") or {}).get("inside"):
            hint = "Choose what to look at:"
        self.page.preview.show_error(reason, hint, known)

    def _on_reader(self, name: str) -> None:
        self._changed = True
        self._known = {}
        self.page.form.clear()
        self.preview()

    def _on_changed(self) -> None:
        self._changed = True
        if self._reading is not None:
            self._reading.stop()  # what it would say is of no use any more
            self._reading = None
        wrong = self.page.form.wrong()
        if wrong:
            self._rest.stop()
            self.page.rest(wrong, can_add=False)
        else:
            self.page.busy("Reading …")
            self._rest.start()

    def _on_again(self) -> None:
        if self.page.chosen():
            self.preview()
        else:
            self._detect()

    def _on_instead(self, paths: list[Path]) -> None:
        then = self._now.then if self._now is not None else None
        self._changed = False  # what was set up was for the folder around them
        self.take(Wanted(tuple(paths), then))
        self.page.setFocus()  # the button that was pressed is gone

    def preview(self) -> None:
        """Read the first items as the form says."""
        if not self.page.chosen() or self._now is None:
            return
        self.page.busy("Reading the first items …")
        request = {"do": "read", "path": str(self.path), "reader": self.page.chosen(), "limit": FIRST}
        options = self.page.form.values()
        self._ask({**request, "options": options}, self._on_previewed, self._on_unreadable)

    def _on_previewed(self, answer: Mapping[str, Any]) -> None:
        self._reading, self._known = None, answer
        self._show_options(answer)
        self.page.show_answer(self._told(answer))

    def _on_unreadable(self, reason: str, known: Mapping[str, Any]) -> None:
        self._reading = None
        self._show_options({**self._known, **known})
        self.page.rest("", can_add=False)
        self.page.preview.show_error(self.page.form.in_words(reason), _OTHER_WAY, self._told(known))

    def _told(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """An answer with its problems as people read them; what is added stands above them and is not repeated."""
        in_words, above = self.page.form.in_words, f"{self.path}{os.sep}"
        problems = [in_words(str(problem)).replace(above, "") for problem in known.get("problems", ())]
        return {**known, "problems": problems}

    def _show_options(self, known: Mapping[str, Any]) -> None:
        options = known.get("options") or self._readers.get(self.page.chosen(), {}).get("options", ())
        columns = dict(known.get("choices") or {}).get("columns", ())
        self.page.form.show_options(options, known.get("understood") or {}, columns)

    # ------------------------------------------------------------- adding

    def add(self) -> None:
        """Read all of it and keep it in the workspace."""
        if self._now is None or self._adding is not None or not self.page.chosen():
            return
        if self.page.form.wrong():
            return
        self._rest.stop()
        if self._reading is not None:
            self._reading.stop()
            self._reading = None
        page = self.page
        before = self._now.before.id if self._now.before is not None else ""
        source = Source(self._now.path, page.chosen(), page.form.values(), page.name.text().strip(), before)
        adding = self._adding = Adding(self._session, source, self)
        adding.progressed.connect(self._on_progressed)
        adding.fell_quiet.connect(page.show_quiet)
        adding.added.connect(partial(self._on_added, adding, self._now.then))
        adding.failed.connect(partial(self._on_not_added, adding))
        adding.cancelled.connect(partial(self._on_cancelled, adding))
        page.start_adding()
        self.state_changed.emit(f"Adding {self._name()} …")
        adding.start()

    def cancel(self) -> None:
        """Stop what goes on; what was set up stays."""
        if self._adding is not None:
            self._adding.cancel()  # it tells, unless it is too late
            return
        self._stop()
        self.page.rest("Stopped.", can_add=bool(self.page.chosen()))
        if not self._known:
            self.page.preview.show_error("Looking at the files was stopped.", _OTHER_FILES, {})

    def _on_cancelled(self, adding: Adding) -> None:
        if self._adding is adding:
            self._adding = None
            self.page.rest("Cancelled; nothing was added.", can_add=True)
            self.state_changed.emit(self._name())

    def _on_progressed(self, words: str, done: int, total: int) -> None:
        self.page.show_progress(words, done, total)
        share = f"{100 * done // total} %" if total else ""
        self.state_changed.emit(f"Adding {self._name()} … {share}".strip())

    def _on_added(self, adding: Adding, then: Callable[[str], object] | None, added: "Added") -> None:
        if self._adding is adding:
            self._adding, self._changed = None, False
            self._go_on()
        self.added.emit(added, then)

    def _go_on(self) -> None:
        """The next source, or where there is none the first page."""
        if self._queue:
            self._done += 1
            self._begin(self._queue.pop(0))
            return
        self._now, self._done = None, 0
        self.source.clear()
        self.setCurrentWidget(self.source)
        self.state_changed.emit("")

    def _on_not_added(self, adding: Adding, reason: str) -> None:
        if self._adding is not adding:
            self._session.message.emit(reason, "error")
            return
        self._adding = None
        self.page.rest("It was not added.", can_add=True)
        reason = self.page.form.in_words(reason)
        self.page.preview.show_error(reason, f"Nothing was added. {_OTHER_WAY}", {})
        self.state_changed.emit(self._name())

    def _name(self) -> str:
        return self._now.path.name or str(self._now.path) if self._now is not None else ""


def _for(wizard: Wizard, reading: QObject, slot: Callable[..., object]) -> Callable[..., None]:
    """Only as long as the wizard waits for this very reading."""

    def told(*what: Any) -> None:
        if wizard._reading is reading:
            slot(*what)

    return told
