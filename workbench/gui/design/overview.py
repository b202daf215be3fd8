"""The whole drawing seen from afar, painted in a few batches: one call a colour instead of one a node.

Imports Qt, style and items.
"""

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.style import style


class OverviewItem(QGraphicsItem):
    """Stands in for all cards and wires at a low zoom; `refresh` after any of them changed."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds = QRectF()
        self._strips: dict[str, list[QRectF]] = {}
        self._cards: dict[str, list[QRectF]] = {}
        self._lines: dict[str, list[QLineF]] = {}
        self.setVisible(False)

    def refresh(self, nodes: Iterable[NodeItem], links: Iterable[LinkItem]) -> None:
        """Take over the places and looks of all cards and wires."""
        self.prepareGeometryChange()
        strips: dict[str, list[QRectF]] = {}
        cards: dict[str, list[QRectF]] = {}
        bounds = QRectF()
        for node in nodes:
            rect = node.scene_rect()
            bounds = bounds.united(rect)
            look = "accent" if node.chosen else {"error": "err", "warning": "warn"}.get(node.face.level, "")
            cards.setdefault(look, []).append(rect)
            strips.setdefault(node.face.family, []).append(
                QRectF(rect.x(), rect.y(), min(14.0, rect.width()), rect.height())
            )
        lines: dict[str, list[QLineF]] = {}
        for link in links:
            path = link.path()
            count = path.elementCount()
            if count < 2:
                continue
            first, last = path.elementAt(0), path.elementAt(count - 1)
            middle = (first.x + last.x) / 2
            look = "accent" if link.chosen else link.kind
            lines.setdefault(look, []).extend(
                (
                    QLineF(first.x, first.y, middle, first.y),
                    QLineF(middle, first.y, middle, last.y),
                    QLineF(middle, last.y, last.x, last.y),
                )
            )
        self._strips, self._cards, self._lines = strips, cards, lines
        self._bounds = bounds.adjusted(-64, -64, 64, 64)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        made = style()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for kind, lines in self._lines.items():
            painter.setPen(made.band_pen if kind == "accent" else made.far_pens[kind])
            painter.drawLines(lines)
        for look, rects in self._cards.items():
            painter.setPen(made.far_looks[look])
            painter.setBrush(made.card)
            painter.drawRects(rects)
        painter.setPen(made.no_pen)
        for family, rects in self._strips.items():
            painter.setBrush(made.family(family))
            painter.drawRects(rects)
