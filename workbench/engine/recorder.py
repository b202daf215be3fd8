"""Carries what training has to say to the database, from a thread of its own: training never waits for it.

Also brings back what the person asked for (pause, stop). Imports torch and the store.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from workbench.core.errors import StoreError
from workbench.store.records import LIVE, WATCHED, Point, Request
from workbench.store.store import Store

INTERVAL = 0.25
HEARTBEAT = 2.0
PROGRESS = 1.0
LOOK = 2.0
MOST_WAITING = 500_000
RETRY = 1.0
PATIENCE = 3600.0

T = TypeVar("T")
_Row = tuple[str, int, int, float | Tensor, float]


class Recorder:
    """`log` is cheap: it keeps a reference and returns. A full disk makes training wait, never lose."""

    def __init__(self, store: Store, run: int) -> None:
        self.store = store
        self.run = run
        self._request: Request = ""
        self.asked = threading.Event()
        self.look_due = False
        """Somebody looks at the drawing while this run trains: the next step is to be watched."""
        self._rows: deque[_Row] = deque()
        self._lines: deque[tuple[str, str, float]] = deque()
        self._place: tuple[int, int, int] | None = None
        self._live: dict[str, dict[str, float]] | None = None
        self._looked = 0.0
        self._ending = False
        self._stop = threading.Event()
        self._flush = threading.Lock()
        self._told: set[str] = set()
        """Metrics that became NaN, and lines that are said once."""
        self._beat = 0.0
        self._trouble = ""
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def wish(self) -> Request:
        """What the person asked for last; `asked` is set when that changes."""
        return "stop" if self._ending else self._request

    def end(self) -> None:
        """A signal asks for the end: the same as the request to stop, also where the database cannot be reached.

        Sets no event, whose lock the interrupted thread may hold: the other thread does it.
        """
        self._ending = True

    def log(self, metric: str, step: int, epoch: int, value: float | Tensor) -> None:
        """Keeps a point; a tensor is read later, in the other thread."""
        self._rows.append((metric, step, epoch, value, time.time()))
        if len(self._rows) > MOST_WAITING:
            time.sleep(0.1)

    def progress(self, epoch: int, step: int, steps: int) -> None:
        """Where training stands now; raises what went wrong in the other thread."""
        self.check()
        self._place = (epoch, step, steps)

    def check(self) -> None:
        """Raises what went wrong in the other thread, which then brings no more requests."""
        if self._failure is not None:
            raise self._failure

    def show(self, live: dict[str, dict[str, float]]) -> None:
        """Live values of the step that was watched."""
        self.look_due = False
        self._live = live

    def say(self, text: str, level: str = "info") -> None:
        """A line for the run's log."""
        self._lines.append((level, text, time.time()))

    def say_once(self, text: str, level: str = "info") -> None:
        """A line for the run's log that stands there only once, however often it is said."""
        if text not in self._told:
            self._told.add(text)
            self.say(text, level)

    def insist(self, write: Callable[[], T], *, stoppable: bool = False) -> T:
        """What a write gives that must not be lost: where the disk is full or the database locked, training waits.

        Raises StoreError when it does not work for an hour, or where that is wanted at the request to stop.
        """
        last, said = time.monotonic() + PATIENCE, False
        while True:
            try:
                return write()
            except StoreError as error:
                if time.monotonic() > last or (stoppable and self.wish() == "stop"):
                    raise
                if not said:
                    self.say(f"Training waits. {error}", "warning")
                said = True
                time.sleep(RETRY)

    def flush(self, *, last: bool = False) -> None:
        """Writes everything that waits; raises StoreError when that is not possible, and keeps it.

        The place may wait for a second, unless this is the `last` time.
        """
        with self._flush:
            rows = [self._rows.popleft() for _ in range(len(self._rows))]
            points = _points(rows)
            try:
                self.store.log_points(self.run, points)
            except StoreError:
                self._rows.extendleft(reversed(rows))
                raise
            self._tell(points)
            while self._lines:
                self.store.log(self.run, *self._lines[0])
                self._lines.popleft()
            live, self._live = self._live, None
            if live is not None:
                shown = {"time": time.time(), "nodes": live}
                self.store.set_setting(f"{LIVE}{self.run}", shown, durable=False)
            place = self._place
            if place is not None and (last or time.monotonic() - self._beat > PROGRESS):
                self.store.progress(self.run, *place)
                self._beat = time.monotonic()
                if self._place is place:
                    self._place = None
            elif time.monotonic() - self._beat > HEARTBEAT:
                self.store.heartbeat(self.run)
                self._beat = time.monotonic()

    def close(self) -> None:
        """Ends the thread and writes the rest; raises StoreError when that does not work for an hour."""
        self._stop.set()
        self._thread.join()
        self.insist(lambda: self.flush(last=True))

    def _work(self) -> None:
        while not self._stop.wait(INTERVAL):
            if self._ending:
                self.asked.set()
            try:
                self.flush()
                request = self.store.run(self.run).request
                self._see_whether_watched()
            except StoreError as error:  # nothing is lost: the points wait, and so does training in the end
                if not self._trouble:
                    self._trouble = str(error)
                    self.say(f"For a while nothing could be recorded; nothing is lost. {error}", "warning")
                self._stop.wait(RETRY)
            except Exception as error:  # a fault of the device, for instance; training ends with it
                self._failure = error
                return
            else:
                self._trouble = ""
                if request != self._request:
                    self._request = request
                    self.asked.set()

    def _see_whether_watched(self) -> None:
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            until = self.store.setting(WATCHED)
            self.look_due = isinstance(until, int | float) and until > time.time()

    def _tell(self, points: list[Point]) -> None:
        """The first time that a metric is no number is worth a line in the log."""
        for point in points:
            if not math.isfinite(point.value) and point.metric not in self._told:
                self._told.add(point.metric)
                name = "NaN" if math.isnan(point.value) else "infinite"
                self.say(f"{point.metric} became {name} at step {point.step:,}.", "warning")


def _points(rows: list[_Row]) -> list[Point]:
    """Reads all tensors at once: one transfer from the device for a whole batch of points."""
    tensors = [row[3] for row in rows if isinstance(row[3], Tensor)]
    read = iter(torch.stack([tensor.float() for tensor in tensors]).tolist() if tensors else ())
    return [
        Point(metric, step, epoch, next(read) if isinstance(value, Tensor) else value, moment)
        for metric, step, epoch, value, moment in rows
    ]
