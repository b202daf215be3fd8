"""Paints all wires and cards of the drawing, in few calls: what equal cards share is a picture made once for a zoom.

On the screen pictures are used, elsewhere (files, printers) everything is drawn as lines and texts.
Imports Qt, style, items and cards.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from workbench.core.document import Port
from workbench.gui.design.cards import frame_key, opacity, paint_frame, paint_port, paint_texts, port_looks
from workbench.gui.design.items import LINKS, LinkItem, NodeItem
from workbench.gui.design.style import DETAIL, OVERVIEW, Style, style

_EVERYWHERE = QRectF(-1e6, -1e6, 2e6, 2e6)
_EDGE = 10.0
"""How far a picture reaches beyond its card, for outlines and the stack of a repeated block."""
_MOST_PICTURES = 4000
_IDLE = 0.3
_DOT = 3.5
_PORT_ROOM = 14
_CELL = 40


class _Scale(NamedTuple):
    """For what the pictures at hand were made."""

    zoom: float
    ratio: float
    made: Style


class SheetItem(QGraphicsItem):
    """Stands for all cards and wires. `forget` after any of them changed; it costs nothing until the next painting."""

    def __init__(self, nodes: Mapping[str, NodeItem], links: Mapping[Port, LinkItem]) -> None:
        super().__init__()
        self._nodes, self._links = nodes, links
        self._far: dict[str, list[QLineF]] | None = None
        self._scale: _Scale | None = None
        self._pictures: dict[object, QPixmap] = {}
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(LINKS)

    def forget(self) -> None:
        """Wires are not where they were, or look otherwise."""
        self._far = None

    def boundingRect(self) -> QRectF:
        return _EVERYWHERE

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        world = painter.worldTransform()
        links: list[LinkItem] | None
        zoom, exposed = world.m11(), QRectF(option.exposedRect)
        if widget is None:
            nodes, links = self._seen(exposed)
            self.draw(painter, nodes, links)
            return
        self._take_scale(_Scale(zoom, widget.devicePixelRatioF(), style()))
        if zoom < OVERVIEW:
            all_seen = exposed.width() * exposed.height() * zoom * zoom * 4 > widget.width() * widget.height()
            nodes, links = (list(self._nodes.values()), None) if all_seen else self._seen(exposed)
            self._paint_far_wires(painter, links)
        else:
            nodes, links = self._seen(exposed)
            self._paint_wires(painter, links, zoom)
        if zoom < DETAIL:
            self._paint_pictures(painter, nodes, world, titled=zoom >= OVERVIEW)
        else:
            self._paint_cards(painter, nodes, world)

    def draw(self, painter: QPainter, nodes: Iterable[NodeItem], links: Iterable[LinkItem]) -> None:
        """Some of the drawing in lines and texts, wires below cards; the painter stands in the scene."""
        world = painter.worldTransform()
        self._paint_wires(painter, links, world.m11())
        for node in nodes:
            _draw(painter, node, world)

    def _seen(self, rect: QRectF) -> tuple[list[NodeItem], list[LinkItem]]:
        """Cards and wires in a rectangle, what is raised last."""
        boxes, order = Qt.ItemSelectionMode.IntersectsItemBoundingRect, Qt.SortOrder.AscendingOrder
        nodes: list[NodeItem] = []
        links: list[LinkItem] = []
        for item in self.scene().items(rect, boxes, order):
            if isinstance(item, NodeItem):
                nodes.append(item)
            elif isinstance(item, LinkItem):
                links.append(item)
        return nodes, links

    # ------------------------------------------------------------- wires

    def _paint_wires(self, painter: QPainter, links: Iterable[LinkItem], zoom: float) -> None:
        made = style()
        # A pen between one and 1.35 pixels costs ten times one of a single pixel and looks the same.
        thin = made.far_pens if 1.0 < 1.75 * zoom < 1.35 else made.wire_pens
        painter.setBrush(Qt.BrushStyle.NoBrush)
        draw = painter.drawPath
        others: list[LinkItem] = []
        last: QPen | None = None
        for link in links:
            if not link.plain:
                others.append(link)
                continue
            pen = thin[link.kind]
            if pen is not last:
                painter.setPen(pen)
                last = pen
            draw(link.course)
        others.sort(key=lambda link: link.chosen or link.hovered or link.lit)
        for link in others:
            painter.setPen(_pen(link, made, thin))
            painter.setOpacity(_IDLE if link.faded or link.idle else 1.0)
            path, by = link.stubs() if link.hidden else link.course, link.pos()
            draw(path if by.isNull() else path.translated(by))
        painter.setOpacity(1.0)
        if zoom >= DETAIL:
            _paint_dots(painter, others, made)

    def _paint_far_wires(self, painter: QPainter, links: Iterable[LinkItem] | None) -> None:
        """These wires, or all, as straight lines."""
        if links is not None:
            lines = _far_lines(links)
        elif self._far is None:
            lines = self._far = _far_lines(self._links.values())
        else:
            lines = self._far
        made = style()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for kind, found in lines.items():
            if kind == "idle":
                painter.setOpacity(_IDLE)
            painter.setPen(
                made.band_pen if kind == "chosen" else made.far_pens["" if kind == "idle" else kind]
            )
            painter.drawLines(found)
            painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    # ------------------------------------------------------------- cards

    def _take_scale(self, scale: _Scale) -> None:
        if scale != self._scale or len(self._pictures) > _MOST_PICTURES:
            self._scale = scale
            self._pictures.clear()

    def _paint_pictures(
        self, painter: QPainter, nodes: Iterable[NodeItem], world: QTransform, *, titled: bool
    ) -> None:
        """Cards without small texts and ports, a picture each."""
        zoom, left, top = world.m11(), world.dx(), world.dy()
        left, top = left - _EDGE * zoom, top - _EDGE * zoom
        draw, scale = painter.drawPixmap, self._scale
        painter.resetTransform()
        raised = [node for node in nodes if node.chosen]
        for some in (nodes, raised):
            for node in some:
                kept = node.picture
                picture = (
                    kept[1] if kept is not None and kept[0] is scale else self._frame(node, titled=titled)
                )
                x, y = node.at
                draw(QPointF(x * zoom + left, y * zoom + top), picture)
        painter.setTransform(world)

    def _paint_cards(self, painter: QPainter, nodes: Iterable[NodeItem], world: QTransform) -> None:
        """Cards with all that stands on them."""
        for some in _apart(nodes):
            painter.resetTransform()
            for node in some:
                self._paint_frame(painter, node, world)
            painter.setTransform(world)
            paint_texts(painter, some)

    def _paint_frame(self, painter: QPainter, node: NodeItem, world: QTransform) -> None:
        zoom, left, top = world.m11(), world.dx(), world.dy()
        kept = node.picture
        picture = kept[1] if kept is not None and kept[0] is self._scale else self._frame(node, titled=False)
        x, y = node.at
        painter.drawPixmap(QPointF((x - _EDGE) * zoom + left, (y - _EDGE) * zoom + top), picture)
        faint = opacity(node)
        x, y = x - _PORT_ROOM / 2, y - _PORT_ROOM / 2
        for place, kind in port_looks(node):
            dot = self._pictures.get((kind, faint)) or self._port(kind, faint)
            painter.drawPixmap(QPointF((x + place.x()) * zoom + left, (y + place.y()) * zoom + top), dot)

    def _frame(self, node: NodeItem, *, titled: bool) -> QPixmap:
        """The frame of a card, from among those of others or made now."""
        scale, card, key = self._scale, node.card, frame_key(node, titled=titled)
        assert scale is not None
        known = self._pictures.get(key)
        if known is not None:
            node.picture = (scale, known)
            return known
        picture, painter = self._blank(card.width + 2 * _EDGE, card.top + card.height + 2 * _EDGE)
        painter.translate(_EDGE, _EDGE)
        paint_frame(painter, node, titled=titled, far=scale.zoom < OVERVIEW)
        painter.end()
        self._pictures[key] = picture
        node.picture = (scale, picture)
        return picture

    def _port(self, kind: str, faint: float) -> QPixmap:
        picture, painter = self._blank(_PORT_ROOM, _PORT_ROOM)
        painter.setOpacity(faint)
        paint_port(painter, QPointF(_PORT_ROOM / 2, _PORT_ROOM / 2), kind)
        painter.end()
        self._pictures[(kind, faint)] = picture
        return picture

    def _blank(self, width: float, height: float) -> tuple[QPixmap, QPainter]:
        """An empty picture of so many units of the scene, and a painter on it."""
        scale = self._scale
        assert scale is not None
        zoom, ratio = scale.zoom, scale.ratio
        picture = QPixmap(QSize(round(width * zoom * ratio) + 1, round(height * zoom * ratio) + 1))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(zoom, zoom)
        return picture, painter


def _apart(nodes: Iterable[NodeItem]) -> Iterator[list[NodeItem]]:
    """Cards in their order, in groups in which none stands over another: a group is painted layer by layer."""
    group: list[NodeItem] = []
    taken: set[tuple[int, int]] = set()
    for node in nodes:
        x, y = node.at
        columns = range(int(x // _CELL), int((x + node.card.width) // _CELL) + 1)
        rows = range(int(y // _CELL), int((y + node.rect().bottom()) // _CELL) + 1)
        cells = [(column, row) for column in columns for row in rows]
        if not taken.isdisjoint(cells):
            yield group
            group, taken = [], set()
        group.append(node)
        taken.update(cells)
    if group:
        yield group


def _draw(painter: QPainter, node: NodeItem, world: QTransform) -> None:
    """One card in lines and texts."""
    painter.translate(*node.at)
    titled = world.m11() < DETAIL
    paint_frame(painter, node, titled=titled)
    if not titled:
        painter.setTransform(world)
        paint_texts(painter, [node])
        painter.translate(*node.at)
        painter.setOpacity(opacity(node))
        for place, kind in port_looks(node):
            paint_port(painter, place, kind)
    painter.setOpacity(1.0)
    painter.setTransform(world)


def _pen(link: LinkItem, made: Style, usual: Mapping[str, QPen]) -> QPen:
    if link.chosen:
        return QPen(made.accent, 3)
    if link.hovered or (link.lit and link.wireless):
        return made.lit_pens[link.kind]
    if link.wrong:
        return made.err_wire
    return usual[link.kind] if link.weight is None else made.wire_pen(link.kind, link.weight)


def _paint_dots(painter: QPainter, links: Iterable[LinkItem], made: Style) -> None:
    """The dots that wires run through; larger where the pointer is."""
    painter.setPen(made.ring)
    for link in links:
        if link.bends and not link.hidden:
            lit = link.hovered or link.chosen
            painter.setBrush(made.accent if link.chosen else made.wires[link.kind])
            painter.setOpacity(_IDLE if link.idle else 1.0)
            for x, y in link.bends:
                painter.drawEllipse(QPointF(x, y) + link.pos(), *(2 * (_DOT + (2.0 if lit else 0.0),)))
    painter.setOpacity(1.0)


def _far_lines(links: Iterable[LinkItem]) -> dict[str, list[QLineF]]:
    lines: dict[str, list[QLineF]] = {}
    for link in links:
        if not link.hidden:
            kind = "chosen" if link.chosen else "idle" if link.idle or link.faded else link.kind
            lines.setdefault(kind, []).extend(link.far_lines())
    return lines
