"""Long curves, and very many, in outline first: some points of each, read at once for all of them, until all are here.

Imports session and the feed of points; numpy only in the background.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.gui.runs.feed import CHUNK, Points
from workbench.gui.session import Session
from workbench.gui.widgets.plot_clock import CLOCK
from workbench.store.outlines import LONG
from workbench.store.records import Curve

if TYPE_CHECKING:
    from workbench.gui.widgets.series import Series
    from workbench.store.store import Store

_SOON: Final = 200_000
"""More points than this take more than a moment to read: shorter curves have outlines then, too."""
_DRAW_MS: Final = 500
"""How long outlines have at least to be drawn before the points that they stand for are read."""


class Outlines(QObject):
    """Asks once for each long curve that is wanted."""

    came = Signal()
    drawn = Signal()
    """They had time to be drawn: the points that they stand for may be read."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: set[tuple[int, str]] = set()
        self._first: set[tuple[int, str]] = set()
        """What is to be drawn in outline before its points are read."""
        self._later = QTimer(self, interval=_DRAW_MS, singleShot=True)
        self._later.timeout.connect(self._on_drawn)
        session.closing.connect(self._forget)

    def may_read(self, run: int, wanted: Callable[[str], bool], metric: str) -> bool:
        """Whether all points of a curve are wanted, and no outline of it is to be seen before."""
        return wanted(metric) and (run, metric) not in self._first

    def look(self, points: Mapping[int, Points], wanted: Callable[[str], bool]) -> None:
        """Read the outlines of what is wanted and not here yet."""
        counts = {
            (id, metric): summary.count
            for id, read in points.items()
            for metric, summary in self._session.summaries.get(id, {}).items()
            if metric not in read.series and wanted(metric)
        }
        least = CHUNK if sum(counts.values()) <= _SOON else LONG
        missing = {key for key, count in counts.items() if count > least}
        fresh = missing - self._asked
        self._asked = missing
        if not fresh:
            return
        self._first |= fresh
        runs = sorted({id for id, _ in fresh})
        metrics = sorted({metric for _, metric in fresh})

        def work(store: "Store") -> "dict[tuple[int, str], tuple[Curve, Series]]":
            from workbench.gui.widgets.series import Series

            found = store.outlines(runs, metrics, least)
            made = {key: (curve, Series(curve.steps, curve.values)) for key, curve in found.items()}
            for _, series in made.values():
                series.outline = True
            return made

        def then(found: "dict[tuple[int, str], tuple[Curve, Series]]") -> None:
            for (id, metric), (curve, made) in found.items():
                if id in points:
                    points[id].outline(metric, curve, made)
            self._later.start()
            self.came.emit()

        def failed(error: Exception) -> None:
            self._later.start()
            self._session.message.emit(f"The outlines of curves cannot be read: {error}", "error")

        self._session.call(work, then, failed)

    def _forget(self) -> None:
        self._later.stop()
        self._asked.clear()
        self._first.clear()

    def _on_drawn(self) -> None:
        if CLOCK.is_behind:
            self._later.start()
            return
        self._first.clear()
        self.drawn.emit()
