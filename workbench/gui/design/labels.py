"""Puts the shape of what flows beside the wires: not on cards or other shapes, nor where it seems another wire's.

Works lazily: only what is painted gets a place, and a place is kept until something near it changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QStaticText, QTransform

from workbench.core.document import Port
from workbench.gui.design.geometry import Course
from workbench.gui.design.items import LinkItem
from workbench.gui.design.style import spec_text, style

_CELL = 64
_SPOTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
_POINTS = 24
_GAP = 3.0
_MOST_TEXTS = 2000
_MOST_PLACED = 8
WIDE, HIGH = 120.0, 28.0
"""How far a shape may stand outside the bounds of its wire."""
BESIDE = 8.0
"""How far other wires stay from a shape: it would be read as theirs."""


@dataclass(frozen=True, slots=True)
class Label:
    """A placed text, and the link that it belongs to."""

    text: str
    rect: QRectF
    target: Port
    source: Port


class Labels:
    """The shapes beside the wires. `blocked` says whether a card covers a rectangle of the scene, or a wire is near
    that does not come from a port.
    """

    def __init__(self, blocked: Callable[[QRectF, Port], bool]) -> None:
        self._blocked = blocked
        self._of_link: dict[Port, Label] = {}
        self._without: dict[Port, QRectF] = {}  # links beside which there was no room, with their bounds
        self._of_source: dict[Port, Port] = {}
        self._cells: dict[tuple[int, int], list[Label]] = {}
        self._texts: dict[str, QStaticText] = {}

    def clear(self) -> None:
        """Forget all places, after a change that may concern any."""
        for kept in (self._of_link, self._without, self._of_source, self._cells, self._texts):
            kept.clear()

    def forget(self, link: LinkItem) -> QRectF | None:
        """Forget one place; gives the rectangle that must be painted again, None if nothing stood there."""
        self._without.pop(link.target, None)
        if self._of_source.get(link.source) == link.target:
            del self._of_source[link.source]
        label = self._of_link.pop(link.target, None)
        if label is None:
            return None
        for cell in _cells(label.rect):
            self._cells[cell].remove(label)
        return label.rect.adjusted(-2, -2, 2, 2)

    def near(self, area: QRectF) -> set[Port]:
        """Links whose shapes stand in an area, or beside which there may be room now that it changed."""
        found = {port for port, rect in self._without.items() if rect.intersects(area)}
        for cell in _cells(area):
            found.update(label.target for label in self._cells.get(cell, ()) if label.rect.intersects(area))
        return found

    def struck(self, link: LinkItem) -> set[Port]:
        """Links whose shapes another wire now comes near to."""
        found = set()
        for cell in _cells(link.rect()):
            for label in self._cells.get(cell, ()):
                near = label.rect.adjusted(-BESIDE, -BESIDE, BESIDE, BESIDE)
                if label.source != link.source and link.runs_through(near):
                    found.add(label.target)
        return found

    def paint(self, painter: QPainter, links: Iterable[LinkItem]) -> bool:
        """Paint the shapes of these links; true if some are left for the next time, since many had no place yet."""
        room = _MOST_PLACED
        made = style()
        painter.setFont(made.label_font)
        if len(self._texts) > _MOST_TEXTS:
            self._texts.clear()
        for link in links:
            if link.moving or link.hidden or link.idle:
                continue
            if link.target not in self._of_link and link.target not in self._without and self._wanted(link):
                room -= 1
                if room < 0:
                    continue
            label = self.of(link)
            if label is not None:
                painter.setPen(made.wires[link.kind] if link.hovered or link.chosen else made.dim)
                painter.drawStaticText(label.rect.topLeft(), self._text(label.text))
        return room < 0

    def _text(self, words: str) -> QStaticText:
        text = self._texts.get(words)
        if text is None:
            text = self._texts[words] = QStaticText(words)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            text.prepare(QTransform(), style().label_font)
        return text

    def of(self, link: LinkItem) -> Label | None:
        """The label of a link; None where there is nothing to say or no room."""
        known = self._of_link.get(link.target)
        if known is not None or link.target in self._without:
            return known
        if not self._wanted(link) or link.spec is None:
            return None
        label = self._placed(link, spec_text(link.spec, link.source.name, link.target.name))
        if label is None:
            self._without[link.target] = link.rect()
            return None
        self._of_link[link.target] = label
        self._of_source[link.source] = link.target
        for cell in _cells(label.rect):
            self._cells.setdefault(cell, []).append(label)
        return label

    def _wanted(self, link: LinkItem) -> bool:
        """Something flows, and no other link from the same port tells it."""
        return link.spec is not None and self._of_source.get(link.source, link.target) == link.target

    def _placed(self, link: LinkItem, text: str) -> Label | None:
        texts = [text] + ([text[2:]] if text.startswith("N×") else [])
        course, metrics = Course(link.path()), style().label_metrics
        spots = [course.at(share) for share in _SPOTS]
        points = [course.at(step / _POINTS)[0] for step in range(1, _POINTS)]
        for words in texts:
            width, height = metrics.horizontalAdvance(words) + 2, metrics.height()
            for (x, y), steep in spots:
                for rect in _around(x, y, width, height, steep):
                    left, top, right, bottom = rect
                    if any(left <= px <= right and top <= py <= bottom for px, py in points):
                        continue
                    place = QRectF(left, top, right - left, bottom - top)
                    if not self._taken(place, link.source):
                        return Label(words, place, link.target, link.source)
        return None

    def _taken(self, rect: QRectF, source: Port) -> bool:
        for cell in _cells(rect):
            for other in self._cells.get(cell, ()):
                if other.rect.intersects(rect):
                    return True
        return self._blocked(rect, source)


def _around(x: float, y: float, width: float, height: float, steep: bool) -> list[tuple[float, ...]]:
    """Places beside a spot of a wire: above and below where it runs flat, right and left where it climbs."""
    if steep:
        top, bottom = y - height / 2, y + height / 2
        return [
            (x + 2 * _GAP, top, x + 2 * _GAP + width, bottom),
            (x - 2 * _GAP - width, top, x - 2 * _GAP, bottom),
        ]
    left, right = x - width / 2, x + width / 2
    return [(left, y - height - _GAP, right, y - _GAP), (left, y + _GAP, right, y + _GAP + height)]


def _cells(rect: QRectF) -> list[tuple[int, int]]:
    return [
        (column, row)
        for column in range(int(rect.left() // _CELL), int(rect.right() // _CELL) + 1)
        for row in range(int(rect.top() // _CELL), int(rect.bottom() // _CELL) + 1)
    ]
