"""Brings what a run records to the window: read in the background, by cursor, only what is new.

Imports Qt core, session and records; numpy only in the background.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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


class Points(QObject):
    """The series of one run's metrics.  `look` reads what the summaries say is there and not here yet."""

    came = Signal()
    """Points were added to `series`."""

    def __init__(self, session: Session, run: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run = run
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
            here = len(self.series[metric]) if metric in self.series else 0
            if metric not in self._asked and summary.count > here and wanted(metric):
                self._ask(metric)

    def _ask(self, metric: str) -> None:
        run, after = self.run, self._cursors.get(metric, 0)
        self._asked.add(metric)

        def work(store: "Store") -> "tuple[str, Curve, Series | None]":
            curve = store.curve(run, metric, after, CHUNK)
            return metric, curve, None if after else _series(curve)

        self._session.call(work, self._on_points, self._on_failed)

    def _on_points(self, answer: "tuple[str, Curve, Series | None]") -> None:
        metric, curve, made = answer
        self._asked.discard(metric)
        self._cursors[metric] = curve.cursor
        if curve.steps:
            from workbench.gui.runs.times import Times

            self.times.setdefault(metric, Times()).add(curve.steps, curve.times)
        if made is not None:
            self.series[metric] = made
        else:
            self.series[metric].extend(curve.steps, curve.values)
        if len(curve.steps) == CHUNK:
            self._ask(metric)
        if not self._gather.isActive():
            self._gather.start()

    def _on_failed(self, error: Exception) -> None:
        self._asked.clear()  # asked for again with the next news
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
