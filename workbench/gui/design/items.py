"""The pictures on the canvas: cards of nodes and wires of links.  They paint; they decide nothing.

Imports Qt, style and geometry.
"""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen, QStaticText, QTransform
from PySide6.QtWidgets import (
    QGraphicsPathItem,
    QGraphicsRectItem,
    QStyleOptionGraphicsItem,
    QWidget,
)

from workbench.core.document import Place, Port
from workbench.core.shapes import TensorSpec
from workbench.gui.design.faces import Face
from workbench.gui.design.geometry import (
    BADGE_GAP,
    BADGE_ROW,
    Card,
    badge_rows,
    bent_path,
    card_of,
    wire_path,
)
from workbench.gui.design.style import (
    CORNER,
    DETAIL,
    HEAD,
    PORT,
    WEIGHTS,
    Style,
    edge_path,
    style,
    tie_path,
    wire_kind,
)

LINKS, NODES, RAISED, GESTURE = 0.0, 1.0, 2.0, 3.0
_LEFT, _RIGHT = 14.0, 10.0
_MARGIN = 8.0
_PLAIN = Qt.TextFormat.PlainText


class NodeItem(QGraphicsRectItem):
    """The card of one node. Its rectangle is the card with a margin for ports and the stack behind it."""

    def __init__(self, id: str, face: Face) -> None:
        super().__init__()
        self.id = id
        self.face = face
        self.card = card_of(face)
        self.chosen = self.hovered = self.faded = False
        self.badges: tuple[str, ...] = ()
        self.kinds: dict[str, str] = {}
        self.linked: frozenset[str] = frozenset()
        self._texts: list[tuple[QPointF, QStaticText]] = []
        self._title_font = style().title_font
        self._big: tuple[QFont, QStaticText] | None = None
        self.setPen(style().no_pen)
        self.setZValue(NODES)
        self._take(face, self.card)

    def set_face(self, face: Face) -> bool:
        """Show another face; true if the card or its ports changed their places."""
        card = card_of(face)
        moved = card != self.card
        self._take(face, card)
        self.update()
        return moved

    def _take(self, face: Face, card: Card) -> None:
        self.face, self.card = face, card
        # Texts are laid out when they are first painted: most cards of a large drawing never are.
        self._texts, self._big = [], None
        self._bound()

    def _bound(self) -> None:
        card = self.card
        self._rows = badge_rows(self.badges, card.width)
        below = BADGE_ROW * len(self._rows)
        self.setRect(-_MARGIN, -_MARGIN, card.width + 2 * _MARGIN + 4, card.height + below + 2 * _MARGIN + 4)

    def set_badges(self, badges: tuple[str, ...]) -> None:
        """Small texts under the card."""
        if badges != self.badges:
            self.badges = badges
            self._bound()
            self.update()

    def set_look(
        self, *, chosen: bool | None = None, hovered: bool | None = None, faded: bool | None = None
    ) -> None:
        """Change how the card is shown for a moment."""
        before = (self.chosen, self.hovered, self.faded)
        self.chosen = self.chosen if chosen is None else chosen
        self.hovered = self.hovered if hovered is None else hovered
        self.faded = self.faded if faded is None else faded
        if before != (self.chosen, self.hovered, self.faded):
            self.setZValue(RAISED if self.chosen else NODES)
            self.update()

    def set_kinds(self, kinds: dict[str, str], linked: frozenset[str]) -> None:
        """Which wire leaves or enters each port ("in:x", "out:y"), and which ports are linked."""
        if (kinds, linked) != (self.kinds, self.linked):
            self.kinds, self.linked = kinds, linked
            self.update()

    def scene_rect(self) -> QRectF:
        """The card in the scene, without the margin."""
        return self.card.rect.translated(self.pos())

    def port_place(self, name: str, *, output: bool) -> QPointF:
        """A port in the scene; the side's middle for a port that the card does not have."""
        ports = self.card.outputs if output else self.card.inputs
        place = ports.get(name)
        if place is None:
            place = QPointF(self.card.width if output else 0, HEAD / 2)
        return place + self.pos()

    def title_rect(self) -> QRectF:
        """Where the title stands, in the scene: the place to type a new name."""
        return QRectF(6, 4, self.card.width - 12, HEAD - 8).translated(self.pos())

    def _lay_out(self) -> None:
        made, face, card = style(), self.face, self.card
        badge = made.width("line", face.repeat) + 8 if face.repeat else 0.0
        badge += 20 if face.tie else 0
        room = card.width - _LEFT - _RIGHT
        elide = Qt.TextElideMode.ElideRight
        self._title_font, title = made.title_fitting(face.title, room - badge)
        line = face.problem or face.line
        if face.brief and not face.problem and made.width("line", line) > room:
            line = face.brief
        line = made.line_metrics.elidedText(line, elide, room)
        self._texts = [
            (QPointF(_LEFT, 7), _static(title, self._title_font)),
            (QPointF(_LEFT, 26), _static(line, made.line_font)),
        ]
        for ports, right in ((card.inputs, False), (card.outputs, True)):
            for name, place in ports.items() if len(ports) > 1 else ():
                text = _static(name, made.port_font)
                x = card.width - _LEFT - text.size().width() if right else _LEFT
                self._texts.append((QPointF(x, place.y() - text.size().height() / 2), text))

    def _big_title(self) -> tuple[QFont, QStaticText]:
        """The title as it stands at a low zoom: large, over two lines where it must."""
        made, room = style(), self.card.width - _LEFT - 4
        longest = max(self.face.title.split(" "), key=len, default="")
        share = 18 / 13
        fits = made.width("title", longest) * share <= room
        font = made.big_fonts[0 if fits and made.width("title", self.face.title) * share < 1.8 * room else 1]
        return font, _static(self.face.title, font, room)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        made = style()
        if self.faded:
            painter.setOpacity(0.4)
        self._paint_card(painter, made)
        if painter.worldTransform().m11() >= DETAIL:
            self._paint_texts(painter, made)
            self._paint_ports(painter, made)
            self._paint_badges(painter, made)
            return
        if self._big is None:
            self._big = self._big_title()
        font, text = self._big
        painter.setFont(font)
        painter.setPen(made.text)
        painter.drawStaticText(QPointF(_LEFT, (self.card.height - text.size().height()) / 2), text)

    def _paint_card(self, painter: QPainter, made: Style) -> None:
        face, rect = self.face, self.card.rect
        if face.repeat:
            painter.setPen(made.card_pen)
            painter.setBrush(made.stack)
            painter.drawRoundedRect(rect.translated(8, 8), CORNER, CORNER)
            painter.drawRoundedRect(rect.translated(4, 4), CORNER, CORNER)
        if self.chosen:
            painter.setPen(made.chosen_pen)
        elif face.level == "error":
            painter.setPen(made.err_pen)
        elif face.level == "warning":
            painter.setPen(made.warn_pen)
        else:
            painter.setPen(made.hover_pen if self.hovered else made.card_pen)
        painter.setBrush(made.card)
        painter.drawRoundedRect(rect, CORNER, CORNER)
        painter.fillPath(edge_path(rect.height()), made.family(face.family))

    def _paint_texts(self, painter: QPainter, made: Style) -> None:
        face, card = self.face, self.card
        if not self._texts:
            self._lay_out()
        fonts = (self._title_font, made.line_font)
        colors = (made.text, {"error": made.err, "warning": made.warn}.get(face.level, made.dim))
        for index, (place, text) in enumerate(self._texts):
            painter.setFont(fonts[index] if index < 2 else made.port_font)
            painter.setPen(colors[index] if index < 2 else made.dim)
            painter.drawStaticText(place, text)
        right = card.width - _RIGHT
        if face.repeat:
            painter.setFont(made.line_font)
            painter.setPen(made.accent)
            wide = made.width("line", face.repeat)
            right -= wide
            painter.drawText(QPointF(right, 20), face.repeat)
            right -= 8
        if face.tie:
            painter.setPen(QPen(made.accent, 1.25))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(tie_path().translated(right - 13, 11))

    def _paint_badges(self, painter: QPainter, made: Style) -> None:
        painter.setFont(made.label_font)
        drop = self.card.height + 4 + made.label_metrics.ascent() + (4 if self.face.repeat else 0)
        for row, badges in enumerate(self._rows):
            x = 4.0
            for text in badges:
                painter.setPen(made.dim)
                painter.drawText(QPointF(x, drop + row * BADGE_ROW), text)
                x += made.width("label", text) + BADGE_GAP

    def _paint_ports(self, painter: QPainter, made: Style) -> None:
        for side, ports in (("in:", self.card.inputs), ("out:", self.card.outputs)):
            for name, place in ports.items():
                key = side + name
                kind = self.kinds.get(key, "")
                if key in self.linked or (kind and side == "out:"):
                    painter.setPen(made.ring)
                    painter.setBrush(made.wires[kind] if kind else made.port)
                else:
                    painter.setPen(QPen(made.port, 1.5))
                    painter.setBrush(made.card)
                painter.drawEllipse(place, PORT, PORT)


class LinkItem(QGraphicsPathItem):
    """The wire of one link, known by its target port."""

    def __init__(self, source: Port, target: Port) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.spec: TensorSpec | None = None
        self.kind = ""
        self.chosen = self.hovered = self.faded = False
        self.wrong = False
        self.bends: tuple[Place, ...] = ()
        self.weight: int | None = None
        self._path = QPainterPath()
        self._far: tuple[QLineF, ...] | None = None
        self.setZValue(LINKS)
        self.setPen(QPen(Qt.GlobalColor.black, 6))

    def place(
        self, start: QPointF, end: QPointF, floor: float | None = None, cards: Sequence[QRectF] = ()
    ) -> None:
        """Lay the wire between two points of the scene, around the cards."""
        if self.bends:
            self._path = bent_path(start, [QPointF(*place) for place in self.bends], end)
        else:
            self._path = wire_path(start, end, floor, cards)
        self.setPath(self._path)
        self.setPos(0, 0)
        self._far = None

    def set_weight(self, weight: float | None) -> None:
        """How thick the wire is, from 0 to 1; as usual for None."""
        step = None if weight is None else round(max(0.0, min(1.0, weight)) * WEIGHTS)
        if step != self.weight:
            self.weight = step
            self.update()

    def far_lines(self) -> tuple[QLineF, ...]:
        """The wire as three straight lines, for the view from afar."""
        if self._far is None:
            count = self._path.elementCount()
            if count < 2:
                return ()
            first, last = self._path.elementAt(0), self._path.elementAt(count - 1)
            if self.bends:
                stops = [
                    QPointF(first.x, first.y),
                    *(QPointF(*at) for at in self.bends),
                    QPointF(last.x, last.y),
                ]
                self._far = tuple(QLineF(a, b) for a, b in pairwise(stops))
                return self._far
            middle = (first.x + last.x) / 2
            self._far = (
                QLineF(first.x, first.y, middle, first.y),
                QLineF(middle, first.y, middle, last.y),
                QLineF(middle, last.y, last.x, last.y),
            )
        return self._far

    def set_spec(self, spec: TensorSpec | None, *, wrong: bool) -> bool:
        """What flows here; true if that is news."""
        if spec == self.spec and wrong == self.wrong:
            return False
        self.spec, self.wrong = spec, wrong
        self.kind = wire_kind(spec)
        self.update()
        return True

    def set_look(
        self, *, chosen: bool | None = None, hovered: bool | None = None, faded: bool | None = None
    ) -> None:
        """Change how the wire is shown for a moment."""
        before = (self.chosen, self.hovered, self.faded)
        self.chosen = self.chosen if chosen is None else chosen
        self.hovered = self.hovered if hovered is None else hovered
        self.faded = self.faded if faded is None else faded
        if before != (self.chosen, self.hovered, self.faded):
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        made = style()
        if self.faded:
            painter.setOpacity(0.3)
        if self.chosen:
            pen = QPen(made.accent, 3)
        elif self.hovered:
            pen = made.lit_pens[self.kind]
        else:
            pen = made.err_wire if self.wrong else made.wire_pen(self.kind, self.weight)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)


def _static(text: str, font: QFont, width: float = -1) -> QStaticText:
    made = QStaticText(text)
    made.setTextFormat(_PLAIN)
    if width > 0:
        made.setTextWidth(width)
    made.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    made.prepare(QTransform(), font)
    return made
