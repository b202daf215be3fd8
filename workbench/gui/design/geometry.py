"""Where things are: the size and ports of a card, and the course of a wire.  Imports Qt and style."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, hypot

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from workbench.gui.design.faces import Face
from workbench.gui.design.style import FOLDED, HEAD, NODE_WIDTH, ROW, SNAP, WIDEST, style

_LEAST = 10.0
_OUTS = (22.0, 9.0)
"""How far out of its ports a wire turns; the second where cards stand close."""
_BEND = 12.0
_FAR = 420.0
"""Wires longer than this run straight and turn at their ends."""
_PIECES = 12
Spot = tuple[float, float]
BADGE_ROW, BADGE_GAP = 14.0, 10.0


@dataclass(slots=True)
class Card:
    """Size of a card and the places of its ports, from where its node is. `top` is how much lower it begins."""

    width: float
    height: float
    top: float = 0.0
    inputs: dict[str, QPointF] = field(default_factory=dict)
    outputs: dict[str, QPointF] = field(default_factory=dict)

    @property
    def rect(self) -> QRectF:
        return QRectF(0, self.top, self.width, self.height)


def card_of(face: Face) -> Card:
    """The card that holds a face: everything on the grid, so that straight wires are possible."""
    width = style().width
    badge = width("line", face.repeat) + 8 if face.repeat else 0.0
    badge += 20 if face.tie else 0
    badge += 16 if face.pinned else 0
    title = width("title", face.title) + badge + 28
    rows = max((len(ports) for ports in (face.inputs, face.outputs) if len(ports) > 1), default=0)
    names = 0.0
    for ports in (face.inputs, face.outputs):
        if len(ports) > 1:
            names += max(width("port", name) for name in ports) + 20
    wide = min(WIDEST, max(NODE_WIDTH, title, names))
    if face.collapsed:
        return _collapsed(face, ceil(wide / SNAP) * SNAP)
    height = HEAD + (SNAP + ROW * rows if rows else 0)
    card = Card(ceil(wide / SNAP) * SNAP, height)
    card.inputs = {name: QPointF(0, y) for name, y in _heights(face.inputs)}
    card.outputs = {name: QPointF(card.width, y) for name, y in _heights(face.outputs)}
    return card


def _collapsed(face: Face, width: float) -> Card:
    """Only the title; all ports of a side are where the first one of a card is, so that wires stay straight."""
    card = Card(width, FOLDED, (HEAD - FOLDED) / 2)
    card.inputs = dict.fromkeys(face.inputs, QPointF(0, HEAD / 2))
    card.outputs = dict.fromkeys(face.outputs, QPointF(width, HEAD / 2))
    return card


def _heights(ports: tuple[str, ...]) -> list[tuple[str, float]]:
    if len(ports) == 1:
        return [(ports[0], HEAD / 2)]
    return [(name, HEAD + SNAP + ROW * index) for index, name in enumerate(ports)]


def badge_rows(badges: Sequence[str], width: float) -> list[list[str]]:
    """Small texts in rows about as wide as the card above them."""
    rows: list[list[str]] = []
    used = 0.0
    for text in badges:
        wide = style().width("label", text)
        if not rows or used + BADGE_GAP + wide > width:
            rows.append([])
            used = -BADGE_GAP
        rows[-1].append(text)
        used += BADGE_GAP + wide
    return rows


def bent_path(start: QPointF, dots: Sequence[QPointF], end: QPointF) -> QPainterPath:
    """A smooth way from an output through dots to an input: level at its ends, at each dot along its neighbours."""
    points = [start, *dots, end]
    tangents = [QPointF(1, 0)]
    for before, after in zip(points, points[2:], strict=False):
        way = after - before
        length = (way.x() ** 2 + way.y() ** 2) ** 0.5
        tangents.append(way / length if length > 1e-6 else QPointF(1, 0))
    tangents.append(QPointF(1, 0))
    path = QPainterPath(start)
    for index, (one, other) in enumerate(pairwise(points)):
        reach = ((other.x() - one.x()) ** 2 + (other.y() - one.y()) ** 2) ** 0.5 * 0.4
        path.cubicTo(one + tangents[index] * reach, other - tangents[index + 1] * reach, other)
    return path


def wire_path(
    start: QPointF, end: QPointF, floor: float | None = None, cards: Sequence[QRectF] = ()
) -> QPainterPath:
    """From an output to an input, around cards that stand in the way.

    A wire that goes back runs between the two rows, or under `floor`.
    """
    across, down = end.x() - start.x(), end.y() - start.y()
    path = QPainterPath(start)
    if across >= _LEAST or (across > 0 and abs(down) < 4):
        pull = max(min(across * 0.5, 160.0), min(24.0, abs(down) * 0.5))
        path.cubicTo(QPointF(start.x() + pull, start.y()), QPointF(end.x() - pull, end.y()), end)
        hidden = bool(cards) and (across > _FAR or _covered(path, cards))
        for out in _OUTS if hidden else ():
            lane = _free_lane(start, end, cards, out)
            if lane is not None:
                return _through(start, end, lane, out)
        return path
    lane = (start.y() + end.y()) / 2
    if abs(down) < 2 * HEAD:
        lane = floor if floor is not None else max(start.y(), end.y()) + 1.5 * HEAD
    return _through(start, end, lane, _OUTS[0])


def _through(start: QPointF, end: QPointF, lane: float, out: float) -> QPainterPath:
    """Out of the source, along a horizontal lane, into the target."""
    path = QPainterPath(start)
    right, left = start.x() + out, end.x() - out
    _rounded(
        path,
        [QPointF(right, start.y()), QPointF(right, lane), QPointF(left, lane), QPointF(left, end.y()), end],
    )
    return path


def _covered(path: QPainterPath, cards: Sequence[QRectF]) -> bool:
    """Whether the wire would run behind a card."""
    points = [path.pointAtPercent(step / 24) for step in range(1, 24)]
    return any(card.contains(point) for card in cards for point in points)


def _free_lane(start: QPointF, end: QPointF, cards: Sequence[QRectF], out: float) -> float | None:
    """The height of the nearest horizontal way that no card blocks; None when there is none.

    Of ways that are equally long the one nearest to the source, so that wires of one port share it.
    """
    right, left = start.x() + out, end.x() - out
    edges = [edge for card in cards for edge in (card.top() - _BEND, card.bottom() + _BEND)]
    lanes = [start.y(), end.y(), *edges]
    best: tuple[float, float] | None = None
    for lane in lanes:
        cost = 1.001 * abs(start.y() - lane) + abs(end.y() - lane)
        if best is not None and cost >= best[0]:
            continue
        legs = (
            QRectF(right, lane - 0.5, left - right, 1),
            QRectF(right - 0.5, min(start.y(), lane), 1, abs(lane - start.y())),
            QRectF(left - 0.5, min(end.y(), lane), 1, abs(lane - end.y())),
        )
        if not any(card.intersects(leg) for card in cards for leg in legs):
            best = cost, lane
    return best[1] if best else None


def _rounded(path: QPainterPath, points: list[QPointF]) -> None:
    """Straight lines through the points with round corners."""
    before = path.currentPosition()
    for corner, after in pairwise(points):
        path.lineTo(_toward(corner, before, after))
        path.quadTo(corner, _toward(corner, after, before))
        before = corner
    path.lineTo(points[-1])


def _toward(corner: QPointF, to: QPointF, other: QPointF) -> QPointF:
    """The point on the way from a corner where its bend begins: less far on short legs."""
    x, y = to.x() - corner.x(), to.y() - corner.y()
    length = max(1e-6, (x * x + y * y) ** 0.5)
    second = ((other.x() - corner.x()) ** 2 + (other.y() - corner.y()) ** 2) ** 0.5
    bend = min(_BEND, length / 2, second / 2)
    return QPointF(corner.x() + x / length * bend, corner.y() + y / length * bend)


class Course:
    """The points along a wire, by their share of its length; much cheaper than to ask the path for each."""

    def __init__(self, path: QPainterPath) -> None:
        self._points = flattened(path)
        self._lengths = [0.0]
        for (x, y), (next_x, next_y) in pairwise(self._points):
            self._lengths.append(self._lengths[-1] + hypot(next_x - x, next_y - y))

    def at(self, share: float) -> tuple[Spot, bool]:
        """The place, and whether the wire climbs there."""
        wanted = share * self._lengths[-1]
        index = min(max(bisect(self._lengths, wanted), 1), len(self._points) - 1)
        (x, y), (next_x, next_y) = self._points[index - 1], self._points[index]
        length = self._lengths[index] - self._lengths[index - 1]
        part = (wanted - self._lengths[index - 1]) / length if length > 0 else 0.0
        steep = abs(next_y - y) > 0.35 * abs(next_x - x)
        return (x + part * (next_x - x), y + part * (next_y - y)), steep


def runs_through(points: Sequence[Spot], left: float, top: float, right: float, bottom: float) -> bool:
    """Whether a line of straight pieces comes into a rectangle."""
    for (x, y), (next_x, next_y) in pairwise(points):
        if (x < left and next_x < left) or (x > right and next_x > right):
            continue
        if (y < top and next_y < top) or (y > bottom and next_y > bottom):
            continue
        if x == next_x or y == next_y:
            return True
        # The piece, cut to the width of the rectangle, has a part between its top and bottom.
        climb = (next_y - y) / (next_x - x)
        first, last = sorted((x, next_x))
        ends = sorted(y + climb * (at - x) for at in (max(first, left), min(last, right)))
        if ends[1] >= top and ends[0] <= bottom:
            return True
    return False


def flattened(path: QPainterPath) -> list[Spot]:
    """A path as straight pieces; at least two points."""
    curve = QPainterPath.ElementType.CurveToElement
    points: list[Spot] = []
    index = 0
    while index < path.elementCount():
        element = path.elementAt(index)
        if element.type == curve and points:
            one, two = path.elementAt(index + 1), path.elementAt(index + 2)
            x, y = points[-1]
            for step in range(1, _PIECES + 1):
                t = step / _PIECES
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                points.append(
                    (
                        a * x + b * element.x + c * one.x + d * two.x,
                        a * y + b * element.y + c * one.y + d * two.y,
                    )
                )
            index += 3
        else:
            points.append((element.x, element.y))
            index += 1
    return points if len(points) > 1 else [*points, (0.0, 0.0), (0.0, 0.0)][:2]
