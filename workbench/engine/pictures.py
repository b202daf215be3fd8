"""Examples before and after a node as pictures and texts that a window can show. Imports torch and the probes' PNG."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.probes_pictures import png
from workbench.engine.readers.tokens import PAD, Vocabulary

_SIDE = 256
"""Larger pictures are scaled down on the way to a panel."""
_CELLS = 64
_TOKENS = 160
_HIDDEN = "▢"
_SHARES = 3


def pictured(
    values: Mapping[str, Tensor],
    specs: Mapping[str, TensorSpec],
    schema: Schema,
    vocabulary: Vocabulary | None,
    labels: Tensor | None,
    count: int,
) -> list[dict[str, Any]]:
    """Up to `count` samples {"before", "after", "caption"}; the vocabulary is that of whole numbers that are tokens.

    Raises DataError for what no picture can show.
    """
    before, after = values["before"], values["after"]
    spec = specs["before"]
    if spec.shape[0] != "N":
        return [_graph(before, after, spec)]
    mixed = values.get("label after")
    captions = [_caption(index, labels, mixed, schema) for index in range(min(count, len(before)))]
    if spec.dtype == "index":
        pairs = [_texts(before[index], after[index], vocabulary) for index in range(len(captions))]
    else:
        pairs = _images(before[: len(captions)], after[: len(captions)], spec)
    return [
        {"before": one, "after": other, "caption": caption}
        for (one, other), caption in zip(pairs, captions, strict=True)
    ]


def _images(before: Tensor, after: Tensor, spec: TensorSpec) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Both in the same shades: what lies between 0 and 1 as it is, anything else from its least to its most."""
    before, after = _picture(before, spec), _picture(after, spec)
    low, high = float(before.min()), float(before.max())
    if low < -1e-3 or high > 1 + 1e-3:
        low, high = min(low, float(after.min())), max(high, float(after.max()))
        before, after = ((each - low) / max(high - low, 1e-12) for each in (before, after))
    return [(_image(one), _image(other)) for one, other in zip(before, after, strict=True)]


def _picture(x: Tensor, spec: TensorSpec) -> Tensor:
    """As N×C×H×W of one or three channels: of other numbers of channels their mean, of a row one line."""
    x = x.float()
    if spec.rank > 4 or spec.rank < 2:
        raise DataError(f"Values of {spec} cannot be shown as pictures.")
    if spec.rank == 2:
        x = x[:, None, None, : 4 * _CELLS]
    elif spec.rank == 3:
        x = x.unsqueeze(1)
    elif x.shape[1] not in (1, 3):
        x = x.mean(1, keepdim=True)
    side = max(x.shape[2:])
    return F.interpolate(x, scale_factor=_SIDE / side, mode="area") if side > _SIDE else x


def _image(picture: Tensor) -> dict[str, Any]:
    return {"kind": "image", "png": base64.b64encode(png(picture)).decode("ascii")}


def _graph(before: Tensor, after: Tensor, spec: TensorSpec) -> dict[str, Any]:
    """A graph is one example: its edges as a number, the features of its first nodes as a picture."""
    if spec.dtype == "index":
        one, other = (
            {"kind": "text", "text": f"{each.shape[1]:,} edges", "marks": []} for each in (before, after)
        )
        return {"before": one, "after": other, "caption": ""}
    if before.dim() != 2:
        raise DataError(f"Values of {spec} cannot be shown as pictures.")
    corner = [each[None, None, :_CELLS, :_CELLS] for each in (before, after)]
    ((one, other),) = _images(corner[0], corner[1], TensorSpec(("N", 1, "H", "W")))
    return {"before": one, "after": other, "caption": f"first {min(_CELLS, len(before))} nodes"}


def _texts(
    before: Tensor, after: Tensor, vocabulary: Vocabulary | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Tokens as text; `marks` are the places, from and to, of those that are different."""
    if before.dim() != 1:
        raise DataError("Whole numbers of more than one row cannot be shown as text.")
    one, other = before.tolist(), after.tolist()
    padding = vocabulary.special(PAD) if vocabulary is not None else None
    used = max((place + 1 for place, token in enumerate(one) if token != padding), default=0)
    size = min(used, _TOKENS)
    changed = [a != b for a, b in zip(one, other, strict=True)][:size]
    return _text(one[:size], changed, vocabulary), _text(other[:size], changed, vocabulary)


def _text(tokens: Sequence[int], changed: Sequence[bool], vocabulary: Vocabulary | None) -> dict[str, Any]:
    if vocabulary is None:
        words, between = [str(token) for token in tokens], " "
    else:
        known = range(len(vocabulary))
        words = [vocabulary.pieces([token])[0] if token in known else _HIDDEN for token in tokens]
        between = " " if vocabulary.kind == "words" else ""
    text, marks = "", []
    for word, new in zip(words, changed, strict=True):
        text += between if text else ""
        if new:
            marks.append([len(text), len(text) + len(word)])
        text += word
    return {"kind": "text", "text": text, "marks": marks}


def _caption(index: int, labels: Tensor | None, mixed: Tensor | None, schema: Schema) -> str:
    """The class of an example, or the classes that it was mixed of."""
    if mixed is not None and mixed.dim() == 2:
        shares, classes = torch.topk(mixed[index], min(_SHARES, mixed.shape[1]))
        parts = zip(shares.tolist(), classes.tolist(), strict=True)
        return ", ".join(f"{_name(number, schema)}: {share:.0%}" for share, number in parts if share >= 0.005)
    if labels is None or labels.is_floating_point():
        return ""
    return _name(int(labels[index]), schema)


def _name(number: int, schema: Schema) -> str:
    return schema.labels[number] if 0 <= number < len(schema.labels) else str(number)
