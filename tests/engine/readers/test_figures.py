"""Figures of sizes: a bar each as long as they are few, else how each side is spread."""

from workbench.engine.readers.figures import figures_of_sizes

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
