"""Two runs held against each other: drawings, programs and what differs in them, read in the background.

Imports Qt core, session, core and catalog; the analysis of a drawing is for its cards only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.schema import Schema
from workbench.core.differences import Differences
from workbench.core.document import Document
from workbench.core.errors import WorkbenchError
from workbench.core.files import loads
from workbench.gui.compare.lines import Lines, lay
from workbench.gui.session import Session
from workbench.jobs.drawings import differences
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.store.store import Store


@dataclass(frozen=True, slots=True)
class Side:
    """What one of the two runs trained; `trouble` says why its drawing cannot be shown, then there is none."""

    run: int
    program: str = ""
    document: Document | None = None
    analysis: Analysis | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """The base run and another one."""

    base: Side
    other: Side
    differences: Differences | None = None
    """None where one of the drawings cannot be read."""
    schemas: Mapping[str, Schema] | None = None
    lines: Lines = field(default_factory=Lines)
    """What differs between the programs."""


def read_side(store: "Store", run: int, schemas: Mapping[str, Schema]) -> Side:
    """What a run trained.  A drawing that cannot be read becomes a sentence, and the program is told all the same."""
    try:
        program = store.program_text(run)
        found = store.document_text(run)
    except WorkbenchError as error:
        return Side(run, trouble=str(error))
    try:
        document = loads(found, f"the drawing of run {run}")
    except WorkbenchError as error:
        return Side(run, program, trouble=str(error))
    # What is wrong with it today, such as data that is gone, is not what the run was.
    analysis = replace(analyse(document, schemas), problems=())
    return Side(run, program, document, analysis)


def read_pair(store: "Store", base: RunRecord, other: RunRecord, schemas: Mapping[str, Schema]) -> Pair:
    """Both runs and what differs between their drawings."""
    one, two = read_side(store, base.id, schemas), read_side(store, other.id, schemas)
    lines = lay(one.program, two.program) if one.program and two.program else Lines()
    if one.document is None or two.document is None:
        return Pair(one, two, schemas=schemas, lines=lines)
    found = differences(base, other, one.document, two.document)
    return Pair(one, two, found, schemas, lines)


class Pairs(QObject):
    """Reads the two runs that are asked for; a later question makes an earlier one void."""

    came = Signal(object)
    """A Pair."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: tuple[int, int] | None = None

    def look(self, base: RunRecord, other: RunRecord) -> bool:
        """Read these two; false if they were what was asked for last."""
        if (base.id, other.id) == self._wanted:
            return False
        self._wanted = wanted = (base.id, other.id)
        schemas = dict(self._session.schemas)

        def failed(error: Exception) -> None:
            if wanted == self._wanted:
                self.came.emit(Pair(Side(base.id, trouble=str(error)), Side(other.id, trouble=str(error))))

        self._session.call(
            lambda store: read_pair(store, base, other, schemas), self._unless_void(wanted), failed
        )
        return True

    def forget(self) -> None:
        """Nothing is wanted any more."""
        self._wanted = None

    def _unless_void(self, wanted: tuple[int, int]) -> Callable[[Pair], object]:
        def then(pair: Pair) -> None:
            if wanted == self._wanted:
                self.came.emit(pair)

        return then
