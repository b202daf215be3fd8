"""How differences look on a drawing: colours with signs, outlines and small texts.  Imports Qt, theme, canvas parts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from workbench.core.difference_words import brief
from workbench.core.differences import Change, Differences, Kind
from workbench.core.document import Document, Graph, Port
from workbench.gui import theme
from workbench.gui.design.scene import DesignScene
from workbench.gui.design.style import CORNER

Which = Literal["base", "other"]
TOKENS: Final[Mapping[Kind, str]] = {"added": "ok", "removed": "err", "changed": "warn", "renamed": "accent"}
SIGNS: Final[Mapping[Kind, str]] = {"added": "+", "removed": "−", "changed": "≠", "renamed": "="}
INSIDE: Final = "changed inside"
_DISC: Final = 9.0
_LEAST: Final = 6.0
"""Of a sign's disc on the screen, in pixels: it can be seen however far away the drawing is."""
_MOST_TEXT: Final = 34


@dataclass(frozen=True, slots=True)
class Marked:
    """What is marked in one drawing: nodes, with what stands under them, and links by their targets."""

    nodes: Mapping[str, Kind] = field(default_factory=dict)
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: Mapping[Port, Kind] = field(default_factory=dict)


def place_of(change: Change, which: Which) -> tuple[str, str]:
    """The block ("" for the model) and the node ("" for none) at which a difference stands in one drawing."""
    here, there = change.nodes
    return (change.where, here) if which == "base" else (change.there, there)


def marked(differences: Differences, document: Document, where: str, which: Which) -> Marked:
    """What is marked in one graph of one of the two documents."""
    nodes: dict[str, Kind] = {}
    texts: dict[str, tuple[str, ...]] = {}
    links: dict[Port, Kind] = {}
    graph = document.graph_of(where)
    inside = touched(differences, document, which)
    for id, node in graph.nodes.items():
        if node.block in inside:
            nodes[id], texts[id] = "changed", (INSIDE,)
    for change in differences.changes:
        place, id = place_of(change, which)
        if place != where or id not in graph.nodes:
            continue
        if change.part == "node":
            nodes[id] = change.kind
            renamed = which == "base" and change.was != change.now
            told: tuple[str, ...] = (f"now {change.now}",) if renamed and change.now else ()
            told += tuple(text for text in brief(change) if not (told and text.startswith("was ")))
            more = texts.get(id, ()) if change.kind in ("changed", "renamed") else ()
            texts[id] = tuple(_short(text) for text in (*told, *more))
        elif change.part == "link" and (kind := _link_kind(change, which)):
            links[Port.parse(change.was if which == "base" else change.now)] = kind
    gone: Kind = "removed" if which == "base" else "added"
    for target, source in graph.links.items():
        if gone in (nodes.get(target.node), nodes.get(source.node)):
            links[target] = gone
    return Marked(nodes, texts, links)


def touched(differences: Differences, document: Document, which: Which) -> set[str]:
    """Blocks in which something differs, or in a block in them."""
    found = set()
    for change in differences.changes:
        where = place_of(change, which)[0]
        name = (change.was if which == "base" else change.now) if change.part == "block" else where
        if name in document.blocks and change.kind != ("removed" if which == "base" else "added"):
            found.add(name)
        elif where:
            found.add(where)
    found.discard("")
    while more := {
        name
        for name, block in document.blocks.items()
        if name not in found and any(node.block in found for node in block.graph.nodes.values())
    }:
        found |= more
    return found


def trail_to(document: Document, where: str) -> tuple[str, ...]:
    """Instances on the way from the model to a block, the shortest; none where it is not used."""
    seen = {""}
    ways: list[tuple[str, tuple[str, ...]]] = [("", ())]
    for place, trail in ways:
        if place == where:
            return trail
        for id, node in document.graph_of(place).nodes.items():
            if node.block in document.blocks and node.block not in seen:
                seen.add(node.block)
                ways.append((node.block, (*trail, id)))
    return ()


def near(id: str, graph: Graph, twins: Mapping[str, str]) -> list[str]:
    """Where a node that is in one drawing only would stand in the other: twins of what it is linked to."""
    found = [source.node for target, source in graph.links.items() if target.node == id]
    found += [target.node for target, source in graph.links.items() if source.node == id]
    return [twins[one] for one in dict.fromkeys(found) if one in twins]


class Marks:
    """Paints the marks of a drawing over its cards and wires, as a layer of the stage."""

    def __init__(self, scene: DesignScene) -> None:
        self._scene = scene
        self.shown = Marked()

    def show(self, shown: Marked) -> None:
        """Mark these and nothing else."""
        self.shown = shown
        self._scene.set_badges(shown.texts)
        self._scene.update()

    def paint(self, painter: QPainter, rect: QRectF) -> None:
        """Wires first, then cards, each with its sign."""
        zoom = painter.worldTransform().m11() or 1.0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for target, kind in self.shown.links.items():
            link = self._scene.links.get(target)
            if link is not None and link.sceneBoundingRect().intersects(rect):
                style = Qt.PenStyle.DashLine if kind == "removed" else Qt.PenStyle.SolidLine
                painter.setPen(QPen(theme.color(TOKENS[kind]), max(2.0, 1.6 / zoom), style))
                painter.drawPath(link.course)
        for id, kind in self.shown.nodes.items():
            item = self._scene.nodes.get(id)
            if item is None:
                continue
            card, color = item.scene_rect(), theme.color(TOKENS[kind])
            if not card.adjusted(-40, -40, 40, 40).intersects(rect):
                continue
            tint = QColor(color)
            tint.setAlphaF(0.10)
            painter.setBrush(tint)
            style = Qt.PenStyle.DashLine if kind == "removed" else Qt.PenStyle.SolidLine
            wide = 2.2 if item.chosen else 1.0
            painter.setPen(QPen(color, wide * max(2.0, 1.6 / zoom), style))
            painter.drawRoundedRect(card.adjusted(-1, -1, 1, 1), CORNER + 1, CORNER + 1)
            paint_sign(painter, card.topRight() + QPointF(-2, 0), max(_DISC, _LEAST / zoom), kind)


def paint_sign(painter: QPainter, center: QPointF, radius: float, kind: Kind) -> None:
    """A disc with the sign of a kind of difference."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("base"), radius * 0.2))
    painter.setBrush(theme.color(TOKENS[kind]))
    painter.drawEllipse(center, radius, radius)
    pen = QPen(theme.color("base"), radius * 0.24)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    reach = radius * 0.5
    for a, b in _STROKES[kind]:
        painter.drawLine(center + QPointF(*a) * reach, center + QPointF(*b) * reach)
    painter.restore()


_Stroke = tuple[tuple[float, float], tuple[float, float]]
_TWO: tuple[_Stroke, ...] = (((-1, -0.4), (1, -0.4)), ((-1, 0.4), (1, 0.4)))
_STROKES: Final[Mapping[Kind, tuple[_Stroke, ...]]] = {
    "added": (((-1, 0), (1, 0)), ((0, -1), (0, 1))),
    "removed": (((-1, 0), (1, 0)),),
    "changed": (*_TWO, ((0.5, -1), (-0.5, 1))),
    "renamed": _TWO,
}


def sign(kind: Kind, size: int = 16) -> QIcon:
    """The sign as an icon, for lists."""
    icon = QIcon()
    for ratio in (1, 2):
        picture = QPixmap(size * ratio, size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_sign(painter, QPointF(size / 2, size / 2), size / 2 - 1, kind)
        painter.end()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            icon.addPixmap(picture, mode)
    return icon


def legend(kinds: Iterable[Kind]) -> str:
    """What the signs mean, in words."""
    return "   ".join(f"{SIGNS[kind]} {kind}" for kind in kinds)


def _link_kind(change: Change, which: Which) -> Kind | Literal[""]:
    """A link that is not there any more is marked in the base drawing, one that came in the other one."""
    if which == "base":
        return "" if change.kind == "added" else "removed"
    return "" if change.kind == "removed" else "added"


def _short(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"
