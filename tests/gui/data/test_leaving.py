"""Closing window or workspace while data is being added: the question, both answers, and that no process is left."""

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.gui.data.adding import Wanted
from workbench.gui.data.leaving import StillAdding
from workbench.gui.data.view import DataView
from workbench.gui.json_process import JsonProcess
from workbench.gui.session import Session
from workbench.gui.widgets.labels import Label
from workbench.gui.window import MainWindow
from workbench.jobs.datasets import FOLDER

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def adding(qtbot: QtBot, view: DataView, tmp_path: Path) -> DataView:
    """A view that adds something slow."""
    file = tmp_path / "slow.csv"
    file.write_text("x")
    view.reveal(Wanted((file,)))
    qtbot.waitUntil(view.wizard.page.add.isEnabled)
    view.wizard.add()
    qtbot.waitUntil(lambda: view.wizard.page.status.full_text().startswith("Rows: 5 of 20"))
    return view


def asked(view: DataView) -> StillAdding:
    question = view.leaving.question
    assert question is not None and question.isVisible()
    return question


def running() -> list[JsonProcess]:
    app = QCoreApplication.instance()
    assert app is not None
    return [process for process in app.findChildren(JsonProcess) if process.pid]


def test_a_person_may_go_on_adding(adding: DataView, window: MainWindow, session: Session) -> None:
    QTest.keyClick(window, Qt.Key.Key_Q, CTRL)
    assert window.isVisible() and "slow.csv" in asked(adding).words.text()
    window.close()  # once more: it is the same question
    QTest.keyClick(asked(adding), Qt.Key.Key_Return)
    assert window.isVisible() and adding.wizard.is_adding and session.is_open
    assert adding.leaving.question is None


def test_a_person_may_cancel_and_close(
    adding: DataView, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    window.close()
    QTest.mouseClick(asked(adding).give_up, Qt.MouseButton.LeftButton)
    assert not window.isVisible() and not session.is_open and not running()
    assert not list((tmp_path / "experiments.files" / FOLDER).glob("*"))


def test_what_is_done_meanwhile_is_no_question_any_more(
    qtbot: QtBot, adding: DataView, window: MainWindow
) -> None:
    window.close()
    question = asked(adding)
    adding.wizard.cancel()
    qtbot.waitUntil(lambda: adding.leaving.question is None)
    assert not question.isVisible() and window.isVisible()


def test_closing_with_nothing_being_added_asks_nothing_and_ends_every_process(
    qtbot: QtBot, view: DataView, window: MainWindow
) -> None:
    view.reveal("iris")
    qtbot.waitUntil(lambda: bool(running()))
    window.close()
    assert not window.isVisible() and not running()


def test_another_workspace_is_opened_only_when_a_person_agrees(
    qtbot: QtBot, adding: DataView, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    before, other = session.path, tmp_path / "other.db"
    session.ask_to_switch(other)
    assert "another" in " ".join(label.text() for label in asked(adding).findChildren(Label))
    QTest.keyClick(asked(adding), Qt.Key.Key_Return)
    assert (session.path, session.is_open, adding.wizard.is_adding) == (before, True, True)

    session.ask_to_switch(other)
    with qtbot.waitSignal(session.opened, timeout=20_000):
        QTest.mouseClick(asked(adding).give_up, Qt.MouseButton.LeftButton)
    assert (session.path, window.isVisible(), adding.wizard.is_adding) == (other, True, False)
    assert not list((tmp_path / "experiments.files" / FOLDER).glob("*"))


def test_another_workspace_is_opened_at_once_where_nothing_is_being_added(
    qtbot: QtBot, view: DataView, session: Session, tmp_path: Path
) -> None:
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.ask_to_switch(tmp_path / "other.db")
    assert session.path == tmp_path / "other.db" and view.leaving.question is None
