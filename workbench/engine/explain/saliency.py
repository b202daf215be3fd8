"""What decided an answer: weights for the parts of an example, as the window shows them.

Imports torch, the methods and the example.
"""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from workbench.core.errors import JobError
from workbench.engine.explain import paint
from workbench.engine.explain.example import Example, example_of, parts_of
from workbench.engine.explain.methods import BASELINES, BY_NAME, METHODS, Found, Method, Wish
from workbench.engine.explain.parts import Baseline, Parts
from workbench.engine.explain.scores import Question, Target, target_of
from workbench.engine.service import asked
from workbench.engine.service.context import Context

_RAW = 2**16
"""More raw weights do not travel to the window, only the picture made of them."""


def saliency(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"method", "kind", "target", "name", "probability", "score", "said", "weights", "values", …} for one example.

    weights: one for each area, step, column, token or node, as `kind` says, `tokens` or `names` are what these are;
    values: the raw weights (of pictures H×W, of series steps × channels). Pictures have an `overlay` and a `heat`
    too. Takes "sample", "method", "target" (class or column), "place", "output", "input", "layer", "use", "baseline",
    "segments", "samples", "steps", "window" and "seed". Raises WorkbenchError.
    """
    method = cast(Method, asked.choice(request, "method", METHODS, METHODS[0]))
    example = example_of(context, request)
    if not example.answer.data:
        raise JobError(f"“{example.answer.name}” is made of noise alone: no example can have decided it.")
    question = example.question(asked.whole(request, "seed", 0))
    wanted, place = _optional(request, "target"), _optional(request, "place")
    target, scores = target_of(question, wanted, example.place if place is None and question.alone else place)
    baseline = cast(
        Baseline, asked.choice(request, "baseline", ("zero", "mean"), BASELINES.get(method, "mean"))
    )
    segments = asked.whole(request, "segments", 64, 2, 256)
    parts = parts_of(example, asked.text(request, "input"), baseline, segments)
    found = BY_NAME[method](Wish(question, target, parts, request, context.progress))
    return {
        "method": method,
        "kind": parts.kind,
        "input": parts.pieces[0].port,
        "output": example.answer.name,
        "target": target.index,
        "name": _name(example, target),
        "place": target.place,
        "probability": _probability(question, target, scores),
        "score": float(target.of(scores, alone=question.alone)[0]),
        "said": found.said,
        "item": example.item,
        **_shown(parts, found),
    }


def _optional(request: Mapping[str, Any], name: str) -> int | None:
    return None if request.get(name) is None else asked.whole(request, name, 0)


def _name(example: Example, target: Target) -> str:
    """The class or column as people read it: of tokens as the vocabulary of what is right has them."""
    origin = example.answer.origin
    known = (
        example.vocabulary(str(origin)) if example.answer.kind == "tokens" and origin is not None else None
    )
    return known.pieces([target.index])[0] if known is not None and target.index < len(known) else target.name


def _probability(question: Question, target: Target, scores: Tensor) -> float | None:
    """The share that the target was given; None where the answer has none, or has one for each of many places."""
    answer = question.answer
    if answer.kind not in ("classes", "tokens") or not answer.scale:
        return None
    shares = answer.probabilities(scores)
    if question.alone:
        return float(shares[target.place, target.index])
    return float(shares[0, target.place, target.index] if shares.dim() == 3 else shares[0, target.index])


def _shown(parts: Parts, found: Found) -> dict[str, Any]:
    """What a kind of example shows of its weights."""
    if parts.kind in ("columns", "tokens", "nodes"):
        weights = parts.sums(found.values)
        if found.shared:  # each number of a part has the whole weight
            weights = weights / parts.sums([torch.ones_like(value) for value in found.values])
        key = "tokens" if parts.kind == "tokens" else "names"
        return {key: list(parts.names), "weights": paint.numbers(weights)}
    (piece,), (values,) = parts.pieces, found.values
    axis = 0 if parts.channels_first else -1
    places = values.mean(axis) if found.shared else values.sum(axis)
    if parts.kind == "series":
        table = values.transpose(0, 1) if parts.channels_first else values
        told: dict[str, Any] = {"weights": paint.numbers(places)}
        if not found.shared and table.numel() <= _RAW:
            told["values"] = paint.numbers(table)
        return told
    told = {"values": paint.numbers(places)} if places.numel() <= _RAW else {}
    picture = piece.value
    if parts.kind == "volume":
        cut = int(places.abs().flatten(1).sum(1).argmax())
        told["slice"], picture, places = cut, picture[:, cut], places[cut]
    return {**told, "overlay": paint.overlay(picture, places), "heat": paint.heat(places)}
