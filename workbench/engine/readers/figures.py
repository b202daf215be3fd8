"""What there is to know about any dataset: how many, of which classes, in which part.  May import NumPy."""

from __future__ import annotations

import numpy as np

from workbench.engine.readers.content import Content
from workbench.engine.readers.reader import Figure

# More bars than this cannot be told apart.
_MOST_BARS = 60


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
