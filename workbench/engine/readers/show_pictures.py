"""Pictures, masks, volumes and videos as they are looked at: PNGs, and slices for a slider.

May import NumPy; show.py makes the PNG.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from workbench.engine.readers.content import Array, Content

KINDS = ("image", "volume", "video")
# Of a volume or video at most so many slices go to the window.
_SLICES = 32

Png = Callable[[Array, float], str]


def parts(content: Content, position: int, png: Png) -> list[dict[str, Any]]:
    """What an item shows: image – png; volume – slices (PNGs), places (their numbers) and axis; value – text."""
    names = (name for name in content.schema.outputs if name in content.arrays and name != "label")
    return [_part(name, content.arrays[name][position], content, png) for name in names]


def _part(name: str, value: Array, content: Content, png: Png) -> dict[str, Any]:
    if name == "labels" and value.ndim == 1:
        names = content.schema.labels
        said = [names[i] if i < len(names) else str(i) for i in np.flatnonzero(value)]
        return {"name": name, "kind": "value", "text": ", ".join(said)}
    if name == "mask":
        coloured = _palette(max(2, len(content.schema.labels)))[value.astype(np.int64).clip(-1)]
        if value.ndim == 2:
            return {"name": name, "kind": "image", "png": png(coloured.transpose(2, 0, 1), 255)}
        return _slices(name, coloured.transpose(3, 0, 1, 2), 1, "depth", png, 255)
    if value.ndim < 3:
        text = ", ".join(f"{number:.6g}" for number in np.atleast_1d(value).ravel()[:20].astype(np.float64))
        return {"name": name, "kind": "value", "text": text}
    shifted, most = _range(value, content.divisors.get(name))
    if value.ndim == 3:
        return {"name": name, "kind": "image", "png": png(shifted, most)}
    return _slices(name, shifted, 1, "time" if content.schema.kind == "video" else "depth", png, most)


def _slices(name: str, value: Array, axis: int, along: str, png: Png, most: float) -> dict[str, Any]:
    count = value.shape[axis]
    places = np.unique(np.linspace(0, count - 1, min(count, _SLICES)).astype(int)).tolist()
    cuts = (np.take(value, place, axis=axis) for place in places)
    # A picture has one channel or three; of others the first is looked at.
    slices = [png(cut if len(cut) in (1, 3) else cut[:1], most) for cut in cuts]
    return {"name": name, "kind": "volume", "slices": slices, "places": places, "axis": along}


def _range(value: Array, divisor: int | None) -> tuple[Array, float]:
    """The values with black at 0, and the value of white."""
    if divisor is not None:
        return value, divisor
    numbers = np.nan_to_num(value.astype(np.float32))
    low, high = float(numbers.min()), float(numbers.max())
    if low >= 0 and high <= 1:
        return numbers, 1
    return numbers - low, max(high - low, 1e-9)


def color_of(number: int) -> tuple[int, int, int]:
    """The colour of a class of areas, from 1 on, as red, green and blue up to 255."""
    # Hues a golden angle apart are never alike.
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618034 % 1, 0.65, 0.95)
    return int(255 * red), int(255 * green), int(255 * blue)


@lru_cache(maxsize=8)
def _palette(classes: int) -> Array:
    """A colour for each class, black for the first; the last, -1, is grey for what does not count."""
    colours = [color_of(number) for number in range(1, classes)]
    table: Array = np.array([(0, 0, 0), *colours, (127, 127, 127)], dtype=np.uint8)
    return table
