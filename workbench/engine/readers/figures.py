"""What there is to know about any dataset: how many, of which classes, in which part.  May import NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from workbench.engine.readers.content import Content
from workbench.engine.readers.reader import Figure

# More bars than this cannot be told apart.
_MOST_BARS = 60
# Of more sizes than this their spread tells more than a bar each.
_MOST_SIZES = 8
_BINS = 12


def figures_of(content: Content) -> list[Figure]:
    """Figures that follow from the arrays alone; readers add what they alone know."""
    schema = content.schema
    sizes = content.sizes
    figures = [
        Figure(
            "Examples",
            "numbers",
            ("items", *sizes),
            (f"{schema.items:,}", *(f"{size:,}" for size in sizes.values())),
        )
    ]
    label = content.arrays.get("label")
    if label is not None and label.ndim == 1 and schema.labels and label.dtype.kind in "iu":
        known = label.astype(np.int64)
        counts = np.bincount(known[known >= 0], minlength=len(schema.labels))[: len(schema.labels)]
        order = (
            np.argsort(-counts, kind="stable")[:_MOST_BARS]
            if len(counts) > _MOST_BARS
            else range(len(counts))
        )
        figures.append(
            Figure(
                "Classes",
                "bars",
                tuple(schema.labels[int(i)] for i in order),
                tuple(int(counts[i]) for i in order),
            )
        )
    return figures


def figures_of_sizes(
    title: str, sizes: Sequence[tuple[int, ...]], sides: tuple[str, ...], unit: str
) -> list[Figure]:
    """How large things are: a bar for each size, or where there are many how each side is spread."""
    counts = Counter(sizes).most_common()
    if len(counts) <= _MOST_SIZES:
        names = tuple("×".join(map(str, size)) for size, _ in counts)
        return [Figure(title, "bars", names, tuple(count for _, count in counts))]
    figures = []
    for side, values in zip(sides, np.array(sizes).T, strict=True):
        low, high = int(values.min()), int(values.max())
        step = -(-(high - low + 1) // _BINS)  # whole pixels: no column holds more of them than another
        edges = np.arange(low, high + step + 1, step)
        numbers, _ = np.histogram(values, bins=edges)
        figures.append(
            Figure(f"{side} ({unit})", "histogram", (), tuple(map(int, numbers)), tuple(map(float, edges)))
        )
    return figures
