"""The shortcut sheet: every action and gesture, nothing cut, filtered as one types."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from workbench.gui.action_table import ACTIONS
from workbench.gui.shortcuts import GESTURES, MOUSE, parts
from workbench.gui.window import MainWindow

KEY = Qt.Key


def test_the_sheet_shows_every_action_and_every_gesture() -> None:
    shown = [line for part in parts() for line in part.lines]
    assert len(shown) == len(ACTIONS) + len(GESTURES)
    assert {action.text.rstrip("…") for action in ACTIONS} <= {text for text, _ in shown}
    [mouse] = [part for part in parts() if part.title == MOUSE]
    assert [how for _, how in mouse.lines] == [how for how, _ in GESTURES]
    assert parts()[0].title == "Everywhere"


@pytest.mark.parametrize("size", [(1280, 720), (1600, 900), (960, 600)])
def test_nothing_of_the_sheet_is_cut(qtbot: QtBot, window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.sheet.open()
    sheet = window.sheet
    qtbot.waitUntil(sheet.isVisible)
    QApplication.processEvents()
    assert window.rect().contains(sheet.geometry())
    body = sheet.area.widget()
    assert body is not None
    assert body.width() <= sheet.area.viewport().width(), "it scrolls downwards only"
    labels = body.findChildren(QLabel)
    assert len(labels) > 2 * len(ACTIONS)
    for label in labels:
        place = label.mapTo(body, QPoint(0, 0))
        assert place.x() >= 0 and place.x() + label.width() <= body.width(), label.text()
        if label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
            words = max(label.text().split(), key=len)
            assert label.fontMetrics().horizontalAdvance(words) <= label.width(), label.text()
        else:
            assert label.width() >= label.sizeHint().width(), label.text()


def test_the_sheet_is_filtered_and_scrolled(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1000, 620)
    QTest.keyClicks(window, "?")
    sheet = window.sheet
    assert sheet.search.hasFocus()
    bar = sheet.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    QTest.keyClick(sheet.search, KEY.Key_PageDown)
    assert bar.value() > 0

    def texts() -> set[str]:
        body: QWidget | None = sheet.area.widget()
        return {label.text() for label in body.findChildren(QLabel)} if body is not None else set()

    QTest.keyClicks(sheet.search, "lasso")
    assert "Select with a lasso" in texts() and "Undo" not in texts()
    sheet.search.clear()
    QTest.keyClicks(sheet.search, "ctrl+z")
    assert {"Undo", "Ctrl+Z"} <= texts() and "Align left" not in texts()
    sheet.search.clear()
    QTest.keyClicks(sheet.search, "zzzz")
    assert texts() == {"Nothing has that name or those keys."}
    QTest.keyClick(sheet.search, KEY.Key_Escape)
    assert sheet.isVisible() and "Undo" in texts(), "the first Escape empties the search"
    QTest.keyClick(sheet.search, KEY.Key_Escape)
    assert not sheet.isVisible()
