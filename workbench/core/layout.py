"""Auto layout: places for cards so that links run to the right, short, straight and with few crossings.

Frames stay together, long rows of cards are folded. Standard library and core/layers.py only; the same drawing
always gets the same layout.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, sqrt

from workbench.core.document import Place, Port
from workbench.core.layers import Edge, Spacing, place_part
from workbench.core.runs import runs

__all__ = ["Box", "Group", "Spacing", "arranged", "layered"]
_WIDE = 5.0
"""A drawing so many times wider than high has its long rows folded."""
_LONG = 8
"""Runs of so many cards can be folded."""
_FOLDED = 3.0
_STACKED = 12
"""In groups of so few cards those without a link stand in a column."""
_TURN = 24.0
"""Room at both ends of folded rows for the links that lead to the next one."""


@dataclass(frozen=True, slots=True)
class Box:
    """The size of a card and how far below its top edge each port stands."""

    width: float
    height: float
    inputs: Mapping[str, float] = field(default_factory=dict)
    outputs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Boxes that stay together with nothing else between them; margins at the left, top, right and bottom."""

    ids: frozenset[str]
    margins: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


def arranged(
    boxes: Mapping[str, Box],
    links: Mapping[Port, Port],
    groups: Sequence[Group] = (),
    spacing: Spacing | None = None,
    *,
    stacked: bool = False,
) -> dict[str, Place]:
    """Top left corners of all boxes, from (0, 0), with groups kept together and long rows folded.

    Groups lie apart or inside each other. One that would turn a link back is not kept together.
    """
    spacing = spacing or Spacing()
    outer = _kept(boxes, links, [group for group in groups if not any(group.ids < g.ids for g in groups)])
    places: dict[str, Place] = {}
    inner = {}
    for number, group in enumerate(outer):
        own = {id: box for id, box in boxes.items() if id in group.ids}
        within = [g for g in groups if g.ids < group.ids]
        found = arranged(own, links, within, spacing, stacked=len(own) <= _STACKED)
        inner[f"group {number}"] = (found, group.margins)
    merged, joined, shift = _merged(boxes, links, inner, spacing)
    outside = layered(merged, joined, spacing, stacked=stacked)
    outside = _folded(merged, joined, outside, spacing) or outside
    for id in boxes:
        owner, (dx, dy) = shift[id]
        x, y = outside[owner]
        places[id] = (x + dx, y + dy)
    return places


def layered(
    boxes: Mapping[str, Box],
    links: Mapping[Port, Port],
    spacing: Spacing | None = None,
    *,
    stacked: bool = False,
) -> dict[str, Place]:
    """Top left corners of all boxes; the whole begins at (0, 0). Parts without a link between them stand below
    each other; single cards stand in rows below them, or `stacked` like other parts. Links from or to what is not
    in `boxes` are left out; a cycle is laid out with one link going back.
    """
    spacing = spacing or Spacing()
    ids = list(boxes)
    number = {id: index for index, id in enumerate(ids)}
    edges = [
        Edge(
            number[source.node],
            number[target.node],
            boxes[source.node].outputs.get(source.name, boxes[source.node].height / 2),
            boxes[target.node].inputs.get(target.name, boxes[target.node].height / 2),
        )
        for target, source in links.items()
        if source.node in number and target.node in number and source.node != target.node
    ]
    sizes = [
        (_up(box.width, spacing.grid), _up(box.height, spacing.grid)) for box in (boxes[id] for id in ids)
    ]
    places: dict[int, Place] = {}
    floor, wide = 0.0, 0.0
    alone: list[int] = []
    for part in _parts(len(ids), edges):
        if len(part) == 1 and not stacked:
            alone += part
            continue
        drawn = _part(part, edges, sizes, spacing)
        bottom = max(y + sizes[v][1] for v, (_, y) in drawn.items())
        wide = max(wide, *(x + sizes[v][0] for v, (x, _) in drawn.items()))
        places.update({v: (x, y + floor) for v, (x, y) in drawn.items()})
        floor += bottom + (2 if len(part) > 1 else 1) * spacing.down
    places.update(_rows(alone, sizes, spacing, wide, floor))
    return {ids[v]: places[v] for v in range(len(ids))}


# ----------------------------------------------------------------- parts


def _parts(count: int, edges: Iterable[Edge]) -> list[list[int]]:
    """Vertices that hang together, in the order in which they were given."""
    root = list(range(count))

    def find(vertex: int) -> int:
        while root[vertex] != vertex:
            root[vertex] = root[root[vertex]]
            vertex = root[vertex]
        return vertex

    for edge in edges:
        a, b = find(edge.start), find(edge.end)
        root[max(a, b)] = min(a, b)
    parts: dict[int, list[int]] = {}
    for vertex in range(count):
        parts.setdefault(find(vertex), []).append(vertex)
    return list(parts.values())


def _rows(
    alone: Sequence[int], sizes: Sequence[Place], spacing: Spacing, wide: float, floor: float
) -> dict[int, Place]:
    """Cards without links, in rows about as wide as the rest."""
    area = sum((sizes[v][0] + spacing.across) * (sizes[v][1] + spacing.down) for v in alone)
    room = max(wide, 2 * sqrt(area))
    places: dict[int, Place] = {}
    x, y, high = 0.0, floor, 0.0
    for vertex in alone:
        width, height = sizes[vertex]
        if x > 0 and x + width > room:
            x, y, high = 0.0, y + high + spacing.down, 0.0
        places[vertex] = (x, y)
        x += width + spacing.across
        high = max(high, height)
    return places


def _part(
    part: Sequence[int], edges: Iterable[Edge], sizes: Sequence[Place], spacing: Spacing
) -> dict[int, Place]:
    """One connected part, from (0, 0)."""
    local = {vertex: index for index, vertex in enumerate(part)}
    own = [
        replace(edge, start=local[edge.start], end=local[edge.end]) for edge in edges if edge.start in local
    ]
    return dict(zip(part, place_part([sizes[v] for v in part], own, spacing), strict=True))


# ----------------------------------------------------------------- groups


def _merged(
    boxes: Mapping[str, Box],
    links: Mapping[Port, Port],
    inner: Mapping[str, tuple[Mapping[str, Place], tuple[float, float, float, float]]],
    spacing: Spacing,
) -> tuple[dict[str, Box], dict[Port, Port], dict[str, tuple[str, Place]]]:
    """The drawing with one box for what each of `inner` places; its links; where each box is: in what, how far in."""
    shift = {id: (id, (0.0, 0.0)) for id in boxes}
    merged: dict[str, Box] = {}
    for name, (places, (left, top, right, bottom)) in inner.items():
        for id, (x, y) in places.items():
            shift[id] = (name, (x + left, y + top))
        ports: tuple[dict[str, float], dict[str, float]] = ({}, {})
        for id, (_, y) in places.items():
            for side, heights in zip(ports, (boxes[id].inputs, boxes[id].outputs), strict=True):
                side.update({f"{id}.{port}": y + top + height for port, height in heights.items()})
        wide = max(x + boxes[id].width for id, (x, _) in places.items()) + left + right
        high = max(y + boxes[id].height for id, (_, y) in places.items()) + top + bottom
        merged[name] = Box(wide, high, *ports)
    ordered = {shift[id][0]: merged.get(shift[id][0], boxes[id]) for id in boxes}
    joined: dict[Port, Port] = {}

    def moved(port: Port) -> Port:
        owner = shift[port.node][0]
        return port if owner == port.node else Port(owner, str(port))

    for target, source in links.items():
        if target.node in shift and source.node in shift and shift[target.node][0] != shift[source.node][0]:
            joined[moved(target)] = moved(source)
    return ordered, joined, shift


def _kept(boxes: Mapping[str, Box], links: Mapping[Port, Port], groups: Sequence[Group]) -> list[Group]:
    """The groups that can be drawn as one box each without a link going back."""
    kept: list[Group] = []
    for group in groups:
        ids = frozenset(id for id in group.ids if id in boxes)
        apart = not any(ids & other.ids for other in kept)
        if len(ids) > 1 and apart and not _closes_cycle(boxes, links, [*kept, group]):
            kept.append(replace(group, ids=ids))
    return kept


def _closes_cycle(boxes: Mapping[str, Box], links: Mapping[Port, Port], groups: Sequence[Group]) -> bool:
    owner = {id: id for id in boxes}
    for number, group in enumerate(groups):
        owner.update(dict.fromkeys(group.ids & boxes.keys(), f"group {number}"))
    after: dict[str, set[str]] = {name: set() for name in owner.values()}
    for target, source in links.items():
        if target.node in owner and source.node in owner and owner[target.node] != owner[source.node]:
            after[owner[source.node]].add(owner[target.node])
    fed = dict.fromkeys(after, 0)
    for ends in after.values():
        for end in ends:
            fed[end] += 1
    ready = [name for name, count in fed.items() if not count]
    for name in ready:
        for end in after[name]:
            fed[end] -= 1
            if not fed[end]:
                ready.append(end)
    return len(ready) < len(after)


# ----------------------------------------------------------------- folding


def _folded(
    boxes: Mapping[str, Box], links: Mapping[Port, Port], places: Mapping[str, Place], spacing: Spacing
) -> dict[str, Place] | None:
    """The layout with long rows of cards folded into several; None where that is not needed or does not help."""
    wide, high = _extent(boxes, places)
    if wide < _WIDE * high:
        return None
    chains = [_pieces(run, boxes, links, spacing) for run in runs(boxes.keys(), links)]
    chains = [
        chain for chain in chains if _LONG <= _cards(chain) >= 2 * max(len(piece.ids) for piece in chain)
    ]
    longest = max((len(chain) for chain in chains), default=0)
    found = None
    likely = round(sqrt(wide / (_FOLDED * high)))
    for rows in range(max(2, likely - 1), min(longest // 2, likely + 4) + 1):
        folds = {
            f"fold {number}": (_fold(chain, boxes, links, rows, spacing), (_TURN, 0.0, _TURN, 0.0))
            for number, chain in enumerate(chains)
        }
        merged, joined, shift = _merged(boxes, links, folds, spacing)
        outside = layered(merged, joined, spacing)
        found = {}
        for id in boxes:
            owner, (dx, dy) = shift[id]
            found[id] = (outside[owner][0] + dx, outside[owner][1] + dy)
        wide, high = _extent(boxes, found)
        if wide <= _FOLDED * high:
            break
    return found


def _extent(boxes: Mapping[str, Box], places: Mapping[str, Place]) -> Place:
    wide = max(x + boxes[id].width for id, (x, _) in places.items())
    return wide, max(y + boxes[id].height for id, (_, y) in places.items())


@dataclass(slots=True)
class _Piece:
    """A part of a run to which a single link leads: all its cards, the one that it leads to, the one at the end."""

    ids: list[str]
    entry: str
    exit: str
    width: float = 0.0


def _pieces(
    run: Sequence[Sequence[str]], boxes: Mapping[str, Box], links: Mapping[Port, Port], spacing: Spacing
) -> list[_Piece]:
    """A run, cut wherever only one link would lead from the end of a row to the next."""
    into = {id: number for number, step in enumerate(run) for id in step}
    ways = Counter(
        into[target.node]
        for target, source in links.items()
        if source.node in into and into.get(target.node) == into[source.node] + 1
    )
    pieces: list[_Piece] = []
    for number, step in enumerate(run):
        if pieces and ways[number] > 1:
            pieces[-1].ids += step
            pieces[-1].exit = step[-1]
        else:
            pieces.append(_Piece([*step], step[-1], step[-1]))
    owner = {id: number for number, piece in enumerate(pieces) for id in piece.ids}
    inner: list[dict[Port, Port]] = [{} for _ in pieces]
    for target, source in links.items():
        if source.node in owner and owner[source.node] == owner.get(target.node):
            inner[owner[source.node]][target] = source
    for piece, joined in zip(pieces, inner, strict=True):
        own = {id: boxes[id] for id in piece.ids}
        piece.width = _extent(own, layered(own, joined, spacing))[0] + spacing.across
    return pieces


def _cards(pieces: Iterable[_Piece]) -> int:
    return sum(len(piece.ids) for piece in pieces)


def _fold(
    pieces: Sequence[_Piece],
    boxes: Mapping[str, Box],
    links: Mapping[Port, Port],
    rows: int,
    spacing: Spacing,
) -> dict[str, Place]:
    """The pieces of a run in several rows; in columns where each is one card."""
    if all(len(piece.ids) == 1 for piece in pieces):
        return _columns([piece.entry for piece in pieces], boxes, rows, spacing)
    places: dict[str, Place] = {}
    y, end = 0.0, 0.0
    for row in _rows_of(pieces, rows):
        own = {id: boxes[id] for piece in row for id in piece.ids}
        found = layered(own, links, spacing)
        start = found[row[0].entry][1] + own[row[0].entry].height / 2
        if places:  # so far that a link halfway between both ends runs between the rows
            y += _up(max(1.5 * spacing.down, end - start + 2 * spacing.grid), spacing.grid)
        places.update({id: (x, y + top) for id, (x, top) in found.items()})
        high = _up(_extent(own, found)[1], spacing.grid)
        end = high - found[row[-1].exit][1] - own[row[-1].exit].height / 2
        y += high
    return places


def _rows_of(pieces: Sequence[_Piece], rows: int) -> list[list[_Piece]]:
    """The pieces in at most so many rows, the longest of which is as short as can be."""

    def filled(room: int) -> list[list[_Piece]]:
        parts: list[list[_Piece]] = [[]]
        used = 0.0
        for piece in pieces:
            if parts[-1] and used + piece.width > room:
                parts.append([])
                used = 0.0
            parts[-1].append(piece)
            used += piece.width
        return parts

    low, high = 1, ceil(sum(piece.width for piece in pieces))
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(filled(middle)) <= rows else (middle + 1, high)
    return filled(low)


def _columns(chain: Sequence[str], boxes: Mapping[str, Box], rows: int, spacing: Spacing) -> dict[str, Place]:
    per_row = ceil(len(chain) / rows)
    parts = [chain[start : start + per_row] for start in range(0, len(chain), per_row)]
    columns, x = [], 0.0
    for column in range(per_row):
        columns.append(x)
        widest = max(boxes[part[column]].width for part in parts if column < len(part))
        x += _up(widest + spacing.across, spacing.grid)
    places: dict[str, Place] = {}
    y = 0.0
    for part in parts:
        places.update({id: (columns[column], y) for column, id in enumerate(part)})
        y += _up(max(boxes[id].height for id in part) + 1.5 * spacing.down, spacing.grid)
    return places


def _up(value: float, grid: float) -> float:
    return ceil(value / grid) * grid
