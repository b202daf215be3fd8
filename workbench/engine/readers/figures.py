"""What there is to know about any dataset: how many, of which classes, in which part.  May import NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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


def whole_histogram(title: str, values: NDArray[np.generic], most: int = _BINS) -> Figure:
    """How whole numbers are spread, in `most` columns at most; no column has room for more of them than another."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    step = -(-(high - low + 1) // most)
    edges = np.arange(low, high + step + 1, step)
    counts, _ = np.histogram(values, bins=edges)
    return Figure(title, "histogram", (), tuple(map(int, counts)), tuple(map(float, edges)))


def figures_of_sizes(
    title: str, sizes: Sequence[tuple[int, ...]], sides: tuple[str, ...], unit: str
) -> list[Figure]:
    """How large things are: a bar for each size, or where there are many how each side is spread."""
    counts = Counter(sizes).most_common()
    if len(counts) <= _MOST_SIZES:
        names = tuple("×".join(map(str, size)) for size, _ in counts)
        return [Figure(title, "bars", names, tuple(count for _, count in counts))]
    return [
        whole_histogram(f"{side} ({unit})", values)
        for side, values in zip(sides, np.array(sizes).T, strict=True)
    ]
