"""Stars, tags and the archive in the Runs view, by mouse and keys."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.runs.showing import runs_view
from workbench.gui.runs.columns import PLACES
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> RunsView:
    made = runs_view(qtbot, session)

    def fill(store: Store) -> None:
        for name in ("lenet5", "resnet20", "gan"):
            record(store, name)

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 3, timeout=WAIT)
    made.table.pick(3)
    made.table.setFocus()
    return made


def cell(view: RunsView, id: int, key: str) -> QPoint:
    return view.table.visualRect(view.model.index(view.model.place(id), PLACES[key])).center()


def test_a_click_on_the_star_gives_one_and_leaves_the_selection(qtbot: QtBot, view: RunsView) -> None:
    before = view.table.grab().toImage()
    QTest.mouseClick(view.table.viewport(), LEFT, pos=cell(view, 1, "star"))
    qtbot.waitUntil(lambda: view.model.marks(1).star, timeout=WAIT)
    assert view.table.selected_ids() == [3]
    assert view.table.grab().toImage() != before
    QTest.mouseClick(view.table.viewport(), LEFT, pos=cell(view, 1, "star"))
    qtbot.waitUntil(lambda: not view.model.marks(1).star, timeout=WAIT)


def test_the_key_gives_stars_to_all_selected(qtbot: QtBot, view: RunsView, session: Session) -> None:
    offers: list[tuple[str, Callable[[], object]]] = []
    session.offered.connect(lambda words, _, slot: offers.append((words, slot)))
    QTest.keyClick(view.table, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(view.table, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: bool(offers), timeout=WAIT)
    qtbot.waitUntil(lambda: view.model.marks(3).star and view.model.marks(2).star, timeout=WAIT)
    assert offers[0][0] == "2 runs with a star now." and not view.model.marks(1).star
    offers[0][1]()
    qtbot.waitUntil(lambda: not view.model.marks(3).star, timeout=WAIT)


def test_runs_are_put_away_and_come_back(qtbot: QtBot, view: RunsView, session: Session) -> None:
    offers: list[Callable[[], object]] = []
    session.offered.connect(lambda words, _, slot: offers.append(slot))
    QTest.keyClick(view.table, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: list(view.model.shown) == [2, 1], timeout=WAIT)
    assert view.tally.full_text() == "2 of 3 runs"
    view.filter.setText("archived")
    assert list(view.model.shown) == [3]
    view.filter.clear()
    qtbot.waitUntil(lambda: bool(offers), timeout=WAIT)
    offers[0]()
    qtbot.waitUntil(lambda: list(view.model.shown) == [3, 2, 1], timeout=WAIT)


def test_tags_are_added_ticked_and_cleared_for_several_runs(qtbot: QtBot, view: RunsView) -> None:
    box = view.tags
    QTest.keyClick(view.table, Qt.Key.Key_T)
    assert box.isVisible() and box.title.text() == "Tags of run #3"
    QTest.keyClicks(box.field, "paper")
    assert box.hint.text() == "Enter adds “paper”."
    QTest.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.model.marks(3).tags == ("paper",), timeout=WAIT)
    QTest.keyClick(box.field, Qt.Key.Key_Escape)
    assert not box.isVisible() and view.table.hasFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Down, SHIFT)
    QTest.keyClick(view.table, Qt.Key.Key_T)
    assert box.title.text() == "Tags of 2 runs"
    assert box.list.item(0).checkState() == Qt.CheckState.PartiallyChecked
    QTest.keyClick(box.field, Qt.Key.Key_Down)
    QTest.keyClick(box.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: view.model.marks(2).tags == ("paper",), timeout=WAIT)
    assert box.list.item(0).checkState() == Qt.CheckState.Checked
    QTest.keyClick(box.list, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: view.model.marks(2).tags == () == view.model.marks(3).tags, timeout=WAIT)
    QTest.keyClick(box.list, Qt.Key.Key_Escape)
    assert not box.isVisible()


def test_many_and_long_tags_are_counted_where_they_do_not_fit(
    qtbot: QtBot, view: RunsView, session: Session
) -> None:
    tags = ["a tag with a rather long name", "second", "third", "fourth", "fifth"]
    session.call(lambda store: store.change_tags(add=[(3, tag) for tag in tags]))
    qtbot.waitUntil(lambda: len(view.model.marks(3).tags) == 5, timeout=WAIT)
    column = PLACES["tags"]
    for width in (60, 140, 600):
        view.table.setColumnWidth(column, width)
        assert not view.table.grab().isNull()
    assert view.model.data(view.model.index(0, column), Qt.ItemDataRole.ToolTipRole) == ", ".join(
        sorted(tags)
    )


def test_the_header_of_a_run_shows_and_changes_its_marks(qtbot: QtBot, view: RunsView) -> None:
    header = view.detail.header
    assert header.star.accessibleName() == "Has no star" and header.tags.accessibleName() == "No tags"
    QTest.mouseClick(header.star, LEFT)
    qtbot.waitUntil(lambda: header.star.accessibleName() == "Has a star", timeout=WAIT)
    QTest.mouseClick(header.tags, LEFT)
    assert view.tags.isVisible() and view.rect().contains(view.tags.geometry())
    QTest.keyClicks(view.tags.field, "paper")
    QTest.keyClick(view.tags.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: header.tags.text() == "paper", timeout=WAIT)
    assert view.model.marks(3).star and view.model.marks(3).tags == ("paper",)
