"""A small picture of a graph: boxes in their families' colours, and links.  Imports core, catalog and theme."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.catalog.spec import node_types
from workbench.core.document import Document, Graph, Node
from workbench.gui import theme

MARGIN = 12
LEAST, MOST = (8.0, 4.0), (30.0, 15.0)
NEAR = (150.0, 50.0)
"""How far apart nodes may be and still count as one row (in height) or one column (in width) of the drawing."""


def columns(graph: Graph) -> dict[str, tuple[float, float]]:
    """A place for each node: as drawn, or by distance from the data where nothing was placed yet."""
    places = {node.id: node.at for node in graph.nodes.values()}
    if len(set(places.values())) == len(places):
        return places
    order, rest = graph.order()
    depth: dict[str, int] = {}
    for id in (*order, *rest):
        before = [depth.get(source.node, 0) + 1 for source in graph.inputs_of(id).values()]
        depth[id] = max(before, default=0)
    rows: dict[int, int] = {}
    for id, column in depth.items():
        rows[column] = rows.get(column, -1) + 1
        places[id] = (column * 200.0, rows[column] * 100.0)
    return places


def boxes(graph: Graph, area: QRectF) -> dict[str, QRectF]:
    """Where each node's box goes inside the area; wide drawings are squeezed, small ones are not blown up."""
    places = columns(graph)
    if not places:
        return {}
    xs, ys = zip(*places.values(), strict=True)
    x_scale = _scale(xs, area.width() - 2 * MARGIN - MOST[0] / 2)
    y_scale = _scale(ys, area.height() - 2 * MARGIN - MOST[1] / 2)
    beside, below = _pitches(list(places.values()))
    width = max(LEAST[0], min(MOST[0], 0.72 * beside * x_scale))
    height = max(LEAST[1], min(MOST[1], 0.72 * below * y_scale))
    left = area.center().x() - (min(xs) + max(xs)) / 2 * x_scale
    top = area.center().y() - (min(ys) + max(ys)) / 2 * y_scale
    return {
        id: QRectF(left + x * x_scale - width / 2, top + y * y_scale - height / 2, width, height)
        for id, (x, y) in places.items()
    }


def _scale(values: tuple[float, ...], room: float) -> float:
    spread = max(values) - min(values)
    return min(room / spread, 0.2) if spread > 0 else 0.2


def _pitches(places: list[tuple[float, float]]) -> tuple[float, float]:
    """The least distance between neighbours of a row, and of a column."""
    beside = below = 1000.0
    # A picture of thousands of nodes is a texture; its first boxes tell the size.
    places = sorted(places)[:400]
    for index, (x, y) in enumerate(places):
        for other_x, other_y in places[index + 1 : index + 40]:
            if other_x - x >= NEAR[0] and abs(other_y - y) < NEAR[1]:
                beside = min(beside, other_x - x)
            elif other_x - x < NEAR[0] and abs(other_y - y) >= 8:
                below = min(below, abs(other_y - y))
    return beside, below


def family_of(node: Node) -> str:
    """The family that gives a node its colour; a block has its own."""
    if node.block:
        return "block"
    kind = node_types().get(node.type)
    return kind.family if kind is not None else "merge"


def paint_graph(
    painter: QPainter, area: QRectF, graph: Graph, families: Mapping[str, str] | None = None
) -> None:
    """Paint the graph into the area, in the colours of the theme in force."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    placed = boxes(graph, area)
    dark = theme.current().name == "dark"
    wire = theme.color("dim")
    wire.setAlphaF(0.6)
    painter.setPen(QPen(wire, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for target, source in graph.links.items():
        if target.node in placed and source.node in placed:
            painter.drawPath(_wire(placed[source.node], placed[target.node]))
    face, line = theme.color("card" if dark else "panel"), theme.color("line")
    if dark:
        face = theme.color("hover")
    for id, box in placed.items():
        node = graph.nodes[id]
        painter.setPen(QPen(line, 1))
        painter.setBrush(face)
        if node.block:
            shift = min(2.5, box.height() * 0.25)
            painter.drawRoundedRect(box.translated(shift, shift), 2.5, 2.5)
        painter.drawRoundedRect(box, 2.5, 2.5)
        family = families[id] if families else family_of(node)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family_color(family))
        painter.drawRoundedRect(QRectF(box.left() - 0.5, box.top() - 0.5, 3, box.height() + 1), 1.5, 1.5)


def _wire(source: QRectF, target: QRectF) -> QPainterPath:
    start = QPointF(source.right(), source.center().y())
    end = QPointF(target.left(), target.center().y())
    if end.x() < start.x():  # back to the next row of the drawing, through the gap between the rows
        lane = (start.y() + end.y()) / 2
        corners = [
            (start.x() + 4, start.y()),
            (start.x() + 4, lane),
            (end.x() - 4, lane),
            (end.x() - 4, end.y()),
        ]
        return _polyline(start, *(QPointF(x, y) for x, y in corners), end)
    bend = min(40.0, max(4.0, abs(end.x() - start.x()) * 0.5))
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
    return path


def _polyline(*points: QPointF) -> QPainterPath:
    path = QPainterPath(points[0])
    for point in points[1:]:
        path.lineTo(point)
    return path


class GraphPicture(QWidget):
    """A fixed-height panel with the picture of one document's graph; `document` may also be what gives it, which is
    asked once the picture is seen, one picture after the other, so that many do not keep a window from answering.
    """

    def __init__(self, document: Document | Callable[[], Document] | None = None, height: int = 84) -> None:
        super().__init__()
        self._document = document
        self._asking = QTimer(self, interval=0, singleShot=True)
        self._asking.timeout.connect(self._ask)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_document(self, document: Document) -> None:
        """Show another document."""
        self._document = document
        self.update()

    def _ask(self) -> None:
        if callable(self._document):
            self.set_document(self._document())

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("base"))
        painter.drawRoundedRect(area, 6, 6)
        document = self._document
        if callable(document):
            self._asking.start()
        elif document is not None and document.graph.nodes:
            paint_graph(painter, area, document.graph)
        else:
            _paint_plus(painter, area)
        painter.end()


def _paint_plus(painter: QPainter, area: QRectF) -> None:
    pen = QPen(theme.color("dim"), 1.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    center = area.center()
    painter.drawLine(center - QPointF(9, 0), center + QPointF(9, 0))
    painter.drawLine(center - QPointF(0, 9), center + QPointF(0, 9))
