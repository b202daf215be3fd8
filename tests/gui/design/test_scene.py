"""What the canvas paints: pictures of the stage are compared, pixel by pixel or by what stands where."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from tests.drawing import draw
from workbench.core.document import Document, Port
from workbench.core.history import History
from workbench.core.looks import SetBends
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

PLACES = {"digits": (0, 0), "flat": (240, 0), "fc1": (480, 0), "fc2": (720, 0)}


def row() -> Document:
    """digits → flat → fc1 → fc2, in one row."""
    document = draw("""
        digits Dataset
        flat Flatten < digits.image
        fc1 Linear out_features=16 < flat
        fc2 Linear out_features=10 < fc1
    """)
    nodes = {id: replace(node, at=PLACES[id]) for id, node in document.graph.nodes.items()}
    return replace(document, graph=replace(document.graph, nodes=nodes))


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    driver.settle()


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, row())
    canvas_driver.show(432, 0)
    return canvas_driver


def picture(driver: "CanvasDriver", rect: QRectF) -> QImage:
    """What the screen shows of a rectangle of the scene."""
    QApplication.processEvents()
    return driver.canvas.viewport().grab(driver.canvas.mapFromScene(rect).boundingRect()).toImage()


def under(driver: "CanvasDriver", id: str) -> QRectF:
    """The strip under a card."""
    rect = driver.canvas.drawing.nodes[id].scene_rect()
    return QRectF(rect.left(), rect.bottom() + 2, rect.width(), 32)


def thickness(driver: "CanvasDriver", x: float, y: float) -> int:
    """How many pixels of a column around a place are not background."""
    column = picture(driver, QRectF(x, y - 8, 1, 16))
    return sum(column.pixelColor(0, at) != column.pixelColor(0, 0) for at in range(column.height()))


def test_layers_paint_over_the_drawing_in_places_of_the_scene(driver: "CanvasDriver") -> None:
    place = QRectF(500, 10, 20, 20)
    before = picture(driver, place)
    seen: list[QRectF] = []

    def layer(painter: QPainter, rect: QRectF) -> None:
        seen.append(rect)
        painter.fillRect(place, "#12ff34")

    driver.canvas.layers.append(layer)
    driver.canvas.viewport().update()
    after = picture(driver, place)
    assert after.pixelColor(10, 10).name() == "#12ff34" != before.pixelColor(10, 10).name()
    assert any(rect.intersects(place) for rect in seen)


def test_badges_stand_under_their_cards_and_go_again(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    empty = [picture(driver, under(driver, id)) for id in ("fc1", "fc2")]
    drawing.set_badges({"fc1": ("mean 0.12", "dead 3 %", "12 ms"), "nothing": ("lost",)})
    shown = [picture(driver, under(driver, id)) for id in ("fc1", "fc2")]
    assert shown[0] != empty[0] and shown[1] == empty[1]
    drawing.set_badges({"fc2": ("mean 0.5",)})
    moved = [picture(driver, under(driver, id)) for id in ("fc1", "fc2")]
    assert moved[0] == empty[0] and moved[1] != empty[1]


def test_badges_stay_with_a_card_that_is_made_again(driver: "CanvasDriver") -> None:
    drawing, know = driver.canvas.drawing, driver.canvas.drawing.know
    assert know is not None
    drawing.set_badges({"fc2": ("mean 0.5",)})
    shown = picture(driver, under(driver, "fc2"))
    graph = know.document.graph
    nodes = {id: node for id, node in graph.nodes.items() if id != "fc2"}
    links = {port: source for port, source in graph.links.items() if port.node != "fc2"}
    drawing.show(replace(know, document=know.document.with_graph("", replace(graph, nodes=nodes, links=links))))
    assert "fc2" not in drawing.nodes
    drawing.show(know)
    assert picture(driver, under(driver, "fc2")) == shown


def test_wires_get_the_thickness_of_their_weights(driver: "CanvasDriver") -> None:
    drawing, target = driver.canvas.drawing, Port("fc2", "x")
    x, y = 672.0, 24.0
    usual = thickness(driver, x, y)
    drawing.set_weights({target: 1.0})
    thick = thickness(driver, x, y)
    drawing.set_weights({target: 0.0})
    thin = thickness(driver, x, y)
    drawing.set_weights({})
    assert thin <= usual < thick and thickness(driver, x, y) == usual


def test_a_dot_of_a_link_is_found_by_its_place(driver: "CanvasDriver") -> None:
    drawing, target = driver.canvas.drawing, Port("fc2", "x")
    assert driver.view.session.do(SetBends(target, ((650, 120), (680, -80))))
    assert drawing.bend_at(QPointF(652, 118), 10) == (target, 0)
    assert drawing.bend_at(QPointF(681, -79), 10) == (target, 1)
    assert drawing.bend_at(QPointF(665, 20), 10) is None
    assert drawing.link_at(QPointF(650, 120), 3) is drawing.links[target]
    driver.view.session.undo()
    assert drawing.bend_at(QPointF(652, 118), 10) is None
    assert drawing.link_at(QPointF(650, 120), 3) is None


def test_a_link_shows_dots_before_they_are_in_the_document(driver: "CanvasDriver") -> None:
    drawing, target = driver.canvas.drawing, Port("fc2", "x")
    drawing.show_bends(target, ((650, 120),))
    assert drawing.link_at(QPointF(650, 120), 3) is drawing.links[target]
    assert driver.document.graph.bends == {}
    drawing.show_bends(target, ())
    drawing.settle()
    assert drawing.link_at(QPointF(650, 120), 3) is None
    assert drawing.link_at(QPointF(672, 24), 3) is drawing.links[target]
