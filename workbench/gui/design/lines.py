"""Nodes in lines: edges aligned, gaps made equal, links made level.  Pinned nodes stay.

Imports Qt, core and style.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from PySide6.QtCore import QRectF

from workbench.core.document import Graph, Place, Port
from workbench.core.layout import Box
from workbench.gui.design.style import SNAP

SIDES = ("left", "right", "top", "bottom", "column", "row")
_CLEAR = 1.0
_STRIP = 256.0


def aligned(rects: Mapping[str, QRectF], pinned: Collection[str], side: str) -> dict[str, Place]:
    """Places with one edge ("left" …), or the middles ("column", "row"), in a line.

    Pinned nodes say where the line is; without one the outermost edge does, or the middle of them all.
    """
    leading = [rect for id, rect in rects.items() if id in pinned] or list(rects.values())
    whole = QRectF()
    for rect in leading:
        whole = whole.united(rect)
    places: dict[str, Place] = {}
    for id, rect in rects.items():
        x, y = rect.left(), rect.top()
        if side == "left":
            x = whole.left()
        elif side == "right":
            x = whole.right() - rect.width()
        elif side == "column":
            x = _snapped(whole.center().x() - rect.width() / 2)
        elif side == "top":
            y = whole.top()
        elif side == "bottom":
            y = whole.bottom() - rect.height()
        else:
            y = _snapped(whole.center().y() - rect.height() / 2)
        if id not in pinned:
            places[id] = (x, y)
    return places


def distributed(rects: Mapping[str, QRectF], pinned: Collection[str], *, across: bool) -> dict[str, Place]:
    """Places with equal gaps, in steps of the grid, from the first node to the last or the next pinned one."""

    def span(id: str) -> tuple[float, float]:
        rect = rects[id]
        return (rect.left(), rect.width()) if across else (rect.top(), rect.height())

    order = sorted(rects, key=lambda id: (span(id)[0], id))
    fixed = [0, *(index for index, id in enumerate(order) if id in pinned), len(order) - 1]
    places: dict[str, Place] = {}
    for first, last in pairwise(sorted(set(fixed))):
        start = sum(span(order[first]))
        room = span(order[last])[0] - start - sum(span(id)[1] for id in order[first + 1 : last])
        gap = max(float(SNAP), _snapped(room / (last - first)))
        at = start + gap
        for id in order[first + 1 : last + 1]:
            if id not in pinned:
                rect = rects[id]
                places[id] = (at, rect.top()) if across else (rect.left(), at)
            at += span(id)[1] + gap
    return places


def levelled(
    graph: Graph, rects: Mapping[str, QRectF], boxes: Mapping[str, Box], pinned: Collection[str]
) -> tuple[dict[str, Place], list[Port]]:
    """Heights at which links among some nodes run level, and the inputs of those links.

    Each node has one level link to what it feeds, the first one drawn; a node that would cover a card stays.
    """
    lines, level = _lines(graph, boxes)
    taken = _Taken(rect for id, rect in rects.items() if id not in boxes or id in pinned)
    places: dict[str, Place] = {}
    for line in lines:
        leader = next((index for index, (id, _) in enumerate(line) if id in pinned), 0)
        top = rects[line[leader][0]].top() - line[leader][1]
        for id, offset in line:
            if id in pinned:
                top = rects[id].top() - offset
                continue
            wanted = rects[id].translated(0, top + offset - rects[id].top())
            if taken.covers(wanted):
                wanted = rects[id]
            taken.add(wanted)
            places[id] = (wanted.left(), wanted.top())
    return places, level


class _Taken:
    """Where cards stand, in strips so that few have to be looked at."""

    def __init__(self, rects: Iterable[QRectF]) -> None:
        self._strips: dict[int, list[QRectF]] = {}
        for rect in rects:
            self.add(rect)

    def add(self, rect: QRectF) -> None:
        for strip in _strips(rect):
            self._strips.setdefault(strip, []).append(rect)

    def covers(self, rect: QRectF) -> bool:
        """Whether a card would stand on another one, or touch it."""
        wide = rect.adjusted(-_CLEAR, -_CLEAR, _CLEAR, _CLEAR)
        return any(wide.intersects(other) for strip in _strips(wide) for other in self._strips.get(strip, ()))


def _strips(rect: QRectF) -> range:
    return range(int(rect.left() // _STRIP), int(rect.right() // _STRIP) + 1)


def _lines(graph: Graph, boxes: Mapping[str, Box]) -> tuple[list[list[tuple[str, float]]], list[Port]]:
    """Nodes that follow each other with how far each stands below the first one, for level links; those links."""
    after: dict[str, tuple[str, float]] = {}
    inside: set[str] = set()
    level: list[Port] = []
    for target in sorted(graph.links, key=lambda port: _rank(boxes, port)):
        source = graph.links[target]
        if source.node not in boxes or target.node not in boxes:
            continue
        if source.node in after or target.node in inside:
            continue
        out, into = boxes[source.node].outputs.get(source.name), boxes[target.node].inputs.get(target.name)
        if out is not None and into is not None:
            after[source.node] = (target.node, out - into)
            inside.add(target.node)
            level.append(target)
    lines = []
    for id in graph.order()[0]:
        if id in boxes and id not in inside:
            line = [(id, 0.0)]
            while line[-1][0] in after:
                end, rise = after[line[-1][0]]
                line.append((end, line[-1][1] + rise))
            lines.append(line)
    return lines, level


def _rank(boxes: Mapping[str, Box], port: Port) -> float:
    """Upper inputs come first: the main way through a model mostly enters there."""
    return boxes[port.node].inputs.get(port.name, 0.0) if port.node in boxes else 0.0


def _snapped(value: float) -> float:
    return round(value / SNAP) * SNAP
