"""The filter of the Runs view: typed as a person does, with completion and mistakes."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.runs.showing import runs_view
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> RunsView:
    made = runs_view(qtbot, session, 1280, 640)

    def fill(store: Store) -> None:
        for number, (name, lr) in enumerate((("lenet5", 0.1), ("resnet20", 0.01), ("gan", 0.001))):
            curves = {"validation/accuracy": [0.5 + number / 10]}
            record(store, name, curves=curves, params={"adam.lr": lr, "training.epochs": 3})
        store.change_tags(add=[(2, "paper")])
        store.archive([3])

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 3, timeout=WAIT)
    return made


def shown(view: RunsView) -> list[int]:
    return list(view.model.shown)


def write(view: RunsView, text: str) -> None:
    view.filter.setFocus()
    view.filter.selectAll()
    QTest.keyClicks(view.filter, text)


def test_a_filter_of_figures_and_tags_is_typed(qtbot: QtBot, view: RunsView) -> None:
    assert shown(view) == [2, 1]  # the third was put away
    write(view, "accuracy > 55%")
    assert shown(view) == [2]
    write(view, "accuracy > 55% and (archived or not archived)")
    assert shown(view) == [3, 2]
    write(view, "not tag = paper")
    assert shown(view) == [1]
    assert view.tally.full_text() == "1 of 3 runs"
    view.filter.clear()
    assert shown(view) == [2, 1]


def test_settings_are_read_when_they_are_asked_for(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    assert view.filter.params.values == {}
    write(view, "adam.lr < 0.05")
    qtbot.waitUntil(lambda: shown(view) == [2], timeout=WAIT)
    session.call(lambda store: record(store, "late", params={"adam.lr": 0.04}))
    qtbot.waitUntil(lambda: shown(view) == [4, 2], timeout=WAIT)


def test_a_mistake_is_marked_where_it_stands_and_changes_nothing(qtbot: QtBot, view: RunsView) -> None:
    write(view, "lenet5")
    assert shown(view) == [1]
    view.filter.setText(
        "lenet5 and acuracy > 3"
    )  # pasted: letter by letter the half of it would be two words
    qtbot.waitUntil(lambda: bool(view.filter.property("wrong")), timeout=WAIT)
    assert shown(view) == [1]
    assert "Did you mean “accuracy”" in view.tally.full_text()
    trouble = view.filter.trouble
    assert trouble is not None and (trouble.at, trouble.end) == (11, 18)
    assert view.filter.toolTip() == str(trouble)
    error = view.filter.grab().toImage()
    write(view, "lenet5")
    assert not view.filter.property("wrong") and view.tally.full_text() == "1 of 3 runs"
    assert view.filter.grab().toImage() != error


def test_what_is_half_typed_is_not_called_wrong_at_once(qtbot: QtBot, view: RunsView) -> None:
    write(view, "accuracy >")
    assert not view.filter.property("wrong")
    QTest.keyClicks(view.filter, " 0.55")
    assert shown(view) == [2] and not view.filter.property("wrong")


def test_names_operators_and_values_are_completed(qtbot: QtBot, view: RunsView) -> None:
    popup = view.filter.popup

    def choose(text: str) -> None:
        rows = [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())]
        for _ in range(rows.index(text) + 1):
            QTest.keyClick(popup, Qt.Key.Key_Down)
        QTest.keyClick(popup, Qt.Key.Key_Return)
        QApplication.processEvents()

    write(view, "ta")
    assert popup.isVisible()
    choose("tag")
    assert view.filter.text() == "tag " and popup.isVisible()
    choose("=")
    assert view.filter.text() == "tag = "
    choose("paper")
    assert view.filter.text() == "tag = paper " and shown(view) == [2]
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert not popup.isVisible() and view.filter.text() == "tag = paper "
    QTest.keyClick(view.filter, Qt.Key.Key_Escape)
    assert view.filter.text() == "" and shown(view) == [2, 1]
    view.filter.popup.hide()
