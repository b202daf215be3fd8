"""What training will take: beside Train, in the summary, and later beside what it took."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.drawing import CLASSIFIER, draw
from workbench.catalog.costs import Measured
from workbench.catalog.templates import load
from workbench.core.document import Document
from workbench.core.edits import SetParam
from workbench.core.history import History
from workbench.gui.design.bottom import SUMMARY
from workbench.gui.estimator import Estimator, estimator_of
from workbench.gui.runs.pages import SettingsPage
from workbench.gui.session import OpenModel, Session
from workbench.gui.topbar import RunBar
from workbench.jobs.devices import Device
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier


def show(session: Session, document: Document) -> Estimator:
    session._open(OpenModel(History(document)))
    estimator = estimator_of(session)
    estimator.refresh()
    QApplication.processEvents()
    return estimator


def test_beside_train_stands_what_it_will_take(qtbot: QtBot, session: Session) -> None:
    bar = RunBar(session)
    qtbot.addWidget(bar)
    bar.resize(900, 40)
    bar.show()
    assert bar.estimate.text() == "", "an empty canvas cannot train"
    forecast = show(session, load("lenet5")).forecast
    assert forecast is not None and forecast.rough
    assert bar.estimate.full_text() == forecast.line
    assert "an epoch · 3.47 MB" in bar.estimate.text()
    tip = bar.estimate.toolTip()
    assert "rough: no run was measured here yet" in tip and "activations 2.01 MB" in tip and "cpu" in tip
    show(session, Document())
    assert bar.estimate.text() == "" and bar.estimate.toolTip() == ""


def test_an_edit_changes_the_estimate(canvas_driver: "CanvasDriver", qtbot: QtBot) -> None:
    session = canvas_driver.view.session
    estimator = show(session, draw(CLASSIFIER, batch_size=32))
    before = estimator.forecast
    assert before is not None
    with qtbot.waitSignal(estimator.changed, timeout=2000):
        session.do(SetParam("fc1", "out_features", 512))
    after = estimator.forecast
    assert after is not None and after.costs.weights > 20 * before.costs.weights
    assert after.seconds > before.seconds


def test_earlier_runs_on_the_same_kind_of_device_count(session: Session) -> None:
    session.devices = (Device("cuda:0", "cuda", "GPU", 1), Device("cpu", "cpu", "CPU", 1))
    estimator = show(session, load("lenet5"))
    assert estimator.forecast is not None and estimator.forecast.device == "cuda:0"
    work = estimator.forecast.costs.work
    estimator._on_history({"cuda": [Measured(work["cuda"], 0.5)]})
    estimator.refresh()
    assert estimator.forecast.seconds == pytest.approx(0.5) and not estimator.forecast.rough
    session.set_device("cpu")
    estimator.refresh()
    assert estimator.forecast.seconds == work["cpu"] and estimator.forecast.rough


def test_the_summary_sorts_by_what_nodes_cost(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver.view.session, load("lenet5"))
    bottom = canvas_driver.view.bottom
    bottom.tabs.setCurrentIndex(SUMMARY)
    QApplication.processEvents()
    table, total = bottom.summary.table, bottom.summary.total.text()
    assert "61,706 parameters" in total and "3.47 MB to train with batches of 32" in total
    assert "an epoch (rough)" in total
    header, model = table.horizontalHeader(), table.model()

    def column(index: int) -> list[str]:
        return [str(model.index(row, index).data()) for row in range(model.rowCount())]

    ways = column(0)
    for index, first in ((3, "48,120"), (5, "")):
        at = QPoint(header.sectionViewportPosition(index) + 12, header.height() // 2)
        QTest.mouseClick(header.viewport(), LEFT, NO_KEY, at)
        if index == 3 and column(3)[0] != first:
            QTest.mouseClick(header.viewport(), LEFT, NO_KEY, at)
        assert column(0) != ways
        values = [each.numbers[index - 3] for each in bottom.summary._rows.rows]
        assert values in (sorted(values), sorted(values, reverse=True))
        if first:
            assert column(3)[0] == first
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    assert column(0) == ways


def test_a_sorted_row_still_leads_to_its_node(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver.view.session, load("lenet5"))
    bottom = canvas_driver.view.bottom
    bottom.tabs.setCurrentIndex(SUMMARY)
    QApplication.processEvents()
    table = bottom.summary.table
    table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    wanted = bottom.summary._rows.rows[0].trail
    place = table.visualRect(table.model().index(0, 0)).center()
    QTest.mouseClick(table.viewport(), LEFT, NO_KEY, place)
    assert tuple(canvas_driver.canvas.drawing.selection) == wanted


def run(**values: object) -> RunRecord:
    fields: dict[str, object] = dict.fromkeys(RunRecord.__slots__, 0)
    fields |= {"name": "m", "model": "m", "state": "completed", "used_device": "cpu", "dataset": "digits"}
    return RunRecord(**(fields | values))  # type: ignore[arg-type]  # plain values


def test_a_run_tells_what_was_expected_and_what_it_took(qtbot: QtBot) -> None:
    page = SettingsPage()
    qtbot.addWidget(page)
    params = {
        "estimate.seconds": 2.0,
        "estimate.memory": 3_470_000,
        "estimate.work": 1.0,
        "training.epochs": 4,
    }
    page.show_params(run(started=100.0, ended=112.0, epoch=4, epochs=4), params)
    rows = dict(page._rows)
    assert rows["time an epoch"] == "3.0 s (2.0 s expected)"
    assert rows["memory"] == "3.47 MB expected"
    assert not any(name.startswith("estimate.") for name in rows)
    page.show_params(run(state="queued"), params)
    assert dict(page._rows)["time an epoch"] == "2.0 s expected"
    page.show_params(run(), {})
    assert "time an epoch" not in dict(page._rows)


def test_without_a_dataset_only_the_memory_is_told(qtbot: QtBot, session: Session) -> None:
    bar = RunBar(session)
    qtbot.addWidget(bar)
    lines = "data Dataset dataset='any 30 in 2 classes'\nfc Linear out_features=2 < data.features\n"
    forecast = show(session, draw(f"{lines}loss CrossEntropyLoss < fc data.label")).forecast
    assert forecast is not None
    assert bar.estimate.full_text() == forecast.line == forecast.brief and "B" in forecast.line
    assert "once a dataset is chosen" in bar.estimate.toolTip()


def test_the_estimate_stays_readable_in_a_narrow_bar(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    bar = RunBar(session)
    qtbot.addWidget(bar)
    bar.resize(420, 40)
    bar.show()
    forecast = show(session, load("char-gpt")).forecast
    assert forecast is not None
    layout = bar.layout()
    assert layout is not None
    layout.activate()
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    assert bar.train.isVisible() and bar.train.geometry().right() <= bar.width()
    assert bar.estimate.text() in (forecast.line, forecast.brief) or bar.estimate.text().endswith("…")
