"""Items of a dataset as they are looked at: pictures, rows, texts, curves, as JSON that a window can draw.

May import NumPy and Pillow (for PNG).
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image

from workbench.core.errors import DataError
from workbench.engine.readers import content as contents
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.samples import sample

_FIRST = 24
_TEXT = 400
# A curve of more points is thinned for the way to the window.
_POINTS = 2_000


def first_items(content: Content) -> list[dict[str, Any]]:
    """The first items of the training part."""
    split = next(iter(content.splits))
    return items(content, split, range(min(_FIRST, len(content.splits[split]))))


def items(content: Content, split: str, places: Sequence[int]) -> list[dict[str, Any]]:
    """Items of a split by their places in it, each {"place", "position", "split", "label", "parts"}.

    A part is {"name": output, "kind": …} with: image – png (base64); text – text, tokens; row – values;
    curve – channels (lists of numbers), rate; value – text; graph – x, edges.
    """
    index = content.splits[split]
    shown = []
    for place in places:
        position = int(index[place])
        shown.append(
            {
                "place": place,
                "position": position,
                "split": split,
                "label": _label(content, position),
                "parts": _parts(content, position),
            }
        )
    return shown


def serve(folder: str, requests: IO[str], say: Callable[..., None]) -> None:
    """Answers {"split": S, "places": [first, end]} line by line with {"items": […]} until the input ends.

    The first answer, without a request, tells {"splits": sizes, "layout": …}.
    """
    id = folder.removeprefix("sample:")
    content = sample(id) if id != folder else contents.opened(Path(folder))
    say(splits=content.sizes, layout=content.layout)
    for line in requests:
        request = json.loads(line)
        split = str(request["split"])
        if split not in content.splits:
            raise DataError(f"There is no {split} part; there are {', '.join(content.splits)}.")
        first, end = (int(place) for place in request["places"])
        size = len(content.splits[split])
        say(items=items(content, split, range(max(0, first), min(end, size))), request=request)


def _label(content: Content, position: int) -> str:
    label = content.arrays.get("label")
    if label is None or content.layout in ("stream", "windows") or label.ndim != 1:
        return ""
    value = label[position]
    names = content.schema.labels
    if label.dtype.kind in "iu":
        return names[int(value)] if 0 <= int(value) < len(names) else str(int(value))
    return f"{float(value):g}"


def _parts(content: Content, position: int) -> list[dict[str, Any]]:
    if content.layout == "stream":
        return [_stream(content, position)]
    return [
        _part(name, content.arrays[name][position], content)
        for name in content.schema.outputs
        if name in content.arrays and name not in ("label", "edges")
    ]


def _part(name: str, value: Array, content: Content) -> dict[str, Any]:
    if content.schema.kind == "image" and value.ndim == 3:
        return {"name": name, "kind": "image", "png": png(value)}
    flat = np.atleast_1d(value).ravel()[:_POINTS]
    return {"name": name, "kind": "row", "values": [float(f"{v:.6g}") for v in flat.astype(np.float64)]}


def _stream(content: Content, position: int) -> dict[str, Any]:
    tokens = content.arrays["tokens"][position : position + _TEXT]
    names = content.schema.labels
    words = [names[int(token)] if int(token) < len(names) else "?" for token in tokens]
    return {"name": "tokens", "kind": "text", "text": "".join(words), "tokens": words}


def png(pixels: Array) -> str:
    """A picture (channels × height × width, bytes) as base64 of a PNG."""
    values = pixels.astype(np.uint8) if pixels.dtype != np.uint8 else pixels
    image = Image.fromarray(
        values[0] if len(values) == 1 else np.ascontiguousarray(values[:3].transpose(1, 2, 0))
    )
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
