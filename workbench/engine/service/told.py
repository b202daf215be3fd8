"""Answers of a model as they are shown: likeliest classes, numbers in their units, pictures, areas, texts, curves.

Imports torch, what makes pictures, and the answers.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from workbench.core.document import Port
from workbench.engine.probes_pictures import LARGEST_SIDE, legend, painted, png
from workbench.engine.readers.tokens import PAD, Vocabulary
from workbench.engine.service.answers import Answer
from workbench.engine.service.data import Data

_MOST_NUMBERS = 64
_MOST_TOKENS = 400
_MOST_STEPS = 2_000
_NUMBERS = ("numbers", "series", "vector")


def told(
    answer: Answer, scores: Tensor, batch: Mapping[str, Tensor], data: Data, top: int = 5
) -> list[dict[str, Any]]:
    """Each item's answer: {"top": [[class, share], …]}, {"number"}, {"numbers": [[name, number], …]}, {"picture"},
    {"picture", "legend", "areas": [[class, share of all], …]}, {"text"}, {"series": {"names", "predicted", "before"}}
    or {"vector", "shape"}. A share is null where the loss knows none. Scores that are no numbers bring {"error"}.
    """
    found = []
    for row in range(len(scores)):
        one = scores[row : row + 1]
        if bool(one.isnan().any()) or (answer.kind in _NUMBERS and not bool(one.isfinite().all())):
            found.append(
                {
                    "error": "The model's answer is no number (NaN) or infinite: its training may have gone astray."
                }
            )
            continue
        found.append(_told(answer, one, {k: v[row : row + 1] for k, v in batch.items()}, data, top))
    return found


def _told(
    answer: Answer, scores: Tensor, batch: Mapping[str, Tensor], data: Data, top: int
) -> dict[str, Any]:
    if answer.kind == "classes":
        return {"top": _likeliest(answer, answer.probabilities(scores)[0], answer.classes, top)}
    if answer.kind == "mask":
        return areas(answer, answer.probabilities(scores).argmax(-1), batch)
    if answer.kind == "tokens":
        return _text(answer, scores, data, top)
    if answer.kind == "picture":
        return {"picture": picture(answer.computed(scores), answer.shape)}
    values = answer.in_units(scores)[0].cpu()
    if answer.kind == "series":
        columns = values.reshape(len(values), -1).T[:, :_MOST_STEPS]
        return {"series": {"names": list(answer.classes), "predicted": columns.tolist()}}
    if answer.kind == "numbers" and values.numel() == 1:
        return {"number": float(values)}
    if answer.kind == "numbers":
        names = answer.classes or tuple(str(place + 1) for place in range(values.numel()))
        pairs = zip(names, values.flatten().tolist(), strict=False)
        return {"numbers": [[name, each] for name, each in pairs]}
    flat = values.flatten()[:_MOST_NUMBERS].tolist()
    return {"vector": flat, "shape": list(values.shape)}


def _likeliest(answer: Answer, shares: Tensor, names: Sequence[str], top: int) -> list[list[Any]]:
    best, places = shares.float().cpu().topk(min(top, shares.shape[-1]))
    known = bool(answer.scale)
    return [
        [names[place] if place < len(names) else str(place), share if known else None]
        for share, place in zip(best.tolist(), places.tolist(), strict=True)
    ]


def areas(answer: Answer, classes: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Any]:
    """A mask laid over the picture that it belongs to, and how much of it each class has; of a volume its middle."""
    counts = torch.bincount(classes.clamp(min=0).flatten(), minlength=len(answer.classes)).double()
    shares = (counts / counts.sum()).tolist()
    image = _image(answer, classes, batch)
    if classes.dim() == 4:
        classes, image = classes[:, classes.shape[1] // 2], image[:, :, image.shape[2] // 2]
    count = max(2, len(answer.classes))
    return {
        "picture": picture(painted(image, classes, count)),
        "legend": legend(answer.classes, count),
        "areas": [[name, share] for name, share in zip(answer.classes, shares, strict=False)],
    }


def _image(answer: Answer, classes: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """The picture among the inputs that has the mask's size, in one or three channels; else a grey one."""
    for port in answer.given:
        given = batch.get(str(port))
        if given is not None and given.is_floating_point() and given.shape[2:] == classes.shape[1:]:
            return given if given.shape[1] in (1, 3) else given.mean(1, keepdim=True)
    return torch.full((1, 1, *classes.shape[1:]), 0.5)


def picture(x: Tensor, shape: tuple[int, ...] = ()) -> dict[str, Any]:
    """The first of N×C×H×W (or of rows that are pictures of `shape`, or the middle of a volume) for a window.

    Values between 0 and 1 are shown as they are; others are spread from the least to the most.
    """
    x = x.detach().float().cpu()
    x = x.reshape(1, *shape) if shape else x[:1]
    if x.dim() == 5:
        x = x[:, :, x.shape[2] // 2]
    if x.shape[1] not in (1, 3):
        x = x.mean(1, keepdim=True)
    low, high = float(x.min()), float(x.max())
    if low < -0.05 or high > 1.05:
        x = (x - low) / max(high - low, 1e-12)
    height, width = x.shape[2:]
    larger = max(height, width)
    if larger > LARGEST_SIDE:
        height, width = (max(1, round(side * LARGEST_SIDE / larger)) for side in (height, width))
    return {"png": base64.b64encode(png(x[0])).decode("ascii"), "width": int(width), "height": int(height)}


def _text(answer: Answer, scores: Tensor, data: Data, top: int) -> dict[str, Any]:
    """What was taken to be the likeliest everywhere, and what would come next."""
    vocabulary = vocabulary_of(answer, data)
    shares = answer.probabilities(scores)[0].cpu()
    tokens = shares.argmax(-1).tolist()[:_MOST_TOKENS]
    if vocabulary is not None and len(vocabulary) == shares.shape[-1]:
        known = [token for token in tokens if token != vocabulary.special(PAD)]
        pieces = vocabulary.pieces(range(len(vocabulary)))
        return {"text": vocabulary.decode(known), "top": _likeliest(answer, shares[-1], pieces, top)}
    names = answer.classes
    return {"text": " ".join(names[token] if token < len(names) else str(token) for token in tokens)}


def names_of(answer: Answer, data: Data) -> list[str]:
    """The names of the classes; of tokens what each of them stands for."""
    vocabulary = vocabulary_of(answer, data) if answer.kind == "tokens" else None
    if vocabulary is not None and len(vocabulary) == len(answer.classes):
        return vocabulary.pieces(range(len(vocabulary)))
    return list(answer.classes)


def vocabulary_of(answer: Answer, data: Data) -> Vocabulary | None:
    """What the tokens of an answer stand for: what has to be said next is written like what was said before."""
    port = answer.origin or next((each for each in answer.given if each.node not in answer.noise), None)
    if port is None:
        return None
    source = next((each for each in data.sources if each.node == port.node), None)
    known = source.data.vocabularies if source is not None else {}
    return known.get(port.name) or known.get(
        "target" if Port(port.node, "target") in answer.given else "tokens"
    )
