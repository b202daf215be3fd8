"""Layers, order and heights of one connected drawing, for core/layout.py.

Layers as of Sugiyama et al. (1981); heights by Brandes and Köpf (2002) with ports and sizes (Rüegg et al. 2015).
Standard library only.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_LANES = 12_000
"""Long links beyond so many lanes in all are drawn without one of their own."""
_SWEEPS = 8
_SWEPT = 40_000
"""Sweeps go on while they have looked at fewer vertices than this, or have been made twice."""


@dataclass(frozen=True, slots=True)
class Spacing:
    """Gaps between cards that follow each other, between cards above each other, and around lanes of long links."""

    across: float = 64.0
    down: float = 40.0
    lane: float = 24.0
    grid: float = 8.0


@dataclass(slots=True)
class Edge:
    """A link from one vertex to another; `rise` is how far its end stands above its start for equal tops."""

    start: int
    end: int
    out: float
    into: float

    @property
    def rise(self) -> float:
        return self.out - self.into


@dataclass(slots=True)
class Drawing:
    """Layers of vertices: cards first, then the lanes of long links (height 0). Links join neighbouring layers."""

    heights: list[float]
    cards: int
    layers: list[list[int]]
    before: list[list[Edge]]
    after: list[list[Edge]]
    spacing: Spacing

    def gap(self, upper: int, lower: int) -> float:
        """The room between two vertices of a layer, from edge to edge."""
        between = self.spacing.down if upper < self.cards and lower < self.cards else self.spacing.lane
        return self.heights[upper] + between

    def positions(self) -> list[int]:
        """The index of each vertex in its layer."""
        found = [0] * len(self.heights)
        for layer in self.layers:
            for index, vertex in enumerate(layer):
                found[vertex] = index
        return found


def place_part(
    sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], spacing: Spacing
) -> list[tuple[float, float]]:
    """Top left corners of vertices that hang together, from (0, 0)."""
    forward = _without_cycles(len(sizes), edges)
    ranks = _ranks(len(sizes), forward)
    drawing = _drawing([height for _, height in sizes], forward, ranks, spacing)
    _order(drawing)
    heights = _heights(drawing)
    columns, x = [], 0.0
    for layer in drawing.layers:
        columns.append(x)
        x += max((sizes[v][0] for v in layer if v < len(sizes)), default=0.0) + spacing.across
    ys = [round(heights[v] / spacing.grid) * spacing.grid for v in range(len(sizes))]
    top = min(ys)
    return [(columns[ranks[v]], ys[v] - top) for v in range(len(sizes))]


# ----------------------------------------------------------------- layers


def _without_cycles(count: int, edges: Sequence[Edge]) -> list[Edge]:
    """The links, those that close a cycle turned round."""
    after: list[list[int]] = [[] for _ in range(count)]
    fed = [0] * count
    for index, edge in enumerate(edges):
        after[edge.start].append(index)
        fed[edge.end] += 1
    state = [0] * count  # 1: on the way from the root, 2: done
    turned: set[int] = set()
    for root in sorted(range(count), key=lambda v: (fed[v] > 0, v)):
        if state[root]:
            continue
        state[root] = 1
        way = [(root, iter(after[root]))]
        while way:
            vertex, rest = way[-1]
            link = next(rest, None)
            if link is None:
                state[vertex] = 2
                way.pop()
                continue
            end = edges[link].end
            if state[end] == 1:
                turned.add(link)
            elif state[end] == 0:
                state[end] = 1
                way.append((end, iter(after[end])))
    return [
        Edge(edge.end, edge.start, edge.into, edge.out) if index in turned else edge
        for index, edge in enumerate(edges)
    ]


def _ranks(count: int, edges: Iterable[Edge]) -> list[int]:
    """The layer of each vertex: as far left as what feeds it allows, then moved to where its links are short."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for edge in edges:
        before[edge.end].append(edge.start)
        after[edge.start].append(edge.end)
    waiting = [len(fed) for fed in before]
    order = [v for v in range(count) if not waiting[v]]
    ranks = [0] * count
    for vertex in order:
        for end in after[vertex]:
            ranks[end] = max(ranks[end], ranks[vertex] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                order.append(end)
    # To the right where that lengthens no more links than it shortens; then back where it gained nothing.
    for vertex in reversed(order):
        if after[vertex] and len(after[vertex]) >= len(before[vertex]):
            ranks[vertex] = min(ranks[end] for end in after[vertex]) - 1
    for vertex in order:
        if before[vertex] and len(before[vertex]) >= len(after[vertex]):
            ranks[vertex] = max(ranks[start] for start in before[vertex]) + 1
    used = {rank: index for index, rank in enumerate(sorted(set(ranks)))}
    return [used[rank] for rank in ranks]


def _drawing(heights: list[float], edges: Sequence[Edge], ranks: Sequence[int], spacing: Spacing) -> Drawing:
    """The layers, with a lane through each layer that a link passes."""
    cards = len(heights)
    layers: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for vertex in _deep_first(cards, edges):
        layers[ranks[vertex]].append(vertex)
    drawing = Drawing([*heights], cards, layers, [[] for _ in heights], [[] for _ in heights], spacing)
    lanes: dict[tuple[int, float, int], int] = {}  # links from one port share theirs
    for edge in sorted(edges, key=lambda edge: ranks[edge.end] - ranks[edge.start]):
        passed = [(edge.start, edge.out, rank) for rank in range(ranks[edge.start] + 1, ranks[edge.end])]
        if len(lanes) + sum(key not in lanes for key in passed) > MOST_LANES:
            continue
        start, out = edge.start, edge.out
        for key in passed:
            if key not in lanes:
                lanes[key] = lane = len(drawing.heights)
                drawing.heights.append(0.0)
                drawing.layers[key[2]].append(lane)
                drawing.before.append([])
                drawing.after.append([])
                _join(drawing, Edge(start, lane, out, 0.0))
            start, out = lanes[key], 0.0
        _join(drawing, Edge(start, edge.end, out, edge.into))
    return drawing


def _join(drawing: Drawing, edge: Edge) -> None:
    drawing.after[edge.start].append(edge)
    drawing.before[edge.end].append(edge)


def _deep_first(count: int, edges: Sequence[Edge]) -> list[int]:
    """All vertices, what one feeds close behind it: a good order to begin with."""
    after: list[list[Edge]] = [[] for _ in range(count)]
    fed = [0] * count
    for edge in edges:
        after[edge.start].append(edge)
        fed[edge.end] += 1
    found: dict[int, None] = {}
    todo = [v for v in reversed(range(count)) if not fed[v]]
    while todo:
        vertex = todo.pop()
        if vertex not in found:
            found[vertex] = None
            todo += [edge.end for edge in sorted(after[vertex], key=lambda edge: -edge.out)]
    return list(found)


# ----------------------------------------------------------------- order in the layers


def crossings(drawing: Drawing) -> int:
    """How many pairs of links cross, for the order that the layers have."""
    position = drawing.positions()
    total = 0
    for layer in drawing.layers[:-1]:
        ends = [
            (position[edge.end], edge.into)
            for vertex in layer
            for edge in sorted(
                drawing.after[vertex], key=lambda edge: (edge.out, position[edge.end], edge.into)
            )
        ]
        total += _inversions(ends)
    return total


def _inversions(values: Sequence[tuple[int, float]]) -> int:
    """Pairs in the wrong order, counted while sorting."""
    rank = {value: index for index, value in enumerate(sorted(set(values)), start=1)}
    tree = [0] * (len(rank) + 1)
    total = 0
    for seen, value in enumerate(values):
        total += seen
        index = rank[value]
        while index:
            total -= tree[index]
            index &= index - 1
        index = rank[value]
        while index < len(tree):
            tree[index] += 1
            index += index & -index
    return total


def _order(drawing: Drawing) -> None:
    """Sort each layer by the middle of its neighbours, to and fro, and keep the order with the fewest crossings."""
    best, fewest = [[*layer] for layer in drawing.layers], crossings(drawing)
    looked = idle = 0
    for sweep in range(_SWEEPS):
        if not fewest or idle == 3 or (sweep >= 2 and looked > _SWEPT):
            break
        _sweep(drawing, forward=sweep % 2 == 0)
        looked += len(drawing.heights)
        now = crossings(drawing)
        idle = 0 if now < fewest else idle + 1
        if now < fewest:
            best, fewest = [[*layer] for layer in drawing.layers], now
    drawing.layers = best


def _sweep(drawing: Drawing, *, forward: bool) -> None:
    position = drawing.positions()
    layers = drawing.layers if forward else drawing.layers[::-1]
    edges = drawing.before if forward else drawing.after
    heights = drawing.heights
    for layer in layers[1:]:
        middles: dict[int, float] = {}
        for vertex in layer:
            total = 0.0
            for edge in edges[vertex]:
                other, port = (edge.start, edge.out) if forward else (edge.end, edge.into)
                total += position[other] + port / (heights[other] + 1)
            # What has no neighbour here stays where it is.
            middles[vertex] = total / len(edges[vertex]) if edges[vertex] else position[vertex] + 0.5
        layer.sort(key=middles.__getitem__)
        for index, vertex in enumerate(layer):
            position[vertex] = index


# ----------------------------------------------------------------- heights


def _heights(drawing: Drawing) -> list[float]:
    """The top of each vertex: the straightest of four ways to line them up, else the least high."""
    crossed = _crossed(drawing)
    found = [
        _lined_up(drawing, crossed, forward, down) for forward in (True, False) for down in (True, False)
    ]

    def cost(tops: list[float]) -> tuple[float, float]:
        bent = 0
        for edges in drawing.after:
            for edge in edges:
                if abs(tops[edge.start] + edge.rise - tops[edge.end]) > 0.5:
                    bent += 1 if max(edge.start, edge.end) >= drawing.cards else 3
        return bent, max(tops) - min(tops)

    return min(found, key=cost)


def _crossed(drawing: Drawing) -> set[tuple[int, int]]:
    """Links that cross a long link between its lanes: the long one is drawn straight."""
    position = drawing.positions()
    found: set[tuple[int, int]] = set()
    cards = drawing.cards
    for layer in drawing.layers[1:]:
        low, scanned = -1, 0
        for index, vertex in enumerate(layer):
            lane = next(
                (edge.start for edge in drawing.before[vertex] if vertex >= cards <= edge.start), None
            )
            if lane is None and index < len(layer) - 1:
                continue
            high = position[lane] if lane is not None else len(drawing.heights)
            for other in layer[scanned : index + 1]:
                for edge in drawing.before[other]:
                    inner = other >= cards <= edge.start
                    if not inner and not low <= position[edge.start] <= high:
                        found.add((edge.start, other))
            scanned, low = index + 1, high
    return found


def _lined_up(drawing: Drawing, crossed: set[tuple[int, int]], forward: bool, down: bool) -> list[float]:
    """Lines of vertices whose links are straight, as close together as they can be: tops of all vertices."""
    layers = [layer if down else layer[::-1] for layer in drawing.layers]
    root, offset = _lines(drawing, layers, crossed, forward, down)
    sign = 1.0 if down else -1.0
    room: dict[tuple[int, int], float] = {}
    for layer in layers:
        for upper, lower in itertools.pairwise(layer):
            gap = drawing.gap(upper, lower) if down else drawing.gap(lower, upper)
            pair = (root[upper], root[lower])
            need = gap + sign * (offset[upper] - offset[lower])
            room[pair] = max(room.get(pair, need), need)
    below: dict[int, list[tuple[int, float]]] = {}
    fed: dict[int, int] = dict.fromkeys(root, 0)
    for (upper, lower), need in room.items():
        below.setdefault(upper, []).append((lower, need))
        fed[lower] += 1
    order = [line for line, count in fed.items() if not count]
    at = dict.fromkeys(fed, 0.0)
    for line in order:
        for other, need in below.get(line, ()):
            at[other] = max(at[other], at[line] + need)
            fed[other] -= 1
            if not fed[other]:
                order.append(other)
    for line in reversed(order):  # close what is left open below
        if line in below:
            at[line] = max(at[line], min(at[other] - need for other, need in below[line]))
    return [sign * at[root[v]] + offset[v] for v in range(len(root))]


def _lines(
    drawing: Drawing,
    layers: Sequence[Sequence[int]],
    crossed: set[tuple[int, int]],
    forward: bool,
    down: bool,
) -> tuple[list[int], list[float]]:
    """For each vertex the first one of its line, and how far below that its own top is."""
    count = len(drawing.heights)
    root, offset = list(range(count)), [0.0] * count
    taken = [False] * count
    position = [0] * count
    for layer in layers:
        for index, vertex in enumerate(layer):
            position[vertex] = index
    for layer in layers[1:] if forward else layers[-2::-1]:
        last = -1
        for vertex in layer:
            edges = drawing.before[vertex] if forward else drawing.after[vertex]
            if not edges:
                continue
            sign = 1.0 if down else -1.0
            if forward:
                sides = sorted((position[e.start], sign * e.out, e.start, e.rise) for e in edges)
            else:
                sides = sorted((position[e.end], sign * e.into, e.end, -e.rise) for e in edges)
            middles = sides[(len(sides) - 1) // 2 : len(sides) // 2 + 1]
            for place, _, other, rise in middles:
                pair = (other, vertex) if forward else (vertex, other)
                if place > last and not taken[other] and pair not in crossed:
                    root[vertex] = root[other]
                    offset[vertex] = offset[other] + rise
                    taken[other] = True
                    last = place
                    break
    return root, offset
