"""The page Layers and its grid of pictures, used as a person does."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.inspect.conftest import ANSWERS, WAIT, Fake, png
from workbench.gui.inspect.answers import decoded
from workbench.gui.inspect.layers import LayersPage
from workbench.gui.inspect.pictures import PictureGrid, Shown
from workbench.gui.inspect.view import InspectView
from workbench.gui.widgets.labels import Label

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def feature_maps(request: Mapping[str, Any]) -> Any:
    if request["layer"] == "linear3":
        return "linear3 has no part in the answer."
    maps = [
        {"channel": place, "png": png(40 * place), "low": -1.0, "high": 2.0, "mean": 0.5}
        for place in range(6)
    ]
    return {"layer": "conv1", "shape": [6, 8, 8], "kind": "maps", "maps": maps, "left_out": 2}


def test_a_layer_shows_its_maps_its_filters_and_what_excites_a_channel(
    qtbot: QtBot, view: InspectView, fake: Fake
) -> None:
    can = ["samples", "feature_maps", "filters", "activation_maximisation"]
    fake.answers |= {
        "about": {**ANSWERS["about"], "can": can},
        "feature_maps": feature_maps,
        "filters": {"filters": [{"channel": 0, "png": png()}], "shape": [6, 1, 5, 5]},
        "activation_maximisation": {
            "picture": {"png": png()},
            "activation": [0.1, 4.0, None, 3.5],
            "example": 1.5,
            "channel": 3,
        },
    }
    view.choose(1)
    qtbot.waitUntil(lambda: "Layers" in view.pages, timeout=WAIT)
    page = view.pages["Layers"]
    assert isinstance(page, LayersPage)
    view.tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: len(page.grid.pictures) == 6, timeout=WAIT)
    asked = fake.asked("feature_maps")[-1]
    assert (asked["layer"], asked["sample"]) == ("conv1", {"split": "test", "index": 0})
    assert page.tally.full_text() == "6 × 8 × 8 · 6 channels · 2 more are left out"
    assert page.excite.isHidden()
    QTest.mouseClick(page.grid.viewport(), LEFT, NONE, page.grid.place(3).center())
    assert page.channel.text() == "Channel 3 · −1.00 to 2.00 · mean 0.500"
    QTest.mouseClick(page.excite, LEFT)
    qtbot.waitUntil(page.made.isVisible, timeout=WAIT)
    assert fake.asked("activation_maximisation")[-1]["channel"] == 3
    assert page.channel.text() == "Channel 3: answers 4.00, and 1.50 for the sample."
    QTest.mouseClick(page.kinds.button("filters"), LEFT)
    qtbot.waitUntil(lambda: len(page.grid.pictures) == 1, timeout=WAIT)
    QTest.mouseClick(page.kinds.button("feature_maps"), LEFT)
    page.layer.setFocus()
    QTest.keyClick(page.layer, Qt.Key.Key_Down)
    said = "linear3 has no part in the answer."
    qtbot.waitUntil(lambda: said in [each.text() for each in page.nothing.findChildren(Label)], timeout=WAIT)
    assert page.layer.currentData() == "linear3" and page.stack.currentWidget() is page.nothing


def test_a_picture_of_a_whole_layer_is_no_channel_to_excite(
    qtbot: QtBot, view: InspectView, fake: Fake
) -> None:
    can = ["samples", "feature_maps", "filters", "activation_maximisation"]
    cells = {"channel": 0, "png": png(), "low": -1.0, "high": 2.0}
    fake.answers |= {
        "about": {**ANSWERS["about"], "can": can},
        "feature_maps": {"kind": "vector", "shape": [10], "maps": [cells], "values": [1.0, 2.0]},
        "filters": {"kind": "matrices", "shape": [10, 84], "filters": [{**cells, "name": "weight"}]},
    }
    view.choose(1)
    qtbot.waitUntil(lambda: "Layers" in view.pages, timeout=WAIT)
    page = view.pages["Layers"]
    assert isinstance(page, LayersPage)
    view.tabs.setCurrentWidget(page)
    for kind, tally, words in (
        ("feature_maps", "10 · a cell for each number", "−1.00 to 2.00"),
        ("filters", "10 × 84 · 1 weight table", "weight · −1.00 to 2.00"),
    ):
        page.kinds.choose(kind)
        qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)
        page.grid.chosen.emit(0)
        assert page.tally.full_text() == tally
        assert page.channel.text() == words and page.excite.isHidden()


def test_keys_go_through_the_pictures_and_scroll_to_them(qtbot: QtBot) -> None:
    grid = PictureGrid("Pictures", "Some pictures")
    qtbot.addWidget(grid)
    grid.resize(350, 200)
    grid.show()
    chosen: list[int] = []
    grid.chosen.connect(chosen.append)
    grid.show_pictures([Shown(decoded(png(place)), str(place), f"picture {place}") for place in range(30)])
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        QTest.keyClick(grid, key)
    assert chosen == [0, 1, 4, 7] and grid.verticalScrollBar().value() > 0
    assert grid.viewport().rect().contains(grid.place(7))
    grid.show_pictures([Shown(decoded("no picture"))])
    assert grid.mark == -1 and grid.place(0).width() == 166 and not grid.grab().isNull()
