"""The programs of two runs held against each other, used as a person does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, add, before, tick
from workbench.gui import theme
from workbench.gui.compare.program import ProgramPage
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session

LEFT = Qt.MouseButton.LeftButton
ONE = "import torch\n\n\n" + "\n".join(f"x{number} = {number}" for number in range(60)) + "\n"
OTHER = ONE.replace("x5 = 5", "x5 = 6").replace("x50 = 50\n", "")


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session) -> CompareView:
    made = alone(CompareView, qtbot, session)
    made.resize(1300, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def opened(qtbot: QtBot, view: CompareView, session: Session, one: str, other: str) -> ProgramPage:
    tick(
        qtbot, view, session, [lambda store: add(store, before(), one), lambda store: add(store, "{", other)]
    )
    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, Qt.KeyboardModifier.NoModifier, bar.tabRect(2).center())
    qtbot.waitUntil(
        lambda: view.program.hint.isHidden() or "No program" in text_of(view.program), timeout=WAIT
    )
    return view.program


def text_of(page: ProgramPage) -> str:
    return " ".join(label.text() for label in page.hint.findChildren(QLabel))


def line(page: ProgramPage) -> str:
    return page.text.textCursor().block().text()


@pytest.mark.usefixtures("dark_again")
def test_lines_are_marked_and_keys_go_from_one_to_the_next(
    qtbot: QtBot, qapp: QApplication, view: CompareView, session: Session
) -> None:
    page = opened(qtbot, view, session, ONE, OTHER)
    assert page.told.full_text() == "1 line added, 2 removed."
    shown = page.text.toPlainText().splitlines()
    assert "- x5 = 5" in shown and "+ x5 = 6" in shown and "- x50 = 50" in shown and "  x4 = 4" in shown
    assert "  x20 = 20" not in shown and any(one.startswith("… ") for one in shown)
    page.text.setFocus()
    QTest.keyClick(page.text, Qt.Key.Key_F7)
    assert line(page) == "- x5 = 5"
    QTest.keyClick(page.text, Qt.Key.Key_F7)
    assert line(page) == "- x50 = 50"
    QTest.mouseClick(page.next, LEFT)
    assert line(page) == "- x5 = 5", "round the end"
    QTest.mouseClick(page.previous, LEFT)
    assert line(page) == "- x50 = 50"
    QTest.mouseClick(page.copying, LEFT)
    assert QGuiApplication.clipboard().text().startswith("--- run-1.py\n+++ run-2.py\n@@ ")
    marks = page.text.extraSelections()
    theme.apply(qapp, "light")
    assert [mark.format.background().color() for mark in page.text.extraSelections()] != [
        mark.format.background().color() for mark in marks
    ]


def test_the_same_program_twice_is_said_so(qtbot: QtBot, view: CompareView, session: Session) -> None:
    page = opened(qtbot, view, session, ONE, ONE)
    assert page.told.full_text() == "The programs are the same, word for word."
    assert page.text.toPlainText() == "" and not page.next.isEnabled() and not page.copying.isEnabled()


def test_a_run_without_a_program_is_named(qtbot: QtBot, view: CompareView, session: Session) -> None:
    page = opened(qtbot, view, session, ONE, "")
    assert "No program was kept of run 2." in text_of(page)
    QGuiApplication.clipboard().setText("kept")
    page.copy()
    assert QGuiApplication.clipboard().text() == "kept"


def test_long_texts_keep_their_colour_where_both_programs_begin_one(
    qtbot: QtBot, view: CompareView, session: Session
) -> None:
    one = '"""first\nfor and with\n"""\nimport torch\n'
    page = opened(qtbot, view, session, one, one.replace("first", "second"))
    block = page.text.document().findBlockByNumber(2)
    assert block.text() == "  for and with"
    colors = {found.format.foreground().color().name() for found in block.layout().formats()}
    assert colors == {theme.color("ok").name()}
