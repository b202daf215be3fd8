"""The notes of a run: typed, read, saved by themselves, never lost."""

import time
from collections.abc import Callable
from contextlib import closing

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.core.errors import StoreError
from workbench.gui.runs.notes import Editor, NotesPage
from workbench.gui.session import Session
from workbench.gui.widgets.fields import TextArea
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000


@pytest.fixture
def page(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> NotesPage:
    session.call(lambda store: (record(store), record(store)))
    qtbot.waitUntil(lambda: len(session.runs) == 2, timeout=WAIT)
    made = NotesPage(session)
    qtbot.addWidget(made)
    made.resize(900, 300)
    with qtbot.waitExposed(made):
        made.show()
    made.show_run(1)
    return made


def notes(session: Session, run: int) -> str:
    with closing(Store(session.path)) as store:
        return store.marks_of(run).notes


def test_what_is_typed_is_read_as_markdown_and_saved_by_itself(
    qtbot: QtBot, page: NotesPage, session: Session
) -> None:
    QTest.keyClicks(page.editor, "# Why")
    QTest.keyClick(page.editor, Qt.Key.Key_Return)
    QTest.keyClicks(page.editor, "the **lower** rate")
    assert page.rendered.toPlainText().split("\n") == ["Why", "the lower rate"]
    qtbot.waitUntil(lambda: page.is_saved, timeout=WAIT)
    assert notes(session, 1) == "# Why\nthe **lower** rate"


def test_ctrl_enter_is_for_the_text_not_for_the_window(qtbot: QtBot, page: NotesPage) -> None:
    """There it starts a training of the open model."""
    pressed: list[str] = []
    action = QAction(page)
    action.setShortcut("Ctrl+Return")
    action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
    action.triggered.connect(lambda: pressed.append("pressed"))
    page.addAction(action)
    area = TextArea("Prompt", "", "", 3)
    qtbot.addWidget(area)
    area.setParent(page)
    area.show()
    control = Qt.KeyboardModifier.ControlModifier
    for widget in (page.editor, area):
        widget.setFocus()
        QTest.keyClicks(widget, "words")
        with qtbot.assertNotEmitted(action.triggered):
            QTest.keyClick(widget, Qt.Key.Key_Return, control)
    page.rendered.setFocus()
    QTest.keyClick(page.rendered, Qt.Key.Key_Return, control)
    assert pressed == ["pressed"], "elsewhere it is the window's"


def test_another_run_shows_its_own_and_saves_the_first(
    qtbot: QtBot, page: NotesPage, session: Session
) -> None:
    QTest.keyClicks(page.editor, "first")
    page.show_run(2)
    assert page.editor.toPlainText() == ""
    QTest.keyClicks(page.editor, "second")
    page.hide()
    qtbot.waitUntil(lambda: (notes(session, 1), notes(session, 2)) == ("first", "second"), timeout=WAIT)
    qtbot.waitUntil(lambda: 1 in session.marks and session.marks[1].notes == "first", timeout=WAIT)
    page.show_run(1)
    assert page.editor.toPlainText() == "first"


def test_what_is_typed_while_it_is_saved_is_not_lost_with_another_run(
    qtbot: QtBot, page: NotesPage, session: Session
) -> None:
    QTest.keyClicks(page.editor, "one")
    page.save()
    QTest.keyClicks(page.editor, " two")  # the save goes on: no answer was taken yet
    page.show_run(2)
    qtbot.waitUntil(lambda: notes(session, 1) == "one two", timeout=WAIT)


def test_notes_are_not_taken_for_those_of_the_same_number_in_another_workspace(
    qtbot: QtBot, page: NotesPage, session: Session
) -> None:
    QTest.keyClicks(page.editor, "of this workspace")
    session.closing.emit()
    page.show_run(1)
    assert page.editor.toPlainText() == "" and page.is_saved, "no news of its notes has come"
    qtbot.waitUntil(lambda: notes(session, 1) == "of this workspace", timeout=WAIT)


def test_what_another_window_wrote_appears_or_is_kept_beside(
    qtbot: QtBot, page: NotesPage, session: Session
) -> None:
    told: list[str] = []
    session.message.connect(lambda text, _: told.append(text))
    with closing(Store(session.path)) as other:
        other.set_notes(1, "theirs")
        qtbot.waitUntil(lambda: page.editor.toPlainText() == "theirs", timeout=WAIT)
        page.editor.setPlainText("mine")
        other.set_notes(1, "theirs, changed")
        qtbot.waitUntil(lambda: page.is_saved, timeout=WAIT)
        assert page.editor.toPlainText() == "theirs, changed\n\nmine"
        assert other.marks_of(1).notes == "theirs, changed\n\nmine"
    assert "Both texts were kept" in told[-1]


def test_notes_that_cannot_be_saved_stay_and_are_tried_again(
    qtbot: QtBot, page: NotesPage, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    session.message.connect(lambda text, _: told.append(text))
    whole = Store.set_notes

    def refuse(store: Store, run: int, notes: str, expected: str | None = None) -> str:
        raise StoreError("the disk is full")

    monkeypatch.setattr("workbench.gui.runs.notes.AGAIN_MS", 50)
    monkeypatch.setattr(Store, "set_notes", refuse)
    QTest.keyClicks(page.editor, "kept")
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT)
    assert (
        told[0] == "The notes of run 1 are not saved: the disk is full"
        and page.editor.toPlainText() == "kept"
    )
    monkeypatch.setattr(Store, "set_notes", whole)
    qtbot.waitUntil(lambda: notes(session, 1) == "kept", timeout=WAIT)


def test_notes_from_a_stranger_load_nothing(qtbot: QtBot, page: NotesPage, session: Session) -> None:
    page.editor.setPlainText("![x](file:///etc/hostname) <b>bold</b> <script>x</script> 🎨\n" + "y" * 20_000)
    assert "<script>" in page.rendered.toPlainText()
    assert not page.rendered.grab().isNull()
    qtbot.waitUntil(lambda: page.is_saved, timeout=WAIT)
    page.editor.clear()
    qtbot.waitUntil(lambda: notes(session, 1) == "", timeout=WAIT)


def test_closing_the_window_saves(qtbot: QtBot, page: NotesPage, session: Session) -> None:
    QTest.keyClicks(page.editor, "the last word")
    session.close()
    assert notes(session, 1) == "the last word"


def test_a_pasted_word_without_end_does_not_hold_the_window_up(qtbot: QtBot) -> None:
    editor = Editor()
    qtbot.addWidget(editor)
    editor.resize(500, 300)
    with qtbot.waitExposed(editor):
        editor.show()
    pasted = QMimeData()
    pasted.setText("x" * 100_000)
    began = time.process_time()
    editor.insertFromMimeData(pasted)
    QApplication.processEvents()
    assert time.process_time() - began < 0.6 and len(editor.toPlainText()) == 100_000
