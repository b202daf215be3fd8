"""The wizard's preview: items and figures beside one another, or in turn where there is no room for both."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.gui.data.wizard_preview import PreviewPane

FIGURE = {"title": "Classes", "kind": "bars", "names": ["a", "b"], "values": [1, 2]}
ITEM = {"place": 0, "label": "a", "parts": [{"name": "features", "kind": "row", "values": [1.0]}]}


def test_a_narrow_preview_shows_items_and_figures_in_turn(qtbot: QtBot) -> None:
    pane = PreviewPane()
    qtbot.addWidget(pane)
    pane.resize(1000, 500)
    pane.show()
    pane.show_answer({"items": [ITEM], "figures": [FIGURE]})
    assert pane.items.isVisible() and pane.figures.isVisible() and not pane.turn.isVisible()
    pane.resize(600, 500)
    qtbot.waitUntil(pane.turn.isVisible)
    assert pane.items.isVisible() and not pane.figures.isVisible()
    QTest.mouseClick(pane.turn, Qt.MouseButton.LeftButton)
    assert pane.figures.isVisible() and not pane.items.isVisible()
    pane.resize(1000, 500)
    qtbot.waitUntil(pane.items.isVisible)
    assert pane.figures.isVisible()
