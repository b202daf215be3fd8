"""The trash of runs: back into the table, or gone for good once that was asked and answered."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.runs.showing import runs_view
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> RunsView:
    """Four runs, of which the first three lie in the trash."""
    made = runs_view(qtbot, session)

    def fill(store: Store) -> None:
        for name in ("lenet5", "resnet20", "gan", "unet"):
            record(store, name)
        for id in (1, 2, 3):
            store.delete_run(id)

    session.call(fill)
    qtbot.waitUntil(lambda: made.model.total == 1, timeout=WAIT)
    QTest.mouseClick(made.trash_button, LEFT)
    qtbot.waitUntil(lambda: list(made.trash.model.shown) == [3, 2, 1], timeout=WAIT)
    return made


def test_runs_are_taken_back_and_that_can_be_undone(qtbot: QtBot, view: RunsView, session: Session) -> None:
    trash = view.trash
    assert trash.tally.full_text() == "3 runs" and trash.table.selected_ids() == [3]
    with qtbot.waitSignal(session.offered, timeout=WAIT) as offered:
        QTest.mouseClick(trash.restore, LEFT)
    qtbot.waitUntil(lambda: list(trash.model.shown) == [2, 1], timeout=WAIT)
    qtbot.waitUntil(lambda: list(view.model.shown) == [4, 3], timeout=WAIT)
    assert view.currentWidget() is trash
    assert offered.args is not None and offered.args[:2] == ["1 run taken back.", "Undo"]
    offered.args[2]()
    qtbot.waitUntil(lambda: list(trash.model.shown) == [3, 2, 1], timeout=WAIT)
    QTest.keyClick(trash.table, Qt.Key.Key_Escape)
    assert view.currentWidget() is not trash and view.table.isVisible()


def test_runs_go_for_good_only_once_that_was_answered(qtbot: QtBot, view: RunsView, session: Session) -> None:
    trash = view.trash
    folder = session.path.with_suffix(".files") / "runs" / "3"
    folder.mkdir(parents=True)
    trash.table.selectAll()
    QTest.keyClick(trash.table, Qt.Key.Key_Delete)
    assert trash.bar.isVisible() and trash.question.text().startswith("Delete 3 runs for good")
    session.closing.emit()
    assert not trash.bar.isVisible(), "runs of another workspace have the same numbers"
    QTest.keyClick(trash.table, Qt.Key.Key_Delete)
    QTest.keyClick(trash.no, Qt.Key.Key_Escape)
    assert not trash.bar.isVisible() and trash.model.total == 3
    trash.table.pick(3)
    QTest.keyClick(trash.table, Qt.Key.Key_Delete)
    with qtbot.waitSignal(session.message, timeout=WAIT) as said:
        QTest.mouseClick(trash.yes, LEFT)
    assert said.args == ["1 run deleted for good.", "ok"] and not folder.exists()
    qtbot.waitUntil(lambda: list(trash.model.shown) == [2, 1], timeout=WAIT)
    session.call(lambda store: store.restore_run(1))  # by another window, meanwhile
    trash.table.selectAll()
    trash.ask()
    with qtbot.waitSignal(session.message, timeout=WAIT) as said:
        QTest.mouseClick(trash.yes, LEFT)
    assert said.args == ["Run 1 is not in the trash; it was left alone. 1 run deleted for good.", "warning"]
    qtbot.waitUntil(lambda: trash.stack.currentWidget() is trash.nothing, timeout=WAIT)
    qtbot.waitUntil(lambda: list(view.model.shown) == [4, 1], timeout=WAIT)


def test_the_trash_is_reached_where_no_run_is_left_and_a_run_that_is_revealed_leaves_it(
    qtbot: QtBot, view: RunsView, session: Session
) -> None:
    view.reveal(4)
    assert view.currentWidget() is not view.trash and view.table.selected_ids() == [4]
    session.call(lambda store: store.delete_run(4))
    qtbot.waitUntil(lambda: view.empty.isVisible(), timeout=WAIT)
    QTest.mouseClick(view.empty_trash, LEFT)
    qtbot.waitUntil(lambda: list(view.trash.model.shown) == [4, 3, 2, 1], timeout=WAIT)
