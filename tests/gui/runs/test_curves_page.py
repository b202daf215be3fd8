"""The curves of one run: what is marked on them, over which axis, and that their look is kept."""

import time
from collections.abc import Sequence

import pytest
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from tests.gui.compare.drawings import WAIT, do
from tests.gui.conftest import Record
from workbench.gui.runs.chart_look import ChartLook
from workbench.gui.runs.curves_page import LOOK
from workbench.gui.runs.detail import RunDetail
from workbench.gui.session import Session
from workbench.gui.widgets.curves import Curve
from workbench.gui.widgets.plot import MetricPlot
from workbench.store.records import Point
from workbench.store.store import Store


def test_checkpoints_warnings_and_nan_are_marked_on_any_axis(
    qtbot: QtBot, no_jobs: None, session: Session, record: Record
) -> None:
    detail = RunDetail(session)
    qtbot.addWidget(detail)
    detail.resize(1000, 600)
    now = time.time()

    def fill(store: Store) -> None:
        record(store, state="running", curves={}, epochs=4)
        values = [3.0, 2.0, float("nan"), float("inf")]
        store.log_points(
            1, [Point("train/loss", 10 * n, n, value, now + n) for n, value in enumerate(values, 1)]
        )
        store.log_points(1, [Point("train/accuracy", 10 * n, n, 0.1 * n, now + n) for n in range(1, 5)])
        store.progress(1, 4, 40, 40)
        store.add_checkpoint(1, 20, 2, "best", "a.safetensors", "0" * 64, 10, 2.0)
        store.log(1, "warning", "loss became NaN")
        store.set_state(1, "completed")

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: len(session.summaries.get(1, {})) == 2, timeout=WAIT)
    with qtbot.waitExposed(detail):
        detail.show()
    detail.show_run(session.runs[0])
    plots = detail.curves.grid.plots
    qtbot.waitUntil(lambda: len(detail.curves.grid.plots) == 2, timeout=WAIT)
    plots = detail.curves.grid.plots

    def marked(name: str) -> dict[str, float]:
        return {mark.text: mark.x for mark in plots[name].marks}

    best, nan = "Best checkpoint, epoch 2", "train: NaN or infinite from step 30"
    qtbot.waitUntil(lambda: best in marked("loss"), timeout=WAIT)
    assert marked("loss")[best] == 20 and marked("loss")[nan] == 30
    assert best in marked("accuracy") and nan not in marked("accuracy")
    detail.controls.axis.picked.emit("epoch")
    assert marked("loss")[best] == 2
    detail.controls.axis.picked.emit("clock")
    assert abs(marked("loss")[nan] - (now + 3)) < 0.01
    detail.controls.axis.picked.emit("metric:loss")
    assert not marked("accuracy"), "a step has no place among values"
    detail.controls.axis.picked.emit("relative")
    detail.curves.grid.set_clip(True)
    plots["loss"].log_x_asked.emit(True)
    assert all(plot.axis.log for plot in plots.values())
    detail.curves.looks.save()
    kept: list[object] = []
    session.call(lambda store: store.setting(LOOK), kept.append)
    qtbot.waitUntil(lambda: bool(kept), timeout=WAIT)
    look = ChartLook.from_json(kept[0])
    assert look.axis == "relative" and look.clip and look.log_x


def test_plots_of_very_many_metrics_are_made_a_few_at_a_time(
    qtbot: QtBot, no_jobs: None, session: Session, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    detail = RunDetail(session)
    qtbot.addWidget(detail)
    detail.resize(1000, 600)
    names = ["loss", *(f"m{number}" for number in range(24))]
    do(qtbot, session, lambda store: record(store, curves={f"train/{name}": [1.0, 0.5] for name in names}))
    qtbot.waitUntil(lambda: len(session.summaries.get(1, {})) == 25, timeout=WAIT)
    detail.show()
    made = QSignalSpy(detail.curves._more.timeout)
    filled: list[MetricPlot] = []
    set_curves = MetricPlot.set_curves

    def counted(plot: MetricPlot, curves: Sequence[Curve]) -> None:
        filled.append(plot)
        set_curves(plot, curves)

    monkeypatch.setattr(MetricPlot, "set_curves", counted)
    detail.show_run(session.runs[0])
    qtbot.waitUntil(lambda: len(detail.curves.grid.plots) == 25, timeout=WAIT)
    assert made.count() >= 2
    plots = detail.curves.grid.plots
    qtbot.waitUntil(lambda: all(plot.curves for plot in plots.values()), timeout=WAIT)
    assert list(plots) == names and len(filled) == len(set(filled)) == 25
