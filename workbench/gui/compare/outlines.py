"""Long curves in outline first: some points of each, read at once for all of them, until every point is here.

Imports session and the feed of points; numpy only in the background.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from workbench.gui.runs.feed import CHUNK, Points
from workbench.gui.session import Session
from workbench.store.records import Curve

if TYPE_CHECKING:
    from workbench.gui.widgets.series import Series
    from workbench.store.store import Store

PLACES: Final = 64
"""Points of an outline."""
_AT_ONCE: Final = 32_000
"""Very many outlines have fewer points, about so many in all, but never fewer than half as many."""


class Outlines(QObject):
    """Asks once for each long curve that is wanted."""

    came = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: set[tuple[int, str]] = set()

    def look(self, points: Mapping[int, Points], wanted: Callable[[str], bool]) -> None:
        """Read the outlines of what is wanted and not here yet."""
        missing = {
            (id, metric)
            for id, read in points.items()
            for metric, summary in self._session.summaries.get(id, {}).items()
            if summary.count > CHUNK and metric not in read.series and wanted(metric)
        }
        fresh = missing - self._asked
        self._asked = missing
        if not fresh:
            return
        runs = sorted({id for id, _ in fresh})
        metrics = sorted({metric for _, metric in fresh})

        def work(store: "Store") -> "dict[tuple[int, str], tuple[Curve, Series]]":
            from workbench.gui.widgets.series import Series

            places = min(PLACES, max(PLACES // 2, _AT_ONCE // len(fresh)))
            found = store.outlines(runs, metrics, places, CHUNK)
            made = {key: (curve, Series(curve.steps, curve.values)) for key, curve in found.items()}
            for _, series in made.values():
                series.outline = True
            return made

        def then(found: "dict[tuple[int, str], tuple[Curve, Series]]") -> None:
            for (id, metric), (curve, made) in found.items():
                if id in points:
                    points[id].outline(metric, curve, made)
            self.came.emit()

        self._session.call(work, then)
