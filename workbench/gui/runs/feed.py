"""Brings what a run records to the window: read in the background, by cursor, only what is new.

Imports Qt core, session and records; numpy only in the background.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from workbench.gui.session import Session
from workbench.store.records import Checkpoint, Curve, LogLine, Media

if TYPE_CHECKING:
    from workbench.gui.runs.times import Times
    from workbench.gui.widgets.series import Series
    from workbench.store.store import Store


CHUNK: Final = 20_000
"""Points read at a time, so that the window stays responsive meanwhile."""
_GATHER_MS: Final = 30
"""Metrics that come one soon after the other are drawn together."""


class Turns:
    """Who may read: a few metrics at once, so that other work is not kept waiting, and no more points than there shall
    be in memory at once.
    """

    def __init__(self, most: int = 4, budget: int = 30_000_000) -> None:
        self._most, self._budget = most, budget
        self._kept: dict[object, int] = {}
        self._active: list[object] = []
        self._waiting: deque[tuple[object, Callable[[], None]]] = deque()

    def take(self, owner: object, points: int, start: Callable[[], None]) -> bool:
        """Start now or when it is its turn; false where so many points are too many."""
        if sum(self._kept.values()) + points > self._budget:
            return False
        self._kept[owner] = self._kept.get(owner, 0) + points
        self._waiting.append((owner, start))
        self._next()
        return True

    def done(self, owner: object) -> None:
        """A metric was read."""
        if owner in self._active:
            self._active.remove(owner)
        self._next()

    def drop(self, owner: object) -> None:
        """Its points are of no interest any more."""
        self._kept.pop(owner, None)
        self._active = [one for one in self._active if one is not owner]
        self._waiting = deque(pair for pair in self._waiting if pair[0] is not owner)
        self._next()

    def _next(self) -> None:
        while self._waiting and len(self._active) < self._most:
            owner, start = self._waiting.popleft()
            self._active.append(owner)
            start()


class Points(QObject):
    """The series of one run's metrics.  `look` reads what the summaries say is there and not here yet."""

    came = Signal()
    """Points were added to `series`."""

    def __init__(
        self, session: Session, run: int, parent: QObject | None = None, turns: Turns | None = None
    ) -> None:
        super().__init__(parent)
        self.run = run
        self.outlined: set[str] = set()
        """Metrics of which some points only are here."""
        self._full: dict[str, Series] = {}
        """What is read of these meanwhile."""
        self._counts: dict[str, int] = {}
        self._turns = turns or Turns(most=1_000_000, budget=1 << 60)
        self.series: dict[str, Series] = {}
        self.times: dict[str, Times] = {}
        self._session = session
        self._cursors: dict[str, int] = {}
        self._asked: set[str] = set()
        self._failed = False
        self._gather = QTimer(self, interval=_GATHER_MS, singleShot=True)
        self._gather.timeout.connect(self.came)

    def look(self, wanted: Callable[[str], bool] = lambda _: True) -> None:
        """Ask for the new points of all metrics that are wanted."""
        for metric, summary in self._session.summaries.get(self.run, {}).items():
            here = self._counts.get(metric, 0)
            if metric in self._asked or summary.count <= here or not wanted(metric):
                continue
            if self._turns.take(self, summary.count - here, partial(self._ask, metric)):
                self._asked.add(metric)

    def outline(self, metric: str, curve: Curve, made: "Series") -> None:
        """Show some points of a metric until all of them are here."""
        if metric not in self.series:
            self.series[metric] = made
            self.outlined.add(metric)
            self._time(metric, curve)

    def leave(self) -> None:
        """Nobody wants these points any more."""
        self._turns.drop(self)
        self.deleteLater()

    def _time(self, metric: str, curve: Curve) -> None:
        from workbench.gui.runs.times import Times

        self.times.setdefault(metric, Times()).add(curve.steps, curve.times)

    def _ask(self, metric: str) -> None:
        run, after = self.run, self._cursors.get(metric, 0)

        def work(store: "Store") -> "tuple[str, Curve, Series | None]":
            curve = store.curve(run, metric, after, CHUNK)
            return metric, curve, None if after else _series(curve)

        self._session.call(work, self._on_points, self._on_failed)

    def _on_points(self, answer: "tuple[str, Curve, Series | None]") -> None:
        metric, curve, made = answer
        self._cursors[metric] = curve.cursor
        self._counts[metric] = self._counts.get(metric, 0) + len(curve.steps)
        if curve.steps:
            self._time(metric, curve)
        outlined = metric in self.outlined
        target = self._full if outlined else self.series
        if made is not None:
            target[metric] = made
        else:
            target[metric].extend(curve.steps, curve.values)
        if len(curve.steps) == CHUNK:
            self._ask(metric)
            if outlined:
                return  # what is shown reaches further
        else:
            self._asked.discard(metric)
            self._turns.done(self)
            if outlined:
                self.series[metric] = self._full.pop(metric)
                self.outlined.discard(metric)
        if not self._gather.isActive():
            self._gather.start()

    def _on_failed(self, error: Exception) -> None:
        self._asked.clear()  # asked for again with the next news
        self._turns.drop(self)
        if not self._failed:  # said once, not four times a second
            self._failed = True
            self._session.message.emit(f"The curves of run {self.run} cannot be read: {error}", "error")


def _series(curve: Curve) -> "Series":
    from workbench.gui.widgets.series import Series

    return Series(curve.steps, curve.values)


@dataclass(frozen=True, slots=True)
class More:
    """What has been recorded since the last look; settings and checkpoints as a whole."""

    params: dict[str, Any] = field(default_factory=dict)
    media: list[Media] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)


class Recorded(QObject):
    """What a run recorded beside its points: pictures and texts, log lines, checkpoints, and its settings."""

    came = Signal(object)
    """More."""

    def __init__(self, session: Session, run: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self._session = session
        self._after_media = 0
        self._after_line = 0
        self._busy = self._again = False
        self._params: dict[str, Any] | None = None

    def look(self) -> None:
        """Ask for what is new; asked again while busy, it looks once more afterwards."""
        if self._busy:
            self._again = True
            return
        self._busy, self._again = True, False
        run, media, line, params = self.run, self._after_media, self._after_line, self._params

        def work(store: "Store") -> More:
            known = store.params(run) if params is None else params
            return More(known, store.media(run, media), store.log_lines(run, line), store.checkpoints(run))

        self._session.call(work, self._on_more, self._on_failed)

    def _on_more(self, more: More) -> None:
        self._busy = False
        self._params = more.params
        if more.media:
            self._after_media = more.media[-1].id
        if more.lines:
            self._after_line = more.lines[-1].id
        self.came.emit(more)
        if self._again:
            self.look()

    def _on_failed(self, error: Exception) -> None:
        self._busy = False
        if self._params is None and self.run in {run.id for run in self._session.runs}:
            self._session.message.emit(f"Run {self.run} cannot be read: {error}", "error")
