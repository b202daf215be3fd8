"""What there is to know about a table: its columns, their gaps and how their values are spread.  May import NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.core.text import plural
from workbench.engine.readers.columns import Column
from workbench.engine.readers.features import Treatment
from workbench.engine.readers.numbers import Floats
from workbench.engine.readers.reader import Figure

_MOST_COLUMNS = 200
_MOST_HISTOGRAMS = 12
_MOST_BARS = 20
_BINS = 30


def figures_of_table(
    columns: Sequence[Column], target: Column, reason: str, labels: Sequence[str], wish: Treatment
) -> list[Figure]:
    """The target and why it is one, a line for each column, and histograms of the first ones."""
    task = f"one of {len(labels):,} classes" if labels else "a number"
    figures = [
        Figure("Target", "numbers", ("column", "because", "to predict"), (target.name, reason, task)),
        Figure(
            "Columns",
            "numbers",
            tuple(column.name for column in columns[:_MOST_COLUMNS]),
            tuple(about(column, wish) for column in columns[:_MOST_COLUMNS]),
        ),
    ]
    if not labels and target.numbers is not None:
        figures.append(histogram(target.name, target.numbers))
    others = [column for column in columns if column is not target and column.name not in wish.drop]
    for column in others[:_MOST_HISTOGRAMS]:
        if wish.is_category(column):
            figures += _bars(column)
        elif column.numbers is not None:
            figures.append(histogram(column.name, column.numbers))
    return figures


def about(column: Column, wish: Treatment) -> str:
    """A column in a line: what it holds, how many cells are empty, from where to where it goes."""
    gaps = int(column.gaps.sum())
    parts = [f"{gaps:,} missing"] if gaps else []
    if gaps == len(column):
        return "empty"
    if wish.is_category(column):
        kind = "category" if not column.useless(wish.is_forced(column), np.arange(len(column))) else "text"
        parts.insert(0, f"{kind} · {plural(column.distinct, 'value')}")
    elif column.numbers is not None:
        known = column.numbers[~column.gaps]
        parts.insert(0, "number")
        parts.append(f"{known.min():.4g} to {known.max():.4g}, mean {known.mean():.4g}")
    else:
        assert column.dates is not None
        days = column.dates[~column.gaps].astype("datetime64[D]")
        parts.insert(0, "date")
        parts.append(f"{days.min()} to {days.max()}")
    return " · ".join(parts)


def histogram(name: str, values: Floats) -> Figure:
    """How the known values of a column are spread."""
    known = values[np.isfinite(values)]
    different = len(np.unique(known[:10_000]))
    try:
        counts, edges = np.histogram(known, bins=max(1, min(_BINS, different)))
    except ValueError:  # they differ by less than can be told of numbers so large
        counts, edges = np.array([len(known)]), np.array([known.min(), known.max()])
    return Figure(
        name,
        "histogram",
        values=tuple(int(count) for count in counts),
        edges=tuple(float(f"{edge:.6g}") for edge in edges),
    )


def _bars(column: Column) -> list[Figure]:
    if not 0 < column.distinct <= _MOST_BARS:
        return []
    names, codes = column.categories
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    return [Figure(column.name, "bars", names, tuple(int(count) for count in counts))]
