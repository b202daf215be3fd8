"""The small picture on a help page: what goes into a node, what it does by family, what comes out.

Imports Qt, theme, catalog and style. One drawing routine a family; shapes are those of the node at hand.
"""

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.shapes import TensorSpec
from workbench.gui import theme
from workbench.gui.design.style import spec_text, wire_kind

HEIGHT = 116
_BOX = 64
_GLYPH = 34
_CENTER = Qt.AlignmentFlag.AlignCenter

Named = tuple[str, TensorSpec | None]


class Schematic(QWidget):
    """Inputs at the left, the operation in the middle, outputs at the right."""

    def __init__(
        self, type: str, family: str, inputs: Sequence[Named], outputs: Sequence[Named], said: str
    ) -> None:
        super().__init__()
        self._type, self._family = type, family
        self._inputs, self._outputs = inputs[:3], outputs[:3]
        self.setAccessibleName(said)
        self.setToolTip(said)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(340, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF((self.width() - _BOX) / 2, (HEIGHT - _BOX) / 2, _BOX, _BOX)
        side = box.left() - 18
        self._ports(painter, self._inputs, QRectF(0, 0, side, HEIGHT), box.left(), into=True)
        self._ports(
            painter, self._outputs, QRectF(box.right() + 18, 0, side, HEIGHT), box.right(), into=False
        )
        color = theme.family_color(self._family)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(theme.color("card"))
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(QPen(color, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        _OPERATIONS.get(self._family, _block)(painter, box.adjusted(12, 12, -12, -12), self._type)
        painter.end()

    def _ports(
        self, painter: QPainter, ports: Sequence[Named], room: QRectF, edge: float, *, into: bool
    ) -> None:
        if not ports:
            return
        height = room.height() / len(ports)
        small = len(ports) > 1
        glyph = _GLYPH * (0.62 if small else 1.0)
        font = QFont(painter.font())
        font.setPixelSize(10)
        painter.setFont(font)
        for index, (name, spec) in enumerate(ports):
            middle = room.top() + height * (index + 0.5) - 7
            near = room.right() if into else room.left()
            painter.setPen(QPen(theme.color("dim"), 1.2))
            start, end = (near, edge - 3) if into else (edge + 3, near)
            _arrow(painter, start, end, middle, HEIGHT / 2, small=small)
            center = room.center().x()
            color = theme.color(f"wire:{wire_kind(spec)}") if spec is not None else theme.color("dim")
            painter.setPen(QPen(color, 1.3))
            _tensor(painter, QRectF(center - glyph / 2, middle - glyph / 2, glyph, glyph), spec)
            painter.setPen(theme.color("dim"))
            label = f"{name}  {spec_text(spec, name)}" if spec is not None else name
            line = QRectF(room.left(), middle + glyph / 2 + 1, room.width(), 14)
            shown = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(line, int(_CENTER), shown)


def _arrow(painter: QPainter, start: float, end: float, from_y: float, to_y: float, *, small: bool) -> None:
    """Into the box or out of it; several ports spread around its middle."""
    middle = from_y if not small else from_y + (to_y - from_y) * 0.5
    a, b = QPointF(start, middle), QPointF(end, middle)
    painter.drawLine(a, b)
    painter.drawPolyline([b + QPointF(-4, -3), b, b + QPointF(-4, 3)])


# ------------------------------------------------------------- tensors


def _tensor(painter: QPainter, room: QRectF, spec: TensorSpec | None) -> None:
    """A tensor by what it is: an image, a sequence, a vector, a number, labels, a graph."""
    fill = painter.pen().color()
    fill.setAlpha(46)
    painter.setBrush(fill)
    rank = spec.rank if spec is not None else 2
    cell = room.width() / 5
    if spec is not None and "E" in spec.shape:
        _graph(painter, room, "")
    elif rank >= 4:
        paper = theme.color("panel")
        for depth in (2, 1, 0):
            sheet = room.adjusted(0, 2 * cell, -2 * cell, 0).translated(depth * cell, -depth * cell)
            painter.fillRect(sheet, paper)
            painter.drawRect(sheet)
    elif rank == 3:
        for step in range(4):
            painter.drawRect(
                QRectF(room.left() + step * 1.3 * cell, room.top() + cell / 2, 0.9 * cell, 4 * cell)
            )
    elif rank == 0:
        painter.drawEllipse(room.center(), cell * 0.9, cell * 0.9)
    else:
        rows = 5 if spec is None or spec.dtype == "float" else 3
        top = room.center().y() - rows * cell / 2
        for row in range(rows):
            painter.drawRect(QRectF(room.center().x() - cell / 2, top + row * cell, cell, cell))
    painter.setBrush(Qt.BrushStyle.NoBrush)


# ------------------------------------------------------------- operations, one routine a family


def _layer(painter: QPainter, room: QRectF, type: str) -> None:
    """Every input has a weight to every output; a convolution slides a window, a recurrent layer goes round."""
    if type.startswith(("Conv", "DepthwiseConv", "SeparableConv")):
        for index in range(1, 4):
            painter.drawLine(
                QPointF(room.left() + room.width() * index / 4, room.top()),
                QPointF(room.left() + room.width() * index / 4, room.bottom()),
            )
            painter.drawLine(
                QPointF(room.left(), room.top() + room.height() * index / 4),
                QPointF(room.right(), room.top() + room.height() * index / 4),
            )
        window = QRectF(room.left(), room.top(), room.width() / 2, room.height() / 2)
        painter.fillRect(window.adjusted(1, 1, 0, 0), _faint(painter))
        painter.drawRect(window)
    elif type.startswith(("RNN", "LSTM", "GRU")):
        painter.drawEllipse(room.center() + QPointF(0, 4), room.width() / 5, room.width() / 5)
        painter.drawArc(room.adjusted(7, 0, -7, -12), 0, 180 * 16)
        tip = QPointF(room.right() - 7, room.center().y() - 6)
        painter.drawPolyline([tip + QPointF(-4, -4), tip, tip + QPointF(4, -4)])
    elif type in ("GCNConv", "GATConv", "SAGEConv"):
        _graph(painter, room, type)
    else:
        left = [QPointF(room.left() + 2, room.top() + room.height() * y) for y in (0.1, 0.5, 0.9)]
        right = [QPointF(room.right() - 2, room.top() + room.height() * y) for y in (0.25, 0.75)]
        pen = QPen(painter.pen())
        painter.setPen(QPen(_faint(painter, 130), 1))
        for a in left:
            for b in right:
                painter.drawLine(a, b)
        painter.setPen(pen)
        painter.setBrush(theme.color("card"))
        for place in (*left, *right):
            painter.drawEllipse(place, 3.2, 3.2)


_CURVES: dict[str, Callable[[float], float]] = {
    "ReLU": lambda x: max(0.0, x),
    "ReLU6": lambda x: min(max(0.0, 1.6 * x), 2.4),
    "LeakyReLU": lambda x: x if x > 0 else 0.15 * x,
    "PReLU": lambda x: x if x > 0 else 0.25 * x,
    "ELU": lambda x: x if x > 0 else math.exp(x) - 1,
    "SELU": lambda x: 1.05 * (x if x > 0 else 1.67 * (math.exp(x) - 1)),
    "GELU": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "SiLU": lambda x: x / (1 + math.exp(-x)),
    "Hardswish": lambda x: x * min(max(0.0, x + 3), 6) / 6,
    "Mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "Tanh": lambda x: 2 * math.tanh(x),
    "Sigmoid": lambda x: 3 / (1 + math.exp(-1.6 * x)),
    "Hardtanh": lambda x: 1.3 * min(max(-1.0, x), 1.0),
    "Hardsigmoid": lambda x: min(max(0.0, 2 * x + 3), 6) / 2,
    "LogSigmoid": lambda x: -math.log1p(math.exp(-x)),
    "Softplus": lambda x: math.log1p(math.exp(x)),
}


def _activation(painter: QPainter, room: QRectF, type: str) -> None:
    """The curve itself, from −3 to 3; bars for what turns scores into shares."""
    curve = _CURVES.get(type)
    if curve is None:
        for index, share in enumerate((0.2, 0.85, 0.4, 0.12)):
            width = room.width() / 5
            bar = QRectF(room.left() + index * width * 1.3, room.bottom(), width, -share * room.height())
            painter.fillRect(bar.normalized(), _faint(painter, 150))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        return
    pen = QPen(painter.pen())
    painter.setPen(QPen(theme.color("line"), 1))
    painter.drawLine(QPointF(room.center().x(), room.top()), QPointF(room.center().x(), room.bottom()))
    painter.drawLine(
        QPointF(room.left(), room.bottom() - room.height() / 3),
        QPointF(room.right(), room.bottom() - room.height() / 3),
    )
    painter.setPen(pen)
    path = QPainterPath()
    for index in range(41):
        x = -3 + 6 * index / 40
        place = QPointF(
            room.left() + room.width() * index / 40,
            room.bottom() - room.height() / 3 - curve(x) / 3 * room.height() * 2 / 3,
        )
        path.lineTo(place) if index else path.moveTo(place)
    painter.save()
    painter.setClipRect(room.adjusted(-1, -1, 1, 1))
    painter.drawPath(path)
    painter.restore()


def _normalisation(painter: QPainter, room: QRectF, type: str) -> None:
    """A wide heap of numbers becomes one of a standard width; dropout leaves some out."""
    if type.startswith(("Dropout", "AlphaDropout", "DropPath")):
        for index in range(16):
            place = QPointF(
                room.left() + (index % 4 + 0.5) * room.width() / 4,
                room.top() + (index // 4 + 0.5) * room.height() / 4,
            )
            painter.setBrush(_faint(painter, 160) if index not in (1, 6, 7, 12) else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place, 3, 3)
        return
    for width, middle, strong in ((0.42, 0.38, False), (0.16, 0.6, True)):
        path = QPainterPath()
        for index in range(41):
            x = index / 40
            y = math.exp(-(((x - middle) / width) ** 2)) * (0.92 if strong else 0.5)
            place = QPointF(room.left() + x * room.width(), room.bottom() - y * room.height())
            path.lineTo(place) if index else path.moveTo(place)
        painter.setPen(QPen(painter.pen().color() if strong else _faint(painter, 120), 1.6))
        painter.drawPath(path)


def _pooling(painter: QPainter, room: QRectF, type: str) -> None:
    """Four cells become one; in unpooling one becomes four."""
    painter.save()
    if "Unpool" in type:
        painter.translate(2 * room.center().x(), 0)
        painter.scale(-1, 1)
    size = room.height() * 0.62
    cells = QRectF(room.left(), room.center().y() - size / 2, size, size)
    painter.drawRect(cells)
    painter.drawLine(QPointF(cells.center().x(), cells.top()), QPointF(cells.center().x(), cells.bottom()))
    painter.drawLine(QPointF(cells.left(), cells.center().y()), QPointF(cells.right(), cells.center().y()))
    one = QRectF(room.right() - size / 2, room.center().y() - size / 4, size / 2, size / 2)
    painter.fillRect(one, _faint(painter, 150))
    painter.drawRect(one)
    painter.restore()


def _merge(painter: QPainter, room: QRectF, type: str) -> None:
    """Two ways become one, with the sign of what happens there."""
    sign = {"Add": "+", "Multiply": "×", "Concatenate": "‖", "Reparameterise": "~"}.get(type, "+")
    center = room.center()
    for y in (room.top(), room.bottom()):
        painter.drawLine(QPointF(room.left(), y), center)
    painter.drawLine(center, QPointF(room.right(), center.y()))
    painter.setBrush(theme.color("card"))
    painter.drawEllipse(center, 11, 11)
    _sign(painter, QRectF(center.x() - 11, center.y() - 12, 22, 22), sign, 16)


def _structure(painter: QPainter, room: QRectF, type: str) -> None:
    """The same numbers in another order."""
    cell = room.width() / 5
    for index in range(4):
        place = (room.left() + index % 2 * cell, room.center().y() - cell + index // 2 * cell)
        painter.drawRect(QRectF(*place, cell, cell))
    for index in range(4):
        painter.drawRect(QRectF(room.right() - cell, room.center().y() - 2 * cell + index * cell, cell, cell))


def _loss(painter: QPainter, room: QRectF, type: str) -> None:
    """Downhill."""
    path = QPainterPath(room.topLeft())
    path.cubicTo(
        QPointF(room.left() + room.width() * 0.3, room.bottom() + 14),
        QPointF(room.left() + room.width() * 0.7, room.bottom() + 14),
        room.topRight(),
    )
    painter.drawPath(path)
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(room.left() + room.width() * 0.2, room.top() + room.height() * 0.5), 3.4, 3.4)


def _metric(painter: QPainter, room: QRectF, type: str) -> None:
    """A gauge."""
    dial = room.adjusted(0, 6, 0, 6)
    painter.drawArc(dial, 0, 180 * 16)
    center = dial.center()
    painter.drawLine(center, center + QPointF(room.width() * 0.26, -room.width() * 0.3))
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(center, 2.6, 2.6)


def _probe(painter: QPainter, room: QRectF, type: str) -> None:
    """An eye."""
    center = room.center()
    path = QPainterPath(QPointF(room.left(), center.y()))
    path.quadTo(QPointF(center.x(), room.top() - 6), QPointF(room.right(), center.y()))
    path.quadTo(QPointF(center.x(), room.bottom() + 6), QPointF(room.left(), center.y()))
    painter.drawPath(path)
    painter.drawEllipse(center, 6, 6)


def _data(painter: QPainter, room: QRectF, type: str) -> None:
    """A pile of examples."""
    for depth in (2, 1, 0):
        painter.setBrush(theme.color("card"))
        painter.drawRoundedRect(room.adjusted(depth * 5, 10 - depth * 5, depth * 5 - 10, -depth * 5), 3, 3)


def _augmentation(painter: QPainter, room: QRectF, type: str) -> None:
    """An example, and one a little different."""
    painter.drawRect(room.adjusted(3, 8, -13, -8))
    painter.save()
    painter.translate(room.center() + QPointF(7, 0))
    painter.rotate(14)
    painter.fillRect(QRectF(-12, -12, 24, 24), _faint(painter))
    painter.drawRect(QRectF(-12, -12, 24, 24))
    painter.restore()


def _block(painter: QPainter, room: QRectF, type: str) -> None:
    """A drawing in a drawing."""
    a, b, c = room.adjusted(0, 0, -26, -26), room.adjusted(26, 13, 0, -13), room.adjusted(0, 26, -26, 0)
    painter.drawLine(a.center(), b.center())
    painter.drawLine(c.center(), b.center())
    painter.setBrush(theme.color("card"))
    for part in (a, b, c):
        painter.drawRoundedRect(part, 3, 3)


def _graph(painter: QPainter, room: QRectF, type: str) -> None:
    places = [
        QPointF(room.left() + room.width() * x, room.top() + room.height() * y)
        for x, y in ((0.5, 0.5), (0.1, 0.2), (0.85, 0.15), (0.9, 0.8), (0.2, 0.9))
    ]
    for other in places[1:]:
        painter.drawLine(places[0], other)
    painter.drawLine(places[1], places[4])
    radius = max(2.0, room.width() / 12)
    painter.setBrush(theme.color("card"))
    for place in places:
        painter.drawEllipse(place, radius, radius)


def _faint(painter: QPainter, alpha: int = 60) -> QColor:
    color = painter.pen().color()
    color.setAlpha(alpha)
    return color


def _sign(painter: QPainter, room: QRectF, sign: str, pixels: int) -> None:
    font = QFont(painter.font())
    font.setPixelSize(pixels)
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(room, int(_CENTER), sign)


_OPERATIONS: dict[str, Callable[[QPainter, QRectF, str], None]] = {
    "data": _data,
    "augmentation": _augmentation,
    "layer": _layer,
    "normalisation": _normalisation,
    "activation": _activation,
    "pooling": _pooling,
    "merge": _merge,
    "structure": _structure,
    "loss": _loss,
    "metric": _metric,
    "probe": _probe,
}
