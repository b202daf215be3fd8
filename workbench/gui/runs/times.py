"""When the steps of a run were taken: some of them as they were recorded, the others between those.

numpy only.
"""

from array import array
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

_KEPT: Final = 200
"""Of what is read at once, so many moments are kept, evenly chosen."""


class Times:
    """Steps with the moments at which they were recorded."""

    def __init__(self) -> None:
        self._steps: NDArray[np.float64] = np.empty(0)
        self._times: NDArray[np.float64] = np.empty(0)
        self._new: list[tuple[ArrayLike, ArrayLike]] = []
        """What was read since somebody last asked."""

    def add(self, steps: "array[int]", times: "array[float]") -> None:
        """More was read."""
        if len(steps) <= _KEPT:
            self._new.append((steps, times))
            return
        chosen = np.append(np.arange(0, len(steps) - 1, -(-len(steps) // _KEPT)), len(steps) - 1)
        self._new.append((np.asarray(steps)[chosen], np.asarray(times)[chosen]))

    def _take_in(self) -> None:
        if self._new:
            steps = np.concatenate([self._steps, *(np.asarray(new, np.float64) for new, _ in self._new)])
            times = np.concatenate([self._times, *(np.asarray(new, np.float64) for _, new in self._new)])
            self._new = []
            self._steps, first = np.unique(steps, return_index=True)
            self._times = np.maximum.accumulate(
                times[first]
            )  # a clock that was set back turns no curve around

    def at(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """When these steps were taken, Unix time."""
        self._take_in()
        return np.interp(steps, self._steps, self._times)

    def step_at(self, moment: float) -> float | None:
        """About which step was taken at a moment; None before the first one and after the last one."""
        self._take_in()
        if not len(self._steps) or not self._times[0] <= moment <= self._times[-1]:
            return None
        return float(np.interp(moment, self._times, self._steps))
