"""Where a moved card snaps: to the edges and middles of its neighbours, to level links, else to the grid.

Imports Qt and style; knows no scene.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRectF

from workbench.gui.design.style import SNAP

_BEYOND = 12.0
"""How far a guide stands out of the cards that it joins."""


@dataclass(slots=True)
class _Lines:
    """Heights (or the like) that one can snap to, sorted, and the stretch from which each one comes."""

    values: list[float] = field(default_factory=list)
    spans: dict[float, list[tuple[float, float]]] = field(default_factory=dict)

    def add(self, value: float, low: float, high: float) -> None:
        self.spans.setdefault(value, []).append((low, high))

    def nearest(self, value: float) -> float | None:
        if len(self.values) != len(self.spans):
            self.values = sorted(self.spans)
        at = bisect_left(self.values, value)
        near = self.values[max(0, at - 1) : at + 1]
        return min(near, key=lambda other: abs(other - value)) if near else None


class Guides:
    """Made once for a move: `own` is what moves, `others` stand still.

    `levels` are links between the two: (the end that moves, the end that stands).
    """

    def __init__(
        self, own: QRectF, others: Iterable[QRectF], levels: Sequence[tuple[QPointF, QPointF]] = ()
    ) -> None:
        self._own, self._levels = own, levels
        self._edges = (_Lines(), _Lines())
        self._middles = (_Lines(), _Lines())
        for rect in others:
            across, down = (rect.left(), rect.right()), (rect.top(), rect.bottom())
            for axis, (ends, span) in enumerate(((across, down), (down, across))):
                self._edges[axis].add(ends[0], *span)
                self._edges[axis].add(ends[1], *span)
                self._middles[axis].add((ends[0] + ends[1]) / 2, *span)

    def snapped(self, by: QPointF, anchor: QPointF, reach: float) -> tuple[QPointF, list[QLineF]]:
        """The shift to make instead of `by`, and the lines that show why; `anchor` is put on the grid without any."""
        x, y = self._aligned(0, by.x(), reach), self._aligned(1, by.y(), reach)
        level = self._level(by.y(), reach if y is None else min(reach, abs(y - by.y()) + 1e-6))
        if level is not None:
            y = level
        grid = QPointF(_on_grid(anchor.x(), by.x()), _on_grid(anchor.y(), by.y()))
        made = QPointF(grid.x() if x is None else x, grid.y() if y is None else y)
        lines = [] if x is None else self._lines(0, made)
        if level is not None:
            lines += self._level_lines(made)
        elif y is not None:
            lines += self._lines(1, made)
        return made, lines

    def _anchors(self, axis: int) -> tuple[tuple[float, _Lines], ...]:
        own = self._own
        low, high = (own.left(), own.right()) if axis == 0 else (own.top(), own.bottom())
        edges, middles = self._edges[axis], self._middles[axis]
        return ((low, edges), (high, edges), ((low + high) / 2, middles))

    def _aligned(self, axis: int, by: float, reach: float) -> float | None:
        best: float | None = None
        for own, lines in self._anchors(axis):
            value = lines.nearest(own + by)
            if value is not None and abs(value - own - by) <= (reach if best is None else abs(best - by)):
                best = value - own
        return best

    def _level(self, by: float, reach: float) -> float | None:
        wanted = [still.y() - moving.y() for moving, still in self._levels]
        best = min(wanted, key=lambda value: abs(value - by), default=None)
        return best if best is not None and abs(best - by) <= reach else None

    def _lines(self, axis: int, by: QPointF) -> list[QLineF]:
        """The guides of one axis for a shift: one for each edge that meets another, or one for the middle."""
        moved = self._own.translated(by)
        low, high = (moved.top(), moved.bottom()) if axis == 0 else (moved.left(), moved.right())
        shift = by.x() if axis == 0 else by.y()
        found: list[QLineF] = []
        for own, lines in self._anchors(axis):
            value = own + shift
            spans = lines.spans.get(value)
            if not spans or (lines is self._middles[axis] and found):
                continue  # where edges meet, the middle says nothing new
            middle = (low + high) / 2
            start, end = min(spans, key=lambda span: abs((span[0] + span[1]) / 2 - middle))
            one, other = min(start, low) - _BEYOND, max(end, high) + _BEYOND
            found.append(QLineF(value, one, value, other) if axis == 0 else QLineF(one, value, other, value))
        return found

    def _level_lines(self, by: QPointF) -> list[QLineF]:
        pairs = ((moving + by, still) for moving, still in self._levels)
        return [QLineF(one, other) for one, other in pairs if abs(one.y() - other.y()) < 1e-6]


def _on_grid(at: float, by: float) -> float:
    return round((at + by) / SNAP) * SNAP - at
