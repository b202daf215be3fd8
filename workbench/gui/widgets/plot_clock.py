"""The clock that all plots share: it redraws those that changed. Imports Qt only."""

import time
import weakref
from typing import Final

import shiboken6
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QWidget

REDRAW_MS: Final = 100
_REST: Final = 2
_TURN_SECONDS: Final = 0.02
"""Drawing longer than this goes on after keys and clicks have had their turn."""


class Redrawn(QWidget):
    """Base of what the clock redraws."""

    def redraw(self) -> None:
        """Look at the data again and repaint."""
        raise NotImplementedError(type(self).__name__)

    def paint_ahead(self) -> None:
        """Paint now what takes long: the next painting of the widget shows it."""
        raise NotImplementedError(type(self).__name__)


class Clock:
    """One timer for all plots: ten times a second it redraws those that changed and are seen."""

    def __init__(self) -> None:
        self._waiting: weakref.WeakSet[Redrawn] = weakref.WeakSet()
        self._timer: QTimer | None = None
        self._round: list[Redrawn] = []
        """What is still to be drawn of those that changed before this round."""
        self._spent = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether some of the plots that changed are still to be drawn, since others took long."""
        return bool(self._round)

    def ask(self, plot: Redrawn) -> None:
        """Redraw a plot at the next tick; asking often costs nothing."""
        self._waiting.add(plot)
        if self._timer is None or not shiboken6.isValid(self._timer):
            self._timer = QTimer(QCoreApplication.instance())
            self._timer.timeout.connect(self._on_tick)
        if not self._timer.isActive():
            self._timer.start(0)  # there was nothing to draw for a while

    def drawn(self, plot: Redrawn) -> None:
        """A plot was drawn as it is now, since it came into sight: it need not be redrawn."""
        self._waiting.discard(plot)
        if plot in self._round:
            self._round.remove(plot)

    def _on_tick(self) -> None:
        if not self._round:
            self._round, self._spent = list(self._waiting), 0.0
            self._waiting.clear()
        idle = not self._round
        started = time.perf_counter()
        while self._round and time.perf_counter() - started < _TURN_SECONDS:
            plot = self._round.pop(0)
            if shiboken6.isValid(plot):
                plot.redraw()
                plot.paint_ahead()  # here, so that it counts
        self._spent += 1000 * (time.perf_counter() - started)
        if self._timer is not None:
            # Very many curves are drawn less often: most of the time belongs to what a person does.
            self._timer.setInterval(0 if self._round else max(REDRAW_MS, round(_REST * self._spent)))
            if idle:
                self._timer.stop()


CLOCK: Final = Clock()
