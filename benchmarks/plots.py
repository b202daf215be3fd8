"""Time of a frame of live curves beside pyqtgraph's, and of sorting and filtering many runs.

A frame: a point comes to each curve, the plot looks at all of them again and paints itself. Imports Qt and the window.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication

from benchmarks._figures import Figure, at_most, report
from workbench.gui import theme
from workbench.gui.runs.table_model import FIRST_SLOT, RunsModel
from workbench.gui.widgets.curves import Curve
from workbench.gui.widgets.plot import MetricPlot
from workbench.gui.widgets.series import Series
from workbench.gui.widgets.smoothing import Floats
from workbench.store.records import RunRecord, Summary

CURVES, POINTS, RUNS = 20, 1_000_000, 10_000
SIZE = QSize(1000, 500)
FRAMES = 25


def noisy(number: int) -> Floats:
    """A loss as training leaves it: falling, with a tenth of noise."""
    rng = np.random.default_rng(number)
    steps = np.arange(POINTS)
    made: Floats = (2.3 * np.exp(-steps / (1e5 + 2e4 * number)) + 0.05) * (1 + 0.1 * rng.normal(size=POINTS))
    return made


def median_ms(work: Callable[[], object], times: int) -> float:
    """Milliseconds that `work` takes, the median of several."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)


def frames() -> Iterator[Figure]:
    values = [noisy(number) for number in range(CURVES)]
    series = [Series(np.arange(POINTS), one) for one in values]
    plot = MetricPlot("loss")
    plot.resize(SIZE)
    plot.show()
    plot.set_curves([Curve(f"run {number}", one, number) for number, one in enumerate(series)])

    def frame() -> None:
        for one in series:
            one.extend([len(one)], [0.05])
        plot.redraw()
        plot.repaint()

    frame()
    plain = median_ms(frame, FRAMES)
    plot.set_smoothing(0.8)
    frame()
    smooth = median_ms(frame, FRAMES)
    plot.hide()
    peer = peer_frame(values)
    name = f"{CURVES} live curves × {POINTS:,} points: frame"
    yield at_most(name, plain, "ms", 16.0, "pyqtgraph, peak downsampling (ms)", peer)
    yield at_most(f"{name}, smoothed", smooth, "ms", 16.0)


def peer_frame(values: list[Floats]) -> float:
    """The same picture by pyqtgraph, with what it offers for many points; its points do not grow."""
    widget = pyqtgraph.PlotWidget()
    widget.resize(SIZE)
    widget.setDownsampling(auto=True, mode="peak")
    widget.setClipToView(True)
    for number, one in enumerate(values):
        widget.plot(one, pen=pyqtgraph.mkPen(theme.curve_color(number), width=1))
    widget.show()
    shown = iter(range(FRAMES + 10))

    def frame() -> None:
        widget.setXRange(0, POINTS + next(shown), padding=0)
        widget.repaint()
        widget.viewport().repaint()

    frame()
    taken = median_ms(frame, FRAMES)
    widget.close()
    return taken


def many_runs() -> Iterator[Figure]:
    one = RunRecord(
        1, "run", "mlp", "completed", "", "auto", "cpu", 0, 1.0, 2.0, 74.0, 30, 30, 900, 900, 61706, "digits",
        "", 0, 0.0, 0.0, "", 0,
    )  # fmt: skip
    runs = [replace(one, id=id, name=f"run-{id % 97}") for id in range(RUNS, 0, -1)]
    summaries = {}
    for id in range(1, RUNS + 1):
        value = float((id * 7919) % 10_007)
        summaries[id] = {"validation/loss": Summary("validation/loss", value, 9, value, 9, value, 9, 9)}
    model = RunsModel()
    model.update(runs, summaries)
    orders = iter([Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder] * 20)
    words = iter(["run-1", "lenet", "run-13", ""] * 10)
    yield at_most(
        f"{RUNS:,} runs: sort by a metric",
        median_ms(lambda: model.sort(FIRST_SLOT, next(orders)), 21),
        "ms",
        100.0,
    )
    yield at_most(f"{RUNS:,} runs: filter", median_ms(lambda: model.set_filter(next(words)), 21), "ms", 100.0)


def main() -> None:
    app = QApplication([])
    theme.apply(app, "dark")
    report(__doc__ or "", (figure for part in (frames, many_runs) for figure in part()))


if __name__ == "__main__":
    main()
