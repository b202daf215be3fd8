"""Figures of sizes: a bar each as long as they are few, else how each side is spread."""

import numpy as np

from workbench.engine.readers.figures import figures_of_sizes, whole_histogram

SIDES = ("Width", "Height")


def test_few_sizes_have_a_bar_each() -> None:
    (bars,) = figures_of_sizes("Sizes", [(8, 6), (4, 4), (8, 6)], SIDES, "pixels")
    assert (bars.title, bars.kind, bars.names, bars.values) == ("Sizes", "bars", ("8×6", "4×4"), (2, 1))


def test_many_sizes_are_shown_by_how_their_sides_are_spread() -> None:
    sizes = [(100 + n, 50) for n in range(40)]
    width, height = figures_of_sizes("Sizes", sizes, SIDES, "pixels")
    assert width.title == "Width (pixels)" and width.kind == "histogram"
    assert [sum(map(float, each.values)) for each in (width, height)] == [40, 40] and height.values[0] == 40
    assert len(width.edges) == len(width.values) + 1 <= 13
    assert width.edges[0] == 100 and width.edges[-1] > 139
    assert set(width.values[:-1]) == {4}, "columns of whole pixels are alike"


def test_columns_of_whole_numbers_leave_no_gaps() -> None:
    lengths = np.repeat(np.arange(2, 11), 5)  # as many of each
    few = whole_histogram("Length in tokens", lengths, 30)
    assert list(few.values) == [5] * 9 and list(few.edges) == list(map(float, range(2, 12)))
    many = whole_histogram("Length in tokens", np.arange(100), 30)
    assert set(many.values) == {4} and len(many.values) == 25
    assert list(whole_histogram("Length in tokens", np.array([], dtype=np.int64)).values) == [0]
