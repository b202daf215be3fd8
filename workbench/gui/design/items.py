"""What stands on the canvas: cards of nodes and wires of links, with where they are and how they look now.

They hold places for the look-ups of the scene and paint nothing themselves: the sheet paints all of them.
Imports Qt, style and geometry.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QFont, QPainterPath, QPainterPathStroker, QPixmap, QStaticText
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem

from workbench.core.document import BYPASS, MUTE, Place, Port
from workbench.core.shapes import TensorSpec
from workbench.gui.design.faces import Face
from workbench.gui.design.geometry import (
    BADGE_ROW,
    Spot,
    badge_rows,
    bent_path,
    card_of,
    flattened,
    runs_through,
    wire_path,
)
from workbench.gui.design.style import HEAD, WEIGHTS, style, wire_kind

LINKS, NODES, RAISED, GESTURE = 0.0, 1.0, 2.0, 3.0
STUB = 20.0
"""How much of a hidden wire shows at its ports."""
_MARGIN = 8.0
_REACH = 5.0
_NO_CONTENTS = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents
_MODE_BADGES = {BYPASS: "bypassed", MUTE: "muted"}

Texts = list[tuple[QPointF, QStaticText, QFont, str]]
"""Texts of a card from its node's place, each with its font and what it is."""


class _Item(QGraphicsRectItem):
    """Its rectangle is all that may be painted of it."""

    hushed = False
    """Nothing asks to be painted again, because all will be."""

    def __init__(self, z: float) -> None:
        super().__init__()
        self.chosen = self.hovered = self.faded = False
        self.setFlag(_NO_CONTENTS)
        self.setPen(style().no_pen)
        self.setZValue(z)

    def repaint(self) -> None:
        """Have what is seen of it painted again: to be called after each change of a look."""
        scene = None if _Item.hushed else self.scene()
        if scene is not None:
            scene.update(self.sceneBoundingRect())

    def set_look(
        self, *, chosen: bool | None = None, hovered: bool | None = None, faded: bool | None = None
    ) -> None:
        """Change how it is shown for a moment."""
        before = (self.chosen, self.hovered, self.faded)
        self.chosen = self.chosen if chosen is None else chosen
        self.hovered = self.hovered if hovered is None else hovered
        self.faded = self.faded if faded is None else faded
        if before != (self.chosen, self.hovered, self.faded):
            self._look_changed()
            self.repaint()

    def _look_changed(self) -> None:
        pass


@contextmanager
def hushed() -> Iterator[None]:
    """While many items change: whoever enters it has everything painted again."""
    before, _Item.hushed = _Item.hushed, True
    try:
        yield
    finally:
        _Item.hushed = before


class NodeItem(_Item):
    """The card of one node. Its rectangle is the card with a margin for ports and the stack behind it."""

    def __init__(self, id: str, face: Face) -> None:
        super().__init__(NODES)
        self.id = id
        self.face = face
        self.card = card_of(face)
        self.at = (0.0, 0.0)
        self.badges: tuple[str, ...] = ()
        self.rows: list[list[str]] = []
        self.kinds: dict[str, str] = {}
        self.linked: frozenset[str] = frozenset()
        # Texts are laid out when they are first painted: most cards of a large drawing never are.
        self.texts: Texts = []
        self.keys: dict[bool, tuple[object, ...]] = {}
        self.picture: tuple[object, QPixmap] | None = None
        """The frame that it shares with other cards, and for which scale that was made."""
        self.ports: list[tuple[QPointF, str]] | None = None
        self._bound()

    def set_face(self, face: Face) -> bool:
        """Show another face; true if the card or its ports changed their places."""
        card = card_of(face)
        moved = card != self.card
        self.repaint()
        self.face, self.card = face, card
        self._bound()
        self.repaint()
        return moved

    def set_badges(self, badges: tuple[str, ...]) -> None:
        """Small texts under the card."""
        if badges != self.badges:
            self.repaint()
            self.badges = badges
            self._bound()
            self.repaint()

    def _bound(self) -> None:
        self.texts = []
        self._forget()
        card, mode = self.card, _MODE_BADGES.get(self.face.mode)
        self.rows = badge_rows((mode, *self.badges) if mode else self.badges, card.width)
        high = card.top + card.height + BADGE_ROW * len(self.rows) + 2 * _MARGIN + 4
        rect = QRectF(-_MARGIN, -_MARGIN, card.width + 2 * _MARGIN + 4, high)
        if rect != self.rect():
            self.setRect(rect)

    def _forget(self) -> None:
        self.keys, self.picture, self.ports = {}, None, None

    def _look_changed(self) -> None:
        self._forget()
        self.setZValue(RAISED if self.chosen else NODES)

    def move_to(self, x: float, y: float) -> bool:
        """Stand somewhere else; true if that is news."""
        if (x, y) == self.at:
            return False
        self.repaint()
        self.at = (x, y)
        self.setPos(x, y)
        self.repaint()
        return True

    def set_kinds(self, kinds: dict[str, str], linked: frozenset[str]) -> None:
        """Which wire leaves or enters each port ("in:x", "out:y"), and which ports are linked."""
        if (kinds, linked) != (self.kinds, self.linked):
            self.kinds, self.linked = kinds, linked
            self._forget()
            self.repaint()

    def scene_rect(self) -> QRectF:
        """The card in the scene, without the margin."""
        return QRectF(self.at[0], self.at[1] + self.card.top, self.card.width, self.card.height)

    def room(self) -> QRectF:
        """The card and the small texts under it, in the scene."""
        below = 4 + BADGE_ROW * len(self.rows) if self.rows else 0.0
        return self.scene_rect().adjusted(0, 0, 0, below)

    def port_place(self, name: str, *, output: bool) -> QPointF:
        """A port in the scene; the side's middle for a port that the card does not have."""
        ports = self.card.outputs if output else self.card.inputs
        place = ports.get(name)
        if place is None:
            place = QPointF(self.card.width if output else 0, HEAD / 2)
        return place + QPointF(*self.at)

    def title_rect(self) -> QRectF:
        """Where the title stands, in the scene: the place to type a new name."""
        return QRectF(6, 4 + self.card.top / 2, self.card.width - 12, HEAD - 8).translated(*self.at)


class LinkItem(_Item):
    """The wire of one link, known by its target port."""

    def __init__(self, source: Port, target: Port) -> None:
        super().__init__(LINKS)
        self.source, self.target = source, target
        self.spec: TensorSpec | None = None
        self.kind = ""
        self.wrong = False
        self.idle = False
        """It carries nothing: one of its ends is muted."""
        self.wireless = False
        self.lit = False
        """One of its ends is hovered or chosen, which shows also a hidden wire."""
        self.moving = False
        """It follows a gesture, and nothing stands beside it."""
        self.bends: tuple[Place, ...] = ()
        self.weight: int | None = None
        self.plain = True
        """It is painted as most wires are."""
        self.course = QPainterPath()
        """The way of the wire, also where it is hidden."""
        self._stubs: QPainterPath | None = None
        self._far: tuple[QLineF, ...] | None = None
        self._points: list[Spot] | None = None

    def repaint(self) -> None:
        self.plain = not (
            self.chosen
            or self.hovered
            or self.faded
            or self.wrong
            or self.idle
            or self.wireless
            or self.bends
            or self.weight is not None
            or not self.pos().isNull()
        )
        super().repaint()

    @property
    def hidden(self) -> bool:
        """Only its ends are seen."""
        return self.wireless and not (self.lit or self.chosen or self.hovered)

    def path(self) -> QPainterPath:
        """The course of the wire, also where it is hidden."""
        return self.course

    def place(
        self, start: QPointF, end: QPointF, floor: float | None = None, cards: Sequence[QRectF] = ()
    ) -> None:
        """Lay the wire between two points of the scene, around the cards."""
        if self.bends:
            path = bent_path(start, [QPointF(*place) for place in self.bends], end)
        else:
            path = wire_path(start, end, floor, cards)
        if path != self.course or not self.pos().isNull():
            self.repaint()
            self.course, self._far, self._stubs, self._points = path, None, None, None
            self.setRect(path.controlPointRect().adjusted(-_REACH, -_REACH, _REACH, _REACH))
            self.setPos(0, 0)
            self.repaint()

    def move_by(self, by: QPointF) -> None:
        """Show the wire shifted from where it was laid."""
        self.repaint()
        self.setPos(by)
        self.repaint()

    def set_weight(self, weight: float | None) -> None:
        """How thick the wire is, from 0 to 1; as usual for None."""
        step = None if weight is None else round(max(0.0, min(1.0, weight)) * WEIGHTS)
        if step != self.weight:
            self.weight = step
            self.repaint()

    def set_state(self, *, idle: bool, wireless: bool) -> None:
        """What the nodes at its ends make of it."""
        if (idle, wireless) != (self.idle, self.wireless):
            self.idle, self.wireless = idle, wireless
            self.repaint()

    def set_lit(self, lit: bool) -> None:
        """Whether one of its ends is hovered or chosen."""
        if lit != self.lit:
            self.lit = lit
            if self.wireless:
                self.repaint()

    def ends(self) -> tuple[QPointF, QPointF]:
        """Where the wire begins and ends in the scene."""
        count = self.course.elementCount()
        if not count:
            return QPointF(), QPointF()
        first, last = self.course.elementAt(0), self.course.elementAt(count - 1)
        return QPointF(first.x, first.y) + self.pos(), QPointF(last.x, last.y) + self.pos()

    def middle(self) -> QPointF:
        """The place of the scene half way along the wire."""
        return self.course.pointAtPercent(0.5) + self.pos()

    def stubs(self) -> QPainterPath:
        """What shows of a hidden wire."""
        if self._stubs is None:
            start, end = (place - self.pos() for place in self.ends())
            self._stubs = QPainterPath(start)
            self._stubs.lineTo(start + QPointF(STUB, 0))
            self._stubs.moveTo(end - QPointF(STUB, 0))
            self._stubs.lineTo(end)
        return self._stubs

    def hit(self, place: QPointF, reach: float) -> bool:
        """Whether a place of the scene is on what is seen of the wire."""
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * reach)
        seen = self.stubs() if self.hidden else self.course
        return stroker.createStroke(seen).contains(place - self.pos())

    def runs_through(self, rect: QRectF) -> bool:
        """Whether what is seen of the wire comes into a rectangle of the scene."""
        if self.hidden:
            return self.stubs().intersects(rect.translated(-self.pos()))
        if self._points is None:
            self._points = flattened(self.course)
        x, y = self.pos().x(), self.pos().y()
        return runs_through(
            self._points, rect.left() - x, rect.top() - y, rect.right() - x, rect.bottom() - y
        )

    def far_lines(self) -> tuple[QLineF, ...]:
        """The wire as straight lines, for the view from afar."""
        if self._far is None:
            start, end = (place - self.pos() for place in self.ends())
            if self.bends:
                stops = [start, *(QPointF(*at) for at in self.bends), end]
            elif start.y() == end.y() and start.x() <= end.x():
                stops = [start, end]
            else:
                middle = (start.x() + end.x()) / 2
                stops = [start, QPointF(middle, start.y()), QPointF(middle, end.y()), end]
            self._far = tuple(QLineF(a, b) for a, b in pairwise(stops) if a != b)
        return self._far if self.pos().isNull() else tuple(line.translated(self.pos()) for line in self._far)

    def set_spec(self, spec: TensorSpec | None, *, wrong: bool) -> bool:
        """What flows here; true if that is news."""
        if spec == self.spec and wrong == self.wrong:
            return False
        self.spec, self.wrong = spec, wrong
        self.kind = wire_kind(spec)
        self.repaint()
        return True
