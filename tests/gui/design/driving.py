"""The canvas worked with the mouse and its modifier keys, and what then is seen of it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QMouseEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.design.test_canvas import chain
from workbench.core.document import Document, Graph, Node, Place, Port

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drag(driver: "CanvasDriver", keys: Qt.KeyboardModifier, *way: QPoint, release: bool = True) -> None:
    """Drag along a way with keys held, all the while."""
    viewport = driver.canvas.viewport()
    QTest.mouseMove(viewport, way[0])
    QTest.mousePress(viewport, LEFT, keys, way[0])
    for before, after in pairwise(way):
        for step in range(1, 5):
            move(driver, keys, before + (after - before) * step / 4)
    if release:
        QTest.mouseRelease(viewport, LEFT, keys, way[-1])


def move(driver: "CanvasDriver", keys: Qt.KeyboardModifier, at: QPoint) -> None:
    viewport = driver.canvas.viewport()
    place = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        viewport.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        LEFT,
        keys,
    )
    QApplication.sendEvent(viewport, event)


def with_nodes(*nodes: Node, links: Sequence[tuple[str, str]] = (), without: Sequence[str] = ()) -> Document:
    """The chain with more nodes and links (target, source), and without some links."""
    graph = chain().graph
    gone = {Port.parse(name) for name in without}
    kept = {target: source for target, source in graph.links.items() if target not in gone}
    more = {Port.parse(target): Port.parse(source) for target, source in links}
    return Document(
        "more", graph=Graph({**graph.nodes, **{node.id: node for node in nodes}}, {**kept, **more})
    )


def links_of(driver: "CanvasDriver") -> dict[str, str]:
    graph = driver.document.graph_of(driver.canvas.place.where)
    return {str(target): str(source) for target, source in graph.links.items()}


def lit(driver: "CanvasDriver") -> list[str]:
    return [str(port) for port, item in driver.canvas.drawing.links.items() if item.hovered]


def busy(driver: "CanvasDriver") -> bool:
    return driver.canvas._gesture is not None


def bends_of(driver: "CanvasDriver", target: str) -> list[Place]:
    return list(driver.document.graph.bends.get(Port.parse(target), ()))


def steps(driver: "CanvasDriver") -> tuple[str, ...]:
    return driver.view.session.history.steps()
