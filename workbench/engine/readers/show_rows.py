"""Rows of tables and curves of series as they are looked at.  May import NumPy and the content."""

from __future__ import annotations

from typing import Any

import numpy as np

from workbench.engine.readers.content import Array, Content

# A curve of more points, or one of more channels, is thinned for the way to the window.
_POINTS, _CHANNELS = 500, 16


def row_part(content: Content, position: int) -> dict[str, Any] | None:
    """A table's row with the cells of its file, or None where they are not kept."""
    cells, columns = content.arrays.get("_cells"), content.arrays.get("_columns")
    if cells is None or columns is None or position >= len(cells):
        return None
    return {
        "name": "features" if "features" in content.schema.outputs else next(iter(content.schema.outputs)),
        "kind": "row",
        "cells": [_text(cell) for cell in cells[position]],
        "columns": [_text(name) for name in columns],
    }


def window_parts(content: Content, position: int) -> list[dict[str, Any]]:
    """What a window sees, and what follows it, in the units of the model."""
    x = content.arrays["x"][position : position + content.window]
    end = position + content.window + content.horizon
    y = content.arrays["y"][position + content.window : end]
    seen, wanted = (
        curve_part("x", x, _names(content, "_inputs")),
        curve_part("y", y, _names(content, "_targets")),
    )
    return [
        {**seen, "title": f"x: {content.window:,} steps that the model sees"},
        {**wanted, "title": f"y: {content.horizon:,} steps to foretell"},
    ]


def series_part(content: Content, position: int) -> dict[str, Any]:
    """One labelled series as far as it goes."""
    series, lengths = content.arrays["x"][position], content.arrays.get("length")
    known = series if lengths is None else series[: int(lengths[position])]
    return curve_part("x", known, _names(content, "_channels"))


def curve_part(name: str, values: Array, names: list[str]) -> dict[str, Any]:
    """Rows × channels as one list of numbers a channel."""
    step = -(-len(values) // _POINTS) or 1
    some = np.asarray(values[::step, :_CHANNELS], dtype=np.float64)
    return {
        "name": name,
        "kind": "curve",
        "channels": [[float(f"{value:.5g}") for value in channel] for channel in some.T],
        "names": names[:_CHANNELS],
        "rate": None,
    }


def _names(content: Content, array: str) -> list[str]:
    names = content.arrays.get(array)
    return [] if names is None else [_text(name) for name in names]


def _text(cell: object) -> str:
    assert isinstance(cell, bytes)
    return cell.decode(errors="ignore")
