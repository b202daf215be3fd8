"""Carries what training has to say to the database, from a thread of its own: training never waits for it.

Also brings back what the person asked for (pause, stop). Imports torch and the store.
"""

import math
import threading
import time
from collections import deque

import torch
from torch import Tensor

from workbench.core.errors import StoreError
from workbench.store.records import Point, Request
from workbench.store.store import Store

INTERVAL = 0.25
HEARTBEAT = 2.0
MOST_WAITING = 500_000

_Row = tuple[str, int, int, float | Tensor, float]


class Recorder:
    """`log` is cheap: it keeps a reference and returns. A full disk makes training wait, never lose."""

    def __init__(self, store: Store, run: int) -> None:
        self.store = store
        self.run = run
        self._request: Request = ""
        self.asked = threading.Event()
        self._rows: deque[_Row] = deque()
        self._place: tuple[int, int, int] | None = None
        self._stop = threading.Event()
        self._flush = threading.Lock()
        self._told: set[str] = set()
        self._beat = 0.0
        self._trouble = ""
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def wish(self) -> Request:
        """What the person asked for last; `asked` is set when that changes."""
        return self._request

    def log(self, metric: str, step: int, epoch: int, value: float | Tensor) -> None:
        """Keeps a point; a tensor is read later, in the other thread."""
        self._rows.append((metric, step, epoch, value, time.time()))
        if len(self._rows) > MOST_WAITING:
            time.sleep(0.1)

    def progress(self, epoch: int, step: int, steps: int) -> None:
        """Where training stands now; raises what went wrong in the other thread."""
        if self._failure is not None:
            raise self._failure
        self._place = (epoch, step, steps)

    def say(self, text: str, level: str = "info") -> None:
        """A line for the run's log."""
        self.store.log(self.run, level, text)

    def flush(self) -> None:
        """Writes everything that waits; raises StoreError when that is not possible."""
        with self._flush:
            rows = [self._rows.popleft() for _ in range(len(self._rows))]
            try:
                points = _points(rows)
                self._tell(points)
                if points:
                    self.store.log_points(self.run, points)
                if self._place is not None:
                    place, self._place = self._place, None
                    self.store.progress(self.run, *place)
                    self._beat = time.monotonic()
                elif time.monotonic() - self._beat > HEARTBEAT:
                    self.store.heartbeat(self.run)
                    self._beat = time.monotonic()
            except StoreError:
                self._rows.extendleft(reversed(rows))
                raise

    def close(self) -> None:
        """Ends the thread and writes the rest."""
        self._stop.set()
        self._thread.join()
        self.flush()

    def _work(self) -> None:
        while not self._stop.wait(INTERVAL):
            try:
                self.flush()
                request = self.store.run(self.run).request
                if self._trouble:
                    self._trouble = ""
                    self.store.set_message(self.run, "")
            except StoreError as error:  # nothing is lost: the points wait, and so does training in the end
                self._trouble = str(error)
                self._stop.wait(1.0)
            except Exception as error:  # a fault of the device, for instance; training ends with it
                self._failure = error
                return
            else:
                if request != self._request:
                    self._request = request
                    self.asked.set()

    def _tell(self, points: list[Point]) -> None:
        """The first time that a metric is no number is worth a line in the log."""
        for point in points:
            if not math.isfinite(point.value) and point.metric not in self._told:
                self._told.add(point.metric)
                self.say(f"{point.metric} became {point.value} at step {point.step:,}.", "warning")


def _points(rows: list[_Row]) -> list[Point]:
    """Reads all tensors at once: one transfer from the device for a whole batch of points."""
    tensors = [row[3] for row in rows if isinstance(row[3], Tensor)]
    read = iter(torch.stack([tensor.float() for tensor in tensors]).tolist() if tensors else ())
    return [
        Point(metric, step, epoch, next(read) if isinstance(value, Tensor) else value, moment)
        for metric, step, epoch, value, moment in rows
    ]
