"""Inside the layout: lanes of long links run straight, and sorting the layers pays."""

import itertools
import random

import pytest

from workbench.core import layers
from workbench.core.layers import Edge, Spacing


def drawn(seed: int) -> tuple[list[tuple[float, float]], list[Edge]]:
    """Random cards in some eight layers, with long links among the short ones; each port has one link."""
    dice = random.Random(seed)
    count = 40
    pairs = {
        (max(0, end - dice.choice((5, 5, 5, 4, 6, 16, 21))), end) for end in range(1, count) for _ in "ab"
    }
    edges = [
        Edge(start, end, 8.0 * index, 24.0) for index, (start, end) in enumerate(sorted(pairs)) if start < end
    ]
    return [(144.0, 48.0)] * count, edges


def made(seed: int) -> layers.Drawing:
    sizes, edges = drawn(seed)
    ranks = layers._ranks(len(sizes), edges)
    return layers._drawing([height for _, height in sizes], edges, ranks, Spacing())


@pytest.mark.parametrize("seed", range(8))
def test_lanes_of_long_links_are_straight(seed: int) -> None:
    drawing = made(seed)
    layers._order(drawing)
    tops = layers._heights(drawing)
    inner = [
        edge
        for edges in drawing.after
        for edge in edges
        if edge.start >= drawing.cards and edge.end >= drawing.cards
    ]
    assert len(inner) > 10
    bent = [edge for edge in inner if abs(tops[edge.start] - tops[edge.end]) > 0.5]
    assert not bent


@pytest.mark.parametrize("seed", range(8))
def test_nothing_in_a_layer_stands_on_something_else(seed: int) -> None:
    drawing = made(seed)
    layers._order(drawing)
    tops = layers._heights(drawing)
    for layer in drawing.layers:
        for upper, lower in itertools.pairwise(layer):
            assert tops[lower] - tops[upper] >= drawing.gap(upper, lower) - 0.01


def test_sorting_the_layers_removes_crossings() -> None:
    before = after = 0
    for seed in range(8):
        drawing = made(seed)
        before += layers.crossings(drawing)
        layers._order(drawing)
        after += layers.crossings(drawing)
    assert after < 0.8 * before


def test_crossings_are_counted_as_pairs() -> None:
    dice = random.Random(1)
    for _ in range(20):
        values = [(dice.randrange(6), float(dice.randrange(3))) for _ in range(30)]
        pairs = sum(a > b for index, b in enumerate(values) for a in values[:index])
        assert layers._inversions(values) == pairs
