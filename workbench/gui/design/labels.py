"""Puts the shape of what flows beside the wires, where it covers neither cards nor other shapes.

Works lazily: only what is painted gets a place, and a place is kept until something near it changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from workbench.core.document import Port
from workbench.gui.design.items import LinkItem
from workbench.gui.design.style import spec_text, style

_CELL = 64
_SPOTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
_POINTS = 24
_GAP = 3.0
WIDE, HIGH = 120.0, 28.0
"""How far a shape may stand outside the bounds of its wire."""


@dataclass(frozen=True, slots=True)
class Label:
    """A placed text."""

    text: str
    rect: QRectF


class Labels:
    """The shapes beside the wires. `blocked` says whether a card covers a rectangle of the scene."""

    def __init__(self, blocked: Callable[[QRectF], bool]) -> None:
        self._blocked = blocked
        self._of_link: dict[Port, Label | None] = {}
        self._of_source: dict[Port, Port] = {}
        self._cells: dict[tuple[int, int], list[QRectF]] = {}

    def clear(self) -> None:
        """Forget all places, after a change that may concern any."""
        self._of_link.clear()
        self._of_source.clear()
        self._cells.clear()

    def forget(self, link: LinkItem) -> QRectF:
        """Forget one place; gives the rectangle that must be painted again."""
        label = self._of_link.pop(link.target, None)
        if self._of_source.get(link.source) == link.target:
            del self._of_source[link.source]
        if label is None:
            return QRectF()
        for cell in _cells(label.rect):
            self._cells[cell].remove(label.rect)
        return label.rect.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, links: Iterable[LinkItem]) -> None:
        """Paint the shapes of these links."""
        made = style()
        painter.setFont(made.label_font)
        ascent = made.label_metrics.ascent()
        for link in links:
            label = self.of(link)
            if label is not None:
                painter.setPen(made.wires[link.kind] if link.hovered or link.chosen else made.dim)
                painter.drawText(QPointF(label.rect.x(), label.rect.y() + ascent), label.text)

    def of(self, link: LinkItem) -> Label | None:
        """The label of a link; None where there is nothing to say or no room."""
        if link.target in self._of_link:
            return self._of_link[link.target]
        if link.spec is None or self._of_source.get(link.source, link.target) != link.target:
            return None
        label = self._placed(link)
        self._of_link[link.target] = label
        if label is not None:
            self._of_source[link.source] = link.target
            for cell in _cells(label.rect):
                self._cells.setdefault(cell, []).append(label.rect)
        return label

    def _placed(self, link: LinkItem) -> Label | None:
        if link.spec is None:
            return None
        text = spec_text(link.spec)
        texts = [text] + ([text[2:]] if text.startswith("N×") else [])
        path, metrics = link.path(), style().label_metrics
        spots = [(path.pointAtPercent(at), _steep(path, at)) for at in _SPOTS]
        course = [path.pointAtPercent(step / _POINTS) for step in range(1, _POINTS)]
        for words in texts:
            width, height = metrics.horizontalAdvance(words) + 2, metrics.height()
            for spot, steep in spots:
                for rect in _around(spot, width, height, steep):
                    if not any(rect.contains(point) for point in course) and not self._taken(rect):
                        return Label(words, rect)
        return None

    def _taken(self, rect: QRectF) -> bool:
        for cell in _cells(rect):
            for other in self._cells.get(cell, ()):
                if other.intersects(rect):
                    return True
        return self._blocked(rect)


def _around(spot: QPointF, width: float, height: float, steep: bool) -> list[QRectF]:
    """Places beside a spot of a wire: above and below where it runs flat, right and left where it climbs."""
    x, y = spot.x(), spot.y()
    if steep:
        return [
            QRectF(x + 2 * _GAP, y - height / 2, width, height),
            QRectF(x - 2 * _GAP - width, y - height / 2, width, height),
        ]
    return [
        QRectF(x - width / 2, y - height - _GAP, width, height),
        QRectF(x - width / 2, y + _GAP, width, height),
    ]


def _steep(path: QPainterPath, at: float) -> bool:
    before, after = path.pointAtPercent(at - 0.05), path.pointAtPercent(at + 0.05)
    return abs(after.y() - before.y()) > 0.35 * abs(after.x() - before.x())


def _cells(rect: QRectF) -> list[tuple[int, int]]:
    return [
        (column, row)
        for column in range(int(rect.left() // _CELL), int(rect.right() // _CELL) + 1)
        for row in range(int(rect.top() // _CELL), int(rect.bottom() // _CELL) + 1)
    ]
