"""The minimap: when it is there, what it shows, and how a click or drag in it moves the view."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.design.test_canvas import chain, show, with_block
from tests.gui.pixels import colors
from workbench.core.document import FRAME, Document, Graph, Node, Remark
from workbench.core.edits import MoveNodes
from workbench.gui import theme
from workbench.gui.design.minimap import MANY, Minimap
from workbench.gui.design.style import style
from workbench.gui.settings.preferences import Preferences

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

KEY = Qt.Key
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def many(count: int = MANY + 1) -> Document:
    """Rows of eight nodes, in a frame that is larger."""
    nodes = {
        f"relu{i}": Node(f"relu{i}", "Noise", at=(240.0 * (i % 8), 120.0 * (i // 8))) for i in range(count)
    }
    frame = Remark("frame1", FRAME, "All", (-200.0, -200.0), (2400.0, 1000.0), "loss")
    return Document("many", graph=Graph(nodes, remarks={"frame1": frame}))


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, many())
    canvas_driver.canvas.setFocus()
    return canvas_driver


def minimap(driver: "CanvasDriver") -> Minimap:
    return driver.view.minimap


def middle(driver: "CanvasDriver") -> QPointF:
    viewport = driver.canvas.viewport().rect()
    return driver.canvas.mapToScene(viewport).boundingRect().center()


def seen_colors(map: Minimap) -> Counter[str]:
    QApplication.processEvents()
    return colors(map.grab().toImage())


def test_large_drawings_show_it_by_themselves(driver: "CanvasDriver") -> None:
    assert minimap(driver).isVisible()
    show(driver, chain())
    assert not minimap(driver).isVisible()
    show(driver, many(MANY))
    assert not minimap(driver).isVisible()


def test_a_person_s_choice_stays(driver: "CanvasDriver") -> None:
    preferences = driver.view.session.preferences
    driver.key(KEY.Key_M)
    assert not minimap(driver).isVisible() and preferences.minimap == "off"
    show(driver, many(100))
    assert not minimap(driver).isVisible()
    driver.key(KEY.Key_M)
    show(driver, chain())
    assert minimap(driver).isVisible() and preferences.minimap == "on"
    preferences.save()
    assert Preferences.load(preferences.path).minimap == "on"
    assert not driver.view.session.history.can_undo


def test_it_stands_in_its_corner_and_not_in_a_small_window(driver: "CanvasDriver") -> None:
    map, canvas = minimap(driver), driver.canvas
    assert canvas.rect().contains(map.geometry())
    assert canvas.height() - map.geometry().bottom() < 16 and map.x() < 16
    assert not map.geometry().intersects(driver.view.overlays.zoom.geometry())
    driver.view.resize(1000, 500)
    driver.qtbot.waitUntil(lambda: not map.isVisible(), timeout=2000)


def test_it_shows_nodes_frames_and_what_is_in_view(driver: "CanvasDriver") -> None:
    map = minimap(driver)
    seen = seen_colors(map)
    assert style().family("data").name() in seen
    assert theme.color("panel").name() in seen
    driver.canvas.look_at(QPointF(240, 120), 1.0)
    rect = map.seen()
    assert rect.width() == pytest.approx(driver.canvas.viewport().width() * map._scale, rel=0.02)
    driver.canvas.look_at(QPointF(1200, 400), 1.0)
    assert map.seen().center().x() > rect.center().x() and map.seen().center().y() > rect.center().y()


def test_nodes_with_errors_are_red(driver: "CanvasDriver") -> None:
    driver.settle()
    assert "error" not in {item.face.level for item in driver.canvas.drawing.nodes.values()}
    nodes = {
        **driver.document.graph.nodes,
        "odd": Node("odd", "Linear", params={"out_features": "= nothing"}),
    }
    show(driver, replace(driver.document, graph=replace(driver.document.graph, nodes=nodes)))
    driver.settle()
    assert driver.canvas.drawing.nodes["odd"].face.level == "error"
    driver.qtbot.waitUntil(lambda: theme.color("err").name() in seen_colors(minimap(driver)), timeout=2000)


def test_a_click_moves_the_view_there(driver: "CanvasDriver") -> None:
    map = minimap(driver)
    driver.canvas.look_at(QPointF(0, 0), 1.0)
    at = map._map(QPointF(1400, 300)).toPoint()
    assert not map.seen().contains(at)
    QTest.mouseClick(map, LEFT, NO_KEY, at)
    assert abs(middle(driver).x() - 1400) < 20 and abs(middle(driver).y() - 300) < 20
    assert driver.canvas.zoom == 1.0 and driver.canvas.hasFocus()


def test_a_drag_moves_the_view_along(driver: "CanvasDriver") -> None:
    map = minimap(driver)
    driver.canvas.look_at(QPointF(600, 200), 1.0)
    before, start = middle(driver), map.seen().center().toPoint() + QPoint(4, 3)
    QTest.mousePress(map, LEFT, NO_KEY, start)
    assert (middle(driver) - before).manhattanLength() < 20
    QTest.mouseMove(map, start + QPoint(20, 0))
    QTest.mouseRelease(map, LEFT, NO_KEY, start + QPoint(20, 0))
    assert middle(driver).x() - before.x() == pytest.approx(20 / map._scale, rel=0.1)
    after = middle(driver)
    QTest.mouseMove(map, start)
    assert middle(driver) == after


def test_the_wheel_zooms(driver: "CanvasDriver") -> None:
    driver.canvas.look_at(QPointF(600, 200), 1.0)
    at = QPointF(20, 20)
    event = QWheelEvent(
        at, minimap(driver).mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, NO_KEY,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(minimap(driver), event)
    assert driver.canvas.zoom > 1.1


def test_the_picture_is_made_anew_only_after_a_change(driver: "CanvasDriver") -> None:
    map = minimap(driver)
    driver.settle()
    map.grab()
    made = map._picture.cacheKey()
    driver.canvas.look_at(QPointF(900, 300), 0.7)
    driver.canvas.pan(QPoint(40, 40))
    driver.select("relu3")
    driver.settle()
    map.grab()
    assert map._picture.cacheKey() == made and not map._later.isActive()
    driver.view.session.do(MoveNodes({"relu3": (9000.0, 0.0)}))
    assert map._picture.cacheKey() == made
    driver.qtbot.waitUntil(lambda: map._picture.cacheKey() != made, timeout=2000)
    assert map._area.right() > 9000


def test_it_follows_into_a_block(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_M)
    driver.key(KEY.Key_M)
    show(driver, with_block())
    driver.canvas.enter("mlp")
    map = minimap(driver)
    driver.qtbot.waitUntil(lambda: map._area == driver.canvas.drawing.bounds(), timeout=2000)
