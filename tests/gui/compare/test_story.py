"""One story: the best of 200 runs is found, why it is better is seen, and its drawing is opened and trained again."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from tests.gui.compare.drawings import WAIT, after, before, do
from tests.gui.conftest import Record
from workbench.core.files import dumps
from workbench.gui.compare.view import CompareView
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.gui.window import MainWindow
from workbench.store.store import Store

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
COUNT, BEST = 200, 137


def click_header(table: QTableView, title: str) -> None:
    header, model = table.horizontalHeader(), table.model()
    shown = [section for section in range(header.count()) if not header.isSectionHidden(section)]
    column = next(at for at in shown if model.headerData(at, Qt.Orientation.Horizontal) == title)
    at = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), LEFT, NONE, at)


def test_the_best_of_200_runs_is_found_understood_and_trained_again(
    qtbot: QtBot, no_jobs: None, session: Session, window: MainWindow, record: Record
) -> None:
    usual, better = dumps(before()), dumps(after())

    def fill(store: Store) -> None:
        for number in range(1, COUNT + 1):
            accuracy = 0.99 if number == BEST else 0.5 + (number * 37 % COUNT) / 1000
            drawn = better if number == BEST else usual
            record(store, curves={"validation/accuracy": [accuracy]}, document=drawn, model_id=1)

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: len(session.runs) == COUNT, timeout=WAIT)

    window.show_view("compare")
    view = window.view("compare")
    assert isinstance(view, CompareView)
    QTest.mouseClick(view.clear, LEFT)
    click_header(view.chooser, "accuracy")
    model = view.model
    if model.shown[0] != BEST:
        click_header(view.chooser, "accuracy")
    assert model.shown[0] == BEST, "the best run stands first"
    for row in (1, 0):  # the second best is the base
        ring = view.chooser.visualRect(model.index(row, 0))
        QTest.mouseClick(view.chooser.viewport(), LEFT, NONE, QPoint(ring.left() + 14, ring.center().y()))
    assert model.ticked[1] == BEST

    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, NONE, bar.tabRect(1).center())
    qtbot.waitUntil(lambda: bool(view.drawing.changes), timeout=WAIT)
    told = [view.drawing.list.item(row).text() for row in range(view.drawing.list.count())]
    assert told[:3] == ["fc1: out_features 16 → 32", "relu (ReLU) removed", "drop (Dropout) added"]

    window.show_view("runs", BEST)
    runs = window.view("runs")
    assert isinstance(runs, RunsView)
    qtbot.waitUntil(lambda: runs.detail.run is not None and runs.detail.run.id == BEST, timeout=WAIT)
    QTest.mouseClick(runs.detail.header.open, LEFT)
    qtbot.waitUntil(lambda: "drop" in session.document.graph.nodes, timeout=WAIT)
    assert session.document.graph.nodes["fc1"].params["out_features"] == 32
    session.actions.get("train").trigger()
    qtbot.waitUntil(lambda: len(session.runs) == COUNT + 1, timeout=WAIT)
    again = session.runs[0]
    assert again.id == COUNT + 1 and again.state == "queued"
