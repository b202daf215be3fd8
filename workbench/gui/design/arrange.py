"""Arranging nodes: auto layout of all, a selection or a branch.  One undo step each; pinned nodes stay.

Imports core, canvas and commands.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, floor

from PySide6.QtCore import QPointF, QRectF

from workbench.core.document import FRAME, NOTE, PINNED, Graph, Place, Remark
from workbench.core.edits import Edit, MoveNodes, Several
from workbench.core.layout import Box, Group, arranged
from workbench.core.looks import PutRemarks, SetBends
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.lines import SIDES, aligned, distributed, levelled
from workbench.gui.design.style import HEAD, SNAP

_Bounds = tuple[float, float, float, float]
_CLEAR = 2.0 * SNAP
_NEAR = 4.0 * HEAD
"""A note that is not farther from a card goes where that goes."""
_LEAST = (16.0, 40.0, 16.0, 16.0)
_MOST = (64.0, 96.0, 64.0, 64.0)
"""Bounds for the room between a frame and what it holds: left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class _Framed:
    """A frame, the nodes that it holds and its margins around them."""

    frame: Remark
    ids: frozenset[str]
    margins: tuple[float, float, float, float]


class Arranging:
    """The commands that give nodes new places."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def bind(self, commands: Commands) -> None:
        """Offer them while the canvas has the focus."""
        table: dict[str, Callable[[], object]] = {
            "arrange": self.arrange,
            "arrange_branch": self.arrange_branch,
            "distribute_x": lambda: self.distribute(across=True),
            "distribute_y": lambda: self.distribute(across=False),
            "straighten": self.straighten,
        }
        commands.offer({**table, **{f"align_{side}": partial(self.align, side) for side in SIDES}})

    # ------------------------------------------------------------- layout

    def arrange(self) -> None:
        """Lay out the selection, or the whole drawing while fewer than two nodes are selected."""
        chosen = self._selected
        self._lay_out(chosen if len(chosen) > 1 else tuple(self._graph.nodes))

    def arrange_branch(self) -> None:
        """Lay out what feeds the selected nodes, and what they feed."""
        if not self._selected:
            self.canvas.tell("Select a node to arrange what feeds it and what it feeds.")
            return
        branch = self._graph.upstream(self._selected) | self._graph.downstream(self._selected)
        self._lay_out(tuple(id for id in self._graph.nodes if id in branch))

    def _lay_out(self, ids: tuple[str, ...]) -> None:
        if not ids:
            self.canvas.tell("There is nothing to arrange yet.")
            return
        graph, rects = self._graph, self._rects()
        pinned = [id for id in ids if PINNED in graph.nodes[id].look]
        frames = framed(graph, rects, set(ids) - set(pinned))
        groups = [Group(each.ids, each.margins) for each in frames if len(each.ids) > 1]
        found = arranged({id: self._box(id) for id in ids}, graph.links, groups)
        places = _around_pinned(found, rects, pinned) if pinned else _in_place(found, rects)
        changed = {id: place for id, place in places.items() if place != graph.nodes[id].at}
        label = f"Arrange {len(ids)} nodes" if len(ids) > 1 else f"Arrange {ids[0]}"
        edits = self._moved(changed, rects, frames)
        if not edits:
            self.canvas.tell("This is arranged already.")
        elif self.canvas.do(Several(label, edits)) and len(ids) == len(graph.nodes):
            self.canvas.frame_all()

    def _moved(
        self, places: Mapping[str, Place], rects: Mapping[str, QRectF], frames: Iterable[_Framed]
    ) -> tuple[Edit, ...]:
        """Edits that move nodes with their frames and notes, and make their links direct."""
        graph, where = self._graph, self.canvas.place.where
        after = {**rects, **{id: QRectF(QPointF(*at), rects[id].size()) for id, at in places.items()}}
        edits: list[Edit] = [MoveNodes(places, where)] if places else []
        edits += [
            SetBends(target, (), where)
            for target in graph.bends
            if target.node in places or graph.links[target].node in places
        ]
        remarks = [*_frames_around(frames, after), *_notes_beside(graph, rects, after, places)]
        changed = tuple(remark for remark in remarks if remark != graph.remarks[remark.id])
        if changed:
            edits.append(PutRemarks(changed, "Move remarks", where))
        return tuple(edits)

    # ------------------------------------------------------------- lines

    def align(self, side: str) -> None:
        """Bring the edges or middles of the selected nodes into one line; pinned ones say where."""
        if self._enough(2, "align"):
            places = aligned(self._chosen(), self._pinned(), side)
            self._move(f"Align {len(self._selected)} nodes", places)

    def distribute(self, *, across: bool) -> None:
        """Make the gaps between the selected nodes equal; the first one stays, and pinned ones do."""
        if self._enough(3, "distribute"):
            places = distributed(self._chosen(), self._pinned(), across=across)
            self._move(f"Distribute {len(self._selected)} nodes", places)

    def straighten(self) -> None:
        """Move the selected nodes up or down so that links between them run level."""
        if not self._enough(2, "straighten"):
            return
        graph, rects = self._graph, self._rects()
        boxes = {id: self._box(id) for id in self._selected}
        places, level = levelled(graph, rects, boxes, self._pinned())
        if not level:
            self.canvas.tell("There are no links between the selected nodes.")
            return
        bends = [SetBends(target, (), self.canvas.place.where) for target in level if target in graph.bends]
        self._move(f"Straighten {len(self._selected)} nodes", places, bends)

    def _move(self, label: str, places: Mapping[str, Place], more: Iterable[Edit] = ()) -> None:
        nodes = self._graph.nodes
        moved = {id: place for id, place in places.items() if place != nodes[id].at}
        edits = [*([MoveNodes(moved, self.canvas.place.where)] if moved else []), *more]
        if edits:
            self.canvas.do(Several(label, tuple(edits)))
        else:
            pinned = [id for id in self._selected if PINNED in nodes[id].look]
            self.canvas.tell(
                "All selected nodes are pinned."
                if pinned and len(pinned) == len(self._selected)
                else "Nothing had to move."
            )

    def _enough(self, count: int, what: str) -> bool:
        if len(self._selected) >= count:
            return True
        self.canvas.tell(f"Select {('two', 'three')[count - 2]} or more nodes to {what}.")
        return False

    # ------------------------------------------------------------- what is there

    @property
    def _graph(self) -> Graph:
        return self.canvas.drawing.graph

    @property
    def _selected(self) -> tuple[str, ...]:
        return tuple(self.canvas.drawing.selection)

    def _rects(self) -> dict[str, QRectF]:
        items = self.canvas.drawing.nodes
        return {id: items[id].card.rect.translated(*node.at) for id, node in self._graph.nodes.items()}

    def _chosen(self) -> dict[str, QRectF]:
        rects = self._rects()
        return {id: rects[id] for id in self._selected}

    def _pinned(self) -> set[str]:
        return {id for id in self._selected if PINNED in self._graph.nodes[id].look}

    def _box(self, id: str) -> Box:
        card = self.canvas.drawing.nodes[id].card
        inputs, outputs = (
            {name: at.y() for name, at in ports.items()} for ports in (card.inputs, card.outputs)
        )
        return Box(card.width, card.height, inputs, outputs)


def framed(graph: Graph, rects: Mapping[str, QRectF], ids: Collection[str]) -> list[_Framed]:
    """The frames all of whose nodes are among `ids`. A frame holds the nodes whose middle is in it."""
    found = []
    for remark in graph.remarks.values():
        if remark.kind != FRAME:
            continue
        area = QRectF(*remark.at, *remark.size)
        held = frozenset(id for id, rect in rects.items() if area.contains(rect.center()))
        if held and held <= set(ids):
            inner = _around(rects[id] for id in held)
            room = (
                inner.left() - area.left(),
                inner.top() - area.top(),
                area.right() - inner.right(),
                area.bottom() - inner.bottom(),
            )
            left, top, right, bottom = (
                ceil(max(least, min(most, side)) / SNAP) * SNAP
                for least, most, side in zip(_LEAST, _MOST, room, strict=True)
            )
            found.append(_Framed(remark, held, (left, top, right, bottom)))
    return found


def _frames_around(frames: Iterable[_Framed], rects: Mapping[str, QRectF]) -> list[Remark]:
    """Frames where the nodes that they hold are now."""
    found = []
    for each in frames:
        left, top, right, bottom = each.margins
        area = _around(rects[id] for id in each.ids).adjusted(-left, -top, right, bottom)
        found.append(replace(each.frame, at=(area.left(), area.top()), size=(area.width(), area.height())))
    return found


def _notes_beside(
    graph: Graph, before: Mapping[str, QRectF], after: Mapping[str, QRectF], moved: Collection[str]
) -> list[Remark]:
    """Notes beside nodes that moved: as far from the nearest one as they were, where they cover no card."""
    found = []
    cards = [_bounds(rect) for rect in after.values()]
    for note in graph.remarks.values():
        area = QRectF(*note.at, *note.size)
        near = min(before, key=lambda id: _distance(before[id], area), default="")
        if note.kind != NOTE or near not in moved or _distance(before[near], area) > _NEAR:
            continue
        step = after[near].topLeft() - before[near].topLeft()
        bounds = _bounds(area.translated(step))
        x, y = bounds[:2]
        found.append(replace(note, at=(x, y + _nearest(_blocked(bounds, cards)))))
        cards.append(_bounds(QRectF(*found[-1].at, *note.size)))
    return found


def _in_place(found: Mapping[str, Place], rects: Mapping[str, QRectF]) -> dict[str, Place]:
    """The layout where its nodes were before, or as little below or above as leaves all other cards free."""
    before = _around(rects[id] for id in found)
    left, top = _snapped(before.left()), _snapped(before.top())
    others = [_bounds(rect) for id, rect in rects.items() if id not in found]
    blocked = []
    for id, (x, y) in found.items():
        blocked += _blocked((x + left, y + top, rects[id].width(), rects[id].height()), others)
    shift = _nearest(blocked)
    return {id: (x + left, y + top + shift) for id, (x, y) in found.items()}


def _around_pinned(
    found: Mapping[str, Place], rects: Mapping[str, QRectF], pinned: Sequence[str]
) -> dict[str, Place]:
    """The layout with its first pinned node where that stands; what would cover a card goes above or below it."""
    first = pinned[0]
    dx = _snapped(rects[first].left() - found[first][0])
    dy = _snapped(rects[first].top() - found[first][1])
    taken = [_bounds(rect) for id, rect in rects.items() if id not in found or id in pinned]
    places: dict[str, Place] = {}
    for id in sorted(set(found) - set(pinned), key=lambda id: (found[id][1], found[id][0], id)):
        bounds = (found[id][0] + dx, found[id][1] + dy, rects[id].width(), rects[id].height())
        y = bounds[1] + _nearest(_blocked(bounds, taken))
        places[id] = (bounds[0], y)
        taken.append((bounds[0], y, *bounds[2:]))
    return places


def _blocked(card: _Bounds, others: Iterable[_Bounds]) -> list[tuple[float, float]]:
    """Shifts up or down, from and to, at which a card would cover one of the others."""
    x, y, width, height = card
    return [
        (top - y - height - _CLEAR, top + high - y + _CLEAR)
        for left, top, wide, high in others
        if left - _CLEAR < x + width and x < left + wide + _CLEAR
    ]


def _nearest(blocked: Iterable[tuple[float, float]]) -> float:
    """The smallest shift in steps of the grid that is not blocked."""
    below = above = 0.0
    for start, end in sorted(blocked):
        if start < below < end:
            below = ceil(end / SNAP) * SNAP
    for start, end in sorted(blocked, key=lambda span: -span[1]):
        if start < above < end:
            above = floor(start / SNAP) * SNAP
    return below if below <= -above else above


def _around(rects: Iterable[QRectF]) -> QRectF:
    whole = QRectF()
    for rect in rects:
        whole = whole.united(rect)
    return whole


def _bounds(rect: QRectF) -> _Bounds:
    return rect.left(), rect.top(), rect.width(), rect.height()


def _distance(a: QRectF, b: QRectF) -> float:
    across = max(a.left() - b.right(), b.left() - a.right(), 0.0)
    return across + max(a.top() - b.bottom(), b.top() - a.bottom(), 0.0)


def _snapped(value: float) -> float:
    return round(value / SNAP) * SNAP
