"""The whole drawing seen from afar, painted in a few batches: one call a colour instead of one a node.

Imports Qt, style and items.
"""

from collections.abc import Collection

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.style import style

_EVERYWHERE = QRectF(-1e6, -1e6, 2e6, 2e6)


class OverviewItem(QGraphicsItem):
    """Stands in for all cards and wires at a low zoom. `gather` after any of them changed; it costs nothing
    until the next painting.
    """

    def __init__(self) -> None:
        super().__init__()
        self._sources: tuple[Collection[NodeItem], Collection[LinkItem]] | None = None
        self._strips: dict[str, list[QRectF]] = {}
        self._cards: dict[str, list[QRectF]] = {}
        self._lines: dict[str, list[QLineF]] = {}
        self.setVisible(False)

    def gather(self, nodes: Collection[NodeItem], links: Collection[LinkItem]) -> None:
        """Take over the places and looks of cards and wires."""
        self._sources = nodes, links
        self.update()

    def _refresh(self, nodes: Collection[NodeItem], links: Collection[LinkItem]) -> None:
        strips: dict[str, list[QRectF]] = {}
        cards: dict[str, list[QRectF]] = {}
        for node in nodes:
            rect = node.scene_rect()
            look = "accent" if node.chosen else {"error": "err", "warning": "warn"}.get(node.face.level, "")
            cards.setdefault(look, []).append(rect)
            strip = QRectF(rect)
            strip.setWidth(14.0)
            strips.setdefault(node.face.family, []).append(strip)
        lines: dict[str, list[QLineF]] = {}
        for link in links:
            lines.setdefault("accent" if link.chosen else link.kind, []).extend(link.far_lines())
        self._strips, self._cards, self._lines = strips, cards, lines

    def boundingRect(self) -> QRectF:
        return _EVERYWHERE

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._sources is not None:
            self._refresh(*self._sources)
            self._sources = None
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
