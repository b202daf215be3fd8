"""The curves of runs over what the horizontal axis counts: steps, epochs, time, or another metric.

Imports the feed of points and metrics; numpy only once there are points.
"""

from typing import TYPE_CHECKING, Final

from workbench.gui.runs import metrics
from workbench.gui.widgets.plot_grid import METRIC
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.runs.feed import Points
    from workbench.gui.widgets.series import Series

_TIMES: Final = ("relative", "clock")


def epochs_per_step(run: RunRecord) -> float:
    """What one step is of an epoch; 1 where that is not known yet."""
    if run.steps and run.epochs:
        return run.epochs / run.steps
    return run.epoch / run.step if run.epoch and run.step else 1.0


def needed(axis: str, metric: str) -> bool:
    """Whether a metric (with its split) is to be read for the axis."""
    return axis.startswith(METRIC) and metrics.split_name(metric)[1] == axis.removeprefix(METRIC)


class Laid:
    """Series laid out over the chosen axis; what was laid out grows with its source."""

    def __init__(self) -> None:
        self._axis = "step"
        self._made: dict[tuple[int, str], tuple[Series, int, Series]] = {}

    @property
    def axis(self) -> str:
        return self._axis

    def set_axis(self, axis: str) -> None:
        """Count something else."""
        if axis != self._axis:
            self._axis = axis
            self._made.clear()

    def forget(self) -> None:
        """Other runs are shown: let go of what was laid out."""
        self._made.clear()

    def lay(self, run: RunRecord, points: "Points", metric: str) -> "tuple[Series, float] | None":
        """The series of a metric and how its x is stretched; None where the axis has no values for it."""
        series = points.series[metric]
        if self._axis == "epoch":
            return series, epochs_per_step(run)
        if self._axis in _TIMES:
            return self._timed(run, points, metric), 1.0
        if self._axis.startswith(METRIC):
            made = self._against(run, points, metric)
            return None if made is None else (made, 1.0)
        return series, 1.0

    def place(self, run: RunRecord, points: "Points", metric: str, step: float) -> float | None:
        """Where a step stands on the axis; None on that of another metric."""
        if self._axis == "epoch":
            return step * epochs_per_step(run)
        if self._axis in _TIMES:
            import numpy as np

            moment = float(points.times[metric].at(np.array([step]))[0])
            return moment - run.started if self._axis == "relative" else moment
        return None if self._axis.startswith(METRIC) else step

    def _timed(self, run: RunRecord, points: "Points", metric: str) -> "Series":
        from workbench.gui.widgets.series import Series

        source = points.series[metric]
        before = self._made.get((run.id, metric))
        source_before, done, made = before or (source, 0, Series())
        if source_before is not source or done > len(source):
            done, made = 0, Series()
        if len(source) > done:
            times = points.times[metric].at(source.x[done:])
            made.extend(times - run.started if self._axis == "relative" else times, source.y[done:])
        self._made[run.id, metric] = (source, len(source), made)
        return made

    def across(self, points: "Points", metric: str) -> "Series | None":
        """What stands along an axis of another metric: of the same examples, else of those that count most."""
        if not self._axis.startswith(METRIC):
            return None
        name, split = self._axis.removeprefix(METRIC), metrics.split_name(metric)[0]
        return next(
            (found for each in (split, *metrics.SPLITS) if (found := points.series.get(f"{each}/{name}"))),
            None,
        ) or points.series.get(name)

    def _against(self, run: RunRecord, points: "Points", metric: str) -> "Series | None":
        other, source = self.across(points, metric), points.series[metric]
        if other is None:
            return None
        before = self._made.get((run.id, metric))
        count = len(source) + len(other)
        if before is not None and before[0] is source and before[1] == count:
            return before[2]
        made = against(source, other)
        if made is not None:
            self._made[run.id, metric] = (source, count, made)
        return made


def against(source: "Series", other: "Series") -> "Series | None":
    """One metric over another by their steps; None where no step has both."""
    import numpy as np

    from workbench.gui.widgets.curves import Trace

    known = ~np.isnan(other.y)
    if not known.any():
        return None
    made = Trace(np.interp(source.x, other.x[known], other.y[known], left=np.nan, right=np.nan), source.y)
    return made if len(made) else None
