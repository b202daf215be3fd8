"""The drawing of benchmarks/canvas.py in NodeGraphQt, in a process of its own: prints its figures as one JSON object.

Reads {"size", "moves", "nodes": [[x, y]], "links": [[source, target, input]]} from standard input. Qt and NodeGraphQt.
"""

import json
import os
import statistics
import sys
import time
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_PREFERRED_BINDING"] = "PySide6"

from NodeGraphQt import BaseNode, NodeGraph
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


class Box(BaseNode):  # type: ignore[misc]  # the package has no types
    """A node with two inputs and one output."""

    __identifier__ = "bench"
    NODE_NAME = "Box"

    def __init__(self) -> None:
        super().__init__()
        self.add_input("a")
        self.add_input("b")
        self.add_output("y")


def drawn(picture: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The view of the drawing, and its nodes."""
    graph = NodeGraph()
    graph.register_node(Box)
    nodes = [
        graph.create_node("bench.Box", name=f"node{index}", pos=place, selected=False, push_undo=False)
        for index, place in enumerate(picture["nodes"])
    ]
    for source, target, port in picture["links"]:
        nodes[source].output(0).connect_to(nodes[target].input(port), push_undo=False)
    view = graph.viewer()
    view.resize(*picture["size"])
    view.show()
    view.graph = graph  # which must live as long as the view
    return view, nodes


def median_ms(times: list[float]) -> float:
    """The median of seconds, in milliseconds."""
    return 1000 * statistics.median(times)


def repaints(view: Any, zoom: float, center: QPointF, times: int) -> float:
    """Milliseconds of a full repaint at a zoom."""
    size = view.size()
    view._scene_range = QRectF(0, 0, size.width() / zoom, size.height() / zoom)
    view._scene_range.moveCenter(center)
    view._update_scene()
    QApplication.processEvents()
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        view.viewport().repaint()
        taken.append(time.perf_counter() - began)
    return median_ms(taken[1:])


def drag(view: Any, node: Any, times: int) -> float:
    """Milliseconds of one move of the mouse with a node, painted."""
    viewport = view.viewport()
    box = node.view.sceneBoundingRect()
    at = view.mapFromScene(QPointF(box.center().x(), box.top() + 12))

    def send(kind: QEvent.Type, place: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        where = QPointF(place), QPointF(viewport.mapToGlobal(place))
        QApplication.sendEvent(
            viewport, QMouseEvent(kind, *where, button, held, Qt.KeyboardModifier.NoModifier)
        )

    start = node.view.pos()
    send(QEvent.Type.MouseButtonPress, at, LEFT, LEFT)
    taken = []
    for step in range(times):
        at += QPoint(3, 2) if step < times / 2 else QPoint(-3, -1)
        began = time.perf_counter()
        send(QEvent.Type.MouseMove, at, NONE, LEFT)
        QApplication.processEvents()
        taken.append(time.perf_counter() - began)
    if node.view.pos() == start:
        raise SystemExit("The node of NodeGraphQt did not follow the mouse.")
    send(QEvent.Type.MouseButtonRelease, at, LEFT, NONE)
    return median_ms(taken)


def main() -> None:
    """Measures what canvas.py measures."""
    picture = json.load(sys.stdin)
    app = QApplication([])
    view, nodes = drawn(picture)
    app.processEvents()
    center, fit = QPointF(*picture["center"]), picture["fit"]
    found = {f"repaint {zoom}": repaints(view, zoom, center, picture["times"]) for zoom in (fit, 0.4, 1.0)}
    repaints(view, fit, center, 1)
    found["drag"] = drag(view, nodes[picture["dragged"]], picture["moves"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
