"""The scatter of runs, used as a person does."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, do
from tests.gui.conftest import Record
from workbench.gui import theme
from workbench.gui.compare.scatter import ScatterPage
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.gui.widgets.fields import Choice
from workbench.store.store import Store

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> CompareView:
    made = alone(CompareView, qtbot, session)
    made.resize(1400, 800)
    with qtbot.waitExposed(made):
        made.show()

    def fill(store: Store) -> None:
        for lr, act, accuracy in ((0.1, "ReLU", 0.5), (0.01, "Tanh", 0.9), (0.001, "ReLU", 0.7)):
            curves = {"validation/loss": [2, 1 - accuracy], "validation/accuracy": [0.1, accuracy]}
            record(store, curves=curves, params={"training.lr": lr, "act.type": act})
        record(store, "queued", state="queued", params={"training.lr": 1.0})

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: made.model.total == 4, timeout=WAIT)
    made.reveal([1])
    return made


@pytest.fixture
def page(qtbot: QtBot, view: CompareView) -> ScatterPage:
    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, NONE, bar.tabRect(4).center())
    assert view.tabs.currentWidget() is view.scatter
    qtbot.waitUntil(lambda: len(view.scatter.plot.dots) == 3, timeout=WAIT)
    return view.scatter


def settled(qtbot: QtBot, page: ScatterPage) -> None:
    qtbot.waitUntil(lambda: not page.laying, timeout=WAIT)


def choose(qtbot: QtBot, page: ScatterPage, choice: Choice, title: str) -> None:
    choice.setCurrentIndex(choice.findText(title))
    choice.picked.emit(choice.currentData())
    settled(qtbot, page)


def places(page: ScatterPage) -> dict[int, tuple[float, float]]:
    return {dot.id: (dot.x, dot.y) for dot in page.plot.dots}


def test_runs_are_laid_out_by_what_is_chosen(qtbot: QtBot, page: ScatterPage) -> None:
    assert page.up.currentText() == "validation/accuracy" and page.across.currentText() == "training.lr"
    assert places(page) == {1: (0.1, 0.5), 2: (0.01, 0.9), 3: (0.001, 0.7)}
    assert page.told.full_text() == "rank correlation −0.50 · 3 runs · 1 without a value here"
    choose(qtbot, page, page.up, "validation/loss")
    assert places(page)[1] == (0.1, 0.5) and places(page)[2][1] == pytest.approx(0.1)
    choose(qtbot, page, page.across, "act.type")
    assert places(page)[2][0] == 1.0 and places(page)[1][0] == 0.0, "words beside one another"
    assert not page.across_log.isEnabled() and "correlation" not in page.told.full_text()


def test_logarithmic_axes_put_powers_of_ten_at_equal_distances(qtbot: QtBot, page: ScatterPage) -> None:
    page.across_log.click()
    settled(qtbot, page)
    lefts = [page.plot.place_of(id).x() for id in (3, 2, 1)]
    assert lefts[1] - lefts[0] == pytest.approx(lefts[2] - lefts[1], abs=0.01)


def test_a_click_on_a_dot_ticks_the_run_and_another_takes_it_out(
    qtbot: QtBot, view: CompareView, page: ScatterPage
) -> None:
    at = page.plot.place_of(2).toPoint()
    QTest.mouseClick(page.plot, LEFT, NONE, at)
    assert view.model.ticked == [1, 2]
    settled(qtbot, page)
    colors = {dot.id: dot.color for dot in page.plot.dots}
    assert colors == {1: 0, 2: 1, 3: -1}
    QTest.mouseClick(page.plot, LEFT, NONE, at)
    assert view.model.ticked == [1] and view.tabs.currentWidget() is page


def test_keys_go_from_dot_to_dot(qtbot: QtBot, view: CompareView, page: ScatterPage) -> None:
    page.plot.setFocus()
    for id in (3, 2, 1, 1):
        QTest.keyClick(page.plot, Qt.Key.Key_Right)
        pointed = page.plot.pointed
        assert pointed is not None and pointed.id == id
    assert (
        pointed is not None
        and page.plot.words == "#1 lenet5\ntraining.lr: 0.100000\nbest validation/accuracy: 0.500000"
    )
    QTest.keyClick(page.plot, Qt.Key.Key_Left)
    QTest.keyClick(page.plot, Qt.Key.Key_Return)
    assert view.model.ticked == [1, 2]


def test_the_filter_of_the_list_holds_here_too(qtbot: QtBot, view: CompareView, page: ScatterPage) -> None:
    view.filter.setText("queued")
    settled(qtbot, page)
    assert page.nothing.isVisible()
    view.filter.setText("")
    settled(qtbot, page)
    assert page.plot.isVisible() and len(page.plot.dots) == 3


@pytest.mark.usefixtures("dark_again")
def test_dots_are_painted_in_the_colours_of_their_runs(qapp: QApplication, page: ScatterPage) -> None:
    at = page.plot.place_of(1).toPoint()
    assert page.plot.grab().toImage().pixelColor(at) == theme.curve_color(0)
    theme.apply(qapp, "light")
    assert page.plot.grab().toImage().pixelColor(at) == theme.curve_color(0)


def test_settings_are_read_some_at_a_time(
    qtbot: QtBot, view: CompareView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.gui.runs.params.CHUNK", 1)
    view.tabs.setCurrentWidget(view.scatter)
    qtbot.waitUntil(lambda: len(view.scatter.plot.dots) == 3, timeout=WAIT)


def test_runs_of_another_workspace_are_others_though_their_numbers_are_the_same(
    qtbot: QtBot, view: CompareView, page: ScatterPage, session: Session, record: Record, tmp_path: Path
) -> None:
    choose(qtbot, page, page.up, "validation/loss")
    page.across_log.toggle()
    page.across_log.toggle()  # no answer to this comes any more
    session.switch(tmp_path / "other.db")
    qtbot.waitUntil(lambda: session.is_open, timeout=WAIT)

    def fill(store: Store) -> None:
        for lr, loss in ((5.0, 0.25), (6.0, 0.125)):
            record(store, curves={"validation/loss": [2, loss]}, params={"training.lr": lr})

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: view.model.total == 2, timeout=WAIT)
    view.reveal([1])
    qtbot.waitUntil(lambda: places(page) == {1: (5.0, 0.25), 2: (6.0, 0.125)}, timeout=WAIT)
    qtbot.waitUntil(lambda: view._params.get(1, {}).get("training.lr") == 5.0, timeout=WAIT)
