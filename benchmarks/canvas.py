"""The canvas with 2,000 nodes and 3,000 links beside NodeGraphQt: repaint, drag of a node, what an edit costs.

Every move of the drag is an event of the mouse and what is painted after it. Imports Qt and the window.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from benchmarks._figures import Figure, at_most, report
from benchmarks.check import STAGES, large
from workbench.catalog.check import analyse
from workbench.core.document import Document
from workbench.core.edits import Edit, MoveNodes, SetParam
from workbench.core.history import History
from workbench.gui import theme
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.faces import Knowledge
from workbench.gui.session import OpenModel, Session
from workbench.gui.settings.preferences import Preferences

SIZE = QSize(1600, 900)
COLUMNS, WIDE, HIGH = 50, 200.0, 100.0
TIMES, MOVES = 15, 30
DRAGGED = f"change{STAGES // 2}"
PEER = "NodeGraphQt (ms)"
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


def spread() -> Document:
    """The model of benchmarks/check.py, its nodes in rows."""
    document = large()
    nodes = {
        id: replace(node, at=(WIDE * (index % COLUMNS), HIGH * (index // COLUMNS)))
        for index, (id, node) in enumerate(document.graph.nodes.items())
    }
    return replace(document, graph=replace(document.graph, nodes=nodes))


def median_ms(work: Callable[[], object], times: int = TIMES) -> float:
    """Milliseconds that `work` takes, the median of several."""
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken[1:])


def opened(document: Document, folder: Path) -> Canvas:
    """A canvas that shows the document."""
    session = Session(folder / "experiments.db", Preferences(folder / "window.json"))
    canvas = Canvas(session)
    canvas.resize(SIZE)
    canvas.show()
    session._open(OpenModel(History(document)))
    session.analyse_now()
    QApplication.processEvents()
    return canvas


def drag(canvas: Canvas, id: str) -> float:
    """Milliseconds of one move of the mouse with a node, painted."""
    viewport, item = canvas.viewport(), canvas.drawing.nodes[id]
    at = canvas.mapFromScene(item.scene_rect().center())

    def send(kind: QEvent.Type, place: QPoint, button: Qt.MouseButton, held: Qt.MouseButton) -> None:
        where = QPointF(place), QPointF(viewport.mapToGlobal(place))
        QApplication.sendEvent(
            viewport, QMouseEvent(kind, *where, button, held, Qt.KeyboardModifier.NoModifier)
        )

    before = canvas.drawing.graph.nodes[id].at
    send(QEvent.Type.MouseMove, at, NONE, NONE)
    send(QEvent.Type.MouseButtonPress, at, LEFT, LEFT)
    taken = []
    for step in range(MOVES):
        at += QPoint(3, 2) if step < MOVES / 2 else QPoint(-3, -1)
        began = time.perf_counter()
        send(QEvent.Type.MouseMove, at, NONE, LEFT)
        QApplication.processEvents()
        taken.append(1000 * (time.perf_counter() - began))
    send(QEvent.Type.MouseButtonRelease, at, LEFT, NONE)
    QApplication.processEvents()
    if canvas.drawing.graph.nodes[id].at == before:
        raise SystemExit("The node did not follow the mouse.")
    return statistics.median(taken)


def shown_again(canvas: Canvas, edit: Edit) -> float:
    """Milliseconds until the scene shows an edit and its analysis, there and back."""
    know = canvas.drawing.know
    assert know is not None
    document = edit.apply(know.document)
    after = replace(know, document=document, analysis=analyse(document, know.schemas, know.analysis))
    states: Iterator[Knowledge] = iter([after, know] * TIMES)
    return median_ms(lambda: canvas.drawing.show(next(states)), 2 * TIMES - 1)


def peer(document: Document, canvas: Canvas, fit: float) -> dict[str, float]:
    """The same drawing in NodeGraphQt; empty where it is not installed."""
    graph = document.graph
    numbers = {id: number for number, id in enumerate(graph.nodes)}
    center = canvas.drawing.bounds().center()
    picture = {
        "size": [SIZE.width(), SIZE.height()],
        "nodes": [node.at for node in graph.nodes.values()],
        "links": [
            [numbers[source.node], numbers[target.node], int(target.name in ("b", "target"))]
            for target, source in graph.links.items()
        ],
        "center": [center.x(), center.y()],
        "fit": fit,
        "times": TIMES,
        "moves": MOVES,
        "dragged": numbers[DRAGGED],
    }
    command = [sys.executable, "-m", "benchmarks._nodegraphqt"]
    done = subprocess.run(
        command, input=json.dumps(picture), capture_output=True, text=True, cwd=Path(__file__).parent.parent
    )
    if done.returncode:
        print(f"NodeGraphQt was not measured: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def figures() -> Iterator[Figure]:
    """Repaints from afar to full size, the drag, edits."""
    document = spread()
    size = f"{len(document.graph.nodes):,} nodes, {len(document.graph.links):,} links"
    with tempfile.TemporaryDirectory() as folder:
        canvas = opened(document, Path(folder))
        canvas.frame()
        fit, center = canvas.zoom, canvas.drawing.bounds().center()
        theirs = peer(document, canvas, fit)
        name = PEER if theirs else "NodeGraphQt (not measured)"
        paint = canvas.viewport().repaint
        yield at_most(
            f"{size}, all visible: repaint", median_ms(paint), "ms", 16.0, name, theirs.get(f"repaint {fit}")
        )
        yield at_most("drag one of them: a move", drag(canvas, DRAGGED), "ms", 8.0, name, theirs.get("drag"))
        for zoom in (0.4, 1.0):
            canvas.look_at(center, zoom)
            paint()
            other = theirs.get(f"repaint {zoom}")
            yield at_most(f"repaint at zoom {zoom:g}", median_ms(paint), "ms", 16.0, name, other)
        edit = SetParam(f"change{STAGES // 8 * 4}", "bias", False)
        yield at_most("a field was set: the drawing follows", shown_again(canvas, edit), "ms", 8.0)
        move = MoveNodes({DRAGGED: (5.0, 5.0)})
        yield at_most("a node was moved: the drawing follows", shown_again(canvas, move), "ms", 8.0)
        canvas.close()


def main() -> None:
    app = QApplication([])
    theme.apply(app, "dark")
    report(__doc__ or "", figures())


if __name__ == "__main__":
    main()
