"""How weights, gradients and activations of all layers are distributed just now. Imports torch and the probes' bins."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from workbench.core.errors import DataError
from workbench.engine.explain.layers import Layer, layers_of, watched
from workbench.engine.explain.scores import steady
from workbench.engine.probes_layers import histogram
from workbench.engine.program import method
from workbench.engine.service import asked
from workbench.engine.service.context import Context

_MOST_LAYERS = 64


def distributions(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"layers", "left_out", "split", "examples", "trouble"}: of each layer with weights {"path", "label", "type",
    "weights", "gradients", "activations"}, each of these {"edges", "counts", "mean", "std", "odd"}.

    Gradients are those of what training minimises and activations what the layers put out, both for the first batch
    of a split; without its data there are only weights, and `trouble` says why. odd: how many are NaN or infinite.
    Takes "split" and "bins". Raises WorkbenchError.
    """
    run = asked.run(request)
    model = context.model(run, asked.checkpoint(request))
    split, bins = asked.text(request, "split", "train"), asked.whole(request, "bins", 40, 2, 200)
    program = model.program
    known = [
        layer
        for layer in layers_of(program, model.analysis.root)
        if layer.kind != "block" and any(True for _ in layer.module.parameters())
    ]
    layers = known[:_MOST_LAYERS]
    context.progress(0, 2)
    batch: Mapping[str, Tensor] | None = None
    trouble = ""
    try:
        indices, found = next(context.data(run).batches(split), ([], {}))
        batch = context.with_noise(run, found) if indices else None
        trouble = "" if indices else f"The {split} part of the data has nothing in it."
    except DataError as error:
        trouble = str(error)
    outputs: list[list[Tensor]] = [[] for _ in layers]
    gradients: dict[nn.Parameter, Tensor] = {}
    if batch is not None:
        updates = [step.name for step in model.analysis.updates]
        outputs, gradients = _computed(program, layers, batch, updates)
    context.progress(1, 2)
    told = [_told(layer, found, gradients, bins) for layer, found in zip(layers, outputs, strict=True)]
    return {
        "layers": told,
        "left_out": len(known) - len(layers),
        "split": split,
        "examples": len(indices) if batch is not None else 0,
        "trouble": trouble,
    }


def _computed(
    program: nn.Module, layers: Sequence[Layer], batch: Mapping[str, Tensor], updates: Sequence[str]
) -> tuple[list[list[Tensor]], dict[nn.Parameter, Tensor]]:
    """What the layers put out in the first update that uses them, and the sum of the gradients of all updates."""
    parameters = [each for each in program.parameters() if each.requires_grad]
    gradients: dict[nn.Parameter, Tensor] = {}
    outputs: list[list[Tensor]] = [[] for _ in layers]
    for name in updates:
        with watched([layer.module for layer in layers]) as seen, steady(program, 0, gradients=True):
            total = next(iter(method(program, f"update_{name}")(dict(batch)).values()))
        for place, found in enumerate(seen):
            outputs[place] = outputs[place] or [each.detach() for each in found if each.is_floating_point()]
        if not total.requires_grad or not parameters:
            continue
        own = torch.autograd.grad(total, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, own, strict=True):
            if torch.is_tensor(gradient):
                before = gradients.get(parameter)
                gradients[parameter] = gradient if before is None else before + gradient
    return outputs, gradients


def _told(
    layer: Layer, outputs: Sequence[Tensor], gradients: Mapping[nn.Parameter, Tensor], bins: int
) -> dict[str, Any]:
    own = list(layer.module.parameters())
    told: dict[str, Any] = {"path": layer.path, "label": layer.label, "type": layer.type}
    told["weights"] = _binned(own, bins)
    known = [gradients[each] for each in own if each in gradients]
    if known:
        told["gradients"] = _binned(known, bins)
    if outputs:
        told["activations"] = _binned(outputs, bins)
    return told


def _binned(tensors: Sequence[Tensor], bins: int) -> dict[str, Any]:
    found: dict[str, Any] = histogram(tensors, bins)
    low, high, counts = found["low"], found["high"], found["counts"]
    width = (high - low) / max(1, len(counts))
    edges = [low + place * width for place in range(len(counts))] + [high]
    return {"edges": edges, **{name: found[name] for name in ("counts", "mean", "std", "odd")}}
