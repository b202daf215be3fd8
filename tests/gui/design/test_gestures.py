"""Links, nodes and selections worked with the mouse and its modifier keys, one gesture a test."""

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from tests.gui.design.test_canvas import chain, show
from workbench.gui.design.gestures import Gesture, Pan

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, chain())
    canvas_driver.canvas.setFocus()
    return canvas_driver


# ----------------------------------------------------------------- parts that join in


def test_other_parts_start_gestures_where_no_node_is(driver: "CanvasDriver") -> None:
    asked: list[Qt.KeyboardModifier] = []

    def grip(at: QPoint, place: QPointF, keys: Qt.KeyboardModifier) -> Gesture | None:
        asked.append(keys)
        return Pan(driver.canvas, at)

    driver.canvas.grips += [lambda at, place, keys: None, grip]
    driver.reveal("fc1")
    before = driver.canvas.mapToScene(QPoint(0, 0))
    start = driver.body("fc1") + QPoint(0, 120)
    driver.drag(start, start + QPoint(40, 10))
    assert asked == [NO_KEY]
    assert driver.canvas.mapToScene(QPoint(0, 0)) == before - QPointF(40, 10)
    driver.click(driver.body("fc1"))
    driver.click(driver.port("fc1.y", output=True))
    assert len(asked) == 1


def test_other_parts_take_double_clicks(driver: "CanvasDriver") -> None:
    taken = [True]
    driver.canvas.doubles.append(lambda at, place, keys: taken[0])
    driver.reveal("fc1")
    place = driver.body("fc1") + QPoint(0, 120)
    QTest.mouseDClick(driver.canvas.viewport(), LEFT, NO_KEY, place)
    assert not driver.view.search.isVisible()
    taken[0] = False
    QTest.mouseDClick(driver.canvas.viewport(), LEFT, NO_KEY, place)
    assert driver.view.search.isVisible()
