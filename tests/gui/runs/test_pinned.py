"""Columns that stay at the left while the others scroll."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from tests.gui.runs.showing import runs_view
from workbench.gui.runs.columns import PLACES
from workbench.gui.runs.layouts import Layout
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.store import Store

WAIT = 8_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Callable[..., int]) -> RunsView:
    made = runs_view(qtbot, session, 1100, 640)

    def fill(store: Store) -> None:
        for name in ("lenet5", "resnet20", "gan"):
            record(store, name)

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 3, timeout=WAIT)
    columns = ("star", "run", *(key for key in PLACES if key not in ("star", "run")))
    made.table.show_columns(columns, {"notes": 400, "cause": 400})  # more than there is room for
    return made


def header_menu(view: RunsView, key: str, words: str) -> None:
    header = view.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(PLACES[key]) + 8, 8)
    header.customContextMenuRequested.emit(place)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.text() == words).trigger()
    menu.close()


def test_columns_stay_while_the_others_scroll_and_work_where_they_stand(qtbot: QtBot, view: RunsView) -> None:
    table, bar = view.table, view.table.horizontalScrollBar()
    header_menu(view, "run", "Keep the columns up to here in view")
    assert table.pinned == 2 and table.staying() == {}  # nothing has scrolled yet
    bar.setValue(bar.maximum())
    assert bar.value() > 100
    star, run = PLACES["star"], PLACES["run"]
    assert list(table.staying()) == [star, run] and table.staying()[star] == 0
    cell = table.visualRect(view.model.index(1, star))
    assert cell.left() == 0 and table.indexAt(cell.center()).column() == star
    QTest.mouseClick(table.viewport(), LEFT, pos=cell.center())
    qtbot.waitUntil(lambda: view.model.marks(2).star, timeout=WAIT)
    left = table.staying()[run]
    QTest.mouseClick(table.horizontalHeader().viewport(), LEFT, pos=QPoint(left + 30, 8))
    assert table.order == ("run", False)  # it was sorted by that the other way round
    there = table.viewport().grab().copy(0, 0, left, 90).toImage()
    bar.setValue(bar.maximum() - 60)
    assert table.viewport().grab().copy(0, 0, left, 90).toImage() == there
    bar.setValue(0)
    assert table.staying() == {}


def test_what_stays_is_part_of_a_view_and_leaves_room_for_the_others(qtbot: QtBot, view: RunsView) -> None:
    table, bar = view.table, view.layout_bar
    bar.pin(3)
    kept = bar.layout_now()
    assert kept.pinned == 3 and Layout.from_json(kept.as_json()) == kept
    assert Layout.from_json({**kept.as_json(), "pinned": "many"}) == replace(kept, pinned=0)
    header_menu(view, "star", "Let all columns scroll")
    assert table.pinned == 0
    bar.show_layout(replace(kept, pinned=12))
    table.horizontalScrollBar().setValue(table.horizontalScrollBar().maximum())
    staying = table.staying()
    assert 0 < len(staying) < 12
    assert max(left + table.columnWidth(column) for column, left in staying.items()) <= 0.6 * table.width()
