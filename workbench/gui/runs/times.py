"""When the steps of a run were taken: some of them as they were recorded, the others between those.

numpy only.
"""

from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

_KEPT: Final = 200
"""Of what is read at once, so many moments are kept, evenly chosen."""


class Times:
    """Steps with the moments at which they were recorded."""

    def __init__(self) -> None:
        self._steps: NDArray[np.float64] = np.empty(0)
        self._times: NDArray[np.float64] = np.empty(0)

    def add(self, steps: "array[int]", times: "array[float]") -> None:
        """More was read."""
        chosen = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _KEPT)).round().astype(np.int64))
        all_steps = np.concatenate([self._steps, np.asarray(steps, np.float64)[chosen]])
        all_times = np.concatenate([self._times, np.asarray(times, np.float64)[chosen]])
        self._steps, first = np.unique(all_steps, return_index=True)
        self._times = np.maximum.accumulate(
            all_times[first]
        )  # a clock that was set back turns no curve around

    def at(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """When these steps were taken, Unix time."""
        return np.interp(steps, self._steps, self._times)

    def step_at(self, moment: float) -> float | None:
        """About which step was taken at a moment; None before the first one and after the last one."""
        if not len(self._steps) or not self._times[0] <= moment <= self._times[-1]:
            return None
        return float(np.interp(moment, self._times, self._steps))
