"""Parallel coordinates, scatter matrix and importance, used with mouse and keys."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, do
from tests.gui.conftest import Record
from workbench.gui import theme
from workbench.gui.compare.brushing import DRAWN, drawn
from workbench.gui.compare.matrix import MatrixPage
from workbench.gui.compare.parallel import ParallelPage
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.store.store import Store

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> Iterator[CompareView]:
    made = alone(CompareView, qtbot, session)
    made.resize(1500, 900)

    def fill(store: Store) -> None:
        for place in range(9):  # the learning rate decides; its width and the seed do not
            curves = {"validation/loss": [2, 1 - 0.1 * place], "validation/accuracy": [0.1, 0.1 * place]}
            act = "ReLU" if place % 2 else "Tanh"
            params = {"training.lr": 10.0 ** -(9 - place), "act.type": act, "width": (place * 7) % 5}
            record(store, f"run\n🎨 {place}", curves=curves, params=params, model="net")
        record(
            store,
            "diverged",
            curves={"validation/loss": [float("nan")]},
            params={"training.lr": 1.0},
            model="net",
        )
        record(store, "queued", state="queued", params={"training.lr": 0.5}, model="net")

    do(qtbot, session, fill)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: made.model.total == 11, timeout=WAIT)
    made.reveal([1])
    yield made
    made.hide()


def settled(qtbot: QtBot, page: ParallelPage | MatrixPage) -> None:
    qtbot.waitUntil(lambda: bool(page.plot.dimensions) and not page.layout_of_runs.busy, timeout=WAIT)


def drag(plot: QWidget, start: QPointF, end: QPointF) -> None:
    QTest.mousePress(plot, LEFT, NONE, start.toPoint())
    QTest.mouseMove(plot, ((start + end) / 2).toPoint())
    QTest.mouseMove(plot, end.toPoint())
    QTest.mouseRelease(plot, LEFT, NONE, end.toPoint())


def test_brushing_axes_and_cells_chooses_runs(qtbot: QtBot, qapp: QApplication, view: CompareView) -> None:
    page, plot = view.parallel, view.parallel.plot
    view.tabs.setCurrentWidget(page)
    settled(qtbot, page)
    titles = [one.scale.title for one in plot.dimensions]
    assert titles[0] == "training.lr" and titles[-1] == "best validation/accuracy" and "act.type" in titles
    assert plot.dimensions[0].scale.log and not page.compare.isEnabled()
    lr = QPointF(plot.across(0), 0)
    drag(plot, lr + QPointF(0, plot.down(0.45)), lr + QPointF(0, plot.down(1)))
    assert plot.selected == [10, 9, 8, 7, 6, 5] or sorted(plot.selected) == [5, 6, 7, 8, 9, 10, 11]
    place = titles.index("act.type")
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    for _ in range(place - 1):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_1)  # the lower quarter: ReLU
    assert sorted(plot.selected) == [6, 8] and "2 of 11 runs brushed" in page.told.full_text()
    assert plot.grab().toImage().pixelColor(5, 200) == theme.color("panel")
    QTest.mouseClick(page.compare, LEFT)
    assert sorted(view.model.ticked) == [6, 8]
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    QTest.mouseClick(page.clear, LEFT)
    assert plot.selected == [] and not page.compare.isEnabled()
    at = (plot.line(4)[0] + plot.line(4)[1]) / 2
    near = plot.nearest(at)
    QTest.mouseClick(plot, LEFT, NONE, at.toPoint())
    assert (
        near is not None
        and near in view.model.ticked
        and "🎨" in plot.said(near)
        and "\nlr" not in plot.said(near)
    )

    view.tabs.setCurrentWidget(view.matrix)
    settled(qtbot, view.matrix)
    matrix = view.matrix.plot
    keys = [one.key for one in matrix.dimensions]
    cell = (len(keys) - 1, keys.index("param:training.lr"))
    ends = [matrix.place(cell, id) for id in (1, 3)]
    assert ends[0] is not None and ends[1] is not None
    drag(matrix, ends[0] + QPointF(-5, 5), ends[1] + QPointF(5, -5))
    assert sorted(matrix.selected) == [1, 2, 3]
    theme.apply(qapp, "light")
    assert matrix.grab().toImage().pixelColor(QPoint(2, 2)) == theme.color("panel")
    theme.apply(qapp, "dark")
    matrix.setFocus()
    QTest.keyClick(matrix, Qt.Key.Key_Delete)
    assert matrix.selected == []
    QTest.keyClick(matrix, Qt.Key.Key_4)
    assert matrix.brush is not None
    spot = matrix.place(cell, 5)
    assert spot is not None
    before = 5 in view.model.ticked
    QTest.mouseClick(matrix, LEFT, NONE, spot.toPoint())
    assert (5 in view.model.ticked) is not before

    view.tabs.setCurrentWidget(view.importance)
    bars = view.importance.bars
    qtbot.waitUntil(lambda: bool(bars.rows) and bars.rows[0][2] == bars.rows[0][2], timeout=120_000)
    assert bars.rows[0][0] == "param:training.lr" and bars.rows[0][4] == pytest.approx(1.0, abs=0.01)
    assert "9 runs" in view.importance.told.full_text()
    bars.setFocus()
    QTest.keyClick(bars, Qt.Key.Key_Return)
    assert view.tabs.currentWidget() is view.scatter
    qtbot.waitUntil(lambda: bool(view.scatter.plot.dots) and not view.scatter.laying, timeout=WAIT)
    assert view.scatter.across.currentData() == "param:training.lr"
    weighed = view.importance
    weighed.show_runs(weighed._runs[:1])
    qtbot.waitUntil(lambda: weighed.stack.currentWidget() is weighed.nothing, timeout=WAIT)
    assert weighed.told.full_text() == "" and not weighed.busy


def test_of_very_many_runs_some_are_drawn() -> None:
    ids = list(range(10 * DRAWN))
    some = drawn(ids, {7: 0})
    assert DRAWN <= len(some) <= DRAWN + 1 and 7 in some and drawn(ids[:50], {}) == ids[:50]
