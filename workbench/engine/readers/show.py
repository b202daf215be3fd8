"""Items of a dataset as they are looked at: pictures, rows, texts, curves, as JSON that a window can draw.

May import NumPy and Pillow (for PNG).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from workbench.engine.readers import show_audio as sounds
from workbench.engine.readers import show_graphs, show_pictures
from workbench.engine.readers import show_text as texts
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.show_rows import row_part, series_part, window_parts

_FIRST = 24
PAGE = 400
"""So many tokens of a long text are shown as one item where nobody says how many belong together."""
# A curve of more points is thinned for the way to the window.
_POINTS = 2_000
# A picture is made so small for the way to the window.
_SIDE = 384


def first_items(content: Content) -> list[dict[str, Any]]:
    """The first items of the training part."""
    split = next(iter(content.splits))
    step = stride_of(content)
    return items(content, split, range(0, min(_FIRST * step, content.sizes[split]), step))


def stride_of(content: Content) -> int:
    """Every which item is shown: of a text one a page, of windows one after another without overlap."""
    if content.layout == "stream":
        return PAGE
    return max(1, content.window) if content.layout == "windows" else 1


def items(content: Content, split: str, places: Sequence[int], length: int = PAGE) -> list[dict[str, Any]]:
    """Items of a split by their places in it, each {"place", "position", "split", "label", "parts"}; of a long text
    as many tokens as `length` says.

    A part is {"name": output, "kind": …} with: image, spectrogram – png (base64); volume – slices (png),
    places (their numbers) and axis; text – text, tokens; row – values, or the cells of the file and columns, their
    names; curve – channels (lists of numbers), names, rate; value – text; graph – see show_graphs.
    """
    shown = []
    for place in places:
        position = position_of(content, split, place)
        shown.append(
            {
                "place": place,
                "position": position,
                "split": split,
                "label": label_of(content, position),
                "parts": _parts(content, position, length),
            }
        )
    return shown


def position_of(content: Content, split: str, place: int) -> int:
    """Where an item of a split stands among all."""
    index = content.splits[split]
    # A stream is named by its ends.
    return int(index[0]) + place if content.layout == "stream" else int(index[place])


def label_of(content: Content, position: int) -> str:
    """The class or the number that is to be predicted of an item; "" where it has neither."""
    label = content.arrays.get("label")
    if label is None or content.layout in ("stream", "windows") or label.ndim != 1:
        return ""
    value = label[position]
    names = content.schema.labels
    if label.dtype.kind in "iu":
        return names[int(value)] if 0 <= int(value) < len(names) else str(int(value))
    return f"{float(value):g}"


def _parts(content: Content, position: int, length: int) -> list[dict[str, Any]]:
    if content.layout in ("graph", "graphs"):
        return show_graphs.parts(content, position)
    if content.layout == "stream":
        return [texts.part("tokens", content.arrays["tokens"][position : position + length], content)]
    if content.layout == "windows":
        return window_parts(content, position)
    if content.schema.kind == "table" and (row := row_part(content, position)):
        return [row]
    if content.schema.kind == "series":
        return [series_part(content, position)]
    if content.schema.kind in show_pictures.KINDS:
        return show_pictures.parts(content, position, png)
    if content.schema.kind == "audio":
        return sounds.parts(content, position, png)
    if content.schema.kind == "sentences":
        return texts.parts(content, position)
    return [
        _part(name, content.arrays[name][position], content)
        for name in content.schema.outputs
        if name in content.arrays and name not in ("label", "edges")
    ]


def _part(name: str, value: Array, content: Content) -> dict[str, Any]:
    flat = np.atleast_1d(value).ravel()[:_POINTS]
    return {"name": name, "kind": "row", "values": [float(f"{v:.6g}") for v in flat.astype(np.float64)]}


def png(pixels: Array, most: float = 255) -> str:
    """A picture (channels × height × width) as base64 of a PNG, no larger than a window shows it.

    `most` is the value of white.
    """
    values = pixels if pixels.dtype == np.uint8 and most == 255 else _bytes(pixels, most)
    image = Image.fromarray(
        values[0] if len(values) == 1 else np.ascontiguousarray(values[:3].transpose(1, 2, 0))
    )
    if max(image.size) > _SIDE:
        image.thumbnail((_SIDE, _SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _bytes(pixels: Array, most: float) -> Array:
    scaled = np.nan_to_num(pixels.astype(np.float32)) * (255 / most)
    drawn: Array = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return drawn
