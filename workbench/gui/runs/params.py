"""The settings of all runs, read once for every view that looks at them.  Imports Qt and session."""

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from workbench.gui.session import Session

if TYPE_CHECKING:
    from workbench.store.store import Store

CHUNK: Final = 500
"""Runs whose settings are read at a time, so that other work gets its turn."""


class Params(QObject):
    """The settings of all runs, read in the background once somebody wants them."""

    came = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.values: dict[int, dict[str, Any]] = {}
        self.names: set[str] = set()
        self.complete = False
        """Whether the settings of all runs are here."""
        self._session = session
        self.busy = False
        """Whether some are being read."""
        self._wanted = False
        session.runs_changed.connect(lambda *_: self._look())
        session.closing.connect(self._forget)

    def want(self) -> None:
        """Read them, and those of later runs as they come."""
        self._wanted = True
        self._look()

    def _look(self) -> None:
        missing = [run.id for run in self._session.runs if run.id not in self.values]
        self.complete = not missing
        if missing and self._wanted and not self.busy:
            self.busy = True
            chunk = missing[:CHUNK]

            def work(store: "Store") -> "tuple[dict[int, dict[str, Any]], set[str]]":
                read = store.params_of(chunk)
                found = {run: read.get(run, {}) for run in chunk}  # one that was deleted meanwhile has none
                return found, set().union(*found.values())

            self._session.call(work, self._on_came, self._on_failed)

    def _on_came(self, read: "tuple[dict[int, dict[str, Any]], set[str]]") -> None:
        self.busy = False
        found, names = read
        self.values |= found
        self.names |= names
        self._look()
        if self.complete:
            self.came.emit()

    def _on_failed(self, error: Exception) -> None:
        self.busy = False
        self._wanted = False  # asked for again by the next filter
        self._session.message.emit(f"The settings of the runs cannot be read: {error}", "error")

    def _forget(self) -> None:
        self.values.clear()  # in place: who shows runs looks at these
        self.names.clear()
        self.complete = self.busy = self._wanted = False


def params_of(session: Session) -> Params:
    """The one reader of settings of a session."""
    found = session.findChild(Params)
    return found if isinstance(found, Params) else Params(session)
